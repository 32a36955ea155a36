/* SPDX-License-Identifier: BSD-2-Clause */
/* The library as one translation unit, so that the compiler sees through the small functions; order is bottom up. */
#ifdef SLAT_DELETABLE
unsigned slat_deleted_rule = 0;
#endif
#include "guest_entry.c"
#include "guest_rights.c"
#include "ept_entry.c"
#include "ept_walk.c"
#include "npt_walk.c"
#include "host_table.c"
#include "npt_legacy.c"
#include "stage2.c"
#include "stage2_fault.c"
#include "fault.c"
#include "walk.c"
#include "reach.c"
#include "translate.c"
#include "flags.c"
#include "linear.c"
#include "controls.c"
#include "machine.c"
#include "mov_cr.c"
#include "permitted.c"
#include "pml.c"
#include "answer.c"
#include "judge.c"
#include "status.c"

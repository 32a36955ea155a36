/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 40: stage 2 of one guest-physical address, whichever it is. */
#ifndef SLAT_STAGE2_H
#define SLAT_STAGE2_H
#include <slat/slat.h>
#ifndef SLAT_ANY_STAGE2
#include "ept_walk.h"
#include "npt_walk.h"
#include "npt_legacy.h"
#endif
#ifdef SLAT_STAGE2_PATHS
#include "ept_entry.h"
#include "guest_entry.h"
#include "host_table.h"
#endif
#include "../../spec/logic/memory.acsl"
#if !defined(SLAT_ANY_STAGE2) || defined(SLAT_STAGE2_PATHS)
#include "../../spec/logic/address.acsl"
#include "../../spec/logic/path.acsl"
#include "../../spec/logic/host_path.acsl"
#include "../../spec/logic/stage2_entry.acsl"
#endif
#include "../../spec/logic/stage2_path.acsl"
#include "../../spec/logic/stage2.acsl"

/*@ requires readable: \valid_read(memory) && \valid_read(controls);
    requires table_range: controls->stage2_table <= 0xFFFFFFFFFF000;
    requires address_range: gpa <= 0xFFFFFFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures STAGE2_NONE: stage2_is(\result, memory, controls, gpa);
    ensures path: path_is(\result, memory, controls, gpa);
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
    ensures level_range: \result.level <= 5;
    ensures spa_range: \result.end == SLAT_S2_PAGE ==> \result.spa <= 0xFFFFFFFFFFFFF;
*/
struct slat_stage2 slat_stage2_walk(const struct slat_memory *memory, const struct slat_controls *controls,
                                    uint64_t gpa);
#endif

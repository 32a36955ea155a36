/* SPDX-License-Identifier: BSD-2-Clause */
/* A target that is wrong on purpose: a small walker of guest tables with one planted bug. The loop is tested with
 * it. */
#ifndef FAKE_TARGET_H
#define FAKE_TARGET_H
#include "../loop/target.h"

enum fake_bug {
  FAKE_CORRECT,
  FAKE_IGNORES_RIGHTS_OF_PDE, /* R/W of a PDE that refers to a table is not looked at */
  FAKE_NEVER_SETS_DIRTY,
  FAKE_WRONG_CODE,       /* I/D is missing in the error code */
  FAKE_CACHES_WRITE,     /* a cached translation permits user writes to read-only pages */
  FAKE_WRITES_ELSEWHERE, /* a word of a table changes without reason */
  FAKE_WRITES_ANYTHING,  /* no register write is #GP */
  FAKE_COMPLAINS,        /* when a fault has RSVD */
  FAKE_COMPLAINS_WAIVED, /* the same, with a text that a waiver covers */
  FAKE_DIES,             /* when a 2 MB page is used */
  FAKE_NO_PROGRESS       /* a user fetch never ends */
};
extern enum fake_bug fake_bug;

#endif

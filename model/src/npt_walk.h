/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 30: the walk of one guest-physical address through nested page tables. */
#ifndef SLAT_NPT_WALK_H
#define SLAT_NPT_WALK_H
#include "address.h"
#include "guest_entry.h"
#include "memory.h"
#include "../../spec/logic/path.acsl"
#include "../../spec/logic/npt_walk.acsl"

/** Walks nested page tables for one GPA.  Says what is there, not whether an access may use it: slat_stage2_denies().
 *  Reads at most 5 words. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    terminates \true;
    assigns \nothing;
    ensures NPT_GPA_WIDTH: stage2_too_wide(c, gpa) ==> \result.end == SLAT_S2_WIDTH;
    ensures NPT_FORMAT: \result.end == npt_end(m, c, gpa);
    ensures level: \result.level == npt_level(m, c, gpa);
    ensures NPT_USER_ALL_LEVELS:
      \result.user != 0 <==> npt_all_us(m, c, gpa, npt_level(m, c, gpa));
    ensures NPT_WRITE_ALL_LEVELS:
      \result.write != 0 <==> npt_all_rw(m, c, gpa, npt_level(m, c, gpa));
    ensures NPT_EXECUTE_ALL_LEVELS:
      \result.execute != 0 <==> npt_no_xd(m, c, gpa, npt_level(m, c, gpa));
    ensures read: \result.read == 1;
    ensures address: \result.end == SLAT_S2_PAGE ==>
      \result.spa == leaf_address(npt_last(m, c, gpa), gpa, npt_level(m, c, gpa));
    ensures memory_type: \result.memory_type == 0 && \result.ignore_pat == 0;
    ensures size: \result.end == SLAT_S2_PAGE ==> \result.page_shift == page_shift_of(npt_level(m, c, gpa));
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
    ensures spa_range: \result.spa <= 0xFFFFFFFFFFFFF;
*/
struct slat_stage2 slat_npt_walk(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa);
#endif

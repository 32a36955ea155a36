/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 20: the walk of one guest-physical address through EPT. */
#ifndef SLAT_EPT_WALK_H
#define SLAT_EPT_WALK_H
#include "address.h"
#include "ept_entry.h"
#include "memory.h"
#include "../../spec/logic/path.acsl"
#include "../../spec/logic/ept_walk.acsl"

/** Walks EPT for one GPA.  Says what is there, not whether an access may use it: slat_stage2_denies().
 *  Reads at most 5 words. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    terminates \true;
    assigns \nothing;
    ensures EPT_GPA_WIDTH: stage2_too_wide(c, gpa) ==> \result.end == SLAT_S2_WIDTH;
    ensures end: \result.end == ept_end(m, c, gpa);
    ensures level: \result.level == ept_level(m, c, gpa);
    ensures EPT_READ_ALL_LEVELS:
      \result.read != 0 <==> ept_all_r(m, c, gpa, ept_level(m, c, gpa));
    ensures EPT_WRITE_ALL_LEVELS:
      \result.write != 0 <==> ept_all_w(m, c, gpa, ept_level(m, c, gpa));
    ensures EPT_EXECUTE_ALL_LEVELS:
      \result.execute != 0 <==> ept_all_x(m, c, gpa, ept_level(m, c, gpa));
    ensures user: \result.user == 1;
    ensures address: \result.end == SLAT_S2_PAGE ==>
      \result.spa == leaf_address(ept_last(m, c, gpa), gpa, ept_level(m, c, gpa));
    ensures EPT_MEMORY_TYPE: \result.end == SLAT_S2_PAGE ==> \result.memory_type == ept_mt(ept_last(m, c, gpa));
    ensures EPT_IGNORE_PAT:
      \result.end == SLAT_S2_PAGE ==> (\result.ignore_pat != 0 <==> ept_ipat(ept_last(m, c, gpa)) == 1);
    ensures size: \result.end == SLAT_S2_PAGE ==> \result.page_shift == page_shift_of(ept_level(m, c, gpa));
    ensures tables: \result.end == SLAT_S2_PAGE ==>
      (\result.tables_writable != 0 <==> ept_all_w(m, c, gpa, ept_level(m, c, gpa) + 1));
    ensures sss: \result.end == SLAT_S2_PAGE ==> (\result.sss != 0 <==> ept_sss(ept_last(m, c, gpa)) == 1);
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
    ensures spa_range: \result.spa <= 0xFFFFFFFFFFFFF;
*/
struct slat_stage2 slat_ept_walk(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa);
#endif

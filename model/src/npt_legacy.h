/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 30: the walk of one guest-physical address through the nested tables of a host in PAE or 32-bit paging. */
#ifndef SLAT_NPT_LEGACY_H
#define SLAT_NPT_LEGACY_H
#include "host_table.h"
#include "../../spec/logic/npt_walk.acsl"
#include "../../spec/logic/npt_legacy.acsl"

/** Walks nested tables of 2 or 3 levels for one GPA, as slat_npt_walk() does those of 4 and 5. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires mode: c->nested.mode != SLAT_PAGING_LONG;
    terminates \true;
    assigns \nothing;
    ensures NPT_GPA_WIDTH_LEGACY: gpa >= 0x100000000 ==> \result.end == SLAT_S2_WIDTH;
    ensures end: \result.end == legacy_end(m, c, gpa);
    ensures level: \result.level == legacy_level(m, c, gpa);
    ensures user: \result.user != 0 <==> legacy_all_us(m, c, gpa, legacy_level(m, c, gpa));
    ensures write: \result.write != 0 <==> legacy_all_rw(m, c, gpa, legacy_level(m, c, gpa));
    ensures execute: \result.execute != 0 <==> legacy_no_xd(m, c, gpa, legacy_level(m, c, gpa));
    ensures NPT_HOST_PAE: \result.level == 3 ==> \result.user != 0 && \result.write != 0 && \result.execute != 0 &&
      (\result.end == SLAT_S2_RESERVED || \result.end == SLAT_S2_NOT_PRESENT);
    ensures read: \result.read == 1;
    ensures address: \result.end == SLAT_S2_PAGE ==>
      \result.spa == legacy_address(c, legacy_last(m, c, gpa), gpa, legacy_level(m, c, gpa));
    ensures memory_type: \result.memory_type == 0 && \result.ignore_pat == 0;
    ensures size: \result.end == SLAT_S2_PAGE ==> \result.page_shift == legacy_page_shift(c, legacy_level(m, c, gpa));
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
    ensures spa_range: \result.spa <= 0xFFFFFFFFFFFFF;
*/
struct slat_stage2 slat_npt_legacy_walk(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa);
#endif

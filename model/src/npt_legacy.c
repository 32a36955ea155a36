/* SPDX-License-Identifier: BSD-2-Clause */
#include "npt_legacy.h"
#include "rule.h"

/* The result at the entry that ends the walk. */
/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 3;
    requires ends: k.kind == SLAT_ENTRY_NOT_PRESENT || k.kind == SLAT_ENTRY_RESERVED || k.kind == SLAT_ENTRY_PAGE;
    requires rule_range: SLAT_RULE_NONE < k.rule < SLAT_RULE_COUNT;
    terminates \true;
    assigns \nothing;
    ensures end: \result.end == npt_end_of(k.kind);
    ensures level: \result.level == level;
    ensures rights: \result.read == 1 && \result.user == us && \result.write == rw && \result.execute == x;
    ensures address: k.kind == SLAT_ENTRY_PAGE ==> \result.spa == legacy_address(c, e, gpa, level);
    ensures memory_type: \result.memory_type == 0 && \result.ignore_pat == 0;
    ensures size: k.kind == SLAT_ENTRY_PAGE ==> \result.page_shift == legacy_page_shift(c, level);
    ensures rule: \result.rule == k.rule;
    ensures spa_range: \result.spa <= 0xFFFFFFFFFFFFF;
*/
static struct slat_stage2 legacy_end_at(const struct slat_controls *c, uint64_t e, uint64_t gpa, unsigned level,
                                        struct slat_entry k, bool us, bool rw, bool x)
{
  const bool large = level == 2 && c->nested.mode == SLAT_PAGING_32BIT;
  struct slat_stage2 result = {
    .level = (uint8_t)level, .read = 1, .write = rw, .execute = x, .user = us, .rule = k.rule
  };

  if (k.kind == SLAT_ENTRY_PAGE) {
    result.end = SLAT_S2_PAGE;
    result.spa = large ? slat_4mb_address(e, gpa) : slat_leaf_address(e, gpa, level);
    result.page_shift = large ? 22 : slat_page_shift(level);
  } else {
    result.end = k.kind == SLAT_ENTRY_NOT_PRESENT ? SLAT_S2_NOT_PRESENT : SLAT_S2_RESERVED;
  }
  return result;
}

/* The walk from the PDE on.  NPT_HOST_PAE: a PDPTE above it has no rights; where other entries have them, its bits are 0. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires width: !npt_too_wide(c, gpa);
    requires mode: c->nested.mode != SLAT_PAGING_LONG;
    requires above: host_below3(m, c, gpa) && table == host_table2(m, c, gpa) && table <= 0xFFFFFFFFFF000;
    terminates \true;
    assigns \nothing;
    ensures end: \result.end == legacy_end(m, c, gpa);
    ensures level: \result.level == legacy_level(m, c, gpa) && 1 <= \result.level <= 2;
    ensures user: \result.user != 0 <==> legacy_all_us(m, c, gpa, legacy_level(m, c, gpa));
    ensures write: \result.write != 0 <==> legacy_all_rw(m, c, gpa, legacy_level(m, c, gpa));
    ensures execute: \result.execute != 0 <==> legacy_no_xd(m, c, gpa, legacy_level(m, c, gpa));
    ensures read: \result.read == 1;
    ensures address: \result.end == SLAT_S2_PAGE ==>
      \result.spa == legacy_address(c, legacy_last(m, c, gpa), gpa, legacy_level(m, c, gpa));
    ensures memory_type: \result.memory_type == 0 && \result.ignore_pat == 0;
    ensures size: \result.end == SLAT_S2_PAGE ==> \result.page_shift == legacy_page_shift(c, legacy_level(m, c, gpa));
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
    ensures spa_range: \result.spa <= 0xFFFFFFFFFFFFF;
*/
static struct slat_stage2 legacy_from2(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                       uint64_t table)
{
  uint64_t e = slat_host_entry(m, c, slat_host_entry_address(c, table, gpa, 2));
  //@ assert e2: e == host_e2(m, c, gpa);
  struct slat_entry k = slat_guest_entry(&c->nested, e, 2);
  bool all_us = SLAT_CHOOSE(NPT_HOST_PAE, e / 4 % 2 == 1, c->nested.mode != SLAT_PAGING_PAE && e / 4 % 2 == 1);
  bool all_rw = SLAT_CHOOSE(NPT_HOST_PAE, e / 2 % 2 == 1, c->nested.mode != SLAT_PAGING_PAE && e / 2 % 2 == 1);
  bool all_x = e / 0x8000000000000000 % 2 == 0;
  //@ assert all_us2: all_us != 0 <==> legacy_all_us(m, c, gpa, 2);
  //@ assert all_rw2: all_rw != 0 <==> legacy_all_rw(m, c, gpa, 2);
  //@ assert all_x2: all_x != 0 <==> legacy_no_xd(m, c, gpa, 2);
  if (k.kind != SLAT_ENTRY_TABLE)
    return legacy_end_at(c, e, gpa, 2, k, all_us, all_rw, all_x);

  //@ assert below2: host_below2(m, c, gpa) && legacy_level(m, c, gpa) == 1;
  e = slat_host_entry(m, c, slat_host_entry_address(c, slat_table_of(e), gpa, 1));
  //@ assert e1: e == host_e1(m, c, gpa);
  k = slat_guest_entry(&c->nested, e, 1);
  all_us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, all_us) && e / 4 % 2 == 1;
  all_rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, all_rw) && e / 2 % 2 == 1;
  all_x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, all_x) && e / 0x8000000000000000 % 2 == 0;
  //@ assert all_us1: all_us != 0 <==> legacy_all_us(m, c, gpa, 1);
  //@ assert all_rw1: all_rw != 0 <==> legacy_all_rw(m, c, gpa, 1);
  //@ assert all_x1: all_x != 0 <==> legacy_no_xd(m, c, gpa, 1);
  return legacy_end_at(c, e, gpa, 1, k, all_us, all_rw, all_x);
}

struct slat_stage2 slat_npt_legacy_walk(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  if (SLAT_RULE(NPT_GPA_WIDTH_LEGACY, gpa >= 0x100000000))
    return (struct slat_stage2){ .end = SLAT_S2_WIDTH, .read = 1, .rule = SLAT_RULE_NPT_GPA_WIDTH_LEGACY };
  if (c->nested.mode != SLAT_PAGING_PAE)
    return legacy_from2(m, c, gpa, c->stage2_table);

  const uint64_t e = slat_host_entry(m, c, slat_host_entry_address(c, c->stage2_table, gpa, 3));
  //@ assert e3: e == host_e3(m, c, gpa);
  const struct slat_entry k = slat_guest_entry(&c->nested, e, 3);

  if (k.kind == SLAT_ENTRY_NOT_PRESENT || k.kind == SLAT_ENTRY_RESERVED)
    return legacy_end_at(c, e, gpa, 3, k, 1, 1, 1);
  return legacy_from2(m, c, gpa, slat_table_of(e));
}

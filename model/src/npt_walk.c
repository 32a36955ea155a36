/* SPDX-License-Identifier: BSD-2-Clause */
#include "npt_walk.h"
#include "rule.h"

/* The result at the entry that ends the walk. */
/*@ requires level_range: 1 <= level <= 5;
    requires ends: k.kind == SLAT_ENTRY_NOT_PRESENT || k.kind == SLAT_ENTRY_RESERVED ||
      (k.kind == SLAT_ENTRY_PAGE && level <= 3) || k.kind == SLAT_ENTRY_PDPTE; // no modelled state has a host in PAE paging
    requires rule_range: SLAT_RULE_NONE < k.rule < SLAT_RULE_COUNT;
    terminates \true;
    assigns \nothing;
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
    ensures end: \result.end == npt_end_of(k.kind);
    ensures level: \result.level == level;
    ensures rights: \result.read == 1 && \result.user == us && \result.write == rw && \result.execute == x;
    ensures address: k.kind == SLAT_ENTRY_PAGE ==> \result.spa == leaf_address(e, gpa, level);
    ensures memory_type: \result.memory_type == 0 && \result.ignore_pat == 0;
    ensures size: k.kind == SLAT_ENTRY_PAGE ==> \result.page_shift == page_shift_of(level);
    ensures spa_range: \result.spa <= 0xFFFFFFFFFFFFF;
*/
static inline struct slat_stage2 nested_end(uint64_t e, uint64_t gpa, unsigned level, struct slat_entry k, bool us,
                                            bool rw, bool x)
{
  struct slat_stage2 result = {
    .level = (uint8_t)level, .read = 1, .write = rw, .execute = x, .user = us, .rule = k.rule
  };

  if (k.kind == SLAT_ENTRY_PAGE) {
    result.end = SLAT_S2_PAGE;
    result.spa = slat_leaf_address(e, gpa, level);
    result.page_shift = slat_page_shift(level);
  } else {
    result.end = k.kind == SLAT_ENTRY_NOT_PRESENT ? SLAT_S2_NOT_PRESENT : SLAT_S2_RESERVED;
  }
  return result;
}

/* The walk below a PML4 table; us, rw, x: the rights so far, of a PML5E or all. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires width: !stage2_too_wide(c, gpa);
    requires above: npt_table5(m, c, gpa) && pml4 == path_pml4(m, c, gpa) && pml4 <= 0xFFFFFFFFFF000;
    requires rights: (us != 0 <==> c->stage2_5level == 0 || pte_us(path_e5(m, c, gpa)) == 1) &&
      (rw != 0 <==> c->stage2_5level == 0 || pte_rw(path_e5(m, c, gpa)) == 1) &&
      (x != 0 <==> c->stage2_5level == 0 || pte_xd(path_e5(m, c, gpa)) == 0);
    terminates \true;
    assigns \nothing;
    ensures end: \result.end == npt_end(m, c, gpa);
    ensures level: \result.level == npt_level(m, c, gpa) && 1 <= \result.level <= 4;
    ensures user: \result.user != 0 <==> npt_all_us(m, c, gpa, npt_level(m, c, gpa));
    ensures write: \result.write != 0 <==> npt_all_rw(m, c, gpa, npt_level(m, c, gpa));
    ensures execute: \result.execute != 0 <==> npt_no_xd(m, c, gpa, npt_level(m, c, gpa));
    ensures read: \result.read == 1;
    ensures address: \result.end == SLAT_S2_PAGE ==>
      \result.spa == leaf_address(npt_last(m, c, gpa), gpa, npt_level(m, c, gpa));
    ensures memory_type: \result.memory_type == 0 && \result.ignore_pat == 0;
    ensures size: \result.end == SLAT_S2_PAGE ==> \result.page_shift == page_shift_of(npt_level(m, c, gpa));
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
    ensures spa_range: \result.spa <= 0xFFFFFFFFFFFFF;
*/
static inline struct slat_stage2 npt_walk_from4(const struct slat_memory *m, const struct slat_controls *c,
                                                uint64_t gpa, uint64_t pml4, bool us, bool rw, bool x)
{
  /* NPT_FORMAT: nested entries are judged under the host's EFER.NXE, not the guest's. */
  const struct slat_format *f = SLAT_CHOOSE(NPT_FORMAT, &c->nested, &c->guest);

  uint64_t e = slat_memory_read(m, slat_entry_address(pml4, gpa, 4));
  //@ assert e4: e == path_e4(m, c, gpa);
  struct slat_entry k = slat_guest_entry(f, e, 4);
  bool all_us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, us) && e / 4 % 2 == 1;
  bool all_rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, rw) && e / 2 % 2 == 1;
  bool all_x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, x) && e / 0x8000000000000000 % 2 == 0;
  //@ assert all_us4: all_us != 0 <==> npt_all_us(m, c, gpa, 4);
  //@ assert all_rw4: all_rw != 0 <==> npt_all_rw(m, c, gpa, 4);
  //@ assert all_x4: all_x != 0 <==> npt_no_xd(m, c, gpa, 4);
  if (k.kind != SLAT_ENTRY_TABLE)
    return nested_end(e, gpa, 4, k, all_us, all_rw, all_x);

  e = slat_memory_read(m, slat_entry_address(slat_table_of(e), gpa, 3));
  //@ assert e3: e == path_e3(m, c, gpa);
  k = slat_guest_entry(f, e, 3);
  all_us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, all_us) && e / 4 % 2 == 1;
  all_rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, all_rw) && e / 2 % 2 == 1;
  all_x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, all_x) && e / 0x8000000000000000 % 2 == 0;
  //@ assert all_us3: all_us != 0 <==> npt_all_us(m, c, gpa, 3);
  //@ assert all_rw3: all_rw != 0 <==> npt_all_rw(m, c, gpa, 3);
  //@ assert all_x3: all_x != 0 <==> npt_no_xd(m, c, gpa, 3);
  if (k.kind != SLAT_ENTRY_TABLE)
    return nested_end(e, gpa, 3, k, all_us, all_rw, all_x);

  e = slat_memory_read(m, slat_entry_address(slat_table_of(e), gpa, 2));
  //@ assert e2: e == path_e2(m, c, gpa);
  k = slat_guest_entry(f, e, 2);
  all_us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, all_us) && e / 4 % 2 == 1;
  all_rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, all_rw) && e / 2 % 2 == 1;
  all_x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, all_x) && e / 0x8000000000000000 % 2 == 0;
  //@ assert all_us2: all_us != 0 <==> npt_all_us(m, c, gpa, 2);
  //@ assert all_rw2: all_rw != 0 <==> npt_all_rw(m, c, gpa, 2);
  //@ assert all_x2: all_x != 0 <==> npt_no_xd(m, c, gpa, 2);
  if (k.kind != SLAT_ENTRY_TABLE)
    return nested_end(e, gpa, 2, k, all_us, all_rw, all_x);

  e = slat_memory_read(m, slat_entry_address(slat_table_of(e), gpa, 1));
  //@ assert e1: e == path_e1(m, c, gpa);
  k = slat_guest_entry(f, e, 1);
  all_us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, all_us) && e / 4 % 2 == 1;
  all_rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, all_rw) && e / 2 % 2 == 1;
  all_x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, all_x) && e / 0x8000000000000000 % 2 == 0;
  //@ assert all_us1: all_us != 0 <==> npt_all_us(m, c, gpa, 1);
  //@ assert all_rw1: all_rw != 0 <==> npt_all_rw(m, c, gpa, 1);
  //@ assert all_x1: all_x != 0 <==> npt_no_xd(m, c, gpa, 1);
  return nested_end(e, gpa, 1, k, all_us, all_rw, all_x);
}

struct slat_stage2 slat_npt_walk(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  if (SLAT_RULE(NPT_GPA_WIDTH, !c->stage2_5level && gpa >= 0x1000000000000))
    return (struct slat_stage2){ .end = SLAT_S2_WIDTH, .read = 1, .rule = SLAT_RULE_NPT_GPA_WIDTH };
  if (!c->stage2_5level)
    return npt_walk_from4(m, c, gpa, c->stage2_table, 1, 1, 1);

  const uint64_t e = slat_memory_read(m, slat_entry_address(c->stage2_table, gpa, 5));
  //@ assert e5: e == path_e5(m, c, gpa);
  const struct slat_entry k = slat_guest_entry(SLAT_CHOOSE(NPT_FORMAT, &c->nested, &c->guest), e, 5);
  const bool us = e / 4 % 2 == 1, rw = e / 2 % 2 == 1, x = e / 0x8000000000000000 % 2 == 0;

  if (k.kind != SLAT_ENTRY_TABLE)
    return nested_end(e, gpa, 5, k, us, rw, x);
  return npt_walk_from4(m, c, gpa, slat_table_of(e), us, rw, x);
}

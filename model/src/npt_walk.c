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

/* NPT_FORMAT: nested entries are judged under the host's EFER.NXE, not the guest's. */

/* The walk from the PTE on. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires width: !stage2_too_wide(c, gpa);
    requires above: npt_table2(m, c, gpa) && table == table_of(path_e2(m, c, gpa)) && table <= 0xFFFFFFFFFF000;
    requires rights: (us != 0 <==> npt_all_us(m, c, gpa, 2)) && (rw != 0 <==> npt_all_rw(m, c, gpa, 2)) &&
      (x != 0 <==> npt_no_xd(m, c, gpa, 2));
    terminates \true;
    assigns \nothing;
    ensures walk: npt_walk_is(\result, m, c, gpa);
    ensures range: npt_result_in_range(\result);
*/
static inline struct slat_stage2 npt_from1(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table, bool us, bool rw, bool x)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 1));
  //@ assert e: e == path_e1(m, c, gpa);
  const struct slat_entry k = slat_guest_entry(SLAT_CHOOSE(NPT_FORMAT, &c->nested, &c->guest), e, 1);
  const bool all_us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, us) && e / 4 % 2 == 1;
  const bool all_rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, rw) && e / 2 % 2 == 1;
  const bool all_x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, x) && e / 0x8000000000000000 % 2 == 0;
  //@ assert us: all_us != 0 <==> npt_all_us(m, c, gpa, 1);
  //@ assert rw: all_rw != 0 <==> npt_all_rw(m, c, gpa, 1);
  //@ assert x: all_x != 0 <==> npt_no_xd(m, c, gpa, 1);

  //@ assert level: npt_level(m, c, gpa) == 1;
  return nested_end(e, gpa, 1, k, all_us, all_rw, all_x);
}

/* The walk from the PDE on. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires width: !stage2_too_wide(c, gpa);
    requires above: npt_table3(m, c, gpa) && table == table_of(path_e3(m, c, gpa)) && table <= 0xFFFFFFFFFF000;
    requires rights: (us != 0 <==> npt_all_us(m, c, gpa, 3)) && (rw != 0 <==> npt_all_rw(m, c, gpa, 3)) &&
      (x != 0 <==> npt_no_xd(m, c, gpa, 3));
    terminates \true;
    assigns \nothing;
    ensures walk: npt_walk_is(\result, m, c, gpa);
    ensures range: npt_result_in_range(\result);
*/
static inline struct slat_stage2 npt_from2(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table, bool us, bool rw, bool x)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 2));
  //@ assert e: e == path_e2(m, c, gpa);
  const struct slat_entry k = slat_guest_entry(SLAT_CHOOSE(NPT_FORMAT, &c->nested, &c->guest), e, 2);
  const bool all_us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, us) && e / 4 % 2 == 1;
  const bool all_rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, rw) && e / 2 % 2 == 1;
  const bool all_x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, x) && e / 0x8000000000000000 % 2 == 0;
  //@ assert us: all_us != 0 <==> npt_all_us(m, c, gpa, 2);
  //@ assert rw: all_rw != 0 <==> npt_all_rw(m, c, gpa, 2);
  //@ assert x: all_x != 0 <==> npt_no_xd(m, c, gpa, 2);

  if (k.kind == SLAT_ENTRY_TABLE)
    return npt_from1(m, c, gpa, slat_table_of(e), all_us, all_rw, all_x);
  //@ assert level: npt_level(m, c, gpa) == 2;
  return nested_end(e, gpa, 2, k, all_us, all_rw, all_x);
}

/* The walk from the PDPTE on; us, rw, x: the rights that the entries above give. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires width: !stage2_too_wide(c, gpa);
    requires above: npt_table4(m, c, gpa) && table == table_of(path_e4(m, c, gpa)) && table <= 0xFFFFFFFFFF000;
    requires rights: (us != 0 <==> npt_all_us(m, c, gpa, 4)) && (rw != 0 <==> npt_all_rw(m, c, gpa, 4)) &&
      (x != 0 <==> npt_no_xd(m, c, gpa, 4));
    terminates \true;
    assigns \nothing;
    ensures walk: npt_walk_is(\result, m, c, gpa);
    ensures range: npt_result_in_range(\result);
*/
static inline struct slat_stage2 npt_from3(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table, bool us, bool rw, bool x)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 3));
  //@ assert e: e == path_e3(m, c, gpa);
  const struct slat_entry k = slat_guest_entry(SLAT_CHOOSE(NPT_FORMAT, &c->nested, &c->guest), e, 3);
  const bool all_us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, us) && e / 4 % 2 == 1;
  const bool all_rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, rw) && e / 2 % 2 == 1;
  const bool all_x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, x) && e / 0x8000000000000000 % 2 == 0;
  //@ assert us: all_us != 0 <==> npt_all_us(m, c, gpa, 3);
  //@ assert rw: all_rw != 0 <==> npt_all_rw(m, c, gpa, 3);
  //@ assert x: all_x != 0 <==> npt_no_xd(m, c, gpa, 3);

  if (k.kind == SLAT_ENTRY_TABLE)
    return npt_from2(m, c, gpa, slat_table_of(e), all_us, all_rw, all_x);
  //@ assert level: npt_level(m, c, gpa) == 3;
  return nested_end(e, gpa, 3, k, all_us, all_rw, all_x);
}

/* The walk from the PML4E on; us, rw, x: the rights that the PML5E gives, or all. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires width: !stage2_too_wide(c, gpa);
    requires above: npt_table5(m, c, gpa) && table == path_pml4(m, c, gpa) && table <= 0xFFFFFFFFFF000;
    requires rights: (us != 0 <==> npt_all_us(m, c, gpa, 5)) && (rw != 0 <==> npt_all_rw(m, c, gpa, 5)) &&
      (x != 0 <==> npt_no_xd(m, c, gpa, 5));
    terminates \true;
    assigns \nothing;
    ensures walk: npt_walk_is(\result, m, c, gpa);
    ensures range: npt_result_in_range(\result);
*/
static inline struct slat_stage2 npt_from4(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table, bool us, bool rw, bool x)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 4));
  //@ assert e: e == path_e4(m, c, gpa);
  const struct slat_entry k = slat_guest_entry(SLAT_CHOOSE(NPT_FORMAT, &c->nested, &c->guest), e, 4);
  const bool all_us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, us) && e / 4 % 2 == 1;
  const bool all_rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, rw) && e / 2 % 2 == 1;
  const bool all_x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, x) && e / 0x8000000000000000 % 2 == 0;
  //@ assert us: all_us != 0 <==> npt_all_us(m, c, gpa, 4);
  //@ assert rw: all_rw != 0 <==> npt_all_rw(m, c, gpa, 4);
  //@ assert x: all_x != 0 <==> npt_no_xd(m, c, gpa, 4);

  if (k.kind == SLAT_ENTRY_TABLE)
    return npt_from3(m, c, gpa, slat_table_of(e), all_us, all_rw, all_x);
  //@ assert level: npt_level(m, c, gpa) == 4;
  return nested_end(e, gpa, 4, k, all_us, all_rw, all_x);
}

struct slat_stage2 slat_npt_walk(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  if (SLAT_RULE(NPT_GPA_WIDTH, !c->stage2_5level && gpa >= 0x1000000000000))
    return (struct slat_stage2){ .end = SLAT_S2_WIDTH, .read = 1, .rule = SLAT_RULE_NPT_GPA_WIDTH };
  if (!c->stage2_5level)
    return npt_from4(m, c, gpa, c->stage2_table, 1, 1, 1);

  const uint64_t e = slat_memory_read(m, slat_entry_address(c->stage2_table, gpa, 5));
  //@ assert e5: e == path_e5(m, c, gpa);
  const struct slat_entry k = slat_guest_entry(SLAT_CHOOSE(NPT_FORMAT, &c->nested, &c->guest), e, 5);
  const bool us = e / 4 % 2 == 1, rw = e / 2 % 2 == 1, x = e / 0x8000000000000000 % 2 == 0;

  if (k.kind != SLAT_ENTRY_TABLE)
    return nested_end(e, gpa, 5, k, us, rw, x);
  return npt_from4(m, c, gpa, slat_table_of(e), us, rw, x);
}

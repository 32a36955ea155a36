/* SPDX-License-Identifier: BSD-2-Clause */
#include "ept_walk.h"
#include "rule.h"

/* The result at the entry that ends the walk; tw: W is 1 in every entry above it. */
/*@ requires level_range: 1 <= level <= 5;
    requires ends: k.kind == SLAT_ENTRY_NOT_PRESENT || k.kind == SLAT_ENTRY_RESERVED ||
      (k.kind == SLAT_ENTRY_PAGE && level <= 3);
    requires rule_range: SLAT_RULE_NONE < k.rule < SLAT_RULE_COUNT;
    terminates \true;
    assigns \nothing;
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
    ensures end: \result.end == ept_end_of(k.kind);
    ensures level: \result.level == level;
    ensures rights: \result.read == r && \result.write == w && \result.execute == x && \result.user == 1;
    ensures address: k.kind == SLAT_ENTRY_PAGE ==> \result.spa == leaf_address(e, gpa, level);
    ensures memory_type: k.kind == SLAT_ENTRY_PAGE ==>
      \result.memory_type == ept_mt(e) && (\result.ignore_pat != 0 <==> ept_ipat(e) == 1);
    ensures size: k.kind == SLAT_ENTRY_PAGE ==> \result.page_shift == page_shift_of(level);
    ensures sss: k.kind == SLAT_ENTRY_PAGE ==>
      (\result.tables_writable != 0 <==> tw != 0) && (\result.sss != 0 <==> ept_sss(e) == 1);
    ensures spa_range: \result.spa <= 0xFFFFFFFFFFFFF;
*/
static inline struct slat_stage2 walk_end(uint64_t e, uint64_t gpa, unsigned level, struct slat_entry k, bool r, bool w,
                                          bool x, bool tw)
{
  struct slat_stage2 result = {
    .level = (uint8_t)level, .read = r, .write = w, .execute = x, .user = 1, .rule = k.rule
  };

  if (k.kind == SLAT_ENTRY_PAGE) {
    result.end = SLAT_S2_PAGE;
    result.spa = slat_leaf_address(e, gpa, level);
    result.memory_type = (uint8_t)SLAT_CHOOSE(EPT_MEMORY_TYPE, e / 8 % 8, 0);
    result.ignore_pat = SLAT_RULE(EPT_IGNORE_PAT, e / 0x40 % 2 == 1);
    result.page_shift = slat_page_shift(level);
    result.tables_writable = tw;
    result.sss = e / 0x1000000000000000 % 2 == 1;
  } else {
    result.end = k.kind == SLAT_ENTRY_NOT_PRESENT ? SLAT_S2_NOT_PRESENT : SLAT_S2_MISCONFIGURED;
  }
  return result;
}

/* The walk from the PTE on. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires width: !stage2_too_wide(c, gpa);
    requires above: ept_table2(m, c, gpa) && table == table_of(path_e2(m, c, gpa)) && table <= 0xFFFFFFFFFF000;
    requires rights: (r != 0 <==> ept_all_r(m, c, gpa, 2)) && (w != 0 <==> ept_all_w(m, c, gpa, 2)) &&
      (x != 0 <==> ept_all_x(m, c, gpa, 2));
    terminates \true;
    assigns \nothing;
    ensures walk: ept_walk_is(\result, m, c, gpa);
    ensures range: ept_result_in_range(\result);
*/
static inline struct slat_stage2 ept_from1(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table, bool r, bool w, bool x)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 1));
  //@ assert e: e == path_e1(m, c, gpa);
  const struct slat_entry k = slat_ept_entry(c, e, 1);
  const bool all_r = SLAT_REQUIRE(EPT_READ_ALL_LEVELS, r) && e % 2 == 1;
  const bool all_w = SLAT_REQUIRE(EPT_WRITE_ALL_LEVELS, w) && e / 2 % 2 == 1;
  const bool all_x = SLAT_REQUIRE(EPT_EXECUTE_ALL_LEVELS, x) && e / 4 % 2 == 1;
  //@ assert r: all_r != 0 <==> ept_all_r(m, c, gpa, 1);
  //@ assert w: all_w != 0 <==> ept_all_w(m, c, gpa, 1);
  //@ assert x: all_x != 0 <==> ept_all_x(m, c, gpa, 1);

  //@ assert level: ept_level(m, c, gpa) == 1;
  return walk_end(e, gpa, 1, k, all_r, all_w, all_x, w);
}

/* The walk from the PDE on. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires width: !stage2_too_wide(c, gpa);
    requires above: ept_table3(m, c, gpa) && table == table_of(path_e3(m, c, gpa)) && table <= 0xFFFFFFFFFF000;
    requires rights: (r != 0 <==> ept_all_r(m, c, gpa, 3)) && (w != 0 <==> ept_all_w(m, c, gpa, 3)) &&
      (x != 0 <==> ept_all_x(m, c, gpa, 3));
    terminates \true;
    assigns \nothing;
    ensures walk: ept_walk_is(\result, m, c, gpa);
    ensures range: ept_result_in_range(\result);
*/
static inline struct slat_stage2 ept_from2(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table, bool r, bool w, bool x)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 2));
  //@ assert e: e == path_e2(m, c, gpa);
  const struct slat_entry k = slat_ept_entry(c, e, 2);
  const bool all_r = SLAT_REQUIRE(EPT_READ_ALL_LEVELS, r) && e % 2 == 1;
  const bool all_w = SLAT_REQUIRE(EPT_WRITE_ALL_LEVELS, w) && e / 2 % 2 == 1;
  const bool all_x = SLAT_REQUIRE(EPT_EXECUTE_ALL_LEVELS, x) && e / 4 % 2 == 1;
  //@ assert r: all_r != 0 <==> ept_all_r(m, c, gpa, 2);
  //@ assert w: all_w != 0 <==> ept_all_w(m, c, gpa, 2);
  //@ assert x: all_x != 0 <==> ept_all_x(m, c, gpa, 2);

  if (k.kind == SLAT_ENTRY_TABLE)
    return ept_from1(m, c, gpa, slat_table_of(e), all_r, all_w, all_x);
  //@ assert level: ept_level(m, c, gpa) == 2;
  return walk_end(e, gpa, 2, k, all_r, all_w, all_x, w);
}

/* The walk from the PDPTE on; r, w, x: the rights that the entries above give. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires width: !stage2_too_wide(c, gpa);
    requires above: ept_table4(m, c, gpa) && table == table_of(path_e4(m, c, gpa)) && table <= 0xFFFFFFFFFF000;
    requires rights: (r != 0 <==> ept_all_r(m, c, gpa, 4)) && (w != 0 <==> ept_all_w(m, c, gpa, 4)) &&
      (x != 0 <==> ept_all_x(m, c, gpa, 4));
    terminates \true;
    assigns \nothing;
    ensures walk: ept_walk_is(\result, m, c, gpa);
    ensures range: ept_result_in_range(\result);
*/
static inline struct slat_stage2 ept_from3(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table, bool r, bool w, bool x)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 3));
  //@ assert e: e == path_e3(m, c, gpa);
  const struct slat_entry k = slat_ept_entry(c, e, 3);
  const bool all_r = SLAT_REQUIRE(EPT_READ_ALL_LEVELS, r) && e % 2 == 1;
  const bool all_w = SLAT_REQUIRE(EPT_WRITE_ALL_LEVELS, w) && e / 2 % 2 == 1;
  const bool all_x = SLAT_REQUIRE(EPT_EXECUTE_ALL_LEVELS, x) && e / 4 % 2 == 1;
  //@ assert r: all_r != 0 <==> ept_all_r(m, c, gpa, 3);
  //@ assert w: all_w != 0 <==> ept_all_w(m, c, gpa, 3);
  //@ assert x: all_x != 0 <==> ept_all_x(m, c, gpa, 3);

  if (k.kind == SLAT_ENTRY_TABLE)
    return ept_from2(m, c, gpa, slat_table_of(e), all_r, all_w, all_x);
  //@ assert level: ept_level(m, c, gpa) == 3;
  return walk_end(e, gpa, 3, k, all_r, all_w, all_x, w);
}

/* The walk from the PML4E on; r, w, x: the rights that the PML5E gives, or all. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires width: !stage2_too_wide(c, gpa);
    requires above: ept_table5(m, c, gpa) && table == path_pml4(m, c, gpa) && table <= 0xFFFFFFFFFF000;
    requires rights: (r != 0 <==> ept_all_r(m, c, gpa, 5)) && (w != 0 <==> ept_all_w(m, c, gpa, 5)) &&
      (x != 0 <==> ept_all_x(m, c, gpa, 5));
    terminates \true;
    assigns \nothing;
    ensures walk: ept_walk_is(\result, m, c, gpa);
    ensures range: ept_result_in_range(\result);
*/
static inline struct slat_stage2 ept_from4(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table, bool r, bool w, bool x)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 4));
  //@ assert e: e == path_e4(m, c, gpa);
  const struct slat_entry k = slat_ept_entry(c, e, 4);
  const bool all_r = SLAT_REQUIRE(EPT_READ_ALL_LEVELS, r) && e % 2 == 1;
  const bool all_w = SLAT_REQUIRE(EPT_WRITE_ALL_LEVELS, w) && e / 2 % 2 == 1;
  const bool all_x = SLAT_REQUIRE(EPT_EXECUTE_ALL_LEVELS, x) && e / 4 % 2 == 1;
  //@ assert r: all_r != 0 <==> ept_all_r(m, c, gpa, 4);
  //@ assert w: all_w != 0 <==> ept_all_w(m, c, gpa, 4);
  //@ assert x: all_x != 0 <==> ept_all_x(m, c, gpa, 4);

  if (k.kind == SLAT_ENTRY_TABLE)
    return ept_from3(m, c, gpa, slat_table_of(e), all_r, all_w, all_x);
  //@ assert level: ept_level(m, c, gpa) == 4;
  return walk_end(e, gpa, 4, k, all_r, all_w, all_x, w);
}

struct slat_stage2 slat_ept_walk(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  if (SLAT_RULE(EPT_GPA_WIDTH, !c->stage2_5level && gpa >= 0x1000000000000))
    return (struct slat_stage2){ .end = SLAT_S2_WIDTH, .user = 1, .rule = SLAT_RULE_EPT_GPA_WIDTH };
  if (!c->stage2_5level)
    return ept_from4(m, c, gpa, c->stage2_table, 1, 1, 1);

  const uint64_t e = slat_memory_read(m, slat_entry_address(c->stage2_table, gpa, 5));
  //@ assert e5: e == path_e5(m, c, gpa);
  const struct slat_entry k = slat_ept_entry(c, e, 5);
  const bool r = e % 2 == 1, w = e / 2 % 2 == 1, x = e / 4 % 2 == 1;

  if (k.kind != SLAT_ENTRY_TABLE)
    return walk_end(e, gpa, 5, k, r, w, x, 1);
  return ept_from4(m, c, gpa, slat_table_of(e), r, w, x);
}

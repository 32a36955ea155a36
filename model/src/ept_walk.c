/* SPDX-License-Identifier: BSD-2-Clause */
#include "ept_walk.h"
#include "rule.h"

/* The result at the entry that ends the walk. */
/*@ requires level_range: 1 <= level <= 4;
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
    ensures spa_range: \result.spa <= 0xFFFFFFFFFFFFF;
*/
static inline struct slat_stage2 walk_end(uint64_t e, uint64_t gpa, unsigned level, struct slat_entry k, bool r, bool w,
                                          bool x)
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
  } else {
    result.end = k.kind == SLAT_ENTRY_NOT_PRESENT ? SLAT_S2_NOT_PRESENT : SLAT_S2_MISCONFIGURED;
  }
  return result;
}

struct slat_stage2 slat_ept_walk(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  if (SLAT_RULE(EPT_GPA_WIDTH, gpa >= 0x1000000000000))
    return (struct slat_stage2){ .end = SLAT_S2_WIDTH, .user = 1, .rule = SLAT_RULE_EPT_GPA_WIDTH };

  uint64_t e = slat_memory_read(m, slat_entry_address(c->stage2_table, gpa, 4));
  //@ assert e4: e == path_e4(m, c->stage2_table, gpa);
  struct slat_entry k = slat_ept_entry(c, e, 4);
  bool r = e % 2 == 1;
  bool w = e / 2 % 2 == 1;
  bool x = e / 4 % 2 == 1;
  if (k.kind != SLAT_ENTRY_TABLE)
    return walk_end(e, gpa, 4, k, r, w, x);

  e = slat_memory_read(m, slat_entry_address(slat_table_of(e), gpa, 3));
  //@ assert e3: e == path_e3(m, c->stage2_table, gpa);
  k = slat_ept_entry(c, e, 3);
  r = SLAT_REQUIRE(EPT_READ_ALL_LEVELS, r) && e % 2 == 1;
  w = SLAT_REQUIRE(EPT_WRITE_ALL_LEVELS, w) && e / 2 % 2 == 1;
  x = SLAT_REQUIRE(EPT_EXECUTE_ALL_LEVELS, x) && e / 4 % 2 == 1;
  if (k.kind != SLAT_ENTRY_TABLE)
    return walk_end(e, gpa, 3, k, r, w, x);

  e = slat_memory_read(m, slat_entry_address(slat_table_of(e), gpa, 2));
  //@ assert e2: e == path_e2(m, c->stage2_table, gpa);
  k = slat_ept_entry(c, e, 2);
  r = SLAT_REQUIRE(EPT_READ_ALL_LEVELS, r) && e % 2 == 1;
  w = SLAT_REQUIRE(EPT_WRITE_ALL_LEVELS, w) && e / 2 % 2 == 1;
  x = SLAT_REQUIRE(EPT_EXECUTE_ALL_LEVELS, x) && e / 4 % 2 == 1;
  if (k.kind != SLAT_ENTRY_TABLE)
    return walk_end(e, gpa, 2, k, r, w, x);

  e = slat_memory_read(m, slat_entry_address(slat_table_of(e), gpa, 1));
  //@ assert e1: e == path_e1(m, c->stage2_table, gpa);
  k = slat_ept_entry(c, e, 1);
  r = SLAT_REQUIRE(EPT_READ_ALL_LEVELS, r) && e % 2 == 1;
  w = SLAT_REQUIRE(EPT_WRITE_ALL_LEVELS, w) && e / 2 % 2 == 1;
  x = SLAT_REQUIRE(EPT_EXECUTE_ALL_LEVELS, x) && e / 4 % 2 == 1;
  return walk_end(e, gpa, 1, k, r, w, x);
}

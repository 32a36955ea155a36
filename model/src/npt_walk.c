/* SPDX-License-Identifier: BSD-2-Clause */
#include "npt_walk.h"
#include "rule.h"

/* The result at the entry that ends the walk. */
/*@ requires level_range: 1 <= level <= 4;
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

struct slat_stage2 slat_npt_walk(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  /* NPT_FORMAT: nested entries are judged under the host's EFER.NXE, not the guest's. */
  const struct slat_format *f = SLAT_CHOOSE(NPT_FORMAT, &c->nested, &c->guest);

  if (SLAT_RULE(NPT_GPA_WIDTH, gpa >= 0x1000000000000))
    return (struct slat_stage2){ .end = SLAT_S2_WIDTH, .read = 1, .rule = SLAT_RULE_NPT_GPA_WIDTH };

  uint64_t e = slat_memory_read(m, slat_entry_address(c->stage2_table, gpa, 4));
  //@ assert e4: e == path_e4(m, c->stage2_table, gpa);
  struct slat_entry k = slat_guest_entry(f, e, 4);
  bool us = e / 4 % 2 == 1;
  bool rw = e / 2 % 2 == 1;
  bool x = e / 0x8000000000000000 % 2 == 0;
  if (k.kind != SLAT_ENTRY_TABLE)
    return nested_end(e, gpa, 4, k, us, rw, x);

  e = slat_memory_read(m, slat_entry_address(slat_table_of(e), gpa, 3));
  //@ assert e3: e == path_e3(m, c->stage2_table, gpa);
  k = slat_guest_entry(f, e, 3);
  us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, us) && e / 4 % 2 == 1;
  rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, rw) && e / 2 % 2 == 1;
  x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, x) && e / 0x8000000000000000 % 2 == 0;
  if (k.kind != SLAT_ENTRY_TABLE)
    return nested_end(e, gpa, 3, k, us, rw, x);

  e = slat_memory_read(m, slat_entry_address(slat_table_of(e), gpa, 2));
  //@ assert e2: e == path_e2(m, c->stage2_table, gpa);
  k = slat_guest_entry(f, e, 2);
  us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, us) && e / 4 % 2 == 1;
  rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, rw) && e / 2 % 2 == 1;
  x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, x) && e / 0x8000000000000000 % 2 == 0;
  if (k.kind != SLAT_ENTRY_TABLE)
    return nested_end(e, gpa, 2, k, us, rw, x);

  e = slat_memory_read(m, slat_entry_address(slat_table_of(e), gpa, 1));
  //@ assert e1: e == path_e1(m, c->stage2_table, gpa);
  k = slat_guest_entry(f, e, 1);
  us = SLAT_REQUIRE(NPT_USER_ALL_LEVELS, us) && e / 4 % 2 == 1;
  rw = SLAT_REQUIRE(NPT_WRITE_ALL_LEVELS, rw) && e / 2 % 2 == 1;
  x = SLAT_REQUIRE(NPT_EXECUTE_ALL_LEVELS, x) && e / 0x8000000000000000 % 2 == 0;
  return nested_end(e, gpa, 1, k, us, rw, x);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "reach.h"
#include "rule.h"

/*@ terminates \true;
    assigns \nothing;
    ensures none: \result.found == 0;
*/
static inline struct slat_reach nothing(void)
{
  return (struct slat_reach){ .found = 0 };
}

/* An EPT entry that references a table and gives every right: bits 2:0 are 1, bits 7:3 and all above the address are 0. */
/*@ requires readable: \valid_read(c);
    requires level_range: 2 <= level <= 4;
    terminates \true;
    assigns \nothing;
    ensures table: \result != 0 ==> ept_kind(c, e, level) == SLAT_ENTRY_TABLE && ept_r(e) == 1 && ept_w(e) == 1 &&
      ept_x(e) == 1;
*/
static inline bool ept_plain_table(const struct slat_controls *c, uint64_t e, unsigned level)
{
  (void)level;
  //@ assert low: e % 0x100 == 7 ==> e % 8 == 7 && (e / 8) % 0x20 == 0;
  //@ assert rights: e % 8 == 7 ==> ept_r(e) == 1 && ept_w(e) == 1 && ept_x(e) == 1;
  //@ assert zero: (e / 8) % 0x20 == 0 ==> (e / 8) % 0x10 == 0 && ept_ps(e) == 0;
  return e % 0x100 == 7 && e % 0x10000000000000 < c->guest.limit;
}

/* An EPT entry that maps a page and gives every right. */
/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 3;
    terminates \true;
    assigns \nothing;
    ensures page: \result != 0 ==> ept_kind(c, e, level) == SLAT_ENTRY_PAGE && ept_r(e) == 1 && ept_w(e) == 1 &&
      ept_x(e) == 1;
*/
static inline bool ept_plain_page(const struct slat_controls *c, uint64_t e, unsigned level)
{
  const unsigned memory_type = e / 8 % 8;

  if (level == 1)
    return e % 8 == 7 && e % 0x10000000000000 < c->guest.limit && (memory_type == 6 || memory_type == 0);
  return e % 8 == 7 && slat_ept_entry(c, e, level).kind == SLAT_ENTRY_PAGE;
}

/*@ requires level_range: 1 <= level <= 3;
    terminates \true;
    assigns \nothing;
    ensures found: \result.found == 1;
    ensures page: \result.spa == leaf_address(e, gpa, level) && \result.page_shift == page_shift_of(level) &&
      \result.memory_type == ept_mt(e) && (\result.ignore_pat != 0 <==> ept_ipat(e) == 1);
*/
static inline struct slat_reach ept_page(uint64_t e, uint64_t gpa, unsigned level)
{
  return (struct slat_reach){ .spa = slat_leaf_address(e, gpa, level),
                              .page_shift = slat_page_shift(level),
                              .memory_type = e / 8 % 8,
                              .ignore_pat = e / 0x40 % 2 == 1,
                              .found = 1 };
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires ept: c->stage2 == SLAT_STAGE2_EPT;
    requires range: table <= 0xFFFFFFFFFF000 && gpa < 0x1000000000000 && c->stage2_5level == 0;
    requires above: ept_table2(m, c, gpa);
    requires table: table == table_of(path_e2(m, c, gpa));
    requires rights: ept_r(path_e4(m, c, gpa)) == 1 && ept_w(path_e4(m, c, gpa)) == 1 &&
      ept_x(path_e4(m, c, gpa)) == 1 &&
      ept_r(path_e3(m, c, gpa)) == 1 && ept_w(path_e3(m, c, gpa)) == 1 &&
      ept_x(path_e3(m, c, gpa)) == 1 &&
      ept_r(path_e2(m, c, gpa)) == 1 && ept_w(path_e2(m, c, gpa)) == 1 &&
      ept_x(path_e2(m, c, gpa)) == 1;
    terminates \true;
    assigns \nothing;
    ensures reached: \result.found != 0 ==> reached_with_all_rights(m, c, gpa) &&
      placed_as_stage2_says(\result.spa, \result.page_shift, \result.memory_type, \result.ignore_pat, m, c, gpa);
*/
static inline struct slat_reach ept_reach1(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 1));
  //@ assert e: e == path_e1(m, c, gpa);
  //@ assert level: ept_level(m, c, gpa) == 1 && ept_last(m, c, gpa) == e;
  if (!ept_plain_page(c, e, 1))
    return nothing();
  //@ assert end: ept_end(m, c, gpa) == SLAT_S2_PAGE;
  //@ assert r: ept_all_r(m, c, gpa, 1);
  //@ assert w: ept_all_w(m, c, gpa, 1);
  //@ assert x: ept_all_x(m, c, gpa, 1);
  return ept_page(e, gpa, 1);
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires ept: c->stage2 == SLAT_STAGE2_EPT;
    requires range: table <= 0xFFFFFFFFFF000 && gpa < 0x1000000000000 && c->stage2_5level == 0;
    requires above: ept_table3(m, c, gpa);
    requires table: table == table_of(path_e3(m, c, gpa));
    requires rights: ept_r(path_e4(m, c, gpa)) == 1 && ept_w(path_e4(m, c, gpa)) == 1 &&
      ept_x(path_e4(m, c, gpa)) == 1 &&
      ept_r(path_e3(m, c, gpa)) == 1 && ept_w(path_e3(m, c, gpa)) == 1 &&
      ept_x(path_e3(m, c, gpa)) == 1;
    terminates \true;
    assigns \nothing;
    ensures reached: \result.found != 0 ==> reached_with_all_rights(m, c, gpa) &&
      placed_as_stage2_says(\result.spa, \result.page_shift, \result.memory_type, \result.ignore_pat, m, c, gpa);
*/
static inline struct slat_reach ept_reach2(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 2));
  //@ assert e: e == path_e2(m, c, gpa);
  if (ept_plain_table(c, e, 2))
    return ept_reach1(m, c, gpa, slat_table_of(e));
  return ept_plain_page(c, e, 2) ? ept_page(e, gpa, 2) : nothing();
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires ept: c->stage2 == SLAT_STAGE2_EPT;
    requires range: table <= 0xFFFFFFFFFF000 && gpa < 0x1000000000000 && c->stage2_5level == 0;
    requires above: ept_table4(m, c, gpa);
    requires table: table == table_of(path_e4(m, c, gpa));
    requires rights: ept_r(path_e4(m, c, gpa)) == 1 && ept_w(path_e4(m, c, gpa)) == 1 &&
      ept_x(path_e4(m, c, gpa)) == 1;
    terminates \true;
    assigns \nothing;
    ensures reached: \result.found != 0 ==> reached_with_all_rights(m, c, gpa) &&
      placed_as_stage2_says(\result.spa, \result.page_shift, \result.memory_type, \result.ignore_pat, m, c, gpa);
*/
static inline struct slat_reach ept_reach3(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 3));
  //@ assert e: e == path_e3(m, c, gpa);
  if (ept_plain_table(c, e, 3))
    return ept_reach2(m, c, gpa, slat_table_of(e));
  return ept_plain_page(c, e, 3) ? ept_page(e, gpa, 3) : nothing();
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires ept: c->stage2 == SLAT_STAGE2_EPT;
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    terminates \true;
    assigns \nothing;
    ensures reached: \result.found != 0 ==> reached_with_all_rights(m, c, gpa) &&
      placed_as_stage2_says(\result.spa, \result.page_shift, \result.memory_type, \result.ignore_pat, m, c, gpa);
*/
static inline struct slat_reach ept_reach(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  if (c->stage2_5level || gpa >= 0x1000000000000)
    return nothing();
  const uint64_t e = slat_memory_read(m, slat_entry_address(c->stage2_table, gpa, 4));
  //@ assert e: e == path_e4(m, c, gpa);
  return ept_plain_table(c, e, 4) ? ept_reach3(m, c, gpa, slat_table_of(e)) : nothing();
}

/* A nested entry that references a table and gives every right: P, R/W and U/S are 1, PS, bit 8 and all above the address 0. */
/*@ requires readable: \valid_read(c) && c->nested.mode == SLAT_PAGING_LONG;
    requires level_range: 2 <= level <= 4;
    requires limit: c->nested.limit <= 0x10000000000000;
    terminates \true;
    assigns \nothing;
    ensures table: \result != 0 ==> pte_kind(&c->nested, e, level) == SLAT_ENTRY_TABLE && pte_rw(e) == 1 &&
      pte_us(e) == 1 && pte_xd(e) == 0;
*/
static inline bool npt_plain_table(const struct slat_controls *c, uint64_t e, unsigned level)
{
  (void)level;
  //@ assert bits: e / 0x80 % 4 == 0 ==> pte_ps(e) == 0 && (e / 0x100) % 2 == 0;
  //@ assert rights: e % 8 == 7 ==> pte_p(e) == 1 && pte_rw(e) == 1 && pte_us(e) == 1;
  //@ assert address: e < c->nested.limit ==> e % 0x10000000000000 == e && pte_xd(e) == 0;
  return e % 8 == 7 && e / 0x80 % 4 == 0 && e < c->nested.limit;
}

/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 3;
    requires limit: c->nested.limit <= 0x10000000000000;
    terminates \true;
    assigns \nothing;
    ensures page: \result != 0 ==> pte_kind(&c->nested, e, level) == SLAT_ENTRY_PAGE && pte_rw(e) == 1 &&
      pte_us(e) == 1 && pte_xd(e) == 0;
*/
static inline bool npt_plain_page(const struct slat_controls *c, uint64_t e, unsigned level)
{
  return e % 8 == 7 && e < c->nested.limit &&
         (level == 1 || slat_guest_entry(&c->nested, e, level).kind == SLAT_ENTRY_PAGE);
}

/*@ requires level_range: 1 <= level <= 3;
    terminates \true;
    assigns \nothing;
    ensures found: \result.found == 1;
    ensures page: \result.spa == leaf_address(e, gpa, level) && \result.page_shift == page_shift_of(level) &&
      \result.memory_type == 0 && \result.ignore_pat == 0;
*/
static inline struct slat_reach npt_page(uint64_t e, uint64_t gpa, unsigned level)
{
  return (
    struct slat_reach){ .spa = slat_leaf_address(e, gpa, level), .page_shift = slat_page_shift(level), .found = 1 };
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires npt: c->stage2 == SLAT_STAGE2_NPT && c->nested.mode == SLAT_PAGING_LONG;
    requires range: table <= 0xFFFFFFFFFF000 && gpa < 0x1000000000000 && c->stage2_5level == 0 && c->nested.limit <= 0x10000000000000;
    requires above: npt_table2(m, c, gpa);
    requires table: table == table_of(path_e2(m, c, gpa));
    requires rights: pte_rw(path_e4(m, c, gpa)) == 1 && pte_us(path_e4(m, c, gpa)) == 1 &&
      pte_xd(path_e4(m, c, gpa)) == 0 &&
      pte_rw(path_e3(m, c, gpa)) == 1 && pte_us(path_e3(m, c, gpa)) == 1 &&
      pte_xd(path_e3(m, c, gpa)) == 0 &&
      pte_rw(path_e2(m, c, gpa)) == 1 && pte_us(path_e2(m, c, gpa)) == 1 &&
      pte_xd(path_e2(m, c, gpa)) == 0;
    terminates \true;
    assigns \nothing;
    ensures reached: \result.found != 0 ==> reached_with_all_rights(m, c, gpa) &&
      placed_as_stage2_says(\result.spa, \result.page_shift, \result.memory_type, \result.ignore_pat, m, c, gpa);
*/
static inline struct slat_reach npt_reach1(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 1));
  //@ assert e: e == path_e1(m, c, gpa);
  //@ assert level: npt_level(m, c, gpa) == 1 && npt_last(m, c, gpa) == e;
  if (!npt_plain_page(c, e, 1))
    return nothing();
  //@ assert end: npt_end(m, c, gpa) == SLAT_S2_PAGE;
  //@ assert us: npt_all_us(m, c, gpa, 1);
  //@ assert rw: npt_all_rw(m, c, gpa, 1);
  //@ assert xd: npt_no_xd(m, c, gpa, 1);
  return npt_page(e, gpa, 1);
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires npt: c->stage2 == SLAT_STAGE2_NPT && c->nested.mode == SLAT_PAGING_LONG;
    requires range: table <= 0xFFFFFFFFFF000 && gpa < 0x1000000000000 && c->stage2_5level == 0 && c->nested.limit <= 0x10000000000000;
    requires above: npt_table3(m, c, gpa);
    requires table: table == table_of(path_e3(m, c, gpa));
    requires rights: pte_rw(path_e4(m, c, gpa)) == 1 && pte_us(path_e4(m, c, gpa)) == 1 &&
      pte_xd(path_e4(m, c, gpa)) == 0 &&
      pte_rw(path_e3(m, c, gpa)) == 1 && pte_us(path_e3(m, c, gpa)) == 1 &&
      pte_xd(path_e3(m, c, gpa)) == 0;
    terminates \true;
    assigns \nothing;
    ensures reached: \result.found != 0 ==> reached_with_all_rights(m, c, gpa) &&
      placed_as_stage2_says(\result.spa, \result.page_shift, \result.memory_type, \result.ignore_pat, m, c, gpa);
*/
static inline struct slat_reach npt_reach2(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 2));
  //@ assert e: e == path_e2(m, c, gpa);
  if (npt_plain_table(c, e, 2))
    return npt_reach1(m, c, gpa, slat_table_of(e));
  if (!npt_plain_page(c, e, 2))
    return nothing();
  //@ assert level: npt_level(m, c, gpa) == 2 && npt_last(m, c, gpa) == e;
  //@ assert end: npt_end(m, c, gpa) == SLAT_S2_PAGE;
  //@ assert us: npt_all_us(m, c, gpa, 2);
  //@ assert rw: npt_all_rw(m, c, gpa, 2);
  //@ assert xd: npt_no_xd(m, c, gpa, 2);
  return npt_page(e, gpa, 2);
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires npt: c->stage2 == SLAT_STAGE2_NPT && c->nested.mode == SLAT_PAGING_LONG;
    requires range: table <= 0xFFFFFFFFFF000 && gpa < 0x1000000000000 && c->stage2_5level == 0 && c->nested.limit <= 0x10000000000000;
    requires above: npt_table4(m, c, gpa);
    requires table: table == table_of(path_e4(m, c, gpa));
    requires rights: pte_rw(path_e4(m, c, gpa)) == 1 && pte_us(path_e4(m, c, gpa)) == 1 &&
      pte_xd(path_e4(m, c, gpa)) == 0;
    terminates \true;
    assigns \nothing;
    ensures reached: \result.found != 0 ==> reached_with_all_rights(m, c, gpa) &&
      placed_as_stage2_says(\result.spa, \result.page_shift, \result.memory_type, \result.ignore_pat, m, c, gpa);
*/
static inline struct slat_reach npt_reach3(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                           uint64_t table)
{
  const uint64_t e = slat_memory_read(m, slat_entry_address(table, gpa, 3));
  //@ assert e: e == path_e3(m, c, gpa);
  if (npt_plain_table(c, e, 3))
    return npt_reach2(m, c, gpa, slat_table_of(e));
  if (!npt_plain_page(c, e, 3))
    return nothing();
  //@ assert level: npt_level(m, c, gpa) == 3 && npt_last(m, c, gpa) == e;
  //@ assert end: npt_end(m, c, gpa) == SLAT_S2_PAGE;
  //@ assert us: npt_all_us(m, c, gpa, 3);
  //@ assert rw: npt_all_rw(m, c, gpa, 3);
  //@ assert xd: npt_no_xd(m, c, gpa, 3);
  return npt_page(e, gpa, 3);
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires npt: c->stage2 == SLAT_STAGE2_NPT;
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    terminates \true;
    assigns \nothing;
    ensures reached: \result.found != 0 ==> reached_with_all_rights(m, c, gpa) &&
      placed_as_stage2_says(\result.spa, \result.page_shift, \result.memory_type, \result.ignore_pat, m, c, gpa);
*/
static inline struct slat_reach npt_reach(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  if (c->stage2_5level || gpa >= 0x1000000000000 || c->nested.limit > 0x10000000000000 ||
      c->nested.mode != SLAT_PAGING_LONG)
    return nothing();
  const uint64_t e = slat_memory_read(m, slat_entry_address(c->stage2_table, gpa, 4));
  //@ assert e: e == path_e4(m, c, gpa);
  return npt_plain_table(c, e, 4) ? npt_reach3(m, c, gpa, slat_table_of(e)) : nothing();
}

struct slat_reach slat_stage2_reach(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  if (c->stage2 == SLAT_STAGE2_EPT)
    return ept_reach(m, c, gpa);
  if (c->stage2 == SLAT_STAGE2_NPT)
    return npt_reach(m, c, gpa);
  return (struct slat_reach){ .spa = gpa, .page_shift = 30, .found = 1 };
}

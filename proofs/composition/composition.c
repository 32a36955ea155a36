/* SPDX-License-Identifier: BSD-2-Clause */
/* Theorem 3, composition, as lemma functions over the walk's contract: no code of the library.  For every stage 2
   (SLAT_ANY_STAGE2): nothing of EPT or nested tables can be used here. */
#include "../../model/src/walk.h"
#include "../../spec/logic/theorems.acsl"

/*@
  // What is never loaded into a PDPTE register is no hypothesis (PAE_PDPTE_RSVD_LOAD).
  predicate pdpte_below(struct slat_controls *c, integer e) = pte_p(e) == 0 || e % 0x10000000000000 < c->guest.limit;

  // A guest whose tables are where MAXPHYADDR lets them be, and two stage 2s that are the identity there.
  predicate two_identities(struct slat_memory *m, struct slat_controls *c, struct slat_controls *d) =
    same_guest(c, d) && identity(m, c, c->guest.limit) && identity(m, d, c->guest.limit) &&
    c->guest.limit % 0x40000000 == 0 && c->guest.limit % 0x100000000 == 0 &&
    0x100000000 <= c->guest.limit <= 0x10000000000000 &&
    c->guest.limit_4mb <= c->guest.limit && c->guest.mode <= SLAT_PAGING_32BIT && c->guest_table < c->guest.limit &&
    (c->guest.mode == SLAT_PAGING_PAE ==> c->guest_table <= 0xFFFFFFE0) &&
    c->guest_table % (c->guest.mode == SLAT_PAGING_PAE ? 0x20 : 0x1000) == 0 && pdpte_below(c, c->pdpte[0]) &&
    pdpte_below(c, c->pdpte[1]) && pdpte_below(c, c->pdpte[2]) && pdpte_below(c, c->pdpte[3]);
*/

/* An entry whose address field is below the limit references a table below it. */
/*@ requires limit: limit % 0x40000000 == 0 && limit <= 0x10000000000000 && e % 0x10000000000000 < limit;
    terminates \true;
    assigns \nothing;
    ensures table: table_of(e) <= limit - 0x1000;
*/
static void table_below_limit(uint64_t e, uint64_t limit)
{
  //@ assert whole: limit == 0x1000 * (limit / 0x1000);
  //@ assert field: e % 0x10000000000000 == table_of(e) + e % 0x1000;
}

/* A guest entry: a word of memory, in 32-bit paging half of one. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures word: \result == guest_word(m, c, spa);
    ensures range: c->guest.mode == SLAT_PAGING_32BIT ==> \result <= 0xFFFFFFFF;
*/
static uint64_t guest_word(const struct slat_memory *m, const struct slat_controls *c, uint64_t spa)
{
  if (c->guest.mode != SLAT_PAGING_32BIT)
    return slat_memory_read(m, spa);
  const uint64_t word = slat_memory_read(m, spa - spa % 8);
  return spa % 8 < 4 ? word % 0x100000000 : word / 0x100000000 % 0x100000000;
}

/* The guest entry at a GPA below the limit is the same under both, and can be read. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: gpa < c->guest.limit;
    terminates \true;
    assigns \nothing;
    ensures word: \result == guest_word(m, c, s2_spa(m, c, gpa));
    ensures same_word: \result == guest_word(m, d, s2_spa(m, d, gpa));
    ensures readable: table_readable(m, c, gpa);
    ensures same_readable: table_readable(m, d, gpa);
    ensures range: c->guest.mode == SLAT_PAGING_32BIT ==> \result <= 0xFFFFFFFF;
*/
static uint64_t read_at(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                        uint64_t gpa)
{
  //@ assert spa: s2_spa(m, c, gpa) == gpa;
  //@ assert same_spa: s2_spa(m, d, gpa) == gpa;
  //@ assert mode: c->guest.mode == d->guest.mode;
  return guest_word(m, c, gpa);
}

/* A guest entry that leads down has an address field below the limit. */
/*@ requires readable: \valid_read(c);
    requires width: c->guest.limit >= 0x100000000;
    requires entry: c->guest.mode == SLAT_PAGING_32BIT ==> e <= 0xFFFFFFFF;
    requires level_range: 1 <= level <= 5;
    requires kind: pte_kind(&c->guest, e, level) != SLAT_ENTRY_NOT_PRESENT && pte_kind(&c->guest, e, level) != SLAT_ENTRY_RESERVED;
    terminates \true;
    assigns \nothing;
    ensures field: e % 0x10000000000000 < c->guest.limit;
*/
static void field_below_limit(const struct slat_controls *c, uint64_t e, unsigned level)
{
  (void)c;
  (void)e;
  (void)level;
}

/* The walk of each level reads the same entry under both, which is returned, and goes on under both or under neither. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires begin: guest_begin(c) == 5;
    terminates \true;
    assigns \nothing;
    ensures gpa: guest_gpa5(c, linear) == guest_gpa5(d, linear) && 0 <= guest_gpa5(c, linear) < c->guest.limit;
    ensures entry: \result == guest_e5(m, c, linear);
    ensures same_entry: \result == guest_e5(m, d, linear);
    ensures readable: table_readable(m, c, guest_gpa5(c, linear)) && table_readable(m, d, guest_gpa5(d, linear));
    ensures below: below5(m, c, linear) <==> below5(m, d, linear);
    ensures kind: below5(m, c, linear) <==> leads_down(pte_kind(&c->guest, \result, 5));
*/
static uint64_t level5(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  //@ assert mode: c->guest.mode == SLAT_PAGING_LONG && c->guest_table % 0x1000 == 0;
  const uint64_t gpa = slat_entry_address(c->guest_table, linear, 5);
  //@ assert gpa: gpa == guest_gpa5(c, linear);
  //@ assert same_gpa: gpa == guest_gpa5(d, linear);
  const uint64_t e = read_at(m, c, d, gpa);
  //@ assert kinds: pte_kind(&c->guest, e, 5) == pte_kind(&d->guest, e, 5);
  //@ assert readable: table_readable(m, c, gpa) && table_readable(m, d, gpa);
  return e;
}

/* The PML4 table: the one of CR3, or with 5-level paging the one that the PML5E references. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: guest_begin(c) >= 4 && below5(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures below: below5(m, d, linear);
    ensures table: \result == guest_table4(m, c, linear) && \result == guest_table4(m, d, linear);
    ensures range: \result <= c->guest.limit - 0x1000 && \result % 0x1000 == 0;
*/
static uint64_t table4(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  if (!c->la57)
    return c->guest_table;
  const uint64_t above = level5(m, c, d, linear);

  field_below_limit(c, above, 5);
  table_below_limit(above, c->guest.limit);
  return slat_table_of(above);
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: guest_begin(c) >= 4 && below5(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures gpa: guest_gpa4(m, c, linear) == guest_gpa4(m, d, linear) && 0 <= guest_gpa4(m, c, linear) < c->guest.limit;
    ensures entry: \result == guest_e4(m, c, linear);
    ensures same_entry: \result == guest_e4(m, d, linear);
    ensures range: c->guest.mode == SLAT_PAGING_32BIT ==> \result <= 0xFFFFFFFF;
    ensures readable: table_readable(m, c, guest_gpa4(m, c, linear)) && table_readable(m, d, guest_gpa4(m, d, linear));
    ensures below: below4(m, c, linear) <==> below4(m, d, linear);
    ensures kind: below4(m, c, linear) <==> leads_down(pte_kind(&c->guest, \result, 4));
*/
static uint64_t level4(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  const uint64_t table = table4(m, c, d, linear);

  const uint64_t gpa = slat_entry_address(table, linear, 4);
  //@ assert gpa: gpa == guest_gpa4(m, c, linear);
  //@ assert same_gpa: gpa == guest_gpa4(m, d, linear);
  const uint64_t e = read_at(m, c, d, gpa);
  //@ assert kinds: pte_kind(&c->guest, e, 4) == pte_kind(&d->guest, e, 4);
  //@ assert readable: table_readable(m, c, gpa) && table_readable(m, d, gpa);
  return e;
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: guest_begin(c) >= 3 && below4(m, c, linear);
    requires linear: linear_32bit(c) ==> linear <= 0xFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures below: below4(m, d, linear);
    ensures table: \result == guest_table3(m, c, linear) && \result == guest_table3(m, d, linear);
    ensures range: \result <= 0xFFFFFFFFFF000;
    ensures inside: \result + 8 * index3(linear) < c->guest.limit;
*/
static uint64_t table3(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  if (c->guest.mode == SLAT_PAGING_PAE) {
    //@ assert index: index3(linear) <= 3;
    //@ assert whole: c->guest.limit == 0x20 * (c->guest.limit / 0x20) && c->guest_table == 0x20 * (c->guest_table / 0x20);
    return c->guest_table;
  }
  const uint64_t above = level4(m, c, d, linear);

  field_below_limit(c, above, 4);
  table_below_limit(above, c->guest.limit);
  //@ assert index: 8 * index3(linear) <= 0xFF8;
  return slat_table_of(above);
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: guest_begin(c) >= 3 && below4(m, c, linear);
    requires linear: linear_32bit(c) ==> linear <= 0xFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures gpa: guest_gpa3(m, c, linear) == guest_gpa3(m, d, linear) && 0 <= guest_gpa3(m, c, linear) < c->guest.limit;
    ensures entry: \result == guest_e3(m, c, linear);
    ensures same_entry: \result == guest_e3(m, d, linear);
    ensures range: c->guest.mode == SLAT_PAGING_32BIT ==> \result <= 0xFFFFFFFF;
    ensures readable:
      table_readable(m, c, guest_gpa3(m, c, linear)) && table_readable(m, d, guest_gpa3(m, d, linear));
    ensures below: below3(m, c, linear) <==> below3(m, d, linear);
    ensures kind: below3(m, c, linear) <==> leads_down(pte_kind(&c->guest, \result, 3));
*/
static uint64_t level3(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  const uint64_t table = table3(m, c, d, linear);

  const uint64_t gpa = slat_entry_address(table, linear, 3);
  //@ assert gpa: gpa == guest_gpa3(m, c, linear);
  //@ assert same_gpa: gpa == guest_gpa3(m, d, linear);
  const uint64_t e = read_at(m, c, d, gpa);
  //@ assert kinds: pte_kind(&c->guest, e, 3) == pte_kind(&d->guest, e, 3);
  //@ assert readable: table_readable(m, c, gpa) && table_readable(m, d, gpa);
  return e;
}

/* The PDPTE register of a linear address. */
/*@ requires readable: \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures register: \result == pdpte_of(c, linear);
*/
static uint64_t register_of(const struct slat_controls *c, uint64_t linear)
{
  const uint64_t i = linear / 0x40000000 % 4;

  return i == 0 ? c->pdpte[0] : i == 1 ? c->pdpte[1] : i == 2 ? c->pdpte[2] : c->pdpte[3];
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: below3(m, c, linear) && !pdpte_absent(c, linear);
    requires linear: linear_32bit(c) ==> linear <= 0xFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures below: below3(m, d, linear);
    ensures table: \result == guest_table2(m, c, linear) && \result == guest_table2(m, d, linear);
    ensures range: \result <= c->guest.limit - 0x1000 && \result % 0x1000 == 0;
*/
static uint64_t table2(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  if (c->guest.mode == SLAT_PAGING_32BIT)
    return c->guest_table;
  if (c->guest.mode == SLAT_PAGING_PAE && c->pdpte_registers) {
    const uint64_t pdpte = register_of(c, linear);
    table_below_limit(pdpte, c->guest.limit);
    return slat_table_of(pdpte);
  }
  const uint64_t above = level3(m, c, d, linear);

  field_below_limit(c, above, 3);
  table_below_limit(above, c->guest.limit);
  return slat_table_of(above);
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: below3(m, c, linear) && !pdpte_absent(c, linear);
    requires linear: linear_32bit(c) ==> linear <= 0xFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures gpa: guest_gpa2(m, c, linear) == guest_gpa2(m, d, linear) && 0 <= guest_gpa2(m, c, linear) < c->guest.limit;
    ensures entry: \result == guest_e2(m, c, linear);
    ensures same_entry: \result == guest_e2(m, d, linear);
    ensures range: c->guest.mode == SLAT_PAGING_32BIT ==> \result <= 0xFFFFFFFF;
    ensures readable:
      table_readable(m, c, guest_gpa2(m, c, linear)) && table_readable(m, d, guest_gpa2(m, d, linear));
    ensures below: below2(m, c, linear) <==> below2(m, d, linear);
    ensures kind: below2(m, c, linear) <==> leads_down(pte_kind(&c->guest, \result, 2));
*/
static uint64_t level2(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  const uint64_t table = table2(m, c, d, linear);

  const uint64_t gpa = slat_guest_entry_address(c, table, linear, 2);
  //@ assert gpa: gpa == guest_gpa2(m, c, linear);
  //@ assert same_gpa: gpa == guest_gpa2(m, d, linear);
  const uint64_t e = read_at(m, c, d, gpa);
  //@ assert kinds: pte_kind(&c->guest, e, 2) == pte_kind(&d->guest, e, 2);
  //@ assert readable: table_readable(m, c, gpa) && table_readable(m, d, gpa);
  return e;
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: below2(m, c, linear) && !pdpte_absent(c, linear);
    requires linear: linear_32bit(c) ==> linear <= 0xFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures gpa: guest_gpa1(m, c, linear) == guest_gpa1(m, d, linear) && 0 <= guest_gpa1(m, c, linear) < c->guest.limit;
    ensures entry: \result == guest_e1(m, c, linear);
    ensures same_entry: \result == guest_e1(m, d, linear);
    ensures range: c->guest.mode == SLAT_PAGING_32BIT ==> \result <= 0xFFFFFFFF;
    ensures readable:
      table_readable(m, c, guest_gpa1(m, c, linear)) && table_readable(m, d, guest_gpa1(m, d, linear));
*/
static uint64_t level1(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  const uint64_t above = level2(m, c, d, linear);

  field_below_limit(c, above, 2);
  table_below_limit(above, c->guest.limit);
  const uint64_t gpa = slat_guest_entry_address(c, slat_table_of(above), linear, 1);
  //@ assert gpa: gpa == guest_gpa1(m, c, linear);
  //@ assert same_gpa: gpa == guest_gpa1(m, d, linear);
  return read_at(m, c, d, gpa);
}

/* The entry in which a walk ends, and the rights of all entries down to it. */
struct last {
  uint64_t entry;
  bool us, rw, xd;
  bool ss; /* a page of this entry would be a shadow-stack page */
};
/*@
  // The entry of a level, and the rights of all entries down to it.
  predicate last_is(struct last r, struct slat_memory *m, struct slat_controls *c, integer linear, integer level) =
    r.entry == guest_e(m, c, linear, level) && (r.us != 0 <==> guest_us(m, c, linear, level)) &&
    (r.rw != 0 <==> guest_rw(m, c, linear, level)) && (r.xd != 0 <==> guest_xd(m, c, linear, level)) &&
    (r.ss != 0 <==> guest_ss(m, c, linear, level));
*/

/* The entries of level 5, if there is one, and 4: `below` if the walk goes on below them, else they end it. */
struct upper {
  struct last last;
  bool below;
};

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d) && guest_begin(c) >= 4;
    terminates \true;
    assigns \nothing;
    ensures below: \result.below != 0 <==> below4(m, c, linear);
    ensures same_below: below5(m, c, linear) <==> below5(m, d, linear);
    ensures same_below4: below4(m, c, linear) <==> below4(m, d, linear);
    ensures last: last_is(\result.last, m, c, linear, below5(m, c, linear) ? 4 : 5);
    ensures same_last: last_is(\result.last, m, d, linear, below5(m, c, linear) ? 4 : 5);
    ensures gpa: 0 <= guest_gpa(m, c, linear, below5(m, c, linear) ? 4 : 5) < c->guest.limit;
    ensures readable: table_readable(m, c, guest_gpa(m, c, linear, below5(m, c, linear) ? 4 : 5)) &&
      table_readable(m, d, guest_gpa(m, d, linear, below5(m, c, linear) ? 4 : 5));
*/
static struct upper upper_levels(const struct slat_memory *m, const struct slat_controls *c,
                                 const struct slat_controls *d, uint64_t linear)
{
  struct last last = { 0, 1, 1, 0, 0 };
  uint64_t e;

  if (c->la57) {
    e = level5(m, c, d, linear);
    last = (struct last){ e, e / 4 % 2 == 1, e / 2 % 2 == 1, e / 0x8000000000000000 % 2 == 1, 0 };
    //@ assert ss5: !guest_ss(m, c, linear, 5) && !guest_ss(m, d, linear, 5);
    if (slat_guest_entry(&c->guest, e, 5).kind != SLAT_ENTRY_TABLE)
      return (struct upper){ last, 0 };
  }
  e = level4(m, c, d, linear);
  //@ assert rw5: (last.rw != 0 <==> guest_rw(m, c, linear, 5)) && (last.rw != 0 <==> guest_rw(m, d, linear, 5));
  //@ assert xd5: (last.xd != 0 <==> guest_xd5(m, c, linear)) && (last.xd != 0 <==> guest_xd5(m, d, linear));
  //@ assert xd4: (guest_xd4(m, c, linear) <==> pte_xd(e) == 1) && (guest_xd4(m, d, linear) <==> pte_xd(e) == 1);
  last = (struct last){ e, last.us && e / 4 % 2 == 1, last.rw && e / 2 % 2 == 1,
                        last.xd || e / 0x8000000000000000 % 2 == 1, last.rw && e / 2 % 2 == 0 && e / 0x40 % 2 == 1 };
  //@ assert xd: last.xd != 0 <==> guest_xd(m, c, linear, 4);
  //@ assert same_xd: last.xd != 0 <==> guest_xd(m, d, linear, 4);
  //@ assert ss: last.ss != 0 <==> guest_ss(m, c, linear, 4);
  //@ assert same_ss: last.ss != 0 <==> guest_ss(m, d, linear, 4);
  return (struct upper){ last, slat_guest_entry(&c->guest, e, 4).kind == SLAT_ENTRY_TABLE };
}

/*@ terminates \true;
    assigns \nothing;
    ensures entry: \result.entry == e;
    ensures us: \result.us != 0 <==> above.us != 0 && pte_us(e) == 1;
    ensures rw: \result.rw != 0 <==> above.rw != 0 && pte_rw(e) == 1;
    ensures xd: \result.xd != 0 <==> above.xd != 0 || pte_xd(e) == 1;
    ensures ss: \result.ss != 0 <==> shadow_stack_page(e, (boolean)above.rw);
*/
static struct last with_entry(struct last above, uint64_t e)
{
  return (struct last){ e, above.us && e / 4 % 2 == 1, above.rw && e / 2 % 2 == 1,
                        above.xd || e / 0x8000000000000000 % 2 == 1, above.rw && e / 2 % 2 == 0 && e / 0x40 % 2 == 1 };
}

/* The levels 2 and 1, which every mode has: `above` has the rights of the levels above. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires linear: linear_32bit(c) ==> linear <= 0xFFFFFFFF;
    requires below: below3(m, c, linear) && below3(m, d, linear) && walks(c, linear);
    requires us: (above.us != 0 <==> guest_us(m, c, linear, 3)) && (above.us != 0 <==> guest_us(m, d, linear, 3));
    requires rw: (above.rw != 0 <==> guest_rw(m, c, linear, 3)) && (above.rw != 0 <==> guest_rw(m, d, linear, 3));
    requires xd: (above.xd != 0 <==> guest_xd(m, c, linear, 3)) && (above.xd != 0 <==> guest_xd(m, d, linear, 3));
    terminates \true;
    assigns \nothing;
    ensures level: walk_level(m, c, linear) == walk_level(m, d, linear) && walk_level(m, c, linear) <= 2;
    ensures gpa: 0 <= guest_gpa(m, c, linear, walk_level(m, c, linear)) < c->guest.limit;
    ensures readable: table_readable(m, c, guest_gpa(m, c, linear, walk_level(m, c, linear))) &&
      table_readable(m, d, guest_gpa(m, d, linear, walk_level(m, c, linear)));
    ensures last: last_is(\result, m, c, linear, walk_level(m, c, linear));
    ensures same_last: last_is(\result, m, d, linear, walk_level(m, c, linear));
    ensures range: c->guest.mode == SLAT_PAGING_32BIT ==> \result.entry <= 0xFFFFFFFF;
*/
static struct last lower_levels(const struct slat_memory *m, const struct slat_controls *c,
                                const struct slat_controls *d, uint64_t linear, struct last above)
{
  const uint64_t e2 = level2(m, c, d, linear);
  const struct last last = with_entry(above, e2);
  //@ assert last2: last_is(last, m, c, linear, 2);
  //@ assert same_last2: last_is(last, m, d, linear, 2);

  if (slat_guest_entry(&c->guest, e2, 2).kind != SLAT_ENTRY_TABLE)
    return last;
  const struct last last1 = with_entry(last, level1(m, c, d, linear));
  //@ assert last1: last_is(last1, m, c, linear, 1);
  //@ assert same_last1: last_is(last1, m, d, linear, 1);
  return last1;
}

/* So the whole walk ends at the same level, in the same entry, with the same rights. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires linear: linear_32bit(c) ==> linear <= 0xFFFFFFFF;
    requires walks: walks(c, linear);
    terminates \true;
    assigns \nothing;
    ensures level: walk_level(m, c, linear) == walk_level(m, d, linear);
    ensures gpa: 0 <= guest_gpa(m, c, linear, walk_level(m, c, linear)) < c->guest.limit;
    ensures readable: table_readable(m, c, guest_gpa(m, c, linear, walk_level(m, c, linear))) &&
      table_readable(m, d, guest_gpa(m, d, linear, walk_level(m, c, linear)));
    ensures last: last_is(\result, m, c, linear, walk_level(m, c, linear));
    ensures same_last: last_is(\result, m, d, linear, walk_level(m, c, linear));
    ensures range: c->guest.mode == SLAT_PAGING_32BIT ==> \result.entry <= 0xFFFFFFFF;
*/
static struct last levels(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                          uint64_t linear)
{
  struct last last = { 0, 1, 1, 0, 0 };

  if (c->guest.mode == SLAT_PAGING_LONG) {
    const struct upper upper = upper_levels(m, c, d, linear);
    last = upper.last;
    if (!upper.below)
      return last;
  }
  //@ assert below4: below4(m, c, linear) && below4(m, d, linear);
  //@ assert us4: (last.us != 0 <==> guest_us(m, c, linear, 4)) && (last.us != 0 <==> guest_us(m, d, linear, 4));
  //@ assert rw4: (last.rw != 0 <==> guest_rw(m, c, linear, 4)) && (last.rw != 0 <==> guest_rw(m, d, linear, 4));
  //@ assert xd4: (last.xd != 0 <==> guest_xd(m, c, linear, 4)) && (last.xd != 0 <==> guest_xd(m, d, linear, 4));
  if (c->guest.mode == SLAT_PAGING_LONG || (c->guest.mode == SLAT_PAGING_PAE && !c->pdpte_registers)) {
    const uint64_t e3 = level3(m, c, d, linear);
    last.entry = e3;
    last.ss = e3 / 2 % 2 == 0 && e3 / 0x40 % 2 == 1;
    if (c->guest.mode == SLAT_PAGING_LONG)
      last = with_entry(last, e3);
    //@ assert entry3: last.entry == guest_e3(m, c, linear) && last.entry == guest_e3(m, d, linear);
    //@ assert ss3: last.ss != 0 <==> guest_ss(m, c, linear, 3);
    //@ assert same_ss3: last.ss != 0 <==> guest_ss(m, d, linear, 3);
    const unsigned kind = slat_guest_entry(&c->guest, e3, 3).kind;
    if (kind != SLAT_ENTRY_TABLE && kind != SLAT_ENTRY_PDPTE)
      return last;
  }
  return lower_levels(m, c, d, linear, last);
}

/* A leaf whose address field is below the limit maps a page below it. */
/*@ requires level_range: 1 <= level <= 3;
    requires limit: limit % 0x40000000 == 0 && limit <= 0x10000000000000 && e % 0x10000000000000 < limit;
    terminates \true;
    assigns \nothing;
    ensures page: 0 <= leaf_address(e, linear, level) < limit;
*/
static void page_below_limit(uint64_t e, uint64_t linear, unsigned level, uint64_t limit)
{
  //@ assert whole: limit == 0x40000000 * (limit / 0x40000000) && limit == 0x200000 * (limit / 0x200000) && limit == 0x1000 * (limit / 0x1000);
  //@ assert gb: e % 0x10000000000000 == (e / 0x40000000) % 0x400000 * 0x40000000 + e % 0x40000000;
  //@ assert mb: e % 0x10000000000000 == (e / 0x200000) % 0x80000000 * 0x200000 + e % 0x200000;
  //@ assert kb: e % 0x10000000000000 == (e / 0x1000) % 0x10000000000 * 0x1000 + e % 0x1000;
}

/* The same of a page of every paging mode. */
/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 5;
    requires limit: c->guest.limit % 0x40000000 == 0 && c->guest.limit % 0x100000000 == 0 &&
      0x100000000 <= c->guest.limit <= 0x10000000000000 && c->guest.limit_4mb <= c->guest.limit;
    requires entry: c->guest.mode == SLAT_PAGING_32BIT ==> e <= 0xFFFFFFFF;
    requires page: pte_kind(&c->guest, e, level) == SLAT_ENTRY_PAGE;
    terminates \true;
    assigns \nothing;
    ensures level: level <= 3;
    ensures page: 0 <= guest_leaf(c, e, linear, level) < c->guest.limit;
*/
static void leaf_below_limit(const struct slat_controls *c, uint64_t e, uint64_t linear, unsigned level)
{
  //@ assert level: level <= 3;
  if (c->guest.mode == SLAT_PAGING_32BIT && level == 2) {
    //@ assert high: ((e / 0x2000) % 0x200) * 0x100000000 < c->guest.limit_4mb;
    //@ assert part: (e / 0x2000) % 0x100 <= (e / 0x2000) % 0x200;
    //@ assert low: ((e / 0x400000) % 0x400) * 0x400000 + linear % 0x400000 < 0x100000000;
    //@ assert whole: c->guest.limit == 0x100000000 * (c->guest.limit / 0x100000000);
    return;
  }
  field_below_limit(c, e, level);
  page_below_limit(e, linear, level, c->guest.limit);
}

/* The final access: the same address, and no stage 2 denies it. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d) && \valid_read(a);
    requires identities: two_identities(m, c, d);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && d->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires below: gpa < c->guest.limit;
    requires one: final_is(o, f, m, c, a, gpa, shift, us, rw, xd);
    requires other: final_is(p, g, m, d, a, gpa, shift, us, rw, xd);
    terminates \true;
    assigns \nothing;
    ensures done: o.kind == SLAT_TRANSLATED && p.kind == SLAT_TRANSLATED;
    ensures same: same_outcome(o, p);
*/
static void same_final(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       const struct slat_access *a, struct slat_outcome o, struct slat_stage2 f, struct slat_outcome p,
                       struct slat_stage2 g, uint64_t gpa, unsigned shift, bool us, bool rw, bool xd)
{
  //@ assert one: !stage2_denies(c, f, use_of(a)) && f.spa == gpa;
  //@ assert other: !stage2_denies(d, g, use_of(a)) && g.spa == gpa;
}

/* What the last step ends in. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d) && \valid_read(a);
    requires identities: two_identities(m, c, d);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && d->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires level_range: 1 <= level <= 5;
    requires reached: s.reached != 0 && t.reached != 0;
    requires entry: s.value == t.value && s.entry.kind == pte_kind(&c->guest, s.value, level) &&
      t.entry.kind == pte_kind(&d->guest, t.value, level) && !leads_down(s.entry.kind);
    requires range: c->guest.mode == SLAT_PAGING_32BIT ==> s.value <= 0xFFFFFFFF;
    requires one: ending_is(o, f, m, c, a, s, level, us, rw, xd, ss);
    requires other: ending_is(p, g, m, d, a, t, level, us, rw, xd, ss);
    terminates \true;
    assigns \nothing;
    ensures same: same_outcome(o, p);
*/
static void same_ending(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                        const struct slat_access *a, struct slat_outcome o, struct slat_stage2 f, struct slat_step s,
                        struct slat_outcome p, struct slat_stage2 g, struct slat_step t, unsigned level, bool us,
                        bool rw, bool xd, bool ss)
{
  //@ assert kind: s.entry.kind == t.entry.kind;
  //@ assert key: pte_key(s.value) == pte_key(t.value);
  //@ assert keys: key_denies(c, a, us, pte_key(s.value)) == key_denies(d, a, us, pte_key(t.value));
  //@ assert open: key_open(c, a, us, pte_key(s.value)) == key_open(d, a, us, pte_key(t.value));
  //@ assert deny: rights_deny(c, a, us, rw, xd, ss, pte_key(s.value)) == rights_deny(d, a, us, rw, xd, ss, pte_key(t.value));
  if (s.entry.kind == SLAT_ENTRY_PAGE &&
      slat_guest_rights(c, a, us, rw, xd, ss, slat_key_of(s.value)) == SLAT_RULE_NONE) {
    leaf_below_limit(c, s.value, a->linear, level);
    same_final(m, c, d, a, o, f, p, g, slat_guest_leaf(c, s.value, a->linear, level), slat_guest_page_shift(c, level),
               us, rw, xd);
  }
}

/*@ requires readable: \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures absent: \result != 0 <==> pdpte_absent(c, linear);
*/
static bool register_absent(const struct slat_controls *c, uint64_t linear)
{
  return c->guest.mode == SLAT_PAGING_PAE && c->pdpte_registers && register_of(c, linear) % 2 == 0;
}

/* A walk ends at the level where it begins, or below. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures begin: 2 <= guest_begin(c) <= 5;
    ensures end: 1 <= walk_level(m, c, linear) <= guest_begin(c);
*/
static void ends_below_begin(const struct slat_memory *m, const struct slat_controls *c, uint64_t linear)
{
  //@ assert below5: guest_begin(c) <= 4 ==> below5(m, c, linear);
  //@ assert below4: guest_begin(c) <= 3 ==> below4(m, c, linear);
  //@ assert below3: guest_begin(c) <= 2 ==> below3(m, c, linear);
}

/* Theorem: an identity gives what any other identity gives, no stage 2 among them (none_is_identity in isolation.c).
   w and v are the walks of an access under c and under d. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d) && \valid_read(a);
    requires identities: two_identities(m, c, d);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && d->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires linear: linear_32bit(c) ==> a->linear <= 0xFFFFFFFF;
    requires walks: walk_is(w, m, c, a) && walk_is(v, m, d, a);
    terminates \true;
    assigns \nothing;
    ensures identity_gives_stage_1: same_outcome(w.outcome, v.outcome);
*/
static void identity_gives_stage_1(const struct slat_memory *m, const struct slat_controls *c,
                                   const struct slat_controls *d, const struct slat_access *a, struct slat_walk w,
                                   struct slat_walk v)
{
  if (!c->paging) {
    same_final(m, c, d, a, w.outcome, w.final, v.outcome, v.final, a->linear, 30, 1, 1, 0);
  } else if (slat_linear_is_canonical(c, a->linear) && !register_absent(c, a->linear)) {
    const struct last last = levels(m, c, d, a->linear);
    //@ assert steps: walk_steps_are(w, m, c, a) && walk_steps_are(v, m, d, a);
    //@ assert ends: walk_end_is(w, m, c, a) && walk_end_is(v, m, d, a);
    //@ assert begin: w.begin == v.begin && w.begin == guest_begin(c) && w.begin == guest_begin(d);
    ends_below_begin(m, c, a->linear);
    //@ assert end: w.end == v.end && 1 <= w.end <= w.begin && w.begin <= 5;
    //@ assert step: step_is(w.step[w.end], m, c, guest_gpa(m, c, a->linear, w.end), w.end);
    //@ assert same_step: step_is(v.step[v.end], m, d, guest_gpa(m, d, a->linear, v.end), v.end);
    //@ assert reached: w.step[w.end].reached != 0 && v.step[v.end].reached != 0;
    //@ assert value: w.step[w.end].value == last.entry && v.step[v.end].value == last.entry;
    same_ending(m, c, d, a, w.outcome, w.final, w.step[w.end], v.outcome, v.final, v.step[w.end], w.end, last.us,
                last.rw, last.xd, last.ss);
  } else if (slat_linear_is_canonical(c, a->linear)) {
    //@ assert absent: page_fault_is(w.outcome, c, a, 0, 0, 0, 0) && page_fault_is(v.outcome, d, a, 0, 0, 0, 0);
    //@ assert code: page_fault_code(c, a, 0, 0, 0) == page_fault_code(d, a, 0, 0, 0);
    //@ assert open: page_fault_code_open(c, a, 0) == page_fault_code_open(d, a, 0);
  }
}

/* Theorem: an access is done exactly if the guest's rights and stage 2 both allow it. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires walks: walks(c, a->linear);
    requires walk: walk_is(w, m, c, a);
    terminates \true;
    assigns \nothing;
    ensures rights_are_the_conjunction: w.outcome.kind == SLAT_TRANSLATED <==>
      w.step[w.end].reached != 0 && w.step[w.end].entry.kind == SLAT_ENTRY_PAGE &&
      !rights_deny(c, a, guest_us(m, c, a->linear, w.end) ? 1 : 0, guest_rw(m, c, a->linear, w.end) ? 1 : 0,
        guest_xd(m, c, a->linear, w.end) ? 1 : 0, guest_ss(m, c, a->linear, w.end) ? 1 : 0, pte_key(w.step[w.end].value)) &&
      !stage2_denies(c, w.final, use_of(a));
    ensures final_is_of_the_leaf: w.outcome.kind == SLAT_TRANSLATED ==>
      stage2_is(w.final, m, c, guest_leaf(c, w.step[w.end].value, a->linear, w.end));
*/
static void rights_are_the_conjunction(const struct slat_memory *m, const struct slat_controls *c,
                                       const struct slat_access *a, struct slat_walk w)
{
  //@ assert steps: walk_steps_are(w, m, c, a);
  //@ assert ends: walk_end_is(w, m, c, a);
  /*@ assert end5: w.end == 5 ==> ends_at(w.outcome, w.final, m, c, a, w.step[5], 5) &&
        (w.step[5].reached != 0 ==> !leads_down(w.step[5].entry.kind)); */
  /*@ assert end4: w.end == 4 ==> ends_at(w.outcome, w.final, m, c, a, w.step[4], 4) &&
        (w.step[4].reached != 0 ==> !leads_down(w.step[4].entry.kind)); */
  /*@ assert end3: w.end == 3 ==> ends_at(w.outcome, w.final, m, c, a, w.step[3], 3) &&
        (w.step[3].reached != 0 ==> !leads_down(w.step[3].entry.kind)); */
  /*@ assert end2: w.end == 2 ==> ends_at(w.outcome, w.final, m, c, a, w.step[2], 2) &&
        (w.step[2].reached != 0 ==> !leads_down(w.step[2].entry.kind)); */
  /*@ assert end1: w.end == 1 ==> ends_at(w.outcome, w.final, m, c, a, w.step[1], 1) &&
        (w.step[1].reached != 0 ==> !leads_down(w.step[1].entry.kind)); */
  //@ assert range: 1 <= w.end <= 5;
  /* A path for each level, so that its number is known. */
  switch (w.end) {
  case 5:
    return;
  case 4:
    return;
  case 3:
    return;
  case 2:
    return;
  default:
    return;
  }
}

/* The hypotheses of identity_gives_stage_1 can be met, in every paging mode: they are, of one control state and itself,
   wherever stage 2 is an identity; that there is such a stage 2 says none_is_identity. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires identity: identity(m, c, 0x10000000000000);
    requires width: c->guest.limit == 0x400000000000 && c->guest_table == 0x1000 && c->guest.mode <= SLAT_PAGING_32BIT &&
      c->guest.limit_4mb == 0x10000000000 && c->pdpte[0] == 0 && c->pdpte[1] == 0 && c->pdpte[2] == 0 && c->pdpte[3] == 0;
    terminates \true;
    assigns \nothing;
    ensures identities_are_possible: two_identities(m, c, c);
*/
static void identities_are_possible(const struct slat_memory *m, const struct slat_controls *c)
{
}

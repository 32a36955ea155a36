/* SPDX-License-Identifier: BSD-2-Clause */
/* Theorem 3, composition, as lemma functions over the walk's contract: no code of the library.  For every stage 2
   (SLAT_ANY_STAGE2): nothing of EPT or nested tables can be used here. */
#include "../../model/src/walk.h"
#include "../../spec/logic/theorems.acsl"

/*@
  // A guest whose tables are where MAXPHYADDR lets them be, and two stage 2s that are the identity there.
  predicate two_identities(struct slat_memory *m, struct slat_controls *c, struct slat_controls *d) =
    same_guest(c, d) && identity(m, c, c->guest.limit) && identity(m, d, c->guest.limit) &&
    c->guest.limit % 0x40000000 == 0 && 0x100000000 <= c->guest.limit <= 0x10000000000000 &&
    c->guest_table % 0x1000 == 0 && c->guest_table < c->guest.limit;
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

/* The walk of each level reads the same entry under both, which is returned, and goes on under both or under neither. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires la57: c->la57 != 0;
    terminates \true;
    assigns \nothing;
    ensures gpa: guest_gpa5(c, linear) == guest_gpa5(d, linear) && 0 <= guest_gpa5(c, linear) < c->guest.limit;
    ensures entry: \result == guest_e5(m, c, linear) && \result == guest_e5(m, d, linear);
    ensures readable: table_readable(m, c, guest_gpa5(c, linear)) && table_readable(m, d, guest_gpa5(d, linear));
    ensures below: below5(m, c, linear) <==> below5(m, d, linear);
    ensures kind: below5(m, c, linear) <==> pte_kind(&c->guest, \result, 5) == SLAT_ENTRY_TABLE;
*/
static uint64_t level5(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  //@ assert gpa: guest_gpa5(c, linear) == guest_gpa5(d, linear) && 0 <= guest_gpa5(c, linear) < c->guest.limit;
  return slat_memory_read(m, slat_entry_address(c->guest_table, linear, 5));
}

/* The PML4 table: the one of CR3, or with 5-level paging the one that the PML5E references. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: below5(m, c, linear);
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

  //@ assert field: above % 0x10000000000000 < c->guest.limit;
  table_below_limit(above, c->guest.limit);
  return slat_table_of(above);
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: below5(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures gpa: guest_gpa4(m, c, linear) == guest_gpa4(m, d, linear) && 0 <= guest_gpa4(m, c, linear) < c->guest.limit;
    ensures entry: \result == guest_e4(m, c, linear) && \result == guest_e4(m, d, linear);
    ensures readable: table_readable(m, c, guest_gpa4(m, c, linear)) && table_readable(m, d, guest_gpa4(m, d, linear));
    ensures below: below4(m, c, linear) <==> below4(m, d, linear);
    ensures kind: below4(m, c, linear) <==> pte_kind(&c->guest, \result, 4) == SLAT_ENTRY_TABLE;
*/
static uint64_t level4(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  const uint64_t table = table4(m, c, d, linear);

  //@ assert gpa: guest_gpa4(m, c, linear) == guest_gpa4(m, d, linear) && 0 <= guest_gpa4(m, c, linear) < c->guest.limit;
  return slat_memory_read(m, slat_entry_address(table, linear, 4));
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: below4(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures gpa: guest_gpa3(m, c, linear) == guest_gpa3(m, d, linear) && 0 <= guest_gpa3(m, c, linear) < c->guest.limit;
    ensures entry: \result == guest_e3(m, c, linear) && \result == guest_e3(m, d, linear);
    ensures readable:
      table_readable(m, c, guest_gpa3(m, c, linear)) && table_readable(m, d, guest_gpa3(m, d, linear));
    ensures below: below3(m, c, linear) <==> below3(m, d, linear);
    ensures kind: below3(m, c, linear) <==> pte_kind(&c->guest, \result, 3) == SLAT_ENTRY_TABLE;
*/
static uint64_t level3(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  const uint64_t above = level4(m, c, d, linear);

  //@ assert field: above % 0x10000000000000 < c->guest.limit;
  table_below_limit(above, c->guest.limit);
  //@ assert gpa: guest_gpa3(m, c, linear) == guest_gpa3(m, d, linear) && 0 <= guest_gpa3(m, c, linear) < c->guest.limit;
  return slat_memory_read(m, slat_entry_address(slat_table_of(above), linear, 3));
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: below3(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures gpa: guest_gpa2(m, c, linear) == guest_gpa2(m, d, linear) && 0 <= guest_gpa2(m, c, linear) < c->guest.limit;
    ensures entry: \result == guest_e2(m, c, linear) && \result == guest_e2(m, d, linear);
    ensures readable:
      table_readable(m, c, guest_gpa2(m, c, linear)) && table_readable(m, d, guest_gpa2(m, d, linear));
    ensures below: below2(m, c, linear) <==> below2(m, d, linear);
    ensures kind: below2(m, c, linear) <==> pte_kind(&c->guest, \result, 2) == SLAT_ENTRY_TABLE;
*/
static uint64_t level2(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  const uint64_t above = level3(m, c, d, linear);

  //@ assert field: above % 0x10000000000000 < c->guest.limit;
  table_below_limit(above, c->guest.limit);
  //@ assert gpa: guest_gpa2(m, c, linear) == guest_gpa2(m, d, linear) && 0 <= guest_gpa2(m, c, linear) < c->guest.limit;
  return slat_memory_read(m, slat_entry_address(slat_table_of(above), linear, 2));
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    requires below: below2(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures gpa: guest_gpa1(m, c, linear) == guest_gpa1(m, d, linear) && 0 <= guest_gpa1(m, c, linear) < c->guest.limit;
    ensures entry: \result == guest_e1(m, c, linear) && \result == guest_e1(m, d, linear);
    ensures readable:
      table_readable(m, c, guest_gpa1(m, c, linear)) && table_readable(m, d, guest_gpa1(m, d, linear));
*/
static uint64_t level1(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                       uint64_t linear)
{
  const uint64_t above = level2(m, c, d, linear);

  //@ assert field: above % 0x10000000000000 < c->guest.limit;
  table_below_limit(above, c->guest.limit);
  //@ assert gpa: guest_gpa1(m, c, linear) == guest_gpa1(m, d, linear) && 0 <= guest_gpa1(m, c, linear) < c->guest.limit;
  return slat_memory_read(m, slat_entry_address(slat_table_of(above), linear, 1));
}

/* The entry in which a walk ends, and the rights of all entries down to it. */
struct last {
  uint64_t entry;
  bool us, rw, xd;
};

/* The entries of level 5, if there is one, and 4: `below` if the walk goes on below them, else they end it. */
struct upper {
  struct last last;
  bool below;
};

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    terminates \true;
    assigns \nothing;
    ensures below: \result.below != 0 <==> below4(m, c, linear);
    ensures same_below: below5(m, c, linear) <==> below5(m, d, linear);
    ensures same_below4: below4(m, c, linear) <==> below4(m, d, linear);
    ensures entry: \result.last.entry == guest_e(m, c, linear, below5(m, c, linear) ? 4 : 5);
    ensures same_entry: \result.last.entry == guest_e(m, d, linear, below5(m, c, linear) ? 4 : 5);
    ensures gpa: 0 <= guest_gpa(m, c, linear, below5(m, c, linear) ? 4 : 5) < c->guest.limit;
    ensures readable: table_readable(m, c, guest_gpa(m, c, linear, below5(m, c, linear) ? 4 : 5)) &&
      table_readable(m, d, guest_gpa(m, d, linear, below5(m, c, linear) ? 4 : 5));
    ensures us: \result.last.us != 0 <==> guest_us(m, c, linear, below5(m, c, linear) ? 4 : 5);
    ensures rw: \result.last.rw != 0 <==> guest_rw(m, c, linear, below5(m, c, linear) ? 4 : 5);
    ensures xd: \result.last.xd != 0 <==> guest_xd(m, c, linear, below5(m, c, linear) ? 4 : 5);
    ensures same_us: \result.last.us != 0 <==> guest_us(m, d, linear, below5(m, c, linear) ? 4 : 5);
    ensures same_rw: \result.last.rw != 0 <==> guest_rw(m, d, linear, below5(m, c, linear) ? 4 : 5);
    ensures same_xd: \result.last.xd != 0 <==> guest_xd(m, d, linear, below5(m, c, linear) ? 4 : 5);
*/
static struct upper upper_levels(const struct slat_memory *m, const struct slat_controls *c,
                                 const struct slat_controls *d, uint64_t linear)
{
  struct last last = { 0, 1, 1, 0 };
  uint64_t e;

  if (c->la57) {
    e = level5(m, c, d, linear);
    last = (struct last){ e, e / 4 % 2 == 1, e / 2 % 2 == 1, e / 0x8000000000000000 % 2 == 1 };
    if (slat_guest_entry(&c->guest, e, 5).kind != SLAT_ENTRY_TABLE)
      return (struct upper){ last, 0 };
  }
  e = level4(m, c, d, linear);
  last = (struct last){ e, last.us && e / 4 % 2 == 1, last.rw && e / 2 % 2 == 1,
                        last.xd || e / 0x8000000000000000 % 2 == 1 };
  return (struct upper){ last, slat_guest_entry(&c->guest, e, 4).kind == SLAT_ENTRY_TABLE };
}

/* So the whole walk ends at the same level, in the same entry, with the same rights. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires identities: two_identities(m, c, d);
    terminates \true;
    assigns \nothing;
    ensures level: walk_level(m, c, linear) == walk_level(m, d, linear);
    ensures gpa: 0 <= guest_gpa(m, c, linear, walk_level(m, c, linear)) < c->guest.limit;
    ensures readable: table_readable(m, c, guest_gpa(m, c, linear, walk_level(m, c, linear))) &&
      table_readable(m, d, guest_gpa(m, d, linear, walk_level(m, c, linear)));
    ensures entry: \result.entry == guest_e(m, c, linear, walk_level(m, c, linear)) &&
      \result.entry == guest_e(m, d, linear, walk_level(m, c, linear));
    ensures us: \result.us != 0 <==> guest_us(m, c, linear, walk_level(m, c, linear));
    ensures rw: \result.rw != 0 <==> guest_rw(m, c, linear, walk_level(m, c, linear));
    ensures xd: \result.xd != 0 <==> guest_xd(m, c, linear, walk_level(m, c, linear));
    ensures same_us: \result.us != 0 <==> guest_us(m, d, linear, walk_level(m, c, linear));
    ensures same_rw: \result.rw != 0 <==> guest_rw(m, d, linear, walk_level(m, c, linear));
    ensures same_xd: \result.xd != 0 <==> guest_xd(m, d, linear, walk_level(m, c, linear));
*/
static struct last levels(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                          uint64_t linear)
{
  const struct upper upper = upper_levels(m, c, d, linear);
  struct last last = upper.last;

  if (!upper.below)
    return last;
  uint64_t e = level3(m, c, d, linear);
  last = (struct last){ e, last.us && e / 4 % 2 == 1, last.rw && e / 2 % 2 == 1,
                        last.xd || e / 0x8000000000000000 % 2 == 1 };
  if (slat_guest_entry(&c->guest, e, 3).kind != SLAT_ENTRY_TABLE)
    return last;
  e = level2(m, c, d, linear);
  last = (struct last){ e, last.us && e / 4 % 2 == 1, last.rw && e / 2 % 2 == 1,
                        last.xd || e / 0x8000000000000000 % 2 == 1 };
  if (slat_guest_entry(&c->guest, e, 2).kind != SLAT_ENTRY_TABLE)
    return last;
  e = level1(m, c, d, linear);
  return (struct last){ e, last.us && e / 4 % 2 == 1, last.rw && e / 2 % 2 == 1,
                        last.xd || e / 0x8000000000000000 % 2 == 1 };
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
  //@ assert one: !stage2_denies(c, f, a->kind) && f.spa == gpa;
  //@ assert other: !stage2_denies(d, g, a->kind) && g.spa == gpa;
}

/* What the last step ends in. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d) && \valid_read(a);
    requires identities: two_identities(m, c, d);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && d->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires level_range: 1 <= level <= 5;
    requires reached: s.reached != 0 && t.reached != 0;
    requires entry: s.value == t.value && s.entry.kind == pte_kind(&c->guest, s.value, level) &&
      t.entry.kind == pte_kind(&d->guest, t.value, level) && s.entry.kind != SLAT_ENTRY_TABLE;
    requires one: ending_is(o, f, m, c, a, s, level, us, rw, xd);
    requires other: ending_is(p, g, m, d, a, t, level, us, rw, xd);
    terminates \true;
    assigns \nothing;
    ensures same: same_outcome(o, p);
*/
static void same_ending(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                        const struct slat_access *a, struct slat_outcome o, struct slat_stage2 f, struct slat_step s,
                        struct slat_outcome p, struct slat_stage2 g, struct slat_step t, unsigned level, bool us,
                        bool rw, bool xd)
{
  //@ assert kind: s.entry.kind == t.entry.kind;
  //@ assert key: pte_key(s.value) == pte_key(t.value);
  //@ assert keys: key_denies(c, a, us, pte_key(s.value)) == key_denies(d, a, us, pte_key(t.value));
  //@ assert open: key_open(c, a, us, pte_key(s.value)) == key_open(d, a, us, pte_key(t.value));
  //@ assert deny: rights_deny(c, a, us, rw, xd, pte_key(s.value)) == rights_deny(d, a, us, rw, xd, pte_key(t.value));
  if (s.entry.kind == SLAT_ENTRY_PAGE && slat_guest_rights(c, a, us, rw, xd, slat_key_of(s.value)) == SLAT_RULE_NONE) {
    //@ assert leaf: level <= 3 || level == 4 || level == 5;
    //@ assert field: s.value % 0x10000000000000 < c->guest.limit && level <= 3;
    page_below_limit(s.value, a->linear, level, c->guest.limit);
    same_final(m, c, d, a, o, f, p, g, slat_leaf_address(s.value, a->linear, level), slat_page_shift(level), us, rw,
               xd);
  }
}

/* Theorem: an identity gives what any other identity gives, no stage 2 among them (none_is_identity in isolation.c).
   w and v are the walks of an access under c and under d. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d) && \valid_read(a);
    requires identities: two_identities(m, c, d);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && d->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires paging_off: c->paging == 0 ==> a->linear <= 0xFFFFFFFF;
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
  } else if (slat_linear_is_canonical(c, a->linear)) {
    const struct last last = levels(m, c, d, a->linear);
    //@ assert steps: walk_steps_are(w, m, c, a) && walk_steps_are(v, m, d, a);
    //@ assert ends: walk_end_is(w, m, c, a) && walk_end_is(v, m, d, a);
    //@ assert end: w.end == v.end && 1 <= w.end <= 5;
    //@ assert reached: w.step[w.end].reached != 0 && v.step[v.end].reached != 0;
    //@ assert value: w.step[w.end].value == last.entry && v.step[v.end].value == last.entry;
    same_ending(m, c, d, a, w.outcome, w.final, w.step[w.end], v.outcome, v.final, v.step[w.end], w.end, last.us,
                last.rw, last.xd);
  }
}

/* Theorem: an access is done exactly if the guest's rights and stage 2 both allow it. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires paging: c->paging != 0 && linear_canonical(c, a->linear);
    requires walk: walk_is(w, m, c, a);
    terminates \true;
    assigns \nothing;
    ensures rights_are_the_conjunction: w.outcome.kind == SLAT_TRANSLATED <==>
      w.step[w.end].reached != 0 && w.step[w.end].entry.kind == SLAT_ENTRY_PAGE &&
      !rights_deny(c, a, guest_us(m, c, a->linear, w.end) ? 1 : 0, guest_rw(m, c, a->linear, w.end) ? 1 : 0,
        guest_xd(m, c, a->linear, w.end) ? 1 : 0, pte_key(w.step[w.end].value)) &&
      !stage2_denies(c, w.final, a->kind);
    ensures final_is_of_the_leaf: w.outcome.kind == SLAT_TRANSLATED ==>
      stage2_is(w.final, m, c, leaf_address(w.step[w.end].value, a->linear, w.end));
*/
static void rights_are_the_conjunction(const struct slat_memory *m, const struct slat_controls *c,
                                       const struct slat_access *a, struct slat_walk w)
{
  //@ assert steps: walk_steps_are(w, m, c, a);
  //@ assert ends: walk_end_is(w, m, c, a);
  /*@ assert end5: w.end == 5 ==> ends_at(w.outcome, w.final, m, c, a, w.step[5], 5) &&
        (w.step[5].reached != 0 ==> w.step[5].entry.kind != SLAT_ENTRY_TABLE); */
  /*@ assert end4: w.end == 4 ==> ends_at(w.outcome, w.final, m, c, a, w.step[4], 4) &&
        (w.step[4].reached != 0 ==> w.step[4].entry.kind != SLAT_ENTRY_TABLE); */
  /*@ assert end3: w.end == 3 ==> ends_at(w.outcome, w.final, m, c, a, w.step[3], 3) &&
        (w.step[3].reached != 0 ==> w.step[3].entry.kind != SLAT_ENTRY_TABLE); */
  /*@ assert end2: w.end == 2 ==> ends_at(w.outcome, w.final, m, c, a, w.step[2], 2) &&
        (w.step[2].reached != 0 ==> w.step[2].entry.kind != SLAT_ENTRY_TABLE); */
  /*@ assert end1: w.end == 1 ==> ends_at(w.outcome, w.final, m, c, a, w.step[1], 1) &&
        (w.step[1].reached != 0 ==> w.step[1].entry.kind != SLAT_ENTRY_TABLE); */
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

/* The hypotheses of identity_gives_stage_1 can be met: they are, of one control state and itself, wherever stage 2 is an
   identity; that there is such a stage 2 says none_is_identity. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires identity: identity(m, c, 0x10000000000000);
    requires width: c->guest.limit == 0x400000000000 && c->guest_table == 0x1000;
    terminates \true;
    assigns \nothing;
    ensures identities_are_possible: two_identities(m, c, c);
*/
static void identities_are_possible(const struct slat_memory *m, const struct slat_controls *c)
{
}

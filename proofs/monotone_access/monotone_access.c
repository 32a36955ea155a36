/* SPDX-License-Identifier: BSD-2-Clause */
/* Theorem: more rights in stage 2 never remove an access.  Lemma functions over the walk's contract, for every stage 2
   (SLAT_ANY_STAGE2); proofs/monotone shows that EPT entries with more of R, W and X are such a stage 2. */
#include "../../model/src/walk.h"
#include "../../spec/logic/monotone_access.acsl"

/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires grows: access_grows(m, n, c);
    requires gpa: gpa < 0x10000000000000;
    terminates \true;
    assigns \nothing;
    ensures readable: table_readable(m, c, gpa) ==> table_readable(n, c, gpa);
    ensures word: table_readable(m, c, gpa) ==>
      guest_word(n, c, s2_spa(n, c, gpa)) == guest_word(m, c, s2_spa(m, c, gpa));
*/
static void word_alike(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                       uint64_t gpa)
{
}

/* The entry of each level: where the walk comes to it in one memory, and stage 2 lets it be read. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires grows: access_grows(m, n, c);
    requires reached: guest_begin(c) == 5 && table_readable(m, c, guest_gpa5(c, linear));
    terminates \true;
    assigns \nothing;
    ensures alike: entry_alike(m, n, c, linear, 5);
*/
static void alike5(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                   uint64_t linear)
{
  const uint64_t gpa = slat_entry_address(c->guest_table, linear, 5);
  //@ assert gpa: gpa == guest_gpa5(c, linear);
  word_alike(m, n, c, gpa);
}

/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires grows: access_grows(m, n, c);
    requires reached: guest_begin(c) >= 4 && below5(m, c, linear) && gpa == guest_gpa4(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures below: below5(n, c, linear) && guest_gpa4(n, c, linear) == gpa;
    ensures alike5: guest_begin(c) == 5 ==> entry_alike(m, n, c, linear, 5);
    ensures range: gpa < 0x10000000000000;
    ensures alike: table_readable(m, c, gpa) ==> entry_alike(m, n, c, linear, 4);
*/
static void alike4(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                   uint64_t linear, uint64_t gpa)
{
  if (c->la57)
    alike5(m, n, c, linear);
  //@ assert range: gpa < 0x10000000000000;
  //@ assert gpa: guest_gpa4(n, c, linear) == gpa;
  word_alike(m, n, c, gpa);
}

/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires grows: access_grows(m, n, c);
    requires reached: guest_begin(c) >= 3 && below4(m, c, linear) && gpa4 == guest_gpa4(m, c, linear) &&
      gpa == guest_gpa3(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures below: below4(n, c, linear) && guest_gpa3(n, c, linear) == gpa;
    ensures alike5: guest_begin(c) == 5 ==> entry_alike(m, n, c, linear, 5);
    ensures alike4: guest_begin(c) >= 4 ==> entry_alike(m, n, c, linear, 4);
    ensures range: gpa < 0x10000000000000;
    ensures alike: table_readable(m, c, gpa) ==> entry_alike(m, n, c, linear, 3);
*/
static void alike3(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                   uint64_t linear, uint64_t gpa4, uint64_t gpa)
{
  if (c->guest.mode != SLAT_PAGING_PAE)
    alike4(m, n, c, linear, gpa4);
  //@ assert range: gpa < 0x10000000000000;
  //@ assert gpa: guest_gpa3(n, c, linear) == gpa;
  word_alike(m, n, c, gpa);
}

/* The addresses at which a walk looks for the entries of levels 4 to 1: what a function of the logic is to code. */
struct places {
  uint64_t gpa4, gpa3, gpa2, gpa1;
};
/*@
  predicate places_are(struct places p, struct slat_memory *m, struct slat_controls *c, integer linear) =
    p.gpa4 == guest_gpa4(m, c, linear) && p.gpa3 == guest_gpa3(m, c, linear) && p.gpa2 == guest_gpa2(m, c, linear) &&
    p.gpa1 == guest_gpa1(m, c, linear);
*/

/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires grows: access_grows(m, n, c);
    requires reached: below3(m, c, linear) && places_are(p, m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures below: below3(n, c, linear) && guest_gpa2(n, c, linear) == p.gpa2;
    ensures alike5: guest_begin(c) == 5 ==> entry_alike(m, n, c, linear, 5);
    ensures alike4: guest_begin(c) >= 4 ==> entry_alike(m, n, c, linear, 4);
    ensures alike3: guest_begin(c) >= 3 ==> entry_alike(m, n, c, linear, 3);
    ensures range: p.gpa2 < 0x10000000000000;
    ensures alike: table_readable(m, c, p.gpa2) ==> entry_alike(m, n, c, linear, 2);
*/
static void alike2(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                   uint64_t linear, struct places p)
{
  if (c->guest.mode != SLAT_PAGING_32BIT && (c->guest.mode != SLAT_PAGING_PAE || !c->pdpte_registers))
    alike3(m, n, c, linear, p.gpa4, p.gpa3);
  //@ assert range: p.gpa2 < 0x10000000000000;
  //@ assert gpa: guest_gpa2(n, c, linear) == p.gpa2;
  word_alike(m, n, c, p.gpa2);
}

/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires grows: access_grows(m, n, c);
    requires reached: below2(m, c, linear) && places_are(p, m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures below: below2(n, c, linear) && guest_gpa1(n, c, linear) == p.gpa1;
    ensures alike5: guest_begin(c) == 5 ==> entry_alike(m, n, c, linear, 5);
    ensures alike4: guest_begin(c) >= 4 ==> entry_alike(m, n, c, linear, 4);
    ensures alike3: guest_begin(c) >= 3 ==> entry_alike(m, n, c, linear, 3);
    ensures alike2: entry_alike(m, n, c, linear, 2);
    ensures alike: table_readable(m, c, p.gpa1) ==> entry_alike(m, n, c, linear, 1);
*/
static void alike1(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                   uint64_t linear, struct places p)
{
  alike2(m, n, c, linear, p);
  //@ assert range: p.gpa1 < 0x10000000000000;
  //@ assert gpa: guest_gpa1(n, c, linear) == p.gpa1;
  word_alike(m, n, c, p.gpa1);
}

/* So a walk that ends in an entry which can be read ends in that entry with more rights in stage 2, too, and the guest's
   own rights are the same. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires grows: access_grows(m, n, c);
    requires places: places_are(p, m, c, linear);
    requires level: level == walk_level(m, c, linear) && 1 <= level <= guest_begin(c);
    requires ends: table_readable(m, c, guest_gpa(m, c, linear, level));
    terminates \true;
    assigns \nothing;
    ensures level: walk_level(n, c, linear) == level;
    ensures alike: entry_alike(m, n, c, linear, level);
    ensures us: guest_us(n, c, linear, level) <==> guest_us(m, c, linear, level);
    ensures rw: guest_rw(n, c, linear, level) <==> guest_rw(m, c, linear, level);
    ensures xd: guest_xd(n, c, linear, level) <==> guest_xd(m, c, linear, level);
    ensures ss: level <= 3 ==> (guest_ss(n, c, linear, level) <==> guest_ss(m, c, linear, level));
*/
static void ends_alike(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                       uint64_t linear, struct places p, unsigned level)
{
  if (level == 5)
    alike5(m, n, c, linear);
  if (level == 4)
    alike4(m, n, c, linear, p.gpa4);
  if (level == 3)
    alike3(m, n, c, linear, p.gpa4, p.gpa3);
  if (level == 2)
    alike2(m, n, c, linear, p);
  if (level == 1)
    alike1(m, n, c, linear, p);
}

/* The final access: what stage 2 allowed it allows with more rights, at the same address. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c) && \valid_read(a);
    requires grows: access_grows(m, n, c) && c->stage2 <= SLAT_STAGE2_NPT && a->kind <= SLAT_FETCH;
    requires range: gpa < 0x10000000000000;
    requires final: final_is(o, f, m, c, a, gpa, shift, us, rw, xd) && final_is(p, g, n, c, a, gpa, shift, us, rw, xd);
    requires done: o.kind == SLAT_TRANSLATED;
    terminates \true;
    assigns \nothing;
    ensures done: p.kind == SLAT_TRANSLATED && p.spa == o.spa;
*/
static void final_alike(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                        const struct slat_access *a, uint64_t gpa, uint8_t shift, bool us, bool rw, bool xd,
                        struct slat_outcome o, struct slat_stage2 f, struct slat_outcome p, struct slat_stage2 g)
{
  //@ assert page: f.end == SLAT_S2_PAGE && g.end == SLAT_S2_PAGE && f.spa == g.spa;
  //@ assert rights: (f.read != 0 ==> g.read != 0) && (f.write != 0 ==> g.write != 0) && (f.execute != 0 ==> g.execute != 0);
  //@ assert user: f.user != 0 ==> g.user != 0;
  //@ assert tables: c->stage2 == SLAT_STAGE2_EPT && f.tables_writable != 0 ==> g.tables_writable != 0;
  //@ assert sss: c->stage2 == SLAT_STAGE2_EPT && f.sss != 0 ==> g.sss != 0;
}

/* The ending, in an entry that is the same in both memories and gives the same rights. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c) && \valid_read(a);
    requires grows: access_grows(m, n, c) && c->stage2 <= SLAT_STAGE2_NPT && a->kind <= SLAT_FETCH;
    requires level_range: 1 <= level <= 5;
    requires same: s.reached != 0 && t.reached != 0 && s.value == t.value && s.entry.kind == t.entry.kind;
    requires kind: s.entry.kind == pte_kind(&c->guest, s.value, level) && !leads_down(s.entry.kind);
    requires ends: ending_is(o, f, m, c, a, s, level, us, rw, xd, ss) && ending_is(p, g, n, c, a, t, level, us, rw, xd, ss);
    requires done: o.kind == SLAT_TRANSLATED;
    terminates \true;
    assigns \nothing;
    ensures done: p.kind == SLAT_TRANSLATED && p.spa == o.spa;
*/
static void ending_alike(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                         const struct slat_access *a, struct slat_step s, struct slat_step t, unsigned level, bool us,
                         bool rw, bool xd, bool ss, struct slat_outcome o, struct slat_stage2 f, struct slat_outcome p,
                         struct slat_stage2 g)
{
  //@ assert page: s.entry.kind == SLAT_ENTRY_PAGE && 1 <= level <= 3;
  //@ assert allowed: !rights_deny(c, a, us, rw, xd, ss, pte_key(s.value));
  const uint64_t gpa = slat_guest_leaf(c, s.value, a->linear, level);
  final_alike(m, n, c, a, gpa, slat_guest_page_shift(c, level), us, rw, xd, o, f, p, g);
}

/* Theorem: an access that is done is done with more rights in stage 2, at the same address. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c) && \valid_read(a);
    requires grows: access_grows(m, n, c) && c->stage2 <= SLAT_STAGE2_NPT && a->kind <= SLAT_FETCH;
    requires linear: linear_32bit(c) ==> a->linear <= 0xFFFFFFFF;
    requires walks: walk_is(w, m, c, a) && walk_is(v, n, c, a);
    requires places: places_are(p, m, c, a->linear);
    requires us: us != 0 <==> guest_us(m, c, a->linear, w.end);
    requires rw: rw != 0 <==> guest_rw(m, c, a->linear, w.end);
    requires xd: xd != 0 <==> guest_xd(m, c, a->linear, w.end);
    requires ss: ss != 0 <==> guest_ss(m, c, a->linear, w.end);
    requires done: w.outcome.kind == SLAT_TRANSLATED;
    terminates \true;
    assigns \nothing;
    ensures stage2_never_removes: v.outcome.kind == SLAT_TRANSLATED && v.outcome.spa == w.outcome.spa;
*/
static void stage2_never_removes(const struct slat_memory *m, const struct slat_memory *n,
                                 const struct slat_controls *c, const struct slat_access *a, struct places p, bool us,
                                 bool rw, bool xd, bool ss, struct slat_walk w, struct slat_walk v)
{
  if (!c->paging) {
    final_alike(m, n, c, a, a->linear, 30, 1, 1, 0, w.outcome, w.final, v.outcome, v.final);
    return;
  }
  //@ assert walks: walks(c, a->linear);
  //@ assert level: 1 <= w.end <= guest_begin(c) && w.end == walk_level(m, c, a->linear);
  const unsigned level = w.end;
  const struct slat_step s = w.step[level];
  //@ assert step: step_is(s, m, c, guest_gpa(m, c, a->linear, level), level);
  //@ assert ends: ends_at(w.outcome, w.final, m, c, a, s, level);
  //@ assert reached: s.reached != 0 && table_readable(m, c, guest_gpa(m, c, a->linear, level));
  ends_alike(m, n, c, a->linear, p, level);
  //@ assert same_level: v.end == level;
  const struct slat_step t = v.step[level];
  //@ assert same_step: step_is(t, n, c, guest_gpa(n, c, a->linear, level), level);
  //@ assert same_ends: ends_at(v.outcome, v.final, n, c, a, t, level);
  //@ assert value: s.value == guest_e(m, c, a->linear, level) && t.value == s.value && t.reached != 0;
  //@ assert last: !leads_down(s.entry.kind);
  //@ assert page: s.entry.kind == SLAT_ENTRY_PAGE && level <= 3;
  ending_alike(m, n, c, a, s, t, level, us, rw, xd, ss, w.outcome, w.final, v.outcome, v.final);
}

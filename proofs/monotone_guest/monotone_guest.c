/* SPDX-License-Identifier: BSD-2-Clause */
/* Theorem: more rights in the guest's own entries never remove an access, where that is true.  Lemma functions over the walk's
   contract, for every stage 2 (SLAT_ANY_STAGE2). */
#include "../../model/src/walk.h"
#include "../../spec/logic/monotone_guest.acsl"

/* Bits 62:3 of an entry have all its fields but P, R/W, U/S and XD. */
/*@ terminates \true;
    assigns \nothing;
    ensures middle: \result == (e / 8) % 0x1000000000000000;
    ensures dirty: pte_d(e) == (\result / 8) % 2;
    ensures bit8: (e / 0x100) % 2 == (\result / 0x20) % 2;
    ensures low: (e / 0x20) % 0x10 == (\result / 4) % 0x10;
    ensures ps: pte_ps(e) == (\result / 0x10) % 2;
    ensures table: (e / 0x1000) % 0x10000000000 == (\result / 0x200) % 0x10000000000;
    ensures address: (e / 8) % 0x2000000000000 == \result % 0x2000000000000;
    ensures high: (e / 0x10000000000000) % 0x800 == (\result / 0x2000000000000) % 0x800;
    ensures key: (e / 0x800000000000000) % 16 == (\result / 0x100000000000000) % 16;
    ensures page_2mb: (e / 0x200000) % 0x80000000 == (\result / 0x40000) % 0x80000000;
    ensures page_1gb: (e / 0x40000000) % 0x400000 == (\result / 0x8000000) % 0x400000;
    ensures page_4mb: (e / 0x2000) % 0x100 == (\result / 0x400) % 0x100 &&
      (e / 0x400000) % 0x400 == (\result / 0x80000) % 0x400;
    ensures low_2mb: (e / 0x2000) % 0x200 == (\result / 0x400) % 0x200;
    ensures low_1gb: (e / 0x2000) % 0x20000 == (\result / 0x400) % 0x20000;
*/
static uint64_t middle(uint64_t e)
{
  const uint64_t q = e / 8 % 0x1000000000000000, x = e / 0x8000000000000000;

  //@ assert split: e / 8 == q + 0x1000000000000000 * x && (x == 0 || x == 1);
  //@ assert d: e / 0x40 == q / 8 + 0x200000000000000 * x;
  //@ assert ps: e / 0x80 == q / 0x10 + 0x100000000000000 * x;
  //@ assert b8: e / 0x100 == q / 0x20 + 0x80000000000000 * x;
  //@ assert low: e / 0x20 == q / 4 + 0x400000000000000 * x;
  //@ assert kb: e / 0x1000 == q / 0x200 + 0x8000000000000 * x;
  //@ assert kb2: e / 0x2000 == q / 0x400 + 0x4000000000000 * x;
  //@ assert mb: e / 0x200000 == q / 0x40000 + 0x40000000000 * x;
  //@ assert mb4: e / 0x400000 == q / 0x80000 + 0x20000000000 * x;
  //@ assert gb: e / 0x40000000 == q / 0x8000000 + 0x200000000 * x;
  //@ assert high: e / 0x10000000000000 == q / 0x2000000000000 + 0x800 * x;
  //@ assert key: e / 0x800000000000000 == q / 0x100000000000000 + 0x10 * x;
  return q;
}

/*@
  predicate both_legal(struct slat_controls *c, integer e, integer f, integer level) =
    pte_gives(e, f) && !pte_reserved(&c->guest, f, level) && pte_kind(&c->guest, e, level) != SLAT_ENTRY_RESERVED;
*/
/* One entry: what it is, where it leads and its key do not depend on R/W, U/S and XD, where they are not reserved. */
/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 5;
    terminates \true;
    assigns \nothing;
    ensures kind: both_legal(c, e, f, level) ==> pte_kind(&c->guest, f, level) == pte_kind(&c->guest, e, level);
    ensures table: pte_gives(e, f) ==> table_of(f) == table_of(e);
    ensures key: pte_gives(e, f) ==> pte_key(f) == pte_key(e);
    ensures leaf: pte_gives(e, f) ==> guest_leaf(c, f, linear, level) == guest_leaf(c, e, linear, level);
*/
static void entry_leads(const struct slat_controls *c, uint64_t e, uint64_t f, uint64_t linear, unsigned level)
{
  middle(e);
  middle(f);
  //@ assert address: pte_gives(e, f) ==> (f / 8) % 0x2000000000000 == (e / 8) % 0x2000000000000;
  //@ assert present: pte_gives(e, f) ==> pte_p(f) == pte_p(e) && pte_ps(f) == pte_ps(e);
}

/* Where stage 2 lets a guest entry be read in one memory it does in the other, at the same place. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires same: same_stage2(m, n, c) && gpa < 0x10000000000000;
    terminates \true;
    assigns \nothing;
    ensures readable: table_readable(m, c, gpa) ==> table_readable(n, c, gpa);
    ensures place: s2_spa(n, c, gpa) == s2_spa(m, c, gpa);
*/
static void read_alike(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                       uint64_t gpa)
{
}

/* The addresses and the entries of a walk, what functions of the logic are to code. */
struct path {
  uint64_t gpa[6], entry[6], grown[6];
};
/*@
  predicate path_of(struct path p, struct slat_memory *m, struct slat_memory *n, struct slat_controls *c, integer linear) =
    \forall integer i; 1 <= i <= 5 ==> p.gpa[i] == guest_gpa(m, c, linear, i) && p.entry[i] == guest_e(m, c, linear, i) &&
      p.grown[i] == guest_word(n, c, s2_spa(m, c, guest_gpa(m, c, linear, i)));
*/

/* The entry of each level, where the walk comes to it. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires gives: guest_gives(m, n, c, linear) && path_of(p, m, n, c, linear);
    requires reached: guest_begin(c) == 5;
    terminates \true;
    assigns \nothing;
    ensures place: guest_gpa(n, c, linear, 5) == p.gpa[5];
    ensures grown: table_readable(m, c, p.gpa[5]) ==> entry_grown(m, n, c, linear, 5);
    ensures kind: table_readable(m, c, p.gpa[5]) && pte_kind(&c->guest, p.entry[5], 5) != SLAT_ENTRY_RESERVED ==>
      pte_kind(&c->guest, guest_e(n, c, linear, 5), 5) == pte_kind(&c->guest, p.entry[5], 5);
    ensures table: table_readable(m, c, p.gpa[5]) ==> table_of(guest_e(n, c, linear, 5)) == table_of(p.entry[5]);
    ensures us: table_readable(m, c, p.gpa[5]) && guest_us(m, c, linear, 5) ==> guest_us(n, c, linear, 5);
    ensures rw: table_readable(m, c, p.gpa[5]) && guest_rw(m, c, linear, 5) ==> guest_rw(n, c, linear, 5);
    ensures xd: table_readable(m, c, p.gpa[5]) && guest_xd(n, c, linear, 5) ==> guest_xd(m, c, linear, 5);
*/
static void grown5(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                   uint64_t linear, struct path p)
{
  //@ assert this: p.gpa[5] == guest_gpa5(c, linear) && p.entry[5] == guest_e5(m, c, linear);
  //@ assert range: p.gpa[5] < 0x10000000000000;
  //@ assert same: guest_gpa5(c, linear) == p.gpa[5];
  read_alike(m, n, c, p.gpa[5]);
  //@ assert entry: p.grown[5] == guest_e5(n, c, linear);
  entry_leads(c, p.entry[5], p.grown[5], linear, 5);
}

/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires gives: guest_gives(m, n, c, linear) && path_of(p, m, n, c, linear);
    requires reached: guest_begin(c) >= 4 && below5(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures place: below5(n, c, linear) && guest_gpa(n, c, linear, 4) == p.gpa[4];
    ensures grown: table_readable(m, c, p.gpa[4]) ==> entry_grown(m, n, c, linear, 4);
    ensures kind: table_readable(m, c, p.gpa[4]) && pte_kind(&c->guest, p.entry[4], 4) != SLAT_ENTRY_RESERVED ==>
      pte_kind(&c->guest, guest_e(n, c, linear, 4), 4) == pte_kind(&c->guest, p.entry[4], 4);
    ensures table: table_readable(m, c, p.gpa[4]) ==> table_of(guest_e(n, c, linear, 4)) == table_of(p.entry[4]);
    ensures us: table_readable(m, c, p.gpa[4]) && guest_us(m, c, linear, 4) ==> guest_us(n, c, linear, 4);
    ensures rw: table_readable(m, c, p.gpa[4]) && guest_rw(m, c, linear, 4) ==> guest_rw(n, c, linear, 4);
    ensures xd: table_readable(m, c, p.gpa[4]) && guest_xd(n, c, linear, 4) ==> guest_xd(m, c, linear, 4);
    ensures grown5: guest_begin(c) == 5 ==> entry_grown(m, n, c, linear, 5);
*/
static void grown4(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                   uint64_t linear, struct path p)
{
  if (c->la57)
    grown5(m, n, c, linear, p);
  //@ assert this: p.gpa[4] == guest_gpa4(m, c, linear) && p.entry[4] == guest_e4(m, c, linear);
  //@ assert range: p.gpa[4] < 0x10000000000000;
  //@ assert same: guest_gpa4(n, c, linear) == p.gpa[4];
  read_alike(m, n, c, p.gpa[4]);
  //@ assert entry: p.grown[4] == guest_e4(n, c, linear);
  entry_leads(c, p.entry[4], p.grown[4], linear, 4);
}

/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires gives: guest_gives(m, n, c, linear) && path_of(p, m, n, c, linear);
    requires reached: guest_begin(c) >= 3 && below4(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures place: below4(n, c, linear) && guest_gpa(n, c, linear, 3) == p.gpa[3];
    ensures grown: table_readable(m, c, p.gpa[3]) ==> entry_grown(m, n, c, linear, 3);
    ensures kind: table_readable(m, c, p.gpa[3]) && pte_kind(&c->guest, p.entry[3], 3) != SLAT_ENTRY_RESERVED ==>
      pte_kind(&c->guest, guest_e(n, c, linear, 3), 3) == pte_kind(&c->guest, p.entry[3], 3);
    ensures table: table_readable(m, c, p.gpa[3]) ==> table_of(guest_e(n, c, linear, 3)) == table_of(p.entry[3]);
    ensures us: table_readable(m, c, p.gpa[3]) && guest_us(m, c, linear, 3) ==> guest_us(n, c, linear, 3);
    ensures rw: table_readable(m, c, p.gpa[3]) && guest_rw(m, c, linear, 3) ==> guest_rw(n, c, linear, 3);
    ensures xd: table_readable(m, c, p.gpa[3]) && guest_xd(n, c, linear, 3) ==> guest_xd(m, c, linear, 3);
    ensures grown4: guest_begin(c) >= 4 ==> entry_grown(m, n, c, linear, 4);
    ensures grown5: guest_begin(c) == 5 ==> entry_grown(m, n, c, linear, 5);
*/
static void grown3(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                   uint64_t linear, struct path p)
{
  if (c->guest.mode != SLAT_PAGING_PAE)
    grown4(m, n, c, linear, p);
  //@ assert this: p.gpa[3] == guest_gpa3(m, c, linear) && p.entry[3] == guest_e3(m, c, linear);
  //@ assert range: p.gpa[3] < 0x10000000000000;
  //@ assert same: guest_gpa3(n, c, linear) == p.gpa[3];
  read_alike(m, n, c, p.gpa[3]);
  //@ assert entry: p.grown[3] == guest_e3(n, c, linear);
  entry_leads(c, p.entry[3], p.grown[3], linear, 3);
  //@ assert xd4: guest_begin(c) >= 4 && guest_xd(n, c, linear, 4) ==> guest_xd(m, c, linear, 4);
  //@ assert xd3: table_readable(m, c, p.gpa[3]) && guest_xd3(n, c, linear) ==> guest_xd3(m, c, linear);
}

/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires gives: guest_gives(m, n, c, linear) && path_of(p, m, n, c, linear);
    requires reached: below3(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures place: below3(n, c, linear) && guest_gpa(n, c, linear, 2) == p.gpa[2];
    ensures grown: table_readable(m, c, p.gpa[2]) ==> entry_grown(m, n, c, linear, 2);
    ensures kind: table_readable(m, c, p.gpa[2]) && pte_kind(&c->guest, p.entry[2], 2) != SLAT_ENTRY_RESERVED ==>
      pte_kind(&c->guest, guest_e(n, c, linear, 2), 2) == pte_kind(&c->guest, p.entry[2], 2);
    ensures table: table_readable(m, c, p.gpa[2]) ==> table_of(guest_e(n, c, linear, 2)) == table_of(p.entry[2]);
    ensures us: table_readable(m, c, p.gpa[2]) && guest_us(m, c, linear, 2) ==> guest_us(n, c, linear, 2);
    ensures rw: table_readable(m, c, p.gpa[2]) && guest_rw(m, c, linear, 2) ==> guest_rw(n, c, linear, 2);
    ensures xd: table_readable(m, c, p.gpa[2]) && guest_xd(n, c, linear, 2) ==> guest_xd(m, c, linear, 2);
    ensures grown3: guest_begin(c) >= 3 ==> entry_grown(m, n, c, linear, 3);
    ensures grown4: guest_begin(c) >= 4 ==> entry_grown(m, n, c, linear, 4);
    ensures grown5: guest_begin(c) == 5 ==> entry_grown(m, n, c, linear, 5);
*/
static void grown2(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                   uint64_t linear, struct path p)
{
  if (c->guest.mode != SLAT_PAGING_32BIT && (c->guest.mode != SLAT_PAGING_PAE || !c->pdpte_registers))
    grown3(m, n, c, linear, p);
  //@ assert this: p.gpa[2] == guest_gpa2(m, c, linear) && p.entry[2] == guest_e2(m, c, linear);
  //@ assert range: p.gpa[2] < 0x10000000000000;
  //@ assert same: guest_gpa2(n, c, linear) == p.gpa[2];
  read_alike(m, n, c, p.gpa[2]);
  //@ assert entry: p.grown[2] == guest_e2(n, c, linear);
  entry_leads(c, p.entry[2], p.grown[2], linear, 2);
}

/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires gives: guest_gives(m, n, c, linear) && path_of(p, m, n, c, linear);
    requires reached: below2(m, c, linear);
    terminates \true;
    assigns \nothing;
    ensures place: below2(n, c, linear) && guest_gpa(n, c, linear, 1) == p.gpa[1];
    ensures grown: table_readable(m, c, p.gpa[1]) ==> entry_grown(m, n, c, linear, 1);
    ensures kind: table_readable(m, c, p.gpa[1]) && pte_kind(&c->guest, p.entry[1], 1) != SLAT_ENTRY_RESERVED ==>
      pte_kind(&c->guest, guest_e(n, c, linear, 1), 1) == pte_kind(&c->guest, p.entry[1], 1);
    ensures table: table_readable(m, c, p.gpa[1]) ==> table_of(guest_e(n, c, linear, 1)) == table_of(p.entry[1]);
    ensures us: table_readable(m, c, p.gpa[1]) && guest_us(m, c, linear, 1) ==> guest_us(n, c, linear, 1);
    ensures rw: table_readable(m, c, p.gpa[1]) && guest_rw(m, c, linear, 1) ==> guest_rw(n, c, linear, 1);
    ensures xd: table_readable(m, c, p.gpa[1]) && guest_xd(n, c, linear, 1) ==> guest_xd(m, c, linear, 1);
    ensures grown2: entry_grown(m, n, c, linear, 2);
    ensures grown3: guest_begin(c) >= 3 ==> entry_grown(m, n, c, linear, 3);
    ensures grown4: guest_begin(c) >= 4 ==> entry_grown(m, n, c, linear, 4);
    ensures grown5: guest_begin(c) == 5 ==> entry_grown(m, n, c, linear, 5);
*/
static void grown1(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                   uint64_t linear, struct path p)
{
  grown2(m, n, c, linear, p);
  //@ assert this: p.gpa[1] == guest_gpa1(m, c, linear) && p.entry[1] == guest_e1(m, c, linear);
  //@ assert range: p.gpa[1] < 0x10000000000000;
  //@ assert same: guest_gpa1(n, c, linear) == p.gpa[1];
  read_alike(m, n, c, p.gpa[1]);
  //@ assert entry: p.grown[1] == guest_e1(n, c, linear);
  entry_leads(c, p.entry[1], p.grown[1], linear, 1);
}

/* So a walk that ends in an entry which maps a page ends there with more rights, too, and the guest gives what it gave. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires gives: guest_gives(m, n, c, linear) && path_of(p, m, n, c, linear);
    requires level: level == walk_level(m, c, linear) && 1 <= level <= guest_begin(c) && level <= 3;
    requires ends: table_readable(m, c, p.gpa[level]) && pte_kind(&c->guest, p.entry[level], level) == SLAT_ENTRY_PAGE;
    terminates \true;
    assigns \nothing;
    ensures level: walk_level(n, c, linear) == level;
    ensures grown: entry_grown(m, n, c, linear, level);
    ensures kind: pte_kind(&c->guest, guest_e(n, c, linear, level), level) == SLAT_ENTRY_PAGE;
    ensures us: guest_us(m, c, linear, level) ==> guest_us(n, c, linear, level);
    ensures rw: guest_rw(m, c, linear, level) ==> guest_rw(n, c, linear, level);
    ensures xd: guest_xd(n, c, linear, level) ==> guest_xd(m, c, linear, level);
*/
static void ends_grown(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                       uint64_t linear, struct path p, unsigned level)
{
  /* no entry of level 5 or 4 maps a page */
  if (level == 3)
    grown3(m, n, c, linear, p);
  if (level == 2)
    grown2(m, n, c, linear, p);
  if (level == 1)
    grown1(m, n, c, linear, p);
}

/* More rights deny no more: of a supervisor-mode access, where U/S is the same; of none to a shadow stack. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires ordinary: a->shadow_stack == 0;
    requires more: (us != 0 ==> us2 != 0) && (rw != 0 ==> rw2 != 0) && (xd2 != 0 ==> xd != 0);
    requires supervisor: supervisor_access(a) ==> (us != 0 <==> us2 != 0);
    terminates \true;
    assigns \nothing;
    ensures more_only_adds: !rights_deny(c, a, us, rw, xd, ss, key) ==> !rights_deny(c, a, us2, rw2, xd2, ss2, key);
*/
static void more_only_adds(const struct slat_controls *c, const struct slat_access *a, bool us, bool rw, bool xd,
                           bool ss, bool us2, bool rw2, bool xd2, bool ss2, unsigned key)
{
}

/* The final access, by the same stage 2. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c) && \valid_read(a);
    requires same: same_stage2(m, n, c) && c->stage2 <= SLAT_STAGE2_NPT && a->kind <= SLAT_FETCH && a->shadow_stack == 0;
    requires range: gpa < 0x10000000000000;
    requires final: final_is(o, f, m, c, a, gpa, shift, us, rw, xd) && final_is(p, g, n, c, a, gpa, shift, us2, rw2, xd2);
    requires done: o.kind == SLAT_TRANSLATED;
    terminates \true;
    assigns \nothing;
    ensures done: p.kind == SLAT_TRANSLATED && p.spa == o.spa;
*/
static void final_same(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                       const struct slat_access *a, uint64_t gpa, uint8_t shift, bool us, bool rw, bool xd, bool us2,
                       bool rw2, bool xd2, struct slat_outcome o, struct slat_stage2 f, struct slat_outcome p,
                       struct slat_stage2 g)
{
  //@ assert page: f.end == SLAT_S2_PAGE && g.end == SLAT_S2_PAGE && f.spa == g.spa;
  //@ assert rights: (f.read != 0 <==> g.read != 0) && (f.write != 0 <==> g.write != 0) && (f.execute != 0 <==> g.execute != 0);
  //@ assert user: f.user != 0 <==> g.user != 0;
}

/* The rights that the guest's entries give, as code has them. */
struct rights {
  bool us, rw, xd, ss;
};
/*@
  predicate rights_of(struct rights r, struct slat_memory *m, struct slat_controls *c, integer linear, integer level) =
    (r.us != 0 <==> guest_us(m, c, linear, level)) && (r.rw != 0 <==> guest_rw(m, c, linear, level)) &&
    (r.xd != 0 <==> guest_xd(m, c, linear, level)) && (r.ss != 0 <==> guest_ss(m, c, linear, level));
*/

/* The ending, in an entry that leads to the same page. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c) && \valid_read(a);
    requires same: same_stage2(m, n, c) && c->stage2 <= SLAT_STAGE2_NPT && a->kind <= SLAT_FETCH && a->shadow_stack == 0;
    requires level_range: 1 <= level <= 3;
    requires page: s.reached != 0 && t.reached != 0 && s.entry.kind == SLAT_ENTRY_PAGE && t.entry.kind == SLAT_ENTRY_PAGE;
    requires gives: pte_gives(s.value, t.value);
    requires more: (r.us != 0 ==> q.us != 0) && (r.rw != 0 ==> q.rw != 0) && (q.xd != 0 ==> r.xd != 0);
    requires supervisor: supervisor_access(a) ==> (r.us != 0 <==> q.us != 0);
    requires ends: ending_is(o, f, m, c, a, s, level, r.us, r.rw, r.xd, r.ss) &&
      ending_is(p, g, n, c, a, t, level, q.us, q.rw, q.xd, q.ss);
    requires done: o.kind == SLAT_TRANSLATED;
    terminates \true;
    assigns \nothing;
    ensures done: p.kind == SLAT_TRANSLATED && p.spa == o.spa;
*/
static void ending_grown(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                         const struct slat_access *a, struct slat_step s, struct slat_step t, unsigned level,
                         struct rights r, struct rights q, struct slat_outcome o, struct slat_stage2 f,
                         struct slat_outcome p, struct slat_stage2 g)
{
  entry_leads(c, s.value, t.value, a->linear, level);
  const unsigned key = slat_key_of(s.value);
  //@ assert key: key == pte_key(s.value) && key == pte_key(t.value);
  more_only_adds(c, a, r.us, r.rw, r.xd, r.ss, q.us, q.rw, q.xd, q.ss, key);
  //@ assert allowed: !rights_deny(c, a, r.us, r.rw, r.xd, r.ss, key);
  const uint64_t gpa = slat_guest_leaf(c, s.value, a->linear, level);
  final_same(m, n, c, a, gpa, slat_guest_page_shift(c, level), r.us, r.rw, r.xd, q.us, q.rw, q.xd, o, f, p, g);
}

/* Theorem: an access that is done is done with more rights in the guest's entries, at the same address: of a supervisor-mode
   access, where the U/S of the whole walk stays as it was; of none to a shadow stack. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c) && \valid_read(a);
    requires gives: guest_gives(m, n, c, a->linear) && c->stage2 <= SLAT_STAGE2_NPT && a->kind <= SLAT_FETCH;
    requires linear: linear_32bit(c) ==> a->linear <= 0xFFFFFFFF;
    requires walks: walk_is(w, m, c, a) && walk_is(v, n, c, a);
    requires path: path_of(p, m, n, c, a->linear);
    requires rights: rights_of(r, m, c, a->linear, w.end) && rights_of(q, n, c, a->linear, w.end);
    requires ordinary: a->shadow_stack == 0;
    requires supervisor: supervisor_access(a) ==> (r.us != 0 <==> q.us != 0);
    requires done: w.outcome.kind == SLAT_TRANSLATED;
    terminates \true;
    assigns \nothing;
    ensures guest_never_removes: v.outcome.kind == SLAT_TRANSLATED && v.outcome.spa == w.outcome.spa;
*/
static void guest_never_removes(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                                const struct slat_access *a, struct path p, struct rights r, struct rights q,
                                struct slat_walk w, struct slat_walk v)
{
  if (!c->paging) {
    final_same(m, n, c, a, a->linear, 30, 1, 1, 0, 1, 1, 0, w.outcome, w.final, v.outcome, v.final);
    return;
  }
  //@ assert walks: walks(c, a->linear);
  //@ assert level: 1 <= w.end <= guest_begin(c) && w.end == walk_level(m, c, a->linear);
  const unsigned level = w.end;
  const struct slat_step s = w.step[level];
  //@ assert step: step_is(s, m, c, guest_gpa(m, c, a->linear, level), level);
  //@ assert ends: ends_at(w.outcome, w.final, m, c, a, s, level);
  //@ assert reached: s.reached != 0 && table_readable(m, c, p.gpa[level]) && s.value == p.entry[level];
  //@ assert last: !leads_down(s.entry.kind);
  //@ assert page: s.entry.kind == SLAT_ENTRY_PAGE && level <= 3;
  ends_grown(m, n, c, a->linear, p, level);
  //@ assert same_level: v.end == level;
  const struct slat_step t = v.step[level];
  //@ assert same_step: step_is(t, n, c, guest_gpa(n, c, a->linear, level), level);
  //@ assert same_ends: ends_at(v.outcome, v.final, n, c, a, t, level);
  //@ assert value: t.value == guest_e(n, c, a->linear, level) && t.reached != 0 && t.entry.kind == SLAT_ENTRY_PAGE;
  ending_grown(m, n, c, a, s, t, level, r, q, w.outcome, w.final, v.outcome, v.final);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "walk.h"
#include "rule.h"

/* What the walk ends in, with stage 2 of the final GPA if it came so far. */
struct ending {
  struct slat_stage2 final;
  struct slat_outcome outcome;
};

/* A guest entry: a word of memory, in 32-bit paging half of one. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures ENTRY_32BIT: \result == guest_word(m, c, spa);
*/
SLAT_INLINE uint64_t read_entry(const struct slat_memory *m, const struct slat_controls *c, uint64_t spa)
{
  if (!SLAT_RULE(ENTRY_32BIT, c->guest.mode == SLAT_PAGING_32BIT))
    return slat_memory_read(m, spa);
  const uint64_t word = slat_memory_read(m, spa - spa % 8);
  return spa % 8 < 4 ? word % 0x100000000 : word / 0x100000000 % 0x100000000;
}

/* One step: the entry of a level, through stage 2. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires level_range: 1 <= level <= 5;
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires address_range: gpa <= 0xFFFFFFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures step: step_is(\result, m, c, gpa, level);
    ensures rule: \result.reached == 0 ==> SLAT_RULE_NONE < \result.denied_by < SLAT_RULE_COUNT;
*/
SLAT_INLINE struct slat_step visit(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa,
                                   unsigned level)
{
  struct slat_step s = { .gpa = gpa };

  s.stage2 = slat_stage2_walk(m, c, gpa);
  s.denied_by = (uint16_t)slat_stage2_denies(c, &s.stage2, SLAT_USE_TABLE);
  s.reached = s.denied_by == SLAT_RULE_NONE;
  if (s.reached) {
    s.value = read_entry(m, c, s.stage2.spa);
    s.entry = slat_guest_entry(&c->guest, s.value, level);
  }
  return s;
}

/* Stage 2 of the final GPA for the access itself. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires address_range: gpa <= 0xFFFFFFFFFFFFF;
    requires kind: a->kind <= SLAT_FETCH;
    terminates \true;
    assigns \nothing;
    ensures PAGE_SIZE_SMALLER:
      final_is(\result.outcome, \result.final, m, c, a, gpa, shift, us, rw, xd);
    ensures done: gpa % 0x1000 == a->linear % 0x1000 ==> done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct ending final_access(const struct slat_memory *m, const struct slat_controls *c,
                                       const struct slat_access *a, uint64_t gpa, uint8_t shift, bool us, bool rw,
                                       bool xd)
{
  struct ending r = { .outcome = { .kind = SLAT_TRANSLATED, .rule = SLAT_RULE_WALK_TRANSLATED, .gpa = gpa } };
  const enum slat_use use = slat_use_of(a);

  r.final = slat_stage2_walk(m, c, gpa);
  const enum slat_rule denied = slat_stage2_denies(c, &r.final, use);
  if (denied != SLAT_RULE_NONE) {
    r.outcome = slat_stage2_fault(c, &r.final, use, denied, gpa, a->linear, us, rw, xd);
    return r;
  }
  r.outcome.spa = r.final.spa;
  r.outcome.memory_type = r.final.memory_type;
  r.outcome.ignore_pat = r.final.ignore_pat;
  r.outcome.page_shift = SLAT_CHOOSE(PAGE_SIZE_SMALLER, shift < r.final.page_shift, 1) ? shift : r.final.page_shift;
  return r;
}

/* The page of an entry is one of a shadow stack.  `rw`: R/W is 1 in every entry above. */
/*@ terminates \true;
    assigns \nothing;
    ensures SHADOW_STACK_ADDRESS: \result != 0 <==> shadow_stack_page(e, (boolean)rw);
*/
SLAT_INLINE bool is_shadow_stack(uint64_t e, bool rw)
{
  return SLAT_REQUIRE(SHADOW_STACK_ADDRESS, rw) && e / 2 % 2 == 0 && e / 0x40 % 2 == 1;
}

/* The last step decides. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires level_range: 1 <= level <= 5;
    requires rule: s.reached == 0 ==> SLAT_RULE_NONE < s.denied_by < SLAT_RULE_COUNT;
    requires entry: s.reached != 0 ==> s.entry.kind == pte_kind(&c->guest, s.value, level);
    requires ends: s.reached != 0 ==> !leads_down(s.entry.kind);
    terminates \true;
    assigns \nothing;
    ensures WALK_ORDER: ending_is(\result.outcome, \result.final, m, c, a, s, level, us, rw, xd, ss);
    ensures done: done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct ending finish(const struct slat_memory *m, const struct slat_controls *c,
                                 const struct slat_access *a, struct slat_step s, unsigned level, bool us, bool rw,
                                 bool xd, bool ss)
{
  struct ending r = { .outcome = { .kind = SLAT_NO_OUTCOME } };

  if (!s.reached) {
    r.outcome = slat_stage2_fault(c, &s.stage2, SLAT_USE_TABLE, (enum slat_rule)s.denied_by, s.gpa, a->linear, 0, 0, 0);
    return r;
  }
  if (s.entry.kind == SLAT_ENTRY_NOT_PRESENT || s.entry.kind == SLAT_ENTRY_RESERVED) {
    const bool reserved = s.entry.kind == SLAT_ENTRY_RESERVED;
    r.outcome = slat_page_fault(c, a, reserved, reserved, 0, 0, s.entry.rule, level);
    return r;
  }
  /* WALK_ORDER: rights only once the whole walk has given a translation, and before stage 2 of what it gave. */
  const unsigned key = slat_key_of(s.value);
  const enum slat_rule denied = slat_guest_rights(c, a, us, rw, xd, ss, key);
  if (denied != SLAT_RULE_NONE) {
    const bool keys = slat_key_denies(c, a, us, key) != SLAT_RULE_NONE;
    r.outcome = slat_page_fault(c, a, 1, 0, keys, slat_key_open(c, a, us, key), denied, level);
    return r;
  }
  //@ assert leaf: level == 1 || level == 2 || level == 3;
  const uint64_t gpa = slat_guest_leaf(c, s.value, a->linear, level);
  return final_access(m, c, a, gpa, slat_guest_page_shift(c, level), us, rw, xd);
}

/*@ terminates \true;
    assigns \nothing;
    ensures goes: \result != 0 <==> s.reached != 0 && leads_down(s.entry.kind);
*/
SLAT_INLINE bool goes_on(struct slat_step s)
{
  return s.reached && (s.entry.kind == SLAT_ENTRY_TABLE || s.entry.kind == SLAT_ENTRY_PDPTE);
}

/* The walk from the entry of level 1 on: the entries above, with the rights us, rw and xd, reference tables. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires begin: w.begin == guest_begin(c);
    requires step5: guest_begin(c) >= 5 ==> step_is(w.step[5], m, c, guest_gpa5(c, a->linear), 5);
    requires step4: guest_begin(c) >= 4 ==> step_is(w.step[4], m, c, guest_gpa4(m, c, a->linear), 4);
    requires step3: guest_begin(c) >= 3 ==> step_is(w.step[3], m, c, guest_gpa3(m, c, a->linear), 3);
    requires step2: step_is(w.step[2], m, c, guest_gpa2(m, c, a->linear), 2);
    requires on: below2(m, c, a->linear);
    requires us: us != 0 <==> guest_us(m, c, a->linear, 2);
    requires rw: rw != 0 <==> guest_rw(m, c, a->linear, 2);
    requires xd: xd != 0 <==> guest_xd(m, c, a->linear, 2);
    terminates \true;
    assigns \nothing;
    ensures steps: walk_steps_are(\result, m, c, a);
    ensures WALK_RIGHTS_ALL_LEVELS: walk_end_is(\result, m, c, a);
    ensures done: done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct slat_walk walk_from1(const struct slat_memory *m, const struct slat_controls *c,
                                        const struct slat_access *a, struct slat_walk w, bool us, bool rw, bool xd)
{
  //@ assert e2: w.step[2].value == guest_e2(m, c, a->linear);
  const struct slat_step s = visit(m, c, slat_guest_entry_address(c, slat_table_of(w.step[2].value), a->linear, 1), 1);
  //@ assert a1: s.gpa == guest_gpa1(m, c, a->linear);
  //@ assert s1: step_is(s, m, c, guest_gpa1(m, c, a->linear), 1);
  //@ assert e1: s.reached != 0 ==> s.value == guest_e1(m, c, a->linear);
  const bool ss = is_shadow_stack(s.value, rw);
  us = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, us) && s.value / 4 % 2 == 1;
  rw = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, rw) && s.value / 2 % 2 == 1;
  xd = SLAT_RULE(WALK_RIGHTS_ALL_LEVELS, xd) || s.value / 0x8000000000000000 % 2 == 1;
  //@ assert us1: s.reached != 0 ==> (us != 0 <==> guest_us(m, c, a->linear, 1));
  //@ assert rw1: s.reached != 0 ==> (rw != 0 <==> guest_rw(m, c, a->linear, 1));
  //@ assert xd1: s.reached != 0 ==> (xd != 0 <==> guest_xd(m, c, a->linear, 1));
  //@ assert ss1: s.reached != 0 ==> (ss != 0 <==> guest_ss(m, c, a->linear, 1));
  w.step[1] = s;
  const struct ending ending = finish(m, c, a, s, 1, us, rw, xd, ss);
  w.end = 1;
  w.final = ending.final;
  w.outcome = ending.outcome;
  //@ assert ended: ends_at(w.outcome, w.final, m, c, a, w.step[1], 1);
  return w;
}

/* The walk from the entry of level 2 on: what is above, with the rights us, rw and xd, leads to `table`. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000 && table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires begin: w.begin == guest_begin(c);
    requires step5: guest_begin(c) >= 5 ==> step_is(w.step[5], m, c, guest_gpa5(c, a->linear), 5);
    requires step4: guest_begin(c) >= 4 ==> step_is(w.step[4], m, c, guest_gpa4(m, c, a->linear), 4);
    requires step3: guest_begin(c) >= 3 ==> step_is(w.step[3], m, c, guest_gpa3(m, c, a->linear), 3);
    requires on: below3(m, c, a->linear) && table == guest_table2(m, c, a->linear);
    requires us: us != 0 <==> guest_us(m, c, a->linear, 3);
    requires rw: rw != 0 <==> guest_rw(m, c, a->linear, 3);
    requires xd: xd != 0 <==> guest_xd(m, c, a->linear, 3);
    terminates \true;
    assigns \nothing;
    ensures steps: walk_steps_are(\result, m, c, a);
    ensures WALK_RIGHTS_ALL_LEVELS: walk_end_is(\result, m, c, a);
    ensures done: done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct slat_walk walk_from2(const struct slat_memory *m, const struct slat_controls *c,
                                        const struct slat_access *a, struct slat_walk w, uint64_t table, bool us,
                                        bool rw, bool xd)
{
  const struct slat_step s = visit(m, c, slat_guest_entry_address(c, table, a->linear, 2), 2);
  //@ assert a2: s.gpa == guest_gpa2(m, c, a->linear);
  //@ assert s2: step_is(s, m, c, guest_gpa2(m, c, a->linear), 2);
  //@ assert e2: s.reached != 0 ==> s.value == guest_e2(m, c, a->linear);
  const bool ss = is_shadow_stack(s.value, rw);
  us = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, us) && s.value / 4 % 2 == 1;
  rw = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, rw) && s.value / 2 % 2 == 1;
  xd = SLAT_RULE(WALK_RIGHTS_ALL_LEVELS, xd) || s.value / 0x8000000000000000 % 2 == 1;
  //@ assert us2: s.reached != 0 ==> (us != 0 <==> guest_us(m, c, a->linear, 2));
  //@ assert rw2: s.reached != 0 ==> (rw != 0 <==> guest_rw(m, c, a->linear, 2));
  //@ assert xd2: s.reached != 0 ==> (xd != 0 <==> guest_xd(m, c, a->linear, 2));
  //@ assert ss2: s.reached != 0 ==> (ss != 0 <==> guest_ss(m, c, a->linear, 2));
  w.step[2] = s;
  if (!goes_on(s)) {
    const struct ending ending = finish(m, c, a, s, 2, us, rw, xd, ss);
    w.end = 2;
    w.final = ending.final;
    w.outcome = ending.outcome;
    //@ assert ended: ends_at(w.outcome, w.final, m, c, a, w.step[2], 2);
    return w;
  }
  //@ assert on: below2(m, c, a->linear);
  return walk_from1(m, c, a, w, us, rw, xd);
}

/* The walk from the entry of level 3 on: what is above, with the rights us, rw and xd, leads to `table`. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000 && table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires begin: w.begin == guest_begin(c);
    requires step5: guest_begin(c) >= 5 ==> step_is(w.step[5], m, c, guest_gpa5(c, a->linear), 5);
    requires step4: guest_begin(c) >= 4 ==> step_is(w.step[4], m, c, guest_gpa4(m, c, a->linear), 4);
    requires on: guest_begin(c) >= 3 && below4(m, c, a->linear) && table == guest_table3(m, c, a->linear);
    requires us: us != 0 <==> guest_us(m, c, a->linear, 4);
    requires rw: rw != 0 <==> guest_rw(m, c, a->linear, 4);
    requires xd: xd != 0 <==> guest_xd(m, c, a->linear, 4);
    terminates \true;
    assigns \nothing;
    ensures steps: walk_steps_are(\result, m, c, a);
    ensures WALK_RIGHTS_ALL_LEVELS: walk_end_is(\result, m, c, a);
    ensures PAE_PDPTE_NO_RIGHTS: c->guest.mode == SLAT_PAGING_PAE ==> walk_end_is(\result, m, c, a);
    ensures done: done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct slat_walk walk_from3(const struct slat_memory *m, const struct slat_controls *c,
                                        const struct slat_access *a, struct slat_walk w, uint64_t table, bool us,
                                        bool rw, bool xd)
{
  const struct slat_step s = visit(m, c, slat_entry_address(table, a->linear, 3), 3);
  //@ assert a3: s.gpa == guest_gpa3(m, c, a->linear);
  //@ assert s3: step_is(s, m, c, guest_gpa3(m, c, a->linear), 3);
  //@ assert e3: s.reached != 0 ==> s.value == guest_e3(m, c, a->linear);
  const bool ss = is_shadow_stack(s.value, rw);
  if (!SLAT_RULE(PAE_PDPTE_NO_RIGHTS, c->guest.mode == SLAT_PAGING_PAE)) {
    us = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, us) && s.value / 4 % 2 == 1;
    rw = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, rw) && s.value / 2 % 2 == 1;
    xd = SLAT_RULE(WALK_RIGHTS_ALL_LEVELS, xd) || s.value / 0x8000000000000000 % 2 == 1;
  }
  //@ assert us3: s.reached != 0 ==> (us != 0 <==> guest_us(m, c, a->linear, 3));
  //@ assert rw3: s.reached != 0 ==> (rw != 0 <==> guest_rw(m, c, a->linear, 3));
  //@ assert xd3: s.reached != 0 ==> (xd != 0 <==> guest_xd(m, c, a->linear, 3));
  //@ assert ss3: s.reached != 0 ==> (ss != 0 <==> guest_ss(m, c, a->linear, 3));
  w.step[3] = s;
  if (!goes_on(s)) {
    const struct ending ending = finish(m, c, a, s, 3, us, rw, xd, ss);
    w.end = 3;
    w.final = ending.final;
    w.outcome = ending.outcome;
    //@ assert ended: ends_at(w.outcome, w.final, m, c, a, w.step[3], 3);
    return w;
  }
  //@ assert on: below3(m, c, a->linear);
  return walk_from2(m, c, a, w, slat_table_of(s.value), us, rw, xd);
}

/* The walk from the entry of level 4 on: with 5-level paging the entry above, with the rights us, rw and xd, references `table`. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000 && table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires begin: w.begin == guest_begin(c);
    requires step5: guest_begin(c) >= 5 ==> step_is(w.step[5], m, c, guest_gpa5(c, a->linear), 5);
    requires on: guest_begin(c) >= 4 && below5(m, c, a->linear) && table == guest_table4(m, c, a->linear);
    requires us: us != 0 <==> guest_us(m, c, a->linear, 5);
    requires rw: rw != 0 <==> guest_rw(m, c, a->linear, 5);
    requires xd: xd != 0 <==> guest_xd(m, c, a->linear, 5);
    terminates \true;
    assigns \nothing;
    ensures steps: walk_steps_are(\result, m, c, a);
    ensures WALK_RIGHTS_ALL_LEVELS: walk_end_is(\result, m, c, a);
    ensures done: done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct slat_walk walk_from4(const struct slat_memory *m, const struct slat_controls *c,
                                        const struct slat_access *a, struct slat_walk w, uint64_t table, bool us,
                                        bool rw, bool xd)
{
  const struct slat_step s = visit(m, c, slat_entry_address(table, a->linear, 4), 4);
  //@ assert a4: s.gpa == guest_gpa4(m, c, a->linear);
  //@ assert s4: step_is(s, m, c, guest_gpa4(m, c, a->linear), 4);
  //@ assert e4: s.reached != 0 ==> s.value == guest_e4(m, c, a->linear);
  const bool ss = is_shadow_stack(s.value, rw);
  us = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, us) && s.value / 4 % 2 == 1;
  rw = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, rw) && s.value / 2 % 2 == 1;
  xd = SLAT_RULE(WALK_RIGHTS_ALL_LEVELS, xd) || s.value / 0x8000000000000000 % 2 == 1;
  //@ assert us4: s.reached != 0 ==> (us != 0 <==> guest_us(m, c, a->linear, 4));
  //@ assert rw4: s.reached != 0 ==> (rw != 0 <==> guest_rw(m, c, a->linear, 4));
  //@ assert xd4: s.reached != 0 ==> (xd != 0 <==> guest_xd(m, c, a->linear, 4));
  //@ assert ss4: s.reached != 0 ==> (ss != 0 <==> guest_ss(m, c, a->linear, 4));
  w.step[4] = s;
  if (!goes_on(s)) {
    const struct ending ending = finish(m, c, a, s, 4, us, rw, xd, ss);
    w.end = 4;
    w.final = ending.final;
    w.outcome = ending.outcome;
    //@ assert ended: ends_at(w.outcome, w.final, m, c, a, w.step[4], 4);
    return w;
  }
  //@ assert on: below4(m, c, a->linear);
  return walk_from3(m, c, a, w, slat_table_of(s.value), us, rw, xd);
}

/* The walk from the entry of level 5 on. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000 && c->guest_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires la57: guest_begin(c) == 5;
    terminates \true;
    assigns \nothing;
    ensures steps: walk_steps_are(\result, m, c, a);
    ensures WALK_RIGHTS_ALL_LEVELS: walk_end_is(\result, m, c, a);
    ensures done: done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct slat_walk walk_from5(const struct slat_memory *m, const struct slat_controls *c,
                                        const struct slat_access *a)
{
  struct slat_walk w = { .begin = 5 };
  const struct slat_step s = visit(m, c, slat_entry_address(c->guest_table, a->linear, 5), 5);
  //@ assert a5: s.gpa == guest_gpa5(c, a->linear);
  //@ assert s5: step_is(s, m, c, guest_gpa5(c, a->linear), 5);
  //@ assert e5: s.reached != 0 ==> s.value == guest_e5(m, c, a->linear);
  const bool us = s.value / 4 % 2 == 1;
  const bool rw = s.value / 2 % 2 == 1;
  const bool xd = s.value / 0x8000000000000000 % 2 == 1;
  w.step[5] = s;
  if (!goes_on(s)) {
    const struct ending ending = finish(m, c, a, s, 5, us, rw, xd, 0);
    w.end = 5;
    w.final = ending.final;
    w.outcome = ending.outcome;
    //@ assert ended: ends_at(w.outcome, w.final, m, c, a, w.step[5], 5);
    return w;
  }
  //@ assert on: below5(m, c, a->linear);
  return walk_from4(m, c, a, w, slat_table_of(s.value), us, rw, xd);
}

/* Whatever ends a walk, it is an outcome. */
/*@ ghost
  /@ requires ends: ends_at(o, f, m, c, a, s, level);
     requires last: s.reached != 0 ==> s.entry.kind == pte_kind(&c->guest, s.value, level) && !leads_down(s.entry.kind);
     terminates \true;
     assigns \nothing;
     ensures outcome: o.kind != SLAT_NO_OUTCOME;
   @/
  static void ends_in_something(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                                struct slat_outcome o, struct slat_stage2 f, struct slat_step s, unsigned level)
  {
  }
*/

/* A walk whose steps and end are those of the logic walk is one that the set can be made of. */
/*@ ghost
  /@ requires steps: walk_steps_are(w, m, c, a) && walk_end_is(w, m, c, a);
     terminates \true;
     assigns \nothing;
     ensures sound: walk_sound(w);
   @/
  static void steps_are_sound(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                              struct slat_walk w)
  {
    if (w.end == 5)
      ends_in_something(m, c, a, w.outcome, w.final, w.step[5], 5);
    if (w.end == 4)
      ends_in_something(m, c, a, w.outcome, w.final, w.step[4], 4);
    if (w.end == 3)
      ends_in_something(m, c, a, w.outcome, w.final, w.step[3], 3);
    if (w.end == 2)
      ends_in_something(m, c, a, w.outcome, w.final, w.step[2], 2);
    if (w.end == 1)
      ends_in_something(m, c, a, w.outcome, w.final, w.step[1], 1);
    /@ assert ended: w.outcome.kind != SLAT_NO_OUTCOME; @/
    /@ assert range: 1 <= w.end <= w.begin <= 5; @/
  }
*/

/* The PDPTE register of a linear address. */
/*@ requires readable: \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures register: \result == pdpte_of(c, linear);
*/
static uint64_t pdpte_of(const struct slat_controls *c, uint64_t linear)
{
  switch (linear / 0x40000000 % 4) {
  case 0:
    return c->pdpte[0];
  case 1:
    return c->pdpte[1];
  case 2:
    return c->pdpte[2];
  default:
    return c->pdpte[3];
  }
}

/* The walk in PAE paging: from a PDPTE in memory on, or from what the PDPTE register gives. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000 && c->guest_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires mode: c->guest.mode == SLAT_PAGING_PAE;
    terminates \true;
    assigns \nothing;
    ensures PAE_PDPTE_NOT_PRESENT: pdpte_absent(c, a->linear) ==>
      \result.end == 6 && page_fault_is(\result.outcome, c, a, 0, 0, 0, 0);
    ensures steps: !pdpte_absent(c, a->linear) ==> walk_steps_are(\result, m, c, a);
    ensures WALK_RIGHTS_ALL_LEVELS: !pdpte_absent(c, a->linear) ==> walk_end_is(\result, m, c, a);
    ensures sound: walk_sound(\result);
    ensures done: done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct slat_walk walk_pae(const struct slat_memory *m, const struct slat_controls *c,
                                      const struct slat_access *a)
{
  struct slat_walk w = { .begin = 2, .end = 6 };

  if (!c->pdpte_registers) {
    w.begin = 3;
    w = walk_from3(m, c, a, w, c->guest_table, 1, 1, 0);
    //@ ghost steps_are_sound(m, c, a, w);
    return w;
  }
  const uint64_t pdpte = pdpte_of(c, a->linear);
  if (SLAT_RULE(PAE_PDPTE_NOT_PRESENT, pdpte % 2 == 0)) {
    w.outcome = slat_page_fault(c, a, 0, 0, 0, 0, SLAT_RULE_PAE_PDPTE_NOT_PRESENT, 3);
    return w;
  }
  w = walk_from2(m, c, a, w, slat_table_of(pdpte), 1, 1, 0);
  //@ ghost steps_are_sound(m, c, a, w);
  return w;
}

struct slat_walk slat_walk_linear(const struct slat_memory *memory, const struct slat_controls *controls,
                                  const struct slat_access *access)
{
  const uint64_t linear = access->linear;
  struct slat_walk w = { .end = 6 };

  if (!controls->paging) {
    /* PAGING_OFF: the linear address is the GPA, with every right (SDM 4.1.1 "Three Paging Modes"; exit qualification bits 11:9 are 011b). */
    const struct ending ending = final_access(memory, controls, access, linear, 30, 1, 1, 0);
    w.final = ending.final;
    w.outcome = ending.outcome;
    return w;
  }
  if (SLAT_RULE(LINEAR_NON_CANONICAL, !slat_linear_is_canonical(controls, linear))) {
    w.outcome.kind = SLAT_NON_CANONICAL;
    w.outcome.rule = SLAT_RULE_LINEAR_NON_CANONICAL;
    return w;
  }
  if (controls->guest.mode == SLAT_PAGING_PAE)
    return walk_pae(memory, controls, access);
  if (controls->guest.mode == SLAT_PAGING_32BIT) {
    w.begin = 2;
    w = walk_from2(memory, controls, access, w, controls->guest_table, 1, 1, 0);
  } else if (controls->la57) {
    w = walk_from5(memory, controls, access);
  } else {
    w.begin = 4;
    w = walk_from4(memory, controls, access, w, controls->guest_table, 1, 1, 0);
  }
  //@ ghost steps_are_sound(memory, controls, access, w);
  return w;
}

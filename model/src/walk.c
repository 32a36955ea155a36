/* SPDX-License-Identifier: BSD-2-Clause */
#include "walk.h"
#include "rule.h"

/* What the walk ends in, with stage 2 of the final GPA if it came so far. */
struct ending {
  struct slat_stage2 final;
  struct slat_outcome outcome;
};

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
    s.value = slat_memory_read(m, s.stage2.spa);
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
  const enum slat_use use = (enum slat_use)a->kind;

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

/* The last step decides. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires level_range: 1 <= level <= 5;
    requires rule: s.reached == 0 ==> SLAT_RULE_NONE < s.denied_by < SLAT_RULE_COUNT;
    requires entry: s.reached != 0 ==> s.entry.kind == pte_kind(&c->guest, s.value, level);
    requires ends: s.reached != 0 ==> s.entry.kind != SLAT_ENTRY_TABLE;
    terminates \true;
    assigns \nothing;
    ensures WALK_ORDER: ending_is(\result.outcome, \result.final, m, c, a, s, level, us, rw, xd);
    ensures done: done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct ending finish(const struct slat_memory *m, const struct slat_controls *c,
                                 const struct slat_access *a, struct slat_step s, unsigned level, bool us, bool rw,
                                 bool xd)
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
  const enum slat_rule denied = slat_guest_rights(c, a, us, rw, xd, key);
  if (denied != SLAT_RULE_NONE) {
    const bool keys = slat_key_denies(c, a, us, key) != SLAT_RULE_NONE;
    r.outcome = slat_page_fault(c, a, 1, 0, keys, slat_key_open(c, a, us, key), denied, level);
    return r;
  }
  //@ assert leaf: level == 1 || level == 2 || level == 3;
  const uint64_t gpa = slat_leaf_address(s.value, a->linear, level);
  //@ assert leaf_address: gpa == leaf_address(s.value, a->linear, 1) || gpa == leaf_address(s.value, a->linear, 2) || gpa == leaf_address(s.value, a->linear, 3);
  //@ assert offset: gpa % 0x1000 == a->linear % 0x1000;
  return final_access(m, c, a, gpa, slat_page_shift(level), us, rw, xd);
}

/*@ terminates \true;
    assigns \nothing;
    ensures goes: \result != 0 <==> s.reached != 0 && s.entry.kind == SLAT_ENTRY_TABLE;
*/
SLAT_INLINE bool goes_on(struct slat_step s)
{
  return s.reached && s.entry.kind == SLAT_ENTRY_TABLE;
}

/* The walk from the entry of level 1 on: the entries above, with the rights us, rw and xd, reference tables. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires begin: w.begin == (c->la57 != 0 ? 5 : 4);
    requires step5: c->la57 != 0 ==> step_is(w.step[5], m, c, guest_gpa5(c, a->linear), 5);
    requires step4: step_is(w.step[4], m, c, guest_gpa4(m, c, a->linear), 4);
    requires step3: step_is(w.step[3], m, c, guest_gpa3(m, c, a->linear), 3);
    requires step2: step_is(w.step[2], m, c, guest_gpa2(m, c, a->linear), 2);
    requires on: below2(m, c, a->linear);
    requires us: us != 0 <==> guest_us(m, c, a->linear, 2);
    requires rw: rw != 0 <==> guest_rw(m, c, a->linear, 2);
    requires xd: xd != 0 <==> guest_xd(m, c, a->linear, 2);
    terminates \true;
    assigns \nothing;
    ensures steps: walk_steps_are(\result, m, c, a);
    ensures WALK_RIGHTS_ALL_LEVELS: walk_end_is(\result, m, c, a);
    ensures sound: walk_sound(\result);
    ensures done: done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct slat_walk walk_from1(const struct slat_memory *m, const struct slat_controls *c,
                                        const struct slat_access *a, struct slat_walk w, bool us, bool rw, bool xd)
{
  //@ assert e2: w.step[2].value == guest_e2(m, c, a->linear);
  const struct slat_step s = visit(m, c, slat_entry_address(slat_table_of(w.step[2].value), a->linear, 1), 1);
  //@ assert a1: s.gpa == guest_gpa1(m, c, a->linear);
  //@ assert s1: step_is(s, m, c, guest_gpa1(m, c, a->linear), 1);
  //@ assert e1: s.reached != 0 ==> s.value == guest_e1(m, c, a->linear);
  us = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, us) && s.value / 4 % 2 == 1;
  rw = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, rw) && s.value / 2 % 2 == 1;
  xd = SLAT_RULE(WALK_RIGHTS_ALL_LEVELS, xd) || s.value / 0x8000000000000000 % 2 == 1;
  //@ assert us1: s.reached != 0 ==> (us != 0 <==> guest_us(m, c, a->linear, 1));
  //@ assert rw1: s.reached != 0 ==> (rw != 0 <==> guest_rw(m, c, a->linear, 1));
  //@ assert xd1: s.reached != 0 ==> (xd != 0 <==> guest_xd(m, c, a->linear, 1));
  w.step[1] = s;
  const struct ending ending = finish(m, c, a, s, 1, us, rw, xd);
  w.end = 1;
  w.final = ending.final;
  w.outcome = ending.outcome;
  return w;
}

/* The walk from the entry of level 2 on: the entries above, with the rights us, rw and xd, reference tables. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires begin: w.begin == (c->la57 != 0 ? 5 : 4);
    requires step5: c->la57 != 0 ==> step_is(w.step[5], m, c, guest_gpa5(c, a->linear), 5);
    requires step4: step_is(w.step[4], m, c, guest_gpa4(m, c, a->linear), 4);
    requires step3: step_is(w.step[3], m, c, guest_gpa3(m, c, a->linear), 3);
    requires on: below3(m, c, a->linear);
    requires us: us != 0 <==> guest_us(m, c, a->linear, 3);
    requires rw: rw != 0 <==> guest_rw(m, c, a->linear, 3);
    requires xd: xd != 0 <==> guest_xd(m, c, a->linear, 3);
    terminates \true;
    assigns \nothing;
    ensures steps: walk_steps_are(\result, m, c, a);
    ensures WALK_RIGHTS_ALL_LEVELS: walk_end_is(\result, m, c, a);
    ensures sound: walk_sound(\result);
    ensures done: done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct slat_walk walk_from2(const struct slat_memory *m, const struct slat_controls *c,
                                        const struct slat_access *a, struct slat_walk w, bool us, bool rw, bool xd)
{
  //@ assert e3: w.step[3].value == guest_e3(m, c, a->linear);
  const struct slat_step s = visit(m, c, slat_entry_address(slat_table_of(w.step[3].value), a->linear, 2), 2);
  //@ assert a2: s.gpa == guest_gpa2(m, c, a->linear);
  //@ assert s2: step_is(s, m, c, guest_gpa2(m, c, a->linear), 2);
  //@ assert e2: s.reached != 0 ==> s.value == guest_e2(m, c, a->linear);
  us = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, us) && s.value / 4 % 2 == 1;
  rw = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, rw) && s.value / 2 % 2 == 1;
  xd = SLAT_RULE(WALK_RIGHTS_ALL_LEVELS, xd) || s.value / 0x8000000000000000 % 2 == 1;
  //@ assert us2: s.reached != 0 ==> (us != 0 <==> guest_us(m, c, a->linear, 2));
  //@ assert rw2: s.reached != 0 ==> (rw != 0 <==> guest_rw(m, c, a->linear, 2));
  //@ assert xd2: s.reached != 0 ==> (xd != 0 <==> guest_xd(m, c, a->linear, 2));
  w.step[2] = s;
  if (!goes_on(s)) {
    const struct ending ending = finish(m, c, a, s, 2, us, rw, xd);
    w.end = 2;
    w.final = ending.final;
    w.outcome = ending.outcome;
    return w;
  }
  //@ assert on: below2(m, c, a->linear);
  return walk_from1(m, c, a, w, us, rw, xd);
}

/* The walk from the entry of level 3 on: the entries above, with the rights us, rw and xd, reference tables. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires begin: w.begin == (c->la57 != 0 ? 5 : 4);
    requires step5: c->la57 != 0 ==> step_is(w.step[5], m, c, guest_gpa5(c, a->linear), 5);
    requires step4: step_is(w.step[4], m, c, guest_gpa4(m, c, a->linear), 4);
    requires on: below4(m, c, a->linear);
    requires us: us != 0 <==> guest_us(m, c, a->linear, 4);
    requires rw: rw != 0 <==> guest_rw(m, c, a->linear, 4);
    requires xd: xd != 0 <==> guest_xd(m, c, a->linear, 4);
    terminates \true;
    assigns \nothing;
    ensures steps: walk_steps_are(\result, m, c, a);
    ensures WALK_RIGHTS_ALL_LEVELS: walk_end_is(\result, m, c, a);
    ensures sound: walk_sound(\result);
    ensures done: done_where_stage2_says(\result.outcome, m, c, a->linear);
*/
SLAT_INLINE struct slat_walk walk_from3(const struct slat_memory *m, const struct slat_controls *c,
                                        const struct slat_access *a, struct slat_walk w, bool us, bool rw, bool xd)
{
  //@ assert e4: w.step[4].value == guest_e4(m, c, a->linear);
  const struct slat_step s = visit(m, c, slat_entry_address(slat_table_of(w.step[4].value), a->linear, 3), 3);
  //@ assert a3: s.gpa == guest_gpa3(m, c, a->linear);
  //@ assert s3: step_is(s, m, c, guest_gpa3(m, c, a->linear), 3);
  //@ assert e3: s.reached != 0 ==> s.value == guest_e3(m, c, a->linear);
  us = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, us) && s.value / 4 % 2 == 1;
  rw = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, rw) && s.value / 2 % 2 == 1;
  xd = SLAT_RULE(WALK_RIGHTS_ALL_LEVELS, xd) || s.value / 0x8000000000000000 % 2 == 1;
  //@ assert us3: s.reached != 0 ==> (us != 0 <==> guest_us(m, c, a->linear, 3));
  //@ assert rw3: s.reached != 0 ==> (rw != 0 <==> guest_rw(m, c, a->linear, 3));
  //@ assert xd3: s.reached != 0 ==> (xd != 0 <==> guest_xd(m, c, a->linear, 3));
  w.step[3] = s;
  if (!goes_on(s)) {
    const struct ending ending = finish(m, c, a, s, 3, us, rw, xd);
    w.end = 3;
    w.final = ending.final;
    w.outcome = ending.outcome;
    return w;
  }
  //@ assert on: below3(m, c, a->linear);
  return walk_from2(m, c, a, w, us, rw, xd);
}

/* The walk from the entry of level 4 on: with 5-level paging the entry above, with the rights us, rw and xd, references `table`. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000 && table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires begin: w.begin == (c->la57 != 0 ? 5 : 4);
    requires step5: c->la57 != 0 ==> step_is(w.step[5], m, c, guest_gpa5(c, a->linear), 5);
    requires on: below5(m, c, a->linear) && table == guest_table4(m, c, a->linear);
    requires us: us != 0 <==> guest_us(m, c, a->linear, 5);
    requires rw: rw != 0 <==> guest_rw(m, c, a->linear, 5);
    requires xd: xd != 0 <==> guest_xd(m, c, a->linear, 5);
    terminates \true;
    assigns \nothing;
    ensures steps: walk_steps_are(\result, m, c, a);
    ensures WALK_RIGHTS_ALL_LEVELS: walk_end_is(\result, m, c, a);
    ensures sound: walk_sound(\result);
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
  us = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, us) && s.value / 4 % 2 == 1;
  rw = SLAT_REQUIRE(WALK_RIGHTS_ALL_LEVELS, rw) && s.value / 2 % 2 == 1;
  xd = SLAT_RULE(WALK_RIGHTS_ALL_LEVELS, xd) || s.value / 0x8000000000000000 % 2 == 1;
  //@ assert us4: s.reached != 0 ==> (us != 0 <==> guest_us(m, c, a->linear, 4));
  //@ assert rw4: s.reached != 0 ==> (rw != 0 <==> guest_rw(m, c, a->linear, 4));
  //@ assert xd4: s.reached != 0 ==> (xd != 0 <==> guest_xd(m, c, a->linear, 4));
  w.step[4] = s;
  if (!goes_on(s)) {
    const struct ending ending = finish(m, c, a, s, 4, us, rw, xd);
    w.end = 4;
    w.final = ending.final;
    w.outcome = ending.outcome;
    return w;
  }
  //@ assert on: below4(m, c, a->linear);
  return walk_from3(m, c, a, w, us, rw, xd);
}

/* The walk from the entry of level 5 on. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000 && c->guest_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires la57: c->la57 != 0;
    terminates \true;
    assigns \nothing;
    ensures steps: walk_steps_are(\result, m, c, a);
    ensures WALK_RIGHTS_ALL_LEVELS: walk_end_is(\result, m, c, a);
    ensures sound: walk_sound(\result);
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
    const struct ending ending = finish(m, c, a, s, 5, us, rw, xd);
    w.end = 5;
    w.final = ending.final;
    w.outcome = ending.outcome;
    return w;
  }
  //@ assert on: below5(m, c, a->linear);
  return walk_from4(m, c, a, w, slat_table_of(s.value), us, rw, xd);
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
  if (controls->la57)
    return walk_from5(memory, controls, access);
  w.begin = 4;
  return walk_from4(memory, controls, access, w, controls->guest_table, 1, 1, 0);
}

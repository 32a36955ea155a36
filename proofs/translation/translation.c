/* SPDX-License-Identifier: BSD-2-Clause */
/* Theorem 2 for slat_translate(): what is decided quickly is what the walk ends in.  Lemma functions over both contracts. */
#include "../../model/src/translate.h"

/*@
  predicate same_translation(struct slat_outcome o, struct slat_outcome p) =
    o.kind == p.kind && o.spa == p.spa && o.gpa == p.gpa && o.page_shift == p.page_shift &&
    o.memory_type == p.memory_type && (o.ignore_pat != 0 <==> p.ignore_pat != 0) && o.invalidates == p.invalidates;
*/

/* Stage 2 of a GPA for which it gives every right denies no access. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    requires ordinary: a->shadow_stack == 0;
    requires reached: reached_with_all_rights(m, c, gpa);
    requires final: stage2_is(f, m, c, gpa);
    requires translated: !stage2_denies(c, f, use_of(a)) ==> translated_is(p, f, gpa, page_shift_of(level));
    requires done: done_through_stage2(o, m, c, level) && o.gpa == gpa && o.kind == SLAT_TRANSLATED && o.invalidates == 0;
    requires level_range: 1 <= level <= 3;
    terminates \true;
    assigns \nothing;
    ensures same: same_translation(o, p);
*/
static void same_reached(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                         struct slat_outcome o, struct slat_outcome p, struct slat_stage2 f, uint64_t gpa,
                         unsigned level)
{
  //@ assert allowed: !stage2_denies(c, f, use_of(a));
}

/* A walk that ends in a page of level 1. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    requires done: done_at1(o, m, c, a) && o.kind == SLAT_TRANSLATED && o.invalidates == 0;
    requires step: step_is(s, m, c, guest_gpa1(m, c, a->linear), 1);
    requires ends: ends_at(p, f, m, c, a, s, 1);
    terminates \true;
    assigns \nothing;
    ensures same: same_translation(o, p);
*/
static void same_at1(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                     struct slat_outcome o, struct slat_outcome p, struct slat_stage2 f, struct slat_step s)
{
  //@ assert readable: table_readable(m, c, guest_gpa1(m, c, a->linear));
  //@ assert entry: s.reached != 0 && s.value == guest_e1(m, c, a->linear) && s.entry.kind == SLAT_ENTRY_PAGE;
  //@ assert final: stage2_is(f, m, c, o.gpa);
  //@ assert translated: !stage2_denies(c, f, use_of(a)) ==> translated_is(p, f, o.gpa, page_shift_of(1));
  same_reached(m, c, a, o, p, f, o.gpa, 1);
}

/* A walk that ends in a page of level 2. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    requires done: done_at2(o, m, c, a) && o.kind == SLAT_TRANSLATED && o.invalidates == 0;
    requires step: step_is(s, m, c, guest_gpa2(m, c, a->linear), 2);
    requires ends: ends_at(p, f, m, c, a, s, 2);
    terminates \true;
    assigns \nothing;
    ensures same: same_translation(o, p);
*/
static void same_at2(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                     struct slat_outcome o, struct slat_outcome p, struct slat_stage2 f, struct slat_step s)
{
  //@ assert readable: table_readable(m, c, guest_gpa2(m, c, a->linear));
  //@ assert entry: s.reached != 0 && s.value == guest_e2(m, c, a->linear) && s.entry.kind == SLAT_ENTRY_PAGE;
  //@ assert final: stage2_is(f, m, c, o.gpa);
  //@ assert translated: !stage2_denies(c, f, use_of(a)) ==> translated_is(p, f, o.gpa, page_shift_of(2));
  same_reached(m, c, a, o, p, f, o.gpa, 2);
}

/* A walk that ends in a page of level 3. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    requires done: done_at3(o, m, c, a) && o.kind == SLAT_TRANSLATED && o.invalidates == 0;
    requires step: step_is(s, m, c, guest_gpa3(m, c, a->linear), 3);
    requires ends: ends_at(p, f, m, c, a, s, 3);
    terminates \true;
    assigns \nothing;
    ensures same: same_translation(o, p);
*/
static void same_at3(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                     struct slat_outcome o, struct slat_outcome p, struct slat_stage2 f, struct slat_step s)
{
  //@ assert readable: table_readable(m, c, guest_gpa3(m, c, a->linear));
  //@ assert entry: s.reached != 0 && s.value == guest_e3(m, c, a->linear) && s.entry.kind == SLAT_ENTRY_PAGE;
  //@ assert final: stage2_is(f, m, c, o.gpa);
  //@ assert translated: !stage2_denies(c, f, use_of(a)) ==> translated_is(p, f, o.gpa, page_shift_of(3));
  same_reached(m, c, a, o, p, f, o.gpa, 3);
}

/* Theorem: where usual_outcome() decides, it says what the walk w ends in; elsewhere slat_translate() asks the walk. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    requires walk: walk_is(w, m, c, a);
    requires usual: o.kind == SLAT_TRANSLATED && o.invalidates == 0 &&
      (done_at3(o, m, c, a) || done_at2(o, m, c, a) || done_at1(o, m, c, a));
    terminates \true;
    assigns \nothing;
    ensures usual_is_walk: same_translation(o, w.outcome);
*/
static void usual_is_walk(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                          struct slat_outcome o, struct slat_walk w)
{
  //@ assert steps: walk_steps_are(w, m, c, a);
  //@ assert ends: walk_end_is(w, m, c, a);
  if (w.end == 3) {
    //@ assert at3: done_at3(o, m, c, a);
    same_at3(m, c, a, o, w.outcome, w.final, w.step[3]);
  } else if (w.end == 2) {
    //@ assert at2: done_at2(o, m, c, a);
    same_at2(m, c, a, o, w.outcome, w.final, w.step[2]);
  } else {
    //@ assert at1: w.end == 1 && done_at1(o, m, c, a);
    same_at1(m, c, a, o, w.outcome, w.final, w.step[1]);
  }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "pml.h"
#include "rule.h"

/* The step to which the update in a slot belongs. */
/*@ requires slot: i < SLAT_MAX_UPDATES;
    terminates \true;
    assigns \nothing;
    ensures step: \result == slot_step(i);
    ensures range: 0 <= \result <= 5;
*/
SLAT_INLINE unsigned step_of_slot(unsigned i)
{
  return i < 24 ? 4 - i / 5 : i < 29 ? 5 : i - 29;
}

/*@ terminates \true;
    assigns \nothing;
    ensures sets: \result != 0 <==> sets_ept_flag(u, (boolean)dirty);
*/
SLAT_INLINE bool sets_ept_flag(struct slat_update u, bool dirty)
{
  return dirty ? u.may / 0x200 % 2 == 1 : u.may / 0x100 % 2 == 1;
}

/* Has a step before set this flag of this word? */
/*@ terminates \true;
    assigns \nothing;
    ensures before: \result != 0 <==> set_before(p, spa, step, (boolean)dirty, SLAT_MAX_UPDATES);
*/
SLAT_INLINE bool is_set_before(struct slat_permitted p, uint64_t spa, unsigned step, bool dirty)
{
  bool found = 0;

  /*@ loop invariant range: 0 <= i <= SLAT_MAX_UPDATES;
      loop invariant found: found != 0 <==> set_before(p, spa, step, (boolean)dirty, i);
      loop assigns i, found;
      loop variant SLAT_MAX_UPDATES - i;
  */
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    found = found || (step_of_slot(i) > step && p.update[i].spa == spa && sets_ept_flag(p.update[i], dirty));
  return found;
}

/* Does a step change this flag of some entry from 0 to 1? */
/*@ terminates \true;
    assigns \nothing;
    ensures sets: \result != 0 <==> step_sets(p, step, (boolean)dirty);
*/
SLAT_INLINE bool does_step_set(struct slat_permitted p, unsigned step, bool dirty)
{
  bool found = 0;

  /*@ loop invariant range: 0 <= i <= SLAT_MAX_UPDATES;
      loop invariant found: found != 0 <==> sets_among(p, step, (boolean)dirty, i);
      loop assigns i, found;
      loop variant SLAT_MAX_UPDATES - i;
  */
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    found = found || (step_of_slot(i) == step && sets_ept_flag(p.update[i], dirty) &&
                      !is_set_before(p, p.update[i].spa, step, dirty));
  return found;
}

/* The first step at which the log is full when a flag has to be set; 6: none. */
/*@ terminates \true;
    assigns \nothing;
    ensures full: \result == full_step(p, room);
    ensures range: 0 <= \result <= 6;
*/
SLAT_INLINE unsigned first_full(struct slat_permitted p, unsigned room)
{
  unsigned logged = 0;

  /*@ loop invariant range: 0 <= step <= 5;
      loop invariant few: 0 <= logged <= 5 - step;
      loop invariant logged: logged == logs_before(p, step);
      loop invariant rest: full_from(p, room, step) == full_step(p, room);
      loop assigns step, logged;
      loop variant step;
  */
  for (unsigned step = 5;; step--) {
    const bool dirty = does_step_set(p, step, 1);
    if (SLAT_RULE(EPT_PML_FULL, logged >= room && (dirty || does_step_set(p, step, 0))))
      return step;
    if (step == 0)
      return 6;
    if (SLAT_RULE(EPT_PML_LOG, dirty))
      logged++;
  }
}

/* Is a step that would set flags not come to?  `full`: the first step at which the log is full. */
/*@ requires full: full == full_step(p, room);
    terminates \true;
    assigns \nothing;
    ensures cut: \result != 0 <==> not_reached(p, room, step, (boolean)ept);
*/
SLAT_INLINE bool is_not_reached(struct slat_permitted p, unsigned room, unsigned full, unsigned step, bool ept)
{
  return full <= 5 && step <= full && (p.outcome[0].kind == SLAT_TRANSLATED || (room == 0 && ept));
}

/*@ requires full: full == full_step(p, room);
    terminates \true;
    assigns \nothing;
    ensures update: logged_update_is(\result, v, p, room, step);
*/
SLAT_INLINE struct slat_update logged_update(struct slat_permitted p, struct slat_update v, unsigned room,
                                             unsigned full, unsigned step)
{
  struct slat_update u = v;

  if (is_not_reached(p, room, full, step, v.stage == 2))
    u.may = 0;
  if (full <= 5)
    u.must = 0;
  return u;
}

/* One entry of the log. */
struct log_entry {
  bool logged;
  uint64_t gpa;
};

/*@ requires full: full == full_step(p, room);
    terminates \true;
    assigns \nothing;
    ensures logged: \result.logged != 0 <==> step_sets(p, step, \true) && !not_reached(p, room, step, \true);
    ensures gpa: \result.gpa == (\result.logged != 0 ? gpa - gpa % 0x1000 : 0);
*/
SLAT_INLINE struct log_entry log_of(struct slat_permitted p, unsigned room, unsigned full, unsigned step, uint64_t gpa)
{
  const bool logged = SLAT_RULE(EPT_PML_LOG, does_step_set(p, step, 1) && !is_not_reached(p, room, full, step, 1));

  return (struct log_entry){ .logged = logged, .gpa = logged ? gpa - gpa % 0x1000 : 0 };
}

/*@ requires full: full == full_step(p, room);
    terminates \true;
    assigns \nothing;
    ensures updates: logged_list_is(\result, p, room);
*/
SLAT_INLINE struct slat_updates logged_updates(struct slat_permitted p, unsigned room, unsigned full)
{
  struct slat_updates u = { { { .may = 0 } } };

  /*@ loop invariant range: 0 <= i <= SLAT_MAX_UPDATES;
      loop invariant done: \forall integer k; 0 <= k < i ==> logged_update_is(u.of[k], p.update[k], p, room, slot_step(k));
      loop assigns i, u;
      loop variant SLAT_MAX_UPDATES - i;
  */
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    u.of[i] = logged_update(p, p.update[i], room, full, step_of_slot(i));
  return u;
}

struct slat_permitted slat_logged(const struct slat_permitted *base, unsigned room, const struct slat_walk *walk,
                                  uint64_t final)
{
  const struct slat_permitted p = *base; /* by value for the proofs */
  const struct slat_walk w = *walk;
  const unsigned full = first_full(p, room);
  const struct log_entry l5 = log_of(p, room, full, 5, w.step[5].gpa), l4 = log_of(p, room, full, 4, w.step[4].gpa),
                         l3 = log_of(p, room, full, 3, w.step[3].gpa), l2 = log_of(p, room, full, 2, w.step[2].gpa),
                         l1 = log_of(p, room, full, 1, w.step[1].gpa), l0 = log_of(p, room, full, 0, final);
  const struct slat_updates u = logged_updates(p, room, full);
  struct slat_permitted q = p;

  if (full <= 5) {
    if (p.outcome[0].kind == SLAT_TRANSLATED)
      q.outcome[0].kind = SLAT_NO_OUTCOME;
    q.outcome[6] = (struct slat_outcome){ .kind = SLAT_PML_FULL, .stage = 2, .rule = SLAT_RULE_EPT_PML_FULL };
  } else {
    q.outcome[6] = (struct slat_outcome){ .kind = SLAT_NO_OUTCOME };
  }
  //@ assert ended: full <= 5 && p.outcome[0].kind == SLAT_TRANSLATED ? q.outcome[0].kind == SLAT_NO_OUTCOME : q.outcome[0] == p.outcome[0];
  //@ assert kept1: q.outcome[1] == p.outcome[1];
  //@ assert kept2: q.outcome[2] == p.outcome[2];
  //@ assert kept3: q.outcome[3] == p.outcome[3];
  //@ assert kept4: q.outcome[4] == p.outcome[4];
  //@ assert kept5: q.outcome[5] == p.outcome[5];
  q.logged[5] = l5.logged;
  q.logged[4] = l4.logged;
  q.logged[3] = l3.logged;
  q.logged[2] = l2.logged;
  q.logged[1] = l1.logged;
  q.logged[0] = l0.logged;
  q.log_gpa[5] = l5.gpa;
  q.log_gpa[4] = l4.gpa;
  q.log_gpa[3] = l3.gpa;
  q.log_gpa[2] = l2.gpa;
  q.log_gpa[1] = l1.gpa;
  q.log_gpa[0] = l0.gpa;
  /*@ loop invariant range: 0 <= i <= SLAT_MAX_UPDATES;
      loop invariant copied: \forall integer k; 0 <= k < i ==> q.update[k] == u.of[k];
      loop assigns i, q.update[0 .. SLAT_MAX_UPDATES - 1];
      loop variant SLAT_MAX_UPDATES - i;
  */
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    q.update[i] = u.of[i];
  //@ assert updates: logged_updates_are(q, p, room);
  //@ assert outcomes: logged_outcomes_are(q, p, room);
  //@ assert logs: logs_are(q, p, room, w, final);
  return q;
}

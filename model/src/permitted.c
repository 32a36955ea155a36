/* SPDX-License-Identifier: BSD-2-Clause */
#include "permitted.h"
#include "rule.h"

/*@ requires readable: \valid_read(w);
    requires end: 1 <= w->end <= 5;
    terminates \true;
    assigns \nothing;
    ensures made: \result != 0 <==> access_made(w);
*/
static bool made(const struct slat_walk *w)
{
  return w->end <= 4 && w->step[w->end].reached && w->step[w->end].entry.kind == SLAT_ENTRY_PAGE &&
         w->outcome.kind != SLAT_PAGE_FAULT;
}

/*@ requires readable: \valid_read(s);
    terminates \true;
    assigns \nothing;
    ensures used: \result != 0 <==> step_used(s);
*/
static bool used(const struct slat_step *s)
{
  return s->reached && (s->entry.kind == SLAT_ENTRY_TABLE || s->entry.kind == SLAT_ENTRY_PAGE);
}

/* slat_update_fault() for a level, 0 where the walk did not use an entry of that level. */
/*@ requires readable: \valid_read(c) && \valid_read(a) && \valid_read(w);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires level_range: 1 <= level <= 4 && 1 <= w->end <= 5;
    requires steps: \forall integer l; w->end <= l <= 4 && w->step[l].reached != 0 ==> w->step[l].stage2.end == SLAT_S2_PAGE;
    terminates \true;
    assigns \nothing;
    ensures may: \result >= 1 <==> faults_at(c, a, w, level);
    ensures must: \result == 2 <==> must_fault_at(c, a, w, level);
    ensures range: 0 <= \result <= 2;
*/
static unsigned update_fault(const struct slat_controls *c, const struct slat_access *a, const struct slat_walk *w,
                             unsigned level)
{
  if (level < w->end || !used(&w->step[level]))
    return 0;
  return slat_update_fault(c, &w->step[level], a, made(w));
}

/* The outcome in the slot of a level. */
/*@ requires readable: \valid_read(c) && \valid_read(a) && \valid_read(s);
    terminates \true;
    assigns \nothing;
    ensures slot: \result.kind != SLAT_NO_OUTCOME <==> fault >= 1;
    ensures fault: fault >= 1 ==>
      stage2_fault_is(\result, c, s->stage2, SLAT_USE_FLAGS, s->gpa, a->linear, 0, 0, 0);
*/
static struct slat_outcome update_outcome(const struct slat_controls *c, const struct slat_access *a,
                                          const struct slat_step *s, unsigned fault)
{
  if (fault == 0)
    return (struct slat_outcome){ .kind = SLAT_NO_OUTCOME };
  return slat_stage2_fault(c, &s->stage2, SLAT_USE_FLAGS, SLAT_RULE_EPT_FLAGS_VIOLATION, s->gpa, a->linear, 0, 0, 0);
}

struct slat_outcomes slat_permitted_outcomes(const struct slat_controls *c, const struct slat_access *a,
                                             const struct slat_walk *w)
{
  //@ assert readable: \valid_read(&w->outcome) && \forall integer l; 1 <= l <= 4 ==> \valid_read(&w->step[l]);
  const unsigned f4 = update_fault(c, a, w, 4), f3 = update_fault(c, a, w, 3);
  const unsigned f2 = update_fault(c, a, w, 2), f1 = update_fault(c, a, w, 1);
  const bool required = f4 == 2 || f3 == 2 || f2 == 2 || f1 == 2;
  struct slat_outcomes set;

  set.outcome[0] = w->outcome;
  if (SLAT_RULE(FLAGS_BEFORE_ACCESS, w->outcome.kind == SLAT_TRANSLATED && required))
    set.outcome[0].kind = SLAT_NO_OUTCOME;
  set.outcome[4] = update_outcome(c, a, &w->step[4], f4);
  set.outcome[3] = update_outcome(c, a, &w->step[3], f3);
  set.outcome[2] = update_outcome(c, a, &w->step[2], f2);
  set.outcome[1] = update_outcome(c, a, &w->step[1], f1);
  return set;
}

/* What a stage-2 entry is. */
/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 4;
    terminates \true;
    assigns \nothing;
*/
static struct slat_entry stage2_entry(const struct slat_controls *c, uint64_t e, unsigned level)
{
  return c->stage2 == SLAT_STAGE2_EPT ? slat_ept_entry(c, e, level) : slat_guest_entry(&c->nested, e, level);
}

/* Adds one update if it may set anything. */
/*@ requires writable: \valid(out) && out->updates <= SLAT_MAX_UPDATES;
    terminates \true;
    assigns out->update[0 .. SLAT_MAX_UPDATES - 1], out->updates;
    ensures grows: \old(out->updates) <= out->updates <= \old(out->updates) + 1;
    ensures count: out->updates <= SLAT_MAX_UPDATES;
*/
static void add_update(struct slat_permitted *out, struct slat_update u)
{
  if (u.may == 0 || out->updates >= SLAT_MAX_UPDATES)
    return;
  out->update[out->updates] = u;
  out->updates++;
}

/* The flags of the stage-2 entries that translate one GPA.
   `write`: stage 2 treats the access as a write; `allowed`: it does not deny it; `done`: the whole access is done. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires writable: \valid(out) && out->updates <= SLAT_MAX_UPDATES;
    requires separated: \separated(out, m) && \separated(out, c);
    requires stage2: c->stage2_table <= 0xFFFFFFFFFF000;
    terminates \true;
    assigns out->update[0 .. SLAT_MAX_UPDATES - 1], out->updates;
    ensures count: out->updates <= SLAT_MAX_UPDATES;
*/
static void add_stage2(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa, unsigned step,
                       bool write, bool allowed, bool done, struct slat_permitted *out)
{
  uint64_t table = c->stage2_table;
  unsigned level = 4;

  if (c->stage2 != SLAT_STAGE2_NPT && !(c->stage2 == SLAT_STAGE2_EPT && c->ept_ad))
    return;
  /*@ loop invariant level: 1 <= level <= 4;
      loop invariant table: table <= 0xFFFFFFFFFF000;
      loop invariant count: out->updates <= SLAT_MAX_UPDATES;
      loop assigns level, table, out->update[0 .. SLAT_MAX_UPDATES - 1], out->updates;
      loop variant level;
  */
  for (;;) {
    struct slat_update u = { .spa = slat_entry_address(table, gpa, level), .stage = 2, .level = (uint8_t)level };
    u.entry = slat_memory_read(m, u.spa);
    u.step = (uint8_t)step;
    const struct slat_entry k = stage2_entry(c, u.entry, level);
    if (k.kind != SLAT_ENTRY_TABLE && k.kind != SLAT_ENTRY_PAGE)
      return;
    u.may = slat_stage2_flags(c, u.entry, k.kind == SLAT_ENTRY_PAGE, write && allowed);
    u.must = SLAT_RULE(FLAGS_MUST_IF_DONE, done) ? u.may : 0;
    add_update(out, u);
    if (k.kind == SLAT_ENTRY_PAGE || level == 1)
      return;
    table = slat_table_of(u.entry);
    level--;
  }
}

/* Updates due to one step: in stage 2 to translate the GPA of the entry, then in the entry itself. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a) && \valid_read(s);
    requires writable: \valid(out) && out->updates <= SLAT_MAX_UPDATES;
    requires separated: \separated(out, m) && \separated(out, c) && \separated(out, a) && \separated(out, s);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && c->stage2_table <= 0xFFFFFFFFFF000;
    requires step: s->reached != 0 ==> s->stage2.end == SLAT_S2_PAGE;
    requires level_range: 1 <= level <= 4;
    terminates \true;
    assigns out->update[0 .. SLAT_MAX_UPDATES - 1], out->updates;
    ensures count: out->updates <= SLAT_MAX_UPDATES;
*/
static void add_step(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                     const struct slat_step *s, unsigned level, bool allowed, bool done, struct slat_permitted *out)
{
  if (s->stage2.end != SLAT_S2_WIDTH)
    add_stage2(m, c, s->gpa, level, SLAT_RULE(STAGE2_TABLE_DIRTY, 1), s->reached, done, out);
  if (used(s)) {
    struct slat_update u = slat_guest_update(c, s, a, allowed);
    u.must = SLAT_RULE(FLAGS_MUST_IF_DONE, done) ? u.must : 0;
    u.stage = 1;
    u.level = (uint8_t)level;
    u.step = (uint8_t)level;
    add_update(out, u);
  }
}

/* Did the walk give a final GPA that stage 2 can translate?  Also where the guest's rights deny the access, since a
   processor may have translated it before (ERRATA E20). */
/*@ requires readable: \valid_read(w);
    requires end: 1 <= w->end <= 5;
    terminates \true;
    assigns \nothing;
    ensures leaf: \result != 0 && w->end <= 4 ==> w->end <= 3;
*/
static bool has_final(const struct slat_walk *w)
{
  if (w->final.end == SLAT_S2_WIDTH || w->outcome.kind == SLAT_NON_CANONICAL)
    return false;
  return w->end == 5 || (w->end <= 3 && w->step[w->end].reached && w->step[w->end].entry.kind == SLAT_ENTRY_PAGE);
}

/*@ requires readable: \valid_read(a) && \valid_read(w);
    requires end: 1 <= w->end <= 3 || w->end == 5;
    terminates \true;
    assigns \nothing;
*/
static uint64_t final_gpa(const struct slat_access *a, const struct slat_walk *w)
{
  return w->end == 5 ? a->linear : slat_leaf_address(w->step[w->end].value, a->linear, w->end);
}

void slat_permitted_updates(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                            const struct slat_walk *w, bool done, struct slat_permitted *out)
{
  const unsigned end = w->end;
  const bool allowed = made(w);
  const bool translated = w->outcome.kind == SLAT_TRANSLATED;
  const bool write = a->kind == SLAT_WRITE;
  const bool final = has_final(w);
  const uint64_t gpa = final ? final_gpa(a, w) : 0;

  out->updates = 0;
  if (end <= 4)
    add_step(m, c, a, &w->step[4], 4, allowed, done, out);
  if (end <= 3)
    add_step(m, c, a, &w->step[3], 3, allowed, done, out);
  if (end <= 2)
    add_step(m, c, a, &w->step[2], 2, allowed, done, out);
  if (end <= 1)
    add_step(m, c, a, &w->step[1], 1, allowed, done, out);
  if (final)
    add_stage2(m, c, gpa, 0, write, translated, done, out);
}

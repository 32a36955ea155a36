/* SPDX-License-Identifier: BSD-2-Clause */
/* Values go in and come out by value: so the proofs need no word about which of them overlap in memory. */
#include "permitted.h"
#include "rule.h"

/* A walk ends in one of its steps.  Each is named, since a number that is not known takes a copy of the whole walk. */
/*@ terminates \true;
    assigns \nothing;
    ensures page: \result != 0 <==> s.reached != 0 && s.entry.kind == SLAT_ENTRY_PAGE;
*/
SLAT_INLINE bool page_at(struct slat_step s)
{
  return s.reached && s.entry.kind == SLAT_ENTRY_PAGE;
}

/*@ requires walk: walk_sound(w);
    terminates \true;
    assigns \nothing;
    ensures made: \result != 0 <==> access_made(w);
*/
SLAT_INLINE bool made(struct slat_walk w)
{
  const bool page = (w.end == 4 && page_at(w.step[4])) || (w.end == 3 && page_at(w.step[3])) ||
                    (w.end == 2 && page_at(w.step[2])) || (w.end == 1 && page_at(w.step[1]));

  return page && w.outcome.kind != SLAT_PAGE_FAULT;
}

/*@ terminates \true;
    assigns \nothing;
    ensures used: \result != 0 <==> step_used(s);
*/
SLAT_INLINE bool used(struct slat_step s)
{
  return s.reached && (s.entry.kind == SLAT_ENTRY_TABLE || s.entry.kind == SLAT_ENTRY_PAGE);
}

/* Does setting a flag in the entry of a step end in an EPT violation?  0 no, 1 it may, 2 it must if the access is done.
   `visited`: the walk came to this step. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires step: visited != 0 && s.reached != 0 ==> s.stage2.end == SLAT_S2_PAGE;
    terminates \true;
    assigns \nothing;
    ensures may: \result >= 1 <==> visited != 0 && step_used(s) && update_faults(c, s, a, (boolean)allowed);
    ensures must: \result == 2 <==> visited != 0 && step_used(s) && update_must_fault(c, s, a, (boolean)allowed);
    ensures range: 0 <= \result <= 2;
*/
SLAT_INLINE unsigned update_fault(const struct slat_controls *c, const struct slat_access *a, struct slat_step s,
                                  bool visited, bool allowed)
{
  return visited && used(s) ? slat_update_fault(c, s, a, allowed) : 0;
}

/* The outcome in the slot of a level. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    terminates \true;
    assigns \nothing;
    ensures slot: \result.kind != SLAT_NO_OUTCOME <==> fault >= 1;
    ensures fault: fault >= 1 ==>
      stage2_fault_is(\result, c, s.stage2, SLAT_USE_FLAGS, s.gpa, a->linear, 0, 0, 0);
*/
SLAT_INLINE struct slat_outcome update_outcome(const struct slat_controls *c, const struct slat_access *a,
                                               struct slat_step s, unsigned fault)
{
  if (fault == 0)
    return (struct slat_outcome){ .kind = SLAT_NO_OUTCOME };
  return slat_stage2_fault(c, &s.stage2, SLAT_USE_FLAGS, SLAT_RULE_EPT_FLAGS_VIOLATION, s.gpa, a->linear, 0, 0, 0);
}

struct slat_outcomes slat_permitted_outcomes(const struct slat_controls *c, const struct slat_access *a,
                                             const struct slat_walk *walk)
{
  const struct slat_walk w = *walk; /* by value for the proofs */
  const bool allowed = made(w);
  const unsigned f5 = update_fault(c, a, w.step[5], w.begin >= 5 && w.end <= 5, allowed);
  const unsigned f4 = update_fault(c, a, w.step[4], w.begin >= 4 && w.end <= 4, allowed);
  const unsigned f3 = update_fault(c, a, w.step[3], w.begin >= 3 && w.end <= 3, allowed);
  const unsigned f2 = update_fault(c, a, w.step[2], w.end <= 2, allowed);
  const unsigned f1 = update_fault(c, a, w.step[1], w.end <= 1, allowed);
  //@ assert made: (boolean)allowed == access_made(w);
  //@ assert visited5: visited(w, 5) <==> w.begin >= 5 && w.end <= 5;
  //@ assert visited4: visited(w, 4) <==> w.begin >= 4 && w.end <= 4;
  //@ assert visited3: visited(w, 3) <==> w.begin >= 3 && w.end <= 3;
  //@ assert visited2: visited(w, 2) <==> w.end <= 2;
  //@ assert visited1: visited(w, 1) <==> w.end <= 1;
  //@ assert may5: f5 >= 1 <==> faults_at(c, a, w, 5);
  //@ assert must5: f5 == 2 <==> must_fault_at(c, a, w, 5);
  //@ assert may4: f4 >= 1 <==> faults_at(c, a, w, 4);
  //@ assert must4: f4 == 2 <==> must_fault_at(c, a, w, 4);
  //@ assert may3: f3 >= 1 <==> faults_at(c, a, w, 3);
  //@ assert must3: f3 == 2 <==> must_fault_at(c, a, w, 3);
  //@ assert may2: f2 >= 1 <==> faults_at(c, a, w, 2);
  //@ assert must2: f2 == 2 <==> must_fault_at(c, a, w, 2);
  //@ assert may1: f1 >= 1 <==> faults_at(c, a, w, 1);
  //@ assert must1: f1 == 2 <==> must_fault_at(c, a, w, 1);
  const bool required = f5 == 2 || f4 == 2 || f3 == 2 || f2 == 2 || f1 == 2;
  struct slat_outcome ended = w.outcome;

  /* Nearly always: the five empty slots, without their copies. */
  if (f5 == 0 && f4 == 0 && f3 == 0 && f2 == 0 && f1 == 0)
    return (struct slat_outcomes){ { ended } };
  if (SLAT_RULE(FLAGS_BEFORE_ACCESS, w.outcome.kind == SLAT_TRANSLATED && required))
    ended.kind = SLAT_NO_OUTCOME;
  const struct slat_outcome o1 = update_outcome(c, a, w.step[1], f1), o2 = update_outcome(c, a, w.step[2], f2),
                            o3 = update_outcome(c, a, w.step[3], f3), o4 = update_outcome(c, a, w.step[4], f4),
                            o5 = update_outcome(c, a, w.step[5], f5);
  return (struct slat_outcomes){ { ended, o1, o2, o3, o4, o5 } };
}

/*@ terminates \true;
    assigns \nothing;
    ensures none: no_update(\result);
*/
SLAT_INLINE struct slat_update no_update(void)
{
  return (struct slat_update){ .may = 0, .must = 0 };
}

/* The update of one stage-2 entry that the walk used: a page's, or a table's. */
/*@ requires readable: \valid_read(c);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires level_range: 1 <= level <= 5;
    terminates \true;
    assigns \nothing;
    ensures may: \result.may == stage2_flags(c, e, (boolean)leaf, (boolean)write);
    ensures FLAGS_MUST_IF_DONE: \result.must == (done != 0 ? \result.may : 0);
    ensures word: \result.spa == spa && \result.entry == e && \result.stage == 2 && \result.level == level;
*/
SLAT_INLINE struct slat_update stage2_update(const struct slat_controls *c, uint64_t spa, uint64_t e, bool leaf,
                                             unsigned level, unsigned step, bool write, bool done)
{
  const uint16_t may = slat_stage2_flags(c, e, leaf, write);

  return (struct slat_update){ .spa = spa,
                               .entry = e,
                               .may = may,
                               .must = SLAT_RULE(FLAGS_MUST_IF_DONE, done) ? may : 0,
                               .stage = 2,
                               .level = (uint8_t)level,
                               .step = (uint8_t)step };
}

/* One level of the stage-2 walk of a GPA: the update of its entry, and the table that it references, if it does. */
struct level_update {
  struct slat_update update;
  uint64_t table;
};

/* `s` is the walk: it says what the entry is, without another look at its reserved bits. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires stage2: c->stage2 != SLAT_STAGE2_NONE && c->stage2 <= SLAT_STAGE2_NPT && stage2_has_flags(c);
    requires level_range: 1 <= level <= 5;
    requires table_range: table <= 0xFFFFFFFFFF000 && !stage2_too_wide(c, gpa);
    requires exists: level == 5 ==> c->stage2_5level != 0;
    requires path: long_path_is(s, m, c, gpa) && !legacy_host(c);
    requires table: s.level <= level ==> table == path_table(m, c, gpa, level);
    terminates \true;
    assigns \nothing;
    ensures update: stage2_update_is(\result.update, m, c, gpa, level, (boolean)write, (boolean)done);
    ensures range: \result.table <= 0xFFFFFFFFFF000;
    ensures next: level > 1 && s.level < level ==> \result.table == path_table(m, c, gpa, level - 1);
*/
SLAT_INLINE struct level_update level_update(const struct slat_memory *m, const struct slat_controls *c,
                                             struct slat_stage2 s, uint64_t gpa, uint64_t table, unsigned level,
                                             unsigned step, bool write, bool done)
{
  const bool leaf = s.level == level && s.end == SLAT_S2_PAGE;
  //@ assert comes: s2_comes_to(m, c, gpa, level) <==> s.level <= level;
  if (s.level > level || (s.level == level && !leaf))
    return (struct level_update){ .update = no_update(), .table = 0 };
  const uint64_t spa = slat_entry_address(table, gpa, level);
  //@ assert spa: spa == path_address(m, c, gpa, level);
  const uint64_t e = slat_memory_read(m, spa);
  //@ assert e5: level == 5 ==> e == path_e5(m, c, gpa);
  //@ assert e4: level == 4 ==> e == path_e4(m, c, gpa);
  //@ assert e3: level == 3 ==> e == path_e3(m, c, gpa);
  //@ assert e2: level == 2 ==> e == path_e2(m, c, gpa);
  //@ assert e1: level == 1 ==> e == path_e1(m, c, gpa);
  //@ assert e: e == path_entry(m, c, gpa, level);
  return (struct level_update){ .update = stage2_update(c, spa, e, leaf, level, step, write, done),
                                .table = slat_table_of(e) };
}

/* The same under a host in PAE or 32-bit paging: of a PDPTE, which has no flags, and below. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires stage2: legacy_host(c) && !npt_too_wide(c, gpa);
    requires level_range: 1 <= level <= 3;
    requires table_range: table <= 0xFFFFFFFFFF000;
    requires path: host_path_is(s, m, c, gpa);
    requires table: s.level <= level && level <= host_begin(c) ==> table == host_table(m, c, gpa, level);
    terminates \true;
    assigns \nothing;
    ensures update: stage2_update_is(\result.update, m, c, gpa, level, (boolean)write, (boolean)done);
    ensures range: \result.table <= 0xFFFFFFFFFF000;
    ensures next: level > 1 && s.level < level && level <= host_begin(c) ==> \result.table == host_table(m, c, gpa, level - 1);
*/
static struct level_update host_level_update(const struct slat_memory *m, const struct slat_controls *c,
                                             struct slat_stage2 s, uint64_t gpa, uint64_t table, unsigned level,
                                             unsigned step, bool write, bool done)
{
  const bool leaf = s.level == level && s.end == SLAT_S2_PAGE;
  const unsigned begin = c->nested.mode == SLAT_PAGING_PAE ? 3 : 2;

  //@ assert comes: host_comes_to(m, c, gpa, level) <==> s.level <= level && level <= host_begin(c);
  if (level > begin || s.level > level || (s.level == level && !leaf))
    return (struct level_update){ .update = no_update(), .table = 0 };
  const uint64_t spa = slat_host_entry_address(c, table, gpa, level);
  const uint64_t e = slat_host_entry(m, c, spa);
  //@ assert e: e == host_e(m, c, gpa, level);
  if (level == 3) /* a PDPTE */
    return (struct level_update){ .update = no_update(), .table = slat_table_of(e) };
  return (struct level_update){ .update = stage2_update(c, spa, e, leaf, level, step, write, done),
                                .table = slat_table_of(e) };
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires stage2: legacy_host(c) && c->stage2_table <= 0xFFFFFFFFFF000;
    requires path: host_path_is(s, m, c, gpa);
    terminates \true;
    assigns \nothing;
    ensures gpa: gpa_updates_are(\result.of[5], \result.of[4], \result.of[3], \result.of[2], \result.of[1], m, c, gpa, (boolean)write,
      (boolean)done);
    ensures guest: no_update(\result.of[0]);
*/
static struct slat_update_row host_updates(const struct slat_memory *m, const struct slat_controls *c,
                                           struct slat_stage2 s, uint64_t gpa, unsigned step, bool write, bool done)
{
  const struct slat_update none = no_update();

  if (gpa >= 0x100000000) /* no entry is read */
    return (struct slat_update_row){ { none, none, none, none, none, none } };
  const struct level_update l3 = host_level_update(m, c, s, gpa, c->stage2_table, 3, step, write, done);
  const uint64_t pd = c->nested.mode == SLAT_PAGING_PAE ? l3.table : c->stage2_table;
  const struct level_update l2 = host_level_update(m, c, s, gpa, pd, 2, step, write, done);
  const struct level_update l1 = host_level_update(m, c, s, gpa, l2.table, 1, step, write, done);
  return (struct slat_update_row){ { none, l1.update, l2.update, none, none, none } };
}

/* The updates of the stage-2 entries that translate one GPA, of which `s` is the walk.
   `write`: stage 2 treats the access as a write, and does not deny it; `done`: the whole access is done. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && c->stage2_table <= 0xFFFFFFFFFF000;
    requires path: path_is(s, m, c, gpa);
    terminates \true;
    assigns \nothing;
    ensures gpa: gpa_updates_are(\result.of[5], \result.of[4], \result.of[3], \result.of[2], \result.of[1], m, c, gpa, (boolean)write,
      (boolean)done);
    ensures guest: no_update(\result.of[0]);
*/
SLAT_INLINE struct slat_update_row gpa_updates(const struct slat_memory *m, const struct slat_controls *c,
                                               struct slat_stage2 s, uint64_t gpa, unsigned step, bool write, bool done)
{
  const struct slat_update none = no_update();

  if (c->stage2 == SLAT_STAGE2_NPT && c->nested.mode != SLAT_PAGING_LONG)
    return host_updates(m, c, s, gpa, step, write, done);
  /* Too wide a GPA: no entry is read. */
  if ((!c->stage2_5level && gpa >= 0x1000000000000) ||
      (c->stage2 != SLAT_STAGE2_NPT && !(c->stage2 == SLAT_STAGE2_EPT && c->ept_ad)))
    return (struct slat_update_row){ { none, none, none, none, none, none } };
  struct level_update l5 = { .update = none, .table = c->stage2_table };
  if (c->stage2_5level)
    l5 = level_update(m, c, s, gpa, c->stage2_table, 5, step, write, done);
  //@ assert pml4: s.level <= 4 ==> l5.table == path_table(m, c, gpa, 4);
  //@ assert l5: stage2_update_is(l5.update, m, c, gpa, 5, (boolean)write, (boolean)done);
  const struct level_update l4 = level_update(m, c, s, gpa, l5.table, 4, step, write, done);
  const struct level_update l3 = level_update(m, c, s, gpa, l4.table, 3, step, write, done);
  const struct level_update l2 = level_update(m, c, s, gpa, l3.table, 2, step, write, done);
  const struct level_update l1 = level_update(m, c, s, gpa, l2.table, 1, step, write, done);
  return (struct slat_update_row){ { none, l1.update, l2.update, l3.update, l4.update, l5.update } };
}

struct slat_update_row slat_step_updates(const struct slat_memory *m, const struct slat_controls *c,
                                         const struct slat_access *a, struct slat_step s, unsigned level, bool allowed,
                                         bool done)
{
  /* STAGE2_TABLE_DIRTY: an access to a guest's table is a write for the flags of stage 2, if it is allowed at all. */
  struct slat_update_row row = gpa_updates(m, c, s.stage2, s.gpa, level, SLAT_RULE(STAGE2_TABLE_DIRTY, s.reached),
                                           done);

  if (used(s)) {
    struct slat_update u = slat_guest_update(c, s, a, allowed);
    u.must = SLAT_RULE(FLAGS_MUST_IF_DONE, done) ? u.must : 0;
    u.stage = 1;
    u.level = (uint8_t)level;
    u.step = (uint8_t)level;
    row.of[0] = u;
  }
  return row;
}

bool slat_finds_final(struct slat_walk w)
{
  if (w.outcome.kind == SLAT_NON_CANONICAL)
    return false;
  return (w.end == 6 && w.outcome.kind != SLAT_PAGE_FAULT) || (w.end == 3 && page_at(w.step[3])) ||
         (w.end == 2 && page_at(w.step[2])) || (w.end == 1 && page_at(w.step[1]));
}

uint64_t slat_gpa_of_final(const struct slat_controls *c, const struct slat_access *a, struct slat_walk w)
{
  if (w.end == 6)
    return a->linear;
  if (w.end == 3)
    return slat_guest_leaf(c, w.step[3].value, a->linear, 3);
  if (w.end == 2)
    return slat_guest_leaf(c, w.step[2].value, a->linear, 2);
  return slat_guest_leaf(c, w.step[1].value, a->linear, 1);
}

struct slat_update_row slat_final_updates(const struct slat_memory *m, const struct slat_controls *c,
                                          const struct slat_access *a, const struct slat_walk *walk, bool done)
{
  const struct slat_walk w = *walk; /* by value for the proofs */
  const struct slat_update none = no_update();
  const bool write = a->kind == SLAT_WRITE && w.outcome.kind == SLAT_TRANSLATED;

  //@ assert is_write: write != 0 ==> final_write(a, w);
  //@ assert is_none: write == 0 ==> !final_write(a, w);
  //@ assert write: (boolean)write == final_write(a, w);
  if (!slat_finds_final(w))
    return (struct slat_update_row){ { none, none, none, none, none, none } };
  const uint64_t gpa = slat_gpa_of_final(c, a, w);
  if (w.outcome.kind == SLAT_PAGE_FAULT) /* denied by the guest: the walk did not take this GPA through stage 2 */
    return gpa_updates(m, c, slat_stage2_walk(m, c, gpa), gpa, 0, write, done);
  return gpa_updates(m, c, w.final, gpa, 0, write, done);
}

/* The updates of a step that the walk may not have come to. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && c->stage2_table <= 0xFFFFFFFFFF000;
    requires step: visited != 0 && s.reached != 0 ==> s.stage2.end == SLAT_S2_PAGE;
    requires path: visited != 0 ==> path_is(s.stage2, m, c, s.gpa);
    requires level_range: 1 <= level <= 5;
    terminates \true;
    assigns \nothing;
    ensures visited: visited != 0 ==> step_updates_are(\result.of[5], \result.of[4], \result.of[3], \result.of[2], \result.of[1],
      \result.of[0], m, c, a, s, level, (boolean)allowed, (boolean)done);
    ensures not_visited: visited == 0 ==>
      no_updates(\result.of[5], \result.of[4], \result.of[3], \result.of[2], \result.of[1], \result.of[0]);
*/
SLAT_INLINE struct slat_update_row updates_if(bool visited, const struct slat_memory *m, const struct slat_controls *c,
                                              const struct slat_access *a, struct slat_step s, unsigned level,
                                              bool allowed, bool done)
{
  const struct slat_update none = no_update();

  if (!visited)
    return (struct slat_update_row){ { none, none, none, none, none, none } };
  return slat_step_updates(m, c, a, s, level, allowed, done);
}

struct slat_permitted slat_permitted_set(const struct slat_memory *m, const struct slat_controls *c,
                                         const struct slat_access *a, const struct slat_walk *walk)
{
  const struct slat_walk w = *walk; /* by value for the proofs */
  //@ assert visited5: visited(w, 5) <==> w.begin >= 5 && w.end <= 5;
  //@ assert visited4: visited(w, 4) <==> w.begin >= 4 && w.end <= 4;
  //@ assert visited3: visited(w, 3) <==> w.begin >= 3 && w.end <= 3;
  const struct slat_outcomes set = slat_permitted_outcomes(c, a, walk);
  const bool allowed = made(w);
  const bool done = w.outcome.kind == SLAT_TRANSLATED && set.outcome[0].kind != SLAT_NO_OUTCOME;
  const struct slat_update_row r5 = updates_if(w.begin >= 5 && w.end <= 5, m, c, a, w.step[5], 5, allowed, done);
  const struct slat_update_row r4 = updates_if(w.begin >= 4 && w.end <= 4, m, c, a, w.step[4], 4, allowed, done);
  const struct slat_update_row r3 = updates_if(w.begin >= 3 && w.end <= 3, m, c, a, w.step[3], 3, allowed, done);
  const struct slat_update_row r2 = updates_if(w.end <= 2, m, c, a, w.step[2], 2, allowed, done);
  const struct slat_update_row r1 = updates_if(w.end <= 1, m, c, a, w.step[1], 1, allowed, done);
  const struct slat_update_row r0 = slat_final_updates(m, c, a, walk, done);

  //@ assert allowed: (boolean)allowed == access_made(w);
  const struct slat_permitted p = {
    .outcome = { set.outcome[0], set.outcome[1], set.outcome[2], set.outcome[3], set.outcome[4], set.outcome[5] },
    .update = { r4.of[4], r4.of[3], r4.of[2], r4.of[1], r4.of[0], r3.of[4], r3.of[3], r3.of[2], r3.of[1],
                r3.of[0], r2.of[4], r2.of[3], r2.of[2], r2.of[1], r2.of[0], r1.of[4], r1.of[3], r1.of[2],
                r1.of[1], r1.of[0], r0.of[4], r0.of[3], r0.of[2], r0.of[1], r5.of[4], r5.of[3], r5.of[2],
                r5.of[1], r5.of[0], r0.of[5], r1.of[5], r2.of[5], r3.of[5], r4.of[5], r5.of[5] },
  };
  //@ assert done: (boolean)done == set_done(p, w);
  //@ assert row4: visited(w, 4) ==> step_updates_are(p.update[33], p.update[0], p.update[1], p.update[2], p.update[3], p.update[4], m, c, a, w.step[4], 4, access_made(w), set_done(p, w));
  //@ assert no_row4: !visited(w, 4) ==> no_updates(p.update[33], p.update[0], p.update[1], p.update[2], p.update[3], p.update[4]);
  //@ assert step5: updates5_are(p, m, c, a, w);
  //@ assert step4: updates4_are(p, m, c, a, w);
  //@ assert step3: updates3_are(p, m, c, a, w);
  //@ assert step2: updates2_are(p, m, c, a, w);
  //@ assert step1: updates1_are(p, m, c, a, w);
  return p;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 40: the set of permitted outcomes of an access on a processor with nothing cached, and of its updates. */
#ifndef SLAT_PERMITTED_H
#define SLAT_PERMITTED_H
#include "ept_entry.h"
#include "flags.h"
#include "machine.h"
#include "walk.h"
#include "host_table.h"
#include "../../spec/logic/path.acsl"
#include "../../spec/logic/host_path.acsl"
#include "../../spec/logic/stage2_entry.acsl"
#include "../../spec/logic/updates.acsl"
#include "pml.h"
#include "../../spec/logic/permitted.acsl"

/* The outcomes of a set, by value: as slat_permitted.outcome, but for that of page-modification logging. */
struct slat_outcomes {
  struct slat_outcome outcome[6];
};

/* The updates that belong to one step, by value: of[L] for the stage-2 entry of level L = 5..1, of[0] for the guest entry. */
struct slat_update_row {
  struct slat_update of[6];
};

/** From a walk to the set of outcomes.  See ERRATA.md, E1 for the order that the manual leaves open. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires walk: \valid_read(walk) && walk_sound(*walk);
    terminates \true;
    assigns \nothing;
    ensures FLAGS_BEFORE_ACCESS: \result.outcome[0].kind == SLAT_NO_OUTCOME <==> not_before_flags(c, a, *walk);
    ensures walk: !not_before_flags(c, a, *walk) ==> \result.outcome[0] == walk->outcome;
    ensures level5: flag_outcome_is(\result.outcome[5], c, a, *walk, 5);
    ensures level4: flag_outcome_is(\result.outcome[4], c, a, *walk, 4);
    ensures level3: flag_outcome_is(\result.outcome[3], c, a, *walk, 3);
    ensures level2: flag_outcome_is(\result.outcome[2], c, a, *walk, 2);
    ensures level1: flag_outcome_is(\result.outcome[1], c, a, *walk, 1);
*/
struct slat_outcomes slat_permitted_outcomes(const struct slat_controls *c, const struct slat_access *a,
                                             const struct slat_walk *walk);

/** From one step of a walk to its updates of accessed and dirty flags, in both stages.
 *  @param level    of the guest entry, 5..1
 *  @param allowed  the guest's rights allow the access
 *  @param done     the set permits the access to be done */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && c->stage2_table <= 0xFFFFFFFFFF000;
    requires step: s.reached != 0 ==> s.stage2.end == SLAT_S2_PAGE;
    requires path: path_is(s.stage2, m, c, s.gpa);
    requires level_range: 1 <= level <= 5;
    terminates \true;
    assigns \nothing;
    ensures FLAGS_MUST_IF_DONE: done == 0 ==> \result.of[0].must == 0 && \result.of[1].must == 0 &&
      \result.of[2].must == 0 && \result.of[3].must == 0 && \result.of[4].must == 0 && \result.of[5].must == 0;
    ensures STAGE2_TABLE_DIRTY: \result.of[1].may == s2_may(m, c, s.gpa, 1, (boolean)s.reached);
    ensures row: step_updates_are(\result.of[5], \result.of[4], \result.of[3], \result.of[2], \result.of[1], \result.of[0], m, c, a, s,
      level, (boolean)allowed, (boolean)done);
*/
struct slat_update_row slat_step_updates(const struct slat_memory *m, const struct slat_controls *c,
                                         const struct slat_access *a, struct slat_step s, unsigned level, bool allowed,
                                         bool done);

/** Does a walk come to a final GPA, and which is it? */
/*@ requires walk: walk_sound(w);
    terminates \true;
    assigns \nothing;
    ensures final: \result != 0 <==> has_final(w);
*/
bool slat_finds_final(struct slat_walk w);
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires walk: walk_sound(w) && has_final(w);
    terminates \true;
    assigns \nothing;
    ensures gpa: \result == final_gpa(c, a, w);
    ensures range: w.end == 6 || \result <= 0xFFFFFFFFFFFFF;
*/
uint64_t slat_gpa_of_final(const struct slat_controls *c, const struct slat_access *a, struct slat_walk w);

/** The updates of the final access, in stage 2: where the walk gave a GPA that stage 2 can translate.  Also where the guest's
 *  rights deny the access, since a processor may have translated it before (ERRATA E20). */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && c->stage2_table <= 0xFFFFFFFFFF000;
    requires walk: \valid_read(walk) && walk_sound(*walk);
    requires path: final_path_is(*walk, m, c, a) && (walk->end == 6 ==> a->linear <= 0xFFFFFFFFFFFFF || !has_final(*walk));
    terminates \true;
    assigns \nothing;
    ensures row: final_updates_are(\result.of[5], \result.of[4], \result.of[3], \result.of[2], \result.of[1], m, c, a, *walk, (boolean)done);
*/
struct slat_update_row slat_final_updates(const struct slat_memory *m, const struct slat_controls *c,
                                          const struct slat_access *a, const struct slat_walk *walk, bool done);

/** The whole set of a walk, by value. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && c->stage2_table <= 0xFFFFFFFFFF000;
    requires walk: \valid_read(walk) && walk_sound(*walk);
    requires paths: paths_are(*walk, m, c, a) && (walk->end == 6 ==> a->linear <= 0xFFFFFFFFFFFFF || !has_final(*walk));
    terminates \true;
    assigns \nothing;
    ensures outcomes: outcomes_are(\result, c, a, *walk);
    ensures step5: updates5_are(\result, m, c, a, *walk);
    ensures step4: updates4_are(\result, m, c, a, *walk);
    ensures step3: updates3_are(\result, m, c, a, *walk);
    ensures step2: updates2_are(\result, m, c, a, *walk);
    ensures step1: updates1_are(\result, m, c, a, *walk);
    ensures final: updates0_are(\result, m, c, a, *walk);
    ensures set: set_is(\result, m, c, a, *walk);
*/
struct slat_permitted slat_permitted_set(const struct slat_memory *m, const struct slat_controls *c,
                                         const struct slat_access *a, const struct slat_walk *walk);
#endif

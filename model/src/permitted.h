/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 40: the set of permitted outcomes of an access on a processor with nothing cached. */
#ifndef SLAT_PERMITTED_H
#define SLAT_PERMITTED_H
#include "ept_entry.h"
#include "flags.h"
#include "machine.h"
#include "walk.h"

/*@
  // The guest's rights allowed the access: the walk came to the final access.
  logic boolean access_made(struct slat_walk *w) =
    w->end <= 4 && w->step[w->end].reached != 0 && w->step[w->end].entry.kind == SLAT_ENTRY_PAGE &&
    w->outcome.kind != SLAT_PAGE_FAULT;

  // The update of a flag in the guest entry of a level ends in an EPT violation; it must if the access is to be done.
  logic boolean faults_at(struct slat_controls *c, struct slat_access *a, struct slat_walk *w, integer level) =
    w->end <= level && step_used(&w->step[level]) && update_faults(c, &w->step[level], a, access_made(w));
  logic boolean must_fault_at(struct slat_controls *c, struct slat_access *a, struct slat_walk *w, integer level) =
    w->end <= level && step_used(&w->step[level]) && update_must_fault(c, &w->step[level], a, access_made(w));
*/

/* The outcomes of a set, by value: as slat_permitted.outcome. */
struct slat_outcomes {
  struct slat_outcome outcome[SLAT_MAX_OUTCOMES];
};

/** From a walk to the set of outcomes.  See ERRATA.md, E1 for the order that the manual leaves open. */
/*@ requires readable: \valid_read(c) && \valid_read(a) && \valid_read(w);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires end: 1 <= w->end <= 5;
    requires ended: w->outcome.kind != SLAT_NO_OUTCOME;
    requires steps: \forall integer l; w->end <= l <= 4 && w->step[l].reached != 0 ==> w->step[l].stage2.end == SLAT_S2_PAGE;
    terminates \true;
    assigns \nothing;
    ensures FLAGS_BEFORE_ACCESS: \result.outcome[0].kind == SLAT_NO_OUTCOME <==>
      w->outcome.kind == SLAT_TRANSLATED && (must_fault_at(c, a, w, 4) || must_fault_at(c, a, w, 3) ||
      must_fault_at(c, a, w, 2) || must_fault_at(c, a, w, 1));
    ensures walk: \result.outcome[0].kind != SLAT_NO_OUTCOME ==> \result.outcome[0] == w->outcome;
    ensures level4: \result.outcome[4].kind != SLAT_NO_OUTCOME <==> faults_at(c, a, w, 4);
    ensures fault4: faults_at(c, a, w, 4) ==> stage2_fault_is(\result.outcome[4], c, w->step[4].stage2, SLAT_USE_FLAGS,
      w->step[4].gpa, a->linear, 0, 0, 0);
    ensures level3: \result.outcome[3].kind != SLAT_NO_OUTCOME <==> faults_at(c, a, w, 3);
    ensures fault3: faults_at(c, a, w, 3) ==> stage2_fault_is(\result.outcome[3], c, w->step[3].stage2, SLAT_USE_FLAGS,
      w->step[3].gpa, a->linear, 0, 0, 0);
    ensures level2: \result.outcome[2].kind != SLAT_NO_OUTCOME <==> faults_at(c, a, w, 2);
    ensures fault2: faults_at(c, a, w, 2) ==> stage2_fault_is(\result.outcome[2], c, w->step[2].stage2, SLAT_USE_FLAGS,
      w->step[2].gpa, a->linear, 0, 0, 0);
    ensures level1: \result.outcome[1].kind != SLAT_NO_OUTCOME <==> faults_at(c, a, w, 1);
    ensures fault1: faults_at(c, a, w, 1) ==> stage2_fault_is(\result.outcome[1], c, w->step[1].stage2, SLAT_USE_FLAGS,
      w->step[1].gpa, a->linear, 0, 0, 0);
*/
struct slat_outcomes slat_permitted_outcomes(const struct slat_controls *c, const struct slat_access *a,
                                             const struct slat_walk *w);

/** From a walk to the updates of accessed and dirty flags, in both stages.
 *  @param done  the set permits the access to be done */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a) && \valid_read(w);
    requires writable: \valid(out);
    requires separated: \separated(out, m) && \separated(out, c) && \separated(out, a) && \separated(out, w);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && c->stage2_table <= 0xFFFFFFFFFF000;
    requires end: 1 <= w->end <= 5;
    requires steps: \forall integer l; w->end <= l <= 4 && w->step[l].reached != 0 ==> w->step[l].stage2.end == SLAT_S2_PAGE;
    terminates \true;
    assigns out->update[0 .. SLAT_MAX_UPDATES - 1], out->updates;
    ensures count: out->updates <= SLAT_MAX_UPDATES;
*/
void slat_permitted_updates(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                            const struct slat_walk *w, bool done, struct slat_permitted *out);

/*@ requires machine: \valid_read(machine);
    requires sound: cpu < SLAT_MAX_CPUS ==> cpu_sound(&machine->cpu[cpu]);
    requires readable: \valid_read(memory) && \valid_read(access);
    requires writable: \valid(out);
    requires separated: \separated(out, machine) && \separated(out, memory) && \separated(out, access);
    terminates \true;
    assigns *out;
    ensures cpu: \result == SLAT_OK ==> cpu < SLAT_MAX_CPUS && \old(machine->cpu[cpu].status) == SLAT_OK;
*/
enum slat_status slat_permitted(const struct slat_machine *machine, unsigned cpu, const struct slat_memory *memory,
                                const struct slat_access *access, struct slat_permitted *out);
#endif

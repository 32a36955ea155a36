/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 40: the two-dimensional walk.  Proved for every stage 2 (SLAT_ANY_STAGE2). */
#ifndef SLAT_WALK_H
#define SLAT_WALK_H
#include "fault.h"

/*@ requires readable: \valid_read(memory) && \valid_read(controls) && \valid_read(access);
    requires tables: controls->stage2_table <= 0xFFFFFFFFFF000 && controls->guest_table <= 0xFFFFFFFFFF000;
    requires stage2: controls->stage2 <= SLAT_STAGE2_NPT;
    requires kind: access->kind <= SLAT_FETCH;
    requires linear: linear_32bit(controls) ==> access->linear <= 0xFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures LINEAR_NON_CANONICAL: controls->paging != 0 && !linear_canonical(controls, access->linear) ==>
      \result.outcome.kind == SLAT_NON_CANONICAL && \result.end == 6;
    ensures PAE_PDPTE_NOT_PRESENT: controls->paging != 0 && linear_canonical(controls, access->linear) &&
      pdpte_absent(controls, access->linear) ==>
      \result.end == 6 && page_fault_is(\result.outcome, controls, access, 0, 0, 0, 0);
    ensures PAGING_OFF: controls->paging == 0 ==> \result.end == 6 &&
      final_is(\result.outcome, \result.final, memory, controls, access, access->linear, 30, 1, 1, 0);
    ensures WALK_TRANSLATED: done_where_stage2_says(\result.outcome, memory, controls, access->linear);
    ensures range: 1 <= \result.end <= 6;
    ensures ended: \result.outcome.kind != SLAT_NO_OUTCOME;
    ensures sound: walk_sound(\result);
    behavior walks:
      assumes walks(controls, access->linear);
      ensures steps: walk_steps_are(\result, memory, controls, access);
      ensures WALK_RIGHTS_ALL_LEVELS: walk_end_is(\result, memory, controls, access);
*/
struct slat_walk slat_walk_linear(const struct slat_memory *memory, const struct slat_controls *controls,
                                  const struct slat_access *access);
#endif

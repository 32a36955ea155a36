/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 40: the two-dimensional walk.  Proved for every stage 2 (SLAT_ANY_STAGE2). */
#ifndef SLAT_WALK_H
#define SLAT_WALK_H
#include "fault.h"

/*@ requires readable: \valid_read(memory) && \valid_read(controls) && \valid_read(access);
    requires tables: controls->stage2_table <= 0xFFFFFFFFFF000 && controls->guest_table <= 0xFFFFFFFFFF000;
    requires stage2: controls->stage2 <= SLAT_STAGE2_NPT;
    requires kind: access->kind <= SLAT_FETCH;
    requires paging_off: controls->paging == 0 ==> access->linear <= 0xFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures LINEAR_NON_CANONICAL: controls->paging != 0 && !canonical(access->linear) ==>
      \result.outcome.kind == SLAT_NON_CANONICAL && \result.end == 5;
    ensures PAGING_OFF: controls->paging == 0 ==> \result.end == 5 &&
      final_is(\result.outcome, \result.final, memory, controls, access, access->linear, 30, 1, 1, 0);
    ensures WALK_TRANSLATED: done_where_stage2_says(\result.outcome, memory, controls, access->linear);
    ensures range: 1 <= \result.end <= 5;
    ensures ended: \result.outcome.kind != SLAT_NO_OUTCOME;
    ensures sound: walk_sound(\result);
    behavior walks:
      assumes controls->paging != 0 && canonical(access->linear);
      ensures end: \result.end == walk_level(memory, controls, access->linear);
      ensures step4: step_is(\result.step[4], memory, controls, guest_gpa4(controls, access->linear), 4);
      ensures step3: \result.end <= 3 ==>
        step_is(\result.step[3], memory, controls, guest_gpa3(memory, controls, access->linear), 3);
      ensures step2: \result.end <= 2 ==>
        step_is(\result.step[2], memory, controls, guest_gpa2(memory, controls, access->linear), 2);
      ensures step1: \result.end <= 1 ==>
        step_is(\result.step[1], memory, controls, guest_gpa1(memory, controls, access->linear), 1);
      ensures ending4: \result.end == 4 ==> ends_at(\result.outcome, \result.final, memory, controls, access,
        \result.step[4], 4);
      ensures ending3: \result.end == 3 ==> ends_at(\result.outcome, \result.final, memory, controls, access,
        \result.step[3], 3);
      ensures ending2: \result.end == 2 ==> ends_at(\result.outcome, \result.final, memory, controls, access,
        \result.step[2], 2);
      ensures WALK_RIGHTS_ALL_LEVELS: \result.end == 1 ==> ends_at(\result.outcome, \result.final, memory, controls, access,
        \result.step[1], 1);
*/
struct slat_walk slat_walk_linear(const struct slat_memory *memory, const struct slat_controls *controls,
                                  const struct slat_access *access);
#endif

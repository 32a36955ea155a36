/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 40: the outcome of a walk alone, quickly.  What is usual, an access that is done through tables without anything
   unusual in them, is decided here; everything else by the walk.  proofs/translate shows that both say the same. */
#ifndef SLAT_TRANSLATE_H
#define SLAT_TRANSLATE_H
#include "reach.h"
#include "walk.h"
#include "../../spec/logic/translate.acsl"

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000 && c->guest_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires linear: linear_32bit(c) ==> a->linear <= 0xFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures ended: \result.kind != SLAT_NO_OUTCOME;
*/
struct slat_outcome slat_translate(const struct slat_memory *m, const struct slat_controls *c,
                                   const struct slat_access *a);
#endif

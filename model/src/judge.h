/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 40: an observed outcome held against a permitted set. */
#ifndef SLAT_JUDGE_H
#define SLAT_JUDGE_H
#include <slat/slat.h>

/*@
  // Two codes of n bits that differ at most in bits that the manuals leave open, from bit 0 upwards.
  logic boolean agree_bits(integer code, integer observed, integer open, integer n) =
    n <= 0 || ((open % 2 == 1 || code % 2 == observed % 2) && agree_bits(code / 2, observed / 2, open / 2, n - 1));
  logic boolean codes_agree(integer code, integer observed, integer open) = agree_bits(code, observed, open, 64);

  // What each kind of outcome defines.
  logic boolean outcome_matches(struct slat_outcome *p, struct slat_outcome *o) =
    p->kind != SLAT_NO_OUTCOME && p->kind == o->kind &&
    (p->kind != SLAT_TRANSLATED || p->spa == o->spa) &&
    (p->kind != SLAT_PAGE_FAULT || (p->linear == o->linear && codes_agree(p->code, o->code, p->code_open))) &&
    (p->kind != SLAT_EPT_VIOLATION ||
      (p->gpa == o->gpa && p->linear == o->linear && codes_agree(p->code, o->code, p->code_open))) &&
    (p->kind != SLAT_EPT_MISCONFIG || p->gpa == o->gpa) &&
    (p->kind != SLAT_NESTED_PAGE_FAULT || (p->gpa == o->gpa && codes_agree(p->code, o->code, p->code_open)));
*/

/*@ requires readable: \valid_read(set) && \valid_read(observed);
    terminates \true;
    assigns \nothing;
    ensures JUDGE_OUTCOME: \result.permitted != 0 <==>
      (\exists integer i; 0 <= i < SLAT_MAX_OUTCOMES && outcome_matches(&set->outcome[i], observed));
    ensures match: \result.permitted != 0 ==> \result.match < SLAT_MAX_OUTCOMES &&
      outcome_matches(&set->outcome[\result.match], observed);
*/
struct slat_verdict slat_judge(const struct slat_permitted *set, const struct slat_outcome *observed);

/*@ requires readable: \valid_read(set) && set->updates <= SLAT_MAX_UPDATES;
    terminates \true;
    assigns \nothing;
*/
enum slat_rule slat_judge_update(const struct slat_permitted *set, uint64_t spa, uint64_t before, uint64_t after,
                                 bool done);
#endif

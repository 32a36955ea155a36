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

  // What each kind of outcome defines.  Bit 7 of an exit qualification: there is a linear address.
  logic boolean outcome_matches(struct slat_outcome *p, struct slat_outcome *o) =
    p->kind != SLAT_NO_OUTCOME && p->kind == o->kind &&
    (p->kind != SLAT_TRANSLATED || p->spa == o->spa) &&
    (p->kind != SLAT_PAGE_FAULT || (codes_agree(p->linear, o->linear, p->linear_open) &&
      codes_agree(p->code, o->code, p->code_open))) &&
    (p->kind != SLAT_EPT_VIOLATION ||
      (p->gpa == o->gpa && (p->linear == o->linear || (p->code / 0x80) % 2 == 0) && codes_agree(p->code, o->code, p->code_open))) &&
    (p->kind != SLAT_EPT_MISCONFIG || p->gpa == o->gpa) &&
    (p->kind != SLAT_NESTED_PAGE_FAULT || (p->gpa == o->gpa && codes_agree(p->code, o->code, p->code_open)));
*/

/*@ requires readable: \valid_read(set) && \valid_read(observed);
    terminates \true;
    assigns \nothing;
    ensures permitted: \result.permitted != 0 <==>
      (\exists integer i; 0 <= i < SLAT_MAX_OUTCOMES && outcome_matches(&set->outcome[i], observed));
    ensures match: \result.permitted != 0 ==> \result.match < SLAT_MAX_OUTCOMES &&
      outcome_matches(&set->outcome[\result.match], observed);
*/
struct slat_verdict slat_judge(const struct slat_permitted *set, const struct slat_outcome *observed);

/*@
  // The four places of an entry where stages have accessed and dirty flags, and all its other bits.
  logic integer flag_at(integer e, integer place) =
    place == 0x20 ? (e / 0x20) % 2 : place == 0x40 ? (e / 0x40) % 2 : place == 0x100 ? (e / 0x100) % 2 : (e / 0x200) % 2;
  logic integer other_bits(integer e) =
    e - 0x20 * flag_at(e, 0x20) - 0x40 * flag_at(e, 0x40) - 0x100 * flag_at(e, 0x100) - 0x200 * flag_at(e, 0x200) -
    0x2000000000 * flag_at(e / 0x100000000, 0x20) - 0x4000000000 * flag_at(e / 0x100000000, 0x40);
  // A word holds two entries of 32-bit paging: the flags of the upper one are 32 bits higher.
  logic integer upper_half(integer spa) = spa - spa % 8 + 4;

  // Some of the first n updates of the set is of this word, and lets the processor set (makes it set) this flag.
  logic boolean may_set_by(struct slat_permitted *p, integer spa, integer place, integer n) = n > 0 &&
    ((p->update[n - 1].spa == spa && flag_at(p->update[n - 1].may, place) == 1) || may_set_by(p, spa, place, n - 1));
  logic boolean must_set_by(struct slat_permitted *p, integer spa, integer place, integer n) = n > 0 &&
    ((p->update[n - 1].spa == spa && flag_at(p->update[n - 1].must, place) == 1) || must_set_by(p, spa, place, n - 1));
  logic boolean may_set(struct slat_permitted *p, integer spa, integer place) =
    may_set_by(p, spa, place, SLAT_MAX_UPDATES);
  logic boolean must_set(struct slat_permitted *p, integer spa, integer place) =
    must_set_by(p, spa, place, SLAT_MAX_UPDATES);

  // SDM 4.8, 28.2.4: flags are only set, by a walk that uses the entry; a walk whose access is done has set those due.
  predicate flag_only(struct slat_permitted *p, integer spa, integer before, integer after, integer place) =
    flag_at(before, place) == flag_at(after, place) || (flag_at(after, place) == 1 && may_set(p, spa, place));
  predicate flag_if_done(struct slat_permitted *p, integer spa, integer after, integer done, integer place) =
    done != 0 && must_set(p, spa, place) ==> flag_at(after, place) == 1;
  predicate flags_only(struct slat_permitted *p, integer spa, integer before, integer after) =
    other_bits(before) == other_bits(after) && flag_only(p, spa, before, after, 0x20) &&
    flag_only(p, spa, before, after, 0x40) && flag_only(p, spa, before, after, 0x100) &&
    flag_only(p, spa, before, after, 0x200) &&
    flag_only(p, upper_half(spa), before / 0x100000000, after / 0x100000000, 0x20) &&
    flag_only(p, upper_half(spa), before / 0x100000000, after / 0x100000000, 0x40);
  predicate flags_if_done(struct slat_permitted *p, integer spa, integer after, integer done) =
    flag_if_done(p, spa, after, done, 0x20) && flag_if_done(p, spa, after, done, 0x40) &&
    flag_if_done(p, spa, after, done, 0x100) && flag_if_done(p, spa, after, done, 0x200) &&
    flag_if_done(p, upper_half(spa), after / 0x100000000, done, 0x20) &&
    flag_if_done(p, upper_half(spa), after / 0x100000000, done, 0x40);
*/

/*@ requires readable: \valid_read(set);
    terminates \true;
    assigns \nothing;
    ensures FLAGS_ONLY: \result == SLAT_RULE_NONE ==> flags_only(set, spa, before, after);
    ensures FLAGS_MUST_IF_DONE: \result == SLAT_RULE_NONE ==> flags_if_done(set, spa, after, done);
    ensures lawful: flags_only(set, spa, before, after) && flags_if_done(set, spa, after, done) ==>
      \result == SLAT_RULE_NONE;
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
enum slat_rule slat_judge_update(const struct slat_permitted *set, uint64_t spa, uint64_t before, uint64_t after,
                                 bool done);
#endif

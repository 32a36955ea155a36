/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge.h"
#include "rule.h"

/* A code agrees with itself, whatever is open: by induction on the number of bits. */
/*@ ghost
  /@ requires bits: n <= 64;
     terminates \true;
     assigns \nothing;
     ensures agree: agree_bits(code, code, open, n);
  @/
  void equal_codes_agree(uint64_t code, uint64_t open, unsigned n)
  {
    uint64_t c = code, p = open;
    unsigned i = n;

    /@ loop invariant range: 0 <= i <= n;
       loop invariant rest: agree_bits(code, code, open, n) == agree_bits(c, c, p, i);
       loop assigns i, c, p;
       loop variant i;
    @/
    while (i > 0) {
      c /= 2;
      p /= 2;
      i--;
    }
  }
*/

/*@ terminates \true;
    assigns \nothing;
    ensures agree: \result != 0 <==> codes_agree(code, observed, open);
*/
static bool codes_agree(uint64_t code, uint64_t observed, uint64_t open)
{
  uint64_t c = code, o = observed, p = open;

  /*@ loop invariant range: 0 <= n <= 64;
      loop invariant rest: codes_agree(code, observed, open) == agree_bits(c, o, p, n);
      loop assigns n, c, o, p;
      loop variant n;
  */
  for (unsigned n = 64; n > 0; n--) {
    if (c == o) { /* nothing differs from here on, which is where most comparisons end */
      //@ ghost equal_codes_agree(c, p, n);
      return true;
    }
    if (p % 2 == 0 && c % 2 != o % 2)
      return false;
    c /= 2;
    o /= 2;
    p /= 2;
  }
  return true;
}

/*@ requires readable: \valid_read(p) && \valid_read(o);
    terminates \true;
    assigns \nothing;
    ensures matches: \result != 0 <==> outcome_matches(p, o);
*/
static bool outcome_matches(const struct slat_outcome *p, const struct slat_outcome *o)
{
  if (p->kind != o->kind)
    return false;
  switch (p->kind) {
  case SLAT_NO_OUTCOME:
    return false;
  case SLAT_TRANSLATED:
    return p->spa == o->spa;
  case SLAT_PAGE_FAULT:
    return codes_agree(p->linear, o->linear, p->linear_open) && codes_agree(p->code, o->code, p->code_open);
  case SLAT_EPT_VIOLATION:
    return p->gpa == o->gpa && (p->linear == o->linear || p->code / 0x80 % 2 == 0) &&
           codes_agree(p->code, o->code, p->code_open);
  case SLAT_EPT_MISCONFIG:
    return p->gpa == o->gpa;
  case SLAT_NESTED_PAGE_FAULT:
    return p->gpa == o->gpa && codes_agree(p->code, o->code, p->code_open);
  default: /* non-canonical, written, general protection: the kind says it all */
    return true;
  }
}

/* The rule that names one bit of a #PF error code, an exit qualification or EXITINFO1; SLAT_RULE_NONE: no rule does. */
/*@ terminates \true;
    assigns \nothing;
*/
static enum slat_rule code_rule(unsigned kind, uint64_t wrong)
{
  static const struct {
    uint8_t kind;
    uint64_t bit;
    enum slat_rule rule;
  } bits[] = {
    { SLAT_PAGE_FAULT, 0x1, SLAT_RULE_PF_CODE_P },
    { SLAT_PAGE_FAULT, 0x8, SLAT_RULE_PF_CODE_RSVD },
    { SLAT_PAGE_FAULT, 0x2, SLAT_RULE_PF_CODE_WR },
    { SLAT_PAGE_FAULT, 0x4, SLAT_RULE_PF_CODE_US },
    { SLAT_PAGE_FAULT, 0x10, SLAT_RULE_PF_CODE_ID },
    { SLAT_PAGE_FAULT, 0x20, SLAT_RULE_PF_CODE_PK },
    { SLAT_PAGE_FAULT, 0x40, SLAT_RULE_PF_CODE_SS },
    { SLAT_EPT_VIOLATION, 0x1, SLAT_RULE_EPT_QUAL_READ },
    { SLAT_EPT_VIOLATION, 0x2, SLAT_RULE_EPT_QUAL_WRITE },
    { SLAT_EPT_VIOLATION, 0x4, SLAT_RULE_EPT_QUAL_FETCH },
    { SLAT_EPT_VIOLATION, 0x8, SLAT_RULE_EPT_QUAL_READABLE },
    { SLAT_EPT_VIOLATION, 0x10, SLAT_RULE_EPT_QUAL_WRITABLE },
    { SLAT_EPT_VIOLATION, 0x20, SLAT_RULE_EPT_QUAL_EXECUTABLE },
    { SLAT_EPT_VIOLATION, 0x80, SLAT_RULE_EPT_QUAL_LINEAR_VALID },
    { SLAT_EPT_VIOLATION, 0x100, SLAT_RULE_EPT_QUAL_FINAL },
    { SLAT_EPT_VIOLATION, 0x200, SLAT_RULE_EPT_QUAL_USER_PAGE },
    { SLAT_EPT_VIOLATION, 0x400, SLAT_RULE_EPT_QUAL_WRITABLE_PAGE },
    { SLAT_EPT_VIOLATION, 0x800, SLAT_RULE_EPT_QUAL_XD_PAGE },
    { SLAT_EPT_VIOLATION, 0x2000, SLAT_RULE_EPT_QUAL_SHADOW_STACK },
    { SLAT_EPT_VIOLATION, 0x4000, SLAT_RULE_EPT_QUAL_SSS },
    { SLAT_NESTED_PAGE_FAULT, 0x1, SLAT_RULE_NPF_P },
    { SLAT_NESTED_PAGE_FAULT, 0x8, SLAT_RULE_NPF_RSV },
    { SLAT_NESTED_PAGE_FAULT, 0x2, SLAT_RULE_NPF_RW },
    { SLAT_NESTED_PAGE_FAULT, 0x4, SLAT_RULE_NPF_US },
    { SLAT_NESTED_PAGE_FAULT, 0x10, SLAT_RULE_NPF_ID },
    { SLAT_NESTED_PAGE_FAULT, 0x40, SLAT_RULE_NPF_SS },
    { SLAT_NESTED_PAGE_FAULT, 0x100000000, SLAT_RULE_NPF_FINAL },
    { SLAT_NESTED_PAGE_FAULT, 0x200000000, SLAT_RULE_NPF_TABLE },
  };

  /*@ loop invariant range: 0 <= i <= 28;
      loop assigns i;
      loop variant 28 - i;
  */
  for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++)
    if (bits[i].kind == kind && (wrong & bits[i].bit) != 0)
      return bits[i].rule;
  return SLAT_RULE_NONE;
}

/* The rule that an observation of the right kind breaks. */
/*@ requires readable: \valid_read(p) && \valid_read(o);
    terminates \true;
    assigns \nothing;
*/
static enum slat_rule broken_rule(const struct slat_outcome *p, const struct slat_outcome *o)
{
  const uint64_t wrong = ((p->code ^ o->code) | p->code_open) ^ p->code_open;

  if (p->kind == SLAT_PAGE_FAULT && !codes_agree(p->linear, o->linear, p->linear_open))
    return SLAT_RULE_PF_CR2;
  if (p->kind == SLAT_EPT_VIOLATION && p->gpa != o->gpa)
    return SLAT_RULE_EPT_VIOLATION_GPA;
  if (p->kind == SLAT_EPT_VIOLATION && p->linear != o->linear && p->code / 0x80 % 2 == 1)
    return SLAT_RULE_EPT_VIOLATION_LINEAR;
  if (p->kind == SLAT_NESTED_PAGE_FAULT && p->gpa != o->gpa)
    return SLAT_RULE_NPF_EXITINFO2;
  if (p->kind == SLAT_EPT_MISCONFIG)
    return SLAT_RULE_EPT_MISCONFIG_EXIT;
  /* P and RSVD both: no slip in the code, another cause was seen. */
  if ((p->kind == SLAT_PAGE_FAULT || p->kind == SLAT_NESTED_PAGE_FAULT) && wrong % 2 == 1 && wrong / 8 % 2 == 1)
    return (enum slat_rule)p->rule;
  const enum slat_rule rule = p->kind == SLAT_TRANSLATED ? SLAT_RULE_NONE : code_rule(p->kind, wrong);
  return rule != SLAT_RULE_NONE ? rule : (enum slat_rule)p->rule;
}

/* The outcome that an observation which matches none is held against: one of its kind, else the first. */
/*@ requires readable: \valid_read(set) && \valid_read(observed);
    terminates \true;
    assigns \nothing;
    ensures index: 0 <= \result < SLAT_MAX_OUTCOMES;
*/
static unsigned nearest(const struct slat_permitted *set, const struct slat_outcome *observed)
{
  unsigned first = 0, same = SLAT_MAX_OUTCOMES;

  /*@ loop invariant range: 0 <= i <= SLAT_MAX_OUTCOMES;
      loop invariant found: 0 <= first < SLAT_MAX_OUTCOMES && 0 <= same <= SLAT_MAX_OUTCOMES;
      loop assigns i, first, same;
      loop variant i;
  */
  for (unsigned i = SLAT_MAX_OUTCOMES; i > 0; i--) {
    if (set->outcome[i - 1].kind == SLAT_NO_OUTCOME)
      continue;
    first = i - 1;
    if (set->outcome[i - 1].kind == observed->kind)
      same = i - 1;
  }
  return same < SLAT_MAX_OUTCOMES ? same : first;
}

struct slat_verdict slat_judge(const struct slat_permitted *set, const struct slat_outcome *observed)
{
  /*@ loop invariant range: 0 <= i <= SLAT_MAX_OUTCOMES;
      loop invariant none: \forall integer k; 0 <= k < i ==> !outcome_matches(&set->outcome[k], observed);
      loop assigns i;
      loop variant SLAT_MAX_OUTCOMES - i;
  */
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
    if (outcome_matches(&set->outcome[i], observed))
      return (struct slat_verdict){ .permitted = 1, .match = (uint8_t)i };

  const unsigned n = nearest(set, observed);
  const struct slat_outcome *p = &set->outcome[n];
  const enum slat_rule rule = p->kind == observed->kind ? broken_rule(p, observed) : (enum slat_rule)p->rule;
  return (struct slat_verdict){ .permitted = 0, .match = (uint8_t)n, .rule = (uint16_t)rule };
}

/* One flag of a word: `may` and `must` be set, by some update of the word; `rule` is about this flag. */
/*@ requires rule: SLAT_RULE_NONE < rule < SLAT_RULE_COUNT;
    terminates \true;
    assigns \nothing;
    ensures lawful: \result == SLAT_RULE_NONE <==>
      ((before != 0 <==> after != 0) || (after != 0 && may != 0)) && (done != 0 && must != 0 ==> after != 0);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule judge_flag(bool before, bool after, bool may, bool must, bool done, enum slat_rule rule)
{
  if (SLAT_RULE(FLAGS_ONLY, before && !after))
    return SLAT_RULE_FLAGS_ONLY; /* flags are set by a processor, never cleared */
  if (SLAT_RULE(FLAGS_ONLY, !before && after && !may))
    return rule;
  return SLAT_RULE(FLAGS_MUST_IF_DONE, done && must && !after) ? rule : SLAT_RULE_NONE;
}

/*@ terminates \true;
    assigns \nothing;
    ensures others: \result == other_bits(e);
*/
static uint64_t without_flags(uint64_t e)
{
  return e - e / 0x20 % 2 * 0x20 - e / 0x40 % 2 * 0x40 - e / 0x100 % 2 * 0x100 - e / 0x200 % 2 * 0x200 -
         e / 0x2000000000 % 2 * 0x2000000000 - e / 0x4000000000 % 2 * 0x4000000000;
}

#define FLAG(e, place) ((e) / (place) % 2 == 1)

/* Four flags that an entry may have: accessed and dirty (bits 5 and 6), those of EPT (bits 8 and 9). */
struct flags {
  bool accessed, dirty, ept_accessed, ept_dirty;
};

/*@ terminates \true;
    assigns \nothing;
    ensures accessed: \result.accessed != 0 <==> f.accessed != 0 || flag_at(e, 0x20) == 1;
    ensures dirty: \result.dirty != 0 <==> f.dirty != 0 || flag_at(e, 0x40) == 1;
    ensures ept_accessed: \result.ept_accessed != 0 <==> f.ept_accessed != 0 || flag_at(e, 0x100) == 1;
    ensures ept_dirty: \result.ept_dirty != 0 <==> f.ept_dirty != 0 || flag_at(e, 0x200) == 1;
*/
static struct flags with_flags(struct flags f, uint64_t e)
{
  return (struct flags){ f.accessed || FLAG(e, 0x20), f.dirty || FLAG(e, 0x40), f.ept_accessed || FLAG(e, 0x100),
                         f.ept_dirty || FLAG(e, 0x200) };
}

/* All flags that the updates of a word may set, and all that they must. */
struct word_flags {
  struct flags may, must;
  bool
    stage2; /* some update is of a stage-2 entry; only for the name of the rule: a word can be an entry of both stages */
};

/*@ requires readable: \valid_read(set);
    terminates \true;
    assigns \nothing;
    ensures may_accessed: \result.may.accessed != 0 <==> may_set(set, spa, 0x20);
    ensures may_dirty: \result.may.dirty != 0 <==> may_set(set, spa, 0x40);
    ensures may_ept_accessed: \result.may.ept_accessed != 0 <==> may_set(set, spa, 0x100);
    ensures may_ept_dirty: \result.may.ept_dirty != 0 <==> may_set(set, spa, 0x200);
    ensures must_accessed: \result.must.accessed != 0 <==> must_set(set, spa, 0x20);
    ensures must_dirty: \result.must.dirty != 0 <==> must_set(set, spa, 0x40);
    ensures must_ept_accessed: \result.must.ept_accessed != 0 <==> must_set(set, spa, 0x100);
    ensures must_ept_dirty: \result.must.ept_dirty != 0 <==> must_set(set, spa, 0x200);
*/
static struct word_flags flags_of_word(const struct slat_permitted *set, uint64_t spa)
{
  struct flags may = { 0, 0, 0, 0 }, must = { 0, 0, 0, 0 };
  bool stage2 = 0;

  /*@ loop invariant range: 0 <= i <= SLAT_MAX_UPDATES;
      loop invariant may_accessed: may.accessed != 0 <==> may_set_by(set, spa, 0x20, i);
      loop invariant may_dirty: may.dirty != 0 <==> may_set_by(set, spa, 0x40, i);
      loop invariant may_ept_accessed: may.ept_accessed != 0 <==> may_set_by(set, spa, 0x100, i);
      loop invariant may_ept_dirty: may.ept_dirty != 0 <==> may_set_by(set, spa, 0x200, i);
      loop invariant must_accessed: must.accessed != 0 <==> must_set_by(set, spa, 0x20, i);
      loop invariant must_dirty: must.dirty != 0 <==> must_set_by(set, spa, 0x40, i);
      loop invariant must_ept_accessed: must.ept_accessed != 0 <==> must_set_by(set, spa, 0x100, i);
      loop invariant must_ept_dirty: must.ept_dirty != 0 <==> must_set_by(set, spa, 0x200, i);
      loop assigns i, may, must, stage2;
      loop variant SLAT_MAX_UPDATES - i;
  */
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    if (set->update[i].spa == spa) {
      may = with_flags(may, set->update[i].may);
      must = with_flags(must, set->update[i].must);
      stage2 = stage2 || (set->update[i].may != 0 && set->update[i].stage == 2);
    }
  return (struct word_flags){ may, must, stage2 };
}

/*@ terminates \true;
    assigns \nothing;
    ensures first: \result == (a != SLAT_RULE_NONE ? a : b);
*/
static enum slat_rule first_of(enum slat_rule a, enum slat_rule b)
{
  return a != SLAT_RULE_NONE ? a : b;
}

/* The entry of 32-bit paging in the upper half of a word; none of the set lies there in the other modes. */
/*@ requires readable: \valid_read(set);
    terminates \true;
    assigns \nothing;
    ensures lawful: \result == SLAT_RULE_NONE <==>
      flag_only(set, upper_half(spa), before, after, 0x20) && flag_only(set, upper_half(spa), before, after, 0x40) &&
      flag_if_done(set, upper_half(spa), after, done, 0x20) && flag_if_done(set, upper_half(spa), after, done, 0x40);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule judge_upper_half(const struct slat_permitted *set, uint64_t spa, uint64_t before, uint64_t after,
                                       bool done)
{
  const struct word_flags half = flags_of_word(set, spa - spa % 8 + 4);
  const struct flags may = half.may, must = half.must;
  const bool entry = may.accessed || may.dirty;

  return first_of(judge_flag(FLAG(before, 0x20), FLAG(after, 0x20), may.accessed, must.accessed, done,
                             !entry        ? SLAT_RULE_FLAGS_ONLY
                             : half.stage2 ? SLAT_RULE_NPT_ACCESSED
                                           : SLAT_RULE_GUEST_ACCESSED),
                  judge_flag(FLAG(before, 0x40), FLAG(after, 0x40), may.dirty, must.dirty, done,
                             !entry        ? SLAT_RULE_FLAGS_ONLY
                             : half.stage2 ? SLAT_RULE_NPT_DIRTY
                                           : SLAT_RULE_GUEST_DIRTY));
}

enum slat_rule slat_judge_update(const struct slat_permitted *set, uint64_t spa, uint64_t before, uint64_t after,
                                 bool done)
{
  if (SLAT_RULE(FLAGS_ONLY, without_flags(before) != without_flags(after)))
    return SLAT_RULE_FLAGS_ONLY;
  const struct word_flags word = flags_of_word(set, spa);
  const struct flags may = word.may, must = word.must;
  const enum slat_rule ept = first_of(
    judge_flag(FLAG(before, 0x100), FLAG(after, 0x100), may.ept_accessed, must.ept_accessed, done,
               SLAT_RULE_EPT_ACCESSED),
    judge_flag(FLAG(before, 0x200), FLAG(after, 0x200), may.ept_dirty, must.ept_dirty, done, SLAT_RULE_EPT_DIRTY));
  const bool stage2 = word.stage2;
  const enum slat_rule guest = first_of(judge_flag(FLAG(before, 0x20), FLAG(after, 0x20), may.accessed, must.accessed,
                                                   done, stage2 ? SLAT_RULE_NPT_ACCESSED : SLAT_RULE_GUEST_ACCESSED),
                                        judge_flag(FLAG(before, 0x40), FLAG(after, 0x40), may.dirty, must.dirty, done,
                                                   stage2 ? SLAT_RULE_NPT_DIRTY : SLAT_RULE_GUEST_DIRTY));

  return first_of(first_of(ept, guest), judge_upper_half(set, spa, before / 0x100000000, after / 0x100000000, done));
}

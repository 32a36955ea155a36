/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge.h"
#include "rule.h"

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
    return p->linear == o->linear && codes_agree(p->code, o->code, p->code_open);
  case SLAT_EPT_VIOLATION:
    return p->gpa == o->gpa && p->linear == o->linear && codes_agree(p->code, o->code, p->code_open);
  case SLAT_EPT_MISCONFIG:
    return p->gpa == o->gpa;
  case SLAT_NESTED_PAGE_FAULT:
    return p->gpa == o->gpa && codes_agree(p->code, o->code, p->code_open);
  default: /* non-canonical: the kind says it all */
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
    { SLAT_NESTED_PAGE_FAULT, 0x1, SLAT_RULE_NPF_P },
    { SLAT_NESTED_PAGE_FAULT, 0x8, SLAT_RULE_NPF_RSV },
    { SLAT_NESTED_PAGE_FAULT, 0x2, SLAT_RULE_NPF_RW },
    { SLAT_NESTED_PAGE_FAULT, 0x4, SLAT_RULE_NPF_US },
    { SLAT_NESTED_PAGE_FAULT, 0x10, SLAT_RULE_NPF_ID },
    { SLAT_NESTED_PAGE_FAULT, 0x100000000, SLAT_RULE_NPF_FINAL },
    { SLAT_NESTED_PAGE_FAULT, 0x200000000, SLAT_RULE_NPF_TABLE },
  };

  /*@ loop invariant range: 0 <= i <= 23;
      loop assigns i;
      loop variant 23 - i;
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

  if (p->kind == SLAT_PAGE_FAULT && p->linear != o->linear)
    return SLAT_RULE_PF_CR2;
  if (p->kind == SLAT_EPT_VIOLATION && p->gpa != o->gpa)
    return SLAT_RULE_EPT_VIOLATION_GPA;
  if (p->kind == SLAT_EPT_VIOLATION && p->linear != o->linear)
    return SLAT_RULE_EPT_VIOLATION_LINEAR;
  if (p->kind == SLAT_NESTED_PAGE_FAULT && p->gpa != o->gpa)
    return SLAT_RULE_NPF_EXITINFO2;
  if (p->kind == SLAT_EPT_MISCONFIG)
    return SLAT_RULE_EPT_MISCONFIG_EXIT;
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

/* The rule about a flag of a stage. */
/*@ terminates \true;
    assigns \nothing;
*/
static enum slat_rule flag_rule(unsigned stage, uint64_t flags)
{
  if ((flags & 0x300) != 0)
    return (flags & 0x100) != 0 ? SLAT_RULE_EPT_ACCESSED : SLAT_RULE_EPT_DIRTY;
  if (stage == 2)
    return (flags & 0x20) != 0 ? SLAT_RULE_NPT_ACCESSED : SLAT_RULE_NPT_DIRTY;
  return (flags & 0x20) != 0 ? SLAT_RULE_GUEST_ACCESSED : SLAT_RULE_GUEST_DIRTY;
}

enum slat_rule slat_judge_update(const struct slat_permitted *set, uint64_t spa, uint64_t before, uint64_t after,
                                 bool done)
{
  uint64_t may = 0, must = 0;
  unsigned stage = 1;

  /*@ loop invariant range: 0 <= i <= set->updates;
      loop assigns i, may, must, stage;
      loop variant set->updates - i;
  */
  for (unsigned i = 0; i < set->updates; i++) {
    if (set->update[i].spa == spa) {
      may |= set->update[i].may;
      must |= set->update[i].must;
      stage = set->update[i].stage;
    }
  }
  const uint64_t changed = before ^ after;
  const uint64_t forbidden = (changed | may) ^ may; /* changed, and not one that may be set */
  const uint64_t cleared = changed & before;        /* flags are set by a processor, never cleared */
  const uint64_t missing = (must | after) ^ after;

  if (SLAT_RULE(FLAGS_ONLY, forbidden != 0 || cleared != 0))
    return (forbidden & 0x360) != 0 && (forbidden & ~(uint64_t)0x360) == 0 ? flag_rule(stage, forbidden)
                                                                           : SLAT_RULE_FLAGS_ONLY;
  if (done && SLAT_RULE(FLAGS_MUST_IF_DONE, missing != 0))
    return flag_rule(stage, missing);
  return SLAT_RULE_NONE;
}

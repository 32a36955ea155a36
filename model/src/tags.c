/* SPDX-License-Identifier: BSD-2-Clause */
#include "tags.h"

/*@ terminates \true;
    assigns \nothing;
    ensures two: \result != 0 <==> two_stages(t);
*/
static inline bool has_two_stages(struct slat_tags t)
{
  return t.guest && t.stage2;
}

/* The class: linear mappings belong to one stage, the other two to two. */
/*@ requires kind: m.kind <= SLAT_COMBINED;
    terminates \true;
    assigns \nothing;
    ensures none: \result == SLAT_RULE_NONE <==> (two_stages(t) ? m.kind != SLAT_LINEAR : m.kind == SLAT_LINEAR);
*/
static inline enum slat_rule wrong_class(struct slat_tags t, struct slat_mapping m)
{
  if (SLAT_RULE(TLB_CLASS_LINEAR, has_two_stages(t) && m.kind == SLAT_LINEAR))
    return SLAT_RULE_TLB_CLASS_LINEAR;
  if (SLAT_RULE(TLB_CLASS_TWO_STAGES, !has_two_stages(t) && m.kind != SLAT_LINEAR))
    return SLAT_RULE_TLB_CLASS_TWO_STAGES;
  return SLAT_RULE_NONE;
}

/* The tags but the PCID: the VPID of linear and combined mappings, the root of what comes of EPT, the ASID of all. */
/*@ requires kind: m.kind <= SLAT_COMBINED;
    terminates \true;
    assigns \nothing;
    ensures none: \result == SLAT_RULE_NONE <==>
      (of_linear(m) ==> m.space == current_space((boolean)amd, t)) &&
      (m.kind == SLAT_GUEST_PHYSICAL && amd ==> m.space == current_space((boolean)amd, t)) &&
      (m.kind != SLAT_LINEAR ==> same_root((boolean)amd, t, m));
*/
static inline enum slat_rule wrong_tags(bool amd, struct slat_tags t, struct slat_mapping m)
{
  const bool other_space = m.space != slat_current_space(amd, t);

  if (SLAT_RULE(TLB_USE_SPACE, slat_of_linear(m) && other_space))
    return SLAT_RULE_TLB_USE_SPACE;
  if (SLAT_RULE(TLB_USE_ASID, amd && m.kind == SLAT_GUEST_PHYSICAL && other_space))
    return SLAT_RULE_TLB_USE_ASID;
  if (SLAT_RULE(TLB_USE_ROOT, !amd && m.kind != SLAT_LINEAR && m.root != t.root))
    return SLAT_RULE_TLB_USE_ROOT;
  return SLAT_RULE_NONE;
}

enum slat_rule slat_must_not_make(bool amd, const struct slat_tags *tags, const struct slat_mapping *mapping)
{
  const struct slat_tags t = *tags;
  const struct slat_mapping m = *mapping;
  const enum slat_rule class = wrong_class(t, m);
  const enum slat_rule tag = wrong_tags(amd, t, m);

  if (class != SLAT_RULE_NONE)
    return class;
  if (tag != SLAT_RULE_NONE)
    return tag;
  if (SLAT_RULE(TLB_USE_PCID, slat_of_linear(m) && m.pcid != slat_current_pcid(t)))
    return SLAT_RULE_TLB_USE_PCID;
  if (SLAT_RULE(TLB_GLOBAL_LEAF, m.global && (m.table || !slat_of_linear(m) || !t.pge)))
    return SLAT_RULE_TLB_GLOBAL_LEAF;
  if (SLAT_RULE(TLB_PG0_COMBINED, m.kind == SLAT_COMBINED && m.table && !t.paging))
    return SLAT_RULE_TLB_PG0_COMBINED;
  return SLAT_RULE_NONE;
}

enum slat_rule slat_must_not_use(bool amd, const struct slat_tags *tags, const struct slat_mapping *mapping)
{
  const struct slat_tags t = *tags;
  const struct slat_mapping m = *mapping;
  const enum slat_rule class = wrong_class(t, m);
  const enum slat_rule tag = wrong_tags(amd, t, m);
  const bool global = SLAT_RULE(TLB_USE_GLOBAL, m.global && !m.table);

  if (class != SLAT_RULE_NONE)
    return class;
  if (tag != SLAT_RULE_NONE)
    return tag;
  if (SLAT_RULE(TLB_USE_PCID, slat_of_linear(m) && m.pcid != slat_current_pcid(t) && !global))
    return SLAT_RULE_TLB_USE_PCID;
  return SLAT_RULE_NONE;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 50: which mappings a processor may make, and which it may use. */
#ifndef SLAT_TAGS_H
#define SLAT_TAGS_H
#include <slat/slat.h>
#include "rule.h"
#include "../../spec/logic/tags.acsl"

/** The VPID, or the ASID, of now. */
/*@ terminates \true;
    assigns \nothing;
    ensures TLB_VPID_CURRENT: !amd && (t.guest == 0 || t.enable_vpid == 0) ==> \result == 0;
    ensures TLB_ASID_CURRENT: amd && t.guest == 0 ==> \result == 0;
    ensures space: \result == current_space((boolean)amd, t);
*/
static inline uint16_t slat_current_space(bool amd, struct slat_tags t)
{
  const bool tagged = amd ? SLAT_REQUIRE(TLB_ASID_CURRENT, t.guest)
                          : SLAT_REQUIRE(TLB_VPID_CURRENT, t.guest && t.enable_vpid);

  return tagged ? t.space : 0;
}

/** The PCID of now. */
/*@ terminates \true;
    assigns \nothing;
    ensures TLB_PCID_CURRENT: t.pcide == 0 ==> \result == 0;
    ensures pcid: \result == current_pcid(t);
*/
static inline uint16_t slat_current_pcid(struct slat_tags t)
{
  return SLAT_REQUIRE(TLB_PCID_CURRENT, t.pcide) ? t.pcid : 0;
}

/*@ terminates \true;
    assigns \nothing;
    ensures linear: \result != 0 <==> of_linear(m);
*/
static inline bool slat_of_linear(struct slat_mapping m)
{
  return m.kind == SLAT_LINEAR || m.kind == SLAT_COMBINED;
}

/*@ requires readable: \valid_read(tags) && \valid_read(mapping);
    requires kind: mapping->kind <= SLAT_COMBINED;
    terminates \true;
    assigns \nothing;
    ensures TLB_CLASS_LINEAR: two_stages(*tags) && mapping->kind == SLAT_LINEAR ==> \result != SLAT_RULE_NONE;
    ensures TLB_CLASS_TWO_STAGES: !two_stages(*tags) && mapping->kind != SLAT_LINEAR ==> \result != SLAT_RULE_NONE;
    ensures TLB_PG0_COMBINED: tags->paging == 0 && mapping->kind == SLAT_COMBINED && mapping->table != 0 ==> \result != SLAT_RULE_NONE;
    ensures TLB_GLOBAL_LEAF: mapping->global != 0 && tags->pge == 0 ==> \result != SLAT_RULE_NONE;
    ensures make: \result == SLAT_RULE_NONE <==> may_make((boolean)amd, *tags, *mapping);
*/
enum slat_rule slat_must_not_make(bool amd, const struct slat_tags *tags, const struct slat_mapping *mapping);

/*@ requires readable: \valid_read(tags) && \valid_read(mapping);
    requires kind: mapping->kind <= SLAT_COMBINED;
    terminates \true;
    assigns \nothing;
    ensures TLB_USE_SPACE: of_linear(*mapping) && mapping->space != current_space((boolean)amd, *tags) ==> \result != SLAT_RULE_NONE;
    ensures TLB_USE_PCID: of_linear(*mapping) && mapping->global == 0 && mapping->pcid != current_pcid(*tags) ==> \result != SLAT_RULE_NONE;
    ensures TLB_USE_ROOT: !amd && mapping->kind != SLAT_LINEAR && mapping->root != tags->root ==> \result != SLAT_RULE_NONE;
    ensures TLB_USE_ASID: amd && mapping->kind == SLAT_GUEST_PHYSICAL && mapping->space != current_space((boolean)amd, *tags) ==>
      \result != SLAT_RULE_NONE;
    ensures TLB_USE_GLOBAL: mapping->global != 0 && mapping->table == 0 && may_use((boolean)amd, *tags, *mapping) ==> \result == SLAT_RULE_NONE;
    ensures use: \result == SLAT_RULE_NONE <==> may_use((boolean)amd, *tags, *mapping);
*/
enum slat_rule slat_must_not_use(bool amd, const struct slat_tags *tags, const struct slat_mapping *mapping);
#endif

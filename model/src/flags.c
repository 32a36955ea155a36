/* SPDX-License-Identifier: BSD-2-Clause */
#include "flags.h"
#include "rule.h"

/* Two flags as a mask. */
/*@ terminates \true;
    assigns \nothing;
    ensures mask: \result == (accessed != 0 ? 0x20 : 0) + (dirty != 0 ? 0x40 : 0);
*/
static inline uint16_t flag_mask(bool accessed, bool dirty)
{
  return (uint16_t)((accessed ? 0x20u : 0u) + (dirty ? 0x40u : 0u));
}

/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires step: step_used(s);
    terminates \true;
    assigns \nothing;
    ensures GUEST_DIRTY_CET: c->dirty_needs_rw != 0 && pte_rw(s.value) == 0 ==> \result == 0;
    ensures due: \result != 0 <==> dirty_due(c, s, a, (boolean)allowed);
*/
static inline bool is_dirty_due(const struct slat_controls *c, struct slat_step s, const struct slat_access *a,
                                bool allowed)
{
  return s.entry.kind == SLAT_ENTRY_PAGE && a->kind == SLAT_WRITE && allowed && s.value / 0x40 % 2 == 0 &&
         SLAT_REQUIRE(GUEST_DIRTY_CET, !c->dirty_needs_rw || s.value / 2 % 2 == 1);
}

struct slat_update slat_guest_update(const struct slat_controls *c, struct slat_step s, const struct slat_access *a,
                                     bool allowed)
{
  struct slat_update u = { .spa = s.stage2.spa, .entry = s.value };
  const bool accessed = SLAT_RULE(GUEST_ACCESSED, s.value / 0x20 % 2 == 0);
  const bool dirty = SLAT_RULE(GUEST_DIRTY, is_dirty_due(c, s, a, allowed));
  const bool required = dirty && SLAT_REQUIRE(GUEST_DIRTY_READ_ONLY, s.value / 2 % 2 == 1);

  //@ assert accessed: accessed != 0 <==> accessed_due(s);
  //@ assert dirty: dirty != 0 <==> dirty_due(c, s, a, (boolean)allowed);
  //@ assert required: required != 0 <==> dirty_required(c, s, a, (boolean)allowed);
  if (slat_stage2_denies(c, &s.stage2, SLAT_USE_FLAGS) != SLAT_RULE_NONE)
    return u;
  u.may = flag_mask(accessed, dirty);
  u.must = flag_mask(accessed, required);
  return u;
}

unsigned slat_update_fault(const struct slat_controls *c, struct slat_step s, const struct slat_access *a, bool allowed)
{
  const bool accessed = s.value / 0x20 % 2 == 0;
  const bool dirty = is_dirty_due(c, s, a, allowed);

  if (!SLAT_RULE(EPT_FLAGS_VIOLATION, slat_stage2_denies(c, &s.stage2, SLAT_USE_FLAGS) != SLAT_RULE_NONE))
    return 0;
  if (SLAT_RULE(EPT_FLAGS_REQUIRED, accessed || (dirty && s.value / 2 % 2 == 1)))
    return 2;
  return dirty ? 1 : 0; /* of a read-only page: E5 */
}

uint16_t slat_stage2_flags(const struct slat_controls *c, uint64_t e, bool leaf, bool write)
{
  unsigned flags = 0;

  if (c->stage2 == SLAT_STAGE2_EPT && c->ept_ad) {
    if (SLAT_RULE(EPT_ACCESSED, e / 0x100 % 2 == 0))
      flags += 0x100;
    if (SLAT_RULE(EPT_DIRTY, leaf && write && e / 0x200 % 2 == 0))
      flags += 0x200;
  }
  if (c->stage2 == SLAT_STAGE2_NPT) {
    if (SLAT_RULE(NPT_ACCESSED, e / 0x20 % 2 == 0))
      flags += 0x20;
    if (SLAT_RULE(NPT_DIRTY, leaf && write && e / 0x40 % 2 == 0))
      flags += 0x40;
  }
  return (uint16_t)flags;
}

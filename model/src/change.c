/* SPDX-License-Identifier: BSD-2-Clause */
#include "change.h"
#include "rule.h"

/*@ terminates \true;
    assigns \nothing;
    ensures usable: \result != 0 <==> kind_usable(kind);
*/
static inline bool is_usable(uint8_t kind)
{
  return kind == SLAT_ENTRY_TABLE || kind == SLAT_ENTRY_PAGE || kind == SLAT_ENTRY_PDPTE;
}

/*@ terminates \true;
    assigns \nothing;
    ensures same: \result != 0 <==> same_frame(e, n);
*/
static inline bool is_same_frame(uint64_t e, uint64_t n)
{
  return e / 0x1000 % 0x10000000000 == n / 0x1000 % 0x10000000000;
}

/*@ requires range: 0 <= need <= SLAT_NEED_INVALIDATION && 0 <= rule < SLAT_RULE_COUNT;
    terminates \true;
    assigns \nothing;
    ensures need: \result.need == need && \result.rule == rule;
*/
static inline struct slat_need needs(enum slat_need_kind need, enum slat_rule rule)
{
  return (struct slat_need){ .need = (uint8_t)need, .rule = (uint16_t)rule };
}

/*@ terminates \true;
    assigns \nothing;
    ensures narrows: \result != 0 <==> pte_narrows(e, n);
*/
static inline bool guest_narrows(uint64_t e, uint64_t n)
{
  return e / 2 % 2 > n / 2 % 2 || e / 4 % 2 > n / 4 % 2 || e / 0x8000000000000000 % 2 < n / 0x8000000000000000 % 2;
}

/*@ terminates \true;
    assigns \nothing;
    ensures widens: \result != 0 <==> pte_widens(e, n);
*/
static inline bool guest_widens(uint64_t e, uint64_t n)
{
  return e / 2 % 2 < n / 2 % 2 || e / 4 % 2 < n / 4 % 2 || e / 0x8000000000000000 % 2 > n / 0x8000000000000000 % 2;
}

/*@ terminates \true;
    assigns \nothing;
    ensures other: \result != 0 <==> pte_other(e, n, (boolean)page);
*/
static inline bool guest_other(uint64_t e, uint64_t n, bool page)
{
  const bool of_page = e / 0x100 % 2 != n / 0x100 % 2 || e / 0x800000000000000 % 0x10 != n / 0x800000000000000 % 0x10;

  return e / 8 % 4 != n / 8 % 4 || e / 0x80 % 2 != n / 0x80 % 2 || (page && of_page);
}

/*@ terminates \true;
    assigns \nothing;
    ensures clears: \result != 0 <==> pte_clears(e, n, (boolean)page);
*/
static inline bool guest_clears(uint64_t e, uint64_t n, bool page)
{
  return e / 0x20 % 2 > n / 0x20 % 2 || (page && e / 0x40 % 2 > n / 0x40 % 2);
}

struct slat_need slat_guest_change(const struct slat_controls *c, unsigned level, uint64_t before, uint64_t after)
{
  const uint8_t old = slat_guest_entry(&c->guest, before, level).kind,
                new = slat_guest_entry(&c->guest, after, level).kind;
  const bool page = old == SLAT_ENTRY_PAGE;
  const bool wrong = new != old || !is_same_frame(before, after) || guest_narrows(before, after) ||
                     guest_other(before, after, page);

  if (SLAT_RULE(TLB_CHANGE_NOT_USED, !is_usable(old)))
    return needs(SLAT_NEED_NOTHING, SLAT_RULE_TLB_CHANGE_NOT_USED);
  if (SLAT_RULE(TLB_CHANGE_NEEDS, wrong))
    return needs(SLAT_NEED_INVALIDATION, SLAT_RULE_TLB_CHANGE_NEEDS);
  if (SLAT_RULE(TLB_CHANGE_US_SMEP, !c->amd && c->smep && before / 4 % 2 < after / 4 % 2))
    return needs(SLAT_NEED_INVALIDATION, SLAT_RULE_TLB_CHANGE_US_SMEP);
  const bool walks_again = SLAT_RULE(TLB_CHANGE_WIDENS_AMD, c->amd); /* before a fault by the old entry */
  if (SLAT_RULE(TLB_CHANGE_WIDENS, guest_widens(before, after) && !walks_again))
    return needs(SLAT_NEED_NOTHING_BUT_ONE_FAULT, SLAT_RULE_TLB_CHANGE_WIDENS);
  if (SLAT_RULE(TLB_CHANGE_FLAGS, guest_clears(before, after, page)))
    return needs(SLAT_NEED_FOR_FLAGS, SLAT_RULE_TLB_CHANGE_FLAGS);
  if (guest_widens(before, after))
    return needs(SLAT_NEED_NOTHING, SLAT_RULE_TLB_CHANGE_WIDENS_AMD);
  return needs(SLAT_NEED_NOTHING, SLAT_RULE_NONE);
}

/*@ terminates \true;
    assigns \nothing;
    ensures narrows: \result != 0 <==> ept_narrows(e, n);
*/
static inline bool narrows(uint64_t e, uint64_t n)
{
  return e % 2 > n % 2 || e / 2 % 2 > n / 2 % 2 || e / 4 % 2 > n / 4 % 2;
}

/*@ terminates \true;
    assigns \nothing;
    ensures widens: \result != 0 <==> ept_widens(e, n);
*/
static inline bool widens(uint64_t e, uint64_t n)
{
  return e % 2 < n % 2 || e / 2 % 2 < n / 2 % 2 || e / 4 % 2 < n / 4 % 2;
}

/*@ terminates \true;
    assigns \nothing;
    ensures other: \result != 0 <==> ept_other(e, n, (boolean)page);
*/
static inline bool other(uint64_t e, uint64_t n, bool page)
{
  const bool of_page = e / 8 % 0x10 != n / 8 % 0x10 || e / 0x1000000000000000 % 2 != n / 0x1000000000000000 % 2;

  return e / 0x80 % 2 != n / 0x80 % 2 || (page && of_page);
}

/*@ terminates \true;
    assigns \nothing;
    ensures clears: \result != 0 <==> ept_clears(e, n, (boolean)page);
*/
static inline bool clears(uint64_t e, uint64_t n, bool page)
{
  return e / 0x100 % 2 > n / 0x100 % 2 || (page && e / 0x200 % 2 > n / 0x200 % 2);
}

struct slat_need slat_ept_change(const struct slat_controls *c, unsigned level, uint64_t before, uint64_t after)
{
  const uint8_t old = slat_ept_entry(c, before, level).kind, new = slat_ept_entry(c, after, level).kind;
  const bool page = old == SLAT_ENTRY_PAGE;
  const bool wrong = new != old || !is_same_frame(before, after) || narrows(before, after) ||
                     other(before, after, page);

  if (SLAT_RULE(TLB_CHANGE_NOT_USED, !is_usable(old)))
    return needs(SLAT_NEED_NOTHING, SLAT_RULE_TLB_CHANGE_NOT_USED);
  if (SLAT_RULE(TLB_CHANGE_NEEDS, wrong))
    return needs(SLAT_NEED_INVALIDATION, SLAT_RULE_TLB_CHANGE_NEEDS);
  if (SLAT_RULE(TLB_CHANGE_WIDENS_EPT, widens(before, after)))
    return needs(SLAT_NEED_NOTHING_BUT_ONE_FAULT, SLAT_RULE_TLB_CHANGE_WIDENS_EPT);
  if (SLAT_RULE(TLB_CHANGE_FLAGS, c->ept_ad && clears(before, after, page)))
    return needs(SLAT_NEED_FOR_FLAGS, SLAT_RULE_TLB_CHANGE_FLAGS);
  return needs(SLAT_NEED_NOTHING, SLAT_RULE_NONE);
}

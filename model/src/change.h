/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 60: does a change of an entry need an invalidation? */
#ifndef SLAT_CHANGE_H
#define SLAT_CHANGE_H
#include "ept_entry.h"
#include "guest_entry.h"
#include "../../spec/logic/change.acsl"

/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 5;
    terminates \true;
    assigns \nothing;
    ensures TLB_CHANGE_NOT_USED: !kind_usable(pte_kind(&c->guest, before, level)) ==> \result.need == SLAT_NEED_NOTHING;
    ensures TLB_CHANGE_NEEDS: kind_usable(pte_kind(&c->guest, before, level)) && pte_wrong(&c->guest, before, after, level) ==>
      \result.need == SLAT_NEED_INVALIDATION;
    ensures TLB_CHANGE_US_SMEP: kind_usable(pte_kind(&c->guest, before, level)) && c->amd == 0 && c->smep != 0 &&
      pte_us(before) < pte_us(after) ==> \result.need == SLAT_NEED_INVALIDATION;
    ensures TLB_CHANGE_WIDENS: \result.need == SLAT_NEED_NOTHING_BUT_ONE_FAULT <==>
      kind_usable(pte_kind(&c->guest, before, level)) && c->amd == 0 && !pte_wrong(&c->guest, before, after, level) &&
      pte_widens(before, after) && !(c->smep != 0 && pte_us(before) < pte_us(after));
    ensures TLB_CHANGE_FLAGS: kind_usable(pte_kind(&c->guest, before, level)) && !pte_wrong(&c->guest, before, after, level) &&
      !pte_widens(before, after) && pte_clears(before, after, pte_kind(&c->guest, before, level) == SLAT_ENTRY_PAGE) ==>
        \result.need == SLAT_NEED_FOR_FLAGS;
    ensures TLB_CHANGE_WIDENS_AMD: c->amd != 0 && !pte_wrong(&c->guest, before, after, level) ==>
      \result.need == SLAT_NEED_NOTHING || \result.need == SLAT_NEED_FOR_FLAGS;
*/
struct slat_need slat_guest_change(const struct slat_controls *c, unsigned level, uint64_t before, uint64_t after);

/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 5;
    terminates \true;
    assigns \nothing;
    ensures TLB_CHANGE_NOT_USED: !kind_usable(ept_kind(c, before, level)) ==> \result.need == SLAT_NEED_NOTHING;
    ensures TLB_CHANGE_NEEDS: kind_usable(ept_kind(c, before, level)) && ept_wrong(c, before, after, level) ==>
      \result.need == SLAT_NEED_INVALIDATION;
    ensures TLB_CHANGE_WIDENS_EPT: kind_usable(ept_kind(c, before, level)) && !ept_wrong(c, before, after, level) &&
      ept_widens(before, after) ==> \result.need == SLAT_NEED_NOTHING_BUT_ONE_FAULT;
    ensures TLB_CHANGE_FLAGS: \result.need == SLAT_NEED_FOR_FLAGS ==> c->ept_ad != 0;
    ensures flags: kind_usable(ept_kind(c, before, level)) && !ept_wrong(c, before, after, level) && !ept_widens(before, after) ==>
      (\result.need == SLAT_NEED_FOR_FLAGS <==>
       c->ept_ad != 0 && ept_clears(before, after, ept_kind(c, before, level) == SLAT_ENTRY_PAGE));
*/
struct slat_need slat_ept_change(const struct slat_controls *c, unsigned level, uint64_t before, uint64_t after);
#endif

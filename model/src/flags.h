/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapters 10 to 40: which accessed and dirty flags a walk may set, and which it must. */
#ifndef SLAT_FLAGS_H
#define SLAT_FLAGS_H
#include "fault.h"
#include "../../spec/logic/flags.acsl"

/** Flags of the guest entry of one step.
 *  @param allowed  the guest's rights allow the access (false for a walk that ended before its leaf)
 *  @return may, must: masks; spa and entry of the word */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires rule: s.stage2.end != SLAT_S2_PAGE ==> SLAT_RULE_NONE < s.stage2.rule < SLAT_RULE_COUNT;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires step: step_used(s) && s.stage2.end == SLAT_S2_PAGE;
    terminates \true;
    assigns \nothing;
    ensures GUEST_ACCESSED: accessed_due(s) && !flags_denied(c, s) ==>
      \result.may == 0x20 || \result.may == 0x60;
    ensures GUEST_DIRTY: dirty_due(c, s, a, (boolean)allowed) && !flags_denied(c, s) ==>
      \result.may >= 0x40;
    ensures GUEST_DIRTY_READ_ONLY: pte_rw(s.value) == 0 ==> \result.must < 0x40;
    ensures may: \result.may == guest_may(c, s, a, (boolean)allowed);
    ensures must: \result.must == guest_must(c, s, a, (boolean)allowed);
    ensures word: \result.spa == s.stage2.spa && \result.entry == s.value;
*/
struct slat_update slat_guest_update(const struct slat_controls *c, struct slat_step s, const struct slat_access *a,
                                     bool allowed);

/** The EPT violation of setting a due flag: optional, or required instead of the access.
 *  @return 0 none, 1 it may happen, 2 it happens unless another fault comes first */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires step: step_used(s) && s.stage2.end == SLAT_S2_PAGE;
    terminates \true;
    assigns \nothing;
    ensures EPT_FLAGS_VIOLATION: \result >= 1 <==> update_faults(c, s, a, (boolean)allowed);
    ensures EPT_FLAGS_REQUIRED: \result == 2 <==> update_must_fault(c, s, a, (boolean)allowed);
    ensures range: 0 <= \result <= 2;
*/
unsigned slat_update_fault(const struct slat_controls *c, struct slat_step s, const struct slat_access *a,
                           bool allowed);

/** Flags of one stage-2 entry that a walk uses.
 *  @param leaf   it maps the page
 *  @param write  the access at this stage is a write, and allowed */
/*@ requires readable: \valid_read(c);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    terminates \true;
    assigns \nothing;
    ensures EPT_ACCESSED: c->stage2 == SLAT_STAGE2_EPT && c->ept_ad != 0 && ept_a_of(e) == 0 ==>
      (\result / 0x100) % 2 == 1;
    ensures EPT_DIRTY: c->stage2 == SLAT_STAGE2_EPT && c->ept_ad != 0 && ept_d_of(e) == 0 && leaf != 0 && write != 0 ==>
      (\result / 0x200) % 2 == 1;
    ensures NPT_ACCESSED: c->stage2 == SLAT_STAGE2_NPT && pte_a(e) == 0 ==> (\result / 0x20) % 2 == 1;
    ensures NPT_DIRTY: c->stage2 == SLAT_STAGE2_NPT && pte_d(e) == 0 && leaf != 0 && write != 0 ==>
      (\result / 0x40) % 2 == 1;
    ensures flags: \result == stage2_flags(c, e, (boolean)leaf, (boolean)write);
*/
uint16_t slat_stage2_flags(const struct slat_controls *c, uint64_t e, bool leaf, bool write);
#endif

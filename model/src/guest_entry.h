/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 10: what one entry says, in guest tables of every paging mode and in nested ones. */
#ifndef SLAT_GUEST_ENTRY_H
#define SLAT_GUEST_ENTRY_H
#include <slat/slat.h>
#include "../../spec/logic/guest_entry.acsl"

/** Classifies one entry.
 *  @param f      which bits are reserved on this processor, in this mode
 *  @param e      the entry as read from memory, in 32-bit paging its 4 bytes
 *  @param level  1 (PTE) to 5 (PML5E) */
/*@ requires level_range: 1 <= level <= 5;
    requires readable: \valid_read(f);
    terminates \true;
    assigns \nothing;
    ensures GUEST_NOT_PRESENT: \result.kind == SLAT_ENTRY_NOT_PRESENT <==> !pte_present(e);
    ensures GUEST_RSVD_ADDRESS: pte_present(e) && pte_rsvd_address(f, e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures GUEST_RSVD_XD: pte_present(e) && pte_rsvd_xd(f, e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures GUEST_RSVD_PML4E_PS: pte_present(e) && pte_rsvd_pml4e_ps(e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures GUEST_RSVD_PML4E_BIT8:
      pte_present(e) && pte_rsvd_pml4e_bit8(f, e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures GUEST_RSVD_PML5E_PS: pte_present(e) && pte_rsvd_pml5e_ps(e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures GUEST_RSVD_PML5E_BIT8:
      pte_present(e) && pte_rsvd_pml5e_bit8(f, e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures GUEST_RSVD_PDPTE_PS:
      pte_present(e) && pte_rsvd_pdpte_ps(f, e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures GUEST_RSVD_1GB_PAGE: pte_present(e) && pte_rsvd_1gb_page(f, e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures GUEST_RSVD_2MB_PAGE: pte_present(e) && pte_rsvd_2mb_page(f, e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures GUEST_RSVD_PAE_HIGH: pte_present(e) && pte_rsvd_pae_high(f, e) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures PAE_PDPTE_RSVD: pte_present(e) && pte_rsvd_pae_pdpte(f, e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures PAE_PDPTE_NO_FLAGS: pae_pdpte(f, level) ==> \result.kind != SLAT_ENTRY_TABLE && \result.kind != SLAT_ENTRY_PAGE;
    ensures GUEST_RSVD_4MB_PAGE: pte_present(e) && pte_rsvd_4mb_page(f, e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures GUEST_MAPS_4MB: pte_present(e) && four_byte_entry(f, level) && level == 2 && (f->pse == 0 || pte_ps(e) == 0) ==>
      \result.kind == SLAT_ENTRY_TABLE;
    ensures GUEST_MAPS_PAGE: pte_present(e) && !pte_reserved(f, e, level) && pte_maps_page(f, e, level) ==>
      \result.kind == SLAT_ENTRY_PAGE;
    ensures GUEST_REFERENCES_TABLE: pte_present(e) && !pte_reserved(f, e, level) && !pte_maps_page(f, e, level) ==>
      \result.kind == (pae_pdpte(f, level) ? SLAT_ENTRY_PDPTE : SLAT_ENTRY_TABLE);
    ensures kind: \result.kind == pte_kind(f, e, level);
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
*/
struct slat_entry slat_guest_entry(const struct slat_format *f, uint64_t e, unsigned level);
#endif

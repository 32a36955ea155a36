/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 20: what one EPT entry says. */
#ifndef SLAT_EPT_ENTRY_H
#define SLAT_EPT_ENTRY_H
#include <slat/slat.h>
#include "../../spec/logic/ept_entry.acsl"

/** Classifies one EPT entry; SLAT_ENTRY_RESERVED means misconfigured.
 *  @param c      capabilities and MAXPHYADDR
 *  @param e      the entry as read from memory
 *  @param level  1 (EPT PTE) to 5 (EPT PML5E) */
/*@ requires level_range: 1 <= level <= 5;
    requires readable: \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures EPT_NOT_PRESENT: \result.kind == SLAT_ENTRY_NOT_PRESENT <==> !ept_present(e);
    ensures EPT_MISCONFIG_WRITE_ONLY: ept_write_only(e) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures EPT_MISCONFIG_EXECUTE_ONLY: ept_bad_execute_only(c, e) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures EPT_MISCONFIG_ADDRESS: ept_present(e) && ept_rsvd_address(c, e) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures EPT_MISCONFIG_PML4E: ept_present(e) && ept_rsvd_pml4e(e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures EPT_MISCONFIG_PML5E: ept_present(e) && ept_rsvd_pml5e(e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures EPT_MISCONFIG_TABLE: ept_present(e) && ept_rsvd_table(e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures EPT_MISCONFIG_1GB_PAGE:
      ept_present(e) && ept_rsvd_1gb_page(e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures EPT_MISCONFIG_2MB_PAGE:
      ept_present(e) && ept_rsvd_2mb_page(e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures EPT_MISCONFIG_1GB_UNSUPPORTED:
      ept_present(e) && ept_bad_1gb_page(c, e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures EPT_MISCONFIG_2MB_UNSUPPORTED:
      ept_present(e) && ept_bad_2mb_page(c, e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures EPT_MISCONFIG_MEMORY_TYPE:
      ept_present(e) && ept_bad_memory_type(e, level) ==> \result.kind == SLAT_ENTRY_RESERVED;
    ensures EPT_MAPS_PAGE: ept_present(e) && !ept_misconfigured(c, e, level) && ept_maps_page(e, level) ==>
      \result.kind == SLAT_ENTRY_PAGE;
    ensures EPT_REFERENCES_TABLE: ept_present(e) && !ept_misconfigured(c, e, level) && !ept_maps_page(e, level) ==>
      \result.kind == SLAT_ENTRY_TABLE;
    ensures kind: \result.kind == ept_kind(c, e, level);
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
*/
struct slat_entry slat_ept_entry(const struct slat_controls *c, uint64_t e, unsigned level);
#endif

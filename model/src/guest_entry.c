/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_entry.h"
#include "rule.h"

struct slat_entry slat_guest_entry(const struct slat_format *f, uint64_t e, unsigned level)
{
  const bool ps = e / 0x80 % 2 == 1;

  /* First: reserved bits are not looked at where P = 0. */
  if (SLAT_RULE(GUEST_NOT_PRESENT, e % 2 == 0))
    return (struct slat_entry){ SLAT_ENTRY_NOT_PRESENT, SLAT_RULE_GUEST_NOT_PRESENT };

  if (SLAT_RULE(GUEST_RSVD_ADDRESS, e % 0x10000000000000 >= f->limit))
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_ADDRESS };
  if (SLAT_RULE(GUEST_RSVD_XD, !f->nxe && e / 0x8000000000000000 == 1))
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_XD };

  if (level == 5) {
    if (SLAT_RULE(GUEST_RSVD_PML5E_PS, ps))
      return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_PML5E_PS };
    if (SLAT_RULE(GUEST_RSVD_PML5E_BIT8, f->pml4e_bit8 && e / 0x100 % 2 == 1))
      return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_PML5E_BIT8 };
    return (struct slat_entry){ SLAT_ENTRY_TABLE, SLAT_RULE_GUEST_REFERENCES_TABLE };
  }
  if (level == 4) {
    if (SLAT_RULE(GUEST_RSVD_PML4E_PS, ps))
      return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_PML4E_PS };
    if (SLAT_RULE(GUEST_RSVD_PML4E_BIT8, f->pml4e_bit8 && e / 0x100 % 2 == 1))
      return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_PML4E_BIT8 };
    return (struct slat_entry){ SLAT_ENTRY_TABLE, SLAT_RULE_GUEST_REFERENCES_TABLE };
  }
  if (level == 1)
    return (struct slat_entry){ SLAT_ENTRY_PAGE, SLAT_RULE_GUEST_MAPS_PAGE };
  if (!SLAT_RULE(GUEST_MAPS_PAGE, ps))
    return (struct slat_entry){ SLAT_ENTRY_TABLE, SLAT_RULE_GUEST_REFERENCES_TABLE };

  if (level == 3 && SLAT_RULE(GUEST_RSVD_PDPTE_PS, !f->page_1gb))
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_PDPTE_PS };
  if (level == 3 && SLAT_RULE(GUEST_RSVD_1GB_PAGE, e / 0x2000 % 0x20000 != 0))
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_1GB_PAGE };
  if (level == 2 && SLAT_RULE(GUEST_RSVD_2MB_PAGE, e / 0x2000 % 0x100 != 0))
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_2MB_PAGE };
  return (struct slat_entry){ SLAT_ENTRY_PAGE, SLAT_RULE_GUEST_MAPS_PAGE };
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_entry.h"
#include "rule.h"

/* A present PDE or PTE of 32-bit paging: nothing is reserved in one that maps no 4 MB. */
/*@ requires readable: \valid_read(f);
    requires mode: four_byte_entry(f, level) && 1 <= level;
    requires present: pte_present(e);
    terminates \true;
    assigns \nothing;
    ensures kind: \result.kind == pte_kind(f, e, level);
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
*/
static struct slat_entry entry_32bit(const struct slat_format *f, uint64_t e, unsigned level)
{
  if (level == 1)
    return (struct slat_entry){ SLAT_ENTRY_PAGE, SLAT_RULE_GUEST_MAPS_PAGE };
  if (e / 0x80 % 2 == 0 || SLAT_RULE(GUEST_MAPS_4MB, !f->pse))
    return (struct slat_entry){ SLAT_ENTRY_TABLE, SLAT_RULE_GUEST_REFERENCES_TABLE };
  if (SLAT_RULE(GUEST_RSVD_4MB_PAGE, e / 0x2000 % 0x200 * 0x100000000 >= f->limit_4mb))
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_4MB_PAGE };
  return (struct slat_entry){ SLAT_ENTRY_PAGE, SLAT_RULE_GUEST_MAPS_4MB };
}

/* A present PDPTE of PAE paging that a walk reads, bits 51:MAXPHYADDR and 62:52 of which are 0. */
/*@ requires readable: \valid_read(f);
    requires mode: f->mode == SLAT_PAGING_PAE;
    requires present: pte_present(e) && !pte_rsvd_address(f, e, 3) && !pte_rsvd_pae_high(f, e);
    terminates \true;
    assigns \nothing;
    ensures kind: \result.kind == pte_kind(f, e, 3);
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
*/
static struct slat_entry pdpte_of_pae(const struct slat_format *f, uint64_t e)
{
  (void)f;
  if (SLAT_RULE(PAE_PDPTE_RSVD, e / 2 % 4 != 0 || e / 0x20 % 0x10 != 0 || e / 0x8000000000000000 == 1))
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_PAE_PDPTE_RSVD };
  return (struct slat_entry){ SLAT_CHOOSE(PAE_PDPTE_NO_FLAGS, SLAT_ENTRY_PDPTE, SLAT_ENTRY_TABLE),
                              SLAT_RULE_GUEST_REFERENCES_TABLE };
}

/* A present PML5E or PML4E that breaks no rule of all levels. */
/*@ requires readable: \valid_read(f);
    requires mode: 4 <= level <= 5 && !pte_rsvd_pae_high(f, e);
    requires present: pte_present(e) && !pte_rsvd_address(f, e, level) && !pte_rsvd_xd(f, e, level);
    terminates \true;
    assigns \nothing;
    ensures kind: \result.kind == pte_kind(f, e, level);
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
*/
static struct slat_entry upper_entry(const struct slat_format *f, uint64_t e, unsigned level)
{
  const bool ps = e / 0x80 % 2 == 1;

  if (level == 5) {
    if (SLAT_RULE(GUEST_RSVD_PML5E_PS, ps))
      return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_PML5E_PS };
    if (SLAT_RULE(GUEST_RSVD_PML5E_BIT8, f->pml4e_bit8 && e / 0x100 % 2 == 1))
      return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_PML5E_BIT8 };
    return (struct slat_entry){ SLAT_ENTRY_TABLE, SLAT_RULE_GUEST_REFERENCES_TABLE };
  }
  if (SLAT_RULE(GUEST_RSVD_PML4E_PS, ps))
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_PML4E_PS };
  if (SLAT_RULE(GUEST_RSVD_PML4E_BIT8, f->pml4e_bit8 && e / 0x100 % 2 == 1))
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_PML4E_BIT8 };
  return (struct slat_entry){ SLAT_ENTRY_TABLE, SLAT_RULE_GUEST_REFERENCES_TABLE };
}

/* A present PDPTE, PDE or PTE of 8 bytes that breaks no rule of all levels, but the PDPTE of PAE paging. */
/*@ requires readable: \valid_read(f);
    requires mode: 1 <= level <= 3 && !four_byte_entry(f, level) && !pae_pdpte(f, level) && !pte_rsvd_pae_high(f, e);
    requires present: pte_present(e) && !pte_rsvd_address(f, e, level) && !pte_rsvd_xd(f, e, level);
    terminates \true;
    assigns \nothing;
    ensures kind: \result.kind == pte_kind(f, e, level);
    ensures rule_range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT;
*/
static struct slat_entry lower_entry(const struct slat_format *f, uint64_t e, unsigned level)
{
  const bool ps = e / 0x80 % 2 == 1;

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

struct slat_entry slat_guest_entry(const struct slat_format *f, uint64_t e, unsigned level)
{
  /* First: reserved bits are not looked at where P = 0. */
  if (SLAT_RULE(GUEST_NOT_PRESENT, e % 2 == 0))
    return (struct slat_entry){ SLAT_ENTRY_NOT_PRESENT, SLAT_RULE_GUEST_NOT_PRESENT };

  if (f->mode == SLAT_PAGING_32BIT && level <= 2)
    return entry_32bit(f, e, level);
  if (SLAT_RULE(GUEST_RSVD_ADDRESS, e % 0x10000000000000 >= f->limit))
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_ADDRESS };
  if (f->mode == SLAT_PAGING_PAE) {
    if (SLAT_RULE(GUEST_RSVD_PAE_HIGH, e / 0x10000000000000 % 0x800 != 0))
      return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_PAE_HIGH };
    if (level == 3)
      return pdpte_of_pae(f, e);
  }
  if (SLAT_RULE(GUEST_RSVD_XD, !f->nxe && e / 0x8000000000000000 == 1))
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, SLAT_RULE_GUEST_RSVD_XD };

  return level >= 4 ? upper_entry(f, e, level) : lower_entry(f, e, level);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "ept_entry.h"
#include "rule.h"

/* The rule that an entry which references a table breaks, SLAT_RULE_NONE if none. */
/*@ requires level_range: 2 <= level <= 5;
    terminates \true;
    assigns \nothing;
    ensures legal: \result != SLAT_RULE_NONE <==>
      ept_rsvd_pml5e(e, level) || ept_rsvd_pml4e(e, level) || (level < 4 && (e / 8) % 0x10 != 0);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule table_misconfig(uint64_t e, unsigned level)
{
  if (level == 5)
    return SLAT_RULE(EPT_MISCONFIG_PML5E, e / 8 % 0x20 != 0) ? SLAT_RULE_EPT_MISCONFIG_PML5E : SLAT_RULE_NONE;
  if (level == 4)
    return SLAT_RULE(EPT_MISCONFIG_PML4E, e / 8 % 0x20 != 0) ? SLAT_RULE_EPT_MISCONFIG_PML4E : SLAT_RULE_NONE;
  return SLAT_RULE(EPT_MISCONFIG_TABLE, e / 8 % 0x10 != 0) ? SLAT_RULE_EPT_MISCONFIG_TABLE : SLAT_RULE_NONE;
}

/* The rule that an entry which maps a page breaks, SLAT_RULE_NONE if none. */
/*@ requires level_range: 1 <= level <= 3;
    requires readable: \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures legal: \result != SLAT_RULE_NONE <==>
      (level == 3 && (c->ept_page_1gb == 0 || (e / 0x1000) % 0x40000 != 0)) ||
      (level == 2 && (c->ept_page_2mb == 0 || (e / 0x1000) % 0x200 != 0)) ||
      ept_mt(e) == 2 || ept_mt(e) == 3 || ept_mt(e) == 7;
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule page_misconfig(const struct slat_controls *c, uint64_t e, unsigned level)
{
  const unsigned memory_type = e / 8 % 8;

  if (level == 3 && SLAT_RULE(EPT_MISCONFIG_1GB_UNSUPPORTED, !c->ept_page_1gb))
    return SLAT_RULE_EPT_MISCONFIG_1GB_UNSUPPORTED;
  if (level == 3 && SLAT_RULE(EPT_MISCONFIG_1GB_PAGE, e / 0x1000 % 0x40000 != 0))
    return SLAT_RULE_EPT_MISCONFIG_1GB_PAGE;
  if (level == 2 && SLAT_RULE(EPT_MISCONFIG_2MB_UNSUPPORTED, !c->ept_page_2mb))
    return SLAT_RULE_EPT_MISCONFIG_2MB_UNSUPPORTED;
  if (level == 2 && SLAT_RULE(EPT_MISCONFIG_2MB_PAGE, e / 0x1000 % 0x200 != 0))
    return SLAT_RULE_EPT_MISCONFIG_2MB_PAGE;
  if (SLAT_RULE(EPT_MISCONFIG_MEMORY_TYPE, memory_type == 2 || memory_type == 3 || memory_type == 7))
    return SLAT_RULE_EPT_MISCONFIG_MEMORY_TYPE;
  return SLAT_RULE_NONE;
}

/* The rule that an entry of any kind breaks, SLAT_RULE_NONE if none. */
/*@ requires readable: \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures legal: \result != SLAT_RULE_NONE <==>
      ept_write_only(e) || ept_bad_execute_only(c, e) || ept_rsvd_address(c, e);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule entry_misconfig(const struct slat_controls *c, uint64_t e)
{
  if (SLAT_RULE(EPT_MISCONFIG_WRITE_ONLY, e % 2 == 0 && e / 2 % 2 == 1))
    return SLAT_RULE_EPT_MISCONFIG_WRITE_ONLY;
  if (SLAT_RULE(EPT_MISCONFIG_EXECUTE_ONLY, e % 2 == 0 && e / 2 % 2 == 0 && e / 4 % 2 == 1 && !c->ept_execute_only))
    return SLAT_RULE_EPT_MISCONFIG_EXECUTE_ONLY;
  if (SLAT_RULE(EPT_MISCONFIG_ADDRESS, e % 0x10000000000000 >= c->guest.limit))
    return SLAT_RULE_EPT_MISCONFIG_ADDRESS;
  return SLAT_RULE_NONE;
}

struct slat_entry slat_ept_entry(const struct slat_controls *c, uint64_t e, unsigned level)
{
  /* First: bits 63:3 of an entry that is not present are ignored, so it cannot be misconfigured. */
  if (SLAT_RULE(EPT_NOT_PRESENT, e % 2 == 0 && e / 2 % 2 == 0 && e / 4 % 2 == 0))
    return (struct slat_entry){ SLAT_ENTRY_NOT_PRESENT, SLAT_RULE_EPT_NOT_PRESENT };

  const bool page = level == 1 || (level < 4 && SLAT_RULE(EPT_MAPS_PAGE, e / 0x80 % 2 == 1));
  enum slat_rule broken = entry_misconfig(c, e);
  if (broken == SLAT_RULE_NONE)
    broken = page ? page_misconfig(c, e, level) : table_misconfig(e, level);

  if (broken != SLAT_RULE_NONE)
    return (struct slat_entry){ SLAT_ENTRY_RESERVED, (uint16_t)broken };
  return page ? (struct slat_entry){ SLAT_ENTRY_PAGE, SLAT_RULE_EPT_MAPS_PAGE }
              : (struct slat_entry){ SLAT_ENTRY_TABLE, SLAT_RULE_EPT_REFERENCES_TABLE };
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "controls.h"
#include "rule.h"
#include "../../spec/logic/maxphyaddr.acsl"

/* 2^MAXPHYADDR. */
/*@ requires width: 32 <= maxphyaddr <= 52;
    terminates \true;
    assigns \nothing;
    ensures CONFIG_LIMIT: \result == two_to(maxphyaddr);
*/
static uint64_t address_limit(unsigned maxphyaddr)
{
  switch (maxphyaddr) {
  case 33:
    return 0x200000000;
  case 34:
    return 0x400000000;
  case 35:
    return 0x800000000;
  case 36:
    return 0x1000000000;
  case 37:
    return 0x2000000000;
  case 38:
    return 0x4000000000;
  case 39:
    return 0x8000000000;
  case 40:
    return 0x10000000000;
  case 41:
    return 0x20000000000;
  case 42:
    return 0x40000000000;
  case 43:
    return 0x80000000000;
  case 44:
    return 0x100000000000;
  case 45:
    return 0x200000000000;
  case 46:
    return 0x400000000000;
  case 47:
    return 0x800000000000;
  case 48:
    return 0x1000000000000;
  case 49:
    return 0x2000000000000;
  case 50:
    return 0x4000000000000;
  case 51:
    return 0x8000000000000;
  case 52:
    return 0x10000000000000;
  default:
    return 0x100000000;
  }
}

enum slat_status slat_check_config(const struct slat_config *config)
{
  if (config->vendor > SLAT_AMD)
    return SLAT_INVALID_VENDOR;
  if (config->stage2 > SLAT_STAGE2_NPT)
    return SLAT_INVALID_STAGE2;
  if (config->maxphyaddr < 32 || config->maxphyaddr > 52)
    return SLAT_INVALID_MAXPHYADDR;
  if ((config->stage2 == SLAT_STAGE2_EPT && config->vendor != SLAT_INTEL) ||
      (config->stage2 == SLAT_STAGE2_NPT && config->vendor != SLAT_AMD))
    return SLAT_INVALID_STAGE2_VENDOR;
  if (config->stage2 != SLAT_STAGE2_EPT && (config->ept_execute_only || config->ept_page_2mb || config->ept_page_1gb ||
                                            config->ept_accessed_dirty || config->ept_advanced_info))
    return SLAT_INVALID_EPT_CAPABILITY;
  return SLAT_OK;
}

/* One bit of a register. */
#define BIT(value, divisor) ((value) / (divisor) % 2 == 1)

/* Is this paging mode of a processor (the guest's, or the host's under NPT) one that can exist, and 4-level or off? */
/*@ requires readable: \valid_read(config);
    terminates \true;
    assigns \nothing;
    ensures long_mode: \result == SLAT_OK && (cr0 / 0x80000000) % 2 == 1 ==>
      (efer / 0x400) % 2 == 1 && (cr4 / 0x20) % 2 == 1 && (cr4 / 0x1000) % 2 == 0;
*/
static enum slat_status check_mode(const struct slat_config *config, uint64_t cr0, uint64_t cr4, uint64_t efer)
{
  const bool pe = BIT(cr0, 0x1), pg = BIT(cr0, 0x80000000);
  const bool lme = BIT(efer, 0x100), lma = BIT(efer, 0x400);

  if (pg && !pe)
    return SLAT_INVALID_CR0;
  if (lma != (lme && pg))
    return SLAT_INVALID_EFER;
  if ((BIT(efer, 0x800) && !config->nx) || (BIT(cr4, 0x100000) && !config->smep) ||
      (BIT(cr4, 0x200000) && !config->smap))
    return SLAT_INVALID_FEATURE_CONTROL;
  if (!pg)
    return SLAT_OK;
  if (!lma)
    return BIT(cr4, 0x20) ? SLAT_UNSUPPORTED_PAE_PAGING : SLAT_UNSUPPORTED_32BIT_PAGING;
  if (!BIT(cr4, 0x20))
    return SLAT_INVALID_EFER; /* long mode needs CR4.PAE */
  return BIT(cr4, 0x1000) ? SLAT_UNSUPPORTED_LA57 : SLAT_OK;
}

/* Controls that change what a guest's walk does, and are not modelled.  The host's do not reach nested walks. */
/*@ terminates \true;
    assigns \nothing;
*/
static enum slat_status check_guest_controls(uint64_t cr4, uint64_t efer)
{
  if (BIT(cr4, 0x20000))
    return SLAT_UNSUPPORTED_PCID;
  if (BIT(cr4, 0x400000) || BIT(cr4, 0x1000000))
    return SLAT_UNSUPPORTED_PROTECTION_KEYS;
  if (BIT(cr4, 0x800000))
    return SLAT_UNSUPPORTED_CET;
  if (BIT(cr4, 0x10000000) || BIT(efer, 0x100000))
    return SLAT_UNSUPPORTED_LINEAR_MASKING;
  return SLAT_OK;
}

/* Extended-page-table pointer: SDM (325462-092) table 27-9 and its checks on VM entry, 29.2.1.1; ERRATA E12. */
/*@ requires readable: \valid_read(config);
    terminates \true;
    assigns \nothing;
*/
static enum slat_status check_eptp(const struct slat_config *config, uint64_t eptp, uint64_t limit)
{
  const unsigned memory_type = eptp % 8;

  if ((memory_type != 0 && memory_type != 6) || eptp >= limit || eptp / 0x100 % 0x10 != 0)
    return SLAT_INVALID_EPTP;
  if (eptp / 8 % 8 == 4)
    return SLAT_UNSUPPORTED_EPT_WALK_LENGTH;
  if (eptp / 8 % 8 != 3 || (BIT(eptp, 0x40) && !config->ept_accessed_dirty))
    return SLAT_INVALID_EPTP;
  if (BIT(eptp, 0x80))
    return SLAT_UNSUPPORTED_SHADOW_STACK_EPT;
  return SLAT_OK;
}

/* The stage-2 part of the control state. */
/*@ requires readable: \valid_read(config) && \valid_read(reg + (0 .. SLAT_REGISTER_COUNT - 1));
    requires writable: \valid(c);
    requires separated: \separated(c, config) && \separated(c, reg + (0 .. SLAT_REGISTER_COUNT - 1));
    requires stage2: config->stage2 <= SLAT_STAGE2_NPT;
    terminates \true;
    assigns c->stage2, c->stage2_table, c->ept_ad, c->nested;
    ensures table: c->stage2_table <= 0xFFFFFFFFFF000;
    ensures stage2: c->stage2 == config->stage2;
*/
static enum slat_status decode_stage2(const struct slat_config *config, const uint64_t *reg, uint64_t limit,
                                      struct slat_controls *c)
{
  c->stage2 = config->stage2;
  c->stage2_table = 0;
  c->ept_ad = 0;
  c->nested.limit = limit;
  c->nested.nxe = BIT(reg[SLAT_HOST_EFER], 0x800);
  c->nested.page_1gb = config->page_1gb;
  c->nested.pml4e_bit8 = config->vendor == SLAT_AMD;

  if (config->stage2 == SLAT_STAGE2_EPT) {
    c->stage2_table = reg[SLAT_EPTP] / 0x1000 % 0x10000000000 * 0x1000;
    c->ept_ad = BIT(reg[SLAT_EPTP], 0x40);
    return check_eptp(config, reg[SLAT_EPTP], limit);
  }
  if (config->stage2 == SLAT_STAGE2_NPT) {
    const enum slat_status status = check_mode(config, reg[SLAT_HOST_CR0], reg[SLAT_HOST_CR4], reg[SLAT_HOST_EFER]);
    c->stage2_table = reg[SLAT_NCR3] / 0x1000 % 0x10000000000 * 0x1000;
    if (status != SLAT_OK)
      return status >= SLAT_FIRST_UNSUPPORTED ? SLAT_UNSUPPORTED_HOST_PAGING : status;
    if (!BIT(reg[SLAT_HOST_CR0], 0x80000000))
      return SLAT_INVALID_NCR3; /* APM 15.25.3: VMRUN with nested paging and hCR0.PG = 0 fails */
    if (reg[SLAT_NCR3] >= limit)
      return SLAT_INVALID_NCR3;
  }
  return SLAT_OK;
}

enum slat_status slat_decode_controls(const struct slat_config *config, const uint64_t *reg, struct slat_controls *c)
{
  const uint64_t limit = address_limit(config->maxphyaddr);
  const bool amd = config->vendor == SLAT_AMD;
  enum slat_status status = decode_stage2(config, reg, limit, c);

  c->guest.limit = limit;
  c->guest.nxe = BIT(reg[SLAT_EFER], 0x800);
  c->guest.page_1gb = config->page_1gb;
  c->guest.pml4e_bit8 = amd;
  c->guest_table = reg[SLAT_CR3] / 0x1000 % 0x10000000000 * 0x1000;
  c->amd = amd;
  c->paging = BIT(reg[SLAT_CR0], 0x80000000);
  c->wp = BIT(reg[SLAT_CR0], 0x10000);
  c->smep = BIT(reg[SLAT_CR4], 0x100000);
  c->smap = BIT(reg[SLAT_CR4], 0x200000);
  c->ac = BIT(reg[SLAT_RFLAGS], 0x40000);
  c->ept_execute_only = config->ept_execute_only;
  c->ept_page_2mb = config->ept_page_2mb;
  c->ept_page_1gb = config->ept_page_1gb;
  c->ept_advanced_info = config->ept_advanced_info;

  if (status == SLAT_OK)
    status = check_mode(config, reg[SLAT_CR0], reg[SLAT_CR4], reg[SLAT_EFER]);
  if (status == SLAT_OK && c->paging)
    status = check_guest_controls(reg[SLAT_CR4], reg[SLAT_EFER]);
  /* SDM 4.5, table "Use of CR3 with 4-Level Paging": bits 63:MAXPHYADDR are reserved. */
  if (status == SLAT_OK && c->paging && reg[SLAT_CR3] >= limit)
    status = SLAT_INVALID_CR3;
  return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "controls.h"
#include "rule.h"

uint64_t slat_address_limit(unsigned maxphyaddr)
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

enum slat_status slat_check_config(struct slat_config k)
{
  if (k.vendor > SLAT_AMD)
    return SLAT_INVALID_VENDOR;
  if (k.stage2 > SLAT_STAGE2_NPT)
    return SLAT_INVALID_STAGE2;
  if (k.maxphyaddr < 32 || k.maxphyaddr > 52)
    return SLAT_INVALID_MAXPHYADDR;
  if ((k.stage2 == SLAT_STAGE2_EPT && k.vendor != SLAT_INTEL) || (k.stage2 == SLAT_STAGE2_NPT && k.vendor != SLAT_AMD))
    return SLAT_INVALID_STAGE2_VENDOR;
  if (k.stage2 != SLAT_STAGE2_EPT && (k.ept_execute_only || k.ept_page_2mb || k.ept_page_1gb || k.ept_accessed_dirty ||
                                      k.ept_advanced_info || k.ept_5level || k.ept_sss || k.ept_pml))
    return SLAT_INVALID_EPT_CAPABILITY;
  if (((k.pks || k.lam || k.lass) && k.vendor != SLAT_INTEL) || (k.uai && k.vendor != SLAT_AMD) ||
      (k.amd_pdpte_registers && (k.vendor != SLAT_AMD || k.stage2 != SLAT_STAGE2_NONE)))
    return SLAT_INVALID_FEATURE_VENDOR;
  return SLAT_OK;
}

/* One bit of a register. */
#define BIT(value, divisor) ((value) / (divisor) % 2 == 1)

/* Those of linear-address pre-processing: LASS, LAM, UAI. */
/*@ terminates \true;
    assigns \nothing;
    ensures present: \result != 0 <==> linear_features_present(k, cr4, efer);
*/
static bool has_linear_features(struct slat_config k, uint64_t cr4, uint64_t efer)
{
  return (!BIT(cr4, 0x8000000) || k.lass) && (!BIT(cr4, 0x10000000) || k.lam) && (!BIT(efer, 0x100000) || k.uai);
}

bool slat_has_features(struct slat_config k, uint64_t cr4, uint64_t efer)
{
  return (!BIT(efer, 0x800) || k.nx) && (!BIT(cr4, 0x1000) || k.la57) && (!BIT(cr4, 0x20000) || k.pcid) &&
         (!BIT(cr4, 0x100000) || k.smep) && (!BIT(cr4, 0x200000) || k.smap) && (!BIT(cr4, 0x400000) || k.pku) &&
         (!BIT(cr4, 0x1000000) || k.pks) && (!BIT(cr4, 0x800000) || k.cet_ss) && has_linear_features(k, cr4, efer);
}

/* The paging mode with CR0.PG = 1. */
/*@ terminates \true;
    assigns \nothing;
    ensures MODE_SELECT: \result == paging_mode(cr4, efer);
    ensures range: \result <= SLAT_PAGING_32BIT;
*/
static uint8_t mode_of(uint64_t cr4, uint64_t efer)
{
  if (!SLAT_RULE(MODE_SELECT, !BIT(efer, 0x400)))
    return SLAT_PAGING_LONG;
  return BIT(cr4, 0x20) ? SLAT_PAGING_PAE : SLAT_PAGING_32BIT;
}

/* That of a host at VMRUN, in which nested tables are read: APM 15.25.3. */
/*@ terminates \true;
    assigns \nothing;
    ensures NPT_HOST_MODE: \result == paging_mode(cr4, efer);
    ensures range: \result <= SLAT_PAGING_32BIT;
*/
static uint8_t host_mode(uint64_t cr4, uint64_t efer)
{
  return SLAT_CHOOSE(NPT_HOST_MODE, mode_of(cr4, efer), SLAT_PAGING_LONG);
}

/* Is this paging mode of a processor (the guest's, or the host's under NPT) one that can exist? */
/*@ terminates \true;
    assigns \nothing;
    ensures modelled: \result == SLAT_OK <==> mode_modelled(k, cr0, cr4, efer);
    ensures MODE_CET_WP: cr4_cet(cr4) == 1 && cr0_wp(cr0) == 0 ==> \result != SLAT_OK;
    ensures MODE_PCIDE: cr4_pcide(cr4) == 1 && efer_lma(efer) == 0 ==> \result != SLAT_OK;
    ensures range: SLAT_OK <= \result < SLAT_STATUS_COUNT;
*/
static enum slat_status check_mode(struct slat_config k, uint64_t cr0, uint64_t cr4, uint64_t efer)
{
  const bool pe = BIT(cr0, 0x1), pg = BIT(cr0, 0x80000000);
  const bool lme = BIT(efer, 0x100), lma = BIT(efer, 0x400);

  if (pg && !pe)
    return SLAT_INVALID_CR0;
  if (lma != (lme && pg))
    return SLAT_INVALID_EFER;
  if (!slat_has_features(k, cr4, efer))
    return SLAT_INVALID_FEATURE_CONTROL;
  if (SLAT_RULE(MODE_CET_WP, BIT(cr4, 0x800000) && !BIT(cr0, 0x10000)))
    return SLAT_INVALID_CET;
  if (SLAT_RULE(MODE_PCIDE, BIT(cr4, 0x20000) && !lma))
    return SLAT_INVALID_PCIDE;
  return lma && !BIT(cr4, 0x20) ? SLAT_INVALID_EFER : SLAT_OK; /* long mode needs CR4.PAE */
}

/* ERRATA E25. */
/*@ terminates \true;
    assigns \nothing;
    ensures modelled: \result != 0 <==> page_4mb_modelled(k, cr4);
*/
static bool has_4mb_page_format(struct slat_config k, uint64_t cr4)
{
  return k.vendor != SLAT_AMD || BIT(cr4, 0x20) || !BIT(cr4, 0x10) || (k.pse36 && k.maxphyaddr >= 40);
}

/*@ requires config: config_valid(k);
    terminates \true;
    assigns \nothing;
    ensures modelled: \result == SLAT_OK <==> guest_controls_modelled(k, cr4, efer);
    ensures range: SLAT_OK <= \result < SLAT_STATUS_COUNT;
*/
static enum slat_status check_guest_controls(struct slat_config k, uint64_t cr4, uint64_t efer)
{
  return BIT(efer, 0x400) || has_4mb_page_format(k, cr4) ? SLAT_OK : SLAT_UNSUPPORTED_PSE36_WIDTH;
}

/* CR3 has no bit of 63:MAXPHYADDR, in no mode: SDM 4.5, table "Use of CR3 with 4-Level Paging", and 26.3.1.1.  Bits 62 and 61
   are the masking of user pointers, on a processor that has it. */
bool slat_cr3_exists(struct slat_config k, uint64_t cr3, uint64_t limit)
{
  return (k.lam && cr3 <= 0x7FFFFFFFFFFFFFFF ? cr3 % 0x2000000000000000 : cr3) < limit;
}

/* EPT_POINTER: SDM (325462-092) table 27-9 and its checks on VM entry, 29.2.1.1; ERRATA E12. */
/*@ terminates \true;
    assigns \nothing;
    ensures EPT_POINTER: \result == SLAT_OK <==> eptp_modelled(k, eptp, limit);
    ensures range: SLAT_OK <= \result < SLAT_STATUS_COUNT;
*/
static enum slat_status check_eptp(struct slat_config k, uint64_t eptp, uint64_t limit)
{
  const unsigned memory_type = eptp % 8;

  if ((memory_type != 0 && memory_type != 6) || eptp >= limit || eptp / 0x100 % 0x10 != 0)
    return SLAT_INVALID_EPTP;
  if (eptp / 8 % 8 != 3 && !(eptp / 8 % 8 == 4 && k.ept_5level))
    return SLAT_INVALID_EPTP;
  if (BIT(eptp, 0x40) && !k.ept_accessed_dirty)
    return SLAT_INVALID_EPTP;
  return BIT(eptp, 0x80) && !k.ept_sss ? SLAT_INVALID_EPTP : SLAT_OK;
}

/*@ terminates \true;
    assigns \nothing;
    ensures modelled: \result == SLAT_OK <==> host_modelled(k, cr0, cr4, efer, ncr3, limit);
    ensures NPT_VMRUN_NCR3: cr0_pg(cr0) == 0 || ncr3 >= limit ==> \result != SLAT_OK;
    ensures range: SLAT_OK <= \result < SLAT_STATUS_COUNT;
*/
static enum slat_status check_host(struct slat_config k, uint64_t cr0, uint64_t cr4, uint64_t efer, uint64_t ncr3,
                                   uint64_t limit)
{
  const enum slat_status status = check_mode(k, cr0, cr4, efer);

  if (status != SLAT_OK)
    return status;
  /* NPT_VMRUN_NCR3: APM 15.25.3, 15.25.4. */
  if (!BIT(cr0, 0x80000000) || ncr3 >= limit)
    return SLAT_INVALID_NCR3;
  return BIT(efer, 0x400) || has_4mb_page_format(k, cr4) ? SLAT_OK : SLAT_UNSUPPORTED_PSE36_WIDTH;
}

/* VM-execution controls. */
/*@ terminates \true;
    assigns \nothing;
    ensures modelled: \result == SLAT_OK <==> vmcs_controls_modelled(k, secondary, tertiary);
    ensures range: SLAT_OK <= \result < SLAT_STATUS_COUNT;
*/
static enum slat_status check_vmcs_controls(struct slat_config k, uint64_t secondary, uint64_t tertiary)
{
  if (BIT(secondary, 0x20000) && !k.ept_pml)
    return SLAT_INVALID_FEATURE_CONTROL;
  if (BIT(secondary, 0x40000))
    return SLAT_UNSUPPORTED_VE;
  if (BIT(secondary, 0x400000))
    return SLAT_UNSUPPORTED_MBEC;
  if (BIT(secondary, 0x800000))
    return SLAT_UNSUPPORTED_SPP;
  if (BIT(tertiary, 2))
    return SLAT_UNSUPPORTED_HLAT;
  if (BIT(tertiary, 4))
    return SLAT_UNSUPPORTED_PAGING_WRITE;
  return BIT(tertiary, 8) ? SLAT_UNSUPPORTED_PAGING_VERIFICATION : SLAT_OK;
}

/* VMCB offset 90H. */
/*@ terminates \true;
    assigns \nothing;
    ensures modelled: \result == SLAT_OK <==> vmcb_controls_modelled(nested);
    ensures range: SLAT_OK <= \result < SLAT_STATUS_COUNT;
*/
static enum slat_status check_vmcb_controls(uint64_t nested)
{
  if (BIT(nested, 2) || BIT(nested, 4))
    return SLAT_UNSUPPORTED_SEV;
  if (BIT(nested, 8))
    return SLAT_UNSUPPORTED_GMET;
  if (BIT(nested, 0x10))
    return SLAT_UNSUPPORTED_NPT_SHADOW_STACK;
  if (BIT(nested, 0x40))
    return SLAT_UNSUPPORTED_ROGPT;
  return BIT(nested, 0x800) ? SLAT_UNSUPPORTED_NPT_PML : SLAT_OK;
}

/* Those of the stage 2 that there is. */
/*@ terminates \true;
    assigns \nothing;
    ensures modelled: \result == SLAT_OK <==> virtualization_modelled(k, secondary, tertiary, nested);
    ensures range: SLAT_OK <= \result < SLAT_STATUS_COUNT;
*/
static enum slat_status check_virtualization(struct slat_config k, uint64_t secondary, uint64_t tertiary,
                                             uint64_t nested)
{
  if (k.stage2 == SLAT_STAGE2_EPT)
    return check_vmcs_controls(k, secondary, tertiary);
  return k.stage2 == SLAT_STAGE2_NPT ? check_vmcb_controls(nested) : SLAT_OK;
}

/* Can a PDPTE register hold this? */
/*@ terminates \true;
    assigns \nothing;
    ensures loads: \result != 0 <==> pdpte_loads(e, limit);
*/
static bool pdpte_can_load(uint64_t e, uint64_t limit)
{
  return e % 2 == 0 || (e / 2 % 4 == 0 && e / 0x20 % 0x10 == 0 && e < limit);
}

/* Are the PDPTE registers what they can be, if PAE paging uses them? */
/*@ requires config: config_valid(k);
    requires limit: limit == two_to(k.maxphyaddr);
    requires paging: cr0_pg(p.reg[SLAT_CR0]) == 1;
    terminates \true;
    assigns \nothing;
    ensures PAE_PDPTE_RSVD_LOAD: \result != 0 <==> (in_pae_registers(k, p) ==> pdptes_load(k, p));
*/
static bool pdptes_can_load(struct slat_config k, struct slat_cpu p, uint64_t limit)
{
  if ((k.vendor == SLAT_AMD && !k.amd_pdpte_registers) || mode_of(p.reg[SLAT_CR4], p.reg[SLAT_EFER]) != SLAT_PAGING_PAE)
    return 1;
  return pdpte_can_load(p.reg[SLAT_PDPTE0], limit) && pdpte_can_load(p.reg[SLAT_PDPTE1], limit) &&
         pdpte_can_load(p.reg[SLAT_PDPTE2], limit) && pdpte_can_load(p.reg[SLAT_PDPTE3], limit);
}

/* Is the state one that the model answers for? */
/*@ requires config: config_valid(k);
    requires limit: limit == two_to(k.maxphyaddr) && limit <= 0x10000000000000;
    terminates \true;
    assigns \nothing;
    ensures modelled: \result == SLAT_OK <==> state_modelled(k, p);
    ensures range: SLAT_OK <= \result < SLAT_STATUS_COUNT;
*/
static enum slat_status check_state(struct slat_config k, struct slat_cpu p, uint64_t limit)
{
  enum slat_status status = SLAT_OK;

  if (p.reg[SLAT_PKRU] >= 0x100000000 || p.reg[SLAT_PKRS] >= 0x100000000)
    return SLAT_INVALID_PROTECTION_KEYS;
  if (k.stage2 == SLAT_STAGE2_EPT)
    status = check_eptp(k, p.reg[SLAT_EPTP], limit);
  if (k.stage2 == SLAT_STAGE2_NPT)
    status = check_host(k, p.reg[SLAT_HOST_CR0], p.reg[SLAT_HOST_CR4], p.reg[SLAT_HOST_EFER], p.reg[SLAT_NCR3], limit);
  if (status == SLAT_OK)
    status = check_virtualization(k, p.reg[SLAT_SECONDARY_CONTROLS], p.reg[SLAT_TERTIARY_CONTROLS],
                                  p.reg[SLAT_NESTED_CONTROLS]);
  if (status != SLAT_OK)
    return status;
  status = check_mode(k, p.reg[SLAT_CR0], p.reg[SLAT_CR4], p.reg[SLAT_EFER]);
  if (status == SLAT_OK && BIT(p.reg[SLAT_CR0], 0x80000000))
    status = check_guest_controls(k, p.reg[SLAT_CR4], p.reg[SLAT_EFER]);
  if (status == SLAT_OK && !slat_cr3_exists(k, p.reg[SLAT_CR3], limit))
    status = SLAT_INVALID_CR3;
  if (SLAT_RULE(PAE_PDPTE_RSVD_LOAD,
                status == SLAT_OK && BIT(p.reg[SLAT_CR0], 0x80000000) && !pdptes_can_load(k, p, limit)))
    status = SLAT_INVALID_PDPTE;
  return status;
}

/* Bits 51:12 of CR3, the EPT pointer or the nested CR3: below them are PWT and PCD, the PCID, or EPT's controls. */
/*@ terminates \true;
    assigns \nothing;
    ensures CR3_ROOT: \result == table_of(value);
    ensures range: \result <= 0xFFFFFFFFFF000;
*/
static uint64_t table_in(uint64_t value)
{
  return SLAT_CHOOSE(CR3_ROOT, value / 0x1000 % 0x10000000000 * 0x1000, value % 0x10000000000000);
}

/* The address of the first table, the guest's or the host's. */
/*@ requires mode: mode <= SLAT_PAGING_32BIT;
    terminates \true;
    assigns \nothing;
    ensures root: \result == root_of(mode, cr3);
    ensures CR3_ROOT_PAE: mode == SLAT_PAGING_PAE ==> \result == ((cr3 / 0x20) % 0x8000000) * 0x20;
    ensures CR3_ROOT_32BIT: mode == SLAT_PAGING_32BIT ==> \result == ((cr3 / 0x1000) % 0x100000) * 0x1000;
    ensures range: \result <= 0xFFFFFFFFFF000;
*/
static uint64_t root_in(uint8_t mode, uint64_t cr3)
{
  if (mode == SLAT_PAGING_LONG)
    return table_in(cr3);
  if (mode == SLAT_PAGING_PAE)
    return SLAT_CHOOSE(CR3_ROOT_PAE, cr3 / 0x20 % 0x8000000 * 0x20, cr3 / 0x1000 % 0x100000 * 0x1000);
  return SLAT_CHOOSE(CR3_ROOT_32BIT, cr3 / 0x1000 % 0x100000 * 0x1000, cr3 / 0x20 % 0x8000000 * 0x20);
}

/* LAM: how many bits of a user pointer count, by CR3 bits 61 and 62; 0: all of them. */
/*@ terminates \true;
    assigns \nothing;
    ensures bits: \result == lam_user_bits(cr3);
    ensures range: lam_range(\result);
*/
static uint8_t lam_user(uint64_t cr3)
{
  return BIT(cr3, 0x2000000000000000) ? 57 : BIT(cr3, 0x4000000000000000) ? 48 : 0;
}

/* 2^M of GUEST_RSVD_4MB_PAGE. */
/*@ requires limit: limit == two_to(k.maxphyaddr);
    requires config: config_valid(k);
    terminates \true;
    assigns \nothing;
    ensures limit: \result == limit_4mb(k);
*/
static uint64_t address_limit_4mb(struct slat_config k, uint64_t limit)
{
  if (!k.pse36)
    return 0x100000000;
  return k.maxphyaddr >= 40 ? 0x10000000000 : limit;
}

/* Does the walk of stage 2 begin at a PML5 table? */
/*@ terminates \true;
    assigns \nothing;
    ensures EPT_WALK_LENGTH: stage2 == SLAT_STAGE2_EPT ==> (\result != 0 <==> eptp_walk_length(eptp) == 4);
    ensures NPT_WALK_LENGTH: stage2 == SLAT_STAGE2_NPT ==>
      (\result != 0 <==> cr4_la57(host_cr4) == 1 && efer_lma(host_efer) == 1);
    ensures none: stage2 != SLAT_STAGE2_EPT && stage2 != SLAT_STAGE2_NPT ==> \result == 0;
*/
static bool has_5_levels(unsigned stage2, uint64_t eptp, uint64_t host_cr4, uint64_t host_efer)
{
  if (stage2 == SLAT_STAGE2_EPT)
    return SLAT_RULE(EPT_WALK_LENGTH, eptp / 8 % 8 == 4);
  return stage2 == SLAT_STAGE2_NPT && BIT(host_efer, 0x400) && SLAT_RULE(NPT_WALK_LENGTH, BIT(host_cr4, 0x1000));
}

/* Entries that the page-modification log has left. */
/*@ terminates \true;
    assigns \nothing;
    ensures room: \result == pml_room(index);
*/
static uint16_t pml_room(uint64_t index)
{
  return index <= 511 ? (uint16_t)(index + 1) : 0;
}

/* What registers and configuration say, whether modelled or not. */
/*@ requires config: config_valid(k);
    requires limit: limit == two_to(k.maxphyaddr);
    terminates \true;
    assigns \nothing;
    ensures controls: controls_are(\result, k, p);
    ensures PAE_PDPTE_REGISTER: k.vendor == SLAT_INTEL ==> \result.pdpte_registers != 0;
    ensures PAE_PDPTE_MEMORY: k.vendor == SLAT_AMD && k.amd_pdpte_registers == 0 ==> \result.pdpte_registers == 0;
    ensures KEY_MODES: \result.guest.mode != SLAT_PAGING_LONG ==> \result.user_keys == 0 && \result.supervisor_keys == 0;
    ensures RIGHTS_32BIT_NO_XD: \result.guest.mode == SLAT_PAGING_32BIT ==> \result.guest.nxe == 0;
    ensures in_range: controls_in_range(\result);
*/
static struct slat_controls controls_of(struct slat_config k, struct slat_cpu p, uint64_t limit)
{
  const bool amd = k.vendor == SLAT_AMD;
  const bool ept = k.stage2 == SLAT_STAGE2_EPT, npt = k.stage2 == SLAT_STAGE2_NPT;
  const uint64_t host_cr4 = p.reg[SLAT_HOST_CR4];
  const uint8_t host = npt ? host_mode(host_cr4, p.reg[SLAT_HOST_EFER]) : SLAT_PAGING_LONG;
  const uint64_t cr4 = p.reg[SLAT_CR4], efer = p.reg[SLAT_EFER], limit_4mb = address_limit_4mb(k, limit);
  const bool long_mode = BIT(efer, 0x400);
  const bool keys = SLAT_REQUIRE(KEY_MODES, long_mode);
  const bool nxe = BIT(efer, 0x800) && SLAT_REQUIRE(RIGHTS_32BIT_NO_XD, BIT(cr4, 0x20));

  return (struct slat_controls){
    .guest = { limit, limit_4mb, mode_of(cr4, efer), BIT(cr4, 0x10), nxe, k.page_1gb, amd },
    .nested = { limit, limit_4mb, host, host == SLAT_PAGING_32BIT && BIT(host_cr4, 0x10),
                BIT(p.reg[SLAT_HOST_EFER], 0x800) && host != SLAT_PAGING_32BIT, k.page_1gb, amd },
    .guest_table = root_in(mode_of(cr4, efer), p.reg[SLAT_CR3]),
    .pdpte = { p.reg[SLAT_PDPTE0], p.reg[SLAT_PDPTE1], p.reg[SLAT_PDPTE2], p.reg[SLAT_PDPTE3] },
    .pdpte_registers = SLAT_RULE(PAE_PDPTE_REGISTER, !amd) || SLAT_CHOOSE(PAE_PDPTE_MEMORY, k.amd_pdpte_registers, amd),
    .stage2_table = ept   ? table_in(p.reg[SLAT_EPTP])
                    : npt ? root_in(host, p.reg[SLAT_NCR3])
                          : 0,
    .stage2 = k.stage2,
    .stage2_5level = has_5_levels(k.stage2, p.reg[SLAT_EPTP], p.reg[SLAT_HOST_CR4], p.reg[SLAT_HOST_EFER]),
    .amd = amd,
    .paging = BIT(p.reg[SLAT_CR0], 0x80000000),
    .la57 = BIT(cr4, 0x1000) && long_mode,
    .wp = BIT(p.reg[SLAT_CR0], 0x10000),
    .cet = BIT(cr4, 0x800000),
    .dirty_needs_rw = k.cet_ss && !amd,
    .smep = BIT(cr4, 0x100000),
    .smap = BIT(cr4, 0x200000),
    .ac = BIT(p.reg[SLAT_RFLAGS], 0x40000),
    .lam_user = long_mode ? lam_user(p.reg[SLAT_CR3]) : 0,
    .lam_supervisor = !BIT(cr4, 0x10000000) || !long_mode ? 0
                      : BIT(cr4, 0x1000)                  ? 57
                                                          : 48,
    .lass = BIT(cr4, 0x8000000) && long_mode,
    .uai = BIT(efer, 0x100000) && long_mode,
    .user_keys = BIT(cr4, 0x400000) && keys ? (uint32_t)(p.reg[SLAT_PKRU] % 0x100000000) : 0,
    .supervisor_keys = BIT(cr4, 0x1000000) && keys ? (uint32_t)(p.reg[SLAT_PKRS] % 0x100000000) : 0,
    .ept_execute_only = k.ept_execute_only,
    .ept_page_2mb = k.ept_page_2mb,
    .ept_page_1gb = k.ept_page_1gb,
    .ept_advanced_info = k.ept_advanced_info,
    .ept_sss = ept && BIT(p.reg[SLAT_EPTP], 0x80),
    .ept_ad = ept && BIT(p.reg[SLAT_EPTP], 0x40),
    .pml = ept && BIT(p.reg[SLAT_SECONDARY_CONTROLS], 0x20000),
    .pml_room = pml_room(p.reg[SLAT_PML_INDEX]),
  };
}

struct slat_cpu slat_decoded(struct slat_config k, struct slat_cpu p)
{
  const uint64_t limit = slat_address_limit(k.maxphyaddr);
  struct slat_cpu decoded = p;

  decoded.controls = controls_of(k, p, limit);
  decoded.status = (uint8_t)check_state(k, p, limit);
  return decoded;
}

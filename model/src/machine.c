/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"
#include "rule.h"

/*@ terminates \true;
    assigns \nothing;
    ensures width: \result != 0 <==> width_valid(width);
*/
static bool is_width(unsigned width)
{
  return width == 1 || width == 2 || width == 4 || width == 8;
}

/* A register that SLAT_EVENT_WRITE can write. */
/*@ terminates \true;
    assigns \nothing;
    ensures written: \result != 0 <==> event_register(reg);
*/
static bool is_written_register(unsigned reg)
{
  return reg == SLAT_CR0 || reg == SLAT_CR3 || reg == SLAT_CR4 || reg == SLAT_EFER;
}

enum slat_status slat_check_access(struct slat_access a)
{
  if (a.kind > SLAT_FETCH || !is_width(a.width) || ((a.implicit || a.shadow_stack) && a.kind == SLAT_FETCH))
    return SLAT_INVALID_ACCESS;
  if (a.wruss && (!a.shadow_stack || a.kind != SLAT_WRITE || a.user || a.implicit))
    return SLAT_INVALID_ACCESS;
  return a.linear % 0x1000 + a.width > 0x1000 ? SLAT_UNSUPPORTED_PAGE_CROSSING : SLAT_OK;
}

/*@ ghost
  /@ requires efer: efer == (k.nx ? 0xD00 : 0x500);
     terminates \true;
     assigns \nothing;
     ensures mode: mode_modelled(k, 0x80010001, 0x20, efer);
     ensures guest: guest_controls_modelled(k, 0x20, efer);
  @/
  void mode_after_reset(struct slat_config k, uint64_t efer)
  {
    return;
  }
*/

/* A logical processor in 4-level paging with protection on, tables at 0. */
/*@ requires config: config_valid(k);
    terminates \true;
    assigns \nothing;
    ensures sound: cpu_sound(\result, k);
    ensures registers: is_after_reset(\result, k);
*/
static struct slat_cpu after_reset(struct slat_config k)
{
  const bool ept = k.stage2 == SLAT_STAGE2_EPT, npt = k.stage2 == SLAT_STAGE2_NPT;
  const uint64_t cr0 = 0x80010001, cr4 = 0x20, efer = k.nx ? 0xD00 : 0x500;
  const struct slat_cpu p = {
    /* CR0, CR3, CR4, EFER, RFLAGS; EPTP: write-back, 4 levels; NCR3; the host's CR0, CR4, EFER */
    .reg = { cr0, 0, cr4, efer, 0x2, ept ? 0x1E : 0, 0, npt ? cr0 : 0, npt ? cr4 : 0, npt ? efer : 0 },
    .status = SLAT_OK,
  };

  //@ ghost mode_after_reset(k, efer);
  const struct slat_cpu decoded = slat_decoded(k, p);
  //@ assert cr0: decoded.reg[SLAT_CR0] == p.reg[SLAT_CR0];
  //@ assert cr3: decoded.reg[SLAT_CR3] == p.reg[SLAT_CR3];
  //@ assert cr4: decoded.reg[SLAT_CR4] == p.reg[SLAT_CR4];
  //@ assert efer: decoded.reg[SLAT_EFER] == p.reg[SLAT_EFER];
  //@ assert rflags: decoded.reg[SLAT_RFLAGS] == p.reg[SLAT_RFLAGS];
  //@ assert eptp: decoded.reg[SLAT_EPTP] == p.reg[SLAT_EPTP];
  //@ assert ncr3: decoded.reg[SLAT_NCR3] == p.reg[SLAT_NCR3];
  //@ assert host_cr0: decoded.reg[SLAT_HOST_CR0] == p.reg[SLAT_HOST_CR0];
  //@ assert host_cr4: decoded.reg[SLAT_HOST_CR4] == p.reg[SLAT_HOST_CR4];
  //@ assert host_efer: decoded.reg[SLAT_HOST_EFER] == p.reg[SLAT_HOST_EFER];
  //@ assert pkru: decoded.reg[SLAT_PKRU] == p.reg[SLAT_PKRU];
  //@ assert pkrs: decoded.reg[SLAT_PKRS] == p.reg[SLAT_PKRS];
  //@ assert pdpte0: decoded.reg[SLAT_PDPTE0] == p.reg[SLAT_PDPTE0];
  //@ assert pdpte1: decoded.reg[SLAT_PDPTE1] == p.reg[SLAT_PDPTE1];
  //@ assert pdpte2: decoded.reg[SLAT_PDPTE2] == p.reg[SLAT_PDPTE2];
  //@ assert pdpte3: decoded.reg[SLAT_PDPTE3] == p.reg[SLAT_PDPTE3];
  //@ assert secondary: decoded.reg[SLAT_SECONDARY_CONTROLS] == p.reg[SLAT_SECONDARY_CONTROLS];
  //@ assert tertiary: decoded.reg[SLAT_TERTIARY_CONTROLS] == p.reg[SLAT_TERTIARY_CONTROLS];
  //@ assert nested: decoded.reg[SLAT_NESTED_CONTROLS] == p.reg[SLAT_NESTED_CONTROLS];
  //@ assert pml_index: decoded.reg[SLAT_PML_INDEX] == p.reg[SLAT_PML_INDEX];
  //@ assert limit: two_to(k.maxphyaddr) >= 0x100000000;
  //@ assert efer_bits: efer_nxe(efer) == (k.nx != 0 ? 1 : 0) && efer_lma(efer) == 1 && efer_lme(efer) == 1 && efer_uaie(efer) == 0;
  //@ assert cr4_bits: cr4 == 0x20 && cr4_lass(cr4) == 0 && cr4_lam_sup(cr4) == 0 && cr4_cet(cr4) == 0;
  //@ assert features: features_present(k, cr4, efer);
  //@ assert mode: mode_modelled(k, cr0, cr4, efer);
  //@ assert guest: guest_controls_modelled(k, cr4, efer);
  //@ assert pdptes: pdptes_load(k, decoded);
  //@ assert ept: k.stage2 == SLAT_STAGE2_EPT ==> eptp_modelled(k, decoded.reg[SLAT_EPTP], two_to(k.maxphyaddr));
  //@ assert npt: k.stage2 == SLAT_STAGE2_NPT ==> host_modelled(k, cr0, cr4, efer, 0, two_to(k.maxphyaddr));
  //@ assert virtualization: virtualization_modelled(k, 0, 0, 0);
  //@ assert modelled: state_modelled(k, decoded);
  return decoded;
}

enum slat_status slat_open(struct slat_machine *machine, const struct slat_config *config)
{
  const struct slat_config k = *config;
  const enum slat_status status = slat_check_config(k);

  if (status != SLAT_OK)
    return status;
  const struct slat_cpu p = after_reset(k);
  const struct slat_machine opened = { .config = k, .cpu = { p, p, p, p } };
  //@ assert sound: machine_sound(opened);
  //@ assert reset: opened_machine(opened);
  *machine = opened;
  //@ assert copied: *machine == opened;
  return SLAT_OK;
}

/* Is an event well formed? */
/*@ terminates \true;
    assigns \nothing;
    ensures valid: \result == SLAT_OK <==> event_valid(e);
*/
static enum slat_status check_event(struct slat_event e)
{
  enum slat_status status;

  if (e.cpu >= SLAT_MAX_CPUS)
    return SLAT_INVALID_CPU;
  switch (e.kind) {
  case SLAT_EVENT_REGISTER:
    return e.reg < SLAT_REGISTER_COUNT ? SLAT_OK : SLAT_INVALID_REGISTER;
  case SLAT_EVENT_STORE:
    return is_width(e.width) && e.address % e.width == 0 ? SLAT_OK : SLAT_INVALID_EVENT;
  case SLAT_EVENT_ACCESS:
    status = slat_check_access(e.access);
    if (e.stores && e.access.kind != SLAT_WRITE)
      return SLAT_INVALID_ACCESS;
    return status == SLAT_INVALID_ACCESS ? status
                                         : SLAT_OK; /* one that crosses a page is refused when it is asked about */
  case SLAT_EVENT_INVLPG:
    return SLAT_OK;
  case SLAT_EVENT_OBSERVED:
    return e.outcome.kind != SLAT_NO_OUTCOME && e.outcome.kind < SLAT_OUTCOME_KINDS ? SLAT_OK : SLAT_INVALID_EVENT;
  case SLAT_EVENT_OBSERVED_WORD:
    return e.address % 8 == 0 ? SLAT_OK : SLAT_INVALID_EVENT;
  case SLAT_EVENT_WRITE:
    return is_written_register(e.reg) ? SLAT_OK : SLAT_INVALID_REGISTER;
  default:
    return SLAT_INVALID_EVENT;
  }
}

/* The machine with another state of one logical processor, where nothing is known of either. */
/*@ requires range: cpu < SLAT_MAX_CPUS;
    terminates \true;
    assigns \nothing;
    ensures state: after_change(\result, m, cpu, p);
*/
static struct slat_machine with_cpu(struct slat_machine m, unsigned cpu, struct slat_cpu p)
{
  struct slat_machine written = m;

  written.cpu[cpu] = p;
  return written;
}

/* The machine with one register written. */
/*@ requires sound: machine_sound(m);
    requires range: cpu < SLAT_MAX_CPUS && reg < SLAT_REGISTER_COUNT;
    terminates \true;
    assigns \nothing;
    ensures sound: machine_sound(\result);
    ensures written: after_write(\result, m, cpu, reg, value);
*/
static struct slat_machine with_register(struct slat_machine m, unsigned cpu, unsigned reg, uint64_t value)
{
  struct slat_cpu p = m.cpu[cpu];

  p.reg[reg] = value;
  const struct slat_cpu decoded = slat_decoded(m.config, p);
  //@ assert value: decoded.reg[reg] == value;
  //@ assert others: \forall integer r; 0 <= r < SLAT_REGISTER_COUNT && r != reg ==> decoded.reg[r] == m.cpu[cpu].reg[r];
  const struct slat_machine written = with_cpu(m, cpu, decoded);
  //@ assert config: written.config == m.config;
  //@ assert cpu: written.cpu[cpu] == decoded;
  //@ assert value_written: written.cpu[cpu].reg[reg] == value;
  //@ assert others_stay: \forall integer r; 0 <= r < SLAT_REGISTER_COUNT && r != reg ==> written.cpu[cpu].reg[r] == m.cpu[cpu].reg[r];
  //@ assert cpus_stay: \forall integer i; 0 <= i < SLAT_MAX_CPUS && i != cpu ==> written.cpu[i] == m.cpu[i];
  //@ assert written: after_write(written, m, cpu, reg, value);
  return written;
}

enum slat_status slat_feed(struct slat_machine *machine, const struct slat_event *event)
{
  const struct slat_event e = *event;
  const enum slat_status status = check_event(e);

  if (status != SLAT_OK || e.kind != SLAT_EVENT_REGISTER)
    return status;
  //@ assert writes: writes_register(e);
  const struct slat_machine m = *machine;
  const struct slat_machine written = with_register(m, e.cpu, e.reg, e.value);
  *machine = written;
  //@ assert written: *machine == written;
  return SLAT_OK;
}

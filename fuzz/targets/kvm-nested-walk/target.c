/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's software walks for a guest that is a hypervisor itself: L1's EPT or NPT, alone (L2 without paging) and
 * two-dimensional. slat's SPA is here an L1 GPA. These walks read memory each time: nothing is cached. */
#include "../kvm-common/common.h"

extern const struct scenario_capabilities scenario_capabilities_of_target;
extern const struct waiver kvm_nested_walk_waivers[];

/* Bits that come from the hardware's own exit when KVM has one, not from the walk: final access or page walk. Which of
 * an exit qualification's, the walk says. */
#define EXITINFO1_OF_EXIT (1ULL << 32 | 1ULL << 33)

static enum target_status reset(const struct slat_config *config)
{
  const struct kip_config kvm = kvm_config(config, config->stage2 == SLAT_STAGE2_EPT ? KIP_NESTED_EPT : KIP_NESTED_NPT);

  if (config->ept_page_1gb && !config->ept_page_2mb)
    return TARGET_REFUSED; /* kvm_init_shadow_ept_mmu() takes the largest page only, and allows all below */
  if (!config->page_1gb)
    return TARGET_REFUSED; /* with EPT or NPT below it KVM goes by the host's processor: guest_can_use_gbpages() */
  return kip_reset(&kvm) ? TARGET_REFUSED : TARGET_OK;
}

static enum target_status store(uint64_t spa, uint64_t value, unsigned width, bool running)
{
  (void)running;
  return kip_write_physical(spa, value, width) ? TARGET_OK : TARGET_REFUSED;
}

static enum target_status start(const struct slat_machine *machine)
{
  const uint64_t *reg = machine->cpu[0].reg;
  const struct slat_config *config = &machine->config;
  const struct kip_nested nested = {
    .root = config->stage2 == SLAT_STAGE2_EPT ? reg[SLAT_EPTP] : reg[SLAT_NCR3],
    .ept_execute_only = config->ept_execute_only,
    .ept_accessed_dirty = config->ept_accessed_dirty && (reg[SLAT_EPTP] >> 6 & 1),
    .ept_huge_level = config->ept_page_1gb   ? 3
                      : config->ept_page_2mb ? 2
                                             : 1,
    .npt_cr0 = reg[SLAT_HOST_CR0],
    .npt_cr4 = reg[SLAT_HOST_CR4],
    .npt_efer = reg[SLAT_HOST_EFER],
    .l2 = kvm_registers(machine),
    .pdpte = { reg[SLAT_PDPTE0], reg[SLAT_PDPTE1], reg[SLAT_PDPTE2], reg[SLAT_PDPTE3] },
  };

  return kvm_is_such(machine) ? kvm_status(kip_enter_nested(&nested)) : TARGET_REFUSED;
}

static enum target_status apply(const struct slat_event *event, const struct slat_machine *after)
{
  (void)after;
  if (event->kind == SLAT_EVENT_INVLPG)
    return TARGET_OK;
  if (event->reg != SLAT_RFLAGS)
    return TARGET_REFUSED;
  kip_set_rflags_ac((event->value & KVM_RFLAGS_AC) != 0);
  return TARGET_OK;
}

static void nested_fault(const struct slat_machine *machine, const struct slat_access *access,
                         const struct kip_walk *result, struct observed *observed)
{
  struct slat_outcome *outcome = &observed->outcome;

  *outcome = (struct slat_outcome){ .gpa = result->address, .linear = access->linear };
  if (machine->config.stage2 == SLAT_STAGE2_NPT) {
    outcome->kind = SLAT_NESTED_PAGE_FAULT;
    outcome->code = result->error_code;
    observed->code_unknown = EXITINFO1_OF_EXIT;
  } else if (result->error_code & KIP_PF_RSVD) {
    outcome->kind = SLAT_EPT_MISCONFIG;
  } else {
    outcome->kind = SLAT_EPT_VIOLATION;
    outcome->code = result->exit_qualification;
    observed->code_unknown = result->exit_qualification_open;
  }
}

static void walk(const struct slat_machine *machine, const struct slat_access *access, struct observed *observed)
{
  struct kip_walk result;

  if (machine->cpu[0].controls.paging && !kvm_canonical(&machine->cpu[0].controls, access->linear)) {
    observed->status = TARGET_REFUSED;
    return;
  }
  kip_walk(access->linear, kvm_access_bits(access), &result);
  if (!result.fault) {
    observed->outcome = (struct slat_outcome){ .kind = SLAT_TRANSLATED, .spa = result.gpa };
    observed->gpa_unknown = true;
  } else if (result.nested) {
    nested_fault(machine, access, &result, observed);
  } else {
    observed->outcome = (struct slat_outcome){ .kind = SLAT_PAGE_FAULT,
                                               .code = result.error_code,
                                               .linear = result.address };
  }
}

const struct fuzz_target fuzz_target = {
  .name = "kvm-nested-walk",
  .can = &scenario_capabilities_of_target,
  .waivers = kvm_nested_walk_waivers,
  .observations = 1 << OBSERVE_WALK | 1 << OBSERVE_FLAGS | 1 << OBSERVE_DATA,
  .codes = { [SLAT_PAGE_FAULT] = 0x3f, [SLAT_EPT_VIOLATION] = 0x3f, [SLAT_NESTED_PAGE_FAULT] = 0x1f },
  .fault_levels = { [1] = 0x3e, [2] = 0x3e },
  .page_sizes = 15,
  .levels = 0x3c,
  .rules = { SLAT_RULE_PAE_PDPTE_NOT_PRESENT, SLAT_RULE_PAE_PDPTE_RSVD, SLAT_RULE_GUEST_RSVD_PAE_HIGH,
             SLAT_RULE_GUEST_RSVD_4MB_PAGE },
  .setup = kvm_setup,
  .version = kip_kernel_version,
  .reset = reset,
  .store = store,
  .load = kvm_load,
  .start = start,
  .apply = apply,
  .walk = walk,
  .complaint = kvm_complaint,
  .on_fatal = kvm_on_fatal,
  .edges = kvm_edges,
};

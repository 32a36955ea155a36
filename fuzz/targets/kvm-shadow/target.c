/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM without hardware help: it shadows the guest's tables. Observed are its software walk, what becomes of an
 * access (the fault that it injects, or the address that its shadow tables give), the rights of the shadow entries,
 * and the flags that it sets in the guest's. */
#include "../kvm-common/common.h"

extern const struct scenario_capabilities scenario_capabilities_of_target;
extern const struct waiver kvm_shadow_waivers[];

enum { EFER_KNOWN = 0xd01 }; /* SCE, LME, LMA, NXE */

static bool tells_kvm; /* of stores from outside */

/* Which of both it is follows from the guest's MAXPHYADDR, as with other properties of the host. */
static enum target_status reset(const struct slat_config *config)
{
  const struct kip_config kvm = kvm_config(config, KIP_SHADOW);

  tells_kvm = config->maxphyaddr % 8 != 7;
  return kip_reset(&kvm) ? TARGET_REFUSED : TARGET_OK;
}

/* KVM does not track stores from outside: its user must not change page tables in use. A user that does would drop the
 * shadow; so do we. Or not: then KVM has no chance to be right, but it must stay safe. */
static enum target_status store(uint64_t spa, uint64_t value, unsigned width, bool running)
{
  if (!kip_write_physical(spa, value, width))
    return TARGET_REFUSED;
  if (!running)
    return TARGET_OK;
  if (!tells_kvm)
    return TARGET_UNTOLD;
  kip_zap_all();
  return TARGET_OK;
}

static enum target_status start(const struct slat_machine *machine)
{
  const struct kip_registers registers = kvm_registers(machine);

  if (!kvm_is_such(machine))
    return TARGET_REFUSED;
  return kvm_status(kip_set_registers(&registers));
}

/* KVM answers 0, or that it is #GP. */
static enum target_status written(enum kip_status status)
{
  return status == KIP_REFUSED ? TARGET_GENERAL_PROTECTION : kvm_status(status);
}

static enum target_status apply(const struct slat_event *event, const struct slat_machine *after)
{
  if (!kvm_is_such(after))
    return TARGET_REFUSED;
  if (event->kind == SLAT_EVENT_INVLPG) {
    kip_invlpg(event->address);
    return TARGET_OK;
  }
  switch (event->reg) {
  case SLAT_CR0:
    return written(kip_mov_cr0(event->value));
  case SLAT_CR3:
    return written(kip_mov_cr3(event->value));
  case SLAT_CR4:
    return written(kip_mov_cr4(event->value));
  case SLAT_EFER:
    if (event->value &
        ~(uint64_t)EFER_KNOWN) /* which others there are KVM's vendor modules say: in 6.12 nobody does here */
      return TARGET_REFUSED;
    return written(kip_write_efer(event->value));
  case SLAT_RFLAGS:
    kip_set_rflags_ac((event->value & KVM_RFLAGS_AC) != 0);
    return TARGET_OK;
  default:
    return TARGET_REFUSED;
  }
}

static void walk(const struct slat_machine *machine, const struct slat_access *access, struct observed *observed)
{
  struct kip_walk result;

  if (!kvm_canonical(&machine->cpu[0].controls, access->linear)) { /* checked before any walk, not by it */
    observed->status = TARGET_REFUSED;
    return;
  }
  kip_walk(access->linear, kvm_access_bits(access), &result);
  if (result.fault)
    observed->outcome = (struct slat_outcome){ .kind = SLAT_PAGE_FAULT,
                                               .code = result.error_code,
                                               .linear = result.address };
  else
    observed->outcome = (struct slat_outcome){ .kind = SLAT_TRANSLATED, .spa = result.gpa, .gpa = result.gpa };
}

static void access_memory(const struct slat_event *event, struct observed *observed)
{
  const struct slat_access *access = &event->access;
  struct kip_access result;

  if (event->stores &&
      access->implicit) { /* software does not choose what an implicit access stores; KVM's emulation of one differs */
    observed->status = TARGET_REFUSED;
    return;
  }
  kip_set_cpl(access->user ? 3 : 0);
  if (event->stores)
    kip_store(access->linear, event->value, access->width, kvm_access_bits(access), &result);
  else
    kip_access(access->linear, kvm_access_bits(access), &result);
  switch (result.outcome) {
  case KIP_MMIO:
    if (result.gpa == UINT64_MAX) {
      observed->status = TARGET_REFUSED;
      break;
    } /* fall through */
  case KIP_TRANSLATED:
  case KIP_EMULATED:
    observed->outcome = (struct slat_outcome){ .kind = SLAT_TRANSLATED, .spa = result.gpa, .gpa = result.gpa };
    break;
  case KIP_PAGE_FAULT:
    observed->outcome = (struct slat_outcome){ .kind = SLAT_PAGE_FAULT,
                                               .code = result.error_code,
                                               .linear = result.cr2 };
    break;
  case KIP_NONCANONICAL:
    observed->outcome = (struct slat_outcome){ .kind = SLAT_NON_CANONICAL };
    break;
  case KIP_SHUTDOWN: /* CR3 is outside of every memslot: a condition of KVM */
    observed->status = TARGET_REFUSED;
    break;
  case KIP_NO_PROGRESS:
    observed->status = TARGET_BROKEN;
    observed->text = "no progress: the access is intercepted again and again";
    break;
  case KIP_FAILED:
    observed->status = TARGET_BROKEN;
    observed->text = "KVM returned an error, or its shadow leads outside of guest memory";
    break;
  }
}

/* The processor under KVM runs with CR0.WP = 1, EFER.NXE = 1 and the guest's SMEP, SMAP and AC. */
static void look(const struct slat_machine *machine, uint64_t linear, struct cached_translation *cached)
{
  const uint64_t *reg = machine->cpu[0].reg;
  const bool smep = reg[SLAT_CR4] & KVM_CR4_SMEP, smap = reg[SLAT_CR4] & KVM_CR4_SMAP,
             ac = reg[SLAT_RFLAGS] & KVM_RFLAGS_AC;
  struct kip_leaf leaf;

  if (!kvm_canonical(&machine->cpu[0].controls, linear))
    return;
  kip_read_leaf(linear, &leaf);
  if (!leaf.present)
    return;

  const bool write = leaf.rights & KIP_RIGHT_W, execute = leaf.rights & KIP_RIGHT_X, user = leaf.rights & KIP_RIGHT_U;
  const bool supervisor_data = !user || !smap || ac;

  *cached = (struct cached_translation){ .present = true, .spa = leaf.gpa };
  cached->permits[0][SLAT_READ] = supervisor_data;
  cached->permits[0][SLAT_WRITE] = supervisor_data && write;
  cached->permits[0][SLAT_FETCH] = execute && (!user || !smep);
  cached->permits[1][SLAT_READ] = user;
  cached->permits[1][SLAT_WRITE] = user && write;
  cached->permits[1][SLAT_FETCH] = user && execute;
}

const struct fuzz_target fuzz_target = {
  .name = "kvm-shadow",
  .can = &scenario_capabilities_of_target,
  .waivers = kvm_shadow_waivers,
  .observations = 1 << OBSERVE_WALK | 1 << OBSERVE_ACCESS | 1 << OBSERVE_RIGHT | 1 << OBSERVE_FLAGS |
                  1 << OBSERVE_DATA | 1 << OBSERVE_WRITE,
  .codes = { [SLAT_PAGE_FAULT] = 0x1f },
  .fault_levels = { [1] = 0x3e },
  .page_sizes = 15,
  .levels = 0x3c,
  .rules = { SLAT_RULE_PAE_PDPTE_NOT_PRESENT, SLAT_RULE_PAE_PDPTE_RSVD_GP, SLAT_RULE_GUEST_RSVD_PAE_HIGH,
             SLAT_RULE_GUEST_RSVD_4MB_PAGE },
  .caches = true,
  .setup = kvm_setup,
  .version = kip_kernel_version,
  .reset = reset,
  .store = store,
  .load = kvm_load,
  .start = start,
  .apply = apply,
  .walk = walk,
  .access = access_memory,
  .look = look,
  .complaint = kvm_complaint,
  .on_fatal = kvm_on_fatal,
  .edges = kvm_edges,
};

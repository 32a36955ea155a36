/* SPDX-License-Identifier: GPL-2.0-only */
/* The VM and its vCPU: set-up, reset to a scenario, registers, and what KVM does before each VM entry. */
#include "shim.h"
#include "cpuid.h"
#include "lapic.h"

#include <generated/utsrelease.h>

struct machine machine;

/* Static in KVM; the build makes these symbols visible (build.sh). */
DECLARE_PER_CPU(struct kvm_vcpu *, kvm_running_vcpu);
extern const struct x86_emulate_ops emulate_ops;
extern void kvm_invalidate_pcid(struct kvm_vcpu *vcpu, unsigned long pcid);

const char *kip_kernel_version(void)
{
  return UTS_RELEASE;
}

/* The thread is inside the KVM_RUN ioctl: KVM warns about guest memory that is written from elsewhere. */
static void run_vcpu(void)
{
  __this_cpu_write(kvm_running_vcpu, machine.vcpu);
}

/* ---- Set-up, after kvm_create_vm(), kvm_arch_init_vm(), kvm_vcpu_init() and kvm_arch_vcpu_create(), without what has no part in the MMU ---- */

static void create_vm(void)
{
  struct kvm *kvm = kvzalloc(sizeof *kvm, GFP_KERNEL);
  int space, copy, bus;

  machine.kvm = kvm;
  rwlock_init(&kvm->mmu_lock);
  kvm->mm = host_mm();
  xa_init(&kvm->vcpu_array);
  INIT_LIST_HEAD(&kvm->devices);
  INIT_LIST_HEAD(&kvm->gpc_list);
  kvm->max_vcpus = 1;
  for (space = 0; space < KVM_MAX_NR_ADDRESS_SPACES; space++) {
    for (copy = 0; copy < 2; copy++) {
      struct kvm_memslots *slots = &kvm->__memslots[space][copy];

      slots->hva_tree = RB_ROOT_CACHED;
      slots->gfn_tree = RB_ROOT;
      hash_init(slots->id_hash);
      slots->node_idx = copy;
      slots->generation = space;
    }
    rcu_assign_pointer(kvm->memslots[space], &kvm->__memslots[space][0]);
  }
  for (bus = 0; bus < KVM_NR_BUSES; bus++)
    rcu_assign_pointer(kvm->buses[bus], kzalloc(sizeof(struct kvm_io_bus), GFP_KERNEL));
  kvm_page_track_init(kvm);
  kvm_mmu_init_vm(kvm);
}

static const char *create_vcpu(void)
{
  struct kvm_vcpu *vcpu = kvzalloc(sizeof *vcpu, GFP_KERNEL);

  machine.vcpu = vcpu;
  vcpu->kvm = machine.kvm;
  vcpu->run = (void *)get_zeroed_page(GFP_KERNEL);
  vcpu->arch.last_vmentry_cpu = -1;
  vcpu->arch.regs_avail = ~0;
  vcpu->arch.regs_dirty = ~0;
  vcpu->arch.mp_state = KVM_MP_STATE_RUNNABLE;
  vcpu->arch.cr0 = X86_CR0_ET;
  static_branch_inc(&kvm_has_noapic_vcpu);
  if (kvm_mmu_create(vcpu) != 0)
    return "kvm_mmu_create() failed";
  vcpu->arch.emulate_ctxt = kzalloc(sizeof *vcpu->arch.emulate_ctxt, GFP_KERNEL);
  vcpu->arch.emulate_ctxt->vcpu = vcpu;
  vcpu->arch.emulate_ctxt->ops = &emulate_ops;
  if (xa_err(xa_store(&machine.kvm->vcpu_array, 0, vcpu, GFP_KERNEL))) /* else flushes and zaps do not reach it */
    return "the vCPU could not be stored";
  machine.kvm->created_vcpus = 1;
  atomic_set(&machine.kvm->online_vcpus, 1);
  run_vcpu();
  return NULL;
}

static const char *add_slot(u32 slot, gpa_t start, gpa_t end)
{
  const struct kvm_userspace_memory_region2 region = {
    .slot = slot,
    .guest_phys_addr = start,
    .memory_size = end - start,
    .userspace_addr = KIP_GUEST_HVA + start,
  };

  return start == end || __kvm_set_memory_region(machine.kvm, &region) == 0 ? NULL : "KVM refused a memslot";
}

static const char *check_setup(const struct kip_setup *setup)
{
  if (machine.kvm)
    return "kip_setup() was called already";
  if (setup->memory_bytes == 0 || setup->memory_bytes % SZ_2M || setup->memory_bytes > KIP_GUEST_BYTES_MAX)
    return "memory_bytes must be a multiple of 2 MB, 2 MB to 64 MB";
  if ((setup->hole_start | setup->hole_bytes | setup->unbacked_start | setup->unbacked_bytes) % PAGE_SIZE)
    return "the hole and the unbacked part must be multiples of 4 KB";
  if (setup->hole_start > setup->memory_bytes || setup->hole_bytes > setup->memory_bytes - setup->hole_start ||
      setup->unbacked_start > setup->memory_bytes ||
      setup->unbacked_bytes > setup->memory_bytes - setup->unbacked_start)
    return "the hole and the unbacked part must be inside memory";
  if (setup->host_maxphyaddr < 36 || setup->host_maxphyaddr > 52)
    return "host_maxphyaddr must be 36 to 52";
  return NULL;
}

const char *kip_setup(const struct kip_setup *setup)
{
  const gpa_t hole_end = setup->hole_start + setup->hole_bytes;
  const char *error = check_setup(setup) ?: host_map_machine(setup->memory_bytes);

  if (error)
    return error;
  machine.setup = *setup;
  machine.cpu.memory = (unsigned char *)KIP_PAGE_OFFSET;
  machine.cpu.memory_bytes = KIP_PHYSICAL_BYTES;
  machine.cpu.maxphyaddr = setup->host_maxphyaddr;
  host_catch_signals();
  host_unback(KIP_GUEST_HVA + setup->unbacked_start, setup->unbacked_bytes);
  memory_init();
  current->mm = host_mm();

  /* The host's processor. extended_cpuid_level stays 0, so that KVM takes the width from here and not from the CPUID instruction of the
   * machine that this happens to run on. */
  boot_cpu_data.x86_phys_bits = setup->host_maxphyaddr;
  boot_cpu_data.x86_cache_bits = setup->host_maxphyaddr;
  set_cpu_cap(&boot_cpu_data, X86_FEATURE_NX);
  set_cpu_cap(&boot_cpu_data, X86_FEATURE_GBPAGES);
  /* A guest has 5-level shadow tables on such a host only; 6.12 goes by it when it takes an address of INVLPG for non-canonical. */
  kvm_cpu_cap_set(X86_FEATURE_LA57);

  vendor_init();
  kvm_mmu_x86_module_init();
  if (kvm_mmu_vendor_module_init() != 0)
    return "kvm_mmu_vendor_module_init() failed";
  kvm_enable_efer_bits(EFER_NX);
  kvm_configure_mmu(false, 0, 0, 0);
  create_vm();
  error = create_vcpu() ?: setup->hole_bytes == 0 ? add_slot(0, 0, setup->memory_bytes)
                         : add_slot(0, 0, setup->hole_start) ?: add_slot(1, hole_end, setup->memory_bytes);
  if (!error)
    memory_mark();
  return error;
}

/* ---- Reset ---- */

static const char *check_config(const struct kip_config *config)
{
  if (config->mode > KIP_NESTED_NPT || config->vendor > KIP_AMD)
    return "mode or vendor unknown";
  if (config->maxphyaddr < 32 || config->maxphyaddr > 52)
    return "maxphyaddr must be 32 to 52";
  if (config->features & ~KIP_ALL_FEATURES)
    return "unknown feature";
  if (config->mode == KIP_SHADOW && (config->features & KIP_PKU))
    return "no protection keys without EPT or NPT";
  return NULL;
}

/* Through the KVM_SET_CPUID2 ioctl, so that KVM derives what it derives. */
static const char *set_cpuid(const struct kip_config *config)
{
  static const u32 vendors[][3] = {
    /* EBX, ECX, EDX of leaf 0 */
    [KIP_INTEL] = { X86EMUL_CPUID_VENDOR_GenuineIntel_ebx, X86EMUL_CPUID_VENDOR_GenuineIntel_ecx,
                    X86EMUL_CPUID_VENDOR_GenuineIntel_edx },
    [KIP_AMD] = { X86EMUL_CPUID_VENDOR_AuthenticAMD_ebx, X86EMUL_CPUID_VENDOR_AuthenticAMD_ecx,
                  X86EMUL_CPUID_VENDOR_AuthenticAMD_edx },
  };
  const u32 *vendor = vendors[config->vendor];
  const bool amd = config->vendor == KIP_AMD;
#define FEATURE(flag, name) (config->features & (flag) ? BIT((name) % 32) : 0)
#define ALWAYS(name) BIT((name) % 32)
  struct kvm_cpuid_entry2 entries[] = {
    { .function = 0, .eax = 7, .ebx = vendor[0], .ecx = vendor[1], .edx = vendor[2] },
    { .function = 1,
      .ecx = FEATURE(KIP_PCID, X86_FEATURE_PCID),
      .edx = ALWAYS(X86_FEATURE_PSE) | ALWAYS(X86_FEATURE_PAE) | ALWAYS(X86_FEATURE_PGE) | ALWAYS(X86_FEATURE_PSE36) },
    { .function = 7,
      .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
      .ebx = FEATURE(KIP_SMEP, X86_FEATURE_SMEP) | FEATURE(KIP_SMAP, X86_FEATURE_SMAP) |
             FEATURE(KIP_PCID, X86_FEATURE_INVPCID),
      .ecx = FEATURE(KIP_PKU, X86_FEATURE_PKU) | FEATURE(KIP_LA57, X86_FEATURE_LA57) },
    { .function = 0x80000000,
      .eax = 0x80000008,
      .ebx = amd ? vendor[0] : 0,
      .ecx = amd ? vendor[1] : 0,
      .edx = amd ? vendor[2] : 0 },
    { .function = 0x80000001,
      .edx = ALWAYS(X86_FEATURE_LM) | FEATURE(KIP_NX, X86_FEATURE_NX) | FEATURE(KIP_GBPAGES, X86_FEATURE_GBPAGES) },
    { .function = 0x80000008, .eax = config->maxphyaddr | 48 << 8 },
  };
  struct kvm_cpuid2 cpuid = { .nent = ARRAY_SIZE(entries) };

  return kvm_vcpu_ioctl_set_cpuid2(machine.vcpu, &cpuid, entries) == 0 ? NULL : "KVM refused the CPUID";
}

const char *kip_reset(const struct kip_config *config)
{
  const char *error = check_config(config);

  if (error)
    return error;
  if (!memory_reset())
    return "kip_setup() was not called, or failed";
  machine.config = *config;
  machine.cpl = 0;
  machine.rflags_ac = false;
  machine.cpu.keep = config->keep_translations;
  machine.cpu.cr3 = 0;
  machine.cpu.next = 0;
  shadow_cpu_flush(&machine.cpu);
  forget_mmio_entries();
  guest_backing_huge(config->host_huge_pages);
  host_clear_events();

  kvm_mmu_reset_all_pte_masks();
  if (config->mode == KIP_NESTED_EPT)
    kvm_mmu_set_ept_masks(true, true);
  kvm_configure_mmu(config->mode != KIP_SHADOW, 0, PT64_ROOT_4LEVEL, PG_LEVEL_1G);
  return set_cpuid(config);
}

/* ---- Before each VM entry: the MMU's part of vcpu_enter_guest(), in its order ---- */

int enter_guest(void)
{
  struct kvm_vcpu *vcpu = machine.vcpu;

  if (kvm_check_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, vcpu))
    kvm_mmu_free_obsolete_roots(vcpu);
  if (kvm_check_request(KVM_REQ_MMU_SYNC, vcpu))
    kvm_mmu_sync_roots(vcpu);
  if (kvm_check_request(KVM_REQ_LOAD_MMU_PGD, vcpu))
    kvm_mmu_load_pgd(vcpu);
  if (kvm_check_request(KVM_REQ_TLB_FLUSH, vcpu)) {
    static_call(kvm_x86_flush_tlb_all)(vcpu);
    kvm_clear_request(KVM_REQ_TLB_FLUSH_CURRENT, vcpu);
  }
  kvm_service_local_tlb_flush_requests(vcpu);
  return kvm_mmu_reload(vcpu);
}

/* ---- Registers ---- */

/* Outside long mode linear addresses have 32 bits. */
u64 guest_address(u64 address)
{
  return is_long_mode(machine.vcpu) ? address : (u32)address;
}

/* What the hardware's controls are while the guest runs: SMEP and SMAP only with paging (both vendors' set_cr4). */
static void load_cpu_controls(void)
{
  struct kvm_vcpu *vcpu = machine.vcpu;
  const bool paging = is_paging(vcpu);

  machine.cpu.long_mode = is_long_mode(vcpu);
  machine.cpu.la57 = machine.cpu.long_mode && kvm_read_cr4_bits(vcpu, X86_CR4_LA57);
  machine.cpu.smep = paging && kvm_read_cr4_bits(vcpu, X86_CR4_SMEP);
  machine.cpu.smap = paging && kvm_read_cr4_bits(vcpu, X86_CR4_SMAP);
  machine.cpu.rflags_ac = machine.rflags_ac;
}

/* A register write that the guest makes is an exit: KVM entered the guest before it, handles it, and enters again. If there is nothing to enter
 * with (CR3 outside memory: kvm_mmu_reload() > 0), the next access tells. */
static enum kip_status written(int (*write)(struct kvm_vcpu *vcpu, unsigned long value), u64 value)
{
  int refused;

  if (is_guest_mode(machine.vcpu) || enter_guest() < 0)
    return KIP_BROKEN;
  refused = write(machine.vcpu, value);
  load_cpu_controls();
  return enter_guest() < 0 ? KIP_BROKEN : refused == 0 ? KIP_OK : refused > 0 ? KIP_REFUSED : KIP_BROKEN;
}

enum kip_status kip_set_registers(const struct kip_registers *registers)
{
  struct kvm_sregs sregs = { .cr0 = registers->cr0 | X86_CR0_ET,
                             .cr3 = registers->cr3,
                             .cr4 = registers->cr4,
                             .efer = registers->efer & ~(u64)EFER_LMA };

  if ((registers->efer & EFER_LME) && (registers->cr0 & X86_CR0_PG))
    sregs.efer |= EFER_LMA;
  machine.cpl = registers->cpl & 3;
  machine.rflags_ac = registers->rflags_ac;
  /* The ioctl does not check EFER against CPUID; WRMSR does, so let it. */
  if (!kvm_valid_efer(machine.vcpu, registers->efer & ~(u64)EFER_LMA))
    return KIP_REFUSED;
  if (kvm_arch_vcpu_ioctl_set_sregs(machine.vcpu, &sregs) != 0)
    return KIP_REFUSED;
  run_vcpu(); /* the ioctl put it away */
  machine.vcpu->arch.pkru = registers->pkru;
  load_cpu_controls();
  return KIP_OK;
}

void kip_get_registers(struct kip_registers *registers)
{
  const struct kvm_vcpu_arch *arch = &machine.vcpu->arch;

  *registers = (struct kip_registers){ .cr0 = arch->cr0,
                                       .cr3 = arch->cr3,
                                       .cr4 = arch->cr4,
                                       .efer = arch->efer,
                                       .cpl = machine.cpl,
                                       .rflags_ac = machine.rflags_ac,
                                       .pkru = arch->pkru };
}

void kip_get_pdptes(uint64_t pdpte[4])
{
  memcpy(pdpte, machine.vcpu->arch.walk_mmu->pdptrs, 4 * sizeof *pdpte);
}

static int write_efer(struct kvm_vcpu *vcpu, unsigned long value)
{
  return kvm_set_msr(vcpu, MSR_EFER, value);
}

enum kip_status kip_mov_cr0(uint64_t value)
{
  return written(kvm_set_cr0, value);
}
enum kip_status kip_mov_cr3(uint64_t value)
{
  return written(kvm_set_cr3, value);
}
enum kip_status kip_mov_cr4(uint64_t value)
{
  return written(kvm_set_cr4, value);
}
enum kip_status kip_write_efer(uint64_t value)
{
  return written(write_efer, value);
}

void kip_set_rflags_ac(bool ac)
{
  machine.rflags_ac = ac;
  load_cpu_controls();
}

void kip_set_cpl(uint8_t cpl)
{
  machine.cpl = cpl & 3;
}

/* ---- Invalidation ---- */

void kip_invlpg(uint64_t gva)
{
  if (enter_guest() == 0)
    kvm_mmu_invlpg(machine.vcpu, guest_address(gva));
  enter_guest();
}

/* kvm_handle_invpcid(), but for the operand, which that reads from guest memory. */
enum kip_status kip_invpcid(unsigned int type, uint64_t pcid, uint64_t gva)
{
  struct kvm_vcpu *vcpu = machine.vcpu;
  const bool enabled = kvm_read_cr4_bits(vcpu, X86_CR4_PCIDE);

  if (type > 3 || pcid >> 12 || !guest_cpuid_has(vcpu, X86_FEATURE_INVPCID) || (type < 2 && !enabled && pcid) ||
      (type == 0 && !__is_canonical_address(gva, 48)))
    return KIP_REFUSED;
  if (enter_guest() != 0)
    return KIP_BROKEN;
  if (type == 0)
    kvm_mmu_invpcid_gva(vcpu, gva, pcid);
  else if (type == 1)
    kvm_invalidate_pcid(vcpu, pcid);
  else
    kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu);
  return enter_guest() < 0 ? KIP_BROKEN : KIP_OK;
}

/* Not followed by a VM entry, which would make a new root: so that the caller can see whether all pages went. */
void kip_zap_all(void)
{
  kvm_mmu_unload(machine.vcpu);
  kvm_arch_flush_shadow_all(machine.kvm); /* kvm_mmu_zap_all(), which is static in 6.12 */
}

uint64_t kip_shadow_pages(void)
{
  return machine.kvm->arch.n_used_mmu_pages;
}

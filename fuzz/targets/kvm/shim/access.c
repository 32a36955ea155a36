/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest does with memory, and what KVM makes of it: software walks, accesses on the shadow tables, emulation.
 *
 * An access goes the way it goes on hardware: the processor model (shadow_cpu.c) tries it on the shadow tables; if they do not let it
 * through, the #PF is intercepted and kvm_handle_page_fault() decides: it may fix the tables (try again), inject a #PF, or ask for
 * emulation. */
#include "shim.h"

#include <asm/vmx.h>

extern int __real_kvm_vcpu_read_guest(struct kvm_vcpu *vcpu, gpa_t gpa, void *data, unsigned long len);
extern int __real_kvm_vcpu_read_guest_page(struct kvm_vcpu *vcpu, gfn_t gfn, void *data, int offset, int len);
extern int __real_kvm_vcpu_write_guest(struct kvm_vcpu *vcpu, gpa_t gpa, const void *data, unsigned long len);
extern void __real_kvm_vcpu_mark_page_dirty(struct kvm_vcpu *vcpu, gfn_t gfn);

enum { MAX_EXITS = 16 }; /* a correct KVM needs 1 or 2, some more when it zaps pages to make room */

/* ---- Guest-physical memory ---- */

static bool simple_width(unsigned int bytes)
{
  return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

static bool within_page(u64 address, unsigned int bytes)
{
  return (address & ~PAGE_MASK) + bytes <= PAGE_SIZE;
}

bool kip_write_block(uint64_t gpa, const void *from, size_t bytes)
{
  u64 page;

  if (bytes == 0 || !guest_range(gpa, bytes))
    return false;
  for (page = gpa >> PAGE_SHIFT; page <= (gpa + bytes - 1) >> PAGE_SHIFT; page++)
    guest_page_written(page);
  memcpy(guest_direct(gpa), from, bytes);
  return true;
}

bool kip_read_block(uint64_t gpa, void *to, size_t bytes)
{
  if (!guest_range(gpa, bytes))
    return false;
  memcpy(to, guest_direct(gpa), bytes);
  return true;
}

bool kip_write_physical(uint64_t gpa, uint64_t value, unsigned int bytes)
{
  return simple_width(bytes) && within_page(gpa, bytes) && kip_write_block(gpa, &value, bytes);
}

bool kip_read_physical(uint64_t gpa, uint64_t *value, unsigned int bytes)
{
  *value = 0;
  return simple_width(bytes) && within_page(gpa, bytes) && kip_read_block(gpa, value, bytes);
}

/* KVM's own accesses to guest memory pass here (--wrap): to know which pages a reset must clear, and where emulation went. */
static struct emulation {
  bool wanted; /* KVM asked for emulation of the present access */
  int type;    /* EMULTYPE_* */
  bool at_memory, at_mmio;
  gpa_t gpa;
} emulation;

static void emulated_at(gpa_t gpa)
{
  emulation.at_memory = true;
  emulation.gpa = gpa;
}

int __wrap_kvm_vcpu_read_guest(struct kvm_vcpu *vcpu, gpa_t gpa, void *data, unsigned long len)
{
  const int error = __real_kvm_vcpu_read_guest(vcpu, gpa, data, len);

  if (error == 0)
    emulated_at(gpa);
  return error;
}

int __wrap_kvm_vcpu_read_guest_page(struct kvm_vcpu *vcpu, gfn_t gfn, void *data, int offset, int len)
{
  const int error = __real_kvm_vcpu_read_guest_page(vcpu, gfn, data, offset, len);

  if (error == 0)
    emulated_at(gfn_to_gpa(gfn) + offset);
  return error;
}

int __wrap_kvm_vcpu_write_guest(struct kvm_vcpu *vcpu, gpa_t gpa, const void *data, unsigned long len)
{
  const int error = __real_kvm_vcpu_write_guest(vcpu, gpa, data, len);

  if (error == 0) {
    guest_page_written(gpa >> PAGE_SHIFT);
    guest_page_written((gpa + len - 1) >> PAGE_SHIFT);
    emulated_at(gpa);
  }
  return error;
}

void __wrap_kvm_vcpu_mark_page_dirty(struct kvm_vcpu *vcpu, gfn_t gfn)
{
  guest_page_written(gfn); /* the walker set A or D */
  __real_kvm_vcpu_mark_page_dirty(vcpu, gfn);
}

/* ---- The software walk ---- */

/* KVM's bits for an access: those of the page-fault error code, and one of its own. */
u64 access_bits(unsigned int access)
{
  return (access & KIP_WRITE ? PFERR_WRITE_MASK : 0) | (access & KIP_FETCH ? PFERR_FETCH_MASK : 0) |
         (access & KIP_USER ? PFERR_USER_MASK : 0) | (access & KIP_IMPLICIT ? PFERR_IMPLICIT_ACCESS : 0);
}

void report_walk(gpa_t gpa, const struct x86_exception *fault, struct kip_walk *result)
{
  *result = (struct kip_walk){ .fault = gpa == INVALID_GPA, .gpa = gpa };
  if (!result->fault)
    return;
  result->gpa = 0;
  result->error_code = fault->error_code;
  result->address = fault->address;
  result->nested = fault->nested_page_fault;
  if (result->nested && machine.config.mode == KIP_NESTED_EPT) {
    result->exit_qualification = FAULT_QUALIFICATION(fault);
    result->exit_qualification_open = QUALIFICATION_OPEN;
  }
}

void kip_walk(uint64_t gva, unsigned int access, struct kip_walk *result)
{
  struct kvm_vcpu *vcpu = machine.vcpu;
  struct kvm_mmu *mmu = vcpu->arch.walk_mmu;
  struct x86_exception fault = { 0 };

  FAULT_QUALIFICATION(&fault) = 0;
  if (machine.config.mode == KIP_NESTED_NPT) /* each exit does it: svm_vcpu_run() */
    vcpu->arch.regs_avail &= ~BIT(VCPU_EXREG_PDPTR);
  report_walk(mmu->gva_to_gpa(vcpu, mmu, guest_address(gva), access_bits(access), &fault), &fault, result);
}

uint64_t kip_bench_walks(const uint64_t *gva, size_t count, unsigned int access, unsigned int rounds)
{
  struct kvm_vcpu *vcpu = machine.vcpu;
  struct kvm_mmu *mmu = vcpu->arch.walk_mmu;
  const u64 bits = access_bits(access);
  struct x86_exception fault;
  u64 sum = 0;
  size_t i;

  while (rounds--)
    for (i = 0; i < count; i++)
      sum += mmu->gva_to_gpa(vcpu, mmu, gva[i], bits, &fault);
  return sum;
}

/* ---- Accesses ---- */

static struct request {
  u64 gva;
  unsigned int access; /* KIP_* */
  void *data;          /* what to store, where to load to; NULL: neither */
  unsigned int bytes;
} request;

/* Stands in for x86_emulate_instruction(), whose decoder would need the guest's code: the instruction is the access of `request`. From
 * there on it is KVM's: the emulator's own memory operations, with their walks, MMIO cache and page tracking. */
int __wrap_x86_emulate_instruction(struct kvm_vcpu *vcpu, gpa_t cr2_or_gpa, int type, void *insn, int insn_len)
{
  struct x86_emulate_ctxt *context = vcpu->arch.emulate_ctxt;
  const struct x86_emulate_ops *ops = context->ops;
  const bool write = request.access & KIP_WRITE, implicit = request.access & KIP_IMPLICIT;
  struct x86_exception fault = { 0 };
  static u8 none[8]; /* not on the stack: KVM warns about emulated reads to it */
  int result;

  emulation = (struct emulation){ .wanted = true, .type = type };
  context->mode = is_long_mode(vcpu) ? X86EMUL_MODE_PROT64 : X86EMUL_MODE_PROT32;
  vcpu->mmio_needed = vcpu->mmio_read_completed = false;
  if (!request.data) {
    /* Only the question whether it would go through. */
    const u64 user = machine.cpl == 3 && !implicit ? PFERR_USER_MASK : 0;
    const gpa_t gpa = vcpu->arch.walk_mmu->gva_to_gpa(vcpu, vcpu->arch.walk_mmu, request.gva,
                                                      access_bits(request.access) | user, &fault);

    result = gpa == INVALID_GPA ? X86EMUL_PROPAGATE_FAULT : X86EMUL_CONTINUE;
    emulation.gpa = gpa;
    emulation.at_memory = kvm_vcpu_is_visible_gfn(vcpu, gpa >> PAGE_SHIFT);
    emulation.at_mmio = !emulation.at_memory;
  } else if (request.access & KIP_FETCH) {
    result = ops->fetch(context, request.gva, none, 1, &fault);
  } else if (implicit) {
    result = write ? ops->write_std(context, request.gva, request.data, request.bytes, &fault, true)
                   : ops->read_std(context, request.gva, request.data, request.bytes, &fault, true);
  } else {
    result = write ? ops->write_emulated(context, request.gva, request.data, request.bytes, &fault)
                   : ops->read_emulated(context, request.gva, request.data, request.bytes, &fault);
  }

  if (result == X86EMUL_PROPAGATE_FAULT) {
    emulation.wanted = false;
    kvm_inject_emulated_page_fault(vcpu, &fault);
    return 1;
  }
  if (vcpu->mmio_needed) {
    emulation.at_memory = false;
    emulation.at_mmio = true;
    emulation.gpa = vcpu->run->mmio.phys_addr;
    vcpu->mmio_needed = false;
    return 0;
  }
  if (result != X86EMUL_CONTINUE && !emulation.at_mmio) {
    emulation.at_memory = false;
    emulation.at_mmio = result == X86EMUL_IO_NEEDED; /* fetch, read_std, write_std: no memslot, and no address told */
    emulation.gpa = INVALID_GPA;
  }
  return 1;
}

static bool leaf_is_mmio(u64 spte)
{
#if LINUX_6_12
  return is_mmio_spte(machine.kvm, spte);
#else
  return is_mmio_spte(spte);
#endif
}

static void report_leaf(const struct shadow_walk *walk, struct kip_leaf *leaf)
{
  BUILD_BUG_ON((int)SHADOW_R != KIP_RIGHT_R || (int)SHADOW_W != KIP_RIGHT_W || (int)SHADOW_U != KIP_RIGHT_U ||
               (int)SHADOW_X != KIP_RIGHT_X);
  *leaf = (struct kip_leaf){ .present = walk->present,
                             .spte = walk->spte,
                             .level = walk->level,
                             .mmio = walk->reserved && leaf_is_mmio(walk->spte),
                             .gpa = U64_MAX };
  if (!walk->present)
    return;
  leaf->rights = walk->rights;
  leaf->hpa = walk->physical;
  if (walk->physical - KIP_GUEST_HPA < machine.setup.memory_bytes)
    leaf->gpa = walk->physical - KIP_GUEST_HPA;
}

void kip_read_leaf(uint64_t gva, struct kip_leaf *leaf)
{
  struct shadow_walk walk = { 0 };

  if (VALID_PAGE(machine.vcpu->arch.mmu->root.hpa))
    shadow_cpu_look(&machine.cpu, guest_address(gva), &walk);
  report_leaf(&walk, leaf);
}

/* ---- A defect of KVM, watched for: fuzz/findings/kvm-shadow/mmio-entry-made-writable.md ---- */

static struct {
  const void *entry[64]; /* shadow entries that have been MMIO ones */
  unsigned int count;
  bool past_tracking;
} mmio_entries;

void forget_mmio_entries(void)
{
  mmio_entries.count = 0;
  mmio_entries.past_tracking = false;
}

static const void *entry_of(u64 gva, struct shadow_walk *walk)
{
  *walk = (struct shadow_walk){ 0 };
  if (VALID_PAGE(machine.vcpu->arch.mmu->root.hpa))
    shadow_cpu_look(&machine.cpu, gva, walk);
  return walk->entry;
}

static void remember_mmio_entry(void)
{
  struct shadow_walk walk;
  const void *entry = entry_of(request.gva, &walk);

  if (entry && walk.reserved && leaf_is_mmio(walk.spte) && mmio_entries.count < ARRAY_SIZE(mmio_entries.entry))
    mmio_entries.entry[mmio_entries.count++] = entry;
}

static bool is_write_tracked(u64 gpa)
{
  struct kvm_memory_slot *slot = gfn_to_memslot(machine.kvm, gpa >> PAGE_SHIFT);

#if LINUX_6_12
  return slot && kvm_gfn_is_write_tracked(machine.kvm, slot, gpa >> PAGE_SHIFT);
#else
  return slot && kvm_slot_page_track_is_active(machine.kvm, slot, gpa >> PAGE_SHIFT, KVM_PAGE_TRACK_WRITE);
#endif
}

/* The processor has written, without KVM. */
static void watch_write(u64 gpa)
{
  struct shadow_walk walk;
  unsigned int i;

  if (mmio_entries.count == 0 || mmio_entries.past_tracking || !is_write_tracked(gpa))
    return;
  const void *entry = entry_of(request.gva, &walk);
  for (i = 0; i < mmio_entries.count; i++)
    mmio_entries.past_tracking |= mmio_entries.entry[i] == entry;
}

bool kip_wrote_past_tracking(void)
{
  return mmio_entries.past_tracking;
}

/* One intercepted #PF. True if it is the end of the access. */
static bool intercepted(u32 error_code, struct kip_access *result)
{
  struct kvm_vcpu *vcpu = machine.vcpu;
  struct kvm_queued_exception *exception = &vcpu->arch.exception;

  emulation = (struct emulation){ 0 };
  result->kvm_result = kvm_handle_page_fault(vcpu, error_code, request.gva, NULL, 0);
  if (emulation.wanted)
    result->emulation_type = emulation.type;
  if (result->kvm_result < 0) {
    result->outcome = KIP_FAILED;
  } else if (exception->pending) {
    kvm_deliver_exception_payload(vcpu, exception);
    result->outcome = exception->vector == PF_VECTOR ? KIP_PAGE_FAULT : KIP_FAILED;
    result->error_code = exception->error_code;
    result->cr2 = vcpu->arch.cr2;
    kvm_clear_exception_queue(vcpu);
  } else if (emulation.at_memory || emulation.at_mmio) {
    result->outcome = emulation.at_memory ? KIP_EMULATED : KIP_MMIO;
    result->gpa = emulation.gpa;
    if (emulation.at_mmio)
      remember_mmio_entry();
  } else {
    return false;
  }
  enter_guest();
  return true;
}

static void run_request(struct kip_access *result)
{
  const bool implicit = request.access & KIP_IMPLICIT;
  const unsigned int access = (request.access & (KIP_WRITE | KIP_FETCH | KIP_IMPLICIT)) |
                              (machine.cpl == 3 && !implicit ? SHADOW_USER : 0);
  struct shadow_walk walk;
  unsigned int error_code = 0;

  BUILD_BUG_ON((int)SHADOW_WRITE != KIP_WRITE || (int)SHADOW_FETCH != KIP_FETCH ||
               (int)SHADOW_IMPLICIT != KIP_IMPLICIT);
  *result = (struct kip_access){ .outcome = machine.config.mode == KIP_SHADOW ? KIP_NO_PROGRESS : KIP_FAILED };
  request.gva = guest_address(request.gva);
  while (machine.config.mode == KIP_SHADOW && result->exits < MAX_EXITS) {
    result->kvm_result = enter_guest();
    if (result->kvm_result != 0) {
      result->outcome = kvm_check_request(KVM_REQ_TRIPLE_FAULT, machine.vcpu) ? KIP_SHUTDOWN : KIP_FAILED;
      return;
    }
    switch (shadow_cpu_access(&machine.cpu, request.gva, access, &walk, &error_code)) {
    case SHADOW_DONE:
      report_leaf(&walk, &result->leaf);
      result->gpa = result->leaf.gpa;
      result->outcome = result->gpa == U64_MAX ? KIP_FAILED : KIP_TRANSLATED;
      if ((request.access & KIP_WRITE) && result->gpa != U64_MAX)
        watch_write(result->gpa);
      return;
    case SHADOW_NONCANONICAL:
      result->outcome = KIP_NONCANONICAL;
      return;
    case SHADOW_OUTSIDE:
      report_leaf(&walk, &result->leaf);
      result->outcome = KIP_FAILED;
      return;
    case SHADOW_FAULT:
      result->exits++;
      if (intercepted(error_code, result))
        return;
    }
  }
}

void kip_access(uint64_t gva, unsigned int access, struct kip_access *result)
{
  request = (struct request){ .gva = gva, .access = access };
  run_request(result);
}

void kip_store(uint64_t gva, uint64_t value, unsigned int bytes, unsigned int access, struct kip_access *result)
{
  static u64 data;

  *result = (struct kip_access){ .outcome = KIP_FAILED };
  if (!simple_width(bytes) || !within_page(gva, bytes))
    return;
  data = value;
  request = (struct request){ .gva = gva, .access = access | KIP_WRITE, .data = &data, .bytes = bytes };
  run_request(result);
  if (result->outcome == KIP_TRANSLATED) {
    guest_page_written(result->gpa >> PAGE_SHIFT);
    memcpy(guest_direct(result->gpa), &value, bytes);
  }
}

void kip_load(uint64_t gva, uint64_t *value, unsigned int bytes, unsigned int access, struct kip_access *result)
{
  static u64 data;

  *value = 0;
  *result = (struct kip_access){ .outcome = KIP_FAILED };
  if (!simple_width(bytes) || !within_page(gva, bytes))
    return;
  data = 0;
  request = (struct request){ .gva = gva, .access = access & ~(unsigned int)KIP_WRITE, .data = &data, .bytes = bytes };
  run_request(result);
  if (result->outcome == KIP_TRANSLATED)
    memcpy(value, guest_direct(result->gpa), bytes);
  else if (result->outcome == KIP_EMULATED)
    *value = data;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What vmx.c or svm.c give to KVM, as far as the MMU sees it. Control registers behave as both of them make them behave without EPT/NPT. */
#include "shim.h"

#include <linux/static_call.h>

static unsigned long get_rflags(struct kvm_vcpu *vcpu)
{
  return X86_EFLAGS_FIXED | (machine.rflags_ac ? X86_EFLAGS_AC : 0);
}
static int get_cpl(struct kvm_vcpu *vcpu)
{
  return machine.cpl;
}
static bool is_valid_cr(struct kvm_vcpu *vcpu, unsigned long value)
{
  return true;
}

static int set_efer(struct kvm_vcpu *vcpu, u64 efer)
{
  vcpu->arch.efer = efer;
  return 0;
}

/* EFER.LMA follows CR0.PG. */
static void set_cr0(struct kvm_vcpu *vcpu, unsigned long cr0)
{
  if (vcpu->arch.efer & EFER_LME) {
    if (cr0 & X86_CR0_PG)
      vcpu->arch.efer |= EFER_LMA;
    else
      vcpu->arch.efer &= ~EFER_LMA;
  }
  vcpu->arch.cr0 = cr0;
}

static void set_cr4(struct kvm_vcpu *vcpu, unsigned long cr4)
{
  vcpu->arch.cr4 = cr4;
}

/* The guest's code is always in a 32-bit code segment (in long mode: compatibility mode), so that CR0.PG may be cleared at any point. */
static void get_cs_db_l_bits(struct kvm_vcpu *vcpu, int *db, int *l)
{
  *db = 1;
  *l = 0;
}

/* From here on the processor walks this root. */
static void load_mmu_pgd(struct kvm_vcpu *vcpu, hpa_t root, int level)
{
  machine.cpu.cr3 = root;
  machine.cpu.pcid = kvm_get_active_pcid(vcpu);
}

static void flush_tlb(struct kvm_vcpu *vcpu)
{
  shadow_cpu_flush(&machine.cpu);
}
static void flush_tlb_gva(struct kvm_vcpu *vcpu, gva_t gva)
{
  shadow_cpu_flush_address(&machine.cpu, gva);
}

/* As svm_cache_reg(), which does not look at what load_pdptrs() says; elsewhere registers are always there. */
static void cache_register(struct kvm_vcpu *vcpu, enum kvm_reg reg)
{
  kvm_register_mark_available(vcpu, reg);
  if (reg == VCPU_EXREG_PDPTR && machine.config.mode == KIP_NESTED_NPT)
    load_pdptrs(vcpu, kvm_read_cr3(vcpu));
}

/* Nothing that these would change exists here. */
static void ignore(struct kvm_vcpu *vcpu)
{
}
static void ignore_load(struct kvm_vcpu *vcpu, int cpu)
{
}
static void ignore_segment(struct kvm_vcpu *vcpu, struct kvm_segment *segment, int which)
{
}
static void ignore_table(struct kvm_vcpu *vcpu, struct desc_ptr *table)
{
}
static int skip_instruction(struct kvm_vcpu *vcpu)
{
  return 1;
}
static int write_log_dirty(struct kvm_vcpu *vcpu, gpa_t l2_gpa)
{
  return 0;
} /* no page-modification log in L1 */

static struct kvm_x86_nested_ops nested_operations = { .write_log_dirty = write_log_dirty };

static const struct kvm_x86_ops operations = {
  .vcpu_after_set_cpuid = ignore,
  .vcpu_load = ignore_load,
  .vcpu_put = ignore,
  .update_exception_bitmap = ignore,
  .set_msr = kvm_set_msr_common,
  .set_segment = ignore_segment,
  .get_cpl = get_cpl,
  .get_cs_db_l_bits = get_cs_db_l_bits,
  .is_valid_cr0 = is_valid_cr,
  .set_cr0 = set_cr0,
  .is_valid_cr4 = is_valid_cr,
  .set_cr4 = set_cr4,
  .set_efer = set_efer,
  .set_idt = ignore_table,
  .set_gdt = ignore_table,
  .cache_reg = cache_register,
  .get_rflags = get_rflags,
  .flush_tlb_all = flush_tlb,
  .flush_tlb_current = flush_tlb,
  .flush_tlb_gva = flush_tlb_gva,
  .flush_tlb_guest = flush_tlb,
  .skip_emulated_instruction = skip_instruction,
  .load_mmu_pgd = load_mmu_pgd,
  .nested_ops = &nested_operations,
};

/* A required operation that is not above names itself and ends the run. */
#define KVM_X86_OP(f) \
  static void missing_##f(void) \
  { \
    host_missing("kvm_x86_ops." #f); \
  }
#define KVM_X86_OP_OPTIONAL(f)
#define KVM_X86_OP_OPTIONAL_RET0(f)
#include <asm/kvm-x86-ops.h>

/* As kvm_ops_update(). An optional operation that is absent does nothing, or returns 0. */
void vendor_init(void)
{
  memcpy(&kvm_x86_ops, &operations, sizeof operations);
#define KVM_X86_OP(f) static_call_update(kvm_x86_##f, kvm_x86_ops.f ?: (typeof(kvm_x86_ops.f))missing_##f);
#define KVM_X86_OP_OPTIONAL(f) \
  if (kvm_x86_ops.f) \
    static_call_update(kvm_x86_##f, kvm_x86_ops.f);
#define KVM_X86_OP_OPTIONAL_RET0(f) \
  static_call_update(kvm_x86_##f, (void *)kvm_x86_ops.f ?: (void *)__static_call_return0);
#include <asm/kvm-x86-ops.h>
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* L1 with its own EPT or NPT: what vmx/nested.c and svm/nested.c do at nested VM entry, as far as the MMU sees it, and the walks. */
#include "shim.h"

static u64 nested_root; /* L1's EPT pointer or nCR3 */

static unsigned long get_nested_root(struct kvm_vcpu *vcpu)
{
  return nested_root;
}

static u64 get_nested_pdpte(struct kvm_vcpu *vcpu, int index)
{
  u64 pdpte = 0;

  kvm_vcpu_read_guest_page(vcpu, gpa_to_gfn(nested_root), &pdpte, (nested_root & GENMASK(11, 5)) + 8 * index,
                           sizeof pdpte);
  return pdpte;
}

/* The walks below report the fault themselves. (Some 6.12 have a third argument, which nobody misses.) */
static void no_injection(struct kvm_vcpu *vcpu, struct x86_exception *fault)
{
}

enum kip_status kip_enter_nested(const struct kip_nested *nested)
{
  struct kvm_vcpu *vcpu = machine.vcpu;
  struct kvm_mmu *mmu = &vcpu->arch.guest_mmu;
  enum kip_status status;

  if (machine.config.mode == KIP_SHADOW)
    return KIP_BROKEN;
  leave_guest_mode(vcpu);
  vcpu->arch.mmu = &vcpu->arch.root_mmu;
  vcpu->arch.walk_mmu = &vcpu->arch.root_mmu;
  nested_root = nested->root;
  status = kip_set_registers(&nested->l2);
  if (status != KIP_OK)
    return status;

  enter_guest_mode(vcpu);
  vcpu->arch.mmu = mmu;
  if (machine.config.mode == KIP_NESTED_EPT)
    kvm_init_shadow_ept_mmu(vcpu, nested->ept_execute_only, nested->ept_huge_level, nested->ept_accessed_dirty,
                            nested->root);
  else
    kvm_init_shadow_npt_mmu(vcpu, nested->npt_cr0, nested->npt_cr4, nested->npt_efer, nested->root);
  mmu->get_guest_pgd = get_nested_root;
  mmu->get_pdptr = machine.config.mode == KIP_NESTED_EPT ? kvm_pdptr_read : get_nested_pdpte;
  mmu->inject_page_fault = (void *)no_injection;
  vcpu->arch.walk_mmu = &vcpu->arch.nested_mmu;
  kvm_init_mmu(vcpu); /* the first stage, from L2's registers */

  /* The processor loads them from the VMCS, and KVM reads them there: vmx_cache_reg(). With NPT see vendor.c. */
  if (machine.config.mode == KIP_NESTED_EPT)
    memcpy(vcpu->arch.nested_mmu.pdptrs, nested->pdpte, sizeof nested->pdpte);
  kvm_register_mark_available(vcpu, VCPU_EXREG_PDPTR);
  return KIP_OK;
}

void kip_walk_nested(uint64_t l2_gpa, unsigned int access, struct kip_walk *result)
{
  struct kvm_vcpu *vcpu = machine.vcpu;
  struct kvm_mmu *mmu = &vcpu->arch.guest_mmu;
  struct x86_exception fault = { 0 };

  FAULT_QUALIFICATION(&fault) = 0;
  report_walk(mmu->gva_to_gpa(vcpu, mmu, l2_gpa, access_bits(access), &fault), &fault, result);
}

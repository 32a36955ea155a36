/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the shim that are compiled with the kernel's headers. */
#ifndef KIP_SHIM_H
#define KIP_SHIM_H

#include <linux/kvm_host.h>
#include <linux/version.h>
#include "mmu.h"
#include "x86.h"
#include "kvm_emulate.h"
#include "mmu/spte.h"
#include "mmu/mmu_internal.h"

#include "host.h"
#include "shadow_cpu.h"
#include "../kvm_in_process.h"

/* The shim is one text for Linux 6.1 and 6.12. What these name differently has the later name in the code, and is here as far as more
 * than one file, or a whole family of names, is concerned; else where it is used. What stable releases change within a series is not
 * a matter of the version: build.py looks for it in the tree and defines KIP_HAS_*. */
#define LINUX_6_12 (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0))

#if LINUX_6_12
#include "mmu/page_track.h"
#else
#include <asm/kvm_page_track.h>
#define KVM_MAX_NR_ADDRESS_SPACES KVM_ADDRESS_SPACE_NUM
#define kvm_userspace_memory_region2 kvm_userspace_memory_region
#endif

/* Where the walker of EPT leaves the exit qualification of a fault, and which bits (linear address valid, final access) it leaves out. */
#ifdef KIP_HAS_QUALIFICATION_IN_FAULT
#define FAULT_QUALIFICATION(fault) ((fault)->exit_qualification)
#else
#define FAULT_QUALIFICATION(fault) (machine.vcpu->arch.exit_qualification)
#endif
#ifdef KIP_HAS_WHOLE_QUALIFICATION
#define QUALIFICATION_OPEN 0
#else
#define QUALIFICATION_OPEN (EPT_VIOLATION_GVA_IS_VALID | EPT_VIOLATION_GVA_TRANSLATED)
#endif

/* The one machine. */
struct machine {
  struct kvm *kvm;
  struct kvm_vcpu *vcpu;
  struct kip_setup setup;
  struct kip_config config;
  struct shadow_cpu cpu; /* the processor in front of the shadow tables */
  u8 cpl;
  bool rflags_ac;
};
extern struct machine machine;

/* memory.c */
void memory_init(void);
void memory_mark(void);  /* what is allocated now is the state that memory_reset() goes back to */
bool memory_reset(void); /* false: memory_mark() was never reached */
void guest_page_written(gfn_t gfn);
void guest_memory_clear(void);
void guest_backing_huge(bool huge);
struct mm_struct *host_mm(void);
bool guest_range(gpa_t gpa, unsigned long bytes);
static inline void *guest_direct(gpa_t gpa)
{
  return __va(KIP_GUEST_HPA + gpa);
}

/* vendor.c */
void vendor_init(void);

/* machine.c */
int enter_guest(void);
u64 guest_address(u64 address);

/* access.c */
void report_walk(gpa_t gpa, const struct x86_exception *fault, struct kip_walk *result);
u64 access_bits(unsigned int access);
void forget_mmio_entries(void);

#endif

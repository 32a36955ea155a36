/* SPDX-License-Identifier: GPL-2.0-only */
/* What the KVM targets have in common: memory, events, and the way from slat's terms to those of kvm_in_process.h. */
#ifndef KVM_COMMON_H
#define KVM_COMMON_H
#include "../../loop/target.h"
#include "../../loop/waiver.h"
#include "../kvm/kvm_in_process.h"

enum { KVM_MEMORY_BYTES = 8 << 20, KVM_HOST_MAXPHYADDR = 51 };

const char *kvm_setup(void);
struct kip_config kvm_config(const struct slat_config *config, enum kip_mode mode);
struct kip_registers kvm_registers(const struct slat_machine *machine);
/** KVM has PSE-36 whatever the guest's CPUID says, and where it shadows the PDPTEs are in registers: another processor it is not. */
bool kvm_is_such(const struct slat_machine *machine);
enum target_status kvm_status(enum kip_status status);
/** KIP_* bits of an access; an implicit access is a supervisor access whatever CPL. */
unsigned kvm_access_bits(const struct slat_access *access);
bool kvm_canonical(const struct slat_controls *controls, uint64_t linear);
bool kvm_load(uint64_t spa, void *to, unsigned bytes);
const char *kvm_complaint(unsigned index);
void kvm_on_fatal(void (*handler)(const char *what));
/** Two shortcuts of KVM in 32-bit paging, for the waivers: reserved bits of a PDE that maps 4 MB become those of 36 address
 *  bits, whatever MAXPHYADDR; a fault of a fetch gets bit 4 of its code by EFER.NXE. @return false: not in this mode */
bool kvm_4mb_of_36_bits(struct slat_machine *machine);
bool kvm_fetch_bit_by_nxe(const struct slat_machine *machine, const struct slat_access *access,
                          struct slat_outcome *outcome);
/** What their waivers say, whichever target meets them: all fields but `covers`.  `target` is the folder of its finding. */
#define KVM_FETCH_BIT_BY_NXE(target) \
  .id = "fetch_bit_by_nxe", \
  .statement = "In 32-bit paging the error code of a fetch has bit 4 set by EFER.NXE alone.", \
  .manual = "bit 4 is set for a fetch if CR4.SMEP = 1, or CR4.PAE = 1 and IA32_EFER.NXE = 1 (SDM 3A, Page-Fault " \
            "Exceptions, 4.7)", \
  .evidence = "arch/x86/kvm/mmu/mmu.c, kvm_calc_cpu_role(): efer_nx is EFER's bit in every paging mode. " \
              "fuzz/findings/" target "/fetch-bit-by-nxe.md", \
  .report_only = true
#define KVM_PAGES_OF_36_BITS(target) \
  .id = "pages_of_36_bits", \
  .statement = "In a PDE that maps 4 MB bits 21:17 are reserved, and bits 16:13 are not, whatever MAXPHYADDR.", \
  .manual = \
    "bits (M-20):13 hold bits (M-1):32 of the address, and bits 21:(M-19) are reserved, where M is the minimum of " \
    "40 and MAXPHYADDR (SDM 3A, 32-Bit Paging, 4.3)", \
  .evidence = "arch/x86/kvm/mmu/mmu.c, __reset_rsvds_bits_mask(): rsvd_bits(17, 21). " \
              "fuzz/findings/" target "/pages-of-36-bits.md"
void kvm_edges(uint64_t *hit, uint64_t *total);

#define KVM_EFER_NXE (1ULL << 11)
#define KVM_CR4_SMEP (1ULL << 20)
#define KVM_CR4_SMAP (1ULL << 21)
#define KVM_RFLAGS_AC (1ULL << 18)

#endif

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
void kvm_edges(uint64_t *hit, uint64_t *total);

#define KVM_EFER_NXE (1ULL << 11)
#define KVM_CR4_SMEP (1ULL << 20)
#define KVM_CR4_SMAP (1ULL << 21)
#define KVM_RFLAGS_AC (1ULL << 18)

#endif

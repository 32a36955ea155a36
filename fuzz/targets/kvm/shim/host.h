/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel-header files of the shim need from the process (host.c, events.c). No kernel and no libc type appears here. */
#ifndef KIP_HOST_H
#define KIP_HOST_H

/* Where things lie. KVM takes any address at or above PAGE_OFFSET for an error value (kvm_is_error_hva()), so the addresses that KVM
 * uses as the VMM's must be below it. All four ranges are fixed, so that runs repeat exactly, and fit beside ASan's shadow.
 *
 * The machine's memory, 128 MB, is one memory file mapped twice: all of it at KIP_PAGE_OFFSET (the kernel's direct map), and the part
 * that is the guest's at KIP_GUEST_HVA (the VMM's view, which memslots name). Guest memory starts at KIP_GUEST_HPA and not at 0, so that
 * a guest-physical address that is taken for a host-physical one does not go unnoticed. */
#define KIP_GUEST_HVA 0x200000000000ul
#define KIP_PAGE_OFFSET 0x300000000000ul
#define KIP_VMEMMAP 0x380000000000ul
#define KIP_PHYSICAL_BYTES 0x08000000ul /* exactly one sparse-memory section: one mem_section describes it */
#define KIP_POOL_HPA 0x00100000ul       /* the kernel's own allocations, up to KIP_GUEST_HPA */
#define KIP_GUEST_HPA 0x04000000ul
#define KIP_GUEST_BYTES_MAX (KIP_PHYSICAL_BYTES - KIP_GUEST_HPA)

/* host.c */
const char *host_map_machine(unsigned long guest_bytes);
void host_unback(unsigned long hva, unsigned long bytes);
void *host_save(const void *from, unsigned long bytes);
void host_restore(void *to, unsigned long bytes, const void *saved);
int host_has_asan(void);
void host_write_code(void *at, const void *bytes, unsigned long count);
void host_poison(const void *at, unsigned long bytes);
void host_unpoison(const void *at, unsigned long bytes);

/* events.c */
void host_catch_signals(void);
void host_clear_events(void);
void host_missing(const char *function) __attribute__((noreturn));
void host_fatal(const char *what) __attribute__((noreturn));

#endif

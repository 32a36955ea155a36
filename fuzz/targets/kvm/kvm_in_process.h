/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's shadow MMU as a library in an ordinary process: the only header a harness needs.
 *
 * What runs is KVM's own code (arch/x86/kvm/mmu, x86.c, cpuid.c, kvm_main.c of the chosen Linux tree). Around it stand a small shim for
 * the rest of the kernel, and a processor model (shadow_cpu.c) that walks KVM's shadow tables as the hardware would and raises the intercepts.
 * There is one VM with one vCPU; nothing here may be called from two threads. Nothing here opens /dev/kvm.
 *
 * Order of use:   kip_setup() once;
 *                 then for each scenario: kip_reset(), kip_write_physical() for the initial memory, kip_set_registers() (or
 *                 kip_enter_nested()), then any other call in any order.
 *
 * Units: addresses and sizes are bytes; levels count from 1 (a 4 KB leaf), 2 (2 MB) and 3 (1 GB).
 */
#ifndef KVM_IN_PROCESS_H
#define KVM_IN_PROCESS_H

#ifndef __KERNEL__ /* the shim has the same types from <linux/types.h> */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#define KIP_VERSION 1

/* ---- Set-up, once a process ------------------------------------------------------------------------------------------------ */

struct kip_setup {
  uint64_t memory_bytes; /* guest-physical memory [0, memory_bytes), a multiple of 2 MB, 2 MB to 64 MB */
  uint64_t
    hole_start; /* a part without memslot: [hole_start, hole_start + hole_bytes), multiples of 4 KB; accesses are MMIO */
  uint64_t
    hole_bytes; /* 0: no hole. Table accesses of a guest walk that fall outside every slot read as "not present" in KVM */
  uint64_t
    unbacked_start; /* a part with a memslot but no memory behind it, as if the VMM had unmapped it: KVM's -EFAULT paths */
  uint64_t unbacked_bytes;
  uint8_t
    host_maxphyaddr; /* the width of the processor under KVM, 36 to 52; guest MAXPHYADDR may be less, equal or more */
};

/** Maps the memory and makes the VM. Must be called once, before everything else. Returns NULL, or what went wrong. */
const char *kip_setup(const struct kip_setup *setup);

/** "6.1.192", "6.12.117": the version of the kernel that was built in. */
const char *kip_kernel_version(void);

/* ---- Reset to a scenario ----------------------------------------------------------------------------------------------------- */

enum kip_vendor { KIP_INTEL, KIP_AMD }; /* the guest's CPUID vendor; some reserved bits depend on it */

/* Guest CPUID features. Long mode, PAE, PSE, PSE36 and PGE are always there. */
enum {
  KIP_NX = 1u << 0,
  KIP_GBPAGES = 1u << 1,
  KIP_SMEP = 1u << 2,
  KIP_SMAP = 1u << 3,
  KIP_PCID = 1u << 4, /* CR4.PCIDE, INVPCID */
  KIP_PKU = 1u << 5,  /* CR4.PKE; only over EPT or NPT: KVM offers it nowhere else */
  KIP_LA57 = 1u << 6, /* CR4.LA57 */
  KIP_ALL_FEATURES = (1u << 7) - 1
};

enum kip_mode {
  KIP_SHADOW,     /* host without EPT/NPT: KVM shadows the guest's own page tables */
  KIP_NESTED_EPT, /* host with EPT, the guest is an L1 with its own EPT: see kip_enter_nested() */
  KIP_NESTED_NPT  /* the same with NPT */
};

struct kip_config {
  enum kip_mode mode;
  enum kip_vendor vendor;
  uint8_t maxphyaddr;   /* guest CPUID.80000008H:EAX[7:0], 32 to 52 */
  uint32_t features;    /* KIP_NX and so on */
  bool host_huge_pages; /* the host backs guest memory with 2 MB pages: KVM may install 2 MB SPTEs */
  bool
    keep_translations; /* the processor model keeps each translation it used until KVM flushes it (finds missing flushes);
                             false: it walks the shadow tables at every access */
};

/** Brings KVM, the vCPU and the guest's memory (all zero) back to the same state whatever happened before, also after a BUG that was
 *  left by siglongjmp. Clears the events. Returns NULL, or what is wrong with the configuration. */
const char *kip_reset(const struct kip_config *config);

/* ---- Guest-physical memory ----------------------------------------------------------------------------------------------------- */

/** Direct stores and loads, seen by nobody (as DMA): 1, 2, 4 or 8 bytes, little-endian, not across a 4 KB page. KVM does not track such
 *  stores, so what they do to page tables in use becomes visible only after INVLPG, CR3 reload and the like, or never.
 *  False if the address is outside memory or in the hole. */
bool kip_write_physical(uint64_t gpa, uint64_t value, unsigned bytes);
bool kip_read_physical(uint64_t gpa, uint64_t *value, unsigned bytes);
/** The same for any length, within one slot. */
bool kip_write_block(uint64_t gpa, const void *from, size_t bytes);
bool kip_read_block(uint64_t gpa, void *to, size_t bytes);

/* ---- Registers ------------------------------------------------------------------------------------------------------------------- */

struct kip_registers {
  uint64_t cr0, cr3, cr4;
  uint64_t efer; /* LMA is derived: LME && CR0.PG */
  uint8_t cpl;   /* 0 to 3; CPL 3 makes the accesses user-mode accesses */
  bool rflags_ac;
  uint32_t pkru;
};

enum kip_status {
  KIP_OK,
  KIP_REFUSED, /* KVM refused: the guest would have got #GP */
  KIP_BROKEN   /* KVM returned an internal error */
};

/** All registers at once, as the KVM_SET_SREGS ioctl does it (PAE PDPTEs are loaded from memory): start of a scenario. */
enum kip_status kip_set_registers(const struct kip_registers *registers);
void kip_get_registers(struct kip_registers *registers);

/** As the guest's MOV to CR and WRMSR: KVM's own kvm_set_cr0() and so on, then what KVM does before the next VM entry. Not for L2, whose
 *  writes no hypervisor sees (KIP_BROKEN): use kip_enter_nested() again. The guest's code counts as 32-bit code, so that it may clear CR0.PG
 *  in long mode. */
enum kip_status kip_mov_cr0(uint64_t value);
enum kip_status kip_mov_cr3(uint64_t value); /* bit 63 with CR4.PCIDE: keep the translations */
enum kip_status kip_mov_cr4(uint64_t value);
enum kip_status kip_write_efer(uint64_t value);
void kip_set_rflags_ac(bool ac);
void kip_set_cpl(uint8_t cpl);

/* ---- Invalidation ------------------------------------------------------------------------------------------------------------------ */

void kip_invlpg(uint64_t gva);
/** INVPCID, type 0 to 3; needs KIP_PCID. */
enum kip_status kip_invpcid(unsigned type, uint64_t pcid, uint64_t gva);
/** KVM drops its whole shadow: not visible to a correct guest. */
void kip_zap_all(void);
/** Shadow pages in use; 0 after kip_zap_all(), else KVM leaks them. */
uint64_t kip_shadow_pages(void);

/* ---- Accesses; all but kip_walk() need KIP_SHADOW, else their outcome is KIP_FAILED -------------------------------------------------- */

enum {
  KIP_READ = 0,
  KIP_WRITE = 1u << 0,
  KIP_FETCH = 1u << 1, /* instruction fetch; not together with KIP_WRITE */
  KIP_USER = 1u << 2,  /* user-mode access; kip_access() takes it from CPL instead */
  KIP_IMPLICIT =
    1u
    << 3 /* implicit supervisor access (descriptor tables, TSS): RFLAGS.AC does not override SMAP, CPL does not matter */
};

/* Architectural page-fault error code. */
enum {
  KIP_PF_PRESENT = 1u << 0,
  KIP_PF_WRITE = 1u << 1,
  KIP_PF_USER = 1u << 2,
  KIP_PF_RSVD = 1u << 3,
  KIP_PF_FETCH = 1u << 4
};

/* What KVM's software walker (mmu->gva_to_gpa) says, and what a walk of an L1's nested tables says. */
struct kip_walk {
  bool fault;
  uint64_t gpa; /* if !fault. In a nested scenario an L1 GPA */
  /* if fault: */
  uint32_t error_code;         /* bits above, as KVM would inject them. EPT: KIP_PF_RSVD means misconfiguration */
  uint64_t address;            /* CR2; or the guest-physical address of the nested stage's fault */
  bool nested;                 /* the nested stage (EPT, NPT) faulted, not the guest's own tables */
  uint64_t exit_qualification; /* EPT violation only: as KVM would give it to L1 */
  uint64_t
    exit_qualification_open; /* its bits that KVM takes from the hardware's own exit and no walk gives: 7 and 8, or none */
};

/** The software walk of the guest's tables. It sets A and D in guest memory. `access`: KIP_READ | KIP_USER and so on.
 *  In a nested scenario: the two-dimensional walk of an L2 GVA. */
void kip_walk(uint64_t gva, unsigned access, struct kip_walk *result);

enum kip_outcome {
  KIP_TRANSLATED,   /* the shadow tables let the access through to memory */
  KIP_PAGE_FAULT,   /* KVM injected #PF: error_code, cr2 */
  KIP_EMULATED,     /* KVM emulated the access to memory (a store to a write-protected page table): gpa */
  KIP_MMIO,         /* no memslot at gpa: KVM would leave for its user */
  KIP_NONCANONICAL, /* the processor raises #GP before any walk */
  KIP_NO_PROGRESS,  /* the same access was intercepted over and over: KVM never came to an end with it */
  KIP_FAILED,       /* KVM returned an error, see kvm_result; or the shadow led outside guest memory */
  KIP_SHUTDOWN /* KVM asked for a triple fault: CR3, or a present PDPTE of PAE paging, is outside every memslot (6.1 only) */
};

enum { KIP_RIGHT_R = 1, KIP_RIGHT_W = 2, KIP_RIGHT_U = 4, KIP_RIGHT_X = 8 };

/* A leaf of KVM's shadow tables, with the rights effective over all levels. */
struct kip_leaf {
  bool present;
  bool mmio;       /* an MMIO SPTE: reserved bits set on purpose, every access faults to KVM */
  uint64_t spte;   /* the last entry read */
  unsigned level;  /* of that entry: 1, 2, 3; more if a table is missing */
  unsigned rights; /* KIP_RIGHT_*, if present */
  uint64_t hpa;    /* of the address asked for, if present */
  uint64_t gpa;    /* the same as guest-physical address; UINT64_MAX if hpa is not guest memory */
};

struct kip_access {
  enum kip_outcome outcome;
  uint64_t gpa;            /* KIP_TRANSLATED, KIP_EMULATED, KIP_MMIO */
  struct kip_leaf leaf;    /* KIP_TRANSLATED: the leaf that was used */
  uint32_t error_code;     /* KIP_PAGE_FAULT */
  uint64_t cr2;            /* KIP_PAGE_FAULT */
  unsigned exits;          /* #PF intercepts that the access took */
  uint32_t emulation_type; /* KVM's EMULTYPE_* of the last request for emulation, 0 if none */
  int kvm_result;          /* KIP_FAILED: what kvm_mmu_page_fault() returned */
};

/** One access by the processor, in front of KVM's shadow tables, at the present CPL (KIP_IMPLICIT: as supervisor). No data is moved. */
void kip_access(uint64_t gva, unsigned access, struct kip_access *result);
/** The same with data: 1, 2, 4 or 8 bytes, not across a 4 KB page (then KIP_FAILED). The value moves if the outcome is KIP_TRANSLATED
 *  or KIP_EMULATED. A store to a page table leaves the page unsync (writable SPTE) or goes through KVM's emulated write. */
void kip_store(uint64_t gva, uint64_t value, unsigned bytes, unsigned access, struct kip_access *result);
void kip_load(uint64_t gva, uint64_t *value, unsigned bytes, unsigned access, struct kip_access *result);

/** Reads the shadow leaf of an address. Changes nothing, asks KVM nothing. */
void kip_read_leaf(uint64_t gva, struct kip_leaf *leaf);

/** The PDPTEs of PAE paging as KVM has them. */
void kip_get_pdptes(uint64_t pdpte[4]);

/** Since kip_reset(): has the processor written, through a shadow entry that had been an MMIO one, to a page whose writes KVM tracks? It has
 *  not noticed that write: fuzz/findings/kvm-shadow/mmio-entry-made-writable.md. */
bool kip_wrote_past_tracking(void);

/* ---- Nested: L1's EPT or NPT ---------------------------------------------------------------------------------------------------------- */

struct kip_nested {
  uint64_t root; /* EPT pointer or nCR3, as L1 wrote it (EPT: bits 5:3 walk length - 1, bit 6 A/D; kept as they are) */
  bool ept_execute_only; /* what L1 was told in IA32_VMX_EPT_VPID_CAP */
  bool ept_accessed_dirty;
  uint8_t ept_huge_level;              /* 1: no large pages, 2: 2 MB, 3: 1 GB */
  uint64_t npt_cr0, npt_cr4, npt_efer; /* NPT: L1's own control registers, which govern the nested walk */
  struct kip_registers l2;             /* L2's: govern the first stage */
  uint64_t pdpte[4]; /* EPT, L2 in PAE paging: VMCS12's PDPTEs. With NPT each walk reads them from memory */
};

/** Puts the vCPU into L2 as nested VM entry does. kip_reset() must have chosen KIP_NESTED_EPT or _NPT. Memory must be there before. May be
 *  called again, as VM exit and entry. What VMX and SVM check before the entry (a malformed EPT pointer, say) is not checked. */
enum kip_status kip_enter_nested(const struct kip_nested *nested);
/** The nested stage alone: an L2 GPA through L1's EPT or NPT. `access`: KIP_READ, KIP_WRITE or KIP_FETCH, with KIP_USER if wanted (KVM
 *  itself always adds it: the processor's nested walks are user accesses under NPT; under EPT the bit means "read"). */
void kip_walk_nested(uint64_t l2_gpa, unsigned access, struct kip_walk *result);

/* ---- Events: WARN_ON, BUG_ON, sanitizers ------------------------------------------------------------------------------------------------ */

enum kip_event_kind { KIP_EVENT_WARN, KIP_EVENT_BUG, KIP_EVENT_SANITIZER, KIP_EVENT_STUB, KIP_EVENT_SIGNAL };

struct kip_event {
  enum kip_event_kind kind;
  unsigned line;    /* 0 if unknown */
  const char *file; /* path in the kernel tree, or what happened */
  const char *text; /* message, or what was tested; sanitizer's message; name of the missing function; or "" */
};

/** Events since kip_reset(), the first 16 of them kept. UBSan tells of each place in the code only once a process. */
unsigned kip_events(void);
const struct kip_event *kip_event(unsigned index);
void kip_clear_events(void);

/** What to do when the code cannot go on (an endless loop is not noticed: set a timer, and siglongjmp() from its handler likewise): BUG_ON, a function that the shim has not got, a wild access, ASan. The handler may save the
 *  input and _exit(), or siglongjmp() to the harness and kip_reset(); after it returns the process aborts. */
void kip_on_fatal(void (*handler)(const struct kip_event *));

/* ---- Coverage ----------------------------------------------------------------------------------------------------------------------------- */

/* Edges of the files in arch/x86/kvm/mmu. Variants `coverage` and `afl` have them; elsewhere the total is 0. In `coverage` hits add up over the
 * life of the process; in `afl` they are what is in AFL's map now (AFL clears it for each input). Compile the harness itself without
 * instrumentation, or its edges are counted too. */
size_t kip_edges_total(void);
size_t kip_edges_hit(void);
/** Forgets the hits. */
void kip_clear_edges(void);
/** One byte an edge, 1 = hit, in the same order for the same build. `size` at least kip_edges_total(). */
void kip_edges(uint8_t *hit, size_t size);

/* ---- Bench ---------------------------------------------------------------------------------------------------------------------------------- */

/** `rounds` times kip_walk() over all `count` addresses, without the result structure: a tight loop around gva_to_gpa. Returns the sum of
 *  the results (a fault counts as UINT64_MAX), so that nothing is optimised away. In a nested scenario: two-dimensional walks. */
uint64_t kip_bench_walks(const uint64_t *gva, size_t count, unsigned access, unsigned rounds);

#endif

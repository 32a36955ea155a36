/* SPDX-License-Identifier: BSD-2-Clause */
/** @file slat.h  The public interface of libslat, a formally specified model of second-level address translation.
 *
 *  Guest-virtual (GVA) to guest-physical (GPA) to system-physical (SPA) addresses, through every paging mode of a guest
 *  (stage 1) and Intel EPT or AMD nested paging (stage 2).  For an access the library answers with the *set* of
 *  outcomes that the manuals permit, each with the rule that decided; it holds an observed outcome against that set.
 *
 *  Freestanding C99: no libc beyond memcpy/memset, no allocation, no globals that change, bounded work in each call.
 *  All state is owned by the caller.  The library reads memory through one callback and never writes it: updates of
 *  accessed and dirty flags are returned.  Levels are counted from the leaf: 1 = PTE, 2 = PDE, 3 = PDPTE, 4 = PML4E, 5 = PML5E.
 *
 *  Rules are listed in spec/rules.tsv; enum slat_rule is generated from it. */
#ifndef SLAT_SLAT_H
#define SLAT_SLAT_H
#include <stdbool.h>
#include <stdint.h>
#include "slat_rules.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Version of this interface: grows by one with every incompatible change. */
#define SLAT_API_VERSION 1
#define SLAT_VERSION "0.1.0"
#define SLAT_MAX_CPUS 4

/** What a call answers: 0, or why there is no answer.  slat_status_text() gives one line for a person. */
enum slat_status {
  SLAT_OK = 0,
  /* contradictory or impossible input */
  SLAT_INVALID_VENDOR,
  SLAT_INVALID_STAGE2,
  SLAT_INVALID_MAXPHYADDR,     /**< outside 32..52 */
  SLAT_INVALID_STAGE2_VENDOR,  /**< EPT on AMD, or NPT on Intel */
  SLAT_INVALID_EPT_CAPABILITY, /**< an EPT capability without EPT */
  SLAT_INVALID_FEATURE_VENDOR, /**< a feature that no processor of this vendor has */
  SLAT_INVALID_CPU,            /**< logical processor out of range */
  SLAT_INVALID_REGISTER,
  SLAT_INVALID_EVENT,
  SLAT_INVALID_ACCESS, /**< kind, width or privilege out of range; a shadow-stack access with CR4.CET = 0 */
  SLAT_INVALID_CR0,    /**< PG without PE */
  SLAT_INVALID_CR3,    /**< a bit at or above MAXPHYADDR is set: MOV to CR3 raises #GP */
  SLAT_INVALID_PCIDE,  /**< CR4.PCIDE without EFER.LMA */
  SLAT_INVALID_EFER,   /**< LMA does not equal LME and CR0.PG */
  SLAT_INVALID_EPTP,   /**< memory type, walk length, A/D without capability, reserved bit */
  SLAT_INVALID_NCR3,
  SLAT_INVALID_FEATURE_CONTROL, /**< a control bit for a feature that the configuration lacks */
  SLAT_INVALID_PROTECTION_KEYS, /**< PKRU or IA32_PKRS of more than 32 bits */
  SLAT_INVALID_PDPTE, /**< a PDPTE register of PAE paging is present with a reserved bit: MOV to CR raises #GP, VM entry fails */
  SLAT_INVALID_CET, /**< CR4.CET with CR0.WP = 0 */
  /* lawful, and not modelled yet */
  SLAT_UNSUPPORTED_SHADOW_STACK_ADDRESS, /**< a shadow-stack access at an address that LAM or UAI changes: no source says whether they do */
  SLAT_UNSUPPORTED_PSE36_WIDTH, /**< AMD, a guest or nested paging's host in 32-bit paging with CR4.PSE, and no PSE-36 or fewer than 40 address bits: no source says which bits are reserved */
  SLAT_UNSUPPORTED_NPT_WIDTH,   /**< a GPA of more than 48 bits under a 4-level NPT, or of more than 32 under a host in
                                       32-bit or PAE paging: no source says what happens */
  SLAT_UNSUPPORTED_PAGE_CROSSING, /**< an access that reaches into a second 4 KB page */
  /* controls of the current VMCS or VMCB */
  SLAT_UNSUPPORTED_PML_LOAD,     /**< a load of the PDPTE registers through EPT with a full page-modification log */
  SLAT_UNSUPPORTED_VE,           /**< EPT-violation #VE */
  SLAT_UNSUPPORTED_MBEC,         /**< mode-based execute control for EPT */
  SLAT_UNSUPPORTED_SPP,          /**< sub-page write permissions for EPT */
  SLAT_UNSUPPORTED_HLAT,         /**< hypervisor-managed linear-address translation */
  SLAT_UNSUPPORTED_PAGING_WRITE, /**< EPT paging-write control */
  SLAT_UNSUPPORTED_PAGING_VERIFICATION, /**< guest-paging verification */
  SLAT_UNSUPPORTED_SEV,                 /**< a guest with encrypted memory */
  SLAT_UNSUPPORTED_GMET,                /**< guest mode execute trap */
  SLAT_UNSUPPORTED_NPT_SHADOW_STACK,    /**< supervisor shadow stacks of nested paging */
  SLAT_UNSUPPORTED_ROGPT,               /**< read-only guest page tables */
  SLAT_UNSUPPORTED_NPT_PML,             /**< page-modification logging under nested paging */
  SLAT_STATUS_COUNT
};
#define SLAT_FIRST_UNSUPPORTED SLAT_UNSUPPORTED_SHADOW_STACK_ADDRESS

enum slat_vendor { SLAT_INTEL = 0, SLAT_AMD = 1 };
enum slat_stage2_kind { SLAT_STAGE2_NONE = 0, SLAT_STAGE2_EPT = 1, SLAT_STAGE2_NPT = 2 };

/** What the processor is: fixed while a machine lives.  A feature that is absent makes its bits reserved. */
struct slat_config {
  uint8_t vendor;           /**< enum slat_vendor */
  uint8_t stage2;           /**< enum slat_stage2_kind */
  uint8_t maxphyaddr;       /**< CPUID.80000008H:EAX[7:0], 32..52 */
  bool nx;                  /**< CPUID.80000001H:EDX[20], EFER.NXE may be 1 */
  bool page_1gb;            /**< CPUID.80000001H:EDX[26], 1 GB pages in guest paging and NPT */
  bool pse36;               /**< CPUID.01H:EDX[17], 4 MB pages above 4 GB in 32-bit paging */
  bool amd_pdpte_registers; /**< AMD without nested paging: MOV to CR loads the PDPTEs of PAE paging into registers, as
                                 older processors do; else each walk reads them (APM 5.5.3; ERRATA E26) */
  bool smep;                /**< CPUID.07H:EBX[7] */
  bool smap;                /**< CPUID.07H:EBX[20] */
  bool pcid;                /**< CPUID.01H:ECX[17], CR4.PCIDE may be 1 */
  bool la57;                /**< CPUID.07H:ECX[16], CR4.LA57 may be 1 */
  bool pku;                 /**< CPUID.07H:ECX[3], CR4.PKE may be 1 */
  bool pks;                 /**< CPUID.07H:ECX[31], CR4.PKS may be 1; Intel only */
  bool cet_ss;              /**< CPUID.07H:ECX[7], shadow stacks, CR4.CET may be 1 */
  bool lam;                 /**< CPUID.07H.1:EAX[26], CR4.LAM_SUP and CR3 bits 62:61 may be 1; Intel only */
  bool lass;                /**< CPUID.07H.1:EAX[6], CR4.LASS may be 1; Intel only */
  bool uai;                 /**< upper address ignore, EFER.UAIE may be 1; AMD only */
  bool ept_execute_only;    /**< IA32_VMX_EPT_VPID_CAP[0] */
  bool ept_page_2mb;        /**< IA32_VMX_EPT_VPID_CAP[16] */
  bool ept_page_1gb;        /**< IA32_VMX_EPT_VPID_CAP[17] */
  bool ept_5level;          /**< IA32_VMX_EPT_VPID_CAP[7], page-walk length 5 */
  bool ept_sss;             /**< IA32_VMX_EPT_VPID_CAP[23], supervisor shadow-stack control */
  bool ept_accessed_dirty;  /**< IA32_VMX_EPT_VPID_CAP[21] */
  bool ept_advanced_info;   /**< IA32_VMX_EPT_VPID_CAP[22], exit qualification bits 11:9 */
  bool ept_pml;             /**< IA32_VMX_PROCBASED_CTLS2[49], page-modification logging may be on */
};

/** Registers of a logical processor that translation depends on, as architected (values are the registers' own). */
enum slat_register {
  SLAT_CR0,
  SLAT_CR3,
  SLAT_CR4,
  SLAT_EFER,
  SLAT_RFLAGS, /**< of which only AC (bit 18) matters */
  SLAT_EPTP,   /**< EPT pointer of the current VMCS (stage2 = EPT) */
  SLAT_NCR3,   /**< nested CR3 of the VMCB (stage2 = NPT) */
  SLAT_HOST_CR0,
  SLAT_HOST_CR4,
  SLAT_HOST_EFER, /**< the host's, at VMRUN (stage2 = NPT): its paging mode is that of the nested tables */
  SLAT_PKRU,      /**< rights of protection keys, user-mode addresses: bit 2i is ADi, bit 2i+1 is WDi */
  SLAT_PKRS,      /**< IA32_PKRS, the same for supervisor-mode addresses */
  SLAT_PDPTE0,    /**< the four PDPTE registers of PAE paging: written by VM entry, or by what MOV to CR loads */
  SLAT_PDPTE1,
  SLAT_PDPTE2,
  SLAT_PDPTE3,
  /* Of the VM-execution controls and of the VMCB those bits count that change translation; the other ones are ignored. */
  SLAT_SECONDARY_CONTROLS, /**< secondary processor-based VM-execution controls (stage2 = EPT): 17 PML, 18 EPT-violation #VE,
                                22 mode-based execute control, 23 sub-page write permissions */
  SLAT_TERTIARY_CONTROLS, /**< tertiary ones (stage2 = EPT): 1 HLAT, 2 EPT paging-write, 3 guest-paging verification */
  SLAT_NESTED_CONTROLS,   /**< VMCB offset 90H (stage2 = NPT): 1 SEV, 2 SEV-ES, 3 GMET, 4 SSS, 6 ROGPT, 11 PML */
  SLAT_PML_INDEX, /**< of the current VMCS: which entry of the page-modification log is written next; full if above 511 */
  SLAT_REGISTER_COUNT
};

/** The paging modes, by what their entries look like (SDM 4.1.1 "Three Paging Modes"). */
enum slat_paging_mode {
  SLAT_PAGING_LONG = 0, /**< 4-level and 5-level paging: 8-byte entries */
  SLAT_PAGING_PAE,      /**< PAE paging: 8-byte entries, and PDPTEs that have neither rights nor flags */
  SLAT_PAGING_32BIT     /**< 32-bit paging: 4-byte entries, two levels */
};

/** The format of one vendor's entries on one processor in one mode, for guest tables and for nested ones. */
struct slat_format {
  uint64_t limit;     /**< 2^MAXPHYADDR: an address field of an entry must be below */
  uint64_t limit_4mb; /**< 32-bit paging: 2^min(40, MAXPHYADDR), or 2^32 without PSE-36: a 4 MB page is below */
  uint8_t mode;       /**< enum slat_paging_mode */
  bool pse;           /**< 32-bit paging: CR4.PSE, a PDE may map 4 MB */
  bool nxe;           /**< EFER.NXE in a mode with XD: else bit 63 is reserved */
  bool page_1gb;      /**< 1 GB pages: else PS of a PDPTE is reserved */
  bool pml4e_bit8;    /**< AMD: bit 8 of a PML4E or PML5E is reserved */
};

/** Control state decoded once, when a register is written, so that an access need not.  Made by slat_open() and slat_feed(). */
struct slat_controls {
  struct slat_format guest;  /**< guest entries */
  struct slat_format nested; /**< NPT entries, in the host's paging mode */
  uint64_t
    guest_table; /**< GPA of the guest's first table: bits 51:12 of CR3, 31:5 in PAE paging, 31:12 in 32-bit paging */
  uint64_t pdpte[4]; /**< PAE paging with `pdpte_registers`: the registers */
  uint64_t
    stage2_table; /**< SPA of the first EPT or nested table: PML4, PML5 with `stage2_5level`; NPT: by `nested.mode` */
  uint8_t stage2; /**< enum slat_stage2_kind */
  bool stage2_5level; /**< EPT pointer bits 5:3 = 4; NPT: the host's CR4.LA57 */
  bool amd;
  bool paging;             /**< CR0.PG; off: the linear address is the GPA */
  bool la57;               /**< CR4.LA57 in long mode: 5-level paging */
  bool pdpte_registers;    /**< PAE paging: the PDPTEs are in registers; else a walk reads them */
  bool wp, smep, smap, ac; /**< CR0.WP, CR4.SMEP, CR4.SMAP, RFLAGS.AC */
  uint8_t lam_user;        /**< CR3 bits 62:61 in long mode: how many bits of a user pointer count, 57 or 48; 0: all */
  uint8_t
    lam_supervisor;    /**< CR4.LAM_SUP in long mode, of a supervisor pointer: 57 with CR4.LA57 = 1, else 48; 0: all */
  bool cet;            /**< CR4.CET: there are shadow-stack accesses */
  bool dirty_needs_rw; /**< an Intel processor with shadow stacks sets no dirty flag where R/W is 0 (ERRATA E5) */
  bool lass, uai;      /**< CR4.LASS, EFER.UAIE in long mode */
  uint32_t user_keys;  /**< PKRU with CR4.PKE = 1 in long mode, else 0: which denies nothing */
  uint32_t supervisor_keys; /**< IA32_PKRS with CR4.PKS = 1 in long mode, else 0 */
  bool ept_execute_only, ept_page_2mb, ept_page_1gb, ept_advanced_info; /**< capabilities */
  bool ept_sss;      /**< EPTP bit 7: supervisor shadow-stack control is on */
  bool ept_ad;       /**< EPTP bit 6: accessed and dirty flags for EPT are on */
  bool pml;          /**< page-modification logging is on */
  uint16_t pml_room; /**< entries that the log has left: SLAT_PML_INDEX and one, 0 if that is above 511 */
};

struct slat_cpu {
  uint64_t reg[SLAT_REGISTER_COUNT];
  struct slat_controls controls;
  uint8_t status; /**< enum slat_status of the registers as they stand: an access is answered only if SLAT_OK */
};

/** One machine: its processor and the control state of each logical processor.  Owned by the caller, of fixed size. */
struct slat_machine {
  struct slat_config config;
  struct slat_cpu cpu[SLAT_MAX_CPUS];
};

/** System-physical memory as the library sees it.  `read` gives the 8 bytes at the 8-byte aligned SPA, little-endian,
 *  without side effects and the same for the same address during one call of the library; an address where the
 *  machine has no memory gives whatever that machine reads there (0 in slat-trace scenarios). */
struct slat_memory {
  uint64_t (*read)(void *context, uint64_t spa);
  void *context;
};

enum slat_access_kind { SLAT_READ = 0, SLAT_WRITE = 1, SLAT_FETCH = 2 };

/** One access by a logical processor. */
struct slat_access {
  uint64_t linear;  /**< linear address of its first byte */
  uint8_t kind;     /**< enum slat_access_kind */
  uint8_t width;    /**< 1, 2, 4 or 8 bytes; all within one 4 KB page */
  bool user;        /**< made at CPL 3 */
  bool implicit;    /**< implicit supervisor access (descriptor tables, TSS, ...), whatever CPL; not a fetch */
  bool cs_ss_fs_gs; /**< data through CS, SS, FS or GS: upper address ignore is not for them, nor for fetches */
  bool
    shadow_stack; /**< a read or write of a shadow stack, by CALL, RET, event delivery, RSTORSSP, ...; needs CR4.CET */
  bool wruss;     /**< that write is WRUSS's: user-mode, though at CPL 0 (`user` and `implicit` are false) */
};

enum slat_outcome_kind {
  SLAT_NO_OUTCOME = 0,     /**< an empty slot of the set */
  SLAT_TRANSLATED,         /**< the access is done at `spa` */
  SLAT_NON_CANONICAL,      /**< #GP, or #SS through the stack segment; no structure is read */
  SLAT_PAGE_FAULT,         /**< #PF: `code` = error code, `linear` = CR2 */
  SLAT_EPT_VIOLATION,      /**< `code` = exit qualification, `gpa`, `linear` = guest-linear address */
  SLAT_EPT_MISCONFIG,      /**< `gpa`; no qualification */
  SLAT_NESTED_PAGE_FAULT,  /**< #VMEXIT(NPF): `code` = EXITINFO1, `gpa` = EXITINFO2 */
  SLAT_WRITTEN,            /**< of a register write: it is done */
  SLAT_GENERAL_PROTECTION, /**< of a register write: #GP(0), no register changes */
  SLAT_PML_FULL,           /**< VM exit "page-modification log full": the access is not done */
  SLAT_OUTCOME_KINDS       /**< how many there are */
};

/** What a fault itself invalidates (bits of slat_outcome.invalidates). */
enum {
  SLAT_INVALIDATES_LINEAR =
    1, /**< TLB and paging-structure-cache entries for `linear`, current PCID/ASID; combined ones too */
  SLAT_INVALIDATES_GUEST_PHYSICAL = 2, /**< guest-physical mappings for `gpa`, current EPT root */
  SLAT_INVALIDATES_COMBINED = 4        /**< combined mappings for `linear`, current VPID, PCID, EPT root */
};

/** One outcome: one element of a permitted set, or one that was observed (then `rule`, `level` and `*_open` are unused). */
struct slat_outcome {
  uint8_t kind;         /**< enum slat_outcome_kind */
  uint8_t stage;        /**< 1 or 2: the stage whose entry decided; 0 if none did */
  uint8_t level;        /**< level of the entry that decided, 0 if none did */
  uint8_t page_shift;   /**< TRANSLATED: 12, 21, 22 or 30, the smaller of the two stages' pages */
  uint8_t memory_type;  /**< TRANSLATED over EPT: bits 5:3 of the leaf; else 0 */
  bool ignore_pat;      /**< TRANSLATED over EPT: bit 6 of the leaf */
  uint8_t invalidates;  /**< SLAT_INVALIDATES_* */
  uint16_t rule;        /**< enum slat_rule that decided */
  uint64_t spa;         /**< TRANSLATED */
  uint64_t gpa;         /**< TRANSLATED: the final GPA; stage-2 faults: the GPA that faulted */
  uint64_t linear;      /**< page fault and EPT violation: the linear address of the access, masked by LAM or UAI */
  uint64_t linear_open; /**< page fault: bits of `linear` that the manuals leave undefined in CR2 */
  uint64_t code;        /**< error code, exit qualification or EXITINFO1 */
  uint64_t code_open;   /**< bits of `code` that the manuals leave undefined: any value is permitted */
};

/** A permitted, or required, update of accessed and dirty flags in one entry.  All other bits must stay. */
struct slat_update {
  uint64_t spa;   /**< SPA of the entry: a multiple of 8, of a guest's or host's entry in 32-bit paging of 4 */
  uint64_t entry; /**< its value when it was read: 8 bytes, in 32-bit paging 4 */
  uint16_t may;   /**< flags that are clear and may be set, by speculation too */
  uint16_t must;  /**< subset of `may`: set if the access is done (TRANSLATED) */
  uint8_t stage;  /**< 1 or 2 */
  uint8_t level;  /**< 1..5 */
  uint8_t step;   /**< which reference: 5..1 the guest entry of that level, 0 the final access */
};

#define SLAT_MAX_OUTCOMES 7
#define SLAT_MAX_UPDATES 35
/** The slot of an update: first those of 4-level walks, in their order; then step 5, then level 5.  Step S = 5..1 is the reference to the guest
 *  entry of level S, 0 the final access.  L = 5..1: the stage-2 entry of level L that translates the GPA of that step; 0: the guest entry itself. */
#define SLAT_UPDATE_SLOT(S, L) ((L) == 5 ? 29 + (S) : ((S) == 5 ? 24 : 5 * (4 - (S))) + ((L) == 0 ? 4 : 4 - (L)))

/** The permitted set for one access on a processor with nothing cached.
 *  outcome[0] is what the walk ends in.  outcome[L], L = 1..5, is the EPT violation of setting a flag in the guest
 *  entry of level L (the manual does not order it against what the walk ends in: see ERRATA.md, E1).
 *  outcome[6] is SLAT_PML_FULL, or empty.
 *  An empty slot has kind SLAT_NO_OUTCOME; at least one is not empty. */
struct slat_permitted {
  struct slat_outcome outcome[SLAT_MAX_OUTCOMES];
  struct slat_update update[SLAT_MAX_UPDATES]; /**< by SLAT_UPDATE_SLOT(); an empty slot has may = 0 */
  /* Page-modification logging, by step as in slat_update: */
  bool logged[6]; /**< where the update sets the dirty flag of the EPT entry that maps the page, `log_gpa` is logged */
  uint64_t log_gpa[6]; /**< bits 11:0 are 0 */
};

/** slat_judge()'s answer. */
struct slat_verdict {
  bool permitted;
  uint8_t match; /**< permitted: index of the outcome in the set; else of the one that it was held against */
  uint16_t rule; /**< not permitted: the rule that was broken */
};

enum slat_event_kind {
  SLAT_EVENT_REGISTER = 1, /**< a register has a new value, whatever put it there: reg, value */
  SLAT_EVENT_STORE,        /**< memory is written at an SPA, from outside: address, value, width */
  SLAT_EVENT_ACCESS, /**< the logical processor makes `access`; with `stores` it writes `value` where it is translated */
  SLAT_EVENT_INVLPG,        /**< address = linear */
  SLAT_EVENT_OBSERVED,      /**< what a target did for the access or register write just before: `outcome` */
  SLAT_EVENT_OBSERVED_WORD, /**< follows OBSERVED: after that access the word at SPA `address` (8-byte aligned) is `value` */
  SLAT_EVENT_WRITE /**< the logical processor makes MOV to CR0, CR3 or CR4, or WRMSR of EFER: reg, value, cs_l */
};

/** One event of a trace.  slat-trace v1 is a sequence of these (see conformance/schema/). */
struct slat_event {
  uint8_t kind;  /**< enum slat_event_kind */
  uint8_t cpu;   /**< logical processor, 0..SLAT_MAX_CPUS-1 */
  uint8_t reg;   /**< REGISTER, WRITE: enum slat_register */
  uint8_t width; /**< STORE: 1, 2, 4 or 8 bytes */
  bool stores;   /**< ACCESS of kind write: it stores `value` */
  bool cs_l;     /**< WRITE: CS.L = 1; with EFER.LMA = 1 that is 64-bit mode */
  uint64_t address;
  uint64_t value;
  struct slat_access access;
  struct slat_outcome outcome;
};

/** Opens a machine: checks the configuration, and puts every logical processor into 4-level paging with CR0.PG, PE, WP,
 *  CR4.PAE, EFER.LME, LMA and, where the configuration has it, NXE; table roots at 0.  @return SLAT_OK or SLAT_INVALID_*. */
enum slat_status slat_open(struct slat_machine *machine, const struct slat_config *config);

/** Feeds one event.  SLAT_EVENT_REGISTER changes the control state; a state that is lawful and not modelled is accepted and
 *  makes later accesses answer SLAT_UNSUPPORTED_*.  The other kinds are checked only: the caller owns memory, and
 *  this version models no cached translation.  What SLAT_EVENT_WRITE does slat_write_register() tells; the registers that
 *  it leaves are then fed as SLAT_EVENT_REGISTER.  @return SLAT_OK or SLAT_INVALID_*. */
enum slat_status slat_feed(struct slat_machine *machine, const struct slat_event *event);

/** The permitted outcomes of an access on a processor with nothing cached.
 *  @param out  filled if SLAT_OK is returned.  At most 35 reads of structures, and 30 more where stage 2 has accessed
 *              and dirty flags. */
enum slat_status slat_permitted(const struct slat_machine *machine, unsigned cpu, const struct slat_memory *memory,
                                const struct slat_access *access, struct slat_permitted *out);

/** One write by a logical processor: MOV to CR0, CR3 or CR4, or WRMSR of EFER. */
struct slat_register_write {
  uint8_t reg;    /**< SLAT_CR0, SLAT_CR3, SLAT_CR4 or SLAT_EFER */
  bool cs_l;      /**< CS.L = 1; with EFER.LMA = 1 that is 64-bit mode */
  uint64_t value; /**< outside 64-bit mode MOV has an operand of 32 bits: below 2^32 */
};

/** What may happen, and if the write is done (SLAT_WRITTEN) the registers after it.  All else stays as it was.
 *  outcome[0] is SLAT_WRITTEN or empty, outcome[1] SLAT_GENERAL_PROTECTION or empty, outcome[2 + i] the EPT violation or
 *  misconfiguration of the load of PDPTE register i or empty.  If `status` is SLAT_OK, one at least is not empty. */
struct slat_write_result {
  uint8_t status; /**< SLAT_OK; else the other fields are 0 */
  bool loads;     /**< the write loads the PDPTE registers from memory */
  struct slat_outcome outcome[6];
  uint64_t
    cr0; /**< bits that a processor does not keep, ET and reserved ones, are as written: nothing depends on them */
  uint64_t cr3;      /**< without bit 63 if CR4.PCIDE = 1 */
  uint64_t cr4;      /**< */
  uint64_t efer;     /**< LMA is LME and CR0.PG */
  uint64_t pdpte[4]; /**< those loaded, or as they were */
};

/** What the manuals permit a register write to do.
 *  @param config, cpu  of a machine that slat_open() opened
 *  @return status SLAT_INVALID_REGISTER, SLAT_INVALID_EVENT for a value that the operand cannot hold, the status of the
 *          cpu if its state is none that is modelled, SLAT_UNSUPPORTED_PML_LOAD.
 *  Not modelled: what a hypervisor intercepts, bits that VMX fixes, accessed flags of EPT that a load sets. */
struct slat_write_result slat_write_register(const struct slat_config *config, const struct slat_cpu *cpu,
                                             const struct slat_memory *memory, const struct slat_register_write *write);

/** Holds an observed outcome against a permitted set: kind, and of the rest what that kind defines. */
struct slat_verdict slat_judge(const struct slat_permitted *set, const struct slat_outcome *observed);

/** Holds the change of one memory word during an access against the permitted updates.
 *  @param spa     SPA of the word, 8-byte aligned
 *  @param before, after  its values
 *  @param done    the access was observed to be TRANSLATED
 *  @return 0 if permitted, else the enum slat_rule that was broken. */
enum slat_rule slat_judge_update(const struct slat_permitted *set, uint64_t spa, uint64_t before, uint64_t after,
                                 bool done);

/** The pieces below are for bench, explanation and embedding; each is proved on its own. */

/** What stage 2 makes of one GPA, before any access is judged. */
enum slat_stage2_end {
  SLAT_S2_PAGE = 0, /**< a page: spa, rights, page_shift, memory type */
  SLAT_S2_NOT_PRESENT,
  SLAT_S2_MISCONFIGURED, /**< EPT */
  SLAT_S2_RESERVED,      /**< NPT */
  SLAT_S2_WIDTH          /**< the GPA is wider than the walk translates */
};
struct slat_stage2 {
  uint8_t end;                     /**< enum slat_stage2_end */
  uint8_t level;                   /**< level of the entry that ended the walk; 0: none was read */
  bool read, write, execute, user; /**< conjunction of the rights in all entries used */
  uint8_t memory_type;             /**< EPT leaf */
  bool ignore_pat;
  uint8_t page_shift;
  bool tables_writable; /**< EPT, PAGE: W = 1 in all entries used but the leaf */
  bool sss;             /**< EPT, PAGE: bit 60 of the leaf, a supervisor shadow-stack page */
  uint16_t rule;
  uint64_t spa;
};

enum slat_entry_kind {
  SLAT_ENTRY_NOT_PRESENT,
  SLAT_ENTRY_RESERVED,
  SLAT_ENTRY_TABLE,
  SLAT_ENTRY_PAGE,
  SLAT_ENTRY_PDPTE /**< PDPTE of PAE paging: references a page directory, and has neither rights nor flags */
};
struct slat_entry {
  uint8_t kind;  /**< enum slat_entry_kind */
  uint16_t rule; /**< enum slat_rule that says so */
};

/** One reference to a guest paging structure: through stage 2, then what the entry says. */
struct slat_step {
  uint64_t gpa; /**< of the entry */
  struct slat_stage2 stage2;
  bool reached;            /**< stage 2 allows the processor to read the entry */
  uint16_t denied_by;      /**< enum slat_rule by which it does not */
  uint64_t value;          /**< the entry (if reached); in 32-bit paging 4 bytes */
  struct slat_entry entry; /**< what it is (if reached) */
};

/** One whole two-dimensional walk, before accessed and dirty flags are considered. */
struct slat_walk {
  struct slat_step step[6]; /**< step[L]: the guest entry of level L; step[0] unused */
  uint8_t begin; /**< level of the first step made: 5 or 4; PAE paging 3, or 2 with PDPTE registers; 32-bit paging 2 */
  uint8_t end;   /**< level of the last step made, 5..1; 6 if there is none: paging is off, the address not
                                 canonical, or its PDPTE register not present */
  struct slat_stage2 final; /**< stage 2 of the final GPA, if the guest walk and its rights gave one */
  struct slat_outcome outcome;
};

/** What comes of an access before its address is found canonical or not, and before any entry is read. */
struct slat_linear {
  struct slat_access
    access;        /**< the access as it is translated: LAM or UAI has replaced upper bits of its linear address */
  uint16_t masked; /**< enum slat_rule by which it did; SLAT_RULE_NONE: they do not mask this access */
  uint16_t denied; /**< enum slat_rule of LASS by which the access faults; SLAT_RULE_NONE: it does not */
};

/** Linear-address pre-processing: LASS, then LAM or UAI.  @pre as slat_walk_linear(), but for these. */
struct slat_linear slat_linear_of(const struct slat_controls *controls, const struct slat_access *access);

/** Walks.  @pre controls come from a cpu whose status is SLAT_OK; access is valid, and outside long mode its linear address is
 *  below 2^32; its linear address is masked, and LASS does not deny it (slat_permitted() checks and does all of that). */
struct slat_walk slat_walk_linear(const struct slat_memory *memory, const struct slat_controls *controls,
                                  const struct slat_access *access);
/** The outcome of the same walk, without its steps: several times faster where the access is done, in long mode. */
struct slat_outcome slat_translate(const struct slat_memory *memory, const struct slat_controls *controls,
                                   const struct slat_access *access);
struct slat_stage2 slat_stage2_walk(const struct slat_memory *memory, const struct slat_controls *controls,
                                    uint64_t gpa);

/** What is cached.  Intel: linear mappings without EPT; guest-physical and combined ones with it (SDM 28.3.1).  AMD: guest-physical
 *  ones are of nested paging alone, combined ones are those of a guest with nested paging. */
enum slat_mapping_kind { SLAT_LINEAR = 0, SLAT_GUEST_PHYSICAL, SLAT_COMBINED };

/** One cached thing: a translation, or a paging-structure-cache entry, with its tags. */
struct slat_mapping {
  uint8_t kind;   /**< enum slat_mapping_kind */
  bool table;     /**< a paging-structure-cache entry (AMD: an upper-level entry), not a translation */
  bool global;    /**< a translation of a page with G = 1, made with CR4.PGE = 1 */
  uint16_t space; /**< VPID; AMD: ASID */
  uint16_t pcid;  /**< linear and combined mappings */
  uint64_t root;  /**< Intel, guest-physical and combined mappings: EPTRTA, bits 51:12 of the EPT pointer */
  uint64_t first; /**< of the linear addresses that it is for, of a guest-physical one of the GPAs */
  uint64_t last;  /**< inclusive */
};

/** The current tags of a logical processor, and what else of its state decides about mappings. */
struct slat_tags {
  bool guest;       /**< VMX non-root operation; AMD: a guest runs */
  bool enable_vpid; /**< Intel: the control "enable VPID" of the current VMCS */
  bool stage2;      /**< EPT or nested paging is in use in the guest */
  bool paging;      /**< CR0.PG */
  bool pge;         /**< CR4.PGE */
  bool pcide;       /**< CR4.PCIDE */
  bool tce;         /**< AMD: EFER.TCE */
  uint16_t space;   /**< the VPID field of the VMCS, the ASID field of the VMCB; outside a guest the current one is 0 */
  uint16_t pcid;    /**< CR3[11:0] */
  uint64_t root;    /**< EPTRTA of the current VMCS */
};

/** What can end mappings. */
enum slat_invalidation_kind {
  SLAT_BY_INVLPG = 0,     /**< address, first, last */
  SLAT_BY_INVPCID,        /**< type, pcid; type 0: address, first, last */
  SLAT_BY_CR0,            /**< MOV to CR0: before, after */
  SLAT_BY_CR3,            /**< MOV to CR3: pcid = bits 11:0 of the source, no_flush = its bit 63 */
  SLAT_BY_CR4,            /**< MOV to CR4: before, after */
  SLAT_BY_TASK_SWITCH,    /**< before, after: CR3 */
  SLAT_BY_PAGE_FAULT,     /**< address, first, last */
  SLAT_BY_RESET,          /**< power-up, reset; AMD: INIT too */
  SLAT_BY_INVVPID,        /**< Intel: type, space; type 0: address, first, last */
  SLAT_BY_INVEPT,         /**< Intel: type, root */
  SLAT_BY_VMX_TRANSITION, /**< Intel: VM entry or VM exit; the tags' enable_vpid is that of the VMCS */
  SLAT_BY_EPT_VIOLATION,  /**< Intel: gpa; linear_valid: and address, first, last */
  SLAT_BY_INVLPGA,        /**< AMD: space, address, first, last */
  SLAT_BY_VMRUN,          /**< AMD: type = TLB_CONTROL, space = the VMCB's ASID */
  SLAT_BY_INVLPGB, /**< AMD, once TLBSYNC has ended: type = rAX[5:0], and what it names of first, last, pcid, space */
  SLAT_BY_SMM,     /**< AMD: SMI, RSM */
  SLAT_BY_MTRR,    /**< AMD: WRMSR of an MTRR or IORR */
  SLAT_INVALIDATION_KINDS /**< how many there are */
};

/** One operation that is done (not intercepted, and without a fault), with its operands. */
struct slat_invalidation {
  uint8_t kind; /**< enum slat_invalidation_kind */
  uint8_t type; /**< of the instruction */
  bool no_flush, linear_valid;
  uint16_t pcid, space;
  uint64_t root;
  uint64_t address; /**< linear address */
  uint64_t first;   /**< of the page that the tables map `address` with when the operation is done; else of its 4 KB */
  uint64_t last;    /**< inclusive */
  uint64_t gpa;     /**< guest-physical address */
  uint64_t before, after; /**< values of the register */
};

/** Ends an operation a mapping?
 *  @param amd  the rules of AMD, else of Intel; an operation of the other vendor ends nothing
 *  @param tags of the logical processor that executes it, before it; only its own mappings are ended, but for INVLPGB's
 *  @return the enum slat_rule by which the mapping must be gone; SLAT_RULE_NONE: it may stay.  More may go: every operation may end more
 *          than it must, and a mapping may go at any time. */
enum slat_rule slat_ends(bool amd, const struct slat_tags *tags, const struct slat_invalidation *operation,
                         const struct slat_mapping *mapping);

/** May the processor make such a mapping in this state, if its structures give it?
 *  @return SLAT_RULE_NONE: it may; else the rule by which it may not. */
enum slat_rule slat_must_not_make(bool amd, const struct slat_tags *tags, const struct slat_mapping *mapping);

/** May the processor use a mapping for an access in this state?
 *  @return SLAT_RULE_NONE: it may; else the rule by which it may not. */
enum slat_rule slat_must_not_use(bool amd, const struct slat_tags *tags, const struct slat_mapping *mapping);

/** What a change of an entry needs before software may rely on it, on the processor that makes it and on every other that uses it. */
enum slat_need_kind {
  SLAT_NEED_NOTHING = 0,           /**< no mapping of the old entry does what the new one does not */
  SLAT_NEED_NOTHING_BUT_ONE_FAULT, /**< the same, but an access may fault once that the new entry allows */
  SLAT_NEED_FOR_FLAGS,   /**< until an invalidation, a flag that was cleared may stay clear though the entry is used */
  SLAT_NEED_INVALIDATION /**< until an invalidation, what the old entry gave may be used */
};
struct slat_need {
  uint8_t need;  /**< enum slat_need_kind */
  uint16_t rule; /**< enum slat_rule that says so; SLAT_RULE_NONE: nothing that a mapping holds has changed */
};

/** A guest's entry, or one of nested paging with the host's controls, is changed.  That an entry which could not be used needs nothing
 *  holds if what it was before has been invalidated.
 *  @param controls  of which guest's format, CR4.SMEP and the vendor count
 *  @param level     1..5 */
struct slat_need slat_guest_change(const struct slat_controls *controls, unsigned level, uint64_t before,
                                   uint64_t after);

/** An EPT entry is changed. @param controls  of which EPT's capabilities and bit 6 of the EPT pointer count */
struct slat_need slat_ept_change(const struct slat_controls *controls, unsigned level, uint64_t before, uint64_t after);

/** One row of spec/rules.tsv. */
struct slat_rule_info {
  const char *id;         /**< "EPT_MISCONFIG_WRITE_ONLY" */
  const char *chapter;    /**< "ept" */
  const char *statement;  /**< one line */
  const char *source;     /**< manual, section title and number */
  const char *rule_class; /**< "must", "may", "vendor" or "not-modelled" */
};
/** @return the row, or NULL for a number out of range.  SLAT_RULE_NONE (0) is no rule. */
const struct slat_rule_info *slat_rule_info(unsigned rule);
const char *slat_status_text(enum slat_status status);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor that runs the guest on KVM's shadow tables: page walk and faults as the hardware does them under the HOST's controls
 * (CR0.WP = 1, EFER.NXE = 1, 4-level, 5-level or PAE paging, the host's physical-address width). Independent of KVM's code and of the slat
 * model: it must not share their mistakes. */
#ifndef SHADOW_CPU_H
#define SHADOW_CPU_H

enum { SHADOW_TLB_ENTRIES = 64 };

struct shadow_tlb_entry {
  _Bool valid, dirty;
  unsigned char rights, level;
  unsigned short tag;       /* PCID */
  unsigned long long page;  /* linear address >> 12 */
  unsigned long long frame; /* physical address >> 12 */
  unsigned long long spte;
};

struct shadow_cpu {
  /* Set by KVM (load_mmu_pgd) and the host. */
  unsigned long long cr3; /* physical address of the root */
  unsigned short pcid;    /* tag of kept translations */
  unsigned char *memory;  /* the machine's memory, physical address 0 first */
  unsigned long long memory_bytes;
  unsigned maxphyaddr; /* the host's */
  /* The guest's, as far as the hardware sees them. */
  _Bool long_mode, la57, smep, smap, rflags_ac;
  /* Kept translations. */
  _Bool keep;
  unsigned next; /* entry to replace next */
  struct shadow_tlb_entry tlb[SHADOW_TLB_ENTRIES];
};

/* Bits of an access and of a leaf's rights; the error code of a fault is the architecture's. */
enum { SHADOW_WRITE = 1, SHADOW_FETCH = 2, SHADOW_USER = 4, SHADOW_IMPLICIT = 8 };
enum { SHADOW_R = 1, SHADOW_W = 2, SHADOW_U = 4, SHADOW_X = 8 };

struct shadow_walk {
  unsigned long long physical; /* of the address asked for */
  unsigned long long spte;     /* last entry read */
  const void *entry;           /* where it is; NULL: a kept translation has been used */
  unsigned level;              /* of that entry */
  unsigned rights;
  _Bool present, reserved;
};

enum shadow_result {
  SHADOW_DONE,
  SHADOW_FAULT,
  SHADOW_NONCANONICAL,
  SHADOW_OUTSIDE /* a table outside the machine's memory */
};

/** One access. SHADOW_FAULT: *error_code as the processor pushes it. Sets A and D in the shadow tables. */
enum shadow_result shadow_cpu_access(struct shadow_cpu *cpu, unsigned long long address, unsigned access,
                                     struct shadow_walk *walk, unsigned *error_code);
/** The walk alone, without effect. */
enum shadow_result shadow_cpu_look(const struct shadow_cpu *cpu, unsigned long long address, struct shadow_walk *walk);

void shadow_cpu_flush(struct shadow_cpu *cpu);
void shadow_cpu_flush_address(struct shadow_cpu *cpu, unsigned long long address);

#endif

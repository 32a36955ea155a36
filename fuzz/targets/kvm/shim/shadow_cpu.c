/* SPDX-License-Identifier: GPL-2.0-only */
/* See shadow_cpu.h. Written from the SDM, chapter on paging: "4-Level Paging and 5-Level Paging", "PAE Paging", "Access Rights",
 * "Page-Fault Exceptions", "Accessed and Dirty Flags". */
#include "shadow_cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIT(n) (1ull << (n))
#define BITS(high, low) ((~0ull >> (63 - (high))) & (~0ull << (low)))

enum { P = 1u << 0, RW = 1u << 1, US = 1u << 2, A = 1u << 5, D = 1u << 6, PS = 1u << 7 };
enum { PF_P = 1, PF_W = 2, PF_U = 4, PF_RSVD = 8, PF_I = 16 };

static const uint64_t xd = BIT(63);

static uint64_t *entry_at(const struct shadow_cpu *cpu, uint64_t physical)
{
  return physical % 8 == 0 && physical + 8 <= cpu->memory_bytes ? (uint64_t *)(void *)(cpu->memory + physical) : NULL;
}

/* PAE: entries that map pages or refer to page tables. 62:52 are reserved there, ignored in 4-level paging. XD is never reserved: the host
 * runs with EFER.NXE = 1. */
static uint64_t reserved_bits(const struct shadow_cpu *cpu, uint64_t entry, unsigned level)
{
  uint64_t reserved = cpu->maxphyaddr < 52 ? BITS(51, cpu->maxphyaddr) : 0;

  if (!cpu->long_mode)
    reserved |= BITS(62, 52);
  if (level >= 4)
    reserved |= PS;
  if ((entry & PS) && level == 3)
    reserved |= BITS(29, 13);
  if ((entry & PS) && level == 2)
    reserved |= BITS(20, 13);
  return reserved;
}

/* The PDPTE of PAE paging has P, an address and reserved bits; no rights. */
static uint64_t reserved_pdpte_bits(const struct shadow_cpu *cpu)
{
  return BITS(63, cpu->maxphyaddr) | BITS(8, 5) | BITS(2, 1);
}

struct path {
  uint64_t *entry[6]; /* by level; the processor sets A in these, and D in the last */
  unsigned top;
};

static enum shadow_result walk_tables(const struct shadow_cpu *cpu, uint64_t address, struct shadow_walk *walk,
                                      struct path *path)
{
  const unsigned top = !cpu->long_mode ? 3 : cpu->la57 ? 5 : 4;
  uint64_t table = cpu->cr3 & BITS(51, cpu->long_mode ? 12 : 5);

  *walk = (struct shadow_walk){ .rights = SHADOW_R | SHADOW_W | SHADOW_U | SHADOW_X };
  *path = (struct path){ .top = top };
  for (unsigned level = top;; level--) {
    const bool pdpte = !cpu->long_mode && level == 3;
    const unsigned index = address >> (12 + 9 * (level - 1)) & (pdpte ? 3 : 511);
    uint64_t *const entry = entry_at(cpu, table + 8 * index);
    if (!entry)
      return SHADOW_OUTSIDE;

    const uint64_t e = *entry;
    walk->spte = e;
    walk->entry = entry;
    walk->level = level;
    if (!(e & P))
      return SHADOW_FAULT;
    if (e & (pdpte ? reserved_pdpte_bits(cpu) : reserved_bits(cpu, e, level))) {
      walk->reserved = true;
      return SHADOW_FAULT;
    }
    if (!pdpte) {
      path->entry[level] = entry;
      if (!(e & RW))
        walk->rights &= ~(unsigned)SHADOW_W;
      if (!(e & US))
        walk->rights &= ~(unsigned)SHADOW_U;
      if (e & xd)
        walk->rights &= ~(unsigned)SHADOW_X;
    }
    if (level == 1 || ((e & PS) && !pdpte)) {
      const uint64_t offset = BITS(12 + 9 * (level - 1) - 1, 0);
      walk->physical = (e & BITS(51, 12) & ~offset) | (address & offset);
      walk->present = true;
      return SHADOW_DONE;
    }
    table = e & BITS(51, 12);
  }
}

/* "Determination of Access Rights", with CR0.WP = 1 and EFER.NXE = 1. */
static bool permitted(const struct shadow_cpu *cpu, unsigned rights, unsigned access)
{
  if ((access & SHADOW_WRITE) && !(rights & SHADOW_W))
    return false;
  if ((access & SHADOW_FETCH) && !(rights & SHADOW_X))
    return false;
  if (access & SHADOW_USER)
    return rights & SHADOW_U;
  if (!(rights & SHADOW_U))
    return true;
  if (access & SHADOW_FETCH)
    return !cpu->smep;
  return !cpu->smap || (cpu->rflags_ac && !(access & SHADOW_IMPLICIT));
}

static unsigned fault_code(unsigned access, bool present, bool reserved)
{
  return (present ? PF_P : 0) | (reserved ? PF_RSVD | PF_P : 0) | (access & SHADOW_WRITE ? PF_W : 0) |
         (access & SHADOW_USER ? PF_U : 0) | (access & SHADOW_FETCH ? PF_I : 0);
}

static bool canonical(const struct shadow_cpu *cpu, uint64_t address)
{
  const unsigned unused = cpu->la57 ? 7 : 16;

  return !cpu->long_mode || (uint64_t)((int64_t)(address << unused) >> unused) == address;
}

static struct shadow_tlb_entry *kept(struct shadow_cpu *cpu, uint64_t address)
{
  for (unsigned i = 0; cpu->keep && i < SHADOW_TLB_ENTRIES; i++) {
    struct shadow_tlb_entry *const entry = &cpu->tlb[i];
    if (entry->valid && entry->tag == cpu->pcid && entry->page == address >> 12)
      return entry;
  }
  return NULL;
}

static void keep(struct shadow_cpu *cpu, uint64_t address, const struct shadow_walk *walk, bool dirty)
{
  if (!cpu->keep)
    return;
  cpu->tlb[cpu->next] = (struct shadow_tlb_entry){ .valid = true,
                                                   .dirty = dirty,
                                                   .rights = (unsigned char)walk->rights,
                                                   .level = (unsigned char)walk->level,
                                                   .tag = cpu->pcid,
                                                   .page = address >> 12,
                                                   .frame = walk->physical >> 12,
                                                   .spte = walk->spte };
  cpu->next = (cpu->next + 1) % SHADOW_TLB_ENTRIES;
}

enum shadow_result shadow_cpu_access(struct shadow_cpu *cpu, unsigned long long address, unsigned access,
                                     struct shadow_walk *walk, unsigned *error_code)
{
  struct path path;

  if (!canonical(cpu, address))
    return SHADOW_NONCANONICAL;

  /* A kept translation serves the access if it permits it and D need not be set; else the tables decide, and the fault, if it is one,
   * takes the kept translation away ("Operations that Invalidate TLBs": a page fault invalidates those of its address). */
  struct shadow_tlb_entry *const entry = kept(cpu, address);
  if (entry && permitted(cpu, entry->rights, access) && (entry->dirty || !(access & SHADOW_WRITE))) {
    *walk = (struct shadow_walk){ .physical = entry->frame << 12 | (address & 0xfff),
                                  .spte = entry->spte,
                                  .level = entry->level,
                                  .rights = entry->rights,
                                  .present = true };
    return SHADOW_DONE;
  }
  if (entry)
    entry->valid = false;

  const enum shadow_result result = walk_tables(cpu, address, walk, &path);
  if (result == SHADOW_OUTSIDE)
    return result;
  if (result == SHADOW_FAULT || !permitted(cpu, walk->rights, access)) {
    *error_code = fault_code(access, walk->present, walk->reserved);
    return SHADOW_FAULT;
  }
  for (unsigned level = path.top; level >= walk->level; level--)
    if (path.entry[level])
      *path.entry[level] |= A;
  if (access & SHADOW_WRITE)
    *path.entry[walk->level] |= D;
  walk->spte = *path.entry[walk->level];
  keep(cpu, address, walk, walk->spte & D);
  return SHADOW_DONE;
}

enum shadow_result shadow_cpu_look(const struct shadow_cpu *cpu, unsigned long long address, struct shadow_walk *walk)
{
  struct path path;

  return canonical(cpu, address) ? walk_tables(cpu, address, walk, &path) : SHADOW_NONCANONICAL;
}

void shadow_cpu_flush(struct shadow_cpu *cpu)
{
  for (unsigned i = 0; i < SHADOW_TLB_ENTRIES; i++)
    cpu->tlb[i].valid = false;
}

void shadow_cpu_flush_address(struct shadow_cpu *cpu, unsigned long long address)
{
  for (unsigned i = 0; i < SHADOW_TLB_ENTRIES; i++)
    if (cpu->tlb[i].page == address >> 12)
      cpu->tlb[i].valid = false;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Random paging-structure entries: mostly valid, with every bit that a manual mentions now and then. */
#ifndef FUZZ_ENTRY_H
#define FUZZ_ENTRY_H
#include "scenario.h"

#define ENTRY_P (1ULL << 0) /* guest and NPT entries */
#define ENTRY_W (1ULL << 1)
#define ENTRY_U (1ULL << 2)
#define ENTRY_A (1ULL << 5)
#define ENTRY_D (1ULL << 6)
#define ENTRY_PS (1ULL << 7)
#define ENTRY_XD (1ULL << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ULL

/** What an entry is, by its bits: of 4-level and 5-level paging, EPT and NPT; of PAE paging; its PDPTE; of 32-bit paging. */
enum entry_format { ENTRY_LONG, ENTRY_PAE, ENTRY_PDPTE, ENTRY_32BIT };

/** How generous a scenario's tables are: chances in percent, for entries that refer to tables [0] and that map pages
 * [1]. */
struct temper {
  uint8_t present[2], write[2], user[2], execute_disable[2], accessed[2], dirty[2], odd[2];
};

/** Picks one: most scenarios are generous, some are not. @param generous  how often, in percent, the most generous
 * one. */
struct temper temper_pick(struct random *random, unsigned generous);

/** A guest or NPT entry. @param target  address of the table or page, aligned as it must be. @param page  it maps a
 * page. */
uint64_t entry_guest(struct random *random, const struct temper *temper, const struct slat_config *config,
                     enum entry_format format, unsigned level, uint64_t target, bool page);
/** The same for EPT. */
uint64_t entry_ept(struct random *random, const struct temper *temper, const struct slat_config *config, unsigned level,
                   uint64_t target, bool page);
/** A value for PKRU: key 0 nearly always allows all, the other keys in use half of the time. */
uint64_t entry_keys(struct random *random);
/** Flips one bit, or a few, of those that matter; or lets the entry refer to `other`. */
uint64_t entry_mutate(struct random *random, const struct slat_config *config, enum entry_format format, uint64_t entry,
                      uint64_t other);

#endif

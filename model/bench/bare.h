/* SPDX-License-Identifier: BSD-2-Clause */
/* Bare walkers: what one writes who wants an address and nothing else.  The yardstick of `make bench`; not verified.
   Entries must be present, rights are accumulated over the levels and asked for at the leaf, large pages are known.
   Not looked at: reserved bits, canonical addresses, SMEP and SMAP, accessed and dirty flags, why a walk failed. */
#ifndef SLAT_BENCH_BARE_H
#define SLAT_BENCH_BARE_H
#include <slat/slat.h>

#define BARE_FAULT UINT64_MAX

struct bare {
  struct slat_memory memory; /**< read through the callback, as libslat does... */
  const uint64_t *words;     /**< ...or directly, by the walkers with `direct` in their name */
  uint64_t size;             /**< of memory, in bytes; what is above reads as 0 */
  uint64_t guest_root;
  uint64_t nested_root;
  bool table_is_write; /**< stage 2 takes reads of guest tables for writes: NPT, and EPT with A/D flags */
};

/** Guest paging alone.  @return the address, or BARE_FAULT. */
uint64_t bare_native(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user);
uint64_t bare_native_direct(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user);

/** Guest paging over EPT, or over nested paging. */
uint64_t bare_ept(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user);
uint64_t bare_ept_direct(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user);
uint64_t bare_npt(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user);
uint64_t bare_npt_direct(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user);
#endif

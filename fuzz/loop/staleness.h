/* SPDX-License-Identifier: BSD-2-Clause */
/* When may a processor still use a translation that memory no longer gives? Until this is modelled (chapter TLB), an
 * access is judged only where the architecture says that nothing stale can be left for its page.
 *
 * Exact for each word and each page, after the SDM's "Caching Translation Information" (4.10):
 *   - only what has P = 1 and A = 1 in every entry used is ever cached (4.10.2.3, 4.10.3.1: A is set before it is
 *     cached), so a store to an entry with P = 0 or A = 0 leaves nothing stale that was not stale before; a PDPTE of PAE
 *     paging that walks read has no A;
 *   - a store that changes only bits that translation ignores (11:9, and 62:52 but in PAE paging) leaves nothing stale;
 *   - INVLPG ends it for its page, whatever entries were used: TLB entries of that page number, global ones too, and
 *     all paging-structure-cache entries of the PCID (4.10.4.1); a page fault does the same for its page (4.10.4.1);
 *   - MOV to CR3 ends it for all pages if CR4.PGE = 0, MOV to CR4 that changes PAE for those of the PCID (4.10.4.1);
 *   - a PDPTE register that is loaded by anything but MOV to CR3, and CR4.PSE in 32-bit paging, change what memory says of all
 *     pages, and end nothing. */
#ifndef FUZZ_STALENESS_H
#define FUZZ_STALENESS_H
#include "memory.h"

enum { STALE_WORDS = 128, STALE_PAGES = 64 };

struct staleness {
  uint32_t now;         /* counts stores and invalidations */
  uint32_t all_flushed; /* when all pages were */
  uint32_t all_changed; /* when a register changed what memory says of all pages */
  uint32_t
    nxe_cleared;       /* when EFER.NXE went from 1 to 0: entries with XD are reserved since, and may be cached still */
  uint32_t overflowed; /* when a word did not fit into the table */
  unsigned words, pages;
  struct {
    uint64_t spa; /* of the entry */
    uint32_t stored;
  } word[STALE_WORDS];
  struct {
    uint64_t number;
    uint32_t flushed;
    bool by_fault; /* by a page fault, with this error code */
    unsigned fault_code;
  } page[STALE_PAGES];
};

enum stale_reason { STALE_NOT, STALE_STORE, STALE_REGISTER };

void staleness_reset(struct staleness *staleness);
/** The 8 bytes at `spa` changed: an entry, or two, of the mode that `controls` are in. */
void staleness_store(struct staleness *staleness, const struct slat_controls *controls, uint64_t spa, uint64_t before,
                     uint64_t after);
/** INVLPG. */
void staleness_flush_page(struct staleness *staleness, uint64_t linear);
void staleness_page_fault(struct staleness *staleness, uint64_t linear, unsigned code);
/** @return true: the page was invalidated by a page fault, and by nothing since. */
bool staleness_fresh_by_fault(const struct staleness *staleness, uint64_t linear, unsigned *code);
void staleness_flush_all(struct staleness *staleness);
void staleness_all_changed(struct staleness *staleness);
void staleness_nxe_cleared(struct staleness *staleness);
/** May the address still be translated by something that memory no longer says? */
enum stale_reason staleness_of(const struct staleness *staleness, const struct machine_memory *memory,
                               const struct slat_controls *controls, uint64_t linear);

#endif

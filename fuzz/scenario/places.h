/* SPDX-License-Identifier: BSD-2-Clause */
/* The few places that a scenario plays with, found in the scenario itself: linear pages, entries, frames, roots. */
#ifndef FUZZ_PLACES_H
#define FUZZ_PLACES_H
#include "entry.h"
#include "scenario.h"

enum { PLACES_PAGES = 12, PLACES_WORDS = 128, PLACES_FRAMES = 24, PLACES_ROOTS = 4 };

struct places {
  uint64_t memory_bytes; /* frames and roots are below */
  unsigned levels;       /* of the guest's tables: 2 in 32-bit paging, 3 in PAE paging, 4, or 5 with CR4.LA57 */
  bool pse;              /* 32-bit paging: a PDE may map 4 MB */
  unsigned pages, words, frames, roots;
  uint64_t page[PLACES_PAGES];   /* linear addresses of pages that are accessed */
  uint64_t word[PLACES_WORDS];   /* SPAs of the entries that are stored */
  uint8_t width[PLACES_WORDS];   /* of those: 8 bytes, the guest's and the host's in 32-bit paging 4 */
  uint64_t value[PLACES_WORDS];  /* what was stored there last */
  uint64_t frame[PLACES_FRAMES]; /* frames that hold entries or that entries refer to */
  uint64_t root[PLACES_ROOTS];   /* values of CR3 */
};

/** Collects the places of the scenario; `pages` that are in `places` already stay. */
void places_collect(struct places *places, const struct scenario *scenario, uint64_t memory_bytes);
void places_add_page(struct places *places, uint64_t linear);
/** An entry of 4 or 8 bytes was stored: remembers the value. */
void places_stored(struct places *places, uint64_t spa, uint64_t value, unsigned width);
/** @return what was stored last in the entry at an SPA; 0: nothing */
uint64_t places_value(const struct places *places, uint64_t spa);
/** What the entry with this index is. */
enum entry_format places_format(const struct places *places, unsigned word);

/** Of guest tables with so many levels: levels in the scenario's registers; lowest bit of the linear address that selects
 *  an entry of one level; how many entries a table of it has; the address of the first table. */
unsigned places_levels(const struct scenario *scenario);
/** Of the stage-2 tables: 2 or 3 for NPT under a host in 32-bit or PAE paging. */
unsigned places_stage2_levels(const struct scenario *scenario);
unsigned places_shift(unsigned levels, unsigned level);
unsigned places_entries(unsigned levels, unsigned level);
uint64_t places_table(uint64_t cr3, unsigned levels);
/** A linear address with the low bits of this one: canonical, or of 32 bits. */
uint64_t places_canonical(uint64_t linear, unsigned levels);

/** Where the tables as stored lead a linear address, without regard to rights and stage 2. */
struct route {
  unsigned words;
  int word[5];    /* indices into places->word, root first */
  bool complete;  /* ends in a page */
  unsigned level; /* of the entry that maps it */
  uint64_t spa;   /* of that, if complete */
};
struct route places_route(const struct places *places, uint64_t root, uint64_t linear);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "staleness.h"

#define P 1ULL
#define A (1ULL << 5)
#define PS (1ULL << 7)
#define XD (1ULL << 63)
#define IGNORED 0xe00ULL                   /* 11:9 */
#define IGNORED_LONG 0x7ff0000000000000ULL /* 62:52: no protection keys where translations are cached */
#define ADDRESS 0x000ffffffffff000ULL

void staleness_reset(struct staleness *staleness)
{
  staleness->now = 1;
  staleness->all_flushed = 1;
  staleness->all_changed = staleness->nxe_cleared = staleness->overflowed = 0;
  staleness->words = staleness->pages = 0;
}

static void entry_stored(struct staleness *staleness, const struct slat_controls *controls, uint64_t spa,
                         uint64_t before, uint64_t after)
{
  const bool pae = controls->guest.mode == SLAT_PAGING_PAE;
  const uint64_t ignored = IGNORED | (pae ? 0 : IGNORED_LONG);
  const uint64_t cached = pae && !controls->pdpte_registers ? P : P | A;

  if (((before ^ after) & ~ignored) == 0 || (before & cached) != cached)
    return;
  staleness->now++;
  for (unsigned i = 0; i < staleness->words; i++)
    if (staleness->word[i].spa == spa) {
      staleness->word[i].stored = staleness->now;
      return;
    }
  if (staleness->words == STALE_WORDS) { /* nothing is fresh until it is flushed */
    staleness->overflowed = staleness->now;
    return;
  }
  staleness->word[staleness->words].spa = spa;
  staleness->word[staleness->words++].stored = staleness->now;
}

void staleness_store(struct staleness *staleness, const struct slat_controls *controls, uint64_t spa, uint64_t before,
                     uint64_t after)
{
  if (controls->guest.mode != SLAT_PAGING_32BIT) {
    entry_stored(staleness, controls, spa, before, after);
    return;
  }
  entry_stored(staleness, controls, spa, (uint32_t)before, (uint32_t)after);
  entry_stored(staleness, controls, spa + 4, before >> 32, after >> 32);
}

static void flush_page(struct staleness *staleness, uint64_t linear, bool by_fault, unsigned code)
{
  unsigned i = 0;

  staleness->now++;
  while (i < staleness->pages && staleness->page[i].number != linear >> 12)
    i++;
  if (i == STALE_PAGES)
    return; /* the page stays stale: fewer accesses are judged, none wrongly */
  if (i == staleness->pages)
    staleness->page[staleness->pages++].number = linear >> 12;
  staleness->page[i].flushed = staleness->now;
  staleness->page[i].by_fault = by_fault;
  staleness->page[i].fault_code = code;
}

void staleness_flush_page(struct staleness *staleness, uint64_t linear)
{
  flush_page(staleness, linear, false, 0);
}

void staleness_page_fault(struct staleness *staleness, uint64_t linear, unsigned code)
{
  flush_page(staleness, linear, true, code);
}

bool staleness_fresh_by_fault(const struct staleness *staleness, uint64_t linear, unsigned *code)
{
  for (unsigned i = 0; i < staleness->pages; i++)
    if (staleness->page[i].number == linear >> 12 && staleness->page[i].flushed > staleness->all_flushed) {
      *code = staleness->page[i].fault_code;
      return staleness->page[i].by_fault;
    }
  return false;
}

void staleness_flush_all(struct staleness *staleness)
{
  staleness->all_flushed = ++staleness->now;
}

void staleness_all_changed(struct staleness *staleness)
{
  staleness->all_changed = ++staleness->now;
}

void staleness_nxe_cleared(struct staleness *staleness)
{
  staleness->nxe_cleared = ++staleness->now;
}

static bool stored_since(const struct staleness *staleness, uint64_t spa, uint32_t flushed)
{
  for (unsigned i = 0; i < staleness->words; i++)
    if (staleness->word[i].spa == spa)
      return staleness->word[i].stored > flushed;
  return false;
}

/* Follows the walk as memory gives it now, up to the first word that was stored since the page was flushed. If there
 * is none, every earlier walk since then read the same words: the root is the same (MOV to CR3 flushes), so is the
 * entry that it gives, and so on. */
static enum stale_reason follow(const struct staleness *staleness, const struct machine_memory *memory,
                                const struct slat_controls *controls, uint64_t linear, uint32_t flushed)
{
  uint64_t table = controls->guest_table;
  const bool pae = controls->guest.mode == SLAT_PAGING_PAE;
  unsigned level = pae ? 3 : controls->la57 ? 5 : 4;

  if (pae && controls->pdpte_registers) {
    const uint64_t pdpte = controls->pdpte[linear >> 30 & 3];

    if (!(pdpte & P))
      return STALE_NOT;
    table = pdpte & ADDRESS;
    level = 2;
  }
  for (;; level--) {
    const uint64_t spa = table + 8 * (linear >> (12 + 9 * (level - 1)) & (pae && level == 3 ? 3 : 511));
    const uint64_t entry = memory_word(memory, spa);

    if (stored_since(staleness, spa, flushed))
      return STALE_STORE;
    if ((entry & P) && (entry & XD) && staleness->nxe_cleared > flushed)
      return STALE_REGISTER;
    if (!(entry & P) || level == 1 || ((entry & PS) && (level == 2 || (level == 3 && !pae))))
      return STALE_NOT;
    table = entry & ADDRESS;
  }
}

/* The same in 32-bit paging, where EFER.NXE means nothing. */
static enum stale_reason follow_32(const struct staleness *staleness, const struct machine_memory *memory,
                                   const struct slat_controls *controls, uint64_t linear, uint32_t flushed)
{
  uint64_t table = controls->guest_table;

  for (unsigned level = 2;; level--) {
    const uint64_t spa = table + 4 * (linear >> (level == 2 ? 22 : 12) & 1023);
    const uint64_t entry = memory_word(memory, spa & ~7ULL) >> (spa & 4 ? 32 : 0);

    if (stored_since(staleness, spa, flushed))
      return STALE_STORE;
    if (!(entry & P) || level == 1 || ((entry & PS) && controls->guest.pse))
      return STALE_NOT;
    table = entry & 0xfffff000;
  }
}

enum stale_reason staleness_of(const struct staleness *staleness, const struct machine_memory *memory,
                               const struct slat_controls *controls, uint64_t linear)
{
  uint32_t flushed = staleness->all_flushed;

  for (unsigned i = 0; i < staleness->pages; i++)
    if (staleness->page[i].number == linear >> 12 && staleness->page[i].flushed > flushed)
      flushed = staleness->page[i].flushed;
  if (staleness->overflowed > flushed)
    return STALE_STORE;
  if (staleness->all_changed > flushed)
    return STALE_REGISTER;
  if (staleness->words == 0 && staleness->nxe_cleared <= flushed)
    return STALE_NOT;
  return (controls->guest.mode == SLAT_PAGING_32BIT ? follow_32 : follow)(staleness, memory, controls, linear, flushed);
}

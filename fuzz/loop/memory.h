/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's memory as the oracle sees it: fed by the scenario's stores and by the flags that the target was seen
 * to set. */
#ifndef FUZZ_MEMORY_H
#define FUZZ_MEMORY_H
#include <slat/slat.h>

enum { MEMORY_TOUCHED = 1024, MEMORY_READS = 64 };

struct machine_memory {
  uint64_t bytes;
  uint64_t *word;  /* bytes / 8 of them */
  uint32_t *stamp; /* by word: the scenario in which it was touched last */
  uint32_t scenario;
  unsigned touched;
  uint64_t touched_spa[MEMORY_TOUCHED]; /* words that this scenario's stores named, each once */
  unsigned reads;                       /* since this was cleared; the first of them are kept */
  uint64_t read_spa[MEMORY_READS];
  bool outside; /* an address without memory was read since this was cleared */
};

/** @return false: no room. */
bool memory_open(struct machine_memory *memory, uint64_t bytes);
/** All 0 again. */
void memory_reset(struct machine_memory *memory);
static inline uint64_t memory_word(const struct machine_memory *memory, uint64_t spa)
{
  return spa < memory->bytes ? memory->word[spa / 8] : 0;
}
/** Sets the 8-byte word at `spa`. @return false: no memory there, or too many words touched. */
bool memory_set(struct machine_memory *memory, uint64_t spa, uint64_t value);
/** A store of 1, 2, 4 or 8 bytes, within one word. @return as memory_set(). */
bool memory_store(struct machine_memory *memory, uint64_t spa, uint64_t value, unsigned width);
/** `old` with `width` bytes at byte `spa` % 8 replaced. */
uint64_t memory_merge(uint64_t old, uint64_t spa, uint64_t value, unsigned width);
/** struct slat_memory's callback; `context` is a struct machine_memory. */
uint64_t memory_read(void *context, uint64_t spa);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"
#include <stdlib.h>
#include <string.h>

bool memory_open(struct machine_memory *memory, uint64_t bytes)
{
  memset(memory, 0, sizeof *memory);
  memory->bytes = bytes;
  memory->word = calloc(bytes / 8, sizeof *memory->word);
  memory->stamp = calloc(bytes / 8, sizeof *memory->stamp);
  memory->scenario = 1;
  return memory->word && memory->stamp;
}

void memory_reset(struct machine_memory *memory)
{
  for (unsigned i = 0; i < memory->touched; i++)
    memory->word[memory->touched_spa[i] / 8] = 0;
  memory->touched = 0;
  if (++memory->scenario == 0) { /* the stamps of 2^32 scenarios ago must not count */
    memset(memory->stamp, 0, memory->bytes / 8 * sizeof *memory->stamp);
    memory->scenario = 1;
  }
}

bool memory_set(struct machine_memory *memory, uint64_t spa, uint64_t value)
{
  const uint64_t i = spa / 8;

  if (spa >= memory->bytes)
    return false;
  if (memory->stamp[i] != memory->scenario) {
    if (memory->touched == MEMORY_TOUCHED)
      return false;
    memory->stamp[i] = memory->scenario;
    memory->touched_spa[memory->touched++] = spa & ~7ULL;
  }
  memory->word[i] = value;
  return true;
}

uint64_t memory_merge(uint64_t old, uint64_t spa, uint64_t value, unsigned width)
{
  const unsigned shift = 8 * (spa & 7);
  const uint64_t mask = (width == 8 ? ~0ULL : (1ULL << (8 * width)) - 1) << shift;

  return (old & ~mask) | (value << shift & mask);
}

bool memory_store(struct machine_memory *memory, uint64_t spa, uint64_t value, unsigned width)
{
  return memory_set(memory, spa & ~7ULL, memory_merge(memory_word(memory, spa), spa, value, width));
}

uint64_t memory_read(void *context, uint64_t spa)
{
  struct machine_memory *memory = context;

  if (memory->reads < MEMORY_READS)
    memory->read_spa[memory->reads++] = spa;
  if (spa < memory->bytes)
    return memory->word[spa / 8];
  memory->outside = true;
  return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The fuzzer's random numbers: the same sequence from the same seed, everywhere (splitmix64). */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
  uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
  uint64_t z = random->state += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

/** A number below `limit`, which is not 0. */
static inline unsigned random_below(struct random *random, unsigned limit)
{
  return (unsigned)(((random_next(random) >> 32) * limit) >> 32);
}

/** True `percent` times in a hundred. */
static inline bool random_percent(struct random *random, unsigned percent)
{
  return random_below(random, 100) < percent;
}

/** True once in `n` times. */
static inline bool random_once_in(struct random *random, unsigned n)
{
  return random_below(random, n) == 0;
}
#endif

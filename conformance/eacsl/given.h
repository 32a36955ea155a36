/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands for the logic functions that the specification only declares, and the types of the translated ones.
   Included once, ahead of the translated functions, and never seen by Frama-C. */
#ifndef SLAT_EACSL_GIVEN_H
#define SLAT_EACSL_GIVEN_H
#include <slat/slat.h>
#include <stdio.h>
#include <stdlib.h>

/* Wide enough for sums and products of 64-bit values that the mathematical integers of ACSL have no bound for. */
__extension__ typedef __int128 integer;

/* Contracts call the functions through 64 bits: a value that does not fit must never be cut off. */
static inline uint64_t in_64_bits(integer value, const char *function)
{
  if (value < 0 || value > (integer)UINT64_MAX) {
    (void)fprintf(stderr, "eacsl: a value of the logic function %s does not fit into 64 bits\n", function);
    abort();
  }
  return (uint64_t)value;
}

/* SOUNDNESS.md, R2: memory is what the caller's callback says, the same during one call of the library. */
static inline integer logic_mem_word(const struct slat_memory *m, integer spa)
{
  return m->read(m->context, in_64_bits(spa, "mem_word"));
}
#endif

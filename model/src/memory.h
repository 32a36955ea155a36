/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place where the library reads memory. */
#ifndef SLAT_MEMORY_H
#define SLAT_MEMORY_H
#include <slat/slat.h>
#include "../../spec/logic/memory.acsl"

/** Reads the 8 bytes at an 8-byte aligned SPA.  Assumed, not proved: SOUNDNESS.md, R2. */
/*@ requires readable: \valid_read(m);
    terminates \true;
    assigns \nothing;
    ensures word: \result == mem_word((struct slat_memory *)m, spa);
*/
#ifdef __FRAMAC__
uint64_t slat_memory_read(const struct slat_memory *m, uint64_t spa);
#else
static inline uint64_t slat_memory_read(const struct slat_memory *m, uint64_t spa)
{
  return m->read(m->context, spa);
}
#endif
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "bare.h"

#define ADDRESS 0x000FFFFFFFFFF000u
#define PS 0x80u
/* Guest and NPT entries. */
#define P 1u
#define RW 2u
#define US 4u
#define XD (1ull << 63)
/* EPT entries. */
#define R 1u
#define W 2u
#define X 4u

/* The walkers below are one text, made twice: for a callback and for direct loads. */
#define INLINE static inline __attribute__((always_inline))
typedef uint64_t load_function(const struct bare *b, uint64_t spa);
typedef uint64_t stage2_function(const struct bare *b, load_function *load, uint64_t gpa, enum slat_access_kind kind);

INLINE uint64_t load_by_callback(const struct bare *b, uint64_t spa)
{
  return b->memory.read(b->memory.context, spa);
}

INLINE uint64_t load_direct(const struct bare *b, uint64_t spa)
{
  return spa < b->size ? b->words[spa / 8] : 0;
}

INLINE bool is_leaf(uint64_t e, unsigned level)
{
  return level == 1 || (level < 4 && (e & PS));
}

/* Walks one set of tables; each entry of it is found through `stage2`.  Rights: `all` must be in every entry, `none` in no one. */
INLINE uint64_t walk(const struct bare *b, load_function *load, stage2_function *stage2, uint64_t table, uint64_t a,
                     uint64_t present, uint64_t all, uint64_t none)
{
  uint64_t every = ~0ull, any = 0;

  for (unsigned level = 4, shift = 39;; level--, shift -= 9) {
    const uint64_t where = stage2(b, load, table + (a >> shift & 511) * 8, b->table_is_write ? SLAT_WRITE : SLAT_READ);
    if (where == BARE_FAULT)
      return BARE_FAULT;
    const uint64_t e = load(b, where);
    if (!(e & present))
      return BARE_FAULT;
    every &= e;
    any |= e;
    if (is_leaf(e, level)) {
      const uint64_t offset = (1ull << shift) - 1;
      return (every & all) == all && !(any & none) ? (e & ADDRESS & ~offset) | (a & offset) : BARE_FAULT;
    }
    table = e & ADDRESS;
  }
}

INLINE uint64_t identity(const struct bare *b, load_function *load, uint64_t gpa, enum slat_access_kind kind)
{
  (void)b;
  (void)load;
  (void)kind;
  return gpa;
}

INLINE uint64_t ept(const struct bare *b, load_function *load, uint64_t gpa, enum slat_access_kind kind)
{
  return walk(b, load, identity, b->nested_root, gpa, R | W | X,
              kind == SLAT_READ    ? R
              : kind == SLAT_WRITE ? R | W
                                   : X,
              0);
}

INLINE uint64_t npt(const struct bare *b, load_function *load, uint64_t gpa, enum slat_access_kind kind)
{
  return walk(b, load, identity, b->nested_root, gpa, P, kind == SLAT_WRITE ? RW | US : US,
              kind == SLAT_FETCH ? XD : 0);
}

INLINE uint64_t translate(const struct bare *b, load_function *load, stage2_function *stage2, uint64_t linear,
                          enum slat_access_kind kind, bool user)
{
  const uint64_t gpa = walk(b, load, stage2, b->guest_root, linear, P, (kind == SLAT_WRITE ? RW : 0) | (user ? US : 0),
                            kind == SLAT_FETCH ? XD : 0);

  return gpa == BARE_FAULT ? BARE_FAULT : stage2(b, load, gpa, kind);
}

uint64_t bare_native(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user)
{
  return translate(b, load_by_callback, identity, linear, kind, user);
}

uint64_t bare_native_direct(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user)
{
  return translate(b, load_direct, identity, linear, kind, user);
}

uint64_t bare_ept(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user)
{
  return translate(b, load_by_callback, ept, linear, kind, user);
}

uint64_t bare_ept_direct(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user)
{
  return translate(b, load_direct, ept, linear, kind, user);
}

uint64_t bare_npt(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user)
{
  return translate(b, load_by_callback, npt, linear, kind, user);
}

uint64_t bare_npt_direct(const struct bare *b, uint64_t linear, enum slat_access_kind kind, bool user)
{
  return translate(b, load_direct, npt, linear, kind, user);
}

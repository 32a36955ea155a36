/* SPDX-License-Identifier: BSD-2-Clause */
/* The oracle as the loop asks it: libslat, or one that permits everything, or nothing (which must make every run
 * fail). */
#ifndef FUZZ_ORACLE_H
#define FUZZ_ORACLE_H
#include <slat/slat.h>

struct oracle {
  const char *name;
  struct slat_verdict (*judge)(const struct slat_permitted *set, const struct slat_outcome *observed);
  enum slat_rule (*judge_update)(const struct slat_permitted *set, uint64_t spa, uint64_t before, uint64_t after,
                                 bool done);
};
extern const struct oracle oracle_slat, oracle_permit_all, oracle_permit_none;

/** By name; NULL: there is none. */
const struct oracle *oracle_by_name(const char *name);

/** Judges a fixed set of observations, right ones and wrong ones. @return NULL, or which of them was judged wrongly. */
const char *oracle_self_check(const struct oracle *oracle);

#endif

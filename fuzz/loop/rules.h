/* SPDX-License-Identifier: BSD-2-Clause */
/* Which rules of the spec a judged access or register write exercises: those without which the oracle would have answered something
 * else. That needs libslat-deletable, from which one rule can be deleted at run time; with the ordinary library
 * nothing is counted here. */
#ifndef FUZZ_RULES_H
#define FUZZ_RULES_H
#include "loop.h"

/** A rule of accesses or register writes, and modelled: not one of what is cached, by which no answer to an access is made yet. */
bool rule_is_judged(unsigned rule);

/** @param set  the answer with all rules. Counts in loop->statistics->rule. */
void rules_exercised_by(struct loop *loop, const struct slat_access *access, const struct slat_permitted *set);

/** The same of a judged register write. */
void rules_exercised_by_write(struct loop *loop, const struct slat_register_write *write,
                              const struct slat_write_result *answer);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* How code names the rule that it implements.  The id is the one of spec/rules.tsv.
   A build with SLAT_DELETABLE can delete one rule at run time: that is how witnesses show that no rule is vacuous. */
#ifndef SLAT_RULE_H
#define SLAT_RULE_H
#include <slat/slat_rules.h>

#ifdef SLAT_DELETABLE
extern unsigned slat_deleted_rule; /* enum slat_rule, 0 = none */
/* The value of a rule, or what is left where the rule is deleted. */
#define SLAT_CHOOSE(id, value, without) (slat_deleted_rule == SLAT_RULE_##id ? (without) : (value))
#else
#define SLAT_CHOOSE(id, value, without) (value)
#endif

/* A condition under which something happens: deleted, it never does. */
#define SLAT_RULE(id, condition) SLAT_CHOOSE(id, condition, 0)
/* A condition that something needs: deleted, it is always met. */
#define SLAT_REQUIRE(id, condition) SLAT_CHOOSE(id, condition, 1)

/* The rule itself, where its condition is met. */
#define SLAT_BY_RULE(id, condition) (SLAT_RULE(id, condition) ? SLAT_RULE_##id : SLAT_RULE_NONE)

/* Whole walks go from function to function by value, which the proofs want.  Inlined, none of them is copied. */
#define SLAT_INLINE static inline __attribute__((always_inline))
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 60: which mappings an operation ends. */
#ifndef SLAT_SCOPE_H
#define SLAT_SCOPE_H
#include "tags.h"
#include "../../spec/logic/scope.acsl"

/*@ requires readable: \valid_read(tags) && \valid_read(operation) && \valid_read(mapping);
    requires kind: mapping->kind <= SLAT_COMBINED && operation->kind < SLAT_INVALIDATION_KINDS;
    requires page: operation->first <= operation->address <= operation->last;
    terminates \true;
    assigns \nothing;
    ensures ends: \result != SLAT_RULE_NONE <==> ends((boolean)amd, *tags, *operation, *mapping);
    ensures TLB_RESET: operation->kind == SLAT_BY_RESET ==> \result == SLAT_RULE_TLB_RESET;
    ensures TLB_SMM: operation->kind == SLAT_BY_SMM && amd ==> \result == SLAT_RULE_TLB_SMM;
    ensures TLB_MTRR: operation->kind == SLAT_BY_MTRR && amd ==> \result == SLAT_RULE_TLB_MTRR;
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
enum slat_rule slat_ends(bool amd, const struct slat_tags *tags, const struct slat_invalidation *operation,
                         const struct slat_mapping *mapping);
#endif

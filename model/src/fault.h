/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 40: outcomes, put together from what the walk found. */
#ifndef SLAT_FAULT_H
#define SLAT_FAULT_H
#include "address.h"
#include "guest_entry.h"
#include "guest_rights.h"
#include "memory.h"
#include "stage2.h"
#include "stage2_fault.h"
#include "../../spec/logic/linear.acsl"
#include "../../spec/logic/walk.acsl"
#include "../../spec/logic/outcome.acsl"

/** What the final access is to stage 2. */
/*@ requires readable: \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    terminates \true;
    assigns \nothing;
    ensures use: \result == use_of(a);
    ensures range: \result < SLAT_USE_TABLE;
*/
static inline enum slat_use slat_use_of(const struct slat_access *a)
{
  const bool write = a->kind == SLAT_WRITE;

  if (!a->shadow_stack)
    return (enum slat_use)a->kind;
  if (slat_is_supervisor(a))
    return write ? SLAT_USE_SUPERVISOR_SS_WRITE : SLAT_USE_SUPERVISOR_SS_READ;
  return write ? SLAT_USE_USER_SS_WRITE : SLAT_USE_USER_SS_READ;
}

/** The fault of stage 2 for one use of a GPA.
 *  @param rule       by which it is denied
 *  @param us, rw, xd the guest's rights to the linear address (final access only) */
/*@ requires readable: \valid_read(c) && \valid_read(s);
    requires use: use <= SLAT_USE_FLAGS;
    terminates \true;
    assigns \nothing;
    ensures EPT_VIOLATION_GPA: \result.gpa == gpa;
    ensures EPT_VIOLATION_LINEAR: \result.linear == linear;
    ensures EPT_MISCONFIG_EXIT: c->stage2 == SLAT_STAGE2_EPT && s->end == SLAT_S2_MISCONFIGURED ==>
      \result.kind == SLAT_EPT_MISCONFIG;
    ensures TLB_EPT_VIOLATION: c->stage2 == SLAT_STAGE2_EPT && s->end != SLAT_S2_MISCONFIGURED ==>
      \result.invalidates == SLAT_INVALIDATES_GUEST_PHYSICAL + (final_use(use) ? SLAT_INVALIDATES_COMBINED : 0);
    ensures NPF_EXITINFO2: c->stage2 == SLAT_STAGE2_NPT ==> \result.kind == SLAT_NESTED_PAGE_FAULT && \result.gpa == gpa;
    ensures fault: stage2_fault_is(\result, c, *s, use, gpa, linear, us, rw, xd);
*/
struct slat_outcome slat_stage2_fault(const struct slat_controls *c, const struct slat_stage2 *s, enum slat_use use,
                                      enum slat_rule rule, uint64_t gpa, uint64_t linear, bool us, bool rw, bool xd);

/** A page fault.
 *  @param keys, keys_open  protection keys deny the access; it is open whether the error code says so
 *  @param rule, level  what decided, for explanation */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    requires level_range: level <= 5;
    terminates \true;
    assigns \nothing;
    ensures PF_CR2: \result.linear == a->linear;
    ensures UAI_CR2: \result.linear_open == cr2_open(c, a);
    ensures TLB_PF: \result.invalidates == SLAT_INVALIDATES_LINEAR;
    ensures fault: page_fault_is(\result, c, a, present, reserved, keys, keys_open);
*/
struct slat_outcome slat_page_fault(const struct slat_controls *c, const struct slat_access *a, bool present,
                                    bool reserved, bool keys, bool keys_open, unsigned rule, unsigned level);
#endif

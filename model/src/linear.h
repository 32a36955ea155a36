/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 10: linear-address pre-processing, LASS and then LAM or UAI. */
#ifndef SLAT_LINEAR_H
#define SLAT_LINEAR_H
#include <slat/slat.h>
#include "rule.h"
#include "../../spec/logic/address.acsl"
#include "../../spec/logic/linear.acsl"

/*@ requires readable: \valid_read(controls) && \valid_read(access);
    requires kind: access->kind <= SLAT_FETCH;
    requires bits: lam_range(controls->lam_user) && lam_range(controls->lam_supervisor);
    terminates \true;
    assigns \nothing;
    ensures access: access_at(\result.access, *access, masked_linear(controls, access));
    ensures LAM_64BIT: controls->uai == 0 && (access->kind == SLAT_FETCH || access->implicit != 0) ==>
      \result.access.linear == access->linear;
    ensures LAM_USER: controls->uai == 0 && access->linear <= 0x7FFFFFFFFFFFFFFF && access->kind != SLAT_FETCH &&
      access->implicit == 0 ==> \result.access.linear == lam_masked(access->linear, controls->lam_user);
    ensures LAM_SUPERVISOR: controls->uai == 0 && access->linear > 0x7FFFFFFFFFFFFFFF && access->kind != SLAT_FETCH &&
      access->implicit == 0 ==> \result.access.linear == lam_masked(access->linear, controls->lam_supervisor);
    ensures LAM_CANONICAL: controls->uai == 0 ==>
      \result.access.linear / 0x8000000000000000 == access->linear / 0x8000000000000000;
    ensures UAI_IGNORE: uai_ignores(controls, access) ==> \result.access.linear == with_63_57(access->linear) &&
      canonical57(\result.access.linear);
    ensures UAI_CANONICAL: uai_ignores(controls, access) ==> (canonical(\result.access.linear) <==>
      (access->linear / 0x800000000000) % 0x400 == 0 || (access->linear / 0x800000000000) % 0x400 == 0x3FF);
    ensures denied: \result.denied != SLAT_RULE_NONE <==> lass_denies(controls, access);
    ensures LASS_USER: lass_denies_user(controls, access) ==> \result.denied == SLAT_RULE_LASS_USER;
    ensures LASS_SUPERVISOR_FETCH: lass_denies_fetch(controls, access) ==> \result.denied == SLAT_RULE_LASS_SUPERVISOR_FETCH;
    ensures LASS_SUPERVISOR_DATA: lass_denies_data(controls, access) ==> \result.denied == SLAT_RULE_LASS_SUPERVISOR_DATA;
*/
struct slat_linear slat_linear_of(const struct slat_controls *controls, const struct slat_access *access);
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "linear.h"

/* LAM of one address, of which `bits` bits count: the others, but bit 63, become the highest of these. */
/*@ requires bits: lam_range(bits);
    terminates \true;
    assigns \nothing;
    ensures masked: \result == lam_masked(linear, bits);
*/
static uint64_t lam(uint64_t linear, unsigned bits)
{
  if (bits == 0)
    return linear;
  const uint64_t sign = bits == 57 ? linear / 0x100000000000000 % 2 : linear / 0x800000000000 % 2;
  const uint64_t ones = bits == 57 ? 0x7E00000000000000 : 0x7FFF000000000000;
  const uint64_t low = bits == 57 ? linear % 0x200000000000000 : linear % 0x1000000000000;
  const uint64_t half = SLAT_CHOOSE(LAM_CANONICAL, linear / 0x8000000000000000, sign);

  return half * 0x8000000000000000 + (sign == 1 ? ones : 0) + low;
}

/* UAI of one address: with 5-level paging nothing is left to check. */
/*@ terminates \true;
    assigns \nothing;
    ensures ignored: \result == with_63_57(linear);
    ensures canonical57: canonical57(\result);
    ensures canonical: canonical(\result) <==>
      (linear / 0x800000000000) % 0x400 == 0 || (linear / 0x800000000000) % 0x400 == 0x3FF;
*/
static uint64_t uai(uint64_t linear)
{
  const uint64_t low = linear % 0x200000000000000;
  const uint64_t ignored = low / 0x100000000000000 == 1 ? 0xFE00000000000000 + low : low;

  //@ assert bits: (linear / 0x800000000000) % 0x400 == low / 0x800000000000;
  //@ assert sign: (linear / 0x100000000000000) % 2 == low / 0x100000000000000;
  return SLAT_CHOOSE(UAI_CANONICAL, ignored, low / 0x800000000000 % 2 * 0xFFFF800000000000 + low % 0x800000000000);
}

/* The rule of LASS that denies an access, if one does. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    terminates \true;
    assigns \nothing;
    ensures denied: \result != SLAT_RULE_NONE <==> lass_denies(c, a);
    ensures user: lass_denies_user(c, a) ==> \result == SLAT_RULE_LASS_USER;
    ensures fetch: lass_denies_fetch(c, a) ==> \result == SLAT_RULE_LASS_SUPERVISOR_FETCH;
    ensures data: lass_denies_data(c, a) ==> \result == SLAT_RULE_LASS_SUPERVISOR_DATA;
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule lass(const struct slat_controls *c, const struct slat_access *a)
{
  const bool user = (a->user || a->wruss) && !a->implicit, upper = a->linear / 0x8000000000000000 == 1;

  if (!c->lass)
    return SLAT_RULE_NONE;
  if (SLAT_RULE(LASS_USER, user && upper))
    return SLAT_RULE_LASS_USER;
  if (user || upper)
    return SLAT_RULE_NONE;
  if (a->kind == SLAT_FETCH)
    return SLAT_RULE(LASS_SUPERVISOR_FETCH, 1) ? SLAT_RULE_LASS_SUPERVISOR_FETCH : SLAT_RULE_NONE;
  if (SLAT_RULE(LASS_SUPERVISOR_DATA, c->smap && (a->implicit || !c->ac)))
    return SLAT_RULE_LASS_SUPERVISOR_DATA;
  return SLAT_RULE_NONE;
}

struct slat_linear slat_linear_of(const struct slat_controls *controls, const struct slat_access *access)
{
  const struct slat_access a = *access;
  const enum slat_rule denied = lass(controls, access);
  const bool data = a.kind != SLAT_FETCH && !a.implicit, upper = a.linear / 0x8000000000000000 == 1;

  if (SLAT_RULE(UAI_IGNORE, controls->uai && data && !a.cs_ss_fs_gs))
    return (struct slat_linear){ .access = { uai(a.linear), a.kind, a.width, a.user, a.implicit, a.cs_ss_fs_gs,
                                             a.shadow_stack, a.wruss },
                                 .masked = SLAT_RULE_UAI_IGNORE,
                                 .denied = (uint16_t)denied };
  const unsigned bits = !SLAT_REQUIRE(LAM_64BIT, data) ? 0
                        : upper                        ? SLAT_CHOOSE(LAM_SUPERVISOR, controls->lam_supervisor, 0)
                                                       : SLAT_CHOOSE(LAM_USER, controls->lam_user, 0);
  return (struct slat_linear){ .access = { lam(a.linear, bits), a.kind, a.width, a.user, a.implicit, a.cs_ss_fs_gs,
                                           a.shadow_stack, a.wruss },
                               .masked = bits == 0 ? SLAT_RULE_NONE
                                         : upper   ? SLAT_RULE_LAM_SUPERVISOR
                                                   : SLAT_RULE_LAM_USER,
                               .denied = (uint16_t)denied };
}

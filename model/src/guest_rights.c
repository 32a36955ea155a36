/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_rights.h"
#include "rule.h"

/* The two bits of a key, ADi and WDi, in PKRU or IA32_PKRS. */
/*@ requires key: key < 16;
    terminates \true;
    assigns \nothing;
    ensures bits: \result == key_bits(keys, key);
*/
static unsigned key_bits_of(uint32_t keys, unsigned key)
{
  switch (key) {
  case 0:
    return keys % 4;
  case 1:
    return keys / 0x4 % 4;
  case 2:
    return keys / 0x10 % 4;
  case 3:
    return keys / 0x40 % 4;
  case 4:
    return keys / 0x100 % 4;
  case 5:
    return keys / 0x400 % 4;
  case 6:
    return keys / 0x1000 % 4;
  case 7:
    return keys / 0x4000 % 4;
  case 8:
    return keys / 0x10000 % 4;
  case 9:
    return keys / 0x40000 % 4;
  case 10:
    return keys / 0x100000 % 4;
  case 11:
    return keys / 0x400000 % 4;
  case 12:
    return keys / 0x1000000 % 4;
  case 13:
    return keys / 0x4000000 % 4;
  case 14:
    return keys / 0x10000000 % 4;
  default:
    return keys / 0x40000000 % 4;
  }
}

enum slat_rule slat_key_denies(const struct slat_controls *c, const struct slat_access *a, bool us, unsigned key)
{
  const uint32_t all = us ? c->user_keys : c->supervisor_keys;
  const bool supervisor = slat_is_supervisor(a);
  /* KEY_IMPLICIT, KEY_SHADOW_STACK: keys are for these as for all data accesses. */
  const uint32_t implicit = SLAT_CHOOSE(KEY_IMPLICIT, all, a->implicit ? 0 : all);
  const uint32_t keys = SLAT_CHOOSE(KEY_SHADOW_STACK, implicit, a->shadow_stack ? 0 : implicit);

  if (keys == 0 || SLAT_RULE(KEY_FETCH, a->kind == SLAT_FETCH))
    return SLAT_RULE_NONE;
  const unsigned bits = key_bits_of(keys, key);
  const bool ad = bits % 2 == 1;
  const bool wd = bits / 2 == 1 && a->kind == SLAT_WRITE && SLAT_REQUIRE(KEY_WRITE_WP, !supervisor || c->wp);
  if (SLAT_RULE(KEY_USER_ACCESS_DISABLE, us && ad))
    return SLAT_RULE_KEY_USER_ACCESS_DISABLE;
  if (SLAT_RULE(KEY_USER_WRITE_DISABLE, us && wd))
    return SLAT_RULE_KEY_USER_WRITE_DISABLE;
  if (SLAT_RULE(KEY_SUPERVISOR_ACCESS_DISABLE, !us && ad))
    return SLAT_RULE_KEY_SUPERVISOR_ACCESS_DISABLE;
  if (SLAT_RULE(KEY_SUPERVISOR_WRITE_DISABLE, !us && wd))
    return SLAT_RULE_KEY_SUPERVISOR_WRITE_DISABLE;
  return SLAT_RULE_NONE;
}

bool slat_key_open(const struct slat_controls *c, const struct slat_access *a, bool us, unsigned key)
{
  const bool supervisor = slat_is_supervisor(a);

  return SLAT_RULE(PF_CODE_PK_OPEN, !us && !supervisor && slat_key_denies(c, a, us, key) != SLAT_RULE_NONE);
}

enum slat_rule slat_ordinary_rights(const struct slat_controls *c, const struct slat_access *a, bool us, bool rw,
                                    bool xd)
{
  const bool supervisor = slat_is_supervisor(a);

  if (SLAT_RULE(RIGHTS_SUPERVISOR_PAGE, !supervisor && !us))
    return SLAT_RULE_RIGHTS_SUPERVISOR_PAGE;

  if (a->kind == SLAT_FETCH) {
    if (SLAT_RULE(RIGHTS_SMEP, supervisor && us && c->smep))
      return SLAT_RULE_RIGHTS_SMEP;
    if (SLAT_RULE(RIGHTS_EXECUTE_DISABLE, c->guest.nxe && xd))
      return SLAT_RULE_RIGHTS_EXECUTE_DISABLE;
    return SLAT_RULE_NONE;
  }

  /* AC lifts SMAP for explicit accesses only. */
  const bool lifted = SLAT_RULE(RIGHTS_SMAP_AC, c->ac) && SLAT_REQUIRE(RIGHTS_SMAP_IMPLICIT, !a->implicit);
  if (SLAT_RULE(RIGHTS_SMAP, supervisor && us && c->smap && !lifted))
    return SLAT_RULE_RIGHTS_SMAP;
  if (a->kind == SLAT_WRITE && !rw) {
    if (SLAT_RULE(RIGHTS_READ_ONLY_USER, !supervisor))
      return SLAT_RULE_RIGHTS_READ_ONLY_USER;
    if (SLAT_RULE(RIGHTS_READ_ONLY_WP, supervisor && c->wp))
      return SLAT_RULE_RIGHTS_READ_ONLY_WP;
  }
  return SLAT_RULE_NONE;
}

enum slat_rule slat_shadow_stack_rights(const struct slat_access *a, bool us, bool ss)
{
  if (SLAT_RULE(RIGHTS_SHADOW_STACK_PAGE, !ss))
    return SLAT_RULE_RIGHTS_SHADOW_STACK_PAGE;
  if (SLAT_RULE(RIGHTS_SHADOW_STACK_MODE, slat_is_supervisor(a) ? us : !us))
    return SLAT_RULE_RIGHTS_SHADOW_STACK_MODE;
  return SLAT_RULE_NONE;
}

enum slat_rule slat_guest_rights(const struct slat_controls *c, const struct slat_access *a, bool us, bool rw, bool xd,
                                 bool ss, unsigned key)
{
  enum slat_rule denied = SLAT_RULE_NONE;

  if (!a->shadow_stack)
    denied = slat_ordinary_rights(c, a, us, rw, xd);
  else
    denied = SLAT_CHOOSE(RIGHTS_SHADOW_STACK_WRITE, slat_shadow_stack_rights(a, us, ss),
                         a->kind == SLAT_WRITE ? slat_ordinary_rights(c, a, us, rw, xd)
                                               : slat_shadow_stack_rights(a, us, ss));
  return denied != SLAT_RULE_NONE ? denied : slat_key_denies(c, a, us, key);
}

uint64_t slat_page_fault_code(const struct slat_controls *c, const struct slat_access *a, bool present, bool reserved,
                              bool keys)
{
  const bool user = !slat_is_supervisor(a);
  uint64_t code = 0;

  if (SLAT_RULE(PF_CODE_P, present))
    code += 1;
  if (SLAT_RULE(PF_CODE_WR, a->kind == SLAT_WRITE))
    code += 2;
  if (SLAT_RULE(PF_CODE_US, user))
    code += 4;
  if (SLAT_RULE(PF_CODE_RSVD, reserved))
    code += 8;
  if (SLAT_RULE(PF_CODE_ID, a->kind == SLAT_FETCH && (c->guest.nxe || c->smep)))
    code += 0x10;
  if (SLAT_RULE(PF_CODE_PK, keys))
    code += 0x20;
  if (SLAT_RULE(PF_CODE_SS, a->shadow_stack))
    code += 0x40;
  return code;
}

uint64_t slat_page_fault_code_open(const struct slat_controls *c, const struct slat_access *a, bool keys_open)
{
  if (keys_open)
    return 0x20;
  return SLAT_RULE(PF_CODE_ID_AMD, a->kind == SLAT_FETCH && c->amd && !c->guest.nxe) ? 0x10 : 0;
}

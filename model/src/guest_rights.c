/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_rights.h"
#include "rule.h"

enum slat_rule slat_guest_rights(const struct slat_controls *c, const struct slat_access *a, bool us, bool rw, bool xd)
{
  const bool implicit = SLAT_RULE(ACCESS_IMPLICIT, a->implicit);
  const bool supervisor = !a->user || implicit;

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

uint64_t slat_page_fault_code(const struct slat_controls *c, const struct slat_access *a, bool present, bool reserved)
{
  const bool user = a->user && !SLAT_RULE(ACCESS_IMPLICIT, a->implicit);
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
  return code;
}

uint64_t slat_page_fault_code_open(const struct slat_controls *c, const struct slat_access *a)
{
  return SLAT_RULE(PF_CODE_ID_AMD, a->kind == SLAT_FETCH && c->amd && !c->guest.nxe) ? 0x10 : 0;
}

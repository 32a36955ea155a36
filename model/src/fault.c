/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault.h"
#include "rule.h"

struct slat_outcome slat_stage2_fault(const struct slat_controls *c, const struct slat_stage2 *s, enum slat_use use,
                                      enum slat_rule rule, uint64_t gpa, uint64_t linear, bool us, bool rw, bool xd)
{
  struct slat_outcome o = { .stage = 2, .level = s->level, .rule = (uint16_t)rule };

  o.gpa = SLAT_CHOOSE(EPT_VIOLATION_GPA, gpa, gpa - gpa % 0x1000);
  o.linear = SLAT_CHOOSE(EPT_VIOLATION_LINEAR, linear, 0);
  if (c->stage2 != SLAT_STAGE2_EPT) {
    o.kind = SLAT_NESTED_PAGE_FAULT;
    o.gpa = SLAT_CHOOSE(NPF_EXITINFO2, o.gpa, linear);
    o.code = slat_npt_exitinfo1(s, use);
    o.code_open = slat_npt_exitinfo1_open(c, use);
  } else if (SLAT_RULE(EPT_MISCONFIG_EXIT, s->end == SLAT_S2_MISCONFIGURED)) {
    o.kind = SLAT_EPT_MISCONFIG;
  } else {
    o.kind = SLAT_EPT_VIOLATION;
    o.code = slat_ept_qualification(c, s, use, us, rw, xd);
    o.code_open = slat_ept_qualification_open(c, s, use);
    /* TLB_EPT_VIOLATION: combined mappings only if the GPA is the translation of the linear address. */
    if (SLAT_RULE(TLB_EPT_VIOLATION, 1))
      o.invalidates = use == SLAT_USE_TABLE || use == SLAT_USE_FLAGS
                        ? SLAT_INVALIDATES_GUEST_PHYSICAL
                        : SLAT_INVALIDATES_GUEST_PHYSICAL + SLAT_INVALIDATES_COMBINED;
  }
  return o;
}

struct slat_outcome slat_page_fault(const struct slat_controls *c, const struct slat_access *a, bool present,
                                    bool reserved, bool keys, bool keys_open, unsigned rule, unsigned level)
{
  struct slat_outcome o = { .kind = SLAT_PAGE_FAULT, .stage = 1, .level = (uint8_t)level, .rule = (uint16_t)rule };

  o.linear = SLAT_CHOOSE(PF_CR2, a->linear, 0);
  if (SLAT_RULE(UAI_CR2, c->uai && a->kind != SLAT_FETCH && !a->implicit && !a->cs_ss_fs_gs))
    o.linear_open = 0xFE00000000000000;
  o.code = slat_page_fault_code(c, a, present, reserved, keys);
  o.code_open = slat_page_fault_code_open(c, a, keys_open);
  o.invalidates = SLAT_CHOOSE(TLB_PF, SLAT_INVALIDATES_LINEAR, 0);
  return o;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "stage2.h"
#include "rule.h"

struct slat_stage2 slat_stage2_walk(const struct slat_memory *memory, const struct slat_controls *controls,
                                    uint64_t gpa)
{
  if (controls->stage2 == SLAT_STAGE2_EPT)
    return slat_ept_walk(memory, controls, gpa);
  if (controls->stage2 == SLAT_STAGE2_NPT)
    return slat_npt_walk(memory, controls, gpa);
  /* STAGE2_NONE: identity with every right. */
  return (struct slat_stage2){ .end = SLAT_S2_PAGE,
                               .level = 0,
                               .read = 1,
                               .write = 1,
                               .execute = 1,
                               .user = 1,
                               .page_shift = 30,
                               .rule = SLAT_RULE_STAGE2_NONE,
                               .spa = gpa };
}

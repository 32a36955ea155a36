/* SPDX-License-Identifier: BSD-2-Clause */
#include "stage2.h"
#include "rule.h"

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 == SLAT_STAGE2_EPT;
    terminates \true;
    assigns \nothing;
    ensures walk: stage2_is(\result, m, c, gpa);
    ensures path: path_is(\result, m, c, gpa);
    ensures range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT && \result.level <= 5 && \result.spa <= 0xFFFFFFFFFFFFF;
*/
SLAT_INLINE struct slat_stage2 through_ept(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  const struct slat_stage2 r = slat_ept_walk(m, c, gpa);
  //@ assert level: !stage2_too_wide(c, gpa) ==> 1 <= r.level <= 5;
  //@ assert path5: !stage2_too_wide(c, gpa) && r.level == 5 ==> path_is(r, m, c, gpa);
  //@ assert path4: !stage2_too_wide(c, gpa) && r.level == 4 ==> path_is(r, m, c, gpa);
  //@ assert path3: !stage2_too_wide(c, gpa) && r.level == 3 ==> path_is(r, m, c, gpa);
  //@ assert path2: !stage2_too_wide(c, gpa) && r.level == 2 ==> path_is(r, m, c, gpa);
  //@ assert path1: !stage2_too_wide(c, gpa) && r.level == 1 ==> path_is(r, m, c, gpa);
  //@ assert path: path_is(r, m, c, gpa);
  return r;
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 == SLAT_STAGE2_NPT && c->nested.mode == SLAT_PAGING_LONG;
    terminates \true;
    assigns \nothing;
    ensures walk: stage2_is(\result, m, c, gpa);
    ensures path: path_is(\result, m, c, gpa);
    ensures range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT && \result.level <= 5 && \result.spa <= 0xFFFFFFFFFFFFF;
*/
SLAT_INLINE struct slat_stage2 through_npt(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  const struct slat_stage2 r = slat_npt_walk(m, c, gpa);
  //@ assert level: !stage2_too_wide(c, gpa) ==> 1 <= r.level <= 5;
  //@ assert path5: !stage2_too_wide(c, gpa) && r.level == 5 ==> path_is(r, m, c, gpa);
  //@ assert path4: !stage2_too_wide(c, gpa) && r.level == 4 ==> path_is(r, m, c, gpa);
  //@ assert path3: !stage2_too_wide(c, gpa) && r.level == 3 ==> path_is(r, m, c, gpa);
  //@ assert path2: !stage2_too_wide(c, gpa) && r.level == 2 ==> path_is(r, m, c, gpa);
  //@ assert path1: !stage2_too_wide(c, gpa) && r.level == 1 ==> path_is(r, m, c, gpa);
  //@ assert path: path_is(r, m, c, gpa);
  return r;
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 == SLAT_STAGE2_NPT;
    requires mode: c->nested.mode != SLAT_PAGING_LONG;
    terminates \true;
    assigns \nothing;
    ensures walk: stage2_is(\result, m, c, gpa);
    ensures path: path_is(\result, m, c, gpa);
    ensures range: SLAT_RULE_NONE < \result.rule < SLAT_RULE_COUNT && \result.level <= 5 && \result.spa <= 0xFFFFFFFFFFFFF;
*/
static struct slat_stage2 through_legacy(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  const struct slat_stage2 r = slat_npt_legacy_walk(m, c, gpa);
  //@ assert level: !npt_too_wide(c, gpa) ==> 1 <= r.level <= host_begin(c);
  //@ assert path: path_is(r, m, c, gpa);
  return r;
}

struct slat_stage2 slat_stage2_walk(const struct slat_memory *memory, const struct slat_controls *controls,
                                    uint64_t gpa)
{
  if (controls->stage2 == SLAT_STAGE2_EPT)
    return through_ept(memory, controls, gpa);
  if (controls->stage2 == SLAT_STAGE2_NPT)
    return controls->nested.mode == SLAT_PAGING_LONG ? through_npt(memory, controls, gpa)
                                                     : through_legacy(memory, controls, gpa);
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

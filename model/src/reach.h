/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapters 20 and 30: stage 2 of one guest-physical address, quickly, where every entry on the way gives every right none
   has anything unusual in it, and there are 4 levels.  Where this says nothing, slat_stage2_walk() does. */
#ifndef SLAT_REACH_H
#define SLAT_REACH_H
#include "stage2.h"
#include "../../spec/logic/reach.acsl"

struct slat_reach {
  uint64_t spa;
  uint8_t page_shift;
  uint8_t memory_type;
  bool ignore_pat;
  bool found; /* else nothing is said */
};

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires address_range: gpa <= 0xFFFFFFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures reached: \result.found != 0 ==> reached_with_all_rights(m, c, gpa) &&
      placed_as_stage2_says(\result.spa, \result.page_shift, \result.memory_type, \result.ignore_pat, m, c, gpa);
*/
struct slat_reach slat_stage2_reach(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa);

/** The same; without stage 2 there is nothing to call. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires address_range: gpa <= 0xFFFFFFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures reached: \result.found != 0 ==> reached_with_all_rights(m, c, gpa) &&
      placed_as_stage2_says(\result.spa, \result.page_shift, \result.memory_type, \result.ignore_pat, m, c, gpa);
*/
static inline struct slat_reach slat_reach_of(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  if (c->stage2 == SLAT_STAGE2_NONE)
    return (struct slat_reach){ .spa = gpa, .page_shift = 30, .found = 1 };
  return slat_stage2_reach(m, c, gpa);
}
#endif

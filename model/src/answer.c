/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to one access, put together.  Outside the proofs (SOUNDNESS.md, R8): WP does not finish on its copies of whole
   walks; every function that it calls is proved. */
#include "permitted.h"
#include "rule.h"

/*@ requires readable: \valid_read(w);
    requires end: 1 <= w->end <= 5;
    terminates \true;
    assigns \nothing;
*/
static bool too_wide(const struct slat_walk *w)
{
  return w->final.end == SLAT_S2_WIDTH || (w->end <= 4 && w->step[w->end].stage2.end == SLAT_S2_WIDTH);
}

enum slat_status slat_permitted(const struct slat_machine *machine, unsigned cpu, const struct slat_memory *memory,
                                const struct slat_access *access, struct slat_permitted *out)
{
  const enum slat_status valid = slat_check_access(access);

  if (cpu >= SLAT_MAX_CPUS)
    return SLAT_INVALID_CPU;
  if (valid != SLAT_OK)
    return valid;
  const struct slat_controls *c = &machine->cpu[cpu].controls;
  if (machine->cpu[cpu].status != SLAT_OK)
    return (enum slat_status)machine->cpu[cpu].status;
  if (!c->paging && access->linear > 0xFFFFFFFF)
    return SLAT_INVALID_ACCESS; /* without long mode linear addresses have 32 bits */

  const struct slat_walk w = slat_walk_linear(memory, c, access);
  if (c->stage2 == SLAT_STAGE2_NPT && too_wide(&w))
    return SLAT_UNSUPPORTED_NPT_WIDTH;
  const struct slat_outcomes set = slat_permitted_outcomes(c, access, &w);
  const bool done = w.outcome.kind == SLAT_TRANSLATED && set.outcome[0].kind != SLAT_NO_OUTCOME;
  slat_permitted_updates(memory, c, access, &w, done, out);
  out->outcome[0] = set.outcome[0];
  out->outcome[1] = set.outcome[1];
  out->outcome[2] = set.outcome[2];
  out->outcome[3] = set.outcome[3];
  out->outcome[4] = set.outcome[4];
  return SLAT_OK;
}

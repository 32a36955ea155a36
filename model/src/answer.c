/* SPDX-License-Identifier: BSD-2-Clause */
#include "answer.h"
#include "rule.h"

/* ERRATA E6: no source says what a 4-level nested table makes of a GPA of more than 48 bits. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires walk: walk_sound(w);
    terminates \true;
    assigns \nothing;
    ensures wide: \result != 0 <==> too_wide_for_stage2(c, a, w);
*/
static bool too_wide(const struct slat_controls *c, const struct slat_access *a, struct slat_walk w)
{
  return (w.end <= 5 && w.step[w.end].stage2.end == SLAT_S2_WIDTH) ||
         (slat_finds_final(w) && SLAT_RULE(NPT_GPA_WIDTH, slat_gpa_of_final(c, a, w) >= 0x1000000000000));
}

enum slat_status slat_permitted(const struct slat_machine *machine, unsigned cpu, const struct slat_memory *memory,
                                const struct slat_access *access, struct slat_permitted *out)
{
  const enum slat_status valid = slat_check_access(*access);

  if (cpu >= SLAT_MAX_CPUS)
    return SLAT_INVALID_CPU;
  if (valid != SLAT_OK)
    return valid;
  if (machine->cpu[cpu].status != SLAT_OK)
    return (enum slat_status)machine->cpu[cpu].status;
  const struct slat_controls *c = &machine->cpu[cpu].controls;
  if (SLAT_RULE(LINEAR_32_BIT, (!c->paging || c->guest.mode != SLAT_PAGING_LONG) && access->linear > 0xFFFFFFFF))
    return SLAT_INVALID_ACCESS;

  const struct slat_walk w = slat_walk_linear(memory, c, access);
  //@ assert steps: walks(c, access->linear) ==> walk_steps_are(w, memory, c, access);
  //@ assert ends: walks(c, access->linear) ==> walk_end_is(w, memory, c, access);
  //@ assert walk: walk_is(w, memory, c, access);
  //@ assert none: w.end == 6 ==> access->linear <= 0xFFFFFFFF || !has_final(w);
  //@ assert paths: paths_are(w, memory, c, access);
  if (c->stage2 == SLAT_STAGE2_NPT && too_wide(c, access, w))
    return SLAT_UNSUPPORTED_NPT_WIDTH;
  const struct slat_permitted set = slat_permitted_set(memory, c, access, &w);
  //@ assert set: walk_is(w, memory, c, access) && set_is(set, memory, c, access, w);
  *out = set;
  //@ assert copied: *out == set;
  return SLAT_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "answer.h"
#include "rule.h"

/* ERRATA E6, E31: no source says what a nested table of 4 levels makes of a GPA of more than 48 bits, nor one of a host in PAE or
   32-bit paging of one of more than 32. */
/*@ requires readable: \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures wide: \result != 0 <==> npt_too_wide(c, gpa);
*/
static bool wider_than_tables(const struct slat_controls *c, uint64_t gpa)
{
  if (c->nested.mode != SLAT_PAGING_LONG)
    return SLAT_RULE(NPT_GPA_WIDTH_LEGACY, gpa >= 0x100000000);
  return SLAT_RULE(NPT_GPA_WIDTH, !c->stage2_5level && gpa >= 0x1000000000000);
}

/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires walk: walk_sound(w);
    terminates \true;
    assigns \nothing;
    ensures wide: \result != 0 <==> too_wide_for_stage2(c, a, w);
*/
static bool too_wide(const struct slat_controls *c, const struct slat_access *a, struct slat_walk w)
{
  return (w.end <= 5 && w.step[w.end].stage2.end == SLAT_S2_WIDTH) ||
         (slat_finds_final(w) && wider_than_tables(c, slat_gpa_of_final(c, a, w)));
}

/* A walk whose last step maps a page, and whose access the guest's rights allow, took the page's GPA through stage 2. */
/*@ ghost
  /@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
     requires ends: ends_at(o, f, m, c, a, s, level);
     requires page: s.reached != 0 && s.entry.kind == SLAT_ENTRY_PAGE && o.kind != SLAT_PAGE_FAULT;
     terminates \true;
     assigns \nothing;
     ensures path: path_is(f, m, c, guest_leaf(c, s.value, a->linear, level));
  @/
  void path_of_page(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                    struct slat_outcome o, struct slat_stage2 f, struct slat_step s, unsigned level)
  {
  }
*/

enum slat_status slat_permitted_masked(const struct slat_controls *c, const struct slat_memory *memory,
                                       const struct slat_access *access, struct slat_permitted *out)
{
  const struct slat_walk w = slat_walk_linear(memory, c, access);
  //@ assert steps: walks(c, access->linear) ==> walk_steps_are(w, memory, c, access);
  //@ assert ends: walks(c, access->linear) ==> walk_end_is(w, memory, c, access);
  //@ assert walk: walk_is(w, memory, c, access);
  //@ assert none: w.end == 6 ==> access->linear <= 0xFFFFFFFF || !has_final(w);
  //@ assert path5: visited(w, 5) ==> path_is(w.step[5].stage2, memory, c, w.step[5].gpa);
  //@ assert path4: visited(w, 4) ==> path_is(w.step[4].stage2, memory, c, w.step[4].gpa);
  //@ assert path3: visited(w, 3) ==> path_is(w.step[3].stage2, memory, c, w.step[3].gpa);
  //@ assert path2: w.end <= 2 ==> path_is(w.step[2].stage2, memory, c, w.step[2].gpa);
  //@ assert path1: w.end <= 1 ==> path_is(w.step[1].stage2, memory, c, w.step[1].gpa);
  //@ assert final6: w.end == 6 && has_final(w) ==> path_is(w.final, memory, c, access->linear);
  //@ ghost if (w.end == 3 && w.step[3].reached && w.step[3].entry.kind == SLAT_ENTRY_PAGE && w.outcome.kind != SLAT_PAGE_FAULT) path_of_page(memory, c, access, w.outcome, w.final, w.step[3], 3);
  //@ ghost if (w.end == 2 && w.step[2].reached && w.step[2].entry.kind == SLAT_ENTRY_PAGE && w.outcome.kind != SLAT_PAGE_FAULT) path_of_page(memory, c, access, w.outcome, w.final, w.step[2], 2);
  //@ ghost if (w.end == 1 && w.step[1].reached && w.step[1].entry.kind == SLAT_ENTRY_PAGE && w.outcome.kind != SLAT_PAGE_FAULT) path_of_page(memory, c, access, w.outcome, w.final, w.step[1], 1);
  //@ assert final3: w.end == 3 && has_final(w) && w.outcome.kind != SLAT_PAGE_FAULT ==> path_is(w.final, memory, c, guest_leaf(c, w.step[3].value, access->linear, 3));
  //@ assert final2: w.end == 2 && has_final(w) && w.outcome.kind != SLAT_PAGE_FAULT ==> path_is(w.final, memory, c, guest_leaf(c, w.step[2].value, access->linear, 2));
  //@ assert final1: w.end == 1 && has_final(w) && w.outcome.kind != SLAT_PAGE_FAULT ==> path_is(w.final, memory, c, guest_leaf(c, w.step[1].value, access->linear, 1));
  //@ assert last: has_final(w) ==> w.end == 6 || w.end == 3 || w.end == 2 || w.end == 1;
  //@ assert final: final_path_is(w, memory, c, access);
  //@ assert paths: paths_are(w, memory, c, access);
  if (c->stage2 == SLAT_STAGE2_NPT && too_wide(c, access, w))
    return SLAT_UNSUPPORTED_NPT_WIDTH;
  const struct slat_permitted set = slat_permitted_set(memory, c, access, &w);
  //@ assert set: walk_is(w, memory, c, access) && set_is(set, memory, c, access, w);
  if (c->pml) {
    const uint64_t final = slat_finds_final(w) ? slat_gpa_of_final(c, access, w) : 0;
    const struct slat_permitted logged = slat_logged(&set, c->pml_room, &w, final);
    //@ assert logged: permitted_is(logged, memory, c, access, w);
    *out = logged;
    //@ assert copied_logged: *out == logged;
    return SLAT_OK;
  }
  //@ assert unlogged: permitted_is(set, memory, c, access, w);
  *out = set;
  //@ assert copied: *out == set;
  return SLAT_OK;
}

/* The set of an access that faults before anything is read. */
/*@ requires rule: SLAT_RULE_NONE < rule < SLAT_RULE_COUNT;
    terminates \true;
    assigns \nothing;
    ensures denied: denied_before_walk(\result);
    ensures rule: \result.outcome[0].rule == rule;
*/
static struct slat_permitted denied_set(unsigned rule)
{
  return (struct slat_permitted){ .outcome = { { .kind = SLAT_NON_CANONICAL, .rule = (uint16_t)rule } } };
}

/* The set of an access of which `b` is what is translated: with a linear address that is masked. */
/*@ requires readable: \valid_read(c) && \valid_read(memory) && \valid_read(access);
    requires sound: c->guest_table <= 0xFFFFFFFFFF000 && c->stage2_table <= 0xFFFFFFFFFF000 && c->stage2 <= SLAT_STAGE2_NPT;
    requires access: access->kind <= SLAT_FETCH && access_at(b, *access, masked_linear(c, access));
    requires narrow: linear_32bit(c) ==> b.linear <= 0xFFFFFFFF;
    requires writable: \valid(out);
    requires separated: \separated(out, c) && \separated(out, memory) && \separated(out, access);
    terminates \true;
    assigns *out;
    ensures answer: \result == SLAT_OK && b.linear == \old(access->linear) ==> answer_is{Pre}(*out, memory, c, access);
    ensures total: \result == SLAT_OK || (\result == SLAT_UNSUPPORTED_NPT_WIDTH &&
      (b.linear == \old(access->linear) ==> unanswered{Pre}(memory, c, access)));
*/
static enum slat_status masked_set(const struct slat_controls *c, const struct slat_memory *memory,
                                   const struct slat_access *access, struct slat_access b, struct slat_permitted *out)
{
  if (b.linear == access->linear)
    return slat_permitted_masked(c, memory, access, out);
  const struct slat_access masked = b;
  //@ assert masked: access_at(masked, \at(*access, Pre), masked_linear{Pre}(c, access));
  //@ assert apart: \separated(out, &masked) && \valid(out) && \valid_read(&masked);
  //@ ghost Masked: ;
  const enum slat_status status = slat_permitted_masked(c, memory, &masked, out);
  //@ assert answer_masked: status == SLAT_OK ==> answer_is{Masked}(*out, memory, c, &masked);
  return status;
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
  if (access->shadow_stack && !c->cet)
    return SLAT_INVALID_ACCESS;
  //@ assert narrow: linear_32bit{Pre}(&machine->cpu[cpu].controls) ==> \at(access->linear, Pre) <= 0xFFFFFFFF;

  const struct slat_linear l = slat_linear_of(c, access);
  if (access->shadow_stack && l.access.linear != access->linear)
    return SLAT_UNSUPPORTED_SHADOW_STACK_ADDRESS;
  if (SLAT_RULE(LINEAR_CHECKS_FIRST, l.denied != SLAT_RULE_NONE)) {
    const struct slat_permitted denied = denied_set(l.denied);
    *out = denied;
    //@ assert denied: *out == denied;
    return SLAT_OK;
  }
  return masked_set(c, memory, access, l.access, out);
}

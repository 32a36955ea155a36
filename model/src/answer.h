/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole answer to one access: theorem 2 from the registers' decoded state to the set. */
#ifndef SLAT_ANSWER_H
#define SLAT_ANSWER_H
#include "linear.h"
#include "permitted.h"

/*@ // A modelled state and a valid access within a page; outside long mode one of 32 bits; to a shadow stack only with CR4.CET.
    predicate answerable(struct slat_machine *k, integer cpu, struct slat_access *a) =
      0 <= cpu < SLAT_MAX_CPUS && k->cpu[cpu].status == SLAT_OK && access_valid(*a) && !crosses_page(*a) &&
      (a->shadow_stack != 0 ==> k->cpu[cpu].controls.cet != 0) &&
      (linear_32bit(&k->cpu[cpu].controls) ==> a->linear <= 0xFFFFFFFF);
*/

/** The set of an access whose linear address is masked, and which LASS does not deny. */
/*@ requires readable: \valid_read(c) && \valid_read(memory) && \valid_read(access);
    requires sound: c->guest_table <= 0xFFFFFFFFFF000 && c->stage2_table <= 0xFFFFFFFFFF000 && c->stage2 <= SLAT_STAGE2_NPT;
    requires access: access->kind <= SLAT_FETCH && (linear_32bit(c) ==> access->linear <= 0xFFFFFFFF);
    requires writable: \valid(out);
    requires separated: \separated(out, c) && \separated(out, memory) && \separated(out, access);
    terminates \true;
    assigns *out;
    ensures answer: \result == SLAT_OK ==> answer_is{Pre}(*out, memory, c, access);
    ensures total: \result == SLAT_OK || (\result == SLAT_UNSUPPORTED_NPT_WIDTH && unanswered{Pre}(memory, c, access));
*/
enum slat_status slat_permitted_masked(const struct slat_controls *c, const struct slat_memory *memory,
                                       const struct slat_access *access, struct slat_permitted *out);

/* What comes of linear-address pre-processing comes first: by `denied` no walk is made; and else the set is that of the masked
   access.  Where masking changes the address, the assertion "answer_masked" in answer.c says this: only there is that access. */
/*@ requires machine: \valid_read(machine);
    requires sound: cpu < SLAT_MAX_CPUS ==> // as controls_in_range(), which machine_sound() gives
      machine->cpu[cpu].controls.guest_table <= 0xFFFFFFFFFF000 &&
      machine->cpu[cpu].controls.stage2_table <= 0xFFFFFFFFFF000 &&
      machine->cpu[cpu].controls.stage2 <= SLAT_STAGE2_NPT && lam_range(machine->cpu[cpu].controls.lam_user) &&
      lam_range(machine->cpu[cpu].controls.lam_supervisor);
    requires readable: \valid_read(memory) && \valid_read(access);
    requires writable: \valid(out);
    requires separated: \separated(out, machine) && \separated(out, memory) && \separated(out, access);
    terminates \true;
    assigns *out;
    ensures answered: \result == SLAT_OK ==> cpu < SLAT_MAX_CPUS && \old(machine->cpu[cpu].status) == SLAT_OK &&
      access_valid(\old(*access)) && !crosses_page(\old(*access));
    ensures LINEAR_CHECKS_FIRST: \result == SLAT_OK && lass_denies{Pre}(&machine->cpu[cpu].controls, access) ==>
      denied_before_walk(*out);
    ensures answer: \result == SLAT_OK && !lass_denies{Pre}(&machine->cpu[cpu].controls, access) &&
      masked_linear{Pre}(&machine->cpu[cpu].controls, access) == \old(access->linear) ==>
        answer_is{Pre}(*out, memory, &machine->cpu[cpu].controls, access);
    ensures shadow_stack: \result == SLAT_OK && \old(access->shadow_stack) != 0 ==>
      \old(machine->cpu[cpu].controls.cet) != 0 &&
      masked_linear{Pre}(&machine->cpu[cpu].controls, access) == \old(access->linear);
    ensures LINEAR_32_BIT: \result == SLAT_OK ==> \old(linear_32bit(&machine->cpu[cpu].controls)) ==> \old(access->linear) <= 0xFFFFFFFF;
    ensures total: answerable{Pre}(machine, cpu, access) ==> \result == SLAT_OK ||
      (\result == SLAT_UNSUPPORTED_SHADOW_STACK_ADDRESS && \old(access->shadow_stack) != 0 &&
       masked_linear{Pre}(&machine->cpu[cpu].controls, access) != \old(access->linear)) ||
      (\result == SLAT_UNSUPPORTED_NPT_WIDTH && !lass_denies{Pre}(&machine->cpu[cpu].controls, access) &&
       (masked_linear{Pre}(&machine->cpu[cpu].controls, access) == \old(access->linear) ==>
          unanswered{Pre}(memory, &machine->cpu[cpu].controls, access)));
*/
enum slat_status slat_permitted(const struct slat_machine *machine, unsigned cpu, const struct slat_memory *memory,
                                const struct slat_access *access, struct slat_permitted *out);
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole answer to one access: theorem 2 from the registers' decoded state to the set. */
#ifndef SLAT_ANSWER_H
#define SLAT_ANSWER_H
#include "permitted.h"

/*@ // A modelled state and a valid access within a page; outside long mode one of 32 bits.
    predicate answerable(struct slat_machine *k, integer cpu, struct slat_access *a) =
      0 <= cpu < SLAT_MAX_CPUS && k->cpu[cpu].status == SLAT_OK && access_valid(*a) && !crosses_page(*a) &&
      (linear_32bit(&k->cpu[cpu].controls) ==> a->linear <= 0xFFFFFFFF);
*/

/*@ requires machine: \valid_read(machine);
    requires sound: cpu < SLAT_MAX_CPUS ==> // as controls_in_range(), which machine_sound() gives
      machine->cpu[cpu].controls.guest_table <= 0xFFFFFFFFFF000 &&
      machine->cpu[cpu].controls.stage2_table <= 0xFFFFFFFFFF000 &&
      machine->cpu[cpu].controls.stage2 <= SLAT_STAGE2_NPT;
    requires readable: \valid_read(memory) && \valid_read(access);
    requires writable: \valid(out);
    requires separated: \separated(out, machine) && \separated(out, memory) && \separated(out, access);
    terminates \true;
    assigns *out;
    ensures answered: \result == SLAT_OK ==> cpu < SLAT_MAX_CPUS && \old(machine->cpu[cpu].status) == SLAT_OK &&
      access_valid(\old(*access)) && !crosses_page(\old(*access));
    ensures answer: \result == SLAT_OK ==> \exists struct slat_walk w;
      walk_is{Pre}(w, memory, &machine->cpu[cpu].controls, access) &&
      !(\old(machine->cpu[cpu].controls.stage2) == SLAT_STAGE2_NPT && too_wide_for_stage2{Pre}(&machine->cpu[cpu].controls, access, w)) &&
      set_is{Pre}(*out, memory, &machine->cpu[cpu].controls, access, w);
    ensures LINEAR_32_BIT: \result == SLAT_OK ==> \old(linear_32bit(&machine->cpu[cpu].controls)) ==> \old(access->linear) <= 0xFFFFFFFF;
    ensures total: answerable{Pre}(machine, cpu, access) ==> \result == SLAT_OK ||
      (\result == SLAT_UNSUPPORTED_NPT_WIDTH && \old(machine->cpu[cpu].controls.stage2) == SLAT_STAGE2_NPT &&
       \exists struct slat_walk w; walk_is{Pre}(w, memory, &machine->cpu[cpu].controls, access) &&
         too_wide_for_stage2{Pre}(&machine->cpu[cpu].controls, access, w));
*/
enum slat_status slat_permitted(const struct slat_machine *machine, unsigned cpu, const struct slat_memory *memory,
                                const struct slat_access *access, struct slat_permitted *out);
#endif

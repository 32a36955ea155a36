/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole answer to one access: theorem 2 from the registers' decoded state to the set. */
#ifndef SLAT_ANSWER_H
#define SLAT_ANSWER_H
#include "permitted.h"

/*@ requires machine: \valid_read(machine);
    requires sound: cpu < SLAT_MAX_CPUS ==> cpu_sound(&machine->cpu[cpu]);
    requires readable: \valid_read(memory) && \valid_read(access);
    requires writable: \valid(out);
    requires separated: \separated(out, machine) && \separated(out, memory) && \separated(out, access);
    terminates \true;
    assigns *out;
    ensures cpu: \result == SLAT_OK ==> cpu < SLAT_MAX_CPUS && machine->cpu[cpu].status == SLAT_OK;
    ensures answer: \result == SLAT_OK ==> \exists struct slat_walk w;
      walk_is{Pre}(w, memory, &machine->cpu[cpu].controls, access) &&
      set_is{Pre}(*out, memory, &machine->cpu[cpu].controls, access, w);
*/
enum slat_status slat_permitted(const struct slat_machine *machine, unsigned cpu, const struct slat_memory *memory,
                                const struct slat_access *access, struct slat_permitted *out);
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine: configuration, registers, events. */
#ifndef SLAT_MACHINE_H
#define SLAT_MACHINE_H
#include <slat/slat.h>
#include "controls.h"

/*@ // A machine whose controls are those of its registers, as far as the walkers need it.
    predicate cpu_sound(struct slat_cpu *p) = p->status == SLAT_OK ==>
      p->controls.stage2 <= SLAT_STAGE2_NPT && p->controls.stage2_table <= 0xFFFFFFFFFF000 &&
      p->controls.guest_table <= 0xFFFFFFFFFF000;
    predicate config_sound(struct slat_config *config) =
      32 <= config->maxphyaddr <= 52 && config->stage2 <= SLAT_STAGE2_NPT;
*/

/*@ requires writable: \valid(machine);
    requires readable: \valid_read(config);
    requires separated: \separated(machine, config);
    terminates \true;
    assigns *machine;
    ensures config: \result == SLAT_OK ==> config_sound(&machine->config);
*/
enum slat_status slat_open(struct slat_machine *machine, const struct slat_config *config);

/*@ requires writable: \valid(machine);
    requires config: config_sound(&machine->config);
    requires readable: \valid_read(event);
    requires separated: \separated(machine, event);
    terminates \true;
    assigns machine->cpu[0 .. SLAT_MAX_CPUS - 1];
    ensures sound: \result == SLAT_OK && event->kind == SLAT_EVENT_REGISTER ==> cpu_sound(&machine->cpu[event->cpu]);
*/
enum slat_status slat_feed(struct slat_machine *machine, const struct slat_event *event);

/** An access that the model can be asked about.  @return SLAT_OK, SLAT_INVALID_ACCESS or SLAT_UNSUPPORTED_PAGE_CROSSING. */
/*@ requires readable: \valid_read(access);
    terminates \true;
    assigns \nothing;
    ensures ACCESS_VALID: \result == SLAT_OK ==> access->kind <= SLAT_FETCH && access->linear % 0x1000 + access->width <= 0x1000;
*/
enum slat_status slat_check_access(const struct slat_access *access);
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine: configuration, registers, events. */
#ifndef SLAT_MACHINE_H
#define SLAT_MACHINE_H
#include <slat/slat.h>
#include "controls.h"
#include "../../spec/logic/machine.acsl"

/*@ requires writable: \valid(machine);
    requires readable: \valid_read(config);
    requires separated: \separated(machine, config);
    terminates \true;
    assigns *machine;
    ensures accepted: \result == SLAT_OK <==> config_valid(\old(*config));
    ensures sound: \result == SLAT_OK ==> machine_sound(*machine);
    ensures config: \result == SLAT_OK ==> machine->config == \old(*config);
    ensures reset: \result == SLAT_OK ==> opened_machine(*machine);
*/
enum slat_status slat_open(struct slat_machine *machine, const struct slat_config *config);

/*@ requires writable: \valid(machine);
    requires sound: machine_sound(*machine);
    requires readable: \valid_read(event);
    requires separated: \separated(machine, event);
    terminates \true;
    assigns *machine;
    ensures accepted: \result == SLAT_OK <==> event_valid(\old(*event));
    ensures sound: machine_sound(*machine);
    ensures written: writes_register(\old(*event)) ==>
      after_write(*machine, \old(*machine), \old(event->cpu), \old(event->reg), \old(event->value));
    ensures unchanged: !writes_register(\old(*event)) ==> *machine == \old(*machine);
*/
enum slat_status slat_feed(struct slat_machine *machine, const struct slat_event *event);

/** An access that the model can be asked about.  @return SLAT_OK, SLAT_INVALID_ACCESS or SLAT_UNSUPPORTED_PAGE_CROSSING. */
/*@ terminates \true;
    assigns \nothing;
    ensures valid: \result == SLAT_OK <==> access_valid(a) && !crosses_page(a);
    ensures invalid: \result == SLAT_INVALID_ACCESS <==> !access_valid(a);
    ensures crosses: \result == SLAT_UNSUPPORTED_PAGE_CROSSING <==> access_valid(a) && crosses_page(a);
*/
enum slat_status slat_check_access(struct slat_access a);
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "pdptes.h"

bool pdptes_in_registers(const struct slat_machine *machine)
{
  const struct slat_controls *c = &machine->cpu[0].controls;

  return machine->config.stage2 == SLAT_STAGE2_NONE && c->paging && c->guest.mode == SLAT_PAGING_PAE &&
         c->pdpte_registers;
}

void pdptes_load(struct slat_machine *machine, const struct machine_memory *memory)
{
  const uint64_t table = machine->cpu[0].controls.guest_table;

  for (unsigned i = 0; i < 4; i++)
    slat_feed(machine, &(struct slat_event){ .kind = SLAT_EVENT_REGISTER,
                                             .reg = (uint8_t)(SLAT_PDPTE0 + i),
                                             .value = memory_word(memory, table + 8 * i) });
}

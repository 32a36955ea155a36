/* SPDX-License-Identifier: BSD-2-Clause */
#include "pdptes.h"

#define CR0_LOADS (1ULL << 29 | 1ULL << 30 | 1ULL << 31)           /* NW, CD, PG */
#define CR4_LOADS (1ULL << 4 | 1ULL << 5 | 1ULL << 7 | 1ULL << 20) /* PSE, PAE, PGE, SMEP */

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

bool pdptes_loaded_by(const struct slat_event *event, const struct slat_machine *before,
                      const struct slat_machine *after)
{
  const uint64_t changed = before->cpu[0].reg[event->reg] ^ after->cpu[0].reg[event->reg];

  if (!pdptes_in_registers(after))
    return false;
  switch (event->reg) {
  case SLAT_CR0:
    return changed & CR0_LOADS;
  case SLAT_CR3:
    return true;
  case SLAT_CR4:
    return changed & CR4_LOADS;
  default:
    return false;
  }
}

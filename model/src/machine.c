/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"
#include "rule.h"

/*@ terminates \true;
    assigns \nothing;
*/
static bool is_width(unsigned width)
{
  return width == 1 || width == 2 || width == 4 || width == 8;
}

enum slat_status slat_check_access(const struct slat_access *access)
{
  if (access->kind > SLAT_FETCH || !is_width(access->width) || (access->implicit && access->kind == SLAT_FETCH))
    return SLAT_INVALID_ACCESS;
  if (access->linear % 0x1000 + access->width > 0x1000)
    return SLAT_UNSUPPORTED_PAGE_CROSSING;
  return SLAT_OK;
}

enum slat_status slat_open(struct slat_machine *machine, const struct slat_config *config)
{
  const enum slat_status status = slat_check_config(config);
  struct slat_cpu cpu = { .reg = { 0 } };

  if (status != SLAT_OK)
    return status;
  machine->config = *config;

  /* 4-level paging with protection on, tables at 0. */
  cpu.reg[SLAT_CR0] = 0x80010001;
  cpu.reg[SLAT_CR4] = 0x20;
  cpu.reg[SLAT_EFER] = config->nx ? 0xD00 : 0x500;
  cpu.reg[SLAT_RFLAGS] = 0x2;
  if (config->stage2 == SLAT_STAGE2_EPT)
    cpu.reg[SLAT_EPTP] = 0x1E; /* write-back, 4 levels */
  if (config->stage2 == SLAT_STAGE2_NPT) {
    cpu.reg[SLAT_HOST_CR0] = cpu.reg[SLAT_CR0];
    cpu.reg[SLAT_HOST_CR4] = cpu.reg[SLAT_CR4];
    cpu.reg[SLAT_HOST_EFER] = cpu.reg[SLAT_EFER];
  }
  cpu.status = (uint8_t)slat_decode_controls(config, cpu.reg, &cpu.controls);

  /*@ loop invariant range: 0 <= i <= SLAT_MAX_CPUS;
      loop invariant sound: \forall integer k; 0 <= k < i ==> cpu_sound(&machine->cpu[k]);
      loop assigns i, machine->cpu[0 .. SLAT_MAX_CPUS - 1];
      loop variant SLAT_MAX_CPUS - i;
  */
  for (unsigned i = 0; i < SLAT_MAX_CPUS; i++)
    machine->cpu[i] = cpu;
  return SLAT_OK;
}

enum slat_status slat_feed(struct slat_machine *machine, const struct slat_event *event)
{
  if (event->cpu >= SLAT_MAX_CPUS)
    return SLAT_INVALID_CPU;

  struct slat_cpu *cpu = &machine->cpu[event->cpu];
  switch (event->kind) {
  case SLAT_EVENT_REGISTER:
    if (event->reg >= SLAT_REGISTER_COUNT)
      return SLAT_INVALID_REGISTER;
    cpu->reg[event->reg] = event->value;
    cpu->status = (uint8_t)slat_decode_controls(&machine->config, cpu->reg, &cpu->controls);
    return SLAT_OK;
  case SLAT_EVENT_STORE:
    return is_width(event->width) && event->address % event->width == 0 ? SLAT_OK : SLAT_INVALID_EVENT;
  case SLAT_EVENT_ACCESS: {
    const enum slat_status status = slat_check_access(&event->access);
    if (event->stores && event->access.kind != SLAT_WRITE)
      return SLAT_INVALID_ACCESS;
    return status == SLAT_INVALID_ACCESS ? status : SLAT_OK;
  }
  case SLAT_EVENT_INVLPG:
    return SLAT_OK;
  case SLAT_EVENT_OBSERVED:
    return event->outcome.kind != SLAT_NO_OUTCOME && event->outcome.kind <= SLAT_NESTED_PAGE_FAULT ? SLAT_OK
                                                                                                  : SLAT_INVALID_EVENT;
  default:
    return SLAT_INVALID_EVENT;
  }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"
#include "rule.h"

/*@ terminates \true;
    assigns \nothing;
    ensures width: \result != 0 <==> width == 1 || width == 2 || width == 4 || width == 8;
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

/* Decodes the registers of a logical processor after one was written. */
/*@ requires writable: \valid(cpu);
    requires readable: \valid_read(config);
    requires separated: \separated(cpu, config);
    requires config: config_sound(config);
    terminates \true;
    assigns cpu->controls, cpu->status;
    ensures sound: cpu_sound(cpu);
*/
static void decode(struct slat_cpu *cpu, const struct slat_config *config)
{
  cpu->status = (uint8_t)slat_decode_controls(config, cpu->reg, &cpu->controls);
}

/* Puts one logical processor into 4-level paging with protection on, tables at 0. */
/*@ requires writable: \valid(cpu);
    requires config: 32 <= config.maxphyaddr <= 52 && config.stage2 <= SLAT_STAGE2_NPT;
    terminates \true;
    assigns *cpu;
    ensures sound: cpu_sound(cpu);
*/
static void reset(struct slat_cpu *cpu, struct slat_config config)
{
  const bool ept = config.stage2 == SLAT_STAGE2_EPT, npt = config.stage2 == SLAT_STAGE2_NPT;
  const uint64_t cr0 = 0x80010001, cr4 = 0x20, efer = config.nx ? 0xD00 : 0x500;

  cpu->reg[SLAT_CR0] = cr0;
  cpu->reg[SLAT_CR3] = 0;
  cpu->reg[SLAT_CR4] = cr4;
  cpu->reg[SLAT_EFER] = efer;
  cpu->reg[SLAT_RFLAGS] = 0x2;
  cpu->reg[SLAT_EPTP] = ept ? 0x1E : 0; /* write-back, 4 levels */
  cpu->reg[SLAT_NCR3] = 0;
  cpu->reg[SLAT_HOST_CR0] = npt ? cr0 : 0;
  cpu->reg[SLAT_HOST_CR4] = npt ? cr4 : 0;
  cpu->reg[SLAT_HOST_EFER] = npt ? efer : 0;
  decode(cpu, &config);
}

enum slat_status slat_open(struct slat_machine *machine, const struct slat_config *config)
{
  const enum slat_status status = slat_check_config(config);
  const struct slat_config c = *config;

  if (status != SLAT_OK)
    return status;
  //@ assert writable: \forall integer i; 0 <= i < SLAT_MAX_CPUS ==> \valid(&machine->cpu[i]);
  reset(&machine->cpu[0], c);
  reset(&machine->cpu[1], c);
  reset(&machine->cpu[2], c);
  reset(&machine->cpu[3], c);
  machine->config = c;
  return SLAT_OK;
}

/* Is an event that changes no register well formed? */
/*@ requires readable: \valid_read(event);
    terminates \true;
    assigns \nothing;
*/
static enum slat_status check_event(const struct slat_event *event)
{
  enum slat_status status;

  switch (event->kind) {
  case SLAT_EVENT_STORE:
    return is_width(event->width) && event->address % event->width == 0 ? SLAT_OK : SLAT_INVALID_EVENT;
  case SLAT_EVENT_ACCESS:
    status = slat_check_access(&event->access);
    if (event->stores && event->access.kind != SLAT_WRITE)
      return SLAT_INVALID_ACCESS;
    return status == SLAT_INVALID_ACCESS ? status : SLAT_OK;
  case SLAT_EVENT_INVLPG:
    return SLAT_OK;
  case SLAT_EVENT_OBSERVED:
    return event->outcome.kind != SLAT_NO_OUTCOME && event->outcome.kind <= SLAT_NESTED_PAGE_FAULT ? SLAT_OK
                                                                                                   : SLAT_INVALID_EVENT;
  case SLAT_EVENT_OBSERVED_WORD:
    return event->address % 8 == 0 ? SLAT_OK : SLAT_INVALID_EVENT;
  default:
    return SLAT_INVALID_EVENT;
  }
}

enum slat_status slat_feed(struct slat_machine *machine, const struct slat_event *event)
{
  if (event->cpu >= SLAT_MAX_CPUS)
    return SLAT_INVALID_CPU;
  if (event->kind != SLAT_EVENT_REGISTER)
    return check_event(event);
  if (event->reg >= SLAT_REGISTER_COUNT)
    return SLAT_INVALID_REGISTER;

  struct slat_cpu *cpu = &machine->cpu[event->cpu];
  cpu->reg[event->reg] = event->value;
  decode(cpu, &machine->config);
  return SLAT_OK;
}

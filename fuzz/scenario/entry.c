/* SPDX-License-Identifier: BSD-2-Clause */
#include "entry.h"

struct temper temper_pick(struct random *random, unsigned generous)
{
  static const struct temper tempers[] = {
    { { 99, 96 }, { 98, 85 }, { 98, 75 }, { 1, 7 }, { 80, 70 }, { 50, 50 }, { 1, 3 } },
    { { 98, 92 }, { 95, 70 }, { 95, 65 }, { 3, 15 }, { 60, 60 }, { 50, 50 }, { 2, 5 } },
    { { 96, 88 }, { 88, 60 }, { 88, 55 }, { 6, 25 }, { 40, 50 }, { 50, 30 }, { 3, 8 } },
  };

  return tempers[random_percent(random, generous) ? 0 : random_percent(random, 66) ? 1 : 2];
}

/* A bit that is reserved, or only looks so: address bits at and above MAXPHYADDR, 29:13, bits 8, 7 and 63, ignored
 * ones. */
static uint64_t odd_bit(struct random *random, const struct slat_config *config, unsigned level)
{
  const unsigned width = config->maxphyaddr;

  if (level >= 4 && random_percent(random, 40))
    return 1ULL << (7 + random_below(random, 2)); /* the vendors differ about bit 8 */

  switch (random_below(random, 8)) {
  case 0:
    return 1ULL << 63;
  case 1:
    return 1ULL << (12 + random_below(random, 9)); /* 20:12 */
  case 2:
    return 1ULL << (21 + random_below(random, 9)); /* 29:21 */
  case 3:
    return ENTRY_PS;
  case 4:
    return 1ULL << (8 + random_below(random, 4));
  case 5:
    return 1ULL << (52 + random_below(random, 11));
  case 6:
    return 1ULL << (width < 52 ? width + random_below(random, 52 - width) : 51);
  default:
    return 1ULL << (width < 52 && random_percent(random, 50) ? width : width - 1); /* the two sides of the limit */
  }
}

/* The same for an entry of 4 bytes. In a PDE that maps 4 MB bits 20:13 are address bits 39:32 or reserved, bit 21 is reserved. */
static uint64_t odd_bit_32(struct random *random)
{
  return random_percent(random, 65) ? 1ULL << (12 + random_below(random, 10)) : 1ULL << (7 + random_below(random, 5));
}

/* And for a PDPTE of PAE paging: 2:1, 8:5 and all from MAXPHYADDR up are reserved, 11:9 ignored. */
static uint64_t odd_bit_pdpte(struct random *random, const struct slat_config *config)
{
  switch (random_below(random, 4)) {
  case 0:
    return 1ULL << (1 + random_below(random, 2));
  case 1:
    return 1ULL << (5 + random_below(random, 4));
  case 2:
    return 1ULL << 63;
  default:
    return 1ULL << (config->maxphyaddr + random_below(random, 63 - config->maxphyaddr));
  }
}

static bool loads_pdptes(const struct slat_config *config)
{
  return config->vendor == SLAT_INTEL || config->amd_pdpte_registers;
}

/* It has no rights. With a reserved bit it never gets into a register: a scenario would not even start. */
static uint64_t entry_pdpte(struct random *random, const struct slat_config *config, uint64_t target)
{
  uint64_t e = target;

  if (random_percent(random, 92))
    e |= ENTRY_P;
  if (random_percent(random, 15))
    e |= 1ULL << (3 + random_below(random, 2)); /* PWT, PCD */
  if (random_percent(random, 10))
    e |= 1ULL << (9 + random_below(random, 3));
  if (random_percent(random, loads_pdptes(config) ? e & ENTRY_P ? 0 : 30 : 2))
    e |= odd_bit_pdpte(random, config);
  return e;
}

static const uint8_t keys_in_use[] = { 1, 2, 8, 15 };

uint64_t entry_guest(struct random *random, const struct temper *temper, const struct slat_config *config,
                     enum entry_format format, unsigned level, uint64_t target, bool page)
{
  uint64_t e = target;

  if (format == ENTRY_PDPTE)
    return entry_pdpte(random, config, target);
  if (random_percent(random, temper->present[page]))
    e |= ENTRY_P;
  if (random_percent(random, temper->write[page]))
    e |= ENTRY_W;
  if (random_percent(random, temper->user[page]))
    e |= ENTRY_U;
  if (format != ENTRY_32BIT && random_percent(random, temper->execute_disable[page]))
    e |= ENTRY_XD;
  if (random_percent(random, temper->accessed[page]))
    e |= ENTRY_A;
  if (page && random_percent(random, temper->dirty[1]))
    e |= ENTRY_D;
  if (page && level > 1)
    e |= ENTRY_PS;
  if (format == ENTRY_LONG && page && config->pku && random_percent(random, 40))
    e |= (uint64_t)keys_in_use[random_below(random, sizeof keys_in_use)] << 59;
  if (random_percent(random, temper->odd[page]))
    e |= format == ENTRY_32BIT ? odd_bit_32(random) : odd_bit(random, config, level);
  return e;
}

uint64_t entry_keys(struct random *random)
{
  uint64_t keys = random_once_in(random, 20) ? random_below(random, 4) : 0;

  for (unsigned i = 0; i < sizeof keys_in_use; i++)
    if (random_percent(random, 50))
      keys |= (uint64_t)random_below(random, 4) << (2 * keys_in_use[i]); /* ADi, WDi */
  return keys;
}

uint64_t entry_ept(struct random *random, const struct temper *temper, const struct slat_config *config, unsigned level,
                   uint64_t target, bool page)
{
  static const uint8_t types[] = { 6, 6, 6, 6, 6, 6, 0, 1, 4, 5 };
  static const uint8_t bad_types[] = { 2, 3, 7 };
  uint64_t e = target;

  if (random_percent(random, temper->present[page]))
    e |= 1;
  if (random_percent(random, temper->write[page]) && ((e & 1) || random_once_in(random, 8)))
    e |= 2;
  if (random_percent(random, page ? 75 : 95) && ((e & 1) || random_percent(random, 30)))
    e |= 4;
  if (page) {
    e |= (uint64_t)types[random_below(random, sizeof types)] << 3;
    if (random_once_in(random, 60))
      e = (e & ~0x38ULL) | (uint64_t)bad_types[random_below(random, sizeof bad_types)] << 3;
    if (random_percent(random, 20))
      e |= 1ULL << 6;
    if (level > 1)
      e |= ENTRY_PS;
  }
  if (random_percent(random, temper->accessed[page]))
    e |= 1ULL << 8;
  if (page && random_percent(random, temper->dirty[1]))
    e |= 1ULL << 9;
  if (random_percent(random, temper->odd[page]))
    e |= odd_bit(random, config, level);
  return e;
}

/* Registers take it, or not; a walk that reads it finds it reserved, or not. */
static uint64_t mutate_pdpte(struct random *random, const struct slat_config *config, uint64_t entry, uint64_t other)
{
  const unsigned choice = random_below(random, 100);

  if (choice < 45)
    return (entry & ~ENTRY_ADDRESS) | (other & ENTRY_ADDRESS);
  if (choice < 80)
    return entry ^ ENTRY_P;
  return choice < 88 ? entry ^ 1ULL << (9 + random_below(random, 3)) : entry ^ odd_bit_pdpte(random, config);
}

uint64_t entry_mutate(struct random *random, const struct slat_config *config, enum entry_format format, uint64_t entry,
                      uint64_t other)
{
  static const uint8_t bits[] = { 0, 0, 1, 1, 1, 2, 2, 2, 5, 5, 6, 6, 7, 7, 7, 8, 9, 63, 63 };

  if (format == ENTRY_PDPTE)
    return mutate_pdpte(random, config, entry, other);
  do {
    switch (random_below(random, 8)) {
    case 0:
      entry = (entry & ~ENTRY_ADDRESS) | (other & ENTRY_ADDRESS);
      break;
    case 1:
      entry ^= format == ENTRY_32BIT ? odd_bit_32(random) : odd_bit(random, config, 0);
      break;
    case 2:
      entry ^= 1ULL << random_below(random, 7);
      break;
    case 3:
      entry = (entry & 7) == 7 ? entry & ~7ULL : entry | 7;
      break;
    default:
      entry ^= 1ULL << bits[random_below(random, sizeof bits)];
    }
  } while (random_percent(random, 30));
  return format == ENTRY_32BIT ? (uint32_t)entry : entry;
}

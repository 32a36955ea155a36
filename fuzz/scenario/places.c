/* SPDX-License-Identifier: BSD-2-Clause */
#include "places.h"
#include "step.h"

static void add(uint64_t *list, unsigned *count, unsigned room, uint64_t value)
{
  for (unsigned i = 0; i < *count; i++)
    if (list[i] == value)
      return;
  if (*count < room)
    list[(*count)++] = value;
}

void places_add_page(struct places *places, uint64_t linear)
{
  add(places->page, &places->pages, PLACES_PAGES, linear & ~0xfffULL);
}

void places_stored(struct places *places, uint64_t spa, uint64_t value, unsigned width)
{
  add(places->word, &places->words, PLACES_WORDS, spa);
  for (unsigned i = 0; i < places->words; i++)
    if (places->word[i] == spa) {
      places->value[i] = value;
      places->width[i] = (uint8_t)width;
    }
}

static void add_frame(struct places *places, uint64_t address)
{
  if ((address & ENTRY_ADDRESS) < places->memory_bytes)
    add(places->frame, &places->frames, PLACES_FRAMES, address & ENTRY_ADDRESS);
}

void places_collect(struct places *places, const struct scenario *scenario, uint64_t memory_bytes)
{
  const unsigned prologue = scenario_prologue(scenario);

  const bool four_bytes = places_levels(scenario) == 2 || places_stage2_levels(scenario) == 2;

  places->memory_bytes = memory_bytes;
  places->levels = places_levels(scenario);
  places->pse = scenario_register(scenario, SLAT_CR4, CR4_INITIAL) & CR4_PSE;

  for (unsigned i = 0; i < scenario->count; i++) {
    const struct slat_event *event = &scenario->event[i];

    switch (event->kind) {
    case SLAT_EVENT_STORE:
      if ((event->width == 8 || (event->width == 4 && four_bytes)) && i < prologue)
        places_stored(places, event->address, event->value, event->width);
      add_frame(places, event->address);
      break;
    case SLAT_EVENT_REGISTER:
      if (event->reg == SLAT_CR3 && (event->value & ~CR3_LAM) < memory_bytes)
        add(places->root, &places->roots, PLACES_ROOTS, event->value);
      break;
    case SLAT_EVENT_ACCESS:
      places_add_page(places, event->access.linear);
      break;
    default:
      break;
    }
  }
  for (unsigned i = 0; i < places->words; i++)
    add_frame(places, places->value[i]);
  /* A scenario without one of these has lost it to mutation: something must be there. */
  if (places->pages == 0)
    places_add_page(places, 0);
  if (places->frames == 0)
    add(places->frame, &places->frames, PLACES_FRAMES, 0x1000);
  if (places->roots == 0)
    add(places->root, &places->roots, PLACES_ROOTS, 0x1000);
}

uint64_t places_value(const struct places *places, uint64_t spa)
{
  for (unsigned i = 0; i < places->words; i++)
    if (places->word[i] == spa)
      return places->value[i];
  return 0;
}

unsigned places_levels(const struct scenario *scenario)
{
  const uint64_t cr4 = scenario_register(scenario, SLAT_CR4, CR4_INITIAL);
  const bool paging = scenario_register(scenario, SLAT_CR0, CR0_INITIAL) & CR0_PG;

  if (paging && !(scenario_register(scenario, SLAT_EFER, EFER_INITIAL) & EFER_LMA))
    return cr4 & CR4_PAE ? 3 : 2;
  return cr4 & CR4_LA57 ? 5 : 4;
}

unsigned places_stage2_levels(const struct scenario *scenario)
{
  const uint64_t cr4 = scenario_register(scenario, SLAT_HOST_CR4, CR4_INITIAL);

  if (scenario->config.stage2 == SLAT_STAGE2_EPT)
    return (scenario_register(scenario, SLAT_EPTP, 0) >> 3 & 7) == 4 ? 5 : 4;
  if (scenario->config.stage2 == SLAT_STAGE2_NPT &&
      !(scenario_register(scenario, SLAT_HOST_EFER, EFER_INITIAL) & EFER_LMA))
    return cr4 & CR4_PAE ? 3 : 2;
  return scenario->config.stage2 == SLAT_STAGE2_NPT && (cr4 & CR4_LA57) ? 5 : 4;
}

unsigned places_shift(unsigned levels, unsigned level)
{
  return 12 + (levels == 2 ? 10 : 9) * (level - 1);
}

unsigned places_entries(unsigned levels, unsigned level)
{
  return levels == 2 ? 1024 : levels == 3 && level == 3 ? 4 : 512;
}

uint64_t places_table(uint64_t cr3, unsigned levels)
{
  return cr3 & (levels == 2 ? 0xfffff000ULL : levels == 3 ? 0xffffffe0ULL : ENTRY_ADDRESS);
}

uint64_t places_canonical(uint64_t linear, unsigned levels)
{
  const unsigned unused = levels == 5 ? 7 : 16;

  return levels < 4 ? (uint32_t)linear : (uint64_t)((int64_t)(linear << unused) >> unused);
}

enum entry_format places_format(const struct places *places, unsigned word)
{
  if (places->width[word] == 4)
    return ENTRY_32BIT;
  if (places->levels != 3)
    return ENTRY_LONG;
  for (unsigned i = 0; i < places->roots; i++)
    if (places->word[word] - places_table(places->root[i], 3) < 4 * 8)
      return ENTRY_PDPTE;
  return ENTRY_PAE;
}

/* Does an entry map a page? And the address of that. */
static bool maps_page(const struct places *places, unsigned level, uint64_t entry)
{
  if (level == 1)
    return true;
  return (entry & ENTRY_PS) && (places->levels == 2 ? places->pse : level == 2 || (level == 3 && places->levels > 3));
}

static uint64_t page_address(const struct places *places, unsigned level, uint64_t entry, uint64_t linear)
{
  const uint64_t offset = (1ULL << places_shift(places->levels, level)) - 1;

  if (places->levels == 2 && level == 2)
    return (entry >> 13 & 0xff) << 32 | (entry & 0xffc00000) | (linear & offset);
  return (entry & ENTRY_ADDRESS & ~offset) | (linear & offset);
}

struct route places_route(const struct places *places, uint64_t root, uint64_t linear)
{
  const unsigned levels = places->levels;
  struct route route = { 0 };
  uint64_t table = places_table(root, levels);

  for (unsigned level = levels; level >= 1; level--) {
    const uint64_t index = linear >> places_shift(levels, level) & (places_entries(levels, level) - 1);
    const uint64_t address = table + (levels == 2 ? 4 : 8) * index;
    unsigned i = 0;

    while (i < places->words && places->word[i] != address)
      i++;
    if (i == places->words)
      return route;
    route.word[route.words++] = (int)i;
    if (!(places->value[i] & ENTRY_P))
      return route;
    table = places->value[i] & ENTRY_ADDRESS;
    if (maps_page(places, level, places->value[i])) {
      route.complete = true;
      route.level = level;
      route.spa = page_address(places, level, places->value[i], linear);
      return route;
    }
  }
  return route;
}

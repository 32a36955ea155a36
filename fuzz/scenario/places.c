/* SPDX-License-Identifier: BSD-2-Clause */
#include "places.h"
#include "entry.h"
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

void places_stored(struct places *places, uint64_t spa, uint64_t value)
{
  const uint64_t word = spa & ~7ULL;

  add(places->word, &places->words, PLACES_WORDS, word);
  for (unsigned i = 0; i < places->words; i++)
    if (places->word[i] == word)
      places->value[i] = value;
}

static void add_frame(struct places *places, uint64_t address)
{
  if ((address & ENTRY_ADDRESS) < places->memory_bytes)
    add(places->frame, &places->frames, PLACES_FRAMES, address & ENTRY_ADDRESS);
}

void places_collect(struct places *places, const struct scenario *scenario, uint64_t memory_bytes)
{
  const unsigned prologue = scenario_prologue(scenario);

  places->memory_bytes = memory_bytes;
  places->levels = scenario_register(scenario, SLAT_CR4, CR4_INITIAL) & CR4_LA57 ? 5 : 4;

  for (unsigned i = 0; i < scenario->count; i++) {
    const struct slat_event *event = &scenario->event[i];

    switch (event->kind) {
    case SLAT_EVENT_STORE:
      if (event->width == 8 && i < prologue)
        places_stored(places, event->address, event->value);
      add_frame(places, event->address);
      break;
    case SLAT_EVENT_REGISTER:
      if (event->reg == SLAT_CR3 && event->value < memory_bytes)
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

uint64_t places_canonical(uint64_t linear, unsigned levels)
{
  const unsigned unused = levels == 5 ? 7 : 16;

  return (uint64_t)((int64_t)(linear << unused) >> unused);
}

struct route places_route(const struct places *places, uint64_t root, uint64_t linear)
{
  struct route route = { 0 };
  uint64_t table = root & ENTRY_ADDRESS;

  for (unsigned level = places->levels; level >= 1; level--) {
    const uint64_t address = table + 8 * (linear >> (12 + 9 * (level - 1)) & 511);
    unsigned i = 0;

    while (i < places->words && places->word[i] != address)
      i++;
    if (i == places->words)
      return route;
    route.word[route.words++] = (int)i;
    if (!(places->value[i] & ENTRY_P))
      return route;
    table = places->value[i] & ENTRY_ADDRESS;
    if (level == 1 || (level < 4 && (places->value[i] & ENTRY_PS))) {
      const uint64_t offset = (1ULL << (12 + 9 * (level - 1))) - 1;

      route.complete = true;
      route.spa = (table & ~offset) | (linear & offset);
      return route;
    }
  }
  return route;
}

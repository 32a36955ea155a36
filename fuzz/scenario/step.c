/* SPDX-License-Identifier: BSD-2-Clause */
#include "step.h"
#include "entry.h"

void scenario_append(struct scenario *scenario, const struct slat_event *event)
{
  if (scenario->count < SCENARIO_MAX_EVENTS)
    scenario->event[scenario->count++] = *event;
}

uint64_t scenario_register(const struct scenario *scenario, unsigned reg, uint64_t otherwise)
{
  for (unsigned i = scenario->count; i-- > 0;)
    if (scenario->event[i].kind == SLAT_EVENT_REGISTER && scenario->event[i].reg == reg)
      return scenario->event[i].value;
  return otherwise;
}

static void append_register(struct scenario *scenario, uint8_t reg, uint64_t value)
{
  scenario_append(scenario, &(struct slat_event){ .kind = SLAT_EVENT_REGISTER, .reg = reg, .value = value });
}

static uint64_t pick_page(const struct places *places, struct random *random)
{
  return places->page[random_below(random, places->pages)];
}

static uint64_t pick_frame(const struct places *places, struct random *random)
{
  return places->frame[random_below(random, places->frames)];
}

static uint64_t offset_for(struct random *random, unsigned width)
{
  static const uint16_t ends[] = { 0, 8, 0x800, 0xff8 };

  if (random_percent(random, 50))
    return ends[random_below(random, 4)];
  return random_below(random, 4096 / width) * width;
}

static struct slat_access pick_access(struct random *random, unsigned levels, uint64_t page)
{
  const unsigned kind = random_below(random, 100);
  struct slat_access access = {
    .kind = kind < 42   ? SLAT_READ
            : kind < 78 ? SLAT_WRITE
                        : SLAT_FETCH,
    .width = (uint8_t)(1U << random_below(random, 4)),
    .user = random_percent(random, 45),
  };

  access.linear = page | offset_for(random, access.width);
  access.implicit = access.kind != SLAT_FETCH && random_once_in(random, 14);
  if (levels >= 4 && random_once_in(random, 250))
    access.linear ^= 1ULL << (47 + random_below(random, 17)); /* not canonical, or with CR4.LA57 elsewhere */
  return access;
}

/* A pointer with a tag: in bits 62:57 or 62:48, or with UAI in bit 63 as well. */
static uint64_t with_tag(const struct slat_config *config, uint64_t linear, struct random *random)
{
  const unsigned low = random_percent(random, 60) ? 57 : 48, high = config->uai ? 64 : 63;

  return linear ^ (uint64_t)random_below(random, 1U << (high - low)) << low;
}

static void append_access_to(struct scenario *scenario, const struct places *places, uint64_t page,
                             struct random *random)
{
  const struct slat_config *config = &scenario->config;
  struct slat_access access = pick_access(random, places->levels, page);

  if ((config->lam || config->uai) && places->levels >= 4 && random_percent(random, 40))
    access.linear = with_tag(config, access.linear, random);
  access.cs_ss_fs_gs = config->uai && access.kind != SLAT_FETCH && random_once_in(random, 5);
  scenario_append(scenario, &(struct slat_event){ .kind = SLAT_EVENT_ACCESS, .access = access });
}

static void append_access(struct scenario *scenario, const struct places *places, struct random *random)
{
  append_access_to(scenario, places, pick_page(places, random), random);
}

static void append_invlpg(struct scenario *scenario, uint64_t linear)
{
  scenario_append(scenario, &(struct slat_event){ .kind = SLAT_EVENT_INVLPG, .address = linear });
}

static void append_cr3(struct scenario *scenario, const struct places *places, struct random *random)
{
  uint64_t value = scenario_register(scenario, SLAT_CR3, places->root[0]);

  if (random_once_in(random, 5))
    value = places->root[random_below(random, places->roots)];
  append_register(scenario, SLAT_CR3, value);
}

/* The invalidation that a change of an entry needs: INVLPG of a page whose walk uses it, or a reload of CR3, which for
 * a PDPTE of PAE paging it must be. Sometimes none. */
static void append_invalidation(struct scenario *scenario, const struct places *places,
                                const struct scenario_capabilities *can, struct random *random, unsigned changed)
{
  const uint64_t word = places->word[changed];
  const uint64_t root = scenario_register(scenario, SLAT_CR3, places->root[0]);
  const unsigned choice = random_below(random, 100);
  const unsigned first = random_below(random, places->pages);

  if (choice < 12)
    return;
  if ((choice < 32 || places_format(places, changed) == ENTRY_PDPTE) && can->register_writes) {
    append_cr3(scenario, places, random);
    return;
  }
  for (unsigned i = 0; i < places->pages; i++) {
    const uint64_t page = places->page[(first + i) % places->pages];
    const struct route route = places_route(places, root, page);

    for (unsigned j = 0; j < route.words; j++)
      if (places->word[route.word[j]] == word) {
        append_invlpg(scenario, page);
        return;
      }
  }
  append_invlpg(scenario, pick_page(places, random));
}

static uint64_t low_bytes(uint64_t value, unsigned width)
{
  return width == 8 ? value : value & ((1ULL << (8 * width)) - 1);
}

struct entry_store {
  uint64_t address, value;
  uint8_t width;
};

/* A store of 8 bytes that puts its value into an entry of 4 bytes, and leaves what the one beside it has. */
static struct entry_store two_entries(struct places *places, struct entry_store store)
{
  const uint64_t both = store.address & ~7ULL;
  const bool upper = store.address & 4;
  const uint64_t beside = places_value(places, both + (upper ? 0 : 4));

  places_stored(places, store.address, store.value, 4);
  return (struct entry_store){ .address = both,
                               .value = upper ? store.value << 32 | beside : beside << 32 | store.value,
                               .width = 8 };
}

/* A store to an entry: `word` gets a mutated value; sometimes only half of it. */
static struct entry_store mutated_store(const struct scenario *scenario, struct places *places, struct random *random,
                                        unsigned word)
{
  const uint64_t old = places->value[word];
  const uint64_t other = random_percent(random, 50) ? pick_frame(places, random)
                                                    : places->value[random_below(random, places->words)];
  const enum entry_format format = places_format(places, word);
  const uint64_t value = low_bytes(
    random_once_in(random, 6) ? other : entry_mutate(random, &scenario->config, format, old, other),
    places->width[word]);
  struct entry_store store = { .address = places->word[word], .value = value, .width = places->width[word] };

  if (format == ENTRY_32BIT && random_once_in(random, 6))
    return two_entries(places, store);
  if (random_once_in(random, 8)) {
    const unsigned shift = random_percent(random, 60) ? 0 : store.width / 2;

    store.width = shift > 0 ? store.width / 2 : random_percent(random, 50) ? 4 : random_percent(random, 50) ? 2 : 1;
    store.address += shift;
    store.value = low_bytes(value >> (8 * shift), store.width);
    return store; /* what the whole word is then, `places` need not know exactly */
  }
  places_stored(places, store.address, value, store.width);
  return store;
}

/* The guest stores to one of its own tables, through a page that is mapped to it. @return false: there is none. */
static bool append_alias_store(struct scenario *scenario, struct places *places,
                               const struct scenario_capabilities *can, struct random *random)
{
  const uint64_t root = scenario_register(scenario, SLAT_CR3, places->root[0]);
  const unsigned first_page = random_below(random, places->pages);
  const unsigned first_word = random_below(random, places->words);

  for (unsigned i = 0; i < places->pages; i++) {
    const uint64_t page = places->page[(first_page + i) % places->pages];
    const struct route route = places_route(places, root, page);

    if (!route.complete)
      continue;
    for (unsigned j = 0; j < places->words; j++) {
      const unsigned word = (first_word + j) % places->words;

      if ((places->word[word] & ~0xfffULL) != (route.spa & ~0xfffULL))
        continue;
      const struct entry_store store = mutated_store(scenario, places, random, word);
      struct slat_event event = { .kind = SLAT_EVENT_ACCESS, .stores = true, .value = store.value };

      event.access.linear = page | (store.address & 0xfff);
      event.access.kind = SLAT_WRITE;
      event.access.width = store.width;
      event.access.user = random_percent(random, 30);
      scenario_append(scenario, &event);
      append_invalidation(scenario, places, can, random, word);
      return true;
    }
  }
  return false;
}

/* A page whose frame changes between memory and none, with all that belongs to it: access, store to its last entry through
 * another page, INVLPG, store. @return false: no page maps the table that holds the entry. */
static bool append_remap(struct scenario *scenario, struct places *places, struct random *random)
{
  const uint64_t root = scenario_register(scenario, SLAT_CR3, places->root[0]);
  const uint64_t page = pick_page(places, random);
  const struct route route = places_route(places, root, page);

  if (!route.complete)
    return false;
  const unsigned word = (unsigned)route.word[route.words - 1];
  const bool outside = route.spa >= places->memory_bytes;
  const uint64_t frame = outside ? places->word[random_below(random, places->words)]
                                 : places->memory_bytes + (16 << 20);
  const uint64_t offset = (1ULL << places_shift(places->levels, route.level)) - 1;
  const uint64_t value = low_bytes((places->value[word] & ~ENTRY_ADDRESS) | (frame & ENTRY_ADDRESS & ~offset),
                                   places->width[word]);

  for (unsigned i = 0; i < places->pages; i++) {
    const struct route alias = places_route(places, root, places->page[i]);
    struct slat_event event = { .kind = SLAT_EVENT_ACCESS,
                                .access = { .linear = page, .width = 8, .kind = SLAT_WRITE } };

    if (!alias.complete || (alias.spa & ~0xfffULL) != (places->word[word] & ~0xfffULL))
      continue;
    scenario_append(scenario, &event);
    event.access.linear = places->page[i] | (places->word[word] & 0xfff);
    event.access.width = places->width[word];
    event.stores = true;
    event.value = value;
    scenario_append(scenario, &event);
    places_stored(places, places->word[word], value, places->width[word]);
    append_invlpg(scenario, page);
    event.access.linear = page | (random_percent(random, 60) ? frame & 0xfff : 0);
    event.value = random_percent(random, 50) ? 0 : value;
    scenario_append(scenario, &event);
    return true;
  }
  return false;
}

static void append_outside_store(struct scenario *scenario, struct places *places,
                                 const struct scenario_capabilities *can, struct random *random)
{
  const unsigned word = random_below(random, places->words);
  const struct entry_store store = mutated_store(scenario, places, random, word);

  scenario_append(scenario,
                  &(struct slat_event){
                    .kind = SLAT_EVENT_STORE, .address = store.address, .value = store.value, .width = store.width });
  append_invalidation(scenario, places, can, random, word);
}

/* From outside, what an entry above a page refers to changes: a table and a page change places, at the same address, or
 * another table is referred to. What is kept of the one must not be taken for the other. @return false: there is none. */
static bool append_upper_change(struct scenario *scenario, struct places *places,
                                const struct scenario_capabilities *can, struct random *random)
{
  const uint64_t page = pick_page(places, random);
  const struct route route = places_route(places, scenario_register(scenario, SLAT_CR3, places->root[0]), page);

  const unsigned lowest = places->levels < 4 ? places->levels - 2 : 2;

  if (route.words <= lowest)
    return false;
  const bool other = random_percent(random, 50);
  const unsigned word = (unsigned)route.word[other ? random_below(random, lowest + 1) : lowest];
  const uint64_t frame = places->word[random_below(random, places->words)];
  const uint64_t value = other ? (places->value[word] & ~ENTRY_ADDRESS) | (frame & ENTRY_ADDRESS)
                               : places->value[word] ^ ENTRY_PS;

  append_access_to(scenario, places, page, random);
  scenario_append(scenario, &(struct slat_event){ .kind = SLAT_EVENT_STORE,
                                                  .address = places->word[word],
                                                  .value = low_bytes(value, places->width[word]),
                                                  .width = places->width[word] });
  places_stored(places, places->word[word], low_bytes(value, places->width[word]), places->width[word]);
  if (places_format(places, word) == ENTRY_PDPTE && can->register_writes)
    append_cr3(scenario, places, random);
  else if (random_percent(random, 50))
    append_invlpg(scenario, page);
  append_access_to(scenario, places, page, random);
  return true;
}

/* Outside of long mode: what changes the mode, what an entry means, or only loads the PDPTEs. */
static void append_mode_write(struct scenario *scenario, const struct places *places, struct random *random)
{
  const uint64_t cr4 = scenario_register(scenario, SLAT_CR4, CR4_INITIAL);
  const unsigned choice = random_below(random, 10);

  if (choice == 0)
    append_register(scenario, SLAT_CR4, cr4 ^ CR4_PAE);
  else if (choice < 6)
    append_register(scenario, SLAT_CR4, cr4 ^ CR4_PSE);
  else
    append_register(scenario, SLAT_CR0, scenario_register(scenario, SLAT_CR0, CR0_INITIAL) ^ CR0_CD);
  if (random_percent(random, 40))
    append_cr3(scenario, places, random);
}

static void append_control_write(struct scenario *scenario, const struct places *places,
                                 const struct scenario_capabilities *can, struct random *random)
{
  const struct slat_config *config = &scenario->config;
  const unsigned choice = can->register_writes ? random_below(random, 5) : 0;

  if (places->levels < 4 && can->register_writes && random_percent(random, 20)) {
    append_mode_write(scenario, places, random);
    return;
  }
  if (choice <= 1)
    append_register(scenario, SLAT_RFLAGS, scenario_register(scenario, SLAT_RFLAGS, 0) ^ RFLAGS_AC);
  else if (choice == 2)
    append_register(scenario, SLAT_CR0, scenario_register(scenario, SLAT_CR0, CR0_INITIAL) ^ CR0_WP);
  else if (choice == 3 && (config->smep || config->smap))
    append_register(scenario, SLAT_CR4,
                    scenario_register(scenario, SLAT_CR4, CR4_INITIAL) ^
                      (config->smep && (!config->smap || random_percent(random, 50)) ? CR4_SMEP : CR4_SMAP));
  else if (config->nx && random_percent(random, 40))
    append_register(scenario, SLAT_EFER, scenario_register(scenario, SLAT_EFER, EFER_INITIAL) ^ EFER_NXE);
}

/* Paging off, PAE off, and paging on again, which EFER.LME = 1 makes #GP; then as it was. */
static void append_long_mode_without_pae(struct scenario *scenario)
{
  const uint64_t cr0 = scenario_register(scenario, SLAT_CR0, CR0_INITIAL);
  const uint64_t cr4 = scenario_register(scenario, SLAT_CR4, CR4_INITIAL);

  append_register(scenario, SLAT_CR0, cr0 & ~(uint64_t)CR0_PG);
  append_register(scenario, SLAT_CR4, cr4 & ~(uint64_t)(CR4_PAE | CR4_PCIDE));
  append_register(scenario, SLAT_CR0, cr0);
  append_register(scenario, SLAT_CR4, cr4);
  append_register(scenario, SLAT_CR0, cr0);
}

/* A write that is #GP, or often is; then the register is what it was, and a second write says so. */
static void append_refused_write(struct scenario *scenario, struct random *random)
{
  static const struct {
    uint8_t reg;
    uint64_t initial, flips;
  } writes[] = {
    { SLAT_CR0, CR0_INITIAL, 1 },         /* PE */
    { SLAT_CR0, CR0_INITIAL, CR0_NW },    /* without CD */
    { SLAT_CR0, CR0_INITIAL, CR0_PG },    /* with CR4.PCIDE = 1 */
    { SLAT_CR4, CR4_INITIAL, CR4_PAE },   /* in long mode */
    { SLAT_CR4, CR4_INITIAL, CR4_LA57 },  /* in long mode, or without the feature */
    { SLAT_CR4, CR4_INITIAL, CR4_PCIDE }, /* outside long mode, with bits of CR3, or without the feature */
    { SLAT_CR4, CR4_INITIAL, CR4_SMEP },  /* these three without the feature */
    { SLAT_CR4, CR4_INITIAL, CR4_SMAP },
    { SLAT_CR4, CR4_INITIAL, CR4_PKE },
    { SLAT_CR4, CR4_INITIAL, 1ULL << 15 },
    { SLAT_CR4, CR4_INITIAL, 1ULL << 26 },
    { SLAT_EFER, EFER_INITIAL, EFER_LME },
    { SLAT_EFER, EFER_INITIAL, EFER_LMA },
    { SLAT_EFER, EFER_INITIAL, EFER_NXE },
    { SLAT_EFER, EFER_INITIAL, EFER_BIT9 },
    { SLAT_EFER, EFER_INITIAL, 1ULL << 40 },
  };
  const unsigned i = random_below(random, sizeof writes / sizeof *writes);
  const uint64_t value = scenario_register(scenario, writes[i].reg, writes[i].initial);

  append_register(scenario, writes[i].reg, value ^ writes[i].flips);
  append_register(scenario, writes[i].reg, value);
}

void step_append(struct scenario *scenario, struct places *places, const struct scenario_capabilities *can,
                 struct random *random)
{
  const unsigned choice = random_below(random, 100);

  if (can->register_writes && random_once_in(random, 40)) {
    if (places->levels >= 4 && random_once_in(random, 8))
      append_long_mode_without_pae(scenario);
    else
      append_refused_write(scenario, random);
    return;
  }
  if (choice < 14 && places->words > 0 && can->stores_by_access && append_alias_store(scenario, places, can, random))
    return;
  if (choice >= 96 && places->words > 0 && can->stores_by_access && append_remap(scenario, places, random))
    return;
  if (choice >= 92 && choice < 96 && places->words > 0 && append_upper_change(scenario, places, can, random))
    return;
  if (choice >= 14 && choice < 19 && places->words > 0)
    append_outside_store(scenario, places, can, random);
  else if (choice >= 19 && choice < 23)
    append_invlpg(scenario, pick_page(places, random));
  else if (choice >= 23 && choice < 26 && can->register_writes)
    append_cr3(scenario, places, random);
  else if (choice >= 26 && choice < 34)
    append_control_write(scenario, places, can, random);
  else
    append_access(scenario, places, random);
}

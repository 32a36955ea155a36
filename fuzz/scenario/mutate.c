/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes that keep a scenario a scenario: an entry's bits, an event, the order of events, registers, the
 * configuration. */
#include "entry.h"
#include "step.h"

static void remove_event(struct scenario *scenario, unsigned at)
{
  scenario->count--;
  for (unsigned i = at; i < scenario->count; i++)
    scenario->event[i] = scenario->event[i + 1];
}

static bool insert_event(struct scenario *scenario, unsigned at, const struct slat_event *event)
{
  if (scenario->count == SCENARIO_MAX_EVENTS)
    return false;
  for (unsigned i = scenario->count++; i > at; i--)
    scenario->event[i] = scenario->event[i - 1];
  scenario->event[at] = *event;
  return true;
}

static void mutate_access(struct slat_event *event, const struct places *places, struct random *random)
{
  struct slat_access *access = &event->access;

  switch (random_below(random, 6)) {
  case 0:
    access->linear = places->page[random_below(random, places->pages)] | (access->linear & 0xfff);
    break;
  case 1:
    access->user = !access->user;
    break;
  case 2:
    if (!event->stores)
      access->kind = (uint8_t)random_below(random, 3);
    access->implicit = access->implicit && access->kind != SLAT_FETCH;
    break;
  case 3:
    access->implicit = !access->implicit && access->kind != SLAT_FETCH &&
                       !event->stores; /* software does not choose what those store */
    break;
  case 4: /* another index at one level */
    access->linear ^= 1ULL << (12 + random_below(random, places->levels < 4           ? 20
                                                         : random_percent(random, 80) ? 12
                                                                                      : 9 * places->levels));
    access->linear = places_canonical(access->linear, places->levels);
    break;
  default:
    access->linear = (access->linear & ~0xfffULL) | (random_below(random, 4096 / access->width) * access->width);
  }
}

static void mutate_register(const struct slat_config *config, struct slat_event *event, const struct places *places,
                            struct random *random)
{
  static const uint64_t control[] = { CR4_SMEP, CR4_SMAP, CR4_PCIDE, CR4_PKE, CR4_SMEP, CR4_SMAP, CR4_LA57, CR4_PSE };

  switch (event->reg) {
  case SLAT_CR0:
    event->value ^= CR0_WP;
    break;
  case SLAT_CR3:
    event->value = places->root[random_below(random, places->roots)];
    if (random_once_in(random, 8))
      event->value = places->frame[random_below(random, places->frames)];
    if (config->lam)
      event->value |= (uint64_t)random_below(random, 4) << 61;
    if (random_once_in(random, 8))
      event->value ^= 1ULL << random_below(random, 12); /* PWT and PCD are bits 3 and 4; or the PCID */
    break;
  case SLAT_CR4:
    if ((config->lam || config->lass) && random_once_in(random, 4))
      event->value ^= config->lam && (!config->lass || random_percent(random, 50)) ? CR4_LAM_SUP : CR4_LASS;
    else
      event->value ^= control[random_below(random, sizeof control / sizeof *control)];
    break;
  case SLAT_HOST_CR4:
    event->value ^= CR4_PSE;
    break;
  case SLAT_PKRU:
    event->value = entry_keys(random);
    break;
  case SLAT_PDPTE0:
  case SLAT_PDPTE1:
  case SLAT_PDPTE2:
  case SLAT_PDPTE3:
    event->value = entry_mutate(random, config, ENTRY_PDPTE, event->value,
                                places->frame[random_below(random, places->frames)]);
    break;
  case SLAT_EFER:
  case SLAT_HOST_EFER:
    event->value ^= config->uai && random_percent(random, 50) ? EFER_UAIE : EFER_NXE;
    break;
  case SLAT_RFLAGS:
    event->value ^= RFLAGS_AC;
    break;
  case SLAT_EPTP:
    if (random_percent(random, 60))
      event->value ^= 1 << 6;
    else if (config->ept_5level && random_percent(random, 30))
      event->value ^= 7 << 3; /* 3 or 4: a walk of 4 levels or 5 */
    else
      event->value = (event->value & 0xfff) | (places->frame[random_below(random, places->frames)] & ENTRY_ADDRESS);
    break;
  default:
    break;
  }
}

static enum entry_format format_at(const struct places *places, uint64_t spa)
{
  for (unsigned i = 0; i < places->words; i++)
    if (places->word[i] == spa)
      return places_format(places, i);
  return ENTRY_LONG;
}

static void mutate_event(struct scenario *scenario, unsigned at, const struct places *places, struct random *random)
{
  struct slat_event *event = &scenario->event[at];

  switch (event->kind) {
  case SLAT_EVENT_REGISTER:
    mutate_register(&scenario->config, event, places, random);
    break;
  case SLAT_EVENT_STORE:
    event->value = entry_mutate(random, &scenario->config, format_at(places, event->address), event->value,
                                places->frame[random_below(random, places->frames)]);
    if (event->width < 8)
      event->value &= (1ULL << (8 * event->width)) - 1;
    break;
  case SLAT_EVENT_INVLPG:
    event->address = places->page[random_below(random, places->pages)];
    break;
  case SLAT_EVENT_ACCESS:
    if (event->stores && random_percent(random, 60)) {
      event->value = entry_mutate(random, &scenario->config, places->levels == 2 ? ENTRY_32BIT : ENTRY_LONG,
                                  event->value, places->frame[random_below(random, places->frames)]);
      if (event->access.width < 8)
        event->value &= (1ULL << (8 * event->access.width)) - 1;
    } else {
      mutate_access(event, places, random);
    }
    break;
  default:
    break;
  }
}

static void mutate_config(struct slat_config *config, const struct scenario_capabilities *can, struct random *random)
{
  switch (random_below(random, 11)) {
  case 0:
    config->nx = !config->nx;
    break;
  case 1:
    config->page_1gb = can->page_1gb_always || !config->page_1gb;
    break;
  case 2:
    config->smep = !config->smep;
    break;
  case 3:
    config->smap = !config->smap;
    break;
  case 4:
  case 5:
    config->maxphyaddr = (uint8_t)(can->maxphyaddr_min +
                                   random_below(random, can->maxphyaddr_max - can->maxphyaddr_min + 1U));
    break;
  case 6:
    if (config->stage2 == SLAT_STAGE2_NONE && can->vendors == (1 << SLAT_INTEL | 1 << SLAT_AMD))
      config->vendor = config->vendor == SLAT_INTEL ? SLAT_AMD : SLAT_INTEL;
    config->lam = config->lam && config->vendor == SLAT_INTEL;
    config->lass = config->lass && config->vendor == SLAT_INTEL;
    config->uai = config->uai && config->vendor == SLAT_AMD;
    config->amd_pdpte_registers = can->pdpte_registers && config->vendor == SLAT_AMD &&
                                  config->stage2 == SLAT_STAGE2_NONE;
    config->pse36 = can->pse36_always || random_percent(random, 80);
    break;
  case 7:
    config->pcid = can->pcid && !config->pcid;
    break;
  case 8:
    config->pku = can->pku && !config->pku;
    if (random_once_in(random, 4))
      config->la57 = can->la57 && !config->la57;
    config->lam = can->lam && config->vendor == SLAT_INTEL && !config->lam;
    config->lass = can->lass && config->vendor == SLAT_INTEL && random_percent(random, 50);
    config->uai = can->uai && config->vendor == SLAT_AMD && !config->uai;
    break;
  case 9:
    if (config->stage2 == SLAT_STAGE2_EPT)
      config->ept_execute_only = !config->ept_execute_only;
    break;
  default:
    if (config->stage2 != SLAT_STAGE2_EPT)
      break;
    if (random_percent(random, 50))
      config->ept_page_2mb = !config->ept_page_2mb;
    config->ept_page_1gb = config->ept_page_2mb && random_percent(random, 60);
  }
}

/* After a change of the configuration the registers may hold bits that it does not have. */
static void fit_registers(struct scenario *scenario)
{
  const struct slat_config *config = &scenario->config;
  const bool long_mode = scenario_register(scenario, SLAT_EFER, EFER_INITIAL) & EFER_LMA;
  const unsigned levels = places_levels(scenario);

  for (unsigned i = 0; i < scenario->count; i++) {
    struct slat_event *event = &scenario->event[i];

    if (event->kind == SLAT_EVENT_INVLPG && levels < 4)
      event->address = places_canonical(event->address, levels);
    if (event->kind == SLAT_EVENT_ACCESS && levels < 4)
      event->access.linear = places_canonical(event->access.linear, levels);
    if (event->kind != SLAT_EVENT_REGISTER)
      continue;
    if (event->reg == SLAT_CR4)
      event->value &= ~((config->smep ? 0 : CR4_SMEP) | (config->smap ? 0 : CR4_SMAP) |
                        (config->pcid && long_mode ? 0 : CR4_PCIDE) | (config->pku ? 0 : CR4_PKE) |
                        (config->la57 ? 0 : CR4_LA57) | (config->lass ? 0 : CR4_LASS) |
                        (config->lam ? 0 : CR4_LAM_SUP));
    else if (event->reg == SLAT_EFER || event->reg == SLAT_HOST_EFER)
      event->value &= ~((config->nx ? 0 : EFER_NXE) | (config->uai ? 0 : EFER_UAIE));
    else if (event->reg == SLAT_CR3 || event->reg == SLAT_EPTP || event->reg == SLAT_NCR3)
      event->value &= ((1ULL << config->maxphyaddr) - 1) | (config->lam && event->reg == SLAT_CR3 ? CR3_LAM : 0);
    if (event->reg == SLAT_EPTP && !config->ept_accessed_dirty)
      event->value &= ~(1ULL << 6);
    if (event->reg == SLAT_EPTP && !config->ept_5level)
      event->value = (event->value & ~0x38ULL) | 3 << 3;
    if (event->reg == SLAT_HOST_CR4 && !config->la57)
      event->value &= ~(uint64_t)CR4_LA57;
  }
}

/* The steps of the other scenario after our prologue, or ours up to a point and then the other's. */
static void splice(struct scenario *scenario, const struct scenario *other, struct random *random)
{
  const unsigned ours = scenario_prologue(scenario), theirs = scenario_prologue(other);
  const unsigned steps = scenario->count - ours;

  if (steps > 0)
    scenario->count = ours + random_below(random, steps);
  for (unsigned i = theirs; i < other->count && scenario->count < SCENARIO_MAX_EVENTS; i++)
    scenario->event[scenario->count++] = other->event[i];
}

/* New steps from some point on. */
static void regrow(struct scenario *scenario, struct places *places, const struct scenario_capabilities *can,
                   struct random *random)
{
  const unsigned prologue = scenario_prologue(scenario);
  const unsigned end = prologue + SCENARIO_STEPS < SCENARIO_MAX_EVENTS ? prologue + SCENARIO_STEPS
                                                                       : SCENARIO_MAX_EVENTS;

  if (scenario->count > prologue)
    scenario->count = prologue + random_below(random, scenario->count - prologue);
  while (scenario->count < end)
    step_append(scenario, places, can, random);
}

/* One step, made for this place in the scenario. */
static void insert_step(struct scenario *scenario, struct places *places, const struct scenario_capabilities *can,
                        struct random *random)
{
  static struct scenario tail; /* its registers are not those at `at`, which matters little */
  const unsigned prologue = scenario_prologue(scenario);
  const unsigned at = prologue + random_below(random, scenario->count - prologue + 1);
  const unsigned before = scenario->count;

  if (before + 3 > SCENARIO_MAX_EVENTS)
    return;
  step_append(scenario, places, can, random);
  tail.count = 0;
  while (scenario->count > before)
    tail.event[tail.count++] = scenario->event[--scenario->count];
  for (unsigned i = 0; i < tail.count; i++)
    insert_event(scenario, at, &tail.event[i]);
}

static void mutate_once(struct scenario *scenario, const struct scenario *other, struct places *places,
                        const struct scenario_capabilities *can, struct random *random)
{
  const unsigned prologue = scenario_prologue(scenario);
  const unsigned steps = scenario->count - prologue;
  const unsigned choice = random_below(random, 100);

  if (choice < 30 && prologue > 0) {
    mutate_event(scenario, random_below(random, prologue), places, random);
  } else if (choice < 62 && steps > 0) {
    mutate_event(scenario, prologue + random_below(random, steps), places, random);
  } else if (choice < 76) {
    insert_step(scenario, places, can, random);
  } else if (choice < 82 && steps > 4) {
    remove_event(scenario, prologue + random_below(random, steps));
  } else if (choice < 86) {
    mutate_config(&scenario->config, can, random);
    fit_registers(scenario);
  } else if (choice < 92 && other) {
    splice(scenario, other, random);
    fit_registers(scenario);
  } else {
    regrow(scenario, places, can, random);
  }
}

/* A scenario that has grown is cut back: its speed counts. */
static void limit_steps(struct scenario *scenario)
{
  const unsigned most = scenario_prologue(scenario) + SCENARIO_STEPS;

  if (scenario->count > most)
    scenario->count = most;
}

enum { EPT_BAD_TYPES = 1 << 2 | 1 << 3 | 1 << 7 };

/* Do the stage-2 tables map a GPA at all? Without regard to most rights, and to what the guest changes later. */
static bool stage2_maps(const struct scenario *scenario, const struct places *places, uint64_t gpa)
{
  const struct slat_config *config = &scenario->config;
  const bool ept = config->stage2 == SLAT_STAGE2_EPT;
  const unsigned levels = places_stage2_levels(scenario);
  const bool pse = scenario_register(scenario, SLAT_HOST_CR4, CR4_INITIAL) & CR4_PSE;
  uint64_t table = places_table(scenario_register(scenario, ept ? SLAT_EPTP : SLAT_NCR3, 0), levels);

  if (config->stage2 == SLAT_STAGE2_NONE)
    return true;
  if (levels < 4 && gpa >> 32)
    return false;
  for (unsigned level = levels; level >= 1; level--) {
    const unsigned shift = places_shift(levels, level);
    const uint64_t index = gpa >> shift & (places_entries(levels, level) - 1);
    const uint64_t e = places_value(places, table + (levels == 2 ? 4 : 8) * index);
    const bool pdpte = levels == 3 && level == 3;
    const bool page = level == 1 || ((e & ENTRY_PS) && !pdpte && (levels != 2 || pse));

    if (!(e & ENTRY_P) || (e & ENTRY_ADDRESS) >> config->maxphyaddr || (level >= 4 && page))
      return false;
    if (!ept && !pdpte && !(e & ENTRY_U)) /* the guest's accesses to its tables are those of a user */
      return false;
    if (page && (e & ENTRY_ADDRESS & ((1ULL << shift) - 1)))
      return false;
    if (ept && page && level > 1 && !(level == 2 ? config->ept_page_2mb : config->ept_page_1gb))
      return false;
    if (ept && (page ? (1 << (e >> 3 & 7) & EPT_BAD_TYPES) : e & 0x78)) /* no such memory type, or a reserved bit */
      return false;
    if (page)
      return true;
    table = e & ENTRY_ADDRESS;
  }
  return false;
}

/* Does stage 2 map the entries of a route, and where it leads? */
static bool route_is_mapped(const struct scenario *scenario, const struct places *places, struct route route)
{
  for (unsigned i = 0; i < route.words; i++)
    if (!stage2_maps(scenario, places, places->word[route.word[i]]))
      return false;
  return route.complete && stage2_maps(scenario, places, route.spa);
}

unsigned scenario_reach(const struct scenario *scenario, const struct scenario_capabilities *can)
{
  struct places places = { 0 };
  const bool paging = scenario_register(scenario, SLAT_CR0, CR0_INITIAL) & CR0_PG;
  unsigned accesses = 0, complete = 0;

  places_collect(&places, scenario, can->memory_bytes);
  for (unsigned i = scenario_prologue(scenario); i < scenario->count; i++) {
    const struct slat_event *event = &scenario->event[i];

    if (event->kind != SLAT_EVENT_ACCESS)
      continue;
    accesses++;
    complete += paging
                  ? route_is_mapped(scenario, &places, places_route(&places, places.root[0], event->access.linear))
                  : event->access.linear < can->memory_bytes && stage2_maps(scenario, &places, event->access.linear);
  }
  return accesses ? 100 * complete / accesses : 0;
}

void scenario_mutate(struct scenario *scenario, const struct scenario *other, const struct scenario_capabilities *can,
                     struct random *random)
{
  struct places places = { 0 };
  unsigned changes = 1U << random_below(random, 3);

  places_collect(&places, scenario, can->memory_bytes);
  while (changes-- > 0)
    mutate_once(scenario, other, &places, can, random);
  limit_steps(scenario);
}

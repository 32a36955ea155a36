/* SPDX-License-Identifier: BSD-2-Clause */
/* A new scenario: a small tree of guest tables over a small tree of stage-2 tables, registers, and steps.
 *
 * Few indices are in use at each level, two tables a level, and a dozen frames, in 2 MB regions whose numbers and page
 * numbers are indices too: so that tables alias, map themselves, and show up in large pages. */
#include "entry.h"
#include "step.h"

enum { INDICES = 4, GUEST_FRAMES = 12, TABLES = 2, STAGE2_FRAMES = 8 };
#define REGION (1ULL << 21)

struct plan {
  struct scenario *scenario;
  const struct scenario_capabilities *can;
  struct random *random;
  struct temper temper;
  unsigned levels; /* of the guest's tables */
  bool stage2_5level;
  unsigned host_levels; /* NPT: 3 or 2 under a host in PAE or 32-bit paging, else 4 */
  bool host_pse;
  uint64_t stage2_root;
  unsigned indices[6];
  uint16_t index[6][INDICES];     /* in use at each level */
  uint64_t region[3];             /* 2 MB regions of guest-physical memory; the last one holds the stage-2 tables */
  uint64_t frame[GUEST_FRAMES];   /* GPAs */
  uint64_t backing[GUEST_FRAMES]; /* their SPAs */
  unsigned next_frame;
  uint64_t root; /* GPA */
};

static bool has_index(const struct plan *plan, unsigned level, unsigned index)
{
  for (unsigned i = 0; i < plan->indices[level]; i++)
    if (plan->index[level][i] == index)
      return true;
  return false;
}

static void pick_indices(struct plan *plan, unsigned level, unsigned count, const uint16_t *liked, unsigned likes)
{
  while (plan->indices[level] < count) {
    const unsigned index = random_percent(plan->random, 85)
                             ? liked[random_below(plan->random, likes)]
                             : random_below(plan->random, places_entries(plan->levels, level));

    if (!has_index(plan, level, index))
      plan->index[level][plan->indices[level]++] = (uint16_t)index;
  }
}

static void plan_indices(struct plan *plan)
{
  static const uint16_t top[] = { 0, 1, 255, 256, 510, 511 };
  static const uint16_t middle[] = { 0, 1, 2, 3, 511 };
  static const uint16_t low[] = { 0, 1, 2, 3, 4, 5, 6, 7, 256, 511 };
  /* 32-bit paging: all quarters of the page directory, and of a page table entries that are half of it apart. */
  static const uint16_t wide[] = { 0, 1, 2, 3, 256, 257, 516, 767, 1023 };
  static const uint16_t wide_low[] = { 0, 1, 2, 3, 511, 512, 513, 514, 768, 1023 };
  const unsigned regions = (unsigned)(plan->can->memory_bytes / REGION);
  uint16_t inside[8];
  unsigned count = 0;

  while (count < 8 && count < regions)
    inside[count] = (uint16_t)count, count++;
  if (plan->levels == 2) {
    pick_indices(plan, 2, INDICES, wide, sizeof wide / sizeof *wide);
    pick_indices(plan, 1, INDICES, wide_low, sizeof wide_low / sizeof *wide_low);
    return;
  }
  if (plan->levels == 5)
    pick_indices(plan, 5, 2, top, sizeof top / sizeof *top);
  if (plan->levels >= 4)
    pick_indices(plan, 4, 2, top, sizeof top / sizeof *top);
  pick_indices(plan, 3, plan->levels == 3 ? 3 : 2, middle, plan->levels == 3 ? 4 : sizeof middle / sizeof *middle);
  pick_indices(plan, 2, count < 3 ? 2 : 3, inside, count);
  pick_indices(plan, 1, INDICES, low, sizeof low / sizeof *low);
}

/* Regions by the indices of level 2, frames in them by those of level 1: where a page of 2 MB maps them, or one of 4 MB, which takes two regions. */
static void plan_frames(struct plan *plan)
{
  const uint64_t regions = plan->can->memory_bytes / REGION;
  const bool pairs = plan->levels == 2;
  const uint64_t first = plan->index[2][0] % regions & (pairs ? ~1ULL : ~0ULL);
  const uint64_t second = pairs || plan->index[2][1] % regions == first ? (first + 1) % regions
                                                                        : plan->index[2][1] % regions;
  unsigned n = 0;

  plan->region[0] = first * REGION;
  plan->region[1] = second * REGION;
  for (uint64_t third = 0; third < regions; third++)
    if (third != first && third != second)
      plan->region[2] = third * REGION;
  for (unsigned r = 0; r < 2; r++)
    for (unsigned i = 0; i < INDICES; i++)
      plan->frame[n++] = plan->region[r ^ plan->index[1][i] / 512] + 0x1000ULL * (plan->index[1][i] % 512);
  for (unsigned i = 0; n < GUEST_FRAMES; i++) {
    /* four more, at page numbers that are no index: found only by following entries */
    const uint64_t page = 8 + 16 * i + random_below(plan->random, 16);

    plan->frame[n++] = plan->region[i % 2] + 0x1000 * page;
  }
  for (unsigned i = GUEST_FRAMES; i-- > 1;) {
    const unsigned j = random_below(plan->random, i + 1);
    const uint64_t swap = plan->frame[i];

    plan->frame[i] = plan->frame[j];
    plan->frame[j] = swap;
  }
  for (unsigned i = 0; i < GUEST_FRAMES; i++)
    plan->backing[i] = plan->frame[i];
}

static uint64_t any_frame(struct plan *plan)
{
  return plan->frame[random_below(plan->random, GUEST_FRAMES)];
}

static uint64_t next_frame(struct plan *plan)
{
  return plan->frame[plan->next_frame++ % GUEST_FRAMES];
}

static void append_entry(struct plan *plan, uint64_t spa, uint64_t value, uint8_t width)
{
  scenario_append(plan->scenario,
                  &(struct slat_event){ .kind = SLAT_EVENT_STORE, .address = spa, .value = value, .width = width });
}

static void append_store(struct plan *plan, uint64_t spa, uint64_t value)
{
  append_entry(plan, spa, value, 8);
}

static void append_register(struct plan *plan, uint8_t reg, uint64_t value)
{
  scenario_append(plan->scenario, &(struct slat_event){ .kind = SLAT_EVENT_REGISTER, .reg = reg, .value = value });
}

static uint64_t backing_of(const struct plan *plan, uint64_t gpa_frame)
{
  for (unsigned i = 0; i < GUEST_FRAMES; i++)
    if (plan->frame[i] == gpa_frame)
      return plan->backing[i];
  return gpa_frame;
}

/* ---- Guest tables ---- */

/* The same in 32-bit paging. A page of 4 MB has address bits 39:32 in bits 20:13 of its entry. */
static uint64_t page_target_32(struct plan *plan, unsigned level)
{
  struct random *random = plan->random;

  if (level == 1)
    return random_once_in(random, 60) ? 1ULL << (24 + random_below(random, 8)) : any_frame(plan);
  if (random_once_in(random, 8))
    return 1ULL << (13 + random_below(random, 9)) | (plan->region[0] & 0xffc00000);
  return plan->region[random_percent(random, 85) ? 0 : 2] & 0xffc00000;
}

/* Where a page of a level may lie: in memory mostly. */
static uint64_t page_target(struct plan *plan, unsigned level)
{
  const unsigned width = plan->scenario->config.maxphyaddr;

  if (plan->levels == 2)
    return page_target_32(plan, level);
  if (random_once_in(plan->random, plan->scenario->config.stage2 == SLAT_STAGE2_NONE
                                     ? 40
                                     : 120)) /* somewhere else in the physical address space */
    return 1ULL << (24 + random_below(plan->random, width - 24)) >> 0 & ~((1ULL << (12 + 9 * (level - 1))) - 1);
  if (level == 1)
    return any_frame(plan);
  if (level == 2)
    return random_percent(plan->random, 85) ? plan->region[random_below(plan->random, 2)] : plan->region[2];
  return 0;
}

static enum entry_format guest_format(const struct plan *plan, unsigned level)
{
  return plan->levels == 2 ? ENTRY_32BIT : plan->levels == 3 ? level == 3 ? ENTRY_PDPTE : ENTRY_PAE : ENTRY_LONG;
}

static uint64_t guest_entry(struct plan *plan, unsigned level, const uint64_t *tables)
{
  const struct slat_config *config = &plan->scenario->config;
  const unsigned large = level == 2 ? 22 : level == 3 && plan->levels > 3 ? (config->page_1gb ? 8 : 1) : 0;
  const bool page = level == 1 || random_percent(plan->random, large);
  uint64_t target;

  if (page)
    target = page_target(plan, level);
  else if (random_once_in(plan->random, 14))
    target = any_frame(plan); /* a table of another level, or data */
  else if (random_once_in(plan->random, 400))
    target = plan->can->memory_bytes; /* no memory there */
  else
    target = tables[random_below(plan->random, TABLES)];
  return entry_guest(plan->random, &plan->temper, config, guest_format(plan, level), level, target, page);
}

/* With nested paging by EPT VM entry loads the registers from elsewhere than memory: here with what is in memory. */
static void append_guest_entry(struct plan *plan, unsigned level, uint64_t table, unsigned index,
                               const uint64_t *tables)
{
  const uint64_t entry = guest_entry(plan, level, tables);
  const unsigned width = plan->levels == 2 ? 4 : 8;

  append_entry(plan, backing_of(plan, table & ~0xfffULL) + (table & 0xfff) + width * index, entry, (uint8_t)width);
  if (guest_format(plan, level) == ENTRY_PDPTE && plan->scenario->config.stage2 == SLAT_STAGE2_EPT)
    append_register(plan, (uint8_t)(SLAT_PDPTE0 + index), entry);
}

static void store_guest_tables(struct plan *plan)
{
  uint64_t table[6][TABLES];
  const unsigned top = plan->levels;

  for (unsigned level = top; level >= 1; level--)
    for (unsigned i = 0; i < TABLES; i++)
      table[level][i] = next_frame(plan);
  if (top == 3 && random_percent(plan->random, 40))
    table[3][0] += 32ULL * random_below(plan->random, 128);
  plan->root = table[top][0];
  for (unsigned level = top; level >= 1; level--)
    for (unsigned t = 0; t < (level == top ? 1 : TABLES); t++)
      for (unsigned i = 0; i < plan->indices[level]; i++)
        append_guest_entry(plan, level, table[level][t], plan->index[level][i], level > 1 ? table[level - 1] : NULL);
}

/* ---- Stage-2 tables: identity mostly, in frames of their own ---- */

static enum entry_format stage2_format(const struct plan *plan, unsigned level)
{
  return plan->host_levels == 2   ? ENTRY_32BIT
         : plan->host_levels == 3 ? level == 3 ? ENTRY_PDPTE : ENTRY_PAE
                                  : ENTRY_LONG;
}

/* Tables of the guest must be readable, often writable too, or nothing translates: an access uses four of them. */
static uint64_t stage2_entry(struct plan *plan, unsigned level, uint64_t target, bool page, bool maps_tables)
{
  struct slat_config *config = &plan->scenario->config;
  const enum entry_format format = stage2_format(plan, level);
  struct temper temper = plan->temper;

  temper.present[0] = temper.write[0] = temper.user[0] = temper.user[1] = 99;
  temper.execute_disable[0] = 1;
  temper.odd[0] = 0;
  if (format == ENTRY_PDPTE)
    return random_percent(plan->random, 80) ? target | ENTRY_P
                                            : entry_guest(plan->random, &temper, config, format, level, target, false);
  if (!page && random_percent(plan->random, 80))
    return target | 7 | (random_percent(plan->random, 50) ? 1U << (config->stage2 == SLAT_STAGE2_EPT ? 8 : 5) : 0);
  temper.odd[1] = 1;
  temper.execute_disable[1] = temper.execute_disable[1] / 2;
  if (maps_tables) {
    temper.present[1] = 99;
    temper.write[1] = 97;
  }
  return config->stage2 == SLAT_STAGE2_EPT ? entry_ept(plan->random, &temper, config, level, target, page)
                                           : entry_guest(plan->random, &temper, config, format, level, target, page);
}

static void plan_backing(struct plan *plan)
{
  for (unsigned i = 0; i < GUEST_FRAMES; i++)
    if (random_once_in(plan->random, 6))
      plan->backing[i] = random_once_in(plan->random, 6) ? plan->region[2] + 0x1000ULL * random_below(plan->random, 7)
                                                         : plan->region[2] + 0x1000ULL * (16 + i);
}

/* What is above the PDPTs. */
static void store_upper_tables(struct plan *plan, uint64_t pdpt)
{
  const uint64_t pml4 = plan->region[2], pml5 = pml4 + 0x6000;

  plan->stage2_root = plan->stage2_5level ? pml5 : pml4;
  if (plan->stage2_5level) {
    append_store(plan, pml5, stage2_entry(plan, 5, pml4, false, true));
    if (random_percent(plan->random, 30)) /* GPAs with bit 48 set */
      append_store(plan, pml5 + 8, stage2_entry(plan, 5, pml4, false, true));
  }
  append_store(plan, pml4, stage2_entry(plan, 4, pdpt, false, true));
  if (random_percent(plan->random, 30))
    append_store(plan, pml4 + 8, stage2_entry(plan, 4, pdpt, false, true));
}

static void store_stage2_tables(struct plan *plan, const bool one_large_page[2])
{
  const uint64_t base = plan->region[2];
  const bool pae = plan->host_levels == 3;
  const uint64_t pdpt = base + 0x1000 + (pae ? 32ULL * random_below(plan->random, 128) : 0), pd = base + 0x2000;
  const bool gigabyte = !pae && random_once_in(plan->random, 40);

  if (pae)
    plan->stage2_root = pdpt;
  else
    store_upper_tables(plan, pdpt);
  append_store(plan, pdpt, gigabyte ? stage2_entry(plan, 3, 0, true, true) : stage2_entry(plan, 3, pd, false, true));
  if (random_percent(plan->random, 30))
    append_store(plan, pdpt + 8,
                 !pae && random_percent(plan->random, 40) ? stage2_entry(plan, 3, 0, true, false)
                                                          : stage2_entry(plan, 3, pd, false, true));
  for (unsigned r = 0; r < 3; r++) {
    const uint64_t pt = base + 0x3000 + 0x1000 * r;
    const uint64_t slot = pd + 8 * (plan->region[r] / REGION);

    if (r == 2 || one_large_page[r])
      append_store(plan, slot, stage2_entry(plan, 2, plan->region[r], true, r < 2));
    else
      append_store(plan, slot, stage2_entry(plan, 2, pt, false, true));
    for (unsigned i = 0; r < 2 && !one_large_page[r] && i < GUEST_FRAMES; i++)
      if ((plan->frame[i] & ~(REGION - 1)) == plan->region[r])
        append_store(plan, pt + 8 * (plan->frame[i] >> 12 & 511),
                     stage2_entry(plan, 1, plan->backing[i], true, i < 4 * TABLES));
  }
}

/* The same of a host in 32-bit paging: a page of 4 MB, or a table of 1024 entries, for each two regions. */
static void store_32bit_tables(struct plan *plan, const bool one_large_page[2])
{
  const uint64_t base = plan->region[2], pd = base + 0x2000, size = 2 * REGION;

  plan->stage2_root = pd;
  for (uint64_t half = 0; half < plan->can->memory_bytes / size; half++) {
    const uint64_t pt = base + 0x3000 + 0x1000 * half;
    bool large = plan->host_pse;

    for (unsigned r = 0; r < 2; r++)
      large = large && (plan->region[r] / size != half || one_large_page[r]);
    append_entry(plan, pd + 4 * half,
                 large ? stage2_entry(plan, 2, half * size, true, true) : stage2_entry(plan, 2, pt, false, true), 4);
    if (random_percent(plan->random, 30)) /* GPAs of 2 GB and more */
      append_entry(plan, pd + 4 * (512 + half),
                   large ? stage2_entry(plan, 2, half * size, true, true) : stage2_entry(plan, 2, pt, false, true), 4);
    for (unsigned i = 0; !large && i < GUEST_FRAMES; i++)
      if (plan->frame[i] / size == half)
        append_entry(plan, pt + 4 * (plan->frame[i] >> 12 & 1023),
                     stage2_entry(plan, 1, plan->backing[i], true, i < 4 * TABLES), 4);
    for (uint64_t page = base + 0x2000; !large && page < base + 0x5000 && page / size == half; page += 0x1000)
      append_entry(plan, pt + 4 * (page >> 12 & 1023), stage2_entry(plan, 1, page, true, false), 4);
  }
}

static void plan_stage2(struct plan *plan)
{
  bool one_large_page[2];

  plan_backing(plan);
  for (unsigned r = 0; r < 2; r++) {
    one_large_page[r] = random_percent(plan->random, 45);
    for (unsigned i = 0; one_large_page[r] && i < GUEST_FRAMES; i++)
      if ((plan->frame[i] & ~(REGION - 1)) == plan->region[r])
        plan->backing[i] = plan->frame[i];
  }
  if (plan->host_levels == 2)
    store_32bit_tables(plan, one_large_page);
  else
    store_stage2_tables(plan, one_large_page);
}

/* ---- Configuration and registers ---- */

static unsigned pick_bit(struct random *random, unsigned mask)
{
  unsigned bit;

  do
    bit = random_below(random, 8);
  while (!(mask >> bit & 1));
  return bit;
}

static void plan_config(struct plan *plan)
{
  static const uint8_t widths[] = { 32, 36, 39, 40, 46, 48, 52 };
  struct random *random = plan->random;
  const struct scenario_capabilities *can = plan->can;
  struct slat_config *config = &plan->scenario->config;
  unsigned width = random_percent(random, 60) ? widths[random_below(random, sizeof widths)]
                                              : 32 + random_below(random, 21);

  width = width < can->maxphyaddr_min ? can->maxphyaddr_min : width > can->maxphyaddr_max ? can->maxphyaddr_max : width;
  *config = (struct slat_config){ .stage2 = (uint8_t)pick_bit(random, can->stage2), .maxphyaddr = (uint8_t)width };
  config->vendor = config->stage2 == SLAT_STAGE2_EPT   ? SLAT_INTEL
                   : config->stage2 == SLAT_STAGE2_NPT ? SLAT_AMD
                                                       : (uint8_t)pick_bit(random, can->vendors);
  config->nx = random_percent(random, 94);
  config->page_1gb = can->page_1gb_always || random_percent(random, 65);
  config->smep = random_percent(random, 70);
  config->smap = random_percent(random, 70);
  config->pcid = can->pcid && random_percent(random, 50);
  config->pku = can->pku && random_percent(random, 50);
  config->la57 = can->la57 && random_percent(random, 40);
  config->lam = can->lam && config->vendor == SLAT_INTEL && random_percent(random, 40);
  config->lass = can->lass && config->vendor == SLAT_INTEL && random_percent(random, 40);
  config->uai = can->uai && config->vendor == SLAT_AMD && random_percent(random, 40);
  config->pse36 = can->pse36_always || random_percent(random, 80);
  config->amd_pdpte_registers = can->pdpte_registers && config->vendor == SLAT_AMD &&
                                config->stage2 == SLAT_STAGE2_NONE;
  if (config->stage2 == SLAT_STAGE2_EPT) {
    config->ept_execute_only = random_percent(random, 60);
    config->ept_page_2mb = random_percent(random, 85);
    config->ept_page_1gb = config->ept_page_2mb && random_percent(random, 75);
    config->ept_accessed_dirty = random_percent(random, 75);
    config->ept_5level = can->stage2_5level && random_percent(random, 40);
  }
  plan->stage2_5level = (config->ept_5level ||
                         (config->stage2 == SLAT_STAGE2_NPT && can->stage2_5level && config->la57)) &&
                        random_percent(random, 75);
}

/* As are half of the hosts. */
static void plan_host(struct plan *plan)
{
  const unsigned choice = random_below(plan->random, 100);
  struct slat_config *config = &plan->scenario->config;

  plan->host_levels = 4;
  if (config->stage2 != SLAT_STAGE2_NPT || !plan->can->legacy_hosts || choice >= 44)
    return;
  plan->host_levels = choice < 22 ? 2 : 3;
  plan->stage2_5level = false;
  /* Which bits of a PDE that maps 4 MB are reserved with a smaller width, no source says. */
  if (plan->host_levels == 2 && config->maxphyaddr < 40 && random_percent(plan->random, 80))
    config->maxphyaddr = 40;
  plan->host_pse = plan->host_levels == 2 && config->maxphyaddr >= 40 && config->pse36 &&
                   random_percent(plan->random, 75);
}

static uint64_t host_cr4(struct plan *plan)
{
  const bool la57 = plan->host_levels == 4 ? plan->stage2_5level
                                           : plan->scenario->config.la57 && random_percent(plan->random, 30);

  return (plan->host_levels > 2 ? CR4_PAE : 0) | (plan->host_pse ? CR4_PSE : 0) | (la57 ? CR4_LA57 : 0);
}

/* Half of the guests or more are in long mode. */
static unsigned pick_levels(struct plan *plan)
{
  const unsigned choice = random_below(plan->random, 100);
  struct slat_config *config = &plan->scenario->config;

  if (choice < 18 && plan->can->bits32) {
    /* Which bits of a PDE that maps 4 MB are reserved on AMD with a smaller width, no source says. */
    if (config->vendor == SLAT_AMD && config->maxphyaddr < 40 && random_percent(plan->random, 80))
      config->maxphyaddr = 40;
    return 2;
  }
  if (choice >= 80 && plan->can->pae)
    return 3;
  return config->la57 && random_percent(plan->random, 60) ? 5 : 4;
}

/* CR4 without what both vendors have in every mode. */
static uint64_t pick_mode_bits(struct plan *plan)
{
  const struct slat_config *config = &plan->scenario->config;
  const bool open = config->vendor == SLAT_AMD && (config->maxphyaddr < 40 || !config->pse36);

  switch (plan->levels) {
  case 2:
    return (!open && random_percent(plan->random, 75) ? CR4_PSE : 0) |
           (config->la57 && random_percent(plan->random, 30) ? CR4_LA57 : 0); /* of no meaning here */
  case 3:
    return CR4_PAE | (random_percent(plan->random, 30) ? CR4_PSE : 0) |
           (config->la57 && random_percent(plan->random, 30) ? CR4_LA57 : 0);
  case 4:
    return CR4_PAE;
  default:
    return CR4_PAE | CR4_LA57;
  }
}

static void append_registers(struct plan *plan)
{
  struct random *random = plan->random;
  const struct slat_config *config = &plan->scenario->config;
  const bool paging = !plan->can->paging_off || plan->levels < 4 || random_percent(random, 78);
  const bool nxe = config->nx && random_percent(random, 88);
  const uint64_t lme = plan->levels < 4 ? 0 : paging ? EFER_LME | EFER_LMA : EFER_LME;
  uint64_t cr4 = pick_mode_bits(plan), stage2_root = plan->stage2_root;

  if (config->smep && random_percent(random, 40))
    cr4 |= CR4_SMEP;
  if (config->smap && random_percent(random, 40))
    cr4 |= CR4_SMAP;
  if (config->pcid && paging && plan->levels >= 4 && random_percent(random, 60))
    cr4 |= CR4_PCIDE;
  if (config->pku && random_percent(random, 70))
    cr4 |= CR4_PKE;
  if (config->lass && random_percent(random, 50))
    cr4 |= CR4_LASS;
  if (config->lam && random_percent(random, 60))
    cr4 |= CR4_LAM_SUP;
  if (random_once_in(random, 80))
    stage2_root = any_frame(plan);
  append_register(plan, SLAT_EFER,
                  lme | (nxe ? EFER_NXE : 0) | (config->uai && random_percent(random, 70) ? EFER_UAIE : 0));
  append_register(plan, SLAT_CR4, cr4);
  append_register(plan, SLAT_CR3,
                  plan->root | (cr4 & CR4_PCIDE ? random_below(random, 4) : 0) |
                    (config->lam ? (uint64_t)random_below(random, 4) << 61 : 0));
  append_register(plan, SLAT_CR0, CR0_INITIAL & ~(paging ? 0 : CR0_PG) & ~(random_percent(random, 30) ? CR0_WP : 0));
  if (config->pku)
    append_register(plan, SLAT_PKRU, entry_keys(random));
  append_register(plan, SLAT_RFLAGS, 2 | (random_percent(random, 35) ? RFLAGS_AC : 0));
  if (config->stage2 == SLAT_STAGE2_EPT) {
    append_register(plan, SLAT_EPTP,
                    stage2_root | (plan->stage2_5level ? 4 : 3) << 3 | 6 |
                      (config->ept_accessed_dirty && random_percent(random, 70) ? 1 << 6 : 0));
  } else if (config->stage2 == SLAT_STAGE2_NPT) {
    append_register(plan, SLAT_NCR3, stage2_root | (random_once_in(random, 8) ? random_below(random, 4) << 3 : 0));
    append_register(plan, SLAT_HOST_CR4, host_cr4(plan));
    append_register(plan, SLAT_HOST_EFER,
                    (plan->host_levels == 4 ? EFER_LME | EFER_LMA : 0) |
                      (config->nx && random_percent(random, 90) ? EFER_NXE : 0));
  }
}

/* A few of the pages that the indices reach; without paging, guest-physical pages. */
static void plan_pages(struct plan *plan, struct places *places)
{
  const bool paging = scenario_register(plan->scenario, SLAT_CR0, CR0_INITIAL) & CR0_PG;

  for (unsigned i = 0; i < 7; i++) {
    uint64_t page = 0;

    for (unsigned level = plan->levels; level >= 1; level--)
      page |= (uint64_t)plan->index[level][random_below(plan->random, plan->indices[level])]
              << places_shift(plan->levels, level);
    if (!paging)
      page = any_frame(plan) |
             (random_once_in(plan->random, 6) ? 1ULL << (30 + random_below(plan->random, 2)) : 0); /* it has 32 bits */
    places_add_page(places, places_canonical(page, plan->levels));
  }
}

void scenario_generate(struct scenario *scenario, const struct scenario_capabilities *can, struct random *random)
{
  struct plan plan = { .scenario = scenario, .can = can, .random = random };
  struct places places = { 0 };

  scenario->count = 0;
  plan_config(&plan);
  plan_host(&plan);
  plan.levels = pick_levels(&plan);
  plan.temper = temper_pick(random, scenario->config.stage2 == SLAT_STAGE2_NONE ? 55 : 92);
  plan_indices(&plan);
  plan_frames(&plan);
  if (scenario->config.stage2 != SLAT_STAGE2_NONE) {
    plan_stage2(&plan);
    /* Two stages deny more than one. */
    plan.temper.write[1] = plan.temper.user[1] = 90;
  }
  store_guest_tables(&plan);
  append_registers(&plan);
  plan_pages(&plan, &places);
  places_collect(&places, scenario, can->memory_bytes);

  const unsigned prologue = scenario->count;
  while (scenario->count < prologue + SCENARIO_STEPS && scenario->count < SCENARIO_MAX_EVENTS)
    step_append(scenario, &places, can, random);
  if (scenario->count > prologue + SCENARIO_STEPS)
    scenario->count = prologue + SCENARIO_STEPS;
}

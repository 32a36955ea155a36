/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_target.h"
#include <stddef.h>
#include <string.h>
#include "../loop/waiver.h"

enum { MEMORY = 8 << 20, PF_P = 1, PF_W = 2, PF_U = 4, PF_RSVD = 8, PF_I = 16 };
#define XD (1ULL << 63)
#define ADDRESS 0x000ffffffffff000ULL

enum fake_bug fake_bug;

static uint8_t memory[MEMORY];
static bool dirty_page[MEMORY >> 12];
static struct slat_machine machine;
static unsigned complaints;
static void (*fatal)(const char *what);

static uint64_t *word_at(uint64_t spa)
{
  return spa < MEMORY ? (uint64_t *)(void *)&memory[spa & ~7ULL] : NULL;
}

static const char *setup(void)
{
  return NULL;
}
static const char *version(void)
{
  return "fake";
}

static enum target_status reset(const struct slat_config *config)
{
  for (unsigned i = 0; i < MEMORY >> 12; i++)
    if (dirty_page[i])
      memset(&memory[(size_t)i << 12], 0, 4096);
  memset(dirty_page, 0, sizeof dirty_page);
  complaints = 0;
  return config->stage2 == SLAT_STAGE2_NONE ? TARGET_OK : TARGET_REFUSED;
}

static enum target_status store(uint64_t spa, uint64_t value, unsigned width, bool running)
{
  (void)running;
  if (spa > MEMORY - width)
    return TARGET_REFUSED;
  memcpy(&memory[spa], &value, width);
  dirty_page[spa >> 12] = true;
  return TARGET_OK;
}

static bool load(uint64_t spa, void *to, unsigned bytes)
{
  if (spa > MEMORY - bytes)
    return false;
  memcpy(to, &memory[spa], bytes);
  return true;
}

static enum target_status start(const struct slat_machine *m)
{
  machine = *m;
  return TARGET_OK;
}

static uint64_t read_word(void *context, uint64_t spa)
{
  const uint64_t *word = word_at(spa);

  (void)context;
  return word ? *word : 0;
}

/* A write that must not be done is #GP; one that need not is done. */
static enum target_status apply(const struct slat_event *event, const struct slat_machine *after)
{
  const struct slat_memory view = { .read = read_word };
  const struct slat_register_write write = { .reg = event->reg, .value = event->value };

  if (event->kind == SLAT_EVENT_REGISTER && fake_bug != FAKE_WRITES_ANYTHING) {
    const struct slat_write_result w = slat_write_register(&machine.config, &machine.cpu[0], &view, &write);

    if (w.status == SLAT_OK && w.outcome[0].kind != SLAT_WRITTEN)
      return TARGET_GENERAL_PROTECTION;
  }
  const struct slat_controls *controls = &after->cpu[0].controls;

  if (!controls->paging || controls->guest.mode != SLAT_PAGING_LONG || controls->la57)
    return TARGET_REFUSED; /* it walks tables of 4 levels only */
  machine = *after;
  return TARGET_OK;
}

static bool canonical(uint64_t linear)
{
  return (uint64_t)((int64_t)(linear << 16) >> 16) == linear;
}

static uint64_t reserved_bits(uint64_t entry, unsigned level)
{
  const struct slat_config *config = &machine.config;
  uint64_t reserved = config->maxphyaddr < 52 ? (1ULL << 52) - (1ULL << config->maxphyaddr) : 0;

  if (!(machine.cpu[0].reg[SLAT_EFER] >> 11 & 1))
    reserved |= XD;
  if (level == 4)
    reserved |= 1U << 7 | (config->vendor == SLAT_AMD ? 1U << 8 : 0);
  if (level == 3 && !config->page_1gb)
    reserved |= 1U << 7;
  if (level == 3 && (entry >> 7 & 1))
    reserved |= 0x3fffe000;
  if (level == 2 && (entry >> 7 & 1))
    reserved |= 0x1fe000;
  return reserved;
}

struct fake_walk {
  uint64_t *entry[5];
  unsigned level; /* of the last entry read */
  bool present, reserved, write, user, execute;
  uint64_t spa;
};

static void walk_tables(uint64_t linear, struct fake_walk *walk)
{
  uint64_t table = machine.cpu[0].reg[SLAT_CR3] & ADDRESS;

  *walk = (struct fake_walk){ .write = true, .user = true, .execute = true };
  for (unsigned level = 4; level >= 1; level--) {
    const uint64_t offset = (1ULL << (12 + 9 * (level - 1))) - 1;
    uint64_t *entry = word_at(table + 8 * (linear >> (12 + 9 * (level - 1)) & 511));

    walk->level = level;
    if (!entry || !(*entry & 1))
      return;
    if (*entry & reserved_bits(*entry, level)) {
      walk->reserved = true;
      return;
    }
    walk->entry[level] = entry;
    const bool page = level == 1 || (level < 4 && (*entry >> 7 & 1));

    if (!(*entry & 2) && !(fake_bug == FAKE_IGNORES_RIGHTS_OF_PDE && level == 2 && !page))
      walk->write = false;
    walk->user = walk->user && (*entry & 4);
    walk->execute = walk->execute && !(*entry & XD);
    if (page) {
      walk->present = true;
      walk->spa = (*entry & ADDRESS & ~offset) | (linear & offset);
      return;
    }
    table = *entry & ADDRESS;
  }
}

static bool allowed(const struct fake_walk *walk, const struct slat_access *access)
{
  const uint64_t *reg = machine.cpu[0].reg;
  const bool user = access->user && !access->implicit;
  const bool wp = reg[SLAT_CR0] >> 16 & 1, smep = reg[SLAT_CR4] >> 20 & 1, smap = reg[SLAT_CR4] >> 21 & 1,
             ac = reg[SLAT_RFLAGS] >> 18 & 1;

  if (user && !walk->user)
    return false;
  if (access->kind == SLAT_FETCH)
    return walk->execute && (user || !walk->user || !smep);
  if (!user && walk->user && smap && (!ac || access->implicit))
    return false;
  return access->kind == SLAT_READ || walk->write || (!user && !wp);
}

static unsigned code_of(const struct fake_walk *walk, const struct slat_access *access)
{
  const uint64_t *reg = machine.cpu[0].reg;
  const bool tells_fetch = (reg[SLAT_EFER] >> 11 & 1) || (reg[SLAT_CR4] >> 20 & 1);

  return (walk->present || walk->reserved ? PF_P : 0U) | (walk->reserved ? PF_RSVD : 0U) |
         (access->kind == SLAT_WRITE ? PF_W : 0U) | (access->user && !access->implicit ? PF_U : 0U) |
         (access->kind == SLAT_FETCH && tells_fetch && fake_bug != FAKE_WRONG_CODE ? PF_I : 0U);
}

static void set_flags(const struct fake_walk *walk, bool write)
{
  for (unsigned level = 4; level >= walk->level; level--)
    *walk->entry[level] |= 1U << 5;
  if (write && fake_bug != FAKE_NEVER_SETS_DIRTY)
    *walk->entry[walk->level] |= 1U << 6;
}

static void walk_of(const struct slat_machine *m, const struct slat_access *access, struct observed *observed)
{
  struct fake_walk walk;

  (void)m;
  if (!canonical(access->linear)) {
    observed->outcome = (struct slat_outcome){ .kind = SLAT_NON_CANONICAL };
    return;
  }
  walk_tables(access->linear, &walk);
  if (fake_bug == FAKE_DIES && walk.present && walk.level == 2)
    fatal("BUG fake_target.c:1 it died");
  if (fake_bug == FAKE_NO_PROGRESS && access->kind == SLAT_FETCH && access->user) {
    observed->status = TARGET_BROKEN;
    observed->text = "no progress";
    return;
  }
  if (walk.present && allowed(&walk, access)) {
    observed->outcome = (struct slat_outcome){ .kind = SLAT_TRANSLATED, .spa = walk.spa, .gpa = walk.spa };
    set_flags(&walk, access->kind == SLAT_WRITE);
    return;
  }
  complaints += (fake_bug == FAKE_COMPLAINS || fake_bug == FAKE_COMPLAINS_WAIVED) && walk.reserved;
  if (fake_bug == FAKE_WRITES_ELSEWHERE && walk.entry[4])
    *walk.entry[4] ^= 1U << 9;
  observed->outcome = (struct slat_outcome){ .kind = SLAT_PAGE_FAULT,
                                             .code = code_of(&walk, access),
                                             .linear = access->linear };
}

static void access_memory(const struct slat_event *event, struct observed *observed)
{
  walk_of(&machine, &event->access, observed);
  if (observed->outcome.kind == SLAT_TRANSLATED && event->stores)
    store(observed->outcome.spa, event->value, event->access.width, true);
}

/* What a processor could have cached just now: only what needs no flag any more. */
static void look(const struct slat_machine *m, uint64_t linear, struct cached_translation *cached)
{
  struct fake_walk walk;

  (void)m;
  if (!canonical(linear))
    return;
  walk_tables(linear, &walk);
  if (!walk.present)
    return;
  for (unsigned level = 4; level >= walk.level; level--)
    if (!(*walk.entry[level] & 1U << 5))
      return;
  *cached = (struct cached_translation){ .present = true, .spa = walk.spa };
  for (unsigned user = 0; user < 2; user++)
    for (unsigned kind = SLAT_READ; kind <= SLAT_FETCH; kind++) {
      const struct slat_access access = { .linear = linear, .kind = (uint8_t)kind, .width = 1, .user = user == 1 };

      cached->permits[user][kind] = allowed(&walk, &access) &&
                                    (kind != SLAT_WRITE || (*walk.entry[walk.level] & 1U << 6));
    }
  if (fake_bug == FAKE_CACHES_WRITE)
    cached->permits[1][SLAT_WRITE] = cached->permits[1][SLAT_READ];
}

static const char *complaint(unsigned index)
{
  return index >= complaints                 ? NULL
         : fake_bug == FAKE_COMPLAINS_WAIVED ? "WARN fake_target.c:2 known"
                                             : "WARN fake_target.c:1 reserved";
}

static void on_fatal(void (*handler)(const char *what))
{
  fatal = handler;
}

static bool covers_nothing(const struct divergence *divergence)
{
  (void)divergence;
  return false;
}

static const struct waiver waivers[] = { { .id = "nothing", .covers = covers_nothing },
                                         { .id = "other", .complaint = "reserved", .version = "other" },
                                         { .id = "complaint", .complaint = "known", .version = "fak" },
                                         { .id = NULL } };

static const struct scenario_capabilities capabilities = {
  .vendors = 1 << SLAT_INTEL | 1 << SLAT_AMD,
  .stage2 = 1 << SLAT_STAGE2_NONE,
  .memory_bytes = MEMORY,
  .maxphyaddr_min = 32,
  .maxphyaddr_max = 52,
  .register_writes = true,
  .stores_by_access = true,
};

const struct fuzz_target fuzz_target = {
  .name = "fake",
  .can = &capabilities,
  .waivers = waivers,
  .observations = 1 << OBSERVE_WALK | 1 << OBSERVE_ACCESS | 1 << OBSERVE_RIGHT | 1 << OBSERVE_FLAGS |
                  1 << OBSERVE_DATA | 1 << OBSERVE_WRITE,
  .codes = { [SLAT_PAGE_FAULT] = 0x1f },
  .fault_levels = { [1] = 0x1e },
  .page_sizes = 7,
  .caches = true,
  .setup = setup,
  .version = version,
  .reset = reset,
  .store = store,
  .load = load,
  .start = start,
  .apply = apply,
  .walk = walk_of,
  .access = access_memory,
  .look = look,
  .complaint = complaint,
  .on_fatal = on_fatal,
};

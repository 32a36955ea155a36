/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds witnesses: find-witnesses RULES.TSV DIRECTORY
 *
 * A witness of a rule is a scenario with an observed outcome that the model permits and that it does not permit once
 * the rule is deleted.  The search starts from plain scenarios, in which an access is translated, and departs from them
 * in one way, in two, in three: a bit of an entry flipped, a feature or control turned, another kind of access.  Of what
 * it finds it takes the shortest, drops the stores that do not matter and writes DIRECTORY/ID.jsonl, with the rule's
 * statement as its note, which is then for a person to review.  Files that exist are left alone.  Exit code 1: some rule has no witness. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "judge.h"
#include "needed.h"

#define MAX_STORES 16
#define MAX_PLAIN 24
#define MAX_DEVIATIONS 1400

struct store {
  uint64_t spa, value;
  char role[40];
};

struct scenario {
  struct slat_config config;
  uint64_t reg[SLAT_REGISTER_COUNT];
  unsigned stores;
  struct store store[MAX_STORES];
  struct slat_access access;
};

/* One departure from a plain scenario. */
struct deviation {
  enum { FLIP, CLEAR, FEATURE, WIDTH, REGISTER, CONTROL, KEYS, KIND, USER, IMPLICIT, LINEAR } what;
  unsigned index; /* FLIP, CLEAR: store; FEATURE: offset in the configuration; REGISTER, CONTROL, KEYS: register */
  unsigned bit; /* FLIP, REGISTER, LINEAR: bit; CONTROL, KEYS: bit, with `index2` the offset of its feature; KIND: kind;
                     CLEAR: the bits to be cleared */
  unsigned index2;
};

/* What shows that a rule matters. */
struct found {
  bool any;
  unsigned cost, departures;
  struct scenario plain, scenario;
  struct slat_outcome observed;
  bool word;
  uint64_t spa, value; /* of the word, if it takes one */
};

static struct found found[SLAT_RULE_COUNT];
static bool wanted[SLAT_RULE_COUNT];

/* -- Plain scenarios ---------------------------------------------------------------------------------------------- */

static void add_store(struct scenario *s, uint64_t spa, uint64_t value, const char *role)
{
  struct store *store = &s->store[s->stores++];
  store->spa = spa;
  store->value = value;
  (void)snprintf(store->role, sizeof store->role, "%s", role);
}

/* The register at reset of the machine, or what turns a feature on; as slat_open() has it. */
static void initial_registers(const struct slat_config *config, uint64_t *reg)
{
  struct slat_machine machine;
  if (slat_open(&machine, config) != SLAT_OK)
    memset(reg, 0, sizeof machine.cpu[0].reg);
  else
    memcpy(reg, machine.cpu[0].reg, sizeof machine.cpu[0].reg);
}

#define HIGH_LINEAR UINT64_C(0x8080604560) /* a different index at each level: 1, 2, 3, 4; offset 0x560 */
#define LOW_LINEAR UINT64_C(0x604560)      /* with paging off: 0, 0, 3, 4 */

/* Stage 2 of one GPA, as entries of the tables at 0x100000 and on, down to a leaf of `leaf`.  Maps it to itself +
   0x200000 by 4 KB pages, to + 0x40000000 by 2 MB ones, and to + 0x80000000 by 1 GB ones. */
static void add_stage2(struct scenario *s, uint64_t gpa, unsigned leaf)
{
  static const char *const names[] = { "", "PTE", "PDE", "PDPTE", "PML4E" };
  const bool ept = s->config.stage2 == SLAT_STAGE2_EPT;
  const uint64_t offset = leaf == 1 ? 0x200000 : leaf == 2 ? 0x40000000 : 0x80000000;
  uint64_t table = 0x100000, next = 0x100000 + 0x1000 * (uint64_t)s->stores;

  for (unsigned level = 4; level >= leaf; level--) {
    const unsigned shift = 12 + 9 * (level - 1);
    const uint64_t spa = table + 8 * (gpa >> shift & 511);
    uint64_t value = (gpa + offset) >> shift << shift;
    char role[40];
    unsigned i = 0;
    while (i < s->stores && s->store[i].spa != spa)
      i++;
    if (i < s->stores) {
      table = s->store[i].value & ~UINT64_C(0xfff);
      continue;
    }
    next += 0x1000;
    if (level != leaf)
      table = value = next;
    (void)snprintf(role, sizeof role, level == leaf ? "%s %s for GPA 0x%" PRIx64 : "%s %s", ept ? "EPT" : "nested",
                   names[level], gpa >> shift << shift);
    value |= ept ? (level == leaf ? 0x37 : 0x7) : (level == leaf ? 0x67 : 0x27);
    if (level == leaf && leaf > 1)
      value |= 0x80;
    add_store(s, spa, value, role);
  }
}

static uint64_t stage2_of(const struct scenario *s, uint64_t gpa, unsigned leaf)
{
  if (s->config.stage2 == SLAT_STAGE2_NONE)
    return gpa;
  return gpa + (leaf == 1 ? 0x200000 : leaf == 2 ? 0x40000000 : 0x80000000);
}

/* @param guest  level of the guest's leaf, 0: paging off
   @param leaf   level of the stage-2 leaf, 0: no stage 2 */
static struct scenario plain(enum slat_vendor vendor, unsigned guest, unsigned leaf)
{
  static const char *const names[] = { "", "guest PTE", "guest PDE", "guest PDPTE", "guest PML4E" };
  const bool ept = leaf != 0 && vendor == SLAT_INTEL;
  struct scenario s = { .config = {
                          .vendor = (uint8_t)vendor, .maxphyaddr = vendor == SLAT_INTEL ? 46 : 48, .nx = 1 } };
  const uint64_t page = guest == 1 ? 0x5000 : guest == 2 ? 0x600000 : 0x40000000;

  s.config.stage2 = leaf == 0 ? SLAT_STAGE2_NONE : ept ? SLAT_STAGE2_EPT : SLAT_STAGE2_NPT;
  s.config.ept_page_2mb = ept && leaf == 2;
  s.config.ept_page_1gb = ept && leaf == 3;
  s.config.page_1gb = guest == 3 || (leaf == 3 && !ept);
  initial_registers(&s.config, s.reg);
  if (ept)
    s.reg[SLAT_EPTP] = 0x10001e;
  else if (leaf != 0)
    s.reg[SLAT_NCR3] = 0x100000;
  s.access = (struct slat_access){ .linear = guest == 0 ? LOW_LINEAR : HIGH_LINEAR, .kind = SLAT_READ, .width = 8 };
  if (guest == 0) {
    s.reg[SLAT_CR0] = 0x11;
    s.reg[SLAT_EFER] = 0x800;
    add_stage2(&s, LOW_LINEAR, leaf);
    return s;
  }
  s.reg[SLAT_CR3] = 0x1000;
  s.access.user = true;
  for (unsigned level = 4; level >= guest && leaf != 0; level--)
    add_stage2(&s, 0x1000 * (5 - (uint64_t)level), leaf);
  if (leaf != 0)
    add_stage2(&s, page, leaf);
  for (unsigned level = 4; level >= guest; level--) {
    const uint64_t gpa = 0x1000 * (5 - (uint64_t)level) + 8 * (HIGH_LINEAR >> (12 + 9 * (level - 1)) & 511);
    const uint64_t value = level == guest ? page + 0x67 + (guest > 1 ? 0x80 : 0)
                                          : 0x1000 * (6 - (uint64_t)level) + 0x27;
    add_store(&s, stage2_of(&s, gpa, leaf), value, names[level]);
  }
  return s;
}

static unsigned all_plain(struct scenario *list)
{
  static const uint8_t native[] = { 1, 2, 3 };
  static const uint8_t two[][2] = { { 0, 3 }, { 0, 2 }, { 0, 1 }, { 1, 3 }, { 1, 2 }, { 2, 3 }, { 3, 3 }, { 1, 1 } };
  unsigned count = 0;

  for (unsigned i = 0; i < sizeof native; i++)
    list[count++] = plain(SLAT_INTEL, native[i], 0);
  list[count++] = plain(SLAT_AMD, 1, 0);
  for (unsigned i = 0; i < sizeof two / sizeof two[0]; i++) {
    list[count++] = plain(SLAT_INTEL, two[i][0], two[i][1]);
    list[count++] = plain(SLAT_AMD, two[i][0], two[i][1]);
  }
  return count;
}

/* -- Departures --------------------------------------------------------------------------------------------------- */

#define RIGHTS_AND_FLAGS UINT64_C(0x8000000000000066) /* XD, D, A, U/S, R/W */
#define OFFSET(field) ((unsigned)offsetof(struct slat_config, field))

/* First those that stand for something: `coarse` of them; then, up to `fine`, flips of the bits that rights and flags
   are in; then those of all other bits. */
static unsigned all_deviations(const struct scenario *s, struct deviation *list, unsigned *coarse, unsigned *fine)
{
  static const unsigned features[] = { OFFSET(nx),           OFFSET(page_1gb),     OFFSET(ept_execute_only),
                                       OFFSET(ept_page_2mb), OFFSET(ept_page_1gb), OFFSET(ept_advanced_info) };
  unsigned n = 0;

  for (unsigned i = 0; i < sizeof features / sizeof features[0]; i++)
    list[n++] = (struct deviation){ FEATURE, features[i], 0, 0 };
  list[n++] = (struct deviation){ WIDTH, 0, 52, 0 };
  list[n++] = (struct deviation){ KIND, 0, SLAT_WRITE, 0 };
  list[n++] = (struct deviation){ KIND, 0, SLAT_FETCH, 0 };
  list[n++] = (struct deviation){ USER, 0, 0, 0 };
  list[n++] = (struct deviation){ IMPLICIT, 0, 0, 0 };
  list[n++] = (struct deviation){ LINEAR, 0, 47, 0 };
  list[n++] = (struct deviation){ REGISTER, SLAT_CR0, 16, 0 };
  list[n++] = (struct deviation){ REGISTER, SLAT_RFLAGS, 18, 0 };
  list[n++] = (struct deviation){ REGISTER, SLAT_EFER, 11, 0 };
  list[n++] = (struct deviation){ CONTROL, SLAT_CR4, 20, OFFSET(smep) };
  list[n++] = (struct deviation){ CONTROL, SLAT_CR4, 21, OFFSET(smap) };
  for (unsigned bit = 0; bit < 4; bit++) { /* AD and WD of keys 0 and 1 */
    list[n++] = (struct deviation){ KEYS, SLAT_PKRU, bit, OFFSET(pku) };
    if (s->config.vendor == SLAT_INTEL)
      list[n++] = (struct deviation){ KEYS, SLAT_PKRS, bit, OFFSET(pks) };
  }
  if (s->config.stage2 == SLAT_STAGE2_EPT)
    list[n++] = (struct deviation){ CONTROL, SLAT_EPTP, 6, OFFSET(ept_accessed_dirty) };
  if (s->config.stage2 == SLAT_STAGE2_NPT)
    list[n++] = (struct deviation){ REGISTER, SLAT_HOST_EFER, 11, 0 };
  for (unsigned i = 0; i < s->stores; i++) {
    if (s->config.stage2 == SLAT_STAGE2_EPT)
      list[n++] = (struct deviation){ CLEAR, i, 3, 0 }; /* execute-only */
    list[n++] = (struct deviation){ CLEAR, i, 7, 0 };   /* not present */
  }
  *coarse = n;
  for (unsigned i = 0; i < s->stores; i++)
    for (unsigned bit = 0; bit < 64; bit++)
      if ((RIGHTS_AND_FLAGS >> bit & 1) != 0)
        list[n++] = (struct deviation){ FLIP, i, bit, 0 };
  *fine = n;
  for (unsigned i = 0; i < s->stores; i++)
    for (unsigned bit = 0; bit < 64; bit++)
      if ((RIGHTS_AND_FLAGS >> bit & 1) == 0)
        list[n++] = (struct deviation){ FLIP, i, bit, 0 };
  return n;
}

static void apply(struct scenario *s, const struct deviation *d)
{
  bool *feature = (bool *)((char *)&s->config + (d->what == CONTROL || d->what == KEYS ? d->index2 : d->index));

  switch (d->what) {
  case FLIP:
    s->store[d->index].value ^= UINT64_C(1) << d->bit;
    break;
  case CLEAR:
    s->store[d->index].value &= ~(uint64_t)d->bit;
    break;
  case FEATURE:
    *feature = !*feature;
    if (d->index == OFFSET(nx) && s->reg[SLAT_EFER] / 0x800 % 2 == 1)
      s->reg[SLAT_EFER] -= 0x800;
    if (d->index == OFFSET(nx) && s->reg[SLAT_HOST_EFER] / 0x800 % 2 == 1)
      s->reg[SLAT_HOST_EFER] -= 0x800;
    break;
  case WIDTH:
    s->config.maxphyaddr = (uint8_t)d->bit;
    break;
  case CONTROL:
    *feature = true;
    s->reg[d->index] ^= UINT64_C(1) << d->bit;
    break;
  case KEYS:
    *feature = true;
    s->reg[SLAT_CR4] |= d->index == SLAT_PKRU ? 0x400000 : 0x1000000;
    s->reg[d->index] |= UINT64_C(1) << d->bit;
    break;
  case REGISTER:
    s->reg[d->index] ^= UINT64_C(1) << d->bit;
    break;
  case KIND:
    s->access.kind = (uint8_t)d->bit;
    break;
  case USER:
    s->access.user = !s->access.user;
    break;
  case IMPLICIT:
    s->access.implicit = true;
    break;
  case LINEAR:
    s->access.linear ^= UINT64_C(1) << d->bit;
    break;
  }
}

/* -- Judging ------------------------------------------------------------------------------------------------------ */

static uint64_t read_store(void *context, uint64_t spa)
{
  const struct scenario *s = context;
  for (unsigned i = 0; i < s->stores; i++)
    if (s->store[i].spa == spa)
      return s->store[i].value;
  return 0;
}

static bool set_up(const struct scenario *s, struct slat_machine *machine)
{
  uint64_t initial[SLAT_REGISTER_COUNT];
  if (slat_open(machine, &s->config) != SLAT_OK)
    return false;
  initial_registers(&s->config, initial);
  for (unsigned i = 0; i < SLAT_REGISTER_COUNT; i++) {
    const struct slat_event event = { .kind = SLAT_EVENT_REGISTER, .reg = (uint8_t)i, .value = s->reg[i] };
    if (s->reg[i] != initial[i] && slat_feed(machine, &event) != SLAT_OK)
      return false;
  }
  return machine->cpu[0].status == SLAT_OK;
}

/* How many lines the trace has. */
static unsigned lines(const struct scenario *s)
{
  uint64_t initial[SLAT_REGISTER_COUNT];
  unsigned n = s->stores + 3;
  initial_registers(&s->config, initial);
  for (unsigned i = 0; i < SLAT_REGISTER_COUNT; i++)
    n += s->reg[i] != initial[i];
  return n;
}

/* Is there an observation that only the full set permits?  It prefers one of `kind` (0: any), decided by `rule`. */
static bool differ(const struct scenario *s, const struct slat_permitted *full, const struct slat_permitted *reduced,
                   unsigned rule, struct found *f)
{
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++) {
    struct slat_outcome observed = full->outcome[i];
    if (observed.kind == SLAT_NO_OUTCOME)
      continue;
    f->word = false;
    for (unsigned told = 0; told < 2; told++) { /* what a fault invalidates is told only where it matters */
      f->observed = observed;
      f->observed.invalidates = told ? observed.invalidates : 0;
      if (!fully_permitted(reduced, &f->observed))
        return true;
    }
    observed.invalidates = 0;
    for (uint64_t bit = 1; bit != 0; bit *= 2) { /* a bit that is left open */
      f->observed.code = observed.code ^ bit;
      if ((observed.code_open & bit) != 0 && !fully_permitted(reduced, &f->observed))
        return true;
    }
    f->observed = observed;
    for (unsigned j = 0; j < 2 * SLAT_MAX_UPDATES; j++) {
      const bool one = j < SLAT_MAX_UPDATES;
      const struct slat_update *u = one ? &full->update[j] : &reduced->update[j - SLAT_MAX_UPDATES];
      if (u->may == 0)
        continue;
      const uint64_t before = read_store((void *)(uintptr_t)s, u->spa);
      const uint64_t values[] = { before, before | u->must, before | u->may };
      const bool done = observed.kind == SLAT_TRANSLATED;
      for (unsigned k = 0; k < 3; k++) {
        slat_deleted_rule = SLAT_RULE_NONE;
        const bool good = slat_judge_update(full, u->spa, before, values[k], done) == SLAT_RULE_NONE;
        slat_deleted_rule = rule;
        const bool bad = slat_judge_update(reduced, u->spa, before, values[k], done) != SLAT_RULE_NONE;
        slat_deleted_rule = SLAT_RULE_NONE;
        if (good && bad) {
          f->word = true;
          f->spa = u->spa;
          f->value = values[k];
          return true;
        }
      }
    }
  }
  return false;
}

static bool permitted(const struct scenario *s, unsigned deleted, struct slat_permitted *set)
{
  const struct slat_memory memory = { read_store, (void *)(uintptr_t)s };
  struct slat_machine machine;
  slat_deleted_rule = deleted;
  memset(set, 0, sizeof *set);
  const bool good = set_up(s, &machine) && slat_permitted(&machine, 0, &memory, &s->access, set) == SLAT_OK;
  slat_deleted_rule = SLAT_RULE_NONE;
  return good;
}

static bool is_witness(const struct scenario *s, unsigned rule, struct found *f)
{
  struct slat_permitted full, reduced;
  return permitted(s, SLAT_RULE_NONE, &full) && permitted(s, rule, &reduced) && differ(s, &full, &reduced, rule, f);
}

static bool still_witness(struct found *less, unsigned rule, const struct found *f)
{
  return is_witness(&less->scenario, rule, less) && less->observed.kind == f->observed.kind &&
         less->observed.rule == f->observed.rule && less->observed.code == f->observed.code && less->word == f->word;
}

/* Drops every store and every feature without which it stays a witness with the same kind of outcome, decided by the
   same rule. */
static void minimise(unsigned rule, struct found *f)
{
  for (unsigned i = f->scenario.stores; i-- > 0;) {
    struct found less = *f;
    for (unsigned j = i; j + 1 < less.scenario.stores; j++)
      less.scenario.store[j] = less.scenario.store[j + 1];
    less.scenario.stores--;
    if (still_witness(&less, rule, f))
      *f = less;
  }
  for (unsigned offset = OFFSET(nx); offset <= OFFSET(ept_advanced_info); offset++) {
    struct found less = *f;
    *(bool *)((char *)&less.scenario.config + offset) = false;
    if (offset != OFFSET(nx) && still_witness(&less, rule, f))
      *f = less;
  }
}

static void try(const struct scenario *from, const struct scenario *s, unsigned departures)
{
  struct slat_permitted full, reduced;
  if (!permitted(s, SLAT_RULE_NONE, &full))
    return;
  for (unsigned rule = SLAT_RULE_NONE + 1; rule < SLAT_RULE_COUNT; rule++) {
    struct found f = { .any = true, .departures = departures, .plain = *from, .scenario = *s };
    if (!wanted[rule] || (found[rule].any && found[rule].departures + 1 < departures) ||
        !permitted(s, rule, &reduced) || !differ(s, &full, &reduced, rule, &f))
      continue;
    minimise(rule, &f);
    f.cost = lines(&f.scenario) + 3 * departures + (f.observed.rule == rule ? 0 : 5) + (f.word ? 1 : 0);
    if (!found[rule].any || f.cost < found[rule].cost)
      found[rule] = f;
  }
}

static unsigned missing(void)
{
  unsigned n = 0;
  for (unsigned rule = 0; rule < SLAT_RULE_COUNT; rule++)
    n += wanted[rule] && !found[rule].any;
  return n;
}

/* Departs from a plain scenario in `left` more ways, of those from `first` on; the last may be any. */
static void depart(const struct scenario *from, const struct scenario *s, const struct deviation *list, unsigned count,
                   unsigned special, unsigned first, unsigned left, unsigned made)
{
  for (unsigned i = first; i < (left > 1 ? special : count); i++) {
    struct scenario more = *s;
    apply(&more, &list[i]);
    if (left > 1)
      depart(from, &more, list, count, special, i + 1, left - 1, made + 1);
    else
      try(from, &more, made + 1);
  }
}

static void search(void)
{
  static struct scenario list[MAX_PLAIN];
  static struct deviation d[MAX_DEVIATIONS];
  const unsigned count = all_plain(list);

  for (unsigned p = 0; p < count; p++)
    try(&list[p], &list[p], 0);
  for (unsigned depth = 1; depth <= 4 && missing() != 0; depth++) {
    for (unsigned p = 0; p < count; p++) {
      unsigned coarse = 0, fine = 0;
      const unsigned all = all_deviations(&list[p], d, &coarse, &fine);
      depart(&list[p], &list[p], d,
             depth <= 2   ? all
             : depth == 3 ? fine
                          : coarse,
             depth <= 3 ? fine : coarse, 0, depth, 0);
    }
    (void)fprintf(stderr, "departures: %u, rules without a witness: %u\n", depth, missing());
  }
}

/* -- Writing ------------------------------------------------------------------------------------------------------ */

static void put(struct slat_trace *trace, struct slat_trace_order *order, const struct slat_event *event,
                const char *note)
{
  if (slat_trace_append(trace, order, event, 0) != SLAT_TRACE_OK)
    abort();
  if (note != NULL)
    trace->origins[trace->count - 1].note = strdup(note);
}

/* The role of a store, and which of its bits depart from the plain scenario. */
static void store_note(const struct found *f, const struct store *store, char *text, size_t room)
{
  uint64_t usual = 0;
  int used = snprintf(text, room, "%s", store->role);
  for (unsigned i = 0; i < f->plain.stores; i++)
    if (f->plain.store[i].spa == store->spa)
      usual = f->plain.store[i].value;
  for (unsigned bit = 0; bit < 64; bit++)
    if (((usual ^ store->value) >> bit & 1) != 0)
      used += snprintf(text + used, room - (size_t)used, ", bit %u is %u", bit, (unsigned)(store->value >> bit & 1));
}

static bool write_witness(const char *directory, unsigned rule, const struct found *f)
{
  struct slat_trace trace = { .name = "", .config = f->scenario.config };
  struct slat_trace_order order = { .events = 0 };
  struct slat_event event;
  uint64_t initial[SLAT_REGISTER_COUNT];
  char text[400];

  trace.note = strdup(slat_rule_info(rule)->statement);
  initial_registers(&f->scenario.config, initial);
  for (unsigned i = 0; i < SLAT_REGISTER_COUNT; i++) {
    event = (struct slat_event){ .kind = SLAT_EVENT_REGISTER, .reg = (uint8_t)i, .value = f->scenario.reg[i] };
    if (event.value != initial[i])
      put(&trace, &order, &event, NULL);
  }
  for (unsigned i = 0; i < f->scenario.stores; i++) {
    const struct store *store = &f->scenario.store[i];
    event = (struct slat_event){ .kind = SLAT_EVENT_STORE, .width = 8, .address = store->spa, .value = store->value };
    store_note(f, store, text, sizeof text);
    put(&trace, &order, &event, text);
  }
  event = (struct slat_event){ .kind = SLAT_EVENT_ACCESS, .access = f->scenario.access };
  put(&trace, &order, &event, NULL);
  event = (struct slat_event){ .kind = SLAT_EVENT_OBSERVED, .outcome = f->observed };
  put(&trace, &order, &event, NULL);
  if (f->word) {
    event = (struct slat_event){ .kind = SLAT_EVENT_OBSERVED_WORD, .address = f->spa, .value = f->value };
    put(&trace, &order, &event, NULL);
  }

  (void)snprintf(text, sizeof text, "%s/%s.jsonl", directory, slat_rule_info(rule)->id);
  FILE *file = fopen(text, "wx");
  const bool good = file != NULL && slat_trace_write_json(&trace, file);
  if (file == NULL || fclose(file) != 0 || !good)
    perror(text);
  slat_trace_free(&trace);
  return good;
}

int main(int argc, char **argv)
{
  bool good = true;
  if (argc != 3) {
    (void)fputs("usage: find-witnesses RULES.TSV DIRECTORY\n", stderr);
    return 2;
  }
  if (!needed_rules(argv[1], wanted))
    return 2;
  for (unsigned rule = SLAT_RULE_NONE + 1; rule < SLAT_RULE_COUNT; rule++) {
    char path[400];
    (void)snprintf(path, sizeof path, "%s/%s.jsonl", argv[2], slat_rule_info(rule)->id);
    wanted[rule] = wanted[rule] && access(path, F_OK) != 0;
  }
  search();
  for (unsigned rule = SLAT_RULE_NONE + 1; rule < SLAT_RULE_COUNT; rule++) {
    if (wanted[rule] && found[rule].any)
      good = write_witness(argv[2], rule, &found[rule]) && good;
    else if (wanted[rule])
      (void)printf("%s: none found\n", slat_rule_info(rule)->id);
  }
  return good && missing() == 0 ? 0 : 1;
}

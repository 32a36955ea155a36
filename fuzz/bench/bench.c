/* SPDX-License-Identifier: GPL-2.0-only */
/* Speed of the model beside KVM's software walker and a bare one: bench [--report-only] FILE.json
 *
 * One process, one thread, the same tables for all, every address translates, and no accessed or dirty flag is clear.  The runners of a
 * scene take turns of a few milliseconds; a ratio is the median over the rounds of the ratios within one round, so that what else the
 * machine does falls on both sides.  Time is the thread's own CPU time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <kvm_in_process.h>
#include <slat/slat.h>
#include "bare.h"

enum { PAGE = 4096, ADDRESSES = 2048, ROUNDS = 25, MEMORY = 16 << 20, MAXPHYADDR = 40 };
#define TURN_SECONDS 0.006

static void fail(const char *what)
{
  fprintf(stderr, "bench: %s\n", what);
  exit(2);
}

/* ---- One scene: tables, the machine that uses them, the addresses ---- */

static uint64_t words[MEMORY / 8]; /* what libslat and the bare walkers read; KVM has a copy of it */
static uint64_t addresses[ADDRESSES];
static uint64_t expected; /* the sum of the translations */
static struct slat_machine machine;
static struct bare bare;

struct scene {
  const char *name;
  uint8_t stage2; /* enum slat_stage2_kind */
  bool ept_ad;
};

static uint64_t read_word(void *context, uint64_t spa)
{
  const uint64_t *memory = context;

  return spa < MEMORY ? memory[spa / 8] : 0;
}
static const struct slat_memory memory = { read_word, words };

static uint64_t random_number(void)
{
  static uint64_t state = 0x9E3779B97F4A7C15;

  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/* Frames: the n-th is at the n-th page of memory, and over a stage 2 it has a GPA in one of four gigabytes. */
static uint64_t frames;

static uint64_t new_frame(void)
{
  if (frames * PAGE >= MEMORY)
    fail("the tables do not fit");
  return frames++ * PAGE;
}

static uint64_t gpa_of(const struct scene *scene, uint64_t spa)
{
  const uint64_t frame = spa / PAGE;

  return scene->stage2 == SLAT_STAGE2_NONE ? spa : (frame % 4 << 30 | frame / 4 * PAGE) + spa % PAGE;
}

/* The word of an entry: tables on the way are made.  An entry is `flags` and an address, in a guest table a GPA. */
static uint64_t *entry_at(const struct scene *scene, bool guest, uint64_t root, uint64_t a, unsigned level,
                          uint64_t flags)
{
  uint64_t table = root; /* SPA */

  for (unsigned l = 4;; l--) {
    const uint64_t at = table / 8 + (a >> (12 + 9 * (l - 1)) & 511);
    if (l == level)
      return &words[at];
    if (words[at] == 0) {
      const uint64_t below = new_frame();
      words[at] = (guest ? gpa_of(scene, below) : below) | flags;
      table = below;
    } else {
      const uint64_t address = words[at] & 0xFFFFFFFFFF000;
      table = !guest || scene->stage2 == SLAT_STAGE2_NONE
                ? address
                : ((address & 0x3FFFFFFF) / PAGE * 4 + (address >> 30)) * PAGE;
    }
  }
}

static void build_tables(const struct scene *scene)
{
  const uint64_t guest = 0x67;                                              /* P, R/W, U/S, A, D */
  const uint64_t nested = scene->stage2 == SLAT_STAGE2_EPT ? 0x307 : guest; /* R, W, X, A, D */
  const uint64_t memory_type = scene->stage2 == SLAT_STAGE2_EPT ? 6 << 3 : 0;

  memset(words, 0, sizeof words);
  frames = 1; /* frame 0 is nothing's */
  expected = 0;
  const uint64_t root = new_frame();
  bare.guest_root = gpa_of(scene, root);
  for (unsigned i = 0; i < ADDRESSES;) {
    /* 16 PDPTEs, 256 PDEs and pages anywhere below them. */
    const uint64_t r = random_number();
    const uint64_t linear = (r & 3) << 39 | (r >> 8 & 3) << 30 | (r >> 16 & 15) << 21 | (r >> 24 & 0x1FFFF8);
    uint64_t *leaf = entry_at(scene, true, root, linear, 1, guest & ~0x40u);
    if (*leaf != 0)
      continue; /* one address a page */
    const uint64_t page = new_frame();
    *leaf = gpa_of(scene, page) | guest;
    expected += page + linear % PAGE;
    addresses[i++] = linear;
  }
  if (scene->stage2 == SLAT_STAGE2_NONE)
    return;
  const uint64_t used = frames;
  bare.nested_root = new_frame();
  for (uint64_t frame = 1; frame < used; frame++)
    *entry_at(scene, false, bare.nested_root, gpa_of(scene, frame * PAGE), 1,
              nested & (scene->stage2 == SLAT_STAGE2_EPT ? 0x107 : 0x27)) = frame * PAGE | nested | memory_type;
}

static void set_register(uint8_t reg, uint64_t value)
{
  const struct slat_event event = { .kind = SLAT_EVENT_REGISTER, .reg = reg, .value = value };

  if (slat_feed(&machine, &event) != SLAT_OK)
    fail("slat_feed");
}

static void open_model(const struct scene *scene)
{
  const bool ept = scene->stage2 == SLAT_STAGE2_EPT, npt = scene->stage2 == SLAT_STAGE2_NPT;
  const struct slat_config config = { .vendor = npt ? SLAT_AMD : SLAT_INTEL,
                                      .stage2 = scene->stage2,
                                      .maxphyaddr = MAXPHYADDR,
                                      .nx = true,
                                      .page_1gb = true,
                                      .smep = true,
                                      .smap = true,
                                      .ept_execute_only = ept,
                                      .ept_page_2mb = ept,
                                      .ept_page_1gb = ept,
                                      .ept_accessed_dirty = ept,
                                      .ept_advanced_info = ept };

  if (slat_open(&machine, &config) != SLAT_OK)
    fail("slat_open");
  set_register(SLAT_CR3, bare.guest_root);
  set_register(SLAT_CR4, 0x300020); /* SMAP, SMEP, PAE */
  if (ept)
    set_register(SLAT_EPTP, bare.nested_root | 3 << 3 | 6 | (scene->ept_ad ? 0x40 : 0));
  if (npt)
    set_register(SLAT_NCR3, bare.nested_root);
  bare.memory = memory;
  bare.words = words;
  bare.size = MEMORY;
  bare.table_is_write = npt || scene->ept_ad;
}

static void open_kvm(const struct scene *scene)
{
  const bool ept = scene->stage2 == SLAT_STAGE2_EPT, npt = scene->stage2 == SLAT_STAGE2_NPT;
  const struct kip_config config = { .mode = ept   ? KIP_NESTED_EPT
                                             : npt ? KIP_NESTED_NPT
                                                   : KIP_SHADOW,
                                     .vendor = npt ? KIP_AMD : KIP_INTEL,
                                     .maxphyaddr = MAXPHYADDR,
                                     .features = KIP_NX | KIP_GBPAGES | KIP_SMEP | KIP_SMAP };
  const uint64_t *reg = machine.cpu[0].reg;
  const struct kip_nested nested = {
    .root = ept ? reg[SLAT_EPTP] : reg[SLAT_NCR3],
    .ept_execute_only = true,
    .ept_accessed_dirty = scene->ept_ad,
    .ept_huge_level = 3,
    .npt_cr0 = reg[SLAT_HOST_CR0],
    .npt_cr4 = reg[SLAT_HOST_CR4],
    .npt_efer = reg[SLAT_HOST_EFER],
    .l2 = { .cr0 = reg[SLAT_CR0], .cr3 = reg[SLAT_CR3], .cr4 = reg[SLAT_CR4], .efer = reg[SLAT_EFER], .cpl = 3 },
  };

  if (kip_reset(&config) || !kip_write_block(0, words, sizeof words))
    fail("KVM has not taken the tables");
  if ((ept || npt ? kip_enter_nested(&nested) : kip_set_registers(&nested.l2)) != KIP_OK)
    fail("KVM has not taken the registers");
}

/* ---- The runners: the sum of all translations, `times` times over ---- */

static uint64_t run_permitted(unsigned times)
{
  struct slat_access access = { .kind = SLAT_WRITE, .width = 8, .user = true };
  struct slat_permitted set;
  uint64_t sum = 0;

  while (times--)
    for (unsigned i = 0; i < ADDRESSES; i++) {
      access.linear = addresses[i];
      if (slat_permitted(&machine, 0, &memory, &access, &set) != SLAT_OK || set.outcome[0].kind != SLAT_TRANSLATED)
        return 0;
      sum += set.outcome[0].spa;
    }
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    if (set.update[i].may) /* accessed and dirty flags are to be settled */
      return 0;
  return sum;
}

static uint64_t run_walk(unsigned times)
{
  struct slat_access access = { .kind = SLAT_WRITE, .width = 8, .user = true };
  uint64_t sum = 0;

  while (times--)
    for (unsigned i = 0; i < ADDRESSES; i++) {
      access.linear = addresses[i];
      const struct slat_walk walk = slat_walk_linear(&memory, &machine.cpu[0].controls, &access);
      sum += walk.outcome.spa;
    }
  return sum;
}

static uint64_t run_translate(unsigned times)
{
  struct slat_access access = { .kind = SLAT_WRITE, .width = 8, .user = true };
  uint64_t sum = 0;

  while (times--)
    for (unsigned i = 0; i < ADDRESSES; i++) {
      access.linear = addresses[i];
      sum += slat_translate(&memory, &machine.cpu[0].controls, &access).spa;
    }
  return sum;
}

static uint64_t run_kvm(unsigned times)
{
  return kip_bench_walks(addresses, ADDRESSES, KIP_WRITE | KIP_USER, times);
}

#define RUN_BARE(walker) \
  static uint64_t run_##walker(unsigned times) \
  { \
    uint64_t sum = 0; \
\
    while (times--) \
      for (unsigned i = 0; i < ADDRESSES; i++) \
        sum += walker(&bare, addresses[i], SLAT_WRITE, true); \
    return sum; \
  }
RUN_BARE(bare_native)
RUN_BARE(bare_native_direct)
RUN_BARE(bare_ept)
RUN_BARE(bare_ept_direct)
RUN_BARE(bare_npt)
RUN_BARE(bare_npt_direct)

/* What the model does beside a translation, slat_walk_linear's steps and slat_permitted's set, has no counterpart to be held against. */
enum { KVM, BARE, BARE_DIRECT, TRANSLATE, WALK, PERMITTED, RUNNERS };
static const char *const runner_name[RUNNERS] = { "KVM gva_to_gpa", "bare walker",      "bare walker, direct loads",
                                                  "slat_translate", "slat_walk_linear", "slat_permitted" };
static uint64_t (*const runner[][RUNNERS])(unsigned) = {
  [SLAT_STAGE2_NONE] = { run_kvm, run_bare_native, run_bare_native_direct, run_translate, run_walk, run_permitted },
  [SLAT_STAGE2_EPT] = { run_kvm, run_bare_ept, run_bare_ept_direct, run_translate, run_walk, run_permitted },
  [SLAT_STAGE2_NPT] = { run_kvm, run_bare_npt, run_bare_npt_direct, run_translate, run_walk, run_permitted },
};

/* ---- Measuring ---- */

static double now(void)
{
  struct timespec t;

  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct figure {
  double low, median, high; /* low and high: quartiles */
};

static int compare(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

static struct figure figure_of(const double *values)
{
  double sorted[ROUNDS];

  memcpy(sorted, values, sizeof sorted);
  qsort(sorted, ROUNDS, sizeof *sorted, compare);
  return (struct figure){ sorted[ROUNDS / 4], sorted[ROUNDS / 2], sorted[ROUNDS - 1 - ROUNDS / 4] };
}

/* Millions of walks a second. */
static double rate_of(uint64_t (*run)(unsigned), unsigned times)
{
  const double since = now();

  if (run(times) != expected * times)
    fail(run == run_kvm ? "KVM does not translate as the tables say" : "a walker does not translate as the tables say");
  return 1e-6 * ADDRESSES * times / (now() - since);
}

static double rates[RUNNERS][ROUNDS];

static void measure(const struct scene *scene)
{
  static uint64_t copy[MEMORY / 8];
  unsigned times[RUNNERS];

  build_tables(scene);
  open_model(scene);
  open_kvm(scene);
  for (unsigned i = 0; i < RUNNERS; i++) {
    rate_of(runner[scene->stage2][i], 2); /* warm */
    times[i] = (unsigned)(TURN_SECONDS * 1e6 * rate_of(runner[scene->stage2][i], 4) / ADDRESSES) + 1;
  }
  for (unsigned round = 0; round < ROUNDS; round++)
    for (unsigned i = 0; i < RUNNERS; i++) {
      const unsigned turn = (i + round) % RUNNERS; /* each is first, last and in between in turn */
      rates[turn][round] = rate_of(runner[scene->stage2][turn], times[turn]);
    }
  /* KVM would have set clear flags: memory is as it was, so both read the same and all flags were settled. */
  if (!kip_read_block(0, copy, sizeof copy) || memcmp(copy, words, sizeof copy) != 0)
    fail("KVM's memory is not what the others read");
  if (kip_events() != 0)
    fail("KVM has warned");
}

static struct figure ratio_of(unsigned a, unsigned b)
{
  double ratios[ROUNDS];

  for (unsigned round = 0; round < ROUNDS; round++)
    ratios[round] = rates[a][round] / rates[b][round];
  return figure_of(ratios);
}

/* ---- Reporting ---- */

static FILE *json;
static bool met = true;

static void json_row(const struct scene *scene, unsigned which, unsigned baseline)
{
  static const char *separator = "";

  fprintf(json,
          "%s\n  {\"name\": \"%s: %s\", \"value\": %.3f, \"unit\": \"M/s\", \"baseline\": \"%s\", \"baseline_value\": "
          "%.3f, \"ratio\": %.3f}",
          separator, scene->name, runner_name[which], figure_of(rates[which]).median, runner_name[baseline],
          figure_of(rates[baseline]).median, ratio_of(which, baseline).median);
  separator = ",";
}

/* One ratio, with its verdict if one is required. */
static void print_ratio(const struct scene *scene, unsigned which, unsigned baseline, double required)
{
  const struct figure r = ratio_of(which, baseline);

  printf("    %5.2f x %-26s (%.2f to %.2f)", r.median, runner_name[baseline], r.low, r.high);
  if (required > 0) {
    printf("  required %.1f: %s", required, r.median >= required ? "met" : "NOT MET");
    met = met && r.median >= required;
  }
  printf("\n");
  json_row(scene, which, baseline);
}

static void report(const struct scene *scene)
{
  printf("%s\n", scene->name);
  for (unsigned i = 0; i < RUNNERS; i++) {
    const struct figure f = figure_of(rates[i]);
    printf("  %-28s %6.2f M/s (%.2f to %.2f)\n", runner_name[i], f.median, f.low, f.high);
    if (i < TRANSLATE)
      continue;
    print_ratio(scene, i, KVM, i != TRANSLATE ? 0 : scene->stage2 == SLAT_STAGE2_NONE ? 1 : 3);
    print_ratio(scene, i, BARE, i != TRANSLATE ? 0 : 0.5);
    print_ratio(scene, i, BARE_DIRECT, 0);
  }
}

int main(int argc, char **argv)
{
  static const struct scene scenes[] = {
    { .name = "4-level", .stage2 = SLAT_STAGE2_NONE },
    { .name = "4x4 EPT", .stage2 = SLAT_STAGE2_EPT },
    { .name = "4x4 EPT with A/D", .stage2 = SLAT_STAGE2_EPT, .ept_ad = true },
    { .name = "4x4 NPT", .stage2 = SLAT_STAGE2_NPT },
  };
  const struct kip_setup setup = { .memory_bytes = MEMORY, .host_maxphyaddr = 46 };
  const bool report_only = argc == 3 && strcmp(argv[1], "--report-only") == 0;

  if (argc != 2 && !report_only) {
    fprintf(stderr, "usage: bench [--report-only] FILE.json\n");
    return 2;
  }
  json = fopen(argv[argc - 1], "w");
  if (!json)
    fail("the file for the figures cannot be written");
  if (kip_setup(&setup))
    fail("kip_setup");

  printf("Median over %d rounds and its quartiles; %d addresses, user writes, flags settled; KVM %s\n", ROUNDS,
         ADDRESSES, kip_kernel_version());
  fprintf(json, "{\"rows\": [");
  for (unsigned i = 0; i < sizeof scenes / sizeof *scenes; i++) {
    measure(&scenes[i]);
    report(&scenes[i]);
  }
  fprintf(json, "\n]}\n");
  if (fclose(json) != 0)
    fail("the file for the figures cannot be written");
  if (!met)
    printf("A required ratio is not met.\n");
  return met || report_only ? 0 : 1;
}

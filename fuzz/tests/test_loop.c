/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop with a target that is wrong on purpose: what is planted must be found, saved, minimised and replayed. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka needs the five above first */
#include <cmocka.h>
#include "../loop/loop.h"
#include "../loop/pdptes.h"
#include "../loop/minimise.h"
#include "fake_target.h"

static struct loop loop;
static struct statistics *statistics;
static char directory[64];
static sigjmp_buf died;
static const char *volatile death;

static void on_fatal(const char *what)
{
  death = what;
  siglongjmp(died, 1);
}

bool guarded_run(struct loop *l, const struct scenario *scenario);
bool guarded_run(struct loop *l, const struct scenario *scenario)
{
  if (sigsetjmp(died, 1) != 0) {
    loop_died(l, death);
    return false;
  }
  return loop_run(l, scenario);
}

static int set_up(void **state)
{
  (void)state;
  fake_bug = FAKE_CORRECT;
  snprintf(directory, sizeof directory, P_tmpdir "/slat-test-loop-XXXXXX");
  statistics = statistics_open(NULL);
  if (!mkdtemp(directory) || !statistics || loop_open(&loop, &fuzz_target, &oracle_slat, statistics, directory))
    return -1;
  fuzz_target.on_fatal(on_fatal);
  return 0;
}

static int tear_down(void **state)
{
  char command[128];

  (void)state;
  snprintf(command, sizeof command, "rm -rf -- '%s'", directory);
  return system(command);
}

/* Runs scenarios from a seed until one diverges. @return how many; 0: none did. */
static unsigned run_until_divergence(unsigned limit, struct scenario *scenario)
{
  struct random random = { 7 };

  for (unsigned n = 1; n <= limit; n++) {
    scenario_generate(scenario, fuzz_target.can, &random);
    if (!guarded_run(&loop, scenario))
      return n;
  }
  return 0;
}

static void read_back(const char *name, const char *suffix, struct scenario *scenario)
{
  static uint8_t bytes[SCENARIO_MAX_BYTES];
  char path[256];
  FILE *file;
  size_t size;

  snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
  file = fopen(path, "rb");
  assert_non_null(file);
  size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  assert_true(size > 0);
  if (scenario)
    assert_int_equal(scenario_decode(scenario, bytes, size), SLAT_TRACE_OK);
}

/* ---- A correct target ---- */

static void correct_target_agrees(void **state)
{
  static struct scenario scenario;

  (void)state;
  assert_int_equal(run_until_divergence(20000, &scenario), 0);
  assert_int_equal(statistics->divergences, 0);
  assert_true(statistics->inputs_compared > 19000);
  assert_int_equal(statistics_check(statistics, &fuzz_target, stderr), 0);
}

static void at_least_five_judged_accesses(void **state)
{
  static struct scenario scenario;

  (void)state;
  assert_int_equal(run_until_divergence(2000, &scenario), 0);
  assert_true(statistics->judged_accesses > 5 * statistics->inputs);
}

static void mutated_scenarios_agree_too(void **state)
{
  static struct scenario scenario, other;
  struct random random = { 11 };

  (void)state;
  scenario_generate(&other, fuzz_target.can, &random);
  for (unsigned n = 0; n < 20000; n++) {
    if (n % 50 == 0)
      scenario_generate(&scenario, fuzz_target.can, &random);
    scenario_mutate(&scenario, &other, fuzz_target.can, &random);
    assert_true(guarded_run(&loop, &scenario));
  }
}

/* ---- Planted bugs ---- */

static void finds(enum fake_bug bug, const char *part_of_name)
{
  static struct scenario scenario, saved, small;
  char name[FINDING_NAME];

  fake_bug = bug;
  assert_in_range(run_until_divergence(20000, &scenario), 1, 20000);
  snprintf(name, sizeof name, "%s", loop.name);
  if (!strstr(name, part_of_name))
    fail_msg("found %s, not %s", name, part_of_name);

  /* saved before anything else happened, with its text */
  read_back(name, ".slat", &saved);
  read_back(name, ".txt", NULL);

  /* it replays, and becomes small */
  assert_false(guarded_run(&loop, &saved));
  assert_string_equal(loop.name, name);
  small = saved;
  assert_true(minimise(&loop, &small, name) > 0);
  assert_true(small.count <= 14);
  assert_false(guarded_run(&loop, &small));
  assert_string_equal(loop.name, name);

  /* and it is gone with the bug */
  fake_bug = FAKE_CORRECT;
  assert_true(guarded_run(&loop, &small));
}

static void finds_ignored_rights(void **state)
{
  (void)state;
  finds(FAKE_IGNORES_RIGHTS_OF_PDE, "translated_for_PF");
}
static void finds_dirty_never_set(void **state)
{
  (void)state;
  finds(FAKE_NEVER_SETS_DIRTY, "-flags-");
}
static void finds_wrong_code(void **state)
{
  (void)state;
  finds(FAKE_WRONG_CODE, "PF_code_");
}
static void finds_cached_right(void **state)
{
  (void)state;
  finds(FAKE_CACHES_WRITE, "-right-");
}
static void finds_changed_word(void **state)
{
  (void)state;
  finds(FAKE_WRITES_ELSEWHERE, "-flags-");
}
static void finds_complaint(void **state)
{
  (void)state;
  finds(FAKE_COMPLAINS, "WARN_fake_target");
}
static void complaint_may_be_waived(void **state)
{
  static struct scenario scenario;

  (void)state;
  fake_bug = FAKE_COMPLAINS_WAIVED;
  assert_int_equal(run_until_divergence(2000, &scenario), 0);
  assert_true(statistics->complaints > 100);
  assert_int_equal(statistics->waived[1], 0); /* of another version */
  assert_int_equal(statistics->waived[2], statistics->complaints);
  loop.no_waivers = true;
  assert_in_range(run_until_divergence(2000, &scenario), 1, 2000);
}
static void finds_death(void **state)
{
  (void)state;
  finds(FAKE_DIES, "BUG_fake_target");
}
static void finds_no_progress(void **state)
{
  (void)state;
  finds(FAKE_NO_PROGRESS, "no_outcome");
}

static void same_finding_is_saved_once(void **state)
{
  static struct scenario scenario;
  struct random random = { 7 };

  (void)state;
  fake_bug = FAKE_NEVER_SETS_DIRTY;
  for (unsigned n = 0; n < 2000; n++) {
    scenario_generate(&scenario, fuzz_target.can, &random);
    guarded_run(&loop, &scenario);
  }
  assert_true(statistics->unexplained > 100);
  assert_in_range(statistics->findings, 1, 8);
}

static void goes_on_after_a_death(void **state)
{
  static struct scenario scenario;
  struct random random = { 7 };

  (void)state;
  fake_bug = FAKE_DIES;
  for (unsigned n = 0; n < 2000; n++) {
    scenario_generate(&scenario, fuzz_target.can, &random);
    guarded_run(&loop, &scenario);
  }
  assert_true(statistics->fatal > 10);
  assert_true(statistics->inputs_compared > 1000);
  assert_int_equal(statistics->findings, 1);
}

/* ---- An oracle that permits everything ---- */

static void permit_all_fails_self_check(void **state)
{
  (void)state;
  assert_null(oracle_self_check(&oracle_slat));
  assert_non_null(oracle_self_check(&oracle_permit_all));
}

static void permit_all_misses_canaries(void **state)
{
  static struct scenario scenario;
  FILE *nowhere = fopen("/dev/null", "w");

  (void)state;
  loop.oracle = &oracle_permit_all;
  run_until_divergence(3000, &scenario);
  assert_true(statistics->canaries > 0);
  assert_int_equal(statistics->canaries_missed, statistics->canaries);
  assert_true(statistics_check(statistics, &fuzz_target, nowhere) > 0);
  fclose(nowhere);
}

/* ---- Runs that do not count ---- */

static void nothing_compared_fails(void **state)
{
  FILE *nowhere = fopen("/dev/null", "w");

  (void)state;
  assert_true(statistics_check(statistics, &fuzz_target, nowhere) > 0);
  fclose(nowhere);
}

/* A run that agrees, and in which most was skipped, or too little was judged. */
static void hardly_anything_observed_fails(void **state)
{
  static struct statistics changed;
  static struct scenario scenario;
  FILE *nowhere = fopen("/dev/null", "w");

  (void)state;
  assert_false(run_until_divergence(3000, &scenario));
  assert_int_equal(statistics_check(statistics, &fuzz_target, nowhere), 0);
  changed = *statistics;
  changed.skips[SKIP_UNOBSERVED] = changed.accesses;
  assert_int_equal(statistics_check(&changed, &fuzz_target, nowhere), 1);
  changed = *statistics;
  changed.judged_accesses = 4 * changed.inputs;
  assert_int_equal(statistics_check(&changed, &fuzz_target, nowhere), 1);
  changed = *statistics;
  changed.translated = 3 * changed.faulted;
  assert_int_equal(statistics_check(&changed, &fuzz_target, nowhere), 1);
  fclose(nowhere);
}

static void unreadable_bytes_are_refused(void **state)
{
  static struct scenario scenario;
  static uint8_t bytes[SCENARIO_MAX_BYTES];
  struct random random = { 3 };
  size_t size;

  (void)state;
  scenario_generate(&scenario, fuzz_target.can, &random);
  size = scenario_encode(&scenario, bytes, sizeof bytes);
  assert_true(size > 0);
  assert_int_equal(scenario_decode(&scenario, bytes, size), SLAT_TRACE_OK);
  assert_int_not_equal(scenario_decode(&scenario, bytes, size - 1), SLAT_TRACE_OK);
  assert_int_not_equal(scenario_decode(&scenario, bytes, 3), SLAT_TRACE_OK);
  bytes[0] ^= 1;
  assert_int_not_equal(scenario_decode(&scenario, bytes, size), SLAT_TRACE_OK);
}

static void same_seed_same_scenario(void **state)
{
  static struct scenario a, b;
  static uint8_t one[SCENARIO_MAX_BYTES], two[SCENARIO_MAX_BYTES];
  struct random first = { 42 }, second = { 42 };

  (void)state;
  for (unsigned n = 0; n < 100; n++) {
    scenario_generate(&a, fuzz_target.can, &first);
    scenario_generate(&b, fuzz_target.can, &second);
    const size_t size = scenario_encode(&a, one, sizeof one);

    assert_int_equal(size, scenario_encode(&b, two, sizeof two));
    assert_memory_equal(one, two, size);
  }
}

/* ---- Staleness ---- */

static struct machine_memory memory;

static void map_page_0(void)
{
  memory_reset(&memory);
  memory_set(&memory, 0x1000, 0x2027);
  memory_set(&memory, 0x2000, 0x3027);
  memory_set(&memory, 0x3000, 0x4027);
  memory_set(&memory, 0x4000, 0x5067);
  memory_set(&memory, 0x4008, 0x6067);
}

static const struct slat_controls four_level = { .guest_table = 0x1000, .paging = true };

static void change(struct staleness *staleness, uint64_t spa, uint64_t value)
{
  const uint64_t before = memory_word(&memory, spa);

  memory_set(&memory, spa, value);
  staleness_store(staleness, &four_level, spa, before, value);
}

static void staleness_is_exact(void **state)
{
  struct staleness s;
  unsigned code = 0;

  (void)state;
  assert_true(memory_open(&memory, 1 << 20));
  map_page_0();
  staleness_reset(&s);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0), STALE_NOT);

  /* a store to another page's entry does not matter, one to a common table does; INVLPG ends it for its page only */
  change(&s, 0x4008, 0x7067);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0), STALE_NOT);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0x1000), STALE_STORE);
  change(&s, 0x3000, 0x4025);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0), STALE_STORE);
  staleness_flush_page(&s, 0x123);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0), STALE_NOT);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0x1000), STALE_STORE);
  staleness_flush_all(&s);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0x1000), STALE_NOT);

  /* not present before, not accessed before, ignored bits: nothing can be stale */
  map_page_0();
  memory_set(&memory, 0x4000, 0x5066);
  staleness_reset(&s);
  change(&s, 0x4000, 0x5067);
  memory_set(&memory, 0x4000, 0x5007);
  change(&s, 0x4000, 0x6007);
  change(&s, 0x3000, 0x4027 | 1ULL << 52 | 1 << 9);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0), STALE_NOT);

  /* a page fault ends it for its page, and is remembered as the reason */
  change(&s, 0x2000, 0);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0), STALE_STORE);
  staleness_page_fault(&s, 0, 4);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0), STALE_NOT);
  assert_true(staleness_fresh_by_fault(&s, 0x18, &code));
  assert_int_equal(code, 4);
  staleness_flush_page(&s, 0);
  assert_false(staleness_fresh_by_fault(&s, 0x18, &code));

  /* EFER.NXE cleared: only where an entry has XD */
  map_page_0();
  staleness_reset(&s);
  memory_set(&memory, 0x4000, 1ULL << 63 | 0x5067);
  staleness_nxe_cleared(&s);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0), STALE_REGISTER);
  assert_int_equal(staleness_of(&s, &memory, &four_level, 0x1000), STALE_NOT);
}

/* PAE paging: the walk begins at a register; 62:52 are reserved, so that a store to them matters. A change of a register that flushes nothing
 * makes all stale. */
static void staleness_in_pae(void **state)
{
  const struct slat_controls pae = { .guest = { .mode = SLAT_PAGING_PAE },
                                     .guest_table = 0x1020,
                                     .pdpte = { 0x3001, 0, 0x3001, 0 },
                                     .paging = true,
                                     .pdpte_registers = true };
  struct slat_controls read = pae;
  struct staleness s;

  (void)state;
  map_page_0();
  staleness_reset(&s);
  memory_set(&memory, 0x1020, 0x3001);
  staleness_store(&s, &pae, 0x1020, 0x3001, 0); /* no table of a walk */
  assert_int_equal(staleness_of(&s, &memory, &pae, 0x80000000), STALE_NOT);
  staleness_store(&s, &pae, 0x4000, 0x5067, 0x5067 | 1ULL << 52);
  assert_int_equal(staleness_of(&s, &memory, &pae, 0x80000000), STALE_STORE);
  assert_int_equal(staleness_of(&s, &memory, &pae, 0x40000000), STALE_NOT);
  staleness_flush_all(&s);
  staleness_all_changed(&s);
  assert_int_equal(staleness_of(&s, &memory, &pae, 0), STALE_REGISTER);
  staleness_flush_page(&s, 0);
  assert_int_equal(staleness_of(&s, &memory, &pae, 0), STALE_NOT);

  /* where walks read the PDPTE, it has no accessed flag */
  read.pdpte_registers = false;
  staleness_reset(&s);
  staleness_store(&s, &read, 0x1020, 0x3001, 0x2001);
  assert_int_equal(staleness_of(&s, &memory, &read, 0), STALE_STORE);
  assert_int_equal(staleness_of(&s, &memory, &read, 0x40000000), STALE_NOT);
}

/* 32-bit paging: half a word is an entry; PS means something with CR4.PSE only. */
static void staleness_in_32_bit_paging(void **state)
{
  struct slat_controls two_level = { .guest = { .mode = SLAT_PAGING_32BIT, .pse = true },
                                     .guest_table = 0x1000,
                                     .paging = true };
  struct staleness s;

  (void)state;
  memory_reset(&memory);
  memory_set(&memory, 0x1000, 0x20a7ULL << 32 | 0x2027);
  memory_set(&memory, 0x2000, 0x6027ULL << 32 | 0x5027);
  staleness_reset(&s);
  staleness_store(&s, &two_level, 0x2000, 0x6027ULL << 32 | 0x5027, 0x7027ULL << 32 | 0x5027);
  assert_int_equal(staleness_of(&s, &memory, &two_level, 0), STALE_NOT);
  assert_int_equal(staleness_of(&s, &memory, &two_level, 0x1000), STALE_STORE);
  assert_int_equal(staleness_of(&s, &memory, &two_level, 0x401000), STALE_NOT); /* a page of 4 MB */
  two_level.guest.pse = false;
  assert_int_equal(staleness_of(&s, &memory, &two_level, 0x401000), STALE_STORE);
}

static void finds_write_done(void **state)
{
  (void)state;
  finds(FAKE_WRITES_ANYTHING, "write");
}

/* A scenario that begins in PAE paging has its registers loaded. */
static void pdptes_are_loaded(void **state)
{
  const struct slat_config config = { .vendor = SLAT_INTEL, .maxphyaddr = 40 };
  const struct slat_event efer = { .kind = SLAT_EVENT_REGISTER, .reg = SLAT_EFER },
                          cr3 = { .kind = SLAT_EVENT_REGISTER, .reg = SLAT_CR3, .value = 0x1020 };
  struct slat_machine machine;

  (void)state;
  memory_reset(&memory);
  memory_set(&memory, 0x1020, 0x3001);
  memory_set(&memory, 0x1038, 0x4001);
  assert_int_equal(slat_open(&machine, &config), SLAT_OK);
  assert_int_equal(slat_feed(&machine, &efer), SLAT_OK);
  assert_int_equal(slat_feed(&machine, &cr3), SLAT_OK);
  pdptes_load(&machine, &memory);
  assert_int_equal(machine.cpu[0].reg[SLAT_PDPTE0], 0x3001);
  assert_int_equal(machine.cpu[0].reg[SLAT_PDPTE3], 0x4001);
  assert_int_equal(machine.cpu[0].status, SLAT_OK);
  memory_set(&memory, 0x1038, 0x4003);
  pdptes_load(&machine, &memory);
  assert_int_equal(machine.cpu[0].status, SLAT_INVALID_PDPTE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
    TEST(correct_target_agrees),
    TEST(at_least_five_judged_accesses),
    TEST(mutated_scenarios_agree_too),
    TEST(finds_ignored_rights),
    TEST(finds_dirty_never_set),
    TEST(finds_wrong_code),
    TEST(finds_cached_right),
    TEST(finds_changed_word),
    TEST(finds_write_done),
    TEST(finds_complaint),
    TEST(complaint_may_be_waived),
    TEST(finds_death),
    TEST(finds_no_progress),
    TEST(same_finding_is_saved_once),
    TEST(goes_on_after_a_death),
    TEST(permit_all_fails_self_check),
    TEST(permit_all_misses_canaries),
    TEST(nothing_compared_fails),
    TEST(hardly_anything_observed_fails),
    TEST(unreadable_bytes_are_refused),
    TEST(same_seed_same_scenario),
    TEST(staleness_is_exact),
    TEST(staleness_in_pae),
    TEST(staleness_in_32_bit_paging),
    TEST(pdptes_are_loaded),
  };

  return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include "statistics.h"
#include "rules.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

const char *const observation_name[OBSERVATIONS] = {
  [OBSERVE_WALK] = "walk",   [OBSERVE_ACCESS] = "access", [OBSERVE_RIGHT] = "right",
  [OBSERVE_FLAGS] = "flags", [OBSERVE_DATA] = "data",     [OBSERVE_WRITE] = "write",
};

const char *const skip_name[SKIPS] = {
  [SKIP_INPUT_UNREADABLE] = "input_unreadable",
  [SKIP_INPUT_UNSUPPORTED] = "input_unsupported",
  [SKIP_INPUT_REFUSED] = "input_refused_by_target",
  [SKIP_EVENT_INVALID] = "event_invalid",
  [SKIP_EVENT_REFUSED] = "event_refused_by_target",
  [SKIP_ACCESS_UNSUPPORTED] = "access_unsupported",
  [SKIP_STALE_STORE] = "stale_after_store",
  [SKIP_STALE_REGISTER] = "stale_after_register_write",
  [SKIP_UNTOLD_STORE] = "store_untold_to_the_target",
  [SKIP_OUTSIDE_MEMORY] = "table_outside_memory",
  [SKIP_SELF_MODIFYING] = "walk_changes_itself",
  [SKIP_UNOBSERVED] = "not_observable",
  [SKIP_FLAGS_OVERWRITTEN] = "flags_overwritten_by_the_access",
};

static const char *const outcome_name[SLAT_OUTCOME_KINDS] = {
  [SLAT_NO_OUTCOME] = "none",
  [SLAT_TRANSLATED] = "translated",
  [SLAT_NON_CANONICAL] = "non_canonical",
  [SLAT_PAGE_FAULT] = "page_fault",
  [SLAT_EPT_VIOLATION] = "ept_violation",
  [SLAT_EPT_MISCONFIG] = "ept_misconfiguration",
  [SLAT_NESTED_PAGE_FAULT] = "nested_page_fault",
  [SLAT_WRITTEN] = "written",
  [SLAT_GENERAL_PROTECTION] = "general_protection",
  [SLAT_PML_FULL] = "pml_full",
};

enum { PAGE_SIZES = 4 };
static const char *const page_size_name[PAGE_SIZES] = { "4KB", "2MB", "1GB", "4MB" };

struct statistics *statistics_open(const char *path)
{
  const int file = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
  struct statistics *statistics;

  if (path && (file < 0 || ftruncate(file, sizeof *statistics) != 0))
    return NULL;
  statistics = path ? mmap(NULL, sizeof *statistics, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                    : calloc(1, sizeof *statistics);
  if (file >= 0)
    close(file);
  if (!statistics || statistics == MAP_FAILED)
    return NULL;
  if (statistics->version == 0) {
    statistics->version = STATISTICS_VERSION;
    statistics->size = sizeof *statistics;
  }
  if (statistics->version != STATISTICS_VERSION || statistics->size != sizeof *statistics) {
    errno = EINVAL; /* of another build */
    return NULL;
  }
  return statistics;
}

static uint64_t sum(const uint64_t *count, unsigned n)
{
  uint64_t total = 0;

  for (unsigned i = 0; i < n; i++)
    total += count[i];
  return total;
}

static unsigned rules_exercised(const struct statistics *statistics)
{
  unsigned n = 0;

  for (unsigned i = 1; i < SLAT_RULE_COUNT; i++)
    n += statistics->rule[i] > 0;
  return n;
}

static unsigned rules_modelled(void)
{
  unsigned n = 0;

  for (unsigned i = 1; i < SLAT_RULE_COUNT; i++)
    n += rule_is_judged(i);
  return n;
}

/* One member of an object: separator, name, and the value in the caller's next print. */
struct object {
  FILE *out;
  bool begun;
};

static FILE *member(struct object *object, const char *name)
{
  fprintf(object->out, "%s\"%s\": ", object->begun ? ", " : "", name);
  object->begun = true;
  return object->out;
}

static void number(struct object *object, const char *name, uint64_t value)
{
  fprintf(member(object, name), "%" PRIu64, value);
}

static struct object nested(struct object *object, const char *name)
{
  fputc('{', member(object, name));
  return (struct object){ .out = object->out };
}

static void done(const struct object *object)
{
  fputc('}', object->out);
}

static void print_rules(struct object *all, const char *name, const uint64_t *count, bool missing)
{
  struct object rules = nested(all, name);

  for (unsigned i = 1; i < SLAT_RULE_COUNT; i++)
    if (missing ? count[i] == 0 && rule_is_judged(i) : count[i] > 0)
      number(&rules, slat_rule_info(i)->id, count[i]);
  done(&rules);
}

static void print_codes(struct object *all, const struct statistics *statistics)
{
  struct object kinds = nested(all, "code_bits");

  for (unsigned kind = SLAT_PAGE_FAULT; kind <= SLAT_NESTED_PAGE_FAULT; kind++) {
    struct object bits;
    char name[4];

    if (statistics->outcome[kind] == 0)
      continue;
    bits = nested(&kinds, outcome_name[kind]);
    for (unsigned bit = 0; bit < 64; bit++)
      if (statistics->code_bit[kind][bit]) {
        snprintf(name, sizeof name, "%u", bit);
        number(&bits, name, statistics->code_bit[kind][bit]);
      }
    done(&bits);
  }
  done(&kinds);
}

static void print_levels(struct object *all, const struct statistics *statistics)
{
  struct object levels = nested(all, "fault_levels");
  struct object pages, modes;
  static const char *const mode[] = { "off", NULL, "32-bit", "PAE", "4-level", "5-level" };
  char name[24];

  for (unsigned stage = 1; stage <= 2; stage++)
    for (unsigned level = 1; level <= 5; level++)
      if (statistics->fault_level[stage][level]) {
        snprintf(name, sizeof name, "stage%u_level%u", stage, level);
        number(&levels, name, statistics->fault_level[stage][level]);
      }
  done(&levels);
  pages = nested(all, "page_sizes");
  for (unsigned i = 0; i < PAGE_SIZES; i++)
    number(&pages, page_size_name[i], statistics->page_size[i]);
  done(&pages);
  modes = nested(all, "paging_modes");
  for (unsigned i = 0; i < 6; i++)
    if (mode[i] && statistics->levels[i])
      number(&modes, mode[i], statistics->levels[i]);
  done(&modes);
}

/* The processor's time-stamp counter against the clock. */
static double seconds_of(double ticks)
{
  const struct timespec pause = { .tv_nsec = 20000000 };
  struct timespec before, after;
  uint64_t start;

  clock_gettime(CLOCK_MONOTONIC, &before);
  start = __rdtsc();
  nanosleep(&pause, NULL);
  clock_gettime(CLOCK_MONOTONIC, &after);
  return ticks * ((double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec)) /
         (double)(__rdtsc() - start);
}

void statistics_print(const struct statistics *s, const struct fuzz_target *target, FILE *out)
{
  struct object all = { .out = out }, part;
  char name[8];

  fputc('{', out);
  number(&all, "inputs", s->inputs);
  number(&all, "inputs_compared", s->inputs_compared);
  number(&all, "accesses", s->accesses);
  number(&all, "judged_accesses", s->judged_accesses);
  number(&all, "comparisons", sum(s->comparisons, OBSERVATIONS));
  number(&all, "agreements", s->agreements);
  print_rules(&all, "divergences", s->divergence_rule, false);
  number(&all, "unexplained", s->unexplained);
  part = nested(&all, "waived");
  for (unsigned i = 0; target->waivers[i].id; i++)
    if (waiver_holds(target, &target->waivers[i]))
      number(&part, target->waivers[i].id, s->waived[i]);
  done(&part);
  part = nested(&all, "observations");
  for (unsigned i = 0; i < OBSERVATIONS; i++)
    if (target->observations >> i & 1)
      number(&part, observation_name[i], s->comparisons[i]);
  done(&part);
  part = nested(&all, "skips");
  for (unsigned i = 0; i < SKIPS; i++)
    if (s->skips[i])
      number(&part, skip_name[i], s->skips[i]);
  done(&part);
  number(&all, "translated", s->translated);
  number(&all, "faulted", s->faulted);
  part = nested(&all, "outcomes");
  for (unsigned i = 1; i < SLAT_OUTCOME_KINDS; i++)
    if (s->outcome[i])
      number(&part, outcome_name[i], s->outcome[i]);
  done(&part);
  part = nested(&all, "permitted_set_sizes");
  for (unsigned i = 1; i <= SLAT_MAX_OUTCOMES; i++) {
    snprintf(name, sizeof name, "%u", i);
    number(&part, name, s->set_size[i]);
  }
  done(&part);
  print_codes(&all, s);
  print_levels(&all, s);
  number(&all, "rules_exercised", rules_exercised(s));
  number(&all, "rules_total", rules_modelled());
  print_rules(&all, "rules", s->rule, false);
  print_rules(&all, "rules_not_exercised", s->rule, true);
  number(&all, "canaries", s->canaries);
  number(&all, "canaries_missed", s->canaries_missed);
  fprintf(member(&all, "oracle_share"), "%.4f", s->loop_ticks ? (double)s->oracle_ticks / (double)s->loop_ticks : 0.0);
  fprintf(member(&all, "oracle_seconds"), "%.2f",
          seconds_of(s->timed_inputs ? (double)s->oracle_ticks * (double)s->inputs / (double)s->timed_inputs : 0.0));
  number(&all, "complaints", s->complaints);
  number(&all, "fatal", s->fatal);
  number(&all, "edges", s->edges);
  number(&all, "edges_total", s->edges_total);
  part = nested(&all, "findings");
  for (uint64_t i = 0; i < s->findings; i++)
    number(&part, s->finding[i].name, s->finding[i].times);
  done(&part);
  fputs("}\n", out);
}

static unsigned missing_codes(const struct statistics *s, const struct fuzz_target *target, FILE *out)
{
  unsigned problems = 0;

  for (unsigned kind = 1; kind <= SLAT_NESTED_PAGE_FAULT; kind++)
    for (unsigned bit = 0; bit < 64; bit++)
      if ((target->codes[kind] >> bit & 1) && s->code_bit[kind][bit] == 0) {
        fprintf(out, "%s: bit %u of the code never occurred\n", outcome_name[kind], bit);
        problems++;
      }
  return problems;
}

static unsigned missing_levels(const struct statistics *s, const struct fuzz_target *target, FILE *out)
{
  unsigned problems = 0;

  for (unsigned stage = 1; stage <= 2; stage++)
    for (unsigned level = 1; level <= 5; level++)
      if ((target->fault_levels[stage] >> level & 1) && s->fault_level[stage][level] == 0) {
        fprintf(out, "no fault was decided at level %u of stage %u\n", level, stage);
        problems++;
      }
  for (unsigned i = 0; i < PAGE_SIZES; i++)
    if ((target->page_sizes >> i & 1) && s->page_size[i] == 0) {
      fprintf(out, "no page of %s was translated\n", page_size_name[i]);
      problems++;
    }
  for (unsigned i = 0; i < 6; i++)
    if ((target->levels >> i & 1) && s->levels[i] == 0) {
      fprintf(out, "no access was judged with guest tables of %u levels\n", i);
      problems++;
    }
  for (unsigned i = 0; i < TARGET_RULES && target->rules[i]; i++)
    if (s->rule[target->rules[i]] == 0) {
      fprintf(out, "%s never decided anything\n", slat_rule_info(target->rules[i])->id);
      problems++;
    }
  return problems;
}

enum { JUDGED_EACH = 5, JUDGED_FROM = 1000 };

unsigned statistics_check(const struct statistics *s, const struct fuzz_target *target, FILE *out)
{
  const uint64_t all = s->translated + s->faulted;
  unsigned problems = 0;

  if (sum(s->comparisons, OBSERVATIONS) == 0) {
    fprintf(out, "nothing was compared\n");
    problems++;
  }
  for (unsigned i = 0; i < OBSERVATIONS; i++)
    if ((target->observations >> i & 1) && s->comparisons[i] == 0) {
      fprintf(out, "observation \"%s\" never occurred\n", observation_name[i]);
      problems++;
    }
  if (all > 0 && (10 * s->translated < 3 * all || 10 * s->translated > 7 * all)) {
    fprintf(out, "%.1f%% of the accesses translated, which is not within 30..70%%\n",
            100.0 * (double)s->translated / (double)all);
    problems++;
  }
  if (2 * s->skips[SKIP_UNOBSERVED] > s->accesses) {
    fprintf(out, "more than half of the accesses could not be observed\n");
    problems++;
  }
  if (s->inputs >= JUDGED_FROM && s->judged_accesses < JUDGED_EACH * s->inputs) {
    fprintf(out, "%.1f judged accesses an input, fewer than %u\n", (double)s->judged_accesses / (double)s->inputs,
            JUDGED_EACH);
    problems++;
  }
  if (s->canaries == 0 || s->canaries_missed > 0) {
    fprintf(out, "the oracle let %" PRIu64 " of %" PRIu64 " planted wrong observations pass\n", s->canaries_missed,
            s->canaries);
    problems++;
  }
  return problems + missing_codes(s, target, out) + missing_levels(s, target, out);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Replays traces through the instrumented model, and counts what the contracts say: run [--delete RULE] TRACE...
 *
 * With all rules, or without a trace, questions about mappings and changes are asked too.
 * Each trace is replayed as for the witnesses, by judge_trace().  Every clause that E-ACSL evaluates comes to
 * __e_acsl_assert(): it is counted, and the first time that one is false it is shown with its values.  At the end
 *   NAME PASSED FAILED      for each clause (c and its number) and each place of an unnamed check (FILE:LINE:KIND)
 *   scenarios N
 * on stdout.  Exit code: 0 nothing was false, 1 something was, 2 a trace cannot be read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e_acsl.h"
#include "judge.h"
#include "replay.h"

#define MAX_CHECKS 8192

struct check {
  char name[160];
  unsigned long passed, failed;
};
static struct check checks[MAX_CHECKS];
static unsigned failures;

int eacsl_run(int argc, char **argv);
uint64_t slat_memory_read(const struct slat_memory *m, uint64_t spa);
void __e_acsl_assert(int predicate, __e_acsl_assert_data_t *data);

/* What memory.h leaves to a file outside the proofs. */
uint64_t slat_memory_read(const struct slat_memory *m, uint64_t spa)
{
  return m->read(m->context, spa);
}

static struct check *find_check(const char *name)
{
  unsigned hash = 5381;
  for (const char *p = name; *p != '\0'; p++)
    hash = hash * 33 + (unsigned char)*p;
  for (unsigned i = 0; i < MAX_CHECKS; i++) {
    struct check *check = &checks[(hash + i) % MAX_CHECKS];
    if (check->name[0] == '\0')
      (void)snprintf(check->name, sizeof check->name, "%s", name);
    if (strcmp(check->name, name) == 0)
      return check;
  }
  (void)fputs("eacsl: too many checks\n", stderr);
  exit(2);
}

/* The c and number that translate.py gave as a label: the whole name, or what is last in one that has its behavior too.
   NULL: it has none, as what E-ACSL adds itself. */
static const char *clause_of(const char *name)
{
  size_t digits = 0, length = name == NULL ? 0 : strlen(name);

  while (digits < length && name[length - digits - 1] >= '0' && name[length - digits - 1] <= '9')
    digits++;
  if (digits == 0 || digits == length || name[length - digits - 1] != 'c')
    return NULL;
  return name + length - digits - 1;
}

void __e_acsl_assert(int predicate, __e_acsl_assert_data_t *data)
{
  char place[sizeof checks[0].name];
  const char *clause = clause_of(data->name);

  if (clause == NULL)
    (void)snprintf(place, sizeof place, "%s:%d:%s", data->file, data->line, data->kind);
  for (char *p = place; clause == NULL && *p != '\0'; p++)
    *p = *p == ' ' ? '_' : *p;
  struct check *check = find_check(clause != NULL ? clause : place);
  if (predicate != 0) {
    check->passed++;
    return;
  }
  failures++;
  if (check->failed++ != 0)
    return;
  (void)fprintf(stderr, "violated: %s %s:%d: %s of %s\n  %s\n", check->name, data->file, data->line, data->kind,
                data->fct, data->pred_txt);
  for (__e_acsl_assert_data_value_t *value = data->values; value != NULL; value = value->next)
    __e_acsl_print_value(value);
}

/* Judges what differs from a permitted outcome in one bit: traces observe what is right, and judging has to see more. */
static void judge_neighbours(const struct slat_trace *trace)
{
  struct replay replay;
  struct step step;

  bool good = replay_open(&replay, trace);
  while (good && replay_next(&replay, &step)) {
    for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++) {
      for (unsigned bit = 0; bit < 64; bit++) {
        struct slat_outcome code = step.set.outcome[i], address = code;
        code.code ^= (uint64_t)1 << bit;
        (void)slat_judge(&step.set, &code);
        address.spa ^= (uint64_t)1 << bit;
        address.gpa = address.linear = address.spa;
        (void)slat_judge(&step.set, &address);
      }
    }
    good = replay_commit(&replay, &step);
  }
  replay_close(&replay);
}

/* @return false with a line on stderr. */
static bool replay_file(const char *path, unsigned deleted)
{
  static char bytes[1 << 20];
  struct slat_trace_error error = { .text = "cannot be read" };
  struct slat_trace trace;
  FILE *file = fopen(path, "r");
  const size_t size = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);

  if (file == NULL || fclose(file) != 0 || !slat_trace_read(&trace, path, bytes, size, &error)) {
    (void)fprintf(stderr, "eacsl: %s: %s\n", path, error.text);
    return false;
  }
  (void)judge_trace(&trace, deleted);
  if (deleted == SLAT_RULE_NONE)
    judge_neighbours(&trace);
  slat_trace_free(&trace);
  return true;
}

/* A small number, below `limit`, the same in each run. */
static unsigned drawn(unsigned limit)
{
  static uint64_t state = 1;

  state = state * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(state >> 33) % limit;
}

/* Asks what may be made, used and is ended, of tags, operations and mappings of few values each, so that they often meet. */
static void ask_mappings(unsigned deleted)
{
  static const uint8_t flag[] = { 4, 5, 7, 17, 20, 22, 31 }; /* CR4.PSE, PAE, PGE, PCIDE, SMEP, PKE; CR0.PG */

  slat_deleted_rule = deleted;
  for (unsigned i = 0; i < 20000; i++) {
    const struct slat_tags tags = { .guest = drawn(2),
                                    .enable_vpid = drawn(2),
                                    .stage2 = drawn(2),
                                    .paging = drawn(2),
                                    .pge = drawn(2),
                                    .pcide = drawn(2),
                                    .tce = drawn(2),
                                    .space = (uint16_t)drawn(2),
                                    .pcid = (uint16_t)drawn(2),
                                    .root = drawn(2) * 0x1000 };
    const uint64_t page = drawn(2) * 0x200000, first = page + drawn(2) * 0x1000;
    const struct slat_invalidation operation = { .kind = (uint8_t)drawn(SLAT_INVALIDATION_KINDS),
                                                 .type = (uint8_t)drawn(drawn(2) ? 4 : 64),
                                                 .no_flush = drawn(2),
                                                 .linear_valid = drawn(2),
                                                 .pcid = (uint16_t)drawn(2),
                                                 .space = (uint16_t)drawn(2),
                                                 .root = drawn(2) * 0x1000,
                                                 .address = page,
                                                 .first = page,
                                                 .last = page + (drawn(2) ? 0xFFF : 0x1FFFFF),
                                                 .gpa = page,
                                                 .before = drawn(2) ? (uint64_t)1 << flag[drawn(7)] : 0,
                                                 .after = drawn(2) ? (uint64_t)1 << flag[drawn(7)] : 0 };
    const struct slat_mapping mapping = { .kind = (uint8_t)drawn(3),
                                          .table = drawn(2),
                                          .global = drawn(2),
                                          .space = (uint16_t)drawn(2),
                                          .pcid = (uint16_t)drawn(2),
                                          .root = drawn(2) * 0x1000,
                                          .first = first,
                                          .last = first + 0xFFF };
    const bool amd = drawn(2);

    (void)slat_ends(amd, &tags, &operation, &mapping);
    (void)slat_must_not_use(amd, &tags, &mapping);
    (void)slat_must_not_make(amd, &tags, &mapping);
  }
  slat_deleted_rule = SLAT_RULE_NONE;
}

/* Asks what changes of entries need, of a processor of each vendor and of EPT: one or two bits of a usable entry, or none. */
static void ask_changes(unsigned deleted)
{
  static const uint8_t bit[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 30, 52, 59, 60, 63 };
  static struct slat_machine machine;

  for (unsigned i = 0; i < 6000; i++) {
    const bool ept = drawn(2), amd = !ept && drawn(2);
    const struct slat_config config = { .vendor = amd ? SLAT_AMD : SLAT_INTEL,
                                        .stage2 = ept ? SLAT_STAGE2_EPT : SLAT_STAGE2_NONE,
                                        .maxphyaddr = 46,
                                        .nx = true,
                                        .smep = true,
                                        .page_1gb = true,
                                        .ept_page_2mb = ept,
                                        .ept_accessed_dirty = ept };
    const unsigned level = 1 + drawn(4);
    uint64_t before = 0x40000007 + (ept && level == 1 ? 0x30 : 0), after;

    before ^= drawn(2) ? (uint64_t)1 << bit[drawn(16)] : 0;
    before ^= (uint64_t)1 << bit[drawn(16)];
    after = before ^ (drawn(4) ? (uint64_t)1 << bit[drawn(16)] : 0);
    if (slat_open(&machine, &config) != SLAT_OK)
      continue;
    machine.cpu[0].controls.smep = drawn(2);
    machine.cpu[0].controls.ept_ad = ept && drawn(2);
    slat_deleted_rule = deleted;
    (void)(ept ? slat_ept_change : slat_guest_change)(&machine.cpu[0].controls, level, before, after);
    slat_deleted_rule = SLAT_RULE_NONE;
  }
}

/* The rule of that id. */
static unsigned rule_of(const char *id)
{
  for (unsigned rule = SLAT_RULE_NONE + 1; rule < SLAT_RULE_COUNT; rule++)
    if (strcmp(slat_rule_info(rule)->id, id) == 0)
      return rule;
  (void)fprintf(stderr, "eacsl: no rule %s\n", id);
  exit(2);
}

int eacsl_run(int argc, char **argv)
{
  const bool deletes = argc > 2 && strcmp(argv[1], "--delete") == 0;
  const unsigned deleted = deletes ? rule_of(argv[2]) : SLAT_RULE_NONE;
  unsigned scenarios = 0;

  for (int i = deletes ? 3 : 1; i < argc; i++, scenarios++)
    if (!replay_file(argv[i], deleted))
      return 2;
  if (!deletes || argc == 3) {
    ask_mappings(deleted);
    ask_changes(deleted);
  }
  for (unsigned i = 0; i < MAX_CHECKS; i++)
    if (checks[i].name[0] != '\0')
      (void)printf("%s %lu %lu\n", checks[i].name, checks[i].passed, checks[i].failed);
  (void)printf("scenarios %u\n", scenarios);
  return failures == 0 ? 0 : 1;
}

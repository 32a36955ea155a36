/* SPDX-License-Identifier: BSD-2-Clause */
/* Replays traces through the instrumented model, and counts what the contracts say: run [--delete RULE] TRACE...
 *
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
  for (unsigned i = 0; i < MAX_CHECKS; i++)
    if (checks[i].name[0] != '\0')
      (void)printf("%s %lu %lu\n", checks[i].name, checks[i].passed, checks[i].failed);
  (void)printf("scenarios %u\n", scenarios);
  return failures == 0 ? 0 : 1;
}

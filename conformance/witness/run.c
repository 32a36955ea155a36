/* SPDX-License-Identifier: BSD-2-Clause */
/* Holds every witness against the model: run-witnesses RULES.TSV NAMED.TSV DIRECTORY [EVIDENCE.JSON]
 *
 * DIRECTORY/ID.jsonl is the witness of the rule ID, in the form that `slat convert` writes.  The model agrees with what
 * it observes, and does not once the rule is deleted.  Two other kinds tell themselves by the note of the observation:
 *   "forbidden: ..."    the model reports a divergence, and agrees once the rule is deleted (a rule that only forbids)
 *   "unsupported: ..."  the model gives no answer, and agrees once the rule is deleted
 * Then the model is held against a target that lacks the rule: it must name that rule, or the one that NAMED.TSV says.
 * A rule without a witness fails, and so does a witness without a rule that needs one.  TAP; exit code 1 if one fails. */
#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "needed.h"

struct results {
  unsigned tests, failed;
  bool decisive[SLAT_RULE_COUNT];
  unsigned named[SLAT_RULE_COUNT]; /* of a target that lacks the rule */
};

__attribute__((format(printf, 4, 5))) static void report(struct results *results, bool good, const char *name,
                                                         const char *reason, ...)
{
  va_list arguments;
  results->tests++;
  results->failed += !good;
  (void)printf("%sok %u - %s\n", good ? "" : "not ", results->tests, name);
  if (good)
    return;
  (void)fputs("# ", stdout);
  va_start(arguments, reason);
  (void)vprintf(reason, arguments);
  va_end(arguments);
  (void)putchar('\n');
}

/* What the file says the model answers: by the note of its last observation. */
static enum verdict expected(const struct slat_trace *trace)
{
  const char *note = NULL;
  for (size_t i = 0; i < trace->count; i++)
    if (trace->events[i].kind == SLAT_EVENT_OBSERVED)
      note = trace->origins[i].note;
  if (note != NULL && strncmp(note, "forbidden: ", 11) == 0)
    return VERDICT_DIVERGES;
  return note != NULL && strncmp(note, "unsupported: ", 13) == 0 ? VERDICT_UNSUPPORTED : VERDICT_AGREES;
}

/* Is the file what the writer makes of it? */
static bool canonical(const struct slat_trace *trace, const char *bytes, size_t size)
{
  char *text = NULL;
  size_t length = 0;
  FILE *stream = open_memstream(&text, &length);
  bool same = stream != NULL && slat_trace_write_json(trace, stream);
  same = stream != NULL && fclose(stream) == 0 && same && length == size && memcmp(text, bytes, size) == 0;
  free(text);
  return same;
}

static const char *name_of(unsigned rule)
{
  return rule == SLAT_RULE_NONE ? "none" : slat_rule_info(rule)->id;
}

static void judge_witness(struct results *results, const struct slat_trace *trace, unsigned rule)
{
  const char *id = slat_rule_info(rule)->id;
  const enum verdict want = expected(trace);
  const enum verdict with = judge_trace(trace, SLAT_RULE_NONE).verdict;
  const enum verdict without = judge_trace(trace, rule).verdict;
  const unsigned named = named_without(trace, rule);

  if (trace->note == NULL || *trace->note == '\0')
    report(results, false, id, "%s:1: no note: what does it show?", trace->name);
  else if (with != want)
    report(results, false, id, "%s: the model %s, the file is one that %s", trace->name, verdict_name(with),
           verdict_name(want));
  else if (without != (want == VERDICT_AGREES ? VERDICT_DIVERGES : VERDICT_AGREES))
    report(results, false, id, "%s: without the rule the model %s %s", trace->name, without == with ? "still" : "then",
           verdict_name(without));
  else if (named != results->named[rule])
    report(results, false, id, "%s: a target without the rule is told %s, not %s", trace->name, name_of(named),
           name_of(results->named[rule]));
  else {
    results->decisive[rule] = true;
    report(results, true, id, " ");
  }
}

static void run_file(struct results *results, const char *path, unsigned rule)
{
  static char bytes[1 << 20];
  struct slat_trace_error error = { .text = "cannot be read" };
  struct slat_trace trace;
  FILE *file = fopen(path, "r");
  const size_t size = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);

  if (file == NULL || fclose(file) != 0 || !slat_trace_read(&trace, path, bytes, size, &error)) {
    report(results, false, slat_rule_info(rule)->id, "%s", error.text);
    return;
  }
  if (canonical(&trace, bytes, size))
    judge_witness(results, &trace, rule);
  else
    report(results, false, slat_rule_info(rule)->id, "%s: not in canonical form: slat convert %s", path, path);
  slat_trace_free(&trace);
}

/* Files that are no witness of a rule that needs one. */
static void find_surplus(struct results *results, const char *directory, const bool *needed)
{
  struct dirent *entry;
  DIR *list = opendir(directory);
  while (list != NULL && (entry = readdir(list)) != NULL) {
    const size_t length = strlen(entry->d_name);
    const bool jsonl = length > 6 && strcmp(entry->d_name + length - 6, ".jsonl") == 0;
    const unsigned rule = jsonl ? rule_named(entry->d_name, length - 6) : SLAT_RULE_NONE;
    if (entry->d_name[0] != '.' && (rule == SLAT_RULE_NONE || !needed[rule]))
      report(results, false, entry->d_name, "%s/%s: no rule needs this witness", directory, entry->d_name);
  }
  if (list == NULL)
    report(results, false, directory, "%s: cannot be read", directory);
  else
    (void)closedir(list);
}

static bool write_evidence(const char *path, const struct results *results, const bool *needed)
{
  FILE *file = fopen(path, "w");
  const char *separator = "";
  unsigned witnesses = 0, decisive = 0;
  if (file == NULL) {
    perror(path);
    return false;
  }
  for (unsigned rule = 0; rule < SLAT_RULE_COUNT; rule++) {
    witnesses += needed[rule];
    decisive += results->decisive[rule];
  }
  (void)fprintf(file, "{\"witnesses\": %u, \"decisive\": %u, \"rules\": {", witnesses, decisive);
  for (unsigned rule = 0; rule < SLAT_RULE_COUNT; rule++)
    if (needed[rule]) {
      (void)fprintf(file, "%s\n  \"%s\": %s", separator, slat_rule_info(rule)->id,
                    results->decisive[rule] ? "true" : "false");
      separator = ",";
    }
  (void)fputs("\n}}\n", file);
  return fclose(file) == 0;
}

/* What a target that lacks a rule is told: that rule, but for the rows of the table. */
static bool read_named(struct results *results, const char *path)
{
  FILE *file = fopen(path, "r");
  char *line = NULL;
  size_t room = 0;
  bool good = file != NULL;

  for (unsigned rule = 0; rule < SLAT_RULE_COUNT; rule++)
    results->named[rule] = rule;
  while (good && getline(&line, &room, file) > 0) {
    const size_t first = strcspn(line, "\t\n");
    const char *second = line + first + (line[first] == '\t');
    const size_t length = strcspn(second, "\t\n");
    const unsigned rule = rule_named(line, first), named = rule_named(second, length);

    if (*line == '#' || strncmp(line, "rule\t", 5) == 0)
      continue;
    good = rule != SLAT_RULE_NONE && (named != SLAT_RULE_NONE || strncmp(second, "none\t", 5) == 0);
    results->named[rule] = named;
  }
  if (!good)
    (void)fprintf(stderr, "%s: cannot be read%s%s", path, line == NULL ? "\n" : ", at: ", line == NULL ? "" : line);
  free(line);
  if (file != NULL)
    (void)fclose(file);
  return good;
}

int main(int argc, char **argv)
{
  struct results results = { .tests = 0 };
  bool needed[SLAT_RULE_COUNT];

  if (argc != 4 && argc != 5) {
    (void)fputs("usage: run-witnesses RULES.TSV NAMED.TSV DIRECTORY [EVIDENCE.JSON]\n", stderr);
    return 2;
  }
  if (!needed_rules(argv[1], needed) || !read_named(&results, argv[2]))
    return 2;
  for (unsigned rule = 0; rule < SLAT_RULE_COUNT; rule++) {
    char path[400];
    if (!needed[rule])
      continue;
    (void)snprintf(path, sizeof path, "%s/%s.jsonl", argv[3], slat_rule_info(rule)->id);
    run_file(&results, path, rule);
  }
  find_surplus(&results, argv[3], needed);
  (void)printf("1..%u\n# witnesses: %u, failed: %u\n", results.tests, results.tests, results.failed);
  if (argc == 5 && !write_evidence(argv[4], &results, needed))
    return 2;
  return results.failed == 0 && results.tests != 0 ? 0 : 1;
}

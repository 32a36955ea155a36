/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of changes.tsv: what a change of an entry needs; and that each rule decides its rows.
   test_changes FILE [RULE] asks the rows of another file, without that rule, and does not want one of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <slat/slat.h>

static const char *path = "model/tests/changes.tsv";
static unsigned without; /* the rule to be left out */

extern unsigned slat_deleted_rule;

enum { RULE, ENTRY, LEVEL, BEFORE, AFTER, NEED, COLUMNS };

static struct slat_controls controls_of(const char *entry)
{
  const bool ept = strcmp(entry, "ept") == 0, amd = strcmp(entry, "amd") == 0;
  const struct slat_config config = { .vendor = amd ? SLAT_AMD : SLAT_INTEL,
                                      .stage2 = ept ? SLAT_STAGE2_EPT : SLAT_STAGE2_NONE,
                                      .maxphyaddr = 46,
                                      .nx = true,
                                      .smep = true,
                                      .ept_page_2mb = ept,
                                      .ept_accessed_dirty = ept };
  static struct slat_machine machine;

  assert_int_equal(slat_open(&machine, &config), SLAT_OK);
  machine.cpu[0].controls.smep = strcmp(entry, "intel-smep") == 0;
  machine.cpu[0].controls.ept_ad = ept;
  return machine.cpu[0].controls;
}

static unsigned rule_of(const char *id)
{
  for (unsigned rule = 1; rule < SLAT_RULE_COUNT; rule++)
    if (strcmp(slat_rule_info(rule)->id, id) == 0)
      return rule;
  fail_msg("%s: no such rule: %s", path, id);
  return 0;
}

static void check(unsigned line, char *const column[COLUMNS], bool *seen)
{
  static const char *const needs[] = { "nothing", "nothing-but-one-fault", "for-flags", "invalidation" };
  const struct slat_controls controls = controls_of(column[ENTRY]);
  const unsigned level = (unsigned)strtoul(column[LEVEL], NULL, 10);
  const uint64_t before = strtoull(column[BEFORE], NULL, 16), after = strtoull(column[AFTER], NULL, 16);
  struct slat_need (*const change)(const struct slat_controls *, unsigned, uint64_t,
                                   uint64_t) = strcmp(column[ENTRY], "ept") == 0 ? slat_ept_change : slat_guest_change;
  struct slat_need need;

  slat_deleted_rule = without;
  need = change(&controls, level, before, after);
  if (strcmp(needs[need.need], column[NEED]) != 0)
    fail_msg("%s:%u: expected %s, got %s", path, line, column[NEED], needs[need.need]);
  if (strcmp(column[RULE], "-") == 0)
    return;
  const unsigned rule = rule_of(column[RULE]);
  if (need.rule != rule)
    fail_msg("%s:%u: decided by another rule than %s", path, line, column[RULE]);
  seen[rule] = true;
  slat_deleted_rule = rule;
  const struct slat_need other = change(&controls, level, before, after);
  slat_deleted_rule = 0;
  if (other.need == need.need)
    fail_msg("%s:%u: the answer is the same without %s", path, line, column[RULE]);
}

static void rows(void **state)
{
  const bool all = *state != NULL; /* one of each rule is wanted */
  static bool seen[SLAT_RULE_COUNT];
  char line[256];
  bool header = true;
  unsigned number = 0;
  FILE *file = fopen(path, "r");

  if (file == NULL)
    fail_msg("cannot open %s: run from the project's root", path);
  while (fgets(line, sizeof line, file) != NULL) {
    char *column[COLUMNS], *rest = line;

    number++;
    line[strcspn(line, "\n")] = 0;
    if (line[0] == '#')
      continue;
    for (unsigned i = 0; i < COLUMNS; i++)
      if ((column[i] = strsep(&rest, "\t")) == NULL)
        fail_msg("%s:%u: %u columns, expected %u", path, number, i, (unsigned)COLUMNS);
    if (!header)
      check(number, column, seen);
    header = false;
  }
  fclose(file);
  for (unsigned rule = 1; rule < SLAT_RULE_COUNT; rule++)
    if (all && strcmp(slat_rule_info(rule)->chapter, "changes") == 0 && !seen[rule])
      fail_msg("%s: no row for %s", path, slat_rule_info(rule)->id);
}

int main(int argc, char **argv)
{
  static bool all = true;
  const struct CMUnitTest tests[] = { cmocka_unit_test_prestate(rows, argc > 1 ? NULL : &all) };

  if (argc > 1)
    path = argv[1];
  if (argc > 2)
    without = rule_of(argv[2]);
  return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}

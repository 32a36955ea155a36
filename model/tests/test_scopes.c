/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of scopes.tsv: what may be made, used, and is ended; and that each rule decides its row.
   test_scopes FILE [RULE] asks the rows of another file, without that rule, and does not want one of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <slat/slat.h>

#define COLUMNS 7

static const char *path = "model/tests/scopes.tsv";
static unsigned without; /* the rule to be left out */

extern unsigned slat_deleted_rule;

enum { RULE, VENDOR, QUESTION, TAGS, OPERATION, MAPPING, ANSWER };

static unsigned line_number;

/* The value of WORD=VALUE, or NULL. */
static const char *value_of(const char *word, const char *name)
{
  const size_t length = strlen(name);

  return strncmp(word, name, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static uint64_t number(const char *text, int base)
{
  char *end;
  const uint64_t value = strtoull(text, &end, base);

  if (*text == 0 || (*end != 0 && *end != ':'))
    fail_msg("%s:%u: not a number: %s", path, line_number, text);
  return value;
}

static void range(const char *text, uint64_t *first, uint64_t *last)
{
  const char *colon = strchr(text, ':');

  if (colon == NULL)
    fail_msg("%s:%u: not a range: %s", path, line_number, text);
  *first = number(text, 16);
  *last = number(colon + 1, 16);
}

static unsigned rule_of(const char *id)
{
  for (unsigned rule = 1; rule < SLAT_RULE_COUNT; rule++)
    if (strcmp(slat_rule_info(rule)->id, id) == 0)
      return rule;
  fail_msg("%s:%u: no such rule: %s", path, line_number, id);
  return 0;
}

static void tags_word(struct slat_tags *tags, const char *word)
{
  const char *value;

  if (strcmp(word, "guest") == 0)
    tags->guest = true;
  else if (strcmp(word, "enable_vpid") == 0)
    tags->enable_vpid = true;
  else if (strcmp(word, "stage2") == 0)
    tags->stage2 = true;
  else if (strcmp(word, "paging") == 0)
    tags->paging = true;
  else if (strcmp(word, "pge") == 0)
    tags->pge = true;
  else if (strcmp(word, "pcide") == 0)
    tags->pcide = true;
  else if (strcmp(word, "tce") == 0)
    tags->tce = true;
  else if ((value = value_of(word, "vpid")) != NULL || (value = value_of(word, "asid")) != NULL)
    tags->space = (uint16_t)number(value, 10);
  else if ((value = value_of(word, "pcid")) != NULL)
    tags->pcid = (uint16_t)number(value, 10);
  else if ((value = value_of(word, "root")) != NULL)
    tags->root = number(value, 16);
  else
    fail_msg("%s:%u: no such word of the tags: %s", path, line_number, word);
}

static void operation_word(struct slat_invalidation *operation, const char *word)
{
  static const char *const kinds[SLAT_INVALIDATION_KINDS] = {
    [SLAT_BY_INVLPG] = "invlpg",
    [SLAT_BY_INVPCID] = "invpcid",
    [SLAT_BY_CR0] = "cr0",
    [SLAT_BY_CR3] = "cr3",
    [SLAT_BY_CR4] = "cr4",
    [SLAT_BY_TASK_SWITCH] = "task-switch",
    [SLAT_BY_PAGE_FAULT] = "page-fault",
    [SLAT_BY_RESET] = "reset",
    [SLAT_BY_INVVPID] = "invvpid",
    [SLAT_BY_INVEPT] = "invept",
    [SLAT_BY_VMX_TRANSITION] = "vmx-transition",
    [SLAT_BY_EPT_VIOLATION] = "ept-violation",
    [SLAT_BY_INVLPGA] = "invlpga",
    [SLAT_BY_VMRUN] = "vmrun",
    [SLAT_BY_INVLPGB] = "invlpgb",
    [SLAT_BY_SMM] = "smm",
    [SLAT_BY_MTRR] = "mtrr",
  };
  const char *value;

  for (unsigned kind = 0; kind < SLAT_INVALIDATION_KINDS; kind++)
    if (strcmp(word, kinds[kind]) == 0) {
      operation->kind = (uint8_t)kind;
      return;
    }
  if (strcmp(word, "no_flush") == 0) {
    operation->no_flush = true;
  } else if (strcmp(word, "linear") == 0) {
    operation->linear_valid = true;
  } else if ((value = value_of(word, "type")) != NULL) {
    operation->type = (uint8_t)number(value, 16);
  } else if ((value = value_of(word, "vpid")) != NULL || (value = value_of(word, "asid")) != NULL) {
    operation->space = (uint16_t)number(value, 10);
  } else if ((value = value_of(word, "pcid")) != NULL) {
    operation->pcid = (uint16_t)number(value, 10);
  } else if ((value = value_of(word, "root")) != NULL) {
    operation->root = number(value, 16);
  } else if ((value = value_of(word, "gpa")) != NULL) {
    operation->gpa = number(value, 16);
  } else if ((value = value_of(word, "before")) != NULL) {
    operation->before = number(value, 16);
  } else if ((value = value_of(word, "after")) != NULL) {
    operation->after = number(value, 16);
  } else if ((value = value_of(word, "address")) != NULL) {
    operation->address = number(value, 16);
  } else if ((value = value_of(word, "page")) != NULL) {
    range(value, &operation->first, &operation->last);
    if (operation->address < operation->first)
      operation->address = operation->first;
  } else {
    fail_msg("%s:%u: no such word of an operation: %s", path, line_number, word);
  }
}

static void mapping_word(struct slat_mapping *mapping, const char *word)
{
  const char *value;

  if (strcmp(word, "linear") == 0)
    mapping->kind = SLAT_LINEAR;
  else if (strcmp(word, "guest-physical") == 0)
    mapping->kind = SLAT_GUEST_PHYSICAL;
  else if (strcmp(word, "combined") == 0)
    mapping->kind = SLAT_COMBINED;
  else if (strcmp(word, "table") == 0)
    mapping->table = true;
  else if (strcmp(word, "global") == 0)
    mapping->global = true;
  else if ((value = value_of(word, "vpid")) != NULL || (value = value_of(word, "asid")) != NULL)
    mapping->space = (uint16_t)number(value, 10);
  else if ((value = value_of(word, "pcid")) != NULL)
    mapping->pcid = (uint16_t)number(value, 10);
  else if ((value = value_of(word, "root")) != NULL)
    mapping->root = number(value, 16);
  else if ((value = value_of(word, "at")) != NULL)
    range(value, &mapping->first, &mapping->last);
  else
    fail_msg("%s:%u: no such word of a mapping: %s", path, line_number, word);
}

struct question {
  bool amd;
  char what; /* m, u or e: may it be made, may it be used, is it ended */
  struct slat_tags tags;
  struct slat_invalidation operation;
  struct slat_mapping mapping;
};

/* @param answered  by which rule */
static bool answer(const struct question *q, unsigned *answered)
{
  *answered = q->what == 'e'   ? slat_ends(q->amd, &q->tags, &q->operation, &q->mapping)
              : q->what == 'u' ? slat_must_not_use(q->amd, &q->tags, &q->mapping)
                               : slat_must_not_make(q->amd, &q->tags, &q->mapping);
  return (*answered != SLAT_RULE_NONE) == (q->what == 'e');
}

static void check(char *const column[COLUMNS], bool *seen)
{
  struct question q = { .amd = strcmp(column[VENDOR], "amd") == 0, .what = column[QUESTION][0] };
  const bool expected = strcmp(column[ANSWER], "yes") == 0;
  unsigned by, rule;
  char *rest;

  for (char *w = strtok_r(column[TAGS], " -", &rest); w != NULL; w = strtok_r(NULL, " ", &rest))
    tags_word(&q.tags, w);
  if (q.what == 'e')
    for (char *w = strtok_r(column[OPERATION], " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest))
      operation_word(&q.operation, w);
  for (char *w = strtok_r(column[MAPPING], " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest))
    mapping_word(&q.mapping, w);

  slat_deleted_rule = without;
  if (answer(&q, &by) != expected)
    fail_msg("%s:%u: expected %s, got the other answer by %s", path, line_number, column[ANSWER],
             by == SLAT_RULE_NONE ? "no rule" : slat_rule_info(by)->id);
  if (strcmp(column[RULE], "-") == 0)
    return;
  rule = rule_of(column[RULE]);
  seen[rule] = true;
  slat_deleted_rule = rule;
  if (answer(&q, &by) == expected)
    fail_msg("%s:%u: the answer is the same without %s", path, line_number, column[RULE]);
  slat_deleted_rule = 0;
}

static void rows(void **state)
{
  const bool all = *state != NULL; /* one of each rule is wanted */
  static bool seen[SLAT_RULE_COUNT];
  char line[512];
  bool header = true;
  FILE *file = fopen(path, "r");

  if (file == NULL)
    fail_msg("cannot open %s: run from the project's root", path);
  for (line_number = 1; fgets(line, sizeof line, file) != NULL; line_number++) {
    char *column[COLUMNS], *rest = line;

    line[strcspn(line, "\n")] = 0;
    if (line[0] == '#')
      continue;
    for (unsigned i = 0; i < COLUMNS; i++)
      if ((column[i] = strsep(&rest, "\t")) == NULL)
        fail_msg("%s:%u: %u columns, expected %u", path, line_number, i, (unsigned)COLUMNS);
    if (!header)
      check(column, seen);
    header = false;
  }
  fclose(file);
  for (unsigned rule = 1; rule < SLAT_RULE_COUNT; rule++) {
    const char *chapter = slat_rule_info(rule)->chapter;

    if (all && (strcmp(chapter, "tags") == 0 || strcmp(chapter, "invalidation") == 0) && !seen[rule])
      fail_msg("%s: no row for %s", path, slat_rule_info(rule)->id);
  }
}

int main(int argc, char **argv)
{
  static bool all = true;
  const struct CMUnitTest tests[] = { cmocka_unit_test_prestate(rows, argc > 1 ? NULL : &all) };

  if (argc > 1)
    path = argv[1];
  if (argc > 2)
    without = rule_of(argv[2]);
  return cmocka_run_group_tests_name("scopes", tests, NULL, NULL);
}

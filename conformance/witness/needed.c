/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "needed.h"

unsigned rule_named(const char *name, size_t length)
{
  for (unsigned rule = SLAT_RULE_NONE + 1; rule < SLAT_RULE_COUNT; rule++) {
    const char *id = slat_rule_info(rule)->id;
    if (strlen(id) == length && memcmp(id, name, length) == 0)
      return rule;
  }
  return SLAT_RULE_NONE;
}

/* Is the sixth column empty, or absent? */
static bool no_exception(const char *line)
{
  for (unsigned column = 1; column < 6 && line != NULL; column++) {
    line = strchr(line, '\t');
    line = line == NULL ? NULL : line + 1;
  }
  return line == NULL || *line == '\n' || *line == '\0';
}

bool needed_rules(const char *path, bool needed[SLAT_RULE_COUNT])
{
  FILE *file = fopen(path, "r");
  char *line = NULL;
  size_t room = 0;
  unsigned rows = 0;

  memset(needed, 0, SLAT_RULE_COUNT * sizeof *needed);
  while (file != NULL && getline(&line, &room, file) > 0) {
    const unsigned rule = rule_named(line, strcspn(line, "\t\n"));
    if (*line == '#' || rule == SLAT_RULE_NONE)
      continue;
    rows++;
    needed[rule] = strcmp(slat_rule_info(rule)->rule_class, "not-modelled") != 0 && no_exception(line);
  }
  free(line);
  if (file == NULL || fclose(file) != 0)
    perror(path);
  else if (rows != SLAT_RULE_COUNT - 1)
    (void)fprintf(stderr, "%s: %u rules, %u were compiled in\n", path, rows, (unsigned)SLAT_RULE_COUNT - 1);
  return rows == SLAT_RULE_COUNT - 1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Linked into the command with the library from which a rule can be deleted: deletes the one that SLAT_DELETED_RULE names. */
#include <slat/slat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern unsigned slat_deleted_rule;

__attribute__((constructor)) static void delete_rule(void)
{
  const char *name = getenv("SLAT_DELETED_RULE");

  for (unsigned rule = 1; name && rule < SLAT_RULE_COUNT; rule++)
    if (strcmp(slat_rule_info(rule)->id, name) == 0)
      slat_deleted_rule = rule;
  if (name && slat_deleted_rule == 0) {
    (void)fprintf(stderr, "SLAT_DELETED_RULE: no rule is called %s\n", name);
    exit(2);
  }
}

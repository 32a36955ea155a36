/* SPDX-License-Identifier: BSD-2-Clause */
/* For the witnesses, linked into a build of the command over the library from which a rule can be deleted:
   SLAT_DELETE_RULE=ID in the environment deletes that rule before main() starts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slat/slat.h"

extern unsigned slat_deleted_rule;

__attribute__((constructor)) static void delete_rule(void)
{
  const char *id = getenv("SLAT_DELETE_RULE");
  if (id == NULL || *id == '\0')
    return;
  for (unsigned rule = SLAT_RULE_NONE + 1; rule < SLAT_RULE_COUNT; rule++) {
    if (strcmp(slat_rule_info(rule)->id, id) == 0)
      slat_deleted_rule = rule;
  }
  if (slat_deleted_rule == SLAT_RULE_NONE) {
    (void)fprintf(stderr, "SLAT_DELETE_RULE: no rule %s\n", id);
    exit(2);
  }
}

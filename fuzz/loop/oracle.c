/* SPDX-License-Identifier: BSD-2-Clause */
#include "oracle.h"
#include <stddef.h>
#include <string.h>

const struct oracle oracle_slat = { .name = "slat", .judge = slat_judge, .judge_update = slat_judge_update };

static struct slat_verdict permit(const struct slat_permitted *set, const struct slat_outcome *observed)
{
  (void)set;
  (void)observed;
  return (struct slat_verdict){ .permitted = true };
}

static enum slat_rule permit_update(const struct slat_permitted *set, uint64_t spa, uint64_t before, uint64_t after,
                                    bool done)
{
  (void)set;
  (void)spa;
  (void)before;
  (void)after;
  (void)done;
  return SLAT_RULE_NONE;
}

const struct oracle oracle_permit_all = { .name = "permit-all", .judge = permit, .judge_update = permit_update };

const struct oracle *oracle_by_name(const char *name)
{
  return strcmp(name, oracle_slat.name) == 0         ? &oracle_slat
         : strcmp(name, oracle_permit_all.name) == 0 ? &oracle_permit_all
                                                     : NULL;
}

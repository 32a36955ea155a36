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

static struct slat_verdict forbid(const struct slat_permitted *set, const struct slat_outcome *observed)
{
  (void)observed;
  return (struct slat_verdict){ .permitted = false, .rule = set->outcome[0].rule };
}

static enum slat_rule forbid_update(const struct slat_permitted *set, uint64_t spa, uint64_t before, uint64_t after,
                                    bool done)
{
  (void)spa;
  (void)before;
  (void)after;
  (void)done;
  return set->outcome[0].rule;
}

const struct oracle oracle_permit_none = { .name = "permit-none", .judge = forbid, .judge_update = forbid_update };

const struct oracle *oracle_by_name(const char *name)
{
  static const struct oracle *const oracles[] = { &oracle_slat, &oracle_permit_all, &oracle_permit_none };

  for (unsigned i = 0; i < sizeof oracles / sizeof *oracles; i++)
    if (strcmp(name, oracles[i]->name) == 0)
      return oracles[i];
  return NULL;
}

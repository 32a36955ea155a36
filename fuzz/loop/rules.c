/* SPDX-License-Identifier: BSD-2-Clause */
#include "rules.h"
#include <string.h>

extern unsigned slat_deleted_rule __attribute__((weak)); /* libslat-deletable has it */

static bool same_outcome(const struct slat_outcome *a, const struct slat_outcome *b)
{
  return a->kind == b->kind && a->stage == b->stage && a->level == b->level && a->page_shift == b->page_shift &&
         a->memory_type == b->memory_type && a->ignore_pat == b->ignore_pat && a->invalidates == b->invalidates &&
         a->spa == b->spa && a->gpa == b->gpa && a->linear == b->linear && a->code == b->code &&
         a->code_open == b->code_open;
}

static bool same_answer(const struct slat_permitted *a, const struct slat_permitted *b)
{
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
    if (!same_outcome(&a->outcome[i], &b->outcome[i]))
      return false;
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    if (a->update[i].spa != b->update[i].spa || a->update[i].may != b->update[i].may ||
        a->update[i].must != b->update[i].must)
      return false;
  return true;
}

static bool same_write(const struct slat_write_result *a, const struct slat_write_result *b)
{
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
    if (!same_outcome(&a->outcome[i], &b->outcome[i]))
      return false;
  return a->status == b->status && a->loads == b->loads && a->cr0 == b->cr0 && a->cr3 == b->cr3 && a->cr4 == b->cr4 &&
         a->efer == b->efer && memcmp(a->pdpte, b->pdpte, sizeof a->pdpte) == 0;
}

/* The machine with its control state decoded anew: some rules are about registers. */
static enum slat_status decode_again(const struct slat_machine *machine, struct slat_machine *again)
{
  enum slat_status status = slat_open(again, &machine->config);

  for (uint8_t reg = 0; status == SLAT_OK && reg < SLAT_REGISTER_COUNT; reg++)
    status = slat_feed(
      again, &(struct slat_event){ .kind = SLAT_EVENT_REGISTER, .reg = reg, .value = machine->cpu[0].reg[reg] });
  return status == SLAT_OK ? (enum slat_status)again->cpu[0].status : status;
}

bool rule_is_judged(unsigned rule)
{
  const struct slat_rule_info *info = slat_rule_info(rule);

  return info && strcmp(info->rule_class, "not-modelled") != 0 && strcmp(info->chapter, "tags") != 0 &&
         strcmp(info->chapter, "invalidation") != 0 && strcmp(info->chapter, "changes") != 0;
}

void rules_exercised_by(struct loop *loop, const struct slat_access *access, const struct slat_permitted *set)
{
  uint64_t *count = loop->statistics->rule;

  if (&slat_deleted_rule == NULL)
    return;
  for (unsigned rule = 1; rule < SLAT_RULE_COUNT; rule++) {
    struct slat_machine machine;
    struct slat_permitted without;

    if (count[rule] > 0 || !rule_is_judged(rule))
      continue;
    slat_deleted_rule = rule;
    if (decode_again(&loop->machine, &machine) != SLAT_OK ||
        slat_permitted(&machine, 0, &loop->view, access, &without) != SLAT_OK || !same_answer(set, &without))
      count[rule]++;
    slat_deleted_rule = 0;
  }
}

void rules_exercised_by_write(struct loop *loop, const struct slat_register_write *write,
                              const struct slat_write_result *answer)
{
  uint64_t *count = loop->statistics->rule;

  if (&slat_deleted_rule == NULL)
    return;
  for (unsigned rule = 1; rule < SLAT_RULE_COUNT; rule++) {
    if (count[rule] > 0 || !rule_is_judged(rule))
      continue;
    slat_deleted_rule = rule;
    const struct slat_write_result without = slat_write_register(&loop->machine.config, &loop->machine.cpu[0],
                                                                 &loop->view, write);
    if (!same_write(answer, &without))
      count[rule]++;
    slat_deleted_rule = 0;
  }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge.h"
#include "replay.h"

const char *verdict_name(enum verdict verdict)
{
  static const char *const names[] = { "agrees", "diverges", "is not supported", "compares nothing" };
  return names[verdict];
}

/* The fields that slat_judge() does not look at. */
static bool rest_matches(const struct slat_outcome *p, const struct slat_outcome *o)
{
  if (p->kind != SLAT_TRANSLATED)
    return o->invalidates == 0 || o->invalidates == p->invalidates;
  return (o->gpa == 0 || o->gpa == p->gpa) && (o->page_shift == 0 || o->page_shift == p->page_shift) &&
         o->memory_type == p->memory_type && o->ignore_pat == p->ignore_pat;
}

bool fully_permitted(const struct slat_permitted *set, const struct slat_outcome *observed)
{
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++) {
    const struct slat_permitted one = { .outcome = { set->outcome[i] } };
    if (slat_judge(&one, observed).permitted && rest_matches(&set->outcome[i], observed))
      return true;
  }
  return false;
}

static struct judgement judge_step(struct replay *replay, const struct step *step)
{
  const struct slat_outcome *observed = &step->observed->outcome;

  if (!fully_permitted(&step->set, observed))
    return (struct judgement){ VERDICT_DIVERGES, slat_judge(&step->set, observed).rule, step->index };
  for (size_t i = 0; i < step->words; i++) {
    const struct slat_event *word = &step->observed[1 + i];
    if (step_stores_into(step, word->address))
      continue;
    const uint64_t before = memory_read(&replay->memory, word->address);
    const enum slat_rule rule = slat_judge_update(&step->set, word->address, before, word->value,
                                                  observed->kind == SLAT_TRANSLATED);
    if (rule != SLAT_RULE_NONE)
      return (struct judgement){ VERDICT_DIVERGES, rule, step->index };
  }
  return (struct judgement){ .verdict = VERDICT_AGREES };
}

struct judgement judge_trace(const struct slat_trace *trace, unsigned deleted)
{
  struct judgement judgement = { .verdict = VERDICT_NONE };
  struct replay replay;
  struct step step;

  slat_deleted_rule = deleted;
  bool good = replay_open(&replay, trace);
  while (good && replay_next(&replay, &step)) {
    if (step.observed != NULL)
      judgement = judge_step(&replay, &step);
    good = judgement.verdict != VERDICT_DIVERGES && replay_commit(&replay, &step);
  }
  if (replay.failure != 0)
    judgement = (struct judgement){ replay.failure == 4 ? VERDICT_UNSUPPORTED : VERDICT_NONE, 0, replay.next - 1 };
  replay_close(&replay);
  slat_deleted_rule = SLAT_RULE_NONE;
  return judgement;
}

/* What a target that lacks the rule could show in one step, held against the model. */
static enum slat_rule named_in_step(const struct slat_permitted *lacking, const struct step *step,
                                    struct replay *replay)
{
  struct slat_outcome shown = { .kind = SLAT_NO_OUTCOME };

  for (unsigned i = SLAT_MAX_OUTCOMES; i-- > 0;)
    if (lacking->outcome[i].kind != SLAT_NO_OUTCOME)
      shown = lacking->outcome[i];
  if (!fully_permitted(&step->set, &shown))
    return slat_judge(&step->set, &shown).rule;
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++) {
    const struct slat_update *theirs = &lacking->update[i], *ours = &step->set.update[i];
    const struct slat_update *word = theirs->may ? theirs : ours;
    if (word->may == 0)
      continue;
    const uint64_t before = memory_read(&replay->memory, word->spa);
    const bool done = shown.kind == SLAT_TRANSLATED;
    enum slat_rule rule = slat_judge_update(&step->set, word->spa, before, before | theirs->may, done);
    if (rule == SLAT_RULE_NONE)
      rule = slat_judge_update(&step->set, word->spa, before, before | theirs->must, done);
    if (rule != SLAT_RULE_NONE)
      return rule;
  }
  return SLAT_RULE_NONE;
}

enum slat_rule named_without(const struct slat_trace *trace, unsigned rule)
{
  enum slat_rule named = SLAT_RULE_NONE;
  struct replay with, without;
  struct step step, lacking;
  bool good;

  slat_deleted_rule = rule;
  good = replay_open(&without, trace);
  slat_deleted_rule = SLAT_RULE_NONE;
  good = replay_open(&with, trace) && good;
  while (good && named == SLAT_RULE_NONE) {
    slat_deleted_rule = rule;
    good = replay_next(&without, &lacking);
    slat_deleted_rule = SLAT_RULE_NONE;
    good = replay_next(&with, &step) && good;
    if (good)
      named = named_in_step(&lacking.set, &step, &with);
    slat_deleted_rule = rule;
    good = good && replay_commit(&without, &lacking);
    slat_deleted_rule = SLAT_RULE_NONE;
    good = good && replay_commit(&with, &step);
  }
  replay_close(&with);
  replay_close(&without);
  return named;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include "minimise.h"
#include <string.h>
#include <time.h>

enum { MINIMISE_SECONDS = 30 };

struct search {
  struct loop *loop;
  struct scenario *best; /* the smallest so far that shows it */
  struct scenario trial;
  const char *name;
  unsigned tries;
  time_t deadline; /* then what has been reached is the result: an input that hangs takes half a second */
};

extern bool guarded_run(struct loop *loop, const struct scenario *scenario);

static bool shows_it(struct search *search)
{
  if (time(NULL) > search->deadline)
    return false;
  search->tries++;
  return !guarded_run(search->loop, &search->trial) && strcmp(search->loop->name, search->name) == 0;
}

/* @return true: the trial is the new best. */
static bool keep(struct search *search)
{
  if (!shows_it(search))
    return false;
  *search->best = search->trial;
  return true;
}

static void start_trial(struct search *search)
{
  search->trial = *search->best;
}

static bool without_events(struct search *search, unsigned first, unsigned count)
{
  struct scenario *trial = &search->trial;

  start_trial(search);
  memmove(&trial->event[first], &trial->event[first + count], (trial->count - first - count) * sizeof *trial->event);
  trial->count -= count;
  return keep(search);
}

/* Chunks of half the length, and so on down to single events; from the end, since later events depend on earlier
 * ones. */
static bool drop_events(struct search *search)
{
  bool smaller = false;

  for (unsigned chunk = search->best->count / 2; chunk >= 1; chunk /= 2)
    for (unsigned end = search->best->count; end >= chunk; end--) {
      if (end > search->best->count)
        end = search->best->count;
      if (end >= chunk && without_events(search, end - chunk, chunk))
        smaller = true;
    }
  return smaller;
}

/* Clears what can be cleared in one 64-bit field: all of it, or bit by bit. */
static bool clear_bits(struct search *search, uint64_t *in_trial, uint64_t value)
{
  bool smaller = false;

  if (value == 0)
    return false;
  start_trial(search);
  *in_trial = 0;
  if (keep(search))
    return true;
  for (uint64_t rest = value; rest; rest &= rest - 1) {
    start_trial(search);
    *in_trial = value & ~(rest & -rest);
    if (keep(search)) {
      value = *in_trial;
      smaller = true;
    }
  }
  return smaller;
}

static bool simplify_event(struct search *search, unsigned i)
{
  struct slat_event *event = &search->trial.event[i];
  const struct slat_event now = search->best->event[i];
  bool smaller = false;

  if (now.kind == SLAT_EVENT_STORE || now.kind == SLAT_EVENT_REGISTER || now.stores)
    smaller |= clear_bits(search, &event->value, now.value);
  if (now.kind != SLAT_EVENT_ACCESS)
    return smaller;
  smaller |= clear_bits(search, &event->access.linear, now.access.linear);
  if (now.stores) {
    start_trial(search);
    event->stores = false;
    event->value = 0;
    smaller |= keep(search);
  }
  if (now.access.implicit) {
    start_trial(search);
    event->access.implicit = false;
    smaller |= keep(search);
  }
  if (now.access.cs_ss_fs_gs) {
    start_trial(search);
    event->access.cs_ss_fs_gs = false;
    smaller |= keep(search);
  }
  return smaller;
}

static bool simplify_config(struct search *search)
{
  bool *const feature[] = { &search->trial.config.smap,
                            &search->trial.config.smep,
                            &search->trial.config.pcid,
                            &search->trial.config.pku,
                            &search->trial.config.la57,
                            &search->trial.config.lam,
                            &search->trial.config.lass,
                            &search->trial.config.uai,
                            &search->trial.config.pse36,
                            &search->trial.config.amd_pdpte_registers,
                            &search->trial.config.page_1gb,
                            &search->trial.config.nx,
                            &search->trial.config.ept_execute_only,
                            &search->trial.config.ept_page_1gb,
                            &search->trial.config.ept_page_2mb,
                            &search->trial.config.ept_accessed_dirty };
  bool smaller = false;

  for (unsigned i = 0; i < sizeof feature / sizeof *feature; i++) {
    start_trial(search);
    if (*feature[i]) {
      *feature[i] = false;
      smaller |= keep(search);
    }
  }
  start_trial(search);
  if (search->trial.config.maxphyaddr != 40) {
    search->trial.config.maxphyaddr = 40;
    smaller |= keep(search);
  }
  return smaller;
}

unsigned minimise(struct loop *loop, struct scenario *scenario, const char *name)
{
  static struct search search;

  search = (struct search){ .loop = loop, .best = scenario, .name = name, .deadline = time(NULL) + MINIMISE_SECONDS };
  start_trial(&search);
  if (!shows_it(&search))
    return 0;
  /* What follows the divergence is of no use. */
  if (loop->at + 1 < scenario->count)
    scenario->count = loop->at + 1;
  for (bool smaller = true; smaller && time(NULL) <= search.deadline;) {
    smaller = drop_events(&search);
    for (unsigned i = 0; i < scenario->count; i++)
      smaller |= simplify_event(&search, i);
    smaller |= simplify_config(&search);
  }
  return search.tries;
}

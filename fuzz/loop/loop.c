/* SPDX-License-Identifier: BSD-2-Clause */
#include "loop.h"
#include <stdio.h>
#include <string.h>
#include <x86intrin.h>
#include "pdptes.h"
#include "rules.h"

#define CR4_PAE (1ULL << 5)
#define CR4_PGE (1ULL << 7)
#define CR4_SMEP (1ULL << 20)
#define EFER_NXE (1ULL << 11)

enum {
  CANARY_EVERY = 64, /* agreements */
  TIMED_EVERY = 16,  /* inputs whose time is taken */
  RULES_EVERY = 16,  /* accesses whose whole walk is asked for its rules */
  PAGES_LOOKED_AT = 12
};

/* What reading the clock twice costs, which is not the oracle's. */
static uint64_t clock_cost(void)
{
  uint64_t least = UINT64_MAX;

  for (unsigned i = 0; i < 1000; i++) {
    const uint64_t start = __rdtsc(), ticks = __rdtsc() - start;

    least = ticks < least ? ticks : least;
  }
  return least;
}

const char *loop_open(struct loop *loop, const struct fuzz_target *target, const struct oracle *oracle,
                      struct statistics *statistics, const char *findings)
{
  memset(loop, 0, sizeof *loop);
  loop->target = target;
  loop->oracle = oracle;
  loop->statistics = statistics;
  loop->store = (struct finding_store){ .directory = findings, .statistics = statistics };
  loop->countdown = CANARY_EVERY;
  loop->clock_cost = clock_cost();
  if (!memory_open(&loop->memory, target->can->memory_bytes))
    return "no memory left";
  loop->view = (struct slat_memory){ .read = memory_read, .context = &loop->memory };
  return target->setup();
}

/* ---- The oracle, with its time ---- */

static uint64_t clock_start(const struct loop *loop)
{
  return loop->timed ? __rdtsc() : 0;
}

static void clock_stop(struct loop *loop, uint64_t start)
{
  if (loop->timed)
    loop->oracle_ticks += __rdtsc() - start - loop->clock_cost;
}

static enum slat_status ask(struct loop *loop, const struct slat_access *access, struct slat_permitted *set)
{
  const uint64_t start = clock_start(loop);
  const enum slat_status status = slat_permitted(&loop->machine, 0, &loop->view, access, set);

  clock_stop(loop, start);
  return status;
}

static struct slat_verdict judge(struct loop *loop, const struct slat_permitted *set,
                                 const struct slat_outcome *outcome)
{
  const uint64_t start = clock_start(loop);
  const struct slat_verdict verdict = loop->oracle->judge(set, outcome);

  clock_stop(loop, start);
  return verdict;
}

static enum slat_rule judge_update(struct loop *loop, const struct slat_permitted *set, uint64_t spa, uint64_t before,
                                   uint64_t after, bool done)
{
  const uint64_t start = clock_start(loop);
  const enum slat_rule rule = loop->oracle->judge_update(set, spa, before, after, done);

  clock_stop(loop, start);
  return rule;
}

/* ---- Divergences ---- */

static const struct scenario *so_far(const struct loop *loop)
{
  static struct scenario prefix;

  prefix = *loop->scenario;
  if (loop->at < prefix.count)
    prefix.count = loop->at + 1;
  return &prefix;
}

static void stop_with(struct loop *loop)
{
  loop->statistics->unexplained++;
  loop->stopped = true;
  finding_save(&loop->store, loop->name, so_far(loop), loop->text);
}

/* Counts it under the first waiver that covers it: a divergence, or a complaint. */
static const struct waiver *waived(struct loop *loop, const struct divergence *divergence, const char *complaint)
{
  const struct waiver *waivers = loop->target->waivers;

  for (unsigned i = 0; !loop->no_waivers && i < WAIVERS_MAX && waivers[i].id; i++) {
    const struct waiver *w = &waivers[i];

    if (!waiver_holds(loop->target, w) || (divergence && w->writes != (divergence->observation == OBSERVE_WRITE)))
      continue;
    if (divergence ? w->covers && w->covers(divergence) : w->complaint && strstr(complaint, w->complaint)) {
      loop->statistics->waived[i]++;
      loop->statistics->waived_total++;
      return w;
    }
  }
  return NULL;
}

/* @return the waiver that covers it; NULL: none. */
static const struct waiver *diverged(struct loop *loop, struct divergence *divergence)
{
  const struct waiver *waiver;

  divergence->machine = &loop->machine;
  divergence->memory = &loop->view;
  divergence->scenario = loop->scenario;
  divergence->at = loop->at;
  divergence->taken = loop->taken;
  if (divergence->access)
    divergence->fresh_by_fault = staleness_fresh_by_fault(&loop->staleness, divergence->access->linear,
                                                          &divergence->fault_code);
  loop->statistics->divergences++;
  waiver = waived(loop, divergence, NULL);
  if (waiver)
    return waiver;
  loop->statistics->divergence_rule[divergence->rule]++;
  finding_name(divergence, loop->name);
  finding_describe(divergence, loop->text, sizeof loop->text);
  stop_with(loop);
  return NULL;
}

static void compared(struct loop *loop, enum observation observation)
{
  loop->statistics->comparisons[observation]++;
  loop->compared = true;
}

/* An entry of 32-bit paging is half of a word. */
static uint64_t word_of(uint64_t spa)
{
  return spa & ~7ULL;
}

static unsigned shift_of(uint64_t spa)
{
  return spa & 4 ? 32 : 0;
}

/* ---- Canaries: now and then the loop asks about an observation that it knows to be wrong ---- */

static void canary(struct loop *loop, const struct slat_permitted *set, const struct slat_outcome *right)
{
  struct slat_outcome wrong = *right;

  if (--loop->countdown > 0)
    return;
  loop->countdown = CANARY_EVERY;
  if (wrong.kind == SLAT_TRANSLATED)
    wrong.spa ^= 0x1000;
  else if (wrong.kind == SLAT_PAGE_FAULT)
    wrong.code ^= 4;
  else
    wrong = (struct slat_outcome){ .kind = SLAT_PAGE_FAULT, .code = 0x8000, .linear = ~right->linear };
  loop->statistics->canaries++;
  loop->statistics->canaries_missed += judge(loop, set, &wrong).permitted;
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++) {
    const struct slat_update *update = &set->update[i];

    if (!update->may)
      continue;
    loop->statistics->canaries++;
    const uint64_t spa = word_of(update->spa), word = memory_word(&loop->memory, spa);

    loop->statistics->canaries_missed += judge_update(loop, set, spa, word, word ^ 2ULL << shift_of(update->spa),
                                                      false) == SLAT_RULE_NONE;
    break;
  }
}

/* ---- What was seen ---- */

static void count_outcome(struct loop *loop, const struct slat_outcome *seen, const struct slat_outcome *matched)
{
  struct statistics *statistics = loop->statistics;

  statistics->outcome[seen->kind]++;
  statistics->rule[matched->rule]++;
  for (uint64_t code = seen->code; code; code &= code - 1)
    statistics->code_bit[seen->kind][__builtin_ctzll(code)]++;
  if (seen->kind == SLAT_TRANSLATED) {
    statistics->translated++;
    if (matched->page_shift >= 12)
      statistics->page_size[matched->page_shift == 22 ? 3 : (matched->page_shift - 12) / 9 % 3]++;
  } else {
    statistics->faulted++;
    statistics->fault_level[matched->stage % 3][matched->level % 6]++;
  }
}

static void count_mode(struct loop *loop)
{
  const struct slat_controls *c = &loop->machine.cpu[0].controls;

  loop->statistics->levels[!c->paging                           ? 0
                           : c->guest.mode == SLAT_PAGING_32BIT ? 2
                           : c->guest.mode == SLAT_PAGING_PAE   ? 3
                           : c->la57                            ? 5
                                                                : 4]++;
}

static void count_set(struct loop *loop, const struct slat_permitted *set)
{
  unsigned size = 0;

  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
    size += set->outcome[i].kind != SLAT_NO_OUTCOME;
  loop->statistics->set_size[size]++;
}

/* The rules of all steps of the walk, not only of the one that decided. */
static void count_rules(struct loop *loop, const struct slat_access *access)
{
  const struct slat_linear linear = slat_linear_of(&loop->machine.cpu[0].controls, access);
  const struct slat_walk walk = slat_walk_linear(&loop->view, &loop->machine.cpu[0].controls, &linear.access);
  uint64_t *rule = loop->statistics->rule;

  rule[linear.masked]++;
  if (linear.denied != SLAT_RULE_NONE) {
    rule[linear.denied]++;
    return;
  }
  for (unsigned level = walk.end; level >= 1 && level <= walk.begin; level++) {
    const struct slat_step *step = &walk.step[level];

    rule[step->stage2.rule]++;
    if (step->reached)
      rule[step->entry.rule]++;
  }
  rule[walk.final.rule]++;
  rule[walk.outcome.rule]++;
}

/* ---- Record: the scenario together with what was observed, for `slat check` and `slat walk` ---- */

static void record_event(struct loop *loop, const struct slat_event *event)
{
  if (loop->record)
    slat_trace_put_event(loop->record, event);
}

static void record_outcome(struct loop *loop, const struct slat_outcome *outcome)
{
  if (outcome->kind != SLAT_NO_OUTCOME)
    record_event(loop, &(struct slat_event){ .kind = SLAT_EVENT_OBSERVED, .outcome = *outcome });
}

static void record_word(struct loop *loop, uint64_t spa, uint64_t value)
{
  record_event(loop, &(struct slat_event){ .kind = SLAT_EVENT_OBSERVED_WORD, .address = spa, .value = value });
}

/* ---- Memory words ---- */

struct store {
  bool made;
  uint64_t spa, value;
  unsigned width;
};

static bool in_store(const struct store *store, uint64_t spa)
{
  return store->made && (store->spa & ~7ULL) == spa;
}

/* The word as it would be without the access's own store; `flags_lost`: that lies over the accessed and dirty flags of
 * an entry. @param bytes  of an entry, 4 or 8 */
static uint64_t without_store(const struct store *store, unsigned bytes, uint64_t spa, uint64_t before, uint64_t after,
                              bool *flags_lost)
{
  uint64_t value = after;

  *flags_lost = false;
  if (!in_store(store, spa))
    return value;
  for (unsigned i = 0; i < store->width; i++) {
    const uint64_t at = store->spa + i;

    value = memory_merge(value, at, before >> (8 * (at & 7)) & 0xff, 1);
    *flags_lost = *flags_lost || at % bytes < 2;
  }
  return value;
}

static void set_word(struct loop *loop, uint64_t spa, uint64_t value)
{
  memory_set(&loop->memory, spa, value);
  loop->version++;
}

static void judge_word(struct loop *loop, const struct slat_access *access, const struct slat_permitted *set,
                       uint64_t spa, bool done, const struct store *store)
{
  const uint64_t before = memory_word(&loop->memory, spa);
  uint64_t after = 0, judged;
  bool flags_lost;
  enum slat_rule rule;

  const unsigned entry_bytes = loop->machine.cpu[0].controls.guest.mode == SLAT_PAGING_32BIT ? 4 : 8;

  if (!loop->target->load(spa, &after, 8))
    return; /* no memory there: skipped with the walk */
  judged = without_store(store, entry_bytes, spa, before, after, &flags_lost);
  if (flags_lost)
    loop->statistics->skips[SKIP_FLAGS_OVERWRITTEN]++;
  else {
    compared(loop, OBSERVE_FLAGS);
    rule = judge_update(loop, set, spa, before, judged, done);
    if (rule == SLAT_RULE_NONE) {
      loop->statistics->agreements++;
    } else {
      diverged(loop, &(struct divergence){ .observation = OBSERVE_FLAGS,
                                           .rule = rule,
                                           .access = access,
                                           .set = set,
                                           .spa = spa,
                                           .before = before,
                                           .after = judged });
    }
  }
  if (after != before) {
    set_word(loop, spa, after);
    record_word(loop, spa, after);
  }
}

static bool in_updates(const struct slat_permitted *set, uint64_t spa)
{
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    if (set->update[i].may && word_of(set->update[i].spa) == spa)
      return true;
  return false;
}

/* All words that the scenario ever stored to: flags that the walk had to set are set, what else changed had a
 * reason. */
static void judge_words(struct loop *loop, const struct slat_access *access, const struct slat_permitted *set,
                        bool done, const struct store *store)
{
  uint64_t words[SLAT_MAX_UPDATES];
  unsigned count = 0;

  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++) {
    bool again = !set->update[i].may;

    for (unsigned j = 0; j < count && !again; j++)
      again = words[j] == word_of(set->update[i].spa);
    if (!again)
      words[count++] = word_of(set->update[i].spa);
  }
  for (unsigned i = 0; i < count && !loop->stopped; i++)
    judge_word(loop, access, set, words[i], done, store);
  for (unsigned i = 0; i < loop->memory.touched && !loop->stopped; i++) {
    const uint64_t spa = loop->memory.touched_spa[i];
    uint64_t after;

    if (!loop->target->load(spa, &after, 8) || after == memory_word(&loop->memory, spa))
      continue;
    if (in_store(store, spa) && !in_updates(set, spa) &&
        after == memory_merge(memory_word(&loop->memory, spa), store->spa, store->value, store->width)) {
      set_word(loop, spa, after);
      record_word(loop, spa, after);
    } else {
      judge_word(loop, access, set, spa, done, store);
    }
  }
}

/* The word as the walk of a store left it, before the data came: a walk that used it set its flags. */
static uint64_t with_flags(const struct slat_permitted *set, uint64_t spa, uint64_t word)
{
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    if (word_of(set->update[i].spa) == spa)
      word |= (uint64_t)set->update[i].may << shift_of(set->update[i].spa);
  return word;
}

/* What the access stored is where it was translated to. Called before the word is taken over. */
static void judge_store(struct loop *loop, const struct slat_access *access, const struct slat_permitted *set,
                        const struct store *store)
{
  const uint64_t spa = store->spa & ~7ULL;
  uint64_t after;

  if (!store->made || spa >= loop->memory.bytes || !loop->target->load(spa, &after, 8))
    return;
  compared(loop, OBSERVE_DATA);
  if (after == memory_merge(after, store->spa, store->value, store->width))
    loop->statistics->agreements++;
  else
    diverged(loop, &(struct divergence){ .observation = OBSERVE_DATA,
                                         .access = access,
                                         .set = set,
                                         .spa = spa,
                                         .before = memory_word(&loop->memory, spa),
                                         .after = after });
}

/* Takes over what the target did to memory, unjudged. */
static void adopt_words(struct loop *loop)
{
  for (unsigned i = 0; i < loop->memory.touched; i++) {
    const uint64_t spa = loop->memory.touched_spa[i];
    uint64_t after;

    if (loop->target->load(spa, &after, 8) && after != memory_word(&loop->memory, spa)) {
      set_word(loop, spa, after);
      record_word(loop, spa, after);
    }
  }
}

/* After the scenario: the frames in which it stored hold what they should, in the words that it did not store to as
 * well. */
static void judge_data(struct loop *loop)
{
  static uint64_t frame[512];
  const struct machine_memory *memory = &loop->memory;
  uint64_t seen[64];
  unsigned frames = 0;

  for (unsigned i = 0; i < memory->touched && frames < 64; i++) {
    const uint64_t spa = memory->touched_spa[i] & ~0xfffULL;
    unsigned j = 0;

    while (j < frames && seen[j] != spa)
      j++;
    if (j < frames)
      continue;
    seen[frames++] = spa;
    if (!loop->target->load(spa, frame, sizeof frame))
      continue;
    compared(loop, OBSERVE_DATA);
    if (memcmp(frame, &memory->word[spa / 8], sizeof frame) == 0) {
      loop->statistics->agreements++;
      continue;
    }
    for (j = 0; frame[j] == memory->word[spa / 8 + j];)
      j++;
    diverged(loop, &(struct divergence){ .observation = OBSERVE_DATA,
                                         .spa = spa + 8 * j,
                                         .before = memory->word[spa / 8 + j],
                                         .after = frame[j] });
    return;
  }
}

/* ---- One observation of one access ---- */

/* What the target does not tell is open: a copy of the set says so. */
static const struct slat_permitted *as_observable(const struct slat_permitted *set, const struct observed *observed)
{
  static struct slat_permitted open;

  if (observed->code_unknown == 0)
    return set;
  open = *set;
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
    open.outcome[i].code_open |= observed->code_unknown;
  return &open;
}

/* @return false: it diverges. What follows from that is not judged, unless a waiver says that only the report
 *   differs. */
static bool judge_outcome(struct loop *loop, enum observation observation, const struct slat_access *access,
                          const struct slat_permitted *set, struct observed *observed)
{
  const struct slat_permitted *held = as_observable(set, observed);
  struct slat_verdict verdict;

  if (observed->gpa_unknown)
    observed->outcome.gpa = set->outcome[0].gpa;
  verdict = judge(loop, held, &observed->outcome);
  compared(loop, observation);
  if (!verdict.permitted) {
    const struct waiver *waiver = diverged(loop, &(struct divergence){ .observation = observation,
                                                                       .rule = verdict.rule,
                                                                       .access = access,
                                                                       .set = held,
                                                                       .observed = &observed->outcome,
                                                                       .code_unknown = observed->code_unknown });

    if (!waiver || !waiver->report_only)
      return false;
    count_outcome(loop, &observed->outcome, &set->outcome[verdict.match % SLAT_MAX_OUTCOMES]);
    return true;
  }
  loop->statistics->agreements++;
  count_outcome(loop, &observed->outcome, &set->outcome[verdict.match % SLAT_MAX_OUTCOMES]);
  canary(loop, held, &observed->outcome);
  return true;
}

static void observe(struct loop *loop, enum observation observation, const struct slat_event *event,
                    const struct slat_permitted *set, bool judged)
{
  const struct slat_access *access = &event->access;
  struct observed observed = { .status = TARGET_OK };
  struct store store = { .made = false };
  bool done;

  if (observation == OBSERVE_WALK)
    loop->target->walk(&loop->machine, access, &observed);
  else
    loop->target->access(event, &observed);
  if (observed.status == TARGET_REFUSED) {
    loop->statistics->skips[SKIP_UNOBSERVED]++;
    adopt_words(loop);
    return;
  }
  if (observed.status == TARGET_BROKEN) {
    compared(loop, observation);
    diverged(loop,
             &(struct divergence){ .observation = observation, .access = access, .set = set, .text = observed.text });
    adopt_words(loop);
    return;
  }
  record_outcome(loop, &observed.outcome);
  done = observed.outcome.kind == SLAT_TRANSLATED;
  if (observation == OBSERVE_ACCESS && done && event->stores)
    store = (struct store){ .made = true, .spa = observed.outcome.spa, .value = event->value, .width = access->width };

  const uint64_t stored_word = store.spa & ~7ULL;
  const bool tracked = store.made && stored_word < loop->memory.bytes;
  const uint64_t before = tracked ? memory_word(&loop->memory, stored_word) : 0;

  if (tracked)
    memory_set(&loop->memory, stored_word, before); /* from now on it is a word of the scenario */
  judge_store(loop, access, set, &store);
  if (judged && !loop->stopped && judge_outcome(loop, observation, access, set, &observed))
    judge_words(loop, access, set, done, &store);
  else
    adopt_words(loop);
  if (tracked)
    staleness_store(&loop->staleness, &loop->machine.cpu[0].controls, stored_word, with_flags(set, stored_word, before),
                    memory_word(&loop->memory, stored_word));
  if (observation == OBSERVE_ACCESS && observed.outcome.kind == SLAT_PAGE_FAULT)
    staleness_page_fault(&loop->staleness, access->linear, (unsigned)observed.outcome.code);
}

/* ---- Cached translations: whatever one permits, the oracle must permit, with nothing left to be set ---- */

static void judge_right(struct loop *loop, const struct slat_access *access, uint64_t spa)
{
  const struct slat_outcome outcome = { .kind = SLAT_TRANSLATED, .spa = spa, .gpa = spa };
  struct slat_permitted set;
  struct slat_verdict verdict;
  enum slat_rule rule = SLAT_RULE_NONE;

  loop->memory.outside = false;
  if (ask(loop, access, &set) != SLAT_OK)
    return;
  if (loop->memory.outside) {
    loop->statistics->skips[SKIP_OUTSIDE_MEMORY]++;
    return;
  }
  compared(loop, OBSERVE_RIGHT);
  verdict = judge(loop, &set, &outcome);
  if (!verdict.permitted)
    rule = verdict.rule;
  for (unsigned i = 0; i < SLAT_MAX_UPDATES && verdict.permitted && rule == SLAT_RULE_NONE; i++)
    if (set.update[i].must) {
      const uint64_t word = memory_word(&loop->memory, word_of(set.update[i].spa));

      rule = judge_update(loop, &set, word_of(set.update[i].spa), word, word, true);
    }
  if (verdict.permitted && rule == SLAT_RULE_NONE) {
    loop->statistics->agreements++;
    return;
  }
  record_event(loop, &(struct slat_event){ .kind = SLAT_EVENT_ACCESS, .access = *access });
  record_outcome(loop, &outcome);
  diverged(loop, &(struct divergence){
                   .observation = OBSERVE_RIGHT, .rule = rule, .access = access, .set = &set, .observed = &outcome });
}

static bool same_translation(const struct cached_translation *a, const struct cached_translation *b)
{
  bool same = a->present == b->present && a->spa == b->spa;

  for (unsigned user = 0; user < 2; user++)
    for (unsigned kind = SLAT_READ; kind <= SLAT_FETCH; kind++)
      same = same && a->permits[user][kind] == b->permits[user][kind];
  return same;
}

static bool judged_already(struct loop *loop, uint64_t linear, const struct cached_translation *cached)
{
  unsigned i = 0;

  while (i < loop->looks && loop->look[i].linear != linear)
    i++;
  if (i < loop->looks && loop->look[i].version == loop->version && same_translation(&loop->look[i].cached, cached))
    return true;
  if (i == loop->looks && i < LOOP_LOOKS)
    loop->looks++;
  if (i < LOOP_LOOKS) {
    loop->look[i].linear = linear;
    loop->look[i].version = loop->version;
    loop->look[i].cached = *cached;
  }
  return false;
}

/* Why a cached translation of the address may lawfully be another than memory's. */
static bool may_be_stale(const struct loop *loop, uint64_t linear, enum skip *why)
{
  const enum stale_reason stale = staleness_of(&loop->staleness, &loop->memory, &loop->machine.cpu[0].controls, linear);

  *why = loop->untold ? SKIP_UNTOLD_STORE : stale == STALE_STORE ? SKIP_STALE_STORE : SKIP_STALE_REGISTER;
  return loop->untold || stale != STALE_NOT;
}

static void look(struct loop *loop, uint64_t linear)
{
  struct cached_translation cached = { .present = false };
  enum skip why;

  if (may_be_stale(loop, linear, &why))
    return;
  linear &= ~0xfffULL; /* a page has one answer */
  loop->target->look(&loop->machine, linear, &cached);
  if (!cached.present || judged_already(loop, linear, &cached))
    return;
  for (unsigned user = 0; user < 2; user++)
    for (unsigned kind = SLAT_READ; kind <= SLAT_FETCH && !loop->stopped; kind++)
      if (cached.permits[user][kind])
        judge_right(loop,
                    &(struct slat_access){ .linear = linear, .kind = (uint8_t)kind, .width = 1, .user = user == 1 },
                    cached.spa);
}

/* ---- Events ---- */

/* A guest entry in which a flag is to be set, and which the same walk reads as an EPT entry: bits 5 and 6 mean
 * something else there, and what the walk ends in depends on when the processor sets them. */
static bool changes_itself(const struct loop *loop, const struct slat_permitted *set)
{
  const struct machine_memory *memory = &loop->memory;

  if (loop->machine.config.stage2 != SLAT_STAGE2_EPT)
    return false;
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++) {
    unsigned times = 0;

    for (unsigned j = 0; j < memory->reads && set->update[i].stage == 1 && set->update[i].may; j++)
      times += memory->read_spa[j] == word_of(set->update[i].spa);
    if (times > 1)
      return true;
  }
  return false;
}

static void step_access(struct loop *loop, const struct slat_event *event)
{
  const struct slat_access *access = &event->access;
  const bool walks = loop->target->observations >> OBSERVE_WALK & 1,
             accesses = loop->target->observations >> OBSERVE_ACCESS & 1;
  struct statistics *statistics = loop->statistics;
  enum skip why = SKIP_STALE_STORE;
  struct slat_permitted set;
  bool outside, itself, stale, walk_first, judged;

  loop->memory.outside = false;
  loop->memory.reads = 0;
  if (ask(loop, access, &set) != SLAT_OK) {
    statistics->skips[SKIP_ACCESS_UNSUPPORTED]++;
    return;
  }
  record_event(loop, event);
  statistics->accesses++;
  outside = loop->memory.outside;
  itself = changes_itself(loop, &set);
  stale = accesses && loop->target->caches && may_be_stale(loop, access->linear, &why);
  if (outside || itself)
    statistics->skips[outside ? SKIP_OUTSIDE_MEMORY : SKIP_SELF_MODIFYING]++;
  else if (stale)
    statistics->skips[why]++;
  judged = !outside && !itself;
  if (judged && (!stale || walks)) {
    statistics->judged_accesses++;
    count_set(loop, &set);
    count_mode(loop);
    if (statistics->accesses % RULES_EVERY == 0)
      count_rules(loop, access);
    rules_exercised_by(loop, access, &set);
  }
  /* Both see the flags as they are before: which of them sets them depends on the access alone, so that a scenario can
   * be made smaller around it. */
  walk_first = walks && (!accesses || ((access->linear >> 12 ^ access->width >> 1 ^ access->kind) & 1) == 0);
  if (walk_first)
    observe(loop, OBSERVE_WALK, event, &set, judged);
  if (accesses && !loop->stopped)
    observe(loop, OBSERVE_ACCESS, event, &set, judged && !stale);
  if (walks && !walk_first && !loop->stopped && !event->stores) /* a store may have changed the walk */
    observe(loop, OBSERVE_WALK, event, &set, judged);
  if ((loop->target->observations >> OBSERVE_RIGHT & 1) && !loop->stopped)
    look(loop, access->linear);
}

static void step_store(struct loop *loop, const struct slat_event *event, bool running)
{
  const uint64_t word = event->address & ~7ULL;
  const uint64_t before = memory_word(&loop->memory, word);

  if (event->address % event->width != 0 || !memory_store(&loop->memory, event->address, event->value, event->width)) {
    loop->statistics->skips[SKIP_EVENT_INVALID]++;
    return;
  }
  loop->version++;
  record_event(loop, event);
  if (loop->target->store(event->address, event->value, event->width, running) == TARGET_UNTOLD)
    loop->untold = true;
  if (running)
    staleness_store(&loop->staleness, &loop->machine.cpu[0].controls, word, before, memory_word(&loop->memory, word));
}

/* @return false: the value is not one that a register takes, or that the model answers for. */
static bool feed(struct loop *loop, const struct slat_event *event, struct slat_machine *after)
{
  *after = loop->machine;
  return slat_feed(after, event) == SLAT_OK;
}

static bool is_pdpte(const struct slat_event *event)
{
  return event->reg >= SLAT_PDPTE0 && event->reg <= SLAT_PDPTE3;
}

/* What a register write leaves stale, and what it flushes. */
static void track_register(struct loop *loop, const struct slat_event *event, const struct slat_machine *after)
{
  const struct slat_cpu *old = &loop->machine.cpu[0], *new = &after->cpu[0];
  const uint64_t changed = old->reg[event->reg] ^ new->reg[event->reg];
  const bool intel = after->config.vendor == SLAT_INTEL;

  if (memcmp(old->controls.pdpte, new->controls.pdpte, sizeof old->controls.pdpte) != 0 ||
      old->controls.guest.pse != new->controls.guest.pse || old->controls.guest.mode != new->controls.guest.mode)
    staleness_all_changed(&loop->staleness);
  if (event->reg == SLAT_CR3 && !(new->reg[SLAT_CR4] & CR4_PGE))
    staleness_flush_all(&loop->staleness);
  if (event->reg == SLAT_CR4 && intel && ((changed & new->reg[SLAT_CR4] & CR4_SMEP) || (changed & CR4_PAE)))
    staleness_flush_all(&loop->staleness); /* SMEP 0 to 1, PAE: 4.10.4.1 */
  if (event->reg == SLAT_EFER && (changed & old->reg[SLAT_EFER] & EFER_NXE))
    staleness_nxe_cleared(&loop->staleness);
}

/* The registers that are loaded when it comes into PAE paging, so that a record says all that a replay needs. */
static void record_pdptes(struct loop *loop, const struct slat_machine *after)
{
  for (uint8_t reg = SLAT_PDPTE0; reg <= SLAT_PDPTE3; reg++)
    if (after->cpu[0].reg[reg] != loop->machine.cpu[0].reg[reg])
      record_event(loop,
                   &(struct slat_event){ .kind = SLAT_EVENT_REGISTER, .reg = reg, .value = after->cpu[0].reg[reg] });
}

static bool take(struct loop *loop, const struct slat_event *event, const struct slat_machine *after)
{
  const enum target_status status = loop->target->apply(event, after);

  if (status == TARGET_OK)
    return true;
  loop->statistics->skips[SKIP_EVENT_REFUSED]++;
  if (status == TARGET_BROKEN)
    diverged(
      loop, &(struct divergence){ .observation = OBSERVE_ACCESS, .text = "a register write failed inside the target" });
  return false;
}

/* Does the guest write this with MOV to CR or WRMSR?  Under a stage 2 these registers come of VM entry. */
static bool is_write(const struct loop *loop, const struct slat_event *event)
{
  return loop->machine.config.stage2 == SLAT_STAGE2_NONE && loop->target->can->register_writes &&
         (event->reg == SLAT_CR0 || event->reg == SLAT_CR3 || event->reg == SLAT_CR4 || event->reg == SLAT_EFER);
}

/* @return the machine after a write that is done; as it is if none can be */
static struct slat_machine after_write(const struct loop *loop, const struct slat_write_result *w)
{
  const uint64_t value[] = { [SLAT_CR0] = w->cr0, [SLAT_CR3] = w->cr3, [SLAT_CR4] = w->cr4, [SLAT_EFER] = w->efer };
  struct slat_machine after = loop->machine;

  if (w->outcome[0].kind != SLAT_WRITTEN)
    return after;
  for (uint8_t reg = SLAT_CR0; reg <= SLAT_EFER; reg++)
    slat_feed(&after, &(struct slat_event){ .kind = SLAT_EVENT_REGISTER, .reg = reg, .value = value[reg] });
  for (uint8_t i = 0; i < 4; i++)
    slat_feed(&after, &(struct slat_event){
                        .kind = SLAT_EVENT_REGISTER, .reg = (uint8_t)(SLAT_PDPTE0 + i), .value = w->pdpte[i] });
  return after;
}

/* The target's answer to a write is in the set, or it is a finding. @return the write is done, and can be */
static bool judge_write(struct loop *loop, const struct slat_event *event, const struct slat_write_result *w,
                        enum target_status status)
{
  const struct slat_outcome outcome = { .kind = status == TARGET_OK ? SLAT_WRITTEN : SLAT_GENERAL_PROTECTION };
  struct slat_permitted set = { .outcome = { { 0 } } };

  memcpy(set.outcome, w->outcome, sizeof set.outcome);
  compared(loop, OBSERVE_WRITE);
  record_event(loop, &(struct slat_event){ .kind = SLAT_EVENT_WRITE, .reg = event->reg, .value = event->value });
  record_outcome(loop, &outcome);
  const struct slat_verdict verdict = judge(loop, &set, &outcome);

  if (verdict.permitted) {
    loop->statistics->agreements++;
    loop->statistics->outcome[outcome.kind]++;
    loop->statistics->rule[set.outcome[verdict.match].rule]++;
    if (w->loads)
      loop->statistics
        ->rule[event->reg == SLAT_CR3 ? SLAT_RULE_PAE_PDPTE_LOAD_CR3 : SLAT_RULE_PAE_PDPTE_LOAD_CR0_CR4]++;
    return outcome.kind == SLAT_WRITTEN;
  }
  diverged(loop, &(struct divergence){
                   .observation = OBSERVE_WRITE, .rule = verdict.rule, .set = &set, .observed = &outcome });
  if (outcome.kind == SLAT_WRITTEN)
    loop->lost = true; /* what its registers are now nobody knows: nothing after it is compared */
  return false;
}

static void step_write(struct loop *loop, const struct slat_event *event)
{
  const struct slat_register_write write = { .reg = event->reg, .value = event->value };
  const struct slat_write_result w = slat_write_register(&loop->machine.config, &loop->machine.cpu[0], &loop->view,
                                                         &write);

  if (w.status != SLAT_OK) {
    loop->statistics->skips[SKIP_EVENT_INVALID]++;
    return;
  }
  const struct slat_machine after = after_write(loop, &w);

  if (after.cpu[0].status != SLAT_OK) { /* what it leads to is not modelled */
    loop->statistics->skips[SKIP_EVENT_INVALID]++;
    return;
  }
  const enum target_status status = loop->target->apply(event, &after);

  if (status == TARGET_REFUSED || status == TARGET_BROKEN) {
    loop->statistics->skips[SKIP_EVENT_REFUSED]++;
    if (status == TARGET_BROKEN)
      diverged(loop, &(struct divergence){ .observation = OBSERVE_WRITE,
                                           .text = "a register write failed inside the target" });
    return;
  }
  rules_exercised_by_write(loop, &write, &w);
  if (!judge_write(loop, event, &w, status))
    return;
  track_register(loop, event, &after);
  loop->machine = after;
  loop->taken[loop->at] = true;
  loop->version++;
}

static void step_register(struct loop *loop, const struct slat_event *event)
{
  struct slat_machine after;

  if (is_pdpte(event) && loop->machine.config.stage2 == SLAT_STAGE2_NONE)
    return; /* no instruction writes one: a record has it where one was loaded, which happens again */
  if (is_write(loop, event)) {
    step_write(loop, event);
    return;
  }
  if (!feed(loop, event, &after) || after.cpu[0].status != SLAT_OK) {
    loop->statistics->skips[SKIP_EVENT_INVALID]++;
    return;
  }
  if (!take(loop, event, &after))
    return;
  record_event(loop, event);
  track_register(loop, event, &after);
  loop->machine = after;
  loop->taken[loop->at] = true;
  loop->version++;
}

static void step_invlpg(struct loop *loop, const struct slat_event *event)
{
  if (loop->target->apply(event, &loop->machine) != TARGET_OK) {
    loop->statistics->skips[SKIP_EVENT_REFUSED]++;
    return;
  }
  record_event(loop, event);
  staleness_flush_page(&loop->staleness, event->address);
}

static void step(struct loop *loop, const struct slat_event *event)
{
  if (event->cpu != 0) {
    loop->statistics->skips[SKIP_EVENT_INVALID]++;
    return;
  }
  switch (event->kind) {
  case SLAT_EVENT_REGISTER:
    step_register(loop, event);
    break;
  case SLAT_EVENT_STORE:
    step_store(loop, event, true);
    break;
  case SLAT_EVENT_ACCESS:
    step_access(loop, event);
    break;
  case SLAT_EVENT_INVLPG:
    step_invlpg(loop, event);
    break;
  default:
    break;
  }
}

/* ---- A whole scenario ---- */

static bool refuse(struct loop *loop, enum skip why)
{
  loop->statistics->skips[why]++;
  return false;
}

static bool begin(struct loop *loop, unsigned prologue)
{
  const struct scenario *scenario = loop->scenario;

  memory_reset(&loop->memory);
  staleness_reset(&loop->staleness);
  if (slat_open(&loop->machine, &scenario->config) != SLAT_OK)
    return refuse(loop, SKIP_INPUT_UNSUPPORTED);
  if (loop->target->reset(&scenario->config) != TARGET_OK)
    return refuse(loop, SKIP_INPUT_REFUSED);
  for (loop->at = 0; loop->at < prologue; loop->at++) {
    const struct slat_event *event = &scenario->event[loop->at];
    struct slat_machine after;

    if (event->kind == SLAT_EVENT_STORE) {
      step_store(loop, event, false);
    } else if (feed(loop, event, &after)) {
      loop->machine = after;
      record_event(loop, event);
    } else {
      loop->statistics->skips[SKIP_EVENT_INVALID]++;
    }
  }
  if (pdptes_in_registers(&loop->machine)) { /* loaded when it came into PAE paging, whatever the scenario says */
    struct slat_machine after = loop->machine;

    pdptes_load(&after, &loop->memory);
    record_pdptes(loop, &after);
    loop->machine = after;
  }
  if (loop->machine.cpu[0].status != SLAT_OK)
    return refuse(loop, SKIP_INPUT_UNSUPPORTED);
  switch (loop->target->start(&loop->machine)) {
  case TARGET_OK:
    return true;
  case TARGET_REFUSED:
    return refuse(loop, SKIP_INPUT_REFUSED);
  default:
    diverged(loop, &(struct divergence){ .observation = OBSERVE_ACCESS, .text = "the target does not start" });
    return false;
  }
}

static void look_again(struct loop *loop, unsigned prologue)
{
  uint64_t page[PAGES_LOOKED_AT];
  unsigned pages = 0;

  for (unsigned i = prologue; i < loop->scenario->count && pages < PAGES_LOOKED_AT && !loop->stopped; i++) {
    const uint64_t linear = loop->scenario->event[i].access.linear & ~0xfffULL;
    unsigned j = 0;

    if (loop->scenario->event[i].kind != SLAT_EVENT_ACCESS)
      continue;
    while (j < pages && page[j] != linear)
      j++;
    if (j < pages)
      continue;
    page[pages++] = linear;
    look(loop, linear);
  }
}

static void complaints(struct loop *loop)
{
  const char *text;

  for (unsigned i = 0; (text = loop->target->complaint(i)) != NULL; i++) {
    loop->statistics->complaints++;
    if (waived(loop, NULL, text))
      continue;
    finding_name_of_text(text, loop->name);
    snprintf(loop->text, sizeof loop->text, "the target complains: %s\n", text);
    stop_with(loop);
  }
}

bool loop_run(struct loop *loop, const struct scenario *scenario)
{
  struct statistics *statistics = loop->statistics;
  const unsigned prologue = scenario_prologue(scenario);

  loop->scenario = scenario;
  loop->at = 0;
  loop->stopped = loop->lost = loop->compared = loop->untold = false;
  memset(loop->taken, 0, sizeof loop->taken);
  loop->name[0] = 0;
  loop->version = loop->looks = 0;
  loop->timed = statistics->inputs++ % TIMED_EVERY == 0;
  loop->loop_start = clock_start(loop);
  loop->oracle_ticks = 0;
  if (begin(loop, prologue)) {
    for (loop->at = prologue; loop->at < scenario->count && !loop->stopped && !loop->lost; loop->at++)
      step(loop, &scenario->event[loop->at]);
    if (loop->stopped)
      loop->at--; /* the event that it was */
    if ((loop->target->observations >> OBSERVE_RIGHT & 1) && !loop->stopped && !loop->lost)
      look_again(loop, prologue);
    if (!loop->stopped && !loop->lost)
      judge_data(loop);
  }
  complaints(loop);
  statistics->inputs_compared += loop->compared;
  if (loop->timed) {
    statistics->timed_inputs++;
    statistics->loop_ticks += __rdtsc() - loop->loop_start;
    statistics->oracle_ticks += loop->oracle_ticks;
  }
  return !loop->stopped;
}

void loop_died(struct loop *loop, const char *what)
{
  loop->statistics->fatal++;
  finding_name_of_text(what, loop->name);
  snprintf(loop->text, sizeof loop->text, "the target died: %s\n", what);
  stop_with(loop);
}

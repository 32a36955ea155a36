/* SPDX-License-Identifier: BSD-2-Clause */
/* Replays a trace: memory, control state, and at each access the permitted set. */
#include "replay.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"

static size_t slot_of(const struct word *words, size_t room, uint64_t spa)
{
  size_t slot = (size_t)((spa / 8 * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (room - 1);
  while (words[slot].used && words[slot].spa != spa)
    slot = (slot + 1) & (room - 1);
  return slot;
}

uint64_t memory_read(void *context, uint64_t spa)
{
  const struct memory *memory = context;
  return memory->room == 0 ? 0 : memory->words[slot_of(memory->words, memory->room, spa)].value;
}

static bool memory_write(struct memory *memory, uint64_t spa, uint64_t value)
{
  if (2 * memory->count >= memory->room) {
    const size_t room = memory->room == 0 ? 1024 : 2 * memory->room;
    struct word *words = calloc(room, sizeof *words);
    if (words == NULL)
      return false;
    for (size_t i = 0; i < memory->room; i++)
      if (memory->words[i].used)
        words[slot_of(words, room, memory->words[i].spa)] = memory->words[i];
    free(memory->words);
    memory->words = words;
    memory->room = room;
  }
  struct word *word = &memory->words[slot_of(memory->words, memory->room, spa)];
  memory->count += !word->used;
  *word = (struct word){ .spa = spa, .value = value, .used = true };
  return true;
}

/* Little-endian, byte by byte: a store may reach into a second word. */
static bool memory_store(struct memory *memory, uint64_t spa, uint64_t value, unsigned width)
{
  for (unsigned i = 0; i < width; i++) {
    const uint64_t byte = spa + i, word = byte - byte % 8;
    const unsigned shift = 8 * (unsigned)(byte % 8);
    const uint64_t old = memory_read(memory, word) & ~((uint64_t)0xff << shift);
    if (!memory_write(memory, word, old | (value >> (8 * i) & 0xff) << shift))
      return false;
  }
  return true;
}

struct slat_memory replay_memory(struct replay *replay)
{
  return (struct slat_memory){ .read = memory_read, .context = &replay->memory };
}

static bool fail(struct replay *replay, size_t event, enum slat_status status)
{
  char place[200];
  if (event < replay->trace->count)
    slat_trace_place(replay->trace, event, place, sizeof place);
  else
    (void)snprintf(place, sizeof place, "%s", replay->trace->name);
  replay->failure = status >= SLAT_FIRST_UNSUPPORTED ? EXIT_UNSUPPORTED : EXIT_MALFORMED;
  (void)fprintf(stderr, "slat: %s: %s%s\n", place, status >= SLAT_FIRST_UNSUPPORTED ? "unsupported: " : "",
                slat_status_text(status));
  return false;
}

static bool out_of_memory(struct replay *replay)
{
  (void)fputs("slat: out of memory\n", stderr);
  replay->failure = EXIT_USAGE;
  return false;
}

bool replay_open(struct replay *replay, const struct slat_trace *trace)
{
  memset(replay, 0, sizeof *replay);
  replay->trace = trace;
  const enum slat_status status = slat_open(&replay->machine, &trace->config);
  return status == SLAT_OK || fail(replay, trace->count, status);
}

enum slat_status replay_feed(struct slat_machine *machine, const struct slat_event *event)
{
  return event->kind == SLAT_EVENT_OBSERVED_WORD ? SLAT_OK : slat_feed(machine, event);
}

bool replay_next(struct replay *replay, struct step *step)
{
  const struct slat_trace *trace = replay->trace;
  while (replay->next < trace->count) {
    const size_t index = replay->next;
    const struct slat_event *event = &trace->events[index];
    enum slat_status status = replay_feed(&replay->machine, event);
    if (status != SLAT_OK)
      return fail(replay, index, status);
    replay->next++;
    if (event->kind == SLAT_EVENT_STORE && !memory_store(&replay->memory, event->address, event->value, event->width))
      return out_of_memory(replay);
    if (event->kind != SLAT_EVENT_ACCESS && event->kind != SLAT_EVENT_WRITE)
      continue;

    const struct slat_memory memory = replay_memory(replay);
    memset(step, 0, sizeof *step);
    step->number = ++replay->access;
    step->index = index;
    step->access = event;
    if (replay->next < trace->count && event[1].kind == SLAT_EVENT_OBSERVED) {
      step->observed = event + 1;
      while (replay->next + 1 + step->words < trace->count && event[2 + step->words].kind == SLAT_EVENT_OBSERVED_WORD)
        step->words++;
    }
    if (step_is_write(step)) {
      const struct slat_register_write write = { .reg = event->reg, .cs_l = event->cs_l, .value = event->value };
      step->write = slat_write_register(&replay->machine.config, &replay->machine.cpu[event->cpu], &memory, &write);
      memcpy(step->set.outcome, step->write.outcome, sizeof step->write.outcome);
      status = (enum slat_status)step->write.status;
    } else {
      status = slat_permitted(&replay->machine, event->cpu, &memory, &event->access, &step->set);
    }
    return status == SLAT_OK || fail(replay, index, status);
  }
  return false;
}

static const struct slat_outcome *translated(const struct step *step)
{
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
    if (step->set.outcome[i].kind == SLAT_TRANSLATED)
      return &step->set.outcome[i];
  return NULL;
}

static bool is_done(const struct step *step)
{
  return translated(step) != NULL && (step->observed == NULL ? step->set.outcome[0].kind == SLAT_TRANSLATED
                                                             : step->observed->outcome.kind == SLAT_TRANSLATED);
}

bool step_stores_into(const struct step *step, uint64_t spa)
{
  if (!step->access->stores || !is_done(step))
    return false;
  const uint64_t first = translated(step)->spa;
  return first < spa + 8 && spa < first + step->access->access.width;
}

/* Gives the registers the values that a write which is done leaves. */
static bool commit_write(struct replay *replay, const struct step *step)
{
  const struct slat_write_result *w = &step->write;
  const struct {
    uint8_t reg;
    uint64_t value;
  } after[] = { { SLAT_CR0, w->cr0 },         { SLAT_CR3, w->cr3 },         { SLAT_CR4, w->cr4 },
                { SLAT_EFER, w->efer },       { SLAT_PDPTE0, w->pdpte[0] }, { SLAT_PDPTE1, w->pdpte[1] },
                { SLAT_PDPTE2, w->pdpte[2] }, { SLAT_PDPTE3, w->pdpte[3] } };
  const bool possible = w->outcome[0].kind == SLAT_WRITTEN;

  if (!possible || (step->observed != NULL && step->observed->outcome.kind != SLAT_WRITTEN))
    return true;
  for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
    const struct slat_event event = {
      .kind = SLAT_EVENT_REGISTER, .cpu = step->access->cpu, .reg = after[i].reg, .value = after[i].value
    };
    const enum slat_status status = slat_feed(&replay->machine, &event);
    if (status != SLAT_OK)
      return fail(replay, step->index, status);
  }
  return true;
}

bool replay_commit(struct replay *replay, const struct step *step)
{
  if (step_is_write(step))
    return commit_write(replay, step);
  if (is_done(step)) {
    for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++) {
      const struct slat_update *update = &step->set.update[i];
      if (update->must == 0)
        continue;
      const uint64_t now = memory_read(&replay->memory, update->spa); /* two updates may be of one word */
      if (!memory_write(&replay->memory, update->spa, now | update->must))
        return out_of_memory(replay);
    }
    if (step->access->stores &&
        !memory_store(&replay->memory, translated(step)->spa, step->access->value, step->access->access.width))
      return out_of_memory(replay);
  }
  for (size_t i = 0; i < step->words; i++) {
    const struct slat_event *word = &step->observed[1 + i];
    if (!memory_write(&replay->memory, word->address, word->value))
      return out_of_memory(replay);
  }
  return true;
}

void replay_close(struct replay *replay)
{
  free(replay->memory.words);
  memset(&replay->memory, 0, sizeof replay->memory);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target for the replay of traces and the explainer, over the library.  Any bytes are repaired into a trace; then
   for each access: the reads of the walk are 24 at most and each is accounted for, the permitted set is not empty and
   permits its own elements, and what is required of accessed and dirty flags is permitted.
   Built like fuzz_trace.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "references.h"
#include "replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds, const char *what)
{
  if (!holds) {
    (void)fprintf(stderr, "fuzz_replay: %s\n", what);
    abort();
  }
}

/* Most random addresses fall into the first pages, so that tables, entries and accesses meet; those of a seed stay. */
static void narrow(struct slat_event *event)
{
  if (event->kind == SLAT_EVENT_STORE) {
    if ((event->address >> 60 & 3) != 0)
      event->address &= 0x7ff8;
    if (event->width == 8 && (event->value >> 40 & 3) != 0) /* else as it is: reserved bits, high addresses */
      event->value &= UINT64_C(0x8000000000007fff);
  }
  if (event->kind == SLAT_EVENT_ACCESS && (event->access.linear >> 60 & 3) != 0)
    event->access.linear &= 0x40601fff;
  if (event->kind == SLAT_EVENT_REGISTER && (event->value >> 60 & 3) != 0) {
    if (event->reg == SLAT_CR3 || event->reg == SLAT_NCR3)
      event->value &= 0x7018;
    else if (event->reg == SLAT_EPTP)
      event->value = (event->value & 0x7040) | 0x1e;
    else if (event->reg == SLAT_CR0)
      event->value = (event->value & 0x10000) | 0x80000001;
    else if (event->reg == SLAT_CR4)
      event->value = (event->value & 0x300000) | 0x20;
    else if (event->reg == SLAT_EFER || event->reg == SLAT_HOST_EFER)
      event->value = (event->value & 0x800) | 0x500;
  }
}

static void check_step(struct replay *replay, const struct step *step)
{
  static struct references references;
  const struct slat_memory memory = replay_memory(replay);
  char text[100];
  unsigned outcomes = 0;

  if (step_is_write(step)) {
    for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
      check(step->set.outcome[i].kind == SLAT_NO_OUTCOME || slat_judge(&step->set, &step->set.outcome[i]).permitted,
            "the set does not permit its own element");
    return;
  }
  record_references(&references, &replay->machine, step->access->cpu, &memory, &step->access->access);
  check(references.count <= MAX_REFERENCES, "more than 24 references");
  for (unsigned i = 0; i < references.count; i++) {
    check(references.reference[i].entry.level != 0, "a reference that nothing accounts for");
    entry_fields_text(&references.reference[i].entry, text, sizeof text);
    check(text[0] != '\0' && strlen(text) <= 30, "fields out of their column");
    json_decref(entry_fields_json(&references.reference[i].entry));
  }
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
    if (step->set.outcome[i].kind != SLAT_NO_OUTCOME) {
      outcomes++;
      check(slat_judge(&step->set, &step->set.outcome[i]).permitted, "the set does not permit its own element");
      outcome_text(&step->set.outcome[i], text, sizeof text);
      json_decref(outcome_json(&step->set.outcome[i], true));
    }
  check(outcomes != 0, "an empty set");
  const struct slat_controls *controls = &replay->machine.cpu[step->access->cpu].controls;
  const struct slat_outcome quick = slat_translate(&memory, controls, &references.linear.access);
  check(references.linear.denied != SLAT_RULE_NONE || step->set.outcome[0].kind == SLAT_NO_OUTCOME ||
          (quick.kind == step->set.outcome[0].kind && quick.spa == step->set.outcome[0].spa &&
           quick.gpa == step->set.outcome[0].gpa && quick.code == step->set.outcome[0].code &&
           quick.page_shift == step->set.outcome[0].page_shift),
        "the quick translation says something else than the set");
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++) {
    const struct slat_update *update = &step->set.update[i];
    if (update->may == 0)
      continue;
    uint64_t must = 0;
    check(i == SLAT_UPDATE_SLOT(update->step, update->stage == 2 ? update->level : 0u),
          "an update that says of itself that it belongs to another slot");
    check((update->must & ~update->may) == 0, "a required flag that is not permitted");
    check((update->entry & update->may) == 0, "a flag to be set that is set");
    check(memory_read(&replay->memory, update->spa) == update->entry, "an update of another value");
    for (unsigned j = 0; j < SLAT_MAX_UPDATES; j++)
      if (step->set.update[j].may != 0 && step->set.update[j].spa == update->spa)
        must |= step->set.update[j].must;
    check(slat_judge_update(&step->set, update->spa, update->entry, update->entry | must,
                            step->set.outcome[0].kind == SLAT_TRANSLATED) == SLAT_RULE_NONE,
          "what is required is not permitted");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  uint8_t record[SLAT_TRACE_RECORD];
  struct slat_trace trace;
  struct slat_trace_order order;
  struct slat_event event;
  struct replay replay;
  struct step step;

  if (size < SLAT_TRACE_RECORD)
    return 0;
  memset(&trace, 0, sizeof trace);
  memset(&order, 0, sizeof order);
  trace.name = "input";
  trace.binary = true;
  memcpy(record, bytes, sizeof record);
  slat_trace_repair_config(record);
  check(slat_trace_decode_config(record, &trace.config) == SLAT_TRACE_OK, "a repaired header is refused");
  for (size_t i = SLAT_TRACE_RECORD; i + SLAT_TRACE_RECORD <= size && trace.count < 200; i += SLAT_TRACE_RECORD) {
    memcpy(record, bytes + i, sizeof record);
    slat_trace_repair(record);
    check(slat_trace_decode(record, &event) == SLAT_TRACE_OK, "a repaired record is refused");
    narrow(&event);
    (void)slat_trace_append(&trace, &order, &event, i); /* refused: an observation without its access */
  }
  if (replay_open(&replay, &trace)) {
    /* A replay ends at the first event that is refused; here the next is tried, for more depth. */
    while (replay.next < trace.count) {
      const size_t before = replay.next;
      replay.failure = 0;
      if (replay_next(&replay, &step)) {
        check_step(&replay, &step);
        (void)replay_commit(&replay, &step);
      } else if (replay.failure != 0 && replay.next == before) {
        replay.next++; /* the event itself was refused */
      }
    }
  }
  replay_close(&replay);
  slat_trace_free(&trace);
  return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory references of a walk: the library reads memory in walk order through one callback, so the reads that it
   makes are the references; what each is for follows from where the walk stood. */
#include "references.h"

#include <stdio.h>
#include <string.h>

struct recorder {
  const struct slat_memory *memory;
  struct references *out;
};

static uint64_t record_read(void *context, uint64_t spa)
{
  struct recorder *recorder = context;
  struct references *out = recorder->out;
  const uint64_t value = recorder->memory->read(recorder->memory->context, spa);
  if (out->count < MAX_REFERENCES)
    out->reference[out->count++] = (struct reference){ .spa = spa, .entry = { .value = value } };
  return value;
}

/* For display: has a leaf's fields, whether it is a lawful leaf or not. */
static bool looks_like_leaf(const struct slat_format *format, unsigned level, uint64_t value)
{
  if (format->mode == SLAT_PAGING_32BIT && level == 2)
    return format->pse && value / 0x80 % 2 == 1;
  if (format->mode == SLAT_PAGING_PAE && level == 3)
    return false;
  return level == 1 || (level < 4 && value / 0x80 % 2 == 1);
}

static void describe(struct reference *reference, const struct slat_controls *controls, bool guest, unsigned level)
{
  struct entry *entry = &reference->entry;
  reference->guest = guest;
  entry->format = !guest && controls->stage2 == SLAT_STAGE2_EPT ? ENTRY_EPT : controls->amd ? ENTRY_AMD : ENTRY_INTEL;
  entry->level = level;
  const struct slat_format *own = guest ? &controls->guest : &controls->nested;
  entry->mode = own->mode;
  entry->leaf = looks_like_leaf(own, level, entry->value);
  entry->keys = guest && (controls->user_keys != 0 || controls->supervisor_keys != 0);
  entry->ept_ad = controls->ept_ad;
}

/* The first level of the stage-2 tables. */
static unsigned top_level(const struct slat_controls *controls)
{
  static const uint8_t of_host[] = { [SLAT_PAGING_LONG] = 4, [SLAT_PAGING_PAE] = 3, [SLAT_PAGING_32BIT] = 2 };

  return controls->stage2_5level ? 5 : of_host[controls->nested.mode];
}

/* An entry of 4 bytes of a host in 32-bit paging: the word was read. */
static void host_entry(struct reference *reference, const struct slat_controls *controls, uint64_t gpa, unsigned level)
{
  if (controls->nested.mode != SLAT_PAGING_32BIT)
    return;
  reference->spa += level == 2 ? gpa / 0x400000 % 2 * 4 : gpa / 0x1000 % 2 * 4;
  reference->entry.value = reference->spa % 8 == 0 ? reference->entry.value % 0x100000000
                                                   : reference->entry.value / 0x100000000;
}

/* Stage 2 of one GPA: the references from `next` on, from the first level down to where it ended. */
static unsigned describe_stage2(struct references *out, unsigned next, const struct slat_controls *controls,
                                const struct slat_stage2 *stage2, uint64_t gpa, unsigned step)
{
  if (controls->stage2 == SLAT_STAGE2_NONE || stage2->level == 0)
    return next;
  for (unsigned level = top_level(controls); level >= stage2->level && next < out->count; level--, next++) {
    struct reference *reference = &out->reference[next];
    host_entry(reference, controls, gpa, level);
    describe(reference, controls, false, level);
    reference->gpa = gpa;
    reference->step = (uint8_t)step;
    if (level == stage2->level)
      reference->rule = stage2->rule;
  }
  return next;
}

void record_references(struct references *out, const struct slat_machine *machine, unsigned cpu,
                       const struct slat_memory *memory, const struct slat_access *access)
{
  const struct slat_controls *controls = &machine->cpu[cpu].controls;
  struct recorder recorder = { .memory = memory, .out = out };
  const struct slat_memory recording = { .read = record_read, .context = &recorder };
  bool reached = true;
  unsigned next = 0;

  memset(out, 0, sizeof *out);
  out->linear = slat_linear_of(controls, access);
  if (out->linear.denied != SLAT_RULE_NONE) { /* LASS: there is no walk */
    out->walk.end = 6;
    out->walk.outcome.kind = SLAT_NON_CANONICAL;
    out->walk.outcome.rule = out->linear.denied;
    return;
  }
  out->walk = slat_walk_linear(&recording, controls, &out->linear.access);
  for (unsigned level = out->walk.begin; level >= 1 && level >= out->walk.end; level--) {
    const struct slat_step *step = &out->walk.step[level];
    next = describe_stage2(out, next, controls, &step->stage2, step->gpa, level);
    reached = step->reached;
    if (!reached || next >= out->count)
      break;
    struct reference *reference = &out->reference[next++];
    reference->spa = step->stage2.spa; /* of an entry of 4 bytes the word was read */
    reference->entry.value = step->value;
    describe(reference, controls, true, level);
    reference->gpa = step->gpa;
    reference->step = (uint8_t)level;
    reference->rule = step->entry.rule;
  }
  const unsigned kind = out->walk.outcome.kind;
  out->final = reached && kind != SLAT_PAGE_FAULT && kind != SLAT_NON_CANONICAL;
  if (out->final)
    (void)describe_stage2(out, next, controls, &out->walk.final, out->walk.outcome.gpa, 0);
}

void entry_name(char *text, size_t room, const struct slat_controls *controls, bool guest, unsigned level,
                unsigned step, bool with_purpose)
{
  const char *table = guest ? (controls->stage2 == SLAT_STAGE2_NONE ? "" : "guest ")
                            : (controls->stage2 == SLAT_STAGE2_EPT ? "EPT " : "nested ");
  if (guest || !with_purpose)
    (void)snprintf(text, room, "%s%s", table, entry_level_name(level));
  else if (step == 0)
    (void)snprintf(text, room, "%s%s for the final GPA", table, entry_level_name(level));
  else
    (void)snprintf(text, room, "%s%s for guest %s", table, entry_level_name(level), entry_level_name(step));
}

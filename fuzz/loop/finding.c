/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include "finding.h"
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const kind_name[] = { "read", "write", "fetch" };
static const char *const outcome_short[] = { "none",      "translated", "GP",   "PF", "violation",
                                             "misconfig", "NPF",        "done", "GP" };

static const char *const written_register[] = {
  [SLAT_CR0] = "CR0", [SLAT_CR3] = "CR3", [SLAT_CR4] = "CR4", [SLAT_EFER] = "EFER"
};

static const char *rule_id(enum slat_rule rule)
{
  const struct slat_rule_info *info = rule ? slat_rule_info(rule) : NULL;

  return info ? info->id : "NO_RULE";
}

/* What an outcome of the set and the observed one have in common and not, coarsely: kinds; for the same kind what
 * differs. */
static void outcome_class(const struct divergence *d, char *text, size_t room)
{
  const struct slat_outcome *expected = &d->set->outcome[0], *seen = d->observed;

  if (d->observation == OBSERVE_WRITE) { /* the one thing that was permitted is the other one */
    const struct slat_event *event = &d->scenario->event[d->at];

    snprintf(text, room, "%s_%s", outcome_short[seen->kind],
             event->reg <= SLAT_EFER ? written_register[event->reg] : "");
    return;
  }

  if (expected->kind != seen->kind)
    snprintf(text, room, "%s_for_%s", outcome_short[seen->kind], outcome_short[expected->kind]);
  else if (seen->kind == SLAT_TRANSLATED)
    snprintf(text, room, "other_address");
  else if ((seen->code ^ expected->code) & ~expected->code_open)
    snprintf(text, room, "%s_code_%" PRIx64 "_for_%" PRIx64, outcome_short[seen->kind],
             seen->code & ~expected->code_open, expected->code & ~expected->code_open);
  else
    snprintf(text, room, "%s_other_address", outcome_short[seen->kind]);
}

void finding_name(const struct divergence *d, char name[FINDING_NAME])
{
  char what[64] = "";

  if (d->text)
    snprintf(what, sizeof what, "no_outcome");
  else if (d->observation == OBSERVE_FLAGS)
    snprintf(what, sizeof what, "set_%" PRIx64 "_cleared_%" PRIx64, d->after & ~d->before, d->before & ~d->after);
  else if (d->observation == OBSERVE_DATA)
    snprintf(what, sizeof what, "word_changed");
  else
    outcome_class(d, what, sizeof what);
  if (d->observation == OBSERVE_RIGHT) {
    const size_t used = strlen(what);

    snprintf(what + used, sizeof what - used, "_%s_%s", d->access->user ? "user" : "supervisor",
             kind_name[d->access->kind]);
  }
  snprintf(name, FINDING_NAME, "%s-%s-%s", rule_id(d->rule), observation_name[d->observation], what);
}

/* KIND and PLACE stay, and from where a wild access was made; other numbers differ from one scenario to the next. */
void finding_name_of_text(const char *text, char name[FINDING_NAME])
{
  const char *previous = "";
  unsigned used = 0;

  name[0] = 0;
  for (unsigned word = 0; *text && *text != '\n' && used < FINDING_NAME - 1; word++) {
    const unsigned length = (unsigned)strcspn(text, " \n"), room = FINDING_NAME - used;
    const bool number = strcspn(text, "0123456789") < length;
    const bool kept = word < 2 || !number || strncmp(previous, "instruction", 11) == 0;

    used += (unsigned)snprintf(name + used, room, "%s%.*s", word ? "_" : "", kept ? (int)length : 1, kept ? text : "N");
    previous = text;
    text += length + (text[length] == ' ');
  }
  for (char *c = name; *c; c++)
    *c = isalnum((unsigned char)*c) ? *c : '_';
}

/* ---- Text ---- */

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t room, const char *format, ...)
{
  const size_t used = strlen(text);
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(text + used, room - used, format, arguments);
  va_end(arguments);
}

static void add_outcome(char *text, size_t room, const struct slat_outcome *o)
{
  switch (o->kind) {
  case SLAT_TRANSLATED:
    add(text, room, "translated to SPA 0x%" PRIx64, o->spa);
    break;
  case SLAT_NON_CANONICAL:
    add(text, room, "#GP (not canonical)");
    break;
  case SLAT_PAGE_FAULT:
    add(text, room, "#PF code 0x%" PRIx64 " CR2 0x%" PRIx64, o->code, o->linear);
    break;
  case SLAT_EPT_VIOLATION:
    add(text, room, "EPT violation qualification 0x%" PRIx64 " GPA 0x%" PRIx64, o->code, o->gpa);
    break;
  case SLAT_EPT_MISCONFIG:
    add(text, room, "EPT misconfiguration GPA 0x%" PRIx64, o->gpa);
    break;
  case SLAT_NESTED_PAGE_FAULT:
    add(text, room, "NPF EXITINFO1 0x%" PRIx64 " EXITINFO2 0x%" PRIx64, o->code, o->gpa);
    break;
  case SLAT_WRITTEN:
    add(text, room, "done");
    break;
  case SLAT_GENERAL_PROTECTION:
    add(text, room, "#GP(0)");
    break;
  case SLAT_PML_FULL:
    add(text, room, "page-modification log full");
    break;
  default:
    add(text, room, "nothing");
  }
}

static void add_set(char *text, size_t room, const struct slat_permitted *set)
{
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++) {
    const struct slat_outcome *o = &set->outcome[i];

    if (o->kind == SLAT_NO_OUTCOME)
      continue;
    add(text, room, "permitted: ");
    add_outcome(text, room, o);
    if (o->code_open)
      add(text, room, " (bits 0x%" PRIx64 " open)", o->code_open);
    add(text, room, "  by %s, level %u of stage %u\n", rule_id(o->rule), o->level, o->stage);
  }
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    if (set->update[i].may)
      add(text, room,
          "permitted: word 0x%" PRIx64 " = 0x%" PRIx64 " may get 0x%x, must get 0x%x"
          " (stage %u level %u)\n",
          set->update[i].spa, set->update[i].entry, set->update[i].may, set->update[i].must, set->update[i].stage,
          set->update[i].level);
}

void finding_describe(const struct divergence *d, char *text, size_t room)
{
  const struct slat_rule_info *info = d->rule ? slat_rule_info(d->rule) : NULL;

  text[0] = 0;
  add(text, room, "rule:      %s\n", rule_id(d->rule));
  if (info)
    add(text, room, "           %s\n           %s\n", info->statement, info->source);
  add(text, room, "observed:  %s: ", observation_name[d->observation]);
  if (d->text)
    add(text, room, "%s\n", d->text);
  else if (d->observed)
    add_outcome(text, room, d->observed), add(text, room, "\n");
  else
    add(text, room, "word at SPA 0x%" PRIx64 " was 0x%" PRIx64 ", is 0x%" PRIx64 "\n", d->spa, d->before, d->after);
  if (d->observation == OBSERVE_WRITE && d->scenario->event[d->at].reg <= SLAT_EFER)
    add(text, room, "write:     %s = 0x%" PRIx64 ", CS.L = 0\n", written_register[d->scenario->event[d->at].reg],
        d->scenario->event[d->at].value);
  if (d->access)
    add(text, room, "access:    %s %s%s of %u bytes at linear 0x%" PRIx64 "\n", d->access->user ? "user" : "supervisor",
        d->access->implicit ? "implicit " : "", kind_name[d->access->kind], d->access->width, d->access->linear);
  if (d->set)
    add_set(text, room, d->set);
  if (d->machine) {
    const uint64_t *reg = d->machine->cpu[0].reg;

    add(text, room,
        "machine:   %s, stage 2 %s, MAXPHYADDR %u, CR0 0x%" PRIx64 " CR3 0x%" PRIx64 " CR4 0x%" PRIx64
        " EFER 0x%" PRIx64 " RFLAGS 0x%" PRIx64 "\n",
        d->machine->config.vendor == SLAT_AMD ? "AMD" : "Intel",
        d->machine->config.stage2 == SLAT_STAGE2_EPT   ? "EPT"
        : d->machine->config.stage2 == SLAT_STAGE2_NPT ? "NPT"
                                                       : "none",
        d->machine->config.maxphyaddr, reg[SLAT_CR0], reg[SLAT_CR3], reg[SLAT_CR4], reg[SLAT_EFER], reg[SLAT_RFLAGS]);
  }
}

/* ---- Files ---- */

static bool write_file(const char *directory, const char *name, const char *suffix, const void *bytes, size_t size)
{
  char partial[512], whole[512];
  int file;
  bool written;

  if (snprintf(whole, sizeof whole, "%s/%s%s", directory, name, suffix) >= (int)sizeof whole ||
      snprintf(partial, sizeof partial, "%s/.%s%s.%ld", directory, name, suffix, (long)getpid()) >= (int)sizeof partial)
    return false;
  file = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0)
    return false;
  written = write(file, bytes, size) == (ssize_t)size && fsync(file) == 0;
  close(file);
  return written && rename(partial, whole) == 0;
}

bool finding_save(struct finding_store *store, const char *name, const struct scenario *scenario, const char *text)
{
  struct statistics *statistics = store->statistics;
  static uint8_t bytes[SCENARIO_MAX_BYTES];
  struct finding_count *count;
  uint64_t i = 0;

  while (i < statistics->findings && strcmp(statistics->finding[i].name, name) != 0)
    i++;
  if (i == FINDINGS_MAX)
    return false; /* counted in `unexplained`, and there is enough to look at */
  count = &statistics->finding[i];
  if (i < statistics->findings) {
    count->times++;
    return false;
  }
  if (store->directory) { /* first the files, then the count: who dies between the two saves it again */
    const size_t size = scenario_encode(scenario, bytes, sizeof bytes);

    if (!write_file(store->directory, name, ".slat", bytes, size) ||
        !write_file(store->directory, name, ".txt", text, strlen(text)))
      fprintf(stderr, "fuzz: cannot save the finding %s in %s\n%s", name, store->directory, text);
  }
  snprintf(count->name, sizeof count->name, "%s", name);
  count->times = 1;
  statistics->findings = i + 1;
  return true;
}

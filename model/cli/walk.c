/* SPDX-License-Identifier: BSD-2-Clause */
/* slat walk: explains one translation, memory reference by memory reference. */
#include "cli.h"

#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include "references.h"
#include "replay.h"

struct arguments {
  enum format format;
  size_t access; /* 0: the last one */
  bool all;
  const char *scenario;
};

struct context {
  const struct arguments *arguments;
  struct style style;
  struct replay *replay;
  size_t accesses;
};

/* One access on its way to the reader. */
struct explanation {
  const struct step *step;
  unsigned shown;   /* index in the set of the outcome that is explained */
  unsigned decided; /* number of the reference whose entry decided, 0: none did */
  const struct slat_controls *controls;
  const struct slat_cpu *cpu;
  struct references references;
  char place[200];
};

static error_t parse(int key, char *text, struct argp_state *state)
{
  struct arguments *arguments = state->input;
  switch (key) {
  case 'f':
    arguments->format = parse_format(text, state);
    return 0;
  case 'n':
    arguments->access = parse_number(text, "--access", state);
    return 0;
  case 'a':
    arguments->all = true;
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->scenario != NULL)
      argp_error(state, "one SCENARIO, not two: `%s'", text);
    arguments->scenario = text;
    return 0;
  case ARGP_KEY_NO_ARGS:
    argp_error(state, "SCENARIO is missing; `-' is stdin");
    return 0;
  case ARGP_KEY_END:
    if (arguments->all && arguments->access != 0)
      argp_error(state, "--all or --access, not both");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* -- Text --------------------------------------------------------------------------------------------------------- */

static const char *privilege(const struct slat_access *access)
{
  if (access->shadow_stack)
    return access->wruss      ? "shadow stack, user mode by WRUSS"
           : access->implicit ? "shadow stack, implicit supervisor access"
           : access->user     ? "shadow stack, user mode"
                              : "shadow stack, supervisor mode";
  return access->implicit ? "implicit supervisor access" : access->user ? "user mode" : "supervisor mode";
}

static void print_note(const char *note)
{
  if (note != NULL)
    print_wrapped(note, printf("  note: "), 8);
}

static const char *mode_name(const struct slat_controls *controls)
{
  switch (controls->guest.mode) {
  case SLAT_PAGING_32BIT:
    return controls->guest.pse ? "32-bit paging, CR4.PSE=1" : "32-bit paging, CR4.PSE=0";
  case SLAT_PAGING_PAE:
    return "PAE paging";
  default:
    return controls->la57 ? "5-level paging" : "4-level paging";
  }
}

static const char *nested_name(const struct slat_controls *controls)
{
  switch (controls->nested.mode) {
  case SLAT_PAGING_32BIT:
    return "nested paging of a 32-bit host";
  case SLAT_PAGING_PAE:
    return "nested paging of a PAE host";
  default:
    return controls->stage2_5level ? "5-level nested paging" : "nested paging";
  }
}

static void print_heading(const struct context *c, const struct explanation *x)
{
  const struct slat_trace *trace = c->replay->trace;
  const struct slat_event *event = x->step->access;
  const struct slat_config *config = &trace->config;
  const uint64_t *reg = x->cpu->reg;
  const char *next = reg[SLAT_CR3] >> 52 != 0 ? "\n  " : "; "; /* with LAM the line is full */

  (void)printf("%s%s %u byte%s at linear 0x%" PRIx64 ", %s%s\n", c->style.bold,
               slat_access_kind_name(event->access.kind), event->access.width, event->access.width == 1 ? "" : "s",
               event->access.linear, privilege(&event->access), c->style.reset);
  (void)printf("  %s, access %zu of %zu\n", x->place, x->step->number, c->accesses);
  (void)printf("  cpu %u: %s, %s, %s, MAXPHYADDR %u\n", event->cpu, config->vendor == SLAT_AMD ? "AMD" : "Intel",
               x->controls->paging ? mode_name(x->controls) : "paging off",
               config->stage2 == SLAT_STAGE2_EPT   ? (x->controls->stage2_5level ? "5-level EPT" : "EPT")
               : config->stage2 == SLAT_STAGE2_NPT ? nested_name(x->controls)
                                                   : "no second stage",
               config->maxphyaddr);
  if (x->controls->paging)
    (void)printf("  CR3 0x%" PRIx64 ", CR0.WP=%d CR4.SMEP=%d CR4.SMAP=%d RFLAGS.AC=%d EFER.NXE=%d", reg[SLAT_CR3],
                 x->controls->wp, x->controls->smep, x->controls->smap, x->controls->ac,
                 (int)(reg[SLAT_EFER] / 0x800 % 2));
  else
    (void)printf("  CR0.PG=0: the linear address is the GPA");
  if (x->controls->paging && x->controls->guest.mode == SLAT_PAGING_PAE && x->controls->pdpte_registers) {
    const unsigned i = (unsigned)(event->access.linear / 0x40000000 % 4);
    (void)printf("; PDPTE%u 0x%" PRIx64, i, x->controls->pdpte[i]);
  }
  if (x->controls->paging && reg[SLAT_CR4] / 0x400000 % 2 == 1)
    (void)printf("; PKRU 0x%" PRIx64, reg[SLAT_PKRU]);
  if (x->controls->paging && reg[SLAT_CR4] / 0x1000000 % 2 == 1)
    (void)printf("; IA32_PKRS 0x%" PRIx64, reg[SLAT_PKRS]);
  if (x->controls->paging)
    (void)printf("%s%s%s%s", x->controls->cet ? "; CR4.CET=1" : "", x->controls->lass ? "; CR4.LASS=1" : "",
                 x->controls->lam_supervisor ? "; CR4.LAM_SUP=1" : "", x->controls->uai ? "; EFER.UAIE=1" : "");
  if (config->stage2 == SLAT_STAGE2_EPT)
    (void)printf("%sEPTP 0x%" PRIx64 ", EPT A/D %s", next, reg[SLAT_EPTP], x->controls->ept_ad ? "on" : "off");
  if (config->stage2 == SLAT_STAGE2_NPT)
    (void)printf("%snCR3 0x%" PRIx64 ", host %s=%d", next, reg[SLAT_NCR3],
                 x->controls->nested.mode == SLAT_PAGING_32BIT ? "CR4.PSE" : "EFER.NXE",
                 x->controls->nested.mode == SLAT_PAGING_32BIT ? x->controls->nested.pse : x->controls->nested.nxe);
  (void)putchar('\n');
  print_note(trace->note);
  print_note(trace->origins[x->step->index].note);
  (void)putchar('\n');
}

/* What LAM or UAI makes of the linear address, before the walk. */
static void print_masking(const struct context *c, const struct explanation *x)
{
  const struct slat_linear *linear = &x->references.linear;

  if (linear->masked == SLAT_RULE_NONE || linear->denied != SLAT_RULE_NONE)
    return;
  (void)printf("%smasked, it is linear 0x%" PRIx64 "%s\n", c->style.bold, linear->access.linear, c->style.reset);
  print_rule(linear->masked, 2);
  (void)putchar('\n');
}

/* Columns of the table: widths that the walk needs, and what fits between them. */
struct columns {
  int name, spa, gap;
};
enum { VALUE_WIDTH = 18, FIELDS_WIDTH = 30 };

static struct columns columns_of(const struct explanation *x)
{
  struct columns columns = { .name = 5, .spa = 3, .gap = 2 };
  char text[40];
  for (unsigned i = 0; i < x->references.count; i++) {
    const struct reference *r = &x->references.reference[i];
    entry_name(text, sizeof text, x->controls, r->guest, r->entry.level, r->step, false);
    const int name = (int)strlen(text) + (r->guest ? 0 : 2);
    const int spa = snprintf(text, sizeof text, "0x%" PRIx64, r->spa);
    columns.name = name > columns.name ? name : columns.name;
    columns.spa = spa > columns.spa ? spa : columns.spa;
  }
  if (4 + columns.name + columns.spa + VALUE_WIDTH + FIELDS_WIDTH + 5 * columns.gap + 3 + columns.spa > LINE_WIDTH)
    columns.gap = 1;
  return columns;
}

/* The GPA that the next references translate. */
static void print_purpose(const struct context *c, const struct explanation *x, unsigned step, uint64_t gpa,
                          struct columns w)
{
  if (x->controls->stage2 == SLAT_STAGE2_NONE)
    return;
  if (step == 0)
    (void)printf("%*s%sthe final GPA 0x%" PRIx64 "%s\n", 4 + w.gap, "", c->style.bold, gpa, c->style.reset);
  else
    (void)printf("%*s%sguest %s at GPA 0x%" PRIx64 "%s\n", 4 + w.gap, "", c->style.bold, entry_level_name(step), gpa,
                 c->style.reset);
}

static void print_reference(const struct context *c, const struct explanation *x, unsigned number, struct columns w)
{
  static const char *const sizes[] = { "", "", " 2 MB", " 1 GB", "", "" };
  const struct reference *r = &x->references.reference[number - 1];
  const struct entry *entry = &r->entry;
  char name[40], fields[60];

  entry_name(name, sizeof name, x->controls, r->guest, entry->level, r->step, false);
  entry_fields_text(entry, fields, sizeof fields);
  const bool decided = number == x->decided;
  const char *colour = decided ? c->style.bad : r->guest ? "" : c->style.dim;
  (void)printf("%s%s%3u%*s%*s%-*s%*s0x%-*" PRIx64 "%*s0x%016" PRIx64 "%*s%-*s%*s", colour, decided ? ">" : " ", number,
               w.gap, "", r->guest ? 0 : 2, "", r->guest ? w.name : w.name - 2, name, w.gap, "", w.spa - 2, r->spa,
               w.gap, "", entry->value, w.gap, "", FIELDS_WIDTH, fields, w.gap, "");
  if (entry->format == ENTRY_EPT ? entry->value % 8 == 0 : entry->value % 2 == 0)
    (void)printf("not present");
  else
    (void)printf("-> 0x%" PRIx64 "%s", entry_address(entry),
                 !entry->leaf                                            ? ""
                 : entry->mode == SLAT_PAGING_32BIT && entry->level == 2 ? " 4 MB"
                                                                         : sizes[entry->level]);
  (void)printf("%s\n", colour[0] == '\0' ? "" : c->style.reset);
}

static void print_references(const struct context *c, const struct explanation *x)
{
  const struct references *references = &x->references;
  const struct columns w = columns_of(x);
  unsigned purpose = 5; /* of the last heading: none yet */

  if (references->count != 0)
    (void)printf("%s ref%*s%-*s%*s%-*s%*s%-*s%*sfields%s\n", c->style.dim, w.gap, "", w.name, "entry", w.gap, "", w.spa,
                 "SPA", w.gap, "", VALUE_WIDTH, "value", w.gap, "", c->style.reset);
  for (unsigned i = 0; i < references->count; i++) {
    const struct reference *r = &references->reference[i];
    if (r->step != purpose)
      print_purpose(c, x, r->step, r->gpa, w);
    purpose = r->step;
    print_reference(c, x, i + 1, w);
  }
  if (references->final && purpose != 0) /* no stage 2, or one that reads nothing */
    print_purpose(c, x, 0, references->walk.outcome.gpa, w);
  (void)printf("%s%s", references->count == 0 ? "no paging structure is read\n" : "", "\n");
}

/* What all entries of the guest's walk together allow, and what stage 2 allows where it decided. */
static void print_rights(const struct explanation *x)
{
  if (x->step->set.outcome[x->shown].kind == SLAT_PML_FULL)
    return;
  const struct references *references = &x->references;
  const struct slat_walk *walk = &references->walk;
  const bool ept = x->controls->stage2 == SLAT_STAGE2_EPT;
  const unsigned step = x->shown != 0 ? x->shown : references->final ? 0 : walk->end;
  const struct slat_stage2 *end = step == 0 || step > 5 ? &walk->final : &walk->step[step].stage2;
  bool rw = true, us = true, xd = false, leaf = false;

  for (unsigned i = 0; i < references->count; i++)
    if (references->reference[i].guest) {
      const struct entry *entry = &references->reference[i].entry;
      if (entry->mode == SLAT_PAGING_PAE && entry->level == 3)
        continue; /* has no rights */
      rw = rw && (entry->value >> 1 & 1);
      us = us && (entry->value >> 2 & 1);
      xd = xd || (entry->value >> 63 & 1);
      leaf = entry->leaf && entry->value % 2 == 1;
    }
  if (leaf && x->shown == 0)
    (void)printf("  rights   guest tables: R/W=%d U/S=%d %s=%d\n", rw, us, x->controls->amd ? "NX" : "XD", xd);
  if (x->controls->stage2 == SLAT_STAGE2_NONE || end->end != SLAT_S2_PAGE ||
      (x->shown == 0 && !references->final && walk->outcome.stage != 2))
    return;
  (void)printf("  %-8s %s, %s%s: ", leaf && x->shown == 0 ? "" : "rights", ept ? "EPT" : "nested tables",
               step == 0 ? "the final GPA" : "guest ", entry_level_name(step));
  if (ept)
    (void)printf("R=%d W=%d X=%d\n", end->read, end->write, end->execute);
  else
    (void)printf("R/W=%d U/S=%d NX=%d\n", end->write, end->user, !end->execute);
}

static void print_open(const char *what, uint64_t open)
{
  if (open == 0)
    return;
  (void)printf("    may have any value: %sbits", what);
  for (unsigned bit = 0; bit < 64; bit++)
    if (open >> bit & 1)
      (void)printf(" %u", bit);
  (void)putchar('\n');
}

static void print_code(const struct slat_outcome *outcome)
{
  size_t count;
  const struct code_bit *bits = code_bits(outcome->kind, &count);
  for (size_t i = 0; i < count; i++) {
    const bool set = outcome->code >> bits[i].bit & 1, open = outcome->code_open >> bits[i].bit & 1;
    const char *says = set ? bits[i].set : bits[i].clear;
    const bool linear = outcome->kind != SLAT_EPT_VIOLATION || bits[i].bit != 8 ||
                        outcome->code >> 7 & 1; /* else bit 8 is 0 */
    if (says != NULL && !open && linear)
      (void)printf("    bit %2u  %-15s %d  %s\n", bits[i].bit, bits[i].name, set, says);
  }
  print_open("", outcome->code_open);
  print_open("CR2 ", outcome->linear_open);
}

static void print_outcome(const struct context *c, const struct explanation *x)
{
  const struct slat_outcome *outcome = &x->step->set.outcome[x->shown];
  char text[200];
  outcome_text(outcome, text, sizeof text);
  (void)printf("%s%s%s%s\n", c->style.bold, outcome->kind == SLAT_TRANSLATED ? c->style.good : c->style.bad, text,
               c->style.reset);
  if (x->shown != 0 && outcome->kind != SLAT_PML_FULL)
    (void)printf("  when the processor sets a flag in the guest %s\n", entry_level_name(x->shown));
  print_code(outcome);
  print_rights(x);
  if (x->decided != 0) {
    const struct reference *r = &x->references.reference[x->decided - 1];
    char name[60];
    entry_name(name, sizeof name, x->controls, r->guest, r->entry.level, r->step, true);
    (void)printf("  decided  by reference %u, %s\n", x->decided, name);
  }
  print_rule(outcome->rule, 2);
}

static const char *flag_names(const struct slat_update *update, const struct slat_controls *controls, uint64_t flags)
{
  const bool ept = update->stage == 2 && controls->stage2 == SLAT_STAGE2_EPT;
  const bool accessed = flags >> (ept ? 8 : 5) & 1, dirty = flags >> (ept ? 9 : 6) & 1;
  return accessed && dirty ? "A D" : accessed ? "A" : dirty ? "D" : "-";
}

/* The i-th update in the order of the walk: of each step the five of stage 2, then the guest entry; the final access has none. */
static const struct slat_update *update_in_order(const struct slat_permitted *set, unsigned i)
{
  const unsigned step = 5 - i / 6, level = i % 6 < 5 ? 5 - i % 6 : 0;
  return &set->update[SLAT_UPDATE_SLOT(step, level)];
}

static void print_log(const struct explanation *x)
{
  for (unsigned step = 5; step <= 5; step--)
    if (x->step->set.logged[step])
      (void)printf("  logged with its dirty flag: GPA 0x%" PRIx64 ", of the %s%s\n", x->step->set.log_gpa[step],
                   step == 0 ? "final access" : "guest ", step == 0 ? "" : entry_level_name(step));
}

/* A word that serves several translations is named once. */
static void print_updates(const struct explanation *x)
{
  const struct slat_permitted *set = &x->step->set;
  char name[60];
  bool any = false;
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++) {
    const struct slat_update *update = update_in_order(set, i);
    if (update->may == 0)
      continue;
    if (!any)
      (void)printf("\naccessed and dirty flags\n");
    any = true;
    uint64_t parts[2] = { update->must, update->may & ~update->must };
    for (unsigned j = 0; j < i; j++) {
      const struct slat_update *before = update_in_order(set, j);
      if (before->may != 0 && before->spa == update->spa) {
        parts[0] &= ~before->must;
        parts[1] &= ~before->may;
      }
    }
    entry_name(name, sizeof name, x->controls, update->stage == 1, update->level, update->step, true);
    for (unsigned part = 0; part < 2; part++)
      if (parts[part] != 0)
        (void)printf("  %s  %-3s  %-28s  SPA 0x%" PRIx64 ": 0x%" PRIx64 " -> 0x%" PRIx64 "\n",
                     part == 0 ? "must set" : "may set ", flag_names(update, x->controls, parts[part]), name,
                     update->spa, update->entry, update->entry | parts[part]);
  }
  print_log(x);
}

static void print_others(const struct explanation *x)
{
  char text[200];
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++) {
    const struct slat_outcome *outcome = &x->step->set.outcome[i];
    if (outcome->kind == SLAT_NO_OUTCOME || i == x->shown)
      continue;
    outcome_text(outcome, text, sizeof text);
    (void)printf("\nor %s\n", text);
    if (i != 0 && outcome->kind != SLAT_PML_FULL)
      (void)printf("  if the processor first sets a flag in the guest %s\n", entry_level_name(i));
    print_code(outcome);
    print_rule(outcome->rule, 2);
  }
}

static void print_observed(const struct context *c, const struct explanation *x)
{
  char text[200];
  if (x->step->observed == NULL)
    return;
  const struct slat_verdict verdict = slat_judge(&x->step->set, &x->step->observed->outcome);
  outcome_text(&x->step->observed->outcome, text, sizeof text);
  (void)printf("\nobserved %s: %s%s%s\n", text, verdict.permitted ? c->style.good : c->style.bad,
               verdict.permitted ? "agrees" : "DIVERGES", c->style.reset);
  if (!verdict.permitted)
    print_rule(verdict.rule, 2);
}

/* What the walk ends in; where flags cannot be set, the first that happens instead: the guest walks from the top. */
static unsigned shown_outcome(const struct slat_permitted *set)
{
  if (set->outcome[0].kind != SLAT_NO_OUTCOME)
    return 0;
  if (set->outcome[6].kind != SLAT_NO_OUTCOME)
    return 6;
  unsigned level = 5;
  while (level > 1 && set->outcome[level].kind == SLAT_NO_OUTCOME)
    level--;
  return level;
}

/* The last reference to an entry of the stage and level that the outcome names, and for the right translation. */
static unsigned deciding_reference(const struct explanation *x)
{
  const struct slat_outcome *outcome = &x->step->set.outcome[x->shown];
  if (outcome->kind == SLAT_TRANSLATED || outcome->kind == SLAT_PML_FULL)
    return 0;
  for (unsigned i = x->references.count; i > 0; i--) {
    const struct reference *r = &x->references.reference[i - 1];
    if (outcome->stage == (r->guest ? 1 : 2) && outcome->level == r->entry.level &&
        (x->shown == 0 || x->shown == r->step))
      return i;
  }
  return 0;
}

static void print_text(const struct context *c, const struct explanation *x)
{
  print_heading(c, x);
  print_masking(c, x);
  print_references(c, x);
  print_outcome(c, x);
  print_updates(x);
  print_others(x);
  print_observed(c, x);
}

/* -- JSON --------------------------------------------------------------------------------------------------------- */

static json_t *reference_json(const struct explanation *x, unsigned number)
{
  const struct reference *r = &x->references.reference[number - 1];
  char name[40];
  entry_name(name, sizeof name, x->controls, r->guest, r->entry.level, r->step, true);
  return json_pack("{s:i, s:s, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "ref", (int)number, "entry", name, "stage",
                   r->guest ? 1 : 2, "level", (int)r->entry.level, "step", (int)r->step, "gpa", hex_json(r->gpa), "spa",
                   hex_json(r->spa), "value", hex_json(r->entry.value), "fields", entry_fields_json(&r->entry), "rule",
                   rule_json(r->rule));
}

static json_t *update_json(const struct explanation *x, const struct slat_update *update)
{
  char name[40];
  entry_name(name, sizeof name, x->controls, update->stage == 1, update->level, update->step, true);
  return json_pack("{s:s, s:i, s:i, s:i, s:o, s:o, s:o, s:o}", "entry", name, "stage", (int)update->stage, "level",
                   (int)update->level, "step", (int)update->step, "spa", hex_json(update->spa), "value",
                   hex_json(update->entry), "may", hex_json(update->may), "must", hex_json(update->must));
}

static void print_object(const struct context *c, const struct explanation *x)
{
  const struct step *step = x->step;
  const struct slat_access *access = &step->access->access;
  json_t *references = json_array(), *updates = json_array();
  for (unsigned i = 1; i <= x->references.count; i++)
    (void)json_array_append_new(references, reference_json(x, i));
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    if (update_in_order(&step->set, i)->may != 0)
      (void)json_array_append_new(updates, update_json(x, update_in_order(&step->set, i)));

  json_t *object = json_pack("{s:s, s:I, s:I, s:i, s:{s:o, s:s, s:i, s:b, s:b}, s:o, s:o, s:o}", "place", x->place,
                             "access", (json_int_t)step->number, "of", (json_int_t)c->accesses, "cpu",
                             (int)step->access->cpu, "request", "linear", hex_json(access->linear), "kind",
                             slat_access_kind_name(access->kind), "width", (int)access->width, "user", access->user,
                             "implicit", access->implicit, "references", references, "permitted",
                             outcomes_json(&step->set), "updates", updates);
  if (x->controls->pml) {
    json_t *log = json_array();
    for (unsigned i = 5; i <= 5; i--)
      if (step->set.logged[i])
        (void)json_array_append_new(log,
                                    json_pack("{s:i, s:o}", "step", (int)i, "gpa", hex_json(step->set.log_gpa[i])));
    (void)json_object_set_new(object, "logged", log);
  }
  if (access->cs_ss_fs_gs)
    (void)json_object_set_new(json_object_get(object, "request"), "cs_ss_fs_gs", json_true());
  if (access->shadow_stack)
    (void)json_object_set_new(json_object_get(object, "request"), "shadow_stack", json_true());
  if (access->wruss)
    (void)json_object_set_new(json_object_get(object, "request"), "wruss", json_true());
  const struct slat_linear *linear = &x->references.linear;
  if (linear->masked != SLAT_RULE_NONE && linear->denied == SLAT_RULE_NONE)
    (void)json_object_set_new(
      object, "masked",
      json_pack("{s:o, s:o}", "linear", hex_json(linear->access.linear), "rule", rule_json(linear->masked)));
  if (step->observed != NULL) {
    const struct slat_verdict verdict = slat_judge(&step->set, &step->observed->outcome);
    (void)json_object_set_new(object, "observed", outcome_json(&step->observed->outcome, false));
    (void)json_object_set_new(object, "verdict", json_string(verdict.permitted ? "agrees" : "diverges"));
  }
  print_json(object);
}

/* -- A register write --------------------------------------------------------------------------------------------- */

static const struct {
  const char *name;
  uint8_t reg;
} written_registers[] = { { "CR0", SLAT_CR0 },       { "CR3", SLAT_CR3 },       { "CR4", SLAT_CR4 },
                          { "EFER", SLAT_EFER },     { "PDPTE0", SLAT_PDPTE0 }, { "PDPTE1", SLAT_PDPTE1 },
                          { "PDPTE2", SLAT_PDPTE2 }, { "PDPTE3", SLAT_PDPTE3 } };
enum { WRITTEN_REGISTERS = sizeof written_registers / sizeof written_registers[0] };

/* What written_registers[i] is after a write that is done. */
static uint64_t register_after(const struct slat_write_result *w, size_t i)
{
  return i == 0 ? w->cr0 : i == 1 ? w->cr3 : i == 2 ? w->cr4 : i == 3 ? w->efer : w->pdpte[i - 4];
}

static bool write_is_possible(const struct slat_write_result *w)
{
  return w->outcome[0].kind == SLAT_WRITTEN;
}

static void print_write(const struct context *c, const struct step *step, const struct slat_cpu *cpu, const char *place)
{
  const struct slat_event *event = step->access;
  const struct slat_trace *trace = c->replay->trace;
  const uint64_t *reg = cpu->reg;
  char text[200];
  const char *lead = "";

  (void)printf("%s%s %s = 0x%" PRIx64 "%s\n", c->style.bold, event->reg == SLAT_EFER ? "WRMSR" : "MOV to",
               slat_register_name(event->reg), event->value, c->style.reset);
  (void)printf("  %s, access %zu of %zu\n", place, step->number, c->accesses);
  (void)printf("  cpu %u: %s, %s, MAXPHYADDR %u, CS.L=%d%s\n", event->cpu,
               trace->config.vendor == SLAT_AMD ? "AMD" : "Intel",
               cpu->controls.paging ? mode_name(&cpu->controls) : "paging off", trace->config.maxphyaddr, event->cs_l,
               event->cs_l && reg[SLAT_EFER] / 0x400 % 2 == 1 ? ": 64-bit mode" : "");
  (void)printf("  before: CR0 0x%" PRIx64 " CR3 0x%" PRIx64 " CR4 0x%" PRIx64 " EFER 0x%" PRIx64 "\n", reg[SLAT_CR0],
               reg[SLAT_CR3], reg[SLAT_CR4], reg[SLAT_EFER]);
  if (step->write.loads)
    (void)printf("  the PDPTE registers are loaded\n");
  print_note(trace->note);
  print_note(trace->origins[step->index].note);
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++) {
    const struct slat_outcome *outcome = &step->set.outcome[i];
    if (outcome->kind == SLAT_NO_OUTCOME)
      continue;
    outcome_text(outcome, text, sizeof text);
    (void)printf("\n%s%s%s%s%s\n", lead, c->style.bold, outcome->kind == SLAT_WRITTEN ? c->style.good : c->style.bad,
                 text, c->style.reset);
    if (i <= 2 || step->set.outcome[i - 1].kind == SLAT_NO_OUTCOME) { /* the four loads of one write end alike */
      print_code(outcome);
      print_rule(outcome->rule, 2);
    }
    lead = "or ";
  }
  if (write_is_possible(&step->write))
    (void)printf("\nregisters, if it is done\n");
  for (size_t i = 0; i < WRITTEN_REGISTERS && write_is_possible(&step->write); i++)
    if (register_after(&step->write, i) != reg[written_registers[i].reg])
      (void)printf("  %-6s  0x%" PRIx64 " -> 0x%" PRIx64 "\n", written_registers[i].name, reg[written_registers[i].reg],
                   register_after(&step->write, i));
}

static void print_write_object(const struct context *c, const struct step *step, const char *place)
{
  const struct slat_event *event = step->access;
  json_t *registers = json_object();
  json_t *object = json_pack("{s:s, s:I, s:I, s:i, s:{s:s, s:o, s:b}, s:b, s:o}", "place", place, "access",
                             (json_int_t)step->number, "of", (json_int_t)c->accesses, "cpu", (int)event->cpu, "write",
                             "name", slat_register_name(event->reg), "value", hex_json(event->value), "cs_l",
                             (int)event->cs_l, "loads", (int)step->write.loads, "permitted", outcomes_json(&step->set));

  for (size_t i = 0; i < WRITTEN_REGISTERS && write_is_possible(&step->write); i++)
    (void)json_object_set_new(registers, written_registers[i].name, hex_json(register_after(&step->write, i)));
  (void)json_object_set_new(object, "registers", registers);
  if (step->observed != NULL) {
    const struct slat_verdict verdict = slat_judge(&step->set, &step->observed->outcome);
    (void)json_object_set_new(object, "observed", outcome_json(&step->observed->outcome, false));
    (void)json_object_set_new(object, "verdict", json_string(verdict.permitted ? "agrees" : "diverges"));
  }
  print_json(object);
}

static void explain_write(const struct context *c, const struct step *step)
{
  struct explanation x = { .step = step, .cpu = &c->replay->machine.cpu[step->access->cpu] };

  slat_trace_place(c->replay->trace, step->index, x.place, sizeof x.place);
  if (c->arguments->format == FORMAT_JSON) {
    print_write_object(c, step, x.place);
    return;
  }
  print_write(c, step, x.cpu, x.place);
  print_observed(c, &x);
}

/* -- The command -------------------------------------------------------------------------------------------------- */

static int verdict_code(const struct step *step)
{
  return step->observed == NULL || slat_judge(&step->set, &step->observed->outcome).permitted ? EXIT_AGREES
                                                                                              : EXIT_DIVERGES;
}

static int explain(const struct context *c, const struct step *step)
{
  struct replay *replay = c->replay;
  const struct slat_memory memory = replay_memory(replay);
  const unsigned cpu = step->access->cpu;
  const struct slat_cpu *state = &replay->machine.cpu[cpu];
  struct explanation x = { .step = step, .cpu = state, .controls = &state->controls };

  if (step_is_write(step)) {
    explain_write(c, step);
    return verdict_code(step);
  }
  record_references(&x.references, &replay->machine, cpu, &memory, &step->access->access);
  slat_trace_place(replay->trace, step->index, x.place, sizeof x.place);
  x.shown = shown_outcome(&step->set);
  x.decided = deciding_reference(&x);
  if (c->arguments->format == FORMAT_JSON)
    print_object(c, &x);
  else
    print_text(c, &x);
  return verdict_code(step);
}

static int explain_accesses(struct context *c)
{
  const struct slat_trace *trace = c->replay->trace;
  const struct arguments *arguments = c->arguments;
  struct step step;
  int code = EXIT_AGREES;
  bool first = true;

  for (size_t i = 0; i < trace->count; i++)
    c->accesses += trace->events[i].kind == SLAT_EVENT_ACCESS || trace->events[i].kind == SLAT_EVENT_WRITE;
  if (c->accesses == 0) {
    (void)fprintf(stderr, "slat: %s: no access to explain; add an \"access\" or \"write\" line\n", trace->name);
    return EXIT_MALFORMED;
  }
  const size_t wanted = arguments->access == 0 ? c->accesses : arguments->access;
  if (wanted > c->accesses) {
    (void)fprintf(stderr, "slat: %s: --access %zu, but there are %zu accesses\n", trace->name, wanted, c->accesses);
    return EXIT_USAGE;
  }
  while (replay_next(c->replay, &step)) {
    if (arguments->all || step.number == wanted) {
      if (!first && arguments->format == FORMAT_TEXT)
        (void)printf("\n");
      first = false;
      if (explain(c, &step) != EXIT_AGREES)
        code = EXIT_DIVERGES;
      if (step.number == wanted && !arguments->all)
        break;
    }
    if (!replay_commit(c->replay, &step))
      break;
  }
  return c->replay->failure != EXIT_AGREES ? c->replay->failure : code;
}

int command_walk(int argc, char **argv)
{
  static const struct argp_option options[] = { OPTION_FORMAT,
                                                { "access", 'n', "N", 0,
                                                  "Explain access N, counted from 1 (default: the last one)", 0 },
                                                { "all", 'a', NULL, 0, "Explain every access", 0 },
                                                { 0 } };
  static const struct argp argp = {
    options,
    parse,
    "SCENARIO",
    "Explains one translation: each memory reference of the two-dimensional walk in order, what the entry says, the "
    "outcome with the rule that decided it, the accessed and dirty flags that may or must be set, and what else is "
    "permitted."
    "\vWhere LAM or UAI masks the linear address, that comes first.  References of stage 2 are indented under the "
    "guest entry that they are made for; `>' marks the one that "
    "decided.  Fields are spelled as in the manuals; `-' is a field that is clear, ignored or absent.\n\n"
    "As JSON, one object for each access: place, access, of, cpu, request {linear, kind, width, user, implicit}, "
    "masked {linear, rule} if LAM or UAI masks the address, references [{ref, entry, stage, level, step, gpa, spa, "
    "value, fields, rule}], permitted [outcome, the likely one "
    "first], updates [{entry, stage, level, step, spa, value, may, must}], and, if there was an observation, observed "
    "and verdict.\n\n"
    "A register write (MOV to CR, WRMSR of EFER) is explained likewise and counts as an access: place, access, of, "
    "cpu, "
    "write {name, value, cs_l}, loads, permitted, registers.\n\n"
    "Exit code 1 if what was observed is not permitted.\n\n"
    "Example: why does the guest get an EPT violation here?\n\n"
    "  $ slat walk conformance/examples/ept-violation-guest-table.jsonl",
    NULL,
    NULL,
    NULL
  };
  struct arguments arguments = { .format = FORMAT_TEXT };
  struct slat_trace trace;
  struct replay replay;
  argp_parse(&argp, argc, argv, 0, NULL, &arguments);

  int code = load_trace(&trace, arguments.scenario);
  if (code != EXIT_AGREES)
    return code;
  struct context context = { .arguments = &arguments, .style = terminal_style(), .replay = &replay };
  code = replay_open(&replay, &trace) ? explain_accesses(&context) : replay.failure;
  replay_close(&replay);
  slat_trace_free(&trace);
  return finish_output(code);
}

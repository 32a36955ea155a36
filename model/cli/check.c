/* SPDX-License-Identifier: BSD-2-Clause */
/* slat check: replays a trace and judges each observed outcome. */
#include "cli.h"

#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include "decode.h"
#include "replay.h"

struct arguments {
  enum format format;
  bool quiet;
  const char *trace;
};

struct totals {
  size_t observations, divergences;
  size_t words, word_divergences, words_skipped; /* skipped: the access stored its data there */
  size_t unobserved;                             /* accesses and writes without an observation */
};

struct context {
  const struct arguments *arguments;
  struct style style;
  struct replay *replay;
  struct totals totals;
  int place_width;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
  struct arguments *arguments = state->input;
  switch (key) {
  case 'f':
    arguments->format = parse_format(text, state);
    return 0;
  case 'q':
    arguments->quiet = true;
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->trace != NULL)
      argp_error(state, "one TRACE, not two: `%s'", text);
    arguments->trace = text;
    return 0;
  case ARGP_KEY_NO_ARGS:
    argp_error(state, "TRACE is missing; `-' is stdin");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static void print_verdict(const struct context *c, const char *place, unsigned rule, bool agrees, const char *what)
{
  (void)printf("%-*s  %s%-8s%s  ", c->place_width, place, agrees ? c->style.good : c->style.bad,
               agrees ? "agrees" : "DIVERGES", c->style.reset);
  (void)printf("%-30s  %s\n", rule_id(rule), what);
}

/* The divergence in full: what was broken, by which source, and what would have been permitted. */
static void print_permitted(const struct slat_permitted *set, unsigned rule)
{
  char text[200];
  const char *lead = "permitted";
  print_rule(rule, 4);
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
    if (set->outcome[i].kind != SLAT_NO_OUTCOME) {
      outcome_text(&set->outcome[i], text, sizeof text);
      (void)printf("    %-9s %s", lead, text);
      if (set->outcome[i].code_open != 0)
        (void)printf(" (bits 0x%" PRIx64 " undefined)", set->outcome[i].code_open);
      if (set->outcome[i].linear_open != 0)
        (void)printf(" (bits 0x%" PRIx64 " of CR2 undefined)", set->outcome[i].linear_open);
      (void)printf("  %s\n", rule_id(set->outcome[i].rule));
      lead = "or";
    }
}

static json_t *verdict_json(const char *place, const struct step *step, const char *subject, bool agrees, unsigned rule)
{
  return json_pack("{s:s, s:s, s:I, s:i, s:s, s:o}", "judged", subject, "place", place, "access",
                   (json_int_t)step->number, "cpu", (int)step->access->cpu, "verdict", agrees ? "agrees" : "diverges",
                   "rule", rule_json(rule));
}

static void judge_outcome(struct context *c, const struct step *step)
{
  char place[200], text[200];
  const struct slat_outcome *observed = &step->observed->outcome;
  const struct slat_verdict verdict = slat_judge(&step->set, observed);
  const unsigned rule = verdict.permitted ? step->set.outcome[verdict.match].rule : verdict.rule;

  c->totals.observations++;
  c->totals.divergences += !verdict.permitted;
  if (verdict.permitted && c->arguments->quiet)
    return;
  slat_trace_place(c->replay->trace, step->index + 1, place, sizeof place);
  if (c->arguments->format == FORMAT_JSON) {
    json_t *line = verdict_json(place, step, "outcome", verdict.permitted, rule);
    (void)json_object_set_new(line, "observed", outcome_json(observed, false));
    (void)json_object_set_new(line, "permitted", outcomes_json(&step->set));
    print_json(line);
    return;
  }
  outcome_text(observed, text, sizeof text);
  print_verdict(c, place, rule, verdict.permitted, text);
  if (!verdict.permitted)
    print_permitted(&step->set, rule);
}

static void print_updates(const struct slat_permitted *set, uint64_t spa)
{
  bool any = false;
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    if (set->update[i].may != 0 && set->update[i].spa / 8 == spa / 8) { /* of 32-bit paging either half of the word */
      (void)printf("    permitted%s 0x%" PRIx64 " and flags 0x%x",
                   set->update[i].spa % 8 == 0 ? "" : ", in bits 63:32,", set->update[i].entry, set->update[i].may);
      (void)printf(set->update[i].must == 0 ? "\n" : "; required 0x%x\n", set->update[i].must);
      any = true;
    }
  if (!any)
    (void)printf("    permitted no change of this word\n");
}

static void judge_word(struct context *c, const struct step *step, const struct slat_event *word)
{
  char place[200], text[200];
  const bool done = step->observed->outcome.kind == SLAT_TRANSLATED;
  const uint64_t before = memory_read(&c->replay->memory, word->address);

  if (step_stores_into(step, word->address)) {
    c->totals.words_skipped++;
    return;
  }
  const enum slat_rule rule = slat_judge_update(&step->set, word->address, before, word->value, done);
  c->totals.words++;
  c->totals.word_divergences += rule != SLAT_RULE_NONE;
  if (rule == SLAT_RULE_NONE && c->arguments->quiet)
    return;
  slat_trace_place(c->replay->trace, step->index + 1, place, sizeof place);
  if (c->arguments->format == FORMAT_JSON) {
    json_t *line = verdict_json(place, step, "word", rule == SLAT_RULE_NONE, rule);
    (void)json_object_set_new(line, "spa", hex_json(word->address));
    (void)json_object_set_new(line, "before", hex_json(before));
    (void)json_object_set_new(line, "after", hex_json(word->value));
    print_json(line);
    return;
  }
  (void)snprintf(text, sizeof text, "word at SPA 0x%" PRIx64 ": 0x%" PRIx64 " -> 0x%" PRIx64, word->address, before,
                 word->value);
  print_verdict(c, place, rule, rule == SLAT_RULE_NONE, text);
  if (rule != SLAT_RULE_NONE) {
    print_rule(rule, 4);
    print_updates(&step->set, word->address);
  }
}

static void print_summary(const struct context *c)
{
  const struct totals *t = &c->totals;
  if (c->arguments->format == FORMAT_JSON) {
    print_json(json_pack("{s:{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b}}", "summary", "trace", c->replay->trace->name,
                         "observations", (json_int_t)t->observations, "divergences", (json_int_t)t->divergences,
                         "words", (json_int_t)t->words, "word_divergences", (json_int_t)t->word_divergences,
                         "words_skipped", (json_int_t)t->words_skipped, "unobserved", (json_int_t)t->unobserved,
                         "complete", c->replay->failure == EXIT_AGREES));
    return;
  }
  const bool good = t->divergences == 0 && t->word_divergences == 0 && c->replay->failure == EXIT_AGREES;
  (void)printf("%s%s%s: %zu of %zu observed outcomes agree", good ? c->style.good : c->style.bad,
               c->replay->trace->name, c->style.reset, t->observations - t->divergences, t->observations);
  if (t->words != 0)
    (void)printf(", %zu of %zu words", t->words - t->word_divergences, t->words);
  if (t->words_skipped != 0)
    (void)printf("; %zu words not judged: the access stored its data there", t->words_skipped);
  if (t->unobserved != 0)
    (void)printf("; %zu accesses or writes not judged: nothing was observed", t->unobserved);
  if (c->replay->failure != EXIT_AGREES)
    (void)printf("; stopped before the end");
  (void)putchar('\n');
}

static int check(struct context *c)
{
  const struct slat_trace *trace = c->replay->trace;
  struct step step;
  char place[200];
  slat_trace_place(trace, trace->count == 0 ? 0 : trace->count - 1, place, sizeof place);
  c->place_width = (int)strlen(place);
  while (replay_next(c->replay, &step)) {
    if (step.observed == NULL) {
      c->totals.unobserved++;
    } else {
      judge_outcome(c, &step);
      for (size_t i = 0; i < step.words; i++)
        judge_word(c, &step, &step.observed[1 + i]);
    }
    if (!replay_commit(c->replay, &step))
      break;
  }
  print_summary(c);
  if (c->totals.divergences != 0 || c->totals.word_divergences != 0)
    return EXIT_DIVERGES;
  if (c->replay->failure == EXIT_AGREES && c->totals.observations == 0) {
    (void)fprintf(stderr, "slat: %s: nothing was compared; put an \"observed\" line after an access or write\n",
                  c->replay->trace->name);
    return EXIT_MALFORMED;
  }
  return c->replay->failure;
}

int command_check(int argc, char **argv)
{
  static const struct argp_option options[] = { OPTION_FORMAT,
                                                { "quiet", 'q', NULL, 0, "Print divergences and the summary only", 0 },
                                                { 0 } };
  static const struct argp argp = {
    options,
    parse,
    "TRACE",
    "Replays a trace and holds each observed outcome of an access or register write against the set of outcomes that "
    "the "
    "manuals permit."
    "\vAn access that is done sets the accessed and dirty flags that it must, and stores its value, before the next "
    "event.  Words that an observation lists are judged each, then taken over.  The replay stops at the first "
    "contradictory or unsupported event; a trace in which nothing was compared fails.\n\n"
    "As JSON, one object a line: {\"judged\": \"outcome\", place, access, cpu, verdict, rule, observed, permitted}, "
    "{\"judged\": \"word\", place, access, cpu, verdict, rule, spa, before, after}, and at the end "
    "{\"summary\": {trace, observations, divergences, words, word_divergences, words_skipped, unobserved, "
    "complete}}.\n\n"
    "Example: does my hypervisor do what the manuals say?\n\n  $ my-hypervisor --replay scenario.jsonl | slat check -",
    NULL,
    NULL,
    NULL
  };
  struct arguments arguments = { .format = FORMAT_TEXT };
  struct slat_trace trace;
  struct replay replay;
  argp_parse(&argp, argc, argv, 0, NULL, &arguments);

  int code = load_trace(&trace, arguments.trace);
  if (code != EXIT_AGREES)
    return code;
  struct context context = { .arguments = &arguments, .style = terminal_style(), .replay = &replay };
  code = replay_open(&replay, &trace) ? check(&context) : replay.failure;
  replay_close(&replay);
  slat_trace_free(&trace);
  return finish_output(code);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* slat convert: one form of slat-trace into the other. */
#include "cli.h"

#include <errno.h>
#include <string.h>

#include "replay.h"

enum form { FORM_OTHER, FORM_JSON, FORM_BINARY };

struct arguments {
  enum form to;
  const char *in, *out;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
  struct arguments *arguments = state->input;
  switch (key) {
  case 't':
    if (strcmp(text, "json") != 0 && strcmp(text, "binary") != 0)
      argp_error(state, "unknown form `%s'; it is json or binary", text);
    arguments->to = text[0] == 'j' ? FORM_JSON : FORM_BINARY;
    return 0;
  case ARGP_KEY_ARG:
    if (state->arg_num > 1)
      argp_error(state, "IN and OUT, and no more: `%s'", text);
    *(state->arg_num == 0 ? &arguments->in : &arguments->out) = text;
    return 0;
  case ARGP_KEY_NO_ARGS:
    argp_error(state, "IN is missing; `-' is stdin");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* Events that the model finds contradictory are refused here too: no converter should launder them. */
static int check_events(const struct slat_trace *trace)
{
  struct replay replay;
  int code = replay_open(&replay, trace) ? EXIT_AGREES : replay.failure;
  for (size_t i = 0; code == EXIT_AGREES && i < trace->count; i++) {
    const enum slat_status status = replay_feed(&replay.machine, &trace->events[i]);
    if (status != SLAT_OK) {
      char place[200];
      slat_trace_place(trace, i, place, sizeof place);
      (void)fprintf(stderr, "slat: %s: %s\n", place, slat_status_text(status));
      code = EXIT_MALFORMED;
    }
  }
  replay_close(&replay);
  return code;
}

static int write_trace(const struct slat_trace *trace, bool binary, const char *name)
{
  const bool to_stdout = name == NULL || strcmp(name, "-") == 0;
  FILE *stream = to_stdout ? stdout : fopen(name, "wb");
  if (stream == NULL) {
    (void)fprintf(stderr, "slat: %s: %s\n", name, strerror(errno));
    return EXIT_USAGE;
  }
  bool good = binary ? slat_trace_write_binary(trace, stream) : slat_trace_write_json(trace, stream);
  good = (to_stdout ? fflush(stream) : fclose(stream)) == 0 && good;
  if (!good)
    (void)fprintf(stderr, "slat: %s: %s\n", to_stdout ? "stdout" : name, strerror(errno));
  return good ? EXIT_AGREES : EXIT_USAGE;
}

int command_convert(int argc, char **argv)
{
  static const struct argp_option options[] = {
    { "to", 't', "json|binary", 0, "The form to write (default: the one that IN does not have)", 0 }, { 0 }
  };
  static const struct argp argp = {
    options,
    parse,
    "IN [OUT]",
    "Converts a trace between JSON Lines and the binary form, without loss but for notes: the binary form has none."
    "\vThe form of IN is told by its first bytes.  Without OUT, or with -, the result goes to stdout.  JSON to JSON "
    "gives the canonical spelling.\n\n"
    "Example: make a seed for a fuzzer, and look at what it found\n\n"
    "  $ slat convert scenario.jsonl seed.slt\n  $ slat convert crash.slt | less",
    NULL,
    NULL,
    NULL
  };
  struct arguments arguments = { .to = FORM_OTHER };
  struct slat_trace trace;
  argp_parse(&argp, argc, argv, 0, NULL, &arguments);

  int code = load_trace(&trace, arguments.in);
  if (code != EXIT_AGREES)
    return code;
  code = check_events(&trace);
  if (code == EXIT_AGREES)
    code = write_trace(&trace, arguments.to == FORM_OTHER ? !trace.binary : arguments.to == FORM_BINARY, arguments.out);
  slat_trace_free(&trace);
  return code;
}

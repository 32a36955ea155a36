/* SPDX-License-Identifier: BSD-2-Clause */
/* slat version */
#include "cli.h"

#include <jansson.h>

#include "decode.h"
#include "trace_binary.h"

static error_t parse(int key, char *text, struct argp_state *state)
{
  enum format *format = state->input;
  if (key == 'f')
    *format = parse_format(text, state);
  else if (key == ARGP_KEY_ARG)
    argp_error(state, "no argument is expected: `%s'", text);
  else
    return ARGP_ERR_UNKNOWN;
  return 0;
}

/* Rules of the list, and how many of them the model does not have. */
static unsigned count_rules(bool modelled)
{
  unsigned count = 0;
  for (unsigned rule = SLAT_RULE_NONE + 1; rule < SLAT_RULE_COUNT; rule++)
    count += (slat_rule_info(rule)->rule_class[0] != 'n') == modelled;
  return count;
}

int command_version(int argc, char **argv)
{
  static const struct argp_option options[] = { OPTION_FORMAT, { 0 } };
  static const struct argp argp = {
    options, parse,
    "",      "Prints the version of slat, of its interface and of slat-trace.\vExample:\n\n  $ slat version",
    NULL,    NULL,
    NULL
  };
  enum format format = FORMAT_TEXT;
  argp_parse(&argp, argc, argv, 0, NULL, &format);

  const unsigned modelled = count_rules(true), other = count_rules(false);
  if (format == FORMAT_JSON)
    print_json(json_pack("{s:s, s:i, s:i, s:i, s:i}", "version", SLAT_VERSION, "api", SLAT_API_VERSION, "slat-trace",
                         SLAT_TRACE_VERSION, "rules_modelled", (int)modelled, "rules_not_modelled", (int)other));
  else
    (void)printf("slat %s, interface %d, slat-trace %d, %u rules modelled, %u listed as not modelled\n", SLAT_VERSION,
                 SLAT_API_VERSION, SLAT_TRACE_VERSION, modelled, other);
  return finish_output(EXIT_AGREES);
}

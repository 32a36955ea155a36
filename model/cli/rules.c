/* SPDX-License-Identifier: BSD-2-Clause */
/* slat rules: the rules of the specification. */
#include "cli.h"

#include <string.h>

#include <jansson.h>

#include "decode.h"

struct arguments {
  enum format format;
  const char *chapter, *id;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
  struct arguments *arguments = state->input;
  switch (key) {
  case 'f':
    arguments->format = parse_format(text, state);
    return 0;
  case 'c':
    arguments->chapter = text;
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->id != NULL)
      argp_error(state, "one ID, not two: `%s'", text);
    arguments->id = text;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static json_t *row_json(const struct slat_rule_info *info)
{
  return json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", info->id, "chapter", info->chapter, "statement", info->statement,
                   "source", info->source, "class", info->rule_class);
}

static void print_one(const struct slat_rule_info *info)
{
  static const int indent = 11;
  (void)printf("%s\n\n  chapter  %s\n  class    %s\n  rule     ", info->id, info->chapter, info->rule_class);
  print_wrapped(info->statement, indent, indent);
  (void)printf("  source   ");
  print_wrapped(info->source, indent, indent);
}

static bool is_wanted(const struct arguments *arguments, const struct slat_rule_info *info)
{
  return (arguments->id == NULL || strcmp(arguments->id, info->id) == 0) &&
         (arguments->chapter == NULL || strcmp(arguments->chapter, info->chapter) == 0);
}

/* What a person may have meant: ids that contain what was typed. */
static int report_unknown(const struct arguments *arguments)
{
  unsigned shown = 0;
  if (arguments->id == NULL)
    (void)fprintf(stderr, "slat rules: no chapter `%s'; `slat rules' prints all", arguments->chapter);
  else
    (void)fprintf(stderr, "slat rules: no rule `%s'; `slat rules' prints all", arguments->id);
  for (unsigned rule = SLAT_RULE_NONE + 1; arguments->id != NULL && rule < SLAT_RULE_COUNT && shown < 5; rule++)
    if (strstr(rule_id(rule), arguments->id) != NULL)
      (void)fprintf(stderr, "%s%s", shown++ == 0 ? "; did you mean: " : ", ", rule_id(rule));
  (void)fputc('\n', stderr);
  return EXIT_USAGE;
}

int command_rules(int argc, char **argv)
{
  static const struct argp_option options[] = { OPTION_FORMAT,
                                                { "chapter", 'c', "CHAPTER", 0, "Only the rules of one chapter", 0 },
                                                { 0 } };
  static const struct argp argp = {
    options,
    parse,
    "[ID]",
    "Prints the rules of the specification: id, class, statement; or all about the rule ID."
    "\vClasses: must, the manuals require it; may, they permit it; vendor, processors of that vendor do it; "
    "not-modelled, listed for honesty.  As JSON: one object a line with id, chapter, statement, source, class.\n\n"
    "Example: which entries does a processor with EPT reject?\n\n  $ slat rules --chapter ept",
    NULL,
    NULL,
    NULL
  };
  struct arguments arguments = { .format = FORMAT_TEXT };
  const char *chapter = "";
  unsigned found = 0;
  argp_parse(&argp, argc, argv, 0, NULL, &arguments);

  for (unsigned rule = SLAT_RULE_NONE + 1; rule < SLAT_RULE_COUNT; rule++) {
    const struct slat_rule_info *info = slat_rule_info(rule);
    if (!is_wanted(&arguments, info))
      continue;
    if (arguments.format == FORMAT_JSON) {
      print_json(row_json(info));
    } else if (arguments.id != NULL) {
      print_one(info);
    } else {
      if (strcmp(chapter, info->chapter) != 0)
        (void)printf("%s%s\n", found == 0 ? "" : "\n", info->chapter);
      const int at = printf("  %-32s %-12s ", info->id, info->rule_class);
      print_wrapped(info->statement, at, 48);
    }
    chapter = info->chapter;
    found++;
  }
  return found == 0 ? report_unknown(&arguments) : finish_output(EXIT_AGREES);
}

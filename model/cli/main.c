/* SPDX-License-Identifier: BSD-2-Clause */
/* The `slat` command: finds the subcommand; and what subcommands share. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace_json.h"

static const struct command {
  const char *name;
  int (*run)(int argc, char **argv);
} commands[] = {{"walk", command_walk},
                {"check", command_check},
                {"rules", command_rules},
                {"convert", command_convert},
                {"version", command_version}};

static const char help[] =
  "Usage: slat COMMAND [OPTION...] [FILE...]\n"
  "What may the MMU do?  A formally specified model of guest paging under EPT and nested paging.\n"
  "\n"
  "  slat walk SCENARIO       explain one translation, memory reference by memory reference\n"
  "  slat check TRACE         judge each observed outcome of a trace\n"
  "  slat rules [ID]          print the rules of the specification, or one of them\n"
  "  slat convert IN [OUT]    convert a trace between JSON Lines and the binary form\n"
  "  slat version             print the version and what is modelled\n"
  "\n"
  "Example: why does this access fault?\n"
  "\n"
  "  $ slat walk conformance/examples/ept-violation-guest-table.jsonl\n"
  "\n"
  "A FILE of - is stdin.  Results go to stdout, all else to stderr.  --format json gives JSON Lines.\n"
  "Exit code: 0 agrees, 1 divergence, 2 usage, 3 malformed input, 4 unsupported (its name is on stderr).\n"
  "`slat COMMAND --help` says more.\n";

int main(int argc, char **argv)
{
  char name[40];
  argp_err_exit_status = EXIT_USAGE;
  if (argc < 2) {
    (void)fputs(help, stderr);
    return EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 || strcmp(argv[1], "help") == 0) {
    (void)fputs(help, stdout);
    return finish_output(EXIT_AGREES);
  }
  if (strcmp(argv[1], "--version") == 0)
    argv[1] = (char *)(uintptr_t)"version";
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (strcmp(argv[1], commands[i].name) == 0) {
      (void)snprintf(name, sizeof name, "slat %s", commands[i].name);
      argv[1] = name; /* argp names the program by it */
      return commands[i].run(argc - 1, argv + 1);
    }
  (void)fprintf(stderr, "slat: unknown command `%s'; it is one of: walk, check, rules, convert, version\n", argv[1]);
  return EXIT_USAGE;
}

enum format parse_format(const char *text, struct argp_state *state)
{
  if (strcmp(text, "json") == 0)
    return FORMAT_JSON;
  if (strcmp(text, "text") != 0)
    argp_error(state, "unknown format `%s'; it is text or json", text);
  return FORMAT_TEXT;
}

size_t parse_number(const char *text, const char *what, struct argp_state *state)
{
  char *end;
  errno = 0;
  const unsigned long number = strtoul(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || number == 0 || text[0] == '-')
    argp_error(state, "%s is `%s'; it is a number from 1", what, text);
  return number;
}

int load_trace(struct slat_trace *trace, const char *name)
{
  struct slat_trace_error error;
  const bool from_stdin = strcmp(name, "-") == 0;
  FILE *stream = from_stdin ? stdin : fopen(name, "rb");
  if (stream == NULL) {
    (void)fprintf(stderr, "slat: %s: %s\n", name, strerror(errno));
    return EXIT_USAGE;
  }
  const bool good = slat_trace_read_stream(trace, from_stdin ? "stdin" : name, stream, &error);
  if (!from_stdin)
    (void)fclose(stream);
  if (!good)
    (void)fprintf(stderr, "slat: %s\n", error.text);
  return good ? EXIT_AGREES : EXIT_MALFORMED;
}

int finish_output(int code)
{
  if (fflush(stdout) == 0 && !ferror(stdout))
    return code;
  (void)fprintf(stderr, "slat: stdout: %s\n", strerror(errno));
  return EXIT_USAGE;
}

struct style terminal_style(void)
{
  const char *no_color = getenv("NO_COLOR");
  if (!isatty(STDOUT_FILENO) || (no_color != NULL && no_color[0] != '\0'))
    return (struct style){"", "", "", "", ""};
  return (struct style){.dim = "\033[2m", .bold = "\033[1m", .good = "\033[32m", .bad = "\033[31m", .reset = "\033[0m"};
}

void print_wrapped(const char *text, int at, int indent)
{
  int column = at;
  while (*text != '\0') {
    const int length = (int)strcspn(text, " ");
    if (column > indent && column + 1 + length > LINE_WIDTH) {
      (void)printf("\n%*s", indent, "");
      column = indent;
    } else if (column != at && column != indent) {
      (void)putchar(' ');
      column++;
    }
    for (int i = 0; i < length; i++) /* a note may hold anything, and goes to a terminal */
      (void)putchar((unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i]);
    column += length;
    text += length;
    text += strspn(text, " ");
  }
  (void)putchar('\n');
}

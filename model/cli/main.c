/* SPDX-License-Identifier: BSD-2-Clause */
/* The `slat` command: finds the subcommand. */
#include "cli.h"

#include <stdint.h>
#include <string.h>

static const struct command {
  const char *name;
  int (*run)(int argc, char **argv);
} commands[] = { { "walk", command_walk },   { "check", command_check },     { "flush-needed", command_flush_needed },
                 { "rules", command_rules }, { "convert", command_convert }, { "version", command_version } };

static const char help[] =
  "Usage: slat COMMAND [OPTION...] [FILE...]\n"
  "What may the MMU do?  A formally specified model of guest paging under EPT and nested paging.\n"
  "\n"
  "  slat walk SCENARIO       explain one translation, memory reference by memory reference\n"
  "  slat check TRACE         judge each observed outcome of a trace\n"
  "  slat flush-needed A B    must a change of an entry be followed by an invalidation, and which is enough\n"
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
    argv[1] = (char *)(uintptr_t) "version";
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (strcmp(argv[1], commands[i].name) == 0) {
      (void)snprintf(name, sizeof name, "slat %s", commands[i].name);
      argv[1] = name; /* argp names the program by it */
      return commands[i].run(argc - 1, argv + 1);
    }
  (void)fprintf(
    stderr, "slat: unknown command `%s'; it is one of: walk, check, flush-needed, rules, convert, version\n", argv[1]);
  return EXIT_USAGE;
}

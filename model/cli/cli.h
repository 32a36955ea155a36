/* SPDX-License-Identifier: BSD-2-Clause */
/* The `slat` command: what its subcommands share. */
#ifndef SLAT_CLI_H
#define SLAT_CLI_H
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

#include "slat/slat.h"

/* Exit codes of every subcommand. */
enum {
  EXIT_AGREES = 0,
  EXIT_DIVERGES = 1,
  EXIT_USAGE = 2, /* also: a file that cannot be opened or written */
  EXIT_MALFORMED = 3,
  EXIT_UNSUPPORTED = 4
};

enum { LINE_WIDTH = 100 };

enum format { FORMAT_TEXT, FORMAT_JSON };

/* Subcommands, one a file.  argv[0] is "slat NAME". */
int command_walk(int argc, char **argv);
int command_check(int argc, char **argv);
int command_flush_needed(int argc, char **argv);
int command_rules(int argc, char **argv);
int command_convert(int argc, char **argv);
int command_version(int argc, char **argv);

/* The option --format, the same everywhere; `key` 'f' goes to parse_format(). */
#define OPTION_FORMAT \
  { \
    "format", 'f', "text|json", 0, "How results are printed (default: text)", 0 \
  }
enum format parse_format(const char *text, struct argp_state *state);

/* A positive number, or a usage error that names `what`. */
size_t parse_number(const char *text, const char *what, struct argp_state *state);

struct slat_trace;
/* Reads the trace of that name ("-": stdin).  @return EXIT_AGREES, or a failure that was reported on stderr. */
int load_trace(struct slat_trace *trace, const char *name);

/* Flushes stdout.  @return `code`, or EXIT_USAGE with a line on stderr if what was printed did not arrive. */
int finish_output(int code);

/* ANSI sequences, or "" if stdout is no terminal or NO_COLOR is set. */
struct style {
  const char *dim, *bold, *good, *bad, *reset;
};
struct style terminal_style(void);

/* Prints text broken at spaces before column LINE_WIDTH; the first line starts at column `at`, others at `indent`. */
void print_wrapped(const char *text, int at, int indent);
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The `slat` command: what its subcommands share, before and after their work. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace_json.h"

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
    return (struct style){ "", "", "", "", "" };
  return (
    struct style){ .dim = "\033[2m", .bold = "\033[1m", .good = "\033[32m", .bad = "\033[31m", .reset = "\033[0m" };
}

void print_wrapped(const char *text, int at, int indent)
{
  int column = at;
  for (bool first = true; *text != '\0'; first = false) {
    const int length = (int)strcspn(text, " ");
    if (!first && column + 1 + length > LINE_WIDTH)
      column = printf("\n%*s", indent, "") - 1;
    else if (!first)
      column += printf(" ");
    for (int i = 0; i < length; i++) /* a note may hold anything, and goes to a terminal */
      (void)putchar((unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i]);
    column += length;
    text += length;
    text += strspn(text, " ");
  }
  (void)putchar('\n');
}

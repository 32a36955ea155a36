/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target for both readers of slat-trace.  Any bytes are refused with one line of error, or accepted; what is
   accepted survives the way through both forms.  Built with -fsanitize=fuzzer it is a libFuzzer target; with
   -DSLAT_FUZZ_MAIN a program that takes its inputs from files, or one from stdin (afl-fuzz). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds, const char *what)
{
  if (!holds) {
    (void)fprintf(stderr, "fuzz_trace: %s\n", what);
    abort();
  }
}

struct text {
  char *bytes;
  size_t size;
};

static struct text written(const struct slat_trace *trace, bool binary)
{
  struct text text = { NULL, 0 };
  FILE *stream = open_memstream(&text.bytes, &text.size);
  check(stream != NULL, "no memory");
  check(binary ? slat_trace_write_binary(trace, stream) : slat_trace_write_json(trace, stream), "cannot write");
  check(fclose(stream) == 0, "cannot close");
  return text;
}

static bool same(struct text a, struct text b)
{
  return a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}

/* Writes in one form, reads that, writes both: `a` in the form read and `b` in the other, for the comparison. */
static void check_form(const struct slat_trace *trace, bool binary)
{
  struct slat_trace again;
  struct slat_trace_error error;
  const struct text text = written(trace, binary);
  check(slat_trace_read(&again, "again", text.bytes, text.size, &error), "refuses what it wrote");
  const struct text same_form = written(&again, binary);
  check(same(text, same_form), "not canonical");
  const struct text direct = written(trace, true);
  const struct text through = written(&again, true);
  check(same(direct, through), "loses something");
  free(text.bytes), free(same_form.bytes), free(direct.bytes), free(through.bytes);
  slat_trace_free(&again);
}

static void check_repair(const uint8_t *bytes)
{
  uint8_t record[SLAT_TRACE_RECORD], repaired[SLAT_TRACE_RECORD];
  struct slat_event event;
  struct slat_config config;
  memcpy(record, bytes, sizeof record);
  const bool valid = slat_trace_decode(record, &event) == SLAT_TRACE_OK;
  memcpy(repaired, record, sizeof record);
  slat_trace_repair(repaired);
  check(slat_trace_decode(repaired, &event) == SLAT_TRACE_OK, "a repaired record is refused");
  check(!valid || memcmp(record, repaired, sizeof record) == 0, "a valid record was repaired");
  memcpy(repaired, record, sizeof record);
  slat_trace_repair_config(repaired);
  check(slat_trace_decode_config(repaired, &config) == SLAT_TRACE_OK, "a repaired header is refused");
  memcpy(record, repaired, sizeof record);
  slat_trace_repair_config(repaired);
  check(memcmp(record, repaired, sizeof record) == 0, "a repaired header was repaired");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  struct slat_trace trace;
  struct slat_trace_error error;

  memset(&error, 0, sizeof error);
  if (slat_trace_read(&trace, "input", bytes, size, &error)) {
    if (trace.binary) {
      const struct text text = written(&trace, true);
      check(text.size == size && memcmp(text.bytes, bytes, size) == 0, "accepted bytes are not canonical");
      free(text.bytes);
    }
    check_form(&trace, true);
    check_form(&trace, false);
    slat_trace_free(&trace);
  } else {
    check(error.text[0] != '\0' && memchr(error.text, '\0', sizeof error.text) != NULL, "no error text");
    check(strchr(error.text, '\n') == NULL, "more than one line of error");
  }
  for (size_t i = 0; i + SLAT_TRACE_RECORD <= size && i < 64 * SLAT_TRACE_RECORD; i += SLAT_TRACE_RECORD)
    check_repair(bytes + i);
  return 0;
}

#ifdef SLAT_FUZZ_MAIN
static void run(FILE *stream)
{
  static uint8_t bytes[1 << 20];
  const size_t size = fread(bytes, 1, sizeof bytes, stream);
  uint8_t *exact = malloc(size + (size == 0)); /* so that a sanitizer sees a read behind the end */
  check(exact != NULL, "no memory");
  memcpy(exact, bytes, size);
  (void)LLVMFuzzerTestOneInput(exact, size);
  free(exact);
}

int main(int argc, char **argv)
{
  if (argc < 2)
    run(stdin);
  for (int i = 1; i < argc; i++) {
    FILE *stream = fopen(argv[i], "rb");
    if (stream == NULL) {
      perror(argv[i]);
      return 1;
    }
    run(stream);
    (void)fclose(stream);
  }
  return 0;
}
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* slat-trace as JSON Lines: no loss between the two forms, and one line of error for whatever is malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace_json.h"
#include "trace_random.h"

#define HEADER "{\"slat-trace\": 1, \"config\": {\"vendor\": \"intel\", \"stage2\": \"ept\", \"maxphyaddr\": 46}}\n"
#define ACCESS "{\"cpu\": 0, \"access\": {\"linear\": \"0x1\", \"kind\": \"read\", \"width\": 1}}\n"

/* What one form of a trace gives in the other. */
static char *written(const struct slat_trace *trace, bool binary, size_t *size)
{
  char *text = NULL;
  FILE *stream = open_memstream(&text, size);
  assert_non_null(stream);
  assert_true(binary ? slat_trace_write_binary(trace, stream) : slat_trace_write_json(trace, stream));
  assert_int_equal(fclose(stream), 0);
  return text;
}

static void both_forms_say_the_same(void **state)
{
  uint64_t random = UINT64_C(0x736c6174);
  (void)state;
  for (unsigned round = 0; round < 60; round++) {
    struct slat_trace trace = { .name = "random", .config = random_config(&random) }, from_json, from_binary;
    struct slat_trace_order order = { .events = 0 };
    struct slat_trace_error error;
    size_t json_size, json_again_size, binary_size, binary_again_size;
    for (unsigned i = 0; i < 300; i++) {
      const struct slat_event event = random_event(&random, &order);
      assert_int_equal(slat_trace_append(&trace, &order, &event, i), SLAT_TRACE_OK);
    }
    char *json = written(&trace, false, &json_size);
    char *binary = written(&trace, true, &binary_size);
    if (!slat_trace_read(&from_json, "json", json, json_size, &error))
      fail_msg("%s", error.text);
    if (!slat_trace_read(&from_binary, "binary", binary, binary_size, &error))
      fail_msg("%s", error.text);
    char *binary_again = written(&from_json, true, &binary_again_size);
    char *json_again = written(&from_binary, false, &json_again_size);
    assert_int_equal(binary_size, binary_again_size);
    assert_memory_equal(binary, binary_again, binary_size);
    assert_int_equal(json_size, json_again_size);
    assert_memory_equal(json, json_again, json_size);
    assert_memory_equal(&trace.config, &from_json.config, sizeof trace.config);
    free(json), free(json_again), free(binary), free(binary_again);
    slat_trace_free(&trace), slat_trace_free(&from_json), slat_trace_free(&from_binary);
  }
}

static void notes_and_places_are_kept(void **state)
{
  static const char text[] =
    "{\"slat-trace\": 1, \"note\": \"one\", "
    "\"config\": {\"vendor\": \"amd\", \"stage2\": \"none\", \"maxphyaddr\": 40}}\n"
    "{\"cpu\": 2, \"access\": {\"linear\": \"0xFF\", \"kind\": \"write\", \"width\": 1, \"value\": \"0x7\"}}\n"
    "{\"cpu\": 2, \"observed\": {\"outcome\": \"translated\", \"spa\": \"0xff\", \"updates\": "
    "[{\"spa\": \"0x8\", \"value\": \"0x1\"}, {\"spa\": \"0x10\", \"value\": \"0x2\"}]}, \"note\": \"two\"}\n"
    "{\"cpu\": 0, \"invlpg\": {\"linear\": \"0x0\"}}"; /* the last newline may be missing */
  struct slat_trace trace;
  struct slat_trace_error error;
  char place[40];
  size_t size;
  (void)state;
  assert_true(slat_trace_read(&trace, "t", text, sizeof text - 1, &error));
  assert_int_equal(trace.count, 5);
  assert_string_equal(trace.note, "one");
  assert_true(trace.events[0].stores);
  assert_int_equal(trace.events[0].access.linear, 0xff);
  assert_string_equal(trace.origins[1].note, "two");
  assert_int_equal(trace.events[3].kind, SLAT_EVENT_OBSERVED_WORD);
  assert_int_equal(trace.events[3].address, 0x10);
  slat_trace_place(&trace, 3, place, sizeof place);
  assert_string_equal(place, "t:3");
  slat_trace_place(&trace, 4, place, sizeof place);
  assert_string_equal(place, "t:4");
  char *again = written(&trace, false, &size);
  assert_non_null(strstr(again, "\"note\": \"one\""));
  assert_non_null(strstr(again, "\"note\": \"two\""));
  free(again);
  slat_trace_free(&trace);
}

/* A malformed trace: its text, the line that is to be named, and words that the message must have. */
static const struct malformed {
  const char *text;
  unsigned line;
  const char *words;
} corpus[] = {
  { "", 1, "empty" },
  { "\n", 1, "or no JSON" },
  { "[1]\n", 1, "not a slat-trace" },
  { "{}\n", 1, "not a slat-trace" },
  { "{\"slat-trace\": 2, \"config\": {}}\n", 1, "version 1 only" },
  { "{\"slat-trace\": 1}\n", 1, "\"config\" is not an object" },
  { "{\"slat-trace\": 1, \"slat-trace\": 1}\n", 1, "duplicate" },
  { "{\"slat-trace\": 1, \"config\": {\"vendor\": \"via\"}}\n", 1, "it is one of: intel, amd" },
  { "{\"slat-trace\": 1, \"config\": {\"vendor\": \"intel\"}}\n", 1, "\"stage2\" is missing" },
  { "{\"slat-trace\": 1, \"config\": {\"vendor\": \"intel\", \"stage2\": \"ept\"}}\n", 1, "\"maxphyaddr\" is missing" },
  { "{\"slat-trace\": 1, \"config\": {\"vendor\": \"intel\", \"stage2\": \"ept\", \"maxphyaddr\": 46.0}}\n", 1,
    "\"maxphyaddr\" is not an integer" },
  { "{\"slat-trace\": 1, \"config\": {\"vendor\": \"intel\", \"stage2\": \"ept\", \"maxphyaddr\": 46, \"nx\": 1}}\n", 1,
    "\"nx\" is not true or false" },
  { "{\"slat-trace\": 1, \"config\": {\"vendor\": \"intel\", \"hlat\": true}}\n", 1, "unknown field \"hlat\"" },
  { HEADER "{\"cpu\": 0, \"acce", 2, "truncated" },
  { HEADER "\n" ACCESS, 2, "no JSON" },
  { HEADER "{\"cpu\": 0} {}\n", 2, "no JSON" },
  { HEADER "[]\n", 2, "not an object" },
  { HEADER "{\"cpu\": 0}\n", 2, "no event" },
  { HEADER "{\"cpu\": 4, \"invlpg\": {\"linear\": \"0x0\"}}\n", 2, "\"cpu\" is not an integer 0 to 3" },
  { HEADER "{\"cpu\": -1, \"invlpg\": {\"linear\": \"0x0\"}}\n", 2, "\"cpu\" is not an integer" },
  { HEADER "{\"cpu\": 99999999999999999999, \"invlpg\": {\"linear\": \"0x0\"}}\n", 2, "too big" },
  { HEADER "{\"invlpg\": {\"linear\": \"0x0\"}}\n", 2, "\"cpu\" is missing" },
  { HEADER "{\"cpu\": 0, \"invpcid\": {}}\n", 2, "unknown field \"invpcid\"" },
  { HEADER "{\"cpu\": 0, \"inv\\u001b[2J\": {}}\n", 2, "\"inv?[2J\"" },
  { HEADER "{\"cpu\": 0, \"note\": 1, \"invlpg\": {\"linear\": \"0x0\"}}\n", 2,
    "\"note\" in the line is not a string" },
  { HEADER "{\"cpu\": 0, \"invlpg\": {}, \"store\": {}}\n", 2, "one event a line" },
  { HEADER "{\"cpu\": 0, \"invlpg\": {\"linear\": 0}}\n", 2, "hex string" },
  { HEADER "{\"cpu\": 0, \"invlpg\": {\"linear\": \"12\"}}\n", 2, "hex string" },
  { HEADER "{\"cpu\": 0, \"invlpg\": {\"linear\": \"0x\"}}\n", 2, "hex string" },
  { HEADER "{\"cpu\": 0, \"invlpg\": {\"linear\": \"0x-1\"}}\n", 2, "hex string" },
  { HEADER "{\"cpu\": 0, \"invlpg\": {\"linear\": \"0x10000000000000000\"}}\n", 2, "hex string" },
  { HEADER "{\"cpu\": 0, \"invlpg\": {\"linear\": \"0x0\", \"linear\": \"0x0\"}}\n", 2, "duplicate" },
  { HEADER "{\"cpu\": 0, \"register\": {\"name\": \"CR2\", \"value\": \"0x0\"}}\n", 2, "it is one of: CR0, CR3" },
  { HEADER "{\"cpu\": 0, \"register\": {\"name\": \"CR3\"}}\n", 2, "\"value\" is missing" },
  { HEADER "{\"cpu\": 0, \"store\": {\"spa\": \"0x0\", \"width\": 3, \"value\": \"0x0\"}}\n", 2, "1, 2, 4 or 8" },
  { HEADER "{\"cpu\": 0, \"store\": {\"spa\": \"0x0\", \"width\": 1, \"value\": \"0x100\"}}\n", 2,
    "wider than the store" },
  { HEADER "{\"cpu\": 0, \"access\": {\"linear\": \"0x1\", \"kind\": \"exec\", \"width\": 1}}\n", 2,
    "read, write, fetch" },
  { HEADER "{\"cpu\": 0, \"access\": {\"linear\": \"0x1\", \"kind\": \"read\", \"width\": 1, \"value\": \"0x1\"}}\n", 2,
    "only kind \"write\" may have" },
  { HEADER "{\"cpu\": 0, \"access\": {\"linear\": \"0x1\", \"kind\": \"fetch\", \"width\": 1, \"implicit\": true}}\n",
    2, "\"fetch\" is neither \"implicit\"" },
  { HEADER "{\"cpu\": 0, \"access\": {\"linear\": \"0x1\", \"kind\": \"read\", \"width\": 1, \"shadow_stack\": true, "
           "\"wruss\": true}}\n",
    2, "\"wruss\" is of a \"shadow_stack\" \"write\"" },
  { HEADER "{\"cpu\": 0, \"store\": {\"spa\": \"0x2\", \"width\": 4, \"value\": \"0x0\"}}\n", 2, "split the store" },
  { HEADER "{\"cpu\": 0, \"observed\": {\"outcome\": \"non-canonical\"}}\n", 2, "after its access" },
  { HEADER ACCESS "{\"cpu\": 1, \"observed\": {\"outcome\": \"non-canonical\"}}\n", 3, "after its access" },
  { HEADER ACCESS "{\"cpu\": 0, \"observed\": {\"outcome\": \"crash\"}}\n", 3, "it is one of: translated" },
  { HEADER ACCESS "{\"cpu\": 0, \"observed\": {\"outcome\": \"page-fault\", \"CR2\": \"0x1\"}}\n", 3,
    "\"error_code\" is missing" },
  { HEADER ACCESS "{\"cpu\": 0, \"observed\": {\"outcome\": \"page-fault\", \"gpa\": \"0x1\"}}\n", 3,
    "unknown field \"gpa\"" },
  { HEADER ACCESS "{\"cpu\": 0, \"observed\": {\"outcome\": \"translated\", \"spa\": \"0x1\", \"page_shift\": 13}}\n",
    3, "\"page_shift\" is not" },
  { HEADER ACCESS "{\"cpu\": 0, \"observed\": {\"outcome\": \"non-canonical\", \"updates\": {}}}\n", 3,
    "not an array" },
  { HEADER ACCESS "{\"cpu\": 0, \"observed\": {\"outcome\": \"non-canonical\", \"updates\": [1]}}\n", 3,
    "not an object" },
  { HEADER ACCESS "{\"cpu\": 0, \"observed\": {\"outcome\": \"non-canonical\", \"updates\": "
                  "[{\"spa\": \"0x4\", \"value\": \"0x0\"}]}}\n",
    3, "not a multiple" },
  { "SLT1", 0, "truncated" },
  { "SLT1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, "version" },
};

static void refused(const char *text, size_t size, unsigned line, const char *words)
{
  struct slat_trace trace;
  struct slat_trace_error error;
  char place[20];
  if (slat_trace_read(&trace, "t", text, size, &error))
    fail_msg("accepted: %.100s", text);
  (void)snprintf(place, sizeof place, line == 0 ? "t: byte" : "t:%u: ", line);
  if (strncmp(error.text, place, strlen(place)) != 0 || strstr(error.text, words) == NULL)
    fail_msg("\"%s\" lacks \"%s\" or \"%s\"", error.text, place, words);
  assert_null(strchr(error.text, '\n'));
}

static void malformed_is_one_line_of_error(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof corpus / sizeof *corpus; i++)
    refused(corpus[i].text, strlen(corpus[i].text), corpus[i].line, corpus[i].words);
  refused(HEADER "{\"cpu\": 0, \"invlpg\": {\"linear\": \"0x0\0\"}}\n", sizeof HEADER + 40, 2, "JSON");
}

static void limits(void **state)
{
  const size_t line = sizeof ACCESS - 1;
  char *text = malloc(SLAT_TRACE_MAX_JSON + 1);
  size_t used = sizeof HEADER - 1;
  (void)state;
  assert_non_null(text);

  memset(text, ' ', SLAT_TRACE_MAX_JSON + 1);
  refused(text, SLAT_TRACE_MAX_JSON + 1, 1, "too big");
  memcpy(text, HEADER, used);
  text[used + SLAT_TRACE_MAX_LINE + 1] = '\n';
  refused(text, used + SLAT_TRACE_MAX_LINE + 2, 2, "too big");

  for (unsigned i = 0; i <= SLAT_TRACE_MAX_EVENTS; i++, used += line)
    memcpy(text + used, ACCESS, line);
  refused(text, used, SLAT_TRACE_MAX_EVENTS + 2, "too big");
  struct slat_trace trace;
  struct slat_trace_error error;
  assert_true(slat_trace_read(&trace, "t", text, used - line, &error));
  assert_int_equal(trace.count, SLAT_TRACE_MAX_EVENTS);
  slat_trace_free(&trace);

  used = (size_t)sprintf(text, "%s%s%s", HEADER, ACCESS,
                         "{\"cpu\": 0, \"observed\": {\"outcome\": \"non-canonical\", \"updates\": [");
  for (unsigned i = 0; i <= SLAT_TRACE_MAX_WORDS; i++)
    used += (size_t)sprintf(text + used, "%s{\"spa\": \"0x8\", \"value\": \"0x0\"}", i == 0 ? "" : ", ");
  used += (size_t)sprintf(text + used, "]}}\n");
  refused(text, used, 3, "too big");
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(both_forms_say_the_same),
    cmocka_unit_test(notes_and_places_are_kept),
    cmocka_unit_test(malformed_is_one_line_of_error),
    cmocka_unit_test(limits),
  };
  return cmocka_run_group_tests_name("trace_json", tests, NULL, NULL);
}

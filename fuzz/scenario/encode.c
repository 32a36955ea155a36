/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario to a binary slat-trace and back. */
#include "scenario.h"

enum slat_trace_status scenario_decode(struct scenario *scenario, const void *bytes, size_t size)
{
  struct slat_trace_reader reader;
  enum slat_trace_status status = slat_trace_begin(&reader, bytes, size, &scenario->config);

  scenario->count = 0;
  while (status == SLAT_TRACE_OK && scenario->count < SCENARIO_MAX_EVENTS) {
    struct slat_event *event = &scenario->event[scenario->count];

    status = slat_trace_next(&reader, event);
    if (status == SLAT_TRACE_OK &&
        event->kind == SLAT_EVENT_WRITE) { /* in a scenario what is written is written by the guest */
      event->kind = SLAT_EVENT_REGISTER;
      event->cs_l = false;
    }
    if (status == SLAT_TRACE_OK && event->kind != SLAT_EVENT_OBSERVED && event->kind != SLAT_EVENT_OBSERVED_WORD)
      scenario->count++;
  }
  if (status == SLAT_TRACE_OK)
    return reader.offset == size ? SLAT_TRACE_OK : SLAT_TRACE_TOO_BIG;
  return status == SLAT_TRACE_END ? SLAT_TRACE_OK : status;
}

size_t scenario_encode(const struct scenario *scenario, void *bytes, size_t room)
{
  struct slat_trace_writer writer;

  if (slat_trace_put_config(&writer, bytes, room, &scenario->config) != SLAT_TRACE_OK)
    return 0;
  for (unsigned i = 0; i < scenario->count; i++)
    if (slat_trace_put_event(&writer, &scenario->event[i]) != SLAT_TRACE_OK)
      return 0;
  return writer.used;
}

unsigned scenario_prologue(const struct scenario *scenario)
{
  unsigned i = 0;

  while (i < scenario->count &&
         (scenario->event[i].kind == SLAT_EVENT_REGISTER || scenario->event[i].kind == SLAT_EVENT_STORE))
    i++;
  return i;
}

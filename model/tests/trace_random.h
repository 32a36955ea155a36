/* SPDX-License-Identifier: BSD-2-Clause */
/* Random valid events, for the tests of both forms of slat-trace. */
#ifndef SLAT_TESTS_TRACE_RANDOM_H
#define SLAT_TESTS_TRACE_RANDOM_H
#include <string.h>
#include "trace_binary.h"

/* xorshift64*: the same sequence everywhere. */
static inline uint64_t random_word(uint64_t *state)
{
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(0x2545F4914F6CDD1D);
}

/* A valid record that may stand after what `order` has seen; decoded as well. */
static inline struct slat_event random_event(uint64_t *state, const struct slat_trace_order *order)
{
  for (;;) {
    uint8_t record[SLAT_TRACE_RECORD];
    struct slat_trace_order next = *order;
    struct slat_event event;
    for (unsigned i = 0; i < sizeof record; i++)
      record[i] = (uint8_t)(random_word(state) >> 56);
    if (random_word(state) >> 63 != 0) /* else an observation almost never fits its access */
      record[1] = order->cpu;
    slat_trace_repair(record);
    if (slat_trace_decode(record, &event) == SLAT_TRACE_OK && slat_trace_order_next(&next, &event) == SLAT_TRACE_OK)
      return event;
  }
}

static inline struct slat_config random_config(uint64_t *state)
{
  uint8_t record[SLAT_TRACE_RECORD];
  struct slat_config config;
  memset(&config, 0, sizeof config);
  for (unsigned i = 0; i < sizeof record; i++)
    record[i] = (uint8_t)(random_word(state) >> 56);
  slat_trace_repair_config(record);
  (void)slat_trace_decode_config(record, &config);
  return config;
}
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The binary form of slat-trace: canonical both ways, total on any bytes, each error reached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trace_random.h"

#define SEED UINT64_C(0x736c6174)

static const struct slat_config a_config = {
  .vendor = SLAT_INTEL, .stage2 = SLAT_STAGE2_EPT, .maxphyaddr = 46, .nx = true, .ept_page_2mb = true
};

static const struct slat_event an_access = { .kind = SLAT_EVENT_ACCESS,
                                             .cpu = 1,
                                             .value = 0xbeef,
                                             .stores = true,
                                             .access = {
                                               .linear = 0x1234, .kind = SLAT_WRITE, .width = 2, .user = true } };
static const struct slat_event an_observation = {
  .kind = SLAT_EVENT_OBSERVED,
  .cpu = 1,
  .outcome = { .kind = SLAT_TRANSLATED, .page_shift = 21, .memory_type = 6, .ignore_pat = true, .spa = 1, .gpa = 2 }
};
static const struct slat_event a_word = {
  .kind = SLAT_EVENT_OBSERVED_WORD, .cpu = 1, .address = 0x1008, .value = 0x67
};

static void events_round_trip(void **state)
{
  uint64_t random = SEED;
  (void)state;
  for (unsigned i = 0; i < 200000; i++) {
    const struct slat_trace_order order = { .previous = (uint8_t)(i % 7), .cpu = (uint8_t)(i % 4) };
    const struct slat_event event = random_event(&random, &order);
    struct slat_event again;
    uint8_t record[SLAT_TRACE_RECORD];
    assert_int_equal(slat_trace_encode(&event, record), SLAT_TRACE_OK);
    assert_int_equal(slat_trace_decode(record, &again), SLAT_TRACE_OK);
    assert_memory_equal(&event, &again, sizeof event);
  }
}

static void any_bytes_are_refused_or_canonical(void **state)
{
  uint64_t random = SEED;
  unsigned accepted = 0;
  (void)state;
  for (unsigned i = 0; i < 500000; i++) {
    uint8_t record[SLAT_TRACE_RECORD], again[SLAT_TRACE_RECORD];
    struct slat_event event;
    for (unsigned j = 0; j < sizeof record; j++)
      record[j] = (uint8_t)(random_word(&random) >> 56);
    slat_trace_repair(record);
    for (unsigned j = 0; j < 2; j++)
      record[random_word(&random) >> 59] ^= (uint8_t)(1U << (random_word(&random) >> 61));
    if (slat_trace_decode(record, &event) == SLAT_TRACE_OK) {
      accepted++;
      assert_int_equal(slat_trace_encode(&event, again), SLAT_TRACE_OK);
      assert_memory_equal(record, again, sizeof record);
    }
  }
  assert_in_range(accepted, 50000, 450000);
}

static void repair_accepts_all_and_keeps_valid(void **state)
{
  uint64_t random = SEED;
  unsigned kinds = 0;
  struct slat_machine machine;
  (void)state;
  for (unsigned i = 0; i < 200000; i++) {
    uint8_t record[SLAT_TRACE_RECORD], repaired[SLAT_TRACE_RECORD];
    struct slat_event event;
    struct slat_config c;
    for (unsigned j = 0; j < sizeof record; j++)
      record[j] = (uint8_t)(random_word(&random) >> 56);
    memcpy(repaired, record, sizeof record);
    slat_trace_repair(repaired);
    assert_int_equal(slat_trace_decode(repaired, &event), SLAT_TRACE_OK);
    kinds |= 1U << event.kind;
    memcpy(record, repaired, sizeof record);
    slat_trace_repair(repaired);
    assert_memory_equal(record, repaired, sizeof record);

    slat_trace_repair_config(record);
    assert_int_equal(slat_trace_decode_config(record, &c), SLAT_TRACE_OK);
    assert_int_equal(slat_open(&machine, &c), SLAT_OK);
    memcpy(repaired, record, sizeof record);
    slat_trace_repair_config(repaired);
    assert_memory_equal(record, repaired, sizeof record);
  }
  assert_int_equal(kinds, 0xfe);
}

static void traces_round_trip(void **state)
{
  enum { EVENTS = 3000 };
  static uint8_t bytes[SLAT_TRACE_RECORD * (EVENTS + 1)], again[sizeof bytes];
  struct slat_trace_writer writer;
  struct slat_trace_reader reader;
  struct slat_config read_config;
  struct slat_event event;
  uint64_t random = SEED;
  (void)state;

  const struct slat_config written = random_config(&random);
  assert_int_equal(slat_trace_put_config(&writer, bytes, sizeof bytes, &written), SLAT_TRACE_OK);
  for (unsigned i = 0; i < EVENTS; i++) {
    event = random_event(&random, &writer.order);
    assert_int_equal(slat_trace_put_event(&writer, &event), SLAT_TRACE_OK);
  }
  assert_int_equal(writer.used, sizeof bytes);
  assert_int_equal(slat_trace_put_event(&writer, &(struct slat_event){ .kind = SLAT_EVENT_INVLPG }),
                   SLAT_TRACE_NO_ROOM);

  assert_int_equal(slat_trace_begin(&reader, bytes, sizeof bytes, &read_config), SLAT_TRACE_OK);
  assert_int_equal(slat_trace_put_config(&writer, again, sizeof again, &read_config), SLAT_TRACE_OK);
  while (slat_trace_next(&reader, &event) == SLAT_TRACE_OK)
    assert_int_equal(slat_trace_put_event(&writer, &event), SLAT_TRACE_OK);
  assert_int_equal(slat_trace_next(&reader, &event), SLAT_TRACE_END);
  assert_memory_equal(bytes, again, sizeof bytes);

  assert_int_equal(slat_trace_begin(&reader, bytes, sizeof bytes - 1, &read_config), SLAT_TRACE_OK);
  enum slat_trace_status status;
  while ((status = slat_trace_next(&reader, &event)) == SLAT_TRACE_OK)
    ;
  assert_int_equal(status, SLAT_TRACE_TRUNCATED);
  assert_int_equal(reader.offset, sizeof bytes - SLAT_TRACE_RECORD);
}

static enum slat_trace_status read_header(unsigned offset, uint8_t value, size_t size)
{
  uint8_t bytes[SLAT_TRACE_RECORD];
  struct slat_trace_reader reader;
  struct slat_config read_config;
  assert_int_equal(slat_trace_encode_config(&a_config, bytes), SLAT_TRACE_OK);
  bytes[offset] = value;
  return slat_trace_begin(&reader, bytes, size, &read_config);
}

static void header_errors(void **state)
{
  (void)state;
  assert_int_equal(read_header(0, 'S', 32), SLAT_TRACE_OK);
  assert_int_equal(read_header(0, 'S', 31), SLAT_TRACE_TRUNCATED);
  assert_int_equal(read_header(0, 'S', 0), SLAT_TRACE_TRUNCATED);
  assert_int_equal(read_header(3, '2', 32), SLAT_TRACE_BAD_MAGIC);
  assert_int_equal(read_header(4, 2, 32), SLAT_TRACE_BAD_VERSION);
  assert_int_equal(read_header(5, 2, 32), SLAT_TRACE_BAD_CONFIG);
  assert_int_equal(read_header(6, 3, 32), SLAT_TRACE_BAD_CONFIG);
  assert_int_equal(read_header(9, 255, 32), SLAT_TRACE_OK);
  assert_int_equal(read_header(10, 15, 32), SLAT_TRACE_OK);
  assert_int_equal(read_header(10, 64, 32), SLAT_TRACE_BAD_CONFIG);
  assert_int_equal(read_header(31, 1, 32), SLAT_TRACE_NOT_ZERO);
}

static enum slat_trace_status with(struct slat_event event)
{
  uint8_t record[SLAT_TRACE_RECORD];
  return slat_trace_encode(&event, record);
}

static void event_errors(void **state)
{
  struct slat_event e;
  (void)state;
  assert_int_equal(with((struct slat_event){ .kind = 0 }), SLAT_TRACE_BAD_KIND);
  assert_int_equal(with((struct slat_event){ .kind = 8 }), SLAT_TRACE_BAD_KIND);
  assert_int_equal(with((struct slat_event){ .kind = SLAT_EVENT_INVLPG, .cpu = 4 }), SLAT_TRACE_BAD_CPU);
  assert_int_equal(with((struct slat_event){ .kind = SLAT_EVENT_REGISTER, .reg = SLAT_REGISTER_COUNT }),
                   SLAT_TRACE_BAD_REGISTER);
  assert_int_equal(with((struct slat_event){ .kind = SLAT_EVENT_STORE, .width = 3 }), SLAT_TRACE_BAD_WIDTH);
  assert_int_equal(with((struct slat_event){ .kind = SLAT_EVENT_STORE, .width = 4, .value = UINT64_C(1) << 32 }),
                   SLAT_TRACE_BAD_VALUE);
  e = an_access, e.access.kind = 3;
  assert_int_equal(with(e), SLAT_TRACE_BAD_ACCESS);
  e = an_access, e.access.kind = SLAT_READ;
  assert_int_equal(with(e), SLAT_TRACE_BAD_ACCESS);
  e = an_access, e.access.width = 0;
  assert_int_equal(with(e), SLAT_TRACE_BAD_WIDTH);
  e = an_access, e.access.kind = SLAT_FETCH, e.stores = false, e.access.implicit = true;
  assert_int_equal(with(e), SLAT_TRACE_BAD_ACCESS);
  e = an_access, e.access.kind = SLAT_FETCH, e.stores = false, e.access.shadow_stack = true;
  assert_int_equal(with(e), SLAT_TRACE_BAD_ACCESS);
  e = an_access, e.access.user = false, e.access.implicit = false, e.access.wruss = true;
  assert_int_equal(with(e), SLAT_TRACE_BAD_ACCESS);
  e.access.shadow_stack = true;
  assert_int_equal(with(e), SLAT_TRACE_OK);
  e = (struct slat_event){ .kind = SLAT_EVENT_STORE, .width = 2, .address = 1 };
  assert_int_equal(with(e), SLAT_TRACE_BAD_ADDRESS);
  e = an_access, e.value = 0x10000;
  assert_int_equal(with(e), SLAT_TRACE_BAD_VALUE);
  e = an_observation, e.outcome.kind = SLAT_NO_OUTCOME;
  assert_int_equal(with(e), SLAT_TRACE_BAD_OUTCOME);
  e = an_observation, e.outcome.kind = SLAT_OUTCOME_KINDS;
  assert_int_equal(with(e), SLAT_TRACE_BAD_OUTCOME);
  e = an_observation, e.outcome.page_shift = 13;
  assert_int_equal(with(e), SLAT_TRACE_BAD_OUTCOME);
  e = an_observation, e.outcome.memory_type = 8;
  assert_int_equal(with(e), SLAT_TRACE_BAD_OUTCOME);
  e = a_word, e.address = 4;
  assert_int_equal(with(e), SLAT_TRACE_BAD_ADDRESS);
  e = (struct slat_event){ .kind = SLAT_EVENT_WRITE, .reg = SLAT_RFLAGS };
  assert_int_equal(with(e), SLAT_TRACE_BAD_REGISTER);
}

static void order_and_limits(void **state)
{
  static uint8_t bytes[SLAT_TRACE_MAX_BYTES + SLAT_TRACE_RECORD];
  struct slat_trace_writer writer;
  struct slat_event e;
  (void)state;

  assert_int_equal(slat_trace_put_config(&writer, bytes, 31, &a_config), SLAT_TRACE_NO_ROOM);
  assert_int_equal(slat_trace_put_config(&writer, bytes, sizeof bytes, &a_config), SLAT_TRACE_OK);
  assert_int_equal(slat_trace_put_event(&writer, &an_observation), SLAT_TRACE_BAD_ORDER);
  assert_int_equal(slat_trace_put_event(&writer, &a_word), SLAT_TRACE_BAD_ORDER);
  assert_int_equal(slat_trace_put_event(&writer, &an_access), SLAT_TRACE_OK);
  e = an_observation, e.cpu = 0;
  assert_int_equal(slat_trace_put_event(&writer, &e), SLAT_TRACE_BAD_ORDER);
  assert_int_equal(slat_trace_put_event(&writer, &a_word), SLAT_TRACE_BAD_ORDER);
  assert_int_equal(slat_trace_put_event(&writer, &an_observation), SLAT_TRACE_OK);
  assert_int_equal(slat_trace_put_event(&writer, &an_observation), SLAT_TRACE_BAD_ORDER);
  for (unsigned i = 0; i < SLAT_TRACE_MAX_WORDS; i++)
    assert_int_equal(slat_trace_put_event(&writer, &a_word), SLAT_TRACE_OK);
  assert_int_equal(slat_trace_put_event(&writer, &a_word), SLAT_TRACE_TOO_BIG);
  /* After a register write: its own outcomes, and no words. */
  const struct slat_event write = {
    .kind = SLAT_EVENT_WRITE, .cpu = an_observation.cpu, .reg = SLAT_CR4, .value = 0x20
  };
  e = an_observation, e.outcome.kind = SLAT_WRITTEN;
  assert_int_equal(slat_trace_put_event(&writer, &an_access), SLAT_TRACE_OK);
  assert_int_equal(slat_trace_put_event(&writer, &e), SLAT_TRACE_BAD_ORDER);
  assert_int_equal(slat_trace_put_event(&writer, &write), SLAT_TRACE_OK);
  assert_int_equal(slat_trace_put_event(&writer, &an_observation), SLAT_TRACE_BAD_ORDER);
  assert_int_equal(slat_trace_put_event(&writer, &e), SLAT_TRACE_OK);
  assert_int_equal(slat_trace_put_event(&writer, &a_word), SLAT_TRACE_BAD_ORDER);
  while (writer.order.events < SLAT_TRACE_MAX_EVENTS)
    assert_int_equal(slat_trace_put_event(&writer, &an_access), SLAT_TRACE_OK);
  assert_int_equal(writer.used, SLAT_TRACE_MAX_BYTES);
  assert_int_equal(slat_trace_put_event(&writer, &an_access), SLAT_TRACE_TOO_BIG);
}

static void every_status_has_a_text(void **state)
{
  (void)state;
  for (unsigned i = 0; i < SLAT_TRACE_STATUS_COUNT; i++)
    assert_non_null(slat_trace_status_text((enum slat_trace_status)i));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(events_round_trip),
    cmocka_unit_test(any_bytes_are_refused_or_canonical),
    cmocka_unit_test(repair_accepts_all_and_keeps_valid),
    cmocka_unit_test(traces_round_trip),
    cmocka_unit_test(header_errors),
    cmocka_unit_test(event_errors),
    cmocka_unit_test(order_and_limits),
    cmocka_unit_test(every_status_has_a_text),
  };
  return cmocka_run_group_tests_name("trace_binary", tests, NULL, NULL);
}

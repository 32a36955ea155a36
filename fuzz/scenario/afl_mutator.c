/* SPDX-License-Identifier: BSD-2-Clause */
/* The custom mutator of AFL++: a shared library made of this file, the rest of this directory, and the target's
 * `scenario_capabilities_of_target`. */
#include <stdlib.h>
#include "places.h"

extern const struct scenario_capabilities scenario_capabilities_of_target;

void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t buf_size, uint8_t **out_buf, uint8_t *add_buf,
                       size_t add_buf_size, size_t max_size);
void afl_custom_deinit(void *data);

/* A scenario whose accesses reach nothing any more is not worth mutating. AFL++ likes those: they are fast and
 * small. */
enum { REACH_LEAST = 45 };

struct mutator {
  struct random random;
  struct scenario scenario, other;
  uint8_t bytes[SCENARIO_MAX_BYTES];
};

void *afl_custom_init(void *afl, unsigned int seed)
{
  struct mutator *mutator = calloc(1, sizeof *mutator);

  (void)afl;
  if (mutator)
    mutator->random.state = seed;
  return mutator;
}

/* For the same reasons it likes guests outside of long mode, whose tables are few: half of those are passed over, so that
 * long mode has its share. */
static bool passed_over(struct mutator *mutator)
{
  return places_levels(&mutator->scenario) < 4 && random_once_in(&mutator->random, 2);
}

/** One test case. What cannot be decoded (AFL++'s own trimming leaves it) is replaced; one in three is new
 * altogether, or AFL++'s queue of odd cases would crowd out the ordinary ones. */
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t buf_size, uint8_t **out_buf, uint8_t *add_buf,
                       size_t add_buf_size, size_t max_size)
{
  struct mutator *mutator = data;
  const struct scenario_capabilities *can = &scenario_capabilities_of_target;
  const bool readable = scenario_decode(&mutator->scenario, buf, buf_size) == SLAT_TRACE_OK;
  size_t size;

  if (!readable || random_once_in(&mutator->random, 2) || passed_over(mutator) ||
      scenario_reach(&mutator->scenario, can) < REACH_LEAST) {
    scenario_generate(&mutator->scenario, can, &mutator->random);
  } else {
    const bool splice = add_buf && scenario_decode(&mutator->other, add_buf, add_buf_size) == SLAT_TRACE_OK &&
                        mutator->other.config.stage2 == mutator->scenario.config.stage2;

    scenario_mutate(&mutator->scenario, splice ? &mutator->other : NULL, can, &mutator->random);
  }
  size = scenario_encode(&mutator->scenario, mutator->bytes, sizeof mutator->bytes);
  *out_buf = mutator->bytes;
  return size <= max_size ? size : 0;
}

void afl_custom_deinit(void *data)
{
  free(data);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The differential loop: one scenario goes to the target and to the oracle, and what is observed is held against
 * what is permitted. */
#ifndef FUZZ_LOOP_H
#define FUZZ_LOOP_H
#include "finding.h"
#include "memory.h"
#include "oracle.h"
#include "staleness.h"

enum { LOOP_TEXT = 8192, LOOP_LOOKS = 16 };

struct loop {
  const struct fuzz_target *target;
  const struct oracle *oracle;
  struct statistics *statistics;
  struct finding_store store;
  bool no_waivers;
  struct slat_trace_writer *record; /* NULL, or where the scenario goes with what was observed */

  /* the scenario that runs */
  const struct scenario *scenario;
  unsigned at;                     /* its event */
  bool taken[SCENARIO_MAX_EVENTS]; /* register writes after the prologue that were done */
  struct slat_machine machine;
  struct machine_memory memory;
  struct slat_memory view; /* the same, for the library */
  struct staleness staleness;
  uint64_t loop_start, oracle_ticks, clock_cost;
  bool timed;
  bool compared;           /* something was */
  bool untold;             /* memory was written without the target's knowledge */
  bool lost;               /* a register write was done that cannot be: the registers are not known any more */
  bool stopped;            /* a divergence without a waiver: what follows from it is not judged */
  char name[FINDING_NAME]; /* of that divergence; "" if there is none */
  char text[LOOP_TEXT];

  /* cached translations that were judged: the same again, with memory and registers unchanged, would be judged the
   * same */
  uint32_t version; /* grows when memory or a register changes */
  unsigned looks;
  struct {
    uint64_t linear;
    uint32_t version;
    struct cached_translation cached;
  } look[LOOP_LOOKS];

  unsigned countdown; /* agreements until the next canary */
};

/** @return NULL, or what went wrong. */
const char *loop_open(struct loop *loop, const struct fuzz_target *target, const struct oracle *oracle,
                      struct statistics *statistics, const char *findings);
/** Runs one scenario. @return true: no divergence but waived ones; else name and text say what. */
bool loop_run(struct loop *loop, const struct scenario *scenario);
/** The target died in the middle of loop_run(): counts and saves it. */
void loop_died(struct loop *loop, const char *what);

#endif

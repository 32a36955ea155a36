/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario as the fuzzer holds it: a configuration and events, and what a target can take.
 *
 * A scenario begins with its prologue: the REGISTER and STORE events before the first event of another kind. They are
 * the initial registers and the initial memory. After them come the events that the target lives through.
 * In a file, and as AFL++'s test case, a scenario is a binary slat-trace (model/trace/trace_binary.h). */
#ifndef FUZZ_SCENARIO_H
#define FUZZ_SCENARIO_H
#include <slat/slat.h>
#include "random.h"
#include "trace_binary.h"

enum {
  SCENARIO_MAX_EVENTS = 160, /* prologue included */
  SCENARIO_MAX_BYTES = (SCENARIO_MAX_EVENTS + 1) * SLAT_TRACE_RECORD,
  SCENARIO_STEPS = 24 /* events after the prologue of a generated scenario */
};

struct scenario {
  struct slat_config config;
  unsigned count;
  struct slat_event event[SCENARIO_MAX_EVENTS];
};

/** What a target can take. The generator and the mutator know nothing else of it. */
struct scenario_capabilities {
  unsigned vendors;      /* 1 << enum slat_vendor */
  unsigned stage2;       /* 1 << enum slat_stage2_kind */
  uint64_t memory_bytes; /* memory is [0, memory_bytes): a multiple of 2 MB, at least 4 MB */
  uint8_t maxphyaddr_min, maxphyaddr_max;
  bool page_1gb_always;  /* its processor has 1 GB pages, whatever the configuration says */
  bool pcid, pku, la57;  /* its processor may have them */
  bool stage2_5level;    /* EPT of 5 levels, and NPT under a host with CR4.LA57 = 1 */
  bool legacy_hosts;     /* NPT under a host in PAE or 32-bit paging */
  bool lam, lass, uai;   /* the same: and it does with linear addresses what they say */
  bool pse36_always;     /* its processor has PSE-36, whatever the configuration says */
  bool pae, bits32;      /* guests in PAE paging, in 32-bit paging */
  bool pdpte_registers;  /* AMD without nested paging: MOV to CR loads the PDPTEs of PAE paging into registers */
  bool paging_off;       /* scenarios with CR0.PG = 0: the linear address is the GPA */
  bool register_writes;  /* registers may be written after the prologue, besides RFLAGS */
  bool stores_by_access; /* accesses may store */
};

/** Observations, which say what a target did once, are left out: they are no part of what it is to do. */
enum slat_trace_status scenario_decode(struct scenario *scenario, const void *bytes, size_t size);
/** @return the size in bytes; 0 if it does not fit, which cannot happen with SCENARIO_MAX_BYTES. */
size_t scenario_encode(const struct scenario *scenario, void *bytes, size_t room);
/** Number of events in the prologue. */
unsigned scenario_prologue(const struct scenario *scenario);

/** Of the accesses, how many in a hundred the initial tables of both stages lead to a page, without regard to rights. */
unsigned scenario_reach(const struct scenario *scenario, const struct scenario_capabilities *can);

/** A new scenario, all of it from `random`. */
void scenario_generate(struct scenario *scenario, const struct scenario_capabilities *can, struct random *random);
/** Changes a scenario a little. @param other  what to splice with; NULL: nothing. */
void scenario_mutate(struct scenario *scenario, const struct scenario *other, const struct scenario_capabilities *can,
                     struct random *random);

#endif

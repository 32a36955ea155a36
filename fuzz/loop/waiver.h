/* SPDX-License-Identifier: BSD-2-Clause */
/* A waiver: what one target is known to do otherwise than the manual says. A predicate over a divergence; as narrow
 * as can be. */
#ifndef FUZZ_WAIVER_H
#define FUZZ_WAIVER_H
#include <string.h>
#include "target.h"

enum { WAIVERS_MAX = 32 };

/** One divergence, with all that a predicate may look at. */
struct divergence {
  enum observation observation;
  enum slat_rule rule; /* that was broken */
  const struct slat_machine *machine;
  const struct slat_memory *memory;
  const struct scenario *scenario; /* whose event `at` it was: what came before can be seen there */
  unsigned at;
  const bool *taken;   /* of each event before it: a register write after the prologue that was done */
  bool fresh_by_fault; /* the last thing that invalidated the page was a page fault, */
  unsigned fault_code; /* with this error code */
  const struct slat_access
    *access; /* OBSERVE_RIGHT: the one that the cached translation permits; NULL for OBSERVE_DATA and OBSERVE_WRITE */
  const struct slat_permitted *set;    /* NULL for OBSERVE_DATA */
  const struct slat_outcome *observed; /* NULL for OBSERVE_FLAGS and OBSERVE_DATA */
  uint64_t code_unknown;               /* bits of its code that the target does not give; in `set` they are open */
  uint64_t spa, before, after;         /* OBSERVE_FLAGS, OBSERVE_DATA: the word */
  const char *text;                    /* a target that gave no outcome: what it did; else NULL */
};

struct waiver {
  const char *id;
  const char *statement; /* what the target does, in one line */
  const char *manual;    /* the manual's sentence, with its source */
  bool writes;           /* of register writes (OBSERVE_WRITE), and of nothing else */
  bool report_only;      /* only the report of the fault differs: what else the access did is judged */
  const char *evidence;  /* where the target says so, or how it was seen */
  bool (*covers)(const struct divergence *divergence);
  const char *complaint; /* in place of covers(): complaints of the target with this text in them */
  const char *version;   /* for versions of the target that begin with this only; NULL: for all */
};

/** Has the target's version this waiver at all? */
static inline bool waiver_holds(const struct fuzz_target *target, const struct waiver *waiver)
{
  return !waiver->version || strncmp(target->version(), waiver->version, strlen(waiver->version)) == 0;
}

#endif

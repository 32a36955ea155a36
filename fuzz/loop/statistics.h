/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run has counted. It lies in a mapped file: processes of AFL++ come and go, the numbers stay. */
#ifndef FUZZ_STATISTICS_H
#define FUZZ_STATISTICS_H
#include <stdio.h>
#include "waiver.h"

/** Why something was not compared. */
enum skip {
  SKIP_INPUT_UNREADABLE,   /* whole input: not a binary slat-trace */
  SKIP_INPUT_UNSUPPORTED,  /* whole input: the model does not answer for its configuration or registers */
  SKIP_INPUT_REFUSED,      /* whole input: the target refuses its configuration or registers */
  SKIP_EVENT_INVALID,      /* event: a register value that no processor takes, a store outside of memory */
  SKIP_EVENT_REFUSED,      /* event: the target answers with #GP */
  SKIP_ACCESS_UNSUPPORTED, /* access: the model says "unsupported" */
  SKIP_STALE_STORE,        /* access: a store to its walk was not followed by an invalidation */
  SKIP_STALE_REGISTER,     /* access: the same after EFER.NXE was cleared */
  SKIP_UNTOLD_STORE,       /* access: memory was written behind the target's back */
  SKIP_OUTSIDE_MEMORY, /* access: its walk reads a table where the machine has no memory (a condition of the target) */
  SKIP_SELF_MODIFYING, /* access: setting a flag in a guest entry changes an EPT entry of the same walk */
  SKIP_UNOBSERVED,     /* access: the target cannot show it */
  SKIP_FLAGS_OVERWRITTEN, /* word: the access itself stored over the flags */
  SKIPS
};
extern const char *const skip_name[SKIPS];

enum { STATISTICS_VERSION = 3, FINDINGS_MAX = 256, FINDING_NAME = 120 };

struct finding_count {
  uint64_t times;
  char name[FINDING_NAME];
};

struct statistics {
  uint64_t version, size;
  uint64_t inputs, inputs_compared, accesses, judged_accesses;
  uint64_t comparisons[OBSERVATIONS], agreements, divergences, waived_total, unexplained;
  uint64_t translated, faulted; /* judged accesses, by what was observed */
  uint64_t skips[SKIPS];
  uint64_t set_size[SLAT_MAX_OUTCOMES + 1];          /* permitted outcomes of a judged access */
  uint64_t outcome[SLAT_OUTCOME_KINDS];              /* observed outcomes */
  uint64_t code_bit[SLAT_NESTED_PAGE_FAULT + 1][64]; /* bits of the code seen 1, by outcome kind */
  uint64_t fault_level[3][6];                        /* by stage and level of the entry that decided */
  uint64_t page_size[4];                             /* translated: 4 KB, 2 MB, 1 GB, 4 MB */
  uint64_t levels[6];             /* judged accesses by levels of guest paging: 2 is 32-bit paging, 3 PAE; 0: off */
  uint64_t rule[SLAT_RULE_COUNT]; /* rule decided something that was judged */
  uint64_t divergence_rule[SLAT_RULE_COUNT]; /* unexplained ones */
  uint64_t waived[WAIVERS_MAX];
  uint64_t canaries, canaries_missed; /* wrong observations, planted by the loop itself */
  uint64_t timed_inputs, loop_ticks, oracle_ticks;
  uint64_t complaints, fatal;
  uint64_t edges, edges_total;
  uint64_t findings;
  struct finding_count finding[FINDINGS_MAX];
};

/** Maps `path`, made if missing; NULL: private memory. @return NULL and errno. */
struct statistics *statistics_open(const char *path);
/** Writes them as one JSON object. */
void statistics_print(const struct statistics *statistics, const struct fuzz_target *target, FILE *out);
/** Why the run does not count, one line each. @return how many. */
unsigned statistics_check(const struct statistics *statistics, const struct fuzz_target *target, FILE *out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole trace, judged by all that its observations say: slat_judge() and slat_judge_update(), and besides them the
   fields of an outcome that most targets can not tell: final GPA, page size, memory type, what a fault invalidates. */
#ifndef SLAT_WITNESS_JUDGE_H
#define SLAT_WITNESS_JUDGE_H
#include "trace_json.h"

extern unsigned slat_deleted_rule; /* of the library from which one rule can be deleted */

enum verdict {
  VERDICT_AGREES,
  VERDICT_DIVERGES,
  VERDICT_UNSUPPORTED, /* at an access that has an observation */
  VERDICT_NONE         /* nothing was compared, or the trace is contradictory */
};
const char *verdict_name(enum verdict verdict);

struct judgement {
  enum verdict verdict;
  unsigned rule; /* DIVERGES: the rule that the oracle names, 0 if it does not compare what differs */
  size_t event;  /* DIVERGES, UNSUPPORTED: index of the access in the trace */
};

/* Is the observed outcome in the set, with every field that it has?  A page shift or GPA of 0 and an empty `invalidates`
   mean that the target did not tell. */
bool fully_permitted(const struct slat_permitted *set, const struct slat_outcome *observed);

/* Judges a trace with `deleted` deleted from the model (SLAT_RULE_NONE: nothing), up to the first divergence. */
struct judgement judge_trace(const struct slat_trace *trace, unsigned deleted);

/* Which rule does the model name, held against a target that lacks one: that answers as the model does without it?
   @return SLAT_RULE_NONE if the answers of both are the same in what slat_judge() and slat_judge_update() compare */
enum slat_rule named_without(const struct slat_trace *trace, unsigned rule);
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Replays a trace: memory, control state, and at each access the permitted set.
 *
 * Memory is sparse; where nothing was stored reads give 0.  An access is done if a TRANSLATED outcome is what was
 * observed for it (and the set has one), or, without an observation, what its walk ends in.  If it is done, the
 * required updates of accessed and dirty flags are applied, then its `value` is stored at the SPA of the set's
 * TRANSLATED outcome.  A register write is done likewise (WRITTEN), and then changes the registers.  Words that an observation lists then replace what the model thinks of them: what follows is
 * judged against the memory that the target has. */
#ifndef SLAT_CLI_REPLAY_H
#define SLAT_CLI_REPLAY_H
#include "trace_json.h"

struct word {
  uint64_t spa, value;
  bool used;
};

struct memory {
  struct word *words; /* open addressing, a power of two */
  size_t room, count;
};
uint64_t memory_read(void *context, uint64_t spa);

struct replay {
  const struct slat_trace *trace;
  struct slat_machine machine;
  struct memory memory;
  size_t next;   /* event to be fed next */
  size_t access; /* accesses so far */
  int failure;   /* exit code, if a call has failed */
};

/* One access or register write, before it changes anything. */
struct step {
  size_t number;                     /* from 1, both counted together */
  size_t index;                      /* of its event */
  const struct slat_event *access;   /* of kind ACCESS or WRITE */
  const struct slat_event *observed; /* NULL: none */
  size_t words;                      /* OBSERVED_WORDs, from observed + 1 */
  struct slat_permitted set;         /* of a write its outcomes only */
  struct slat_write_result write;
};
static inline bool step_is_write(const struct step *step)
{
  return step->access->kind == SLAT_EVENT_WRITE;
}

/* @return false with the failure reported on stderr. */
bool replay_open(struct replay *replay, const struct slat_trace *trace);
/* slat_feed(), but for observed words: they are of the replay's memory, and say nothing to the machine. */
enum slat_status replay_feed(struct slat_machine *machine, const struct slat_event *event);
/* Runs to the next access or register write.  @return false at the end, or at a failure: reported on stderr, and kept in `failure`. */
bool replay_next(struct replay *replay, struct step *step);
/* Applies what that access does to memory, or that write to the registers. */
bool replay_commit(struct replay *replay, const struct step *step);
void replay_close(struct replay *replay);

struct slat_memory replay_memory(struct replay *replay);
/* Does the data that the access stores fall into this word?  Then the word says nothing about flags. */
bool step_stores_into(const struct step *step, uint64_t spa);
#endif

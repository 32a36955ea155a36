/* SPDX-License-Identifier: BSD-2-Clause */
/* A target: the code under test behind one small interface. Reset it to a scenario; apply an event; observe an
 * access. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H
#include <slat/slat.h>
#include "../scenario/scenario.h"

/** What can be observed of a target. Each is held against the oracle's answer. */
enum observation {
  OBSERVE_WALK,   /* what the target's own software walk says */
  OBSERVE_ACCESS, /* what becomes of an access that is made: translated, or the fault that is injected */
  OBSERVE_RIGHT,  /* a cached translation permits an access without asking again (shadow entry, TLB entry) */
  OBSERVE_FLAGS,  /* a memory word during an access: accessed and dirty flags, and nothing else */
  OBSERVE_DATA,   /* memory words after the whole scenario: nothing else was written */
  OBSERVE_WRITE,  /* what becomes of a write of CR0, CR3, CR4 or EFER: done, or #GP */
  OBSERVATIONS
};
extern const char *const observation_name[OBSERVATIONS];

enum target_status {
  TARGET_OK,
  TARGET_REFUSED,            /* the target, or the machine it stands for, does not do this: nothing was changed */
  TARGET_GENERAL_PROTECTION, /* apply(): the register write is #GP: nothing was changed. Of CR0, CR3, CR4, EFER only */
  TARGET_BROKEN,             /* an error that no guest may cause: a finding */
  TARGET_UNTOLD /* store(): memory was written without the target's knowledge, as its user must not. From now on what it
                     caches may be wrong for ever; it must not crash, and its own walks must still be right */
};

/** One observed outcome of an access. */
struct observed {
  enum target_status status; /* REFUSED: this access cannot be observed. BROKEN: the target gave no outcome at all */
  struct slat_outcome outcome;
  uint64_t code_unknown; /* bits of outcome.code that the target does not produce */
  bool gpa_unknown;      /* the target does not tell outcome.gpa */
  const char *text;      /* status BROKEN: what happened; a string constant */
};

/** A translation that the target caches. */
struct cached_translation {
  bool present;
  uint64_t spa;
  /* [0] supervisor, [1] user: accesses that the processor would complete with it, under the present controls */
  bool permits[2][3]; /* by enum slat_access_kind */
};

struct waiver;

enum { TARGET_RULES = 8 };

struct fuzz_target {
  const char *name;
  const struct scenario_capabilities *can;
  const struct waiver *waivers; /* ends with a row whose id is NULL */

  /* What a run must have seen, or it fails. */
  uint32_t observations;                      /* 1 << enum observation */
  uint64_t codes[SLAT_NESTED_PAGE_FAULT + 1]; /* by outcome kind: bits of the code that must have been seen 1 */
  uint8_t fault_levels[3];                    /* by stage: 1 << level of the entry that decided a fault */
  uint8_t page_sizes;                         /* 1: 4 KB, 2: 2 MB, 4: 1 GB, 8: 4 MB */
  uint8_t levels;                             /* 1 << levels of guest paging: 2 is 32-bit paging, 3 PAE paging */
  uint16_t rules[TARGET_RULES];               /* enum slat_rule that must have decided something; 0: no more */

  bool caches; /* OBSERVE_ACCESS may lawfully use stale translations; OBSERVE_WALK never does */

  /** Once. @return NULL, or what went wrong. */
  const char *(*setup)(void);
  const char *(*version)(void);
  /** All memory 0, nothing cached, whatever happened before. */
  enum target_status (*reset)(const struct slat_config *config);
  /** Memory is written from outside. @param running  after start() @return OK, REFUSED or UNTOLD */
  enum target_status (*store)(uint64_t spa, uint64_t value, unsigned width, bool running);
  bool (*load)(uint64_t spa, void *to, unsigned bytes);
  /** Initial memory is there: take the registers of logical processor 0. */
  enum target_status (*start)(const struct slat_machine *machine);
  /** A register write, made with CS.L = 0, or an invalidation. @param after  the machine after it; if no write of that value can be
   *  done, as it is. */
  enum target_status (*apply)(const struct slat_event *event, const struct slat_machine *after);
  void (*walk)(const struct slat_machine *machine, const struct slat_access *access,
               struct observed *observed);                                   /* OBSERVE_WALK */
  void (*access)(const struct slat_event *event, struct observed *observed); /* OBSERVE_ACCESS */
  void (*look)(const struct slat_machine *machine, uint64_t linear,
               struct cached_translation *cached); /* OBSERVE_RIGHT */
  /** Next thing that went wrong inside the target since reset() (a warning, a sanitizer), as "KIND place: text";
   * NULL: no more. */
  const char *(*complaint)(unsigned index);
  /** Called once: what to do when the target cannot go on. `handler` does not return. */
  void (*on_fatal)(void (*handler)(const char *what));
  /** Branches of the target reached in this process; NULL: not known. */
  void (*edges)(uint64_t *hit, uint64_t *total);
};

/** The target that this program is built with. */
extern const struct fuzz_target fuzz_target;

#endif

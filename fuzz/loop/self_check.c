/* SPDX-License-Identifier: BSD-2-Clause */
/* Before a run: does the oracle tell right observations from wrong ones? The answers are written down here, from the
 * manual. */
#include "oracle.h"
#include <stdio.h>
#include <string.h>

enum { MEMORY = 0x8000 };

static uint64_t read_word(void *context, uint64_t spa)
{
  const uint64_t *word = context;

  return spa < MEMORY ? word[spa / 8] : 0;
}

struct question {
  const char *text;
  uint64_t pte; /* of linear address 0 */
  struct slat_access access;
  struct slat_outcome observed;
  bool right;
};

#define READ \
  { \
    .width = 8, .kind = SLAT_READ \
  }
#define WRITE \
  { \
    .width = 8, .kind = SLAT_WRITE \
  }
#define USER_READ \
  { \
    .width = 8, .kind = SLAT_READ, .user = true \
  }
#define USER_WRITE \
  { \
    .width = 8, .kind = SLAT_WRITE, .user = true \
  }
#define USER_FETCH \
  { \
    .width = 8, .kind = SLAT_FETCH, .user = true \
  }
#define DONE(address) \
  { \
    .kind = SLAT_TRANSLATED, .spa = (address), .gpa = (address), .page_shift = 12 \
  }
#define FAULT(error) \
  { \
    .kind = SLAT_PAGE_FAULT, .code = (error) \
  }

static const struct question questions[] = {
  { "a page that is mapped", 0x5067, READ, DONE(0x5000), true },
  { "the wrong frame", 0x5067, READ, DONE(0x6000), false },
  { "a fault on a mapped page", 0x5067, READ, FAULT(1), false },
  { "a page that is not present", 0x5066, READ, FAULT(0), true },
  { "an access through P = 0", 0x5066, READ, DONE(0x5000), false },
  { "P in the error code of a page that is not present", 0x5066, READ, FAULT(1), false },
  { "a write to a read-only page", 0x5065, USER_WRITE, FAULT(7), true },
  { "a write that R/W = 0 forbids", 0x5065, USER_WRITE, DONE(0x5000), false },
  { "an error code without W/R", 0x5065, USER_WRITE, FAULT(5), false },
  { "a user read of a supervisor page", 0x5063, USER_READ, FAULT(5), true },
  { "a user access to a supervisor page", 0x5063, USER_READ, DONE(0x5000), false },
  { "a supervisor write under CR0.WP = 1 to a read-only page", 0x5065, WRITE, DONE(0x5000), false },
  { "a fetch from an execute-disabled page", 1ULL << 63 | 0x5067, USER_FETCH, FAULT(0x15), true },
  { "a fetch that XD forbids", 1ULL << 63 | 0x5067, USER_FETCH, DONE(0x5000), false },
  { "an error code without I/D", 1ULL << 63 | 0x5067, USER_FETCH, FAULT(5), false },
  { "a reserved bit", 1ULL << 51 | 0x5067, READ, FAULT(9), true },
  { "an access through a reserved bit", 1ULL << 51 | 0x5067, READ, DONE(0x5000), false },
  { "an error code without RSVD", 1ULL << 51 | 0x5067, READ, FAULT(1), false },
};

struct update_question {
  const char *text;
  uint64_t pte, after;
  struct slat_access access;
  bool done, right;
};

static const struct update_question update_questions[] = {
  { "A and D set by a write", 0x5007, 0x5067, WRITE, true, true },
  { "A not set by an access", 0x5007, 0x5007, READ, true, false },
  { "D not set by a write", 0x5027, 0x5027, WRITE, true, false },
  { "D set by a read", 0x5007, 0x5067, READ, true, false },
  { "D set by a write that faults", 0x5025, 0x5065, USER_WRITE, false, false },
  { "R/W set", 0x5067, 0x5065, READ, true, false },
  { "another frame in the entry", 0x5067, 0x6067, READ, true, false },
};

/* PML4 at 0x1000, and so on down to the page table at 0x4000; all rights above. */
static enum slat_status permitted_for(uint64_t pte, const struct slat_access *access, struct slat_permitted *set)
{
  static uint64_t word[MEMORY / 8];
  const struct slat_memory memory = { .read = read_word, .context = word };
  const struct slat_config config = { .vendor = SLAT_INTEL, .maxphyaddr = 40, .nx = true };
  const struct slat_event cr3 = { .kind = SLAT_EVENT_REGISTER, .reg = SLAT_CR3, .value = 0x1000 };
  struct slat_machine machine;

  word[0x1000 / 8] = 0x2027;
  word[0x2000 / 8] = 0x3027;
  word[0x3000 / 8] = 0x4027;
  word[0x4000 / 8] = pte;
  if (slat_open(&machine, &config) != SLAT_OK || slat_feed(&machine, &cr3) != SLAT_OK)
    return SLAT_INVALID_EVENT;
  return slat_permitted(&machine, 0, &memory, access, set);
}

const char *oracle_self_check(const struct oracle *oracle)
{
  struct slat_permitted set;

  for (unsigned i = 0; i < sizeof questions / sizeof *questions; i++) {
    const struct question *q = &questions[i];

    if (permitted_for(q->pte, &q->access, &set) != SLAT_OK || oracle->judge(&set, &q->observed).permitted != q->right)
      return q->text;
  }
  for (unsigned i = 0; i < sizeof update_questions / sizeof *update_questions; i++) {
    const struct update_question *q = &update_questions[i];

    if (permitted_for(q->pte, &q->access, &set) != SLAT_OK ||
        (oracle->judge_update(&set, 0x4000, q->pte, q->after, q->done) == SLAT_RULE_NONE) != q->right)
      return q->text;
  }
  return NULL;
}

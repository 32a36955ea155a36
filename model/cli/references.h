/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory references of one two-dimensional walk, in the order in which the processor makes them. */
#ifndef SLAT_CLI_REFERENCES_H
#define SLAT_CLI_REFERENCES_H
#include "decode.h"

/* Theorem 12: (5 + 1)(4 + 1) - 1 at most. */
enum { MAX_REFERENCES = 35 };

struct reference {
  uint64_t spa, gpa; /* where it was read; the GPA of the guest entry, or the one that stage 2 translates */
  struct entry entry;
  bool guest;    /* an entry of the guest's tables; else of EPT or the nested tables */
  uint8_t step;  /* which translation it serves: guest entry of level 5..1, or 0: the final GPA */
  unsigned rule; /* that says what the entry is; SLAT_RULE_NONE: not told */
};

struct references {
  struct slat_linear linear; /* what was done with the linear address before the walk */
  struct slat_walk walk;
  struct reference reference[MAX_REFERENCES];
  unsigned count;
  bool final; /* the walk came to the translation of the final GPA */
};

/* Walks, and keeps each read of the library together with what it was for. */
void record_references(struct references *out, const struct slat_machine *machine, unsigned cpu,
                       const struct slat_memory *memory, const struct slat_access *access);

/* "guest PDE", "EPT PTE for guest PML4E", "nested PDPTE for the final GPA"; without stage 2 "PDE". */
void entry_name(char *text, size_t room, const struct slat_controls *controls, bool guest, unsigned level,
                unsigned step, bool with_purpose);
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings: each is a scenario in a file, with a text that says what was wrong. Distinct by name; the first of a
 * name is kept. */
#ifndef FUZZ_FINDING_H
#define FUZZ_FINDING_H
#include "statistics.h"

struct finding_store {
  const char *directory; /* NULL: findings are counted only */
  struct statistics *statistics;
};

/** The name of a divergence: rule, kind of observation, and what was seen in place of what: file name, and identity. */
void finding_name(const struct divergence *divergence, char name[FINDING_NAME]);
/** The name of something that the target complained of, or died of. */
void finding_name_of_text(const char *text, char name[FINDING_NAME]);
/** Counts the finding; if it is the first of its name, saves it before it returns: NAME.slat and NAME.txt.
 *  @return true: it was new. */
bool finding_save(struct finding_store *store, const char *name, const struct scenario *scenario, const char *text);
/** A divergence in words, for people. */
void finding_describe(const struct divergence *divergence, char *text, size_t room);

#endif

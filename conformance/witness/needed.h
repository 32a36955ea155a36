/* SPDX-License-Identifier: BSD-2-Clause */
/* Which rules need a witness: those of spec/rules.tsv that are modelled and have no exception. */
#ifndef SLAT_WITNESS_NEEDED_H
#define SLAT_WITNESS_NEEDED_H
#include "slat/slat.h"

/* @return false with a line on stderr: the file can not be read, or is not about the rules that were compiled in. */
bool needed_rules(const char *path, bool needed[SLAT_RULE_COUNT]);
/* The rule of that name, of `length` bytes; SLAT_RULE_NONE: there is none. */
unsigned rule_named(const char *name, size_t length);
#endif

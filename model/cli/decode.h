/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for what the manuals define: entries and their fields, codes and their bits, outcomes; as text and as JSON. */
#ifndef SLAT_CLI_DECODE_H
#define SLAT_CLI_DECODE_H
#include <jansson.h>

#include "slat/slat.h"

/* Whose format an entry has: guest tables have their vendor's, nested tables AMD's. */
enum entry_format { ENTRY_INTEL, ENTRY_EPT, ENTRY_AMD };

struct entry {
  enum entry_format format;
  unsigned level; /* 1..5 */
  uint8_t mode;   /* enum slat_paging_mode of a guest's entry; of stage 2's SLAT_PAGING_LONG */
  uint64_t value;
  bool leaf;   /* maps a page */
  bool keys;   /* protection keys are on: bits 62:59 of a guest leaf */
  bool ept_ad; /* EPTP bit 6: bits 9:8 of an EPT entry are flags */
};

const char *entry_level_name(unsigned level); /* "PTE", "PDE", "PDPTE", "PML4E", "PML5E" */

/* "P R/W U/S -   -   A D -  - -": each field that is set by its name, in the order of its bit, in columns. */
void entry_fields_text(const struct entry *entry, char *text, size_t room);
json_t *entry_fields_json(const struct entry *entry);
/* The address that the entry holds: of the next table, or of the page. */
uint64_t entry_address(const struct entry *entry);

/* One bit of an error code, exit qualification or EXITINFO1. */
struct code_bit {
  uint8_t bit;
  const char *name;
  const char *set, *clear; /* what 1 and 0 say; NULL: say nothing about that */
};
/* @return the bits that an outcome of this kind defines, and how many; NULL for a kind without code. */
const struct code_bit *code_bits(unsigned kind, size_t *count);

/* "page-fault, error_code 0x7, CR2 0x1000" */
void outcome_text(const struct slat_outcome *outcome, char *text, size_t room);
/* @param permitted  an element of a set: has rule, stage, level and undefined bits */
json_t *outcome_json(const struct slat_outcome *outcome, bool permitted);
/* The set, empty slots left out. */
json_t *outcomes_json(const struct slat_permitted *set);

json_t *hex_json(uint64_t value);
const char *rule_id(unsigned rule); /* "" for SLAT_RULE_NONE */
json_t *rule_json(unsigned rule);
/* Prints id and statement, then the source, both wrapped and indented. */
void print_rule(unsigned rule, int indent);
/* Prints an object as one line and releases it. */
void print_json(json_t *object);
#endif

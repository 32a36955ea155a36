/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for what the manuals define.  Nothing here judges: names are given to bits, that is all. */
#include "decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "trace_json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *entry_level_name(unsigned level)
{
  static const char *const names[] = { "", "PTE", "PDE", "PDPTE", "PML4E", "PML5E" };
  return level < COUNT(names) ? names[level] : "";
}

/* A field of one bit.  One that only a leaf has is ignored or reserved elsewhere. */
struct field {
  uint8_t bit;
  const char *name;
  bool leaf_only;
};

/* SDM, "Format of a Page-Table Entry that Maps a 4-KByte Page" and its siblings; APM, "4-Kbyte PTE - Long Mode". */
static const struct field intel_fields[] = { { 0, "P", false },   { 1, "R/W", false }, { 2, "U/S", false },
                                             { 3, "PWT", false }, { 4, "PCD", false }, { 5, "A", false },
                                             { 6, "D", true },    { 7, "PS", false },  { 8, "G", true },
                                             { 63, "XD", false } };
/* AMD calls bit 63 NX; the rest is the same. */
static const struct field amd_fields[] = { { 0, "P", false },   { 1, "R/W", false }, { 2, "U/S", false },
                                           { 3, "PWT", false }, { 4, "PCD", false }, { 5, "A", false },
                                           { 6, "D", true },    { 7, "PS", false },  { 8, "G", true },
                                           { 63, "NX", false } };
/* SDM, "Format of an EPT Page-Table Entry that Maps a 4-KByte Page" and its siblings. */
static const struct field ept_fields[] = { { 0, "R", false },   { 1, "W", false },  { 2, "X", false },
                                           { 6, "IPAT", true }, { 7, "PS", false }, { 8, "A", false },
                                           { 9, "D", true } };

static const struct field *fields_of(const struct entry *entry, size_t *count)
{
  switch (entry->format) {
  case ENTRY_EPT:
    *count = COUNT(ept_fields);
    return ept_fields;
  case ENTRY_AMD:
    *count = COUNT(amd_fields);
    return amd_fields;
  case ENTRY_INTEL:
  default:
    *count = COUNT(intel_fields);
    return intel_fields;
  }
}

static bool is_present(const struct entry *entry)
{
  return entry->format == ENTRY_EPT ? entry->value % 8 != 0 : entry->value % 2 != 0;
}

/* Bit 7 of a PTE is PAT; of an EPT PTE it is ignored. */
static const char *name_of(const struct entry *entry, const struct field *field)
{
  return field->bit == 7 && entry->level == 1 ? "PAT" : field->name;
}

static bool has_field(const struct entry *entry, const struct field *field)
{
  if (!is_present(entry) || (field->leaf_only && !entry->leaf))
    return false;
  if (entry->mode == SLAT_PAGING_PAE && entry->level == 3) /* PDPTE: P, PWT and PCD, the rest is reserved */
    return field->bit == 0 || field->bit == 3 || field->bit == 4;
  if (entry->format == ENTRY_EPT && field->bit == 7 && entry->level == 1)
    return false;
  return entry->format != ENTRY_EPT || field->bit < 8 || entry->ept_ad;
}

static const char *memory_type_name(unsigned memory_type)
{
  static const char *const names[8] = { "UC", "WC", "2", "3", "WT", "WP", "WB", "7" };
  return names[memory_type % 8];
}

static bool has_key(const struct entry *entry)
{
  return entry->keys && entry->leaf && entry->format != ENTRY_EPT && is_present(entry);
}

static unsigned key_of(const struct entry *entry)
{
  return (unsigned)(entry->value >> 59 & 15);
}

void entry_fields_text(const struct entry *entry, char *text, size_t room)
{
  size_t count, used = 0;
  const struct field *field = fields_of(entry, &count);
  text[0] = '\0';
  for (size_t i = 0; i < count && used < room; i++) {
    const bool set = has_field(entry, &field[i]) && entry->value >> field[i].bit % 64 & 1;
    if (entry->format == ENTRY_EPT && field[i].bit == 6) {
      char type[8] = "-";
      if (entry->leaf && is_present(entry))
        (void)snprintf(type, sizeof type, "MT=%s", memory_type_name(entry->value / 8 % 8));
      used += (size_t)snprintf(text + used, room - used, " %-5s", type);
    }
    const int width = field[i].bit == 7 ? 3 : (int)strlen(field[i].name);
    if (used < room)
      used += (size_t)snprintf(text + used, room - used, "%s%-*s", i == 0 ? "" : " ", width,
                               set ? name_of(entry, &field[i]) : "-");
  }
  if (has_key(entry) && used < room)
    (void)snprintf(text + used, room - used, " key=%u", key_of(entry));
}

json_t *entry_fields_json(const struct entry *entry)
{
  size_t count;
  const struct field *field = fields_of(entry, &count);
  json_t *object = json_object();
  for (size_t i = 0; i < count; i++)
    if (has_field(entry, &field[i]))
      (void)json_object_set_new(object, name_of(entry, &field[i]), json_boolean(entry->value >> field[i].bit % 64 & 1));
  if (entry->format == ENTRY_EPT && is_present(entry) && entry->leaf)
    (void)json_object_set_new(object, "MT", json_integer((json_int_t)(entry->value / 8 % 8)));
  if (has_key(entry))
    (void)json_object_set_new(object, "key", json_integer((json_int_t)key_of(entry)));
  if (is_present(entry))
    (void)json_object_set_new(object, "address", hex_json(entry_address(entry)));
  return object;
}

uint64_t entry_address(const struct entry *entry)
{
  if (entry->mode == SLAT_PAGING_32BIT && entry->level == 2 && entry->leaf)
    return (entry->value >> 13 & 0xff) << 32 | (entry->value >> 22 & 0x3ff) << 22;
  const unsigned low = entry->leaf ? 12 + 9 * (entry->level - 1) : 12;
  const uint64_t bits_51_0 = entry->value & ((UINT64_C(1) << 52) - 1);
  return bits_51_0 >> low << low;
}

/* SDM, "Interrupt 14 - Page-Fault Exception (#PF)", figure "Page-Fault Error Code"; APM, "Page-Fault Error Code". */
static const struct code_bit page_fault_bits[] = {
  { 0, "P", "the translation was present: a protection violation", "an entry was not present" },
  { 1, "W/R", "the access was a write", "the access was no write" },
  { 2, "U/S", "a user-mode access", "a supervisor-mode access" },
  { 3, "RSVD", "a reserved bit is set in an entry", "no reserved bit" },
  { 4, "I/D", "an instruction fetch", "no instruction fetch, or not told" },
  { 5, "PK", "protection keys deny it", NULL },
};
/* SDM, "Exit Qualification for EPT Violations". */
static const struct code_bit ept_violation_bits[] = {
  { 0, "read", "the access was a data read", NULL },
  { 1, "write", "the access was a data write", NULL },
  { 2, "fetch", "the access was an instruction fetch", NULL },
  { 3, "readable", "the guest-physical address was readable", "the guest-physical address was not readable" },
  { 4, "writeable", "the guest-physical address was writeable", "the guest-physical address was not writeable" },
  { 5, "executable", "the guest-physical address was executable", "the guest-physical address was not executable" },
  { 6, "user-executable", "executable for user-mode linear addresses", NULL },
  { 7, "linear", "the guest linear-address field is valid", "the guest linear-address field is not valid" },
  { 8, "final", "the access was to the translation of a linear address", "the access was to a guest paging structure" },
  { 9, "user", "advanced: a user-mode linear address", NULL },
  { 10, "read/write", "advanced: a read/write page", NULL },
  { 11, "XD", "advanced: an execute-disable page", NULL },
  { 12, "NMI-unblocking", "NMI unblocking due to IRET", NULL },
};
/* APM, "Nested versus Guest Page Faults, Fault Ordering". */
static const struct code_bit nested_page_fault_bits[] = {
  { 0, "P", "the nested page was present", "the nested page was not present" },
  { 1, "RW", "the nested access was a write", "the nested access was no write" },
  { 2, "US", "a user access for the nested walk", "a supervisor access for the nested walk" },
  { 3, "RSV", "a reserved bit is set in a nested entry", "no reserved bit" },
  { 4, "ID", "the nested access was a code read", "no code read, or not told" },
  { 32, "final", "faulted while translating the final guest-physical address", NULL },
  { 33, "tables", "faulted while translating a guest page table", NULL },
};

const struct code_bit *code_bits(unsigned kind, size_t *count)
{
  switch (kind) {
  case SLAT_PAGE_FAULT:
    *count = COUNT(page_fault_bits);
    return page_fault_bits;
  case SLAT_EPT_VIOLATION:
    *count = COUNT(ept_violation_bits);
    return ept_violation_bits;
  case SLAT_NESTED_PAGE_FAULT:
    *count = COUNT(nested_page_fault_bits);
    return nested_page_fault_bits;
  default:
    *count = 0;
    return NULL;
  }
}

void outcome_text(const struct slat_outcome *outcome, char *text, size_t room)
{
  const char *name = slat_outcome_kind_name(outcome->kind);
  size_t used = (size_t)snprintf(text, room, "%s", name == NULL ? "nothing" : name);
  const char *const fields[] = { outcome->kind == SLAT_TRANSLATED ? "spa" : NULL, slat_outcome_code_name(outcome->kind),
                                 slat_outcome_gpa_name(outcome->kind), slat_outcome_linear_name(outcome->kind) };
  const uint64_t values[] = { outcome->spa, outcome->code, outcome->gpa, outcome->linear };
  for (size_t i = 0; i < COUNT(fields); i++)
    if (fields[i] != NULL && used < room)
      used += (size_t)snprintf(text + used, room - used, ", %s 0x%" PRIx64,
                               i == 0                          ? "SPA"
                               : i == 2 && fields[i][0] == 'g' ? "GPA"
                                                               : fields[i],
                               values[i]);
  if (outcome->kind == SLAT_TRANSLATED && outcome->page_shift != 0 && used < room)
    (void)snprintf(text + used, room - used, ", %s page",
                   outcome->page_shift == 12   ? "4 KB"
                   : outcome->page_shift == 21 ? "2 MB"
                   : outcome->page_shift == 22 ? "4 MB"
                                               : "1 GB");
}

json_t *outcome_json(const struct slat_outcome *outcome, bool permitted)
{
  const char *code = slat_outcome_code_name(outcome->kind), *gpa = slat_outcome_gpa_name(outcome->kind);
  const char *linear = slat_outcome_linear_name(outcome->kind);
  size_t count;
  const struct code_bit *bits = code_bits(outcome->kind, &count);
  json_t *object = json_object();

  (void)json_object_set_new(object, "outcome", json_string(slat_outcome_kind_name(outcome->kind)));
  if (outcome->kind == SLAT_TRANSLATED)
    (void)json_object_set_new(object, "spa", hex_json(outcome->spa));
  if (code != NULL)
    (void)json_object_set_new(object, code, hex_json(outcome->code));
  if (gpa != NULL)
    (void)json_object_set_new(object, gpa, hex_json(outcome->gpa));
  if (linear != NULL)
    (void)json_object_set_new(object, linear, hex_json(outcome->linear));
  if (outcome->kind == SLAT_TRANSLATED) {
    (void)json_object_set_new(object, "page_shift", json_integer(outcome->page_shift));
    (void)json_object_set_new(object, "memory_type", json_integer(outcome->memory_type));
    (void)json_object_set_new(object, "ignore_pat", json_boolean(outcome->ignore_pat));
  }
  if (!permitted)
    return object;
  if (bits != NULL) {
    json_t *names = json_array();
    for (size_t i = 0; i < count; i++)
      if (outcome->code >> bits[i].bit & 1)
        (void)json_array_append_new(names, json_string(bits[i].name));
    (void)json_object_set_new(object, "bits", names);
    (void)json_object_set_new(object, "undefined_bits", hex_json(outcome->code_open));
    if (outcome->linear_open != 0)
      (void)json_object_set_new(object, "undefined_CR2_bits", hex_json(outcome->linear_open));
  }
  (void)json_object_set_new(object, "stage", json_integer(outcome->stage));
  (void)json_object_set_new(object, "level", json_integer(outcome->level));
  (void)json_object_set_new(object, "rule", rule_json(outcome->rule));
  return object;
}

json_t *outcomes_json(const struct slat_permitted *set)
{
  json_t *array = json_array();
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
    if (set->outcome[i].kind != SLAT_NO_OUTCOME)
      (void)json_array_append_new(array, outcome_json(&set->outcome[i], true));
  return array;
}

json_t *hex_json(uint64_t value)
{
  char text[19];
  (void)snprintf(text, sizeof text, "0x%" PRIx64, value);
  return json_string(text);
}

const char *rule_id(unsigned rule)
{
  const struct slat_rule_info *info = slat_rule_info(rule);
  return info == NULL ? "" : info->id;
}

json_t *rule_json(unsigned rule)
{
  const struct slat_rule_info *info = slat_rule_info(rule);
  return info == NULL ? json_null() : json_string(info->id);
}

void print_rule(unsigned rule, int indent)
{
  const struct slat_rule_info *info = slat_rule_info(rule);
  if (info == NULL)
    return;
  const int at = printf("%*s%s: ", indent, "", info->id);
  print_wrapped(info->statement, at, indent + 2);
  (void)printf("%*s", indent + 2, "");
  print_wrapped(info->source, indent + 2, indent + 2);
}

void print_json(json_t *object)
{
  (void)json_dumpf(object, stdout, JSON_PRESERVE_ORDER);
  (void)putchar('\n');
  json_decref(object);
}

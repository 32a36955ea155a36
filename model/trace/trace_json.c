/* SPDX-License-Identifier: BSD-2-Clause */
/* slat-trace v1 as JSON Lines.  Every object is checked against the list of its fields before any field is read,
   and every event by the binary form's encoder: what one form refuses the other refuses. */
#include "trace_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* -- Spellings ---------------------------------------------------------------------------------------------------- */

static const char *const register_names[SLAT_REGISTER_COUNT] = { [SLAT_CR0] = "CR0",
                                                                 [SLAT_CR3] = "CR3",
                                                                 [SLAT_CR4] = "CR4",
                                                                 [SLAT_EFER] = "EFER",
                                                                 [SLAT_RFLAGS] = "RFLAGS",
                                                                 [SLAT_EPTP] = "EPTP",
                                                                 [SLAT_NCR3] = "nCR3",
                                                                 [SLAT_HOST_CR0] = "host CR0",
                                                                 [SLAT_HOST_CR4] = "host CR4",
                                                                 [SLAT_HOST_EFER] = "host EFER",
                                                                 [SLAT_PKRU] = "PKRU",
                                                                 [SLAT_PKRS] = "IA32_PKRS",
                                                                 [SLAT_PDPTE0] = "PDPTE0",
                                                                 [SLAT_PDPTE1] = "PDPTE1",
                                                                 [SLAT_PDPTE2] = "PDPTE2",
                                                                 [SLAT_PDPTE3] = "PDPTE3",
                                                                 [SLAT_SECONDARY_CONTROLS] = "secondary controls",
                                                                 [SLAT_TERTIARY_CONTROLS] = "tertiary controls",
                                                                 [SLAT_NESTED_CONTROLS] = "nested controls",
                                                                 [SLAT_PML_INDEX] = "PML index" };
static const char *const access_kind_names[] = { [SLAT_READ] = "read", [SLAT_WRITE] = "write", [SLAT_FETCH] = "fetch" };
static const char *const vendor_names[] = { [SLAT_INTEL] = "intel", [SLAT_AMD] = "amd" };
static const char *const stage2_names[] = {
  [SLAT_STAGE2_NONE] = "none", [SLAT_STAGE2_EPT] = "ept", [SLAT_STAGE2_NPT] = "npt"
};

/* An outcome, and the names under which the manuals report its parts. */
static const struct outcome_form {
  const char *name, *code, *gpa, *linear;
} outcome_forms[] = {
  [SLAT_TRANSLATED] = { "translated", NULL, "gpa", NULL },
  [SLAT_NON_CANONICAL] = { "non-canonical", NULL, NULL, NULL },
  [SLAT_PAGE_FAULT] = { "page-fault", "error_code", NULL, "CR2" },
  [SLAT_EPT_VIOLATION] = { "ept-violation", "exit_qualification", "gpa", "linear" },
  [SLAT_EPT_MISCONFIG] = { "ept-misconfiguration", NULL, "gpa", NULL },
  [SLAT_NESTED_PAGE_FAULT] = { "nested-page-fault", "EXITINFO1", "EXITINFO2", NULL },
  [SLAT_WRITTEN] = { "written", NULL, NULL, NULL },
  [SLAT_GENERAL_PROTECTION] = { "general-protection", NULL, NULL, NULL },
  [SLAT_PML_FULL] = { "pml-full", NULL, NULL, NULL },
};

/* What a fault invalidates itself. */
static const struct {
  const char *name;
  uint8_t kind, bit;
} invalidations[] = { { "linear", SLAT_PAGE_FAULT, SLAT_INVALIDATES_LINEAR },
                      { "guest-physical", SLAT_EPT_VIOLATION, SLAT_INVALIDATES_GUEST_PHYSICAL },
                      { "combined", SLAT_EPT_VIOLATION, SLAT_INVALIDATES_COMBINED } };

static const struct feature {
  const char *name;
  size_t offset; /* of the bool in struct slat_config */
} features[] = {
  { "nx", offsetof(struct slat_config, nx) },
  { "page_1gb", offsetof(struct slat_config, page_1gb) },
  { "pse36", offsetof(struct slat_config, pse36) },
  { "amd_pdpte_registers", offsetof(struct slat_config, amd_pdpte_registers) },
  { "smep", offsetof(struct slat_config, smep) },
  { "smap", offsetof(struct slat_config, smap) },
  { "pcid", offsetof(struct slat_config, pcid) },
  { "la57", offsetof(struct slat_config, la57) },
  { "pku", offsetof(struct slat_config, pku) },
  { "pks", offsetof(struct slat_config, pks) },
  { "cet_ss", offsetof(struct slat_config, cet_ss) },
  { "lam", offsetof(struct slat_config, lam) },
  { "lass", offsetof(struct slat_config, lass) },
  { "uai", offsetof(struct slat_config, uai) },
  { "ept_execute_only", offsetof(struct slat_config, ept_execute_only) },
  { "ept_page_2mb", offsetof(struct slat_config, ept_page_2mb) },
  { "ept_page_1gb", offsetof(struct slat_config, ept_page_1gb) },
  { "ept_5level", offsetof(struct slat_config, ept_5level) },
  { "ept_sss", offsetof(struct slat_config, ept_sss) },
  { "ept_accessed_dirty", offsetof(struct slat_config, ept_accessed_dirty) },
  { "ept_advanced_info", offsetof(struct slat_config, ept_advanced_info) },
  { "ept_pml", offsetof(struct slat_config, ept_pml) },
};

/* The fields of each object, for the check and for the error message. */
static const char *const header_fields[] = { "slat-trace", "config", "note", NULL };
static const char *const config_fields[] = { "vendor",
                                             "stage2",
                                             "maxphyaddr",
                                             "nx",
                                             "page_1gb",
                                             "pse36",
                                             "amd_pdpte_registers",
                                             "smep",
                                             "smap",
                                             "pcid",
                                             "la57",
                                             "pku",
                                             "pks",
                                             "cet_ss",
                                             "lam",
                                             "lass",
                                             "uai",
                                             "ept_execute_only",
                                             "ept_page_2mb",
                                             "ept_page_1gb",
                                             "ept_5level",
                                             "ept_sss",
                                             "ept_accessed_dirty",
                                             "ept_advanced_info",
                                             "ept_pml",
                                             NULL };
static const char *const event_fields[] = { "cpu",    "register", "write", "store", "access",
                                            "invlpg", "observed", "note",  NULL };
static const char *const register_fields[] = { "name", "value", NULL };
static const char *const write_fields[] = { "name", "value", "cs_l", NULL };
static const char *const store_fields[] = { "spa", "width", "value", NULL };
static const char *const access_fields[] = { "linear",      "kind",         "width", "user",  "implicit",
                                             "cs_ss_fs_gs", "shadow_stack", "wruss", "value", NULL };
static const char *const invlpg_fields[] = { "linear", NULL };
static const char *const update_fields[] = { "spa", "value", NULL };

#define NAME_OF(table, index) ((index) < COUNT(table) ? (table)[index] : NULL)
const char *slat_register_name(unsigned reg)
{
  return NAME_OF(register_names, reg);
}
const char *slat_access_kind_name(unsigned kind)
{
  return NAME_OF(access_kind_names, kind);
}
const char *slat_vendor_name(unsigned vendor)
{
  return NAME_OF(vendor_names, vendor);
}
const char *slat_stage2_name(unsigned stage2)
{
  return NAME_OF(stage2_names, stage2);
}

/* The form of an outcome of this kind; one without names for a number out of range. */
static const struct outcome_form *form_of(unsigned kind)
{
  return &outcome_forms[kind < COUNT(outcome_forms) ? kind : SLAT_NO_OUTCOME];
}
const char *slat_outcome_kind_name(unsigned kind)
{
  return form_of(kind)->name;
}
const char *slat_outcome_code_name(unsigned kind)
{
  return form_of(kind)->code;
}
const char *slat_outcome_gpa_name(unsigned kind)
{
  return form_of(kind)->gpa;
}
const char *slat_outcome_linear_name(unsigned kind)
{
  return form_of(kind)->linear;
}

/* -- A trace in memory -------------------------------------------------------------------------------------------- */

void slat_trace_free(struct slat_trace *trace)
{
  for (size_t i = 0; i < trace->count; i++)
    free(trace->origins[i].note);
  free(trace->events);
  free(trace->origins);
  free(trace->note);
  memset(trace, 0, sizeof *trace);
}

void slat_trace_place(const struct slat_trace *trace, size_t event, char *text, size_t room)
{
  const size_t place = event < trace->count ? trace->origins[event].place : 0;
  (void)snprintf(text, room, trace->binary ? "%s: byte %zu" : "%s:%zu", trace->name, place);
}

static bool make_room(struct slat_trace *trace)
{
  if (trace->count < trace->room)
    return true;
  const size_t room = trace->room == 0 ? 64 : 2 * trace->room;
  struct slat_event *events = realloc(trace->events, room * sizeof *events);
  if (events == NULL)
    return false;
  trace->events = events;
  struct slat_trace_origin *origins = realloc(trace->origins, room * sizeof *origins);
  if (origins == NULL)
    return false;
  trace->origins = origins;
  trace->room = room;
  return true;
}

enum slat_trace_status slat_trace_append(struct slat_trace *trace, struct slat_trace_order *order,
                                         const struct slat_event *event, size_t place)
{
  uint8_t record[SLAT_TRACE_RECORD];
  enum slat_trace_status status = slat_trace_encode(event, record);
  if (status == SLAT_TRACE_OK && !make_room(trace))
    status = SLAT_TRACE_NO_ROOM;
  if (status == SLAT_TRACE_OK)
    status = slat_trace_order_next(order, event);
  if (status != SLAT_TRACE_OK)
    return status;
  (void)slat_trace_decode(record, &trace->events[trace->count]); /* canonical: unused fields are 0 */
  trace->origins[trace->count] = (struct slat_trace_origin){ .place = place };
  trace->count++;
  return SLAT_TRACE_OK;
}

/* -- Errors ------------------------------------------------------------------------------------------------------- */

/* One line of a trace as it is read. */
struct reading {
  struct slat_trace *trace;
  struct slat_trace_order order;
  struct slat_trace_error *error;
  size_t line;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct reading *r, const char *format, ...)
{
  va_list arguments;
  int used = snprintf(r->error->text, sizeof r->error->text, "%.120s:%zu: ", r->trace->name, r->line);
  if (used < 0 || (size_t)used >= sizeof r->error->text)
    used = 0;
  va_start(arguments, format);
  (void)vsnprintf(r->error->text + used, sizeof r->error->text - (size_t)used, format, arguments);
  va_end(arguments);
  /* What comes from the file may hold anything, and goes to a terminal. */
  for (char *c = r->error->text; *c != '\0'; c++)
    if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
      *c = '?';
  return false;
}

/* "a, b, c": the way out of an unknown name. */
static const char *list(char *text, size_t room, const char *const *names, size_t count)
{
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < count && used < room; i++)
    if (names[i] != NULL) {
      const int n = snprintf(text + used, room - used, "%s%s", used == 0 ? "" : ", ", names[i]);
      used += n < 0 ? 0 : (size_t)n;
    }
  return text;
}

/* -- Fields ------------------------------------------------------------------------------------------------------- */

static bool is_object_of(struct reading *r, const json_t *object, const char *what, const char *const *fields)
{
  const char *key;
  json_t *value;
  char known[200];
  size_t count = 0;
  if (!json_is_object(object))
    return refuse(r, "%s is not an object; write {\"field\": value, ...}", what);
  while (fields[count] != NULL)
    count++;
  json_object_foreach((json_t *)(uintptr_t)object, key, value)
  {
    size_t i = 0;
    while (i < count && strcmp(key, fields[i]) != 0)
      i++;
    if (i == count)
      return refuse(r, "unknown field \"%.40s\" in %s; known are: %s", key, what,
                    list(known, sizeof known, fields, count));
    if (strcmp(key, "note") == 0 && !json_is_string(value))
      return refuse(r, "\"note\" in %s is not a string", what);
  }
  return true;
}

/* The field of an object, if it is there at all. */
static bool has(const json_t *object, const char *field)
{
  return json_object_get(object, field) != NULL;
}

static bool get_hex(struct reading *r, const json_t *object, const char *field, uint64_t *result)
{
  const json_t *value = json_object_get(object, field);
  if (value == NULL)
    return refuse(r, "field \"%s\" is missing; add it as a hex string like \"0x1000\"", field);
  const char *text = json_string_value(value);
  const size_t length = json_string_length(value);
  if (text == NULL || length < 3 || length > 18 || text[0] != '0' || text[1] != 'x' ||
      strspn(text + 2, "0123456789abcdefABCDEF") != length - 2)
    return refuse(r, "\"%s\" is not a hex string; write \"0x\" and 1 to 16 hex digits", field);
  *result = strtoull(text + 2, NULL, 16);
  return true;
}

static bool get_small(struct reading *r, const json_t *object, const char *field, unsigned limit, uint8_t *result)
{
  const json_t *value = json_object_get(object, field);
  if (value == NULL)
    return refuse(r, "field \"%s\" is missing; add it as an integer 0 to %u", field, limit);
  if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > (json_int_t)limit)
    return refuse(r, "\"%s\" is not an integer 0 to %u", field, limit);
  *result = (uint8_t)json_integer_value(value);
  return true;
}

static bool get_width(struct reading *r, const json_t *object, uint8_t *result)
{
  const json_int_t width = json_integer_value(json_object_get(object, "width"));
  if (width != 1 && width != 2 && width != 4 && width != 8)
    return refuse(r, "\"width\" is missing or is not 1, 2, 4 or 8 (bytes)");
  *result = (uint8_t)width;
  return true;
}

/* Absent is false. */
static bool get_flag(struct reading *r, const json_t *object, const char *field, bool *result)
{
  const json_t *value = json_object_get(object, field);
  if (value != NULL && !json_is_boolean(value))
    return refuse(r, "\"%s\" is not true or false", field);
  *result = json_is_true(value);
  return true;
}

/* One word out of a list; the result is its index.  Empty slots of the list have no name. */
static bool get_name(struct reading *r, const json_t *object, const char *field, const char *const *names, size_t count,
                     uint8_t *result)
{
  char known[200];
  const char *text = json_string_value(json_object_get(object, field));
  for (size_t i = 0; text != NULL && i < count; i++)
    if (names[i] != NULL && strcmp(text, names[i]) == 0) {
      *result = (uint8_t)i;
      return true;
    }
  return refuse(r, "\"%s\" %s%.40s%s; it is one of: %s", field, text == NULL ? "is missing or no string" : "is \"",
                text == NULL ? "" : text, text == NULL ? "" : "\"", list(known, sizeof known, names, count));
}

/* -- Events ------------------------------------------------------------------------------------------------------- */

/* What the encoder refuses is said in its words, and with the way out in those of this form. */
static bool append(struct reading *r, const struct slat_event *event)
{
  static const char *const way_out[SLAT_TRACE_STATUS_COUNT] = {
    [SLAT_TRACE_BAD_ACCESS] =
      ("only kind \"write\" may have a \"value\", \"fetch\" is neither \"implicit\" nor \"shadow_stack\", and "
       "\"wruss\" is of a \"shadow_stack\" \"write\", not \"user\" nor \"implicit\""),
    [SLAT_TRACE_BAD_VALUE] = "widen \"width\" or cut the value",
    [SLAT_TRACE_BAD_ADDRESS] = "split the store, or list the whole word",
    [SLAT_TRACE_BAD_ORDER] = "put it on the line after its access or write, with an outcome of that",
    [SLAT_TRACE_BAD_REGISTER] = "only CR0, CR3, CR4 and EFER can be written",
    [SLAT_TRACE_TOO_BIG] = "split the trace",
  };
  const enum slat_trace_status status = slat_trace_append(r->trace, &r->order, event, r->line);
  if (status == SLAT_TRACE_OK)
    return true;
  if (status == SLAT_TRACE_NO_ROOM)
    return refuse(r, "out of memory");
  return refuse(r, "%s%s%s", slat_trace_status_text(status), way_out[status] == NULL ? "" : "; ",
                way_out[status] == NULL ? "" : way_out[status]);
}

static bool read_register(struct reading *r, const json_t *object, struct slat_event *event)
{
  event->kind = SLAT_EVENT_REGISTER;
  return is_object_of(r, object, "\"register\"", register_fields) &&
         get_name(r, object, "name", register_names, COUNT(register_names), &event->reg) &&
         get_hex(r, object, "value", &event->value) && append(r, event);
}

static bool read_write(struct reading *r, const json_t *object, struct slat_event *event)
{
  event->kind = SLAT_EVENT_WRITE;
  return is_object_of(r, object, "\"write\"", write_fields) &&
         get_name(r, object, "name", register_names, COUNT(register_names), &event->reg) &&
         get_hex(r, object, "value", &event->value) && get_flag(r, object, "cs_l", &event->cs_l) && append(r, event);
}

static bool read_store(struct reading *r, const json_t *object, struct slat_event *event)
{
  event->kind = SLAT_EVENT_STORE;
  return is_object_of(r, object, "\"store\"", store_fields) && get_hex(r, object, "spa", &event->address) &&
         get_width(r, object, &event->width) && get_hex(r, object, "value", &event->value) && append(r, event);
}

static bool read_access(struct reading *r, const json_t *object, struct slat_event *event)
{
  struct slat_access *access = &event->access;
  event->kind = SLAT_EVENT_ACCESS;
  if (!is_object_of(r, object, "\"access\"", access_fields))
    return false;
  event->stores = has(object, "value");
  return get_hex(r, object, "linear", &access->linear) &&
         get_name(r, object, "kind", access_kind_names, COUNT(access_kind_names), &access->kind) &&
         get_width(r, object, &access->width) && get_flag(r, object, "user", &access->user) &&
         get_flag(r, object, "implicit", &access->implicit) &&
         get_flag(r, object, "cs_ss_fs_gs", &access->cs_ss_fs_gs) &&
         get_flag(r, object, "shadow_stack", &access->shadow_stack) && get_flag(r, object, "wruss", &access->wruss) &&
         (!event->stores || get_hex(r, object, "value", &event->value)) && append(r, event);
}

static bool read_invlpg(struct reading *r, const json_t *object, struct slat_event *event)
{
  event->kind = SLAT_EVENT_INVLPG;
  return is_object_of(r, object, "\"invlpg\"", invlpg_fields) && get_hex(r, object, "linear", &event->address) &&
         append(r, event);
}

/* Fields that a target may not know are 0 if absent: GPA, page size and memory type of a translation. */
static bool read_translated(struct reading *r, const json_t *object, struct slat_outcome *outcome)
{
  static const uint8_t shifts[] = { 0, 12, 21, 22, 30 };
  if (!get_hex(r, object, "spa", &outcome->spa) || (has(object, "gpa") && !get_hex(r, object, "gpa", &outcome->gpa)) ||
      (has(object, "page_shift") && !get_small(r, object, "page_shift", 30, &outcome->page_shift)) ||
      (has(object, "memory_type") && !get_small(r, object, "memory_type", 7, &outcome->memory_type)) ||
      !get_flag(r, object, "ignore_pat", &outcome->ignore_pat))
    return false;
  if (memchr(shifts, outcome->page_shift, sizeof shifts) == NULL)
    return refuse(r, "\"page_shift\" is not 12, 21, 22 or 30 (or 0, if the target does not tell)");
  return true;
}

static bool read_invalidates(struct reading *r, const json_t *list, struct slat_outcome *outcome)
{
  size_t i;
  const json_t *item;
  if (!json_is_array(list) || json_array_size(list) == 0)
    return refuse(r, "\"invalidates\" is not an array of names; leave it out if the target does not tell");
  json_array_foreach(list, i, item)
  {
    const char *name = json_is_string(item) ? json_string_value(item) : "";
    size_t known = 0;
    while (known < COUNT(invalidations) &&
           (invalidations[known].kind != outcome->kind || strcmp(invalidations[known].name, name) != 0))
      known++;
    if (known == COUNT(invalidations) || (outcome->invalidates & invalidations[known].bit) != 0)
      return refuse(r, "\"invalidates\" has an unknown name, or one twice; a page fault has \"linear\", an EPT "
                       "violation \"guest-physical\" and \"combined\"");
    outcome->invalidates |= invalidations[known].bit;
  }
  return true;
}

static bool read_updates(struct reading *r, const json_t *updates, uint8_t cpu)
{
  size_t i;
  const json_t *update;
  if (!json_is_array(updates))
    return refuse(r, "\"updates\" is not an array; write [{\"spa\": \"0x...\", \"value\": \"0x...\"}, ...]");
  json_array_foreach(updates, i, update)
  {
    struct slat_event word = { .kind = SLAT_EVENT_OBSERVED_WORD, .cpu = cpu };
    if (!is_object_of(r, update, "an element of \"updates\"", update_fields) ||
        !get_hex(r, update, "spa", &word.address) || !get_hex(r, update, "value", &word.value) || !append(r, &word))
      return false;
  }
  return true;
}

static bool read_observed(struct reading *r, const json_t *object, struct slat_event *event)
{
  const char *names[COUNT(outcome_forms)];
  struct slat_outcome *outcome = &event->outcome;
  event->kind = SLAT_EVENT_OBSERVED;
  for (size_t i = 0; i < COUNT(names); i++)
    names[i] = outcome_forms[i].name;
  if (!json_is_object(object))
    return refuse(r, "\"observed\" is not an object; write {\"outcome\": ...}");
  if (!get_name(r, object, "outcome", names, COUNT(names), &outcome->kind))
    return false;

  const struct outcome_form *form = form_of(outcome->kind);
  const bool translated = outcome->kind == SLAT_TRANSLATED;
  const char *known[12];
  size_t count = 0;
  known[count++] = "outcome";
  known[count++] = "updates";
  if (translated) {
    known[count++] = "spa";
    known[count++] = "page_shift";
    known[count++] = "memory_type";
    known[count++] = "ignore_pat";
  }
  if (outcome->kind == SLAT_PAGE_FAULT || outcome->kind == SLAT_EPT_VIOLATION)
    known[count++] = "invalidates";
  if (form->code != NULL)
    known[count++] = form->code;
  if (form->gpa != NULL)
    known[count++] = form->gpa;
  if (form->linear != NULL)
    known[count++] = form->linear;
  known[count] = NULL;
  if (!is_object_of(r, object, "\"observed\" of this outcome", known))
    return false;

  if (translated ? !read_translated(r, object, outcome)
                 : (form->code != NULL && !get_hex(r, object, form->code, &outcome->code)) ||
                     (form->gpa != NULL && !get_hex(r, object, form->gpa, &outcome->gpa)) ||
                     (form->linear != NULL && !get_hex(r, object, form->linear, &outcome->linear)))
    return false;
  if (has(object, "invalidates") && !read_invalidates(r, json_object_get(object, "invalidates"), outcome))
    return false;
  return append(r, event) &&
         (!has(object, "updates") || read_updates(r, json_object_get(object, "updates"), event->cpu));
}

static bool copy_note(struct reading *r, const json_t *object, char **note)
{
  const char *text = json_string_value(json_object_get(object, "note"));
  if (text != NULL && (*note = strdup(text)) == NULL)
    return refuse(r, "out of memory");
  return true;
}

static bool read_event(struct reading *r, const json_t *object)
{
  static const struct {
    const char *name;
    bool (*read)(struct reading *r, const json_t *object, struct slat_event *event);
  } kinds[] = { { "register", read_register }, { "write", read_write },   { "store", read_store },
                { "access", read_access },     { "invlpg", read_invlpg }, { "observed", read_observed } };
  struct slat_event event;
  const size_t first = r->trace->count;
  size_t kind = COUNT(kinds);

  memset(&event, 0, sizeof event);
  if (!is_object_of(r, object, "the line", event_fields) || !get_small(r, object, "cpu", SLAT_MAX_CPUS - 1, &event.cpu))
    return false;
  for (size_t i = 0; i < COUNT(kinds); i++)
    if (has(object, kinds[i].name)) {
      if (kind != COUNT(kinds))
        return refuse(r, "\"%s\" and \"%s\" in one line; write one event a line", kinds[kind].name, kinds[i].name);
      kind = i;
    }
  if (kind == COUNT(kinds))
    return refuse(r, "no event; a line has one of: register, write, store, access, invlpg, observed");
  return kinds[kind].read(r, json_object_get(object, kinds[kind].name), &event) &&
         copy_note(r, object, &r->trace->origins[first].note);
}

static bool read_header(struct reading *r, const json_t *object)
{
  struct slat_config *config = &r->trace->config;
  const json_t *version = json_object_get(object, "slat-trace");
  const json_t *fields = json_object_get(object, "config");

  if (version == NULL)
    return refuse(r, "not a slat-trace; the first line must be {\"slat-trace\": 1, \"config\": {...}}");
  if (!json_is_integer(version) || json_integer_value(version) != SLAT_TRACE_VERSION)
    return refuse(r, "\"slat-trace\" is not 1; this program reads version 1 only");
  if (!is_object_of(r, object, "the first line", header_fields) ||
      !is_object_of(r, fields, "\"config\"", config_fields) ||
      !get_name(r, fields, "vendor", vendor_names, COUNT(vendor_names), &config->vendor) ||
      !get_name(r, fields, "stage2", stage2_names, COUNT(stage2_names), &config->stage2) ||
      !get_small(r, fields, "maxphyaddr", 255, &config->maxphyaddr))
    return false;
  for (size_t i = 0; i < COUNT(features); i++)
    if (!get_flag(r, fields, features[i].name, (bool *)((char *)config + features[i].offset)))
      return false;
  return copy_note(r, object, &r->trace->note);
}

static bool read_line(struct reading *r, const char *bytes, size_t length, bool last)
{
  json_error_t why;
  if (length > SLAT_TRACE_MAX_LINE)
    return refuse(r, "too big: the line has more than %d bytes; write one event a line", SLAT_TRACE_MAX_LINE);
  json_t *object = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &why);
  if (object == NULL)
    return refuse(r, "%s: %.120s; %s", last ? "truncated, or no JSON" : "no JSON", why.text,
                  last ? "record the trace again" : "one JSON object a line is needed");
  const bool good = r->line == 1 ? read_header(r, object) : read_event(r, object);
  json_decref(object);
  return good;
}

static bool read_json(struct reading *r, const char *bytes, size_t size)
{
  size_t offset = 0;
  r->line = 1;
  if (size == 0)
    return refuse(r, "empty; the first line must be {\"slat-trace\": 1, \"config\": {...}}");
  if (size > SLAT_TRACE_MAX_JSON)
    return refuse(r, "too big: more than %zu bytes; split the trace", SLAT_TRACE_MAX_JSON);
  for (; offset < size; r->line++) {
    const char *newline = memchr(bytes + offset, '\n', size - offset);
    const size_t length = newline == NULL ? size - offset : (size_t)(newline - (bytes + offset));
    if (!read_line(r, bytes + offset, length, offset + length + 1 >= size))
      return false;
    offset += length + (newline != NULL);
  }
  return true;
}

static bool read_binary(struct reading *r, const void *bytes, size_t size)
{
  struct slat_trace_reader reader;
  struct slat_event event;
  r->trace->binary = true;
  enum slat_trace_status status = slat_trace_begin(&reader, bytes, size, &r->trace->config);
  if (status == SLAT_TRACE_OK)
    while ((status = slat_trace_next(&reader, &event)) == SLAT_TRACE_OK)
      if ((status = slat_trace_append(r->trace, &r->order, &event, reader.offset - SLAT_TRACE_RECORD)) != SLAT_TRACE_OK)
        break;
  if (status == SLAT_TRACE_END)
    return true;
  (void)snprintf(r->error->text, sizeof r->error->text, "%.120s: byte %zu: %s; record or convert the trace again",
                 r->trace->name, reader.offset,
                 status == SLAT_TRACE_NO_ROOM ? "out of memory" : slat_trace_status_text(status));
  return false;
}

bool slat_trace_read(struct slat_trace *trace, const char *name, const void *bytes, size_t size,
                     struct slat_trace_error *error)
{
  struct reading r = { .trace = trace, .error = error };
  memset(trace, 0, sizeof *trace);
  trace->name = name;
  const bool binary = size >= 4 && memcmp(bytes, "SLT1", 4) == 0;
  if (binary ? read_binary(&r, bytes, size) : read_json(&r, bytes, size))
    return true;
  slat_trace_free(trace);
  return false;
}

bool slat_trace_read_stream(struct slat_trace *trace, const char *name, FILE *stream, struct slat_trace_error *error)
{
  size_t room = 1 << 16, size = 0;
  char *bytes = malloc(room);
  bool good = false;

  while (bytes != NULL) {
    size += fread(bytes + size, 1, room - size, stream);
    if (size < room || room > SLAT_TRACE_MAX_JSON)
      break;
    room *= 2;
    char *more = realloc(bytes, room);
    if (more == NULL)
      free(bytes);
    bytes = more;
  }
  if (bytes == NULL)
    (void)snprintf(error->text, sizeof error->text, "%.120s: out of memory", name);
  else if (ferror(stream))
    (void)snprintf(error->text, sizeof error->text, "%.120s: cannot be read: %s", name, strerror(errno));
  else
    good = slat_trace_read(trace, name, bytes, size, error);
  free(bytes);
  return good;
}

/* -- Writing ------------------------------------------------------------------------------------------------------ */

static json_t *hex(uint64_t value)
{
  char text[19];
  (void)snprintf(text, sizeof text, "0x%" PRIx64, value);
  return json_string(text);
}

/* jansson carries a failed allocation on: a NULL value makes json_object_set_new() fail, so `good` sums up all. */
static bool put(json_t *object, const char *field, json_t *value)
{
  return json_object_set_new(object, field, value) == 0;
}

static bool put_note(json_t *object, const char *note)
{
  return note == NULL || put(object, "note", json_string(note));
}

static bool write_object(json_t *object, bool good, FILE *stream)
{
  good = good && json_dumpf(object, stream, JSON_PRESERVE_ORDER) == 0 && fputc('\n', stream) != EOF;
  json_decref(object);
  return good;
}

static bool write_header(const struct slat_trace *trace, FILE *stream)
{
  const struct slat_config *config = &trace->config;
  json_t *line = json_object();
  json_t *fields = json_object();
  bool good = put(fields, "vendor", json_string(slat_vendor_name(config->vendor))) &&
              put(fields, "stage2", json_string(slat_stage2_name(config->stage2))) &&
              put(fields, "maxphyaddr", json_integer(config->maxphyaddr));
  for (size_t i = 0; i < COUNT(features); i++)
    if (*(const bool *)((const char *)config + features[i].offset))
      good = good && put(fields, features[i].name, json_true());
  good = put(line, "slat-trace", json_integer(SLAT_TRACE_VERSION)) && good;
  good = put(line, "config", fields) && good;
  return write_object(line, good && put_note(line, trace->note), stream);
}

static bool put_access(json_t *object, const struct slat_event *event)
{
  const struct slat_access *access = &event->access;
  return put(object, "linear", hex(access->linear)) &&
         put(object, "kind", json_string(slat_access_kind_name(access->kind))) &&
         put(object, "width", json_integer(access->width)) && put(object, "user", json_boolean(access->user)) &&
         put(object, "implicit", json_boolean(access->implicit)) &&
         (!access->cs_ss_fs_gs || put(object, "cs_ss_fs_gs", json_true())) &&
         (!access->shadow_stack || put(object, "shadow_stack", json_true())) &&
         (!access->wruss || put(object, "wruss", json_true())) &&
         (!event->stores || put(object, "value", hex(event->value)));
}

/* `words` are the OBSERVED_WORDs that follow, `count` of them. */
static bool put_observed(json_t *object, const struct slat_outcome *outcome, const struct slat_event *words,
                         size_t count)
{
  const struct outcome_form *form = form_of(outcome->kind);
  bool good = put(object, "outcome", json_string(form->name));
  if (outcome->kind == SLAT_TRANSLATED)
    good = good && put(object, "spa", hex(outcome->spa));
  if (form->code != NULL)
    good = good && put(object, form->code, hex(outcome->code));
  if (form->gpa != NULL)
    good = good && put(object, form->gpa, hex(outcome->gpa));
  if (form->linear != NULL)
    good = good && put(object, form->linear, hex(outcome->linear));
  if (outcome->kind == SLAT_TRANSLATED)
    good = good && put(object, "page_shift", json_integer(outcome->page_shift)) &&
           put(object, "memory_type", json_integer(outcome->memory_type)) &&
           put(object, "ignore_pat", json_boolean(outcome->ignore_pat));
  if (outcome->invalidates != 0 && (outcome->kind == SLAT_PAGE_FAULT || outcome->kind == SLAT_EPT_VIOLATION)) {
    json_t *list = json_array();
    for (size_t i = 0; i < COUNT(invalidations); i++)
      if (outcome->kind == invalidations[i].kind && (outcome->invalidates & invalidations[i].bit) != 0)
        good = json_array_append_new(list, json_string(invalidations[i].name)) == 0 && good;
    good = put(object, "invalidates", list) && good;
  }
  if (count == 0)
    return good;

  json_t *updates = json_array();
  for (size_t i = 0; i < count; i++) {
    json_t *update = json_object();
    good = good && put(update, "spa", hex(words[i].address)) && put(update, "value", hex(words[i].value));
    good = json_array_append_new(updates, update) == 0 && good;
  }
  return put(object, "updates", updates) && good;
}

/* @return how many events of the trace the line holds; 0 for a failure. */
static size_t write_event(const struct slat_trace *trace, size_t first, FILE *stream)
{
  static const char *const names[] = {
    [SLAT_EVENT_REGISTER] = "register", [SLAT_EVENT_STORE] = "store",       [SLAT_EVENT_ACCESS] = "access",
    [SLAT_EVENT_INVLPG] = "invlpg",     [SLAT_EVENT_OBSERVED] = "observed", [SLAT_EVENT_WRITE] = "write"
  };
  const struct slat_event *event = &trace->events[first];
  json_t *line = json_object();
  json_t *object = json_object();
  size_t words = 0;
  bool good;

  switch (event->kind) {
  case SLAT_EVENT_REGISTER:
    good = put(object, "name", json_string(slat_register_name(event->reg))) && put(object, "value", hex(event->value));
    break;
  case SLAT_EVENT_STORE:
    good = put(object, "spa", hex(event->address)) && put(object, "width", json_integer(event->width)) &&
           put(object, "value", hex(event->value));
    break;
  case SLAT_EVENT_ACCESS:
    good = put_access(object, event);
    break;
  case SLAT_EVENT_INVLPG:
    good = put(object, "linear", hex(event->address));
    break;
  case SLAT_EVENT_WRITE:
    good = put(object, "name", json_string(slat_register_name(event->reg))) &&
           put(object, "value", hex(event->value)) && put(object, "cs_l", json_boolean(event->cs_l));
    break;
  default: /* OBSERVED; a word stands after its observation, and was written with it */
    while (first + 1 + words < trace->count && event[1 + words].kind == SLAT_EVENT_OBSERVED_WORD)
      words++;
    good = put_observed(object, &event->outcome, event + 1, words);
    break;
  }
  good = put(line, "cpu", json_integer(event->cpu)) && good;
  good = put(line, names[event->kind], object) && good;
  return write_object(line, good && put_note(line, trace->origins[first].note), stream) ? 1 + words : 0;
}

bool slat_trace_write_json(const struct slat_trace *trace, FILE *stream)
{
  if (!write_header(trace, stream))
    return false;
  for (size_t i = 0, used; i < trace->count; i += used)
    if ((used = write_event(trace, i, stream)) == 0)
      return false;
  return true;
}

bool slat_trace_write_binary(const struct slat_trace *trace, FILE *stream)
{
  uint8_t record[SLAT_TRACE_RECORD];
  if (slat_trace_encode_config(&trace->config, record) != SLAT_TRACE_OK ||
      fwrite(record, sizeof record, 1, stream) != 1)
    return false;
  for (size_t i = 0; i < trace->count; i++)
    if (slat_trace_encode(&trace->events[i], record) != SLAT_TRACE_OK || fwrite(record, sizeof record, 1, stream) != 1)
      return false;
  return true;
}

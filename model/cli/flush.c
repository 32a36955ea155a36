/* SPDX-License-Identifier: BSD-2-Clause */
/* slat flush-needed: an entry is changed; must something be invalidated, and what is enough? */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "decode.h"

enum table { TABLE_GUEST, TABLE_EPT, TABLE_NPT };
static const char *const table_names[] = { "guest", "ept", "npt" };
static const char *const stage2_names[] = { "none", "ept", "npt" };
static const char *const need_names[] = { "nothing", "nothing-but-one-fault", "for-flags", "invalidation" };

struct arguments {
  enum format format;
  enum table table;
  uint8_t stage2; /* enum slat_stage2_kind */
  bool vendor_given, amd, pcide, no_smep;
  unsigned level, values;
  uint64_t value[2];
};

/* The index of a word among `count` ones, or a usage error that names `what`. */
static unsigned parse_word(const char *text, const char *const *names, unsigned count, const char *what,
                           struct argp_state *state)
{
  for (unsigned i = 0; i < count; i++)
    if (strcmp(text, names[i]) == 0)
      return i;
  argp_error(state, "%s is `%s'; it is one of: %s, %s%s%s", what, text, names[0], names[1], count > 2 ? ", " : "",
             count > 2 ? names[2] : "");
  return 0;
}

static uint64_t parse_entry(const char *text, struct argp_state *state)
{
  char *end;
  errno = 0;
  const unsigned long long value = strtoull(text, &end, 16);
  if (errno != 0 || end == text || *end != '\0' || text[0] == '-')
    argp_error(state, "an entry is `%s'; it is a hexadecimal number of 64 bits", text);
  return value;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
  static const char *const vendors[] = { "intel", "amd" };
  struct arguments *arguments = state->input;
  switch (key) {
  case 'f':
    arguments->format = parse_format(text, state);
    return 0;
  case 't':
    arguments->table = (enum table)parse_word(text, table_names, 3, "the table", state);
    return 0;
  case 's':
    arguments->stage2 = (uint8_t)parse_word(text, stage2_names, 3, "the second stage", state);
    return 0;
  case 'v':
    arguments->vendor_given = true;
    arguments->amd = parse_word(text, vendors, 2, "the vendor", state) == 1;
    return 0;
  case 'l':
    arguments->level = (unsigned)parse_number(text, "the level", state);
    if (arguments->level > 5)
      argp_error(state, "the level is `%s'; it is 1 (PTE) to 5 (PML5E)", text);
    return 0;
  case 'p':
    arguments->pcide = true;
    return 0;
  case 'S':
    arguments->no_smep = true;
    return 0;
  case ARGP_KEY_ARG:
    if (arguments->values == 2)
      argp_error(state, "two entries, not three: `%s'", text);
    arguments->value[arguments->values++] = parse_entry(text, state);
    return 0;
  case ARGP_KEY_END:
    if (arguments->values < 2)
      argp_error(state, "two entries are expected, as they were and as they are: BEFORE AFTER");
    if (arguments->table != TABLE_GUEST)
      arguments->stage2 = arguments->table == TABLE_EPT ? SLAT_STAGE2_EPT : SLAT_STAGE2_NPT;
    if (arguments->vendor_given && arguments->stage2 != SLAT_STAGE2_NONE &&
        arguments->amd != (arguments->stage2 == SLAT_STAGE2_NPT))
      argp_error(state, "EPT is Intel's and nested paging AMD's");
    if (arguments->stage2 != SLAT_STAGE2_NONE)
      arguments->amd = arguments->stage2 == SLAT_STAGE2_NPT;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* A processor that has every feature on which the format of an entry depends, in long mode. */
static struct slat_controls controls_of(const struct arguments *arguments)
{
  const struct slat_config config = { .vendor = arguments->amd ? SLAT_AMD : SLAT_INTEL,
                                      .stage2 = arguments->stage2,
                                      .maxphyaddr = 52,
                                      .nx = true,
                                      .page_1gb = true,
                                      .smep = true,
                                      .la57 = true,
                                      .ept_execute_only = arguments->stage2 == SLAT_STAGE2_EPT,
                                      .ept_page_2mb = arguments->stage2 == SLAT_STAGE2_EPT,
                                      .ept_page_1gb = arguments->stage2 == SLAT_STAGE2_EPT,
                                      .ept_accessed_dirty = arguments->stage2 == SLAT_STAGE2_EPT };
  static struct slat_machine machine;
  struct slat_controls controls;

  (void)slat_open(&machine, &config);
  controls = machine.cpu[0].controls;
  controls.smep = !arguments->no_smep;
  controls.ept_ad = arguments->stage2 == SLAT_STAGE2_EPT;
  return controls;
}

/* What may have been made of the old entry: each is one of many that an operation treats alike. */
struct family {
  struct slat_mapping mapping;
  const char *name;
};
enum { MAX_FAMILIES = 12 };

struct families {
  struct family family[MAX_FAMILIES];
  unsigned count;
};

static void add(struct families *all, struct slat_mapping mapping, const char *name)
{
  all->family[all->count++] = (struct family){ mapping, name };
}

/* The region that an entry covers begins at address 0: which one it is makes no difference. */
static uint64_t last_of(unsigned level)
{
  return ((uint64_t)0x1000 << 9 * (level - 1)) - 1;
}

static struct families families_of(const struct arguments *arguments, const struct slat_tags *tags, bool leaf)
{
  const uint64_t last = last_of(arguments->level);
  /* A page below a table that the operation does not name, unless it names all. */
  const uint64_t first = leaf ? 0 : 0x1000, end = leaf ? last : 0x1FFF;
  struct families all = { .count = 0 };
  struct slat_mapping m = { .kind = arguments->stage2 == SLAT_STAGE2_NONE ? SLAT_LINEAR : SLAT_COMBINED,
                            .space = tags->space,
                            .pcid = tags->pcid,
                            .root = tags->root,
                            .first = first,
                            .last = end };

  if (arguments->table == TABLE_GUEST) {
    m.global = leaf && arguments->value[0] / 0x100 % 2 == 1;
    add(&all, m, m.global ? "the global translation" : leaf ? "the translation" : "translations below");
    if (leaf)
      return all;
    m.global = true;
    add(&all, m, "global translations below");
    m.global = false;
    m.table = true;
    m.first = 0;
    m.last = last;
    add(&all, m, "paging-structure-cache entries");
    return all;
  }
  m.kind = SLAT_GUEST_PHYSICAL;
  add(&all, m, "guest-physical translations");
  if (!leaf) {
    m.table = true;
    m.last = last;
    m.first = 0;
    add(&all, m, "guest-physical paging-structure-cache entries");
  }
  /* Combined ones are of any linear address, and of any PCID; on Intel of any VPID. */
  m = (struct slat_mapping){ .kind = SLAT_COMBINED,
                             .space = tags->space,
                             .pcid = tags->pcid,
                             .root = tags->root,
                             .first = 0x123456000,
                             .last = 0x123456FFF };
  add(&all, m, "combined translations");
  m.global = true;
  add(&all, m, "global combined translations");
  m.pcid++;
  add(&all, m, "global combined translations of other PCIDs");
  m.global = false;
  add(&all, m, "combined translations of other PCIDs");
  m.table = true;
  add(&all, m, "combined paging-structure-cache entries");
  if (!arguments->amd) {
    m.table = false;
    m.space++;
    add(&all, m, "combined translations of other VPIDs");
  }
  return all;
}

enum { NATIVE = 1, OF_INTEL = 2, OF_AMD = 4, WITH_PCID = 8, FOR_GUEST_TABLES = 16 };
struct operation {
  struct slat_invalidation what;
  const char *name;
  unsigned when;
};

/* From the one that costs least to the one that ends most. */
static const struct operation operations[] = {
  { { .kind = SLAT_BY_INVPCID, .type = 0 }, "INVPCID type 0 of the page", NATIVE | WITH_PCID },
  { { .kind = SLAT_BY_INVLPG }, "INVLPG of the page", NATIVE },
  { { .kind = SLAT_BY_CR3 }, "MOV to CR3 of the same PCID, bit 63 = 0", NATIVE },
  { { .kind = SLAT_BY_INVPCID, .type = 1 }, "INVPCID type 1", NATIVE | WITH_PCID },
  { { .kind = SLAT_BY_INVPCID, .type = 3 }, "INVPCID type 3", NATIVE | WITH_PCID },
  { { .kind = SLAT_BY_INVPCID, .type = 2 }, "INVPCID type 2", NATIVE | WITH_PCID },
  { { .kind = SLAT_BY_CR4, .before = 0x80 }, "MOV to CR4 that changes PGE", NATIVE },
  { { .kind = SLAT_BY_INVVPID, .type = 0, .space = 1 }, "INVVPID type 0 of the page", OF_INTEL },
  { { .kind = SLAT_BY_INVVPID, .type = 3, .space = 1 }, "INVVPID type 3", OF_INTEL },
  { { .kind = SLAT_BY_INVVPID, .type = 1, .space = 1 }, "INVVPID type 1", OF_INTEL },
  { { .kind = SLAT_BY_INVVPID, .type = 2 }, "INVVPID type 2", OF_INTEL },
  { { .kind = SLAT_BY_INVEPT, .type = 1, .root = 0x1000 }, "INVEPT type 1", OF_INTEL },
  { { .kind = SLAT_BY_INVEPT, .type = 2 }, "INVEPT type 2", OF_INTEL },
  { { .kind = SLAT_BY_INVLPGA, .space = 1 }, "INVLPGA of the page", OF_AMD },
  { { .kind = SLAT_BY_INVLPGB, .type = 0x0D, .space = 1 },
    "INVLPGB of the page and ASID, rAX[5:0] = 0DH, TLBSYNC",
    OF_AMD },
  { { .kind = SLAT_BY_INVLPGB, .type = 0x2C, .space = 1 }, "INVLPGB of the ASID, rAX[5:0] = 2CH, TLBSYNC", OF_AMD },
  { { .kind = SLAT_BY_VMRUN, .type = 7, .space = 1 }, "VMRUN with TLB_CONTROL = 07H", OF_AMD },
  { { .kind = SLAT_BY_VMRUN, .type = 3, .space = 1 }, "VMRUN with TLB_CONTROL = 03H", OF_AMD },
  { { .kind = SLAT_BY_VMRUN, .type = 1, .space = 1 }, "VMRUN with TLB_CONTROL = 01H", OF_AMD },
};

/* Is it one that this change may be answered with?  What a guest does comes before what its hypervisor does. */
static bool fits(const struct operation *operation, const struct arguments *arguments)
{
  if ((operation->when & WITH_PCID) != 0 && !arguments->pcide)
    return false;
  if ((operation->when & NATIVE) != 0)
    return arguments->table == TABLE_GUEST;
  return arguments->stage2 != SLAT_STAGE2_NONE && ((operation->when & OF_AMD) != 0) == arguments->amd;
}

/* @param stays  names what is not ended.  @return how many families */
static unsigned leaves(const struct operation *operation, const struct arguments *arguments,
                       const struct slat_tags *tags, const struct families *all, bool leaf, const char **stays,
                       enum slat_rule *by)
{
  struct slat_invalidation what = operation->what;
  unsigned count = 0;

  what.last = leaf ? last_of(arguments->level) : 0xFFF;
  if (what.kind == SLAT_BY_CR3 || what.kind == SLAT_BY_INVPCID)
    what.pcid = tags->pcid;
  for (unsigned i = 0; i < all->count; i++) {
    const enum slat_rule rule = slat_ends(arguments->amd, tags, &what, &all->family[i].mapping);

    if (rule == SLAT_RULE_NONE)
      stays[count++] = all->family[i].name;
    else
      *by = rule;
  }
  return count;
}

/* That one nested page fault may come of an entry that now gives more: ERRATA E51. */
static const char *need_text(const struct slat_need *need, enum table table)
{
  if (table == TABLE_NPT && need->rule == SLAT_RULE_TLB_CHANGE_WIDENS_AMD)
    return "None is needed; whether one nested page fault may come of the old entry no source says.";
  switch (need->need) {
  case SLAT_NEED_INVALIDATION:
    return "An invalidation is needed: until then the old entry may be used.";
  case SLAT_NEED_FOR_FLAGS:
    return "Needed only by software that relies on the flags: until an invalidation they may stay clear.";
  case SLAT_NEED_NOTHING_BUT_ONE_FAULT:
    return "None is needed; but an access that the new entry allows may fault once.";
  default:
    return "None is needed.";
  }
}

static void print_operations(const struct arguments *arguments, const struct slat_tags *tags,
                             const struct families *all, bool leaf, json_t *list)
{
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    const char *stays[MAX_FAMILIES];
    enum slat_rule by = SLAT_RULE_NONE;

    if (!fits(&operations[i], arguments))
      continue;
    const unsigned count = leaves(&operations[i], arguments, tags, all, leaf, stays, &by);
    if (list != NULL) {
      json_t *left = json_array();
      for (unsigned j = 0; j < count; j++)
        (void)json_array_append_new(left, json_string(stays[j]));
      (void)json_array_append_new(list, json_pack("{s:s, s:b, s:o, s:o}", "operation", operations[i].name, "sufficient",
                                                  count == 0, "leaves", left, "rule", rule_json(by)));
      continue;
    }
    if (count == 0)
      (void)printf("  enough  %-54s %s\n", operations[i].name, rule_id(by));
    else
      (void)printf("  -       %-54s leaves %s%s\n", operations[i].name, stays[0], count > 1 ? ", and more" : "");
  }
}

int command_flush_needed(int argc, char **argv)
{
  static const struct argp_option options[] = {
    OPTION_FORMAT,
    { "table", 't', "guest|ept|npt", 0,
      "Which table the entry is in (default: guest; the host's own is a guest's without second stage)", 0 },
    { "stage2", 's', "none|ept|npt", 0, "The second stage under that guest (default: none)", 0 },
    { "vendor", 'v', "intel|amd", 0, "Without a second stage (default: intel)", 0 },
    { "level", 'l', "N", 0, "1 PTE (default), 2 PDE, 3 PDPTE, 4 PML4E, 5 PML5E", 0 },
    { "pcid", 'p', NULL, 0, "CR4.PCIDE = 1", 0 },
    { "no-smep", 'S', NULL, 0, "CR4.SMEP = 0", 0 },
    { 0 }
  };
  static const struct argp argp = {
    options,
    parse,
    "BEFORE AFTER",
    "Says whether a change of one paging-structure entry needs an invalidation, and which operations are enough: on "
    "the logical "
    "processor that executes them; every other one that uses the table needs one of its own, after the change."
    "\vEntries are hexadecimal, of 4-level and 5-level paging.  Operations are listed from the one that ends least.  "
    "What an operation "
    "leaves is said of those that are not enough.\n\n"
    "Example: write-protecting a page of EPT\n\n  $ slat flush-needed --table ept 8000037 8000035",
    NULL,
    NULL,
    NULL
  };
  struct arguments arguments = { .format = FORMAT_TEXT, .level = 1 };
  argp_parse(&argp, argc, argv, 0, NULL, &arguments);

  const struct slat_controls controls = controls_of(&arguments);
  const bool ept = arguments.table == TABLE_EPT;
  const struct slat_need need = ept
                                  ? slat_ept_change(&controls, arguments.level, arguments.value[0], arguments.value[1])
                                  : slat_guest_change(&controls, arguments.level, arguments.value[0],
                                                      arguments.value[1]);
  const bool leaf = arguments.level == 1 || (arguments.level <= 3 && arguments.value[0] / 0x80 % 2 == 1);
  const bool guest = arguments.stage2 != SLAT_STAGE2_NONE;
  const struct slat_tags tags = { .guest = guest,
                                  .enable_vpid = guest,
                                  .stage2 = guest,
                                  .paging = true,
                                  .pge = true,
                                  .pcide = arguments.pcide,
                                  .space = guest,
                                  .pcid = arguments.pcide,
                                  .root = guest ? 0x1000 : 0 };
  const struct families all = families_of(&arguments, &tags, leaf);
  const bool wanted = need.need == SLAT_NEED_INVALIDATION || need.need == SLAT_NEED_FOR_FLAGS;

  if (arguments.format == FORMAT_JSON) {
    json_t *list = json_array();
    if (wanted)
      print_operations(&arguments, &tags, &all, leaf, list);
    print_json(json_pack("{s:s, s:o, s:o}", "need", need_names[need.need], "rule",
                         need.rule == SLAT_RULE_NONE ? json_null() : rule_json(need.rule), "operations", list));
    return finish_output(EXIT_AGREES);
  }
  (void)printf("%s\n", need_text(&need, arguments.table));
  if (need.rule != SLAT_RULE_NONE)
    print_rule(need.rule, 2);
  if (wanted) {
    (void)printf(
      "\nOn each logical processor that uses the table, after the change, one of these (the first ends least):\n\n");
    print_operations(&arguments, &tags, &all, leaf, NULL);
  }
  return finish_output(EXIT_AGREES);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The compact binary form of slat-trace v1.  Canonical by construction: the reader decodes a record, encodes the
   result again and refuses the record if a byte differs. */
#include "trace_binary.h"

#include <string.h>

/* Offsets in a record, as the table in the header has them. */
enum {
  KIND = 0,
  CPU = 1,
  BYTE_2 = 2,
  BYTE_3 = 3,
  BYTE_4 = 4,
  BYTE_5 = 5,
  BYTE_6 = 6,
  WORD_1 = 8,
  WORD_2 = 16,
  WORD_3 = 24,

  HEADER_VERSION = 4,
  HEADER_VENDOR = 5,
  HEADER_STAGE2 = 6,
  HEADER_MAXPHYADDR = 7,
  HEADER_FEATURES = 8,
  HEADER_UNUSED = 11
};

static const uint8_t magic[4] = { 'S', 'L', 'T', '1' };

const char *slat_trace_status_text(enum slat_trace_status status)
{
  static const char *const text[SLAT_TRACE_STATUS_COUNT] = {
    [SLAT_TRACE_OK] = "ok",
    [SLAT_TRACE_END] = "end of the trace",
    [SLAT_TRACE_TRUNCATED] = "truncated: the last record is not whole",
    [SLAT_TRACE_BAD_MAGIC] = "not a binary slat-trace: it does not begin with SLT1",
    [SLAT_TRACE_BAD_VERSION] = "a version of slat-trace other than 1",
    [SLAT_TRACE_BAD_CONFIG] = "vendor, stage 2 or feature bits out of range",
    [SLAT_TRACE_BAD_KIND] = "unknown kind of event",
    [SLAT_TRACE_BAD_CPU] = "logical processor out of range 0..3",
    [SLAT_TRACE_BAD_REGISTER] = "unknown register",
    [SLAT_TRACE_BAD_WIDTH] = "width is not 1, 2, 4 or 8",
    [SLAT_TRACE_BAD_ACCESS] = "access: kind or flags out of range or contradictory, or a value that is not written",
    [SLAT_TRACE_BAD_OUTCOME] = "kind, page shift, memory type of an outcome, or what it invalidates, out of range",
    [SLAT_TRACE_BAD_ADDRESS] = "the address is not a multiple of the width (of an observed word: 8)",
    [SLAT_TRACE_BAD_VALUE] = "value is wider than the store",
    [SLAT_TRACE_NOT_ZERO] = "a field that this kind of record does not use is not 0",
    [SLAT_TRACE_BAD_ORDER] = "an observation does not follow what it is of on the same logical processor",
    [SLAT_TRACE_TOO_BIG] = "too big: more than 65536 events, or more than 64 words in one observation",
    [SLAT_TRACE_NO_ROOM] = "no room left in the buffer",
  };
  return (unsigned)status < SLAT_TRACE_STATUS_COUNT ? text[status] : "unknown status";
}

static void put_word(uint8_t *bytes, uint64_t value)
{
  for (unsigned i = 0; i < 8; i++)
    bytes[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_word(const uint8_t *bytes)
{
  uint64_t value = 0;
  for (unsigned i = 0; i < 8; i++)
    value |= (uint64_t)bytes[i] << (8 * i);
  return value;
}

static bool same_record(const uint8_t *a, const uint8_t *b)
{
  unsigned difference = 0;
  for (unsigned i = 0; i < SLAT_TRACE_RECORD; i++)
    difference |= (unsigned)a[i] ^ b[i];
  return difference == 0;
}

static bool width_is_valid(unsigned width)
{
  return width == 1 || width == 2 || width == 4 || width == 8;
}

/* The bits that a store of `width` bytes can hold. */
static uint64_t width_mask(unsigned width)
{
  return width == 8 ? UINT64_MAX : ((uint64_t)1 << (8 * width)) - 1;
}

static bool page_shift_is_valid(unsigned shift)
{
  return shift == 0 || shift == 12 || shift == 21 || shift == 22 || shift == 30; /* 0: the target did not tell */
}

/* Which of its fields an outcome of one kind defines. */
struct fields {
  bool code, gpa, linear;
};

static struct fields outcome_fields(unsigned kind)
{
  return (struct fields){
    .code = kind == SLAT_PAGE_FAULT || kind == SLAT_EPT_VIOLATION || kind == SLAT_NESTED_PAGE_FAULT,
    .gpa = kind == SLAT_TRANSLATED || kind == SLAT_EPT_VIOLATION || kind == SLAT_EPT_MISCONFIG ||
           kind == SLAT_NESTED_PAGE_FAULT,
    .linear = kind == SLAT_PAGE_FAULT || kind == SLAT_EPT_VIOLATION,
  };
}

/* What a fault of one kind can invalidate itself. */
static unsigned invalidates_mask(unsigned kind)
{
  return kind == SLAT_PAGE_FAULT      ? SLAT_INVALIDATES_LINEAR
         : kind == SLAT_EPT_VIOLATION ? SLAT_INVALIDATES_GUEST_PHYSICAL + SLAT_INVALIDATES_COMBINED
                                      : 0;
}

/* WRUSS writes to a shadow stack, at CPL 0. */
static bool wruss_is_valid(const struct slat_access *access)
{
  return !access->wruss || (access->shadow_stack && access->kind == SLAT_WRITE && !access->user && !access->implicit);
}

static enum slat_trace_status check_access(const struct slat_event *event)
{
  const struct slat_access *access = &event->access;
  if (access->kind > SLAT_FETCH || ((access->implicit || access->shadow_stack) && access->kind == SLAT_FETCH) ||
      !wruss_is_valid(access) || (event->stores && access->kind != SLAT_WRITE))
    return SLAT_TRACE_BAD_ACCESS;
  if (!width_is_valid(access->width))
    return SLAT_TRACE_BAD_WIDTH;
  if (event->stores && (event->value & ~width_mask(access->width)) != 0)
    return SLAT_TRACE_BAD_VALUE;
  return SLAT_TRACE_OK;
}

static enum slat_trace_status check_outcome(const struct slat_outcome *outcome)
{
  if (outcome->kind == SLAT_NO_OUTCOME || outcome->kind >= SLAT_OUTCOME_KINDS)
    return SLAT_TRACE_BAD_OUTCOME;
  if (outcome->kind == SLAT_TRANSLATED && (!page_shift_is_valid(outcome->page_shift) || outcome->memory_type > 7))
    return SLAT_TRACE_BAD_OUTCOME;
  if ((outcome->invalidates & ~invalidates_mask(outcome->kind)) != 0 && invalidates_mask(outcome->kind) != 0)
    return SLAT_TRACE_BAD_OUTCOME;
  return SLAT_TRACE_OK;
}

static bool can_be_written(unsigned reg)
{
  return reg == SLAT_CR0 || reg == SLAT_CR3 || reg == SLAT_CR4 || reg == SLAT_EFER;
}

static enum slat_trace_status check_event(const struct slat_event *event)
{
  if (event->kind < SLAT_EVENT_REGISTER || event->kind > SLAT_EVENT_WRITE)
    return SLAT_TRACE_BAD_KIND;
  if (event->cpu >= SLAT_MAX_CPUS)
    return SLAT_TRACE_BAD_CPU;
  switch (event->kind) {
  case SLAT_EVENT_REGISTER:
    return event->reg < SLAT_REGISTER_COUNT ? SLAT_TRACE_OK : SLAT_TRACE_BAD_REGISTER;
  case SLAT_EVENT_STORE:
    if (!width_is_valid(event->width))
      return SLAT_TRACE_BAD_WIDTH;
    if (event->address % event->width != 0)
      return SLAT_TRACE_BAD_ADDRESS;
    return (event->value & ~width_mask(event->width)) == 0 ? SLAT_TRACE_OK : SLAT_TRACE_BAD_VALUE;
  case SLAT_EVENT_ACCESS:
    return check_access(event);
  case SLAT_EVENT_OBSERVED:
    return check_outcome(&event->outcome);
  case SLAT_EVENT_OBSERVED_WORD:
    return event->address % 8 == 0 ? SLAT_TRACE_OK : SLAT_TRACE_BAD_ADDRESS;
  case SLAT_EVENT_WRITE:
    return can_be_written(event->reg) ? SLAT_TRACE_OK : SLAT_TRACE_BAD_REGISTER;
  default:
    return SLAT_TRACE_OK;
  }
}

static void encode_access(const struct slat_event *event, uint8_t *record)
{
  const struct slat_access *access = &event->access;
  record[BYTE_2] = access->kind;
  record[BYTE_3] = access->width;
  record[BYTE_4] = (uint8_t)((access->user ? SLAT_TRACE_ACCESS_USER : 0) |
                             (access->implicit ? SLAT_TRACE_ACCESS_IMPLICIT : 0) |
                             (access->cs_ss_fs_gs ? SLAT_TRACE_ACCESS_CS_SS_FS_GS : 0) |
                             (access->shadow_stack ? SLAT_TRACE_ACCESS_SHADOW_STACK : 0) |
                             (access->wruss ? SLAT_TRACE_ACCESS_WRUSS : 0) |
                             (event->stores ? SLAT_TRACE_ACCESS_STORES : 0));
  put_word(record + WORD_1, access->linear);
  put_word(record + WORD_2, event->stores ? event->value : 0);
}

static void decode_access(const uint8_t *record, struct slat_event *event)
{
  struct slat_access *access = &event->access;
  access->kind = record[BYTE_2];
  access->width = record[BYTE_3];
  access->user = (record[BYTE_4] & SLAT_TRACE_ACCESS_USER) != 0;
  access->implicit = (record[BYTE_4] & SLAT_TRACE_ACCESS_IMPLICIT) != 0;
  access->cs_ss_fs_gs = (record[BYTE_4] & SLAT_TRACE_ACCESS_CS_SS_FS_GS) != 0;
  access->shadow_stack = (record[BYTE_4] & SLAT_TRACE_ACCESS_SHADOW_STACK) != 0;
  access->wruss = (record[BYTE_4] & SLAT_TRACE_ACCESS_WRUSS) != 0;
  event->stores = (record[BYTE_4] & SLAT_TRACE_ACCESS_STORES) != 0;
  access->linear = get_word(record + WORD_1);
  event->value = get_word(record + WORD_2);
}

static void encode_outcome(const struct slat_outcome *outcome, uint8_t *record)
{
  const struct fields has = outcome_fields(outcome->kind);
  record[BYTE_2] = outcome->kind;
  if (outcome->kind == SLAT_TRANSLATED) {
    record[BYTE_3] = outcome->page_shift;
    record[BYTE_4] = outcome->memory_type;
    record[BYTE_5] = outcome->ignore_pat;
    put_word(record + WORD_1, outcome->spa);
  }
  record[BYTE_6] = (uint8_t)(outcome->invalidates & invalidates_mask(outcome->kind));
  if (has.code)
    put_word(record + WORD_1, outcome->code);
  if (has.gpa)
    put_word(record + WORD_2, outcome->gpa);
  if (has.linear)
    put_word(record + WORD_3, outcome->linear);
}

static void decode_outcome(const uint8_t *record, struct slat_outcome *outcome)
{
  const struct fields has = outcome_fields(record[BYTE_2]);
  outcome->kind = record[BYTE_2];
  if (outcome->kind == SLAT_TRANSLATED) {
    outcome->page_shift = record[BYTE_3];
    outcome->memory_type = record[BYTE_4];
    outcome->ignore_pat = record[BYTE_5] != 0;
    outcome->spa = get_word(record + WORD_1);
  }
  if (invalidates_mask(outcome->kind) != 0)
    outcome->invalidates = record[BYTE_6];
  if (has.code)
    outcome->code = get_word(record + WORD_1);
  if (has.gpa)
    outcome->gpa = get_word(record + WORD_2);
  if (has.linear)
    outcome->linear = get_word(record + WORD_3);
}

static void encode_checked(const struct slat_event *event, uint8_t *record)
{
  memset(record, 0, SLAT_TRACE_RECORD);
  record[KIND] = event->kind;
  record[CPU] = event->cpu;
  switch (event->kind) {
  case SLAT_EVENT_REGISTER:
    record[BYTE_2] = event->reg;
    put_word(record + WORD_2, event->value);
    break;
  case SLAT_EVENT_STORE:
    record[BYTE_3] = event->width;
    put_word(record + WORD_1, event->address);
    put_word(record + WORD_2, event->value);
    break;
  case SLAT_EVENT_ACCESS:
    encode_access(event, record);
    break;
  case SLAT_EVENT_INVLPG:
    put_word(record + WORD_1, event->address);
    break;
  case SLAT_EVENT_OBSERVED:
    encode_outcome(&event->outcome, record);
    break;
  case SLAT_EVENT_WRITE:
    record[BYTE_2] = event->reg;
    record[BYTE_4] = event->cs_l;
    put_word(record + WORD_2, event->value);
    break;
  default: /* SLAT_EVENT_OBSERVED_WORD */
    put_word(record + WORD_1, event->address);
    put_word(record + WORD_2, event->value);
    break;
  }
}

/* Takes the fields of the record's kind as they are; judges nothing. */
static void decode_unchecked(const uint8_t *record, struct slat_event *event)
{
  memset(event, 0, sizeof *event);
  event->kind = record[KIND];
  event->cpu = record[CPU];
  switch (event->kind) {
  case SLAT_EVENT_REGISTER:
    event->reg = record[BYTE_2];
    event->value = get_word(record + WORD_2);
    break;
  case SLAT_EVENT_STORE:
    event->width = record[BYTE_3];
    event->address = get_word(record + WORD_1);
    event->value = get_word(record + WORD_2);
    break;
  case SLAT_EVENT_ACCESS:
    decode_access(record, event);
    break;
  case SLAT_EVENT_INVLPG:
    event->address = get_word(record + WORD_1);
    break;
  case SLAT_EVENT_OBSERVED:
    decode_outcome(record, &event->outcome);
    break;
  case SLAT_EVENT_OBSERVED_WORD:
    event->address = get_word(record + WORD_1);
    event->value = get_word(record + WORD_2);
    break;
  case SLAT_EVENT_WRITE:
    event->reg = record[BYTE_2];
    event->cs_l = record[BYTE_4] != 0;
    event->value = get_word(record + WORD_2);
    break;
  default:
    break;
  }
}

enum slat_trace_status slat_trace_encode(const struct slat_event *event, uint8_t record[SLAT_TRACE_RECORD])
{
  const enum slat_trace_status status = check_event(event);
  if (status == SLAT_TRACE_OK)
    encode_checked(event, record);
  return status;
}

enum slat_trace_status slat_trace_decode(const uint8_t record[SLAT_TRACE_RECORD], struct slat_event *event)
{
  uint8_t again[SLAT_TRACE_RECORD];
  struct slat_event decoded;
  decode_unchecked(record, &decoded);
  const enum slat_trace_status status = slat_trace_encode(&decoded, again);
  if (status != SLAT_TRACE_OK)
    return status;
  if (!same_record(record, again))
    return SLAT_TRACE_NOT_ZERO;
  *event = decoded;
  return SLAT_TRACE_OK;
}

static unsigned get_features(const uint8_t *header)
{
  return header[HEADER_FEATURES] + 0x100U * header[HEADER_FEATURES + 1] + 0x10000U * header[HEADER_FEATURES + 2];
}

static void put_features(uint8_t *header, unsigned features)
{
  for (unsigned i = 0; i < 3; i++)
    header[HEADER_FEATURES + i] = (uint8_t)(features >> (8 * i));
}

enum slat_trace_status slat_trace_encode_config(const struct slat_config *config, uint8_t record[SLAT_TRACE_RECORD])
{
  if (config->vendor > SLAT_AMD || config->stage2 > SLAT_STAGE2_NPT)
    return SLAT_TRACE_BAD_CONFIG;
  const unsigned features =
    (config->nx ? SLAT_TRACE_FEATURE_NX : 0U) | (config->page_1gb ? SLAT_TRACE_FEATURE_PAGE_1GB : 0U) |
    (config->smep ? SLAT_TRACE_FEATURE_SMEP : 0U) | (config->smap ? SLAT_TRACE_FEATURE_SMAP : 0U) |
    (config->ept_execute_only ? SLAT_TRACE_FEATURE_EPT_EXECUTE_ONLY : 0U) |
    (config->ept_page_2mb ? SLAT_TRACE_FEATURE_EPT_PAGE_2MB : 0U) |
    (config->ept_page_1gb ? SLAT_TRACE_FEATURE_EPT_PAGE_1GB : 0U) |
    (config->ept_accessed_dirty ? SLAT_TRACE_FEATURE_EPT_ACCESSED_DIRTY : 0U) |
    (config->ept_advanced_info ? SLAT_TRACE_FEATURE_EPT_ADVANCED_INFO : 0U) |
    (config->pku ? SLAT_TRACE_FEATURE_PKU : 0U) | (config->pks ? SLAT_TRACE_FEATURE_PKS : 0U) |
    (config->pcid ? SLAT_TRACE_FEATURE_PCID : 0U) | (config->la57 ? SLAT_TRACE_FEATURE_LA57 : 0U) |
    (config->pse36 ? SLAT_TRACE_FEATURE_PSE36 : 0U) | (config->ept_sss ? SLAT_TRACE_FEATURE_EPT_SSS : 0U) |
    (config->ept_5level ? SLAT_TRACE_FEATURE_EPT_5LEVEL : 0U) | (config->ept_pml ? SLAT_TRACE_FEATURE_EPT_PML : 0U) |
    (config->amd_pdpte_registers ? SLAT_TRACE_FEATURE_AMD_PDPTE_REGISTERS : 0U) |
    (config->cet_ss ? SLAT_TRACE_FEATURE_CET_SS : 0U) | (config->lam ? SLAT_TRACE_FEATURE_LAM : 0U) |
    (config->lass ? SLAT_TRACE_FEATURE_LASS : 0U) | (config->uai ? SLAT_TRACE_FEATURE_UAI : 0U);
  memset(record, 0, SLAT_TRACE_RECORD);
  memcpy(record, magic, sizeof magic);
  record[HEADER_VERSION] = SLAT_TRACE_VERSION;
  record[HEADER_VENDOR] = config->vendor;
  record[HEADER_STAGE2] = config->stage2;
  record[HEADER_MAXPHYADDR] = config->maxphyaddr;
  put_features(record, features);
  return SLAT_TRACE_OK;
}

enum slat_trace_status slat_trace_decode_config(const uint8_t record[SLAT_TRACE_RECORD], struct slat_config *config)
{
  for (unsigned i = 0; i < sizeof magic; i++)
    if (record[i] != magic[i])
      return SLAT_TRACE_BAD_MAGIC;
  if (record[HEADER_VERSION] != SLAT_TRACE_VERSION)
    return SLAT_TRACE_BAD_VERSION;

  const unsigned features = get_features(record);
  const struct slat_config decoded = {
    .vendor = record[HEADER_VENDOR],
    .stage2 = record[HEADER_STAGE2],
    .maxphyaddr = record[HEADER_MAXPHYADDR],
    .nx = (features & SLAT_TRACE_FEATURE_NX) != 0,
    .page_1gb = (features & SLAT_TRACE_FEATURE_PAGE_1GB) != 0,
    .smep = (features & SLAT_TRACE_FEATURE_SMEP) != 0,
    .smap = (features & SLAT_TRACE_FEATURE_SMAP) != 0,
    .ept_execute_only = (features & SLAT_TRACE_FEATURE_EPT_EXECUTE_ONLY) != 0,
    .ept_page_2mb = (features & SLAT_TRACE_FEATURE_EPT_PAGE_2MB) != 0,
    .ept_page_1gb = (features & SLAT_TRACE_FEATURE_EPT_PAGE_1GB) != 0,
    .ept_accessed_dirty = (features & SLAT_TRACE_FEATURE_EPT_ACCESSED_DIRTY) != 0,
    .ept_advanced_info = (features & SLAT_TRACE_FEATURE_EPT_ADVANCED_INFO) != 0,
    .pku = (features & SLAT_TRACE_FEATURE_PKU) != 0,
    .pks = (features & SLAT_TRACE_FEATURE_PKS) != 0,
    .pcid = (features & SLAT_TRACE_FEATURE_PCID) != 0,
    .la57 = (features & SLAT_TRACE_FEATURE_LA57) != 0,
    .ept_sss = (features & SLAT_TRACE_FEATURE_EPT_SSS) != 0,
    .ept_5level = (features & SLAT_TRACE_FEATURE_EPT_5LEVEL) != 0,
    .ept_pml = (features & SLAT_TRACE_FEATURE_EPT_PML) != 0,
    .pse36 = (features & SLAT_TRACE_FEATURE_PSE36) != 0,
    .amd_pdpte_registers = (features & SLAT_TRACE_FEATURE_AMD_PDPTE_REGISTERS) != 0,
    .cet_ss = (features & SLAT_TRACE_FEATURE_CET_SS) != 0,
    .lam = (features & SLAT_TRACE_FEATURE_LAM) != 0,
    .lass = (features & SLAT_TRACE_FEATURE_LASS) != 0,
    .uai = (features & SLAT_TRACE_FEATURE_UAI) != 0,
  };
  uint8_t again[SLAT_TRACE_RECORD];
  if (features > SLAT_TRACE_FEATURES || slat_trace_encode_config(&decoded, again) != SLAT_TRACE_OK)
    return SLAT_TRACE_BAD_CONFIG;
  if (!same_record(record, again))
    return SLAT_TRACE_NOT_ZERO;
  *config = decoded;
  return SLAT_TRACE_OK;
}

static unsigned repaired_width(unsigned width)
{
  return width_is_valid(width) ? width : 1U << (width % 4);
}

void slat_trace_repair(uint8_t record[SLAT_TRACE_RECORD])
{
  static const uint8_t page_shift[5] = { 0, 12, 21, 22, 30 };
  struct slat_event event;

  if (record[KIND] < SLAT_EVENT_REGISTER || record[KIND] > SLAT_EVENT_WRITE)
    record[KIND] = (uint8_t)(SLAT_EVENT_REGISTER + record[KIND] % SLAT_EVENT_WRITE);
  if (record[KIND] == SLAT_EVENT_OBSERVED &&
      (record[BYTE_2] == SLAT_NO_OUTCOME || record[BYTE_2] >= SLAT_OUTCOME_KINDS))
    record[BYTE_2] = (uint8_t)(SLAT_TRANSLATED + record[BYTE_2] % (SLAT_OUTCOME_KINDS - 1));

  decode_unchecked(record, &event);
  event.cpu %= SLAT_MAX_CPUS;
  event.reg %= SLAT_REGISTER_COUNT;
  if (event.kind == SLAT_EVENT_WRITE && !can_be_written(event.reg))
    event.reg = (uint8_t)(event.reg % (SLAT_EFER + 1));
  event.access.kind %= SLAT_FETCH + 1;
  event.access.width = (uint8_t)repaired_width(event.access.width);
  event.width = (uint8_t)repaired_width(event.width);
  event.stores = event.stores && event.access.kind == SLAT_WRITE;
  event.access.implicit = event.access.implicit && event.access.kind != SLAT_FETCH;
  event.access.shadow_stack = event.access.shadow_stack && event.access.kind != SLAT_FETCH;
  event.access.wruss = event.access.wruss && event.access.shadow_stack && event.access.kind == SLAT_WRITE &&
                       !event.access.user && !event.access.implicit;
  if (event.kind == SLAT_EVENT_STORE) {
    event.value &= width_mask(event.width);
    event.address -= event.address % event.width;
  }
  if (event.kind == SLAT_EVENT_ACCESS)
    event.value &= width_mask(event.access.width);
  if (event.kind == SLAT_EVENT_OBSERVED_WORD)
    event.address -= event.address % 8;
  if (!page_shift_is_valid(event.outcome.page_shift))
    event.outcome.page_shift = page_shift[event.outcome.page_shift % 5];
  event.outcome.memory_type %= 8;
  event.outcome.invalidates &= (uint8_t)invalidates_mask(event.outcome.kind);
  encode_checked(&event, record);
}

void slat_trace_repair_config(uint8_t record[SLAT_TRACE_RECORD])
{
  memcpy(record, magic, sizeof magic);
  record[HEADER_VERSION] = SLAT_TRACE_VERSION;
  record[HEADER_VENDOR] %= SLAT_AMD + 1;
  record[HEADER_STAGE2] %= SLAT_STAGE2_NPT + 1;
  if (record[HEADER_STAGE2] != SLAT_STAGE2_NONE)
    record[HEADER_VENDOR] = record[HEADER_STAGE2] == SLAT_STAGE2_EPT ? SLAT_INTEL : SLAT_AMD;
  if (record[HEADER_MAXPHYADDR] < 32 || record[HEADER_MAXPHYADDR] > 52)
    record[HEADER_MAXPHYADDR] = (uint8_t)(32 + record[HEADER_MAXPHYADDR] % 21);
  unsigned features = get_features(record) & SLAT_TRACE_FEATURES;
  if (record[HEADER_STAGE2] != SLAT_STAGE2_EPT)
    features &= ~(unsigned)SLAT_TRACE_FEATURES_EPT;
  if (record[HEADER_VENDOR] != SLAT_INTEL)
    features &= ~(unsigned)(SLAT_TRACE_FEATURE_PKS | SLAT_TRACE_FEATURE_LAM | SLAT_TRACE_FEATURE_LASS);
  if (record[HEADER_VENDOR] != SLAT_AMD)
    features &= ~(unsigned)SLAT_TRACE_FEATURE_UAI;
  if (record[HEADER_VENDOR] != SLAT_AMD || record[HEADER_STAGE2] != SLAT_STAGE2_NONE)
    features &= ~(unsigned)SLAT_TRACE_FEATURE_AMD_PDPTE_REGISTERS;
  put_features(record, features);
  memset(record + HEADER_UNUSED, 0, SLAT_TRACE_RECORD - HEADER_UNUSED);
}

/* Accesses and register writes share two faults of EPT, and nothing else. */
static bool outcome_fits(unsigned kind, bool write)
{
  const bool of_writes = kind == SLAT_WRITTEN || kind == SLAT_GENERAL_PROTECTION;
  return write ? of_writes || kind == SLAT_EPT_VIOLATION || kind == SLAT_EPT_MISCONFIG : !of_writes;
}

enum slat_trace_status slat_trace_order_next(struct slat_trace_order *order, const struct slat_event *event)
{
  const bool observed = event->kind == SLAT_EVENT_OBSERVED;
  const bool word = event->kind == SLAT_EVENT_OBSERVED_WORD;

  if (order->events >= SLAT_TRACE_MAX_EVENTS || (word && order->words >= SLAT_TRACE_MAX_WORDS))
    return SLAT_TRACE_TOO_BIG;
  if (observed && ((order->previous != SLAT_EVENT_ACCESS && order->previous != SLAT_EVENT_WRITE) ||
                   order->cpu != event->cpu || !outcome_fits(event->outcome.kind, order->write)))
    return SLAT_TRACE_BAD_ORDER;
  if (word && ((order->previous != SLAT_EVENT_OBSERVED && order->previous != SLAT_EVENT_OBSERVED_WORD) ||
               order->cpu != event->cpu || order->write))
    return SLAT_TRACE_BAD_ORDER;
  order->write = event->kind == SLAT_EVENT_WRITE || (observed && order->write);
  order->events++;
  order->previous = event->kind;
  order->cpu = event->cpu;
  order->words = word ? (uint8_t)(order->words + 1) : 0;
  return SLAT_TRACE_OK;
}

enum slat_trace_status slat_trace_begin(struct slat_trace_reader *reader, const void *bytes, size_t size,
                                        struct slat_config *config)
{
  memset(reader, 0, sizeof *reader);
  reader->bytes = bytes;
  reader->size = size;
  if (size < SLAT_TRACE_RECORD)
    return SLAT_TRACE_TRUNCATED;
  const enum slat_trace_status status = slat_trace_decode_config(reader->bytes, config);
  if (status == SLAT_TRACE_OK)
    reader->offset = SLAT_TRACE_RECORD;
  return status;
}

enum slat_trace_status slat_trace_next(struct slat_trace_reader *reader, struct slat_event *event)
{
  struct slat_event decoded;
  if (reader->offset == reader->size)
    return SLAT_TRACE_END;
  if (reader->size - reader->offset < SLAT_TRACE_RECORD)
    return SLAT_TRACE_TRUNCATED;
  enum slat_trace_status status = slat_trace_decode(reader->bytes + reader->offset, &decoded);
  if (status == SLAT_TRACE_OK)
    status = slat_trace_order_next(&reader->order, &decoded);
  if (status != SLAT_TRACE_OK)
    return status;
  reader->offset += SLAT_TRACE_RECORD;
  *event = decoded;
  return SLAT_TRACE_OK;
}

enum slat_trace_status slat_trace_put_config(struct slat_trace_writer *writer, void *bytes, size_t room,
                                             const struct slat_config *config)
{
  memset(writer, 0, sizeof *writer);
  writer->bytes = bytes;
  writer->room = room;
  if (room < SLAT_TRACE_RECORD)
    return SLAT_TRACE_NO_ROOM;
  const enum slat_trace_status status = slat_trace_encode_config(config, writer->bytes);
  if (status == SLAT_TRACE_OK)
    writer->used = SLAT_TRACE_RECORD;
  return status;
}

enum slat_trace_status slat_trace_put_event(struct slat_trace_writer *writer, const struct slat_event *event)
{
  struct slat_trace_order order = writer->order;
  uint8_t record[SLAT_TRACE_RECORD];

  enum slat_trace_status status = slat_trace_encode(event, record);
  if (status == SLAT_TRACE_OK)
    status = slat_trace_order_next(&order, event);
  if (status != SLAT_TRACE_OK)
    return status;
  if (writer->room - writer->used < SLAT_TRACE_RECORD)
    return SLAT_TRACE_NO_ROOM;
  memcpy(writer->bytes + writer->used, record, SLAT_TRACE_RECORD);
  writer->used += SLAT_TRACE_RECORD;
  writer->order = order;
  return SLAT_TRACE_OK;
}

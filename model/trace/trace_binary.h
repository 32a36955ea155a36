/* SPDX-License-Identifier: BSD-2-Clause */
/** @file trace_binary.h  The compact binary form of slat-trace v1, made for fuzzing.
 *
 *  Freestanding C99: no allocation, no libc beyond memcpy/memset; any bytes may be given to the reader.
 *
 *  A trace is a sequence of 32-byte records, integers little-endian: first the header, then one record an event.
 *  The whole scenario is in the events: initial registers and initial memory are REGISTER and STORE events.
 *
 *      header   0  "SLT1"            event    0  enum slat_event_kind
 *               4  version, 1                 1  logical processor
 *               5  vendor                     2..7   by kind, see below
 *               6  stage2                     8..15  first 64-bit word
 *               7  maxphyaddr                16..23  second
 *               8  features, 24 bits         24..31  third
 *              11..31  0
 *
 *      kind            2         3          4            5            6           7            8        16     24
 *      REGISTER        register  -          -            -            -           -            -        value  -
 *      STORE           -         width      -            -            -           -            SPA      value  -
 *      ACCESS          kind      width      flags        -            -           -            linear   value  -
 *      INVLPG          -         -          -            -            -           -            linear   -      -
 *      OBSERVED        outcome   page_shift memory_type  ignore_pat   invalidates -            word     GPA    linear
 *      OBSERVED_WORD   -         -          -            -            -           -            SPA      value  -
 *      WRITE           register  -          CS.L         -            -           -            -        value  -
 *
 *  `-` is 0.  Feature bits: see SLAT_TRACE_FEATURE_*; flags of an access: SLAT_TRACE_ACCESS_*; `word` of an
 *  observation is the SPA of a TRANSLATED one, else error code, exit qualification or EXITINFO1; `invalidates` is of page faults and
 *  EPT violations, SLAT_INVALIDATES_*.
 *
 *  The form is canonical.  Each event has exactly one record, so for what the reader accepts encode(decode(bytes))
 *  gives the same bytes; and for what the writer accepts decode(encode(event)) gives the same event, with 0 in the
 *  fields that its kind does not use (the writer does not look at those). */
#ifndef SLAT_TRACE_BINARY_H
#define SLAT_TRACE_BINARY_H
#include <stddef.h>
#include "slat/slat.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SLAT_TRACE_RECORD 32 /**< bytes of the header and of every event */
#define SLAT_TRACE_VERSION 1
#define SLAT_TRACE_MAX_EVENTS 65536
#define SLAT_TRACE_MAX_WORDS 64 /**< OBSERVED_WORD events after one OBSERVED */
#define SLAT_TRACE_MAX_BYTES ((size_t)SLAT_TRACE_RECORD * (SLAT_TRACE_MAX_EVENTS + 1))

/** Feature bits of the header: the booleans of struct slat_config, in its order. */
enum {
  SLAT_TRACE_FEATURE_NX = 1 << 0,
  SLAT_TRACE_FEATURE_PAGE_1GB = 1 << 1,
  SLAT_TRACE_FEATURE_SMEP = 1 << 2,
  SLAT_TRACE_FEATURE_SMAP = 1 << 3,
  SLAT_TRACE_FEATURE_EPT_EXECUTE_ONLY = 1 << 4,
  SLAT_TRACE_FEATURE_EPT_PAGE_2MB = 1 << 5,
  SLAT_TRACE_FEATURE_EPT_PAGE_1GB = 1 << 6,
  SLAT_TRACE_FEATURE_EPT_ACCESSED_DIRTY = 1 << 7,
  SLAT_TRACE_FEATURE_EPT_ADVANCED_INFO = 1 << 8,
  SLAT_TRACE_FEATURE_PKU = 1 << 9,
  SLAT_TRACE_FEATURE_PKS = 1 << 10,
  SLAT_TRACE_FEATURE_PCID = 1 << 11,
  SLAT_TRACE_FEATURE_LA57 = 1 << 12,
  SLAT_TRACE_FEATURE_PSE36 = 1 << 13,
  SLAT_TRACE_FEATURE_AMD_PDPTE_REGISTERS = 1 << 14,
  SLAT_TRACE_FEATURE_LAM = 1 << 15,
  SLAT_TRACE_FEATURE_LASS = 1 << 16,
  SLAT_TRACE_FEATURE_UAI = 1 << 17,
  SLAT_TRACE_FEATURE_EPT_5LEVEL = 1 << 18,
  SLAT_TRACE_FEATURE_EPT_PML = 1 << 19,
  SLAT_TRACE_FEATURE_CET_SS = 1 << 20,
  SLAT_TRACE_FEATURE_EPT_SSS = 1 << 21,
  SLAT_TRACE_FEATURES = (1 << 22) - 1,
  SLAT_TRACE_FEATURES_EPT = SLAT_TRACE_FEATURE_EPT_EXECUTE_ONLY | SLAT_TRACE_FEATURE_EPT_PAGE_2MB |
                            SLAT_TRACE_FEATURE_EPT_PAGE_1GB | SLAT_TRACE_FEATURE_EPT_ACCESSED_DIRTY |
                            SLAT_TRACE_FEATURE_EPT_ADVANCED_INFO | SLAT_TRACE_FEATURE_EPT_5LEVEL |
                            SLAT_TRACE_FEATURE_EPT_SSS |
                            SLAT_TRACE_FEATURE_EPT_PML /**< those of processors with EPT alone */
};

/** Flags of an ACCESS record. */
enum {
  SLAT_TRACE_ACCESS_USER = 1,
  SLAT_TRACE_ACCESS_IMPLICIT = 2,
  SLAT_TRACE_ACCESS_STORES = 4,
  SLAT_TRACE_ACCESS_CS_SS_FS_GS = 8,
  SLAT_TRACE_ACCESS_SHADOW_STACK = 16,
  SLAT_TRACE_ACCESS_WRUSS = 32,
  SLAT_TRACE_ACCESS_FLAGS = 63
};

/** What a call answers.  slat_trace_status_text() gives one line for a person. */
enum slat_trace_status {
  SLAT_TRACE_OK = 0,
  SLAT_TRACE_END,       /**< reader: no event is left */
  SLAT_TRACE_TRUNCATED, /**< the last record is not whole */
  SLAT_TRACE_BAD_MAGIC,
  SLAT_TRACE_BAD_VERSION,
  SLAT_TRACE_BAD_CONFIG, /**< vendor or stage2 out of range, unknown feature bit */
  SLAT_TRACE_BAD_KIND,
  SLAT_TRACE_BAD_CPU,
  SLAT_TRACE_BAD_REGISTER,
  SLAT_TRACE_BAD_WIDTH,   /**< not 1, 2, 4 or 8 */
  SLAT_TRACE_BAD_ACCESS,  /**< kind or flags; an implicit fetch; `stores` of an access that is no write */
  SLAT_TRACE_BAD_OUTCOME, /**< kind, page shift, memory type, or what it invalidates */
  SLAT_TRACE_BAD_ADDRESS, /**< STORE: SPA not a multiple of the width; OBSERVED_WORD: of 8 */
  SLAT_TRACE_BAD_VALUE,   /**< wider than the store */
  SLAT_TRACE_NOT_ZERO,    /**< a byte that this kind of record does not use */
  SLAT_TRACE_BAD_ORDER, /**< OBSERVED not just after an ACCESS or WRITE, or of an outcome that the other one has; OBSERVED_WORD
                               not after the OBSERVED of an access */
  SLAT_TRACE_TOO_BIG, /**< more than SLAT_TRACE_MAX_EVENTS, or SLAT_TRACE_MAX_WORDS for one observation */
  SLAT_TRACE_NO_ROOM, /**< writer: the caller's buffer is full */
  SLAT_TRACE_STATUS_COUNT
};
const char *slat_trace_status_text(enum slat_trace_status status);

/** One event alone: a mutator edits record by record with these.  Neither knows of the events before it. */
enum slat_trace_status slat_trace_encode(const struct slat_event *event, uint8_t record[SLAT_TRACE_RECORD]);
enum slat_trace_status slat_trace_decode(const uint8_t record[SLAT_TRACE_RECORD], struct slat_event *event);
enum slat_trace_status slat_trace_encode_config(const struct slat_config *config, uint8_t record[SLAT_TRACE_RECORD]);
enum slat_trace_status slat_trace_decode_config(const uint8_t record[SLAT_TRACE_RECORD], struct slat_config *config);

/** Makes any 32 bytes a record that slat_trace_decode() accepts, and leaves one that it accepts as it is: fields out of
 *  range are reduced to their range, unused ones cleared.  Values and addresses keep what fits. */
void slat_trace_repair(uint8_t record[SLAT_TRACE_RECORD]);
/** Makes any 32 bytes a header whose configuration slat_open() accepts, and leaves one that it accepts as it is. */
void slat_trace_repair_config(uint8_t record[SLAT_TRACE_RECORD]);

/** Where in a trace an event may stand.  Start with all 0; the reader and the writer do this themselves. */
struct slat_trace_order {
  uint32_t events;  /**< so far */
  uint8_t previous; /**< kind of the last event, 0 at the start */
  uint8_t cpu;      /**< its logical processor */
  uint8_t words;    /**< OBSERVED_WORDs since the last OBSERVED */
  bool write;       /**< the last event is a WRITE or its OBSERVED */
};
/** @return OK and counts the event in; BAD_ORDER or TOO_BIG and changes nothing. */
enum slat_trace_status slat_trace_order_next(struct slat_trace_order *order, const struct slat_event *event);

struct slat_trace_reader {
  const uint8_t *bytes;
  size_t size;
  size_t offset; /**< of the record to be read next; after an error: of the record with the fault */
  struct slat_trace_order order;
};
/** Starts to read: checks the header. @param bytes owned by the caller, must live until the last slat_trace_next(). */
enum slat_trace_status slat_trace_begin(struct slat_trace_reader *reader, const void *bytes, size_t size,
                                        struct slat_config *config);
/** @param event filled if OK is returned. Call it after slat_trace_begin() gave OK.
 *  @return OK, END, or the error; after END or an error the same again. */
enum slat_trace_status slat_trace_next(struct slat_trace_reader *reader, struct slat_event *event);

struct slat_trace_writer {
  uint8_t *bytes;
  size_t room; /**< size of the caller's buffer */
  size_t used; /**< bytes written */
  struct slat_trace_order order;
};
/** Starts to write: puts the header. */
enum slat_trace_status slat_trace_put_config(struct slat_trace_writer *writer, void *bytes, size_t room,
                                             const struct slat_config *config);
/** Appends an event; after an error the trace is as it was before the call. */
enum slat_trace_status slat_trace_put_event(struct slat_trace_writer *writer, const struct slat_event *event);

#ifdef __cplusplus
}
#endif
#endif

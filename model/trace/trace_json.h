/* SPDX-License-Identifier: BSD-2-Clause */
/** @file trace_json.h  slat-trace v1 as JSON Lines, and a whole trace in memory.
 *
 *  The first line has the version and the processor, each further line one event with its logical processor:
 *
 *      {"slat-trace": 1, "config": {"vendor": "intel", "stage2": "ept", "maxphyaddr": 46, "nx": true}}
 *      {"cpu": 0, "register": {"name": "EPTP", "value": "0x10001e"}}
 *      {"cpu": 0, "store": {"spa": "0x100000", "width": 8, "value": "0x101007"}}
 *      {"cpu": 0, "access": {"linear": "0x403010", "kind": "write", "width": 4, "user": true, "value": "0x2a"}}
 *      {"cpu": 0, "observed": {"outcome": "page-fault", "error_code": "0x7", "CR2": "0x403010"}}
 *      {"cpu": 0, "write": {"name": "CR0", "value": "0x11", "cs_l": true}}
 *      {"cpu": 0, "observed": {"outcome": "general-protection"}}
 *
 *  conformance/schema/slat-trace-v1.schema.json is the full list of fields.  Any line may have a "note", a string
 *  for people: it is kept from JSON to JSON, and is no part of the trace (the binary form has no notes).
 *  An OBSERVED with its OBSERVED_WORDs is one line: "updates" of "observed".
 *
 *  What is not known is an error, never skipped: unknown events and fields, duplicate fields, values out of range. */
#ifndef SLAT_TRACE_JSON_H
#define SLAT_TRACE_JSON_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "trace_binary.h"

#define SLAT_TRACE_MAX_LINE 16384              /**< bytes of one line of JSON */
#define SLAT_TRACE_MAX_JSON ((size_t)32 << 20) /**< bytes of one JSON trace */
#define SLAT_TRACE_ERROR_ROOM 400              /**< bytes for a line of error text */

/** Where an event comes from, for messages. */
struct slat_trace_origin {
  size_t place; /**< JSON: line number from 1; binary: byte offset of the record */
  char *note;   /**< UTF-8, or NULL */
};

/** A whole trace, allocated; release with slat_trace_free(). */
struct slat_trace {
  const char *name; /**< for messages; owned by the caller, must live as long as the trace */
  bool binary;      /**< which form it was read from, and so what `place` means */
  struct slat_config config;
  char *note; /**< of the first line, or NULL */
  size_t count, room;
  struct slat_event *events;
  struct slat_trace_origin *origins; /**< one an event */
};

/** Why a trace was refused: one line, without newline: "NAME:LINE: reason; the way out". */
struct slat_trace_error {
  char text[SLAT_TRACE_ERROR_ROOM];
};

/** Reads a trace; the form is told by the first bytes ("SLT1" or not).
 *  @param name  for messages
 *  @return false with `error` filled; `trace` then needs no release. */
bool slat_trace_read(struct slat_trace *trace, const char *name, const void *bytes, size_t size,
                     struct slat_trace_error *error);
/** Reads a whole file, or what comes on a stream, and then as slat_trace_read(). */
bool slat_trace_read_stream(struct slat_trace *trace, const char *name, FILE *stream, struct slat_trace_error *error);
void slat_trace_free(struct slat_trace *trace);

/** Appends an event to a trace that was read or is all 0. @return its status; SLAT_TRACE_NO_ROOM: out of memory. */
enum slat_trace_status slat_trace_append(struct slat_trace *trace, struct slat_trace_order *order,
                                         const struct slat_event *event, size_t place);

/** @return false if the stream refuses bytes (errno says why) or memory is out. */
bool slat_trace_write_json(const struct slat_trace *trace, FILE *stream);
bool slat_trace_write_binary(const struct slat_trace *trace, FILE *stream);

/** "FILE:LINE", or "FILE: byte OFFSET" for a binary trace. */
void slat_trace_place(const struct slat_trace *trace, size_t event, char *text, size_t room);

/** The spellings of slat-trace; NULL for a number out of range. */
const char *slat_register_name(unsigned reg);        /**< "CR0", ..., "host EFER" */
const char *slat_access_kind_name(unsigned kind);    /**< "read", "write", "fetch" */
const char *slat_outcome_kind_name(unsigned kind);   /**< "translated", ..., "nested-page-fault" */
const char *slat_vendor_name(unsigned vendor);       /**< "intel", "amd" */
const char *slat_stage2_name(unsigned stage2);       /**< "none", "ept", "npt" */
const char *slat_outcome_code_name(unsigned kind);   /**< "error_code", "exit_qualification", "EXITINFO1" or NULL */
const char *slat_outcome_gpa_name(unsigned kind);    /**< "gpa", "EXITINFO2" or NULL */
const char *slat_outcome_linear_name(unsigned kind); /**< "CR2", "linear" or NULL */
#endif

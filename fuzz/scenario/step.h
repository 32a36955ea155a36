/* SPDX-License-Identifier: BSD-2-Clause */
/* The events after a scenario's prologue. */
#ifndef FUZZ_STEP_H
#define FUZZ_STEP_H
#include "places.h"

/** Appends one event, or two or three that belong together (a store and the invalidation that it needs).
 *  Registers are those of the end of the scenario so far. */
void step_append(struct scenario *scenario, struct places *places, const struct scenario_capabilities *can,
                 struct random *random);
void scenario_append(struct scenario *scenario, const struct slat_event *event);
/** Value of a register after all of the scenario's events; `otherwise` if none writes it. */
uint64_t scenario_register(const struct scenario *scenario, unsigned reg, uint64_t otherwise);

#define CR0_INITIAL 0x80010001ULL /* PG, WP, PE */
#define CR0_WP (1ULL << 16)
#define CR0_NW (1ULL << 29)
#define CR0_CD (1ULL << 30)
#define CR0_PG (1ULL << 31)
#define CR4_INITIAL 0x20ULL /* PAE */
#define CR4_PSE (1ULL << 4)
#define CR4_PAE (1ULL << 5)
#define CR4_LA57 (1ULL << 12)
#define CR4_PCIDE (1ULL << 17)
#define CR4_SMEP (1ULL << 20)
#define CR4_SMAP (1ULL << 21)
#define CR4_PKE (1ULL << 22)
#define CR4_LASS (1ULL << 27)
#define CR4_LAM_SUP (1ULL << 28)
#define CR3_LAM (3ULL << 61)
#define EFER_UAIE (1ULL << 20)
#define EFER_INITIAL 0xd00ULL /* LME, LMA, NXE */
#define EFER_LME (1ULL << 8)
#define EFER_LMA (1ULL << 10)
#define EFER_BIT9 (1ULL << 9)
#define EFER_NXE (1ULL << 11)
#define RFLAGS_AC (1ULL << 18)

#endif

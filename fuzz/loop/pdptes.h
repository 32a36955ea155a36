/* SPDX-License-Identifier: BSD-2-Clause */
/* The loads of the four PDPTE registers of PAE paging: MOV to CR3 in PAE paging makes one, and MOV to CR0 or CR4 that changes CD, NW, PG, PAE, PGE,
 * PSE or SMEP, if PAE paging is used afterwards (SDM 4.4.1 "PDPTE Registers"). With registers on AMD the same: no source
 * tells more than that MOV to CR3 loads them. In nested paging they are as the scenario says. */
#ifndef FUZZ_PDPTES_H
#define FUZZ_PDPTES_H
#include "memory.h"

/** Does it use the registers, and does MOV to CR load them? */
bool pdptes_in_registers(const struct slat_machine *machine);
/** Loads them from memory. The machine's status says whether that can be. */
void pdptes_load(struct slat_machine *machine, const struct machine_memory *memory);
/** Does this register write, which led from one machine to the other, load them? */
bool pdptes_loaded_by(const struct slat_event *event, const struct slat_machine *before,
                      const struct slat_machine *after);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The four PDPTE registers of PAE paging in the state in which a scenario begins: what a load before would have put there. What loads them
 * later slat_write_register() tells. In nested paging they are as the scenario says. */
#ifndef FUZZ_PDPTES_H
#define FUZZ_PDPTES_H
#include "memory.h"

/** Does it use the registers, and are they loaded from memory? */
bool pdptes_in_registers(const struct slat_machine *machine);
/** Loads them from memory. The machine's status says whether that can be. */
void pdptes_load(struct slat_machine *machine, const struct machine_memory *memory);

#endif

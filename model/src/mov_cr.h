/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 10: MOV to CR0, CR3 and CR4, WRMSR of EFER. */
#ifndef SLAT_MOV_CR_H
#define SLAT_MOV_CR_H
#include <slat/slat.h>
#include "controls.h"
#include "guest_entry.h"
#include "machine.h"
#include "memory.h"
#include "stage2.h"
#include "stage2_fault.h"
#include "../../spec/logic/mov_cr.acsl"

/*@ requires readable: \valid_read(config) && \valid_read(cpu) && \valid_read(memory) && \valid_read(write);
    requires config: config_valid(*config);
    requires sound: // as cpu_sound(), which machine_sound() gives: proved, sound_cpu_can_write()
      cpu->status < SLAT_STATUS_COUNT && cpu->controls.stage2_table <= 0xFFFFFFFFFF000 &&
      cpu->controls.stage2 == config->stage2;
    requires can_exist: cpu->status == SLAT_OK ==>
      registers_can_exist(*config, cpu->reg[SLAT_CR0], cpu->reg[SLAT_CR3], cpu->reg[SLAT_CR4], cpu->reg[SLAT_EFER]);
    requires pdptes_can_exist: cpu->status == SLAT_OK && has_pdpte_registers(*config) &&
      pae_in_use(cpu->reg[SLAT_CR0], cpu->reg[SLAT_CR4], cpu->reg[SLAT_EFER]) ==>
        pdpte_loads(cpu->reg[SLAT_PDPTE0], two_to(config->maxphyaddr)) &&
        pdpte_loads(cpu->reg[SLAT_PDPTE1], two_to(config->maxphyaddr)) &&
        pdpte_loads(cpu->reg[SLAT_PDPTE2], two_to(config->maxphyaddr)) &&
        pdpte_loads(cpu->reg[SLAT_PDPTE3], two_to(config->maxphyaddr));
    terminates \true;
    assigns \nothing;
    // When there is an answer.
    ensures answer: \result.status == SLAT_OK <==> event_register(write->reg) &&
      operand_fits(write->reg, cpu->reg[SLAT_EFER], write->value, write->cs_l) && cpu->status == SLAT_OK &&
      (is_loading(*config, cpu, write) ==> load_modelled(&cpu->controls));
    ensures range: \result.status < SLAT_STATUS_COUNT;
    // #GP(0) where the manuals require it, and nothing else then.
    ensures refused: \result.status == SLAT_OK && is_refused(*config, cpu, write) ==>
      \result.outcome[0].kind == SLAT_NO_OUTCOME && \result.outcome[1].kind == SLAT_GENERAL_PROTECTION &&
      no_fault(\result);
    ensures loads: \result.status == SLAT_OK && !is_refused(*config, cpu, write) ==>
      (\result.loads != 0 <==> is_loading(*config, cpu, write));
    // Without a load it is done, and where that is open #GP(0) is permitted beside.
    ensures plain: \result.status == SLAT_OK && !is_refused(*config, cpu, write) && \result.loads == 0 ==>
      \result.outcome[0].kind == SLAT_WRITTEN &&
      (\result.outcome[1].kind == SLAT_GENERAL_PROTECTION <==> is_open(*config, cpu, write)) && no_fault(\result) &&
      \result.pdpte[0] == cpu->reg[SLAT_PDPTE0] && \result.pdpte[1] == cpu->reg[SLAT_PDPTE1] &&
      \result.pdpte[2] == cpu->reg[SLAT_PDPTE2] && \result.pdpte[3] == cpu->reg[SLAT_PDPTE3];
    // With one, what the load meets counts as well.
    ensures load: \result.status == SLAT_OK && !is_refused(*config, cpu, write) && \result.loads != 0 ==>
      load_is(\result, memory, &cpu->controls, load_base(cpu, write), two_to(config->maxphyaddr)) &&
      (\result.outcome[1].kind == SLAT_GENERAL_PROTECTION <==> is_open(*config, cpu, write) ||
        load_refused(memory, &cpu->controls, load_base(cpu, write), two_to(config->maxphyaddr)));
    ensures only: \result.outcome[1].kind == SLAT_GENERAL_PROTECTION || \result.outcome[1].kind == SLAT_NO_OUTCOME;
    ensures registers: \result.status == SLAT_OK && !is_refused(*config, cpu, write) ==>
      registers_are(\result, cpu, write);
    // The theorem that the rules are for: no write leads out of the states that can exist.
    ensures can_exist: \result.status == SLAT_OK && \result.outcome[0].kind == SLAT_WRITTEN ==>
      registers_can_exist(*config, \result.cr0, \result.cr3, \result.cr4, \result.efer);
    ensures pdptes_can_exist: \result.status == SLAT_OK && \result.outcome[0].kind == SLAT_WRITTEN &&
      has_pdpte_registers(*config) && pae_in_use(\result.cr0, \result.cr4, \result.efer) ==>
        loaded_pdptes_can_exist(\result, two_to(config->maxphyaddr));
*/
struct slat_write_result slat_write_register(const struct slat_config *config, const struct slat_cpu *cpu,
                                             const struct slat_memory *memory, const struct slat_register_write *write);
#endif

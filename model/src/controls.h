/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapters 10 to 30: from registers and configuration to the control state that a walk needs. */
#ifndef SLAT_CONTROLS_H
#define SLAT_CONTROLS_H
#include <slat/slat.h>

/** Is the configuration one that can exist?  @return SLAT_OK or SLAT_INVALID_*. */
/*@ requires readable: \valid_read(config);
    terminates \true;
    assigns \nothing;
    ensures CONFIG_MAXPHYADDR: \result == SLAT_OK ==> 32 <= config->maxphyaddr <= 52;
    ensures CONFIG_STAGE2_VENDOR: \result == SLAT_OK ==> config->vendor <= SLAT_AMD && config->stage2 <= SLAT_STAGE2_NPT &&
      (config->stage2 == SLAT_STAGE2_EPT ==> config->vendor == SLAT_INTEL) &&
      (config->stage2 == SLAT_STAGE2_NPT ==> config->vendor == SLAT_AMD);
*/
enum slat_status slat_check_config(const struct slat_config *config);

/** Decodes the registers of one logical processor.
 *  @param config  one that slat_check_config() accepts
 *  @param reg     SLAT_REGISTER_COUNT values
 *  @param c       filled if SLAT_OK is returned
 *  @return SLAT_OK, SLAT_INVALID_* for a state that the processor refuses, SLAT_UNSUPPORTED_* for one not modelled */
/*@ requires readable: \valid_read(config) && \valid_read(reg + (0 .. SLAT_REGISTER_COUNT - 1));
    requires writable: \valid(c);
    requires separated: \separated(c, config) && \separated(c, reg + (0 .. SLAT_REGISTER_COUNT - 1));
    requires config: 32 <= config->maxphyaddr <= 52 && config->stage2 <= SLAT_STAGE2_NPT;
    terminates \true;
    assigns *c;
    ensures CR3_TABLE: \result == SLAT_OK ==> c->guest_table <= 0xFFFFFFFFFF000;
    ensures STAGE2_TABLE: \result == SLAT_OK ==> c->stage2_table <= 0xFFFFFFFFFF000;
    ensures stage2: \result == SLAT_OK ==> c->stage2 == config->stage2;
*/
enum slat_status slat_decode_controls(const struct slat_config *config, const uint64_t *reg, struct slat_controls *c);
#endif

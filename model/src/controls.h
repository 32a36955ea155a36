/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapters 10 to 30: from registers and configuration to the control state that a walk needs. */
#ifndef SLAT_CONTROLS_H
#define SLAT_CONTROLS_H
#include "address.h"
#include "../../spec/logic/guest_entry.acsl"
#include "../../spec/logic/linear.acsl"
#include "../../spec/logic/maxphyaddr.acsl"
#include "../../spec/logic/controls.acsl"

/** Is the configuration one that can exist?  @return SLAT_OK or SLAT_INVALID_*. */
/*@ terminates \true;
    assigns \nothing;
    ensures valid: \result == SLAT_OK <==> config_valid(k);
    ensures range: SLAT_OK <= \result < SLAT_STATUS_COUNT;
*/
enum slat_status slat_check_config(struct slat_config k);

/** 2^MAXPHYADDR. */
/*@ requires width: 32 <= maxphyaddr <= 52;
    terminates \true;
    assigns \nothing;
    ensures limit: \result == two_to(maxphyaddr);
*/
uint64_t slat_address_limit(unsigned maxphyaddr);

/** Is each feature there that a bit of CR4 or EFER turns on? */
/*@ terminates \true;
    assigns \nothing;
    ensures present: \result != 0 <==> features_present(k, cr4, efer);
*/
bool slat_has_features(struct slat_config k, uint64_t cr4, uint64_t efer);

/** Is this a CR3 that can exist?  @param limit  2^MAXPHYADDR */
/*@ requires limit: limit <= 0x10000000000000;
    terminates \true;
    assigns \nothing;
    ensures can_exist: \result != 0 <==> cr3_can_exist(k, cr3, limit);
*/
bool slat_cr3_exists(struct slat_config k, uint64_t cr3, uint64_t limit);

/** A logical processor with its registers decoded: `controls` and `status` are made anew from `reg`.
 *  The status is SLAT_OK, SLAT_INVALID_* for a state that the processor refuses, SLAT_UNSUPPORTED_* for one not modelled.
 *  @param k  a configuration that slat_check_config() accepts */
/*@ requires config: config_valid(k);
    terminates \true;
    assigns \nothing;
    ensures sound: cpu_sound(\result, k);
    ensures registers: same_registers(\result, p);
*/
struct slat_cpu slat_decoded(struct slat_config k, struct slat_cpu p);
#endif

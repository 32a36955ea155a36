/* SPDX-License-Identifier: BSD-2-Clause */
#include "../../scenario/scenario.h"

extern const struct scenario_capabilities scenario_capabilities_of_target;
const struct scenario_capabilities scenario_capabilities_of_target = {
  .vendors = 1 << SLAT_INTEL | 1 << SLAT_AMD,
  .stage2 = 1 << SLAT_STAGE2_EPT | 1 << SLAT_STAGE2_NPT,
  .memory_bytes = 8 << 20,
  .maxphyaddr_min = 32,
  .maxphyaddr_max = 52,
  .page_1gb_always = true,
  .paging_off = true,
  .pcid = true,
  .pku = true,
  .la57 = true,
  .stage2_5level = true,
  .legacy_hosts = true,
  .pse36_always = true,
  .pae = true,
  .bits32 = true,
};

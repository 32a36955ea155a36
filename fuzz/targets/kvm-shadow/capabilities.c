/* SPDX-License-Identifier: BSD-2-Clause */
#include "../../scenario/scenario.h"

extern const struct scenario_capabilities scenario_capabilities_of_target;
const struct scenario_capabilities scenario_capabilities_of_target = {
  .vendors = 1 << SLAT_INTEL | 1 << SLAT_AMD,
  .stage2 = 1 << SLAT_STAGE2_NONE,
  .memory_bytes = 8 << 20,
  .maxphyaddr_min = 32,
  .maxphyaddr_max =
    51, /* no wider than the host's: KVM promises nothing else. 52 there would turn its MMIO entries off */
  .register_writes = true,
  .pcid = true,
  .la57 = true,
  .pse36_always = true,
  .pae = true,
  .bits32 = true,
  .pdpte_registers = true,
  .stores_by_access = true,
};

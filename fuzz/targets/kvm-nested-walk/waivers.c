/* SPDX-License-Identifier: GPL-2.0-only */
/* What KVM's walks of nested tables are known to do otherwise than the manuals say. */
#include "../../loop/waiver.h"

extern const struct waiver kvm_nested_walk_waivers[];
const struct waiver kvm_nested_walk_waivers[] = {
  { .id = NULL },
};

/* SPDX-License-Identifier: GPL-2.0-only */
/* What KVM's shadow paging is known to do otherwise than the manuals say. */
#include "../../loop/waiver.h"

extern const struct waiver kvm_shadow_waivers[];
const struct waiver kvm_shadow_waivers[] = {
  { .id = NULL },
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* The inline functions of address.h, proved once; units that include them take their contracts from here. */
#include "../../model/src/address.h"

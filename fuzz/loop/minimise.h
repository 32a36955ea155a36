/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes a scenario smaller while it still shows the divergence of the same name. */
#ifndef FUZZ_MINIMISE_H
#define FUZZ_MINIMISE_H
#include "loop.h"

/** @param name  of the divergence that must stay. @return how many scenarios were tried; 0: it does not show the
 *   divergence. */
unsigned minimise(struct loop *loop, struct scenario *scenario, const char *name);

#endif

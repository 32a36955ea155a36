/* SPDX-License-Identifier: BSD-2-Clause */
/* AFL++'s persistent mode without its stop and go.
 *
 * In AFL++'s own run-time library an input costs two processes besides afl-fuzz: the fork server waits for the target,
 * which stops itself after each input with a signal; five switches between processes, and on a busy machine as many waits
 * for a turn. Here the process that runs the inputs speaks the fork server's protocol itself: two switches. A parent
 * only waits for its end, and starts the next one: what dies or is killed on an input is reported as ever. */
#ifndef FUZZ_AFL_H
#define FUZZ_AFL_H
#include <stddef.h>
#include <stdint.h>

/** Runs what afl-fuzz sends until that ends. @param open  called in each new process, before its first input
 * @return exit code */
int afl_serve(void (*open)(const void *context), void (*input)(const uint8_t *bytes, size_t size), const void *context);

#endif

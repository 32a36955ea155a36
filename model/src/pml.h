/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 20: page-modification logging, made of a set without it. */
#ifndef SLAT_PML_H
#define SLAT_PML_H
#include "flags.h"

/* The updates of a set, by value. */
struct slat_updates {
  struct slat_update of[SLAT_MAX_UPDATES];
};

#include "../../spec/logic/pml.acsl"

/** The set with page-modification logging.
 *  @param base   the set without it
 *  @param room   entries that can be written: the index and one, or 0 if it is not in 0..511
 *  @param walk   that the set belongs to
 *  @param final  its final GPA, if it comes to one */
/*@ requires readable: \valid_read(base) && \valid_read(walk);
    terminates \true;
    assigns \nothing;
    ensures EPT_PML_FULL: \result.outcome[6].kind == SLAT_PML_FULL <==> full_step(*base, room) <= 5;
    ensures outcomes: logged_outcomes_are(\result, *base, room);
    ensures updates: logged_updates_are(\result, *base, room);
    ensures EPT_PML_LOG: logs_are(\result, *base, room, *walk, final);
    ensures set: logged_is(\result, *base, room, *walk, final);
*/
struct slat_permitted slat_logged(const struct slat_permitted *base, unsigned room, const struct slat_walk *walk,
                                  uint64_t final);
#endif

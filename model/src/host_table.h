/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 30: the nested tables of a host in PAE or 32-bit paging: where an entry is, and the entry. */
#ifndef SLAT_HOST_TABLE_H
#define SLAT_HOST_TABLE_H
#include "address.h"
#include "guest_entry.h"
#include "memory.h"
#include "../../spec/logic/path.acsl"
#include "../../spec/logic/host_path.acsl"

/** The SPA of the entry that a GPA selects at a level.
 *  @param level  1..3, in 32-bit paging 1..2 */
/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 3;
    requires table_range: table <= 0xFFFFFFFFFF000;
    terminates \true;
    assigns \nothing;
    ensures address: \result == host_entry_spa(c, table, gpa, level);
    ensures range: \result <= 0xFFFFFFFFFFFFC;
*/
uint64_t slat_host_entry_address(const struct slat_controls *c, uint64_t table, uint64_t gpa, unsigned level);

/** The entry at an SPA: 8 bytes, in 32-bit paging 4. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures NPT_HOST_32BIT: \result == host_word(m, c, spa);
*/
uint64_t slat_host_entry(const struct slat_memory *m, const struct slat_controls *c, uint64_t spa);
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_table.h"
#include "rule.h"

uint64_t slat_host_entry_address(const struct slat_controls *c, uint64_t table, uint64_t gpa, unsigned level)
{
  if (c->nested.mode != SLAT_PAGING_32BIT)
    return slat_entry_address(table, gpa, level);
  return level == 2 ? table + gpa / 0x400000 % 1024 * 4 : table + gpa / 0x1000 % 1024 * 4;
}

uint64_t slat_host_entry(const struct slat_memory *m, const struct slat_controls *c, uint64_t spa)
{
  if (!SLAT_RULE(NPT_HOST_32BIT, c->nested.mode == SLAT_PAGING_32BIT))
    return slat_memory_read(m, spa);
  const uint64_t word = slat_memory_read(m, spa - spa % 8);
  return spa % 8 < 4 ? word % 0x100000000 : word / 0x100000000 % 0x100000000;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 10: linear addresses, indices, and the address that an entry gives. */
#ifndef SLAT_ADDRESS_H
#define SLAT_ADDRESS_H
#include <slat/slat.h>
#include "rule.h"
#include "../../spec/logic/address.acsl"

/** @return bits 63:47 of a linear address are all equal. */
/*@ terminates \true;
    assigns \nothing;
    ensures canonical: \result != 0 <==> canonical(linear);
*/
static inline bool slat_is_canonical(uint64_t linear)
{
  return linear < 0x800000000000 || linear >= 0xFFFF800000000000;
}

/** @return the linear address is canonical in this paging mode: in long mode bits 63:56 are all equal with CR4.LA57 = 1, else
 *  bits 63:47; in the other modes it has 32 bits, and nothing is checked of them. */
/*@ requires readable: \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures canonical: \result != 0 <==> linear_canonical(c, linear);
    ensures LINEAR_NON_CANONICAL_57: c->guest.mode == SLAT_PAGING_LONG && c->la57 != 0 ==> (\result != 0 <==> canonical57(linear));
*/
static inline bool slat_linear_is_canonical(const struct slat_controls *c, uint64_t linear)
{
  if (c->guest.mode != SLAT_PAGING_LONG)
    return 1;
  if (SLAT_RULE(LINEAR_NON_CANONICAL_57, c->la57))
    return linear < 0x100000000000000 || linear >= 0xFF00000000000000;
  return slat_is_canonical(linear);
}

/** The address of the entry of `table` that an address selects at a level.
 *  @param table  address of the table, 4 KB aligned, below 2^52
 *  @param level  1..5 */
/*@ requires level_range: 1 <= level <= 5;
    requires table_range: table <= 0xFFFFFFFFFF000;
    terminates \true;
    assigns \nothing;
    ensures INDEX_PML5E: level == 5 ==> \result == table + 8 * index5(a);
    ensures INDEX_PML4E: level == 4 ==> \result == table + 8 * index4(a);
    ensures INDEX_PDPTE: level == 3 ==> \result == table + 8 * index3(a);
    ensures INDEX_PDE: level == 2 ==> \result == table + 8 * index2(a);
    ensures INDEX_PTE: level == 1 ==> \result == table + 8 * index1(a);
    ensures range: \result <= 0xFFFFFFFFFFFF8;
*/
static inline uint64_t slat_entry_address(uint64_t table, uint64_t a, unsigned level)
{
  switch (level) {
  case 1:
    return table + SLAT_CHOOSE(INDEX_PTE, a / 0x1000 % 512, 0) * 8;
  case 2:
    return table + SLAT_CHOOSE(INDEX_PDE, a / 0x200000 % 512, 0) * 8;
  case 3:
    return table + SLAT_CHOOSE(INDEX_PDPTE, a / 0x40000000 % 512, 0) * 8;
  case 4:
    return table + SLAT_CHOOSE(INDEX_PML4E, a / 0x8000000000 % 512, 0) * 8;
  default:
    return table + SLAT_CHOOSE(INDEX_PML5E, a / 0x1000000000000 % 512, 0) * 8;
  }
}

/** The GPA of the guest's entry that a linear address selects at level 2 or 1, in every paging mode. */
/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 2;
    requires table_range: table <= 0xFFFFFFFFFF000;
    terminates \true;
    assigns \nothing;
    ensures address: \result == guest_entry_gpa(c, table, a, level);
    ensures INDEX_PDE_32BIT: c->guest.mode == SLAT_PAGING_32BIT && level == 2 ==> \result == table + 4 * index2_32bit(a);
    ensures INDEX_PTE_32BIT: c->guest.mode == SLAT_PAGING_32BIT && level == 1 ==> \result == table + 4 * index1_32bit(a);
    ensures range: \result <= 0xFFFFFFFFFFFFC;
*/
static inline uint64_t slat_guest_entry_address(const struct slat_controls *c, uint64_t table, uint64_t a,
                                                unsigned level)
{
  if (c->guest.mode != SLAT_PAGING_32BIT)
    return slat_entry_address(table, a, level);
  return level == 2 ? table + SLAT_CHOOSE(INDEX_PDE_32BIT, a / 0x400000 % 1024, 0) * 4
                    : table + SLAT_CHOOSE(INDEX_PTE_32BIT, a / 0x1000 % 1024, 0) * 4;
}

/** Bits 51:12 of an entry as an address: of the table that it references. */
/*@ terminates \true;
    assigns \nothing;
    ensures TABLE_ADDRESS: \result == table_of(e);
    ensures range: \result <= 0xFFFFFFFFFF000;
*/
static inline uint64_t slat_table_of(uint64_t e)
{
  return SLAT_CHOOSE(TABLE_ADDRESS, e / 0x1000 % 0x10000000000 * 0x1000, 0);
}

/** The address that a leaf entry translates `a` to.
 *  @param level  1, 2 or 3 */
/*@ requires level_range: 1 <= level <= 3;
    terminates \true;
    assigns \nothing;
    ensures PAGE_4KB_ADDRESS: level == 1 ==> \result == leaf_address(e, a, 1);
    ensures PAGE_2MB_ADDRESS: level == 2 ==> \result == leaf_address(e, a, 2);
    ensures PAGE_1GB_ADDRESS: level == 3 ==> \result == leaf_address(e, a, 3);
    ensures offset: \result % 0x1000 == a % 0x1000;
    ensures range: \result <= 0xFFFFFFFFFFFFF;
*/
static inline uint64_t slat_leaf_address(uint64_t e, uint64_t a, unsigned level)
{
  const uint64_t page = level == 1   ? e / 0x1000 % 0x10000000000 * 0x1000
                        : level == 2 ? e / 0x200000 % 0x80000000 * 0x200000
                                     : e / 0x40000000 % 0x400000 * 0x40000000;
  const uint64_t inside = level == 1   ? SLAT_CHOOSE(PAGE_4KB_ADDRESS, a % 0x1000, 0)
                          : level == 2 ? SLAT_CHOOSE(PAGE_2MB_ADDRESS, a % 0x200000, a % 0x1000)
                                       : SLAT_CHOOSE(PAGE_1GB_ADDRESS, a % 0x40000000, a % 0x200000);
  const uint64_t gpa = page + inside;

  //@ assert page: page == 0x1000 * (page / 0x1000);
  //@ assert inside: inside == 0x1000 * (inside / 0x1000) + a % 0x1000;
  //@ assert parts: gpa == 0x1000 * (page / 0x1000 + inside / 0x1000) + a % 0x1000;
  return gpa;
}

/** log2 of the size of the page that a leaf of a level maps. */
/*@ requires level_range: 1 <= level <= 3;
    terminates \true;
    assigns \nothing;
    ensures size: \result == page_shift_of(level);
*/
static inline uint8_t slat_page_shift(unsigned level)
{
  return level == 1 ? 12 : level == 2 ? 21 : 30;
}

/** The address that a PDE of 32-bit paging translates `a` to. */
/*@ terminates \true;
    assigns \nothing;
    ensures PAGE_4MB_ADDRESS: \result == address_4mb(e, a);
    ensures range: \result <= 0xFFFFFFFFFF;
    ensures offset: \result % 0x1000 == a % 0x1000;
*/
static inline uint64_t slat_4mb_address(uint64_t e, uint64_t a)
{
  const uint64_t high = SLAT_CHOOSE(PAGE_4MB_ADDRESS, e / 0x2000 % 0x100, 0), low = e / 0x400000 % 0x400;
  const uint64_t gpa = high * 0x100000000 + low * 0x400000 + a % 0x400000;

  //@ assert parts: gpa == 0x1000 * (high * 0x100000 + low * 0x400 + (a % 0x400000) / 0x1000) + a % 0x1000;
  return gpa;
}

/** The GPA that a leaf of the guest translates `a` to, in every paging mode; log2 of the size of its page. */
/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 3;
    terminates \true;
    assigns \nothing;
    ensures leaf: \result == guest_leaf(c, e, a, level);
    ensures range: \result <= 0xFFFFFFFFFFFFF;
    ensures offset: \result % 0x1000 == a % 0x1000;
*/
static inline uint64_t slat_guest_leaf(const struct slat_controls *c, uint64_t e, uint64_t a, unsigned level)
{
  if (c->guest.mode == SLAT_PAGING_32BIT && level == 2)
    return slat_4mb_address(e, a);
  return slat_leaf_address(e, a, level);
}

/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 3;
    terminates \true;
    assigns \nothing;
    ensures size: \result == guest_page_shift(c, level);
*/
static inline uint8_t slat_guest_page_shift(const struct slat_controls *c, unsigned level)
{
  return c->guest.mode == SLAT_PAGING_32BIT && level == 2 ? 22 : slat_page_shift(level);
}
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Theorem 1, decode, as lemma functions: no code of the library, each proves what it ensures for every entry `e` and every
   MAXPHYADDR `m`.  First where fields meet: what is above a field is made of the next one and of what is above that. */
#include "../../model/src/guest_entry.h"
#include "../../model/src/ept_entry.h"
#include "../../spec/logic/maxphyaddr.acsl"
#include "../../spec/logic/decode.acsl"

/*@ terminates \true;
    assigns \nothing;
    ensures low: e == e % 2 + 2 * (e / 2) && e / 2 == (e / 2) % 2 + 2 * (e / 4) && e / 4 == (e / 4) % 2 + 2 * (e / 8) &&
      e / 8 == (e / 8) % 2 + 2 * (e / 0x10) && e / 0x10 == (e / 0x10) % 2 + 2 * (e / 0x20) &&
      e / 0x20 == (e / 0x20) % 2 + 2 * (e / 0x40) && e / 0x40 == (e / 0x40) % 2 + 2 * (e / 0x80) &&
      e / 0x80 == (e / 0x80) % 2 + 2 * (e / 0x100);
*/
static void bits_7_to_0(uint64_t e)
{
}

/*@ terminates \true;
    assigns \nothing;
    ensures memory_type: e / 8 == (e / 8) % 8 + 8 * (e / 0x40);
    ensures reserved: e / 8 == (e / 8) % 0x10 + 0x10 * (e / 0x80) && e / 8 == (e / 8) % 0x20 + 0x20 * (e / 0x100);
*/
static void bits_7_to_3(uint64_t e)
{
}

/*@ terminates \true;
    assigns \nothing;
    ensures four: e / 0x100 == (e / 0x100) % 0x10 + 0x10 * (e / 0x1000);
    ensures one: e / 0x100 == (e / 0x100) % 2 + 2 * (e / 0x200) && e / 0x200 == (e / 0x200) % 2 + 2 * (e / 0x400);
    ensures three: e / 0x200 == (e / 0x200) % 8 + 8 * (e / 0x1000);
    ensures two: e / 0x400 == (e / 0x400) % 4 + 4 * (e / 0x1000);
*/
static void bits_11_to_8(uint64_t e)
{
}

/*@ terminates \true;
    assigns \nothing;
    ensures table: e / 0x1000 == (e / 0x1000) % 0x10000000000 + 0x10000000000 * (e / 0x10000000000000);
    ensures page_2mb: e / 0x1000 == (e / 0x1000) % 0x200 + 0x200 * (e / 0x200000) &&
      e / 0x200000 == (e / 0x200000) % 0x80000000 + 0x80000000 * (e / 0x10000000000000);
    ensures page_1gb: e / 0x1000 == (e / 0x1000) % 0x40000 + 0x40000 * (e / 0x40000000) &&
      e / 0x40000000 == (e / 0x40000000) % 0x400000 + 0x400000 * (e / 0x10000000000000);
    ensures pat: e / 0x1000 == (e / 0x1000) % 2 + 2 * (e / 0x2000);
    ensures reserved: e / 0x2000 == (e / 0x2000) % 0x100 + 0x100 * (e / 0x200000) &&
      e / 0x2000 == (e / 0x2000) % 0x20000 + 0x20000 * (e / 0x40000000);
*/
static void bits_51_to_12(uint64_t e)
{
}

/*@ terminates \true;
    assigns \nothing;
    ensures all: e / 0x10000000000000 == (e / 0x10000000000000) % 0x800 + 0x800 * ((e / 0x8000000000000000) % 2);
    ensures key: (e / 0x10000000000000) % 0x800 ==
      (e / 0x10000000000000) % 0x80 + 0x80 * ((e / 0x800000000000000) % 0x10);
*/
static void bits_63_to_52(uint64_t e)
{
}

/*@ requires width: 32 <= m <= 52;
    terminates \true;
    assigns \nothing;
    ensures whole: two_to(m) >= 0x100000000 && two_to(m) == 0x1000 * (two_to(m) / 0x1000) &&
      two_to(m) == 0x200000 * (two_to(m) / 0x200000) && two_to(m) == 0x40000000 * (two_to(m) / 0x40000000);
    ensures table: 0x1000 * ((e / 0x1000) % 0x10000000000) == address_4kb(e, m) + beyond_4kb(e, m);
    ensures page_2mb: 0x200000 * ((e / 0x200000) % 0x80000000) == address_2mb(e, m) + beyond_2mb(e, m);
    ensures page_1gb: 0x40000000 * ((e / 0x40000000) % 0x400000) == address_1gb(e, m) + beyond_1gb(e, m);
*/
static void address_and_beyond(uint64_t e, unsigned m)
{
  //@ assert whole: two_to(m) >= 0x100000000 && two_to(m) == 0x1000 * (two_to(m) / 0x1000) && two_to(m) == 0x200000 * (two_to(m) / 0x200000) && two_to(m) == 0x40000000 * (two_to(m) / 0x40000000);
}

/*@ terminates \true;
    assigns \nothing;
    ensures low: e / 2 == (e / 2) % 4 + 4 * (e / 8);
    ensures high: e / 0x20 == (e / 0x20) % 0x10 + 0x10 * (e / 0x200);
*/
static void bits_of_pdpte(uint64_t e)
{
}

/* Then each table of the manuals. */
/*@ requires width: 32 <= m <= 52;
    terminates \true;
    assigns \nothing;
    ensures guest_table: e == guest_table_fields(e, m);
    ensures guest_1gb: e == guest_1gb_fields(e, m);
    ensures guest_2mb: e == guest_2mb_fields(e, m);
    ensures guest_4kb: e == guest_4kb_fields(e, m);
*/
static void guest_fields_cover(uint64_t e, unsigned m)
{
  bits_7_to_0(e);
  bits_11_to_8(e);
  bits_51_to_12(e);
  bits_63_to_52(e);
  address_and_beyond(e, m);
}

/*@ requires width: 32 <= m <= 52;
    terminates \true;
    assigns \nothing;
    ensures pae_pdpte: e == pae_pdpte_fields(e, m);
    ensures pae_table: e == pae_table_fields(e, m);
    ensures pae_2mb: e == pae_2mb_fields(e, m);
    ensures pae_4kb: e == pae_4kb_fields(e, m);
*/
static void pae_fields_cover(uint64_t e, unsigned m)
{
  bits_7_to_0(e);
  bits_11_to_8(e);
  bits_51_to_12(e);
  bits_63_to_52(e);
  address_and_beyond(e, m);
  bits_of_pdpte(e);
}

/* Bits 31:0 of an entry of 32-bit paging. */
/*@ requires four_bytes: e <= 0xFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures table_32bit: e == pde_32bit_table_fields(e);
    ensures page_4mb: e == pde_4mb_fields(e);
    ensures page_32bit: e == pte_32bit_fields(e);
*/
static void fields_32bit_cover(uint64_t e)
{
  bits_7_to_0(e);
  bits_11_to_8(e);
  //@ assert address: e / 0x1000 == (e / 0x1000) % 0x100000;
  //@ assert pat: e / 0x1000 == (e / 0x1000) % 2 + 2 * (e / 0x2000);
  //@ assert high: e / 0x2000 == (e / 0x2000) % 0x100 + 0x100 * (e / 0x200000);
  //@ assert reserved: e / 0x200000 == (e / 0x200000) % 2 + 2 * (e / 0x400000);
  //@ assert low: e / 0x400000 == (e / 0x400000) % 0x400;
}

/* Where bits 62:52 are 0, a PDE or PTE says in PAE paging what it says in 4-level paging; elsewhere, present, it is reserved. */
/*@ requires readable: \valid_read(f) && \valid_read(g);
    requires modes: f->mode == SLAT_PAGING_PAE && g->mode == SLAT_PAGING_LONG;
    requires same: f->limit == g->limit && f->nxe == g->nxe;
    requires level_range: 1 <= level <= 2;
    terminates \true;
    assigns \nothing;
    ensures alike: (e / 0x10000000000000) % 0x800 == 0 ==> pte_kind(f, e, level) == pte_kind(g, e, level);
    ensures elsewhere: (e / 0x10000000000000) % 0x800 != 0 && pte_present(e) ==>
      pte_kind(f, e, level) == SLAT_ENTRY_RESERVED;
*/
static void pae_entry_is_long_entry(const struct slat_format *f, const struct slat_format *g, uint64_t e,
                                    unsigned level)
{
}

/*@ requires width: 32 <= m <= 52;
    terminates \true;
    assigns \nothing;
    ensures ept_pml4e: e == ept_pml4e_fields(e, m);
    ensures ept_table: e == ept_table_fields(e, m);
    ensures ept_1gb: e == ept_1gb_fields(e, m);
    ensures ept_2mb: e == ept_2mb_fields(e, m);
    ensures ept_4kb: e == ept_4kb_fields(e, m);
*/
static void ept_fields_cover(uint64_t e, unsigned m)
{
  bits_7_to_0(e);
  bits_7_to_3(e);
  bits_11_to_8(e);
  bits_51_to_12(e);
  address_and_beyond(e, m);
}

/* What the walkers test for reserved address bits, "bits 51:0 are below 2^M", is that bits 51:M are 0. */
/*@ requires width: 32 <= m <= 52;
    terminates \true;
    assigns \nothing;
    ensures table: beyond_4kb(e, m) != 0 <==> e % 0x10000000000000 >= two_to(m);
    ensures page_2mb: beyond_2mb(e, m) != 0 <==> e % 0x10000000000000 >= two_to(m);
    ensures page_1gb: beyond_1gb(e, m) != 0 <==> e % 0x10000000000000 >= two_to(m);
*/
static void beyond_width_is_reserved(uint64_t e, unsigned m)
{
  address_and_beyond(e, m);
  //@ assert table: e % 0x10000000000000 == 0x1000 * ((e / 0x1000) % 0x10000000000) + e % 0x1000;
  //@ assert page_2mb: e % 0x10000000000000 == 0x200000 * ((e / 0x200000) % 0x80000000) + e % 0x200000;
  //@ assert page_1gb: e % 0x10000000000000 == 0x40000000 * ((e / 0x40000000) % 0x400000) + e % 0x40000000;
}

/* Decoding is total: each value is of one of the kinds, at each level. */
/*@ requires readable: \valid_read(f) && \valid_read(c);
    requires level_range: 1 <= level <= 5;
    terminates \true;
    assigns \nothing;
    ensures guest: SLAT_ENTRY_NOT_PRESENT <= pte_kind(f, e, level) <= SLAT_ENTRY_PDPTE;
    ensures pdpte: pte_kind(f, e, level) == SLAT_ENTRY_PDPTE ==> f->mode == SLAT_PAGING_PAE && level == 3;
    ensures ept: SLAT_ENTRY_NOT_PRESENT <= ept_kind(c, e, level) <= SLAT_ENTRY_PAGE;
*/
static void decoding_is_total(const struct slat_format *f, const struct slat_controls *c, uint64_t e, unsigned level)
{
}

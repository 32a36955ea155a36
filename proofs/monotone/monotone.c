/* SPDX-License-Identifier: BSD-2-Clause */
/* Theorem: more rights in an entry never remove an access, where that is true.  Lemma functions: no code of the library. */
#include "../../model/src/fault.h"
#include "../../model/src/guest_rights.h"
#include "../../model/src/stage2_fault.h"
#include "../../model/src/stage2.h"
#include "../../spec/logic/monotone.acsl"
#include "../../spec/logic/stage2_grows.acsl"

/* R/W = 1 in every guest entry allows whatever R/W = 0 in one allows, of every access but those to shadow stacks. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    terminates \true;
    assigns \nothing;
    ensures rw_only_adds: a->shadow_stack == 0 && !rights_deny(c, a, us, 0, xd, ss, key) ==>
      !rights_deny(c, a, us, 1, xd, ss, key);
*/
static void rw_only_adds(const struct slat_controls *c, const struct slat_access *a, bool us, bool xd, bool ss,
                         unsigned key)
{
}

/* Of an access to a shadow stack R/W = 1 in an entry above the page allows whatever R/W = 0 there allows. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    terminates \true;
    assigns \nothing;
    ensures rw_above_only_adds: a->shadow_stack != 0 &&
      !rights_deny(c, a, us, rw, xd, shadow_stack_page(leaf, \false) ? 1 : 0, key) ==>
      !rights_deny(c, a, us, rw, xd, shadow_stack_page(leaf, \true) ? 1 : 0, key);
*/
static void rw_above_only_adds(const struct slat_controls *c, const struct slat_access *a, uint64_t leaf, bool us,
                               bool rw, bool xd, unsigned key)
{
}

/* In the entry that maps the page it removes: the same entry with R/W = 1 denies what it allowed.  There is such an access:
   where keys deny nothing, each of the address's own mode. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires shadow_stack: a->shadow_stack != 0 && (us != 0 <==> !supervisor_access(a));
    requires page: shadow_stack_page(leaf, \true);
    requires keys: c->user_keys == 0 && c->supervisor_keys == 0;
    terminates \true;
    assigns \nothing;
    ensures rw_can_remove: !rights_deny(c, a, us, 0, xd, shadow_stack_page(leaf, \true) ? 1 : 0, key) &&
      rights_deny(c, a, us, 1, xd, shadow_stack_page(leaf + 2, \true) ? 1 : 0, key);
*/
static void rw_can_remove(const struct slat_controls *c, const struct slat_access *a, uint64_t leaf, bool us, bool xd,
                          unsigned key)
{
  //@ assert rw: pte_rw(leaf + 2) == 1;
}

/* U/S = 1 in every guest entry allows whatever U/S = 0 in one allows, of a user-mode access.  Of a supervisor-mode access it
   need not: SMAP, SMEP and PKRU speak of user-mode addresses, and so do shadow stacks. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    terminates \true;
    assigns \nothing;
    ensures us_only_adds: !supervisor_access(a) && !rights_deny(c, a, 0, rw, xd, ss, key) ==>
      !rights_deny(c, a, 1, rw, xd, ss, key);
    ensures us_for_supervisors: supervisor_access(a) && a->shadow_stack == 0 && c->smap == 0 && c->smep == 0 &&
      c->user_keys == 0 && !rights_deny(c, a, 0, rw, xd, ss, key) ==> !rights_deny(c, a, 1, rw, xd, ss, key);
*/
static void us_only_adds(const struct slat_controls *c, const struct slat_access *a, bool rw, bool xd, bool ss,
                         unsigned key)
{
}

/* XD = 0 in every guest entry allows whatever XD = 1 in one allows, of every access. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    terminates \true;
    assigns \nothing;
    ensures xd_only_removes: !rights_deny(c, a, us, rw, 1, ss, key) ==> !rights_deny(c, a, us, rw, 0, ss, key);
*/
static void xd_only_removes(const struct slat_controls *c, const struct slat_access *a, bool us, bool rw, bool ss,
                            unsigned key)
{
}

/* One EPT entry. */
/*@ requires readable: \valid_read(c);
    requires level_range: 1 <= level <= 5;
    requires grows: ept_grows(e, f) && !ept_misconfigured(c, f, level);
    terminates \true;
    assigns \nothing;
    ensures rights: (ept_r(e) == 1 ==> ept_r(f) == 1) && (ept_w(e) == 1 ==> ept_w(f) == 1) &&
      (ept_x(e) == 1 ==> ept_x(f) == 1);
    ensures table: ept_kind(c, e, level) == SLAT_ENTRY_TABLE ==> ept_kind(c, f, level) == SLAT_ENTRY_TABLE;
    ensures page: ept_kind(c, e, level) == SLAT_ENTRY_PAGE ==> ept_kind(c, f, level) == SLAT_ENTRY_PAGE;
    ensures address: table_of(e) == table_of(f);
    ensures leaf: leaf_address(e, gpa, level) == leaf_address(f, gpa, level);
    ensures sss: ept_sss(e) == ept_sss(f);
    ensures memory_type: ept_mt(e) == ept_mt(f) && ept_ipat(e) == ept_ipat(f);
*/
static void entry_grows(const struct slat_controls *c, uint64_t e, uint64_t f, uint64_t gpa, unsigned level)
{
  //@ assert ipat: e / 0x40 == (e / 8) / 8 && f / 0x40 == (f / 8) / 8;
  //@ assert ps: e / 0x80 == (e / 8) / 0x10 && f / 0x80 == (f / 8) / 0x10;
  //@ assert sss: e / 0x1000000000000000 == (e / 8) / 0x200000000000000 && f / 0x1000000000000000 == (f / 8) / 0x200000000000000;
  //@ assert kb: e / 0x1000 == (e / 8) / 0x200 && f / 0x1000 == (f / 8) / 0x200;
  //@ assert mb: e / 0x200000 == (e / 8) / 0x40000 && f / 0x200000 == (f / 8) / 0x40000;
  //@ assert gb: e / 0x40000000 == (e / 8) / 0x8000000 && f / 0x40000000 == (f / 8) / 0x8000000;
  //@ assert present: ept_present(e) ==> ept_present(f);
}

/*@
  // A page stays one, of the same level, at the same address, with no right less.
  predicate ept_grown(struct slat_memory *m, struct slat_memory *n, struct slat_controls *c, integer gpa) =
    ept_end(m, c, gpa) == SLAT_S2_PAGE ==>
      ept_end(n, c, gpa) == SLAT_S2_PAGE && ept_level(n, c, gpa) == ept_level(m, c, gpa) &&
      leaf_address(ept_last(n, c, gpa), gpa, ept_level(m, c, gpa)) == leaf_address(ept_last(m, c, gpa), gpa, ept_level(m, c, gpa)) &&
      ept_sss(ept_last(n, c, gpa)) == ept_sss(ept_last(m, c, gpa)) &&
      (ept_all_r(m, c, gpa, ept_level(m, c, gpa)) ==> ept_all_r(n, c, gpa, ept_level(m, c, gpa))) &&
      (ept_all_w(m, c, gpa, ept_level(m, c, gpa)) ==> ept_all_w(n, c, gpa, ept_level(m, c, gpa))) &&
      (ept_all_w(m, c, gpa, ept_level(m, c, gpa) + 1) ==> ept_all_w(n, c, gpa, ept_level(m, c, gpa) + 1)) &&
      (ept_all_x(m, c, gpa, ept_level(m, c, gpa)) ==> ept_all_x(n, c, gpa, ept_level(m, c, gpa)));
*/

/* What holds of two walks down to the entry of a level, which references a table in both. */
/*@ predicate grown_to3(struct slat_memory *m, struct slat_memory *n, struct slat_controls *c, integer gpa) =
      ept_table3(m, c, gpa) && ept_table3(n, c, gpa) &&
      (ept_all_r(m, c, gpa, 3) ==> ept_all_r(n, c, gpa, 3)) && (ept_all_w(m, c, gpa, 3) ==> ept_all_w(n, c, gpa, 3)) &&
      (ept_all_x(m, c, gpa, 3) ==> ept_all_x(n, c, gpa, 3));
*/

/* The walk of a GPA, its levels 2 and 1. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires width: !stage2_too_wide(c, gpa);
    requires grows: ept_path_grows(m, n, c, gpa);
    requires above: grown_to3(m, n, c, gpa);
    requires tables: table_m == table_of(path_e3(m, c, gpa)) && table_n == table_of(path_e3(n, c, gpa));
    terminates \true;
    assigns \nothing;
    ensures grown: ept_grown(m, n, c, gpa);
*/
static void ept_only_adds_lower(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                                uint64_t gpa, uint64_t table_m, uint64_t table_n)
{
  const uint64_t e2 = slat_memory_read(m, slat_entry_address(table_m, gpa, 2));
  const uint64_t f2 = slat_memory_read(n, slat_entry_address(table_n, gpa, 2));
  //@ assert e2: e2 == path_e2(m, c, gpa) && f2 == path_e2(n, c, gpa);
  entry_grows(c, e2, f2, gpa, 2);
  //@ assert r2: ept_all_r(m, c, gpa, 2) ==> ept_all_r(n, c, gpa, 2);
  //@ assert w2: ept_all_w(m, c, gpa, 2) ==> ept_all_w(n, c, gpa, 2);
  //@ assert x2: ept_all_x(m, c, gpa, 2) ==> ept_all_x(n, c, gpa, 2);
  if (slat_ept_entry(c, e2, 2).kind != SLAT_ENTRY_TABLE) {
    //@ assert level2: ept_level(m, c, gpa) == 2;
    //@ assert page2: ept_end(m, c, gpa) == SLAT_S2_PAGE ==> ept_level(n, c, gpa) == 2 && ept_end(n, c, gpa) == SLAT_S2_PAGE;
    //@ assert grown2: ept_grown(m, n, c, gpa);
    return;
  }
  const uint64_t e1 = slat_memory_read(m, slat_entry_address(slat_table_of(e2), gpa, 1));
  const uint64_t f1 = slat_memory_read(n, slat_entry_address(slat_table_of(f2), gpa, 1));
  //@ assert e1: e1 == path_e1(m, c, gpa) && f1 == path_e1(n, c, gpa);
  entry_grows(c, e1, f1, gpa, 1);
  //@ assert r1: ept_all_r(m, c, gpa, 1) ==> ept_all_r(n, c, gpa, 1);
  //@ assert w1: ept_all_w(m, c, gpa, 1) ==> ept_all_w(n, c, gpa, 1);
  //@ assert level1: ept_level(m, c, gpa) == 1 && ept_level(n, c, gpa) == 1;
  //@ assert page1: ept_end(m, c, gpa) == SLAT_S2_PAGE ==> ept_end(n, c, gpa) == SLAT_S2_PAGE;
  //@ assert x1: ept_all_x(m, c, gpa, 1) ==> ept_all_x(n, c, gpa, 1);
  //@ assert grown1: ept_grown(m, n, c, gpa);
}

/* The walk of a GPA, from its first level on. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000;
    requires width: !stage2_too_wide(c, gpa);
    requires grows: ept_path_grows(m, n, c, gpa);
    terminates \true;
    assigns \nothing;
    ensures grown: ept_grown(m, n, c, gpa);
*/
static void ept_only_adds(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                          uint64_t gpa)
{
  uint64_t pml4_m = c->stage2_table, pml4_n = c->stage2_table;

  if (c->stage2_5level) {
    const uint64_t e5 = slat_memory_read(m, slat_entry_address(c->stage2_table, gpa, 5));
    const uint64_t f5 = slat_memory_read(n, slat_entry_address(c->stage2_table, gpa, 5));
    //@ assert e5: e5 == path_e5(m, c, gpa) && f5 == path_e5(n, c, gpa);
    entry_grows(c, e5, f5, gpa, 5);
    if (slat_ept_entry(c, e5, 5).kind != SLAT_ENTRY_TABLE) {
      //@ assert level5: ept_level(m, c, gpa) == 5 && ept_end(m, c, gpa) != SLAT_S2_PAGE;
      return;
    }
    pml4_m = slat_table_of(e5);
    pml4_n = slat_table_of(f5);
  }
  //@ assert pml4: pml4_m == path_pml4(m, c, gpa) && pml4_n == path_pml4(n, c, gpa);
  //@ assert table5: ept_table5(m, c, gpa) && ept_table5(n, c, gpa);
  const uint64_t e4 = slat_memory_read(m, slat_entry_address(pml4_m, gpa, 4));
  const uint64_t f4 = slat_memory_read(n, slat_entry_address(pml4_n, gpa, 4));
  //@ assert e4: e4 == path_e4(m, c, gpa) && f4 == path_e4(n, c, gpa);
  entry_grows(c, e4, f4, gpa, 4);
  //@ assert r4: ept_all_r(m, c, gpa, 4) ==> ept_all_r(n, c, gpa, 4);
  //@ assert w4: ept_all_w(m, c, gpa, 4) ==> ept_all_w(n, c, gpa, 4);
  //@ assert x4: ept_all_x(m, c, gpa, 4) ==> ept_all_x(n, c, gpa, 4);
  if (slat_ept_entry(c, e4, 4).kind != SLAT_ENTRY_TABLE) {
    //@ assert level4: ept_level(m, c, gpa) == 4;
    //@ assert page4: ept_end(m, c, gpa) == SLAT_S2_PAGE ==> ept_level(n, c, gpa) == 4 && ept_end(n, c, gpa) == SLAT_S2_PAGE;
    //@ assert grown4: ept_grown(m, n, c, gpa);
    return;
  }
  const uint64_t e3 = slat_memory_read(m, slat_entry_address(slat_table_of(e4), gpa, 3));
  const uint64_t f3 = slat_memory_read(n, slat_entry_address(slat_table_of(f4), gpa, 3));
  //@ assert e3: e3 == path_e3(m, c, gpa) && f3 == path_e3(n, c, gpa);
  entry_grows(c, e3, f3, gpa, 3);
  //@ assert r3: ept_all_r(m, c, gpa, 3) ==> ept_all_r(n, c, gpa, 3);
  //@ assert w3: ept_all_w(m, c, gpa, 3) ==> ept_all_w(n, c, gpa, 3);
  //@ assert x3: ept_all_x(m, c, gpa, 3) ==> ept_all_x(n, c, gpa, 3);
  if (slat_ept_entry(c, e3, 3).kind != SLAT_ENTRY_TABLE) {
    //@ assert level3: ept_level(m, c, gpa) == 3;
    //@ assert page3: ept_end(m, c, gpa) == SLAT_S2_PAGE ==> ept_level(n, c, gpa) == 3 && ept_end(n, c, gpa) == SLAT_S2_PAGE;
    //@ assert grown3: ept_grown(m, n, c, gpa);
    return;
  }
  //@ assert on: grown_to3(m, n, c, gpa);
  ept_only_adds_lower(m, n, c, gpa, slat_table_of(e3), slat_table_of(f3));
}

/* Theorem: what EPT does not deny, it does not deny with more of R, W and X, whatever the use of the GPA; nor does it lead
   elsewhere. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000;
    requires ept: c->stage2 == SLAT_STAGE2_EPT;
    requires width: !stage2_too_wide(c, gpa);
    requires grows: ept_path_grows(m, n, c, gpa);
    requires walks: stage2_is(r, m, c, gpa) && stage2_is(s, n, c, gpa);
    requires use: use <= SLAT_USE_FLAGS;
    terminates \true;
    assigns \nothing;
    ensures ept_never_removes: !stage2_denies(c, r, use) ==> !stage2_denies(c, s, use) && s.spa == r.spa;
*/
static void ept_never_removes(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                              uint64_t gpa, struct slat_stage2 r, struct slat_stage2 s, unsigned use)
{
  ept_only_adds(m, n, c, gpa);
  //@ assert page: r.end == SLAT_S2_PAGE ==> s.end == SLAT_S2_PAGE && s.spa == r.spa;
  //@ assert read: r.end == SLAT_S2_PAGE && r.read != 0 ==> s.read != 0;
  //@ assert write: r.end == SLAT_S2_PAGE && r.write != 0 ==> s.write != 0;
  //@ assert tables: r.end == SLAT_S2_PAGE && r.tables_writable != 0 ==> s.tables_writable != 0;
  //@ assert sss: r.end == SLAT_S2_PAGE && r.sss != 0 ==> s.sss != 0;
  //@ assert execute: r.end == SLAT_S2_PAGE && r.execute != 0 ==> s.execute != 0;
}

/* So EPT with more of R, W and X is a stage 2 that grows, at every guest-physical address: what proofs/monotone_access starts
   from. */
/*@ requires readable: \valid_read(m) && \valid_read(n) && \valid_read(c);
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000;
    requires ept: c->stage2 == SLAT_STAGE2_EPT;
    requires grows: !stage2_too_wide(c, gpa) ==> ept_path_grows(m, n, c, gpa);
    terminates \true;
    assigns \nothing;
    ensures ept_grows_stage2: stage2_grows_at(m, n, c, gpa);
*/
static void ept_grows_stage2(const struct slat_memory *m, const struct slat_memory *n, const struct slat_controls *c,
                             uint64_t gpa)
{
  if (!c->stage2_5level && gpa >= 0x1000000000000) {
    //@ assert width: ept_end(m, c, gpa) == SLAT_S2_WIDTH;
    return;
  }
  ept_only_adds(m, n, c, gpa);
}

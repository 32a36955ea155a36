/* SPDX-License-Identifier: BSD-2-Clause */
/* Theorem 4, isolation, as lemma functions over the walk's contract: no code of the library.  Here with the definitions
   of EPT, nested tables and no stage 2. */
#include "../../model/src/walk.h"
#include "../../spec/logic/theorems.acsl"

/* No stage 2 is an identity, for any limit: with theorem 3, an identity stage 2 gives stage 1. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires none: c->stage2 == SLAT_STAGE2_NONE;
    terminates \true;
    assigns \nothing;
    ensures none_is_identity: identity(m, c, limit);
*/
static void none_is_identity(const struct slat_memory *m, const struct slat_controls *c, uint64_t limit)
{
}

/* One level of two walks: below the same entry, by the same index, is the same entry.  Each where little else is known. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires above: path_e5(m, c, h) == path_e5(m, c, gpa) && index4(h) == index4(gpa);
    terminates \true;
    assigns \nothing;
    ensures table: path_pml4(m, c, h) == path_pml4(m, c, gpa);
    ensures entry: path_e4(m, c, h) == path_e4(m, c, gpa);
*/
static void same_entry4(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa, uint64_t h)
{
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires above: path_e4(m, c, h) == path_e4(m, c, gpa) && index3(h) == index3(gpa);
    terminates \true;
    assigns \nothing;
    ensures entry: path_e3(m, c, h) == path_e3(m, c, gpa);
*/
static void same_entry3(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa, uint64_t h)
{
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires above: path_e3(m, c, h) == path_e3(m, c, gpa) && index2(h) == index2(gpa);
    terminates \true;
    assigns \nothing;
    ensures entry: path_e2(m, c, h) == path_e2(m, c, gpa);
*/
static void same_entry2(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa, uint64_t h)
{
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires above: path_e2(m, c, h) == path_e2(m, c, gpa) && index1(h) == index1(gpa);
    terminates \true;
    assigns \nothing;
    ensures entry: path_e1(m, c, h) == path_e1(m, c, gpa);
*/
static void same_entry1(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa, uint64_t h)
{
}

/* The same levels of a host in PAE or 32-bit paging. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires index: index3(h) == index3(gpa) && index2(h) == index2(gpa) && index2_32bit(h) == index2_32bit(gpa) &&
      index1_32bit(h) == index1_32bit(gpa);
    terminates \true;
    assigns \nothing;
    ensures entry3: host_e3(m, c, h) == host_e3(m, c, gpa);
    ensures entry2: host_e2(m, c, h) == host_e2(m, c, gpa);
*/
static void same_host_entry2(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa, uint64_t h)
{
  //@ assert spa3: host_entry_spa(c, c->stage2_table, h, 3) == host_entry_spa(c, c->stage2_table, gpa, 3);
  //@ assert entry3: host_e3(m, c, h) == host_e3(m, c, gpa);
  //@ assert table: host_table2(m, c, h) == host_table2(m, c, gpa);
  //@ assert spa2: host_entry_spa(c, host_table2(m, c, h), h, 2) == host_entry_spa(c, host_table2(m, c, gpa), gpa, 2);
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires above: host_e2(m, c, h) == host_e2(m, c, gpa);
    requires index: index1(h) == index1(gpa) && index1_32bit(h) == index1_32bit(gpa);
    terminates \true;
    assigns \nothing;
    ensures entry: host_e1(m, c, h) == host_e1(m, c, gpa);
*/
static void same_host_entry1(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa, uint64_t h)
{
  //@ assert spa: host_entry_spa(c, table_of(host_e2(m, c, h)), h, 1) == host_entry_spa(c, table_of(host_e2(m, c, gpa)), gpa, 1);
}

/* Two addresses in one 4 KB page are translated alike: under such a host, then under any other stage 2. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires host: legacy_host(c);
    requires page: gpa % 0x1000 + k < 0x1000;
    requires width: gpa <= 0xFFFFFFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures end: s2_end(m, c, gpa + k) == s2_end(m, c, gpa);
    ensures byte: s2_end(m, c, gpa) == SLAT_S2_PAGE ==> s2_spa(m, c, gpa + k) == s2_spa(m, c, gpa) + k;
*/
static void bytes_of_a_host_page(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa, uint64_t k)
{
  //@ assert page: (gpa + k) / 0x1000 == gpa / 0x1000;
  //@ assert page_2mb: (gpa + k) / 0x200000 == gpa / 0x200000;
  //@ assert page_4mb: (gpa + k) / 0x400000 == gpa / 0x400000;
  //@ assert page_1gb: (gpa + k) / 0x40000000 == gpa / 0x40000000;
  //@ assert low: (gpa + k) % 0x1000 == gpa % 0x1000 + k;
  //@ assert low_2mb: (gpa + k) % 0x200000 == gpa % 0x200000 + k;
  //@ assert low_4mb: (gpa + k) % 0x400000 == gpa % 0x400000 + k;
  //@ assert low_1gb: (gpa + k) % 0x40000000 == gpa % 0x40000000 + k;
  //@ assert four_gb: (gpa + k) / 0x100000000 == gpa / 0x100000000;
  //@ assert index2: index3(gpa + k) == index3(gpa) && index2(gpa + k) == index2(gpa) && index2_32bit(gpa + k) == index2_32bit(gpa);
  //@ assert index1: index1(gpa + k) == index1(gpa) && index1_32bit(gpa + k) == index1_32bit(gpa);
  same_host_entry2(m, c, gpa, gpa + k);
  same_host_entry1(m, c, gpa, gpa + k);
  //@ assert width: npt_too_wide(c, gpa + k) <==> npt_too_wide(c, gpa);
  //@ assert below3: host_below3(m, c, gpa + k) == host_below3(m, c, gpa);
  //@ assert below2: host_below2(m, c, gpa + k) == host_below2(m, c, gpa);
  //@ assert level: legacy_level(m, c, gpa + k) == legacy_level(m, c, gpa);
  //@ assert last: legacy_last(m, c, gpa + k) == legacy_last(m, c, gpa);
  //@ assert end: legacy_end(m, c, gpa + k) == legacy_end(m, c, gpa);
  /*@ assert address: legacy_end(m, c, gpa) == SLAT_S2_PAGE ==>
    legacy_address(c, legacy_last(m, c, gpa), gpa + k, legacy_level(m, c, gpa)) ==
    legacy_address(c, legacy_last(m, c, gpa), gpa, legacy_level(m, c, gpa)) + k; */
}

/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires host: !legacy_host(c);
    requires page: gpa % 0x1000 + k < 0x1000;
    requires width: gpa <= 0xFFFFFFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures end: s2_end(m, c, gpa + k) == s2_end(m, c, gpa);
    ensures byte: s2_end(m, c, gpa) == SLAT_S2_PAGE ==> s2_spa(m, c, gpa + k) == s2_spa(m, c, gpa) + k;
*/
static void bytes_of_a_long_page(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa, uint64_t k)
{
  //@ assert low: (gpa + k) % 0x1000 == gpa % 0x1000 + k;
  //@ assert page: (gpa + k) / 0x1000 == gpa / 0x1000;
  //@ assert page_2mb: (gpa + k) / 0x200000 == gpa / 0x200000;
  //@ assert page_1gb: (gpa + k) / 0x40000000 == gpa / 0x40000000;
  //@ assert region: (gpa + k) / 0x8000000000 == gpa / 0x8000000000;
  //@ assert huge: (gpa + k) / 0x1000000000000 == gpa / 0x1000000000000;
  //@ assert index5: index5(gpa + k) == index5(gpa);
  //@ assert index4: index4(gpa + k) == index4(gpa);
  //@ assert index3: index3(gpa + k) == index3(gpa);
  //@ assert index2: index2(gpa + k) == index2(gpa);
  //@ assert index1: index1(gpa + k) == index1(gpa);
  //@ assert low_2mb: (gpa + k) % 0x200000 == gpa % 0x200000 + k;
  //@ assert low_1gb: (gpa + k) % 0x40000000 == gpa % 0x40000000 + k;
  //@ assert width: stage2_too_wide(c, gpa + k) <==> stage2_too_wide(c, gpa);
  //@ assert e5: path_e5(m, c, gpa + k) == path_e5(m, c, gpa);
  same_entry4(m, c, gpa, gpa + k);
  same_entry3(m, c, gpa, gpa + k);
  same_entry2(m, c, gpa, gpa + k);
  same_entry1(m, c, gpa, gpa + k);
}

/* So every byte of an access that does not cross a page is where its first byte is, plus its offset. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires page: gpa % 0x1000 + k < 0x1000;
    requires width: gpa <= 0xFFFFFFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures end: s2_end(m, c, gpa + k) == s2_end(m, c, gpa);
    ensures byte: s2_end(m, c, gpa) == SLAT_S2_PAGE ==> s2_spa(m, c, gpa + k) == s2_spa(m, c, gpa) + k;
*/
static void bytes_of_a_page(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa, uint64_t k)
{
  if (c->stage2 == SLAT_STAGE2_NPT && c->nested.mode != SLAT_PAGING_LONG)
    bytes_of_a_host_page(m, c, gpa, k);
  else
    bytes_of_a_long_page(m, c, gpa, k);
}

/* Theorem: every byte of an access that is done is at an SPA that its stage 2 reaches. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires done: o.kind == SLAT_TRANSLATED && done_where_stage2_says(o, m, c, a->linear);
    requires byte: a->linear % 0x1000 + k < 0x1000;
    terminates \true;
    assigns \nothing;
    ensures done_is_reached: stage2_reaches(m, c, o.spa + k);
*/
static void done_is_reached(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                            struct slat_outcome o, uint64_t k)
{
  bytes_of_a_page(m, c, o.gpa, k);
  //@ assert reached: s2_end(m, c, o.gpa + k) == SLAT_S2_PAGE && s2_spa(m, c, o.gpa + k) == o.spa + k;
}

/* One step of a walk. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires step: s.reached != 0 && step_is(s, m, c, gpa, level);
    requires gpa: gpa < 0x10000000000000;
    terminates \true;
    assigns \nothing;
    ensures reached: stage2_reaches(m, c, s.stage2.spa);
    ensures value: s.value == guest_word(m, c, s.stage2.spa);
*/
static void step_is_reached(const struct slat_memory *m, const struct slat_controls *c, struct slat_step s,
                            uint64_t gpa, unsigned level)
{
  (void)level;
  //@ assert spa: s2_end(m, c, gpa) == SLAT_S2_PAGE && s2_spa(m, c, gpa) == s.stage2.spa;
}

/* The GPA of a guest entry. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires tables: c->guest_table <= 0xFFFFFFFFFF000;
    requires level_range: 1 <= level <= 5;
    terminates \true;
    assigns \nothing;
    ensures range: guest_gpa(m, c, linear, level) < 0x10000000000000;
*/
static void gpa_of_entry_in_range(const struct slat_memory *m, const struct slat_controls *c, uint64_t linear,
                                  unsigned level)
{
  //@ assert table4: guest_table4(m, c, linear) <= 0xFFFFFFFFFF000;
  //@ assert table3: guest_table3(m, c, linear) <= 0xFFFFFFFFFF000;
  //@ assert table2: guest_table2(m, c, linear) <= 0xFFFFFFFFFF000;
  //@ assert index: index5(linear) < 512 && index4(linear) < 512 && index3(linear) < 512 && index2(linear) < 512 && index1(linear) < 512;
  //@ assert index_32bit: index2_32bit(linear) < 1024 && index1_32bit(linear) < 1024;
  //@ assert gpa5: guest_gpa5(c, linear) < 0x10000000000000;
  //@ assert gpa4: guest_gpa4(m, c, linear) < 0x10000000000000;
  //@ assert gpa3: guest_gpa3(m, c, linear) < 0x10000000000000;
  //@ assert gpa2: guest_gpa2(m, c, linear) < 0x10000000000000;
  //@ assert gpa1: guest_gpa1(m, c, linear) < 0x10000000000000;
}

/* Theorem: each entry that a walk reads of its guest's tables is at an SPA in reach, and is what lies there. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires tables: c->guest_table <= 0xFFFFFFFFFF000;
    requires walk: walks(c, a->linear) && walk_steps_are(w, m, c, a);
    requires level_range: 1 <= w.end <= level && level <= w.begin <= 5;
    requires read: w.step[level].reached != 0;
    terminates \true;
    assigns \nothing;
    ensures tables_are_reached: stage2_reaches(m, c, w.step[level].stage2.spa);
    ensures value: w.step[level].value == guest_word(m, c, w.step[level].stage2.spa);
*/
static void tables_are_reached(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                               struct slat_walk w, unsigned level)
{
  gpa_of_entry_in_range(m, c, a->linear, level);
  //@ assert range: level == 5 || level == 4 || level == 3 || level == 2 || level == 1;
  /* A path for each level, so that its number is known. */
  switch (level) {
  case 5:
    //@ assert s5: step_is(w.step[5], m, c, guest_gpa5(c, a->linear), 5);
    step_is_reached(m, c, w.step[5], w.step[5].gpa, 5);
    return;
  case 4:
    //@ assert s4: step_is(w.step[4], m, c, guest_gpa4(m, c, a->linear), 4);
    step_is_reached(m, c, w.step[4], w.step[4].gpa, 4);
    return;
  case 3:
    //@ assert s3: step_is(w.step[3], m, c, guest_gpa3(m, c, a->linear), 3);
    step_is_reached(m, c, w.step[3], w.step[3].gpa, 3);
    return;
  case 2:
    //@ assert s2: step_is(w.step[2], m, c, guest_gpa2(m, c, a->linear), 2);
    step_is_reached(m, c, w.step[2], w.step[2].gpa, 2);
    return;
  default:
    //@ assert s1: step_is(w.step[1], m, c, guest_gpa1(m, c, a->linear), 1);
    step_is_reached(m, c, w.step[1], w.step[1].gpa, 1);
    return;
  }
}

/* Theorem: two guests whose stage 2s have disjoint reach.  What one reaches, an access of the other that is done does not
   touch, whatever their own tables say.  o is the outcome of an access a under c, done where stage 2 says (which the walk
   promises of each of its outcomes: WALK_TRANSLATED); k is any byte of it, spa any SPA that the other guest, d, reaches. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a) && \valid_read(d);
    requires disjoint: disjoint_reach(m, c, d);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && d->stage2 <= SLAT_STAGE2_NPT;
    requires done: o.kind == SLAT_TRANSLATED && done_where_stage2_says(o, m, c, a->linear);
    requires byte: a->linear % 0x1000 + k < 0x1000;
    terminates \true;
    assigns \nothing;
    ensures isolation: !stage2_reaches(m, d, o.spa + k);
*/
static void isolation(const struct slat_memory *m, const struct slat_controls *c, const struct slat_controls *d,
                      const struct slat_access *a, struct slat_outcome o, uint64_t k)
{
  done_is_reached(m, c, a, o, k);
}

/* The same for the guests' tables: no word that the walk of one reads is one that the other reaches. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a) && \valid_read(d);
    requires disjoint: disjoint_reach(m, c, d);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && d->stage2 <= SLAT_STAGE2_NPT;
    requires tables: c->guest_table <= 0xFFFFFFFFFF000;
    requires walk: walks(c, a->linear) && walk_steps_are(w, m, c, a);
    requires level_range: 1 <= w.end <= level && level <= w.begin <= 5;
    requires read: w.step[level].reached != 0;
    terminates \true;
    assigns \nothing;
    ensures tables_are_isolated: !stage2_reaches(m, d, w.step[level].stage2.spa);
*/
static void tables_are_isolated(const struct slat_memory *m, const struct slat_controls *c,
                                const struct slat_controls *d, const struct slat_access *a, struct slat_walk w,
                                unsigned level)
{
  tables_are_reached(m, c, a, w, level);
}

/* The hypotheses can be met: over a memory of zeros, a guest under EPT reaches nothing, so its reach and that of a guest
   without stage 2 are disjoint, and the second does reach memory. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(d);
    requires zero: \forall integer spa; mem_word(m, spa) == 0;
    requires ept: c->stage2 == SLAT_STAGE2_EPT && d->stage2 == SLAT_STAGE2_NONE;
    terminates \true;
    assigns \nothing;
    ensures disjoint_is_possible: disjoint_reach(m, c, d);
    ensures not_for_want_of_memory: stage2_reaches(m, d, 0x1000);
*/
static void disjoint_is_possible(const struct slat_memory *m, const struct slat_controls *c,
                                 const struct slat_controls *d)
{
  //@ assert absent: \forall integer gpa; s2_end(m, c, gpa) != SLAT_S2_PAGE;
  //@ assert identity: s2_end(m, d, 0x1000) == SLAT_S2_PAGE && s2_spa(m, d, 0x1000) == 0x1000;
}

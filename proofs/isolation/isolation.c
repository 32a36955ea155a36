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

/* Two addresses in one 4 KB page are translated alike: every byte of an access that does not cross a page is where its first
   byte is, plus its offset. */
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
  //@ assert low: (gpa + k) % 0x1000 == gpa % 0x1000 + k;
  //@ assert page: (gpa + k) / 0x1000 == gpa / 0x1000;
  //@ assert page_2mb: (gpa + k) / 0x200000 == gpa / 0x200000;
  //@ assert page_1gb: (gpa + k) / 0x40000000 == gpa / 0x40000000;
  //@ assert region: (gpa + k) / 0x8000000000 == gpa / 0x8000000000;
  //@ assert index4: index4(gpa + k) == index4(gpa);
  //@ assert index3: index3(gpa + k) == index3(gpa);
  //@ assert index2: index2(gpa + k) == index2(gpa);
  //@ assert index1: index1(gpa + k) == index1(gpa);
  //@ assert low_2mb: (gpa + k) % 0x200000 == gpa % 0x200000 + k;
  //@ assert low_1gb: (gpa + k) % 0x40000000 == gpa % 0x40000000 + k;
  //@ assert e4: path_e4(m, c->stage2_table, gpa + k) == path_e4(m, c->stage2_table, gpa);
  //@ assert e3: path_e3(m, c->stage2_table, gpa + k) == path_e3(m, c->stage2_table, gpa);
  //@ assert e2: path_e2(m, c->stage2_table, gpa + k) == path_e2(m, c->stage2_table, gpa);
  //@ assert e1: path_e1(m, c->stage2_table, gpa + k) == path_e1(m, c->stage2_table, gpa);
}

/* Theorem: where an access is done is an SPA that its stage 2 reaches, for each of its bytes. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000 && c->guest_table <= 0xFFFFFFFFFF000;
    requires kind: a->kind <= SLAT_FETCH;
    requires paging_off: c->paging == 0 ==> a->linear <= 0xFFFFFFFF;
    requires byte: a->linear % 0x1000 + k < 0x1000;
    terminates \true;
    assigns \nothing;
    ensures done_is_reached: \result.kind == SLAT_TRANSLATED ==> stage2_reaches(m, c, \result.spa + k);
*/
static struct slat_outcome done_is_reached(const struct slat_memory *m, const struct slat_controls *c,
                                           const struct slat_access *a, uint64_t k)
{
  const struct slat_outcome o = slat_walk_linear(m, c, a).outcome;

  if (o.kind == SLAT_TRANSLATED) {
    bytes_of_a_page(m, c, o.gpa, k);
    //@ assert reached: s2_end(m, c, o.gpa + k) == SLAT_S2_PAGE && s2_spa(m, c, o.gpa + k) == o.spa + k;
  }
  return o;
}

/* Theorem: the words that a walk reads for its guest's tables are in reach too, at each level that it comes to. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000 && c->guest_table <= 0xFFFFFFFFFF000;
    requires kind: a->kind <= SLAT_FETCH;
    requires paging: c->paging != 0 && canonical(a->linear);
    requires level_range: 1 <= level <= 4;
    terminates \true;
    assigns \nothing;
    ensures tables_are_reached: \result.end <= level && \result.step[level].reached != 0 ==>
      stage2_reaches(m, c, \result.step[level].stage2.spa) &&
      \result.step[level].value == mem_word(m, \result.step[level].stage2.spa);
*/
static struct slat_walk tables_are_reached(const struct slat_memory *m, const struct slat_controls *c,
                                           const struct slat_access *a, unsigned level)
{
  const struct slat_walk w = slat_walk_linear(m, c, a);

  //@ assert s4: w.step[4].reached != 0 ==> stage2_reaches(m, c, w.step[4].stage2.spa);
  //@ assert s3: w.end <= 3 && w.step[3].reached != 0 ==> stage2_reaches(m, c, w.step[3].stage2.spa);
  //@ assert s2: w.end <= 2 && w.step[2].reached != 0 ==> stage2_reaches(m, c, w.step[2].stage2.spa);
  //@ assert s1: w.end <= 1 && w.step[1].reached != 0 ==> stage2_reaches(m, c, w.step[1].stage2.spa);
  /* A path for each level, so that its number is known. */
  switch (level) {
  case 4:
    return w;
  case 3:
    return w;
  case 2:
    return w;
  default:
    return w;
  }
}

/* Theorem: two guests whose stage 2s have disjoint reach touch no common byte, whatever their own tables say.
   c and a are one guest's controls and access, d and b the other's; i and j are any two bytes of the accesses. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a) && \valid_read(d) && \valid_read(b);
    requires disjoint: disjoint_reach(m, c, d);
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT && d->stage2 <= SLAT_STAGE2_NPT;
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000 && c->guest_table <= 0xFFFFFFFFFF000 &&
      d->stage2_table <= 0xFFFFFFFFFF000 && d->guest_table <= 0xFFFFFFFFFF000;
    requires kind: a->kind <= SLAT_FETCH && b->kind <= SLAT_FETCH;
    requires paging_off: (c->paging == 0 ==> a->linear <= 0xFFFFFFFF) && (d->paging == 0 ==> b->linear <= 0xFFFFFFFF);
    requires byte: a->linear % 0x1000 + i < 0x1000 && b->linear % 0x1000 + j < 0x1000;
    terminates \true;
    assigns \nothing;
    ensures isolation: \result != 0;
*/
static bool isolation(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                      const struct slat_controls *d, const struct slat_access *b, uint64_t i, uint64_t j)
{
  const struct slat_outcome o = done_is_reached(m, c, a, i);
  const struct slat_outcome p = done_is_reached(m, d, b, j);

  //@ assert apart: o.kind == SLAT_TRANSLATED && p.kind == SLAT_TRANSLATED ==> o.spa + i != p.spa + j;
  return 1;
}

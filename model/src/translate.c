/* SPDX-License-Identifier: BSD-2-Clause */
#include "translate.h"
#include "rule.h"

/* The rights of the guest entries so far. */
struct rights {
  bool us, rw, xd;
};

/* A guest entry, without its XD flag and below MAXPHYADDR, with nothing set above the address; XD only with EFER.NXE. */
/*@ requires readable: \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures plain: \result != 0 ==> pte_present(e) && e % 0x10000000000000 < c->guest.limit &&
      (c->guest.nxe != 0 || pte_xd(e) == 0);
*/
static inline bool plain(const struct slat_controls *c, uint64_t e)
{
  const bool xd = e / 0x8000000000000000 % 2 == 1;

  return e % 2 == 1 && e % 0x10000000000000 < c->guest.limit && (!xd || c->guest.nxe);
}

/* One that references a table: PS and, for a PML4E or PML5E, bit 8 are 0. */
/*@ requires readable: \valid_read(c) && c->guest.mode == SLAT_PAGING_LONG;
    requires level_range: 2 <= level <= 5;
    terminates \true;
    assigns \nothing;
    ensures table: \result != 0 ==> pte_kind(&c->guest, e, level) == SLAT_ENTRY_TABLE;
*/
static inline bool plain_table(const struct slat_controls *c, uint64_t e, unsigned level)
{
  (void)level;
  //@ assert bits: e / 0x80 % 4 == 0 ==> pte_ps(e) == 0 && (e / 0x100) % 2 == 0;
  return plain(c, e) && e / 0x80 % 4 == 0;
}

/*@ requires readable: \valid_read(c) && c->guest.mode == SLAT_PAGING_LONG;
    requires level_range: 1 <= level <= 3;
    terminates \true;
    assigns \nothing;
    ensures page: \result != 0 ==> pte_kind(&c->guest, e, level) == SLAT_ENTRY_PAGE;
*/
static inline bool plain_page(const struct slat_controls *c, uint64_t e, unsigned level)
{
  return plain(c, e) && (level == 1 || slat_guest_entry(&c->guest, e, level).kind == SLAT_ENTRY_PAGE);
}

/*@ terminates \true;
    assigns \nothing;
    ensures us: \result.us != 0 <==> r.us != 0 && pte_us(e) == 1;
    ensures rw: \result.rw != 0 <==> r.rw != 0 && pte_rw(e) == 1;
    ensures xd: \result.xd != 0 <==> r.xd != 0 || pte_xd(e) == 1;
*/
static inline struct rights with(struct rights r, uint64_t e)
{
  /* The new bit first: the compiler makes better code of that. */
  return (struct rights){ e / 4 % 2 == 1 && r.us, e / 2 % 2 == 1 && r.rw, e / 0x8000000000000000 % 2 == 1 || r.xd };
}

/*@ terminates \true;
    assigns \nothing;
    ensures none: \result.kind == SLAT_NO_OUTCOME;
*/
static inline struct slat_outcome undecided(void)
{
  return (struct slat_outcome){ .kind = SLAT_NO_OUTCOME };
}

/* The guest entry of a level, which stage 2 puts at this SPA. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires mode: c->guest.mode == SLAT_PAGING_LONG;
    requires level_range: 1 <= level <= 3;
    requires spa: spa == s2_spa(m, c, guest_gpa(m, c, a->linear, level));
    terminates \true;
    assigns \nothing;
    ensures entry: \result == guest_e(m, c, a->linear, level);
*/
static inline uint64_t entry_at(const struct slat_memory *m, const struct slat_controls *c, const struct slat_access *a,
                                uint64_t spa, unsigned level)
{
  (void)c;
  (void)a;
  (void)level;
  //@ assert level: level == 1 || level == 2 || level == 3;
  return slat_memory_read(m, spa);
}

/* What makes a walk end in a page of a level, apart from the walk: the provers want it small. */
/*@ ghost
  /@ requires paging: c->paging != 0 && c->guest.mode == SLAT_PAGING_LONG && linear_canonical(c, linear);
     requires level: walk_level(m, c, linear) == 3;
     requires reached: reached_with_all_rights(m, c, guest_gpa3(m, c, linear));
     requires kind: pte_kind(&c->guest, guest_e3(m, c, linear), 3) == SLAT_ENTRY_PAGE;
     terminates \true;
     assigns \nothing;
     ensures page: ends_in_page3(m, c, linear, leaf_address(guest_e3(m, c, linear), linear, 3));
  @/
  void page3(const struct slat_memory *m, const struct slat_controls *c, uint64_t linear)
  {
  }
*/
/*@ ghost
  /@ requires paging: c->paging != 0 && c->guest.mode == SLAT_PAGING_LONG && linear_canonical(c, linear);
     requires level: walk_level(m, c, linear) == 2;
     requires reached: reached_with_all_rights(m, c, guest_gpa2(m, c, linear));
     requires kind: pte_kind(&c->guest, guest_e2(m, c, linear), 2) == SLAT_ENTRY_PAGE;
     terminates \true;
     assigns \nothing;
     ensures page: ends_in_page2(m, c, linear, leaf_address(guest_e2(m, c, linear), linear, 2));
  @/
  void page2(const struct slat_memory *m, const struct slat_controls *c, uint64_t linear)
  {
  }
*/
/*@ ghost
  /@ requires paging: c->paging != 0 && c->guest.mode == SLAT_PAGING_LONG && linear_canonical(c, linear);
     requires level: walk_level(m, c, linear) == 1;
     requires reached: reached_with_all_rights(m, c, guest_gpa1(m, c, linear));
     requires kind: pte_kind(&c->guest, guest_e1(m, c, linear), 1) == SLAT_ENTRY_PAGE;
     terminates \true;
     assigns \nothing;
     ensures page: ends_in_page1(m, c, linear, leaf_address(guest_e1(m, c, linear), linear, 1));
  @/
  void page1(const struct slat_memory *m, const struct slat_controls *c, uint64_t linear)
  {
  }
*/

/* The final access, the walk having ended in a page at `level`. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires level_range: 1 <= level <= 3;
    terminates \true;
    assigns \nothing;
    ensures kind: \result.kind == SLAT_NO_OUTCOME || \result.kind == SLAT_TRANSLATED;
    ensures done: \result.kind == SLAT_TRANSLATED ==> !ordinary_rights_deny(c, a, r.us, r.rw, r.xd) &&
      !key_denies(c, a, r.us, pte_key(e)) && \result.invalidates == 0 && \result.gpa == leaf_address(e, a->linear, level) && done_through_stage2(\result, m, c, level);
*/
SLAT_INLINE struct slat_outcome usual_end(const struct slat_memory *m, const struct slat_controls *c,
                                          const struct slat_access *a, uint64_t e, unsigned level, struct rights r)
{
  const uint64_t gpa = slat_leaf_address(e, a->linear, level);
  const uint8_t shift = slat_page_shift(level);

  if (slat_ordinary_rights(c, a, r.us, r.rw, r.xd) != SLAT_RULE_NONE ||
      slat_key_denies(c, a, r.us, slat_key_of(e)) != SLAT_RULE_NONE)
    return undecided();
  const struct slat_reach final = slat_reach_of(m, c, gpa);
  if (!final.found)
    return undecided();
  return (struct slat_outcome){ .kind = SLAT_TRANSLATED,
                                .page_shift = shift < final.page_shift ? shift : final.page_shift,
                                .memory_type = final.memory_type,
                                .ignore_pat = final.ignore_pat,
                                .rule = SLAT_RULE_WALK_TRANSLATED,
                                .spa = final.spa,
                                .gpa = gpa };
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000 && table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires paging: c->paging != 0 && c->guest.mode == SLAT_PAGING_LONG && linear_canonical(c, a->linear);
    requires ordinary: a->shadow_stack == 0;
    requires above: below2(m, c, a->linear) && table == table_of(guest_e2(m, c, a->linear));
    requires us: r.us != 0 <==> guest_us(m, c, a->linear, 2);
    requires rw: r.rw != 0 <==> guest_rw(m, c, a->linear, 2);
    requires xd: r.xd != 0 <==> guest_xd(m, c, a->linear, 2);
    terminates \true;
    assigns \nothing;
    ensures kind: \result.kind == SLAT_NO_OUTCOME || \result.kind == SLAT_TRANSLATED;
    ensures done: \result.kind == SLAT_TRANSLATED ==> \result.invalidates == 0 && (
      done_at1(\result, m, c, a));
*/
static inline struct slat_outcome usual1(const struct slat_memory *m, const struct slat_controls *c,
                                         const struct slat_access *a, uint64_t table, struct rights r)
{
  const uint64_t gpa = slat_entry_address(table, a->linear, 1);
  //@ assert gpa: gpa == guest_gpa1(m, c, a->linear);
  const struct slat_reach at = slat_reach_of(m, c, gpa);
  if (!at.found)
    return undecided();
  const uint64_t e = entry_at(m, c, a, at.spa, 1);
  //@ assert e: e == guest_e1(m, c, a->linear);
  //@ assert read: table_readable(m, c, guest_gpa1(m, c, a->linear));
  const struct rights rights = with(r, e);
  //@ assert us: rights.us != 0 <==> guest_us(m, c, a->linear, 1);
  //@ assert rw: rights.rw != 0 <==> guest_rw(m, c, a->linear, 1);
  //@ assert xd: rights.xd != 0 <==> guest_xd(m, c, a->linear, 1);
  if (!plain_page(c, e, 1))
    return undecided();
  //@ assert level: walk_level(m, c, a->linear) == 1;
  //@ assert readable: reached_with_all_rights(m, c, guest_gpa1(m, c, a->linear));
  //@ assert kind: pte_kind(&c->guest, guest_e1(m, c, a->linear), 1) == SLAT_ENTRY_PAGE;
  //@ ghost page1(m, c, a->linear);
  const struct slat_outcome o = usual_end(m, c, a, e, 1, rights);
  //@ assert us01: rights.us == (guest_us(m, c, a->linear, 1) ? 1 : 0);
  //@ assert rw01: rights.rw == (guest_rw(m, c, a->linear, 1) ? 1 : 0);
  //@ assert xd01: rights.xd == (guest_xd(m, c, a->linear, 1) ? 1 : 0);
  //@ assert allowed: o.kind == SLAT_TRANSLATED ==> rights_allow(m, c, a, 1, e);
  //@ assert stage2: o.kind == SLAT_TRANSLATED ==> done_through_stage2(o, m, c, 1);
  //@ assert done: o.kind == SLAT_TRANSLATED ==> done_at1(o, m, c, a);
  return o;
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000 && table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires paging: c->paging != 0 && c->guest.mode == SLAT_PAGING_LONG && linear_canonical(c, a->linear);
    requires ordinary: a->shadow_stack == 0;
    requires above: below3(m, c, a->linear) && table == table_of(guest_e3(m, c, a->linear));
    requires us: r.us != 0 <==> guest_us(m, c, a->linear, 3);
    requires rw: r.rw != 0 <==> guest_rw(m, c, a->linear, 3);
    requires xd: r.xd != 0 <==> guest_xd(m, c, a->linear, 3);
    terminates \true;
    assigns \nothing;
    ensures kind: \result.kind == SLAT_NO_OUTCOME || \result.kind == SLAT_TRANSLATED;
    ensures done: \result.kind == SLAT_TRANSLATED ==> \result.invalidates == 0 && (
      done_at2(\result, m, c, a) ||
      done_at1(\result, m, c, a));
*/
static inline struct slat_outcome usual2(const struct slat_memory *m, const struct slat_controls *c,
                                         const struct slat_access *a, uint64_t table, struct rights r)
{
  const uint64_t gpa = slat_entry_address(table, a->linear, 2);
  //@ assert gpa: gpa == guest_gpa2(m, c, a->linear);
  const struct slat_reach at = slat_reach_of(m, c, gpa);
  if (!at.found)
    return undecided();
  const uint64_t e = entry_at(m, c, a, at.spa, 2);
  //@ assert e: e == guest_e2(m, c, a->linear);
  //@ assert read: table_readable(m, c, guest_gpa2(m, c, a->linear));
  const struct rights rights = with(r, e);
  //@ assert us: rights.us != 0 <==> guest_us(m, c, a->linear, 2);
  //@ assert rw: rights.rw != 0 <==> guest_rw(m, c, a->linear, 2);
  //@ assert xd: rights.xd != 0 <==> guest_xd(m, c, a->linear, 2);
  if (plain_table(c, e, 2))
    return usual1(m, c, a, slat_table_of(e), rights);
  if (!plain_page(c, e, 2))
    return undecided();
  //@ assert level: walk_level(m, c, a->linear) == 2;
  //@ assert readable: reached_with_all_rights(m, c, guest_gpa2(m, c, a->linear));
  //@ assert kind: pte_kind(&c->guest, guest_e2(m, c, a->linear), 2) == SLAT_ENTRY_PAGE;
  //@ ghost page2(m, c, a->linear);
  const struct slat_outcome o = usual_end(m, c, a, e, 2, rights);
  //@ assert us01: rights.us == (guest_us(m, c, a->linear, 2) ? 1 : 0);
  //@ assert rw01: rights.rw == (guest_rw(m, c, a->linear, 2) ? 1 : 0);
  //@ assert xd01: rights.xd == (guest_xd(m, c, a->linear, 2) ? 1 : 0);
  //@ assert allowed: o.kind == SLAT_TRANSLATED ==> rights_allow(m, c, a, 2, e);
  //@ assert stage2: o.kind == SLAT_TRANSLATED ==> done_through_stage2(o, m, c, 2);
  //@ assert done: o.kind == SLAT_TRANSLATED ==> done_at2(o, m, c, a);
  return o;
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000 && table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires paging: c->paging != 0 && c->guest.mode == SLAT_PAGING_LONG && linear_canonical(c, a->linear);
    requires ordinary: a->shadow_stack == 0;
    requires above: below4(m, c, a->linear) && table == table_of(guest_e4(m, c, a->linear));
    requires us: r.us != 0 <==> guest_us(m, c, a->linear, 4);
    requires rw: r.rw != 0 <==> guest_rw(m, c, a->linear, 4);
    requires xd: r.xd != 0 <==> guest_xd(m, c, a->linear, 4);
    terminates \true;
    assigns \nothing;
    ensures kind: \result.kind == SLAT_NO_OUTCOME || \result.kind == SLAT_TRANSLATED;
    ensures done: \result.kind == SLAT_TRANSLATED ==> \result.invalidates == 0 && (
      done_at3(\result, m, c, a) ||
      done_at2(\result, m, c, a) ||
      done_at1(\result, m, c, a));
*/
static inline struct slat_outcome usual3(const struct slat_memory *m, const struct slat_controls *c,
                                         const struct slat_access *a, uint64_t table, struct rights r)
{
  const uint64_t gpa = slat_entry_address(table, a->linear, 3);
  //@ assert gpa: gpa == guest_gpa3(m, c, a->linear);
  const struct slat_reach at = slat_reach_of(m, c, gpa);
  if (!at.found)
    return undecided();
  const uint64_t e = entry_at(m, c, a, at.spa, 3);
  //@ assert e: e == guest_e3(m, c, a->linear);
  //@ assert read: table_readable(m, c, guest_gpa3(m, c, a->linear));
  const struct rights rights = with(r, e);
  //@ assert us: rights.us != 0 <==> guest_us(m, c, a->linear, 3);
  //@ assert rw: rights.rw != 0 <==> guest_rw(m, c, a->linear, 3);
  //@ assert xd: rights.xd != 0 <==> guest_xd(m, c, a->linear, 3);
  if (plain_table(c, e, 3))
    return usual2(m, c, a, slat_table_of(e), rights);
  if (!plain_page(c, e, 3))
    return undecided();
  //@ assert level: walk_level(m, c, a->linear) == 3;
  //@ assert readable: reached_with_all_rights(m, c, guest_gpa3(m, c, a->linear));
  //@ assert kind: pte_kind(&c->guest, guest_e3(m, c, a->linear), 3) == SLAT_ENTRY_PAGE;
  //@ ghost page3(m, c, a->linear);
  const struct slat_outcome o = usual_end(m, c, a, e, 3, rights);
  //@ assert us01: rights.us == (guest_us(m, c, a->linear, 3) ? 1 : 0);
  //@ assert rw01: rights.rw == (guest_rw(m, c, a->linear, 3) ? 1 : 0);
  //@ assert xd01: rights.xd == (guest_xd(m, c, a->linear, 3) ? 1 : 0);
  //@ assert allowed: o.kind == SLAT_TRANSLATED ==> rights_allow(m, c, a, 3, e);
  //@ assert stage2: o.kind == SLAT_TRANSLATED ==> done_through_stage2(o, m, c, 3);
  //@ assert done: o.kind == SLAT_TRANSLATED ==> done_at3(o, m, c, a);
  return o;
}

/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000 && table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires paging: c->paging != 0 && c->guest.mode == SLAT_PAGING_LONG && linear_canonical(c, a->linear);
    requires ordinary: a->shadow_stack == 0;
    requires above: below5(m, c, a->linear) && table == guest_table4(m, c, a->linear);
    requires us: r.us != 0 <==> guest_us(m, c, a->linear, 5);
    requires rw: r.rw != 0 <==> guest_rw(m, c, a->linear, 5);
    requires xd: r.xd != 0 <==> guest_xd(m, c, a->linear, 5);
    terminates \true;
    assigns \nothing;
    ensures kind: \result.kind == SLAT_NO_OUTCOME || \result.kind == SLAT_TRANSLATED;
    ensures done: \result.kind == SLAT_TRANSLATED ==> \result.invalidates == 0 && (
      done_at3(\result, m, c, a) ||
      done_at2(\result, m, c, a) ||
      done_at1(\result, m, c, a));
*/
SLAT_INLINE struct slat_outcome usual4(const struct slat_memory *m, const struct slat_controls *c,
                                       const struct slat_access *a, uint64_t table, struct rights r)
{
  const uint64_t gpa = slat_entry_address(table, a->linear, 4);
  //@ assert gpa: gpa == guest_gpa4(m, c, a->linear);
  const struct slat_reach at = slat_reach_of(m, c, gpa);
  if (!at.found)
    return undecided();
  const uint64_t e = slat_memory_read(m, at.spa);
  //@ assert e: e == guest_e4(m, c, a->linear);
  //@ assert read: table_readable(m, c, guest_gpa4(m, c, a->linear));
  const struct rights rights = with(r, e);
  //@ assert us: rights.us != 0 <==> guest_us(m, c, a->linear, 4);
  //@ assert rw: rights.rw != 0 <==> guest_rw(m, c, a->linear, 4);
  //@ assert xd: rights.xd != 0 <==> guest_xd(m, c, a->linear, 4);
  return plain_table(c, e, 4) ? usual3(m, c, a, slat_table_of(e), rights) : undecided();
}

/* Out of the way of the usual 4-level walk, so that the compiler makes one piece of that. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000 && c->guest_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    requires paging: c->paging != 0 && c->guest.mode == SLAT_PAGING_LONG && linear_canonical(c, a->linear);
    requires ordinary: a->shadow_stack == 0;
    requires la57: c->la57 != 0;
    terminates \true;
    assigns \nothing;
    ensures kind: \result.kind == SLAT_NO_OUTCOME || \result.kind == SLAT_TRANSLATED;
    ensures done: \result.kind == SLAT_TRANSLATED ==> \result.invalidates == 0 && (
      done_at3(\result, m, c, a) ||
      done_at2(\result, m, c, a) ||
      done_at1(\result, m, c, a));
*/
static __attribute__((noinline)) struct slat_outcome usual5(const struct slat_memory *m, const struct slat_controls *c,
                                                            const struct slat_access *a)
{
  const struct rights all = { 1, 1, 0 };
  const struct slat_reach at = slat_reach_of(m, c, slat_entry_address(c->guest_table, a->linear, 5));
  if (!at.found)
    return undecided();
  const uint64_t e = slat_memory_read(m, at.spa);
  //@ assert e: e == guest_e5(m, c, a->linear) && table_readable(m, c, guest_gpa5(c, a->linear));
  return plain_table(c, e, 5) ? usual4(m, c, a, slat_table_of(e), with(all, e)) : undecided();
}

/* The outcome of an access that is done, if it is a usual one: TRANSLATED, or SLAT_NO_OUTCOME, and the walk has to say. */
/*@ requires readable: \valid_read(m) && \valid_read(c) && \valid_read(a);
    requires tables: c->stage2_table <= 0xFFFFFFFFFF000 && c->guest_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    requires kind: a->kind <= SLAT_FETCH;
    terminates \true;
    assigns \nothing;
    ensures kind: \result.kind == SLAT_NO_OUTCOME || \result.kind == SLAT_TRANSLATED;
    ensures done: \result.kind == SLAT_TRANSLATED ==> \result.invalidates == 0 &&
      (done_at3(\result, m, c, a) || done_at2(\result, m, c, a) || done_at1(\result, m, c, a));
*/
SLAT_INLINE struct slat_outcome usual_outcome(const struct slat_memory *m, const struct slat_controls *c,
                                              const struct slat_access *a)
{
  const struct rights all = { 1, 1, 0 };

  if (a->shadow_stack || !c->paging || c->guest.mode != SLAT_PAGING_LONG || !slat_linear_is_canonical(c, a->linear))
    return undecided();
  if (!c->la57)
    return usual4(m, c, a, c->guest_table, all);
  return usual5(m, c, a);
}

struct slat_outcome slat_translate(const struct slat_memory *m, const struct slat_controls *c,
                                   const struct slat_access *a)
{
  struct slat_outcome outcome = usual_outcome(m, c, a);

  if (outcome.kind == SLAT_NO_OUTCOME) {
    const struct slat_walk w = slat_walk_linear(m, c, a);
    outcome = w.outcome;
  }
  return outcome;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "stage2_fault.h"
#include "rule.h"

/* Data reads and writes of the final access; those of shadow stacks are such. */
/*@ terminates \true;
    assigns \nothing;
    ensures read: \result != 0 <==> (use == SLAT_USE_READ || shadow_stack_read(use));
*/
static inline bool is_read(enum slat_use use)
{
  return use == SLAT_USE_READ || use == SLAT_USE_USER_SS_READ || use == SLAT_USE_SUPERVISOR_SS_READ;
}

/*@ terminates \true;
    assigns \nothing;
    ensures write: \result != 0 <==> (use == SLAT_USE_WRITE || shadow_stack_write(use));
*/
static inline bool is_write(enum slat_use use)
{
  return use == SLAT_USE_WRITE || use == SLAT_USE_USER_SS_WRITE || use == SLAT_USE_SUPERVISOR_SS_WRITE;
}

/*@ terminates \true;
    assigns \nothing;
    ensures shadow_stack: \result != 0 <==> shadow_stack_use(use);
*/
static inline bool is_shadow_stack_use(enum slat_use use)
{
  return use >= SLAT_USE_USER_SS_READ && use <= SLAT_USE_SUPERVISOR_SS_WRITE;
}

/* A supervisor-mode shadow-stack access, under supervisor shadow-stack control. */
/*@ requires readable: \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures EPT_SSS_DENIES: \result != 0 <==> sss_use(c, use);
*/
static inline bool is_sss(const struct slat_controls *c, enum slat_use use)
{
  return SLAT_RULE(EPT_SSS_DENIES, c->ept_sss) &&
         (use == SLAT_USE_SUPERVISOR_SS_READ || use == SLAT_USE_SUPERVISOR_SS_WRITE);
}

/*@ requires readable: \valid_read(s);
    terminates \true;
    assigns \nothing;
    ensures denied: \result != SLAT_RULE_NONE <==> sss_denies(*s);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static inline enum slat_rule sss_rights(const struct slat_stage2 *s)
{
  return s->read && s->tables_writable && s->sss ? SLAT_RULE_NONE : SLAT_RULE_EPT_SSS_DENIES;
}

/* EPT, the walk having ended in a page. */
/*@ requires readable: \valid_read(c) && \valid_read(s);
    requires use: use <= SLAT_USE_FLAGS;
    requires page: s->end == SLAT_S2_PAGE;
    terminates \true;
    assigns \nothing;
    ensures denied: \result != SLAT_RULE_NONE <==> ept_denies(c, *s, use);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule ept_rights(const struct slat_controls *c, const struct slat_stage2 *s, enum slat_use use)
{
  enum slat_rule denies = SLAT_RULE_NONE;

  if (is_sss(c, use))
    return sss_rights(s);
  if (is_read(use) && SLAT_RULE(EPT_DENIES_READ, !s->read))
    denies = SLAT_RULE_EPT_DENIES_READ;
  if (is_write(use) && SLAT_RULE(EPT_DENIES_WRITE, !s->write))
    denies = SLAT_RULE_EPT_DENIES_WRITE;
  if (use == SLAT_USE_FETCH && SLAT_RULE(EPT_DENIES_FETCH, !s->execute))
    denies = SLAT_RULE_EPT_DENIES_FETCH;
  if (use == SLAT_USE_TABLE && SLAT_RULE(EPT_AD_TABLE_IS_WRITE, c->ept_ad && !s->write))
    denies = SLAT_RULE_EPT_AD_TABLE_IS_WRITE;
  if (use == SLAT_USE_TABLE && SLAT_RULE(EPT_TABLE_IS_READ, !s->read))
    denies = SLAT_RULE_EPT_TABLE_IS_READ;
  if (use == SLAT_USE_FLAGS && SLAT_RULE(EPT_FLAGS_ARE_WRITES, !s->write))
    denies = SLAT_RULE_EPT_FLAGS_ARE_WRITES;
  return denies;
}

/* NPT, the walk having ended in a page. */
/*@ requires readable: \valid_read(s);
    requires use: use <= SLAT_USE_FLAGS;
    requires page: s->end == SLAT_S2_PAGE;
    terminates \true;
    assigns \nothing;
    ensures denied: \result != SLAT_RULE_NONE <==> npt_denies(*s, use);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule npt_rights(const struct slat_stage2 *s, enum slat_use use)
{
  enum slat_rule denies = SLAT_RULE_NONE;

  if (SLAT_RULE(NPT_USER, !s->user))
    denies = SLAT_RULE_NPT_USER;
  if (is_write(use) && SLAT_RULE(NPT_DENIES_WRITE, !s->write))
    denies = SLAT_RULE_NPT_DENIES_WRITE;
  if (use == SLAT_USE_FETCH && SLAT_RULE(NPT_DENIES_FETCH, !s->execute))
    denies = SLAT_RULE_NPT_DENIES_FETCH;
  if ((use == SLAT_USE_TABLE || use == SLAT_USE_FLAGS) && SLAT_RULE(NPT_TABLE_IS_WRITE, !s->write))
    denies = SLAT_RULE_NPT_TABLE_IS_WRITE;
  return denies;
}

enum slat_rule slat_stage2_denies(const struct slat_controls *c, const struct slat_stage2 *s, enum slat_use use)
{
  if (s->end != SLAT_S2_PAGE)
    return s->rule;
  if (c->stage2 == SLAT_STAGE2_EPT)
    return ept_rights(c, s, use);
  return c->stage2 == SLAT_STAGE2_NPT ? npt_rights(s, use) : SLAT_RULE_NONE;
}

/*@ terminates \true;
    assigns \nothing;
    ensures final: \result != 0 <==> final_use(use);
*/
static inline bool is_final(enum slat_use use)
{
  return use != SLAT_USE_TABLE && use != SLAT_USE_FLAGS;
}

/* Bits 2:0, the access. */
/*@ requires readable: \valid_read(c);
    requires use: use <= SLAT_USE_FLAGS;
    terminates \true;
    assigns \nothing;
    ensures EPT_QUAL_READ: \result % 2 == 1 <==> ept_is_read(use);
    ensures EPT_QUAL_WRITE: (\result / 2) % 2 == 1 <==> ept_is_write(c, use);
    ensures EPT_QUAL_FETCH: (\result / 4) % 2 == 1 <==> use == SLAT_USE_FETCH;
    ensures bits: \result == (ept_is_read(use) ? 1 : 0) + (ept_is_write(c, use) ? 2 : 0) +
      (use == SLAT_USE_FETCH ? 4 : 0);
*/
static inline unsigned qualification_access(const struct slat_controls *c, enum slat_use use)
{
  const bool write = is_write(use) || use == SLAT_USE_FLAGS || (use == SLAT_USE_TABLE && c->ept_ad);
  unsigned bits = 0;

  if (SLAT_RULE(EPT_QUAL_READ, is_read(use) || use == SLAT_USE_TABLE))
    bits += 1;
  if (SLAT_RULE(EPT_QUAL_WRITE, write))
    bits += 2;
  if (SLAT_RULE(EPT_QUAL_FETCH, use == SLAT_USE_FETCH))
    bits += 4;
  return bits;
}

/* Bits 5:3, what EPT allows, as a field of three bits. */
/*@ requires readable: \valid_read(s);
    terminates \true;
    assigns \nothing;
    ensures EPT_QUAL_READABLE: \result % 2 == 1 <==> ept_rights_known(*s) && s->read != 0;
    ensures EPT_QUAL_WRITABLE: (\result / 2) % 2 == 1 <==> ept_rights_known(*s) && s->write != 0;
    ensures EPT_QUAL_EXECUTABLE: (\result / 4) % 2 == 1 <==> ept_rights_known(*s) && s->execute != 0;
    ensures EPT_QUAL_RIGHTS_CLEARED: s->end != SLAT_S2_PAGE ==> \result == 0;
    ensures bits: 8 * \result == (ept_rights_known(*s) && s->read != 0 ? 8 : 0) +
      (ept_rights_known(*s) && s->write != 0 ? 0x10 : 0) + (ept_rights_known(*s) && s->execute != 0 ? 0x20 : 0);
*/
static inline unsigned qualification_allowed(const struct slat_stage2 *s)
{
  /* EPT_QUAL_RIGHTS_CLEARED: no rights are reported of a walk that met an entry which is not present. */
  const bool rights = SLAT_REQUIRE(EPT_QUAL_RIGHTS_CLEARED, s->end == SLAT_S2_PAGE);
  unsigned bits = 0;

  if (SLAT_RULE(EPT_QUAL_READABLE, rights && s->read))
    bits += 1;
  if (SLAT_RULE(EPT_QUAL_WRITABLE, rights && s->write))
    bits += 2;
  if (SLAT_RULE(EPT_QUAL_EXECUTABLE, rights && s->execute))
    bits += 4;
  return bits;
}

/* Bits 8:7, the linear address, as a field of two bits. */
/*@ requires use: use <= SLAT_USE_FLAGS;
    terminates \true;
    assigns \nothing;
    ensures EPT_QUAL_LINEAR_VALID: \result % 2 == 1;
    ensures EPT_QUAL_FINAL: (\result / 2) % 2 == 1 <==> final_use(use);
    ensures bits: 0x80 * \result == 0x80 + (final_use(use) ? 0x100 : 0);
*/
static inline unsigned qualification_linear(enum slat_use use)
{
  return (SLAT_RULE(EPT_QUAL_LINEAR_VALID, 1) ? 1u : 0u) + (SLAT_RULE(EPT_QUAL_FINAL, is_final(use)) ? 2u : 0u);
}

/* Bits 11:9, the guest's rights to the linear address (advanced information), as a field of three bits. */
/*@ requires readable: \valid_read(c);
    requires use: use <= SLAT_USE_FLAGS;
    terminates \true;
    assigns \nothing;
    ensures EPT_QUAL_USER_PAGE: \result % 2 == 1 <==> ept_advanced(c, use) && us != 0;
    ensures EPT_QUAL_WRITABLE_PAGE: (\result / 2) % 2 == 1 <==> ept_advanced(c, use) && rw != 0;
    ensures EPT_QUAL_XD_PAGE: (\result / 4) % 2 == 1 <==> ept_advanced(c, use) && xd != 0;
    ensures bits: 0x200 * \result == (ept_advanced(c, use) && us != 0 ? 0x200 : 0) +
      (ept_advanced(c, use) && rw != 0 ? 0x400 : 0) + (ept_advanced(c, use) && xd != 0 ? 0x800 : 0);
*/
static inline unsigned qualification_guest(const struct slat_controls *c, enum slat_use use, bool us, bool rw, bool xd)
{
  const bool advanced = is_final(use) && c->ept_advanced_info;
  unsigned bits = 0;

  if (SLAT_RULE(EPT_QUAL_USER_PAGE, advanced && us))
    bits += 1;
  if (SLAT_RULE(EPT_QUAL_WRITABLE_PAGE, advanced && rw))
    bits += 2;
  if (SLAT_RULE(EPT_QUAL_XD_PAGE, advanced && xd))
    bits += 4;
  return bits;
}

/*@ requires readable: \valid_read(c) && \valid_read(s);
    terminates \true;
    assigns \nothing;
    ensures known: \result != 0 <==> ept_sss_known(c, *s);
*/
static inline bool is_sss_known(const struct slat_controls *c, const struct slat_stage2 *s)
{
  return c->ept_sss && s->end == SLAT_S2_PAGE;
}

uint64_t slat_ept_qualification(const struct slat_controls *c, const struct slat_stage2 *s, enum slat_use use, bool us,
                                bool rw, bool xd)
{
  const uint64_t access = qualification_access(c, use);
  const uint64_t allowed = qualification_allowed(s);
  const uint64_t linear = qualification_linear(use);
  const uint64_t guest = qualification_guest(c, use, us, rw, xd);
  const uint64_t shadow_stack = SLAT_RULE(EPT_QUAL_SHADOW_STACK, is_shadow_stack_use(use)) ? 0x2000 : 0;
  const uint64_t sss = SLAT_RULE(EPT_QUAL_SSS, is_sss_known(c, s) && s->sss) ? 0x4000 : 0;

  return access + allowed * 8 + linear * 0x80 + guest * 0x200 + shadow_stack + sss;
}

/* The open bits from 9 on, as a field: 11:9 without advanced information, 12, and 14 unless supervisor shadow-stack control tells. */
/*@ requires readable: \valid_read(c) && \valid_read(s);
    terminates \true;
    assigns \nothing;
    ensures EPT_QUAL_ADVANCED: \result % 8 == 0 <==> ept_advanced(c, use);
    ensures bits: \result == (ept_advanced(c, use) ? 0 : 7) + 8 + (ept_sss_known(c, *s) ? 0 : 0x20);
*/
static inline unsigned open_from_9(const struct slat_controls *c, const struct slat_stage2 *s, enum slat_use use)
{
  const bool advanced = SLAT_REQUIRE(EPT_QUAL_ADVANCED, is_final(use) && c->ept_advanced_info);

  return (advanced ? 0u : 7u) + 8u + (is_sss_known(c, s) ? 0u : 0x20u);
}

uint64_t slat_ept_qualification_open(const struct slat_controls *c, const struct slat_stage2 *s, enum slat_use use)
{
  const uint64_t upper = open_from_9(c, s, use);
  const uint64_t lower = SLAT_RULE(EPT_QUAL_RMW, use == SLAT_USE_FLAGS) ? 0x41 : 0x40;
  const uint64_t open = 0x200 * upper + lower;

  //@ assert upper: open / 0x200 == upper;
  //@ assert lower: open % 0x200 == lower;
  return open;
}

/* Bits 4:0: the cause and the access at the nested level. */
/*@ requires readable: \valid_read(s);
    requires use: use <= SLAT_USE_FLAGS;
    terminates \true;
    assigns \nothing;
    ensures NPF_P: \result % 2 == 1 <==> s->end != SLAT_S2_NOT_PRESENT;
    ensures NPF_RW: (\result / 2) % 2 == 1 <==> npt_is_write(use);
    ensures NPF_US: (\result / 4) % 2 == 1;
    ensures NPF_RSV: (\result / 8) % 2 == 1 <==> s->end == SLAT_S2_RESERVED;
    ensures NPF_ID: (\result / 0x10) % 2 == 1 <==> use == SLAT_USE_FETCH;
    ensures bits: \result == (s->end != SLAT_S2_NOT_PRESENT ? 1 : 0) + (npt_is_write(use) ? 2 : 0) + 4 +
      (s->end == SLAT_S2_RESERVED ? 8 : 0) + (use == SLAT_USE_FETCH ? 0x10 : 0);
*/
static inline unsigned exitinfo1_code(const struct slat_stage2 *s, enum slat_use use)
{
  unsigned bits = 0;

  if (SLAT_RULE(NPF_P, s->end != SLAT_S2_NOT_PRESENT))
    bits += 1;
  if (SLAT_RULE(NPF_RW, is_write(use) || use == SLAT_USE_TABLE || use == SLAT_USE_FLAGS))
    bits += 2;
  if (SLAT_RULE(NPF_US, 1))
    bits += 4;
  if (SLAT_RULE(NPF_RSV, s->end == SLAT_S2_RESERVED))
    bits += 8;
  if (SLAT_RULE(NPF_ID, use == SLAT_USE_FETCH))
    bits += 0x10;
  return bits;
}

uint64_t slat_npt_exitinfo1(const struct slat_stage2 *s, enum slat_use use)
{
  const uint64_t code = exitinfo1_code(s, use) + (SLAT_RULE(NPF_SS, is_shadow_stack_use(use)) ? 0x40u : 0u);

  /* NPF_FINAL, NPF_TABLE: which of the two walks made the access. */
  if (is_final(use))
    return code + SLAT_CHOOSE(NPF_FINAL, 0x100000000, 0);
  return code + SLAT_CHOOSE(NPF_TABLE, 0x200000000, 0);
}

uint64_t slat_npt_exitinfo1_open(const struct slat_controls *c, enum slat_use use)
{
  return SLAT_RULE(NPF_ID_OPEN, use == SLAT_USE_FETCH && !c->nested.nxe) ? 0x10 : 0;
}

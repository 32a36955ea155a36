/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapters 20 and 30: may stage 2 be used for an access, and what is reported if not. */
#ifndef SLAT_STAGE2_FAULT_H
#define SLAT_STAGE2_FAULT_H
#include <slat/slat.h>

/* What a guest-physical address is used for. */
enum slat_use {
  SLAT_USE_READ,         /* the final access: data read */
  SLAT_USE_WRITE,        /* the final access: data write */
  SLAT_USE_FETCH,        /* the final access: instruction fetch */
  SLAT_USE_USER_SS_READ, /* the final access: to a shadow stack, read or write, user-mode or supervisor-mode */
  SLAT_USE_USER_SS_WRITE,
  SLAT_USE_SUPERVISOR_SS_READ,
  SLAT_USE_SUPERVISOR_SS_WRITE,
  SLAT_USE_TABLE, /* the walk reads a guest paging-structure entry */
  SLAT_USE_FLAGS  /* the walk sets an accessed or dirty flag in one */
};
#include "../../spec/logic/stage2_fault.acsl"

/** What stage 2 ended in does not let the access through.
 *  @return the rule by which it does not; SLAT_RULE_NONE if it does */
/*@ requires readable: \valid_read(c) && \valid_read(s);
    requires use: use <= SLAT_USE_FLAGS;
    requires rule: s->end != SLAT_S2_PAGE ==> SLAT_RULE_NONE < s->rule < SLAT_RULE_COUNT;
    requires stage2: c->stage2 <= SLAT_STAGE2_NPT;
    terminates \true;
    assigns \nothing;
    ensures EPT_DENIES_READ: c->stage2 == SLAT_STAGE2_EPT && (use == SLAT_USE_READ || shadow_stack_read(use)) &&
      s->read == 0 ==>
      \result != SLAT_RULE_NONE;
    ensures EPT_DENIES_WRITE: c->stage2 == SLAT_STAGE2_EPT && (use == SLAT_USE_WRITE || shadow_stack_write(use)) &&
      !sss_use(c, use) && s->write == 0 ==> \result != SLAT_RULE_NONE;
    ensures EPT_SSS_DENIES: c->stage2 == SLAT_STAGE2_EPT && sss_use(c, use) && sss_denies(*s) ==> \result != SLAT_RULE_NONE;
    ensures EPT_DENIES_FETCH: c->stage2 == SLAT_STAGE2_EPT && use == SLAT_USE_FETCH && s->execute == 0 ==>
      \result != SLAT_RULE_NONE;
    ensures EPT_TABLE_IS_READ: c->stage2 == SLAT_STAGE2_EPT && use == SLAT_USE_TABLE && s->read == 0 ==>
      \result != SLAT_RULE_NONE;
    ensures EPT_AD_TABLE_IS_WRITE:
      c->stage2 == SLAT_STAGE2_EPT && use == SLAT_USE_TABLE && c->ept_ad != 0 && s->write == 0 ==>
      \result != SLAT_RULE_NONE;
    ensures EPT_FLAGS_ARE_WRITES: c->stage2 == SLAT_STAGE2_EPT && use == SLAT_USE_FLAGS && s->write == 0 ==>
      \result != SLAT_RULE_NONE;
    ensures NPT_USER: c->stage2 == SLAT_STAGE2_NPT && s->user == 0 ==> \result != SLAT_RULE_NONE;
    ensures NPT_TABLE_IS_WRITE: c->stage2 == SLAT_STAGE2_NPT && use == SLAT_USE_TABLE && s->write == 0 ==>
      \result != SLAT_RULE_NONE;
    ensures NPT_DENIES_WRITE: c->stage2 == SLAT_STAGE2_NPT && (use == SLAT_USE_WRITE || shadow_stack_write(use)) && s->write == 0 ==>
      \result != SLAT_RULE_NONE;
    ensures NPT_DENIES_FETCH: c->stage2 == SLAT_STAGE2_NPT && use == SLAT_USE_FETCH && s->execute == 0 ==>
      \result != SLAT_RULE_NONE;
    ensures denied: \result != SLAT_RULE_NONE <==> stage2_denies(c, *s, use);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
enum slat_rule slat_stage2_denies(const struct slat_controls *c, const struct slat_stage2 *s, enum slat_use use);

/** The exit qualification of an EPT violation, bits 11:9 from the guest's rights to the linear address. */
/*@ requires readable: \valid_read(c) && \valid_read(s);
    requires use: use <= SLAT_USE_FLAGS;
    terminates \true;
    assigns \nothing;
    ensures EPT_QUAL_SSS: ept_sss_known(c, *s) ==> ((\result / 0x4000) % 2 == 1 <==> s->sss != 0);
    ensures EPT_QUAL_SHADOW_STACK: (\result / 0x2000) % 2 == 1 <==> shadow_stack_use(use);
    ensures qualification: \result == ept_qualification(c, *s, use, us, rw, xd);
*/
uint64_t slat_ept_qualification(const struct slat_controls *c, const struct slat_stage2 *s, enum slat_use use, bool us,
                                bool rw, bool xd);

/** Bits of the exit qualification that the manual leaves undefined. */
/*@ requires readable: \valid_read(c) && \valid_read(s);
    requires use: use <= SLAT_USE_FLAGS;
    terminates \true;
    assigns \nothing;
    ensures EPT_QUAL_ADVANCED: (\result / 0x200) % 8 == 0 <==> ept_advanced(c, use);
    ensures EPT_QUAL_RMW: \result % 2 == 1 <==> use == SLAT_USE_FLAGS;
    ensures open: \result == ept_qualification_open(c, *s, use);
*/
uint64_t slat_ept_qualification_open(const struct slat_controls *c, const struct slat_stage2 *s, enum slat_use use);

/** EXITINFO1 of a nested page fault. */
/*@ requires readable: \valid_read(s);
    requires use: use <= SLAT_USE_FLAGS;
    terminates \true;
    assigns \nothing;
    ensures NPF_SS: (\result / 0x40) % 2 == 1 <==> shadow_stack_use(use);
    ensures NPF_FINAL: final_use(use) ==> \result / 0x100000000 == 1;
    ensures NPF_TABLE: !final_use(use) ==> \result / 0x100000000 == 2;
    ensures exitinfo1: \result == npt_exitinfo1(*s, use);
*/
uint64_t slat_npt_exitinfo1(const struct slat_stage2 *s, enum slat_use use);

/** Bits of EXITINFO1 that no source defines (ERRATA.md, E4). */
/*@ requires readable: \valid_read(c);
    requires use: use <= SLAT_USE_FLAGS;
    terminates \true;
    assigns \nothing;
    ensures NPF_ID_OPEN: \result == npt_exitinfo1_open(c, use);
*/
uint64_t slat_npt_exitinfo1_open(const struct slat_controls *c, enum slat_use use);
#endif

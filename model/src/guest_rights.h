/* SPDX-License-Identifier: BSD-2-Clause */
/* Chapter 10: may this access use this translation, and the error code if not. */
#ifndef SLAT_GUEST_RIGHTS_H
#define SLAT_GUEST_RIGHTS_H
#include <slat/slat.h>
#include "rule.h"
#include "../../spec/logic/guest_rights.acsl"

/** Is an access a supervisor-mode one?  Implicit ones are, whatever CPL; those of WRUSS are not. */
/*@ requires readable: \valid_read(a);
    terminates \true;
    assigns \nothing;
    ensures ACCESS_IMPLICIT: a->implicit != 0 ==> \result != 0;
    ensures ACCESS_SHADOW_STACK: a->wruss != 0 && a->implicit == 0 ==> \result == 0;
    ensures supervisor: \result != 0 <==> supervisor_access(a);
*/
static inline bool slat_is_supervisor(const struct slat_access *a)
{
  return (!a->user && !SLAT_RULE(ACCESS_SHADOW_STACK, a->wruss)) || SLAT_RULE(ACCESS_IMPLICIT, a->implicit);
}

/** The protection key of the entry that maps a page, bits 62:59. */
/*@ terminates \true;
    assigns \nothing;
    ensures KEY_FIELD: \result == pte_key(e);
    ensures range: \result < 16;
*/
static inline unsigned slat_key_of(uint64_t e)
{
  return (unsigned)SLAT_CHOOSE(KEY_FIELD, e / 0x800000000000000 % 16, 0);
}

/** The rule by which protection keys deny an access; SLAT_RULE_NONE if they allow it.
 *  @param us   U/S is 1 in every entry of the walk: a user-mode address
 *  @param key  of the entry that maps the page, bits 62:59 */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    requires key: key < 16;
    terminates \true;
    assigns \nothing;
    ensures KEY_FETCH: a->kind == SLAT_FETCH ==> \result == SLAT_RULE_NONE;
    ensures KEY_USER_ACCESS_DISABLE: us != 0 && a->kind != SLAT_FETCH && key_ad(c->user_keys, key) ==>
      \result != SLAT_RULE_NONE;
    ensures KEY_USER_WRITE_DISABLE: us != 0 && a->kind == SLAT_WRITE && !supervisor_access(a) &&
      key_wd(c->user_keys, key) ==> \result != SLAT_RULE_NONE;
    ensures KEY_SUPERVISOR_ACCESS_DISABLE: us == 0 && a->kind != SLAT_FETCH && key_ad(c->supervisor_keys, key) ==>
      \result != SLAT_RULE_NONE;
    ensures KEY_SUPERVISOR_WRITE_DISABLE: us == 0 && a->kind == SLAT_WRITE && c->wp != 0 &&
      key_wd(c->supervisor_keys, key) ==> \result != SLAT_RULE_NONE;
    ensures KEY_SHADOW_STACK: a->shadow_stack != 0 && a->kind != SLAT_FETCH &&
      key_ad(us != 0 ? c->user_keys : c->supervisor_keys, key) ==> \result != SLAT_RULE_NONE;
    ensures KEY_IMPLICIT: a->implicit != 0 && a->kind != SLAT_FETCH &&
      key_ad(us != 0 ? c->user_keys : c->supervisor_keys, key) ==> \result != SLAT_RULE_NONE;
    ensures KEY_WRITE_WP: a->kind == SLAT_WRITE && supervisor_access(a) && c->wp == 0 &&
      !key_ad(us != 0 ? c->user_keys : c->supervisor_keys, key) ==> \result == SLAT_RULE_NONE;
    ensures denied: \result != SLAT_RULE_NONE <==> key_denies(c, a, us, key);
*/
enum slat_rule slat_key_denies(const struct slat_controls *c, const struct slat_access *a, bool us, unsigned key);

/** Is it open whether the error code's PK flag is set: a user-mode access to a supervisor-mode address that its key in
 *  IA32_PKRS would deny as well?  ERRATA.md, E24. */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    requires key: key < 16;
    terminates \true;
    assigns \nothing;
    ensures PF_CODE_PK_OPEN: \result != 0 <==> key_open(c, a, us, key);
*/
bool slat_key_open(const struct slat_controls *c, const struct slat_access *a, bool us, unsigned key);

/** The rule by which guest rights, but for keys, deny an access that is none to a shadow stack; SLAT_RULE_NONE if they allow it.
 *  @param us, rw  U/S (R/W) is 1 in every entry of the walk
 *  @param xd      XD is 1 in any entry of the walk */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    terminates \true;
    assigns \nothing;
    ensures RIGHTS_SUPERVISOR_PAGE: supervisor_page_denies(a, us) ==> \result != SLAT_RULE_NONE;
    ensures RIGHTS_SMAP: smap_denies(c, a, us) ==> \result != SLAT_RULE_NONE;
    ensures RIGHTS_SMAP_AC: supervisor_access(a) && a->implicit == 0 && a->kind == SLAT_READ && c->ac != 0 ==>
      \result == SLAT_RULE_NONE;
    ensures RIGHTS_SMAP_IMPLICIT: a->implicit != 0 && a->kind != SLAT_FETCH && us != 0 && c->smap != 0 ==>
      \result != SLAT_RULE_NONE;
    ensures RIGHTS_READ_ONLY_USER: a->kind == SLAT_WRITE && rw == 0 && !supervisor_access(a) ==>
      \result != SLAT_RULE_NONE;
    ensures RIGHTS_READ_ONLY_WP: a->kind == SLAT_WRITE && rw == 0 && c->wp != 0 ==> \result != SLAT_RULE_NONE;
    ensures RIGHTS_SMEP: smep_denies(c, a, us) ==> \result != SLAT_RULE_NONE;
    ensures RIGHTS_EXECUTE_DISABLE: execute_disable_denies(c, a, xd) ==> \result != SLAT_RULE_NONE;
    ensures denied: \result != SLAT_RULE_NONE <==> ordinary_rights_deny(c, a, us, rw, xd);
*/
enum slat_rule slat_ordinary_rights(const struct slat_controls *c, const struct slat_access *a, bool us, bool rw,
                                    bool xd);

/** The rule by which guest rights, but for keys, deny an access to a shadow stack; SLAT_RULE_NONE if they allow it.
 *  @param ss  the address is a shadow-stack address */
/*@ requires readable: \valid_read(a);
    terminates \true;
    assigns \nothing;
    ensures RIGHTS_SHADOW_STACK_PAGE: ss == 0 ==> \result != SLAT_RULE_NONE;
    ensures RIGHTS_SHADOW_STACK_MODE: shadow_stack_mode_denies(a, us) ==> \result != SLAT_RULE_NONE;
    ensures denied: \result != SLAT_RULE_NONE <==> shadow_stack_denies(a, us, ss);
*/
enum slat_rule slat_shadow_stack_rights(const struct slat_access *a, bool us, bool ss);

/** The rule by which guest rights deny an access; SLAT_RULE_NONE if they allow it.
 *  @param us, rw, xd, ss  as above
 *  @param key  protection key of the entry that maps the page, bits 62:59 */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    requires key: key < 16;
    terminates \true;
    assigns \nothing;
    ensures RIGHTS_SHADOW_STACK_WRITE: a->shadow_stack != 0 && ss != 0 && !shadow_stack_mode_denies(a, us) &&
      !key_denies(c, a, us, key) ==> \result == SLAT_RULE_NONE;
    ensures denied: \result != SLAT_RULE_NONE <==> rights_deny(c, a, us, rw, xd, ss, key);
*/
enum slat_rule slat_guest_rights(const struct slat_controls *c, const struct slat_access *a, bool us, bool rw, bool xd,
                                 bool ss, unsigned key);

/** The #PF error code.
 *  @param present   no entry used had P = 0
 *  @param reserved  the fault is due to a reserved bit
 *  @param keys      protection keys deny the access */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    requires kind: a->kind <= SLAT_FETCH;
    terminates \true;
    assigns \nothing;
    ensures PF_CODE_P: \result % 2 == 1 <==> present != 0;
    ensures PF_CODE_WR: (\result / 2) % 2 == 1 <==> a->kind == SLAT_WRITE;
    ensures ACCESS_IMPLICIT: a->implicit != 0 ==> (\result / 4) % 2 == 0;
    ensures PF_CODE_US: (\result / 4) % 2 == 1 <==> !supervisor_access(a);
    ensures PF_CODE_RSVD: (\result / 8) % 2 == 1 <==> reserved != 0;
    ensures PF_CODE_ID: (\result / 0x10) % 2 == 1 <==> (a->kind == SLAT_FETCH && (c->guest.nxe != 0 || c->smep != 0));
    ensures PF_CODE_PK: (\result / 0x20) % 2 == 1 <==> keys != 0;
    ensures PF_CODE_SS: (\result / 0x40) % 2 == 1 <==> a->shadow_stack != 0;
    ensures code: \result == page_fault_code(c, a, present, reserved, keys);
*/
uint64_t slat_page_fault_code(const struct slat_controls *c, const struct slat_access *a, bool present, bool reserved,
                              bool keys);

/** Bits of the error code that no source defines (ERRATA.md, E3 and E24).
 *  @param keys_open  slat_key_open() */
/*@ requires readable: \valid_read(c) && \valid_read(a);
    terminates \true;
    assigns \nothing;
    ensures PF_CODE_ID_AMD: \result == page_fault_code_open(c, a, keys_open);
*/
uint64_t slat_page_fault_code_open(const struct slat_controls *c, const struct slat_access *a, bool keys_open);
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* One function an operation.  Each answers with the rule by which the mapping must be gone, or with none. */
#include "scope.h"

/* A large page goes with all pieces of it that are held, and whatever holds the address goes. */
/*@ requires page: o.first <= o.address <= o.last;
    terminates \true;
    assigns \nothing;
    ensures TLB_LARGE_PAGE: of_page(m, o) ==> \result != 0;
    ensures page: \result != 0 <==> of_page(m, o);
*/
static inline bool is_of_page(struct slat_invalidation o, struct slat_mapping m)
{
  return SLAT_CHOOSE(TLB_LARGE_PAGE, m.first <= o.last && o.first <= m.last,
                     m.first <= o.address && o.address <= m.last);
}

/* Of the current VPID or ASID, whatever the EPT root; guest-physical ones need not go. */
/*@ terminates \true;
    assigns \nothing;
    ensures TLB_NATIVE_SPACE: \result != 0 ==> m.space == current_space((boolean)amd, t);
    ensures TLB_NATIVE_CLASS: \result != 0 ==> m.kind != SLAT_GUEST_PHYSICAL;
    ensures native: \result != 0 <==> native((boolean)amd, t, m);
*/
static inline bool is_native(bool amd, struct slat_tags t, struct slat_mapping m)
{
  return SLAT_REQUIRE(TLB_NATIVE_CLASS, slat_of_linear(m)) &&
         SLAT_REQUIRE(TLB_NATIVE_SPACE, m.space == slat_current_space(amd, t));
}

/* All of a PCID but its global translations. */
/*@ terminates \true;
    assigns \nothing;
    ensures TLB_GLOBAL_KEPT: m.global != 0 && m.table == 0 ==> \result == 0;
    ensures context: \result != 0 <==> context_of(m, pcid);
*/
static inline bool is_of_context(struct slat_mapping m, uint16_t pcid)
{
  return m.pcid == pcid && SLAT_REQUIRE(TLB_GLOBAL_KEPT, m.table || !m.global);
}

/*@ requires page: o.first <= o.address <= o.last;
    terminates \true;
    assigns \nothing;
    ensures TLB_INVLPG_TABLES: native((boolean)amd, t, m) && m.table != 0 && m.pcid == current_pcid(t) && !(amd && t.tce != 0) ==>
      \result != SLAT_RULE_NONE;
    ensures TLB_TCE: amd && t.tce != 0 && m.table != 0 && !of_page(m, o) ==> \result == SLAT_RULE_NONE;
    ensures TLB_INVLPG_PAGE: native((boolean)amd, t, m) && of_page(m, o) && m.table == 0 && m.pcid == current_pcid(t) ==>
      \result != SLAT_RULE_NONE;
    ensures TLB_INVLPG_GLOBAL: native((boolean)amd, t, m) && of_page(m, o) && m.table == 0 && m.global != 0 ==>
      \result != SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> invlpg_ends((boolean)amd, t, o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_invlpg(bool amd, struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  const bool own = m.pcid == slat_current_pcid(t);

  if (!is_native(amd, t, m))
    return SLAT_RULE_NONE;
  if (m.table)
    return SLAT_BY_RULE(TLB_INVLPG_TABLES, own && SLAT_REQUIRE(TLB_TCE, !amd || !t.tce || is_of_page(o, m)));
  if (SLAT_RULE(TLB_INVLPG_GLOBAL, m.global && is_of_page(o, m)))
    return SLAT_RULE_TLB_INVLPG_GLOBAL;
  return SLAT_BY_RULE(TLB_INVLPG_PAGE, own && is_of_page(o, m));
}

/*@ requires page: o.first <= o.address <= o.last;
    terminates \true;
    assigns \nothing;
    ensures TLB_INVPCID_ADDRESS: native((boolean)amd, t, m) && o.type == 0 ==>
      (\result != SLAT_RULE_NONE <==> context_of(m, o.pcid) && of_page(m, o));
    ensures TLB_INVPCID_CONTEXT: native((boolean)amd, t, m) && o.type == 1 ==> (\result != SLAT_RULE_NONE <==> context_of(m, o.pcid));
    ensures TLB_INVPCID_ALL: native((boolean)amd, t, m) && o.type == 2 ==> \result != SLAT_RULE_NONE;
    ensures TLB_INVPCID_NONGLOBAL: native((boolean)amd, t, m) && o.type == 3 ==>
      (\result != SLAT_RULE_NONE <==> m.table != 0 || m.global == 0);
    ensures ends: \result != SLAT_RULE_NONE <==> invpcid_ends((boolean)amd, t, o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_invpcid(bool amd, struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  if (!is_native(amd, t, m))
    return SLAT_RULE_NONE;
  if (o.type == 0)
    return SLAT_BY_RULE(TLB_INVPCID_ADDRESS, is_of_context(m, o.pcid) && is_of_page(o, m));
  if (o.type == 1)
    return SLAT_BY_RULE(TLB_INVPCID_CONTEXT, is_of_context(m, o.pcid));
  if (o.type == 2)
    return SLAT_BY_RULE(TLB_INVPCID_ALL, 1);
  return SLAT_BY_RULE(TLB_INVPCID_NONGLOBAL, o.type == 3 && is_of_context(m, m.pcid));
}

/*@ terminates \true;
    assigns \nothing;
    ensures TLB_CR3_NO_FLUSH: t.pcide != 0 && o.no_flush != 0 ==> \result == SLAT_RULE_NONE;
    ensures TLB_CR3_CONTEXT: native((boolean)amd, t, m) && !(t.pcide != 0 && o.no_flush != 0) &&
      context_of(m, t.pcide != 0 ? o.pcid : 0) ==> \result != SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> cr3_ends((boolean)amd, t, o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_cr3(bool amd, struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  if (SLAT_RULE(TLB_CR3_NO_FLUSH, t.pcide && o.no_flush))
    return SLAT_RULE_NONE;
  return SLAT_BY_RULE(TLB_CR3_CONTEXT, is_native(amd, t, m) && is_of_context(m, t.pcide ? o.pcid : 0));
}

/*@ terminates \true;
    assigns \nothing;
    ensures TLB_TASK_SWITCH: o.before != o.after && native((boolean)amd, t, m) && context_of(m, 0) ==> \result != SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> task_switch_ends((boolean)amd, t, o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_task_switch(bool amd, struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  return SLAT_BY_RULE(TLB_TASK_SWITCH, o.before != o.after && is_native(amd, t, m) && is_of_context(m, 0));
}

/*@ terminates \true;
    assigns \nothing;
    ensures TLB_CR0_PG: native((boolean)amd, t, m) && clears(o, 0x80000000) ==> \result != SLAT_RULE_NONE;
    ensures TLB_CR0_PG_SET: amd && native((boolean)amd, t, m) && sets(o, 0x80000000) ==> \result != SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> cr0_ends((boolean)amd, t, o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_cr0(bool amd, struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  const bool before = o.before / 0x80000000 % 2 == 1, after = o.after / 0x80000000 % 2 == 1;

  if (!is_native(amd, t, m))
    return SLAT_RULE_NONE;
  if (SLAT_RULE(TLB_CR0_PG, before && !after))
    return SLAT_RULE_TLB_CR0_PG;
  return SLAT_BY_RULE(TLB_CR0_PG_SET, amd && !before && after);
}

/* What an operation changes in CR4, of the bits that matter. */
struct cr4_change {
  bool pge, pae, pse, pcide_clear, smep_set, pke_set;
};

/*@ terminates \true;
    assigns \nothing;
    ensures pge: \result.pge != 0 <==> changes(o, 0x80);
    ensures pae: \result.pae != 0 <==> changes(o, 0x20);
    ensures pse: \result.pse != 0 <==> changes(o, 0x10);
    ensures pcide: \result.pcide_clear != 0 <==> clears(o, 0x20000);
    ensures smep: \result.smep_set != 0 <==> sets(o, 0x100000);
    ensures pke: \result.pke_set != 0 <==> sets(o, 0x400000);
*/
static struct cr4_change cr4_change_of(struct slat_invalidation o)
{
  return (struct cr4_change){
    .pge = o.before / 0x80 % 2 != o.after / 0x80 % 2,
    .pae = o.before / 0x20 % 2 != o.after / 0x20 % 2,
    .pse = o.before / 0x10 % 2 != o.after / 0x10 % 2,
    .pcide_clear = o.before / 0x20000 % 2 == 1 && o.after / 0x20000 % 2 == 0,
    .smep_set = o.before / 0x100000 % 2 == 0 && o.after / 0x100000 % 2 == 1,
    .pke_set = o.before / 0x400000 % 2 == 0 && o.after / 0x400000 % 2 == 1,
  };
}

/*@ terminates \true;
    assigns \nothing;
    ensures TLB_CR4_PGE: native((boolean)amd, t, m) && changes(o, 0x80) ==> \result != SLAT_RULE_NONE;
    ensures TLB_CR4_PCIDE_CLEAR: native((boolean)amd, t, m) && clears(o, 0x20000) ==> \result != SLAT_RULE_NONE;
    ensures TLB_CR4_PAE: native((boolean)amd, t, m) && changes(o, 0x20) && m.pcid == current_pcid(t) ==> \result != SLAT_RULE_NONE;
    ensures TLB_CR4_PAE_AMD: amd && native((boolean)amd, t, m) && changes(o, 0x20) ==> \result != SLAT_RULE_NONE;
    ensures TLB_CR4_SMEP: !amd && native((boolean)amd, t, m) && sets(o, 0x100000) && m.pcid == current_pcid(t) ==>
      \result != SLAT_RULE_NONE;
    ensures TLB_CR4_PSE: amd && native((boolean)amd, t, m) && changes(o, 0x10) ==> \result != SLAT_RULE_NONE;
    ensures TLB_CR4_PKE: amd && native((boolean)amd, t, m) && sets(o, 0x400000) ==> \result != SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> cr4_ends((boolean)amd, t, o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_cr4(bool amd, struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  const struct cr4_change c = cr4_change_of(o);
  const bool own = m.pcid == slat_current_pcid(t);

  if (!is_native(amd, t, m))
    return SLAT_RULE_NONE;
  if (SLAT_RULE(TLB_CR4_PGE, c.pge))
    return SLAT_RULE_TLB_CR4_PGE;
  if (SLAT_RULE(TLB_CR4_PCIDE_CLEAR, c.pcide_clear))
    return SLAT_RULE_TLB_CR4_PCIDE_CLEAR;
  if (SLAT_RULE(TLB_CR4_PAE, c.pae && own))
    return SLAT_RULE_TLB_CR4_PAE;
  if (SLAT_RULE(TLB_CR4_SMEP, !amd && c.smep_set && own))
    return SLAT_RULE_TLB_CR4_SMEP;
  if (SLAT_RULE(TLB_CR4_PAE_AMD, amd && c.pae))
    return SLAT_RULE_TLB_CR4_PAE_AMD;
  if (SLAT_RULE(TLB_CR4_PSE, amd && c.pse))
    return SLAT_RULE_TLB_CR4_PSE;
  return SLAT_BY_RULE(TLB_CR4_PKE, amd && c.pke_set);
}

/* What an access that faults would use again must go, or the fault would recur. */
/*@ requires page: o.first <= o.address <= o.last;
    terminates \true;
    assigns \nothing;
    ensures used: \result != 0 <==> of_page(m, o) && (m.pcid == current_pcid(t) || (m.global != 0 && m.table == 0));
*/
static inline bool would_be_used(struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  return is_of_page(o, m) && (m.pcid == slat_current_pcid(t) || (m.global && !m.table));
}

/*@ requires page: o.first <= o.address <= o.last;
    terminates \true;
    assigns \nothing;
    ensures TLB_PF: native((boolean)amd, t, m) && of_page(m, o) && m.pcid == current_pcid(t) ==> \result != SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> page_fault_ends((boolean)amd, t, o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_page_fault(bool amd, struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  return SLAT_BY_RULE(TLB_PF, is_native(amd, t, m) && would_be_used(t, o, m));
}

/*@ requires page: o.first <= o.address <= o.last;
    terminates \true;
    assigns \nothing;
    ensures TLB_INVVPID_ADDRESS: of_linear(m) && o.type == 0 ==> (\result != SLAT_RULE_NONE <==> m.space == o.space && of_page(m, o));
    ensures TLB_INVVPID_CONTEXT: of_linear(m) && o.type == 1 ==> (\result != SLAT_RULE_NONE <==> m.space == o.space);
    ensures TLB_INVVPID_ALL: of_linear(m) && o.type == 2 ==> (\result != SLAT_RULE_NONE <==> m.space != 0);
    ensures TLB_INVVPID_NONGLOBAL: of_linear(m) && m.table == 0 && o.type == 3 ==>
      (\result != SLAT_RULE_NONE <==> m.space == o.space && m.global == 0);
    ensures TLB_INVVPID_CLASS: m.kind == SLAT_GUEST_PHYSICAL ==> \result == SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> invvpid_ends(o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_invvpid(struct slat_invalidation o, struct slat_mapping m)
{
  if (SLAT_RULE(TLB_INVVPID_CLASS, !slat_of_linear(m)))
    return SLAT_RULE_NONE;
  if (o.type == 0)
    return SLAT_BY_RULE(TLB_INVVPID_ADDRESS, m.space == o.space && is_of_page(o, m));
  if (o.type == 1)
    return SLAT_BY_RULE(TLB_INVVPID_CONTEXT, m.space == o.space);
  if (o.type == 2)
    return SLAT_BY_RULE(TLB_INVVPID_ALL, m.space != 0);
  return SLAT_BY_RULE(TLB_INVVPID_NONGLOBAL, o.type == 3 && m.space == o.space && !m.global && !m.table);
}

/*@ terminates \true;
    assigns \nothing;
    ensures TLB_INVEPT_CONTEXT: m.kind != SLAT_LINEAR && o.type == 1 ==> (\result != SLAT_RULE_NONE <==> m.root == o.root);
    ensures TLB_INVEPT_ALL: m.kind != SLAT_LINEAR && o.type == 2 ==> \result != SLAT_RULE_NONE;
    ensures TLB_INVEPT_CLASS: m.kind == SLAT_LINEAR ==> \result == SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> invept_ends(o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_invept(struct slat_invalidation o, struct slat_mapping m)
{
  if (SLAT_RULE(TLB_INVEPT_CLASS, m.kind == SLAT_LINEAR))
    return SLAT_RULE_NONE;
  if (SLAT_RULE(TLB_INVEPT_CONTEXT, o.type == 1 && m.root == o.root))
    return SLAT_RULE_TLB_INVEPT_CONTEXT;
  return SLAT_BY_RULE(TLB_INVEPT_ALL, o.type == 2);
}

/*@ terminates \true;
    assigns \nothing;
    ensures TLB_VMX_VPID0: t.enable_vpid == 0 && of_linear(m) && m.space == 0 ==> \result != SLAT_RULE_NONE;
    ensures TLB_VMX_VPID: t.enable_vpid != 0 ==> \result == SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> vmx_transition_ends(t, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_vmx_transition(struct slat_tags t, struct slat_mapping m)
{
  if (SLAT_RULE(TLB_VMX_VPID, t.enable_vpid))
    return SLAT_RULE_NONE;
  return SLAT_BY_RULE(TLB_VMX_VPID0, slat_of_linear(m) && m.space == 0);
}

/*@ requires page: o.first <= o.address <= o.last;
    terminates \true;
    assigns \nothing;
    ensures TLB_EPT_VIOLATION: m.kind == SLAT_GUEST_PHYSICAL && m.root == t.root && of_address(m, o.gpa) ==>
      \result != SLAT_RULE_NONE;
    ensures TLB_EPT_VIOLATION: m.kind == SLAT_COMBINED && m.root == t.root && m.space == current_space(\false, t) &&
      o.linear_valid != 0 && of_page(m, o) && m.pcid == current_pcid(t) ==> \result != SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> ept_violation_ends(t, o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_ept_violation(struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  if (m.root != t.root)
    return SLAT_RULE_NONE;
  if (m.kind == SLAT_GUEST_PHYSICAL)
    return SLAT_BY_RULE(TLB_EPT_VIOLATION, m.first <= o.gpa && o.gpa <= m.last);
  return SLAT_BY_RULE(TLB_EPT_VIOLATION, m.kind == SLAT_COMBINED && m.space == slat_current_space(0, t) &&
                                           o.linear_valid && would_be_used(t, o, m));
}

/*@ requires page: o.first <= o.address <= o.last;
    terminates \true;
    assigns \nothing;
    ensures TLB_INVLPGA: of_linear(m) && m.space == o.space && of_page(m, o) ==> \result != SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> invlpga_ends(o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_invlpga(struct slat_invalidation o, struct slat_mapping m)
{
  return SLAT_BY_RULE(TLB_INVLPGA, slat_of_linear(m) && m.space == o.space && is_of_page(o, m));
}

/*@ terminates \true;
    assigns \nothing;
    ensures TLB_CONTROL_ALL: o.type == 1 ==> \result != SLAT_RULE_NONE;
    ensures TLB_CONTROL_ASID: o.type == 3 ==> (\result != SLAT_RULE_NONE <==> m.space == o.space);
    ensures TLB_CONTROL_NONGLOBAL: o.type == 7 ==>
      (\result != SLAT_RULE_NONE <==> m.space == o.space && of_linear(m) && (m.table != 0 || m.global == 0));
    ensures ends: \result != SLAT_RULE_NONE <==> vmrun_ends(o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_vmrun(struct slat_invalidation o, struct slat_mapping m)
{
  if (SLAT_RULE(TLB_CONTROL_ALL, o.type == 1))
    return SLAT_RULE_TLB_CONTROL_ALL;
  if (m.space != o.space)
    return SLAT_RULE_NONE;
  if (SLAT_RULE(TLB_CONTROL_ASID, o.type == 3))
    return SLAT_RULE_TLB_CONTROL_ASID;
  return SLAT_BY_RULE(TLB_CONTROL_NONGLOBAL, o.type == 7 && slat_of_linear(m) && (m.table || !m.global));
}

/* INVLPGB of linear and combined mappings: what each bit of rAX narrows or widens. */
/*@ requires page: o.first <= o.address <= o.last;
    terminates \true;
    assigns \nothing;
    ensures TLB_INVLPGB_ADDRESS: m.table == 0 && o.type % 2 == 1 && !of_page(m, o) ==> \result == 0;
    ensures TLB_INVLPGB_PCID: o.type / 2 % 2 == 1 && m.pcid != o.pcid ==> \result == 0;
    ensures TLB_INVLPGB_GLOBAL: m.table == 0 && m.global != 0 && o.type / 8 % 2 == 0 ==> \result == 0;
    ensures TLB_INVLPGB_FINAL: m.table != 0 && o.type / 0x10 % 2 == 1 ==> \result == 0;
    ensures ends: \result != 0 <==> (o.type / 2 % 2 == 1 ==> m.pcid == o.pcid) &&
      (m.table != 0 ? o.type / 0x10 % 2 == 0 && (o.type % 2 == 1 && t.tce != 0 ==> of_page(m, o))
                    : (o.type / 8 % 2 == 1 || m.global == 0) && (o.type % 2 == 1 ==> of_page(m, o)));
*/
static inline bool invlpgb_matches(struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  const bool by_address = o.type % 2 == 1, by_pcid = o.type / 2 % 2 == 1;
  const bool globals = o.type / 8 % 2 == 1, final_only = o.type / 0x10 % 2 == 1;

  if (SLAT_RULE(TLB_INVLPGB_PCID, by_pcid && m.pcid != o.pcid))
    return 0;
  if (m.table)
    return SLAT_REQUIRE(TLB_INVLPGB_FINAL, !final_only) &&
           !(SLAT_RULE(TLB_TCE, t.tce) && by_address && !is_of_page(o, m));
  if (SLAT_RULE(TLB_INVLPGB_GLOBAL, m.global && !globals))
    return 0;
  return SLAT_REQUIRE(TLB_INVLPGB_ADDRESS, !by_address || is_of_page(o, m));
}

/*@ requires page: o.first <= o.address <= o.last;
    terminates \true;
    assigns \nothing;
    ensures TLB_INVLPGB_ASID: o.type / 4 % 2 == 1 && m.space != o.space ==> \result == SLAT_RULE_NONE;
    ensures TLB_INVLPGB_NESTED: !of_linear(m) && o.type / 0x20 % 2 == 0 ==> \result == SLAT_RULE_NONE;
    ensures TLB_INVLPGB: o.type == 0 && of_linear(m) && (m.table != 0 ? t.tce == 0 : m.global == 0) ==> \result != SLAT_RULE_NONE;
    ensures ends: \result != SLAT_RULE_NONE <==> invlpgb_ends(t, o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_invlpgb(struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  if (SLAT_RULE(TLB_INVLPGB_ASID, o.type / 4 % 2 == 1 && m.space != o.space))
    return SLAT_RULE_NONE;
  if (slat_of_linear(m))
    return SLAT_BY_RULE(TLB_INVLPGB, invlpgb_matches(t, o, m));
  return SLAT_BY_RULE(TLB_INVLPGB_NESTED, o.type / 0x20 % 2 == 1 && o.type % 4 == 0);
}

/*@ requires page: o.first <= o.address <= o.last;
    requires kind: m.kind <= SLAT_COMBINED;
    terminates \true;
    assigns \nothing;
    ensures ends: SLAT_BY_INVVPID <= o.kind <= SLAT_BY_EPT_VIOLATION ==>
      (\result != SLAT_RULE_NONE <==> ends(\false, t, o, m));
    ensures other: !(SLAT_BY_INVVPID <= o.kind <= SLAT_BY_EPT_VIOLATION) ==> \result == SLAT_RULE_NONE;
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_vmx(struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  if (o.kind == SLAT_BY_INVVPID)
    return by_invvpid(o, m);
  if (o.kind == SLAT_BY_INVEPT)
    return by_invept(o, m);
  if (o.kind == SLAT_BY_VMX_TRANSITION)
    return by_vmx_transition(t, m);
  return o.kind == SLAT_BY_EPT_VIOLATION ? by_ept_violation(t, o, m) : SLAT_RULE_NONE;
}

/*@ requires page: o.first <= o.address <= o.last;
    terminates \true;
    assigns \nothing;
    ensures ends: SLAT_BY_INVLPGA <= o.kind < SLAT_INVALIDATION_KINDS ==> (\result != SLAT_RULE_NONE <==> ends(\true, t, o, m));
    ensures other: o.kind < SLAT_BY_INVLPGA ==> \result == SLAT_RULE_NONE;
    ensures TLB_SMM: o.kind == SLAT_BY_SMM ==> \result == SLAT_RULE_TLB_SMM;
    ensures TLB_MTRR: o.kind == SLAT_BY_MTRR ==> \result == SLAT_RULE_TLB_MTRR;
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_svm(struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  if (o.kind == SLAT_BY_INVLPGA)
    return by_invlpga(o, m);
  if (o.kind == SLAT_BY_VMRUN)
    return by_vmrun(o, m);
  if (o.kind == SLAT_BY_INVLPGB)
    return by_invlpgb(t, o, m);
  if (SLAT_RULE(TLB_SMM, o.kind == SLAT_BY_SMM))
    return SLAT_RULE_TLB_SMM;
  return SLAT_BY_RULE(TLB_MTRR, o.kind == SLAT_BY_MTRR);
}

/*@ requires page: o.first <= o.address <= o.last;
    requires kind: o.kind <= SLAT_BY_RESET;
    terminates \true;
    assigns \nothing;
    ensures TLB_RESET: o.kind == SLAT_BY_RESET ==> \result == SLAT_RULE_TLB_RESET;
    ensures ends: \result != SLAT_RULE_NONE <==> ends((boolean)amd, t, o, m);
    ensures range: 0 <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule by_either(bool amd, struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
  switch (o.kind) {
  case SLAT_BY_INVLPG:
    return by_invlpg(amd, t, o, m);
  case SLAT_BY_INVPCID:
    return by_invpcid(amd, t, o, m);
  case SLAT_BY_CR0:
    return by_cr0(amd, t, o, m);
  case SLAT_BY_CR3:
    return by_cr3(amd, t, o, m);
  case SLAT_BY_CR4:
    return by_cr4(amd, t, o, m);
  case SLAT_BY_TASK_SWITCH:
    return by_task_switch(amd, t, o, m);
  case SLAT_BY_PAGE_FAULT:
    return by_page_fault(amd, t, o, m);
  default:
    return SLAT_BY_RULE(TLB_RESET, 1);
  }
}

enum slat_rule slat_ends(bool amd, const struct slat_tags *tags, const struct slat_invalidation *operation,
                         const struct slat_mapping *mapping)
{
  if (operation->kind <= SLAT_BY_RESET)
    return by_either(amd, *tags, *operation, *mapping);
  if (amd)
    return by_svm(*tags, *operation, *mapping);
  return by_vmx(*tags, *operation, *mapping);
}

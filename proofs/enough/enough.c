/* SPDX-License-Identifier: BSD-2-Clause */
/* What tags separate (theorem 7), and which operations are enough: what may be used before them, and is not after. */
#include "../../model/src/scope.h"

/* Theorem 7.  A mapping that was made in state `t` is used in state `u` only if both have the tags of its kind in common. */
/*@ requires kind: m.kind <= SLAT_COMBINED;
    requires made: may_make((boolean)amd, t, m);
    requires used: may_use((boolean)amd, u, m);
    terminates \true;
    assigns \nothing;
    ensures stages: two_stages(t) <==> two_stages(u);
    ensures space: of_linear(m) || amd ==> current_space((boolean)amd, t) == current_space((boolean)amd, u);
    ensures pcid: of_linear(m) && m.global == 0 ==> current_pcid(t) == current_pcid(u);
    ensures global: of_linear(m) && current_pcid(t) != current_pcid(u) ==> m.table == 0 && t.pge != 0;
    ensures root: !amd && m.kind != SLAT_LINEAR ==> t.root == u.root;
*/
static void tags_separate(bool amd, struct slat_tags t, struct slat_tags u, struct slat_mapping m)
{
}

/* INVLPG leaves no translation of the page that could be used, of one stage or combined, and on Intel no paging-structure-cache
   entry at all; with EFER.TCE = 1 none for the page. */
/*@ requires kind: m.kind <= SLAT_COMBINED && o.kind == SLAT_BY_INVLPG;
    requires linear: of_linear(m);
    requires used: may_use((boolean)amd, t, m);
    terminates \true;
    assigns \nothing;
    ensures page: m.table == 0 && of_page(m, o) ==> ends((boolean)amd, t, o, m);
    ensures tables: m.table != 0 && (amd && t.tce != 0 ==> of_page(m, o)) ==> ends((boolean)amd, t, o, m);
*/
static void invlpg_is_enough(bool amd, struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
}

/* A change of CR4.PGE leaves nothing of linear addresses that could be used. */
/*@ requires kind: m.kind <= SLAT_COMBINED && o.kind == SLAT_BY_CR4 && changes(o, 0x80);
    requires linear: of_linear(m);
    requires used: may_use((boolean)amd, t, m);
    terminates \true;
    assigns \nothing;
    ensures all: ends((boolean)amd, t, o, m);
*/
static void pge_is_enough(bool amd, struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
}

/* MOV to CR3 that keeps the PCID, without bit 63, leaves global translations alone. */
/*@ requires kind: m.kind <= SLAT_COMBINED && o.kind == SLAT_BY_CR3 && o.no_flush == 0 && o.pcid == t.pcid;
    requires linear: of_linear(m);
    requires used: may_use((boolean)amd, t, m);
    terminates \true;
    assigns \nothing;
    ensures all: ends((boolean)amd, t, o, m) || (m.global != 0 && m.table == 0);
*/
static void cr3_is_enough(bool amd, struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
}

/* INVEPT of type 1 leaves a guest of that EPT root nothing that it could use. */
/*@ requires kind: m.kind <= SLAT_COMBINED && o.kind == SLAT_BY_INVEPT && o.type == 1 && o.root == u.root;
    requires guest: two_stages(u);
    requires used: may_use(\false, u, m);
    terminates \true;
    assigns \nothing;
    ensures all: ends(\false, t, o, m);
*/
static void invept_is_enough(struct slat_tags t, struct slat_tags u, struct slat_invalidation o, struct slat_mapping m)
{
}

/* INVVPID of type 1 leaves a guest of that VPID nothing of linear addresses that it could use. */
/*@ requires kind: m.kind <= SLAT_COMBINED && o.kind == SLAT_BY_INVVPID && o.type == 1 && o.space == current_space(\false, u);
    requires linear: of_linear(m);
    requires used: may_use(\false, u, m);
    terminates \true;
    assigns \nothing;
    ensures all: ends(\false, t, o, m);
*/
static void invvpid_is_enough(struct slat_tags t, struct slat_tags u, struct slat_invalidation o, struct slat_mapping m)
{
}

/* TLB_CONTROL 03H (and 01H) leaves the guest of that ASID nothing that it could use. */
/*@ requires kind: m.kind <= SLAT_COMBINED && o.kind == SLAT_BY_VMRUN && (o.type == 1 || o.type == 3) && o.space == u.space;
    requires guest: u.guest != 0;
    requires used: may_use(\true, u, m);
    terminates \true;
    assigns \nothing;
    ensures all: ends(\true, t, o, m);
*/
static void tlb_control_is_enough(struct slat_tags t, struct slat_tags u, struct slat_invalidation o,
                                  struct slat_mapping m)
{
}

/* What ends guest-physical mappings on Intel: INVEPT, an EPT violation, and reset.  Nothing that a guest does. */
/*@ requires kind: m.kind == SLAT_GUEST_PHYSICAL;
    terminates \true;
    assigns \nothing;
    ensures only: ends(\false, t, o, m) ==>
      o.kind == SLAT_BY_INVEPT || o.kind == SLAT_BY_EPT_VIOLATION || o.kind == SLAT_BY_RESET;
*/
static void guest_physical_stay(struct slat_tags t, struct slat_invalidation o, struct slat_mapping m)
{
}

/* INVVPID of type 2 never ends a mapping of the host, nor of a guest without "enable VPID". */
/*@ requires kind: m.kind <= SLAT_COMBINED && o.kind == SLAT_BY_INVVPID && o.type == 2;
    requires host: u.guest == 0 || u.enable_vpid == 0;
    requires used: may_use(\false, u, m);
    terminates \true;
    assigns \nothing;
    ensures stays: !ends(\false, t, o, m);
*/
static void invvpid_all_spares_vpid0(struct slat_tags t, struct slat_tags u, struct slat_invalidation o,
                                     struct slat_mapping m)
{
}

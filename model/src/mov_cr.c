/* SPDX-License-Identifier: BSD-2-Clause */
#include "mov_cr.h"
#include "rule.h"

/* One bit of a register. */
#define BIT_OF(value, divisor) ((value) / (divisor) % 2 == 1)
#define CHANGES(before, after, divisor) ((before) / (divisor) % 2 != (after) / (divisor) % 2)

/* The rule by which a MOV to CR0 is #GP(0), SLAT_RULE_NONE if it is not. */
/*@ requires vendor: k.vendor <= SLAT_AMD;
    terminates \true;
    assigns \nothing;
    ensures MODE_GP_PG_PE: pg_without_pe(value) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_PG_PAE: pg_without_pae(cr0, cr4, efer, value) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_PG_CS_L: pg_with_cs_l(cr0, efer, value, cs_l) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_PG_CLEAR: k.vendor == SLAT_INTEL && pg_cleared_in_64bit_mode(cr0, efer, value, cs_l) ==>
      \result != SLAT_RULE_NONE;
    ensures MODE_GP_PG_PCIDE: pg_cleared_with_pcide(cr0, cr4, value) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_CET_WP: cet_without_wp(value, cr4) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_NW: nw_without_cd(value) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_CR0_HIGH: cr0_high(value) ==> \result != SLAT_RULE_NONE;
    ensures refused: \result != SLAT_RULE_NONE <==> cr0_refused(k, cr0, cr4, efer, value, cs_l);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule cr0_refused_by(struct slat_config k, uint64_t cr0, uint64_t cr4, uint64_t efer, uint64_t value,
                                     bool cs_l)
{
  const bool before = BIT_OF(cr0, 0x80000000), after = BIT_OF(value, 0x80000000);
  const bool sets = !before && after, clears = before && !after, lme = BIT_OF(efer, 0x100);

  if (SLAT_RULE(MODE_GP_CR0_HIGH, value >= 0x100000000))
    return SLAT_RULE_MODE_GP_CR0_HIGH;
  if (SLAT_RULE(MODE_GP_PG_PE, after && value % 2 == 0))
    return SLAT_RULE_MODE_GP_PG_PE;
  if (SLAT_RULE(MODE_GP_CET_WP, BIT_OF(cr4, 0x800000) && !BIT_OF(value, 0x10000)))
    return SLAT_RULE_MODE_GP_CET_WP;
  if (SLAT_RULE(MODE_GP_NW, BIT_OF(value, 0x20000000) && !BIT_OF(value, 0x40000000)))
    return SLAT_RULE_MODE_GP_NW;
  if (SLAT_RULE(MODE_GP_PG_PAE, sets && lme && !BIT_OF(cr4, 0x20)))
    return SLAT_RULE_MODE_GP_PG_PAE;
  if (SLAT_RULE(MODE_GP_PG_CS_L, sets && lme && cs_l))
    return SLAT_RULE_MODE_GP_PG_CS_L;
  if (SLAT_RULE(MODE_GP_PG_PCIDE, clears && BIT_OF(cr4, 0x20000)))
    return SLAT_RULE_MODE_GP_PG_PCIDE;
  if (SLAT_RULE(MODE_GP_PG_CLEAR, k.vendor == SLAT_INTEL && clears && BIT_OF(efer, 0x400) && cs_l))
    return SLAT_RULE_MODE_GP_PG_CLEAR;
  return SLAT_RULE_NONE;
}

/* The rule by which it may be #GP(0), SLAT_RULE_NONE if none says so: ERRATA E27. */
/*@ requires vendor: k.vendor <= SLAT_AMD;
    terminates \true;
    assigns \nothing;
    ensures open: \result != SLAT_RULE_NONE <==> cr0_open(k, cr0, efer, value, cs_l);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule cr0_open_by(struct slat_config k, uint64_t cr0, uint64_t efer, uint64_t value, bool cs_l)
{
  if (SLAT_RULE(MODE_GP_PG_CLEAR, k.vendor == SLAT_AMD && BIT_OF(cr0, 0x80000000) && !BIT_OF(value, 0x80000000) &&
                                    BIT_OF(efer, 0x400) && cs_l))
    return SLAT_RULE_MODE_GP_PG_CLEAR;
  return SLAT_RULE_NONE;
}

/*@ terminates \true;
    assigns \nothing;
    ensures CR3_NO_FLUSH: \result == cr3_stored(cr4, value);
*/
static uint64_t cr3_of(uint64_t cr4, uint64_t value)
{
  return SLAT_RULE(CR3_NO_FLUSH, BIT_OF(cr4, 0x20000)) ? value % 0x8000000000000000 : value;
}

/*@ requires limit: limit <= 0x10000000000000;
    terminates \true;
    assigns \nothing;
    ensures CR3_RSVD: \result != SLAT_RULE_NONE <==> cr3_refused(k, cr4, efer, value, cs_l, limit);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule cr3_refused_by(struct slat_config k, uint64_t cr4, uint64_t efer, uint64_t value, bool cs_l,
                                     uint64_t limit)
{
  if (SLAT_RULE(CR3_RSVD, BIT_OF(efer, 0x400) && cs_l && !slat_cr3_exists(k, cr3_of(cr4, value), limit)))
    return SLAT_RULE_CR3_RSVD;
  return SLAT_RULE_NONE;
}

/* The same two of MOV to CR4. */
/*@ requires vendor: k.vendor <= SLAT_AMD;
    terminates \true;
    assigns \nothing;
    ensures MODE_GP_FEATURE: !features_present(k, value, 0) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_MBZ: cr4_mbz(k, value) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_CET_WP: cet_without_wp(cr0, value) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_PAE_CLEAR: pae_cleared(efer, value) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_LA57: k.vendor == SLAT_INTEL && la57_changed(cr4, efer, value) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_PCIDE: pcide_refused(cr3, cr4, efer, value) ==> \result != SLAT_RULE_NONE;
    ensures refused: \result != SLAT_RULE_NONE <==> cr4_refused(k, cr0, cr3, cr4, efer, value);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule cr4_refused_by(struct slat_config k, uint64_t cr0, uint64_t cr3, uint64_t cr4, uint64_t efer,
                                     uint64_t value)
{
  const bool lma = BIT_OF(efer, 0x400);

  if (SLAT_RULE(MODE_GP_FEATURE, !slat_has_features(k, value, 0)))
    return SLAT_RULE_MODE_GP_FEATURE;
  if (SLAT_RULE(MODE_GP_MBZ, k.vendor == SLAT_AMD && value >= 0x1000000))
    return SLAT_RULE_MODE_GP_MBZ;
  if (SLAT_RULE(MODE_GP_CET_WP, BIT_OF(value, 0x800000) && !BIT_OF(cr0, 0x10000)))
    return SLAT_RULE_MODE_GP_CET_WP;
  if (SLAT_RULE(MODE_GP_PAE_CLEAR, lma && !BIT_OF(value, 0x20)))
    return SLAT_RULE_MODE_GP_PAE_CLEAR;
  if (SLAT_RULE(MODE_GP_PCIDE, BIT_OF(value, 0x20000) && !BIT_OF(cr4, 0x20000) && (!lma || cr3 % 0x1000 != 0)))
    return SLAT_RULE_MODE_GP_PCIDE;
  if (SLAT_RULE(MODE_GP_LA57, k.vendor == SLAT_INTEL && lma && CHANGES(cr4, value, 0x1000)))
    return SLAT_RULE_MODE_GP_LA57;
  return SLAT_RULE_NONE;
}

/* A field that has another value than before, and not 0. */
/*@ terminates \true;
    assigns \nothing;
    ensures open: \result != 0 <==> field_open(before, after);
*/
static bool is_field_open(uint64_t before, uint64_t after)
{
  return after != 0 && after != before;
}

/*@ terminates \true;
    assigns \nothing;
    ensures others: \result != 0 <==> cr4_others_open(cr4, value);
*/
static bool cr4_others_are_open(uint64_t cr4, uint64_t value)
{
  return is_field_open(cr4 % 0x10, value % 0x10) || is_field_open(cr4 / 0x40 % 2, value / 0x40 % 2) ||
         is_field_open(cr4 / 0x100 % 0x10, value / 0x100 % 0x10) ||
         is_field_open(cr4 / 0x2000 % 0x10, value / 0x2000 % 0x10) ||
         is_field_open(cr4 / 0x40000 % 4, value / 0x40000 % 4) ||
         is_field_open(cr4 / 0x2000000 % 4, value / 0x2000000 % 4) ||
         is_field_open(cr4 / 0x20000000, value / 0x20000000);
}

/*@ requires vendor: k.vendor <= SLAT_AMD;
    terminates \true;
    assigns \nothing;
    ensures MODE_OTHER_FEATURES: cr4_others_open(cr4, value) ==> \result != SLAT_RULE_NONE;
    ensures open: \result != SLAT_RULE_NONE <==> cr4_open(k, cr4, efer, value);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule cr4_open_by(struct slat_config k, uint64_t cr4, uint64_t efer, uint64_t value)
{
  if (SLAT_RULE(MODE_GP_LA57, k.vendor == SLAT_AMD && BIT_OF(efer, 0x400) && CHANGES(cr4, value, 0x1000)))
    return SLAT_RULE_MODE_GP_LA57;
  return SLAT_RULE(MODE_OTHER_FEATURES, cr4_others_are_open(cr4, value)) ? SLAT_RULE_MODE_OTHER_FEATURES
                                                                         : SLAT_RULE_NONE;
}

/*@ terminates \true;
    assigns \nothing;
    ensures mbz: \result != 0 <==> efer_mbz(k, value);
*/
static bool efer_must_be_zero(struct slat_config k, uint64_t value)
{
  return k.vendor == SLAT_AMD &&
         (BIT_OF(value, 0x200) || BIT_OF(value, 0x10000) || BIT_OF(value, 0x80000) || value >= 0x400000);
}

/* The same two of WRMSR of EFER. */
/*@ requires vendor: k.vendor <= SLAT_AMD;
    terminates \true;
    assigns \nothing;
    ensures MODE_GP_FEATURE: !features_present(k, 0, value) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_MBZ: efer_mbz(k, value) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_LME: lme_changed(cr0, efer, value) ==> \result != SLAT_RULE_NONE;
    ensures MODE_GP_LMA: k.vendor == SLAT_AMD && lma_changed(efer, value) ==> \result != SLAT_RULE_NONE;
    ensures refused: \result != SLAT_RULE_NONE <==> efer_refused(k, cr0, efer, value);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule efer_refused_by(struct slat_config k, uint64_t cr0, uint64_t efer, uint64_t value)
{
  if (SLAT_RULE(MODE_GP_FEATURE, !slat_has_features(k, 0, value)))
    return SLAT_RULE_MODE_GP_FEATURE;
  if (SLAT_RULE(MODE_GP_MBZ, efer_must_be_zero(k, value)))
    return SLAT_RULE_MODE_GP_MBZ;
  if (SLAT_RULE(MODE_GP_LME, BIT_OF(cr0, 0x80000000) && CHANGES(efer, value, 0x100)))
    return SLAT_RULE_MODE_GP_LME;
  if (SLAT_RULE(MODE_GP_LMA, k.vendor == SLAT_AMD && CHANGES(efer, value, 0x400)))
    return SLAT_RULE_MODE_GP_LMA;
  return SLAT_RULE_NONE;
}

/*@ terminates \true;
    assigns \nothing;
    ensures others: \result != 0 <==> efer_others_open(efer, value);
*/
static bool efer_others_are_open(uint64_t efer, uint64_t value)
{
  return is_field_open(efer % 0x100, value % 0x100) || is_field_open(efer / 0x200 % 2, value / 0x200 % 2) ||
         is_field_open(efer / 0x1000 % 0x100, value / 0x1000 % 0x100) ||
         is_field_open(efer / 0x200000, value / 0x200000);
}

/*@ requires vendor: k.vendor <= SLAT_AMD;
    terminates \true;
    assigns \nothing;
    ensures MODE_OTHER_FEATURES: efer_others_open(efer, value) ==> \result != SLAT_RULE_NONE;
    ensures open: \result != SLAT_RULE_NONE <==> efer_open(k, efer, value);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule efer_open_by(struct slat_config k, uint64_t efer, uint64_t value)
{
  if (SLAT_RULE(MODE_GP_LMA, k.vendor == SLAT_INTEL && CHANGES(efer, value, 0x400)))
    return SLAT_RULE_MODE_GP_LMA;
  return SLAT_RULE(MODE_OTHER_FEATURES, efer_others_are_open(efer, value)) ? SLAT_RULE_MODE_OTHER_FEATURES
                                                                           : SLAT_RULE_NONE;
}

/* What is written, and what the registers are before. */
struct before {
  uint64_t cr0, cr3, cr4, efer;
};

/*@ requires vendor: k.vendor <= SLAT_AMD;
    requires reg: event_register(reg);
    requires limit: limit == two_to(k.maxphyaddr) && limit <= 0x10000000000000;
    terminates \true;
    assigns \nothing;
    ensures refused: \result != SLAT_RULE_NONE <==> write_refused(k, reg, b.cr0, b.cr3, b.cr4, b.efer, value, cs_l);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule refused_by(struct slat_config k, struct before b, unsigned reg, uint64_t value, bool cs_l,
                                 uint64_t limit)
{
  if (reg == SLAT_CR0)
    return cr0_refused_by(k, b.cr0, b.cr4, b.efer, value, cs_l);
  if (reg == SLAT_CR3)
    return cr3_refused_by(k, b.cr4, b.efer, value, cs_l, limit);
  if (reg == SLAT_CR4)
    return cr4_refused_by(k, b.cr0, b.cr3, b.cr4, b.efer, value);
  return efer_refused_by(k, b.cr0, b.efer, value);
}

/*@ requires vendor: k.vendor <= SLAT_AMD;
    requires reg: event_register(reg);
    terminates \true;
    assigns \nothing;
    ensures open: \result != SLAT_RULE_NONE <==> write_open(k, reg, b.cr0, b.cr4, b.efer, value, cs_l);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule open_by(struct slat_config k, struct before b, unsigned reg, uint64_t value, bool cs_l)
{
  if (reg == SLAT_CR0)
    return cr0_open_by(k, b.cr0, b.efer, value, cs_l);
  if (reg == SLAT_CR4)
    return cr4_open_by(k, b.cr4, b.efer, value);
  return reg == SLAT_EFER ? efer_open_by(k, b.efer, value) : SLAT_RULE_NONE;
}

/* EFER with the LMA that its LME and CR0.PG make. */
/*@ terminates \true;
    assigns \nothing;
    ensures MODE_LMA: \result == with_lma(efer, cr0);
    ensures lme: efer_lme(\result) == efer_lme(efer);
    ensures nxe: efer_nxe(\result) == efer_nxe(efer);
    ensures uaie: efer_uaie(\result) == efer_uaie(efer);
    ensures lma: efer_lma(\result) == 1 <==> efer_lme(efer) == 1 && cr0_pg(cr0) == 1;
*/
static uint64_t efer_with_lma(uint64_t efer, uint64_t cr0)
{
  const uint64_t low = efer % 0x400, high = efer / 0x800 * 0x800;

  return SLAT_CHOOSE(MODE_LMA, BIT_OF(efer, 0x100) && BIT_OF(cr0, 0x80000000) ? low + 0x400 + high : low + high, efer);
}

/* The registers after a write that is done. */
/*@ requires reg: event_register(reg);
    terminates \true;
    assigns \nothing;
    ensures cr0: \result.cr0 == cr0_after(reg, b.cr0, value);
    ensures cr3: \result.cr3 == cr3_after(reg, b.cr3, b.cr4, value);
    ensures cr4: \result.cr4 == cr4_after(reg, b.cr4, value);
    ensures efer: \result.efer == efer_after(reg, b.cr0, b.efer, value);
    ensures lme: efer_lme(\result.efer) == efer_lme(reg == SLAT_EFER ? value : b.efer);
    ensures nxe: efer_nxe(\result.efer) == efer_nxe(reg == SLAT_EFER ? value : b.efer);
    ensures uaie: efer_uaie(\result.efer) == efer_uaie(reg == SLAT_EFER ? value : b.efer);
    ensures lma: efer_lma(\result.efer) == 1 <==> efer_lme(\result.efer) == 1 && cr0_pg(\result.cr0) == 1;
*/
static struct before registers_after(struct before b, unsigned reg, uint64_t value)
{
  struct before after = b;

  if (reg == SLAT_CR0)
    after.cr0 = value;
  if (reg == SLAT_CR3)
    after.cr3 = cr3_of(b.cr4, value);
  if (reg == SLAT_CR4)
    after.cr4 = value;
  after.efer = efer_with_lma(reg == SLAT_EFER ? value : b.efer, after.cr0);
  return after;
}

/*@ terminates \true;
    assigns \nothing;
    ensures pae: \result != 0 <==> pae_in_use(cr0, cr4, efer);
*/
static bool is_pae_in_use(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
  return BIT_OF(cr0, 0x80000000) && BIT_OF(cr4, 0x20) && !BIT_OF(efer, 0x100);
}

/* Does the write load the PDPTE registers? */
/*@ requires vendor: k.vendor <= SLAT_AMD;
    requires reg: event_register(reg);
    terminates \true;
    assigns \nothing;
    ensures PAE_PDPTE_LOAD_CR3: has_pdpte_registers(k) && reg == SLAT_CR3 && cr3_loads(b.cr0, b.cr4, b.efer) ==>
      \result != 0;
    ensures PAE_PDPTE_LOAD_CR0_CR4: has_pdpte_registers(k) &&
      ((reg == SLAT_CR0 && cr0_loads(b.cr0, b.cr4, b.efer, value)) ||
       (reg == SLAT_CR4 && cr4_loads(b.cr0, b.cr4, b.efer, value))) ==> \result != 0;
    ensures loads: \result != 0 <==> write_loads(k, reg, b.cr0, b.cr4, b.efer, value);
*/
static bool loads_pdptes(struct slat_config k, struct before b, unsigned reg, uint64_t value)
{
  if (k.vendor == SLAT_AMD && !k.amd_pdpte_registers)
    return 0;
  if (reg == SLAT_CR3)
    return SLAT_RULE(PAE_PDPTE_LOAD_CR3, is_pae_in_use(b.cr0, b.cr4, b.efer));
  if (reg == SLAT_CR0)
    return SLAT_RULE(
      PAE_PDPTE_LOAD_CR0_CR4,
      is_pae_in_use(value, b.cr4, b.efer) &&
        (CHANGES(b.cr0, value, 0x40000000) || CHANGES(b.cr0, value, 0x20000000) || CHANGES(b.cr0, value, 0x80000000)));
  if (reg == SLAT_CR4)
    return SLAT_RULE(PAE_PDPTE_LOAD_CR0_CR4, is_pae_in_use(b.cr0, value, b.efer) &&
                                               (CHANGES(b.cr4, value, 0x20) || CHANGES(b.cr4, value, 0x80) ||
                                                CHANGES(b.cr4, value, 0x10) || CHANGES(b.cr4, value, 0x100000)));
  return 0;
}

/* What the load of one PDPTE register meets. */
struct load {
  struct slat_outcome fault; /* of stage 2; empty if it is reached */
  uint64_t value;
  bool reached;
};

/*@ requires readable: \valid_read(s);
    terminates \true;
    assigns \nothing;
    ensures qualification: \result == 1 + (s->end == SLAT_S2_PAGE && s->read != 0 ? 8 : 0) +
      (s->end == SLAT_S2_PAGE && s->write != 0 ? 0x10 : 0) + (s->end == SLAT_S2_PAGE && s->execute != 0 ? 0x20 : 0) +
      (sss != 0 && s->end == SLAT_S2_PAGE && s->sss != 0 ? 0x4000 : 0);
*/
static uint64_t qualification_of_load(const struct slat_stage2 *s, bool sss)
{
  if (s->end != SLAT_S2_PAGE)
    return 1;
  return (uint64_t)1 + (s->read ? 8 : 0) + (s->write ? 0x10 : 0) + (s->execute ? 0x20 : 0) +
         (sss && s->sss ? 0x4000 : 0);
}

/* One of the four reads, through stage 2.  There is no linear address: bits 8:7 of the qualification are 0. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 == SLAT_STAGE2_NONE || c->stage2 == SLAT_STAGE2_EPT;
    requires address_range: gpa <= 0xFFFFFFFFFFFFF;
    terminates \true;
    assigns \nothing;
    ensures reached: \result.reached != 0 <==> load_reached(m, c, gpa);
    ensures value: \result.reached != 0 ==> \result.value == loaded(m, c, gpa);
    ensures PAE_PDPTE_LOAD_EPT: load_answer_is(\result.fault, m, c, gpa);
*/
static struct load load_pdpte(const struct slat_memory *m, const struct slat_controls *c, uint64_t gpa)
{
  const struct slat_stage2 s = slat_stage2_walk(m, c, gpa);
  const enum slat_rule denied = slat_stage2_denies(c, &s,
                                                   SLAT_CHOOSE(PAE_PDPTE_LOAD_EPT, SLAT_USE_READ, SLAT_USE_TABLE));
  struct load r = { .reached = denied == SLAT_RULE_NONE };

  if (r.reached) {
    r.value = slat_memory_read(m, s.spa);
    return r;
  }
  r.fault.stage = 2;
  r.fault.level = s.level;
  r.fault.rule = (uint16_t)denied;
  r.fault.gpa = gpa;
  if (s.end == SLAT_S2_MISCONFIGURED) {
    r.fault.kind = SLAT_EPT_MISCONFIG;
    return r;
  }
  r.fault.kind = SLAT_EPT_VIOLATION;
  r.fault.code = qualification_of_load(&s, c->ept_sss);
  /* bits 6, 11:9, 12; and 14 without supervisor shadow-stack control or a page */
  r.fault.code_open = c->ept_sss && s.end == SLAT_S2_PAGE ? 0x1E40 : 0x5E40;
  r.fault.invalidates = SLAT_INVALIDATES_GUEST_PHYSICAL;
  return r;
}

/*@ terminates \true;
    assigns \nothing;
    ensures loads: \result != 0 <==> pdpte_loads(e, limit);
*/
static bool may_be_loaded(uint64_t e, uint64_t limit)
{
  return e % 2 == 0 || (e / 2 % 4 == 0 && e / 0x20 % 0x10 == 0 && e < limit);
}

/*@ terminates \true;
    assigns \nothing;
    ensures reserved: \result != 0 <==> pdpte_has_reserved(e, limit);
*/
static bool has_reserved(uint64_t e, uint64_t limit)
{
  return e / 2 % 4 != 0 || e / 0x20 % 0x10 != 0 || e >= limit;
}

/* The rule by which four PDPTEs that were read are #GP(0): required, or permitted. */
/*@ terminates \true;
    assigns \nothing;
    ensures PAE_PDPTE_RSVD_GP: \result == SLAT_RULE_PAE_PDPTE_RSVD_GP <==>
      !(pdpte_loads(e0, limit) && pdpte_loads(e1, limit) && pdpte_loads(e2, limit) && pdpte_loads(e3, limit));
    ensures PAE_PDPTE_RSVD_ABSENT: \result != SLAT_RULE_NONE <==>
      pdpte_has_reserved(e0, limit) || pdpte_has_reserved(e1, limit) || pdpte_has_reserved(e2, limit) ||
      pdpte_has_reserved(e3, limit);
    ensures range: SLAT_RULE_NONE <= \result < SLAT_RULE_COUNT;
*/
static enum slat_rule pdptes_refused_by(uint64_t e0, uint64_t e1, uint64_t e2, uint64_t e3, uint64_t limit)
{
  if (SLAT_RULE(PAE_PDPTE_RSVD_GP, !(may_be_loaded(e0, limit) && may_be_loaded(e1, limit) && may_be_loaded(e2, limit) &&
                                     may_be_loaded(e3, limit))))
    return SLAT_RULE_PAE_PDPTE_RSVD_GP;
  if (SLAT_RULE(PAE_PDPTE_RSVD_ABSENT, has_reserved(e0, limit) || has_reserved(e1, limit) || has_reserved(e2, limit) ||
                                         has_reserved(e3, limit)))
    return SLAT_RULE_PAE_PDPTE_RSVD_ABSENT;
  return SLAT_RULE_NONE;
}

/*@ requires range: SLAT_RULE_NONE <= rule < SLAT_RULE_COUNT;
    terminates \true;
    assigns \nothing;
    ensures refused: rule != SLAT_RULE_NONE ==> \result.kind == SLAT_GENERAL_PROTECTION;
    ensures not: rule == SLAT_RULE_NONE ==> \result.kind == SLAT_NO_OUTCOME;
*/
static struct slat_outcome general_protection(enum slat_rule rule)
{
  const struct slat_outcome o = { .kind = rule == SLAT_RULE_NONE ? SLAT_NO_OUTCOME : SLAT_GENERAL_PROTECTION,
                                  .rule = (uint16_t)rule };

  return o;
}

/*@ terminates \true;
    assigns \nothing;
    ensures REGISTER_WRITTEN: done != 0 ==> \result.kind == SLAT_WRITTEN;
    ensures not: done == 0 ==> \result.kind == SLAT_NO_OUTCOME;
*/
static struct slat_outcome written(bool done)
{
  /* REGISTER_WRITTEN */
  const struct slat_outcome o = { .kind = done ? SLAT_WRITTEN : SLAT_NO_OUTCOME,
                                  .rule = done ? SLAT_RULE_REGISTER_WRITTEN : SLAT_RULE_NONE };

  return o;
}

/* Is there an answer? */
/*@ requires status: status < SLAT_STATUS_COUNT;
    terminates \true;
    assigns \nothing;
    ensures answer: \result == SLAT_OK <==> event_register(reg) && operand_fits(reg, efer, value, cs_l) &&
      status == SLAT_OK;
    ensures range: SLAT_OK <= \result < SLAT_STATUS_COUNT;
*/
static enum slat_status check_write(unsigned status, uint64_t efer, unsigned reg, uint64_t value, bool cs_l)
{
  if (reg != SLAT_CR0 && reg != SLAT_CR3 && reg != SLAT_CR4 && reg != SLAT_EFER)
    return SLAT_INVALID_REGISTER;
  if (reg != SLAT_EFER && value >= 0x100000000 && !(BIT_OF(efer, 0x400) && cs_l))
    return SLAT_INVALID_EVENT;
  return (enum slat_status)status;
}

/* The theorem, register by register.  `after` is EFER after the write. */
/*@ ghost
  /@ requires before: mode_modelled(k, cr0, cr4, efer);
     requires permitted: !cr0_refused(k, cr0, cr4, efer, value, cs_l);
     requires lme: efer_lme(after) == efer_lme(efer);
     requires nxe: efer_nxe(after) == efer_nxe(efer);
     requires uaie: efer_uaie(after) == efer_uaie(efer);
     requires lma: efer_lma(after) == 1 <==> efer_lme(after) == 1 && cr0_pg(value) == 1;
     terminates \true;
     assigns \nothing;
     ensures can_exist: mode_modelled(k, value, cr4, after);
  @/
  void cr0_leaves_a_mode(struct slat_config k, uint64_t cr0, uint64_t cr4, uint64_t efer, uint64_t value, bool cs_l,
                         uint64_t after)
  {
    return;
  }
*/
/*@ ghost
  /@ requires before: mode_modelled(k, cr0, cr4, efer);
     requires lme: efer_lme(after) == efer_lme(efer);
     requires nxe: efer_nxe(after) == efer_nxe(efer);
     requires uaie: efer_uaie(after) == efer_uaie(efer);
     requires lma: efer_lma(after) == 1 <==> efer_lme(after) == 1 && cr0_pg(cr0) == 1;
     terminates \true;
     assigns \nothing;
     ensures can_exist: mode_modelled(k, cr0, cr4, after);
  @/
  void cr3_leaves_a_mode(struct slat_config k, uint64_t cr0, uint64_t cr4, uint64_t efer, uint64_t after)
  {
    return;
  }
*/
/*@ ghost
  /@ requires before: mode_modelled(k, cr0, cr4, efer);
     requires permitted: !cr4_refused(k, cr0, cr3, cr4, efer, value);
     requires lme: efer_lme(after) == efer_lme(efer);
     requires nxe: efer_nxe(after) == efer_nxe(efer);
     requires uaie: efer_uaie(after) == efer_uaie(efer);
     requires lma: efer_lma(after) == 1 <==> efer_lme(after) == 1 && cr0_pg(cr0) == 1;
     terminates \true;
     assigns \nothing;
     ensures can_exist: mode_modelled(k, cr0, value, after);
  @/
  void cr4_leaves_a_mode(struct slat_config k, uint64_t cr0, uint64_t cr3, uint64_t cr4, uint64_t efer, uint64_t value,
                         uint64_t after)
  {
    return;
  }
*/
/*@ ghost
  /@ requires before: mode_modelled(k, cr0, cr4, efer);
     requires permitted: !efer_refused(k, cr0, efer, value);
     requires lme: efer_lme(after) == efer_lme(value);
     requires nxe: efer_nxe(after) == efer_nxe(value);
     requires uaie: efer_uaie(after) == efer_uaie(value);
     requires lma: efer_lma(after) == 1 <==> efer_lme(after) == 1 && cr0_pg(cr0) == 1;
     terminates \true;
     assigns \nothing;
     ensures can_exist: mode_modelled(k, cr0, cr4, after);
  @/
  void efer_leaves_a_mode(struct slat_config k, uint64_t cr0, uint64_t cr4, uint64_t efer, uint64_t value, uint64_t after)
  {
    return;
  }
*/

/* A PAE guest whose registers are not loaded had them before: nothing else leads into PAE paging. */
/*@ ghost
  /@ requires reg: event_register(reg);
     requires permitted: reg == SLAT_EFER ==> !lme_changed(cr0, efer, value);
     requires registers: has_pdpte_registers(k);
     requires not_loaded: !write_loads(k, reg, cr0, cr4, efer, value);
     requires lme: efer_lme(after) == efer_lme(reg == SLAT_EFER ? value : efer);
     requires after: pae_in_use(cr0_after(reg, cr0, value), cr4_after(reg, cr4, value), after);
     terminates \true;
     assigns \nothing;
     ensures before: pae_in_use(cr0, cr4, efer);
  @/
  void pae_was_in_use(struct slat_config k, unsigned reg, uint64_t cr0, uint64_t cr4, uint64_t efer, uint64_t value,
                      uint64_t after)
  {
    return;
  }
*/

/*@ ghost
  /@ requires reg: event_register(reg);
     requires permitted: reg == SLAT_EFER ==> !lme_changed(b.cr0, b.efer, value);
     requires not_loaded: !write_loads(k, reg, b.cr0, b.cr4, b.efer, value);
     requires lme: efer_lme(after.efer) == efer_lme(reg == SLAT_EFER ? value : b.efer);
     requires cr0: after.cr0 == cr0_after(reg, b.cr0, value);
     requires cr4: after.cr4 == cr4_after(reg, b.cr4, value);
     terminates \true;
     assigns \nothing;
     ensures before: has_pdpte_registers(k) && pae_in_use(after.cr0, after.cr4, after.efer) ==>
       pae_in_use(b.cr0, b.cr4, b.efer);
  @/
  void pdptes_were_in_use(struct slat_config k, struct before b, unsigned reg, uint64_t value, struct before after)
  {
    if ((k.vendor == SLAT_INTEL || k.amd_pdpte_registers) && after.cr0 / 0x80000000 % 2 == 1 &&
        after.cr4 / 0x20 % 2 == 1 && after.efer / 0x100 % 2 == 0)
      pae_was_in_use(k, reg, b.cr0, b.cr4, b.efer, value, after.efer);
  }
*/

/* The registers after a write that no rule refuses: the theorem that such a write leads nowhere else. */
/*@ requires reg: event_register(reg);
    requires limit: limit == two_to(k.maxphyaddr) && 0x100000000 <= limit <= 0x10000000000000;
    requires before: registers_can_exist(k, b.cr0, b.cr3, b.cr4, b.efer);
    requires operand: operand_fits(reg, b.efer, value, cs_l);
    requires permitted: !write_refused(k, reg, b.cr0, b.cr3, b.cr4, b.efer, value, cs_l);
    terminates \true;
    assigns \nothing;
    ensures cr0: \result.cr0 == cr0_after(reg, b.cr0, value);
    ensures cr3: \result.cr3 == cr3_after(reg, b.cr3, b.cr4, value);
    ensures cr4: \result.cr4 == cr4_after(reg, b.cr4, value);
    ensures efer: \result.efer == efer_after(reg, b.cr0, b.efer, value);
    ensures lme: efer_lme(\result.efer) == efer_lme(reg == SLAT_EFER ? value : b.efer);
    ensures mode_can_exist: mode_modelled(k, \result.cr0, \result.cr4, \result.efer);
    ensures cr3_can_exist: cr3_can_exist(k, \result.cr3, limit);
*/
static struct before after_permitted(struct slat_config k, struct before b, unsigned reg, uint64_t value, bool cs_l,
                                     uint64_t limit)
{
  const struct before after = registers_after(b, reg, value);

  (void)k, (void)cs_l, (void)limit;
  /*@ ghost if (reg == SLAT_CR0)
              cr0_leaves_a_mode(k, b.cr0, b.cr4, b.efer, value, cs_l, after.efer);
            else if (reg == SLAT_CR4)
              cr4_leaves_a_mode(k, b.cr0, b.cr3, b.cr4, b.efer, value, after.efer);
            else if (reg == SLAT_EFER)
              efer_leaves_a_mode(k, b.cr0, b.cr4, b.efer, value, after.efer);
            else
              cr3_leaves_a_mode(k, b.cr0, b.cr4, b.efer, after.efer); */
  return after;
}

/* A write that loads the four registers from `base`. */
/*@ requires readable: \valid_read(m) && \valid_read(c);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 == SLAT_STAGE2_NONE || c->stage2 == SLAT_STAGE2_EPT;
    requires base_range: base <= 0xFFFFFFFF;
    requires range: SLAT_RULE_NONE <= open < SLAT_RULE_COUNT;
    terminates \true;
    assigns \nothing;
    ensures load: load_is(\result, m, c, base, limit);
    ensures refused: \result.outcome[1].kind == SLAT_GENERAL_PROTECTION <==>
      open != SLAT_RULE_NONE || load_refused(m, c, base, limit);
    ensures only: \result.outcome[1].kind == SLAT_GENERAL_PROTECTION || \result.outcome[1].kind == SLAT_NO_OUTCOME;
    ensures pdptes: \result.outcome[0].kind == SLAT_WRITTEN ==> loaded_pdptes_can_exist(\result, limit);
    ensures registers: \result.cr0 == after.cr0 && \result.cr3 == after.cr3 && \result.cr4 == after.cr4 &&
      \result.efer == after.efer && \result.status == SLAT_OK && \result.loads != 0;
*/
static struct slat_write_result with_load(const struct slat_memory *m, const struct slat_controls *c, uint64_t base,
                                          uint64_t limit, enum slat_rule open, struct before after)
{
  const struct load l0 = load_pdpte(m, c, base), l1 = load_pdpte(m, c, base + 8);
  const struct load l2 = load_pdpte(m, c, base + 16), l3 = load_pdpte(m, c, base + 24);
  const bool all = l0.reached && l1.reached && l2.reached && l3.reached;
  enum slat_rule refused = SLAT_RULE_NONE;

  if (all)
    refused = pdptes_refused_by(l0.value, l1.value, l2.value, l3.value, limit);
  const bool done = all && refused != SLAT_RULE_PAE_PDPTE_RSVD_GP;
  const struct slat_outcome yes = written(done), no = general_protection(refused != SLAT_RULE_NONE ? refused : open);
  const struct slat_write_result r = {
    .status = SLAT_OK,
    .loads = 1,
    .outcome = { yes, no, l0.fault, l1.fault, l2.fault, l3.fault },
    .cr0 = after.cr0,
    .cr3 = after.cr3,
    .cr4 = after.cr4,
    .efer = after.efer,
    .pdpte = { l0.value, l1.value, l2.value, l3.value },
  };

  return r;
}

/* The PDPTE registers. */
struct pdptes {
  uint64_t e0, e1, e2, e3;
};

/* A write that is done, and loads nothing. */
/*@ requires range: SLAT_RULE_NONE <= open < SLAT_RULE_COUNT;
    terminates \true;
    assigns \nothing;
    ensures done: \result.outcome[0].kind == SLAT_WRITTEN && no_fault(\result);
    ensures open: \result.outcome[1].kind == SLAT_GENERAL_PROTECTION <==> open != SLAT_RULE_NONE;
    ensures only: \result.outcome[1].kind == SLAT_GENERAL_PROTECTION || \result.outcome[1].kind == SLAT_NO_OUTCOME;
    ensures registers: \result.cr0 == after.cr0 && \result.cr3 == after.cr3 && \result.cr4 == after.cr4 &&
      \result.efer == after.efer && \result.status == SLAT_OK && \result.loads == 0;
    ensures pdptes: \result.pdpte[0] == p.e0 && \result.pdpte[1] == p.e1 && \result.pdpte[2] == p.e2 &&
      \result.pdpte[3] == p.e3;
*/
static struct slat_write_result without_load(struct before after, struct pdptes p, enum slat_rule open)
{
  const struct slat_outcome yes = written(1), no = general_protection(open);
  const struct slat_write_result r = {
    .status = SLAT_OK,
    .outcome = { yes, no },
    .cr0 = after.cr0,
    .cr3 = after.cr3,
    .cr4 = after.cr4,
    .efer = after.efer,
    .pdpte = { p.e0, p.e1, p.e2, p.e3 },
  };

  return r;
}

/* #GP(0), and nothing else. */
/*@ requires range: SLAT_RULE_NONE < rule < SLAT_RULE_COUNT;
    terminates \true;
    assigns \nothing;
    ensures refused: \result.outcome[0].kind == SLAT_NO_OUTCOME && \result.outcome[1].kind == SLAT_GENERAL_PROTECTION &&
      no_fault(\result) && \result.status == SLAT_OK;
*/
static struct slat_write_result with_refusal(enum slat_rule rule)
{
  const struct slat_outcome no = general_protection(rule);
  const struct slat_write_result r = { .status = SLAT_OK, .outcome = { { 0 }, no } };

  return r;
}

/*@ requires config: config_valid(k);
    requires reg: event_register(reg);
    requires limit: limit == two_to(k.maxphyaddr) && 0x100000000 <= limit <= 0x10000000000000;
    requires readable: \valid_read(m) && \valid_read(c);
    requires table_range: c->stage2_table <= 0xFFFFFFFFFF000;
    requires stage2: c->stage2 == k.stage2;
    requires before: registers_can_exist(k, b.cr0, b.cr3, b.cr4, b.efer);
    requires pdptes: has_pdpte_registers(k) && pae_in_use(b.cr0, b.cr4, b.efer) ==>
      pdpte_loads(p.e0, limit) && pdpte_loads(p.e1, limit) && pdpte_loads(p.e2, limit) && pdpte_loads(p.e3, limit);
    requires operand: operand_fits(reg, b.efer, value, cs_l);
    terminates \true;
    assigns \nothing;
    ensures status: \result.status == SLAT_OK;
    ensures refused: write_refused(k, reg, b.cr0, b.cr3, b.cr4, b.efer, value, cs_l) ==>
      \result.outcome[0].kind == SLAT_NO_OUTCOME && \result.outcome[1].kind == SLAT_GENERAL_PROTECTION &&
      no_fault(\result);
    ensures loads: !write_refused(k, reg, b.cr0, b.cr3, b.cr4, b.efer, value, cs_l) ==>
      (\result.loads != 0 <==> write_loads(k, reg, b.cr0, b.cr4, b.efer, value));
    ensures plain: !write_refused(k, reg, b.cr0, b.cr3, b.cr4, b.efer, value, cs_l) && \result.loads == 0 ==>
      \result.outcome[0].kind == SLAT_WRITTEN && no_fault(\result) &&
      (\result.outcome[1].kind == SLAT_GENERAL_PROTECTION <==>
        write_open(k, reg, b.cr0, b.cr4, b.efer, value, cs_l)) &&
      \result.pdpte[0] == p.e0 && \result.pdpte[1] == p.e1 && \result.pdpte[2] == p.e2 && \result.pdpte[3] == p.e3;
    ensures load: !write_refused(k, reg, b.cr0, b.cr3, b.cr4, b.efer, value, cs_l) && \result.loads != 0 ==>
      load_is(\result, m, c, pdpte_gpa(cr3_after(reg, b.cr3, b.cr4, value), 0), limit) &&
      (\result.outcome[1].kind == SLAT_GENERAL_PROTECTION <==>
        write_open(k, reg, b.cr0, b.cr4, b.efer, value, cs_l) ||
        load_refused(m, c, pdpte_gpa(cr3_after(reg, b.cr3, b.cr4, value), 0), limit));
    ensures only: \result.outcome[1].kind == SLAT_GENERAL_PROTECTION || \result.outcome[1].kind == SLAT_NO_OUTCOME;
    ensures registers: !write_refused(k, reg, b.cr0, b.cr3, b.cr4, b.efer, value, cs_l) ==>
      \result.cr0 == cr0_after(reg, b.cr0, value) && \result.cr3 == cr3_after(reg, b.cr3, b.cr4, value) &&
      \result.cr4 == cr4_after(reg, b.cr4, value) && \result.efer == efer_after(reg, b.cr0, b.efer, value);
    ensures can_exist: \result.outcome[0].kind == SLAT_WRITTEN ==>
      registers_can_exist(k, \result.cr0, \result.cr3, \result.cr4, \result.efer);
    ensures pdptes_can_exist: \result.outcome[0].kind == SLAT_WRITTEN && has_pdpte_registers(k) &&
      pae_in_use(\result.cr0, \result.cr4, \result.efer) ==> loaded_pdptes_can_exist(\result, limit);
*/
static struct slat_write_result permitted_write(struct slat_config k, struct before b, struct pdptes p,
                                                const struct slat_memory *m, const struct slat_controls *c,
                                                unsigned reg, uint64_t value, bool cs_l, uint64_t limit)
{
  const enum slat_rule refused = refused_by(k, b, reg, value, cs_l, limit);

  if (refused != SLAT_RULE_NONE)
    return with_refusal(refused);
  const enum slat_rule open = open_by(k, b, reg, value, cs_l);
  const struct before after = after_permitted(k, b, reg, value, cs_l, limit);
  if (loads_pdptes(k, b, reg, value))
    return with_load(m, c, after.cr3 / 0x20 % 0x8000000 * 0x20, limit, open, after);
  //@ ghost pdptes_were_in_use(k, b, reg, value, after);
  return without_load(after, p, open);
}

/* A processor of a machine that slat_open() and slat_feed() made meets what slat_write_register() requires. */
/*@ ghost
  /@ requires config: config_valid(k);
     requires sound: cpu_sound(p, k);
     terminates \true;
     assigns \nothing;
     ensures sound: p.status < SLAT_STATUS_COUNT && p.controls.stage2_table <= 0xFFFFFFFFFF000 &&
       p.controls.stage2 == k.stage2;
     ensures can_exist: p.status == SLAT_OK ==>
       registers_can_exist(k, p.reg[SLAT_CR0], p.reg[SLAT_CR3], p.reg[SLAT_CR4], p.reg[SLAT_EFER]);
     ensures pdptes_can_exist: p.status == SLAT_OK && has_pdpte_registers(k) &&
       pae_in_use(p.reg[SLAT_CR0], p.reg[SLAT_CR4], p.reg[SLAT_EFER]) ==>
         pdpte_loads(p.reg[SLAT_PDPTE0], two_to(k.maxphyaddr)) && pdpte_loads(p.reg[SLAT_PDPTE1], two_to(k.maxphyaddr)) &&
         pdpte_loads(p.reg[SLAT_PDPTE2], two_to(k.maxphyaddr)) && pdpte_loads(p.reg[SLAT_PDPTE3], two_to(k.maxphyaddr));
  @/
  void sound_cpu_can_write(struct slat_config k, struct slat_cpu p)
  {
    return;
  }
*/

/*@ requires readable: \valid_read(cpu);
    terminates \true;
    assigns \nothing;
    ensures cr0: \result.cr0 == cpu->reg[SLAT_CR0];
    ensures cr3: \result.cr3 == cpu->reg[SLAT_CR3];
    ensures cr4: \result.cr4 == cpu->reg[SLAT_CR4];
    ensures efer: \result.efer == cpu->reg[SLAT_EFER];
*/
static struct before registers_before(const struct slat_cpu *cpu)
{
  const struct before b = { cpu->reg[SLAT_CR0], cpu->reg[SLAT_CR3], cpu->reg[SLAT_CR4], cpu->reg[SLAT_EFER] };

  return b;
}

/*@ requires readable: \valid_read(cpu);
    terminates \true;
    assigns \nothing;
    ensures e0: \result.e0 == cpu->reg[SLAT_PDPTE0];
    ensures e1: \result.e1 == cpu->reg[SLAT_PDPTE1];
    ensures e2: \result.e2 == cpu->reg[SLAT_PDPTE2];
    ensures e3: \result.e3 == cpu->reg[SLAT_PDPTE3];
*/
static struct pdptes pdptes_before(const struct slat_cpu *cpu)
{
  const struct pdptes p = { cpu->reg[SLAT_PDPTE0], cpu->reg[SLAT_PDPTE1], cpu->reg[SLAT_PDPTE2],
                            cpu->reg[SLAT_PDPTE3] };

  return p;
}

/* Parts of a processor, each where little else is known: that they are readable is lost on the provers elsewhere. */
/*@ requires readable: \valid_read(cpu);
    terminates \true;
    assigns \nothing;
    ensures status: \result == cpu->status;
*/
static unsigned status_before(const struct slat_cpu *cpu)
{
  return cpu->status;
}

/*@ requires readable: \valid_read(cpu);
    terminates \true;
    assigns \result \from cpu;
    ensures controls: \result == &cpu->controls;
    ensures readable: \valid_read(\result);
*/
static const struct slat_controls *controls_before(const struct slat_cpu *cpu)
{
  return &cpu->controls;
}

/*@ requires readable: \valid_read(c);
    terminates \true;
    assigns \nothing;
    ensures modelled: \result != 0 <==> load_modelled(c);
*/
static bool is_load_modelled(const struct slat_controls *c)
{
  return c->stage2 != SLAT_STAGE2_EPT || !c->ept_ad || !c->pml || c->pml_room != 0;
}

struct slat_write_result slat_write_register(const struct slat_config *config, const struct slat_cpu *cpu,
                                             const struct slat_memory *memory, const struct slat_register_write *write)
{
  const struct slat_config k = *config;
  const struct slat_register_write w = *write;
  const struct before b = registers_before(cpu);
  const struct pdptes p = pdptes_before(cpu);
  const enum slat_status status = check_write(status_before(cpu), b.efer, w.reg, w.value, w.cs_l);

  if (status != SLAT_OK) {
    const struct slat_write_result none = { .status = (uint8_t)status };
    return none;
  }
  if (loads_pdptes(k, b, w.reg, w.value) && !is_load_modelled(controls_before(cpu))) {
    const struct slat_write_result none = { .status = SLAT_UNSUPPORTED_PML_LOAD };
    return none;
  }
  return permitted_write(k, b, p, memory, controls_before(cpu), w.reg, w.value, w.cs_l,
                         slat_address_limit(k.maxphyaddr));
}

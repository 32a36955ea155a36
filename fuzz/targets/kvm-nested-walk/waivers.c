/* SPDX-License-Identifier: GPL-2.0-only */
/* What KVM's walks of nested tables are known to do otherwise than the manuals say.
 *
 * These walks serve emulation: hardware makes its own, and reports its own faults. Several of the shortcuts can meet
 * in one fault. So each row is a way to look at the observation: as KVM sees it, with this row's shortcut and those
 * of the rows above; if the oracle permits it then, this row explains it. Nothing else is forgiven: not another
 * page, right, kind of fault or bit. */
#include "../kvm-common/common.h"

extern const struct waiver kvm_nested_walk_waivers[];

/* The shortcuts, in the order of the rows. */
enum {
  GPA_WITHOUT_OFFSET = 1,
  READS_TOO = 2,
  FETCH_BIT_BY_NXE = 4,
  PAGES_OF_36_BITS = 8,
  HOST_PDPTES_TRUSTED = 16,
  PDPTES_KEPT = 32,
  TABLES_WRITTEN = 64,
  FETCHES_READ = 128,
  GPA_OF_48_BITS = 256
};

#define VIOLATION_READ (1ULL << 0)
#define VIOLATION_FINAL (1ULL << 8)
#define EPTP_AD (1ULL << 6)
#define GPA_ABOVE_48 0x000f000000000000ULL

static bool is_nested_fault(const struct slat_outcome *outcome)
{
  return outcome->kind == SLAT_EPT_VIOLATION || outcome->kind == SLAT_EPT_MISCONFIG ||
         outcome->kind == SLAT_NESTED_PAGE_FAULT;
}

/* Table accesses become writes, as they are with EPT's accessed and dirty flags on. */
static bool write_tables(struct slat_machine *machine)
{
  const struct slat_event eptp = { .kind = SLAT_EVENT_REGISTER,
                                   .reg = SLAT_EPTP,
                                   .value = machine->cpu[0].reg[SLAT_EPTP] | EPTP_AD };

  machine->config.ept_accessed_dirty = true;
  return slat_feed(machine, &eptp) == SLAT_OK;
}

/* One permitted outcome as KVM would report it. */
static struct slat_outcome as_reported(const struct slat_outcome *permitted, const struct divergence *d,
                                       unsigned shortcuts)
{
  struct slat_outcome outcome = *permitted;

  if (is_nested_fault(&outcome) && (shortcuts & GPA_WITHOUT_OFFSET) && d->machine->cpu[0].controls.paging)
    outcome.gpa &= ~0xfffULL;
  if (outcome.kind == SLAT_EPT_VIOLATION && (outcome.code & VIOLATION_FINAL) && (shortcuts & READS_TOO) &&
      d->access->kind != SLAT_READ)
    outcome.code |= VIOLATION_READ;
  if (shortcuts & FETCH_BIT_BY_NXE)
    kvm_fetch_bit_by_nxe(d->machine, d->access, &outcome);
  outcome.code_open |= d->code_unknown;
  return outcome;
}

/* Memory in which the guest's entries have addresses of 48 bits, or the PDPTEs of nested tables no reserved bits. */
struct narrow_memory {
  struct slat_memory view;
  const struct slat_memory *memory;
  uint64_t dropped; /* bits of an address: 48 and above, but no reserved ones */
  unsigned entries;
  uint64_t spa[5];
  unsigned reads[5]; /* of those words by one walk */
  bool trusts;       /* PDPTEs of nested tables: */
  uint64_t pdptes, pdpte_reserved,
    pdpte_outside; /* where the four are; bits that KVM does not look at; address bits without memory */
  unsigned pdpte_reads;
  bool trusted; /* one with a reserved bit was read */
  bool outside; /* a table without memory behind it was read: a condition of the target, see the README */
};

static uint64_t read_narrow(void *context, uint64_t spa)
{
  struct narrow_memory *narrow = context;
  const uint64_t word = narrow->memory->read(narrow->memory->context, spa);

  narrow->outside = narrow->outside || spa >= KVM_MEMORY_BYTES;
  if (narrow->trusts && spa - narrow->pdptes < 4 * sizeof word) {
    narrow->pdpte_reads++;
    if (!(word & 1) || !(word & (narrow->pdpte_reserved | narrow->pdpte_outside)))
      return word;
    narrow->trusted = true;
    return word & narrow->pdpte_outside ? 0 : word & ~narrow->pdpte_reserved;
  }
  for (unsigned i = 0; i < narrow->entries; i++)
    if (narrow->spa[i] == spa) {
      narrow->reads[i]++;
      return word & ~narrow->dropped;
    }
  return word;
}

/* Under a host in PAE paging, bits 2:1, 8:5 and 63:52 of its PDPTEs become 0; one with an address above MAXPHYADDR has no
 * table, as is not present. */
static void trust_host_pdptes(struct narrow_memory *narrow, const struct slat_controls *controls)
{
  narrow->trusts = controls->stage2 == SLAT_STAGE2_NPT && controls->nested.mode == SLAT_PAGING_PAE;
  narrow->pdptes = controls->stage2_table;
  narrow->pdpte_reserved = 0xfff00000000001e6ULL;
  narrow->pdpte_outside = 0x000fffffffffffffULL & ~(controls->nested.limit - 1);
}

/* A word that is a nested PDPTE and another entry of the same walk: as one it is trusted, as the other it is not. Each GPA that is
 * translated needs one. */
static bool trusts_others(struct narrow_memory *narrow, const struct divergence *d,
                          const struct slat_controls *controls)
{
  narrow->pdpte_reads = 0;
  const struct slat_walk walk = slat_walk_linear(&narrow->view, controls, d->access);
  unsigned gpas = walk.final.level != 0;

  for (unsigned level = 1; level <= 5; level++)
    gpas += level >= walk.end && level <= walk.begin;
  return narrow->pdpte_reads > gpas;
}

/* Which words are guest entries, the walk tells, one more each time: where an entry leads depends on those before
 * it. */
static void narrow_guest_entries(struct narrow_memory *narrow, const struct divergence *d,
                                 struct slat_controls *controls)
{
  *narrow = (struct narrow_memory){ .view = { .read = read_narrow, .context = narrow },
                                    .memory = d->memory,
                                    .dropped = GPA_ABOVE_48 & ((1ULL << d->machine->config.maxphyaddr) - 1) };
  for (unsigned i = 0; i < 4; i++)
    controls->pdpte[i] &= ~narrow->dropped;
  for (unsigned level = slat_walk_linear(&narrow->view, controls, d->access).begin; level >= 1 && controls->paging;
       level--) {
    const struct slat_walk walk = slat_walk_linear(&narrow->view, controls, d->access);

    if (walk.end > level || !walk.step[level].reached)
      return;
    narrow->spa[narrow->entries++] = walk.step[level].stage2.spa;
  }
}

/* A word that is a guest entry and an EPT entry of the same walk: as one it is narrowed, as the other it is not. */
static bool narrows_both(struct narrow_memory *narrow, const struct divergence *d, const struct slat_controls *controls)
{
  for (unsigned i = 0; i < narrow->entries; i++)
    narrow->reads[i] = 0;
  slat_walk_linear(&narrow->view, controls, d->access);
  for (unsigned i = 0; i < narrow->entries; i++)
    if (narrow->reads[i] > 1)
      return true;
  return false;
}

/* What becomes of a fetch that is taken for a read too, from a page whose entries have X and not R: bits 2:0 = 101b,
 * 5:3 = 100b, a linear address, and the final access. */
static struct slat_outcome execute_only_violation(const struct slat_outcome *translated,
                                                  const struct slat_access *access)
{
  return (struct slat_outcome){
    .kind = SLAT_EPT_VIOLATION, .code = 0xa5 | VIOLATION_FINAL, .gpa = translated->gpa, .linear = access->linear
  };
}

/* May KVM refuse to load the four PDPTEs that the stage-2 walk `table` leads to? As load_pdptrs(): where nested tables deny a write or
 * there is no memory, and with a reserved bit in a present one; a flag that the load sets itself in one of them may be such a bit. */
static bool load_refused(const struct divergence *d, const struct slat_memory *memory,
                         const struct slat_controls *controls, const struct slat_stage2 *table)
{
  const uint64_t reserved = ~(controls->guest.limit - 1) | 0x1e6;

  if (table->end != SLAT_S2_PAGE || !table->write || !table->user || table->spa >= KVM_MEMORY_BYTES)
    return true;
  for (unsigned i = 0; i < 4; i++) {
    const uint64_t pdpte = memory->read(memory->context, table->spa + 8 * i);

    if ((pdpte & 1) && (pdpte & reserved))
      return true;
  }
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    if (d->set->update[i].may && d->set->update[i].spa - table->spa < 32)
      return true;
  return false;
}

/* Takes KVM's PDPTEs in place of memory's, where it may have refused to load those. @return false: they are the same, or there was
 * nothing to refuse, so that nothing is explained by them. */
static bool take_kept_pdptes(const struct divergence *d, const struct slat_memory *memory,
                             struct slat_controls *controls)
{
  const struct slat_stage2 table = slat_stage2_walk(memory, controls, controls->guest_table);
  bool same = table.end == SLAT_S2_PAGE && table.write && table.user;

  if (!controls->paging || controls->guest.mode != SLAT_PAGING_PAE || controls->pdpte_registers ||
      !load_refused(d, memory, controls, &table))
    return false;
  kip_get_pdptes(controls->pdpte);
  for (unsigned i = 0; i < 4; i++)
    same = same && controls->pdpte[i] == memory->read(memory->context, table.spa + 8 * i);
  controls->pdpte_registers = !same;
  return !same;
}

static bool explained(const struct divergence *d, unsigned shortcuts)
{
  struct slat_controls *controls;
  struct slat_machine machine;
  struct slat_outcome observed;
  struct slat_permitted set;
  struct narrow_memory narrow = { .view = { .read = read_narrow, .context = &narrow }, .memory = d->memory };
  enum slat_status status = SLAT_OK;
  bool kept = false;

  if (!d->observed || !d->set)
    return false;
  machine = *d->machine;
  controls = &machine.cpu[0].controls;
  observed = *d->observed;
  set = *d->set;
  if ((shortcuts & TABLES_WRITTEN) && machine.config.stage2 == SLAT_STAGE2_EPT && !controls->ept_ad &&
      !write_tables(&machine))
    return false;
  if (shortcuts & PAGES_OF_36_BITS) {
    kvm_4mb_of_36_bits(&machine);
    controls->nested.limit_4mb = 1ULL << 36;
  }
  if (shortcuts & HOST_PDPTES_TRUSTED)
    trust_host_pdptes(&narrow, controls);
  if (shortcuts & PDPTES_KEPT)
    kept = take_kept_pdptes(d, &narrow.view, controls);
  if (shortcuts & GPA_OF_48_BITS) {
    narrow_guest_entries(&narrow, d, controls);
    observed.gpa &= ~GPA_ABOVE_48;
  }
  if (shortcuts & (PAGES_OF_36_BITS | HOST_PDPTES_TRUSTED | PDPTES_KEPT | TABLES_WRITTEN | GPA_OF_48_BITS))
    status = slat_permitted(&machine, 0, &narrow.view, d->access, &set);
  if (((shortcuts & GPA_OF_48_BITS) && (narrow.outside || narrows_both(&narrow, d, controls))) ||
      ((kept || narrow.trusted) && (narrow.outside || status == SLAT_UNSUPPORTED_NPT_WIDTH)) ||
      (narrow.trusted && trusts_others(&narrow, d, controls)))
    return true; /* not to be told from outside */
  if (status != SLAT_OK)
    return false;
  if ((shortcuts & FETCHES_READ) && d->access->kind == SLAT_FETCH && machine.config.ept_execute_only &&
      set.outcome[0].kind == SLAT_TRANSLATED && !slat_stage2_walk(d->memory, controls, set.outcome[0].gpa).read)
    set.outcome[0] = execute_only_violation(&set.outcome[0], d->access);
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
    if (set.outcome[i].kind != SLAT_NO_OUTCOME)
      set.outcome[i] = as_reported(&set.outcome[i], d, shortcuts);
  return slat_judge(&set, &observed).permitted;
}

static bool gpa_without_offset(const struct divergence *d)
{
  return explained(d, GPA_WITHOUT_OFFSET);
}

static bool read_bit_set(const struct divergence *d)
{
  return explained(d, GPA_WITHOUT_OFFSET | READS_TOO);
}

static bool fetch_bit_by_nxe(const struct divergence *d)
{
  return explained(d, FETCH_BIT_BY_NXE | (FETCH_BIT_BY_NXE - 1));
}

static bool pages_of_36_bits(const struct divergence *d)
{
  return explained(d, PAGES_OF_36_BITS | (PAGES_OF_36_BITS - 1));
}

/* A change of one half of a word, an entry of 32-bit tables, that the walk of memory's own PDPTE makes: what KVM did before it kept
 * the old ones. The other half is left. */
static uint64_t without_own_half(const struct divergence *d)
{
  for (unsigned shift = 0; shift <= 32; shift += 32) {
    const uint64_t half = 0xffffffffULL << shift;
    const uint64_t own = (d->before & ~half) | (d->after & half);

    if (own != d->before && own != d->after &&
        slat_judge_update(d->set, d->spa, d->before, own, false) == SLAT_RULE_NONE)
      return (d->before & half) | (d->after & ~half);
  }
  return d->after;
}

/* The fault, or the address, is the same either way; the flags are those of the walk with what is trusted or kept. */
static bool flags_explained(const struct divergence *d, bool with_kept)
{
  struct narrow_memory narrow = { .view = { .read = read_narrow, .context = &narrow }, .memory = d->memory };
  struct slat_machine machine = *d->machine;
  struct slat_controls *controls = &machine.cpu[0].controls;
  struct slat_permitted set;
  enum slat_status status;
  bool kept = false;

  if (!d->access || !d->set)
    return false;
  trust_host_pdptes(&narrow, controls);
  if (with_kept)
    kept = take_kept_pdptes(d, &narrow.view, controls);
  status = slat_permitted(&machine, 0, &narrow.view, d->access, &set);
  if (!kept && !narrow.trusted)
    return false;
  if (narrow.outside || status == SLAT_UNSUPPORTED_NPT_WIDTH || (narrow.trusted && trusts_others(&narrow, d, controls)))
    return true; /* not to be told from outside */
  const uint64_t after = kept && controls->nested.mode == SLAT_PAGING_32BIT ? without_own_half(d) : d->after;
  return status == SLAT_OK &&
         slat_judge_update(&set, d->spa, d->before, after, set.outcome[0].kind == SLAT_TRANSLATED) == SLAT_RULE_NONE;
}

static bool host_pdptes_trusted(const struct divergence *d)
{
  if (d->observation == OBSERVE_FLAGS)
    return flags_explained(d, false);
  return explained(d, HOST_PDPTES_TRUSTED | (HOST_PDPTES_TRUSTED - 1));
}

static bool pdptes_kept(const struct divergence *d)
{
  if (d->observation == OBSERVE_FLAGS)
    return flags_explained(d, true);
  return explained(d, PDPTES_KEPT | (PDPTES_KEPT - 1));
}

static bool tables_written(const struct divergence *d)
{
  return explained(d, TABLES_WRITTEN | (TABLES_WRITTEN - 1));
}

static bool execute_only_refused(const struct divergence *d)
{
  return explained(d, FETCHES_READ | (FETCHES_READ - 1));
}

static bool gpa_of_48_bits(const struct divergence *d)
{
  return d->set && d->set->outcome[0].rule == SLAT_RULE_EPT_GPA_WIDTH &&
         explained(d, GPA_OF_48_BITS | (GPA_OF_48_BITS - 1));
}

const struct waiver kvm_nested_walk_waivers[] = {
  {
    .id = "gpa_without_offset",
    .statement = "The guest-physical address of a nested fault has bits 11:0 cleared.",
    .manual =
      "the guest-physical address field, and EXITINFO2, hold the guest-physical address that caused the fault "
      "(SDM 3C, Information for VM Exits Due to EPT Violations; APM 2, Nested versus Guest Page Faults, 15.25.6)",
    .evidence = "arch/x86/kvm/mmu/paging_tmpl.h, FNAME(walk_addr_generic): kvm_translate_gpa() gets "
                "gfn_to_gpa(table_gfn), without the offset. "
                "fuzz/findings/kvm-nested-walk/gpa-without-offset.md",
    .report_only = true,
    .covers = gpa_without_offset,
  },
  {
    .id = "read_bit_set",
    .statement = "The exit qualification of a final write or fetch has bit 0 (read) set as well.",
    .manual = "bit 0 is set if the access causing the EPT violation was a data read (SDM 3C, Exit Qualification for "
              "EPT Violations)",
    .evidence = "arch/x86/kvm/x86.c, translate_nested_gpa() adds PFERR_USER_MASK, which means \"read\" in EPT. "
                "fuzz/findings/kvm-nested-walk/read-bit.md",
    .report_only = true,
    .covers = read_bit_set,
  },
  { KVM_FETCH_BIT_BY_NXE("kvm-nested-walk"), .covers = fetch_bit_by_nxe },
  { KVM_PAGES_OF_36_BITS("kvm-nested-walk"), .covers = pages_of_36_bits },
  {
    .id = "host_pdptes_trusted",
    .statement = "A PDPTE of NPT under a host in PAE paging is used whatever reserved bits it has.",
    .manual = "bits 2:1, 8:5 and those above the address are reserved in a PDPTE of PAE paging; one that is set in a "
              "nested entry is "
              "a nested page fault with bit 3 of EXITINFO1 (APM 2, PAE Paging, 5.2.3; Nested versus Guest Page Faults, "
              "15.25.6)",
    .evidence = "arch/x86/kvm/svm/nested.c, nested_svm_get_tdp_pdptr() checks nothing, and FNAME(walk_addr_generic) of "
                "arch/x86/kvm/mmu/paging_tmpl.h looks at bit 0 alone. "
                "fuzz/findings/kvm-nested-walk/host-pdptes-trusted.md",
    .covers = host_pdptes_trusted,
  },
  {
    .id = "pdptes_kept",
    .statement =
      "L2 in PAE paging under NPT: where one PDPTE has a reserved bit, or NPT denies the access to them, the "
      "walk uses those that were loaded before.",
    .manual =
      "with nested paging the PDPTEs are read in each walk; a reserved bit is a page fault then, and only of the "
      "one that is used (APM 2, Legacy PAE Mode, 15.25.10)",
    .evidence =
      "arch/x86/kvm/svm/svm.c, svm_cache_reg() does not look at what load_pdptrs() (x86.c) says, which loads all "
      "four or none. fuzz/findings/kvm-nested-walk/pdptes-kept.md",
    .covers = pdptes_kept,
  },
  {
    .id = "tables_written",
    .statement = "With EPT's accessed and dirty flags off, accesses to L2's tables are writes to the walk of L1's EPT.",
    .manual = "accesses to guest paging structures are treated as writes if bit 6 of the EPT pointer is 1 (SDM 3C, "
              "Accessed and Dirty Flags for EPT)",
    .evidence = "arch/x86/kvm/mmu/paging_tmpl.h, FNAME(walk_addr_generic): nested_access goes by "
                "PT_HAVE_ACCESSED_DIRTY() of L2's format. "
                "fuzz/findings/kvm-nested-walk/tables-written.md",
    .covers = tables_written,
  },
  {
    .id = "execute_only_refused",
    .statement = "A fetch from a page that L1's EPT maps execute-only gives an EPT violation.",
    .manual =
      "a fetch needs bit 2 of the EPT entries, a read bit 0 (SDM 3C, EPT Violations); execute-only is legal where "
      "IA32_VMX_EPT_VPID_CAP[0] = 1 (SDM 3C, EPT Misconfigurations)",
    .evidence = "arch/x86/kvm/x86.c, translate_nested_gpa() adds PFERR_USER_MASK, which means \"read\" in EPT. "
                "fuzz/findings/kvm-nested-walk/execute-only-refused.md",
    .covers = execute_only_refused,
  },
  {
    .id = "gpa_of_48_bits",
    .statement = "Bits 51:48 of a guest-physical address are dropped by a 4-level EPT walk.",
    .manual = "with 4-level EPT a guest-physical address with a bit of 51:48 set gives an EPT violation (SDM 3C, EPT "
              "Translation Mechanism)",
    .evidence = "arch/x86/kvm/mmu/paging_tmpl.h, FNAME(walk_addr_generic): PT_INDEX() masks the address. "
                "fuzz/findings/kvm-nested-walk/gpa-of-48-bits.md",
    .covers = gpa_of_48_bits,
  },
  { .id = NULL },
};

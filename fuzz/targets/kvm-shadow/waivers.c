/* SPDX-License-Identifier: GPL-2.0-only */
/* What KVM's shadow paging is known to do otherwise than the manuals say. Each is a defect of KVM or a shortcut that
 * its authors chose; fuzz/findings/ has the smallest scenario of each. A divergence that fits no row here stays a
 * divergence. */
#include "../kvm-common/common.h"

extern const struct waiver kvm_shadow_waivers[];

#define CR0_WP (1ULL << 16)
#define CR4_PSE (1ULL << 4)
#define CR4_PAE (1ULL << 5)
#define EFER_LMA (1ULL << 10)
#define EFER_NXE (1ULL << 11)
#define ENTRY_D (1ULL << 6)
#define ENTRY_PS (1ULL << 7)
#define ENTRY_XD (1ULL << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ULL

static uint64_t reg(const struct divergence *d, enum slat_register name)
{
  return d->machine->cpu[0].reg[name];
}

/* What the guest's entries for an address say together. */
struct path {
  bool complete, user, write, execute_disable;
};

static struct path path_of(const struct divergence *d)
{
  const struct slat_controls *controls = &d->machine->cpu[0].controls;
  const bool bits32 = controls->guest.mode == SLAT_PAGING_32BIT, pae = controls->guest.mode == SLAT_PAGING_PAE;
  const unsigned bits = bits32 ? 10 : 9; /* of an index */
  const uint64_t linear = d->access->linear;
  const uint64_t pdpte = controls->pdpte[linear >> 30 & 3];
  uint64_t table = pae ? pdpte & ENTRY_ADDRESS : controls->guest_table;
  struct path path = { .user = true, .write = true };

  for (unsigned level = pae || bits32 ? 2 : controls->la57 ? 5 : 4; level >= 1 && (!pae || (pdpte & 1)); level--) {
    const uint64_t spa = table + (bits32 ? 4 : 8) * (linear >> (12 + bits * (level - 1)) & ((1U << bits) - 1));
    const uint64_t word = d->memory->read(d->memory->context, spa & ~7ULL);
    const uint64_t entry = !bits32 ? word : spa & 4 ? word >> 32 : (uint32_t)word;

    if (!(entry & 1))
      break;
    path.write = path.write && (entry & 2);
    path.user = path.user && (entry & 4);
    path.execute_disable = path.execute_disable || (entry & ENTRY_XD);
    path.complete = level == 1 || (level < 4 && (entry & ENTRY_PS) && (!bits32 || controls->guest.pse));
    if (path.complete)
      break;
    table = entry & ENTRY_ADDRESS;
  }
  return path;
}

static bool seen(const struct divergence *d, enum slat_outcome_kind kind)
{
  return d->observed && d->observed->kind == kind;
}

static bool expected_fault(const struct divergence *d, uint64_t code_set, uint64_t code_clear)
{
  return d->set && d->set->outcome[0].kind == SLAT_PAGE_FAULT && (d->set->outcome[0].code & code_set) == code_set &&
         (d->set->outcome[0].code & code_clear) == 0;
}

/* An implicit supervisor access to a user page under SMAP, with AC = 1: the processor faults, KVM's walk for that
 * fault permits it. */
static bool implicit_access_with_ac(const struct divergence *d)
{
  return d->access && d->access->implicit && (d->observation == OBSERVE_ACCESS || d->observation == OBSERVE_FLAGS) &&
         (reg(d, SLAT_CR4) & KVM_CR4_SMAP) && (reg(d, SLAT_RFLAGS) & KVM_RFLAGS_AC) && path_of(d).user &&
         expected_fault(d, KIP_PF_PRESENT, KIP_PF_RSVD | KIP_PF_USER) &&
         (d->text || seen(d, SLAT_TRANSLATED) || d->observation == OBSERVE_FLAGS);
}

/* Was there an event, up to the divergence, that meets the condition? Follows the registers as the loop does: a
 * write that is refused changes nothing. */
static bool happened_before(const struct divergence *d,
                            bool (*condition)(const uint64_t *reg, const struct slat_event *event))
{
  const unsigned prologue = scenario_prologue(d->scenario);
  struct slat_machine machine;

  if (slat_open(&machine, &d->machine->config) != SLAT_OK)
    return false;
  for (unsigned i = 0; i <= d->at && i < d->scenario->count; i++) {
    const struct slat_event *event = &d->scenario->event[i];
    struct slat_machine after = machine;

    if (event->kind == SLAT_EVENT_REGISTER && (i < prologue || d->taken[i]) && slat_feed(&after, event) == SLAT_OK)
      machine = after;
    if (i + 1 >= prologue && condition(machine.cpu[0].reg, event))
      return true;
  }
  return false;
}

static bool supervisor_writes_past_smap(const uint64_t *reg_now, const struct slat_event *event)
{
  return event->kind == SLAT_EVENT_ACCESS && event->access.kind == SLAT_WRITE &&
         (!event->access.user || event->access.implicit) && !(reg_now[SLAT_CR0] & CR0_WP) &&
         (reg_now[SLAT_CR4] & KVM_CR4_SMAP) && (reg_now[SLAT_RFLAGS] & KVM_RFLAGS_AC);
}

/* With CR0.WP = 0 and AC = 1 a supervisor write to a read-only user page makes its shadow entry a supervisor one;
 * with AC = 0 that is still there, and SMAP does not concern supervisor pages. */
static bool smap_lost_with_wp_clear(const struct divergence *d)
{
  struct path path;

  if (!d->access || (d->access->user && !d->access->implicit) || d->access->kind == SLAT_FETCH ||
      !seen(d, SLAT_TRANSLATED) || (d->observation != OBSERVE_ACCESS && d->observation != OBSERVE_RIGHT) ||
      (reg(d, SLAT_CR0) & CR0_WP) || !(reg(d, SLAT_CR4) & KVM_CR4_SMAP) ||
      !expected_fault(d, KIP_PF_PRESENT, KIP_PF_RSVD | KIP_PF_USER))
    return false;
  path = path_of(d);
  return path.complete && path.user && !path.write && happened_before(d, supervisor_writes_past_smap);
}

static bool nxe_is_set(const uint64_t *reg_now, const struct slat_event *event)
{
  (void)event;
  return reg_now[SLAT_EFER] & EFER_NXE;
}

/* Shadow pages do not depend on the guest's EFER.NXE: entries with XD = 1 that were shadowed under NXE = 1 stay when
 * it is cleared. */
static bool nxe_cleared(const struct divergence *d)
{
  return d->access && seen(d, SLAT_TRANSLATED) &&
         (d->observation == OBSERVE_ACCESS || d->observation == OBSERVE_RIGHT) && !(reg(d, SLAT_EFER) & EFER_NXE) &&
         expected_fault(d, KIP_PF_PRESENT | KIP_PF_RSVD, 0) && path_of(d).execute_disable &&
         happened_before(d, nxe_is_set);
}

/* A page fault with P = 0 or RSVD = 1 does not drop the shadow entry of its address: it translates later accesses, and
 * sets no flags for them. */
static bool fault_keeps_translation(const struct divergence *d)
{
  const bool used = (d->observation == OBSERVE_ACCESS || d->observation == OBSERVE_RIGHT) && seen(d, SLAT_TRANSLATED);
  const bool flags_missing = d->observation == OBSERVE_FLAGS && d->before == d->after;

  return d->access && (used || flags_missing) && d->fresh_by_fault &&
         (!(d->fault_code & KIP_PF_PRESENT) || (d->fault_code & KIP_PF_RSVD));
}

/* A write to a page without memory: KVM knows the page from an access before, and emulates the write without a walk. */
static bool mmio_dirty_not_set(const struct divergence *d)
{
  uint64_t missing = 0;

  if (d->observation != OBSERVE_FLAGS || d->access->kind != SLAT_WRITE || d->before != d->after ||
      d->set->outcome[0].kind != SLAT_TRANSLATED || d->set->outcome[0].spa < KVM_MEMORY_BYTES)
    return false;
  for (unsigned i = 0; i < SLAT_MAX_UPDATES; i++)
    if ((d->set->update[i].spa & ~7ULL) == d->spa)
      missing |= d->set->update[i].must & ~(d->after >> (d->set->update[i].spa & 4 ? 32 : 0));
  return missing == ENTRY_D;
}

/* A shadow entry that was an MMIO one became writable without regard to write tracking: KVM has missed a store to a guest table. */
static bool mmio_entry_made_writable(const struct divergence *d)
{
  return (d->observation == OBSERVE_ACCESS || d->observation == OBSERVE_RIGHT || d->observation == OBSERVE_FLAGS) &&
         kip_wrote_past_tracking();
}

#define PSE_32BIT(cr4) ((cr4) & (CR4_PSE | CR4_PAE))

static bool pse_was_set(const uint64_t *reg_now, const struct slat_event *event)
{
  (void)event;
  return PSE_32BIT(reg_now[SLAT_CR4]) == CR4_PSE;
}

static bool pse_was_clear(const uint64_t *reg_now, const struct slat_event *event)
{
  (void)event;
  return PSE_32BIT(reg_now[SLAT_CR4]) == 0;
}

/* The table that a PDE with PS = 1 references under CR4.PSE = 0 may have been stored to since: nobody invalidates what only the
 * other value of PSE uses. */
static bool of_an_older_table(const struct divergence *d)
{
  const struct slat_controls *controls = &d->machine->cpu[0].controls;
  const uint64_t spa = controls->guest_table + 4 * (d->access->linear >> 22 & 1023);
  const uint64_t entry = d->memory->read(d->memory->context, spa & ~7ULL) >> (spa & 4 ? 32 : 0);
  bool stored = false;

  for (unsigned i = scenario_prologue(d->scenario); i < d->at; i++)
    stored = stored || d->scenario->event[i].stores || d->scenario->event[i].kind == SLAT_EVENT_STORE;
  return stored && controls->guest.pse && (entry & 1) && (entry & ENTRY_PS);
}

/* Shadow pages do not depend on the guest's CR4.PSE: what an entry with PS = 1 gave under its other value stays. */
static bool pse_changed(const struct divergence *d)
{
  struct slat_machine machine = *d->machine;
  struct slat_controls *controls = &machine.cpu[0].controls;
  struct slat_permitted set;

  if (!d->access || controls->guest.mode != SLAT_PAGING_32BIT ||
      !happened_before(d, controls->guest.pse ? pse_was_clear : pse_was_set))
    return false;
  if ((d->observation == OBSERVE_ACCESS || d->observation == OBSERVE_RIGHT) && seen(d, SLAT_TRANSLATED) &&
      of_an_older_table(d))
    return true;
  controls->guest.pse = !controls->guest.pse;
  kvm_4mb_of_36_bits(&machine);
  /* The two ways past SMAP that are known of KVM lead there too: implicit_access_with_ac, smap_lost_with_wp_clear. */
  if ((d->access->implicit && controls->ac) || (!controls->wp && happened_before(d, supervisor_writes_past_smap)))
    controls->smap = false;
  if (slat_permitted(&machine, 0, d->memory, d->access, &set) != SLAT_OK || set.outcome[0].kind != SLAT_TRANSLATED)
    return false;
  if (d->observation == OBSERVE_FLAGS) /* the same address either way, but the entries of now were not used */
    return d->before == d->after && d->set->outcome[0].kind == SLAT_TRANSLATED &&
           set.outcome[0].spa == d->set->outcome[0].spa;
  return (d->observation == OBSERVE_ACCESS || d->observation == OBSERVE_RIGHT) && seen(d, SLAT_TRANSLATED) &&
         slat_judge(&set, d->observed).permitted;
}

/* What KVM makes of 32-bit paging explains it: the code of a fetch, and which bits of a 4 MB page it holds for reserved. */
static bool explained_32bit(const struct divergence *d, bool pages)
{
  struct slat_machine machine = *d->machine;
  struct slat_permitted set;

  if (!d->observed || !d->set || machine.cpu[0].controls.guest.mode != SLAT_PAGING_32BIT)
    return false;
  set = *d->set;
  if (pages && (!kvm_4mb_of_36_bits(&machine) || slat_permitted(&machine, 0, d->memory, d->access, &set) != SLAT_OK))
    return false;
  for (unsigned i = 0; i < SLAT_MAX_OUTCOMES; i++)
    kvm_fetch_bit_by_nxe(&machine, d->access, &set.outcome[i]);
  return slat_judge(&set, d->observed).permitted;
}

static bool fetch_bit_by_nxe(const struct divergence *d)
{
  return explained_32bit(d, false);
}

static bool pages_of_36_bits(const struct divergence *d)
{
  return explained_32bit(d, true);
}

static const struct slat_event *write_of(const struct divergence *d, enum slat_register reg)
{
  const struct slat_event *event = &d->scenario->event[d->at];

  return d->observation == OBSERVE_WRITE && event->kind == SLAT_EVENT_REGISTER && event->reg == reg ? event : NULL;
}

/* WRMSR of EFER with another LMA than it has, on AMD: KVM takes the rest of the value, and keeps LMA. */
static bool lma_ignored(const struct divergence *d)
{
  const struct slat_event *event = write_of(d, SLAT_EFER);

  return event && d->machine->config.vendor == SLAT_AMD && seen(d, SLAT_WRITTEN) && d->rule == SLAT_RULE_MODE_GP_LMA &&
         ((event->value ^ reg(d, SLAT_EFER)) & EFER_LMA);
}

const struct waiver kvm_shadow_waivers[] = {
  {
    .id = "lma_ignored",
    .statement = "WRMSR of EFER with another LMA than the processor has is done, for AMD guests too; LMA stays.",
    .manual = "an attempt to write a value of LMA that differs from the state determined by hardware results in #GP "
              "(APM 2, Extended Feature Enable Register, 3.1.7)",
    .evidence = "arch/x86/kvm/x86.c, set_efer(): LMA of the operand is replaced by that of the vCPU. "
                "fuzz/findings/kvm-shadow/lma-ignored.md",
    .writes = true,
    .covers = lma_ignored,
  },
  { KVM_FETCH_BIT_BY_NXE("kvm-shadow"), .covers = fetch_bit_by_nxe },
  { KVM_PAGES_OF_36_BITS("kvm-shadow"), .covers = pages_of_36_bits },
  {
    .id = "mmio_dirty_not_set",
    .statement =
      "A write to a page without memory behind it (MMIO) does not set the dirty flag if the page was accessed before.",
    .manual = "whenever there is a write to a linear address, the dirty flag of the entry that identifies the final "
              "physical address is set "
              "if it is not (SDM 3A, Accessed and Dirty Flags, 4.8)",
    .evidence =
      "arch/x86/kvm/x86.c, vcpu_mmio_gva_to_gpa(): an address that matches the vCPU's MMIO cache is not walked. "
      "fuzz/findings/kvm-shadow/mmio-dirty-not-set.md",
    .covers = mmio_dirty_not_set,
  },
  {
    .id = "implicit_access_with_ac",
    .statement =
      "An implicit supervisor access to a user page is let through by EFLAGS.AC = 1, or intercepted for ever.",
    .manual = "with CR4.SMAP = 1, EFLAGS.AC = 1 permits explicit supervisor accesses to user-mode addresses only, "
              "never implicit ones "
              "(SDM 3A, Determination of Access Rights, 4.6.1; APM 2, Supervisor-Mode Access Prevention, 5.6.6)",
    .evidence =
      "arch/x86/kvm/mmu.h, permission_fault(): PFERR_IMPLICIT_ACCESS, which only emulation sets (x86.c, "
      "emulator_read_std()); "
      "the error code of an intercepted #PF does not have it. fuzz/findings/kvm-shadow/implicit-access-with-ac.md",
    .covers = implicit_access_with_ac,
  },
  {
    .id = "smap_lost_with_wp_clear",
    .statement = "With CR0.WP = 0, a supervisor write under AC = 1 to a read-only user page makes later supervisor "
                 "accesses escape SMAP.",
    .manual = "with CR4.SMAP = 1 and EFLAGS.AC = 0 a supervisor access may not read or write any user-mode address, "
              "whatever CR0.WP; "
              "an address is a user-mode one by the guest's entries (SDM 3A, Determination of Access Rights, 4.6.1)",
    .evidence =
      "arch/x86/kvm/mmu/paging_tmpl.h, FNAME(page_fault): \"If we converted a user page to a kernel page ...\"; "
      "Documentation/virt/kvm/x86/mmu.rst, \"Emulating cr0.wp\", takes SMAP to be enforced by the walk. "
      "fuzz/findings/kvm-shadow/smap-lost-with-wp-clear.md",
    .covers = smap_lost_with_wp_clear,
  },
  {
    .id = "nxe_cleared",
    .statement = "After EFER.NXE was cleared, entries with bit 63 set still translate, also after a reload of CR3.",
    .manual = "bit 63 of a present entry is reserved if IA32_EFER.NXE = 0 (SDM 3A, IA-32e Paging, 4.5; APM 2, Field "
              "Definitions, 5.4.1); "
              "MOV to CR3 invalidates all TLB entries except those for global pages (SDM 3A, 4.10.4.1)",
    .evidence = "arch/x86/kvm/mmu/mmu.c, kvm_init_shadow_mmu(): root_role.efer_nx = true, so that shadow pages made "
                "under NXE = 1 "
                "are found again. fuzz/findings/kvm-shadow/nxe-cleared.md",
    .covers = nxe_cleared,
  },
  {
    .id = "pse_changed",
    .statement =
      "After a change of CR4.PSE entries with PS = 1 translate as they did before, also after a reload of CR3.",
    .manual =
      "a PDE maps a page if CR4.PSE = 1 and its PS is 1, else it references a page table (SDM 3A, 32-Bit Paging, "
      "4.3); MOV to CR3 invalidates all TLB entries except those for global pages (SDM 3A, 4.10.4.1)",
    .evidence =
      "arch/x86/kvm/mmu/mmu.c, kvm_calc_cpu_role(): cr4_pse is in the extended role only, so that shadow pages made "
      "under its other value are found again. fuzz/findings/kvm-shadow/pse-changed.md",
    .covers = pse_changed,
  },
  {
    .id = "fault_keeps_translation",
    .statement =
      "A page fault with P = 0 or RSVD = 1 in its code leaves the stale shadow entry of its address in place.",
    .manual = "\"a page-fault exception resulting from an attempt to use a linear address will invalidate any "
              "PML4-cache, PDPTE-cache, and "
              "PDE-cache entries that would be used for that linear address as well as any TLB entry for that "
              "address's page number\" "
              "(SDM 3A, Operations that Invalidate TLBs and Paging-Structure Caches; 253668-032US p. 4-47; APM 2, TLB "
              "Management, 5.5.3)",
    .evidence = "arch/x86/kvm/x86.c, kvm_inject_emulated_page_fault(): invalidates only if PFERR_PRESENT_MASK and not "
                "PFERR_RSVD_MASK. "
                "fuzz/findings/kvm-shadow/fault-keeps-translation.md",
    .covers = fault_keeps_translation,
  },
  {
    .id = "mmio_entry_made_writable",
    .statement = "An entry that led to no memory, and leads to a page table of the guest later, is made writable by "
                 "prefetching: KVM misses stores to that table, and translates by what it was, also after INVLPG.",
    .manual = "INVLPG invalidates any TLB entries for the page number and all paging-structure-cache entries "
              "(SDM 3A, Operations that Invalidate TLBs and Paging-Structure Caches, 4.10.4.1)",
    .evidence = "arch/x86/kvm/mmu/spte.c, make_spte(): skips mmu_try_to_unsync_pages() if the old entry has bit 1 set, "
                "which an MMIO entry has. fuzz/findings/kvm-shadow/mmio-entry-made-writable.md",
    .covers = mmio_entry_made_writable,
  },
  {
    .id = "mmio_cache_warns",
    .statement =
      "A write to a page table makes KVM warn if its linear address led to a page without memory (MMIO) before "
      "and was not invalidated since.",
    .manual =
      "a processor may use the old translation or the new one until the address is invalidated, which software may "
      "do later (SDM 3A, Delayed Invalidation, 4.10.4.4): no guest does anything wrong here",
    .evidence =
      "arch/x86/kvm/mmu/mmu.c, kvm_mmu_write_protect_fault(): takes an entry of the MMIO cache for impossible there. "
      "That is tagged with the linear address, and an entry of the guest's that changes does not drop it. "
      "fuzz/findings/kvm-shadow/mmio-cache-warns.md",
    .complaint = " mmio_info_in_cache(",
    .version = "6.12.",
  },
  { .id = NULL },
};

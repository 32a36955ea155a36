/* SPDX-License-Identifier: GPL-2.0-only */
#include "common.h"
#include <stdio.h>

const char *kvm_setup(void)
{
  static const struct kip_setup setup = { .memory_bytes = KVM_MEMORY_BYTES, .host_maxphyaddr = KVM_HOST_MAXPHYADDR };

  return kip_setup(&setup);
}

/* Two properties of the host that the guest must not see change from one scenario to the next: with the guest's
 * MAXPHYADDR, so that a scenario always runs under the same ones. */
struct kip_config kvm_config(const struct slat_config *config, enum kip_mode mode)
{
  return (struct kip_config){
    .mode = mode,
    .vendor = config->vendor == SLAT_AMD ? KIP_AMD : KIP_INTEL,
    .maxphyaddr = config->maxphyaddr,
    .features = (config->nx ? KIP_NX : 0) | (config->page_1gb ? KIP_GBPAGES : 0) | (config->smep ? KIP_SMEP : 0) |
                (config->smap ? KIP_SMAP : 0) | (config->pcid ? KIP_PCID : 0) | (config->pku ? KIP_PKU : 0) |
                (config->la57 ? KIP_LA57 : 0),
    .host_huge_pages = config->maxphyaddr % 2 == 0,
    .keep_translations = config->maxphyaddr % 4 < 2,
  };
}

struct kip_registers kvm_registers(const struct slat_machine *machine)
{
  const uint64_t *reg = machine->cpu[0].reg;

  return (struct kip_registers){ .cr0 = reg[SLAT_CR0],
                                 .cr3 = reg[SLAT_CR3],
                                 .cr4 = reg[SLAT_CR4],
                                 .efer = reg[SLAT_EFER],
                                 .rflags_ac = (reg[SLAT_RFLAGS] & KVM_RFLAGS_AC) != 0,
                                 .pkru = (uint32_t)reg[SLAT_PKRU] };
}

bool kvm_is_such(const struct slat_machine *machine)
{
  const struct slat_controls *controls = &machine->cpu[0].controls;

  if (!controls->paging)
    return true;
  if (controls->guest.mode == SLAT_PAGING_32BIT)
    return !controls->guest.pse || machine->config.pse36;
  return controls->guest.mode != SLAT_PAGING_PAE || controls->pdpte_registers || controls->stage2 != SLAT_STAGE2_NONE;
}

enum target_status kvm_status(enum kip_status status)
{
  return status == KIP_OK ? TARGET_OK : status == KIP_REFUSED ? TARGET_REFUSED : TARGET_BROKEN;
}

unsigned kvm_access_bits(const struct slat_access *access)
{
  return (access->kind == SLAT_WRITE   ? KIP_WRITE
          : access->kind == SLAT_FETCH ? KIP_FETCH
                                       : KIP_READ) |
         (access->implicit ? KIP_IMPLICIT
          : access->user   ? KIP_USER
                           : 0U);
}

bool kvm_canonical(const struct slat_controls *controls, uint64_t linear)
{
  const unsigned unused = controls->la57 ? 7 : 16;

  return (uint64_t)((int64_t)(linear << unused) >> unused) == linear;
}

bool kvm_4mb_of_36_bits(struct slat_machine *machine)
{
  struct slat_controls *controls = &machine->cpu[0].controls;

  if (!controls->paging || controls->guest.mode != SLAT_PAGING_32BIT || !controls->guest.pse)
    return false;
  controls->guest.limit_4mb = 1ULL << 36;
  return true;
}

bool kvm_fetch_bit_by_nxe(const struct slat_machine *machine, const struct slat_access *access,
                          struct slat_outcome *outcome)
{
  const struct slat_controls *controls = &machine->cpu[0].controls;

  if (outcome->kind != SLAT_PAGE_FAULT || access->kind != SLAT_FETCH || !controls->paging ||
      controls->guest.mode != SLAT_PAGING_32BIT || !(machine->cpu[0].reg[SLAT_EFER] & KVM_EFER_NXE))
    return false;
  outcome->code |= KIP_PF_FETCH;
  return true;
}

bool kvm_load(uint64_t spa, void *to, unsigned bytes)
{
  return kip_read_block(spa, to, bytes);
}

/* "WARN arch/x86/kvm/mmu/mmu.c:1234 text" */
static const char *event_text(const struct kip_event *event)
{
  static const char *const kind[] = {
    [KIP_EVENT_WARN] = "WARN", [KIP_EVENT_BUG] = "BUG",       [KIP_EVENT_SANITIZER] = "SANITIZER",
    [KIP_EVENT_STUB] = "STUB", [KIP_EVENT_SIGNAL] = "SIGNAL",
  };
  static char text[256];

  snprintf(text, sizeof text, "%s %s:%u %s", kind[event->kind], event->file ? event->file : "", event->line,
           event->text ? event->text : "");
  return text;
}

const char *kvm_complaint(unsigned index)
{
  return index < kip_events() && index < 16 ? event_text(kip_event(index)) : NULL;
}

static void (*fatal)(const char *what);

static void on_fatal(const struct kip_event *event)
{
  fatal(event_text(event));
}

void kvm_on_fatal(void (*handler)(const char *what))
{
  fatal = handler;
  kip_on_fatal(on_fatal);
}

void kvm_edges(uint64_t *hit, uint64_t *total)
{
  *hit = kip_edges_hit();
  *total = kip_edges_total();
}

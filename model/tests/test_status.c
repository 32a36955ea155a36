/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a configuration, a state, an event or an access is refused: the proofs say that it is, and not why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <slat/slat.h>

static const struct slat_config intel = { .vendor = SLAT_INTEL, .maxphyaddr = 46 };
static const struct slat_config amd = { .vendor = SLAT_AMD, .maxphyaddr = 46 };
static const struct slat_config amd_registers = {
  .vendor = SLAT_AMD, .maxphyaddr = 46, .pse36 = true, .amd_pdpte_registers = true
};
static const struct slat_config with_lam = { .vendor = SLAT_INTEL, .maxphyaddr = 46, .lam = true, .lass = true };
static const struct slat_config with_cet = { .vendor = SLAT_INTEL, .maxphyaddr = 46, .cet_ss = true, .lam = true };
static const struct slat_config with_uai = { .vendor = SLAT_AMD, .maxphyaddr = 46, .uai = true };
static const struct slat_config with_pcid = { .vendor = SLAT_INTEL, .maxphyaddr = 46, .pcid = true };
static const struct slat_config with_la57 = { .vendor = SLAT_INTEL, .maxphyaddr = 46, .la57 = true };
static const struct slat_config with_ept = { .vendor = SLAT_INTEL, .stage2 = SLAT_STAGE2_EPT, .maxphyaddr = 46 };
static const struct slat_config with_pml = {
  .vendor = SLAT_INTEL, .stage2 = SLAT_STAGE2_EPT, .maxphyaddr = 46, .ept_pml = true
};
static const struct slat_config ept_sss = {
  .vendor = SLAT_INTEL, .stage2 = SLAT_STAGE2_EPT, .maxphyaddr = 46, .ept_sss = true
};
static const struct slat_config ept_5level = {
  .vendor = SLAT_INTEL, .stage2 = SLAT_STAGE2_EPT, .maxphyaddr = 46, .ept_5level = true
};
static const struct slat_config with_npt = {
  .vendor = SLAT_AMD, .stage2 = SLAT_STAGE2_NPT, .maxphyaddr = 46, .nx = true
};
static const struct slat_config npt_la57 = {
  .vendor = SLAT_AMD, .stage2 = SLAT_STAGE2_NPT, .maxphyaddr = 46, .nx = true, .la57 = true
};

static void configurations(void **state)
{
  static const struct {
    struct slat_config config;
    enum slat_status status;
  } rows[] = {
    { { .vendor = 2, .maxphyaddr = 46 }, SLAT_INVALID_VENDOR },
    { { .stage2 = 3, .maxphyaddr = 46 }, SLAT_INVALID_STAGE2 },
    { { .maxphyaddr = 31 }, SLAT_INVALID_MAXPHYADDR },
    { { .maxphyaddr = 53 }, SLAT_INVALID_MAXPHYADDR },
    { { .vendor = SLAT_AMD, .stage2 = SLAT_STAGE2_EPT, .maxphyaddr = 46 }, SLAT_INVALID_STAGE2_VENDOR },
    { { .vendor = SLAT_INTEL, .stage2 = SLAT_STAGE2_NPT, .maxphyaddr = 46 }, SLAT_INVALID_STAGE2_VENDOR },
    { { .maxphyaddr = 46, .ept_execute_only = true }, SLAT_INVALID_EPT_CAPABILITY },
    { { .maxphyaddr = 46, .ept_page_2mb = true }, SLAT_INVALID_EPT_CAPABILITY },
    { { .maxphyaddr = 46, .ept_page_1gb = true }, SLAT_INVALID_EPT_CAPABILITY },
    { { .maxphyaddr = 46, .ept_5level = true }, SLAT_INVALID_EPT_CAPABILITY },
    { { .maxphyaddr = 46, .ept_accessed_dirty = true }, SLAT_INVALID_EPT_CAPABILITY },
    { { .maxphyaddr = 46, .ept_advanced_info = true }, SLAT_INVALID_EPT_CAPABILITY },
    { { .maxphyaddr = 46, .ept_pml = true }, SLAT_INVALID_EPT_CAPABILITY },
    { { .vendor = SLAT_AMD, .maxphyaddr = 46, .pks = true }, SLAT_INVALID_FEATURE_VENDOR },
    { { .vendor = SLAT_AMD, .maxphyaddr = 46, .lam = true }, SLAT_INVALID_FEATURE_VENDOR },
    { { .vendor = SLAT_AMD, .maxphyaddr = 46, .lass = true }, SLAT_INVALID_FEATURE_VENDOR },
    { { .maxphyaddr = 46, .uai = true }, SLAT_INVALID_FEATURE_VENDOR },
    { { .maxphyaddr = 46, .amd_pdpte_registers = true }, SLAT_INVALID_FEATURE_VENDOR },
    { { .vendor = SLAT_AMD, .stage2 = SLAT_STAGE2_NPT, .maxphyaddr = 46, .amd_pdpte_registers = true },
      SLAT_INVALID_FEATURE_VENDOR },
    { { .maxphyaddr = 32 }, SLAT_OK },
    { { .maxphyaddr = 52 }, SLAT_OK },
  };
  struct slat_machine machine;

  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(slat_open(&machine, &rows[i].config), rows[i].status);
}

/* Memory in which every word is 0. */
static uint64_t nothing(void *context, uint64_t spa)
{
  (void)context;
  (void)spa;
  return 0;
}

struct write {
  uint8_t reg;
  uint64_t value;
};

/* The status after up to three registers are written. */
static const struct {
  const struct slat_config *config;
  struct write write[3];
  enum slat_status status;
} states[] = {
  { &intel, { { SLAT_CR0, 0x80000010 } }, SLAT_INVALID_CR0 },
  { &intel, { { SLAT_CR3, 1ULL << 46 } }, SLAT_INVALID_CR3 },
  { &intel, { { SLAT_EFER, 0x100 } }, SLAT_INVALID_EFER },
  { &intel, { { SLAT_CR4, 0 } }, SLAT_INVALID_EFER }, /* long mode needs CR4.PAE */
  { &intel, { { SLAT_EFER, 0xd00 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &intel, { { SLAT_CR4, 0x100020 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &intel, { { SLAT_CR4, 0x200020 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &intel, { { SLAT_CR4, 0x20020 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &intel, { { SLAT_CR4, 0x400020 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &intel, { { SLAT_CR4, 0x1000020 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &intel, { { SLAT_PKRU, 1ULL << 32 } }, SLAT_INVALID_PROTECTION_KEYS },
  { &intel, { { SLAT_PKRS, 1ULL << 32 } }, SLAT_INVALID_PROTECTION_KEYS },
  { &intel, { { SLAT_EFER, 0 }, { SLAT_CR4, 0 } }, SLAT_OK },    /* 32-bit paging */
  { &intel, { { SLAT_EFER, 0 }, { SLAT_CR4, 0x20 } }, SLAT_OK }, /* PAE paging */
  { &intel,
    { { SLAT_EFER, 0 }, { SLAT_CR3, 1ULL << 63 } },
    SLAT_INVALID_CR3 }, /* in every mode, though no walk uses it */
  { &intel, { { SLAT_EFER, 0 }, { SLAT_CR3, 1ULL << 46 } }, SLAT_INVALID_CR3 },
  { &intel, { { SLAT_EFER, 0 }, { SLAT_CR3, 1ULL << 45 } }, SLAT_OK },
  { &intel, { { SLAT_EFER, 0 }, { SLAT_CR3, 1ULL << 61 } }, SLAT_INVALID_CR3 },
  { &amd, { { SLAT_EFER, 0 }, { SLAT_CR4, 0 }, { SLAT_CR3, 1ULL << 62 } }, SLAT_INVALID_CR3 },
  { &intel, { { SLAT_CR3, 1ULL << 46 }, { SLAT_CR4, 0 } }, SLAT_INVALID_EFER }, /* the mode comes first */
  { &intel, { { SLAT_EFER, 0 }, { SLAT_PDPTE2, 0x1007 } }, SLAT_INVALID_PDPTE },
  { &intel, { { SLAT_EFER, 0 }, { SLAT_PDPTE1, 0x1021 } }, SLAT_INVALID_PDPTE },
  { &intel, { { SLAT_EFER, 0 }, { SLAT_PDPTE3, 1ULL << 46 | 1 } }, SLAT_INVALID_PDPTE },
  { &intel, { { SLAT_EFER, 0 }, { SLAT_PDPTE0, 1ULL << 63 | 1 } }, SLAT_INVALID_PDPTE },
  { &intel, { { SLAT_EFER, 0 }, { SLAT_PDPTE0, 0x1e6 } }, SLAT_OK }, /* not present: no bit counts */
  { &intel, { { SLAT_EFER, 0 }, { SLAT_CR4, 0 }, { SLAT_PDPTE0, 0x1007 } }, SLAT_OK },
  { &intel, { { SLAT_PDPTE0, 0x1007 } }, SLAT_OK },
  { &amd, { { SLAT_EFER, 0 }, { SLAT_PDPTE0, 0x1007 } }, SLAT_OK }, /* no registers */
  { &amd_registers, { { SLAT_EFER, 0 }, { SLAT_PDPTE0, 0x1007 } }, SLAT_INVALID_PDPTE },
  { &amd, { { SLAT_EFER, 0 }, { SLAT_CR4, 0x10 } }, SLAT_UNSUPPORTED_PSE36_WIDTH },
  { &amd_registers, { { SLAT_EFER, 0 }, { SLAT_CR4, 0x10 } }, SLAT_OK },
  { &intel, { { SLAT_EFER, 0 }, { SLAT_CR4, 0x10 } }, SLAT_OK },
  { &with_la57, { { SLAT_EFER, 0 }, { SLAT_CR4, 0x1020 } }, SLAT_OK }, /* CR4.LA57 counts in long mode alone */
  { &intel, { { SLAT_CR4, 0x1020 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &with_la57, { { SLAT_CR4, 0x1020 } }, SLAT_OK },
  { &with_pcid, { { SLAT_CR4, 0x20020 }, { SLAT_CR3, 0x1abc } }, SLAT_OK },
  { &with_pcid, { { SLAT_CR4, 0x20020 }, { SLAT_CR0, 0x11 }, { SLAT_EFER, 0x100 } }, SLAT_INVALID_PCIDE },
  { &with_pcid, { { SLAT_CR4, 0x20020 }, { SLAT_EFER, 0 } }, SLAT_INVALID_PCIDE },
  { &intel, { { SLAT_CR4, 0x800020 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &with_cet, { { SLAT_CR4, 0x800020 } }, SLAT_OK },
  { &with_cet, { { SLAT_CR4, 0x800020 }, { SLAT_CR0, 0x80000001 } }, SLAT_INVALID_CET },
  { &with_cet,
    { { SLAT_CR0, 0x11 }, { SLAT_EFER, 0 }, { SLAT_CR4, 0x800000 } },
    SLAT_INVALID_CET }, /* paging off too */
  { &intel, { { SLAT_CR4, 0x8000020 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &intel, { { SLAT_CR4, 0x10000020 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &intel, { { SLAT_CR3, 1ULL << 61 } }, SLAT_INVALID_CR3 },
  { &intel, { { SLAT_CR3, 1ULL << 62 } }, SLAT_INVALID_CR3 },
  { &amd, { { SLAT_EFER, 0x100500 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &amd, { { SLAT_CR4, 0x8000020 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &intel, { { SLAT_EFER, 0x100500 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &with_lam, { { SLAT_CR4, 0x18000020 }, { SLAT_CR3, 3ULL << 61 | 0x1000 } }, SLAT_OK },
  { &with_lam, { { SLAT_CR3, 1ULL << 63 } }, SLAT_INVALID_CR3 },
  { &with_lam, { { SLAT_CR3, 1ULL << 60 } }, SLAT_INVALID_CR3 },
  { &with_lam, { { SLAT_CR3, 3ULL << 61 | 1ULL << 46 } }, SLAT_INVALID_CR3 },
  { &with_lam, { { SLAT_EFER, 0 }, { SLAT_CR3, 3ULL << 61 } }, SLAT_OK }, /* left from long mode */
  { &with_uai, { { SLAT_EFER, 0x100500 } }, SLAT_OK },
  { &with_uai, { { SLAT_CR3, 1ULL << 61 } }, SLAT_INVALID_CR3 },
  { &amd, { { SLAT_CR3, 1ULL << 62 } }, SLAT_INVALID_CR3 },
  { &intel,
    { { SLAT_CR0, 0x11 }, { SLAT_EFER, 0x100 }, { SLAT_CR3, 1ULL << 63 } },
    SLAT_INVALID_CR3 },                                        /* with paging off too */
  { &with_ept, { { SLAT_EPTP, 0x1000 } }, SLAT_INVALID_EPTP }, /* a walk of one level */
  { &with_ept, { { SLAT_EPTP, 0x1019 } }, SLAT_INVALID_EPTP }, /* memory type 1 */
  { &with_ept, { { SLAT_EPTP, 0x105e } }, SLAT_INVALID_EPTP }, /* flags that it has not */
  { &with_ept, { { SLAT_EPTP, 0x111e } }, SLAT_INVALID_EPTP },
  { &with_ept, { { SLAT_EPTP, 1ULL << 46 | 0x1e } }, SLAT_INVALID_EPTP },
  { &with_ept, { { SLAT_EPTP, 0x1026 } }, SLAT_INVALID_EPTP }, /* 5 levels that it has not */
  { &ept_5level, { { SLAT_EPTP, 0x1026 } }, SLAT_OK },
  { &ept_5level, { { SLAT_EPTP, 0x101e } }, SLAT_OK },
  { &ept_5level, { { SLAT_EPTP, 0x102e } }, SLAT_INVALID_EPTP }, /* 6 levels */
  { &with_ept, { { SLAT_EPTP, 0x109e } }, SLAT_INVALID_EPTP },   /* shadow-stack control that it has not */
  { &ept_sss, { { SLAT_EPTP, 0x109e } }, SLAT_OK },
  { &with_ept, { { SLAT_EPTP, 0x101e } }, SLAT_OK },
  { &with_ept, { { SLAT_EPTP, 0x1018 } }, SLAT_OK },
  { &with_npt, { { SLAT_NCR3, 1ULL << 46 } }, SLAT_INVALID_NCR3 },
  { &with_npt, { { SLAT_HOST_CR0, 0x11 }, { SLAT_HOST_EFER, 0x100 } }, SLAT_INVALID_NCR3 },
  { &with_npt, { { SLAT_HOST_EFER, 0x100 } }, SLAT_INVALID_EFER },
  { &with_npt, { { SLAT_HOST_EFER, 0 } }, SLAT_OK }, /* PAE paging */
  { &with_npt, { { SLAT_HOST_EFER, 0 }, { SLAT_HOST_CR4, 0 } }, SLAT_OK },
  { &with_npt, { { SLAT_HOST_EFER, 0 }, { SLAT_HOST_CR4, 0x10 } }, SLAT_UNSUPPORTED_PSE36_WIDTH }, /* no PSE-36 */
  { &with_npt, { { SLAT_HOST_CR4, 0x1020 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &npt_la57, { { SLAT_HOST_CR4, 0x1020 } }, SLAT_OK },
  { &with_npt, { { SLAT_NCR3, 0x1000 } }, SLAT_OK },
  { &with_ept, { { SLAT_SECONDARY_CONTROLS, 1 << 17 } }, SLAT_INVALID_FEATURE_CONTROL },
  { &with_pml, { { SLAT_SECONDARY_CONTROLS, 1 << 17 } }, SLAT_OK },
  { &with_pml, { { SLAT_PML_INDEX, ~0ULL } }, SLAT_OK },
  { &with_ept, { { SLAT_SECONDARY_CONTROLS, 1 << 18 } }, SLAT_UNSUPPORTED_VE },
  { &with_ept, { { SLAT_SECONDARY_CONTROLS, 1 << 22 } }, SLAT_UNSUPPORTED_MBEC },
  { &with_ept, { { SLAT_SECONDARY_CONTROLS, 1 << 23 } }, SLAT_UNSUPPORTED_SPP },
  { &with_ept, { { SLAT_SECONDARY_CONTROLS, ~(1ULL << 17 | 1 << 18 | 1 << 22 | 1 << 23) } }, SLAT_OK },
  { &with_ept, { { SLAT_TERTIARY_CONTROLS, 2 } }, SLAT_UNSUPPORTED_HLAT },
  { &with_ept, { { SLAT_TERTIARY_CONTROLS, 4 } }, SLAT_UNSUPPORTED_PAGING_WRITE },
  { &with_ept, { { SLAT_TERTIARY_CONTROLS, 8 } }, SLAT_UNSUPPORTED_PAGING_VERIFICATION },
  { &with_ept, { { SLAT_TERTIARY_CONTROLS, ~14ULL } }, SLAT_OK },
  { &with_ept, { { SLAT_NESTED_CONTROLS, ~0ULL } }, SLAT_OK },
  { &intel, { { SLAT_SECONDARY_CONTROLS, ~0ULL }, { SLAT_TERTIARY_CONTROLS, ~0ULL } }, SLAT_OK }, /* no EPT */
  { &with_npt, { { SLAT_NESTED_CONTROLS, 1 << 1 } }, SLAT_UNSUPPORTED_SEV },
  { &with_npt, { { SLAT_NESTED_CONTROLS, 1 << 2 } }, SLAT_UNSUPPORTED_SEV },
  { &with_npt, { { SLAT_NESTED_CONTROLS, 1 << 3 } }, SLAT_UNSUPPORTED_GMET },
  { &with_npt, { { SLAT_NESTED_CONTROLS, 1 << 4 } }, SLAT_UNSUPPORTED_NPT_SHADOW_STACK },
  { &with_npt, { { SLAT_NESTED_CONTROLS, 1 << 6 } }, SLAT_UNSUPPORTED_ROGPT },
  { &with_npt, { { SLAT_NESTED_CONTROLS, 1 << 11 } }, SLAT_UNSUPPORTED_NPT_PML },
  { &with_npt, { { SLAT_NESTED_CONTROLS, ~(0x5eULL | 1 << 11) } }, SLAT_OK },
  { &with_npt, { { SLAT_SECONDARY_CONTROLS, ~0ULL }, { SLAT_TERTIARY_CONTROLS, ~0ULL } }, SLAT_OK },
};

static void registers(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    struct slat_machine machine;

    assert_int_equal(slat_open(&machine, states[i].config), SLAT_OK);
    assert_int_equal(machine.cpu[1].status, SLAT_OK);
    for (unsigned n = 0; n < 3 && states[i].write[n].value + states[i].write[n].reg != 0; n++) {
      const struct slat_event event = {
        .kind = SLAT_EVENT_REGISTER, .cpu = 1, .reg = states[i].write[n].reg, .value = states[i].write[n].value
      };
      assert_int_equal(slat_feed(&machine, &event), SLAT_OK);
    }
    if (machine.cpu[1].status != states[i].status)
      print_message("row %zu: %s\n", i, slat_status_text((enum slat_status)machine.cpu[1].status));
    assert_int_equal(machine.cpu[1].status, states[i].status);
  }
}

static void events(void **state)
{
  static const struct slat_access read = { .width = 1 };
  static const struct {
    struct slat_event event;
    enum slat_status status;
  } rows[] = {
    { { .kind = 0 }, SLAT_INVALID_EVENT },
    { { .kind = SLAT_EVENT_WRITE + 1 }, SLAT_INVALID_EVENT },
    { { .kind = SLAT_EVENT_REGISTER, .cpu = SLAT_MAX_CPUS }, SLAT_INVALID_CPU },
    { { .kind = SLAT_EVENT_REGISTER, .reg = SLAT_REGISTER_COUNT }, SLAT_INVALID_REGISTER },
    { { .kind = SLAT_EVENT_ACCESS, .access = { .width = 3 } }, SLAT_INVALID_ACCESS },
    { { .kind = SLAT_EVENT_ACCESS, .access = { .width = 1, .kind = SLAT_FETCH + 1 } }, SLAT_INVALID_ACCESS },
    { { .kind = SLAT_EVENT_ACCESS, .access = { .width = 1, .kind = SLAT_FETCH, .implicit = true } },
      SLAT_INVALID_ACCESS },
    { { .kind = SLAT_EVENT_ACCESS, .access = { .width = 1, .kind = SLAT_FETCH, .shadow_stack = true } },
      SLAT_INVALID_ACCESS },
    { { .kind = SLAT_EVENT_ACCESS, .access = { .width = 1, .kind = SLAT_WRITE, .wruss = true } }, SLAT_INVALID_ACCESS },
    { { .kind = SLAT_EVENT_ACCESS, .access = { .width = 1, .shadow_stack = true, .wruss = true } },
      SLAT_INVALID_ACCESS },
    { { .kind = SLAT_EVENT_ACCESS,
        .access = { .width = 1, .kind = SLAT_WRITE, .user = true, .shadow_stack = true, .wruss = true } },
      SLAT_INVALID_ACCESS },
    { { .kind = SLAT_EVENT_ACCESS,
        .access = { .width = 1, .kind = SLAT_WRITE, .implicit = true, .shadow_stack = true, .wruss = true } },
      SLAT_INVALID_ACCESS },
    { { .kind = SLAT_EVENT_ACCESS, .access = { .width = 1, .kind = SLAT_WRITE, .shadow_stack = true, .wruss = true } },
      SLAT_OK },
    { { .kind = SLAT_EVENT_ACCESS, .stores = true, .access = { .width = 1 } }, SLAT_INVALID_ACCESS },
    { { .kind = SLAT_EVENT_ACCESS, .access = { .width = 1 } }, SLAT_OK },
    { { .kind = SLAT_EVENT_INVLPG }, SLAT_OK },
    { { .kind = SLAT_EVENT_WRITE, .reg = SLAT_EFER }, SLAT_OK }, /* checked only */
    { { .kind = SLAT_EVENT_WRITE, .reg = SLAT_RFLAGS }, SLAT_INVALID_REGISTER },
    { { .kind = SLAT_EVENT_OBSERVED, .outcome = { .kind = SLAT_OUTCOME_KINDS - 1 } }, SLAT_OK },
    { { .kind = SLAT_EVENT_OBSERVED, .outcome = { .kind = SLAT_OUTCOME_KINDS } }, SLAT_INVALID_EVENT },
  };
  struct slat_machine machine;
  struct slat_permitted set;

  (void)state;
  assert_int_equal(slat_open(&machine, &intel), SLAT_OK);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(slat_feed(&machine, &rows[i].event), rows[i].status);
  assert_int_equal(slat_permitted(&machine, SLAT_MAX_CPUS, NULL, &read, &set), SLAT_INVALID_CPU);
  const struct slat_access crossing = { .linear = 0xffd, .width = 4 };
  assert_int_equal(slat_permitted(&machine, 0, NULL, &crossing, &set), SLAT_UNSUPPORTED_PAGE_CROSSING);

  /* Outside long mode a linear address has 32 bits. */
  const struct slat_event efer = { .kind = SLAT_EVENT_REGISTER, .reg = SLAT_EFER };
  const struct slat_access wide = { .linear = 0x100000000, .width = 4 }, last = { .linear = 0xfffffffc, .width = 4 };
  assert_int_equal(slat_feed(&machine, &efer), SLAT_OK);
  assert_int_equal(slat_permitted(&machine, 0, NULL, &wide, &set), SLAT_INVALID_ACCESS);
  assert_int_equal(slat_permitted(&machine, 0, NULL, &last, &set), SLAT_OK);
}

/* A shadow-stack access needs CR4.CET; whether LAM masks its address no source says. */
static void shadow_stacks(void **state)
{
  static const struct slat_access access = { .linear = 0x1000, .width = 8, .shadow_stack = true };
  static const struct slat_access tagged = { .linear = 1ULL << 62 | 0x1000, .width = 8, .shadow_stack = true };
  static const struct slat_event cet = { .kind = SLAT_EVENT_REGISTER, .reg = SLAT_CR4, .value = 0x800020 };
  static const struct slat_event lam = { .kind = SLAT_EVENT_REGISTER, .reg = SLAT_CR3, .value = 1ULL << 62 };
  const struct slat_memory memory = { .read = nothing };
  struct slat_machine machine;
  struct slat_permitted set;

  (void)state;
  assert_int_equal(slat_open(&machine, &with_cet), SLAT_OK);
  assert_int_equal(slat_permitted(&machine, 0, &memory, &access, &set), SLAT_INVALID_ACCESS);
  assert_int_equal(slat_feed(&machine, &cet), SLAT_OK);
  assert_int_equal(slat_permitted(&machine, 0, &memory, &access, &set), SLAT_OK);
  assert_int_equal(set.outcome[0].code, 0x40);
  assert_int_equal(slat_permitted(&machine, 0, &memory, &tagged, &set), SLAT_OK); /* not canonical */
  assert_int_equal(slat_feed(&machine, &lam), SLAT_OK);
  assert_int_equal(slat_permitted(&machine, 0, &memory, &access, &set), SLAT_OK);
  assert_int_equal(slat_permitted(&machine, 0, &memory, &tagged, &set), SLAT_UNSUPPORTED_SHADOW_STACK_ADDRESS);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(configurations),
    cmocka_unit_test(registers),
    cmocka_unit_test(events),
    cmocka_unit_test(shadow_stacks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* slat_write_register(): when there is an answer, the registers afterwards, and what cannot be shown by a trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "slat/slat.h"

static const struct slat_config intel = { .vendor = SLAT_INTEL, .maxphyaddr = 46, .nx = true, .pcid = true };
static const struct slat_config amd = { .vendor = SLAT_AMD, .maxphyaddr = 46, .nx = true, .pcid = true, .la57 = true };
static const struct slat_config amd_registers = { .vendor = SLAT_AMD, .maxphyaddr = 46, .amd_pdpte_registers = true };

static uint64_t read_word(void *context, uint64_t spa)
{
  return context == NULL ? 0 : ((const uint64_t *)context)[spa / 8 % 512];
}

struct before {
  uint64_t cr0, cr3, cr4, efer;
};
static const struct before long_mode = { 0x80010001, 0, 0x20, 0x500 };
static const struct before real_mode = { 0x10, 0, 0, 0 };
static const struct before pae = { 0x80000011, 0x1000, 0x20, 0 };

static struct slat_write_result write_after(const struct slat_config *config, struct before b, uint8_t reg,
                                            uint64_t value, bool cs_l, uint64_t *words)
{
  const uint64_t values[] = { b.cr0, b.cr3, b.cr4, b.efer };
  const struct slat_memory memory = { .read = read_word, .context = words };
  const struct slat_register_write write = { .reg = reg, .cs_l = cs_l, .value = value };
  struct slat_machine machine;

  assert_int_equal(slat_open(&machine, config), SLAT_OK);
  for (uint8_t i = 0; i < 4; i++) {
    const struct slat_event event = { .kind = SLAT_EVENT_REGISTER, .reg = i, .value = values[i] };
    assert_int_equal(slat_feed(&machine, &event), SLAT_OK);
  }
  return slat_write_register(&machine.config, &machine.cpu[0], &memory, &write);
}

static bool done(const struct slat_write_result *r)
{
  assert_int_equal(r->status, SLAT_OK);
  return r->outcome[0].kind == SLAT_WRITTEN;
}

static bool refused(const struct slat_write_result *r)
{
  assert_int_equal(r->status, SLAT_OK);
  return r->outcome[1].kind == SLAT_GENERAL_PROTECTION;
}

static void answers(void **state)
{
  (void)state;
  static const struct {
    const struct slat_config *config;
    const struct before *before;
    uint8_t reg;
    uint64_t value;
    bool cs_l;
    enum slat_status status;
  } rows[] = {
    { &intel, &long_mode, SLAT_EPTP, 0, true, SLAT_INVALID_REGISTER },
    { &intel, &long_mode, SLAT_REGISTER_COUNT, 0, true, SLAT_INVALID_REGISTER },
    { &intel, &long_mode, SLAT_CR3, 1ULL << 32, false, SLAT_INVALID_EVENT },
    { &intel, &pae, SLAT_CR3, 1ULL << 32, true, SLAT_INVALID_EVENT }, /* CS.L counts with EFER.LMA = 1 alone */
    { &intel, &long_mode, SLAT_CR3, 1ULL << 32, true, SLAT_OK },
    { &intel, &pae, SLAT_EFER, 1ULL << 32, false, SLAT_OK }, /* WRMSR has 64 bits */
    { &intel, &long_mode, SLAT_CR4, 0x800020, true, SLAT_OK },
    { &intel, &long_mode, SLAT_CR3, 1ULL << 62, true, SLAT_OK },
    { &amd, &long_mode, SLAT_CR3, 1ULL << 62, true, SLAT_OK },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(
      write_after(rows[i].config, *rows[i].before, rows[i].reg, rows[i].value, rows[i].cs_l, NULL).status,
      rows[i].status);
  /* States that cannot exist: the second with CR4.CET of a processor without shadow stacks, while paging is off. */
  struct before b = long_mode;
  b.efer = 0x100;
  assert_int_equal(write_after(&intel, b, SLAT_CR3, 0, true, NULL).status, SLAT_INVALID_EFER);
  b = real_mode;
  b.cr4 = 0x800000;
  assert_int_equal(write_after(&intel, b, SLAT_CR0, 0x11, false, NULL).status, SLAT_INVALID_FEATURE_CONTROL);
}

/* The way into long mode and out again: LMA follows LME and PG. */
static void into_long_mode(void **state)
{
  (void)state;
  struct before b = real_mode;
  struct slat_write_result r = write_after(&intel, b, SLAT_CR4, 0x20, false, NULL);
  assert_true(done(&r) && !refused(&r) && r.cr4 == 0x20);
  b.cr4 = r.cr4;
  r = write_after(&intel, b, SLAT_EFER, 0x100, false, NULL);
  assert_true(done(&r) && !refused(&r) && r.efer == 0x100);
  b.efer = r.efer;
  r = write_after(&intel, b, SLAT_CR0, 0x80000011, true, NULL);
  assert_true(!done(&r) && refused(&r) && r.outcome[1].rule == SLAT_RULE_MODE_GP_PG_CS_L);
  r = write_after(&intel, b, SLAT_CR0, 0x80000011, false, NULL);
  assert_true(done(&r) && !refused(&r) && !r.loads && r.cr0 == 0x80000011 && r.efer == 0x500);
  b.cr0 = r.cr0;
  b.efer = r.efer;
  r = write_after(&intel, b, SLAT_CR0, 0x11, false, NULL);
  assert_true(done(&r) && !refused(&r) && r.efer == 0x100);
}

/* What one vendor refuses and the other leaves open. */
static void vendors(void **state)
{
  (void)state;
  struct slat_write_result r = write_after(&amd, long_mode, SLAT_CR0, 0x11, true, NULL);
  assert_true(done(&r) && refused(&r) && r.outcome[1].rule == SLAT_RULE_MODE_GP_PG_CLEAR && r.efer == 0x100);
  r = write_after(&amd, long_mode, SLAT_CR4, 0x1020, true, NULL);
  assert_true(done(&r) && refused(&r) && r.outcome[1].rule == SLAT_RULE_MODE_GP_LA57);
  r = write_after(&amd, long_mode, SLAT_CR0, 0xa0010001, true, NULL);
  assert_true(!done(&r) && refused(&r) && r.outcome[1].rule == SLAT_RULE_MODE_GP_NW); /* for both vendors */
  r = write_after(&intel, long_mode, SLAT_EFER, 0x100, true, NULL);
  assert_true(done(&r) && refused(&r) && r.outcome[1].rule == SLAT_RULE_MODE_GP_LMA && r.efer == 0x500);
  r = write_after(&amd, long_mode, SLAT_EFER, 0x100, true, NULL);
  assert_true(!done(&r) && refused(&r) && r.outcome[1].rule == SLAT_RULE_MODE_GP_LMA);
  r = write_after(&amd, long_mode, SLAT_EFER, 0x80500, true, NULL);
  assert_true(!done(&r) && refused(&r) && r.outcome[1].rule == SLAT_RULE_MODE_GP_MBZ);
}

/* Bits that stay set say nothing; each field of bits that is nothing of the model's counts. */
static void others(void **state)
{
  (void)state;
  static const struct {
    uint8_t reg;
    uint64_t value;
    bool open;
  } rows[] = {
    { SLAT_CR4, 0x2021, true },
    { SLAT_CR4, 0x60, true },
    { SLAT_CR4, 0x220, true },
    { SLAT_CR4, 0x2020, true },
    { SLAT_CR4, 0x40020, true },
    { SLAT_CR4, 0x2000020, true },
    { SLAT_CR4, 0xb0, false },
    { SLAT_CR4, 0x20020, false },
    { SLAT_EFER, 0x501, true },
    { SLAT_EFER, 0x700, true },
    { SLAT_EFER, 0x1500, true },
    { SLAT_EFER, 0xd00, false },
    { SLAT_EFER, 1ULL << 63 | 0x500, true },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct slat_write_result r = write_after(&intel, long_mode, rows[i].reg, rows[i].value, true, NULL);
    assert_true(done(&r) && refused(&r) == rows[i].open);
  }
  struct before b = long_mode;
  b.cr4 = 0x2020;
  struct slat_write_result r = write_after(&intel, b, SLAT_CR4, 0x20a0, true, NULL);
  assert_true(done(&r) && !refused(&r));
  r = write_after(&intel, b, SLAT_CR4, 0x20, true, NULL);
  assert_true(done(&r) && !refused(&r));
}

static void cr3(void **state)
{
  (void)state;
  struct before b = long_mode;
  struct slat_write_result r = write_after(&intel, b, SLAT_CR3, 1ULL << 63, true, NULL);
  assert_true(!done(&r) && refused(&r) && r.outcome[1].rule == SLAT_RULE_CR3_RSVD);
  b.cr4 = 0x20020;
  r = write_after(&intel, b, SLAT_CR3, 1ULL << 63 | 0x1abc, true, NULL);
  assert_true(done(&r) && !refused(&r) && r.cr3 == 0x1abc && !r.loads);
  r = write_after(&intel, b, SLAT_CR3, 1ULL << 46, true, NULL);
  assert_true(!done(&r) && refused(&r));
}

/* Which writes load, and that a refused load leaves nothing. */
static void loads(void **state)
{
  (void)state;
  static const struct {
    const struct slat_config *config;
    uint8_t reg;
    uint64_t value;
    bool loads;
  } rows[] = {
    { &intel, SLAT_CR3, 0x2000, true },      { &intel, SLAT_CR3, 0x1000, true },
    { &amd, SLAT_CR3, 0x2000, false },       { &amd_registers, SLAT_CR3, 0x2000, true },
    { &intel, SLAT_CR0, 0x80010011, false }, { &intel, SLAT_CR0, 0xc0000011, true },
    { &intel, SLAT_CR0, 0xe0000011, true },  { &intel, SLAT_CR0, 0x11, false },
    { &intel, SLAT_CR4, 0x30, true },        { &intel, SLAT_CR4, 0xa0, true },
    { &intel, SLAT_CR4, 0x0, false },        { &intel, SLAT_CR4, 0x20, false },
    { &intel, SLAT_EFER, 0x800, false },
  };
  uint64_t words[512] = { 0x2001, 0x3001, 0x4001, 0x5001 };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct slat_write_result r = write_after(rows[i].config, pae, rows[i].reg, rows[i].value, false, words);
    assert_true(done(&r) && !refused(&r) && r.loads == rows[i].loads);
    assert_int_equal(r.pdpte[3], rows[i].loads ? 0x5001 : 0);
  }
  words[2] |= 0x20;
  struct slat_write_result r = write_after(&intel, pae, SLAT_CR3, 0x2000, false, words);
  assert_true(!done(&r) && refused(&r) && r.outcome[1].rule == SLAT_RULE_PAE_PDPTE_RSVD_GP);
  words[2] -= 1;
  r = write_after(&intel, pae, SLAT_CR3, 0x2000, false, words);
  assert_true(done(&r) && refused(&r) && r.outcome[1].rule == SLAT_RULE_PAE_PDPTE_RSVD_ABSENT);
}

int main(void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test(answers), cmocka_unit_test(into_long_mode),
                                      cmocka_unit_test(vendors), cmocka_unit_test(others),
                                      cmocka_unit_test(cr3),     cmocka_unit_test(loads) };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

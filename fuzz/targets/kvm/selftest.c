/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks that KVM in a process works: one simple case, with values known from the manuals and from KVM's behaviour on hardware, for each
 * part of kvm_in_process.h. Prints TAP, then rates. It is no test of KVM: see the harness for that. */
#include "kvm_in_process.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- TAP ---- */

static unsigned number, failures;

static void check(bool good, const char *what)
{
  printf("%sok %u - %s\n", good ? "" : "not ", ++number, what);
  failures += !good;
}

static void check_equal(uint64_t value, uint64_t expected, const char *what)
{
  check(value == expected, what);
  if (value != expected)
    printf("# got %#" PRIx64 ", expected %#" PRIx64 "\n", value, expected);
}

/* ---- The machine ---- */

enum {
  CR0_PE = 1,
  CR0_WP = 1 << 16,
  CR4_PSE = 1 << 4,
  CR4_PAE = 1 << 5,
  CR4_PGE = 1 << 7,
  CR4_PCIDE = 1 << 17,
  CR4_SMEP = 1 << 20,
  CR4_SMAP = 1 << 21,
  CR4_PKE = 1 << 22,
  EFER_LME = 1 << 8,
  EFER_LMA = 1 << 10,
  EFER_NXE = 1 << 11
};
#define CR0_PG (1u << 31)
#define XD (UINT64_C(1) << 63)
enum { P = 1, W = 2, U = 4, A = 0x20, D = 0x40, PS = 0x80 };

enum { MB = 1 << 20, MEMORY = 16 * MB, HOLE = 12 * MB, UNBACKED = 14 * MB, PART = 64 << 10, HOST_MAXPHYADDR = 46 };

static const struct kip_registers long_mode = {
  .cr0 = CR0_PE | CR0_WP | CR0_PG, .cr3 = 0x1000, .cr4 = CR4_PAE, .efer = EFER_LME | EFER_NXE, .cpl = 3
};
static const struct kip_config intel = {
  .mode = KIP_SHADOW, .vendor = KIP_INTEL, .maxphyaddr = 40, .features = KIP_ALL_FEATURES & ~KIP_PKU
};

static unsigned events; /* over all scenarios: nothing here may make KVM warn, but test_events() */

static void reset(const struct kip_config *config)
{
  events += kip_events();
  for (unsigned i = 0; kip_event(i); i++)
    printf("# event: %s:%u %s\n", kip_event(i)->file, kip_event(i)->line, kip_event(i)->text);
  const char *error = kip_reset(config);
  if (error) {
    printf("Bail out! kip_reset: %s\n", error);
    exit(1);
  }
}

static void poke(uint64_t gpa, uint64_t value)
{
  kip_write_physical(gpa, value, 8);
}

static uint64_t peek(uint64_t gpa)
{
  uint64_t value;
  kip_read_physical(gpa, &value, 8);
  return value;
}

/* Long mode: PML4 at 0x1000, PDPT 0x2000, PD 0x3000, PT 0x4000, all with full rights; pages at 0x10000 and so on. */
static void build_tables(void)
{
  poke(0x1000, 0x2000 | P | W | U);
  poke(0x2000, 0x3000 | P | W | U);
  poke(0x3000, 0x4000 | P | W | U);
  poke(0x4000, 0x10000 | P | W | U);                     /* 0x0000: everything */
  poke(0x4008, 0x11000 | P | U);                         /* 0x1000: read-only */
  poke(0x4010, 0x12000 | P | W | U | XD);                /* 0x2000: no execute */
  poke(0x4018, 0x13000 | P | W | U | UINT64_C(1) << 45); /* 0x3000: reserved address bit with MAXPHYADDR 40 */
  poke(0x4028, 0x15000 | P | W);                         /* 0x5000: supervisor */
  poke(0x4030, HOLE | P | W | U);                        /* 0x6000: no memslot */
  poke(0x4038, 0x4000 | P | W | U);                      /* 0x7000: the page table itself */
  poke(0x4040, UNBACKED | P | W | U);                    /* 0x8000: a memslot without memory */
  poke(0x4048, 0x2000 | P | W | U);                      /* 0x9000: the PDPT */
  poke(0x3008, 0x200000 | P | W | U | PS);               /* 0x200000: 2 MB */
}

static void start(const struct kip_config *config, const struct kip_registers *registers)
{
  reset(config);
  build_tables();
  if (kip_set_registers(registers) != KIP_OK)
    check(false, "kip_set_registers");
}

static struct kip_walk walk(uint64_t gva, unsigned access)
{
  struct kip_walk result;
  kip_walk(gva, access, &result);
  return result;
}

static struct kip_access access_to(uint64_t gva, unsigned access)
{
  struct kip_access result;
  kip_access(gva, access, &result);
  return result;
}

static void check_page_fault(uint64_t gva, unsigned access, uint32_t error_code, const char *what)
{
  const struct kip_access a = access_to(gva, access);

  check(a.outcome == KIP_PAGE_FAULT && a.error_code == error_code && a.cr2 == gva, what);
  if (a.outcome != KIP_PAGE_FAULT || a.error_code != error_code || a.cr2 != gva)
    printf("# outcome %d, error code %#x, cr2 %#" PRIx64 "\n", a.outcome, a.error_code, a.cr2);
}

/* ---- Parts ---- */

static void test_setup(void)
{
  struct kip_config bad = intel;

  check(kip_setup(&(struct kip_setup){ .memory_bytes = 1 }) != NULL, "a wrong memory size is refused with a reason");
  check(kip_reset(&intel) != NULL, "a reset before set-up is refused with a reason");
  check(kip_setup(&(struct kip_setup){ .memory_bytes = MEMORY,
                                       .hole_start = HOLE,
                                       .hole_bytes = PART,
                                       .unbacked_start = UNBACKED,
                                       .unbacked_bytes = PART,
                                       .host_maxphyaddr = HOST_MAXPHYADDR }) == NULL,
        "set-up");
  check(kip_setup(&(struct kip_setup){ .memory_bytes = MEMORY, .host_maxphyaddr = HOST_MAXPHYADDR }) != NULL,
        "a second set-up is refused");
  bad.maxphyaddr = 31;
  check(kip_reset(&bad) != NULL, "a wrong MAXPHYADDR is refused with a reason");
  check(strncmp(kip_kernel_version(), "6.", 2) == 0, "the kernel's version is known");
}

static void test_memory(void)
{
  uint64_t value;

  reset(&intel);
  check(kip_write_physical(0x5000, 0x1122334455667788, 8) && kip_read_physical(0x5000, &value, 4) &&
          value == 0x55667788,
        "physical memory, 4 of 8 bytes");
  check(kip_write_physical(0x5001, 0xab, 1) && kip_read_physical(0x5000, &value, 2) && value == 0xab88,
        "physical memory, 1 and 2 bytes");
  check(!kip_write_physical(0x5ffc, 0, 8) && !kip_write_physical(0x5000, 0, 3),
        "stores across a page, and odd widths, are refused");
  check(!kip_write_physical(HOLE, 0, 8) && !kip_write_physical(MEMORY, 0, 8),
        "the hole and the end of memory are no memory");
  reset(&intel);
  check_equal(peek(0x5000), 0, "a reset clears memory");
}

static void test_walk(void)
{
  start(&intel, &long_mode);
  check_equal(walk(0x123, KIP_READ | KIP_USER).gpa, 0x10123, "walk: user read");
  check_equal(peek(0x4000), 0x10027, "walk: A set in the guest's PTE");
  check_equal(walk(0x123, KIP_WRITE | KIP_USER).gpa, 0x10123, "walk: user write");
  check_equal(peek(0x4000), 0x10067, "walk: D set in the guest's PTE");
  check_equal(walk(0x1000, KIP_WRITE | KIP_USER).error_code, 7, "walk: user write to a read-only page");
  check_equal(walk(0x1234, KIP_WRITE | KIP_USER).address, 0x1234, "walk: the fault's address");
  check_equal(walk(0x2000, KIP_FETCH | KIP_USER).error_code, 0x15, "walk: fetch from a page with XD");
  check_equal(walk(0x3000, KIP_READ).error_code, 9, "walk: reserved bit");
  check_equal(walk(0xa000, KIP_READ | KIP_USER).error_code, 4, "walk: absent page");
  check_equal(walk(0x5000, KIP_READ | KIP_USER).error_code, 5, "walk: user read of a supervisor page");
  check_equal(walk(0x212345, KIP_READ | KIP_USER).gpa, 0x212345, "walk: 2 MB page");
}

static void test_processor_features(void)
{
  struct kip_config config = intel;
  struct kip_registers registers = long_mode;

  registers.cpl = 0;
  registers.cr4 |= CR4_SMEP | CR4_SMAP;
  start(&config, &registers);
  check_page_fault(0, KIP_FETCH, 0x11, "SMEP: supervisor fetch from a user page");
  check_page_fault(0, KIP_READ, 1, "SMAP: supervisor read of a user page");
  kip_set_rflags_ac(true);
  check(access_to(0, KIP_READ).outcome == KIP_TRANSLATED, "SMAP: RFLAGS.AC overrides it");
  check(walk(0, KIP_READ | KIP_IMPLICIT).fault && !walk(0, KIP_READ).fault, "SMAP: not for implicit accesses");

  registers = long_mode;
  registers.cpl = 0;
  registers.cr0 &= ~(uint64_t)CR0_WP;
  start(&config, &registers);
  check(access_to(0x1000, KIP_WRITE).outcome == KIP_TRANSLATED, "CR0.WP = 0: supervisor write to a read-only page");
  registers.cr0 |= CR0_WP;
  start(&config, &registers);
  check_page_fault(0x1000, KIP_WRITE, 3, "CR0.WP = 1: the same faults");

  config.features = 0;
  reset(&config);
  check(kip_set_registers(&long_mode) == KIP_REFUSED, "EFER.NXE without NX in CPUID is refused");
  registers = long_mode;
  registers.efer = EFER_LME;
  start(&config, &registers);
  check_equal(walk(0x2000, KIP_READ).error_code, 9, "without NXE, bit 63 is reserved");

  /* Bit 7 of a PML4E, and bit 8: AMD reserves both, Intel bit 7 only. */
  start(&intel, &long_mode);
  poke(0x1000, 0x2000 | P | W | U | 0x100);
  check(!walk(0, KIP_READ | KIP_USER).fault, "Intel: bit 8 of a PML4E is ignored");
  config = intel;
  config.vendor = KIP_AMD;
  start(&config, &long_mode);
  poke(0x1000, 0x2000 | P | W | U | 0x100);
  check_equal(walk(0, KIP_READ | KIP_USER).error_code, 0xd, "AMD: bit 8 of a PML4E is reserved");

  config = intel;
  config.features &= ~(uint32_t)KIP_GBPAGES;
  start(&config, &long_mode);
  poke(0x2008, P | W | U | PS);
  check_equal(walk(0x40000000, KIP_READ | KIP_USER).error_code, 0xd, "without 1 GB pages, PS in a PDPTE is reserved");
  start(&intel, &long_mode);
  poke(0x2008, P | W | U | PS);
  check_equal(walk(0x40012345, KIP_READ | KIP_USER).gpa, 0x12345, "1 GB page");
  for (unsigned width = 32; width <= 52; width += 20) {
    config = intel;
    config.maxphyaddr = (uint8_t)width;
    start(&config, &long_mode);
    poke(0x4050, 0x16000 | P | W | U | UINT64_C(1) << 32);
    check_equal(walk(0xa000, KIP_READ).fault ? walk(0xa000, KIP_READ).error_code : 0, width == 32 ? 9 : 0,
                "MAXPHYADDR makes address bits reserved");
  }
}

static void test_access(void)
{
  struct kip_access a;
  struct kip_leaf leaf;

  start(&intel, &long_mode);
  kip_read_leaf(0x123, &leaf);
  check(!leaf.present, "access: no leaf before the first");
  a = access_to(0x123, KIP_READ);
  check(a.outcome == KIP_TRANSLATED && a.gpa == 0x10123 && a.exits == 1, "access: user read, one exit");
  check_equal(a.leaf.spte & 0xfff, 0xa25, "access: KVM's SPTE is not writable while the guest's D is clear");
  check_equal(a.leaf.rights, KIP_RIGHT_R | KIP_RIGHT_U | KIP_RIGHT_X, "access: rights of the leaf");
  a = access_to(0x123, KIP_READ);
  check(a.outcome == KIP_TRANSLATED && a.exits == 0, "access: the second time, no exit");
  a = access_to(0x123, KIP_WRITE);
  check(a.outcome == KIP_TRANSLATED && a.exits == 1 && (a.leaf.spte & 0xfff) == 0xe67,
        "access: the write upgrades the SPTE");
  check_equal(peek(0x4000), 0x10067, "access: A and D set in the guest's PTE");
  kip_read_leaf(0x123, &leaf);
  check(leaf.present && leaf.gpa == 0x10123 && leaf.level == 1 &&
          leaf.rights == (KIP_RIGHT_R | KIP_RIGHT_W | KIP_RIGHT_U | KIP_RIGHT_X),
        "leaf");
  check_page_fault(0x1234, KIP_WRITE, 7, "access: write to a read-only page");
  check_page_fault(0x2000, KIP_FETCH, 0x15, "access: fetch from a page with XD");
  check_page_fault(0x3000, KIP_READ, 0xd, "access: reserved bit");
  check_page_fault(0xa000, KIP_READ, 4, "access: absent page");
  check_page_fault(0x5000, KIP_READ, 5, "access: user read of a supervisor page");
  check(access_to(UINT64_C(1) << 47, KIP_READ).outcome == KIP_NONCANONICAL, "access: not canonical");
  check(access_to(0x5000, KIP_READ | KIP_IMPLICIT).outcome == KIP_TRANSLATED,
        "access: implicit, from CPL 3, is a supervisor access");
  kip_set_cpl(0);
  check(access_to(0x5000, KIP_READ).outcome == KIP_TRANSLATED, "access: supervisor");

  a = access_to(0x6000, KIP_READ);
  check(a.outcome == KIP_MMIO && a.gpa == HOLE, "access: no memslot is MMIO");
  kip_read_leaf(0x6000, &leaf);
  check(leaf.mmio && !leaf.present, "leaf: an MMIO SPTE");
  a = access_to(0x6008, KIP_WRITE);
  check(a.outcome == KIP_MMIO && a.gpa == HOLE + 8, "access: again, through the MMIO SPTE");
  a = access_to(0x8000, KIP_READ);
  check(a.outcome == KIP_FAILED && a.kvm_result == -14, "access: memslot without memory gives -EFAULT");
}

static void test_huge(void)
{
  struct kip_config config = intel;
  struct kip_access a;

  start(&config, &long_mode);
  a = access_to(0x212345, KIP_WRITE);
  check(a.outcome == KIP_TRANSLATED && a.gpa == 0x212345 && a.leaf.level == 1,
        "2 MB guest page on 4 KB host pages: 4 KB SPTE");
  config.host_huge_pages = true;
  start(&config, &long_mode);
  a = access_to(0x212345, KIP_WRITE);
  check(a.outcome == KIP_TRANSLATED && a.gpa == 0x212345 && a.leaf.level == 2,
        "2 MB guest page on 2 MB host pages: 2 MB SPTE");
  check_equal(a.leaf.spte & 0xfff, 0xee7, "2 MB SPTE");
  check_equal(peek(0x3008), 0x200000 | P | W | U | PS | A | D, "A and D in the guest's PDE");
}

static void test_stores(void)
{
  struct kip_access a;
  uint64_t value;

  start(&intel, &long_mode);
  kip_store(0x100, 0x1122334455667788, 8, 0, &a);
  check(a.outcome == KIP_TRANSLATED && peek(0x10100) == 0x1122334455667788, "store, 8 bytes");
  kip_store(0x102, 0xaa, 1, 0, &a);
  kip_load(0x100, &value, 4, 0, &a);
  check(a.outcome == KIP_TRANSLATED && value == 0x55aa7788, "store, 1 byte; load, 4");
  kip_load(0x1fff, &value, 2, 0, &a);
  check(a.outcome == KIP_FAILED, "a load across a page is refused");
  kip_store(0x1000, 1, 8, 0, &a);
  check(a.outcome == KIP_PAGE_FAULT && peek(0x11000) == 0, "a store that faults stores nothing");

  /* The page table, in use: KVM lets it go out of sync. The change shows after INVLPG. */
  kip_store(0x7000, 0x14000 | P | W | U | A | D, 8, 0, &a);
  check(a.outcome == KIP_TRANSLATED && (peek(0x4000) & ~0xfffu) == 0x14000, "a store to a page table in use");
  check_equal(access_to(0, KIP_READ).gpa, 0x10000, "the shadow is stale, lawfully");
  kip_invlpg(0);
  check_equal(access_to(0, KIP_READ).gpa, 0x14000, "INVLPG brings it up to date");
  kip_store(0x7000, 0x10000 | P | W | U | A | D, 8, 0, &a);
  check_equal(access_to(0, KIP_READ).gpa, 0x14000, "stale again");
  check(kip_mov_cr3(0x1000) == KIP_OK, "MOV to CR3");
  check_equal(access_to(0, KIP_READ).gpa, 0x10000, "CR3 reload brings it up to date");

  /* A higher table is write-protected: KVM emulates the store. */
  kip_store(0x9000 + 8, 0x3000 | P | W | U, 8, 0, &a);
  check(a.outcome == KIP_EMULATED && a.gpa == 0x2008 && peek(0x2008) == (0x3000 | P | W | U),
        "a store to a PDPT in use is emulated");
  check_equal(access_to(0x40000000, KIP_READ).gpa, 0x10000, "what it added is there");
  kip_load(0x9008, &value, 8, 0, &a);
  check(a.outcome == KIP_TRANSLATED && value == (0x3000 | P | W | U | A), "and can be read");
  kip_store(0x6010, 1, 4, 0, &a);
  check(a.outcome == KIP_MMIO && a.gpa == HOLE + 0x10, "a store to MMIO");
  kip_load(0x6014, &value, 4, 0, &a);
  check(a.outcome == KIP_MMIO && a.gpa == HOLE + 0x14, "a load from MMIO");
}

static void test_registers(void)
{
  struct kip_access a;
  struct kip_registers r;
  struct kip_config config = intel;

  start(&config, &long_mode);
  kip_get_registers(&r);
  check(r.efer == (EFER_LME | EFER_LMA | EFER_NXE) && r.cr3 == 0x1000 && r.cpl == 3,
        "registers can be read; LMA is derived");
  check(kip_mov_cr4(CR4_PAE | 1u << 31) == KIP_REFUSED, "MOV to CR4 with a reserved bit is refused");
  check(kip_mov_cr4(0) == KIP_REFUSED, "CR4.PAE may not be cleared in long mode");
  check(kip_mov_cr3(UINT64_C(1) << 41) == KIP_REFUSED, "MOV to CR3 beyond MAXPHYADDR is refused");
  check(kip_mov_cr3(0xff000000) == KIP_OK, "MOV to CR3 outside memory");
  a = access_to(0, KIP_READ);
  check(strncmp(kip_kernel_version(), "6.1.", 4) == 0 ? a.outcome == KIP_SHUTDOWN
                                                      : a.outcome == KIP_PAGE_FAULT && a.error_code == KIP_PF_USER,
        "CR3 outside memory: a triple fault in 6.1, nothing present in 6.12");
  check(kip_mov_cr3(0x1000) == KIP_OK && access_to(0x123, KIP_READ).gpa == 0x10123, "and back");
  check(kip_write_efer(0) == KIP_REFUSED, "EFER.LME may not be cleared with paging on");
  check(kip_write_efer(EFER_LME) == KIP_OK && walk(0x2000, KIP_READ).error_code == 9,
        "EFER.NXE cleared: bit 63 is reserved");
  kip_set_cpl(0);
  check(kip_mov_cr0(CR0_PE) == KIP_OK && access_to(0x3000, KIP_WRITE).gpa == 0x3000, "paging off: GVA is GPA");
  kip_get_registers(&r);
  check_equal(r.efer, EFER_LME, "paging off: LMA is clear");
  check(kip_mov_cr0(CR0_PE | CR0_PG | CR0_WP) == KIP_OK && access_to(0x123, KIP_READ).gpa == 0x10123,
        "paging on again");

  config.features |= KIP_PCID;
  start(&config, &long_mode);
  check(kip_mov_cr4(CR4_PAE | CR4_PCIDE) == KIP_OK, "CR4.PCIDE");
  check(kip_mov_cr3(0x1000 | 5) == KIP_OK && access_to(0x123, KIP_READ).gpa == 0x10123, "CR3 with a PCID");
  poke(0x4000, 0x16000 | P | W | U | A | D); /* unseen, as DMA */
  check_equal(access_to(0x123, KIP_READ).gpa, 0x10123, "a store that nobody sees");
  check(kip_invpcid(0, 5, 0x123) == KIP_OK && access_to(0x123, KIP_READ).outcome == KIP_TRANSLATED, "INVPCID");
  check(kip_invpcid(4, 0, 0) == KIP_REFUSED, "INVPCID of an unknown type is refused");
}

static void test_legacy_modes(void)
{
  const struct kip_registers pae = {
    .cr0 = CR0_PE | CR0_WP | CR0_PG, .cr3 = 0x6020, .cr4 = CR4_PAE, .efer = EFER_NXE, .cpl = 3
  };
  const struct kip_registers two_level = { .cr0 = CR0_PE | CR0_WP | CR0_PG, .cr3 = 0x8000, .cr4 = CR4_PSE, .cpl = 3 };
  struct kip_access a;

  reset(&intel);
  build_tables();
  poke(0x6020, 0x3000 | P);
  check(kip_set_registers(&pae) == KIP_OK && access_to(0x123, KIP_WRITE).gpa == 0x10123, "PAE");
  check_page_fault(0x2000, KIP_FETCH, 0x15, "PAE: XD");
  poke(0x6028, 0x3000 | P);
  check_page_fault(0x40000000, KIP_READ, 4, "PAE: PDPTEs are read when CR3 is written, not before");
  check(kip_mov_cr3(0x6020) == KIP_OK && access_to(0x40000123, KIP_READ).gpa == 0x10123, "PAE: and then they are");
  poke(0x6030, 0x3000 | P | W);
  check(kip_mov_cr3(0x6020) == KIP_REFUSED, "PAE: reserved bit in a PDPTE");

  reset(&intel);
  kip_write_physical(0x8000, 0x9000 | P | W | U, 4);
  kip_write_physical(0x8004, 0x400000 | P | W | U | PS, 4);
  kip_write_physical(0x9004, 0x11000 | P | U, 4);
  check(kip_set_registers(&two_level) == KIP_OK, "32-bit paging");
  check_equal(access_to(0x1123, KIP_READ).gpa, 0x11123, "32-bit paging: 4 KB page");
  check_page_fault(0x1123, KIP_WRITE, 7, "32-bit paging: read-only page");
  a = access_to(0x412345, KIP_WRITE);
  check_equal(a.gpa, 0x412345, "32-bit paging: 4 MB page");
  check_equal(peek(0x8000) >> 32, 0x400000 | P | W | U | PS | A | D, "32-bit paging: A and D in the PDE");
  check_page_fault(0x800000, KIP_READ, 4, "32-bit paging: absent");
}

static void test_zap_and_tlb(void)
{
  struct kip_config config = intel;
  struct kip_access a;

  start(&config, &long_mode);
  access_to(0x123, KIP_WRITE);
  check(kip_shadow_pages() > 0, "shadow pages are in use");
  kip_zap_all();
  check_equal(kip_shadow_pages(), 0, "zap all leaves none");
  check_equal(access_to(0x123, KIP_READ).gpa, 0x10123, "and they come back");

  config.keep_translations = true;
  start(&config, &long_mode);
  access_to(0x123, KIP_WRITE);
  kip_store(0x7000, 0, 8, 0, &a);
  check(access_to(0x123, KIP_READ).outcome == KIP_TRANSLATED, "kept translation: the processor still has it");
  kip_invlpg(0x123);
  check_page_fault(0x123, KIP_READ, 4, "kept translation: INVLPG takes it away");
}

/* Nested: L1's tables at 0x20000, with L2's tables (those above) under them at the same addresses. */
static void build_nested(bool ept)
{
  const uint64_t all = ept ? 7 : P | W | U, write_back = ept ? 6 << 3 : 0;

  build_tables();
  poke(0x20000, 0x21000 | all);
  poke(0x21000, 0x22000 | all);
  poke(0x22000, 0x23000 | all);
  poke(0x22008, 0x400000 | all | write_back | PS); /* L2 0x200000: 2 MB at 0x400000 */
  for (unsigned page = 0; page < 512; page++)
    poke(0x23000 + 8 * page, page * 0x1000u | all | write_back);
  poke(0x23000 + 8 * 0x10, 0x30000 | all | write_back); /* L2 0x10000 is elsewhere: 0x30000 */
}

static struct kip_walk nested(uint64_t gpa, unsigned access)
{
  struct kip_walk result;
  kip_walk_nested(gpa, access, &result);
  return result;
}

/* L2 in PAE paging, its PDPTEs at 0x6020 in memory; in VMCS12 there are others. */
static void test_nested_pae(const struct kip_config *config, struct kip_nested setting)
{
  const bool ept = config->mode == KIP_NESTED_EPT;

  setting.l2 = (struct kip_registers){
    .cr0 = CR0_PE | CR0_WP | CR0_PG, .cr3 = 0x6020, .cr4 = CR4_PAE, .efer = EFER_NXE, .cpl = 3
  };
  setting.pdpte[1] = 0x3000 | P;
  reset(config);
  build_nested(ept);
  poke(0x6020, 0x3000 | P);
  check(kip_enter_nested(&setting) == KIP_OK, ept ? "EPT: L2 in PAE paging" : "NPT: L2 in PAE paging");
  if (ept) {
    check_equal(walk(0x40000123, KIP_READ | KIP_USER).gpa, 0x30123, "EPT: PDPTEs are those of VMCS12");
    check(walk(0x123, KIP_READ | KIP_USER).error_code == 4, "EPT: and not those of memory");
    return;
  }
  check_equal(walk(0x123, KIP_READ | KIP_USER).gpa, 0x30123, "NPT: PDPTEs are those of memory");
  poke(0x6028, 0x3000 | P);
  check_equal(walk(0x40000123, KIP_READ | KIP_USER).gpa, 0x30123, "NPT: of now, without MOV to CR3");
}

static void test_nested_ept(void)
{
  const struct kip_config config = {
    .mode = KIP_NESTED_EPT, .vendor = KIP_INTEL, .maxphyaddr = 40, .features = KIP_ALL_FEATURES
  };
  struct kip_nested setting = { .root = 0x20000 | 3 << 3 | 6,
                                .ept_execute_only = true,
                                .ept_accessed_dirty = false,
                                .ept_huge_level = 3,
                                .l2 = long_mode };
  struct kip_walk w;

  reset(&config);
  build_nested(true);
  poke(0x23000 + 8 * 0x50, 0x50000 | 1 | 6 << 3); /* r-- */
  poke(0x23000 + 8 * 0x51, 0x51000 | 4 | 6 << 3); /* --x */
  poke(0x23000 + 8 * 0x52, 0x52000 | 2 | 6 << 3); /* -w-: misconfigured */
  poke(0x23000 + 8 * 0x53, 0x53000 | 7 | 7 << 3); /* memory type 7: misconfigured */
  poke(0x23000 + 8 * 0x54, 0);
  check(kip_enter_nested(&setting) == KIP_OK, "EPT: nested entry");
  check_equal(nested(0x10123, KIP_WRITE).gpa, 0x30123, "EPT: L2 GPA to L1 GPA");
  check_equal(nested(0x250000, KIP_READ | KIP_USER).gpa, 0x450000, "EPT: 2 MB page");
  check(!nested(0x50000, KIP_USER).fault && nested(0x50000, KIP_WRITE).fault && nested(0x50000, KIP_FETCH).fault,
        "EPT: r--");
  check(!nested(0x51000, KIP_FETCH).fault && nested(0x51000, KIP_USER).fault, "EPT: --x");
  w = nested(0x50008, KIP_WRITE);
  check(w.nested && w.address == 0x50008 && !(w.error_code & KIP_PF_RSVD), "EPT: violation");
  check_equal(w.exit_qualification | w.exit_qualification_open, 3 << 7 | 1 << 3 | 2,
              "EPT: exit qualification of a write to r--");
  w = nested(0x54000, KIP_USER);
  check_equal(w.exit_qualification | w.exit_qualification_open, 3 << 7 | 1,
              "EPT: exit qualification of a read of an absent page");
  check(nested(0x52000, KIP_USER).error_code & KIP_PF_RSVD, "EPT: -w- is a misconfiguration");
  check(nested(0x53000, KIP_USER).error_code & KIP_PF_RSVD, "EPT: memory type 7 is a misconfiguration");

  check_equal(walk(0x123, KIP_READ | KIP_USER).gpa, 0x30123, "EPT: L2 GVA to L1 GPA");
  w = walk(0x1000, KIP_WRITE | KIP_USER);
  check(w.fault && !w.nested && w.error_code == 7, "EPT: a fault of L2's own tables");
  poke(0x23000 + 8 * 4, 0);
  w = walk(0x123, KIP_READ | KIP_USER);
  check(w.fault && w.nested && w.address == 0x4000, "EPT: a fault of the nested stage on a table of the first");
  poke(0x23000 + 8 * 4, 0x4000 | 7 | 6 << 3);
  poke(0x4058, 0x54000 | P | W | U | A | D);
  w = walk(0xb123, KIP_READ | KIP_USER);
  check(w.fault && w.nested && (w.address & ~UINT64_C(0xfff)) == 0x54000,
        "EPT: a fault of the nested stage on the page");

  poke(0x4060, 0x10000 | P | W | U | A | D | UINT64_C(1) << 59);
  setting.l2.cr4 |= CR4_PKE;
  setting.l2.pkru = 1 << 2;
  check(kip_enter_nested(&setting) == KIP_OK, "protection keys: nested entry");
  w = walk(0xc123, KIP_READ | KIP_USER);
  check(w.fault && !w.nested && w.error_code == 0x25, "protection keys: key 1 denies");
  check(!walk(0xc123, KIP_FETCH | KIP_USER).fault, "protection keys: but no fetch");
  setting.l2.pkru = 2 << 2;
  check(kip_enter_nested(&setting) == KIP_OK && !walk(0xc123, KIP_READ | KIP_USER).fault &&
          walk(0xc123, KIP_WRITE | KIP_USER).error_code == 0x27,
        "protection keys: key 1 denies writes");
  setting.l2 = long_mode;
  test_nested_pae(&config, setting);

  setting.ept_execute_only = false;
  setting.ept_accessed_dirty = true;
  setting.root |= 1 << 6;
  reset(&config);
  build_nested(true);
  poke(0x23000 + 8 * 0x51, 0x51000 | 4 | 6 << 3);
  check(kip_enter_nested(&setting) == KIP_OK && (nested(0x51000, KIP_FETCH).error_code & KIP_PF_RSVD),
        "EPT: --x without support is a misconfiguration");
  nested(0x10123, KIP_READ | KIP_USER);
  check_equal(peek(0x23000 + 8 * 0x10) & 0x300, 0x100, "EPT: A, bit 8, set by KVM");
  nested(0x10123, KIP_WRITE);
  check_equal(peek(0x23000 + 8 * 0x10) & 0x300, 0x300, "EPT: D, bit 9, set by KVM");

  setting.ept_huge_level = 1;
  reset(&config);
  build_nested(true);
  check(kip_enter_nested(&setting) == KIP_OK && (nested(0x250000, KIP_READ | KIP_USER).error_code & KIP_PF_RSVD),
        "EPT: no large pages");
}

static void test_nested_npt(void)
{
  const struct kip_config config = {
    .mode = KIP_NESTED_NPT, .vendor = KIP_AMD, .maxphyaddr = 40, .features = KIP_ALL_FEATURES
  };
  const struct kip_nested setting = { .root = 0x20000,
                                      .npt_cr0 = CR0_PE | CR0_PG | CR0_WP,
                                      .npt_cr4 = CR4_PAE,
                                      .npt_efer = EFER_LME | EFER_LMA | EFER_NXE,
                                      .l2 = long_mode };
  struct kip_walk w;

  reset(&config);
  build_nested(false);
  poke(0x23000 + 8 * 0x50, 0x50000 | P | U);
  poke(0x23000 + 8 * 0x51, 0x51000 | P | W); /* supervisor: nested walks are user accesses */
  poke(0x23000 + 8 * 0x52, 0x52000 | P | W | U | XD);
  check(kip_enter_nested(&setting) == KIP_OK, "NPT: nested entry");
  check_equal(nested(0x10123, KIP_WRITE | KIP_USER).gpa, 0x30123, "NPT: L2 GPA to L1 GPA");
  check_equal(peek(0x23000 + 8 * 0x10) & (A | D), A | D, "NPT: A and D set by KVM");
  check_equal(nested(0x50000, KIP_WRITE | KIP_USER).error_code, 7, "NPT: write to a read-only page");
  check_equal(nested(0x51000, KIP_READ | KIP_USER).error_code, 5, "NPT: supervisor page");
  check_equal(nested(0x52000, KIP_FETCH | KIP_USER).error_code, 0x15, "NPT: fetch from a page with XD");
  check_equal(walk(0x123, KIP_READ | KIP_USER).gpa, 0x30123, "NPT: L2 GVA to L1 GPA");
  poke(0x23000 + 8 * 4, 0);
  w = walk(0x123, KIP_READ | KIP_USER);
  check(w.fault && w.nested && w.address == 0x4000, "NPT: a fault of the nested stage on a table of the first");
  test_nested_pae(&config, setting);
}

/* ---- Events: KVM warns when it is asked to walk with a reserved-bit error code, and dies when roots are missing: neither is at hand from
 *      outside, so use what a harness can reach. ---- */

static sigjmp_buf before_fatal;
static struct kip_event fatal_event;

static void on_fatal(const struct kip_event *event)
{
  fatal_event = *event;
  siglongjmp(before_fatal, 1);
}

static void test_events(void)
{
  const struct kip_config config = {
    .mode = KIP_NESTED_NPT, .vendor = KIP_AMD, .maxphyaddr = 40, .features = KIP_ALL_FEATURES
  };
  const struct kip_nested paging_off = { .root = 0x20000, .npt_cr0 = CR0_PE, .l2 = long_mode };

  reset(&config);
  build_nested(false);
  kip_clear_events();
  kip_enter_nested(&paging_off); /* "NPT requires CR0.PG=1": a WARN_ON_ONCE */
  check(kip_events() == 1 && kip_event(0)->kind == KIP_EVENT_WARN && strstr(kip_event(0)->file, "mmu.c") &&
          kip_event(0)->line > 1000,
        "a WARN_ON is recorded with file and line, and the run goes on");
  if (kip_events())
    printf("# %s:%u %s\n", kip_event(0)->file, kip_event(0)->line, kip_event(0)->text);
  kip_clear_events();
  check_equal(kip_events(), 0, "events can be cleared");

  kip_on_fatal(on_fatal);
  if (sigsetjmp(before_fatal, 0) == 0) {
    *(volatile int *)8 = 1;
    check(false, "a wild access reaches the fatal handler");
  } else {
    check(fatal_event.kind == KIP_EVENT_SIGNAL, "a wild access reaches the fatal handler");
  }
  kip_on_fatal(NULL);
  start(&intel, &long_mode);
  check_equal(access_to(0x123, KIP_READ).gpa, 0x10123, "after siglongjmp and reset everything works");
}

/* Two runs of the same scenario must not differ in anything, or coverage flickers and findings do not replay. */
static void test_repeatable(void)
{
  enum { EDGES_MAX = 1 << 16 };
  static uint8_t edges[2][EDGES_MAX];
  uint64_t spte[2], pages[2];
  struct kip_access a;

  for (unsigned round = 0; round < 2; round++) {
    kip_clear_edges();
    start(&intel, &long_mode);
    spte[round] = access_to(0x212345, KIP_WRITE).leaf.spte;
    for (uint64_t gva = 0; gva < 0x9000; gva += 0x1000)
      access_to(gva, KIP_READ);
    spte[round] += access_to(0x123, KIP_WRITE).leaf.spte;
    pages[round] = kip_shadow_pages();
    kip_edges(edges[round], EDGES_MAX);
    /* Some mess for the reset to clear: unsync pages, a second root, freed pages. */
    kip_store(0x7000, 0, 8, 0, &a);
    kip_mov_cr3(0x2000);
    access_to(0x123, KIP_READ);
    kip_zap_all();
    access_to(0x123, KIP_READ);
  }
  check(spte[0] == spte[1] && pages[0] == pages[1], "the same scenario gives the same again");
  check(memcmp(edges[0], edges[1], sizeof edges[0]) == 0, "and takes the same edges");
}

/* ---- Rates ---- */

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void report_rate(const char *what, double count, double since)
{
  printf("# rate %-52s %12.0f /s\n", what, count / (now() - since));
}

static void measure(void)
{
  const struct kip_config ept = {
    .mode = KIP_NESTED_EPT, .vendor = KIP_INTEL, .maxphyaddr = 40, .features = KIP_ALL_FEATURES
  };
  const struct kip_nested setting = {
    .root = 0x20000 | 3 << 3 | 6, .ept_execute_only = true, .ept_huge_level = 3, .l2 = long_mode
  };
  const uint64_t addresses[] = { 0x123, 0x212345, 0x2000, 0x123 };
  enum { RESETS = 20000, WALKS = 1000000, FAULTS = 200000 };
  double since = now();

  for (unsigned i = 0; i < RESETS; i++)
    kip_reset(&intel);
  report_rate("resets", RESETS, since);
  since = now();
  for (unsigned i = 0; i < RESETS; i++) {
    start(&intel, &long_mode);
    access_to(0x123, KIP_WRITE);
  }
  report_rate("resets with tables, registers and a first access", RESETS, since);
  since = now();
  kip_bench_walks(addresses, 4, KIP_READ | KIP_USER, WALKS / 4);
  report_rate("walks, 4 levels", WALKS, since);
  since = now();
  for (unsigned i = 0; i < FAULTS; i++)
    access_to(0x1000, KIP_WRITE);
  report_rate("intercepted page faults that KVM injects", FAULTS, since);
  since = now();
  for (unsigned i = 0; i < FAULTS; i++) {
    struct kip_access a;
    kip_store(0x7000, 0x10000u | P | W | U, 8, 0, &a);
    kip_invlpg(0x123);
    access_to(0x123, KIP_READ);
  }
  report_rate("stores to a page table, INVLPG, page fault", FAULTS, since);
  since = now();
  for (unsigned i = 0; i < WALKS; i++)
    access_to(0x123, KIP_READ);
  report_rate("accesses without exit", WALKS, since);
  reset(&ept);
  build_nested(true);
  kip_enter_nested(&setting);
  since = now();
  kip_bench_walks(addresses, 4, KIP_READ | KIP_USER, WALKS / 16);
  report_rate("two-dimensional walks, 4 levels over 4-level EPT", WALKS / 4, since);
}

int main(void)
{
  setvbuf(stdout, NULL, _IOLBF, 0);
  test_setup();
  test_memory();
  test_walk();
  test_processor_features();
  test_access();
  test_huge();
  test_stores();
  test_registers();
  test_legacy_modes();
  test_zap_and_tlb();
  test_nested_ept();
  test_nested_npt();
  check_equal(events + kip_events(), 0, "no WARN so far");
  test_events();
  printf("# %s, %zu of %zu edges of arch/x86/kvm/mmu\n", kip_kernel_version(), kip_edges_hit(), kip_edges_total());
  test_repeatable(); /* last: it forgets the edges */
  printf("1..%u\n", number);
  measure();
  return failures != 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Which edges of arch/x86/kvm/mmu were taken. The compiler numbers them (-fsanitize-coverage=trace-pc-guard): in variant `coverage` this
 * file takes the reports, in variant `afl` AFL++'s runtime does and this file reads its map. */
#include "../kvm_in_process.h"

/* One guard an edge. The linker makes these symbols if there are any. */
extern uint32_t __start___sancov_guards[] __attribute__((weak)), __stop___sancov_guards[] __attribute__((weak));

#ifdef KIP_OWN_COVERAGE

enum { EDGES_MAX = 1 << 16 };
static uint8_t taken[EDGES_MAX];

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop)
{
  static uint32_t number;

  if (start == stop || *start != 0)
    return;
  for (uint32_t *guard = start; guard < stop; guard++)
    *guard = ++number < EDGES_MAX ? number : 0;
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard)
{
  taken[*guard] = 1;
}

static uint8_t *map(void)
{
  return taken;
}

#else

extern uint8_t *__afl_area_ptr __attribute__((weak));

static uint8_t *map(void)
{
  return &__afl_area_ptr ? __afl_area_ptr : NULL;
}

#endif

size_t kip_edges_total(void)
{
  return ((uintptr_t)__stop___sancov_guards - (uintptr_t)__start___sancov_guards) / sizeof(uint32_t);
}

void kip_clear_edges(void)
{
  for (uint32_t *guard = __start___sancov_guards; guard < __stop___sancov_guards; guard++)
    map()[*guard] = 0;
}

void kip_edges(uint8_t *hits, size_t size)
{
  const size_t total = kip_edges_total();

  for (size_t i = 0; i < total && i < size; i++)
    hits[i] = map()[__start___sancov_guards[i]] != 0;
}

size_t kip_edges_hit(void)
{
  size_t hits = 0;

  for (uint32_t *guard = __start___sancov_guards; guard < __stop___sancov_guards; guard++)
    hits += map()[*guard] != 0;
  return hits;
}

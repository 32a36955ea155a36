/* SPDX-License-Identifier: GPL-2.0-only */
/* The process side of the shim: mappings. */
#define _GNU_SOURCE
#include "host.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int map_at(unsigned long address, unsigned long bytes, int fd, off_t offset)
{
  const int flags = MAP_FIXED_NOREPLACE | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED);
  const void *at = mmap((void *)address, bytes, PROT_READ | PROT_WRITE, flags, fd, offset);
  return at == (void *)address ? 0 : -1;
}

const char *host_map_machine(unsigned long guest_bytes)
{
  const unsigned long struct_pages = KIP_PHYSICAL_BYTES / 4096 * 64;
  const int fd = memfd_create("kvm-in-a-process", MFD_CLOEXEC);

  if (fd < 0 || ftruncate(fd, KIP_PHYSICAL_BYTES) != 0)
    return "memfd_create failed: is /proc/sys/kernel restricting it, or is the process out of descriptors?";
  if (map_at(KIP_PAGE_OFFSET, KIP_PHYSICAL_BYTES, fd, 0) != 0 ||
      map_at(KIP_GUEST_HVA, guest_bytes, fd, KIP_GUEST_HPA) != 0 || map_at(KIP_VMEMMAP, struct_pages, -1, 0) != 0)
    return "the fixed addresses of host.h are taken: kip_setup() was called twice, or the process maps something there";
  close(fd);
  return NULL;
}

/* Takes the memory behind a part of the VMM's view away: an access there faults, as with a VMM that unmapped it. */
void host_unback(unsigned long hva, unsigned long bytes)
{
  if (bytes != 0)
    mprotect((void *)hva, bytes, PROT_NONE);
}

/* Patches code, as the kernel patches its static-call trampolines. */
void host_write_code(void *at, const void *bytes, unsigned long count)
{
  const unsigned long first = (unsigned long)at & ~4095ul;
  const unsigned long end = ((unsigned long)at + count + 4095ul) & ~4095ul;

  if (mprotect((void *)first, end - first, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
    host_fatal("mprotect refused writable code, which static calls need");
  memcpy(at, bytes, count);
  mprotect((void *)first, end - first, PROT_READ | PROT_EXEC);
}

/* With ASan, red zones around kernel objects; without it, nothing. */
void __asan_poison_memory_region(void const volatile *at, size_t bytes) __attribute__((weak));
void __asan_unpoison_memory_region(void const volatile *at, size_t bytes) __attribute__((weak));

void host_poison(const void *at, unsigned long bytes)
{
  if (__asan_poison_memory_region)
    __asan_poison_memory_region(at, bytes);
}

void host_unpoison(const void *at, unsigned long bytes)
{
  if (__asan_unpoison_memory_region)
    __asan_unpoison_memory_region(at, bytes);
}

int host_has_asan(void)
{
  return __asan_poison_memory_region != NULL;
}

/* memcpy() that ASan does not look into: what is copied contains red zones. */
static void copy(void *to, const void *from, unsigned long bytes)
{
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

/* ASan's shadow of an address (x86-64 Linux): which bytes are poisoned is part of what is saved and restored. */
static void *asan_shadow(const void *at)
{
  return (void *)(((uintptr_t)at >> 3) + 0x7fff8000);
}

void *host_save(const void *from, unsigned long bytes)
{
  char *saved = mmap(NULL, bytes + bytes / 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
                     0);

  if (saved == MAP_FAILED)
    host_fatal("out of memory");
  copy(saved, from, bytes);
  if (host_has_asan())
    copy(saved + bytes, asan_shadow(from), bytes / 8);
  return saved;
}

void host_restore(void *to, unsigned long bytes, const void *saved)
{
  copy(to, saved, bytes);
  if (host_has_asan())
    copy(asan_shadow(to), (const char *)saved + bytes, bytes / 8);
}

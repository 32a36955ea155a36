/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's memory: page and object allocation, struct page, the VMM's page tables, and guest memory.
 *
 * Allocation must repeat exactly: the same scenario gets the same addresses in every process and after every reset, or coverage would
 * flicker and findings would not replay. So all memory comes from one pool that is handed out upwards, with last-in first-out free lists,
 * and memory_reset() puts pool, lists and contents back to what they were at memory_mark(). */
#include "shim.h"

#include <linux/highmem.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

unsigned long page_offset_base = KIP_PAGE_OFFSET;
unsigned long vmemmap_base = KIP_VMEMMAP;
unsigned long phys_base;
unsigned long zero_pfn; /* 6.12 lets the processor walk it when the guest's CR3 is outside memory */
struct mem_section **mem_section;

/* ---- The pool ---- */

enum {
  GRAIN = 64, /* every object is a multiple, with a header of one grain before it (a red zone, with ASan) */
  CLASSES = 4096 / GRAIN + 1,
};

struct object_header {
  u32 bytes;  /* rounded up to the grain; above 4096: never reused within a scenario */
  u32 poison; /* catches a pointer that was not ours */
};

struct free_item {
  struct free_item *next;
};

static struct pool {
  unsigned long next_page;                /* host-physical */
  unsigned long next_object, end_objects; /* direct-map addresses within the current run of object pages */
  struct free_item *pages;
  struct free_item *objects[CLASSES];
} pool, pool_at_mark;

static void *contents_at_mark; /* of the pool from KIP_POOL_HPA to pool_at_mark.next_page */

static unsigned long take_pages(unsigned long count)
{
  const unsigned long first = pool.next_page;

  if (first + count * PAGE_SIZE > KIP_GUEST_HPA)
    host_fatal("the pool for kernel memory is used up: KVM leaks, or one scenario is too long");
  pool.next_page += count * PAGE_SIZE;
  for (unsigned long pfn = first >> PAGE_SHIFT; pfn < pool.next_page >> PAGE_SHIFT; pfn++) {
    struct page *page = pfn_to_page(pfn);
    memset(page, 0, sizeof *page);
    set_page_count(page, 1);
  }
  return (unsigned long)__va(first);
}

/* With ASan nothing that was freed is used again before the reset, as long as there is room: no use after free goes unseen. */
static bool may_reuse(void)
{
  return !host_has_asan() || pool.next_page > KIP_GUEST_HPA - (1ul << 20);
}

static void *page_alloc(gfp_t flags)
{
  void *page = pool.pages;

  if (page && may_reuse()) {
    pool.pages = pool.pages->next;
    host_unpoison(page, PAGE_SIZE);
  } else {
    page = (void *)take_pages(1);
  }
  if (flags & __GFP_ZERO)
    memset(page, 0, PAGE_SIZE);
  return page;
}

static void page_free(void *page)
{
  struct free_item *item = page;

  set_page_private(virt_to_page(page), 0);
  item->next = pool.pages;
  pool.pages = item;
  host_poison(item + 1, PAGE_SIZE - sizeof *item);
}

static void *object_alloc(size_t size, gfp_t flags)
{
  const size_t bytes = ALIGN(max_t(size_t, size, 1), GRAIN);
  struct object_header *header;
  void *object;

  if (bytes <= 4096 && pool.objects[bytes / GRAIN] && may_reuse()) {
    struct free_item *item = pool.objects[bytes / GRAIN];
    pool.objects[bytes / GRAIN] = item->next;
    object = item;
  } else {
    if (pool.next_object + GRAIN + bytes > pool.end_objects) {
      const unsigned long pages = DIV_ROUND_UP(GRAIN + bytes, PAGE_SIZE) + 15;
      pool.next_object = take_pages(pages);
      pool.end_objects = pool.next_object + pages * PAGE_SIZE;
      host_poison((void *)pool.next_object, pages * PAGE_SIZE);
    }
    object = (void *)(pool.next_object + GRAIN);
    pool.next_object += GRAIN + bytes;
  }
  header = object - GRAIN;
  host_unpoison(header, sizeof *header);
  *header = (struct object_header){ .bytes = bytes, .poison = 0x51a7 };
  host_poison(header, sizeof *header);
  host_unpoison(object, size);
  if (flags & __GFP_ZERO)
    memset(object, 0, size);
  return object;
}

static void object_free(const void *object)
{
  struct object_header *header = (void *)object - GRAIN;
  struct free_item *item = (void *)object;
  size_t bytes;

  if (ZERO_OR_NULL_PTR(object))
    return;
  host_unpoison(header, sizeof *header);
  bytes = header->bytes;
  if (header->poison != 0x51a7 || bytes % GRAIN)
    host_fatal("kfree() of something that was not allocated");
  host_poison(header, sizeof *header);
  host_unpoison(object, bytes);
  if (bytes <= 4096) {
    item->next = pool.objects[bytes / GRAIN];
    pool.objects[bytes / GRAIN] = item;
  }
  host_poison(item + 1, bytes - sizeof *item);
}

/* ---- The kernel's allocators on top ---- */

/* In 6.12 their names are macros that count what each caller allocates, around functions with a suffix. */
#if LINUX_6_12
#define ALLOCATOR(name) name##_noprof
#else
#define ALLOCATOR(name) name
#define get_free_pages __get_free_pages
#define __kvmalloc_node kvmalloc_node
#endif

unsigned long ALLOCATOR(get_free_pages)(gfp_t flags, unsigned int order)
{
  if (order == 0)
    return (unsigned long)page_alloc(flags);
  return (unsigned long)memset((void *)take_pages(1ul << order), 0, PAGE_SIZE << order);
}

unsigned long ALLOCATOR(get_zeroed_page)(gfp_t flags)
{
  return (unsigned long)page_alloc(flags | __GFP_ZERO);
}

void free_pages(unsigned long address, unsigned int order)
{
  if (address && order == 0)
    page_free((void *)address);
}

struct page *ALLOCATOR(__alloc_pages)(gfp_t flags, unsigned int order, int node, nodemask_t *nodes)
{
  return virt_to_page(__get_free_pages(flags, order));
}

struct shim_cache { /* what a struct kmem_cache * points at here */
  unsigned int bytes;
};

#if LINUX_6_12
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *arguments,
                                            slab_flags_t flags)
#else
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, slab_flags_t flags,
                                     void (*construct)(void *))
#endif
{
  struct shim_cache *cache = object_alloc(sizeof *cache, __GFP_ZERO);

  cache->bytes = size;
  return (struct kmem_cache *)cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
  object_free(cache);
}

void *ALLOCATOR(kmem_cache_alloc)(struct kmem_cache *cache, gfp_t flags)
{
  return object_alloc(((struct shim_cache *)cache)->bytes, flags);
}

void *ALLOCATOR(kmem_cache_alloc_lru)(struct kmem_cache *cache, struct list_lru *lru, gfp_t flags)
{
  return kmem_cache_alloc(cache, flags);
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
  object_free(object);
}

void *ALLOCATOR(__kmalloc)(size_t size, gfp_t flags)
{
  return object_alloc(size, flags);
}

#if LINUX_6_12
void *__kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t flags, size_t size)
{
  return object_alloc(size, flags);
}
#endif

void kfree(const void *object)
{
  object_free(object);
}

void *ALLOCATOR(__kvmalloc_node)(size_t size, gfp_t flags, int node)
{
  return object_alloc(size, flags);
}

void kvfree(const void *object)
{
  object_free(object);
}

void *ALLOCATOR(__vmalloc)(unsigned long size, gfp_t flags)
{
  return object_alloc(size, flags);
}

void *ALLOCATOR(__vcalloc)(size_t n, size_t size, gfp_t flags)
{
  return object_alloc(n * size, flags | __GFP_ZERO);
}

#if LINUX_6_12
void __percpu *pcpu_alloc_noprof(size_t size, size_t align, bool reserved, gfp_t flags)
#else
void __percpu *__alloc_percpu(size_t size, size_t align)
#endif
{
  return (void __percpu *)object_alloc(size, __GFP_ZERO);
}

void free_percpu(void __percpu *at)
{
  object_free((void *)at);
}

void *memdup_user(const void __user *from, size_t bytes)
{
  return memcpy(object_alloc(bytes, 0), (const void *)from, bytes);
}

void *vmemdup_user(const void __user *from, size_t bytes)
{
  return memdup_user(from, bytes);
}

/* ---- The VMM's address space: which pages its memory is made of ---- */

static struct mm_struct vmm_mm;

struct mm_struct *host_mm(void)
{
  return &vmm_mm;
}

static pmd_t *vmm_pmds; /* for the guest's memory: one 2 MB entry each */

/* KVM reads these tables (host_pfn_mapping_level()) only to learn the page size: there is no lowest level. */
static void build_vmm_tables(void)
{
  pgd_t *pgd = page_alloc(__GFP_ZERO);
  pud_t *puds = page_alloc(__GFP_ZERO);

  vmm_pmds = page_alloc(__GFP_ZERO);
  vmm_mm.pgd = pgd;
  pgd[pgd_index(KIP_GUEST_HVA)] = __pgd(__pa(puds) | _KERNPG_TABLE);
  puds[pud_index(KIP_GUEST_HVA)] = __pud(__pa(vmm_pmds) | _KERNPG_TABLE);
}

void guest_backing_huge(bool huge)
{
  unsigned long i;

  for (i = 0; i < machine.setup.memory_bytes >> PMD_SHIFT; i++)
    vmm_pmds[pmd_index(KIP_GUEST_HVA) + i] = __pmd((KIP_GUEST_HPA + (i << PMD_SHIFT)) |
                                                   (huge ? _KERNPG_TABLE | _PAGE_PSE : _KERNPG_TABLE));
}

static bool backed(gpa_t gpa)
{
  return gpa < machine.setup.memory_bytes && gpa - machine.setup.unbacked_start >= machine.setup.unbacked_bytes;
}

/* The pin that KVM takes to learn a page frame. */
int get_user_pages_fast_only(unsigned long hva, int count, unsigned int flags, struct page **pages)
{
  if (!backed(hva - KIP_GUEST_HVA))
    return 0;
  *pages = pfn_to_page((KIP_GUEST_HPA + (hva - KIP_GUEST_HVA)) >> PAGE_SHIFT);
  get_page(*pages);
  return 1;
}

long get_user_pages_unlocked(unsigned long hva, unsigned long count, struct page **pages, unsigned int flags)
{
  return get_user_pages_fast_only(hva, 1, flags, pages) ?: -EFAULT;
}

#if LINUX_6_12
long get_user_pages(unsigned long hva, unsigned long count, unsigned int flags, struct page **pages)
#else
long get_user_pages(unsigned long hva, unsigned long count, unsigned int flags, struct page **pages,
                    struct vm_area_struct **areas)
#endif
{
  return backed(hva - KIP_GUEST_HVA) ? 1 : -EFAULT; /* asked by check_user_page_hwpoison() */
}

void *mtree_load(struct maple_tree *tree, unsigned long index)
{
  return NULL;
} /* vma_lookup(): no area */

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long address)
{
  return NULL;
}

void __folio_put(struct folio *folio)
{
  host_fatal("the last reference to a page of guest memory was dropped");
}

/* ---- Guest memory ---- */

static DECLARE_BITMAP(guest_written, KIP_GUEST_BYTES_MAX / PAGE_SIZE);
static gfn_t written_list[KIP_GUEST_BYTES_MAX / PAGE_SIZE];
static unsigned int written_count;

void guest_page_written(gfn_t gfn)
{
  if (gfn < machine.setup.memory_bytes >> PAGE_SHIFT && !__test_and_set_bit(gfn, guest_written))
    written_list[written_count++] = gfn;
}

/* Only what was written: zeroing all of guest memory would be most of a reset's time. */
void guest_memory_clear(void)
{
  while (written_count) {
    const gfn_t gfn = written_list[--written_count];
    memset(guest_direct(gfn << PAGE_SHIFT), 0, PAGE_SIZE);
    __clear_bit(gfn, guest_written);
  }
}

/* In one memslot, and within one page or more. */
bool guest_range(gpa_t gpa, unsigned long bytes)
{
  const struct kip_setup *setup = &machine.setup;

  if (gpa >= setup->memory_bytes || bytes > setup->memory_bytes - gpa)
    return false;
  return setup->hole_bytes == 0 || gpa + bytes <= setup->hole_start || gpa >= setup->hole_start + setup->hole_bytes;
}

/* ---- Life ---- */

void memory_init(void)
{
  static struct mem_section section = {
    .section_mem_map = SECTION_MARKED_PRESENT | SECTION_HAS_MEM_MAP | SECTION_IS_ONLINE | SECTION_IS_EARLY,
  };
  static struct mem_section *root = &section;
  unsigned long pfn;

  mem_section = &root;
  pool.next_page = KIP_POOL_HPA;
  for (pfn = KIP_GUEST_HPA >> PAGE_SHIFT; pfn < KIP_PHYSICAL_BYTES >> PAGE_SHIFT; pfn++)
    set_page_count(pfn_to_page(pfn), 1);
  zero_pfn = __pa(page_alloc(__GFP_ZERO)) >> PAGE_SHIFT;
  build_vmm_tables();
}

void memory_mark(void)
{
  pool.next_object = pool.end_objects; /* the scenario's objects on pages of their own */
  pool_at_mark = pool;
  contents_at_mark = host_save(__va(KIP_POOL_HPA), pool.next_page - KIP_POOL_HPA);
}

bool memory_reset(void)
{
  if (!contents_at_mark)
    return false;
  host_unpoison(__va(pool_at_mark.next_page), pool.next_page - pool_at_mark.next_page);
  pool = pool_at_mark;
  host_restore(__va(KIP_POOL_HPA), pool.next_page - KIP_POOL_HPA, contents_at_mark);
  guest_memory_clear();
  return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The rest of the kernel, as far as one thread that never sleeps needs it: locks that are always free, grace periods that are always over,
 * time that stands still. Functions that KVM references but this arrangement never calls are not here: the build generates stubs for them
 * that name themselves and end the run (generate_stubs.awk). */
#include "shim.h"

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/ratelimit.h>
#include <linux/rcuwait.h>
#include <linux/shrinker.h>
#include <linux/static_call.h>
#include <linux/user-return-notifier.h>
#include <asm/e820/api.h>

/* ---- The current task and processor ---- */

static struct task_struct the_task;
#if LINUX_6_12
DEFINE_PER_CPU_ALIGNED(struct pcpu_hot, pcpu_hot) = { .current_task = &the_task };
#else
DEFINE_PER_CPU(struct task_struct *, current_task) = &the_task;
DEFINE_PER_CPU(int, __preempt_count);
#endif
struct cpuinfo_x86 boot_cpu_data;
struct cpumask __cpu_online_mask = { { 1 } };
unsigned long volatile jiffies;
unsigned int tsc_khz = 2000000;
bool static_key_initialized = true;
long __static_call_return0(void)
{
  return 0;
}

int __cond_resched(void)
{
  return 0;
}
int __cond_resched_rwlock_read(rwlock_t *lock)
{
  return 0;
}
int __cond_resched_rwlock_write(rwlock_t *lock)
{
  return 0;
}
void preempt_notifier_register(struct preempt_notifier *notifier)
{
}
void preempt_notifier_unregister(struct preempt_notifier *notifier)
{
}
void user_return_notifier_unregister(struct user_return_notifier *notifier)
{
}
int rcuwait_wake_up(struct rcuwait *wait)
{
  return 0;
}
void finish_rcuwait(struct rcuwait *wait)
{
}
void on_each_cpu_cond_mask(smp_cond_func_t condition, smp_call_func_t call, void *argument, bool wait,
                           const struct cpumask *mask)
{
}
int check_tsc_unstable(void)
{
  return 0;
}
ktime_t ktime_get(void)
{
  return 0;
}
ktime_t ktime_get_raw(void)
{
  return 0;
}
ktime_t ktime_get_with_offset(enum tk_offsets offset)
{
  return 0;
}

/* ---- Locks and grace periods ---- */

void __mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
{
}
void mutex_lock(struct mutex *lock)
{
}
int mutex_lock_killable(struct mutex *lock)
{
  return 0;
}
void mutex_unlock(struct mutex *lock)
{
}
void __init_rwsem(struct rw_semaphore *lock, const char *name, struct lock_class_key *key)
{
}
void down_read(struct rw_semaphore *lock)
{
}
void up_read(struct rw_semaphore *lock)
{
}
void down_write(struct rw_semaphore *lock)
{
}
void up_write(struct rw_semaphore *lock)
{
}
int init_srcu_struct(struct srcu_struct *srcu)
{
  return 0;
}
void __srcu_read_unlock(struct srcu_struct *srcu, int index)
{
  srcu->srcu_lock_nesting[index]--;
}
void synchronize_srcu(struct srcu_struct *srcu)
{
}
void synchronize_rcu(void)
{
}
void rcu_barrier(void)
{
}
void call_rcu(struct rcu_head *head, rcu_callback_t callback)
{
  callback(head);
} /* nobody is reading: the grace period is over */
void refcount_warn_saturate(refcount_t *count, enum refcount_saturation_type type)
{
  WARN(1, "refcount saturated, type %d", type);
}

/* ---- Small services ---- */

#if LINUX_6_12
struct shrinker *shrinker_alloc(unsigned int flags, const char *name, ...)
{
  static struct shrinker shrinker;

  return &shrinker;
}
void shrinker_register(struct shrinker *shrinker)
{
}
#else
int register_shrinker(struct shrinker *shrinker, const char *name, ...)
{
  return 0;
}
#endif
void mark_page_accessed(struct page *page)
{
}
int ___ratelimit(struct ratelimit_state *state, const char *function)
{
  return 0;
}
bool pat_enabled(void)
{
  return true;
}
bool pat_pfn_immune_to_uc_mtrr(unsigned long pfn)
{
  return false;
}
bool e820__mapped_raw_any(u64 start, u64 end, enum e820_type type)
{
  return true;
}
int fpu_enable_guest_xfd_features(struct fpu_guest *fpu, u64 features)
{
  return 0;
}
void fpstate_clear_xstate_component(struct fpstate *state, unsigned int component)
{
}
int set_memory_decrypted(unsigned long address, int pages)
{
  return 0;
}
int set_memory_encrypted(unsigned long address, int pages)
{
  return 0;
}
bool itlb_multihit_kvm_mitigation;

/* ---- Other parts of KVM that are switched off: no in-kernel interrupt controller, no PMU, no Hyper-V, no async page faults ---- */

void kvm_lapic_set_base(struct kvm_vcpu *vcpu, u64 value)
{
  vcpu->arch.apic_base = value;
}
/* Which of the two x86.c calls is a matter of the stable release. */
int kvm_apic_set_base(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
  vcpu->arch.apic_base = msr->data;
  return 0;
}
void kvm_recalculate_apic_map(struct kvm *kvm)
{
}
void kvm_pmu_refresh(struct kvm_vcpu *vcpu)
{
}
void kvm_hv_set_cpuid(struct kvm_vcpu *vcpu, bool hyperv_enabled)
{
}
void kvm_async_pf_vcpu_init(struct kvm_vcpu *vcpu)
{
}

/* ---- Static calls: a trampoline is a five-byte jump that the kernel patches ---- */

void __static_call_update(struct static_call_key *key, void *trampoline, void *function)
{
  u8 jump[5] = { 0xe9 };
  const s32 distance = function - (trampoline + sizeof jump);

  key->func = function;
  memcpy(jump + 1, &distance, sizeof distance);
  host_write_code(trampoline, jump, sizeof jump);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The model with the way into it, as E-ACSL sees them.  A call from a file that E-ACSL has not written goes past the
   contracts, and its objects are unknown to \valid; so the linker hands the replay's calls to the functions here
   (ld --wrap), which call the model over objects of their own. */
#include "model/src/slat_all.c"

int eacsl_run(int argc, char **argv);
enum slat_status __wrap_slat_open(struct slat_machine *machine, const struct slat_config *config);
enum slat_status __wrap_slat_feed(struct slat_machine *machine, const struct slat_event *event);
enum slat_status __wrap_slat_permitted(const struct slat_machine *machine, unsigned cpu,
                                       const struct slat_memory *memory, const struct slat_access *access,
                                       struct slat_permitted *out);
struct slat_write_result __wrap_slat_write_register(const struct slat_config *config, const struct slat_cpu *cpu,
                                                    const struct slat_memory *memory,
                                                    const struct slat_register_write *write);
struct slat_verdict __wrap_slat_judge(const struct slat_permitted *set, const struct slat_outcome *observed);
enum slat_rule __wrap_slat_judge_update(const struct slat_permitted *set, uint64_t spa, uint64_t before, uint64_t after,
                                        bool done);
const char *__wrap_slat_status_text(enum slat_status status);
enum slat_rule __wrap_slat_ends(bool amd, const struct slat_tags *tags, const struct slat_invalidation *operation,
                                const struct slat_mapping *mapping);
enum slat_rule __wrap_slat_must_not_use(bool amd, const struct slat_tags *tags, const struct slat_mapping *mapping);
enum slat_rule __wrap_slat_must_not_make(bool amd, const struct slat_tags *tags, const struct slat_mapping *mapping);

struct slat_need __wrap_slat_guest_change(const struct slat_controls *controls, unsigned level, uint64_t before,
                                          uint64_t after);
struct slat_need __wrap_slat_ept_change(const struct slat_controls *controls, unsigned level, uint64_t before,
                                        uint64_t after);

static struct slat_machine the_machine;
static struct slat_config the_config;
static struct slat_event the_event;
static struct slat_memory the_memory;
static struct slat_access the_access;
static struct slat_permitted the_set;
static struct slat_cpu the_cpu;
static struct slat_register_write the_write;
static struct slat_outcome the_observation;
static struct slat_tags the_tags;
static struct slat_invalidation the_operation;
static struct slat_mapping the_mapping;
static struct slat_controls the_controls;

enum slat_status __wrap_slat_open(struct slat_machine *machine, const struct slat_config *config)
{
  the_machine = *machine;
  the_config = *config;
  const enum slat_status status = slat_open(&the_machine, &the_config);
  *machine = the_machine;
  return status;
}

enum slat_status __wrap_slat_feed(struct slat_machine *machine, const struct slat_event *event)
{
  the_machine = *machine;
  the_event = *event;
  const enum slat_status status = slat_feed(&the_machine, &the_event);
  *machine = the_machine;
  return status;
}

enum slat_status __wrap_slat_permitted(const struct slat_machine *machine, unsigned cpu,
                                       const struct slat_memory *memory, const struct slat_access *access,
                                       struct slat_permitted *out)
{
  the_machine = *machine;
  the_memory = *memory;
  the_access = *access;
  the_set = *out;
  const enum slat_status status = slat_permitted(&the_machine, cpu, &the_memory, &the_access, &the_set);
  *out = the_set;
  if (status == SLAT_OK) /* no replay asks for this, and its contracts are to run as well */
    (void)slat_translate(&the_memory, &the_machine.cpu[cpu].controls, &the_access);
  return status;
}

struct slat_write_result __wrap_slat_write_register(const struct slat_config *config, const struct slat_cpu *cpu,
                                                    const struct slat_memory *memory,
                                                    const struct slat_register_write *write)
{
  the_config = *config;
  the_cpu = *cpu;
  the_memory = *memory;
  the_write = *write;
  return slat_write_register(&the_config, &the_cpu, &the_memory, &the_write);
}

struct slat_verdict __wrap_slat_judge(const struct slat_permitted *set, const struct slat_outcome *observed)
{
  the_set = *set;
  the_observation = *observed;
  return slat_judge(&the_set, &the_observation);
}

enum slat_rule __wrap_slat_judge_update(const struct slat_permitted *set, uint64_t spa, uint64_t before, uint64_t after,
                                        bool done)
{
  the_set = *set;
  return slat_judge_update(&the_set, spa, before, after, done);
}

const char *__wrap_slat_status_text(enum slat_status status)
{
  return slat_status_text(status);
}

enum slat_rule __wrap_slat_ends(bool amd, const struct slat_tags *tags, const struct slat_invalidation *operation,
                                const struct slat_mapping *mapping)
{
  the_tags = *tags;
  the_operation = *operation;
  the_mapping = *mapping;
  return slat_ends(amd, &the_tags, &the_operation, &the_mapping);
}

enum slat_rule __wrap_slat_must_not_use(bool amd, const struct slat_tags *tags, const struct slat_mapping *mapping)
{
  the_tags = *tags;
  the_mapping = *mapping;
  return slat_must_not_use(amd, &the_tags, &the_mapping);
}

enum slat_rule __wrap_slat_must_not_make(bool amd, const struct slat_tags *tags, const struct slat_mapping *mapping)
{
  the_tags = *tags;
  the_mapping = *mapping;
  return slat_must_not_make(amd, &the_tags, &the_mapping);
}

struct slat_need __wrap_slat_guest_change(const struct slat_controls *controls, unsigned level, uint64_t before,
                                          uint64_t after)
{
  the_controls = *controls;
  return slat_guest_change(&the_controls, level, before, after);
}

struct slat_need __wrap_slat_ept_change(const struct slat_controls *controls, unsigned level, uint64_t before,
                                        uint64_t after)
{
  the_controls = *controls;
  return slat_ept_change(&the_controls, level, before, after);
}

int main(int argc, char **argv)
{
  return eacsl_run(argc, argv);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The program that fuzzes one target: under afl-fuzz, or alone (replay, minimise, a run from a seed, the report). */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "afl.h"
#include "loop.h"
#include "minimise.h"

enum { RING_SLOTS = 64 };

/* The last inputs, in a mapped file: what a process had done before it died. */
struct ring {
  uint64_t next;
  struct {
    uint64_t size;
    uint8_t bytes[SCENARIO_MAX_BYTES];
  } slot[RING_SLOTS];
};

struct options {
  const char *command, *state, *oracle, *output;
  uint64_t seed, inputs, seconds;
  bool stop_at_first, no_waivers;
  char **files;
  int count;
};

static struct loop loop;
static struct ring *ring;
static sigjmp_buf target_died;
static volatile sig_atomic_t interrupted;
static const char *volatile death;
static volatile sig_atomic_t running; /* an input does */

/* ---- The target may die: BUG_ON, a wild access. What it did so far is saved, and the loop goes on. ---- */

static void on_fatal(const char *what)
{
  death = what;
  siglongjmp(target_died, 1);
}

bool guarded_run(struct loop *l, const struct scenario *scenario);
bool guarded_run(struct loop *l, const struct scenario *scenario)
{
  if (sigsetjmp(target_died, 1) != 0) {
    running = false;
    loop_died(l, death);
    return false;
  }
  running = true;
  const bool agrees = loop_run(l, scenario);
  running = false;
  return agrees;
}

/* ---- The target may hang. A timer of the process's own time looks whether an input has not ended for two periods. ---- */

enum { WATCH_PERIOD = 50000 }; /* microseconds; an input takes a hundred */

static void on_tick(int number)
{
  static uint64_t last;
  static unsigned ticks;
  const uint64_t now = loop.statistics->inputs;

  (void)number;
  ticks = running && now == last ? ticks + 1 : 0;
  last = now;
  if (ticks == 2)
    on_fatal("HANG target: an input does not end");
}

static void start_watch(void)
{
  const struct itimerval period = { { 0, WATCH_PERIOD }, { 0, WATCH_PERIOD } };
  const struct sigaction action = { .sa_handler = on_tick, .sa_flags = SA_RESTART };

  sigaction(SIGPROF, &action, NULL);
  setitimer(ITIMER_PROF, &period, NULL);
}

/* ---- Files ---- */

static void fail(const char *what, const char *name)
{
  fprintf(stderr, "fuzz: %s: %s: %s\n", name, what, strerror(errno));
  exit(2);
}

static char *path_in(const char *directory, const char *name)
{
  char *path = NULL;

  if (asprintf(&path, "%s/%s", directory, name) < 0)
    fail("no memory", name);
  return path;
}

static size_t read_whole(const char *name, uint8_t *bytes, size_t room)
{
  FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
  size_t size;

  if (!file)
    fail("cannot read", name);
  size = fread(bytes, 1, room, file);
  if (file != stdin)
    fclose(file);
  return size;
}

static bool read_scenario(const char *name, struct scenario *scenario)
{
  static uint8_t bytes[1 << 20];
  const size_t size = read_whole(name, bytes, sizeof bytes);
  const enum slat_trace_status status = scenario_decode(scenario, bytes, size);

  if (status != SLAT_TRACE_OK)
    fprintf(stderr, "fuzz: %s: %s\n", name, slat_trace_status_text(status));
  return status == SLAT_TRACE_OK;
}

static void write_whole(const char *name, const void *bytes, size_t size)
{
  FILE *file = fopen(name, "wb");

  if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
    fail("cannot write", name);
}

static struct ring *open_ring(const char *path)
{
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  void *place;

  if (file < 0 || ftruncate(file, sizeof(struct ring)) != 0)
    fail("cannot make", path);
  place = mmap(NULL, sizeof(struct ring), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (place == MAP_FAILED)
    fail("cannot map", path);
  return place;
}

static void remember(const uint8_t *bytes, size_t size)
{
  const unsigned slot = ring->next % RING_SLOTS;

  if (size > SCENARIO_MAX_BYTES)
    return;
  ring->slot[slot].size = size;
  memcpy(ring->slot[slot].bytes, bytes, size);
  ring->next++;
}

/* ---- Set-up ---- */

static const struct oracle *open_oracle(const struct options *options)
{
  const struct oracle *oracle = oracle_by_name(options->oracle);
  const char *error;

  if (!oracle) {
    fprintf(stderr, "fuzz: no oracle is called %s\n", options->oracle);
    exit(2);
  }
  error = oracle_self_check(oracle);
  if (error) {
    fprintf(stderr, "fuzz: the oracle \"%s\" judges wrongly: %s\n", options->oracle, error);
    exit(1);
  }
  return oracle;
}

static void open_all(const struct options *options)
{
  const struct oracle *oracle = open_oracle(options);
  const char *findings = NULL, *error;
  struct statistics *statistics;

  if (options->state) {
    findings = path_in(options->state, "findings");
    if ((mkdir(options->state, 0777) != 0 && errno != EEXIST) || (mkdir(findings, 0777) != 0 && errno != EEXIST))
      fail("cannot make", findings);
    ring = open_ring(path_in(options->state, "last-inputs"));
  }
  statistics = statistics_open(options->state ? path_in(options->state, "statistics") : NULL);
  if (!statistics)
    fail("cannot map", "statistics");
  error = loop_open(&loop, &fuzz_target, oracle, statistics, findings);
  if (error) {
    fprintf(stderr, "fuzz: %s: %s\n", fuzz_target.name, error);
    exit(2);
  }
  loop.no_waivers = options->no_waivers;
  start_watch();
  fuzz_target.on_fatal(on_fatal);
}

static double now(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- Commands ---- */

#ifdef FUZZ_AFL
static void open_for_afl(const void *options)
{
  open_all(options);
}

static void afl_input(const uint8_t *bytes, size_t size)
{
  static struct scenario scenario;

  remember(bytes, size);
  if (scenario_decode(&scenario, bytes, size) == SLAT_TRACE_OK)
    guarded_run(&loop, &scenario);
  else
    loop.statistics->skips[SKIP_INPUT_UNREADABLE]++;
}

/* Each process that runs inputs sets the target up anew: its memory may be shared with the process before it. */
static int command_afl(const struct options *options)
{
  return afl_serve(open_for_afl, afl_input, options);
}
#endif

static void on_interrupt(int number)
{
  (void)number;
  interrupted = 1;
}

/* Generates, and half of the time mutates what it generated before. */
static int command_run(const struct options *options)
{
  static struct scenario scenario, other;
  static uint8_t bytes[SCENARIO_MAX_BYTES];
  struct random random = { options->seed };
  const double start = now();
  uint64_t n = 0;
  bool diverged = false;

  signal(SIGINT, on_interrupt);
  scenario_generate(&other, fuzz_target.can, &random);
  while (!interrupted && (options->inputs == 0 || n < options->inputs) &&
         (options->seconds == 0 || n % 256 != 0 || now() - start < (double)options->seconds)) {
    if (n % 2 == 0)
      scenario_generate(&scenario, fuzz_target.can, &random);
    else
      scenario_mutate(&scenario, other.config.stage2 == scenario.config.stage2 ? &other : NULL, fuzz_target.can,
                      &random);
    if (n % 8 == 0)
      other = scenario;
    if (ring)
      remember(bytes, scenario_encode(&scenario, bytes, sizeof bytes));
    n++;
    if (!guarded_run(&loop, &scenario)) {
      diverged = true;
      if (options->stop_at_first) {
        printf("divergence after %" PRIu64 " inputs, %.3f s: %s\n%s", n, now() - start, loop.name, loop.text);
        return 1;
      }
    }
  }
  fprintf(stderr, "fuzz: %" PRIu64 " inputs in %.1f s, %.0f a second\n", n, now() - start, (double)n / (now() - start));
  return diverged;
}

static int command_replay(const struct options *options)
{
  static struct scenario scenario;
  int status = 0;

  for (int i = 0; i < options->count; i++) {
    if (!read_scenario(options->files[i], &scenario)) {
      status = status ? status : 3;
      continue;
    }
    if (guarded_run(&loop, &scenario)) {
      if (options->count == 1)
        printf("%s: agrees\n", options->files[i]);
    } else {
      printf("%s: %s, event %u\n%s", options->files[i], loop.name, loop.at, loop.text);
      status = 1;
    }
  }
  return status;
}

/* The first file, minimised, with what the target was observed to do. */
static int command_minimise(const struct options *options)
{
  static struct scenario scenario;
  static uint8_t bytes[1 << 20];
  struct slat_trace_writer writer;
  char name[FINDING_NAME];
  unsigned before, tries;

  if (options->count != 1 || !options->output) {
    fprintf(stderr, "fuzz: minimise needs one file and --output\n");
    return 2;
  }
  if (!read_scenario(options->files[0], &scenario))
    return 3;
  before = scenario.count;
  if (guarded_run(&loop, &scenario)) {
    fprintf(stderr, "fuzz: %s agrees: nothing to minimise\n", options->files[0]);
    return 2;
  }
  snprintf(name, sizeof name, "%s", loop.name);
  tries = minimise(&loop, &scenario, name);
  if (slat_trace_put_config(&writer, bytes, sizeof bytes, &scenario.config) != SLAT_TRACE_OK)
    return 2;
  loop.record = &writer;
  guarded_run(&loop, &scenario);
  loop.record = NULL;
  write_whole(options->output, bytes, writer.used);
  printf("%s: %u events of %u left after %u tries\n%s", name, scenario.count, before, tries, loop.text);
  return 1;
}

static int command_report(const struct options *options)
{
  (void)options;
  statistics_print(loop.statistics, &fuzz_target, stdout);
  return statistics_check(loop.statistics, &fuzz_target, stderr) > 0 || loop.statistics->unexplained > 0;
}

/* `inputs` scenarios as files in the directory `output`: AFL++'s first corpus. */
static int command_generate(const struct options *options)
{
  static struct scenario scenario;
  static uint8_t bytes[SCENARIO_MAX_BYTES];
  struct random random = { options->seed };

  if (!options->output)
    return 2;
  mkdir(options->output, 0777);
  for (uint64_t i = 0; i < options->inputs; i++) {
    char name[32];

    scenario_generate(&scenario, fuzz_target.can, &random);
    snprintf(name, sizeof name, "%06" PRIu64 ".slat", i);
    write_whole(path_in(options->output, name), bytes, scenario_encode(&scenario, bytes, sizeof bytes));
  }
  return 0;
}

/* What was in the ring, oldest first. */
static int command_last(const struct options *options)
{
  if (!options->output || !ring)
    return 2;
  mkdir(options->output, 0777);
  for (uint64_t i = ring->next > RING_SLOTS ? ring->next - RING_SLOTS : 0; i < ring->next; i++) {
    char name[40];

    snprintf(name, sizeof name, "%020" PRIu64 ".slat", i);
    write_whole(path_in(options->output, name), ring->slot[i % RING_SLOTS].bytes, ring->slot[i % RING_SLOTS].size);
  }
  return 0;
}

static int command_version(const struct options *options)
{
  (void)options;
  printf("%s %s\n", fuzz_target.name, fuzz_target.version());
  return 0;
}

static int command_waivers(const struct options *options)
{
  (void)options;
  for (const struct waiver *w = fuzz_target.waivers; w->id; w++)
    printf("%s%s%s\n  %s\n  manual:   %s\n  evidence: %s\n", w->id, w->version ? ", only in " : "",
           w->version ? w->version : "", w->statement, w->manual, w->evidence);
  return 0;
}

static const struct {
  const char *name;
  int (*run)(const struct options *options);
} commands[] = {
#ifdef FUZZ_AFL
  { "afl", command_afl },
#endif
  { "run", command_run },         { "replay", command_replay },     { "minimise", command_minimise },
  { "report", command_report },   { "generate", command_generate }, { "last", command_last },
  { "version", command_version }, { "waivers", command_waivers },
};

/* ---- Options ---- */

static error_t parse(int key, char *argument, struct argp_state *state)
{
  struct options *options = state->input;

  switch (key) {
  case 's':
    options->seed = strtoull(argument, NULL, 0);
    return 0;
  case 'n':
    options->inputs = strtoull(argument, NULL, 0);
    return 0;
  case 't':
    options->seconds = strtoull(argument, NULL, 0);
    return 0;
  case 'd':
    options->state = argument;
    return 0;
  case 'o':
    options->output = argument;
    return 0;
  case 'O':
    options->oracle = argument;
    return 0;
  case '1':
    options->stop_at_first = true;
    return 0;
  case 'W':
    options->no_waivers = true;
    return 0;
  case ARGP_KEY_ARG:
    if (!options->command) {
      options->command = argument;
      return 0;
    }
    return ARGP_ERR_UNKNOWN;
  case ARGP_KEY_ARGS:
    options->files = state->argv + state->next;
    options->count = state->argc - state->next;
    if (!options->command) {
      options->command = *options->files++;
      options->count--;
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

int main(int argc, char **argv)
{
  static const struct argp_option argp_options[] = {
    { "seed", 's', "N", 0, "seed of `run` and `generate` (default 1)", 0 },
    { "inputs", 'n', "N", 0, "stop after N inputs", 0 },
    { "seconds", 't', "N", 0, "stop after N seconds", 0 },
    { "state", 'd', "DIR", 0, "where statistics, findings and the last inputs are kept", 0 },
    { "output", 'o', "PATH", 0, "file or directory to write", 0 },
    { "oracle", 'O', "NAME", 0, "slat, or permit-all: one that permits everything, to see that a run then fails", 0 },
    { "no-waivers", 'W', NULL, 0, "what a waiver covers is a divergence too", 0 },
    { "first", '1', NULL, 0, "`run`: stop at the first divergence", 0 },
    { 0 },
  };
  static const struct argp argp = {
    .options = argp_options,
    .parser = parse,
    .args_doc = "COMMAND [FILE...]",
    .doc = "Fuzzes one target against the oracle.\v"
           "Commands:\n"
           "  run        scenarios from a seed, without afl-fuzz\n"
           "  replay     FILE...: runs scenarios, says what diverges\n"
           "  minimise   FILE: makes a scenario with a divergence small\n"
           "  report     the statistics of --state as JSON\n"
           "  generate   --inputs scenarios into the directory --output\n"
           "  last       the last inputs of --state into the directory --output\n"
           "  waivers    what the target is known to do otherwise\n"
           "  version    of the target\n"
           "  afl        under afl-fuzz\n"
           "Exit: 0 agrees, 1 divergence or a run that does not count, 2 usage, 3 malformed input.",
  };
  const char *state = getenv("SLAT_FUZZ_STATE"), *oracle = getenv("SLAT_FUZZ_ORACLE");
  struct options options = { .state = state, .oracle = oracle ? oracle : "slat", .seed = 1 };

  if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0)
    return 2;
  for (unsigned i = 0; options.command && i < sizeof commands / sizeof *commands; i++)
    if (strcmp(options.command, commands[i].name) == 0) {
      if (strcmp(options.command, "afl") == 0)
        open_oracle(&options);
      else
        open_all(&options);
      return commands[i].run(&options);
    }
  fprintf(stderr, "fuzz: no such command; see --help\n");
  return 2;
}

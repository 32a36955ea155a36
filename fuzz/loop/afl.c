/* SPDX-License-Identifier: BSD-2-Clause */
#include "afl.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of the protocol, as docs and run-time library of AFL++ 4 have it. */
enum { COMMANDS = 198, ANSWERS = 199 }; /* descriptors */
#define OPTION_ENABLED 0x80000001U
#define OPTION_MAP_SIZE 0x40000000U
#define OPTION_INPUT_SHARED 0x01000000U
#define INPUT_SHARED_ID "__AFL_SHM_FUZZ_ID" /* variable with the number of the shared memory: length, bytes */

/* Of its run-time library, which maps the table of branches. */
extern unsigned char *__afl_area_ptr;
extern unsigned int __afl_map_size;
/* What afl-fuzz looks for in the program's file: the mode, and that the library is not to start a fork server. */
__attribute__((used)) static const volatile char afl_persistent[] = "##SIG_AFL_PERSISTENT##";
__attribute__((used)) static const volatile char afl_deferred[] = "##SIG_AFL_DEFER_FORKSRV##";

enum { INPUTS_OF_A_PROCESS = 100000, STARTS = 5 };

/* What the process that runs inputs leaves to its parent. For each input afl-fuzz writes a command, and reads the number
 * of the process that runs it and then how that ended. The number may be sent ahead, with the answer before. */
struct progress {
  volatile bool running;   /* a command was read and not answered */
  volatile bool announced; /* the number for the next command was sent */
};

static void tell(const void *bytes, size_t size)
{
  if (write(ANSWERS, bytes, size) != (ssize_t)size)
    _exit(1);
}

static bool hear(uint32_t *word)
{
  ssize_t got;

  do
    got = read(COMMANDS, word, sizeof *word);
  while (got < 0 && errno == EINTR);
  return got == sizeof *word;
}

/* @return the shared memory in which inputs come; NULL: afl-fuzz does not know the way. */
static const uint32_t *greet(void)
{
  const uint32_t size = (__afl_map_size - 1) << 1;
  const uint32_t hello = OPTION_ENABLED | OPTION_INPUT_SHARED | OPTION_MAP_SIZE | size;
  const char *id = getenv(INPUT_SHARED_ID);
  uint32_t agreed;
  void *place;

  if (write(ANSWERS, &hello, sizeof hello) != sizeof hello) {
    fprintf(stderr, "fuzz: `afl` is for afl-fuzz to start\n");
    return NULL;
  }
  if (!hear(&agreed) || (agreed & OPTION_INPUT_SHARED) == 0 || !id)
    return NULL;
  place = shmat(atoi(id), NULL, 0);
  return place == (void *)-1 ? NULL : place;
}

/* afl-fuzz sends the next command, or goes away, within microseconds, unless it waits for an answer. */
static bool command_comes(void)
{
  struct pollfd commands = { .fd = COMMANDS, .events = POLLIN };

  return poll(&commands, 1, 3000) != 0;
}

static void serve(struct progress *progress, const uint32_t *shared, void (*input)(const uint8_t *bytes, size_t size))
{
  const uint32_t self = (uint32_t)getpid();
  uint32_t command;

  if (!progress->announced)
    tell(&self, sizeof self);
  progress->announced = true;
  for (unsigned i = 1; hear(&command); i++) {
    const uint32_t answer[] = { 0, self };
    const bool last = i == INPUTS_OF_A_PROCESS;

    progress->running = true;
    if (i == 1)
      memset(__afl_area_ptr, 0, __afl_map_size); /* what setting up reached is not the input's doing */
    __afl_area_ptr[0] = 1; /* else a run that reaches nothing looks as if it were not instrumented */
    input((const uint8_t *)(shared + 1), *shared);
    progress->announced = !last;
    progress->running = false;
    tell(answer, last ? sizeof answer[0] : sizeof answer);
    if (last)
      break;
  }
  _exit(0);
}

int afl_serve(void (*open)(const void *context), void (*input)(const uint8_t *bytes, size_t size), const void *context)
{
  struct progress *progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const uint32_t *shared = progress == MAP_FAILED ? NULL : greet();

  if (!shared)
    return 2;
  for (unsigned failed = 0; failed < STARTS;) {
    const pid_t child = fork();
    int status;

    if (child < 0)
      return 2;
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      open(context);
      serve(progress, shared, input);
    }
    if (waitpid(child, &status, 0) != child)
      return 2;
    /* It died on an input; or somebody killed it with a command in its hands that it had not begun, or an answer that it
     * had not sent. */
    if (progress->running || (status != 0 && progress->announced && !command_comes())) {
      progress->running = progress->announced = false;
      tell(&status, sizeof status);
    } else if (status != 0 && !progress->announced) {
      failed++; /* it did not even start */
    } else if (status == 0 && progress->announced) {
      return 0; /* afl-fuzz has ended */
    }
  }
  return 2;
}

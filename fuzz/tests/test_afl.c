/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol of loop/afl.c, with this program in the place of afl-fuzz: what it is told of inputs that end, that crash,
 * and that hang, and that it goes on after them. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "../loop/afl.h"

/* What AFL++'s run-time library would have. */
static unsigned char area[64];
extern unsigned char *__afl_area_ptr;
extern unsigned int __afl_map_size;
unsigned char *__afl_area_ptr = area;
unsigned int __afl_map_size = sizeof area;

enum { COMMANDS = 198, ANSWERS = 199, ROOM = 16 };

static int to_server, from_server;
static uint32_t *shared; /* length, bytes */
static pid_t server;

static void open_target(const void *context)
{
  area[1] = *(const unsigned char *)context; /* set-up reaches branches too */
}

static void input(const uint8_t *bytes, size_t size)
{
  shared[ROOM / 4] = area[1]; /* what the first input of a process finds in the table */
  if (size == 1 && bytes[0] == 'c')
    abort();
  while (size == 1 && bytes[0] == 'h')
    pause();
  shared[ROOM / 4 + 1]++;
}

static uint32_t hear(void)
{
  uint32_t word = 0;

  assert_int_equal(read(from_server, &word, sizeof word), sizeof word);
  return word;
}

static void say(uint32_t word)
{
  assert_int_equal(write(to_server, &word, sizeof word), sizeof word);
}

static int start(void **state)
{
  const int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  int down[2], up[2];
  char text[16];

  (void)state;
  shared = shmat(id, NULL, 0);
  shmctl(id, IPC_RMID, NULL);
  snprintf(text, sizeof text, "%d", id);
  setenv("__AFL_SHM_FUZZ_ID", text, 1);
  if (pipe(down) != 0 || pipe(up) != 0)
    return 1;
  fflush(NULL);
  server = fork();
  if (server == 0) {
    static const unsigned char mark = 7;

    dup2(down[0], COMMANDS);
    dup2(up[1], ANSWERS);
    close(down[1]);
    close(up[0]);
    _exit(afl_serve(open_target, input, &mark));
  }
  close(down[0]);
  close(up[1]);
  to_server = down[1];
  from_server = up[0];
  alarm(60);
  return 0;
}

static int stop(void **state)
{
  int status;

  (void)state;
  close(to_server);
  assert_int_equal(waitpid(server, &status, 0), server);
  assert_int_equal(status, 0); /* it ends with afl-fuzz */
  close(from_server);
  shmdt(shared);
  return 0;
}

static void greet(void)
{
  const uint32_t hello = hear();

  assert_int_equal(hello & 0x80000001U, 0x80000001U);
  assert_true(hello & 0x01000000U); /* inputs in shared memory */
  assert_int_equal((hello >> 1 & 0x7fffff) + 1, sizeof area);
  say(0x81000001U);
}

/* @return how the input ended */
static int run(char what, pid_t *process)
{
  shared[0] = 1;
  memcpy(shared + 1, &what, 1);
  say(0);
  *process = (pid_t)hear();
  if (what == 'h') {
    usleep(20000);
    kill(*process, SIGKILL);
  }
  return (int)hear();
}

static void ends_crashes_and_hangs_are_told(void **state)
{
  pid_t first, process, before;

  (void)state;
  greet();
  assert_int_equal(run('.', &first), 0);
  assert_int_equal(shared[ROOM / 4], 0); /* the table was cleared after the set-up */
  assert_int_equal(run('.', &process), 0);
  assert_int_equal(process, first);
  for (unsigned i = 0; i < 3; i++) {
    const int crash = run('c', &process);

    assert_true(WIFSIGNALED(crash) && WTERMSIG(crash) == SIGABRT);
    before = process;
    assert_int_equal(run('.', &process), 0);
    assert_int_not_equal(process, before);

    const int hang = run('h', &process);

    assert_true(WIFSIGNALED(hang) && WTERMSIG(hang) == SIGKILL);
    assert_int_equal(run('.', &process), 0);
  }
  assert_int_equal(shared[ROOM / 4 + 1], 8);
}

/* Somebody else kills it between two inputs: no answer is due, none comes. */
static void killed_while_idle(void **state)
{
  pid_t first, process;

  (void)state;
  greet();
  assert_int_equal(run('.', &first), 0);
  usleep(50000);
  kill(first, SIGKILL);
  usleep(50000);
  assert_int_equal(run('.', &process), 0);
  assert_int_equal(run('.', &process), 0);
  assert_int_not_equal(process, first);
  assert_int_equal(shared[ROOM / 4 + 1], 3);
}

static void a_process_is_replaced_now_and_then(void **state)
{
  pid_t first, process;

  (void)state;
  greet();
  assert_int_equal(run('.', &first), 0);
  for (unsigned i = 1; i < 100000; i++) {
    assert_int_equal(run('.', &process), 0);
    assert_int_equal(process, first);
  }
  assert_int_equal(run('.', &process), 0);
  assert_int_not_equal(process, first);
  assert_int_equal(shared[ROOM / 4 + 1], 100001);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(ends_crashes_and_hangs_are_told, start, stop),
    cmocka_unit_test_setup_teardown(killed_while_idle, start, stop),
    cmocka_unit_test_setup_teardown(a_process_is_replaced_now_and_then, start, stop),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

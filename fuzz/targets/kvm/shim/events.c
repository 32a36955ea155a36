/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel would tell its log or die of: WARN_ON, BUG_ON, faults on user memory, sanitizer reports, missing functions. */
#define _GNU_SOURCE
#include "host.h"
#include "../kvm_in_process.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

/* ---- The list of events ---- */

enum { KEPT = 16, TEXT = 160 };

static struct kip_event kept[KEPT];
static char texts[KEPT][TEXT];
static unsigned count;
static char warn_text[TEXT]; /* from __warn_printk(), which the kernel calls just before the WARN's ud2 */
static void (*fatal_handler)(const struct kip_event *);

static const struct kip_event *record(enum kip_event_kind kind, const char *file, unsigned line, const char *text)
{
  static struct kip_event last;
  static char last_text[TEXT];
  struct kip_event *event = count < KEPT ? &kept[count] : &last;
  char *copy = count < KEPT ? texts[count] : last_text;

  snprintf(copy, TEXT, "%s", text);
  copy[strcspn(copy, "\n")] = '\0';
  *event = (struct kip_event){ .kind = kind, .file = file, .line = line, .text = copy };
  count++;
  return event;
}

static void fatal(const struct kip_event *event)
{
  if (fatal_handler)
    fatal_handler(event);
  fprintf(stderr, "kvm in a process: fatal: %s:%u %s\n", event->file, event->line, event->text);
  abort();
}

unsigned kip_events(void)
{
  return count;
}

const struct kip_event *kip_event(unsigned index)
{
  return index < count && index < KEPT ? &kept[index] : NULL;
}

void kip_clear_events(void)
{
  count = 0;
}

void kip_on_fatal(void (*handler)(const struct kip_event *))
{
  fatal_handler = handler;
}

void host_clear_events(void)
{
  count = 0;
}

/* Called from the generated stubs: KVM reached a kernel function that the shim has not got. */
void host_missing(const char *function)
{
  fatal(record(KIP_EVENT_STUB, "missing kernel function", 0, function));
  abort();
}

void host_fatal(const char *what)
{
  fatal(record(KIP_EVENT_BUG, "shim", 0, what));
  abort();
}

/* ---- The kernel's messages ---- */

int _printk(const char *format, ...)
{
  va_list arguments;

  if (!getenv("KIP_PRINTK"))
    return 0;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  return 0;
}

void __warn_printk(const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(warn_text, sizeof warn_text, format, arguments);
  va_end(arguments);
}

/* ---- WARN_ON and BUG_ON: a ud2 with an entry in __bug_table. The layout of both tables is the kernel's, all offsets self-relative. ---- */

struct bug_entry {
  int32_t address, file;
  uint16_t line, flags;
};

struct exception_entry {
  int32_t instruction, fixup, data;
};

enum { BUG_IS_WARNING = 1, LENGTH_OF_UD2 = 2 };

extern const struct bug_entry __start___bug_table[], __stop___bug_table[];
extern const struct exception_entry __start___ex_table[], __stop___ex_table[];

/* What a WARN or BUG tests: the build lists it (build.py, warnings_of()), so that one can be told from another in whatever line it is. */
extern const struct warning {
  const char *file;
  uint64_t line;
  const char *condition;
} host_warnings[];

static const char *condition_of(const char *file, unsigned line)
{
  for (const struct warning *warning = host_warnings; warning->file; warning++)
    if (warning->line == line && strcmp(warning->file, file) == 0)
      return warning->condition;
  return "";
}

static void on_invalid_opcode(ucontext_t *context)
{
  greg_t *const registers = context->uc_mcontext.gregs;
  const uintptr_t at = (uintptr_t)registers[REG_RIP];

  for (const struct bug_entry *bug = __start___bug_table; bug < __stop___bug_table; bug++) {
    if ((uintptr_t)&bug->address + (intptr_t)bug->address != at)
      continue;
    const char *file = (const char *)((uintptr_t)&bug->file + (intptr_t)bug->file);
    if (bug->flags & BUG_IS_WARNING) {
      record(KIP_EVENT_WARN, file, bug->line, warn_text[0] ? warn_text : condition_of(file, bug->line));
      warn_text[0] = '\0';
      registers[REG_RIP] += LENGTH_OF_UD2;
      return;
    }
    fatal(record(KIP_EVENT_BUG, file, bug->line, condition_of(file, bug->line)));
  }
  fatal(record(KIP_EVENT_SIGNAL, "invalid opcode", 0, ""));
}

/* ---- Faults on user memory: go on at the fix-up that the kernel has for the instruction ---- */

/* Register numbers as instructions encode them, to their places in the signal context. */
static const int register_place[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                        REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };

static bool fix_up(ucontext_t *context)
{
  enum { DEFAULT = 1, FAULT = 2, UACCESS = 3, COPY = 4, IMMEDIATE_TO_REGISTER = 17 };
  greg_t *const registers = context->uc_mcontext.gregs;

  for (const struct exception_entry *entry = __start___ex_table; entry < __stop___ex_table; entry++) {
    if ((uintptr_t)&entry->instruction + (intptr_t)entry->instruction != (uintptr_t)registers[REG_RIP])
      continue;
    switch (entry->data & 0xff) {
    case IMMEDIATE_TO_REGISTER:
      registers[register_place[entry->data >> 8 & 15]] = entry->data >> 16;
      break;
    case DEFAULT:
    case FAULT:
    case UACCESS:
    case COPY:
      break;
    default:
      return false;
    }
    registers[REG_RIP] = (greg_t)((uintptr_t)&entry->fixup + (intptr_t)entry->fixup);
    return true;
  }
  return false;
}

static struct sigaction before[NSIG];

static void on_signal(int signal, siginfo_t *information, void *context)
{
  char text[TEXT];

  if (signal == SIGILL) {
    on_invalid_opcode(context);
    return;
  }
  if (fix_up(context))
    return;
  snprintf(text, sizeof text, "%s at %p, instruction %#llx", strsignal(signal), information->si_addr,
           (unsigned long long)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP]);
  const struct kip_event *event = record(KIP_EVENT_SIGNAL, "signal", 0, text);
  if (fatal_handler)
    fatal_handler(event);
  /* Nobody took it: the instruction faults again under the handler that was there before us (ASan's, or the default). */
  sigaction(signal, &before[signal], NULL);
}

void host_catch_signals(void)
{
  /* SA_NODEFER: the fatal handler may leave by siglongjmp without the mask having to be restored. */
  const struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER };
  const int signals[] = { SIGILL, SIGSEGV, SIGBUS };

  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    sigaction(signals[i], &action, &before[signals[i]]);
}

/* ---- Sanitizers: their runtimes call these hooks ---- */

void __ubsan_get_current_report_data(const char **kind, const char **message, const char **file, unsigned *line,
                                     unsigned *column, char **address) __attribute__((weak));
const char *__asan_get_report_description(void) __attribute__((weak));

void __ubsan_on_report(void)
{
  const char *kind = "", *message = "", *file = "";
  unsigned line = 0, column = 0;
  char *address = NULL;

  if (__ubsan_get_current_report_data)
    __ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
  const char *in_tree = strstr(file, "/source/"); /* where the build keeps KVM's directories */
  record(KIP_EVENT_SANITIZER, in_tree ? in_tree + strlen("/source/") : file, line, message);
}

/* ASan cannot go on: its report lock is held, so the fatal handler may only _exit() here. */
void __asan_on_error(void)
{
  const struct kip_event *event = record(KIP_EVENT_SANITIZER, "AddressSanitizer", 0,
                                         __asan_get_report_description ? __asan_get_report_description() : "");
  if (fatal_handler)
    fatal_handler(event);
}

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs into a directory of its own and uses the result as a stranger would: a program is compiled with the flags that
# pkg-config gives, linked against the shared and against the static library, and run; then all is uninstalled.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$root"
run_make() { make --no-print-directory -s DEPS=skip DESTDIR="$scratch" PREFIX=/opt/slat "$@" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }; }
run_make install
cat >"$scratch/program.c" <<'END'
#include <slat/slat.h>
#include <stdio.h>
static uint64_t no_memory(void *context, uint64_t spa)
{
  (void)context;
  (void)spa;
  return 0;
}
int main(void)
{
  struct slat_config config = { .vendor = SLAT_INTEL, .stage2 = SLAT_STAGE2_NONE, .maxphyaddr = 40 };
  struct slat_memory memory = { no_memory, 0 };
  struct slat_access access = { .linear = 0x1000, .kind = SLAT_READ, .width = 8 };
  struct slat_machine machine;
  struct slat_permitted set;
  if (slat_open(&machine, &config) != SLAT_OK || slat_permitted(&machine, 0, &memory, &access, &set) != SLAT_OK)
    return 1;
  printf("%s\n", slat_rule_info(set.outcome[0].rule)->id);
  return set.outcome[0].kind == SLAT_PAGE_FAULT ? 0 : 1;
}
END
export PKG_CONFIG_SYSROOT_DIR="$scratch" PKG_CONFIG_PATH="$scratch/opt/slat/lib/pkgconfig"
# shellcheck disable=SC2046 # flags are words
gcc -std=c99 -Wall -Wextra -Werror $(pkg-config --cflags slat) -o "$scratch/shared" "$scratch/program.c" $(pkg-config --libs slat)
LD_LIBRARY_PATH="$scratch/opt/slat/lib" "$scratch/shared" >"$scratch/rule"
# shellcheck disable=SC2046
gcc -std=c99 $(pkg-config --cflags slat) -o "$scratch/static" "$scratch/program.c" "$scratch/opt/slat/lib/libslat.a"
[ "$("$scratch/static")" = "$(cat "$scratch/rule")" ]
[ "$(pkg-config --modversion slat)" = "$("$scratch/opt/slat/bin/slat" version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)" ]
man -l "$scratch/opt/slat/share/man/man1/slat.1" >/dev/null 2>&1 || grep -q '^\.TH SLAT' "$scratch/opt/slat/share/man/man1/slat.1"
run_make uninstall
left=$(find "$scratch/opt" ! -type d)
[ -z "$left" ] || { echo "uninstall left: $left"; exit 1; }
echo "install: shared and static library, header, pkg-config file, command and man page; uninstalled"

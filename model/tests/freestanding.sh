#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The library is freestanding: freestanding.sh NM OBJECT...
# Linked together, the objects may ask for memcpy and memset and nothing else, hold no data that can be written, and
# offer no symbol that does not begin with slat_.
set -eu
nm=$1
shift
fault=0
# Symbols that one object lacks and another has are the library's own.
undefined=$("$nm" --undefined-only --format=just-symbols "$@" | sed '/:$/d; /^$/d' | sort -u)
defined=$("$nm" --defined-only --extern-only --format=just-symbols "$@" | sed '/:$/d; /^$/d' | sort -u)
for symbol in $undefined; do
  case $symbol in
  memcpy | memset) ;;
  *)
    if ! printf '%s\n' "$defined" | grep -qxF "$symbol"; then
      echo "freestanding: the library needs $symbol"
      fault=1
    fi
    ;;
  esac
done
for symbol in $defined; do
  case $symbol in
  slat_*) ;;
  *)
    echo "freestanding: public name without slat_: $symbol"
    fault=1
    ;;
  esac
done
# Data in a section that stays writable after the program is loaded.
writable=$("$nm" --defined-only --format=sysv "$@" |
  awk -F '|' '$7 ~ /^\.(t?bss|t?data)/ && $7 !~ /^\.data\.rel\.ro/ && $7 !~ /^\*COM/ { gsub(/ /, "", $1); print $1 } $7 ~ /COM/ { print $1 }')
for symbol in $writable; do
  echo "freestanding: a global that can change: $symbol"
  fault=1
done
[ "$fault" -eq 0 ] && echo "freestanding: $(printf '%s\n' "$defined" | wc -l) public names, nothing needed but memcpy and memset"
exit "$fault"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The slat command from outside: SLAT=COMMAND test_cli.sh.  TAP.
# shellcheck disable=SC2317 # the functions are called through ok
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
slat=${SLAT:-$root/build/bin/slat}
[ -x "$slat" ] || { echo "Bail out! no command $slat: run make cli, or set SLAT"; exit 1; }
examples=$root/conformance/examples
schema=$root/conformance/schema/slat-output-v1.schema.json
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tests=0
failed=0

header='{"slat-trace": 1, "config": {"vendor": "intel", "stage2": "none", "maxphyaddr": 46, "nx": true}}'
access='{"cpu": 0, "access": {"linear": "0x1000", "kind": "read", "width": 8}}'

report() { # STATUS NAME
  tests=$((tests + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $tests - $2"
  else
    echo "not ok $tests - $2"
    sed 's/^/# /' "$scratch/out" "$scratch/err"
    failed=1
  fi
}

# run CODE ARGUMENT...: runs slat, and fails unless it exits with CODE
run() {
  expected=$1
  shift
  code=0
  timeout 20 "$slat" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || code=$?
  [ "$code" -eq "$expected" ] || { echo "# slat $*: exit $code, not $expected"; return 1; }
}
# one line on stderr, nothing on stdout, and the line says what and where
complains() { # WORDS
  [ ! -s "$scratch/out" ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] && grep -q -- "$1" "$scratch/err"
}
told() { # WORDS, on stderr, among others
  grep -q -- "$1" "$scratch/err"
}
says() { # WORDS
  grep -q -- "$1" "$scratch/out"
}
ok() { # NAME COMMAND...
  name=$1
  shift
  status=0
  "$@" || status=1
  report $status "$name"
}
trace() { # LINE...
  printf '%s\n' "$@" | sed -e ':a' -e '/,$/N; s/,\n */, /; ta' >"$scratch/t.jsonl"
}

agrees() {
  for file in "$examples"/*.jsonl; do
    run 0 check "$file" && says 'observed outcomes agree' || return 1
  done
}
ok "check agrees with every example" agrees

explains() {
  for file in "$examples"/*.jsonl; do
    run 0 walk --all "$file" && says '^observed' && says 'agrees$' || return 1
    ! grep -v "^  $file:" "$scratch/out" | grep -q '.\{101\}' || return 1
    ! grep -q "$(printf '\033')" "$scratch/out" || return 1
  done
}
ok "walk explains every example in 100 columns, without colour into a file" explains

numbers() {
  run 0 walk "$examples/ept-violation-guest-table.jsonl" && says '^  24    EPT PTE' && says '^  20  guest PTE' &&
    ! says '^  25' && says 'access 2 of 2' && says 'the final GPA 0x5018' &&
    run 0 walk --access 1 "$examples/ept-violation-guest-table.jsonl" && says '^> 19    EPT PTE' && says 'access 1 of 2'
}
ok "walk numbers the 24 references and marks the one that decided" numbers

json() {
  : >"$scratch/json"
  for file in "$examples"/*.jsonl; do
    run 0 walk --all --format json "$file" && cat "$scratch/out" >>"$scratch/json" || return 1
    run 0 check --format=json "$file" && cat "$scratch/out" >>"$scratch/json" || return 1
  done
  run 0 rules --format json && cat "$scratch/out" >>"$scratch/json" || return 1
  run 0 version --format json && cat "$scratch/out" >>"$scratch/json" || return 1
  for table in guest ept npt; do
    run 0 flush-needed --format json --table $table 8000037 8000035 && cat "$scratch/out" >>"$scratch/json" || return 1
  done
  trace "$header" "$access" \
    '{"cpu": 0, "observed": {"outcome": "translated", "spa": "0x10", "updates": [{"spa": "0x8", "value": "0x1"}]}}'
  run 1 check --format json "$scratch/t.jsonl" && cat "$scratch/out" >>"$scratch/json" || return 1
  /usr/bin/python3 "$root/model/tests/trace_schema.py" --no-header "$schema" "$scratch/json" >"$scratch/out"
}
ok "what is printed as JSON fits its schema" json

diverges() {
  trace "$header" "$access" '{"cpu": 0, "observed": {"outcome": "translated", "spa": "0x10"}}'
  run 1 check "$scratch/t.jsonl" && says 't.jsonl:3 *DIVERGES' && says 'permitted *page-fault, error_code 0x0' &&
    says '0 of 1 observed outcomes agree' && run 1 walk "$scratch/t.jsonl" && says DIVERGES &&
    run 1 check --quiet "$scratch/t.jsonl" && says DIVERGES
}
ok "a divergence is named with rule and permitted outcomes, exit 1" diverges

words() {
  sed 's/0x8000000000005067/0x8000000000005007/' "$examples/native-4kb-walk.jsonl" >"$scratch/t.jsonl"
  run 1 check "$scratch/t.jsonl" && says 'DIVERGES.*word at SPA 0x4018' || return 1
  sed 's/0x8000000000005067/0x8000000000105067/' "$examples/native-4kb-walk.jsonl" >"$scratch/t.jsonl"
  run 1 check "$scratch/t.jsonl" && says 'DIVERGES.*word at SPA 0x4018' || return 1
  # 32-bit paging, the upper half of a word: no accessed flag; then the flag of the entry beside it.
  sed 's/0x4000a700800087/0x40008700800087/' "$examples/32bit-entry-in-upper-half.jsonl" >"$scratch/t.jsonl"
  run 1 check "$scratch/t.jsonl" && says 'DIVERGES.*word at SPA 0x1000' && says 'permitted, in bits 63:32, 0x400087 and flags 0x20' || return 1
  sed 's/0x4000a700800087/0x4000a7008000a7/' "$examples/32bit-entry-in-upper-half.jsonl" >"$scratch/t.jsonl"
  run 1 check "$scratch/t.jsonl" && says 'DIVERGES.*word at SPA 0x1000'
}
ok "a flag that is missing, and a change of another bit, are divergences" words

memory() {
  # Tables are stored by halves and bytes; the processor writes the PTE that the next access uses.
  # Its last access is to the page whose entry that was.
  trace "$header" '{"cpu": 1, "register": {"name": "CR3", "value": "0x1000"}}' \
    '{"cpu": 1, "store": {"spa": "0x1000", "width": 4, "value": "0x2067"}}' \
    '{"cpu": 1, "store": {"spa": "0x2000", "width": 2, "value": "0x3067"}}' \
    '{"cpu": 1, "store": {"spa": "0x3000", "width": 1, "value": "0x67"}}' \
    '{"cpu": 1, "store": {"spa": "0x3001", "width": 1, "value": "0x40"}}' \
    '{"cpu": 1, "store": {"spa": "0x4008", "width": 8, "value": "0x4067"}}' \
    '{"cpu": 1, "access": {"linear": "0x1010", "kind": "write", "width": 8, "value": "0x8007"}}' \
    '{"cpu": 1, "access": {"linear": "0x2ff0", "kind": "write", "width": 8, "value": "0x1"}}' \
    '{"cpu": 1, "observed": {"outcome": "translated", "spa": "0x8ff0", "gpa": "0x8ff0", "page_shift": 12,
      "updates": [{"spa": "0x4010", "value": "0x8067"}]}}'
  run 0 check "$scratch/t.jsonl" && says '1 accesses or writes not judged'
}
ok "memory: stores of every width, and stores of the processor into its own tables" memory

nothing() {
  trace "$header" "$access"
  run 3 check "$scratch/t.jsonl" && grep -q 'nothing was compared' "$scratch/err" &&
    trace "$header" && run 3 walk "$scratch/t.jsonl" && complains 'no access to explain'
}
ok "a trace in which nothing is compared or explained fails" nothing

malformed() {
  printf 'SLT1' >"$scratch/t.jsonl" && run 3 check "$scratch/t.jsonl" && complains 't.jsonl: byte 0: truncated' &&
    : >"$scratch/t.jsonl" && run 3 walk "$scratch/t.jsonl" && complains ':1: empty' &&
    trace "$header" '{"cpu": 0, "acc' && run 3 check "$scratch/t.jsonl" && complains 't.jsonl:2: truncated' &&
    run 3 check "$root/spec" && complains 'cannot be read'
}
ok "malformed input is one line on stderr, exit 3" malformed

contradictory() {
  trace '{"slat-trace": 1, "config": {"vendor": "amd", "stage2": "ept", "maxphyaddr": 46}}' "$access"
  run 3 walk "$scratch/t.jsonl" && complains 't.jsonl: ' && run 3 convert "$scratch/t.jsonl" && complains 't.jsonl: ' ||
    return 1
  trace '{"slat-trace": 1, "config": {"vendor": "intel", "stage2": "none", "maxphyaddr": 60}}' "$access"
  run 3 check "$scratch/t.jsonl" && complains 't.jsonl: ' || return 1
  trace "$header" '{"cpu": 0, "register": {"name": "CR0", "value": "0x80000000"}}' "$access"
  run 3 walk "$scratch/t.jsonl" && complains 't.jsonl:[23]: '
}
ok "a contradictory configuration or register is refused, exit 3" contradictory

unsupported() {
  trace "$header" '{"cpu": 0, "access": {"linear": "0xffd", "kind": "read", "width": 8}}'
  run 4 walk "$scratch/t.jsonl" && complains 't.jsonl:2: unsupported: '
}
ok "what is not modelled is refused by its name, exit 4" unsupported

usage() {
  run 2 && grep -q Usage "$scratch/err" && run 2 frobnicate && complains 'unknown command' && run 2 walk &&
    run 2 walk a b && run 2 check --format xml a && run 2 walk "$scratch/none.jsonl" && complains 'No such file' &&
    run 2 walk --access 0 a && run 2 walk --access 99 "$examples/native-4kb-walk.jsonl" && complains 'there are 3' &&
    run 2 rules NO_SUCH_RULE && complains 'no rule' && run 2 rules -c nochapter && complains 'no chapter' &&
    run 2 convert --to xml a && run 2 version x
}
ok "wrong use is told on stderr, exit 2" usage

help() {
  run 0 --help && says 'Exit code' && run 0 --version && says '^slat ' || return 1
  for command in walk check flush-needed rules convert version; do
    run 0 "$command" --help && says 'Usage: slat' && says 'Example' || return 1
  done
}
ok "help teaches, with an example for each command" help

rules() {
  run 0 rules && says EPT_MISCONFIG_WRITE_ONLY && run 0 rules EPT_MISCONFIG_WRITE_ONLY && says '^  source   ' &&
    run 0 rules --format json EPT_MISCONFIG_WRITE_ONLY && [ "$(wc -l <"$scratch/out")" -eq 1 ]
}
ok "rules prints all, or one" rules

flush_needed() {
  run 0 flush-needed --table ept 8000037 8000035 && says TLB_CHANGE_NEEDS && says 'enough *INVEPT type 1' &&
    says '- *INVVPID type 2 *leaves guest-physical' && run 0 flush-needed 8000065 8000067 && says 'fault once' &&
    run 0 flush-needed -v amd 8000065 8000067 && says '^None is needed.$' &&
    run 0 flush-needed -l 2 8000067 9000067 && says '- *MOV to CR3 .*leaves global' && says 'enough *MOV to CR4 that changes PGE' &&
    run 0 flush-needed 8000167 8000165 && says 'enough *INVLPG' && says '- *MOV to CR3' &&
    run 0 flush-needed --stage2 npt 8000067 0 && says 'enough *INVLPGA of the page' &&
    run 0 flush-needed -t npt 8000067 8000065 && says '- *VMRUN with TLB_CONTROL = 07H' && says 'enough *VMRUN with TLB_CONTROL = 03H' &&
    run 2 flush-needed 8000067 && told 'two entries' && run 2 flush-needed -l 6 1 2 && told 'the level' &&
    run 2 flush-needed -v amd -t ept 1 2 && told "EPT is Intel's" && run 2 flush-needed x y && told 'hexadecimal'
}
ok "flush-needed says whether, and which operation is enough" flush_needed

streams() {
  file=$examples/native-4kb-walk.jsonl
  timeout 20 "$slat" convert - <"$file" >"$scratch/binary" &&
    timeout 20 "$slat" check - <"$scratch/binary" >"$scratch/out" && says '^stdin: byte' &&
    timeout 20 "$slat" convert "$scratch/binary" - >"$scratch/out" && says '"slat-trace": 1' &&
    run 0 convert --to json "$file" && says '"note"'
}
ok "stdin and stdout, and the form told by the first bytes" streams

lost_output() {
  code=0
  timeout 20 "$slat" rules >/dev/full 2>"$scratch/err" || code=$?
  [ "$code" -eq 2 ] && grep -q 'No space left' "$scratch/err"
}
ok "output that is lost is an error" lost_output

echo "1..$tests"
exit $failed

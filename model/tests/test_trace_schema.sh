#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The schema and the reader say the same: SLAT=COMMAND test_trace_schema.sh.  TAP.
# Every example is accepted by both; every line of trace_refused.jsonl is refused by both.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
slat=${SLAT:-$root/build/bin/slat}
[ -x "$slat" ] || { echo "Bail out! no command $slat: run make cli, or set SLAT"; exit 1; }
schema=$root/conformance/schema/slat-trace-v1.schema.json
refused=$root/model/tests/trace_refused.jsonl
header='{"slat-trace": 1, "config": {"vendor": "intel", "stage2": "ept", "maxphyaddr": 46}}'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tests=0
failed=0

report() { # STATUS NAME
  tests=$((tests + 1))
  if [ "$1" -eq 0 ]; then echo "ok $tests - $2"; else echo "not ok $tests - $2"; failed=1; fi
}

status=0
/usr/bin/python3 "$root/model/tests/trace_schema.py" "$schema" "$root"/conformance/examples/*.jsonl \
  --refused "$refused" >"$scratch/out" || status=$?
sed 's/^/# /' "$scratch/out"
report $status "the schema accepts the examples and refuses what is malformed"

status=0
while IFS= read -r line; do
  case $line in
    *slat-trace*) printf '%s\n' "$line" >"$scratch/trace" ;;
    *) printf '%s\n%s\n' "$header" "$line" >"$scratch/trace" ;;
  esac
  code=0
  timeout 10 "$slat" convert "$scratch/trace" "$scratch/binary" 2>"$scratch/err" || code=$?
  if [ $code -ne 3 ] || [ "$(wc -l <"$scratch/err")" -ne 1 ]; then
    echo "# exit $code: $line"
    status=1
  fi
done <"$refused"
report $status "the reader refuses each malformed line with one line of error and exit code 3"

status=0
for example in "$root"/conformance/examples/*.jsonl; do
  timeout 10 "$slat" convert "$example" "$scratch/binary" &&
    timeout 10 "$slat" convert "$scratch/binary" "$scratch/json" &&
    timeout 10 "$slat" convert "$scratch/json" "$scratch/again" &&
    cmp "$scratch/binary" "$scratch/again" || { status=1; continue; }
  /usr/bin/python3 "$root/model/tests/trace_schema.py" "$schema" "$scratch/json" >"$scratch/out" || status=1
done
report $status "what the writer writes is lossless and fits the schema"

echo "1..$tests"
exit $failed

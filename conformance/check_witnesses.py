#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every witness shows that its rule is not vacuous: check_witnesses.py [ID]...

conformance/witnesses/ID.jsonl is a scenario with observed outcomes.  `slat check` must agree with it (exit code 0), and
must see a divergence (exit code 1) once the rule ID is deleted from the model.  Anything else is a fault: one line each.
"""
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WITNESSES = "conformance/witnesses"
COMMAND = "build/bin/slat"
DELETABLE = "build/bin/slat-deletable"


def check(command, path, deleted=None):
    """(exit code, last line of what it said)"""
    environment = {name: value for name, value in os.environ.items() if name != "SLAT_DELETE_RULE"}
    if deleted:
        environment["SLAT_DELETE_RULE"] = deleted
    try:
        done = subprocess.run([command, "check", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=environment, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return "time-out", ""
    lines = done.stdout.strip().split("\n")
    return done.returncode, lines[-1]


def main():
    os.chdir(ROOT)
    paths = [os.path.join(WITNESSES, name + ".jsonl") for name in sys.argv[1:]]
    paths = paths or sorted(glob.glob(os.path.join(WITNESSES, "*.jsonl")))
    if not paths:
        print("no witness in %s/" % WITNESSES)
        return 1
    faults, result = [], {}
    for path in paths:
        rule = os.path.basename(path)[:-len(".jsonl")]
        before = len(faults)
        for command, deleted, expected, what in (
                (COMMAND, None, 0, "the model disagrees with it"),
                (DELETABLE, None, 0, "the model with deletable rules disagrees with it"),
                (DELETABLE, rule, 1, "no divergence when the rule is deleted")):
            code, said = check(command, path, deleted)
            if code != expected:
                faults.append("%s: %s (exit code %s, expected %d): %s" % (path, what, code, expected, said))
                break
        result[rule] = len(faults) == before
    for fault in faults:
        print(fault)
    if not sys.argv[1:]:
        os.makedirs("build/evidence", exist_ok=True)
        with open("build/evidence/witnesses.json", "w", encoding="utf-8") as file:
            json.dump({"witnesses": len(result), "decisive": sum(result.values()), "rules": result}, file, indent=1)
            file.write("\n")
    print("witnesses: %d, of which %d change their verdict when their rule is deleted" %
          (len(result), sum(result.values())))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Which of the manuals' sentences are rules: checks spec/coverage.tsv against spec/rules.tsv, and counts.

  coverage.py [--list modelled|part|declared|outside]

A row is a sentence or table that could be read: source, sentence, the rules that state it (`A; B_*`), a note, how it was
read.  Whether it is modelled is not written there but follows from the rules: all modelled, some (part), none (declared
not modelled).  A sentence without a rule (`-`) is outside, and its note says why.  Prints FILE:LINE: what is wrong for
each name that is no rule, each sentence without rule and reason, and each rule that no sentence has; exits 1 then.
"""
import argparse
import csv
import fnmatch
import os
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "spec"))
from rules import read_rules  # noqa: E402

TABLE = "spec/coverage.tsv"
COLUMNS = ["source", "sentence", "rule", "note", "read"]
READ = ("manual", "quotation", "two-implementations", "gap")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", choices=("modelled", "part", "declared", "outside"), help="print those sentences")
    options = parser.parse_args()
    os.chdir(ROOT)

    rules = {rule.id: rule.rule_class for rule in read_rules("spec/rules.tsv")[0]}
    problems, said = [], set()
    states = {"modelled": [], "part": [], "declared": [], "outside": []}
    with open(TABLE, encoding="utf-8", newline="") as file:
        rows = list(enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1))
    rows = [(line, row) for line, row in rows if row and not row[0].startswith("#")]
    if not rows or rows[0][1] != COLUMNS:
        sys.exit("%s: the first row has to be: %s" % (TABLE, " ".join(COLUMNS)))
    for line, row in rows[1:]:
        if len(row) != len(COLUMNS):
            problems.append("%s:%d: %d columns, %d needed" % (TABLE, line, len(row), len(COLUMNS)))
            continue
        source, sentence, names, note, read = row
        if read not in READ:
            problems.append("%s:%d: '%s' is no way of reading: %s" % (TABLE, line, read, ", ".join(READ)))
        if names == "-":
            states["outside"].append((line, source, sentence))
            if not note:
                problems.append("%s:%d: no rule, and no reason why" % (TABLE, line))
            continue
        found = set()
        for name in names.split("; "):
            matching = {rule for rule in rules if fnmatch.fnmatchcase(rule, name)}
            if not matching:
                problems.append("%s:%d: %s is no rule of spec/rules.tsv" % (TABLE, line, name))
            found |= matching
        said |= found
        modelled = {rule for rule in found if rules[rule] != "not-modelled"}
        state = "modelled" if modelled == found else "part" if modelled else "declared"
        states[state].append((line, source, sentence))
    problems += ["spec/rules.tsv: %s: no sentence of %s has it" % (rule, TABLE) for rule in rules if rule not in said]

    for line, source, sentence in states.get(options.list, ()):
        print("%s:%d: %s: %s" % (TABLE, line, source, sentence))
    for problem in problems:
        print(problem)
    print("%d sentences: %d modelled, %d in part, %d declared not modelled, %d outside; %d problems" % (
        sum(len(some) for some in states.values()), len(states["modelled"]), len(states["part"]),
        len(states["declared"]), len(states["outside"]), len(problems)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks the chapters against the list of rules and the formal text: chapters.py

Each rule of rules.tsv is named in its chapter; each name in backquotes that looks like a rule, or like a name of the formal text,
exists; each label in the tables of theorems.md is one of a clause or lemma; each link leads to a file, and to a heading of it.
Prints FILE:LINE: what is wrong, and exits 1 if anything is.
"""
import glob
import os
import re
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "spec"))
from rules import read_rules  # noqa: E402

CHAPTERS = {"guest-paging": "spec/10-guest-paging.md", "ept": "spec/20-ept.md", "npt": "spec/30-npt.md",
            "two-dimensional-walk": "spec/40-two-dimensional-walk.md", "tags": "spec/50-tags.md",
            "invalidation": "spec/60-invalidation.md", "changes": "spec/60-invalidation.md"}
NAME = re.compile(r"`([A-Za-z]\w*)`")
RULE_LIKE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$")
LOGIC_LIKE = re.compile(r"(?!slat_|evidence)[a-z]+\w*_\w+$|index\d$")
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
THEOREMS = "spec/theorems.md"
LABEL = re.compile(r"\b(\w+)\s*(?:\{[^}]*\}\s*)?:")
DEFINED = re.compile(r"\b(?:logic\s+\w+|predicate)\s+(\w+)\s*[({]")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def anchors(path):
    """The headings of a file as links name them."""
    found = set()
    for line in read(path).split("\n"):
        if line.startswith("#"):
            text = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower())
            found.add(text.replace(" ", "-"))
    return found


def main():
    os.chdir(ROOT)
    rules, faults = read_rules("spec/rules.tsv")
    known = {rule.id for rule in rules} | {"SLAT_ANY_STAGE2", "SLAT_DELETABLE", "SLAT_RULE", "SLAT_REQUIRE", "SLAT_CHOOSE",
                                           "SLAT_INVALIDATES_LINEAR"}
    formal, labels = set(), set()
    for path in glob.glob("spec/logic/*.acsl") + glob.glob("model/src/*.[ch]") + glob.glob("proofs/*/*.[ch]"):
        formal |= set(DEFINED.findall(read(path)))
        labels |= set(LABEL.findall(read(path)))
    for rule in rules:
        if "`%s`" % rule.id not in read(CHAPTERS[rule.chapter]):
            faults.append("spec/rules.tsv:%d: %s is not named in %s" % (rule.line, rule.id, CHAPTERS[rule.chapter]))
    for path in sorted(glob.glob("spec/*.md")) + ["README.md"]:
        for number, line in enumerate(read(path).split("\n"), 1):
            for match in NAME.finditer(line):
                name = match.group(1)
                if path == THEOREMS and line.startswith("|"):
                    if name not in labels and name not in formal:
                        faults.append("%s:%d: no clause or lemma %s" % (path, number, name))
                elif RULE_LIKE.match(name) and name not in known:
                    faults.append("%s:%d: no rule %s" % (path, number, name))
                if path in CHAPTERS.values() and LOGIC_LIKE.match(name) and name not in formal and name != "code_open":
                    faults.append("%s:%d: the formal text has no %s" % (path, number, name))
            for match in LINK.finditer(line):
                target = os.path.normpath(os.path.join(os.path.dirname(path), match.group(1))) if match.group(1) else path
                if not os.path.exists(target):
                    faults.append("%s:%d: no file %s" % (path, number, target))
                elif match.group(2) and match.group(2) not in anchors(target):
                    faults.append("%s:%d: %s has no heading %s" % (path, number, target, match.group(2)))
    # The manuals' sentences: each names rules that are there, or are to come.
    ids = known | {line.split("\t")[0] for line in read("spec/next/rules.tsv").split("\n")}
    for number, line in enumerate(read("spec/coverage.tsv").split("\n"), 1):
        fields = line.split("\t")
        if line.startswith("#") or len(fields) < 5:
            continue
        for name in re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]*", fields[2]):
            if name not in ids and not any(known_id.startswith(name) for known_id in ids):
                faults.append("spec/coverage.tsv:%d: no rule %s" % (number, name))
    print("\n".join(faults) if faults else "%d rules in %d chapters" % (len(rules), len(CHAPTERS)))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The rule join: every modelled rule of spec/rules.tsv has a clause, a proof of it, code and a witness.

  join.py [--library build/lib/libslat.a] [--without-proofs]

Prints one line for each hole, FILE:LINE: RULE: what is missing, and exits 1 if there is one.  For each rule of class
must, may or vendor:
  * its id labels a clause or names a lemma in spec/logic, model/include or model/src,
  * build/evidence/proofs.json says that all that carry the label are proved (not looked at with --without-proofs),
  * its id occurs in the code of the model; in a comment, if the rule has an exception that says why no code is its own,
  * conformance/witnesses/ID.jsonl exists, unless the rule's exception says why not.
In the other direction, an id in a clause, in code or of a witness that is no rule is an error; so is a public name
that does not begin with slat_.
"""
import argparse
import glob
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "spec"))
from rules import read_rules  # noqa: E402

RULES = "spec/rules.tsv"
WITNESSES = "conformance/witnesses"
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.S)
# A label of a clause: upper case, after the word that begins the clause or after another label.
CLAUSE = re.compile(r"\b(?:ensures|requires|assert|check|invariant|lemma)\s+((?:[A-Za-z_]\w*\s*(?:\{[^}]*\}\s*)?:\s*)+)")
LABEL = re.compile(r"([A-Za-z_]\w*)\s*(?:\{[^}]*\}\s*)?:")
CODE = re.compile(r"\bSLAT_RULE_([A-Z]\w*)|\bSLAT_(?:RULE|REQUIRE|CHOOSE|BY_RULE)\(\s*([A-Z]\w*)")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def split(text):
    """(code, ACSL): each as long as the text, with everything else blanked, so that offsets give lines."""
    code, acsl = list(text), [c if c == "\n" else " " for c in text]
    for match in TOKEN.finditer(text):
        start, end = match.span()
        for at in range(start, end):
            if text[at] != "\n":
                code[at] = " "
        if match.group(0).startswith(("/*@", "//@")):
            body = re.sub(r"//[^\n]*", lambda m: " " * len(m.group(0)), text[start + 3:end])
            acsl[start + 3:end] = body
    return "".join(code), "".join(acsl)


def comments(text):
    """The comments that are not ACSL, everything else blanked."""
    out = [c if c == "\n" else " " for c in text]
    for match in TOKEN.finditer(text):
        if match.group(0).startswith(("/*", "//")) and not match.group(0).startswith(("/*@", "//@")):
            out[match.start():match.end()] = match.group(0)
    return "".join(out)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def collect():
    """Where ids stand: ({label: [place]}, {id: [place]}, {word: place}) of clauses, of code and of comments."""
    clauses, code, named = {}, {}, {}
    paths = glob.glob("spec/logic/*.acsl") + glob.glob("model/src/*.[ch]") + glob.glob("model/include/slat/*.h")
    for path in sorted(paths):
        text = read(path)
        source, acsl = split(text)
        for match in CLAUSE.finditer(acsl):
            for label in LABEL.finditer(match.group(1)):
                if re.fullmatch(r"[A-Z][A-Z0-9_]+", label.group(1)):
                    where = "%s:%d" % (path, line_of(acsl, match.start(1) + label.start()))
                    clauses.setdefault(label.group(1), []).append(where)
        if path.startswith("model/src/") and os.path.basename(path) != "rule.h":
            for match in re.finditer(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", comments(text)):
                named.setdefault(match.group(0), "%s:%d" % (path, line_of(text, match.start())))
            for match in CODE.finditer(source):
                name = match.group(1) or match.group(2)
                if name not in ("NONE", "COUNT"):
                    code.setdefault(name, []).append("%s:%d" % (path, line_of(source, match.start())))
    return clauses, code, named


def proofs(path):
    """({label: proved}, error) from the evidence, if it is about these sources."""
    try:
        evidence = json.loads(read(path))
    except (OSError, ValueError) as problem:
        return {}, "%s: no proofs: %s (make prove)" % (path, problem)
    run = subprocess.run(["proofs/prove.py", "--digest"], stdout=subprocess.PIPE, text=True, timeout=120)
    if run.stdout.strip() != evidence.get("sources_sha256"):
        return {}, "%s: the sources have changed since these proofs (make prove)" % path
    labels = {}
    for unit in evidence["units"]:
        for label, proved in unit["labels"].items():
            labels[label] = labels.get(label, True) and proved
    return labels, None


def public_names(archive):
    """Errors for names that a program which uses the library could trip over."""
    errors = []
    for path in sorted(glob.glob("model/include/slat/*.h")):
        text = read(path)
        code, _ = split(text)
        for match in re.finditer(r"^[ \t]*#[ \t]*define[ \t]+(\w+)|\b(?:struct|enum|union)\s+(\w+)\s*\{|"
                                 r"^[\w \t*]*?\b(\w+)\s*\((?!\s*\*)[^;{]*\)\s*;|\btypedef\b[^;]*?\b(\w+)\s*;", code, re.M):
            name = next(group for group in match.groups() if group)
            if not name.startswith(("slat_", "SLAT_")):
                errors.append("%s:%d: public name without slat_: %s" % (path, line_of(code, match.start()), name))
        for match in re.finditer(r"\benum\s*\w*\s*\{([^}]*)\}", code):
            for item in re.finditer(r"(?:^|,)\s*(\w+)", match.group(1)):
                if not item.group(1).startswith("SLAT_"):
                    errors.append("%s:%d: enumerator without SLAT_: %s" %
                                  (path, line_of(code, match.start(1) + item.start(1)), item.group(1)))
    if archive:
        run = subprocess.run(["nm", "--defined-only", "--extern-only", "--format=posix", archive],
                             stdout=subprocess.PIPE, text=True, timeout=60, check=True)
        for line in run.stdout.split("\n"):
            fields = line.split()
            if len(fields) >= 2 and not fields[0].endswith(":") and not fields[0].startswith("slat_"):
                errors.append("%s: public symbol without slat_: %s" % (archive, fields[0]))
    return errors


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--library", dest="archive")
    parser.add_argument("--without-proofs", action="store_true", help="do not ask whether the clauses are proved")
    parser.add_argument("--evidence", default="build/evidence/proofs.json")
    args = parser.parse_args()
    os.chdir(ROOT)
    rules, holes = read_rules(RULES)
    if holes:
        print("\n".join(holes))
        return 1
    clauses, code, named = collect()
    proved = {}
    if not args.without_proofs:
        proved, problem = proofs(args.evidence)
        if problem:
            holes.append(problem)
    have_proofs = not args.without_proofs and not holes
    witnesses = {os.path.basename(path)[:-6]: path for path in glob.glob(os.path.join(WITNESSES, "*.jsonl"))}
    known = {rule.id: rule for rule in rules}

    for rule in rules:
        at = "%s:%d: %s: " % (RULES, rule.line, rule.id)
        if not rule.modelled:
            for where in code.get(rule.id, []):
                holes.append("%s: %s is in the code, but rules.tsv says not-modelled" % (where, rule.id))
            continue
        if rule.id not in clauses:
            holes.append(at + "no clause or lemma has this label")
        elif have_proofs and rule.id not in proved:
            holes.append("%s: %s: no proof unit covers this clause" % (clauses[rule.id][0], rule.id))
        elif have_proofs and not proved[rule.id]:
            holes.append("%s: %s: not proved" % (clauses[rule.id][0], rule.id))
        if rule.id not in code and not (rule.exception and rule.id in named):
            holes.append(at + "no code of model/src names it")
        if rule.id not in witnesses and not rule.exception:
            holes.append(at + "no witness %s/%s.jsonl, and no exception" % (WITNESSES, rule.id))
        if rule.id in witnesses and rule.exception:
            holes.append(at + "has a witness and an exception")

    # Labels of proofs that are no rules are lower case; so an upper-case one that is no rule is a slip.
    for label, places in sorted(clauses.items()):
        if label not in known:
            holes.append("%s: label %s is no rule of %s" % (places[0], label, RULES))
    for name, places in sorted(code.items()):
        if name not in known:
            holes.append("%s: %s is no rule of %s" % (places[0], name, RULES))
    for name, path in sorted(witnesses.items()):
        if name not in known:
            holes.append("%s:1: %s is no rule of %s" % (path, name, RULES))
    holes += public_names(args.archive)

    for hole in holes:
        print(hole)
    modelled = sum(rule.modelled for rule in rules)
    print("rule join: %d rules modelled, %d not modelled, %d with a clause, %d proved, %d in code, %d with a witness, "
          "%d holes" % (modelled, len(rules) - modelled, sum(rule.id in clauses for rule in rules if rule.modelled),
                        sum(bool(proved.get(rule.id)) for rule in rules if rule.modelled),
                        sum(rule.id in code for rule in rules if rule.modelled),
                        sum(rule.id in witnesses for rule in rules if rule.modelled), len(holes)))
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Fills the generated blocks of README.md: evidence.py [--check]

A block begins with <!-- evidence:NAME --> and ends with <!-- /evidence -->.  What stands between is written by this script:

  flush     what `slat flush-needed --table ept 8000037 8000035` prints               (build/bin/slat)
  walk      what `slat walk spec/example.jsonl` prints                               (build/bin/slat)
  library   what the program between <!-- program --> and <!-- /program --> prints   (build/lib/libslat.a)
  proofs    build/evidence/proofs.json
  smt       build/evidence/smt.json, mappings.json
  fuzz      build/evidence/fuzz-*.json
  mutants   build/evidence/mutants.json
  bench     build/evidence/bench.json

With --check nothing is written.  The blocks `walk` and `library` must be what the commands print now; the others must have
the words that would be written, whatever their numbers, or say that there is no run.  Exit 1 if a block differs.
"""
import argparse
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
README = "README.md"
SCENARIO = "spec/example.jsonl"
BLOCK = re.compile(r"(<!-- evidence:(\w+) -->\n)(.*?)(<!-- /evidence -->)", re.S)
PROGRAM = re.compile(r"<!-- program -->\n```c\n(.*?)```\n<!-- /program -->", re.S)
NUMBER = re.compile(r"\d[\d,.]*\d|\d")


def fenced(text):
    return "```\n%s```\n" % text


def number(value):
    return format(value, ",d") if isinstance(value, int) else format(value, ",.3g" if value < 100 else ",.0f")


def output(command, status):
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    if run.returncode != status:
        sys.exit("evidence.py: %s: exit code %d" % (" ".join(command), run.returncode))
    return run.stdout


def walk(_):
    return fenced("$ slat walk %s\n" % SCENARIO + output(["build/bin/slat", "walk", SCENARIO], 0))


def flush(_):
    change = ["flush-needed", "--table", "ept", "8000037", "8000035"]
    return fenced("$ slat %s\n" % " ".join(change) + output(["build/bin/slat"] + change, 0))


def library(readme):
    program = PROGRAM.search(readme)
    with tempfile.TemporaryDirectory() as scratch:
        source, binary = os.path.join(scratch, "program.c"), os.path.join(scratch, "program")
        with open(source, "w", encoding="utf-8") as file:
            file.write(program.group(1))
        output(["gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Imodel/include", "-Ibuild/include",
                "-Ibuild/include/slat", "-o", binary, source, "build/lib/libslat.a"], 0)
        return fenced(output([binary], 0))


def evidence(name):
    """What the files of one name hold, by name; nothing if there was no run."""
    found = {}
    for path in sorted(glob.glob("build/evidence/%s.json" % name)):
        with open(path, encoding="utf-8") as file:
            found[os.path.basename(path)[:-5]] = json.load(file)
    return found


def table(head, rows):
    lines = [head, ["---"] * len(head)] + rows
    return "".join("| %s |\n" % " | ".join(line) for line in lines)


def proofs(_):
    found = evidence("proofs")
    if not found:
        return None
    data = found["proofs"]
    return ("The last run: %s goals in %s units, of which %s were proved; %s smoke tests, of which %s failed; %s rules of the "
            "specification with a proved clause. %s seconds.\n" %
            tuple(number(value) for value in (data["goals"], len(data["units"]), data["proved"], data["smoke"],
                                              data["smoke_failed"], data["rules_proved"], round(data["seconds"]))))


def smt(_):
    found = evidence("smt")
    if not found:
        return None
    data = found["smt"]
    said = ("The last run: %s scenarios for %s rules, %s disagreements. Of %s rules deleted from the model in turn, %s showed." %
            tuple(number(value) for value in (data["scenarios"], len(data["rules"]), len(data["disagreements"]), data["deleted"],
                                              data["deleted_noticed"])))
    for topics in evidence("mappings").values():
        for topic, data in topics.items():
            said += " Of %s: %s questions, the model %s; of %s rules %s showed." % (
                topic, number(data["questions"]), "agrees" if data["agree"] else "disagrees", number(data["deleted"]),
                number(data["deleted"] - len(data["unseen"])))
    return said + "\n"


def fuzz(_):
    rows = []
    for data in evidence("fuzz-*").values():
        rows.append(["`%s`" % data["target"], data["version"]] + [number(value) for value in (
            round(data["seconds"]), data["inputs"], data["comparisons"], data["unexplained"],
            sum(data.get("waived", {}).values()))] + [
                "%s of %s" % (number(data["rules_exercised"]), number(data["rules_total"])),
                "%s of %s" % (number(data["target_edges"]), number(data["target_edges_total"]))])
    head = ["target", "Linux", "seconds", "inputs", "comparisons", "unexplained divergences", "covered by a waiver",
            "rules exercised", "branches of KVM reached"]
    return table(head, rows) if rows else None


def mutants(_):
    """Of the parts that the evidence has: `make mutants PARTS=...` runs some."""
    found = evidence("mutants")
    if not found:
        return None
    model, kvm = found["mutants"]["model"], found["mutants"]["kvm"]
    undecided = model.get("undecided", 0)
    public = kvm.get("public", {"found": 0, "total": 0})
    said = []
    if model["total"] + undecided:
        said.append("of %s changed models %s were killed, %s survived and for %s no proof was tried to its end" % tuple(
            number(value) for value in (model["total"] + undecided, model["killed"], model["total"] - model["killed"], undecided)))
    if public["total"]:
        rows = [row for row in kvm["rows"] if row["list"] == "public"]
        planted = [row for row in rows if row["reference"].startswith(("part of", "none looked up"))]
        said.append("of %s bugs after KVM's public history %s were found, and of %s others planted in its paging code %s" % tuple(
            number(value) for value in (len(rows) - len(planted), sum(row["found"] for row in rows if row not in planted),
                                        len(planted), sum(row["found"] for row in planted))))
    if kvm["total"] > public["total"]:
        said.append("of %s blind changes of KVM %s" % (number(kvm["total"] - public["total"]), number(kvm["found"] - public["found"])))
    return "The last run: %s. Each survivor is listed with a reason in `build/evidence/mutants.json`.\n" % "; ".join(said)


def bench(_):
    found = evidence("bench")
    if not found:
        return None
    rows = [[row["name"], "%s %s" % (number(row["value"]), row["unit"]), row["baseline"],
             "%s %s" % (number(row["baseline_value"]), row["unit"]), number(row["ratio"])]
            for row in found["bench"]["rows"] if "slat_translate" in row["name"] and "direct" not in row["baseline"]]
    return table(["what", "slat", "beside", "its speed", "ratio"], rows)


WRITERS = {"walk": walk, "flush": flush, "library": library, "proofs": proofs, "smt": smt, "fuzz": fuzz, "mutants": mutants, "bench": bench}
NO_RUN = "No run is recorded here yet.\n"


def shape(text):
    """A block without its numbers, and of a table with several rows one."""
    return sorted(set(NUMBER.sub("#", text).split("\n")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a block is not as it should be")
    args = parser.parse_args()
    os.chdir(ROOT)
    with open(README, encoding="utf-8") as file:
        readme = file.read()
    faults = []
    names = [match.group(2) for match in BLOCK.finditer(readme)]
    if sorted(names) != sorted(WRITERS):
        faults.append("%s: the blocks are %s, not %s" % (README, ", ".join(names), ", ".join(WRITERS)))

    def filled(match):
        text = WRITERS[match.group(2)](readme)
        old = match.group(3)
        if text is None:
            return match.group(0) if old.strip() else match.group(1) + NO_RUN + match.group(4)
        exact = match.group(2) in ("walk", "flush", "library")
        if old != text if exact else old != NO_RUN and shape(old) != shape(text):
            faults.append("%s: block %s is out of date (spec/evidence.py)" % (README, match.group(2)))
        return match.group(1) + text + match.group(4)

    new = BLOCK.sub(filled, readme)
    if args.check:
        print("\n".join(faults) if faults else "%s: %d blocks" % (README, len(names)))
        return 1 if faults else 0
    with open(README, "w", encoding="utf-8") as file:
        file.write(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the model's contracts over every scenario of conformance/, with E-ACSL: run.py OBJECT...

What the proofs say of all inputs is tried here on real ones, by another tool: the contracts of a copy of the model are
made executable (translate.py), E-ACSL writes them into the C, and each scenario is replayed through slat_open, slat_feed,
slat_permitted, slat_judge, slat_judge_update and slat_write_register (main.c).  A clause that is false fails the run.  A clause that does not
run is named in the evidence, with the reason.

The same program then has a fault planted: each rule that has a witness is deleted from the model in turn, and the witness
is replayed.  A clause must be false where a check of reserved bits is gone, else the run fails: it sees nothing.

OBJECT: what the replay is linked from besides the model.  Output: build/eacsl/, build/evidence/eacsl.json.
Exit code: 0 good, 1 a clause is false, too little ran, or the planted fault was not seen, 2 a tool failed."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # build output goes to build/ only
from translate import UNCHECKED, Translation

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "spec"))
from rules import read_rules  # noqa: E402  # pylint: disable=wrong-import-position
HERE = os.path.join("conformance", "eacsl")
BUILD = os.environ.get("BUILD", "build")
OUT = os.path.join(BUILD, "eacsl")
MODEL = "model/src/slat_all.c"
INCLUDES = ["-I" + OUT, "-Imodel/include", "-I%s/include" % BUILD, "-I%s/include/slat" % BUILD]
TRACE_INCLUDES = ["-Imodel/cli", "-Imodel/trace", "-Iconformance/witness"]
WRAPPED = ("slat_open", "slat_feed", "slat_permitted", "slat_judge", "slat_judge_update", "slat_write_register",
           "slat_status_text", "slat_ends", "slat_must_not_use", "slat_must_not_make",
           "slat_guest_change", "slat_ept_change")
SCENARIOS = ("conformance/witnesses/*.jsonl", "conformance/examples/*.jsonl")
# Deleting one of these is the planted fault that must be seen.
PLANTED = ("GUEST_RSVD_ADDRESS", "EPT_MISCONFIG_ADDRESS")
RULES_SHARE = 0.9  # of the clauses with a rule's id, this share must run
LIMIT = 240  # seconds for each tool
ANNOT_ERROR = re.compile(r"^\[kernel:annot-error\] (\S+):(\d+): Warning:\s*(.*?)(?=^\[|\Z)", re.S | re.M)
LEFT_OUT = re.compile(r"^\[e-acsl\] (\S+):(\d+): Warning:\s*(.*?)\s*Ignoring annotation\.", re.S | re.M)


class Failure(Exception):
    """A tool failed: exit code 2."""


def command(name, arguments, log=None):
    """Output of a command; its end is shown if it fails."""
    try:
        done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              timeout=LIMIT, check=False, encoding="utf-8", errors="replace")
    except subprocess.TimeoutExpired:
        raise Failure("%s has not ended after %d s" % (name, LIMIT)) from None
    except OSError as problem:
        raise Failure("%s: %s" % (name, problem)) from None
    if log:
        with open(os.path.join(OUT, log), "w", encoding="utf-8") as file:
            file.write(done.stdout)
    if done.returncode:
        raise Failure("%s failed with exit code %d:\n%s" % (name, done.returncode, done.stdout[-3000:]))
    return done.stdout


def compile_logic(translation):
    """The logic functions as an object.  One that the compiler refuses is given up, and all that call it."""
    headers = [path for path in translation.copies if path.endswith(".h")]
    source = os.path.join(OUT, "logic.c")
    compiler = ["gcc", "-std=gnu99", "-O2", "-I" + HERE, *INCLUDES, *TRACE_INCLUDES]
    while True:
        translation.write_copies(OUT)
        text = translation.logic_source(headers)
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            command("gcc", compiler + ["-Werror=int-conversion", "-Werror=incompatible-pointer-types", "-w", "-c", source,
                                       "-o", os.path.join(OUT, "logic.o")])
            return
        except Failure as problem:
            refused = dict(re.findall(r"logic\.c:(\d+):\d+: error: (.*)", str(problem)))
            lost = [f for f in translation.functions.values() if str(f.line) in refused]
            if not lost:
                raise
            for function in lost:
                function.reason = "the compiler refuses its translation: " + refused[str(function.line)]
            translation.define()


def instrument(given):
    """The model with its contracts as C code, in OUT/instrumented.c.  What Frama-C refuses is left out, and named."""
    refused = {}  # (path, line): reason
    for _ in range(20):
        shutil.rmtree(os.path.join(OUT, "model"), ignore_errors=True)
        translation = Translation(ROOT, given)
        translation.refused = refused
        translation.read(MODEL)
        compile_logic(translation)
        # Beside the copy, so that what it includes is the copy.
        entry = shutil.copy(os.path.join(HERE, "entry.c"), OUT)
        names = ",".join("acsl_" + f.name for f in translation.functions.values() if f.reason is None)
        log = command("frama-c", [
            "frama-c", "-machdep", "gcc_x86_64", "-cpp-extra-args=-std=c99 -DSLAT_DELETABLE " + " ".join(INCLUDES),
            # The check of a _Bool that E-ACSL adds to a clause needs that check itself, and so on without an end.
            "-no-warn-invalid-bool", "-kernel-warn-key", "annot-error=active", "-e-acsl-builtins", names,
            entry, "-e-acsl", "-e-acsl-full-mtracking", "-then-last", "-print", "-ocode",
            os.path.join(OUT, "instrumented.c")], "frama-c.log")
        errors = ANNOT_ERROR.findall(log)
        if not errors:
            return translation, {key: " ".join(text.split()) for key, text in places(LEFT_OUT.findall(log)).items()}
        before = len(refused)
        refused.update(places(errors))
        known = {(clause.path, clause.line) for clause in translation.clauses}
        if len(refused) == before or not known & set(refused):
            raise Failure("frama-c refuses what is no clause:\n" + "\n".join("%s:%s: %s" % e for e in errors))
    raise Failure("frama-c refuses more and more clauses:\n%s" % log[-3000:])


def places(found):
    """{(path in the repository, line): text}"""
    out = {}
    for path, line, text in found:
        path = path[len(OUT) + 1:] if path.startswith(OUT + "/") else path
        out[(os.path.normpath(path), int(line))] = " ".join(text.split())
    return out


def link(objects):
    instrumented = os.path.join(OUT, "instrumented.c")
    with open(instrumented, encoding="utf-8") as file:
        text = file.read()
    # E-ACSL tracks the addresses of functions too; that of a compiler's builtin cannot be taken.
    with open(instrumented, "w", encoding="utf-8") as file:
        file.write(re.sub(r"^.*\(& __sync_synchronize\b.*\n", "", text, flags=re.M))
    share = os.path.join(command("frama-c", ["frama-c", "-print-share-path"]).strip(), "e-acsl")
    library = os.path.join(command("frama-c", ["frama-c", "-print-lib-path"]).strip(), "e-acsl", "libeacsl-dlmalloc.a")
    runtime = ["-D_GNU_SOURCE", "-DE_ACSL_SEGMENT_MMODEL", "-DE_ACSL_IDENTIFY", "-DE_ACSL_EXTERNAL_ASSERT", "-I" + share]
    program = os.path.join(OUT, "run")
    command("gcc", ["gcc", "-std=gnu99", "-O1", "-w", "-Werror=implicit-function-declaration",
                    *runtime, *INCLUDES, *TRACE_INCLUDES, "-o", program,
                    instrumented, os.path.join(HERE, "main.c"), os.path.join(OUT, "logic.o"),
                    os.path.join(share, "e_acsl_rtl.c"), *objects,
                    *("-Wl,--wrap=" + name for name in WRAPPED), library,
                    "-lgmp", "-ljansson", "-lm", "-lpthread"], "gcc.log")
    return program


def replay(program, arguments):
    """(exit code, {check: (passed, failed)}, scenarios, stderr)"""
    try:
        done = subprocess.run([program] + arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT,
                              stdin=subprocess.DEVNULL, check=False, encoding="utf-8", errors="replace")
    except subprocess.TimeoutExpired:
        raise Failure("the replay has not ended after %d s" % LIMIT) from None
    counts, scenarios = {}, 0
    for line in done.stdout.splitlines():
        name, _, rest = line.partition(" ")
        if name == "scenarios":
            scenarios = int(rest)
        else:
            counts[name.removeprefix(OUT + "/")] = tuple(int(n) for n in rest.split())
    return done.returncode, counts, scenarios, done.stderr


def main():
    os.chdir(ROOT)
    started = time.monotonic()
    os.makedirs(OUT, exist_ok=True)
    os.makedirs(os.path.join(BUILD, "evidence"), exist_ok=True)
    with open(os.path.join(HERE, "given.h"), encoding="utf-8") as file:
        given = set(re.findall(r"^static inline \w+ logic_(\w+)\(", file.read(), re.M))
    translation, left_out = instrument(given)
    program = link(sys.argv[1:])

    paths = sorted(path for pattern in SCENARIOS for path in glob.glob(pattern))
    status, counts, scenarios, said = replay(program, paths)
    with open(os.path.join(OUT, "run.log"), "w", encoding="utf-8") as file:
        file.write(said)
    if status not in (0, 1):
        raise Failure("the replay failed with exit code %d:\n%s" % (status, said[-3000:]))

    executed, not_executable = [], []
    for clause in translation.clauses:
        ran = clause.counts(counts, translation.clauses)
        if ran:
            executed.append(clause)
        else:
            reason = clause.reason or left_out.get((clause.path, clause.line)) or "no scenario comes to it"
            not_executable.append({"clause": clause.name(), "reason": reason})
    rules = [clause for clause in translation.clauses if clause.is_rule()]
    evaluations = sum(passed + failed for name, (passed, failed) in counts.items())

    seen, unseen = planted(program)
    seconds = time.monotonic() - started
    evidence = {
        "clauses": len(translation.clauses), "executed": len(executed), "not_executable": not_executable,
        "scenarios": scenarios, "seconds": round(seconds, 1), "evaluations": evaluations,
        "violated": sorted(name for name, (_, failed) in counts.items() if failed),
        "rule_clauses": len(rules), "rule_clauses_executed": sum(clause in executed for clause in rules),
        "planted": {"deleted": len(seen) + len(unseen), "seen": len(seen), "unseen": unseen},
    }
    with open(os.path.join(BUILD, "evidence", "eacsl.json"), "w", encoding="utf-8") as file:
        json.dump(evidence, file, indent=1)
        file.write("\n")
    return report(translation, evidence, said, seen)


def planted(program):
    """Deletes each rule that has a witness, or is one of mappings: (rules whose deletion makes a clause false, the others)."""
    seen, unseen = [], []
    witnesses = [(os.path.basename(path)[:-len(".jsonl")], [path])
                 for path in sorted(glob.glob("conformance/witnesses/*.jsonl"))]
    mappings = [(rule.id, []) for rule in read_rules("spec/rules.tsv")[0] if rule.chapter in ("tags", "invalidation", "changes")]
    for rule, paths in witnesses + mappings:
        status, counts, _, said = replay(program, ["--delete", rule] + paths)
        if status == 1 and any(failed for _, failed in counts.values()):
            seen.append(rule)
        elif status == 0:
            unseen.append(rule)
        else:
            raise Failure("the replay without %s failed with exit code %d:\n%s" % (rule, status, said[-3000:]))
    return seen, unseen


def report(translation, evidence, said, seen):
    reasons = {}
    for row in evidence["not_executable"]:
        reasons.setdefault(row["reason"], []).append(row["clause"])
    checkable = sum(clause.kind not in UNCHECKED for clause in translation.clauses)
    print("eacsl: %d scenarios, %d evaluations: %d of %d clauses ran, of %d that E-ACSL can check" % (
        evidence["scenarios"], evidence["evaluations"], evidence["executed"], evidence["clauses"], checkable))
    print("eacsl: of %d clauses with the id of a rule, %d ran" % (
        evidence["rule_clauses"], evidence["rule_clauses_executed"]))
    for reason, clauses in sorted(reasons.items(), key=lambda item: -len(item[1])):
        print("  %4d did not run: %s" % (len(clauses), reason))
        if len(clauses) <= 20:
            for clause in clauses:
                print("         " + clause)
    plan = evidence["planted"]
    print("eacsl: planted faults: of %d rules deleted, %d made a clause false%s" % (
        plan["deleted"], plan["seen"], "; no clause depends on " + ", ".join(plan["unseen"]) if plan["unseen"] else ""))
    good = True
    if evidence["violated"]:
        good = False
        names = {"c%d" % clause.number: clause.name() for clause in translation.clauses}
        print("eacsl: %d clauses are violated: %s/run.log" % (len(evidence["violated"]), OUT))
        for name in evidence["violated"]:
            print("  violated: " + names.get(name, name))
        print(said[:4000])
    if not evidence["executed"] or not evidence["scenarios"]:
        good = False
        print("eacsl: nothing ran")
    if evidence["rule_clauses_executed"] < RULES_SHARE * evidence["rule_clauses"]:
        good = False
        print("eacsl: too few of the rules' clauses ran: the translation has lost them")
    missed = [rule for rule in PLANTED if rule not in seen]
    if missed:
        good = False
        print("eacsl: no clause is false without %s" % ", ".join(missed))
    print("eacsl: %s after %d s" % ("good" if good else "failed", evidence["seconds"]))
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print("eacsl: " + str(failure), file=sys.stderr)
        sys.exit(2)

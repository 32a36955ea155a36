#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Proves the model with Frama-C/WP, one unit a directory of proofs/, and fails unless everything is proved.

  prove.py [--unit NAME]... [--jobs N] [--cache] [--update]

A unit is proofs/NAME/unit.json (see proofs/README.md).  Each unit is proved in two counted stages: its goals (contracts,
run-time errors, unsigned overflow, termination, lemmas), and the smoke tests, which look for contradictions that would
make a proof worthless.  A run over all units writes build/evidence/proofs.json and checks what only shows in the
whole: that every contract a unit relies on and every lemma is proved in some unit, that nothing is assumed but the
rows of proofs/axioms.tsv, and that every source of the model belongs to a unit.

Exit code: 0 everything proved, 1 not, 2 usage or no prover.
"""
import argparse
import concurrent.futures
import csv
import hashlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.environ["PWD"] = os.getcwd()  # Frama-C takes relative paths from it, and a caller may have changed directory without it
BUILD = os.environ.get("BUILD", "build")
PROOFS = os.environ.get("PROOFS", "proofs")  # another folder of units, for the tests of this driver
CPP = ["-D__FRAMAC__", "-Imodel/include", "-I%s/include" % BUILD, "-I%s/include/slat" % BUILD]
SLOW = 5.0  # goals that take longer are listed
# The provers' first try, in seconds. WP asks them one after the other, so that a goal that only the second proves costs the first's
# whole limit: a short try of both settles nearly every goal, and what is left gets the unit's limit in a second pass.
FIRST_TRY = 3

# What a unit may add to the command line.  Nothing that leaves out goals or weakens what is proved is in here.
ALLOWED_OPTIONS = {"-wp-split", "-wp-split-depth", "-wp-max-split", "-wp-fct-timeout", "-wp-unfold-assigns",
                   "-wp-auto", "-wp-auto-depth", "-wp-auto-width", "-wp-steps", "-wp-prenex", "-wp-no-let",
                   "-wp-no-simpl", "-wp-pruning", "-wp-no-core", "-wp-no-filter", "-wp-no-reduce",
                   "-wp-no-ground", "-wp-bound-forall-unfolding", "-wp-init-summarize-array",
                   "-wp-extensional", "-wp-no-extensional"}
UNIT_KEYS = {"sources", "functions", "claims", "lemmas", "defines", "timeout", "provers", "options", "warnings", "smoke_steps",
             "without_ensures", "lemmas_elsewhere", "elsewhere", "smoke_timeout", "smoke_prover", "limit"}
# The smoke stage: no other goal is selected.  WP 25 cannot select smoke tests by name, but it makes them for every
# function of which some property is selected; so everything is deselected but the termination clause, which each
# function of the model has and which costs nothing.
SMOKE_ONLY = ",".join("-@" + name for name in (
    "lemma requires assigns ensures exits assert invariant variant breaks continues returns complete_behaviors "
    "disjoint_behaviors decreases check").split())

GOAL = re.compile(r"^\[wp\] \[([^\]]+)\] Goal (\S+?)(?: : (\w+)(.*))?$")
SMOKE = re.compile(r"^\[wp\] \[(\w+)\] Smoke-test (\S+)")
SMOKE_AT = re.compile(r"^\[wp\] (\S+?:\d+): Warning: Failed smoke-test")
WARNING = re.compile(r"^\[([\w:-]+)\] (?:(\S+?:\d+): )?(?:User )?(Warning|[Ee]rror|Failure):\s*(.*)$")
TIME = re.compile(r"([\d.]+)(h|m(?!s)|ms|s|')")


def seconds_of(text):
    """WP's durations: '0.91ms', '40ms', '1.2s', '1m2s', \"2'15s\"."""
    unit = {"h": 3600.0, "m": 60.0, "'": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(number) * unit[name] for number, name in TIME.findall(text))


class Screen:
    """Prints lines, and below them, on a terminal, one line that says what runs; without one, a line each 30 seconds."""

    def __init__(self):
        self.lock = threading.Lock()
        self.terminal = sys.stdout.isatty()
        self.running = {}
        self.last = time.monotonic()

    def line(self, text=""):
        with self.lock:
            if self.terminal:
                sys.stdout.write("\r\033[K")
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
            self.last = time.monotonic()

    def tick(self):
        with self.lock:
            now = time.monotonic()
            what = ", ".join("%s %d s" % (name, now - start) for name, start in sorted(self.running.items()))
            if self.terminal:
                width = os.get_terminal_size().columns - 1
                sys.stdout.write("\r\033[K" + ("running: " + what)[:width])
                sys.stdout.flush()
            elif now - self.last >= 30:
                sys.stdout.write("        running: %s\n" % what)
                sys.stdout.flush()
                self.last = now

    def clear(self):
        if self.terminal:
            sys.stdout.write("\r\033[K")
            sys.stdout.flush()


class Unit:
    def __init__(self, name):
        self.name = name
        self.file = os.path.join(PROOFS, name, "unit.json")
        with open(self.file, encoding="utf-8") as file:
            data = json.load(file)
        unknown = set(data) - UNIT_KEYS
        if unknown:
            raise ValueError("%s: unknown key %s" % (self.file, ", ".join(sorted(unknown))))
        self.data = data
        self.sources = data.get("sources", ["model/src/%s.c" % name])
        for option in data.get("options", []):
            if option.startswith("-") and option.split("=")[0] not in ALLOWED_OPTIONS:
                raise ValueError("%s: option %s is not one that a unit may set" % (self.file, option))
        for source in self.sources:
            if not os.path.exists(source):
                raise ValueError("%s: no such source: %s" % (self.file, source))
        self.out = os.path.join(BUILD, "proofs", name)
        self.cpp = CPP + ["-D" + d for d in data.get("defines", [])]
        self.errors = []         # reasons why the unit fails, ready to print
        self.goals = {}          # name -> (proved, seconds, verdicts of the provers)
        self.smoke = {}          # name -> passed
        self.smoke_at = []       # where failed smoke tests are
        self.seconds = 0.0
        self.smoke_seconds = 0.0
        self.functions = set()   # defined here, so proved here
        self.rows = []           # rows of Frama-C's property report
        self.labels = {}         # label of a clause or name of a lemma -> proved
        self.lemmas = []         # in the order in which they are stated
        self.assumed = []        # (kind, name)
        self.hypotheses = []     # what WP's memory model assumes
        self.files = []

    def dependencies(self):
        """The project's files that the unit reads."""
        run = subprocess.run(["gcc", "-std=c99", "-MM"] + self.cpp + self.sources, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, timeout=60)
        if run.returncode:
            raise ValueError("%s: %s" % (self.file, run.stderr.strip().split("\n")[0]))
        words = re.sub(r"\S+\.o:|\\\n", " ", run.stdout).split()
        self.files = sorted({os.path.normpath(word) for word in words})

    def command(self, stage, jobs, cache):
        data = self.data
        command = ["frama-c", "-machdep", "gcc_x86_64", "-warn-unsigned-overflow",
                   "-cpp-extra-args=" + " ".join(["-std=c99"] + self.cpp)] + self.sources
        # WP's own pruning of branches costs five times what it saves on entries with many fields: off by default.
        prove = ["-wp", "-wp-rte", "-wp-no-pruning", "-wp-par", str(jobs)]
        if cache:
            prove += ["-wp-cache", "update", "-wp-cache-dir", os.path.abspath(os.path.join(BUILD, "proofs/cache"))]
        else:
            prove += ["-wp-cache", "none"]
        prove += data.get("options", [])
        if data.get("elsewhere"):
            prove += ["-wp-skip-fct=" + ",".join(data["elsewhere"])]
        if stage == "goals":
            prove += ["-wp-prover", data.get("provers", "cvc4,z3")]
            if data.get("lemmas_elsewhere"):
                prove += ["-wp-prop=-@lemma"]
            # WP passes over what is already proved. Options that are lists do not outlive -then: each pass has all of them.
            return (command + ["-print", "-ocode", os.path.join(self.out, "normal.c"), "-then", "-no-print"] +
                    prove + ["-wp-timeout", str(FIRST_TRY), "-then"] +
                    prove + ["-wp-timeout", str(data.get("timeout", 40))] +
                    ["-then", "-no-wp", "-report", "-report-csv", os.path.join(self.out, "properties.csv")])
        return command + prove + ["-wp-prover", data.get("smoke_prover", "cvc4"), "-wp-timeout", "5",
                                  "-wp-smoke-tests", "-wp-smoke-timeout", str(data.get("smoke_timeout", 1)),
                                  "-wp-steps", str(data.get("smoke_steps", 50000)),
                                  "-wp-prop=" + SMOKE_ONLY]

    # -- reading what Frama-C said ------------------------------------------------------------------------------

    def read_log(self, stage, text, returncode):
        log = os.path.join(self.out, stage + ".log")
        if returncode != 0:
            self.errors.append("frama-c ended with exit code %s, see %s" % (returncode, log))
        lines = text.split("\n")
        total, reported = None, set()
        for at, line in enumerate(lines):
            match = GOAL.match(line)
            if match and stage == "goals":
                who, name, status, detail = match.groups()
                reported.add(name)
                if status == "Valid":
                    self.goals[name] = (True, seconds_of(detail or ""), who)
                else:
                    verdicts = []
                    for follow in lines[at + 1:]:
                        if not follow.startswith("  "):
                            break
                        verdicts.append(" ".join(follow.split()))
                    self.goals[name] = (False, seconds_of(" ".join(verdicts)), "; ".join(verdicts) or who)
                continue
            match = SMOKE.match(line)
            if match and stage == "smoke":
                self.smoke[match.group(2)] = match.group(1) == "Passed"
                continue
            match = SMOKE_AT.match(line)
            if match:
                if match.group(1) not in self.smoke_at:
                    self.smoke_at.append(match.group(1))
                continue
            match = re.match(r"^\[wp\] Proved goals: +(\d+) / (\d+)", line)
            if match:
                total = int(match.group(2))
                if stage == "goals" and total != len(reported):
                    self.errors.append("%d goals were announced, %d reported, see %s" % (total, len(reported), log))
                reported.clear()
                continue
            match = re.match(r"^\[rte:annot\] annotating function (\S+)", line)
            if match:
                self.functions.add(match.group(1))
                continue
            match = WARNING.match(line)
            if match:
                follow = [match.group(4)]
                for more in lines[at + 1:]:
                    if not more.startswith("  "):
                        break
                    follow.append(more.strip())
                self.warning(match.group(1), match.group(2), " ".join(" ".join(follow).split()), log)
        if total is None:
            if returncode == 0 and not (stage == "smoke" and not self.functions):
                self.errors.append("%s: no summary in %s" % (stage, log))

    def warning(self, plugin, where, text, log):
        if "Memory model hypotheses for function" in text:
            self.hypotheses.append(text)
            return
        if text == "No goal generated" and self.goals:
            return  # the first pass has proved everything
        for allowed in self.data.get("warnings", []):
            if re.search(allowed["match"], text) and allowed.get("reason"):
                return
        line = "%s: %s: %s" % (where or log, plugin, text)
        if line not in self.errors:
            self.errors.append(line)

    def read_properties(self):
        path = os.path.join(self.out, "properties.csv")
        try:
            with open(path, encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        except OSError:
            self.errors.append("no report of properties: %s" % path)
            return
        for row in rows[1:]:
            if len(row) < 7 or row[0].startswith("FRAMAC_SHARE"):
                continue
            directory, name, line, function, kind, status, text = row[:7]
            self.rows.append((os.path.normpath(os.path.join(directory, name)), line, function, kind, status, text))
        for _, _, function, kind, status, text in self.rows:
            if function not in self.functions or kind != "postcondition":
                continue
            for label in re.match(r"^((?:[A-Za-z_]\w*: )*)", text).group(1).split():
                label = label[:-1]
                proved = status in ("Valid", "Partially proven")
                self.labels[label] = self.labels.get(label, True) and proved

    def read_normal_form(self):
        """Lemmas, and everything assumed, from the text as Frama-C understood it: macros cannot hide anything."""
        for path in self.files:
            text = read(path)
            if "__FRAMAC__" in text:
                self.assumed.append(("variant", path))
            # Frama-C prints `admit lemma` as an axiom: look for the word in the sources as well.
            for comment, offset in acsl_comments(text):
                for match in re.finditer(r"\badmit\b[^;]*", re.sub(r"//[^\n]*", blank, comment[3:])):
                    line = text.count("\n", 0, offset + 3 + match.start()) + 1
                    self.errors.append("%s:%d: %s" % (path, line, " ".join(match.group(0).split())))
        path = os.path.join(self.out, "normal.c")
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except OSError:
            self.errors.append("no normal form: %s" % path)
            return
        for comment, _ in acsl_comments(text):
            for match in re.finditer(r"\b(lemma|axiom)\s+(\w+)", comment):
                if match.group(1) == "axiom":
                    self.assumed.append(("axiom", match.group(2)))
                else:
                    self.lemmas.append(match.group(2))
            for match in re.finditer(r"\badmit\b[^;]*", comment):  # also one that a macro made
                if not any(": admit" in error for error in self.errors):
                    self.errors.append("%s: %s" % (self.file, " ".join(match.group(0).split())))
            # A definition that uses itself is an axiom if it is not well founded, which nobody checks.
            for match in re.finditer(r"\b(?:logic|predicate)\s[^=;]*?(\w+)\s*(?:\{[^}]*\}\s*)?\([^;=]*\)\s*=([^;]*);", comment):
                if re.search(r"\b%s\b" % match.group(1), match.group(2)):
                    self.assumed.append(("recursive", match.group(1)))
            # A logic function or predicate without a body is an uninterpreted symbol: an assumption about nothing
            # yet, and what axioms and contracts speak of.
            for match in re.finditer(r"\b(?:logic|predicate)\s[^=;]*?(\w+)\s*(?:\{[^}]*\}\s*)?(?:\([^;=]*\)\s*)?"
                                     r"(?:reads\b[^;=]*)?;", comment):
                self.assumed.append(("declared", match.group(1)))
        for name in re.findall(r'^#include "(\S+)"', text, re.M):
            if name not in ("stdint.h", "stdbool.h", "stddef.h", "limits.h"):
                self.assumed.append(("libc", name))
        for _, _, function, _, status, _ in self.rows:
            if function not in self.functions and status == "Considered valid":
                self.assumed.append(("contract", function))
        self.assumed = sorted(set(self.assumed))

    def locate(self, word, name):
        pattern = re.compile(r"\b%s\b.*\b%s" % (word, re.escape(name)))
        for path in self.files:
            for number, line in enumerate(read(path).split("\n"), 1):
                if pattern.search(line):
                    return "%s:%d" % (path, number)
        return self.file

    # -- the gate -----------------------------------------------------------------------------------------------

    def judge(self):
        data = self.data
        for name, (proved, _, verdicts) in sorted(self.goals.items()):
            match = re.match(r"^typed_(?:check_)?lemma_(\w+)$", name)
            if match:
                self.labels[match.group(1)] = proved
            if not proved:
                self.errors.append("unproved: %s%s  (%s)" % (self.clause_of(name), name, verdicts))
        for name, passed in sorted(self.smoke.items()):
            if not passed:
                self.errors.append("smoke test failed: %s" % name)
        for where in self.smoke_at:
            self.errors.append("%s: contradiction, or code that no execution reaches" % where)
        if not self.goals:
            self.errors.append("no goals")
        if self.functions and not self.smoke:
            self.errors.append("no smoke tests")
        for function in sorted(self.functions):
            kinds = {row[3] for row in self.rows if row[2] == function}
            if "assigns clause" not in kinds:
                self.errors.append("function %s has no assigns clause" % function)
            if "termination clause" not in kinds:
                self.errors.append("function %s has no terminates clause" % function)
            if any(row[2] == function and row[3] == "termination clause" and row[5] != "\\true" for row in self.rows):
                self.errors.append("function %s may run for ever: terminates must be \\true" % function)
            if "postcondition" not in kinds and not data.get("without_ensures", {}).get(function):
                self.errors.append("function %s has no ensures clause" % function)
            if self.smoke and not any(function in name for name in self.smoke) and function in self.with_requires():
                self.errors.append("function %s has no smoke test" % function)
        # What was claimed must be there, or a unit could lose its contracts and still be "proved".
        for key, have in (("functions", self.functions), ("claims", self.proved_labels() - set(self.lemmas)),
                          ("lemmas", self.proved_labels() & set(self.lemmas))):
            for name in sorted(set(data.get(key, [])) - set(have)):
                self.errors.append("%s: %s: %s is not proved here" % (self.file, key, name))

    def with_requires(self):
        return {row[2] for row in self.rows if row[3] == "precondition"}

    def proved_labels(self):
        return {label for label, proved in self.labels.items() if proved}

    def unclaimed(self):
        """What is proved and not claimed: (key, name)."""
        out = [("functions", name) for name in self.functions - set(self.data.get("functions", []))]
        listed = set(self.data.get("claims", [])) | set(self.data.get("lemmas", []))
        for label in self.proved_labels() - listed:
            if label in self.lemmas:
                out.append(("lemmas", label))
            elif is_rule_like(label):
                out.append(("claims", label))
        return sorted(out)

    def clause_of(self, goal):
        """FILE:LINE of the clause behind a failed goal, as far as its name tells."""
        best = None
        lemma = re.match(r"^typed_(?:check_)?lemma_(\w+)$", goal)
        if lemma:
            return self.locate("lemma", lemma.group(1)) + ": "
        for path, line, function, kind, status, text in self.rows:
            if status in ("Valid", "Considered valid") or not goal.startswith("typed_" + function + "_"):
                continue
            labels = re.match(r"^((?:[A-Za-z_]\w*: )*)", text).group(1).replace(": ", "_").strip("_")
            score = 0
            if labels and labels in goal:
                score = 10 + len(labels)
            elif kind.split()[0] in goal or (kind == "postcondition" and "_ensures" in goal and not labels):
                score = 5
            elif "_assert_" in goal and kind.replace(" ", "_") in goal:
                score = 6
            if score and (best is None or score > best[0]):
                best = (score, "%s:%s: " % (path, line))
        return best[1] if best else ""

    def summary(self):
        return {"name": self.name, "defines": self.data.get("defines", []),
                "goals": len(self.goals), "proved": sum(goal[0] for goal in self.goals.values()),
                "seconds": round(self.seconds, 1), "smoke": len(self.smoke),
                "smoke_failed": sum(not passed for passed in self.smoke.values()),
                "smoke_seconds": round(self.smoke_seconds, 1), "functions": sorted(self.functions),
                "labels": {label: proved for label, proved in sorted(self.labels.items())},
                "memory_model_hypotheses": self.hypotheses}

    def update(self):
        """Writes what was proved into unit.json; the diff is for a person to read."""
        data = dict(self.data)
        data.setdefault("sources", self.sources)
        data["functions"] = sorted(self.functions)
        proved = self.proved_labels()
        data["claims"] = sorted(label for label in proved - set(self.lemmas) if is_rule_like(label))
        data["lemmas"] = sorted(proved & set(self.lemmas))
        with open(self.file, "w", encoding="utf-8") as file:
            json.dump({key: value for key, value in data.items() if value not in ([], None)}, file, indent=2)
            file.write("\n")


def is_rule_like(label):
    return re.fullmatch(r"[A-Z][A-Z0-9_]+", label) is not None


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def acsl_comments(text):
    """The ACSL comments of a C text and where they begin, strings skipped."""
    token = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|/\*.*?\*/|//[^\n]*', re.S)
    for match in token.finditer(text):
        if match.group(0)[:3] in ("/*@", "//@"):
            yield match.group(0), match.start()


def read_axioms():
    """proofs/axioms.tsv: kind, name, file, reason.  Returns ({(kind, name): (file, line)}, errors)."""
    path = os.path.join(PROOFS, "axioms.tsv")
    rows, errors = {}, []
    for number, line in enumerate(read(path).split("\n"), 1):
        if not line.strip() or line.startswith("#") or line == "kind\tname\tfile\treason":
            continue
        fields = line.split("\t")
        if len(fields) != 4 or not all(field.strip() for field in fields):
            errors.append("%s:%d: expected kind, name, file, reason, all of them" % (path, number))
        elif fields[0] not in ("axiom", "declared", "recursive", "contract", "libc", "variant", "source"):
            errors.append("%s:%d: unknown kind %s" % (path, number, fields[0]))
        elif not os.path.exists(fields[2]):
            errors.append("%s:%d: no such file: %s" % (path, number, fields[2]))
        else:
            rows[fields[0], fields[1]] = "%s:%d" % (path, number)
    return rows, errors


def check_whole(units, axioms):
    """What only shows when all units are there."""
    errors = []
    proved_at, proved_text = {}, {}
    for unit in units:
        for path, line, function, kind, _, text in unit.rows:
            if function in unit.functions:
                proved_at.setdefault(function, set()).add((path, line))
                if kind in ("postcondition", "precondition", "termination clause"):
                    proved_text.setdefault(function, set()).add((kind, text))
    # A contract that one unit takes from a header must be proved, the same lines of it, in another.
    for unit in units:
        for path, line, function, kind, status, text in unit.rows:
            if function in unit.functions or status != "Considered valid" or ("contract", function) in axioms:
                continue
            if function not in proved_at:
                errors.append("%s:%s: %s relies on the contract of %s, which no unit proves" %
                              (path, line, unit.name, function))
            # A frame is reported at the declaration or the definition, whichever the unit sees; there is one contract.
            elif kind != "assigns clause" and "from" not in kind and (path, line) not in proved_at[function]:
                errors.append("%s:%s: %s relies on this clause of %s, which its own unit does not see" %
                              (path, line, unit.name, function))
            elif kind in ("postcondition", "termination clause") and (kind, text) not in proved_text[function]:
                errors.append("%s:%s: %s reads this clause of %s otherwise than the unit that proves it" %
                              (path, line, unit.name, function))
        # Frama-C says nothing of functions that a unit leaves to another: that one must prove the text that this one reads.
        for function in unit.data.get("elsewhere", []):
            places = proved_at.get(function, set())
            if not places:
                errors.append("%s: relies on the contract of %s, which no unit proves" % (unit.file, function))
            elif not {path for path, _ in places} <= set(unit.files):
                errors.append("%s: the contract of %s that another unit proves is in a file that this one does not read" %
                              (unit.file, function))
    errors += check_theorems(units)
    # Every lemma is proved somewhere, and always after the same lemmas: no two rest on each other.
    position = {}
    for unit in units:
        for lemma in unit.lemmas:
            if not any(other.labels.get(lemma) for other in units):
                errors.append("%s: lemma %s is proved in no unit" % (unit.locate("lemma", lemma), lemma))
        for at, lemma in enumerate(unit.lemmas):
            for later in unit.lemmas[at + 1:]:
                position.setdefault((lemma, later), unit.name)
    for (first, second), name in position.items():
        if first < second and (second, first) in position:
            errors.append("lemmas %s and %s are stated in one order in %s and in the other in %s" %
                          (first, second, name, position[second, first]))
    # Nothing of the model outside a unit.
    covered = {os.path.normpath(source) for unit in units for source in unit.sources}
    sources = os.listdir("model/src") if PROOFS == "proofs" and os.path.isdir("model/src") else []
    for source in sorted("model/src/" + name for name in sources if name.endswith(".c")):
        # One that has no braces holds no function: it only includes the others.
        if "{" in read(source) and source not in covered and ("source", source) not in axioms:
            errors.append("%s: belongs to no unit of proofs/" % source)
    used = {key for unit in units for key in unit.assumed} | {("source", s) for s in sources}
    for key, where in sorted(axioms.items()):
        if key not in used and key[0] != "source":
            errors.append("%s: %s %s does not occur any more" % (where, key[0], key[1]))
    return sorted(set(errors))


def check_theorems(units, path="spec/theorems.md"):
    """Each goal that the page of theorems names, `unit: label`, is a proved postcondition or lemma of that unit."""
    if PROOFS != "proofs":
        return []
    errors = []
    labels = {unit.name: unit.labels for unit in units}
    for number, line in enumerate(read(path).split("\n"), 1):
        if not line.startswith("| ") or line.count("|") < 3:
            continue
        for name, goals in re.findall(r"(\w+): ((?:`\w+`[^`;|]*)+)", line.rsplit("|", 2)[1]):
            for label in re.findall(r"`(\w+)`", goals):
                if name not in labels or not labels[name].get(label):
                    errors.append("%s:%d: %s: %s is not proved" % (path, number, name, label))
    return errors


def sources_digest(units):
    """One hash over everything that the proofs read, so that others can tell whether proofs.json is of these sources."""
    digest = hashlib.sha256()
    own = [os.path.join("proofs", "prove.py"), os.path.join(PROOFS, "axioms.tsv")]
    for path in sorted({path for unit in units for path in unit.files + [unit.file]} | set(own)):
        if not path.startswith(BUILD + "/"):
            digest.update(path.encode() + b"\0" + read(path).encode() + b"\0")
    return digest.hexdigest()


def prepare_provers():
    """Why3's configuration in build/, made once."""
    config = os.path.abspath(os.path.join(BUILD, "proofs", "why3.conf"))
    os.environ["WHY3CONFIG"] = config
    os.makedirs(os.path.dirname(config), exist_ok=True)
    if not os.path.exists(config):
        subprocess.run(["why3", "config", "detect"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    text = read(config)
    missing = [name for name in ("Z3", "CVC4") if 'name = "%s"' % name not in text]
    if missing:
        print("Why3 does not find %s; see %s" % (" and ".join(missing), config), file=sys.stderr)
        return False
    return True


class Runner:
    """Runs the stages of all units, some at a time, and prints a line when a unit is complete."""

    def __init__(self, units, args, axioms):
        self.units, self.args, self.axioms = units, args, axioms
        self.screen = Screen()
        self.children = set()
        self.lock = threading.Lock()
        self.stopping = False
        self.done = 0

    def run_stage(self, unit, stage):
        name = unit.name + (" smoke" if stage == "smoke" else "")
        log = os.path.join(unit.out, stage + ".log")
        start = time.monotonic()
        # With several stages at a time each runs one prover at a time; the longest start first.
        jobs = self.args.jobs if len(self.units) == 1 else 1
        with open(log, "w", encoding="utf-8") as out:
            command = unit.command(stage, jobs, self.args.cache)
            out.write("# %s\n" % shlex.join(command))
            out.flush()
            with self.lock:
                if self.stopping:
                    return
                child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                         start_new_session=True)
                self.children.add(child)
                self.screen.running[name] = start
            try:
                returncode = child.wait(timeout=unit.data.get("limit", 900))
            except subprocess.TimeoutExpired:
                self.kill(child)
                returncode = "none: it was stopped after %d s" % unit.data.get("limit", 900)
            with self.lock:
                self.children.discard(child)
                self.screen.running.pop(name, None)
        if stage == "goals":
            unit.seconds = time.monotonic() - start
        else:
            unit.smoke_seconds = time.monotonic() - start
        with open(log, encoding="utf-8", errors="replace") as file:
            unit.returncodes[stage] = (file.read(), returncode)
        with self.lock:
            complete = len(unit.returncodes) == 2 and not self.stopping
            self.done += complete
            done = self.done
        if complete:
            self.finish(unit, done)

    def finish(self, unit, done):
        for stage in ("goals", "smoke"):
            unit.read_log(stage, *unit.returncodes[stage])
        unit.read_properties()
        unit.read_normal_form()
        if self.args.update:
            for key in ("functions", "claims", "lemmas"):
                unit.data.pop(key, None)
        unit.judge()
        for kind, name in unit.assumed:
            if kind != "contract" and (kind, name) not in self.axioms:
                unit.errors.append("%s: %s %s is not in %s/axioms.tsv" %
                                   (unit.locate({"declared": "(?:logic|predicate)"}.get(kind, kind), name)
                                    if kind in ("axiom", "declared") else unit.file, kind, name, PROOFS))
        if self.args.update:
            unit.update()
        elif not self.args.unit:
            unclaimed = unit.unclaimed()
            if unclaimed:
                unit.errors.append("%s: proved, but not listed as claimed: %s (make prove UNIT=%s UPDATE=yes lists it)" %
                                   (unit.file, ", ".join(name for _, name in unclaimed), unit.name))
        width = len(str(len(self.units)))
        summary = unit.summary()
        self.screen.line("[%*d/%d] %-18s %4d goals %6.1f s  %4d smoke tests %6.1f s  %s" % (
            width, done, len(self.units), unit.name, summary["goals"], summary["seconds"], summary["smoke"],
            summary["smoke_seconds"], "FAILED" if unit.errors else "proved"))
        for error in unit.errors:
            self.screen.line("        " + error)
        with open(os.path.join(unit.out, "result.json"), "w", encoding="utf-8") as file:
            json.dump(summary, file, indent=1)

    @staticmethod
    def kill(child):
        for what in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(child.pid, what)
                child.wait(timeout=5)
                return
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def stop(self):
        with self.lock:
            self.stopping = True
            children = list(self.children)
        for child in children:
            self.kill(child)

    def run(self):
        def cost(unit):  # what the last run took; unknown units first
            try:
                with open(os.path.join(unit.out, "result.json"), encoding="utf-8") as file:
                    return json.load(file)
            except (OSError, ValueError):
                return {"seconds": 1e6 + sum(os.path.getsize(path) for path in unit.sources), "smoke_seconds": 1e6}

        stages = []
        for unit in self.units:
            unit.returncodes = {}
            os.makedirs(unit.out, exist_ok=True)
            known = cost(unit)
            # Longest first; both stages of a unit follow each other, so that its line is printed early.
            cost_of_unit = -known["seconds"] - known["smoke_seconds"]
            stages += [(cost_of_unit, unit, "goals"), (cost_of_unit, unit, "smoke")]
            for name in ("normal.c", "properties.csv", "result.json"):
                try:
                    os.remove(os.path.join(unit.out, name))
                except FileNotFoundError:
                    pass
        stages.sort(key=lambda stage: stage[0])
        workers = 2 if len(self.units) == 1 else self.args.jobs
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(self.run_stage, unit, stage) for _, unit, stage in stages]
            try:
                pending = set(futures)
                while pending:
                    finished, pending = concurrent.futures.wait(pending, timeout=1,
                                                                return_when=concurrent.futures.FIRST_COMPLETED)
                    for future in finished:
                        future.result()
                    self.screen.tick()
            except BaseException:
                for future in futures:
                    future.cancel()
                self.stop()
                raise
            finally:
                self.screen.clear()


def write_evidence(units, seconds, axioms, whole):
    sys.dont_write_bytecode = True
    sys.path.insert(0, "spec")
    from rules import read_rules
    rules, _ = read_rules("spec/rules.tsv")
    labels = {}
    for unit in units:
        for label, proved in unit.labels.items():
            labels[label] = labels.get(label, True) and proved
    modelled = [rule.id for rule in rules if rule.modelled]
    summaries = [unit.summary() for unit in units]
    goals, proved = sum(s["goals"] for s in summaries), sum(s["proved"] for s in summaries)
    evidence = {
        "goals": goals, "proved": proved, "unproved": goals - proved,
        "smoke": sum(s["smoke"] for s in summaries),
        "smoke_failed": sum(s["smoke_failed"] for s in summaries),
        "axioms": [{"kind": kind, "name": name} for kind, name in sorted(axioms)],
        "seconds": round(seconds, 1),
        "units": summaries,
        "rules_proved": sum(labels.get(rule, False) for rule in modelled),
        "rules_unproved": [rule for rule in modelled if not labels.get(rule, False)],
        "slow": slow_goals(units),
        "errors": [error for unit in units for error in unit.errors] + whole,
        "sources_sha256": sources_digest(units),
    }
    path = os.path.join(BUILD, "evidence", "proofs.json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(evidence, file, indent=1)
        file.write("\n")
    os.replace(path + ".part", path)
    return path


def slow_goals(units):
    return [{"unit": unit.name, "goal": name, "seconds": round(goal[1], 1)}
            for unit in units for name, goal in sorted(unit.goals.items()) if goal[1] > SLOW]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--unit", action="append", default=[], metavar="NAME")
    parser.add_argument("--jobs", type=int, default=3, metavar="N", help="stages at a time (3: each leaves a core idle a third of the time)")
    parser.add_argument("--cache", action="store_true", help="keep the provers' answers; not for runs that count")
    parser.add_argument("--update", action="store_true", help="write what was proved into unit.json")
    parser.add_argument("--digest", action="store_true", help="print the digest of all that the proofs read")
    args = parser.parse_args()
    os.chdir(ROOT)
    names = sorted(name for name in os.listdir(PROOFS) if os.path.exists(os.path.join(PROOFS, name, "unit.json")))
    for name in args.unit:
        if name not in names:
            print("no unit %s in %s/; there are: %s" % (name, PROOFS, ", ".join(names) or "none"), file=sys.stderr)
            return 2
    try:
        units = [Unit(name) for name in (args.unit or names)]
        for unit in units:
            unit.dependencies()
    except (ValueError, OSError, subprocess.SubprocessError) as problem:
        print(problem, file=sys.stderr)
        return 1
    if args.digest:
        print(sources_digest(units))
        return 0
    if not units:
        print("there is no unit in %s/" % PROOFS, file=sys.stderr)
        return 1
    axioms, axiom_errors = read_axioms()
    if not prepare_provers():
        return 2

    start = time.monotonic()
    runner = Runner(units, args, axioms)
    try:
        runner.run()
    except KeyboardInterrupt:
        print("stopped; nothing was recorded", file=sys.stderr)
        return 130
    seconds = time.monotonic() - start

    whole = list(axiom_errors)
    if not args.unit:
        whole += check_whole(units, axioms)
        write_evidence(units, seconds, axioms, whole)
    for goal in slow_goals(units):
        print("slow: %s %s %.1f s" % (goal["unit"], goal["goal"], goal["seconds"]))
    for error in whole:
        print(error)
    summaries = [unit.summary() for unit in units]
    failed = [unit.name for unit in units if unit.errors]
    print("%d units, %d of %d goals proved, %d smoke tests (%d failed), %d assumptions listed, %.0f s%s" % (
        len(units), sum(s["proved"] for s in summaries), sum(s["goals"] for s in summaries),
        sum(s["smoke"] for s in summaries), sum(s["smoke_failed"] for s in summaries), len(axioms), seconds,
        ", provers' answers cached: this run does not count" if args.cache else ""))
    if failed or whole:
        print("FAILED" + (": " + ", ".join(failed) if failed else ""))
        return 1
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    sys.exit(main())

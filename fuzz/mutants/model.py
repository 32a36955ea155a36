# SPDX-License-Identifier: BSD-2-Clause
"""Judges one change of the model's C: by the examples, the witnesses, the tests, real KVM, and the proofs, the cheapest first.

No change is held against the unchanged model: only what the repository states counts."""
import glob
import hashlib
import os
import shutil
import subprocess

import kvm as kvm_judge

FLAGS = ["-std=c99", "-O2", "-w", "-ffreestanding"]
PROOF_TIMEOUT = 900
FUZZ_SECONDS = 3  # for each target


class Broken(Exception):
    """Something that is not the mutant's doing."""


def call(command, timeout, **more):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=timeout, check=False, **more)


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Model:
    """The sources, the command's objects and the scenarios as they were when the run began."""

    COPIED = ("model", "spec", "proofs", "conformance", "build/include")

    def __init__(self, place, kvm):
        self.place, self.kvm = place, kvm
        self.base = os.path.join(place, "base")
        self.unchanged = None
        self.units = {}     # source -> units that prove it
        self.unproved = {}  # units that are not proved without any change: they judge nothing
        self.idle = set()   # witnesses that fail without any change: the same

    def taken(self):
        return os.path.exists(os.path.join(self.base, "rules.o"))

    def take(self):
        shutil.rmtree(self.place, ignore_errors=True)  # the workers' trees of another state too
        for name in self.COPIED:
            shutil.copytree(name, os.path.join(self.base, "tree", name), ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree("build/obj/cli", os.path.join(self.base, "cli"))
        shutil.copytree("build/obj/witness", os.path.join(self.base, "witness"))
        shutil.copyfile("build/obj/gcc/rules.o", os.path.join(self.base, "rules.o"))  # last: the snapshot is complete

    def state(self):
        digest = hashlib.sha256()
        for name in self.COPIED:
            for path in sorted(glob.glob(name + "/**", recursive=True)):
                if os.path.isfile(path) and "__pycache__" not in path:
                    digest.update(path.encode() + b"\0" + digest_of(path).encode())
        return digest.hexdigest()

    def sources(self):
        tree = os.path.join(self.base, "tree")
        return sorted(os.path.relpath(path, tree) for path in glob.glob(tree + "/model/src/*.c"))

    def text(self, path):
        with open(os.path.join(self.base, "tree", path), encoding="utf-8") as file:
            return file.read()

    def worker(self, name):
        tree = os.path.join(self.place, name)
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(os.path.join(self.base, "tree"), tree)
        # The provers' answers, shared: of a unit with one change, most goals are those of the unchanged one.
        answers = os.path.join(os.path.abspath(self.base), "answers")
        os.makedirs(answers, exist_ok=True)
        os.makedirs(os.path.join(tree, "build/proofs"))
        os.symlink(answers, os.path.join(tree, "build/proofs/cache"))
        return tree

    def compile(self, tree, name="slat_all.o", flags=()):
        """@return the object of the whole library, or None"""
        library = os.path.join(tree, name)
        include = [os.path.join("-I" + tree, name) for name in ("model/include", "build/include", "build/include/slat")]
        done = call(["gcc", *FLAGS, *flags, *include, "-c", os.path.join(tree, "model/src/slat_all.c"), "-o", library], 120)
        return library if done.returncode == 0 else None

    def link(self, tree, library, name, objects):
        program = os.path.join(os.path.abspath(tree), name)
        done = call(["gcc", "-o", program, *objects, library, os.path.join(self.base, "rules.o"), "-ljansson", "-lcmocka"], 120)
        if done.returncode:
            raise Broken(done.stdout[-1000:])
        return program

    def scenarios(self, kind):
        return sorted(glob.glob(os.path.join(self.base, "tree/conformance", kind, "*.jsonl")))

    def command_objects(self, with_main):
        objects = [path for path in sorted(glob.glob(self.base + "/cli/**/*.o", recursive=True)) if "/tests/" not in path]
        return [path for path in objects if with_main or not path.endswith("/main.o")]

    def run_cheap(self, tree, library):
        """@return what refutes this library, or None"""
        slat = self.link(tree, library, "slat", self.command_objects(True))
        for path in self.scenarios("examples"):
            try:
                code = call([slat, "check", path], 20).returncode
            except subprocess.TimeoutExpired:
                code = "no end"
            if code != 0:
                return "example %s" % os.path.basename(path)
        refuted = self.run_witnesses(tree)
        if refuted:
            return refuted
        include = [os.path.join("-I" + tree, name) for name in
                   ("model/include", "build/include", "build/include/slat", "model/cli", "model/trace", "model/src")]
        for test in sorted(glob.glob(self.base + "/tree/model/tests/test_*.c")):
            name = os.path.basename(test)[:-2]
            test_object = os.path.join(self.base, name + ".o")
            if not os.path.exists(test_object):
                done = call(["gcc", "-std=gnu99", "-O1", "-w", *include, "-c", test, "-o", test_object + "." + os.path.basename(tree)], 120)
                if done.returncode:
                    raise Broken(done.stdout[-1000:])
                os.replace(test_object + "." + os.path.basename(tree), test_object)
            # Some ask again without a rule: over the library with rules to delete.
            deletes = b"slat_deleted_rule" in open(test, "rb").read()
            linked = self.compile(tree, "slat_deletable.o", ["-DSLAT_DELETABLE"]) if deletes else library
            program = self.link(tree, linked, name, [test_object] + self.command_objects(False))
            try:
                code = call([program], 60, cwd=tree).returncode
            except subprocess.TimeoutExpired:
                code = "no end"
            if code != 0:
                return "test %s" % name
        for test in sorted(glob.glob(tree + "/model/tests/test_cli*.sh")):
            try:
                done = call(["sh", os.path.abspath(test)], 120, env={**os.environ, "SLAT": slat})
            except subprocess.TimeoutExpired:
                return "test %s" % os.path.basename(test)
            if done.returncode != 0:
                failed = [line for line in done.stdout.split("\n") if line.startswith("not ok")]
                return "test %s: %s" % (os.path.basename(test), failed[0] if failed else "exit code %d" % done.returncode)
        return None

    def run_fuzz(self, tree, library):
        """The fuzz loop, as it is, with this library for its oracle and unchanged KVM: two texts by different people. @return as run_cheap()"""
        for target in kvm_judge.TARGETS:
            program = os.path.join(os.path.abspath(tree), "fuzz-" + target)
            self.kvm.link(self.kvm.built, target, program, library=(os.path.abspath(library), os.path.abspath(os.path.join(self.base, "rules.o"))))
            found = self.kvm.fuzz(program, 1, FUZZ_SECONDS)
            if found:
                return "fuzzing %s: %s" % (target, found["by"])
        return None

    def run_witnesses(self, tree):
        """Each must say what it says with the rule, and something else without it: over the library with rules to delete."""
        deletable = self.compile(tree, "slat_deletable.o", ["-DSLAT_DELETABLE"])
        objects = [os.path.join(self.base, "witness", name + ".o") for name in ("run", "judge", "needed")]
        program = self.link(tree, deletable, "run-witnesses", objects + self.command_objects(False))
        try:
            done = call([program, "spec/rules.tsv", "conformance/witness/named.tsv", "conformance/witnesses"], 120, cwd=tree)
        except subprocess.TimeoutExpired:
            return "witness no end"
        if done.returncode == 0:
            return None
        failed = {line.split(" - ")[-1] for line in done.stdout.split("\n") if line.startswith("not ok")}
        if self.unchanged and failed and failed <= self.idle:
            return None
        new = sorted(failed - self.idle) or ["exit code %d" % done.returncode]
        return "witness %s" % " ".join(new[:3] if self.unchanged else new)

    def prove(self, tree, unit):
        """@return what is not proved, or None"""
        done = call(["proofs/prove.py", "--unit", unit, "--jobs", "1", "--cache"], PROOF_TIMEOUT, cwd=tree)
        if done.returncode == 0:
            return None
        if done.returncode != 1:
            raise Broken(done.stdout[-1000:])
        lines = [line.strip() for line in done.stdout.split("\n") if not line.strip().startswith("running:")]
        reasons = [line for line in lines if line.startswith(("unproved", "smoke")) or "unproved" in line or "contradiction" in line] or lines
        return reasons[0][:160]

    def check_unchanged(self, say):
        import json
        tree = self.worker("unchanged")
        library = self.compile(tree)
        if library is None:
            raise Broken("the model does not compile")
        refuted = self.run_witnesses(tree)
        if refuted:
            self.idle = set(refuted.split()[1:])
            say("model: these judge nothing, they fail on the unchanged model: %s" % refuted)
        self.unchanged = digest_of(library)
        refuted = self.run_cheap(tree, library) or self.run_fuzz(tree, library)
        if refuted:
            raise Broken("the unchanged model is refuted by %s" % refuted)
        for path in sorted(glob.glob(tree + "/proofs/*/unit.json")):
            unit = os.path.basename(os.path.dirname(path))
            with open(path, encoding="utf-8") as file:
                sources = json.load(file).get("sources", ["model/src/%s.c" % unit])
            for source in sources:
                self.units.setdefault(source, []).append(unit)
        say("model: judged by %d examples, %d witnesses, %d test programs, %d units of proof" % (
            len(self.scenarios("examples")), len(self.scenarios("witnesses")), len(glob.glob(tree + "/model/tests/test_*.c")) + 1,
            len({unit for units in self.units.values() for unit in units})))

    def unit_usable(self, unit, lock):
        """A unit that is not proved without any change kills nothing."""
        with lock:
            if unit not in self.unproved:
                tree = self.worker("unchanged-" + unit)
                self.unproved[unit] = self.prove(tree, unit)
                shutil.rmtree(tree, ignore_errors=True)
            return self.unproved[unit] is None

    def judge(self, worker, place, lock, proofs, passed):
        """@param proofs  how many changes may still be tried with proofs, in a list
        @param passed  an earlier run got as far as that
        @return a dictionary with `status`: killed, survived, undecided, not compiled, same code"""
        tree = os.path.join(self.place, worker)
        if not os.path.exists(tree):
            self.worker(worker)
        path = os.path.join(tree, place.path)
        original = self.text(place.path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(place.apply(original))
        try:
            library = self.compile(tree)
            if library is None:
                return {"status": "not compiled"}
            if digest_of(library) == self.unchanged:
                return {"status": "same code"}
            refuted = None if passed else self.run_cheap(tree, library) or self.run_fuzz(tree, library)
            if refuted:
                return {"status": "killed", "by": refuted}
            with lock:
                proofs[0] -= 1
                if proofs[0] < 0:
                    return {"status": "undecided", "by": "not tried with proofs"}
            units = self.units.get(place.path, [])
            for unit in units:
                if not self.unit_usable(unit, lock):
                    continue
                try:
                    refuted = self.prove(tree, unit)
                except subprocess.TimeoutExpired:
                    refuted = "no end within %d s" % PROOF_TIMEOUT
                if refuted:
                    return {"status": "killed", "by": "proof of %s: %s" % (unit, refuted)}
            usable = [unit for unit in units if self.unproved.get(unit, "") is None]
            reasons = "; ".join("%s is not proved without a change either: %s" % (unit, self.unproved[unit]) for unit in units if self.unproved.get(unit))
            if not usable:
                return {"status": "undecided", "by": reasons or "no unit of proof for %s" % place.path}
            return {"status": "survived", "by": "proved all the same"}
        finally:
            with open(path, "w", encoding="utf-8") as file:
                file.write(original)

# SPDX-License-Identifier: BSD-2-Clause
"""Builds KVM with one file changed, links it with the fuzz loop, and runs that until it diverges."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

BUILD_TIMEOUT = 600
FILES = ("arch/x86/kvm/mmu/mmu.c", "arch/x86/kvm/mmu/paging_tmpl.h", "arch/x86/kvm/mmu/spte.c")
TARGETS = ("kvm-shadow", "kvm-nested-walk")
DIVERGED = re.compile(r"^divergence after (\d+) inputs, ([\d.]+) s: (.*)$", re.M)
COVERAGE_INPUTS = 60000
LONG = 4  # seconds after which a run must have seen everything that it has to see, or it does not count


class Broken(Exception):
    """Something that is not the mutant's doing."""


def call(command, timeout, **more):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=timeout, check=False, **more)


class Kvm:
    """One unchanged build of KVM, and the fuzz loop as it was when the run began: other work may go on in build/ meanwhile."""

    def __init__(self, built, place):
        self.built, self.place = built, place
        self.harness = os.path.join(place, "harness")
        self.source = os.path.join(built, "source")
        self.unchanged = None
        self.texts = {}

    def parts(self):
        """What the harness is made of, in the order of linking."""
        fuzz = "build/fuzz"
        return ([(os.path.join(fuzz, "obj/loop/main.o"), "main.o"), (os.path.join(fuzz, "libfuzz.a"), "libfuzz.a"),
                 ("build/obj/clang/libslat.a", "libslat.a")] +
                [(os.path.join(fuzz, target, "target.a"), target + ".a") for target in TARGETS])

    def state(self):
        """One digest over KVM and the harness: results of another state do not count."""
        digest = hashlib.sha256()
        for path, _ in self.parts() + [(os.path.join(self.built, "version"), "")]:
            with open(path, "rb") as file:
                digest.update(file.read())
        return digest.hexdigest()

    def taken(self):
        return all(os.path.exists(os.path.join(self.harness, name)) for _, name in self.parts())

    def take_harness(self):
        os.makedirs(self.harness, exist_ok=True)
        for path, name in self.parts():
            shutil.copyfile(path, os.path.join(self.harness, name))

    def text(self, path):
        if path not in self.texts:
            with open(os.path.join(self.source, path), encoding="utf-8") as file:
                self.texts[path] = file.read()
        return self.texts[path]

    def code(self, directory, name):
        """A hash of the machine code of a build, without what debuggers read."""
        stripped = os.path.join(directory, "stripped.o")
        done = call(["objcopy", "--strip-debug", os.path.join(directory, name), stripped], 60)
        if done.returncode:
            raise Broken(done.stdout)
        with open(stripped, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def build(self, worker, path=None, text=None):
        """@return None if it does not compile, else the directory of the build"""
        out = os.path.abspath(os.path.join(self.place, worker))
        environment = {**os.environ, "OUT": out, "KIP_JOBS": "1"}
        for name in ("VARIANT", "MUTANT_FILE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
            environment.pop(name, None)
        os.makedirs(out, exist_ok=True)
        if path:
            changed = os.path.join(out, "changed-" + os.path.basename(path))
            with open(changed, "w", encoding="utf-8") as file:
                file.write(text)
            environment["MUTANT_FILE"] = "%s=%s" % (path, changed)
        for _ in range(3):
            done = call(["fuzz/targets/kvm/build.sh", "plain"], BUILD_TIMEOUT, env=environment)
            if done.returncode == 0:
                return out
            if "compiling" in done.stdout and "error:" in done.stdout:
                return None
            time.sleep(1)  # two builds that clean the same cache at the same moment
        raise Broken(done.stdout[-2000:])

    def link(self, directory, target, program, flags=(), library=("libslat.a",)):
        """@param library  files in the harness, or elsewhere by their absolute names"""
        with open(os.path.join(directory, "link.txt"), encoding="utf-8") as file:
            command = file.readline().split()
        objects = [os.path.join(self.harness, name) for name in ("main.o", target + ".a", "libfuzz.a", *library)]
        done = call([*command, *flags, "-o", program, *objects], 120)
        if done.returncode:
            raise Broken(done.stdout[-2000:])
        return program

    def fuzz(self, program, seed, seconds, more=()):
        """Runs the loop until it diverges, or does not see what a run has to see. @return what was found, or None"""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SLAT_FUZZ")}
        start = time.monotonic()
        state = program + ".state"
        shutil.rmtree(state, ignore_errors=True)
        command = [program, "run", "--seed", str(seed), "--seconds", str(seconds), "--first", "--state", state, *more]
        try:
            done = call(command, seconds + 20, env=environment, cwd=os.path.dirname(program))
        except subprocess.TimeoutExpired:
            return {"by": "no end: the run did not stop after its time", "inputs": None, "seconds": round(time.monotonic() - start, 2)}
        if done.returncode == 0:
            return self.counts(program, state, seconds)
        match = DIVERGED.search(done.stdout)
        if match:
            return {"by": match.group(3), "inputs": int(match.group(1)), "seconds": float(match.group(2))}
        last = (done.stdout.strip().split("\n") or [""])[-1][:120]
        return {"by": "exit code %d: %s" % (done.returncode, last), "inputs": None, "seconds": round(time.monotonic() - start, 2)}

    @staticmethod
    def counts(program, state, seconds):
        """A run without divergence must have seen every observation, bit and level: the report says so, and fails if not."""
        if seconds < LONG:
            return None
        done = subprocess.run([program, "report", "--state", state], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, errors="replace", timeout=60, check=False)
        if done.returncode == 0:
            return None
        return {"by": "the run does not count: " + (done.stderr.strip().split("\n") or [""])[0], "inputs": None, "seconds": float(seconds)}

    def check_unchanged(self, seeds, seconds):
        """The same runs on unchanged KVM must not diverge, or nothing that follows means anything."""
        directory = self.build("unchanged")
        self.unchanged = self.code(directory, "kvm.o")
        for target in TARGETS:
            program = self.link(directory, target, os.path.join(directory, target))
            for seed in seeds:
                found = self.fuzz(program, seed, seconds)
                if found:
                    raise Broken("%s diverges on unchanged KVM (seed %d): %s" % (target, seed, found["by"]))

    def judge(self, worker, path, text, runs):
        """Builds a changed file and does the runs, (target, seed, seconds), up to the first that finds it.
        @return a dictionary with `status`: found, survived, not compiled, same code"""
        directory = self.build(worker, path, text)
        if directory is None:
            return {"status": "not compiled"}
        if self.code(directory, "kvm.o") == self.unchanged:
            return {"status": "same code"}
        programs, spent = {}, 0.0
        for target, seed, seconds in runs:
            if target not in programs:
                programs[target] = self.link(directory, target, os.path.join(directory, target))
            found = self.fuzz(programs[target], seed, seconds)
            if found:
                found["seconds"] = round(found["seconds"] + spent, 3)  # time to detection counts the runs before
                return {"status": "found", "target": target, **found}
            spent += seconds
        return {"status": "survived", "seconds": spent}

    def reached(self, seed):
        """{file: [(line, column, count)]} of the regions of the files, from a build that counts them, over both targets."""
        out = os.path.abspath(os.path.join(self.place, "lines"))
        os.makedirs(out, exist_ok=True)
        script = ("import sys; sys.dont_write_bytecode = True; sys.path.insert(0, 'fuzz/targets/kvm'); import build\n"
                  "build.MMU = [name for name in build.MMU if name.endswith(('/mmu.c', '/spte.c'))]\n"
                  "build.VARIANTS['lines'] = ('clang', '', '-fprofile-instr-generate -fcoverage-mapping', 'clang -fprofile-instr-generate')\n"
                  "build.build('lines')\n")
        done = call(["/usr/bin/python3", "-c", script], BUILD_TIMEOUT, env={**os.environ, "OUT": out, "KIP_JOBS": "2"})
        if done.returncode:
            raise Broken(done.stdout[-2000:])
        profiles = []
        for target in TARGETS:
            program = self.link(out, target, os.path.join(out, target))
            profiles.append(os.path.join(out, target + ".profraw"))
            done = call([program, "run", "--seed", str(seed), "--inputs", str(COVERAGE_INPUTS)], 600,
                        env={**os.environ, "LLVM_PROFILE_FILE": profiles[-1]}, cwd=out)
        merged = os.path.join(out, "all.profdata")
        done = call(["llvm-profdata", "merge", "-o", merged, *profiles], 120)
        if done.returncode:
            raise Broken(done.stdout)
        done = subprocess.run(["llvm-cov", "export", "-skip-expansions", "-skip-functions", "-instr-profile", merged, program],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300, check=True)
        regions = {}
        for entry in json.loads(done.stdout)["data"][0]["files"]:
            name = os.path.relpath(entry["filename"], os.path.join(out, "source"))
            if name in FILES:
                regions[name] = [(s[0], s[1], s[2] if s[3] else None) for s in entry["segments"]]
        if set(regions) != set(FILES):
            raise Broken("no coverage of %s" % ", ".join(sorted(set(FILES) - set(regions))))
        return regions


def executed(regions, line, column):
    """Whether the region that holds a place was executed."""
    count = None
    for at_line, at_column, value in regions:
        if (at_line, at_column) > (line, column):
            break
        count = value
    return bool(count)


if __name__ == "__main__":
    sys.exit("not a program: see run")

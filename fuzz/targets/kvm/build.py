#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Builds KVM's shadow MMU, from a Linux 6.1 or 6.12 tree, as one object file for an ordinary program.

Usage: build.sh [VARIANT...]   default: $VARIANT, else plain
       build.sh selftest       builds $VARIANT and runs the self-test with it
       build.sh series         prints which of the supported kernels KERNEL is: 6.1 or 6.12

Variants:  plain (-O2, not instrumented)    afl (PCGUARD for AFL++, arch/x86/kvm/mmu only)    coverage (the same edges, own counters)
           asan    ubsan

Environment:
  KERNEL=6.1, 6.12    Debian's package linux-source-6.1 (the default) or linux-source-6.12
  KERNEL=DIR          a tree of either; it is only read
  OUT=DIR             default build/kvm/VARIANT, for another kernel than 6.1 build/kvm/6.12-VARIANT
  MUTANT_FILE=arch/x86/kvm/mmu/mmu.c=FILE
                      compile FILE in place of that file of the tree (only below arch/x86/kvm and virt/kvm). Set OUT too
  KIP_JOBS=N          compilers at a time, default 2

Result in OUT:  kvm.o (link it with the harness; its interface is kvm_in_process.h), link.txt (the command line to link with), version.
"""

import concurrent.futures
import fcntl
import hashlib
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = ROOT / "build"
CACHE = BUILD / "kvm" / "cache"
CACHE_FILES = 1000  # about 500 MB
JOBS = int(os.environ.get("KIP_JOBS", "2"))
SUPPORTED = ("6.1", "6.12")  # the first is the default
KERNEL = os.environ.get("KERNEL") or SUPPORTED[0]

MMU = [f"arch/x86/kvm/mmu/{name}.c" for name in ("mmu", "spte", "page_track", "tdp_mmu", "tdp_iter")]
KERNEL_SOURCES = MMU + [f"arch/x86/kvm/{name}.c" for name in ("x86", "mtrr", "cpuid", "emulate")] + ["virt/kvm/kvm_main.c"] + [
    f"lib/{name}.c" for name in ("rbtree", "find_bit", "interval_tree", "xarray")]
OPTIONAL_SOURCES = ["arch/x86/kvm/regs.c"]  # compiled where the tree has them: Debian's 6.12 has moved control registers out of x86.c
KVM_DIRECTORIES = ("arch/x86/kvm", "virt/kvm")  # what a mutant may replace; the rest of the tree is prepared once

# What stable releases change within a series, so that the version does not tell: a macro for the shim if the file of the tree has the text.
PROBES = {"KIP_HAS_QUALIFICATION_IN_FAULT": ("arch/x86/kvm/kvm_emulate.h", r"exit_qualification;"),
          "KIP_HAS_WHOLE_QUALIFICATION": ("arch/x86/kvm/mmu/paging_tmpl.h", r"\|= EPT_VIOLATION_GVA_TRANSLATED;")}

SHIM_KERNEL = ["memory", "kernel", "vendor", "machine", "access", "nested"]  # compiled with the kernel's headers
SHIM_PROCESS = ["host", "events", "shadow_cpu", "coverage"]  # compiled with libc's

# Needed by shim/machine.c, and static in KVM (the last one in 6.1 only).
GLOBALIZE = ["kvm_running_vcpu", "emulate_ops", "kvm_invalidate_pcid"]
# Calls from one file of KVM to another that go through the shim (shim/access.c).
WRAP = ["x86_emulate_instruction", "kvm_vcpu_read_guest", "kvm_vcpu_read_guest_page", "kvm_vcpu_write_guest", "kvm_vcpu_mark_page_dirty"]
# Undefined in the kernel's objects and defined by libc with the same meaning.
FROM_LIBC = {"memcpy", "memset", "memmove", "memcmp", "bcmp", "snprintf", "bsearch", "strlen", "strcmp", "strncmp"}
# afl-clang-fast would raise the optimisation to -O3.
AFL_ENVIRONMENT = {"AFL_QUIET": "1", "AFL_DONT_OPTIMIZE": "1"}
# Left visible in kvm.o besides kip_*: hooks that the sanitizers' and AFL++'s runtimes look for.
HOOKS = ["__ubsan_on_report", "__asan_on_error", "__sanitizer_cov_*"]

SANITIZE_UB = "-fsanitize=shift,bounds,null,bool,enum,integer-divide-by-zero,signed-integer-overflow,vla-bound"
VARIANTS = {  # compiler of the MMU; flags for all kernel files; for the MMU only; how to link
    "plain": ("clang", "", "", "clang"),
    "afl": ("afl-clang-fast", "", "", "afl-clang-fast"),
    "coverage": ("clang", "", "-fsanitize-coverage=trace-pc-guard", "clang"),
    "asan": ("clang", "-fsanitize=address", "", "clang -fsanitize=address"),
    "ubsan": ("clang", SANITIZE_UB, "", "clang -fsanitize=undefined"),
}


class Failure(Exception):
    pass


started = time.monotonic()


def progress(text):
    print(f"[{time.monotonic() - started:5.1f} s] kvm: {text}", file=sys.stderr, flush=True)


def run(command, cwd=None, env=None, timeout=900, what=None, **more):
    """Runs a command; if it fails, says what (default: the command) and what it printed last."""
    result = subprocess.run(command, cwd=cwd, env=env, timeout=timeout, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if result.returncode != 0:
        tail = "\n".join(result.stdout.splitlines()[-25:])
        raise Failure(f"{what or shlex.join(map(str, command))[:200]} failed ({result.returncode}):\n{tail}")
    return result.stdout


def digest(*parts):
    h = hashlib.sha256()
    for part in parts:
        h.update(part if isinstance(part, bytes) else str(part).encode())
        h.update(b"\0")
    return h.hexdigest()


def need(program, package):
    if not shutil.which(program):
        raise Failure(f"{program} is missing: apt-get install {package}")


# ---- The kernel tree ----

# Everything that configuring and compiling the files above reads; the rest of a kernel tree is not copied.
COPIED = ("Makefile", "Kbuild", "Kconfig", "include/", "scripts/", "arch/x86/", "virt/", "lib/", "init/", "kernel/", "mm/", "security/", "certs/",
          "tools/Makefile", "tools/arch/x86/", "tools/build/", "tools/include/", "tools/lib/", "tools/objtool/", "tools/scripts/")
SKIPPED_DIRECTORIES = {".git", "dts", "selftests", "testing"}


def wanted(name):
    base = name.rsplit("/", 1)[-1]
    if base.startswith("Kconfig") or (base == "Makefile" and name.count("/") <= 2 and name.startswith("arch/")):
        return True
    if base.endswith((".o", ".cmd", ".ko", ".a", ".mod", ".d")):
        return False
    return name.startswith(COPIED) and not (name in ("include/config", ".config") or name.startswith(("include/generated/", "include/config/")))


def files_of(tree):
    names = []
    for directory, subdirectories, files in os.walk(tree):
        subdirectories[:] = sorted(d for d in subdirectories if d not in SKIPPED_DIRECTORIES)
        prefix = os.path.relpath(directory, tree)
        prefix = "" if prefix == "." else prefix + "/"
        if prefix == "arch/x86/include/":
            subdirectories[:] = [d for d in subdirectories if d != "generated"]
        names += [prefix + f for f in sorted(files) if wanted(prefix + f)]
    return names


def hash_tree(tree, names):
    """Two digests: of the KVM directories, and of everything else that is copied. As git does, a file whose inode, size and times are those of
    the last time is not read again."""
    memory = BUILD / "kernel" / ("hashes-" + digest(tree)[:16] + ".json")
    try:
        known = json.loads(memory.read_text())
    except (OSError, ValueError):
        known = {}
    hashes = {}
    for name in names:
        path = os.path.join(tree, name)
        stat = os.lstat(path)
        state = [stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
        if name in known and known[name][0] == state:
            hashes[name] = known[name]
        else:
            content = os.readlink(path).encode() if os.path.islink(path) else Path(path).read_bytes()
            hashes[name] = [state, digest(content)]
    if hashes != known:
        memory.parent.mkdir(parents=True, exist_ok=True)
        partial = memory.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(hashes))
        partial.rename(memory)
    kvm, rest = hashlib.sha256(), hashlib.sha256()
    for name in names:
        (kvm if name.startswith(KVM_DIRECTORIES) else rest).update(f"{name} {hashes[name][1]}\n".encode())
    return kvm.hexdigest(), rest.hexdigest()


def debian_tree(series):
    """Debian's source package, unpacked once for each version of it."""
    package = f"linux-source-{series}"
    tarball = Path(f"/usr/src/{package}.tar.xz")
    try:
        version = run(["dpkg-query", "-W", "-f", "${Version}", package]).strip()
    except (Failure, FileNotFoundError):
        version = ""
    if not version or not tarball.exists():
        raise Failure(f"no kernel source: apt-get install {package}, or name a tree with KERNEL=DIR")
    place = BUILD / "kernel" / version
    if not (place / "unpacked").exists():
        progress(f"unpacking {tarball} (about 15 s)")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        leave_out = [f"{package}/{d}/*.[chS]" for d in ("drivers", "sound", "fs", "net")] + [f"{package}/Documentation/*.rst", "*.dts", "*.dtsi",
                                                                                          f"{package}/tools/testing/*"]
        run(["tar", "xf", str(tarball), "-C", str(place), "--wildcards"] + [f"--exclude={p}" for p in leave_out])
        (place / package).rename(place / "source")
        (place / "unpacked").touch()
    return place / "source", f"Debian {package} {version}"


def kernel_version(tree):
    try:
        top = (tree / "Makefile").read_text()
    except OSError:
        raise Failure(f"{tree} is not a Linux tree: it has no Makefile") from None
    numbers = [re.search(rf"^{key} = (\d+)", top, re.M) for key in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    if not all(numbers):
        raise Failure(f"{tree} is not a Linux tree: its Makefile has no VERSION, PATCHLEVEL, SUBLEVEL")
    version = [n.group(1) for n in numbers]
    if ".".join(version[:2]) not in SUPPORTED:
        raise Failure(f"{tree} is Linux {'.'.join(version)}; supported: {', '.join(f'{s}.x' for s in SUPPORTED)}")
    return ".".join(version)


def kernel_series():
    """Which of SUPPORTED the kernel is."""
    return KERNEL if KERNEL in SUPPORTED else kernel_version(Path(KERNEL)).rpartition(".")[0]


def prepared_tree():
    """The tree, a configured copy of it, and what it was made from."""
    (BUILD / "kernel").mkdir(parents=True, exist_ok=True)
    with open(BUILD / "kernel" / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two builds at once prepare one after the other
        if KERNEL in SUPPORTED:
            source, origin = debian_tree(KERNEL)
        else:
            source = Path(KERNEL).resolve()
            origin = f"tree {source}"
        version = kernel_version(source)
        names = files_of(source)
        kvm_hash, rest_hash = hash_tree(source, names)
        name = "prepared-" + digest(source)[:8] + "-"
        tree = BUILD / "kernel" / (name + digest(rest_hash, (HERE / "kernel.config").read_text())[:16])
        if not (tree / ".kip-prepared").exists():
            for old in (BUILD / "kernel").glob(name + "*"):
                shutil.rmtree(old)
            progress(f"copying and configuring Linux {version} (about 40 s)")
            prepare(source, names, tree)
    return source, tree, f"{origin}\nLinux {version}\nkvm sources sha256 {kvm_hash}\nother sources sha256 {rest_hash}\n"


def prepare(source, names, tree):
    for program, package in (("clang", "clang"), ("ld.lld", "lld"), ("llvm-objcopy", "llvm"), ("flex", "flex"), ("bison", "bison"),
                             ("bc", "bc"), ("make", "make"), ("rsync", "rsync")):
        need(program, package)
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    run(["rsync", "-a", "--files-from=-", f"{source}/", f"{tree}/"], input="\n".join(names))
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "KERNEL", "OUT", "VARIANT")}
    make = ["make", "LLVM=1", f"-j{JOBS}"]
    run(make + ["tinyconfig"], tree, env)
    run(["./scripts/kconfig/merge_config.sh", "-m", ".config", str(HERE / "kernel.config")], tree, env)
    run(make + ["olddefconfig"], tree, env)
    run(make + ["prepare"], tree, env)
    # Only for the compiler flags that kbuild uses, which it writes beside an object.
    run(make + ["lib/rbtree.o"], tree, env)
    # cli and sti, which a process may not execute: the one header that is changed.
    header = (tree / "arch/x86/include/asm/irqflags.h").read_text()
    changed, count = re.subn(r'asm volatile\("(cli|sti)": : :"memory"\)', 'asm volatile("": : :"memory")', header)
    if count < 2:
        raise Failure("arch/x86/include/asm/irqflags.h has no cli and sti where they are expected: adapt build.py to this tree")
    (tree / "overlay/asm").mkdir(parents=True)
    (tree / "overlay/asm/irqflags.h").write_text(changed)
    (tree / ".kip-prepared").touch()


def kbuild_flags(tree):
    command = (tree / "lib/.rbtree.o.cmd").read_text().split("\n", 1)[0]
    flags = shlex.split(command.split(" := ", 1)[1].split(" ; ")[0])[1:]
    flags = flags[: flags.index("-c")]
    # Code for a process, not for the top 2 GB: small model, and a 16-byte stack as libc expects. Warnings are the kernel's business.
    drop = re.compile(r"-Wp,-MMD.*|-mcmodel=.*|-mstack-alignment=.*|-Wframe-larger-than=.*|-fno-asynchronous-unwind-tables|-Werror.*|-W[a-z].*"
                      r"|-DKBUILD_.*|-D__KBUILD_.*|\./arch/x86/kvm")
    flags = [f for f in flags if not drop.fullmatch(f)]
    flags = [f for i, f in enumerate(flags) if not (f == "-I" and (i + 1 == len(flags) or flags[i + 1].startswith("-")))]
    return ["-nostdinc", "-Ioverlay"] + [f for f in flags if f != "-nostdinc"] + [
        "-mcmodel=small", "-gline-tables-only", "-DKBUILD_MODNAME=\"kvm\"", "-D__KBUILD_MODNAME=kmod_kvm"]


# ---- Compiling, with a cache by content ----

class Compiler:
    """Compiles files, or takes them from the cache. The key of an object: compiler, flags, and the contents of the source and of every header
    that it read, so far as they are not in the prepared tree (which is itself keyed by content)."""

    def __init__(self, tree, kvm):
        self.tree, self.kvm = tree, kvm
        self.compiled = 0
        self.versions = {}
        CACHE.mkdir(parents=True, exist_ok=True)

    def version(self, compiler):
        if compiler not in self.versions:
            self.versions[compiler] = run([compiler, "--version"])
        return self.versions[compiler]

    def movable(self, path):
        """A name for the file that does not depend on where this build keeps it; None for files of the prepared tree and the system."""
        path = Path(os.path.normpath(self.tree / path))
        for base in (self.kvm, HERE):
            if path.is_relative_to(base):
                return str(path.relative_to(base))
        return None

    def compile(self, compiler, flags, source):
        source = Path(source)
        name = self.movable(source) or str(source)
        place = source if source.is_absolute() else self.tree / source
        shown = [f.replace(str(self.kvm), "KVM") for f in flags]
        first = digest(self.version(compiler), AFL_ENVIRONMENT, self.tree.name.split("-")[-1], *shown, name, place.read_bytes())
        manifest = CACHE / f"{first}.headers"

        def key(headers):
            return digest(first, *[part for h in headers for part in (h, self.resolve(h).read_bytes())])

        try:
            cached = CACHE / (key(manifest.read_text().split()) + ".o")
            os.utime(cached)  # used: prune() lets it live
            os.utime(manifest)
            return cached
        except FileNotFoundError:
            pass
        partial = CACHE / f"{first}.{os.getpid()}.o"
        depend = partial.with_suffix(".d")
        run([compiler, *flags, "-MMD", "-MF", str(depend), "-c", "-o", str(partial), str(source)], self.tree,
            {**os.environ, **AFL_ENVIRONMENT}, timeout=300, what=f"compiling {name}")
        used = depend.read_text().replace("\\\n", " ").split(":", 1)[1].split()
        headers = sorted({self.movable(h) for h in used[1:]} - {None})
        manifest.write_text("\n".join(headers))
        cached = CACHE / (key(headers) + ".o")
        partial.rename(cached)
        depend.unlink()
        self.compiled += 1
        return cached

    @staticmethod
    def prune():
        """Keeps the files used last: mutants make a new object each."""
        for old in sorted(CACHE.iterdir(), key=lambda f: f.stat().st_mtime, reverse=True)[CACHE_FILES:]:
            old.unlink(missing_ok=True)

    def resolve(self, name):
        path = self.kvm / name
        return path if path.exists() else HERE / name


def unit_flags(name):
    return [f'-DKBUILD_MODFILE="{name}"', f'-DKBUILD_BASENAME="{name}"']


def compile_all(variant, tree, kvm):
    mmu_compiler, sanitize, mmu_only, _ = VARIANTS[variant]
    compiler = Compiler(tree, kvm)
    compiler.prune()
    base = kbuild_flags(tree) + [f"-I{kvm}/arch/x86/kvm", f"-I{kvm}/virt/kvm", f"-fmacro-prefix-map={kvm}/="]
    process = ["-std=gnu11", "-O2", "-gline-tables-only", "-Wall", "-Wextra"] + (["-DKIP_OWN_COVERAGE"] if variant == "coverage" else [])
    jobs = []
    sources = KERNEL_SOURCES + [s for s in OPTIONAL_SOURCES if (kvm / s).exists()]
    for source in sources:
        place = kvm / source if source.startswith(KVM_DIRECTORIES) else source
        mmu = source in MMU
        flags = base + ["-w"] + shlex.split(sanitize) + (shlex.split(mmu_only) if mmu else []) + unit_flags(Path(source).stem)
        jobs.append((mmu_compiler if mmu else "clang", flags, place))
    probed = [f"-D{macro}" for macro, (file, text) in PROBES.items() if re.search(text, (kvm / file).read_text())]
    for name in SHIM_KERNEL:
        jobs.append(("clang", base + probed + ["-Wall", "-Wno-missing-prototypes", "-Wno-sign-compare", "-Wno-pointer-sign"] + unit_flags("kip"),
                     HERE / "shim" / f"{name}.c"))
    for name in SHIM_PROCESS:
        jobs.append(("clang", process, HERE / "shim" / f"{name}.c"))
    jobs.append(("clang", [], HERE / "shim" / "user_access.S"))
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        objects = list(pool.map(lambda job: compiler.compile(*job), jobs))
    kernel = len(sources) + len(SHIM_KERNEL)
    return objects[:kernel], objects[kernel:], compiler.compiled


# ---- Linking ----

def undefined(objects):
    """Undefined symbols, and which of them are called (R_X86_64_PLT32) rather than read."""
    names, called = set(), set()
    for line in run(["readelf", "-sW", *objects]).splitlines():
        fields = line.split()
        if len(fields) == 8 and fields[6] == "UND" and fields[4] == "GLOBAL":
            names.add(fields[7])
    for line in run(["readelf", "-rW", *objects]).splitlines():
        fields = line.split()
        if len(fields) >= 5 and fields[2] == "R_X86_64_PLT32":
            called.add(fields[4])
    return names, called


def warnings_of(source):
    """Each WARN and BUG of KVM: file, line, and what is tested, which the kernel does not tell. Of the unchanged tree: a mutant that compiles to
    the same code is the same object."""
    for directory in KVM_DIRECTORIES:
        for path in sorted((source / directory).rglob("*.[ch]")):
            for line, text in enumerate(path.read_text(errors="replace").splitlines(), 1):
                found = re.search(r"\b(?:KVM_)?(?:MMU_)?(?:WARN|BUG)(?:_ON)?(?:_ONCE)?\(([^\"\\]{1,80})", text)
                if found:
                    depth = list(itertools.accumulate((c == "(") - (c == ")") for c in found.group(1)))
                    yield path.relative_to(source), line, found.group(1)[: (depth + [-1]).index(-1)]


def write_stubs(path, kernel, process, source):
    """Whatever of the rest of the kernel KVM refers to and the shim has not got: a function that names itself and ends the run, or zeroes."""
    combined = path.with_suffix(".o")
    run(["ld", "-r", "-o", str(combined), *[f"--wrap={w}" for w in WRAP], *kernel])
    names, called = undefined([str(combined)])
    defined = set(re.findall(r"^\S+ [A-Z] (\S+)$", run(["nm", "-g", "--defined-only", *process]), re.M))
    runtime = re.compile(r"__asan_.*|__ubsan_.*|__sanitizer_.*|__sancov_.*|__afl_.*|__start_.*|__stop_.*|_GLOBAL_OFFSET_TABLE_")
    missing = sorted(n for n in names - defined - FROM_LIBC if not runtime.fullmatch(n))
    functions = [n for n in missing if n in called]
    data = [n for n in missing if n not in called]
    lines = ["\t.text"]
    for n in functions:
        lines += [f"\t.globl {n}", f"{n}:", f"\tleaq .Lname_{n}(%rip), %rdi", "\tandq $-16, %rsp", "\tcall host_missing"]
    lines += ["\t.section .rodata"] + [f'.Lname_{n}:\t.asciz "{n}"' for n in functions]
    lines += ["\t.bss", "\t.balign 64"]
    for n in data:
        lines += [f"\t.globl {n}", f"{n}:\t.skip 4096"]
    lines += ["\t.section .data.rel.ro, \"aw\"", "\t.balign 8", "\t.globl host_warnings", "host_warnings:"]
    for file, number, condition in warnings_of(source):
        lines += ["\t.pushsection .rodata", f'1:\t.asciz "{file}"', f'2:\t.asciz "{condition}"', "\t.popsection", f"\t.quad 1b, {number}, 2b"]
    lines += ["\t.quad 0, 0, 0"]
    path.write_text("\n".join(lines + ['\t.section .note.GNU-stack, "", @progbits', ""]))
    return combined, len(functions), len(data)


def link_kvm(out, kernel, process, source):
    found = re.findall(rf"^(.*):\S+ ([A-TV-Za-z]) ({'|'.join(GLOBALIZE)})$", run(["nm", "-A", *kernel]), re.M)
    if {symbol for _, _, symbol in found} != set(GLOBALIZE):
        raise Failure(f"not all of {', '.join(GLOBALIZE)} are in KVM's objects (inlined or renamed): adapt GLOBALIZE in build.py")
    prepared = []
    for number, obj in enumerate(map(str, kernel)):
        if obj in {file for file, kind, _ in found if kind.islower()}:
            copy = str(out / f"exposed-{number}.o")
            run(["objcopy", *[f"--globalize-symbol={s}" for s in GLOBALIZE], obj, copy])
            obj = copy
        prepared.append(obj)
    process = [str(p) for p in process]
    combined, functions, data = write_stubs(out / "stubs.S", prepared, process, source)
    run(["clang", "-c", "-o", str(out / "stubs-text.o"), str(out / "stubs.S")])
    run(["ld", "-r", "-o", str(out / "all.o"), str(combined), str(out / "stubs-text.o"), *process])
    # The kernel's names stay inside: a harness may have its own mutex_lock() or rb_insert().
    keep = [f"--keep-global-symbol={s}" for s in ["kip_*"] + HOOKS]
    run(["objcopy", "--wildcard", *keep, str(out / "all.o"), str(out / "kvm.o.new")])
    (out / "kvm.o.new").rename(out / "kvm.o")
    for name in ("all.o", "stubs.o", "stubs-text.o"):
        (out / name).unlink()
    for copy in out.glob("exposed-*.o"):
        copy.unlink()
    return functions, data


# ---- All together ----

def copy_kvm(source, kvm, replace):
    """The KVM directories of the tree, as they are, with at most one file replaced."""
    for directory in KVM_DIRECTORIES:
        (kvm / directory).parent.mkdir(parents=True, exist_ok=True)
        run(["rsync", "-a", "--delete", "--include=*/", "--include=*.[chS]", "--exclude=*", f"{source}/{directory}/", f"{kvm}/{directory}/"])
    if replace:
        name, _, file = replace.partition("=")
        if not name.startswith(KVM_DIRECTORIES) or not (kvm / name).exists():
            raise Failure(f"MUTANT_FILE: {name} is not a file of the tree below {' or '.join(KVM_DIRECTORIES)}")
        if not Path(file).is_file():
            raise Failure(f"MUTANT_FILE: {file} does not exist; write MUTANT_FILE=path/in/tree.c=replacement.c")
        (kvm / name).unlink()
        shutil.copyfile(file, kvm / name)


def build(variant):
    if variant not in VARIANTS:
        raise Failure(f"unknown variant {variant}: one of {' '.join(VARIANTS)}")
    if variant == "afl":
        need("afl-clang-fast", "afl++")
    series = kernel_series()
    out = Path(os.environ.get("OUT") or BUILD / "kvm" / (variant if series == SUPPORTED[0] else f"{series}-{variant}")).resolve()
    mutant = os.environ.get("MUTANT_FILE", "")
    if mutant and not os.environ.get("OUT"):
        raise Failure("MUTANT_FILE needs an OUT of its own, or it would replace the unchanged build")
    out.mkdir(parents=True, exist_ok=True)
    source, tree, version = prepared_tree()
    if mutant:
        version += f"with {mutant.split('=')[0]} replaced\n"
    kvm = out / "source"
    with open(out / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        copy_kvm(source, kvm, mutant)
        kernel, process, compiled = compile_all(variant, tree, kvm)
        # Objects are named by what they were made from.
        inputs = digest(Path(__file__).read_bytes(), version, *kernel, *process)
        if (out / "kvm.o").exists() and (out / "inputs").exists() and (out / "inputs").read_text() == inputs:
            progress(f"{out / 'kvm.o'} is up to date")
            return out
        (out / "inputs").unlink(missing_ok=True)
        functions, data = link_kvm(out, kernel, process, source)
        (out / "version").write_text(version)
        (out / "link.txt").write_text(f"{VARIANTS[variant][3]} -no-pie -Wl,--no-relax {out / 'kvm.o'}\n")
        (out / "inputs").write_text(inputs)
    progress(f"{out / 'kvm.o'}: {compiled} files compiled, {functions} functions and {data} variables of the kernel stubbed")
    return out


def selftest(variant):
    out = build(variant)
    program = out / "selftest"
    # Compiled on its own: what links variant afl would instrument it.
    run(["clang", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-c", "-o", f"{program}.o", str(HERE / "selftest.c")])
    run(shlex.split((out / "link.txt").read_text()) + ["-o", str(program), f"{program}.o"])
    return subprocess.run([str(program)], timeout=300, check=False).returncode


def main():
    try:
        variant = os.environ.get("VARIANT") or "plain"
        for argument in sys.argv[1:] or [variant]:
            if argument in ("-h", "--help"):
                print(__doc__)
            elif argument == "selftest":
                if selftest(variant) != 0:
                    return 1
            elif argument == "series":
                print(kernel_series())
            else:
                build(argument)
    except Failure as failure:
        print(f"kvm: {failure}", file=sys.stderr)
        return 1
    except subprocess.TimeoutExpired as expired:
        print(f"kvm: {shlex.join(map(str, expired.cmd))[:200]} took longer than {expired.timeout:.0f} s", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: BSD-2-Clause
"""Writes the model with contracts that E-ACSL of Frama-C 25 can run.

E-ACSL runs no `logic boolean`, and no logic function that reads memory.  It does call C functions from annotations
(-e-acsl-builtins).  So each logic function and predicate of the specification becomes a C function of the same name with
acsl_ before it, in a file that is compiled apart (acsl.py); the copy of the model has its prototype where the definition
was, and the contracts of the copy call it.  Of a contract little else changes, and of the C nothing: a call's integer
arguments are cast to uint64_t (all values of the specification are in its range), the guards of a quantifier are grouped
as E-ACSL wants them, and each clause has a number as its label, by which the run names it.  A line of the copy has the
number that it has in the original."""
import os
import re

from acsl import Parser, Untranslatable, Writer, is_type, tokens_of

ANNOTATION = re.compile(r'/\*@.*?\*/|//@[^\n]*|"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', re.S)
DEFINITIONS = re.compile(r"\s*(check\s+|admit\s+)?(logic|predicate|axiomatic|lemma|axiom|inductive|type|global)\b")
CLAUSE = re.compile(r"((?:for\s+[\w\s,]+:\s*)?(?:check\s+|admit\s+)?(?:requires|ensures|assumes|assert|assigns|terminates|"
                    r"decreases|allocates|frees|exits|loop\s+\w+|invariant|complete\s+behaviors|disjoint\s+behaviors))\b")
BEHAVIOR = re.compile(r"behavior\s+\w+\s*:")
LABEL = re.compile(r"\s*([A-Za-z_]\w*)\s*:(?!:)")
# What E-ACSL has no check for, or what is not a statement that could be checked once.
UNCHECKED = {
    "terminates": "E-ACSL has no check for termination: the call has returned, or the run has not ended",
    "assigns": "E-ACSL has no check for frames",
    "loop assigns": "E-ACSL has no check for frames",
    "decreases": "E-ACSL has no check for decreases",
    "allocates": "E-ACSL has no check for allocation",
    "loop allocates": "E-ACSL has no check for allocation",
    "frees": "E-ACSL has no check for allocation",
    "loop frees": "E-ACSL has no check for allocation",
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.M)


class Clause:
    def __init__(self, number, path, line, function, kind, label):
        self.number, self.path, self.line, self.function = number, path, line, function
        self.kind, self.label = kind, label
        self.behavior = None
        self.following = None  # line of the code after the annotation
        self.reason = UNCHECKED.get(kind)  # why it is not in the copy; None: it is

    def name(self):
        place = "(%s:%d)" % (os.path.basename(self.path), self.line)
        return "%s: %s %s" % (self.function, self.kind, self.label or place)

    def counts(self, counts, clauses):
        """How often it was evaluated, from what main.c prints."""
        if self.kind == "assumes":  # part of every clause of its behavior, and shown with those only
            return sum(other.counts(counts, ()) for other in clauses
                       if (other.path, other.function, other.behavior) == (self.path, self.function, self.behavior)
                       and other is not self and other.kind != "assumes")
        name = "c%d" % self.number
        if self.kind == "loop variant":  # what has no label is known by the code that it stands before
            name = "%s:%d:Variant" % (self.path, self.following)
        if self.kind in ("complete behaviors", "disjoint behaviors"):
            name = "%s:%d:Precondition" % (self.path, self.following)
        return sum(counts.get(name, (0, 0)))

    def is_rule(self):
        """An ensures clause that carries the id of a rule."""
        return self.kind == "ensures" and self.label is not None and self.label.isupper()


class Function:
    """A logic function or predicate.  `parameters`: (name, what), what is integer, boolean or a C type."""

    def __init__(self, name, result, parameters, body):
        self.name, self.result, self.parameters, self.body = name, result, parameters, body
        self.reason = None if body is not None else "it is declared only"
        self.inner = None
        self.line = None

    def c_parameters(self, integer):
        words = {"integer": integer, "boolean": "int"}
        return ", ".join((words.get(what) or what) + " " + name for name, what in self.parameters) or "void"

    def prototype(self):
        result = "uint64_t" if self.result == "integer" else "int"
        return "%s acsl_%s(%s)" % (result, self.name, self.c_parameters("uint64_t"))

    def inner_prototype(self):
        result = "integer" if self.result == "integer" else "int"
        return "static inline %s logic_%s(%s)" % (result, self.name, self.c_parameters("integer"))

    def entry(self):
        """What the contracts call."""
        call = "logic_%s(%s)" % (self.name, ", ".join(name for name, _ in self.parameters))
        return "%s { return %s; }" % (self.prototype(),
                                      'in_64_bits(%s, "%s")' % (call, self.name) if self.result == "integer" else call)


def without_comments(text):
    """Comments inside an annotation, as spaces: line breaks stay."""
    return re.sub(r"//[^\n]*", "", text)


def statements(text):
    """(offset, text) of what `;` ends; not the `;` after the variables of a quantifier or a \\let."""
    start, waiting = 0, 0
    for token in re.finditer(r'\\(?:forall|exists|let)\b|"(?:\\.|[^"\\])*"|;', text):
        word = token.group()
        if word.startswith("\\"):
            waiting += 1
        elif word == ";" and waiting:
            waiting -= 1
        elif word == ";":
            yield start, text[start:token.start()]
            start = token.end()
    if text[start:].strip():
        yield start, text[start:]


def guarded(text):
    """The form that E-ACSL knows: what follows the range as a guard (low <= i < high && P ==> Q) gets a ==> of its own."""
    for match in list(re.finditer(r"\\forall\s+integer\s+([\w\s,]+);", text))[::-1]:
        variables, depth = match.group(1).count(",") + 1, 0
        for token in re.finditer(r"[()\[\]]|<==>|==>|&&|\|\|", text[match.end():]):
            word = token.group()
            depth += (word in "([") - (word in ")]")
            if len(re.findall(r"<=?(?!=)", text[match.end():match.end() + token.start()])) < 2:
                continue  # still inside low <= i < high
            if depth < 0 or (depth == 0 and word in ("==>", "<==>", "||")):
                break
            variables -= depth == 0 and word == "&&"
            if variables == 0:
                text = text[:match.end() + token.start()] + "==>" + text[match.end() + token.end():]
                break
    return text


def parameters_of(text):
    found = []
    previous = None
    for part in text.split(","):
        tokens = [t for _, t in tokens_of(part)]
        if not tokens:
            continue
        name = tokens[-1]
        if len(tokens) == 1:  # `integer e, m`
            what = previous
        elif tokens[:-1] in (["integer"], ["boolean"]):
            what = tokens[0]
        elif all(t == "*" or is_type(t) or re.fullmatch(r"\w+", t) for t in tokens[:-1]):
            what = " ".join(tokens[:-1])
            if "*" in what and "const" not in what:
                what = "const " + what
        else:
            raise Untranslatable("the parameter '%s'" % part.strip())
        previous = what
        found.append((name, what))
    return found


class Translation:
    def __init__(self, root, given):
        """`given`: names of declared logic functions for which given.h has a definition."""
        self.root, self.given = root, given
        self.refused = {}  # (path, line) of a clause that Frama-C refuses: what it says
        self.functions = {}  # in the order of their definitions
        self.defined_in = {}  # the functions that a comment defines or declares
        self.clauses = []
        self.copies = {}

    # -- Logic functions
    def learn(self, comment):
        text = without_comments(comment[3:-2] if comment.startswith("/*") else comment[3:])
        text = re.sub(r"axiomatic\s+\w+\s*\{|\}", " ", re.sub(r"\{\s*\w+(\s*,\s*\w+)*\s*\}(?=\s*\()", "", text))
        names = []
        for _, statement in statements(text):
            head = re.match(r"\s*(logic|predicate)\b([^=(]*?)(\w+)\s*(\((?P<parameters>[^()]*)\))?\s*"
                            r"(=(?!=)(?P<body>.*))?$", statement, re.S)
            if not head:
                continue
            what = "boolean" if head.group(1) == "predicate" else " ".join(head.group(2).split())
            try:
                parameters = parameters_of(head.group("parameters") or "")
                function = Function(head.group(3), what, parameters, head.group("body"))
                if what not in ("integer", "boolean"):
                    function.reason = "its type is " + what
            except Untranslatable as problem:
                function = Function(head.group(3), what, [], None)
                function.reason = str(problem)
            # Declared in one place and defined in another, under #ifdef: the definition counts.
            known = self.functions.get(function.name)
            if known is None or known.body is None:
                self.functions[function.name] = function
            names.append(function.name)
        self.defined_in[comment] = names

    def define(self):
        """Writes each function as C; what calls a function that has none, has none either."""
        for function in self.functions.values():
            if function.name in self.given:
                function.reason = None
        while True:
            callable_ = {f.name: "logic_" + f.name for f in self.functions.values() if f.reason is None}
            lost = False
            for function in self.functions.values():
                if function.reason is None and function.name not in self.given:
                    try:
                        function.inner = Writer(callable_).text(Parser(function.body).whole())
                    except Untranslatable as problem:
                        function.reason = str(problem)
                        lost = True
            if not lost:
                return

    def logic_source(self, headers):
        """The C file of all logic functions; sets the line of each, for what a compiler says."""
        usable = [f for f in self.functions.values() if f.reason is None]
        lines = ["/* SPDX-License-Identifier: BSD-2-Clause */", '#include "given.h"']
        lines += ['#include "%s"' % header for header in headers]
        lines += [f.inner_prototype() + ";" for f in usable if f.name not in self.given]
        for function in usable:
            if function.name not in self.given:
                lines.append("%s { return %s; }" % (function.inner_prototype(), " ".join(function.inner.split())))
                function.line = len(lines)
            lines.append(function.entry())
        return "\n".join(lines) + "\n"

    # -- Contracts
    def rewritten(self, text):
        """A clause with its calls of logic functions turned into calls of C functions."""
        out, at = [], 0
        pattern = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)\s*(\{\s*(\w+)\s*\}\s*)?(?=\()|(?<![\w.>\\])([A-Za-z_]\w*)\b")
        while True:
            match = pattern.search(text, at)
            if not match:
                return "".join(out) + text[at:]
            name = match.group(1) or match.group(4)
            if name not in self.functions:
                out.append(text[at:match.end()])
                at = match.end()
                continue
            function = self.functions[name]
            if function.reason is not None:
                raise Untranslatable("calls %s: %s" % (name, function.reason))
            out.append(text[at:match.start()])
            values, at = [], match.end()
            if match.group(1):
                end = self.closing(text, at)
                values = self.arguments(text[at + 1:end])
                at = end + 1
            if len(values) != len(function.parameters):
                raise Untranslatable("%s with %d arguments" % (name, len(values)))
            arguments = [self.argument(value, what) for value, (_, what) in zip(values, function.parameters)]
            call = "acsl_%s(%s)" % (name, ", ".join(arguments))
            if match.group(3) and match.group(3) != "Here":
                call = "\\at(%s,%s)" % (call, match.group(3))
            out.append(call if function.result == "integer" else "(%s != 0)" % call)

    def argument(self, text, what):
        if what == "boolean":
            text = re.sub(r"^\s*\(\s*boolean\s*\)", "", text)
            value = self.rewritten(text)
            return "(int)((%s) ? 1 : 0)" % (value if re.search(r"[=<>!&|]", value) else value + " != 0")
        value = self.rewritten(text).strip()
        return "(uint64_t)(%s)" % value if what == "integer" else value

    @staticmethod
    def closing(text, at):
        depth = 0
        for index in range(at, len(text)):
            depth += (text[index] in "([{") - (text[index] in ")]}")
            if depth == 0:
                return index
        raise Untranslatable("a bracket is not closed")

    @staticmethod
    def arguments(text):
        parts, depth, start = [], 0, 0
        for index, sign in enumerate(text):
            depth += (sign in "([{") - (sign in ")]}")
            if sign == "," and depth == 0:
                parts.append(text[start:index])
                start = index + 1
        parts.append(text[start:])
        return parts if text.strip() else []

    def contract(self, comment, path, line, following, function):
        """One annotation of the copy; the clauses are added to the list.  `following`: line of the code after it."""
        body = without_comments(comment[3:-2] if comment.startswith("/*") else comment[3:])
        if body.lstrip().startswith("ghost"):
            clause = Clause(len(self.clauses), path, line, function, "ghost", None)
            clause.reason = "ghost code is left out"
            self.clauses.append(clause)
            return "\n" * comment.count("\n")
        out = []
        emitted, within = False, None
        for offset, statement in statements(body):
            lead = len(statement) - len(statement.lstrip())
            first = line + body[:offset + lead].count("\n")
            text = statement.strip()
            made = len(self.clauses)
            before = statement[:lead]
            while True:
                behavior = BEHAVIOR.match(text)
                if not behavior:
                    break
                before += behavior.group() + " "
                within = behavior.group()
                rest = text[behavior.end():]
                inside = len(rest) - len(rest.lstrip())
                first += (behavior.group() + rest[:inside]).count("\n")
                before += "\n" * (behavior.group() + rest[:inside]).count("\n")
                text = rest.lstrip()
            lines = "\n" * text.count("\n")
            new = self.clause(text, path, first, function, within)
            emitted = emitted or bool(new)
            for clause in self.clauses[made:]:
                clause.following = following
            out.append(before + new + lines)
        tail = body.count("\n") - sum(part.count("\n") for part in out)
        text = "".join(out) + "\n" * tail
        return "/*@" + text + "*/" if emitted else "\n" * text.count("\n")

    def clause(self, text, path, line, function, behavior):
        match = CLAUSE.match(text)
        kind = " ".join(match.group(1).split()) if match else " ".join(text.split()[:2])
        kind = re.sub(r"^(for [^:]*: )|^(check|admit) ", "", kind)
        rest = text[match.end():] if match else ""
        label = LABEL.match(rest) if kind not in ("loop variant", "assigns", "loop assigns") else None
        clause = Clause(len(self.clauses), path, line, function, kind, label.group(1) if label else None)
        self.clauses.append(clause)
        clause.behavior = behavior
        if not match:
            clause.reason = "it is not understood"
        if (path, line) in self.refused and clause.reason is None:
            clause.reason = "Frama-C: " + self.refused[(path, line)]
        if clause.reason is not None:
            return ""
        try:
            if kind in ("loop variant", "complete behaviors", "disjoint behaviors"):
                return "%s %s;" % (match.group(1), " ".join(self.rewritten(rest).split()))
            predicate = guarded(" ".join(self.rewritten(rest[label.end():] if label else rest).split()))
            return "%s c%d: (%s);" % (" ".join(match.group(1).split()), clause.number, predicate)
        except Untranslatable as problem:
            clause.reason = str(problem)
            return ""

    # -- Files
    def read(self, start):
        """`start` and all that it includes with quotes, in that order: callees come before their callers."""
        texts = {}

        def visit(path):
            if path in texts or not os.path.exists(os.path.join(self.root, path)):
                return
            with open(os.path.join(self.root, path), encoding="utf-8") as file:
                text = file.read()
            texts[path] = text
            for part in re.finditer(INCLUDE.pattern + r"|(/\*@.*?\*/)", text, re.S | re.M):
                if part.group(1):
                    visit(os.path.normpath(os.path.join(os.path.dirname(path), part.group(1))))
                elif DEFINITIONS.match(without_comments(part.group(2)[3:])):
                    self.learn(part.group(2))
        visit(start)
        self.define()
        self.copies = texts

    def copy(self, path, text):
        out, at = [], 0
        for match in ANNOTATION.finditer(text):
            comment = match.group()
            if not comment.startswith(("/*@", "//@")):
                continue
            out.append(text[at:match.start()])
            at = match.end()
            if DEFINITIONS.match(without_comments(comment[3:])):
                found = [self.functions[name] for name in self.defined_in.get(comment, ())]
                # With a contract: Frama-C drops the prototype of a function that has none and that no C calls.
                prototypes = " ".join("/*@ assigns \\nothing; */ %s;" % f.prototype() for f in found if f.reason is None)
                out.append(prototypes + "\n" * comment.count("\n"))
            else:
                line = text.count("\n", 0, match.start()) + 1
                following = re.compile(r"\s*").match(text, match.end()).end()
                out.append(self.contract(comment, path, line, text.count("\n", 0, following) + 1,
                                         self.function_at(text, match)))
        return "".join(out) + text[at:]

    @staticmethod
    def function_at(text, match):
        """The function whose contract this is, or in which it stands."""
        definition = re.compile(r"^[A-Za-z_][^;{}()#\n]*?\b(\w+)\(", re.M)
        if re.match(r"/?/?\*?@\s*(for\b|loop\b|assert\b|check\b|admit\b|ghost\b)", text[match.start():match.end()]):
            heads = [m.group(1) for m in definition.finditer(text, 0, match.start())]
            return heads[-1] if heads else "?"
        head = definition.search(text, match.end())
        return head.group(1) if head else "?"

    def write_copies(self, out):
        """Called when it is settled which logic functions there are."""
        self.clauses = []
        for path, original in self.copies.items():
            text = self.copy(path, original)
            target = os.path.join(out, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8") as file:
                file.write(text)

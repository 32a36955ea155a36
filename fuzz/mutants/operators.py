# SPDX-License-Identifier: BSD-2-Clause
"""Blind changes to C: every place in a file where one of a few operators applies, found without parsing C.

A place lies in the body of a function (a brace in column 0 begins and ends one, as in the kernel's style and the model's), outside
comments, strings, preprocessor lines, and the arguments of what only watches or prints (WARN_ON, trace_...).  A change keeps the
number of lines.  What does not compile is sorted out by compiling, what makes no difference by comparing the machine code.
"""
import re

OPERATORS = {
    "drop-call": "a statement that is a call is removed",
    "drop-store": "a store to a member, to an element or through a pointer, or a compound assignment, is removed",
    "negate-if": "the condition of an if is negated",
    "off-by-one": "< and <=, > and >= are exchanged; a number is one more, or one less",
    "swap-operator": "== and !=, && and ||, & and |, + and -, << and >>, |= and &= are exchanged; ! or ~ is left out",
    "swap-constant": "true and false are exchanged; a named constant becomes another one of its family",
}
KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof", "do", "else", "case", "goto", "asm", "typeof"}
WATCHERS = re.compile(r"(?:\w*WARN\w*|\w*BUG_ON\w*|BUG|ASSERT|pgprintk|rmap_printk|printk|pr_\w+|trace_\w+|lockdep_\w+|might_\w+|"
                      r"_?static_assert|EXPORT_\w+)$")
SWAPPED = {"==": "!=", "!=": "==", "&&": "||", "||": "&&", "&": "|", "|": "&", "^": "|", "+": "-", "-": "+", "<<": ">>", ">>": "<<",
           "|=": "&=", "&=": "|=", "+=": "-=", "-=": "+=", "++": "--", "--": "++"}
NEIGHBOUR = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
TOKEN = re.compile(r"<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||->|\+\+|--|\+=|-=|\|=|&=|\^=|[<>&|^+\-!~]")
NUMBER = re.compile(r"(?<![\w.])(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)(?![\w.])")
NAME = re.compile(r"(?<![\w.>])[A-Z][A-Z0-9]*_[A-Z0-9_]+\b(?!\s*\()")
CALL = re.compile(r"^[ \t]+(?:\(void\)\s*)?(?:[A-Za-z_]\w*(?:->|\.))*([A-Za-z_]\w*)\(", re.M)
STORE = re.compile(r"^[ \t]+((?:\+\+|--)?\*?[A-Za-z_][\w.>\[\]-]*)[ \t]*(=|\|=|&=|\+=|-=|\^=)(?!=)[^;{}]*;", re.M)


class Place:
    """One change: text[start:end] becomes `new`."""

    def __init__(self, path, operator, start, end, new, line, old):
        self.path, self.operator, self.start, self.end, self.new, self.line, self.old = path, operator, start, end, new, line, old
        self.function = self.id = ""

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]

    def change(self):
        """The change in a few characters: the fragment and what it becomes."""
        def shown(part):
            part = " ".join(part.split())
            return part if len(part) <= 60 else part[:57] + "..."
        if self.operator in ("drop-call", "drop-store"):
            return "%s removed" % shown(self.old)
        if self.operator == "negate-if":
            return "if (%s) negated" % shown(self.old)
        return "%s becomes %s" % (shown(self.old), shown(self.new) or "nothing")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def masked(text):
    """The text with comments, strings and preprocessor lines blanked, at the same offsets."""
    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", blank, text, flags=re.M)


def closing(text, start):
    """The offset of the parenthesis that closes the one at `start`; -1: there is none."""
    depth = 0
    for match in re.compile(r"[()]").finditer(text, start):
        depth += 1 if match.group(0) == "(" else -1
        if depth == 0:
            return match.start()
    return -1


def functions(text):
    """(name, start, end) of each function's body in the masked text."""
    for match in re.finditer(r"^\{.*?^\}", text, re.S | re.M):
        head = re.split(r"[;}]", text[:match.start()])[-1]
        name = re.search(r"\bFNAME\((\w+)\)", head) or re.search(r"(\w+)\s*\(", head)
        if name and not re.search(r"\b(struct|enum|union)\s+\w+\s*$", head):
            yield name.group(1), match.start(), match.end()


def watched(text, start, end):
    """The spans of the arguments of what only watches."""
    spans = []
    for match in re.compile(r"\b(\w+)\(").finditer(text, start, end):
        if WATCHERS.match(match.group(1)):
            spans.append((match.start(), closing(text, match.end() - 1) + 1))
    return spans


def begins_statement(text, at):
    before = text[:at].rstrip()
    return before.endswith((";", "{", "}", ":", ")")) or re.search(r"\b(else|do)$", before) is not None


def families(text):
    """Named constants that look alike, for the constants of a file: name -> the next of its family."""
    groups = {}
    for name in sorted(set(NAME.findall(text))):
        parts = name.split("_")
        key = (parts[0], parts[-1]) if parts[-1] in ("MASK", "SHIFT", "BIT") else (parts[0], parts[1] if len(parts) > 2 else "")
        groups.setdefault(key, []).append(name)
    return {name: group[(at + 1) % len(group)] for group in groups.values() if len(group) > 1 for at, name in enumerate(group)}


def statement_end(text, at):
    """The end of a call statement whose first parenthesis is at `at`: after its semicolon; -1: it is none."""
    while text[at] == "(":
        at = closing(text, at) + 1
        if at == 0:
            return -1
    rest = re.compile(r"\s*;").match(text, at)
    return rest.end() if rest else -1


def changes(text, start, end, family):
    """(operator, start, end, new) of each change in a span of the masked text."""
    for match in CALL.finditer(text, start, end):
        at = match.start() + re.match(r"\s*", match.group(0)).end()
        stop = statement_end(text, match.end() - 1)
        if match.group(1) not in KEYWORDS and stop > 0 and begins_statement(text, at):
            yield "drop-call", at, stop, ";"
    for match in STORE.finditer(text, start, end):
        if (match.group(2) != "=" or re.search(r"[*.>\[]", match.group(1))) and begins_statement(text, match.start(1)):
            yield "drop-store", match.start(1), match.end(), ";"
    for match in re.compile(r"\bif\s*\(").finditer(text, start, end):
        stop = closing(text, match.end() - 1)
        yield "negate-if", match.end(), stop, None
    for match in TOKEN.finditer(text, start, end):
        token = match.group(0)
        before = text[:match.start()].rstrip()[-1:]
        binary = before.isalnum() or before in ("_", ")", "]")
        if token in NEIGHBOUR:
            yield "off-by-one", match.start(), match.end(), NEIGHBOUR[token]
        elif token in ("!", "~"):
            yield "swap-operator", match.start(), match.end(), ""
        elif token in SWAPPED and (binary or token in ("++", "--")):
            yield "swap-operator", match.start(), match.end(), SWAPPED[token]
    for match in NUMBER.finditer(text, start, end):
        value, suffix = int(match.group(1), 0), match.group(2)
        shown = hex if match.group(1)[:2] in ("0x", "0X") else str
        yield "off-by-one", match.start(), match.end(), shown(value + 1) + suffix
        if value > 0:
            yield "off-by-one", match.start(), match.end(), shown(value - 1) + suffix
    for match in re.compile(r"\b(true|false)\b").finditer(text, start, end):
        yield "swap-constant", match.start(), match.end(), "false" if match.group(0) == "true" else "true"
    for match in NAME.finditer(text, start, end):
        if match.group(0) in family:
            yield "swap-constant", match.start(), match.end(), family[match.group(0)]


def places(path, text):
    """All places of a file, in the order of the text.  The id says file, function, operator and which one of these it is."""
    mask = masked(text)
    family = families(mask)
    out, counts = [], {}
    for function, start, end in functions(mask):
        spans = watched(mask, start, end)
        for operator, a, b, new in sorted(changes(mask, start, end, family), key=lambda c: (c[1], c[0], c[3] or "")):
            if any(first <= a < last for first, last in spans):
                continue
            old = text[a:b]
            if new is None:
                new = "!(" + old + ")"
            elif new == ";":
                new += "\n" * old.count("\n")
            place = Place(path, operator, a, b, new, text.count("\n", 0, a) + 1, old)
            place.function = function
            place.id = "%s:%s:%s" % (path.rsplit("/", 1)[-1], function, operator)
            counts[place.id] = counts.get(place.id, 0) + 1
            place.id += ":%d" % counts[place.id]
            out.append(place)
    return out

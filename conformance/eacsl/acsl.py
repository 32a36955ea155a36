# SPDX-License-Identifier: BSD-2-Clause
"""Reads logic functions and predicates of ACSL, and writes them as C functions.

Of ACSL it knows what a definition needs: arithmetic, comparisons and their chains, connectives, conditions, \\let, calls,
fields, casts, and quantifiers over a range of integers.  Whatever else comes raises Untranslatable with the reason.
Integers become `integer`, a signed type of 128 bits, so that nothing of 64 bits can wrap around; a pointer to a struct
stays one, which reads memory as it is at the time of the call."""
import re

TOKEN = re.compile(r"""(?P<space>\s+|//[^\n]*)|(?P<name>\\?[A-Za-z_]\w*)|(?P<number>0[xX][0-9a-fA-F]+|\d+)|"""
                   r"""(?P<text>"(?:\\.|[^"\\])*")|"""
                   r"""(?P<sign><==>|==>|->|&&|\|\||\^\^|<=|>=|==|!=|<<|>>|\.\.|.)""", re.S)
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
LEVELS = (("<==>",), ("==>",), ("||",), ("^^",), ("&&",), ("|",), ("^",), ("&",), COMPARISONS, ("<<", ">>"), ("+", "-"),
          ("*", "/", "%"))
TYPE_WORDS = ("struct", "enum", "const", "unsigned", "signed", "char", "short", "int", "long", "_Bool", "bool", "boolean",
              "integer", "void")
CONSTANTS = {"\\true": "1", "\\false": "0", "\\null": "((void *)0)"}


class Untranslatable(Exception):
    """There is no translation; the text says why."""


def tokens_of(text):
    """(kind, text) for each token, without spaces and comments."""
    return [(m.lastgroup, m.group()) for m in TOKEN.finditer(text) if m.lastgroup != "space"]


def is_type(word):
    return word in TYPE_WORDS or re.fullmatch(r"u?int\d+_t|size_t|uintptr_t", word) is not None


class Parser:
    """An expression as a tree of tuples: the first element says what it is."""

    def __init__(self, text):
        self.tokens = tokens_of(text) + [("end", "")]
        self.at = 0

    def peek(self, ahead=0):
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)][1]

    def take(self, wanted=None):
        kind, text = self.tokens[self.at]
        if kind == "end" or (wanted is not None and text != wanted):
            raise Untranslatable("'%s' where '%s' is expected" % (text, wanted or "more"))
        self.at += 1
        return text

    def whole(self):
        tree = self.expression()
        if self.peek():
            raise Untranslatable("'%s' is not understood" % self.peek())
        return tree

    def expression(self):
        if self.peek() == "\\let":
            self.take()
            name = self.take()
            self.take("=")
            value = self.expression()
            self.take(";")
            return ("let", name, value, self.expression())
        if self.peek() in ("\\forall", "\\exists"):
            quantifier = self.take()
            if self.take() != "integer":
                raise Untranslatable("%s over something else than integers" % quantifier)
            names = [self.take()]
            while self.peek() == ",":
                self.take()
                names.append(self.take())
            self.take(";")
            return ("quantifier", quantifier, names, self.expression())
        condition = self.binary(0)
        if self.peek() != "?":
            return condition
        self.take("?")
        first = self.expression()
        self.take(":")
        return ("condition", condition, first, self.expression())

    def binary(self, level):
        if level == len(LEVELS):
            return self.unary()
        operators = LEVELS[level]
        left = self.binary(level + 1)
        if operators == COMPARISONS:
            return self.chain(left, level)
        if operators == ("==>",):  # the only one that groups from the right
            if self.peek() != "==>":
                return left
            self.take()
            return ("binary", "==>", left, self.operand(level))
        while self.peek() in operators:
            operator = self.take()
            left = ("binary", operator, left, self.operand(level + 1))
        return left

    def operand(self, level):
        """The right side: a quantifier or \\let may stand there without parentheses."""
        return self.expression() if self.peek() in ("\\forall", "\\exists", "\\let") else self.binary(level)

    def chain(self, left, level):
        """a <= b < c means a <= b && b < c."""
        links = []
        while self.peek() in COMPARISONS:
            operator = self.take()
            right = self.binary(level + 1)
            links.append(("compare", operator, left, right))
            left = right
        if not links:
            return left
        tree = links[0]
        for link in links[1:]:
            tree = ("binary", "&&", tree, link)
        return tree

    def unary(self):
        if self.peek() in ("!", "-", "+", "~", "&", "*"):
            operator = self.take()
            return ("unary", operator, self.unary())
        if self.peek() == "(" and is_type(self.peek(1)):
            self.take("(")
            words = []
            while self.peek() != ")":
                words.append(self.take())
            self.take(")")
            return ("cast", " ".join(words), self.unary())
        return self.postfix()

    def postfix(self):
        if self.peek() == "(":
            self.take()
            tree = ("group", self.expression())
            self.take(")")
        else:
            kind, text = self.tokens[self.at]
            if kind not in ("name", "number"):
                raise Untranslatable("'%s' is not understood" % text)
            if text.startswith("\\") and text not in CONSTANTS:
                raise Untranslatable("%s in a definition" % text)
            tree = (kind, self.take())
        while self.peek() in ("(", "[", ".", "->", "{"):
            opening = self.take()
            if opening in (".", "->"):
                tree = ("field", tree, opening, self.take())
            elif opening == "[":
                tree = ("index", tree, self.expression())
                self.take("]")
            elif opening == "{":
                raise Untranslatable("a state label")
            else:
                arguments = []
                while self.peek() != ")":
                    arguments.append(self.expression())
                    if self.peek() != ")":
                        self.take(",")
                self.take(")")
                tree = ("call", tree[1], arguments)
        return tree


def conjuncts(tree):
    if tree[0] == "group":
        return conjuncts(tree[1])
    if tree[0] == "binary" and tree[1] == "&&":
        return conjuncts(tree[2]) + conjuncts(tree[3])
    return [tree]


class Writer:
    """A tree as C.  `functions`: the names that may be called, with their C names."""

    def __init__(self, functions):
        self.functions = functions

    def integer(self, tree):
        return "(integer)(%s)" % self.text(tree)

    def text(self, tree):
        return getattr(self, "write_" + tree[0])(*tree[1:])

    def write_name(self, name):
        return CONSTANTS.get(name, name)

    def write_number(self, digits):
        return "%sULL" % digits

    def write_group(self, inside):
        return "(%s)" % self.text(inside)

    def write_field(self, base, operator, name):
        return "%s%s%s" % (self.text(base), operator, name)

    def write_index(self, base, index):
        return "%s[%s]" % (self.text(base), self.text(index))

    def write_unary(self, operator, operand):
        return "(%s%s)" % (operator, self.text(operand) if operator in "!&*" else self.integer(operand))

    def write_cast(self, what, operand):
        if what == "boolean":
            return "(%s != 0)" % self.text(operand)
        return "((%s%s)(%s))" % ("const " if "*" in what and "const" not in what else "", what, self.text(operand))

    def write_binary(self, operator, left, right):
        if operator == "==>":
            return "(!(%s) || (%s))" % (self.text(left), self.text(right))
        if operator in ("<==>", "^^"):
            return "(!(%s) %s !(%s))" % (self.text(left), "==" if operator == "<==>" else "!=", self.text(right))
        if operator in ("&&", "||"):
            return "(%s %s %s)" % (self.text(left), operator, self.text(right))
        return "(%s %s %s)" % (self.integer(left), operator, self.integer(right))

    def write_compare(self, operator, left, right):
        return "(%s %s %s)" % (self.integer(left), operator, self.integer(right))

    def write_condition(self, condition, first, second):
        return "((%s) ? %s : %s)" % (self.text(condition), self.text(first), self.text(second))

    def write_call(self, name, arguments):
        if name not in self.functions:
            raise Untranslatable("%s has no definition that can be run" % name)
        return "%s(%s)" % (self.functions[name], ", ".join(self.text(a) for a in arguments))

    def write_let(self, name, value, body):
        return "({ __auto_type %s = %s; %s; })" % (name, self.text(value), self.text(body))

    def write_quantifier(self, quantifier, names, body):
        """A loop over the range that the guards give, as in \\forall integer i; low <= i < high ==> ...

        All of the body is evaluated again in the loop, so a bound that is itself excluded does no harm."""
        while body[0] == "group":
            body = body[1]
        if quantifier == "\\forall" and body[:2] != ("binary", "==>"):
            raise Untranslatable("a quantifier without a range")
        guards = [g for g in conjuncts(body[2] if quantifier == "\\forall" else body)
                  if g[0] == "compare" and g[1] in ("<", "<=")]
        loops = ""
        for name in names:
            low = [left for _, _, left, right in guards if right == ("name", name)]
            high = [(operator, right) for _, operator, left, right in guards if left == ("name", name)]
            if not low or not high:
                raise Untranslatable("a quantifier without a range")
            operator, limit = high[0]
            loops += "for (integer %s = %s; %s %s %s; %s++) " % (name, self.integer(low[0]), name, operator,
                                                               self.integer(limit), name)
        if quantifier == "\\forall":
            return "({ int all = 1; %sif (!(%s)) all = 0; all; })" % (loops, self.text(body))
        return "({ int any = 0; %sif (%s) any = 1; any; })" % (loops, self.text(body))

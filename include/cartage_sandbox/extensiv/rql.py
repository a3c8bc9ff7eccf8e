"""RQL, the query language of list requests: from text to a tree of comparisons.

It knows neither properties nor types of values; the queried resource does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

OPERATORS = ("==", "!=", "=gt=", "=ge=", "=lt=", "=le=", "=in=", "=out=", "=hv=")
_COMPARISON = re.compile(r"(?P<name>[A-Za-z_][\w.]*)(?P<op>==|!=|=[a-z]+=)")
_VALUE = re.compile(r"[^;,()]*")


class RqlError(ValueError):
    """The query cannot be parsed, or names something that the resource does not know. The text is the hint."""


@dataclass(frozen=True)
class Value:
    """A decoded value. `x*` has an open suffix, `*x` an open prefix."""

    text: str
    open_prefix: bool = False
    open_suffix: bool = False

    @property
    def exact(self) -> bool:
        """Return whether it has no wildcard."""
        return not (self.open_prefix or self.open_suffix)


@dataclass(frozen=True)
class Comparison:
    """`name op value`, with the name in lower case; several values only with =in= and =out=."""

    name: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class All:
    """All parts must match (`;`)."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Any:
    """One part must match (`,`)."""

    parts: tuple[Node, ...]


Node = Comparison | All | Any


def parse(text: str) -> Node:
    """Parse RQL as it is in the URL's decoded query. Raises RqlError.

    Reserved characters in values are still percent-encoded here: clients encode them once as values, and everything
    once more as a URL (warehouse-apis.md section 2: the server decodes twice).
    """
    parser = _Parser(text)
    node = parser.either()
    if parser.rest:
        raise RqlError(f"Unexpected at {parser.rest[:40]!r}")
    return node


def parse_plain(text: str) -> Node:
    """Parse RQL for a server that knows no alternatives. Raises RqlError, also for alternatives."""
    node = parse(text)
    if _has_alternatives(node):
        raise RqlError("Alternatives are not supported")
    return node


def _has_alternatives(node: Node) -> bool:
    return isinstance(node, Any) or (isinstance(node, All) and any(map(_has_alternatives, node.parts)))


class _Parser:
    def __init__(self, text: str) -> None:
        self.rest = text

    def either(self) -> Node:
        parts = [self.both()]
        while self.took(","):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def both(self) -> Node:
        parts = [self.term()]
        while self.took(";"):
            parts.append(self.term())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def term(self) -> Node:
        if self.took("("):
            node = self.either()
            self.expect(")")
            return node
        return self.comparison()

    def comparison(self) -> Comparison:
        found = _COMPARISON.match(self.rest)
        if not found or found["op"] not in OPERATORS:
            raise RqlError(f"Not a comparison: {self.rest[:40]!r}")
        self.rest = self.rest[found.end() :]
        values = self.listed() if found["op"] in ("=in=", "=out=") else (self.value(),)
        return Comparison(found["name"].lower(), found["op"], values)

    def listed(self) -> tuple[Value, ...]:
        self.expect("(")
        values = [self.value()]
        while self.took(","):
            values.append(self.value())
        self.expect(")")
        return tuple(values)

    def value(self) -> Value:
        found = _VALUE.match(self.rest)
        raw = found[0] if found else ""
        self.rest = self.rest[len(raw) :]
        open_prefix = raw.startswith("*")
        open_suffix = raw.endswith("*") and len(raw) > 1
        inner = raw[int(open_prefix) : len(raw) - int(open_suffix)]
        if "*" in inner:
            raise RqlError(f"A wildcard is allowed at the ends of a value only: {raw!r}")
        return Value(unquote(inner), open_prefix, open_suffix)

    def took(self, token: str) -> bool:
        if not self.rest.startswith(token):
            return False
        self.rest = self.rest[len(token) :]
        return True

    def expect(self, token: str) -> None:
        if not self.took(token):
            raise RqlError(f"{token!r} expected at {self.rest[:40]!r}")

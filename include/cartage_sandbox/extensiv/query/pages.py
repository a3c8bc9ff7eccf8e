"""Evaluate a list request: which rows match an RQL tree, in which sequence, and on which page.

A resource passes its properties by name. An unknown name is an error, as in the API.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum, auto
from typing import Any, Generic, TypeVar

from cartage_sandbox.extensiv import rql
from cartage_sandbox.extensiv.rql import Comparison, Node, RqlError, Value
from cartage_sandbox.extensiv.timestamps import Timestamps

Row = TypeVar("Row")
Test = Callable[[Any], bool]


class Kind(Enum):
    """How a property's values compare."""

    TEXT = auto()
    NUMBER = auto()
    FLAG = auto()
    DATE = auto()


@dataclass(frozen=True)
class Property(Generic[Row]):
    """A property that queries can name: its kind, and how to read it from a row (dates as aware times)."""

    kind: Kind
    read: Callable[[Row], Any]


_ORDERED = {"=gt=": operator.gt, "=ge=": operator.ge, "=lt=": operator.lt, "=le=": operator.le}
_FLAGS = {"true": True, "false": False}


class Query(Generic[Row]):
    """What a resource's lists can be queried for."""

    def __init__(
        self, properties: Mapping[str, Property[Row]], timestamps: Timestamps, *, case_sensitive: bool
    ) -> None:
        """`properties`: by lower-case path."""
        self._properties = properties
        self._timestamps = timestamps
        self._fold: Callable[[str], str] = str if case_sensitive else str.casefold

    def matcher(self, node: Node) -> Callable[[Row], bool]:
        """Return a test for rows. Raises RqlError for unknown properties and values of the wrong kind."""
        if isinstance(node, Comparison):
            return self._comparison(node)
        parts = [self.matcher(part) for part in node.parts]
        join = all if isinstance(node, rql.All) else any
        return lambda row: join(part(row) for part in parts)

    def sorter(self, text: str) -> Callable[[list[Row]], None]:
        """Return a function that sorts rows in place by "name", "-name" or several. Raises RqlError."""
        keys = [(self._key(name.lstrip("+-")), name.startswith("-")) for name in text.split(",")]

        def sort(rows: list[Row]) -> None:
            for key, descending in reversed(keys):
                rows.sort(key=key, reverse=descending)

        return sort

    def _comparison(self, node: Comparison) -> Callable[[Row], bool]:
        found = self._property(node.name)
        read = self._reader(found)
        test = self._test(found.kind, node)
        return lambda row: test(read(row))

    def _test(self, kind: Kind, node: Comparison) -> Test:
        if node.operator == "=hv=":
            wanted = self._literal(Kind.FLAG, node.values[0])
            return lambda actual: (actual not in (None, "")) is wanted
        if node.operator in _ORDERED:
            compare, limit = _ORDERED[node.operator], self._literal(kind, node.values[0])
            return lambda actual: actual is not None and bool(compare(actual, limit))
        accepted = [self._equality(kind, value) for value in node.values]
        if node.operator in ("==", "=in="):
            return lambda actual: any(test(actual) for test in accepted)
        return lambda actual: not any(test(actual) for test in accepted)

    def _equality(self, kind: Kind, value: Value) -> Test:
        if kind is not Kind.TEXT or value.exact:
            return partial_equal(self._literal(kind, value))
        text = self._fold(value.text)
        if value.open_prefix and value.open_suffix:
            return lambda actual: actual is not None and text in actual
        if value.open_prefix:
            return lambda actual: actual is not None and bool(actual.endswith(text))
        return lambda actual: actual is not None and bool(actual.startswith(text))

    def _literal(self, kind: Kind, value: Value) -> Any:
        if kind is Kind.TEXT:
            return self._fold(value.text)
        if kind is Kind.DATE:
            return self._timestamps.read(value.text)
        if kind is Kind.FLAG:
            if value.text.lower() not in _FLAGS:
                raise RqlError(f"Not true or false: {value.text}")
            return _FLAGS[value.text.lower()]
        try:
            return Decimal(value.text)
        except InvalidOperation as error:
            raise RqlError(f"Not a number: {value.text}") from error

    def _reader(self, found: Property[Row]) -> Callable[[Row], Any]:
        read = found.read
        if found.kind is Kind.TEXT:
            return lambda row: None if (text := read(row)) is None else self._fold(str(text))
        if found.kind is Kind.DATE:
            return lambda row: self._naive(read(row))
        return read

    def _naive(self, instant: datetime | None) -> datetime | None:
        return None if instant is None else self._timestamps.naive(instant)

    def _key(self, name: str) -> Callable[[Row], Any]:
        read = self._reader(self._property(name.lower()))

        def key(row: Row) -> tuple[bool, Any]:
            value = read(row)
            return (value is not None, value)

        return key

    def _property(self, name: str) -> Property[Row]:
        try:
            return self._properties[name]
        except KeyError:
            raise RqlError(f"Properties not supported: {name}") from None


def partial_equal(wanted: Any) -> Test:
    """Return a test for equality with `wanted`."""
    return lambda actual: bool(actual == wanted)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """A page of a list, and its position."""

    rows: Sequence[Row]
    total: int
    number: int
    size: int

    @property
    def last(self) -> int:
        """Return the number of the last page; 1 for an empty list."""
        return max(1, -(-self.total // self.size))


def page_of(rows: Sequence[Row], number: int, size: int) -> Page[Row]:
    """Return page `number` (from 1) of `rows`; it is empty past the end."""
    start = (number - 1) * size
    return Page(rows[start : start + size], len(rows), number, size)

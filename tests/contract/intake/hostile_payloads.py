"""Malformed orders: genuine ones, each damaged in one to three places, as raw bytes.

Everything is drawn from a seed. A payload knows how it was damaged, so that a failure can be described and repeated.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.contract.hostile_values import RAW_NUMBERS, RAW_TEXTS, TEXTS, UNREADABLE, VALUES, Marks, is_mark

_NOT_ENTRIES: tuple[object, ...] = (
    None,
    True,
    5,
    "an order",
    [],
    [{}],
    {},
    {"OrderID": None},
    {"OrderID": [1]},
)
# Drawn at random, so that PostgreSQL cannot compress a text until it fits into an index.
_SIGNS = "".join(map(chr, [*range(32, 127), *range(0x4E00, 0x5E00)]))
_NO_IDS: tuple[object, ...] = (None, True, 0, -5, 1.5, "", "abc", [], {}, 10**30)


@dataclass(frozen=True, slots=True)
class Payload:
    """One entry of the store's list. `order_id` is None if the entry has no readable OrderID.

    `unreadable` are the paths of fields with a value that cannot be read.
    """

    raw: bytes
    order_id: int | None
    done: tuple[str, ...]
    unreadable: frozenset[str]


@dataclass(slots=True)
class _Damaged:
    """An order that is being damaged."""

    order: dict[str, Any]
    marks: Marks = field(default_factory=Marks)
    done: list[str] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    # The paths whose key is there a second time: a reader sees the second value.
    doubled: set[str] = field(default_factory=set)

    def replaced(self, path: str) -> None:
        """Note that nothing of what an earlier change did at this path is left."""
        inside = f"{path}[]"
        self.unreadable = {
            other for other in self.unreadable if other != path and not other.startswith(inside)
        }

    def is_seen(self, path: str) -> bool:
        """Return whether a reader sees what stands at this path."""
        return not self.doubled & {path, path.partition("[]")[0]}

    def written(self) -> bytes:
        return self.marks.written(self.order)


def hostile(seed: int, number: int, genuine: Sequence[Mapping[str, Any]], *, first_id: int) -> list[Payload]:
    """Return this many payloads made from genuine orders, with ascending OrderIDs as in the store's lists."""
    rng = Random(seed)
    return [_payload(rng, genuine, order_id) for order_id in range(first_id, first_id + number)]


def _payload(rng: Random, genuine: Sequence[Mapping[str, Any]], order_id: int) -> Payload:
    kind = rng.random()
    if kind < 0.03:
        entry = rng.choice(_NOT_ENTRIES)
        return Payload(json.dumps(entry).encode(), None, (f"the entry is {entry!r}",), frozenset())
    order = {**deepcopy(dict(rng.choice(genuine))), "OrderID": order_id, "InvoiceNumber": order_id}
    damaged = _Damaged(order)
    if kind < 0.06:
        order["OrderID"] = rng.choice(_NO_IDS)
        return Payload(damaged.written(), None, (f"OrderID is {order['OrderID']!r}",), frozenset())
    for _ in range(rng.randint(1, 3)):
        rng.choice(_ACTS)(rng, damaged)
    return Payload(damaged.written(), order_id, tuple(damaged.done), frozenset(damaged.unreadable))


def _places(damaged: _Damaged) -> list[tuple[dict[str, Any], str, str]]:
    """Return every field of the order and of the objects in its lists: its container, name and path in a cause."""
    places = []
    for name, value in damaged.order.items():
        if name != "OrderID" and not is_mark(name):
            places.append((damaged.order, name, name))
        for row in value if isinstance(value, list) else ():
            if isinstance(row, dict):
                inner = [(row, key, f"{name}[].{key}") for key in row if not is_mark(key)]
                places += inner
    return places


def _put(rng: Random, damaged: _Damaged, value: object, what: str) -> None:
    where, name, path = rng.choice(_places(damaged))
    where[name] = value
    damaged.done.append(f"{path}: {what}")
    damaged.replaced(path)
    if damaged.is_seen(path) and any(_is_same(value, known) for known in UNREADABLE):
        damaged.unreadable.add(path)


def _is_same(value: object, other: object) -> bool:
    return value is other or (value == other and type(value) is type(other))


def _swap(rng: Random, damaged: _Damaged) -> None:
    value = deepcopy(rng.choice(VALUES))
    _put(rng, damaged, value, repr(value)[:60])


def _write_text(rng: Random, damaged: _Damaged) -> None:
    value = rng.choice(TEXTS)
    _put(rng, damaged, value, repr(value)[:60])


def _write_raw(rng: Random, damaged: _Damaged) -> None:
    value = rng.choice([*RAW_NUMBERS, *RAW_TEXTS])
    _put(rng, damaged, damaged.marks.raw(value), repr(value)[:60])


def _write_large(rng: Random, damaged: _Damaged) -> None:
    size = round(10 ** rng.uniform(2, 5))
    _put(rng, damaged, "".join(rng.choices(_SIGNS, k=size)), f"{size} characters")


def _nest(rng: Random, damaged: _Damaged) -> None:
    depth, opening, closing = rng.choice([(50, b"[", b"]"), (20_000, b"[", b"]"), (5000, b'{"a":', b"}")])
    _put(rng, damaged, damaged.marks.raw(opening * depth + b"1" + closing * depth), f"nested {depth} deep")


def _double_key(rng: Random, damaged: _Damaged) -> None:
    where, name, path = rng.choice(_places(damaged))
    where[damaged.marks.second(name)] = rng.choice([*VALUES, *TEXTS])
    damaged.done.append(f"{path}: a second time")
    damaged.replaced(path)
    damaged.doubled.add(path)


def _drop(rng: Random, damaged: _Damaged) -> None:
    where, name, path = rng.choice(_places(damaged))
    del where[name]
    damaged.done.append(f"{path}: left out")
    damaged.replaced(path)


def _repeat_rows(rng: Random, damaged: _Damaged) -> None:
    name = rng.choice(["OrderItemList", "ShipmentList"])
    rows = damaged.order.get(name)
    if isinstance(rows, list):
        again = itertools.islice(itertools.cycle([*rows, None, "row", []]), 40)
        damaged.order[name] = [deepcopy(row) for row in again]
        damaged.done.append(f"{name}: its rows repeated, and entries that are no rows")


def _add_unknown(rng: Random, damaged: _Damaged) -> None:
    for name in ("__proto__", "constructor", "", "OrderID\u0000", "orderid", "$where", "CardNumber"):
        damaged.order[name] = rng.choice([*VALUES, *TEXTS])
    damaged.done.append("fields that no order has")


_ACTS: Sequence[Callable[[Random, _Damaged], None]] = (
    _swap,
    _swap,
    _swap,
    _write_text,
    _write_text,
    _write_raw,
    _write_raw,
    _write_large,
    _write_large,
    _nest,
    _double_key,
    _drop,
    _repeat_rows,
    _add_unknown,
)

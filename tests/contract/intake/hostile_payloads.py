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

# JSON on the wire that `json.dumps` would never write.
_RAW_NUMBERS = (
    b"-0.0",
    b"1e400",
    b"-1e308",
    b"1e99999999999999999999",
    b"0.1e-99999999999999999999",
    b"9" * 5000,
    b"-" + b"9" * 400,
    b"NaN",
    b"-Infinity",
    b"9223372036854775808",
    b"2147483648",
)
_RAW_TEXTS = (
    b'"caf\xe9 latin-1"',
    b'"\xff\xfe\x00u\x00t\x00f\x001\x006"',
    b'"overlong \xc0\xaf, cut \xe2\x82"',
    b'"lone \\ud800 surrogate, \\udfff\\ud83d"',
    b'"nul \\u0000 and \x01\x02\x1b[31m raw controls\x7f"',
    b'"\xef\xbb\xbfmark inside"',
)
_TEXTS = (
    "'; DROP TABLE sales_order; --",
    "1' OR '1'='1",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "<" * 3000,
    "&#0;&#xFFFFFF;&#55296;&amp;amp;",
    '=HYPERLINK("http://evil.test","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "{{7*7}} ${7*7} %s %(x)s {0.__class__}",
    "../../etc/passwd",
    "a\r\nX-Injected: yes\r\n\r\n",
    "\u202etxt.exe\u2066\u200b\ufeff",
    "Z\u0351\u0321" * 200,
    "\U0001f600" * 100,
    "long " * 4000,
    " \t\r\n ",
    "null",
    "NaN",
    "1e5",
    "\u0661\u0662",
    "0x10",
)
_VALUES: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    -(10**30),
    "",
    [],
    {},
    [[]],
    [None],
    {"a": {"b": [1]}},
)
# Values that are readable neither as a text nor as a number: a cause must name the field.
_UNREADABLE: tuple[object, ...] = (True, [], {}, [[]], {"a": {"b": [1]}})
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
    """An order that is being damaged; raw JSON and duplicate keys are marks until it is written."""

    order: dict[str, Any]
    marks: dict[bytes, bytes] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)

    def raw(self, json_text: bytes) -> str:
        mark = f"@@RAW{len(self.marks)}@@"
        self.marks[f'"{mark}"'.encode()] = json_text
        return mark

    def second(self, name: str) -> str:
        mark = f"@@KEY{len(self.marks)}@@"
        self.marks[f'"{mark}"'.encode()] = json.dumps(name).encode()
        return mark

    def written(self) -> bytes:
        text = json.dumps(self.order).encode()
        for mark, raw in self.marks.items():
            text = text.replace(mark, raw)
        return text


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
        if name != "OrderID" and not name.startswith("@@"):
            places.append((damaged.order, name, name))
        for row in value if isinstance(value, list) else ():
            if isinstance(row, dict):
                inner = [(row, key, f"{name}[].{key}") for key in row if not key.startswith("@@")]
                places += inner
    return places


def _put(rng: Random, damaged: _Damaged, value: object, what: str) -> None:
    where, name, path = rng.choice(_places(damaged))
    where[name] = value
    damaged.done.append(f"{path}: {what}")
    # A later change may have replaced a list in which an earlier one damaged a field.
    damaged.unreadable = {
        other for other in damaged.unreadable if other != path and not other.startswith(f"{path}[]")
    }
    if any(value is known or (value == known and type(value) is type(known)) for known in _UNREADABLE):
        damaged.unreadable.add(path)


def _swap(rng: Random, damaged: _Damaged) -> None:
    value = deepcopy(rng.choice(_VALUES))
    _put(rng, damaged, value, repr(value)[:60])


def _write_text(rng: Random, damaged: _Damaged) -> None:
    value = rng.choice(_TEXTS)
    _put(rng, damaged, value, repr(value)[:60])


def _write_raw(rng: Random, damaged: _Damaged) -> None:
    value = rng.choice([*_RAW_NUMBERS, *_RAW_TEXTS])
    _put(rng, damaged, damaged.raw(value), repr(value)[:60])


def _nest(rng: Random, damaged: _Damaged) -> None:
    depth, opening, closing = rng.choice([(50, b"[", b"]"), (20_000, b"[", b"]"), (5000, b'{"a":', b"}")])
    _put(rng, damaged, damaged.raw(opening * depth + b"1" + closing * depth), f"nested {depth} deep")


def _double_key(rng: Random, damaged: _Damaged) -> None:
    where, name, path = rng.choice(_places(damaged))
    where[damaged.second(name)] = rng.choice([*_VALUES, *_TEXTS])
    damaged.done.append(f"{path}: a second time")
    damaged.unreadable.discard(path)


def _drop(rng: Random, damaged: _Damaged) -> None:
    where, name, path = rng.choice(_places(damaged))
    del where[name]
    damaged.done.append(f"{path}: left out")
    damaged.unreadable = {
        other for other in damaged.unreadable if other != path and not other.startswith(f"{path}[]")
    }


def _repeat_rows(rng: Random, damaged: _Damaged) -> None:
    name = rng.choice(["OrderItemList", "ShipmentList"])
    rows = damaged.order.get(name)
    if isinstance(rows, list):
        again = itertools.islice(itertools.cycle([*rows, None, "row", []]), 40)
        damaged.order[name] = [deepcopy(row) for row in again]
        damaged.done.append(f"{name}: its rows repeated, and entries that are no rows")


def _add_unknown(rng: Random, damaged: _Damaged) -> None:
    for name in ("__proto__", "constructor", "", "OrderID\u0000", "orderid", "$where", "CardNumber"):
        damaged.order[name] = rng.choice([*_VALUES, *_TEXTS])
    damaged.done.append("fields that no order has")


_ACTS: Sequence[Callable[[Random, _Damaged], None]] = (
    _swap,
    _swap,
    _swap,
    _write_text,
    _write_text,
    _write_raw,
    _write_raw,
    _nest,
    _double_key,
    _drop,
    _repeat_rows,
    _add_unknown,
)

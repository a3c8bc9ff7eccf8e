"""Orders as no store should ever send them: real ones, each spoilt in one to three places, as raw bytes.

Everything is drawn from a seed. A payload knows what was done to it, so that a failure can be told and played again.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any

# JSON as it stands on the wire: what `json.dumps` would never write.
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
# What can be read neither as a text nor as a number, so that the field's name must be found in a cause.
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
    """One entry of the store's list. `order_id` is None where nobody could read one.

    `unreadable`: paths of the fields that were given a value of which nothing can be read.
    """

    raw: bytes
    order_id: int | None
    done: tuple[str, ...]
    unreadable: frozenset[str]


@dataclass(slots=True)
class _Spoilt:
    """An order while it is being spoilt; raw JSON and doubled keys stand in it as marks until it is written."""

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
        for mark, instead in self.marks.items():
            text = text.replace(mark, instead)
        return text


def hostile(seed: int, number: int, genuine: Sequence[Mapping[str, Any]], *, first_id: int) -> list[Payload]:
    """So many payloads made of genuine orders, with OrderIDs that ascend, as the store's lists do."""
    rng = Random(seed)
    return [_payload(rng, genuine, order_id) for order_id in range(first_id, first_id + number)]


def _payload(rng: Random, genuine: Sequence[Mapping[str, Any]], order_id: int) -> Payload:
    kind = rng.random()
    if kind < 0.03:
        entry = rng.choice(_NOT_ENTRIES)
        return Payload(json.dumps(entry).encode(), None, (f"the entry is {entry!r}",), frozenset())
    order = {**deepcopy(dict(rng.choice(genuine))), "OrderID": order_id, "InvoiceNumber": order_id}
    spoilt = _Spoilt(order)
    if kind < 0.06:
        order["OrderID"] = rng.choice(_NO_IDS)
        return Payload(spoilt.written(), None, (f"OrderID is {order['OrderID']!r}",), frozenset())
    for _ in range(rng.randint(1, 3)):
        rng.choice(_ACTS)(rng, spoilt)
    return Payload(spoilt.written(), order_id, tuple(spoilt.done), frozenset(spoilt.unreadable))


def _places(spoilt: _Spoilt) -> list[tuple[dict[str, Any], str, str]]:
    """Every field of the order and of the objects in its lists: where it is, its name, its path in a cause."""
    places = []
    for name, value in spoilt.order.items():
        if name != "OrderID" and not name.startswith("@@"):
            places.append((spoilt.order, name, name))
        for row in value if isinstance(value, list) else ():
            if isinstance(row, dict):
                inner = [(row, key, f"{name}[].{key}") for key in row if not key.startswith("@@")]
                places += inner
    return places


def _put(rng: Random, spoilt: _Spoilt, value: object, what: str) -> None:
    where, name, path = rng.choice(_places(spoilt))
    where[name] = value
    spoilt.done.append(f"{path}: {what}")
    # A later act may have replaced the list that an earlier one spoilt a field of.
    spoilt.unreadable = {one for one in spoilt.unreadable if one != path and not one.startswith(f"{path}[]")}
    if any(value is one or (value == one and type(value) is type(one)) for one in _UNREADABLE):
        spoilt.unreadable.add(path)


def _swap(rng: Random, spoilt: _Spoilt) -> None:
    value = deepcopy(rng.choice(_VALUES))
    _put(rng, spoilt, value, repr(value)[:60])


def _write_text(rng: Random, spoilt: _Spoilt) -> None:
    value = rng.choice(_TEXTS)
    _put(rng, spoilt, value, repr(value)[:60])


def _write_raw(rng: Random, spoilt: _Spoilt) -> None:
    value = rng.choice([*_RAW_NUMBERS, *_RAW_TEXTS])
    _put(rng, spoilt, spoilt.raw(value), repr(value)[:60])


def _nest(rng: Random, spoilt: _Spoilt) -> None:
    depth, opening, closing = rng.choice([(50, b"[", b"]"), (20_000, b"[", b"]"), (5000, b'{"a":', b"}")])
    _put(rng, spoilt, spoilt.raw(opening * depth + b"1" + closing * depth), f"nested {depth} deep")


def _double_key(rng: Random, spoilt: _Spoilt) -> None:
    where, name, path = rng.choice(_places(spoilt))
    where[spoilt.second(name)] = rng.choice([*_VALUES, *_TEXTS])
    spoilt.done.append(f"{path}: a second time")
    spoilt.unreadable.discard(path)


def _drop(rng: Random, spoilt: _Spoilt) -> None:
    where, name, path = rng.choice(_places(spoilt))
    del where[name]
    spoilt.done.append(f"{path}: left out")
    spoilt.unreadable = {one for one in spoilt.unreadable if one != path and not one.startswith(f"{path}[]")}


def _repeat_rows(rng: Random, spoilt: _Spoilt) -> None:
    name = rng.choice(["OrderItemList", "ShipmentList"])
    rows = spoilt.order.get(name)
    if isinstance(rows, list):
        again = itertools.islice(itertools.cycle([*rows, None, "row", []]), 40)
        spoilt.order[name] = [deepcopy(row) for row in again]
        spoilt.done.append(f"{name}: its rows again and again, and what is none")


def _add_unknown(rng: Random, spoilt: _Spoilt) -> None:
    for name in ("__proto__", "constructor", "", "OrderID\u0000", "orderid", "$where", "CardNumber"):
        spoilt.order[name] = rng.choice([*_VALUES, *_TEXTS])
    spoilt.done.append("fields that no order has")


_ACTS: Sequence[Callable[[Random, _Spoilt], None]] = (
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

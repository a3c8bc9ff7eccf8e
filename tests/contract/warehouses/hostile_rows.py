"""Rows of a warehouse's responses, each damaged in one to three places, and an oracle of what must become of them.

Everything is drawn from a seed. A row is damaged in the same places in every response that has it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from tests.contract.hostile_values import DATES, RAW_NUMBERS, RAW_TEXTS, TEXTS, VALUES, Marks, is_mark

Path = tuple[str | int, ...]
# What is needed of a row: objects, lists of objects, and for each field how it is read.
Needed = Mapping[str, Any]

# How a field is read. An id, a quantity and a figure must be there; the others may be null.
ID, KEY, TEXT, FLAG, STATUS = "id", "key", "text", "flag", "status"
QUANTITY, FIGURE, NUMBER = "quantity", "figure", "number"
# What the oracle takes raw JSON for, which some fields can hold.
_A_NUMBER, _A_TEXT = "a number", "a text"
_NOT_ROWS: tuple[object, ...] = (None, True, 5, "a row", [], [{}])
_LONGEST_KEY = 250
_LARGE = 100_000


class Verdict(StrEnum):
    """What must become of a row: taken in, named as unreadable, or either."""

    SOUND = "sound"
    ODD = "odd"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class _Raw:
    """A value that only raw JSON can write, and what a reader of JSON makes of it."""

    json_text: bytes
    read: object


@dataclass(frozen=True, slots=True)
class _Edit:
    """A change at one place of a row. `how` is set, second (the key again, with another value) or drop."""

    path: Path
    how: str
    value: object = None


@dataclass(frozen=True, slots=True)
class DamagedRow:
    """A row as it should be and how it is damaged."""

    genuine: dict[str, Any]
    edits: tuple[_Edit, ...]

    def written(self, row: Mapping[str, Any]) -> bytes:
        """Return a rendering of the row, damaged, as JSON. What it does not have is not damaged."""
        marks, shown = Marks(), {"row": deepcopy(dict(row))}
        for edit in self.edits:
            _apply(shown, edit, marks)
        return marks.written(shown).removeprefix(b'{"row": ').removesuffix(b"}")

    def judge(self, needed: Needed) -> Verdict:
        """Return what must become of the row where `needed` is needed of it."""
        damaged = {"row": deepcopy(self.genuine)}
        for edit in self.edits:
            _apply(damaged, edit, None)
        return max(_judge(needed, self.genuine, damaged["row"]), key=_SEVERITY.index)

    def value_at(self, *path: str) -> object:
        """Return what a reader finds at a place of the damaged row."""
        damaged: dict[str, Any] = {"row": deepcopy(self.genuine)}
        for edit in self.edits:
            _apply(damaged, edit, None)
        found: Any = damaged["row"]
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def __str__(self) -> str:
        shown = (
            f"{'.'.join(map(str, edit.path)) or 'row'} {edit.how} {edit.value!r:.80}" for edit in self.edits
        )
        return "; ".join(shown)


def damaged_row(
    seed: str, genuine: Mapping[str, Any], *, identity: Path = (), others: Sequence[object] = ()
) -> DamagedRow:
    """Return a row with one to three damages drawn from the seed, or with the identity of one of the others."""
    rng, row = Random(seed), deepcopy(dict(genuine))
    kind = rng.random()
    if kind < 0.02:
        return DamagedRow(row, (_Edit((), "set", rng.choice(_NOT_ROWS)),))
    if kind < 0.05 and others:
        return DamagedRow(row, (_Edit(identity, "set", rng.choice(others)),))
    places = list(_places(row))
    return DamagedRow(row, tuple(_edit(rng, row, rng.choice(places)) for _ in range(rng.randint(1, 3))))


def _edit(rng: Random, row: dict[str, Any], path: Path) -> _Edit:
    """Return a damage: mostly at this place, sometimes to a list of the row, or beside everything."""
    if str(path[-1]).endswith("Date") and rng.random() < 0.5:
        return _Edit(path, "set", rng.choice(DATES))
    lists = [at for at in _places(row) if isinstance(_at(row, at), list)]
    kind = rng.random()
    if kind < 0.80:
        edit = _Edit(path, "set", _value(rng))
    elif kind < 0.86 and isinstance(path[-1], str):
        edit = _Edit(path, "second", deepcopy(rng.choice([*VALUES, *TEXTS])))
    elif kind < 0.92:
        edit = _Edit(path, "drop")
    elif kind < 0.96 and lists:
        path = rng.choice(lists)
        again = itertools.islice(itertools.cycle([*_at(row, path), None, "row", []]), 40)
        edit = _Edit(path, "set", [deepcopy(element) for element in again])
    else:
        name = rng.choice(["__proto__", "constructor", "", "orderid", "$where"])
        edit = _Edit((name,), "set", deepcopy(rng.choice(VALUES)))
    return edit


def _value(rng: Random) -> object:
    kind = rng.random()
    if kind < 0.50:
        return deepcopy(rng.choice(VALUES))
    if kind < 0.70:
        return rng.choice(TEXTS)
    if kind < 0.90:
        return rng.choice(_raw_values())
    if kind < 0.95:
        return "".join(rng.choices("abcXYZ 0129\u4e2d\u00e9", k=_LARGE))
    depth, opening, closing = rng.choice([(50, b"[", b"]"), (20_000, b"[", b"]"), (5000, b'{"a":', b"}")])
    return _Raw(opening * depth + b"1" + closing * depth, [] if opening == b"[" else {})


def _raw_values() -> list[_Raw]:
    """Return raw values with what they are read as: NaN and Infinity are not JSON, and nothing."""
    numbers = [_Raw(raw, None if raw in (b"NaN", b"-Infinity") else _A_NUMBER) for raw in RAW_NUMBERS]
    return [*numbers, *(_Raw(raw, _A_TEXT) for raw in RAW_TEXTS)]


def _places(node: object, path: Path = ()) -> Iterator[Path]:
    """Yield the path of everything in a row, except of the row itself."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in inner:
        if not is_mark(name):
            yield (*path, name)
            yield from _places(value, (*path, name))


def _at(node: Any, path: Path) -> Any:
    for name in path:
        node = node[name]
    return node


def _apply(shown: dict[str, Any], edit: _Edit, marks: Marks | None) -> None:
    """Make an edit if its place is there; without `marks` as a reader sees it, else as it is written."""
    place: Path = ("row", *edit.path)
    try:
        holder: Any = _at(shown, place[:-1])
        _ = holder if edit.how == "set" and isinstance(holder, dict) else holder[place[-1]]
    except (KeyError, IndexError, TypeError):
        return
    if isinstance(holder, str):
        return
    if edit.how == "drop":
        del holder[place[-1]]
        return
    value = deepcopy(edit.value)
    if isinstance(value, _Raw):
        value = value.read if marks is None else marks.raw(value.json_text)
    name = marks.second(str(place[-1])) if edit.how == "second" and marks else place[-1]
    holder[name] = value


_SEVERITY: Sequence[Verdict] = (Verdict.SOUND, Verdict.CHANGED, Verdict.ODD)


def _judge(needed: Any, genuine: Any, damaged: Any) -> Iterator[Verdict]:
    """Yield a verdict for each place that is needed."""
    if isinstance(needed, str):
        yield _judge_value(needed, genuine, damaged)
    elif damaged is None:
        yield Verdict.SOUND if genuine is None else _judge_absent(needed)
    elif isinstance(needed, list):
        yield from _judge_list(needed[0], genuine, damaged)
    elif not isinstance(damaged, dict):
        yield Verdict.ODD
    else:
        known = genuine if isinstance(genuine, dict) else {}
        for name, part in needed.items():
            yield from _judge(part, known.get(name), damaged.get(name))
    yield Verdict.SOUND


def _judge_absent(needed: Any) -> Verdict:
    """Return the verdict on an object or a list that is not there: whether something in it must be."""
    must = isinstance(needed, dict) and any(part in (ID, QUANTITY, FIGURE) for part in needed.values())
    return Verdict.ODD if must else Verdict.CHANGED


def _judge_list(needed: Any, genuine: Any, damaged: Any) -> Iterator[Verdict]:
    if not isinstance(damaged, list):
        yield Verdict.ODD
        return
    known = genuine if isinstance(genuine, list) else []
    if len(damaged) != len(known):
        yield Verdict.CHANGED
    for before, after in itertools.zip_longest(known[: len(damaged)], damaged):
        if isinstance(needed, dict) and not isinstance(after, dict):
            yield Verdict.ODD
        else:
            yield from _judge(needed, before, after)


def _judge_value(kind: str, genuine: object, damaged: object) -> Verdict:
    if type(damaged) is type(genuine) and damaged == genuine:
        return Verdict.SOUND
    return Verdict.ODD if _is_unreadable(kind, damaged) else Verdict.CHANGED


def _is_unreadable(kind: str, value: object) -> bool:
    """Return whether no reader can make anything of the value; not everything else is readable."""
    if isinstance(value, list | dict) or value in (_A_NUMBER, _A_TEXT):
        return isinstance(value, list | dict)
    if kind == FLAG:
        return isinstance(value, str) and len(value) > len("false")
    if isinstance(value, bool):
        return True
    if value is None or value == "":
        return kind in (ID, QUANTITY, FIGURE)
    if kind in (ID, KEY, TEXT):
        return isinstance(value, float) or (kind != TEXT and len(str(value).strip()) > _LONGEST_KEY)
    return _is_no_number(kind, value)


def _is_no_number(kind: str, value: object) -> bool:
    if isinstance(value, str):
        return any(sign.isalpha() for sign in value) and len(value) > len("Infinity")
    if kind == STATUS:
        return value not in (0, 1, 2)
    return kind == QUANTITY and isinstance(value, int | float) and value < 0

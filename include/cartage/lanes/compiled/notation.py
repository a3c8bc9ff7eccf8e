"""The notation of compiled lanes: one text with a digest of itself. Pure.

The first line has the digest of the rest. The second is JSON: what was read, where each lane stands, and by what it is
looked up. Then come the mistakes, and the settings of each lane, as JSON, each in its own range of bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cartage.lanes.account import stock_key
from cartage.lanes.loader import FileContent, LaneContent
from cartage.lanes.mistakes import Mistake
from cartage.lanes.settings.lane import Lane

_TIME = "\ufeffdate"  # no setting has this name: a key of YAML cannot begin with a byte-order mark


class Damaged(Exception):
    """The text is no compiled lanes, or not of this version, or not whole."""


@dataclass(frozen=True, slots=True)
class LaneEntry:
    """Where a lane stands, by what it is looked up, and whether another lane conflicts with it."""

    name: str
    source: int
    start: int
    end: int
    store: str
    warehouses: tuple[str, ...]  # the connections of its warehouses
    stocks: tuple[str, ...]
    refused: bool


@dataclass(frozen=True, slots=True)
class FileNotes:
    """The mistakes and warnings of one file by itself."""

    mistakes: list[Mistake]
    warnings: list[Mistake]


@dataclass(frozen=True, slots=True)
class Notes:
    """What was found in each file by itself, and between lanes."""

    own: Sequence[FileNotes]
    across: Sequence[Mistake]


@dataclass(frozen=True, slots=True)
class Header:
    """What was read, as name and digest of each file; every lane that is valid by itself; and where the notes end."""

    sources: tuple[tuple[str, str], ...]
    entries: tuple[LaneEntry, ...]
    notes_end: int


def encode(
    sources: Sequence[tuple[str, str]],
    contents: Sequence[FileContent],
    across: Sequence[Mistake],
) -> bytes:
    """Return the text for these files, which stand in the order of `sources`."""
    refused = {mistake.lane for mistake in across}
    notes = [
        [[_row(item) for item in content.mistakes], [_row(item) for item in content.warnings]]
        for content in contents
    ]
    parts = [_json({"own": notes, "across": [_row(item) for item in across]})]
    end = notes_end = len(parts[0])
    entries = []
    for number, content in enumerate(contents):
        for name, own in content.lanes.items():
            text = _json([own.data, [[path, line] for path, line in own.lines.items()]])
            parts.append(text)
            views = own.lane.views()
            warehouses = tuple(view.warehouse.connection for view in views)
            stocks = tuple(map(stock_key, views))
            place, store = (number, end, end + len(text)), own.lane.store.connection
            entries.append(LaneEntry(name, *place, store, warehouses, stocks, refused=name in refused))
            end += len(text)
    head = _json({"sources": sources, "lanes": [astuple(entry) for entry in entries], "notes": notes_end})
    body = b"\n".join([head, b"".join(parts)])
    return b"\n".join([_digest(body), body])


def decode(text: bytes) -> tuple[Header, memoryview]:
    """Return the header, and the bytes that its ranges are about.

    Raises:
        Damaged: if the text is not whole.
    """
    digest, _, body = text.partition(b"\n")
    if digest != _digest(body):
        raise Damaged("its digest is another one")
    head, _, rest = body.partition(b"\n")
    try:
        data = json.loads(head)
        sources = tuple((str(name), str(content)) for name, content in data["sources"])
        entries = tuple(_entry(*row) for row in data["lanes"])
        return Header(sources, entries, int(data["notes"])), memoryview(rest)
    except (ValueError, TypeError, LookupError) as error:
        raise Damaged(str(error)) from error


def decode_lane(name: str, text: memoryview) -> LaneContent:
    """Return one lane from its range.

    Raises:
        Damaged: if the present rules do not accept it.
    """
    data, lines = json.loads(bytes(text), object_hook=_object)
    try:
        lane = Lane.model_validate({**data, "name": name})
    except ValidationError as error:
        raise Damaged(f"lane {name} is not valid now") from error
    return LaneContent(lane, data, {tuple(path): line for path, line in lines})


def decode_notes(text: memoryview) -> Notes:
    """Return the mistakes and warnings."""
    data = json.loads(bytes(text))
    own = [FileNotes([*map(_mistake, first)], [*map(_mistake, second)]) for first, second in data["own"]]
    return Notes(own, [_mistake(row) for row in data["across"]])


def _entry(
    name: str,
    source: int,
    start: int,
    end: int,
    store: str,
    warehouses: list[str],
    stocks: list[str],
    refused: bool,
) -> LaneEntry:
    return LaneEntry(name, source, start, end, store, tuple(warehouses), tuple(stocks), refused)


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=32).hexdigest().encode()


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), default=_time).encode()


def _time(value: object) -> object:
    """Return a date or time of YAML in a form of its own, since text in its place could be read in another way."""
    if isinstance(value, datetime | date):
        return {_TIME: value.isoformat()}
    raise TypeError(f"{type(value).__name__} is no value of YAML settings")


def _object(value: dict[str, Any]) -> Any:
    if _TIME not in value:
        return value
    text = value[_TIME]
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _row(mistake: Mistake) -> list[Any]:
    values = {field.name: getattr(mistake, field.name) for field in fields(mistake)}
    return [*({**values, "file": mistake.file.name if mistake.file else None}).values()]


def _mistake(row: Sequence[Any]) -> Mistake:
    mistake = Mistake(*row)
    return replace(mistake, file=Path(mistake.file)) if mistake.file else mistake

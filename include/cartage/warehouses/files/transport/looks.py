"""When a file of the warehouse is complete: its done file is there, or it stands still. Pure rules.

A file stands still if it is old enough by its own time, or if an earlier run saw the same size and time long ago.
The second needs no trust in the other side's clock; what an earlier run saw travels in the poll's cursor.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cartage.warehouses.files.transport.interface import RemoteFile

# Files that a cursor remembers; of more, the last ones wait until their own time is old enough.
_MOST_LOOKS = 200


@dataclass(frozen=True, slots=True)
class Looks:
    """What earlier runs saw of files that were not complete yet: the file, and when this state of it was first seen."""

    seen: Mapping[str, tuple[RemoteFile, datetime]] = field(default_factory=dict)

    @classmethod
    def from_cursor(cls, cursor: str) -> Looks:
        """Return the looks that a cursor holds; none if it is empty, or not ours."""
        try:
            rows = json.loads(cursor) if cursor else []
            return cls(
                {path: (_file(path, size, modified), _instant(at)) for path, size, modified, at in rows}
            )
        except (ValueError, TypeError, OverflowError, OSError):
            return cls()

    def cursor(self) -> str:
        """Return the looks as a cursor."""
        rows = [
            [path, file.size, file.modified_at and int(file.modified_at.timestamp()), int(at.timestamp())]
            for path, (file, at) in self.seen.items()
        ]
        return json.dumps(rows, separators=(",", ":")) if rows else ""

    def noted(self, waiting: Iterable[RemoteFile], now: datetime) -> Looks:
        """Return the looks at these files, which wait: when their present state was first seen."""
        first = {file.path: self.first_seen(file) or now for file in waiting}
        files = {file.path: file for file in waiting}
        kept = list(first)[:_MOST_LOOKS]
        return Looks({path: (files[path], first[path]) for path in kept})

    def joined(self, other: Looks) -> Looks:
        """Return these looks with those at other folders."""
        return Looks(dict(self.seen) | dict(other.seen))

    def first_seen(self, file: RemoteFile) -> datetime | None:
        """Return when an earlier run first saw this state of a file; None if none did."""
        before, at = self.seen.get(file.path, (None, None))
        return at if file.same_as(before) else None


def stands_still(file: RemoteFile, looks: Looks, now: datetime, settle: timedelta) -> bool:
    """Return whether nothing has written to a file for so long, as far as its time and earlier looks show."""
    if file.modified_at is not None and now - file.modified_at >= settle:
        return True
    first = looks.first_seen(file)
    return first is not None and now - first >= settle


def is_done(file: RemoteFile, done: RemoteFile | None) -> bool:
    """Return whether a done file speaks of this version of its file: one that is older speaks of an earlier one."""
    if done is None:
        return False
    return file.modified_at is None or done.modified_at is None or done.modified_at >= file.modified_at


def done_name(template: str, name: str) -> str:
    """Return the name of a file's done file: `{name}` is its whole name, `{stem}` that without its last suffix."""
    stem = name.rpartition(".")[0] or name
    return template.replace("{name}", name).replace("{stem}", stem)


def is_left_alone(name: str, temporary_suffixes: Collection[str]) -> bool:
    """Return whether a name says that the file is not meant for readers, or not finished."""
    return name.startswith(".") or name.casefold().endswith(
        tuple(suffix.casefold() for suffix in temporary_suffixes if suffix)
    )


def age_order(file: RemoteFile) -> tuple[datetime, str]:
    """Return the key that sorts files oldest first, those of one second by name."""
    return file.modified_at or datetime.min.replace(tzinfo=UTC), file.name


def _file(path: str, size: int, modified: int | None) -> RemoteFile:
    return RemoteFile(path, size, None if modified is None else _instant(modified))


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

"""Faults as data: which request goes wrong, at which moment, and how.

It decides only; the middleware carries faults out.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

Moment = Literal["before", "after", "within"]
Kind = Literal["status", "delay", "reset", "close", "truncate", "garbage", "duplicate"]

# What can be done at which moment: a status needs a whole answer, a cut body an answer to cut.
_MOMENTS: Mapping[str, tuple[str, ...]] = {
    "status": ("before", "after"),
    "garbage": ("before", "after"),
    "delay": ("before", "after", "within"),
    "reset": ("before", "after", "within"),
    "close": ("before", "after", "within"),
    "truncate": ("after", "within"),
    "duplicate": ("before", "after", "within"),
}


class FaultError(ValueError):
    """A fault was described that cannot be carried out."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    route: regular expression, searched in "METHOD /path" (no query). query: the same for the query string.
    nth: the 1-based matching request from which it strikes, `times` in a row; 0 = every one, without end.
    before: the effect does not happen. after: it happens, then the answer is lost, late or replaced.
    within: the answer is cut (or, for a delay, halts) in its middle.
    kind: "status" and "garbage" answer `status`, `headers`, `body` instead; "delay" waits `seconds`;
    "reset" breaks the TCP connection (RST), "close" ends it without an answer (FIN); "truncate" ends it in
    mid-body after the full Content-Length was announced; "duplicate" has the request handled twice, as a
    retrying proxy would, and the client sees the second answer.
    """

    route: str
    kind: Kind
    moment: Moment = "before"
    nth: int = 1
    times: int = 1
    status: int | None = None
    seconds: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    query: str = ""

    def __post_init__(self) -> None:
        """Raise FaultError where the fields do not fit together."""
        if self.kind not in get_args(Kind):
            raise FaultError(f"kind {self.kind!r} is none of {', '.join(get_args(Kind))}")
        if self.moment not in _MOMENTS[self.kind]:
            raise FaultError(f"{self.kind} cannot happen {self.moment!r}, but {_MOMENTS[self.kind]}")
        if self.kind == "status" and not 200 <= (self.status or 0) <= 599:
            raise FaultError("a status fault needs a status of 200 to 599")
        if self.kind == "delay" and not (self.seconds or 0) > 0:
            raise FaultError("a delay fault needs seconds greater than 0")
        if self.nth < 0 or self.times < 1:
            raise FaultError("nth counts from 1 (0 = every request); times is at least 1")
        _compiled(self.route), _compiled(self.query)

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Fault:
        """Make a fault of plain data, as the control API receives it. Raises FaultError."""
        unknown = set(data) - {each.name for each in fields(cls)}
        if unknown:
            raise FaultError(f"a fault has no field {', '.join(sorted(unknown))}")
        try:
            return cls(**data)
        except TypeError as error:
            raise FaultError(str(error)) from error

    @property
    def name(self) -> str:
        """Short name for the journal, e.g. "after:reset"."""
        return f"{self.moment}:{self.kind}"


@dataclass
class _Armed:
    fault: Fault
    route: re.Pattern[str]
    query: re.Pattern[str]
    seen: int = 0
    struck: int = 0

    def strikes(self, target: str, query: str) -> bool:
        if not (self.route.search(target) and self.query.search(query)):
            return False
        self.seen += 1
        first = self.fault.nth
        if first and not first <= self.seen < first + self.fault.times:
            return False
        self.struck += 1
        return True


class Faults:
    """The faults armed at one emulator, with their counts of matching requests. Thread-safe."""

    def __init__(self) -> None:
        self._armed: dict[int, _Armed] = {}
        self._lock = threading.Lock()
        self._last_id = 0

    def add(self, fault: Fault) -> int:
        """Arm a fault and return its number. Requests are counted from now on."""
        with self._lock:
            self._last_id += 1
            self._armed[self._last_id] = _Armed(fault, _compiled(fault.route), _compiled(fault.query))
            return self._last_id

    def remove(self, number: int) -> bool:
        """Disarm one fault; False if there is none of that number."""
        with self._lock:
            return self._armed.pop(number, None) is not None

    def clear(self) -> None:
        """Disarm all faults."""
        with self._lock:
            self._armed.clear()

    def strike(self, method: str, path: str, query: str = "") -> list[Fault]:
        """Count one request, and return the faults that hit it, in the order in which they were armed."""
        if not self._armed:
            return []
        with self._lock:
            target = f"{method} {path}"
            return [each.fault for each in self._armed.values() if each.strikes(target, query)]

    def listing(self) -> list[dict[str, Any]]:
        """Return the armed faults as plain data, with `id`, `seen` (matching requests) and `struck`."""
        with self._lock:
            return [
                {"id": number, **asdict(each.fault), "seen": each.seen, "struck": each.struck}
                for number, each in self._armed.items()
            ]


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, TypeError) as error:
        raise FaultError(f"not a regular expression: {pattern!r}") from error

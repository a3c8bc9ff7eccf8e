"""Faults as data: which request fails, at which moment, and how.

This module only decides; the middleware carries the faults out.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

Moment = Literal["before", "after", "within"]
Kind = Literal["status", "delay", "reset", "close", "truncate", "garbage", "duplicate"]

# What is possible at which moment: a status needs a whole response, and only a response can be cut off.
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
    """The description of a fault is not possible."""


@dataclass(frozen=True)
class Fault:
    """A failure to inject.

    route: regular expression, searched in "METHOD /path" (no query). query: the same for the query string.
    nth: the 1-based matching request from which it strikes, `times` in a row; 0 = every request.
    before: the effect does not happen. after: it happens, then the response is lost, late or replaced.
    within: the response is cut off in the middle (or, for a delay, stalls there).
    kind: "status" and "garbage" send `status`, `headers`, `body` instead; "delay" waits `seconds`; "reset" breaks the
    TCP connection (RST), "close" ends it without a response (FIN); "truncate" announces the full Content-Length and
    ends in mid-body; "duplicate" handles the request twice, as a retrying proxy would, and the client sees the second
    response.
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
        """Raise FaultError if the fields do not fit together."""
        if self.kind not in get_args(Kind):
            raise FaultError(f"kind {self.kind!r} is not one of {', '.join(get_args(Kind))}")
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
        """Build a fault from plain data, as the control API receives it. Raises FaultError."""
        unknown = set(data) - {each.name for each in fields(cls)}
        if unknown:
            raise FaultError(f"a fault has no field {', '.join(sorted(unknown))}")
        try:
            return cls(**data)
        except TypeError as error:
            raise FaultError(str(error)) from error

    @property
    def name(self) -> str:
        """Return the short name for the journal, such as "after:reset"."""
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
    """The armed faults of an emulator, with their counts of matching requests. Threads may share it."""

    def __init__(self) -> None:
        self._armed: dict[int, _Armed] = {}
        self._lock = threading.Lock()
        self._last_id = 0

    def add(self, fault: Fault) -> int:
        """Arm a fault and return its id. Requests are counted from now on."""
        with self._lock:
            self._last_id += 1
            self._armed[self._last_id] = _Armed(fault, _compiled(fault.route), _compiled(fault.query))
            return self._last_id

    def remove(self, number: int) -> bool:
        """Disarm a fault. Return False if there is none with this id."""
        with self._lock:
            return self._armed.pop(number, None) is not None

    def clear(self) -> None:
        """Disarm all faults."""
        with self._lock:
            self._armed.clear()

    def strike(self, method: str, path: str, query: str = "") -> list[Fault]:
        """Count a request. Return the faults that hit it, in the sequence in which they were armed."""
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

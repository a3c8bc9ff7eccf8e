"""The themes of schedules for a lane whose warehouse takes files: kills and cuts around staging, rename and archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from cartage_sandbox.kernel.faults import Fault, Kind, Moment
from tests.faults.harness.progress import (
    FILE_WRITTEN,
    MADE_BY,
    POSTED,
    RENAMED,
    STATUS_SET,
    TAKEN,
    WAREHOUSE_CALLS,
    Strike,
)
from tests.faults.harness.themes import Draft

_STAGING, _PUBLISHING, _ARCHIVING, _READING = (
    r"^(OPEN|WRITE|CLOSE|STAT) /in/\.",
    r"^RENAME /in/",
    r"^RENAME /out/",
    r"^(OPEN|READ) /out/(?!inv_|846_)",
)


def _point(rng: Random, orders: int) -> tuple[tuple[str, str], int, str]:
    """Return a point of progress that most trials reach, and the stage that is running then."""
    counter = rng.choice(
        [TAKEN, RENAMED, RENAMED, WAREHOUSE_CALLS, WAREHOUSE_CALLS, FILE_WRITTEN, STATUS_SET, POSTED]
    )
    # An order file is opened, written, closed, looked at and renamed, each with a request.
    most = {WAREHOUSE_CALLS: orders * 6, FILE_WRITTEN: orders // 4}.get(counter, orders * 2 // 3)
    stage = rng.choice([MADE_BY[counter], MADE_BY[FILE_WRITTEN]])
    return counter, rng.randint(1, max(1, most)), stage


def _at_processes(act: str, least: int, most: int) -> Callable[[Random, Draft], None]:
    def theme(rng: Random, draft: Draft) -> None:
        for _ in range(rng.randint(least, most)):
            draft.strikes.append(Strike(act, *_point(rng, draft.orders)))

    return theme


def _at_ledger(act: str, shortest: float, longest: float) -> Callable[[Random, Draft], None]:
    def theme(rng: Random, draft: Draft) -> None:
        for _ in range(rng.randint(1, 2)):
            counter, count, _stage = _point(rng, draft.orders)
            draft.strikes.append(Strike(act, counter, count, seconds=rng.uniform(shortest, longest)))

    return theme


def _cut(moment: Moment, *routes: str) -> Callable[[Random, Draft], None]:
    """Return a theme that cuts the connection before or after requests took effect."""

    def theme(rng: Random, draft: Draft) -> None:
        kinds: tuple[Kind, ...] = ("reset", "close")
        for route in routes:
            for kind in kinds:
                nth = rng.randint(1, max(1, draft.orders // 2))
                draft.calls.append(("warehouse", Fault(route, kind, moment, nth, rng.randint(1, 3))))

    return theme


def _refused(status: int, *routes: str) -> Callable[[Random, Draft], None]:
    """Return a theme in which requests are refused, without effect."""

    def theme(rng: Random, draft: Draft) -> None:
        for route in routes:
            nth = rng.randint(1, max(1, draft.orders // 3))
            fault = Fault(route, "status", "before", nth, rng.randint(1, 8), status)
            draft.calls.append(("warehouse", fault))

    return theme


def _slow(rng: Random, draft: Draft) -> None:
    """Let responses take longer than the lane waits, before and after their effect."""
    for route in (_STAGING, _PUBLISHING, _ARCHIVING, _READING):
        moments: tuple[Moment, ...] = ("before", "after")
        nth = rng.randint(1, max(1, draft.orders // 3))
        draft.calls.append(
            ("warehouse", Fault(route, "delay", rng.choice(moments), nth, seconds=rng.uniform(1.5, 3.5)))
        )


def _slow_writers(_rng: Random, draft: Draft) -> None:
    draft.warehouse_rules["writes"] = "in_steps"


def _sent_again(rng: Random, draft: Draft) -> None:
    for _ in range(3):
        count = rng.randint(2, max(2, draft.orders // 4))
        draft.strikes.append(Strike("send files again", FILE_WRITTEN, count))


def _dropped(rng: Random, draft: Draft) -> None:
    for _ in range(rng.randint(3, 6)):
        counter, count, _stage = _point(rng, draft.orders)
        draft.strikes.append(Strike("drop connections", counter, count))


FILE_THEMES: Mapping[str, Callable[[Random, Draft], None]] = {
    "killed": _at_processes("kill", 3, 6),
    "cut before the rename": _cut("before", _PUBLISHING),
    "cut after the rename": _cut("after", _PUBLISHING),
    "frozen": _at_processes("freeze", 1, 2),
    "cut while staging": _cut("after", _STAGING),
    "slow writers": _slow_writers,
    "archive refused": _refused(403, _ARCHIVING),
    "cut around the archive": _cut("after", _ARCHIVING, _READING),
    "terminated": _at_processes("stop", 2, 4),
    "files sent again": _sent_again,
    "slow responses": _slow,
    "disk full there": _refused(507, r"^WRITE /in/"),
    "gone before it is opened": _refused(404, _READING),
    "ledger unreachable": _at_ledger("cut the ledger off", 0.5, 2.0),
    "connections dropped": _dropped,
    "database crashes": _at_ledger("crash the database", 0.1, 0.8),
}

"""The themes of schedules: each adds strikes at processes or the ledger, or faults of calls, to a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from cartage_sandbox.kernel.faults import Fault, Kind, Moment
from cartage_sandbox.kernel.rules import RuleValue
from tests.faults.harness.progress import (
    CREATED,
    MADE_BY,
    POSTED,
    STATUS_SET,
    STORE_CALLS,
    WAREHOUSE_CALLS,
    Strike,
)


@dataclass(frozen=True)
class Api:
    """The routes of a warehouse's API that a trial calls many times, and what a proxy that repeats calls needs."""

    create: str = "POST /orders$"
    read: str = "GET /orders"
    rules_for_repeats: Mapping[str, RuleValue] = field(default_factory=dict)


# A repeat follows at once, before a person can have split the order: a sandbox that splits orders on arrival has to
# know the original reference.
EXTENSIV = Api(rules_for_repeats={"duplicate_counts_split": True})
SHIPBOB = Api(r"POST /2026-01/order$", r"GET /2026-01/order")
MCF = Api(r"POST /fba/.*/fulfillmentOrders$", r"GET /fba/.*/fulfillmentOrders")
APIS: Mapping[str, Api] = {"extensiv": EXTENSIV, "shipbob": SHIPBOB, "mcf": MCF}


@dataclass
class Draft:
    """The schedule under construction, to which themes add faults."""

    orders: int
    api: Api = EXTENSIV
    strikes: list[Strike] = field(default_factory=list)
    calls: list[tuple[str, Fault]] = field(default_factory=list)
    full_disk: bool = False
    warehouse_rules: dict[str, RuleValue] = field(default_factory=dict)


def _point(rng: Random, orders: int) -> tuple[tuple[str, str], int, str]:
    """Return a point of progress that most trials reach, and the stage that is running then."""
    counter = rng.choice([CREATED, CREATED, STATUS_SET, POSTED, POSTED, STORE_CALLS, WAREHOUSE_CALLS])
    most = {STORE_CALLS: 12, WAREHOUSE_CALLS: orders // 2}.get(counter, orders * 2 // 3)
    return counter, rng.randint(1, most), MADE_BY[counter]


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


def _restored(rng: Random, draft: Draft) -> None:
    """Dump the ledger during runs, and restore it after more was sent and posted."""
    dumped = rng.randint(1, draft.orders // 3)
    counter = rng.choice([CREATED, POSTED])
    later = rng.randint(dumped + 1, draft.orders * 2 // 3)
    draft.strikes.append(Strike("dump the ledger", CREATED, dumped))
    draft.strikes.append(Strike("restore the ledger", counter, later))


def _tokens(rng: Random, draft: Draft) -> None:
    for _ in range(3):
        draft.strikes.append(Strike("revoke tokens", CREATED, rng.randint(1, draft.orders * 2 // 3)))


def _writes(draft: Draft) -> list[tuple[str, str, float]]:
    """Return writes that a trial makes many times: whose API, route, share of the orders."""
    return [
        ("warehouse", draft.api.create, 0.7),
        ("store", r"PUT .*/Orders$", 0.02),
        ("store", r"PUT .*/Shipments", 0.7),
    ]


def _reads(draft: Draft) -> list[tuple[str, str, float]]:
    """Return reads, likewise."""
    return [("warehouse", draft.api.read, 0.02), ("store", r"GET .*/Orders", 0.04)]


_LOSSES: tuple[Kind, ...] = ("reset", "close", "garbage")
_MOMENTS: tuple[Moment, ...] = ("before", "after", "within")
_BREAKS: tuple[tuple[Kind, Moment], ...] = (
    ("truncate", "within"),
    ("garbage", "after"),
    ("garbage", "before"),
)


def _nth(rng: Random, draft: Draft, share: float) -> int:
    return rng.randint(1, max(1, round(draft.orders * share)))


def _responses_lost(moment: Moment) -> Callable[[Random, Draft], None]:
    def theme(rng: Random, draft: Draft) -> None:
        for where, route, share in _writes(draft):
            for kind in rng.sample(_LOSSES, 2):
                nth = _nth(rng, draft, share)
                draft.calls.append((where, Fault(route, kind, moment, nth, rng.randint(1, 3))))

    return theme


def _statuses(status: int, longest: int, **headers: str) -> Callable[[Random, Draft], None]:
    def theme(rng: Random, draft: Draft) -> None:
        for where, route, share in rng.sample([*_writes(draft), *_reads(draft)], 3):
            times = rng.randint(1, longest)
            fault = Fault(route, "status", "before", _nth(rng, draft, share), times, status, headers=headers)
            draft.calls.append((where, fault))

    return theme


def _slow(rng: Random, draft: Draft) -> None:
    """Delay responses for longer than the lane waits: before the effect, after it, or within the body."""
    for where, route, share in [*_writes(draft), *_reads(draft)]:
        moment = rng.choice(_MOMENTS)
        draft.calls.append(
            (where, Fault(route, "delay", moment, _nth(rng, draft, share), seconds=rng.uniform(1, 3.5)))
        )


def _broken_bodies(rng: Random, draft: Draft) -> None:
    for where, route, share in [*_writes(draft), *_reads(draft)]:
        kind, moment = rng.choice(_BREAKS)
        draft.calls.append((where, Fault(route, kind, moment, _nth(rng, draft, share), rng.randint(1, 2))))


def _twice(rng: Random, draft: Draft) -> None:
    """A proxy in front of the warehouse repeats a request, which only the warehouse can refuse."""
    draft.warehouse_rules.update(draft.api.rules_for_repeats)
    for _ in range(2):
        draft.calls.append(
            ("warehouse", Fault(draft.api.create, "duplicate", "after", _nth(rng, draft, 0.7)))
        )


def _full_disk(_rng: Random, draft: Draft) -> None:
    draft.full_disk = True


THEMES: Mapping[str, Callable[[Random, Draft], None]] = {
    "killed": _at_processes("kill", 3, 6),
    "frozen": _at_processes("freeze", 1, 2),
    "terminated": _at_processes("stop", 2, 4),
    "database crashes": _at_ledger("crash the database", 0.1, 0.8),
    "ledger unreachable": _at_ledger("cut the ledger off", 0.5, 2.0),
    "ledger hangs": _at_ledger("hang the ledger", 0.5, 2.0),
    "lost before the commit": _responses_lost("before"),
    "lost after the commit": _responses_lost("after"),
    "429 storm": _statuses(429, 12, **{"retry-after": "1"}),
    "503s": _statuses(503, 8),
    "slow bodies": _slow,
    "broken bodies": _broken_bodies,
    "restored from a dump": _restored,
    "tokens expire": _tokens,
    "sent twice by a proxy": _twice,
    "disk full for logs": _full_disk,
}

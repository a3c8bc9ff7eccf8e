"""A trial: the faults of a schedule, then runs without faults until nothing changes, then the judge."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.harness.actors import Actor, Crew
from tests.faults.harness.director import Director
from tests.faults.harness.evidence import keep_evidence
from tests.faults.harness.judge import Evidence, Verdict, judge
from tests.faults.harness.ledgers import Ledgers
from tests.faults.harness.programs import Programs
from tests.faults.harness.schedule import Schedule
from tests.faults.harness.world import World, open_world

_LONGEST_STORM = 60.0
_POLL_SECONDS = 0.02
# Seconds: longer than the claim of a sweep (600), the freshness limit, and the wait before a status is posted again.
_CALM_SKIP = 700.0
_MOST_ROUNDS = 8
_STANDING = """
    SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM package WHERE posted_at IS NOT NULL),
        (SELECT count(*) FROM sales_order WHERE verified_at >= posted_at), (SELECT count(*) FROM post_back)
"""


@dataclass(frozen=True)
class Trial:
    """The result of a schedule. `struck` counts the faults that hit."""

    schedule: Schedule
    struck: int
    seconds: float
    verdict: Verdict


class NeverQuiet(RuntimeError):
    """After the last fault, runs kept changing something or kept failing."""


def try_out(schedule: Schedule, folder: Path, ledgers: Ledgers, programs: Programs) -> Trial:
    """Run a schedule to its end and judge it. The processes' logs are left in `folder`.

    Raises:
        NeverQuiet: if runs without faults do not come to rest.
    """
    started = time.monotonic()
    with open_world(schedule, folder, ledgers, programs) as world:
        crew = Crew(world)
        try:
            struck = _storm(world, crew) + _calls_struck(world)
            _calm(world, crew)
            verdict = judge(Evidence(world.side, world.kinds, ledgers.rows))
        except BaseException:
            keep_evidence(world)
            raise
        if verdict.problems:
            keep_evidence(world)
        return Trial(schedule, struck, time.monotonic() - started, verdict)


def _storm(world: World, crew: Crew) -> int:
    director = Director(world, crew)
    live = [
        Actor(crew, "live", runs=2, sweep=True),
        Actor(crew, "beside", runs=2, sweep=True),
        Actor(crew, "backfill", runs=1),
    ]
    shipments = [Actor(crew, name, runs=50, shipments=True) for name in ("shipments", "more-shipments")]
    director.start()
    for actor in (*live, *shipments):
        actor.start()
    _place_late_orders(world, live)
    _await_end(live, director)
    director.end()
    for actor in shipments:
        actor.enough.set()
    for actor in (*live, *shipments):
        actor.join()
    for fault in (director.fault, *(actor.fault for actor in (*live, *shipments))):
        if fault:
            raise fault
    return len(director.struck)


def _calls_struck(world: World) -> int:
    """Return how many of the armed faults hit at least one call."""
    armed = [fault for remote in (world.shop.store, world.side) for fault in remote.faults.listing()]
    return sum(fault["struck"] > 0 for fault in armed)


def _place_late_orders(world: World, live: list[Actor]) -> None:
    """Place more orders when half of the first are at the warehouse, or the first runs have ended."""
    journal, created = world.side.journal, world.side.created
    while journal.count(created) < world.schedule.orders // 2 and any(actor.is_alive() for actor in live):
        time.sleep(_POLL_SECONDS)
    world.place_orders(world.schedule.late_orders)


def _await_end(live: list[Actor], director: Director) -> None:
    """Wait until the runs have ended and every strike whose point is reached was carried out."""
    deadline = time.monotonic() + _LONGEST_STORM
    while time.monotonic() < deadline and any(actor.is_alive() for actor in live):
        time.sleep(_POLL_SECONDS)
    grace = time.monotonic() + 3
    while director.waits and time.monotonic() < min(deadline, grace):
        time.sleep(_POLL_SECONDS)


def _calm(world: World, crew: Crew) -> None:
    """Make runs without faults, with time between them, until one changes nothing."""
    for remote in (world.shop.store, world.side):
        remote.faults.clear()
    before: object = None
    for _ in range(_MOST_ROUNDS):
        world.skip(_CALM_SKIP)
        succeeded = crew.orders_run(sweep=True, actor="calm")
        world.skip(1.0)  # the warehouse needs time to ship
        world.side.come_to_rest()
        succeeded &= crew.shipments_run(actor="calm")
        standing = world.ledgers.rows(_STANDING)
        if succeeded and standing == before:
            return
        before = standing
    raise NeverQuiet(f"{_MOST_ROUNDS} runs after the last fault, something still changed or failed")

"""Look at all lanes at once, and find those that need a check of their own.

Most lanes of a large deployment are fine at any time. A handful of queries proves that for all of them together, so
that a round costs what is wrong, not how many lanes there are. Whatever could be wrong counts as wrong here; the check
of the lane decides.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from cartage.db.engine import database_time
from cartage.lanes.modes import Mode
from cartage.lookout.repo import manned_at
from cartage.monitoring.checks.hours import Calendar
from cartage.monitoring.checks.lookout import silent_looks
from cartage.monitoring.checks.runs import WATCH, overdue_dags, run_findings
from cartage.monitoring.repo import survey
from cartage.runtime.links import NO_LINKS

if TYPE_CHECKING:
    from cartage.db import Ledger
    from cartage.db.task_runs import TaskRun
    from cartage.lanes.settings.lane import Lane
    from cartage.monitoring.repo.survey import OldestOrders

log = logging.getLogger(__name__)

_NEEDS_A_PERSON = frozenset({"blocked", "conflict", "rejected"})
_NOT_SENT = frozenset({"imported", "ready", "sending"})
_AT_THE_WAREHOUSE = frozenset({"acknowledged", "partially_shipped"})


@dataclass(frozen=True, slots=True)
class LaneSurvey:
    """What one look at all lanes says of one: whether it needs its own check, and which of its DAGs may not run."""

    needs_check: bool = True
    overdue: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Facts:
    """What was read of all lanes."""

    now: datetime
    busy: set[str]
    gaps: set[str]
    tasks: Mapping[str, Mapping[str, TaskRun]]
    manned: Mapping[str, Mapping[str, datetime]]
    orders: Mapping[str, Mapping[str, OldestOrders]] = field(default_factory=dict)
    packages: Mapping[str, datetime] = field(default_factory=dict)


def survey_lanes(ledger: Ledger, lanes: Sequence[Lane]) -> dict[str, LaneSurvey]:
    """Return what each lane needs, by its name. The number of queries does not depend on the number of lanes."""
    names = [lane.name for lane in lanes]
    with ledger.begin() as connection:
        now = database_time(connection)
        tasks = survey.task_runs_of(connection, names)
        facts = _Facts(
            now,
            survey.busy_lanes(connection, names),
            survey.lanes_with_gaps(connection, import_windows(lanes, tasks, now)),
            tasks,
            manned_at(connection, names),
            survey.oldest_orders(connection, names),
            survey.oldest_packages(connection, names),
        )
    return {lane.name: _survey(lane, facts) for lane in lanes}


def record_watched(ledger: Ledger, lanes: Sequence[str]) -> None:
    """Record that these lanes were checked, and that nothing is wrong with them."""
    with ledger.begin() as connection:
        survey.record_task_runs(connection, lanes, WATCH)


def _survey(lane: Lane, facts: _Facts) -> LaneSurvey:
    tasks = facts.tasks.get(lane.name, {})
    silent = silent_looks(lane, facts.manned.get(lane.name, {}), facts.now)
    overdue = list(dict.fromkeys([*overdue_dags(lane, tasks, facts.now), *silent]))
    wrong = (
        bool(silent)
        or lane.name in facts.busy
        or lane.name in facts.gaps
        or bool(run_findings(lane, tasks, {}, NO_LINKS, facts.now))
        or _is_late(lane, facts)
    )
    return LaneSurvey(wrong, overdue)


def import_windows(
    lanes: Sequence[Lane], tasks: Mapping[str, Mapping[str, TaskRun]], now: datetime
) -> dict[str, tuple[datetime, datetime]]:
    """Return the time in which each live lane must have imported its orders, as its own check asks for it."""
    found = {}
    for lane in lanes:
        before = Calendar.of(lane).reach(now, lane.alerts.limits.not_imported)
        if lane.mode is Mode.LIVE and before is not None:
            known = min((task.first_at for task in tasks.get(lane.name, {}).values()), default=now)
            found[lane.name] = (max(lane.store.live_since(), known), before)
    return found


def _is_late(lane: Lane, facts: _Facts) -> bool:
    """Return whether an order of the lane may have waited too long, or cannot continue without a person."""
    if lane.mode not in {Mode.LIVE, Mode.DRAIN}:
        return False
    limits, calendar = lane.alerts.limits, Calendar.of(lane)

    def late(since: datetime | None, limit: str) -> bool:
        before = calendar.reach(facts.now, getattr(limits, limit))
        return since is not None and before is not None and since < before

    if late(facts.packages.get(lane.name), "not_posted_back"):
        return True
    return any(
        state in _NEEDS_A_PERSON
        or (state in _NOT_SENT and late(oldest.created, "not_acknowledged"))
        or (state == "unknown" and late(oldest.since, "unknown"))
        or (
            state in _AT_THE_WAREHOUSE
            and (late(oldest.since, "not_shipped") or late(oldest.unposted, "not_posted_back"))
        )
        for state, oldest in facts.orders.get(lane.name, {}).items()
    )

"""The queue of what needs attention: what a page shows of it, in which order, and what a snooze hides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cartage.monitoring.kinds import AlertKind
from cartage.operations.attention.entries import (
    REPEATING,
    AttentionKind,
    Entry,
    QueueFilter,
    QueueOrder,
    Triage,
    kind_of_alert,
    queue_page,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def entry(key: str = "1", *, kind: str = "cause", orders: int = 1, age: int = 1, **given: Any) -> Entry:
    since = NOW - age * HOUR
    values: dict[str, Any] = {"lane": "east", "opened_at": since, "newest": since} | given
    return Entry(kind=AttentionKind(kind), key=key, orders=orders, **values)


def noted(*, hours_ago: int = 0, until: int | None = None, owner: str = "") -> Triage:
    snoozed_until = None if until is None else NOW + until * HOUR
    return Triage(owner, "", snoozed_until, "ann", NOW - hours_ago * HOUR)


def shown(entries: list[Entry], *, order: QueueOrder = QueueOrder.MOST, **wanted: Any) -> list[str]:
    return [found.key for found in queue_page(entries, NOW, QueueFilter(**wanted), order, size=10).entries]


def test_the_most_orders_or_the_oldest_come_first_and_a_failing_run_before_all() -> None:
    entries = [
        entry("few", orders=2, age=9),
        entry("many", orders=50, age=1),
        entry("same", orders=50, age=2),
        entry("run", kind="run", orders=0, age=3),
    ]
    assert shown(entries) == ["run", "same", "many", "few"]
    assert shown(entries, order=QueueOrder.OLDEST) == ["few", "run", "same", "many"]


def test_a_snoozed_entry_is_listed_apart_and_comes_back_by_itself() -> None:
    asleep, awake = entry("asleep", triage=noted(until=1)), entry("awake", triage=noted(until=-1))
    assert shown([asleep, awake]) == ["awake"]
    assert shown([asleep, awake], snoozed=True) == ["asleep"]
    queue = queue_page([asleep, awake], NOW, QueueFilter(), QueueOrder.MOST, size=10)
    assert (queue.total, queue.snoozed, queue.kinds.total()) == (1, 1, 1)


def test_what_came_after_the_snooze_brings_the_entry_back() -> None:
    snoozed = noted(hours_ago=2, until=5)
    assert entry(age=9, newest=NOW - 3 * HOUR, triage=snoozed).snoozed(NOW)
    assert not entry(age=9, newest=NOW - 1 * HOUR, triage=snoozed).snoozed(NOW)


def test_filters_by_kind_and_owner_leave_the_counts_of_all() -> None:
    entries = [
        entry("1", triage=noted(owner="ann")),
        entry("2", triage=noted(owner="bob")),
        entry("3", kind="hold"),
    ]
    assert shown(entries, kind=AttentionKind.HOLD) == ["3"]
    assert shown(entries, owner="ann") == ["1"]
    assert shown(entries, owner="") == ["3"]
    queue = queue_page(entries, NOW, QueueFilter(owner="ann"), QueueOrder.MOST, size=10)
    assert queue.kinds == {AttentionKind.CAUSE: 2, AttentionKind.HOLD: 1}
    assert queue.owners == {"ann": 1, "bob": 1, "": 1}


def test_pages_hold_every_entry_once() -> None:
    entries = [entry(str(number), orders=number % 3) for number in range(23)]
    pages = [
        queue_page(entries, NOW, QueueFilter(), QueueOrder.MOST, first=first, size=10).entries
        for first in (0, 10, 20)
    ]
    seen = [found.key for page in pages for found in page]
    assert len(seen) == len(set(seen)) == 23


def test_the_anchor_of_a_cause_is_what_alerts_and_required_actions_name() -> None:
    assert entry("17").anchor == "cause-17"
    assert entry("rule:Check & call", kind="hold").anchor == "hold-east-rule-Check---call"
    assert entry("", kind="file").anchor == "file-east"


@pytest.mark.parametrize("kind", [kind for kind in AlertKind if kind not in REPEATING])
def test_every_alert_that_repeats_no_other_entry_has_a_kind_of_its_own(kind: AlertKind) -> None:
    assert kind_of_alert(kind) in {AttentionKind.LATE, AttentionKind.RUN, AttentionKind.FILE}

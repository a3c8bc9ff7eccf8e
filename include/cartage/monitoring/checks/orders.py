"""What is wrong with a lane's orders now: what blocks them, what a person must answer, what waits too long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from cartage.lanes.modes import Mode
from cartage.lifecycle.causes import BlockingCause, blocking_causes
from cartage.lifecycle.exceptions import OrderException, open_exceptions
from cartage.model.exceptions import MEANINGS
from cartage.monitoring.checks.hours import Calendar
from cartage.monitoring.checks.words import EXCEPTIONS, LATE, STUCK, Words
from cartage.monitoring.kinds import AlertKind
from cartage.monitoring.repo import ages
from cartage.monitoring.repo.alerts import AlertFinding
from cartage.monitoring.repo.personal import names_in
from cartage.redaction import redact

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.runtime.links import Links

# What these checks look for: an open alert of one of these kinds that they do not find is over.
ORDER_KINDS = (
    AlertKind.CAUSE,
    AlertKind.EXCEPTION,
    AlertKind.STUCK,
    AlertKind.NOT_IMPORTED,
    AlertKind.NOT_ACKNOWLEDGED,
    AlertKind.NOT_SHIPPED,
    AlertKind.NOT_POSTED_BACK,
    AlertKind.UNKNOWN,
)
# The task that deals with orders of a kind.
_STAGES = {
    AlertKind.NOT_ACKNOWLEDGED: "transfer_to_warehouse",
    AlertKind.UNKNOWN: "transfer_to_warehouse",
    AlertKind.NOT_SHIPPED: "poll_tracking",
    AlertKind.NOT_POSTED_BACK: "update_order_status",
}
_MOST_NAMED = 5


def news(connection: Connection, lane: Lane, links: Links) -> list[AlertFinding]:
    """What a person should hear of as soon as a run has found it: what blocks orders, and questions."""
    return [*_causes(connection, lane, links), *_exceptions(connection, lane, links)]


def order_findings(
    connection: Connection, lane: Lane, links: Links, now: datetime, *, known_since: datetime
) -> list[AlertFinding]:
    """Everything that is wrong with a lane's orders. Ages count only where it acts on store and warehouse.

    Time before `known_since`, when the lane was first heard of, is no matter of an alert: coverage shows it.
    """
    found = news(connection, lane, links)
    if lane.mode in {Mode.LIVE, Mode.DRAIN}:
        found += _stuck(connection, lane, links)
        found += _late(connection, lane, links, now)
    if lane.mode is Mode.LIVE:
        since = max(lane.store.live_since(), known_since)
        found += _unimported(connection, lane, links, since, now)
    return found


def _causes(connection: Connection, lane: Lane, links: Links) -> Iterator[AlertFinding]:
    blocking = blocking_causes(connection, lane.name)
    runs = ages.last_runs(connection, [example for cause in blocking for example in cause.examples[:1]])
    for cause in blocking:
        link = _log(links) | _order_link(links, cause.examples, runs)
        yield _cause(cause, names_in(connection, cause.examples), link)


def _cause(cause: BlockingCause, names: set[str], link: dict[str, str]) -> AlertFinding:
    return AlertFinding(
        kind=AlertKind.CAUSE,
        key=str(cause.id),
        stage="blocked_orders",
        title=f"{cause.orders} order(s) blocked: {redact(cause.message, names)}",
        meaning="These orders wait; all others go on. They are released by themselves once this is mended.",
        fix=redact(cause.fix, names),
        links=link,
        facts={"examples": ", ".join(cause.examples), "since": _utc(cause.opened_at)},
        orders=cause.orders,
    )


def _exceptions(connection: Connection, lane: Lane, links: Links) -> Iterator[AlertFinding]:
    """One alert for each kind of question: many orders may raise the same at once."""
    found = sorted(open_exceptions(connection, lane.name), key=lambda one: (one.kind, one.id))
    for kind, group in groupby(found, key=lambda one: one.kind):
        asked = list(group)
        yield AlertFinding(
            kind=AlertKind.EXCEPTION,
            key=kind.value,
            stage="blocked_orders",
            title=_exception_title(connection, kind.value, asked),
            meaning="These orders wait for an answer; all others go on.",
            fix=_exception_fix(lane.name, asked),
            links=_log(links),
            facts={
                "orders": _some([str(one.order_id) for one in asked]),
                "exceptions": _some([str(one.id) for one in asked]),
                "warehouse's numbers": _some([one.remote_id for one in asked if one.remote_id]),
                "since": _utc(min(one.opened_at for one in asked)),
            },
            orders=len(asked),
            # A further question is news, and does not wait until the others are repeated.
            mark=_microseconds(max(one.opened_at for one in asked)),
        )


def _exception_title(connection: Connection, kind: str, asked: Sequence[OrderException]) -> str:
    if len(asked) == 1:
        names = names_in(connection, [], sales_order_ids=[asked[0].sales_order_id])
        return f"A question about order {asked[0].order_id}: {redact(asked[0].message, names)}"
    return f"{len(asked)} questions wait for an answer: {EXCEPTIONS[kind]}"


def _exception_fix(lane: str, asked: Sequence[OrderException]) -> str:
    choices = "; ".join(f"{choice} ({MEANINGS[choice]})" for choice in asked[0].choices)
    if len(asked) == 1:
        return f"Decide with `cartage exceptions decide {asked[0].id} CHOICE --by NAME`. Choices: {choices}."
    return (
        f"See them with `cartage exceptions list --lane {lane}`, and answer each with "
        f"`cartage exceptions decide NUMBER CHOICE --by NAME`. Choices: {choices}."
    )


def _stuck(connection: Connection, lane: Lane, links: Links) -> Iterator[AlertFinding]:
    found = ages.stuck(connection, lane.name)
    runs = ages.last_runs(connection, [example for waiting in found for example in waiting.examples[:1]])
    for waiting in found:
        mark = _microseconds(waiting.newest) if waiting.newest else 0
        yield _waiting(AlertKind.STUCK, waiting, STUCK[waiting.kind], links, runs, lane, mark=mark)


def _late(connection: Connection, lane: Lane, links: Links, now: datetime) -> Iterator[AlertFinding]:
    limits, calendar = lane.alerts.limits, Calendar.of(lane)
    before: dict[str, datetime | None] = {
        kind.value: calendar.reach(now, getattr(limits, kind)) for kind in _STAGES
    }
    found = ages.waiting_ages(connection, lane.name, before)
    runs = ages.last_runs(
        connection, [example for waiting in found.values() for example in waiting.examples[:1]]
    )
    for kind, waiting in found.items():
        yield _waiting(AlertKind(kind), waiting, LATE[kind], links, runs, lane)


def _waiting(
    kind: AlertKind,
    waiting: ages.WaitingAge,
    words: Words,
    links: Links,
    runs: dict[str, str],
    lane: Lane,
    *,
    mark: int = 0,
) -> AlertFinding:
    return AlertFinding(
        kind=kind,
        key=waiting.kind,
        stage=_STAGES.get(kind, "transfer_to_warehouse"),
        title=f"{waiting.orders} order(s) {words.what}",
        meaning=words.meaning,
        fix=words.fix.replace("{lane}", lane.name),
        links=_order_link(links, waiting.examples, runs),
        facts={"examples": ", ".join(waiting.examples), "the oldest since": _utc(waiting.oldest)},
        orders=waiting.orders,
        mark=mark,
    )


def _unimported(
    connection: Connection, lane: Lane, links: Links, known_since: datetime, now: datetime
) -> Iterator[AlertFinding]:
    before = Calendar.of(lane).reach(now, lane.alerts.limits.not_imported)
    since = before and ages.unimported_since(connection, lane.name, known_since, before)
    if since:
        words, coverage = LATE["not_imported"], links.coverage(lane.name)
        yield AlertFinding(
            kind=AlertKind.NOT_IMPORTED,
            key="",
            stage="import_orders",
            title=f"Orders placed or changed since {_utc(since)} {words.what}",
            meaning=words.meaning,
            fix=words.fix.replace("{lane}", lane.name),
            links={"Coverage": coverage} if coverage else {},
            facts={"since": _utc(since)},
        )


def _log(links: Links) -> dict[str, str]:
    """The log that lists all causes and questions, where a run of the lane is looking."""
    return {"Log": links.log} if links.log else {}


def _order_link(links: Links, examples: Sequence[str], runs: dict[str, str]) -> dict[str, str]:
    """Leads to the first example's last move."""
    run = runs.get(examples[0]) if examples else None
    address = links.moved(run) if run else ""
    return {f"Order {examples[0]}": address} if address else {}


def _some(values: Sequence[str]) -> str:
    more = len(values) - _MOST_NAMED
    return ", ".join(values[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _utc(instant: datetime) -> str:
    return f"{instant:%F %T} UTC"


def _microseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1_000_000)

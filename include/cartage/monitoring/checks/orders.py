"""Check a lane's orders: causes that block them, exceptions, stuck orders, and orders that wait too long."""

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
from cartage.task_names import task_name

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.runtime.links import Links

# The kinds that these checks look for. An open alert of such a kind that they do not find is resolved.
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
# The task that handles orders of each kind.
_STAGES = {
    AlertKind.NOT_ACKNOWLEDGED: "transfer_to_warehouse",
    AlertKind.UNKNOWN: "transfer_to_warehouse",
    AlertKind.NOT_SHIPPED: "poll_tracking",
    AlertKind.NOT_POSTED_BACK: "update_order_status",
}
_MOST_NAMED = 5


def blocking_findings(connection: Connection, lane: Lane, links: Links) -> list[AlertFinding]:
    """Return what is sent as soon as a run has found it: causes and exceptions."""
    return [*_causes(connection, lane, links), *_exceptions(connection, lane, links)]


def order_findings(
    connection: Connection, lane: Lane, links: Links, now: datetime, *, known_since: datetime
) -> list[AlertFinding]:
    """Return everything that is wrong with a lane's orders. Ages are checked only in live and drain mode.

    Missing imports from before `known_since`, when the lane first ran, raise no alert; `cartage coverage` shows them.
    """
    found = blocking_findings(connection, lane, links)
    if lane.mode in {Mode.LIVE, Mode.DRAIN}:
        found += _stuck(connection, lane, links)
        found += _late(connection, lane, links, now)
    if lane.mode is Mode.LIVE:
        since = max(lane.store.live_since(), known_since)
        found += _unimported(connection, lane, links, since, now)
    return found


_ORDERS_WAIT = "These orders wait; all others continue. They are released automatically once this is fixed."
_ROWS_ARE_LEFT_OUT = "These rows are left out; everything else continues. They are read again automatically."


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
        title=f"{cause.extent}: {redact(cause.message, names)}",
        meaning=_ROWS_ARE_LEFT_OUT if cause.is_about_rows else _ORDERS_WAIT,
        fix=redact(cause.fix, names),
        links=link,
        facts={"examples": ", ".join(cause.examples), "since": _utc(cause.opened_at)},
        orders=cause.orders,
    )


def _exceptions(connection: Connection, lane: Lane, links: Links) -> Iterator[AlertFinding]:
    """Yield one alert for each kind of exception: many orders may raise the same kind at once."""
    found_open = open_exceptions(connection, lane.name, versions=False)
    exceptions = sorted(found_open, key=lambda found: (found.kind, found.id))
    for kind, group in groupby(exceptions, key=lambda found: found.kind):
        waiting = list(group)
        yield AlertFinding(
            kind=AlertKind.EXCEPTION,
            key=kind.value,
            stage="blocked_orders",
            title=_exception_title(connection, kind.value, waiting),
            meaning="These orders wait for a person's decision; all others continue.",
            fix=_exception_fix(lane.name, waiting),
            links=_log(links),
            facts={
                "orders": _some([str(found.order_id) for found in waiting]),
                "exceptions": _some([str(found.id) for found in waiting]),
                "warehouse's numbers": _some([found.remote_id for found in waiting if found.remote_id]),
                "since": _utc(min(found.opened_at for found in waiting)),
            },
            orders=len(waiting),
            # A further exception is news: it is sent at once, not with the next repeat.
            mark=_microseconds(max(found.opened_at for found in waiting)),
        )


def _exception_title(connection: Connection, kind: str, waiting: Sequence[OrderException]) -> str:
    if len(waiting) == 1:
        names = names_in(connection, [], sales_order_ids=[waiting[0].sales_order_id])
        return f"Order {waiting[0].order_id} needs a decision: {redact(waiting[0].message, names)}"
    return f"{len(waiting)} exceptions need a decision: {EXCEPTIONS[kind]}"


def _exception_fix(lane: str, waiting: Sequence[OrderException]) -> str:
    choices = "; ".join(f"{choice} ({MEANINGS[choice]})" for choice in waiting[0].choices)
    if len(waiting) == 1:
        return (
            f"Decide with `cartage exceptions decide {waiting[0].id} CHOICE --by NAME`. Choices: {choices}."
        )
    return (
        f"List them with `cartage exceptions list --lane {lane}`, and decide each with "
        f"`cartage exceptions decide NUMBER CHOICE --by NAME`. Choices: {choices}."
    )


def _stuck(connection: Connection, lane: Lane, links: Links) -> Iterator[AlertFinding]:
    found = ages.stuck_orders(connection, lane.name)
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
    runs = ages.last_runs(connection, [example for waiting in found for example in waiting.examples[:1]])
    for waiting in found:
        yield _waiting(AlertKind(waiting.kind), waiting, LATE[waiting.kind], links, runs, lane)


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
    # Of several warehouses each has an alert of its own, which ends when that one has caught up.
    said = words.at(waiting.warehouse)
    stage = _STAGES.get(kind, "transfer_to_warehouse")
    return AlertFinding(
        kind=kind,
        key=f"{waiting.kind}/{waiting.warehouse}" if waiting.warehouse else waiting.kind,
        stage=task_name(stage, waiting.warehouse),
        title=said.title(waiting.orders),
        meaning=said.meaning,
        fix=said.fix.replace("{lane}", lane.name),
        links=_order_link(links, waiting.examples, runs),
        facts={"examples": ", ".join(waiting.examples), "oldest since": _utc(waiting.oldest)},
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
    """Return the link to the run's log, which lists all causes and exceptions, if a run of the lane is checking."""
    return {"Log": links.log} if links.log else {}


def _order_link(links: Links, examples: Sequence[str], runs: dict[str, str]) -> dict[str, str]:
    """Return a link to the run that last moved the first example."""
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

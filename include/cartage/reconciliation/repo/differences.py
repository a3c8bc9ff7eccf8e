"""The differences that the ledger keeps: recorded, ended by themselves, ignored, owned, fixed; and the runs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, text, update

from cartage.db.schema import difference, reconciliation
from cartage.errors import LedgerError
from cartage.lifecycle.transitions import By
from cartage.model.differences.fixes import DifferenceFix
from cartage.model.differences.kinds import DifferenceKind
from cartage.reconciliation.judging import FoundDifference

_NOW = func.clock_timestamp()
_OPEN = difference.c.ended_at.is_(None)

_RECORD = text(
    """
    INSERT INTO difference (lane, side, kind, key, order_id, fulfillment_order_id, remote_id, ours, theirs, fix, owner,
                            reconciliation_id)
    SELECT :lane, side, kind, key, order_id, fulfillment_order_id, remote_id, ours, theirs, fix, :owner, :run
    FROM jsonb_to_recordset(CAST(:found AS jsonb)) AS f(
        side text, kind text, key text, ours text, theirs text, order_id bigint, fulfillment_order_id bigint,
        remote_id text, fix text)
    ON CONFLICT (lane, side, kind, key) WHERE ended_at IS NULL DO UPDATE SET
        last_seen_at = clock_timestamp(), remote_id = excluded.remote_id, fix = excluded.fix,
        order_id = excluded.order_id, fulfillment_order_id = excluded.fulfillment_order_id,
        ours = excluded.ours, theirs = excluded.theirs, reconciliation_id = excluded.reconciliation_id,
        -- What a person ignored was what the two sides had then.
        ignored_at = CASE WHEN (difference.ours, difference.theirs) = (excluded.ours, excluded.theirs)
            THEN difference.ignored_at END,
        ignored_by = CASE WHEN (difference.ours, difference.theirs) = (excluded.ours, excluded.theirs)
            THEN difference.ignored_by END,
        ignore_reason = CASE WHEN (difference.ours, difference.theirs) = (excluded.ours, excluded.theirs)
            THEN difference.ignore_reason END
    """
)

# When differences began and ended, counted by days, those from before the first day as of that day. One that ended on a
# day was open until the day before.
_CHANGES = text(
    """
    SELECT kind, greatest((first_seen_at AT TIME ZONE 'UTC')::date, CAST(:first AS date)) AS began,
           (ended_at AT TIME ZONE 'UTC')::date AS ended, count(*) AS number
    FROM (
        SELECT kind, first_seen_at, ended_at FROM difference WHERE lane = :lane AND ended_at IS NULL
        UNION ALL
        SELECT kind, first_seen_at, ended_at FROM difference
        WHERE lane = :lane AND ended_at >= CAST(:first AS date)::timestamp AT TIME ZONE 'UTC'
    ) d
    GROUP BY 1, 2, 3
    """
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference as the ledger keeps it."""

    id: int
    lane: str
    side: str
    kind: DifferenceKind
    key: str
    order_id: int | None
    fulfillment_order_id: int | None
    remote_id: str
    ours: str
    theirs: str
    fix: DifferenceFix | None
    owner: str
    first_seen_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    fix_started_at: datetime | None
    fix_started_by: str | None
    ignored_at: datetime | None
    ignored_by: str | None
    ignore_reason: str | None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What distinguishes it from the lane's other differences."""
        return self.side, self.kind, self.key


@dataclass(frozen=True, slots=True)
class ReconciliationRun:
    """A comparison; `finished_at` is None if it still runs, or died."""

    id: int
    since: datetime
    began_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]
    not_compared: Sequence[str]


def begin_run(connection: Connection, lane: str, run_id: str, since: datetime) -> int:
    """Record that a comparison begins; return its id."""
    statement = insert(reconciliation).values(lane=lane, run_id=run_id, since=since)
    return int(connection.execute(statement.returning(reconciliation.c.id)).scalar_one())


def finish_run(
    connection: Connection, run: int, counts: Mapping[str, int], not_compared: Sequence[str]
) -> None:
    """Record what a comparison read, and what it did not compare."""
    statement = update(reconciliation).where(reconciliation.c.id == run)
    connection.execute(
        statement.values(finished_at=_NOW, counts=dict(counts), not_compared=list(not_compared))
    )


def last_run(connection: Connection, lane: str) -> ReconciliationRun | None:
    """Return the lane's last comparison that finished; None if there is none."""
    names = [field for field in ReconciliationRun.__slots__ if field in reconciliation.c]
    query = (
        select(*(reconciliation.c[name] for name in names))
        .where(reconciliation.c.lane == lane, reconciliation.c.finished_at.is_not(None))
        .order_by(reconciliation.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else ReconciliationRun(**row)


def record_found(
    connection: Connection, lane: str, run: int, found: Iterable[FoundDifference], *, owner: str
) -> None:
    """Open differences that are new, and note that the others were seen again. An owner who was named stays."""
    rows = [asdict(each) for each in found]
    values = {"lane": lane, "run": run, "owner": owner, "found": json.dumps(rows)}
    connection.execute(_RECORD, values)


def end_differences(connection: Connection, ids: Collection[int]) -> int:
    """End differences that are gone; return how many."""
    statement = update(difference).where(difference.c.id.in_(list(ids)), _OPEN)
    return connection.execute(statement.values(ended_at=_NOW)).rowcount


def open_differences(connection: Connection, lane: str) -> list[Difference]:
    """Return all differences of a lane that have not ended, the oldest first."""
    query = (
        _listed()
        .where(difference.c.lane == lane, _OPEN)
        .order_by(difference.c.first_seen_at, difference.c.id)
    )
    return [_difference(row) for row in connection.execute(query).mappings()]


def listed_differences(
    connection: Connection,
    lane: str,
    *,
    kind: DifferenceKind | None = None,
    ignored: bool = False,
    after: int = 0,
    size: int = 100,
) -> list[Difference]:
    """Return a page of the open differences, the oldest first: those that are ignored, or those that are not."""
    query = _listed().where(difference.c.lane == lane, _OPEN, difference.c.id > after)
    query = query.where(
        difference.c.ignored_at.is_not(None) if ignored else difference.c.ignored_at.is_(None)
    )
    if kind is not None:
        query = query.where(difference.c.kind == kind.value)
    page = query.order_by(difference.c.id).limit(size)
    return [_difference(row) for row in connection.execute(page).mappings()]


def open_counts(connection: Connection, lane: str) -> dict[tuple[DifferenceKind, bool], int]:
    """Return how many differences are open, by kind and whether they are ignored."""
    ignored = difference.c.ignored_at.is_not(None)
    query = select(difference.c.kind, ignored, func.count()).where(difference.c.lane == lane, _OPEN)
    rows = connection.execute(query.group_by(difference.c.kind, ignored))
    return {(DifferenceKind(kind), is_ignored): number for kind, is_ignored, number in rows}


def get_difference(
    connection: Connection, lane: str, difference_id: int, *, lock: bool = False
) -> Difference:
    """Return an open difference of a lane.

    Raises:
        LedgerError: if there is none, or it has ended.
    """
    query = _listed().where(difference.c.id == difference_id, difference.c.lane == lane, _OPEN)
    row = connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    if row is None:
        raise LedgerError(f"Lane {lane} has no open difference {difference_id}: it may have ended by itself.")
    return _difference(row)


def ignore_difference(connection: Connection, lane: str, difference_id: int, reason: str, by: By) -> None:
    """Ignore a difference as it is now. It counts again once one of the sides changes.

    Raises:
        LedgerError: if there is no such difference, or no reason is given.
    """
    if not reason.strip():
        raise LedgerError("To ignore a difference needs a reason. Write it down.")
    get_difference(connection, lane, difference_id, lock=True)
    values = {"ignored_at": _NOW, "ignored_by": by.actor, "ignore_reason": reason.strip()}
    connection.execute(update(difference).where(difference.c.id == difference_id).values(values))


def heed_difference(connection: Connection, lane: str, difference_id: int) -> None:
    """No longer ignore a difference.

    Raises:
        LedgerError: if there is no such difference.
    """
    get_difference(connection, lane, difference_id, lock=True)
    values = {"ignored_at": None, "ignored_by": None, "ignore_reason": None}
    connection.execute(update(difference).where(difference.c.id == difference_id).values(values))


def own_difference(connection: Connection, lane: str, difference_id: int, owner: str) -> None:
    """Name who looks at a difference; empty for nobody.

    Raises:
        LedgerError: if there is no such difference.
    """
    get_difference(connection, lane, difference_id, lock=True)
    statement = update(difference).where(difference.c.id == difference_id)
    connection.execute(statement.values(owner=owner.strip()))


def note_fix_started(connection: Connection, difference_id: int, by: By) -> None:
    """Record who had a difference fixed, and when."""
    statement = update(difference).where(difference.c.id == difference_id)
    connection.execute(statement.values(fix_started_at=_NOW, fix_started_by=by.actor))


def trend(
    connection: Connection, lane: str, first: date, last: date
) -> dict[date, dict[DifferenceKind, int]]:
    """Return how many differences were open at the end of each day (UTC), by kind; the last day is as of now."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    found: dict[date, dict[DifferenceKind, int]] = {day: {} for day in days}
    for row in connection.execute(_CHANGES, {"lane": lane, "first": first}):
        for day in days:
            if row.began <= day and (row.ended is None or row.ended > day):
                of_day = found[day]
                of_day[DifferenceKind(row.kind)] = of_day.get(DifferenceKind(row.kind), 0) + row.number
    return found


def _listed() -> Select[Any]:
    return select(*(difference.c[name] for name in Difference.__slots__))


def _difference(row: RowMapping) -> Difference:
    fix = DifferenceFix(row["fix"]) if row["fix"] else None
    return Difference(**{**row, "kind": DifferenceKind(row["kind"]), "fix": fix})

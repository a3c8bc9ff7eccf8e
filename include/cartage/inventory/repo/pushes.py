"""Pushes of stock to the store: one at a time per lane, each value with its intent and its outcome."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, delete, func, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from cartage.db.schema import stock_push
from cartage.errors import LeaseLost
from cartage.lifecycle.transitions import By

_NOW = func.clock_timestamp()

_ABANDON = text(
    """
    WITH dead AS (
        UPDATE stock_push SET finished_at = clock_timestamp(), abandoned = true
        WHERE lane = :lane AND finished_at IS NULL AND lease_until < clock_timestamp()
        RETURNING id)
    UPDATE stock_change SET outcome = 'unknown', finished_at = clock_timestamp(), message = 'the run died'
    WHERE push_id IN (SELECT id FROM dead) AND outcome IS NULL
    """
)

_INTEND = text(
    """
    INSERT INTO stock_change (push_id, catalog_id, code, sku, before, value)
    SELECT :id, w.* FROM jsonb_to_recordset(CAST(:changes AS jsonb))
        AS w(catalog_id bigint, code text, sku text, before numeric, value bigint)
    RETURNING id, catalog_id, code
    """
)

_FINISH_CHANGES = text(
    """
    UPDATE stock_change c SET outcome = d.outcome, message = d.message, finished_at = clock_timestamp()
    FROM jsonb_to_recordset(CAST(:done AS jsonb)) AS d(id bigint, outcome text, message text)
    WHERE c.id = d.id
    """
)

_LAST = text(
    """
    SELECT p.id, p.run_id, p.everything, p.compared, p.began_at, p.finished_at, p.abandoned,
        count(c.id) FILTER (WHERE c.outcome = 'written') AS written,
        count(c.id) FILTER (WHERE c.outcome = 'refused') AS refused,
        count(c.id) FILTER (WHERE c.outcome = 'unknown' OR c.outcome IS NULL AND c.id IS NOT NULL) AS unknown
    FROM stock_push p LEFT JOIN stock_change c ON c.push_id = p.id
    WHERE p.lane = :lane AND p.id IN (
        SELECT id FROM stock_push WHERE lane = :lane ORDER BY began_at DESC LIMIT :limit)
    GROUP BY p.id ORDER BY p.began_at DESC
    """
)


@dataclass(frozen=True, slots=True)
class WantedStock:
    """A stock to write; `before` is what the store showed, None where that is no longer known."""

    catalog_id: int
    code: str
    sku: str
    before: Decimal | None
    value: int


@dataclass(frozen=True, slots=True)
class StockOutcome:
    """The outcome of one intended change, by its id in the ledger."""

    id: int
    outcome: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """A push as it ended, or as it stands."""

    id: int
    run_id: str
    everything: bool
    compared: int
    began_at: datetime
    finished_at: datetime | None
    abandoned: bool
    written: int
    refused: int
    unknown: int


def begin_push(
    connection: Connection, lane: str, by: By, *, lease: timedelta, everything: bool
) -> int | None:
    """Begin a push and return its id; None while another run pushes. A push whose lease ran out is abandoned."""
    connection.execute(_ABANDON, {"lane": lane})
    statement = (
        upsert(stock_push)
        .values(lane=lane, run_id=by.run_id, everything=everything, compared=0, lease_until=_NOW + lease)
        .on_conflict_do_nothing(index_elements=["lane"], index_where=stock_push.c.finished_at.is_(None))
        .returning(stock_push.c.id)
    )
    return connection.execute(statement).scalar_one_or_none()


def intend_stock(
    connection: Connection, push_id: int, changes: Sequence[WantedStock], *, lease: timedelta, compared: int
) -> dict[tuple[int, str], int]:
    """Record what is about to be written and renew the lease; return the ids by (CatalogID, code).

    Raises:
        LeaseLost: if the push no longer belongs to this run.
    """
    push = stock_push.c
    renewed = connection.execute(
        update(stock_push)
        .where(push.id == push_id, push.finished_at.is_(None), push.lease_until > _NOW)
        .values(lease_until=_NOW + lease, compared=compared)
    )
    if not renewed.rowcount:
        raise LeaseLost(f"the claim on stock push {push_id} ran out; the next run pushes again.")
    rows = [
        {
            "catalog_id": change.catalog_id,
            "code": change.code,
            "sku": change.sku,
            "before": None if change.before is None else str(change.before),
            "value": change.value,
        }
        for change in changes
    ]
    found = connection.execute(_INTEND, {"id": push_id, "changes": json.dumps(rows)})
    return {(row.catalog_id, row.code): row.id for row in found}


def finish_changes(connection: Connection, outcomes: Sequence[StockOutcome]) -> None:
    """Record the outcomes of intended changes."""
    done = [
        {"id": outcome.id, "outcome": outcome.outcome, "message": outcome.message} for outcome in outcomes
    ]
    connection.execute(_FINISH_CHANGES, {"done": json.dumps(done)})


def finish_push(connection: Connection, push_id: int, *, compared: int) -> None:
    """End a push; the next one may begin at once."""
    push = stock_push.c
    statement = update(stock_push).where(push.id == push_id, push.finished_at.is_(None))
    connection.execute(statement.values(finished_at=_NOW, compared=compared))


def delete_pushes(connection: Connection, lane: str, age: timedelta) -> int:
    """Delete pushes older than `age` with their changes; return how many."""
    push = stock_push.c
    return connection.execute(
        delete(stock_push).where(push.lane == lane, push.began_at < _NOW - age)
    ).rowcount


def last_pushes(connection: Connection, lane: str, limit: int = 10) -> list[Push]:
    """Return the last pushes of a lane, the newest first."""
    rows = connection.execute(_LAST, {"lane": lane, "limit": limit}).mappings()
    return [Push(**row) for row in rows]

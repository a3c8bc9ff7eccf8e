"""The status that was posted of each sales order: which orders are due, what was posted, what the store shows since."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, text, update

from cartage.db.schema import sales_order
from cartage.lifecycle.claims import close_abandoned
from cartage.lifecycle.transitions import By
from cartage.model.statuses import NAMES, StatusMap
from cartage.postback.repo.post_backs import close_verified_post_backs

# For rows s (sales_order). Live fulfillment orders decide what is posted; cancelled and skipped ones do not count.
PROCESSING_DUE = """
    s.id IN (
        SELECT f.sales_order_id FROM fulfillment_order f
        JOIN sales_order o ON o.id = f.sales_order_id
        WHERE f.lane = :lane AND f.state = 'acknowledged' AND o.posted_status IS NULL AND o.person_status IS NULL
    )
    AND (s.lease_until IS NULL OR s.lease_until < clock_timestamp())
    AND NOT EXISTS (
        SELECT FROM fulfillment_order f WHERE f.sales_order_id = s.id AND f.superseded_at IS NULL
          AND f.state NOT IN ('acknowledged', 'partially_shipped', 'shipped', 'cancelled', 'skipped'))
    """

_CLAIM_ACKNOWLEDGED = text(
    f"""
    WITH picked AS (
        SELECT s.id FROM sales_order s WHERE {PROCESSING_DUE}
        ORDER BY s.id LIMIT :size
        FOR UPDATE OF s SKIP LOCKED
    )
    UPDATE sales_order s SET lease_owner = :owner, lease_until = clock_timestamp() + CAST(:lease AS interval)
    FROM picked WHERE s.id = picked.id
    RETURNING s.id, s.order_id, s.ordered_at, s.status_id,
              greatest(s.read_at, s.status_read_at) > clock_timestamp() - CAST(:freshness AS interval)
              -- What was read before the ledger was restored may have been changed by the ledger itself since.
              AND greatest(s.read_at, s.status_read_at) >
                  (SELECT l.quarantined_at FROM lane_state l WHERE l.lane = :lane)
              -- After a write whose outcome was not seen, only a later reading shows the status.
              AND NOT EXISTS (
                  SELECT FROM post_back p WHERE p.sales_order_id = s.id
                    AND p.intent_at > greatest(s.read_at, s.status_read_at)
                    AND coalesce(p.outcome, 'unknown') = 'unknown') AS fresh
    """  # noqa: S608 - a constant of this module
)

_POSTED = text(
    """
    WITH posted AS (
        UPDATE sales_order s SET posted_status = :status, verified_at = NULL,
            posted_at = coalesce(CAST(:posted_at AS timestamptz), clock_timestamp()),
            lease_owner = CASE WHEN s.lease_owner = CAST(:release AS text) THEN NULL ELSE s.lease_owner END,
            lease_until = CASE WHEN s.lease_owner = CAST(:release AS text) THEN NULL ELSE s.lease_until END
        WHERE s.id = ANY(:ids) AND (s.posted_status IS NULL OR s.posted_status < :status)
        RETURNING s.id, s.lane
    )
    INSERT INTO event (lane, sales_order_id, kind, actor, run_id, why, detail)
    SELECT lane, id, 'status_posted', :actor, :run_id, :why, jsonb_build_object('status_id', CAST(:status AS int))
    FROM posted
    """
)

_PERSON = text(
    """
    WITH set_by_person AS (
        UPDATE sales_order s SET person_status = p.status_id, status_id = p.status_id, status_read_at = :read_at
        FROM jsonb_to_recordset(CAST(:persons AS jsonb)) AS p(id bigint, status_id int)
        WHERE s.id = p.id AND s.person_status IS DISTINCT FROM p.status_id
          AND greatest(s.read_at, s.status_read_at) <= :read_at
          -- A status that we wrote is no person's, also if the lane's settings have named others since.
          AND NOT EXISTS (
              SELECT FROM post_back b WHERE b.sales_order_id = s.id AND b.status_id = p.status_id
                AND b.outcome IN ('written', 'unknown'))
        RETURNING s.id, s.lane, s.person_status
    )
    INSERT INTO event (lane, sales_order_id, kind, actor, run_id, why, detail)
    SELECT lane, id, 'person_set_status', :actor, :run_id,
           CASE person_status WHEN 0 THEN 'the order is no longer in the store'
               ELSE 'the status that a person set in the store stands' END,
           jsonb_build_object('status_id', person_status)
    FROM set_by_person
    """
)

# For rows of sales_order: a posted status that the store has not shown yet.
UNVERIFIED = """
    lane = :lane AND posted_at > coalesce(verified_at, '-infinity') AND posted_status = ANY(:statuses)
    -- A run that holds the claim may be about to write; the claim of a dead run expires.
    AND (lease_until IS NULL OR lease_until < clock_timestamp() OR lease_owner = :owner)
    """

_UNVERIFIED = text(
    f"""
    SELECT id, order_id, ordered_at, status_id, posted_status, clock_timestamp() - posted_at AS posted_age,
           -- A run that died before it read its own write back left no trace of it but this intent.
           EXISTS (SELECT FROM post_back p
               WHERE p.sales_order_id = sales_order.id AND p.status_id = CAST(:partial AS int)) AS partial_written,
           ARRAY(SELECT DISTINCT p.status_id FROM post_back p WHERE p.sales_order_id = sales_order.id
                 AND p.status_id IS NOT NULL AND p.outcome IN ('written', 'unknown')) AS own_statuses
    FROM sales_order
    WHERE {UNVERIFIED}
    ORDER BY id LIMIT :size
    """  # noqa: S608 - a constant of this module
)

_VERIFIED = text(
    """
    UPDATE sales_order s SET verified_at = clock_timestamp(),
        status_id = CASE WHEN greatest(s.read_at, s.status_read_at) <= :read_at
                    THEN coalesce(v.shown, v.own) ELSE s.status_id END,
        status_read_at = greatest(s.status_read_at, :read_at)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v(id bigint, posted int, own int, shown int)
    WHERE s.id = v.id AND s.posted_status = v.posted AND s.posted_at <= :read_at
    RETURNING s.id
    """
)

_READ = text(
    """
    UPDATE sales_order s SET status_id = r.status_id, status_read_at = :read_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, status_id int)
    WHERE s.id = r.id AND greatest(s.read_at, s.status_read_at) <= :read_at
    RETURNING s.id
    """
)


def claim_acknowledged(
    connection: Connection, lane: str, *, owner: str, lease: timedelta, freshness: timedelta, size: int
) -> Sequence[Row[Any]]:
    """Claim sales orders that the warehouse has in full and of which nothing was posted yet.

    A row is `fresh` if its status was read within `freshness` and nothing can have changed it since.
    """
    query = {"lane": lane, "owner": owner, "lease": lease, "freshness": freshness, "size": size}
    rows = connection.execute(_CLAIM_ACKNOWLEDGED, query).all()
    close_abandoned(connection, [row.id for row in rows])
    return rows


THERE_ALREADY = "the store had it already"
"""Why a status counts as posted that this ledger has not written."""


def note_posted(
    connection: Connection,
    sales_order_ids: Sequence[int],
    status: int,
    by: By,
    why: str = "",
    *,
    posted_at: datetime | None = None,
    release: str | None = None,
) -> int:
    """Record the status that was posted: PROCESSING, PARTIAL or SHIPPED, only ever forward. Return how many moved.

    `posted_at` is given if it was posted before then, and not just now. The claims of the owner `release` on those that
    moved end with it.
    """
    if not sales_order_ids:
        return 0
    query = {
        "ids": list(sales_order_ids),
        "status": status,
        "actor": by.actor,
        "run_id": by.run_id,
        "why": f"{NAMES[status]}: {why}" if why else NAMES[status],
        "posted_at": posted_at,
        "release": release,
    }
    return connection.execute(_POSTED, query).rowcount


def note_person_statuses(
    connection: Connection, statuses: Mapping[int, int], by: By, *, read_at: datetime
) -> None:
    """Record statuses that people set, sales order id -> status, as read at `read_at`; each is on the timeline once.

    A reading that is older than what the ledger has changes nothing.
    """
    if statuses:
        rows = [{"id": row_id, "status_id": status} for row_id, status in statuses.items()]
        values = {"persons": json.dumps(rows), "actor": by.actor, "run_id": by.run_id, "read_at": read_at}
        connection.execute(_PERSON, values)


def unverified_orders(
    connection: Connection,
    lane: str,
    *,
    statuses: Sequence[int],
    owner: str,
    partial: int | None = None,
    size: int = 5000,
) -> Sequence[Row[Any]]:
    """Return sales orders for which one of these statuses was posted and the store has not shown it yet.

    Orders that another run than `owner` has claimed are left to that run. `partial` is the store's own id of Partial:
    `partial_written` tells for which orders the store may have it.
    """
    query = {
        "lane": lane,
        "statuses": list(statuses),
        "owner": owner,
        "partial": partial,
        "size": size,
    }
    return connection.execute(_UNVERIFIED, query).all()


def note_verified(
    connection: Connection,
    posted: Mapping[int, int],
    statuses: StatusMap,
    *,
    read_at: datetime,
    shown: Mapping[int, int] | None = None,
) -> int:
    """Record that the store showed a posted status at `read_at`, sales order id -> posted status; return how many.

    A status that was posted after that was not seen by this reading, and is left to the next. Writes of this status
    that a dead run left open are closed. `shown` are the statuses that the store showed, where they may be later ones.
    """
    seen = shown or {}
    rows = [
        {
            "id": sales_order_id,
            "posted": status,
            "own": statuses.of(status),
            "shown": seen.get(sales_order_id),
        }
        for sales_order_id, status in posted.items()
    ]
    values = {"rows": json.dumps(rows), "read_at": read_at}
    verified = [row.id for row in connection.execute(_VERIFIED, values)]
    close_verified_post_backs(connection, verified)
    done = set(verified)
    note_read(connection, {row_id: status for row_id, status in seen.items() if row_id not in done}, read_at)
    return len(verified)


def forget_posted(
    connection: Connection, sales_order_ids: Sequence[int], status: int, *, read_at: datetime
) -> None:
    """Forget that this status was posted for these orders, since the store never took it; it is posted again.

    What was posted after `read_at` was not looked for then.
    """
    order = sales_order.c
    statement = update(sales_order).where(
        order.id.in_(sales_order_ids),
        order.verified_at.is_(None),
        order.posted_status == status,
        order.posted_at <= read_at,
    )
    connection.execute(statement.values(posted_status=None, posted_at=None, status_id=0))


def note_read(connection: Connection, statuses: Mapping[int, int], read_at: datetime) -> set[int]:
    """Record statuses that were read then, sales order id -> status; return the ids of which no later one is known."""
    if not statuses:
        return set()
    rows = json.dumps([{"id": row_id, "status_id": status} for row_id, status in statuses.items()])
    return {row.id for row in connection.execute(_READ, {"rows": rows, "read_at": read_at})}


def note_restored(connection: Connection, sales_order_id: int, posted: int) -> None:
    """Record that this status was posted once more; it is to be read back."""
    statement = update(sales_order).where(sales_order.c.id == sales_order_id)
    connection.execute(
        statement.values(posted_status=posted, posted_at=func.clock_timestamp(), verified_at=None)
    )

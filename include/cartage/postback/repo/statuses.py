"""Post-backs: what the store is told of an order, with the intent before each write and its outcome after."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.lifecycle.claims import close_abandoned
from cartage.lifecycle.transitions import By
from cartage.model.statuses import NAMES, StatusMap

# Live fulfillment orders decide what the store is told; cancelled and skipped ones are no part of it.
_CLAIM_ACKNOWLEDGED = text(
    """
    WITH picked AS (
        SELECT s.id FROM sales_order s
        WHERE s.id IN (
                SELECT f.sales_order_id FROM fulfillment_order f
                JOIN sales_order o ON o.id = f.sales_order_id
                WHERE f.lane = :lane AND f.state = 'acknowledged' AND o.posted_status IS NULL
                  AND o.person_status IS NULL
            )
          AND (s.lease_until IS NULL OR s.lease_until < clock_timestamp())
          AND NOT EXISTS (
              SELECT FROM fulfillment_order f WHERE f.sales_order_id = s.id AND f.superseded_at IS NULL
                AND f.state NOT IN ('acknowledged', 'partially_shipped', 'shipped', 'cancelled', 'skipped'))
        ORDER BY s.id LIMIT :size
        FOR UPDATE OF s SKIP LOCKED
    )
    UPDATE sales_order s SET lease_owner = :owner, lease_until = clock_timestamp() + CAST(:lease AS interval)
    FROM picked WHERE s.id = picked.id
    RETURNING s.id, s.order_id, s.ordered_at, s.status_id,
              s.read_at > clock_timestamp() - CAST(:guard AS interval)
              -- What was read before the ledger was restored, the ledger may itself have changed since.
              AND s.read_at > (SELECT l.quarantined_at FROM lane_state l WHERE l.lane = :lane)
              -- After a write whose outcome was not seen, only a later reading says where the order stands.
              AND NOT EXISTS (
                  SELECT FROM post_back p WHERE p.sales_order_id = s.id AND p.intent_at > s.read_at
                    AND coalesce(p.outcome, 'unknown') = 'unknown') AS fresh
    """
)

_INTEND = text(
    """
    INSERT INTO post_back (sales_order_id, fulfillment_order_id, kind, status_id, tracking, run_id)
    SELECT w.sales_order_id, w.fulfillment_order_id, w.kind, w.status_id, w.tracking, :run_id
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w(
        sales_order_id bigint, fulfillment_order_id bigint, kind text, status_id int, tracking text)
    RETURNING id, sales_order_id, fulfillment_order_id
    """
)


_ABANDON_SEEN = text(
    """
    UPDATE post_back p SET outcome = 'unknown', finished_at = clock_timestamp(), error = 'the run ended'
    FROM sales_order s
    WHERE p.outcome IS NULL AND p.kind <> 'tracking' AND p.sales_order_id = ANY(:ids) AND s.id = p.sales_order_id
      AND s.verified_at >= s.posted_at AND (s.lease_until IS NULL OR s.lease_until < clock_timestamp())
    """
)

_FINISH = text(
    """
    UPDATE post_back p SET outcome = d.outcome, finished_at = clock_timestamp(), error = d.error
    FROM jsonb_to_recordset(CAST(:done AS jsonb)) AS d(id bigint, outcome text, error text)
    WHERE p.id = d.id AND p.outcome IS NULL
    """
)

_POSTED = text(
    """
    WITH posted AS (
        UPDATE sales_order s SET posted_status = :status, posted_at = clock_timestamp(), verified_at = NULL
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
        UPDATE sales_order s SET person_status = p.status_id, status_id = p.status_id
        FROM jsonb_to_recordset(CAST(:persons AS jsonb)) AS p(id bigint, status_id int)
        WHERE s.id = p.id AND s.person_status IS DISTINCT FROM p.status_id
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


_UNVERIFIED = text(
    """
    SELECT id, order_id, ordered_at, status_id, posted_status, clock_timestamp() - posted_at AS posted_age,
           -- A run that died before it read its own write back left no trace of it but this intent.
           EXISTS (SELECT FROM post_back p
               WHERE p.sales_order_id = sales_order.id AND p.status_id = CAST(:partial AS int)) AS partial_written
    FROM sales_order
    WHERE lane = :lane AND posted_at > coalesce(verified_at, '-infinity') AND posted_status = ANY(:statuses)
      -- Whoever holds the claim may be about to write; of a dead holder's the claim runs out.
      AND (lease_until IS NULL OR lease_until < clock_timestamp() OR lease_owner = :owner)
    ORDER BY id LIMIT :size
    """
)


@dataclass(frozen=True, slots=True)
class PostBackIntent:
    """A post-back that is to be written; `status_id` is the store's own."""

    sales_order_id: int
    kind: str
    status_id: int | None = None
    fulfillment_order_id: int | None = None
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class FinishedPostBack:
    """What became of a post-back."""

    id: int
    outcome: str
    error: str = ""


def claim_acknowledged(
    connection: Connection, lane: str, *, owner: str, lease: timedelta, guard: timedelta, size: int
) -> Sequence[Row[Any]]:
    """Claim sales orders that the warehouse has in full and that the store was told nothing of."""
    query = {"lane": lane, "owner": owner, "lease": lease, "guard": guard, "size": size}
    rows = connection.execute(_CLAIM_ACKNOWLEDGED, query).all()
    close_abandoned(connection, [row.id for row in rows])
    return rows


def intend_post_backs(
    connection: Connection, wanted: Sequence[PostBackIntent], by: By
) -> dict[tuple[int, int | None], int]:
    """Write down what is to be told; (sales order, fulfillment order) -> id of the post-back."""
    if not wanted:
        return {}
    rows = [
        {
            "sales_order_id": intent.sales_order_id,
            "fulfillment_order_id": intent.fulfillment_order_id,
            "kind": intent.kind,
            "status_id": intent.status_id,
            "tracking": intent.tracking,
        }
        for intent in wanted
    ]
    result = connection.execute(_INTEND, {"wanted": json.dumps(rows), "run_id": by.run_id})
    return {(row.sales_order_id, row.fulfillment_order_id): row.id for row in result}


def finish_post_backs(connection: Connection, done: Sequence[FinishedPostBack]) -> None:
    """Write the outcomes of post-backs."""
    if done:
        rows = [
            {"id": post_back.id, "outcome": post_back.outcome, "error": post_back.error[:2000]}
            for post_back in done
        ]
        connection.execute(_FINISH, {"done": json.dumps(rows)})


def note_posted(
    connection: Connection, sales_order_ids: Sequence[int], status: int, by: By, why: str = ""
) -> int:
    """Remember what the store was told: PROCESSING, PARTIAL or SHIPPED, only ever forward; returns how many moved."""
    if not sales_order_ids:
        return 0
    said = f"{NAMES[status]}: {why}" if why else NAMES[status]
    query = {
        "ids": list(sales_order_ids),
        "status": status,
        "actor": by.actor,
        "run_id": by.run_id,
        "why": said,
    }
    return connection.execute(_POSTED, query).rowcount


def set_by_person(connection: Connection, statuses: dict[int, int], by: By) -> None:
    """Remember statuses that people set, sales order id -> status; said once on the timeline."""
    if statuses:
        rows = [{"id": row_id, "status_id": status} for row_id, status in statuses.items()]
        connection.execute(_PERSON, {"persons": json.dumps(rows), "actor": by.actor, "run_id": by.run_id})


def unverified_orders(
    connection: Connection,
    lane: str,
    *,
    statuses: Sequence[int],
    owner: str,
    partial: int | None = None,
    size: int = 5000,
) -> Sequence[Row[Any]]:
    """Sales orders that were told one of these statuses, and were not yet seen to have taken it.

    Those that another than `owner` has claimed are left to it.

    `partial`, the store's own id of Partial, says for which `partial_written` is true: the store may have it.
    """
    query = {
        "lane": lane,
        "statuses": list(statuses),
        "owner": owner,
        "partial": partial,
        "size": size,
    }
    return connection.execute(_UNVERIFIED, query).all()


def note_verified(connection: Connection, posted: Mapping[int, int], statuses: StatusMap) -> int:
    """Remember that the store took a status, sales order id -> told status, under the store's own id; returns how many.

    What another run has told the store meanwhile was not seen by this reading, and is left to the next. A write of
    this status that a dead run left open is closed: whether it was that which moved the order, nobody knows.
    """
    rows = [
        {"id": sales_order_id, "posted": status, "own": statuses.of(status)}
        for sales_order_id, status in posted.items()
    ]
    verified = connection.execute(
        text(
            "UPDATE sales_order s SET verified_at = clock_timestamp(), status_id = v.own"
            " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v(id bigint, posted int, own int)"
            " WHERE s.id = v.id AND s.posted_status = v.posted"
        ),
        {"rows": json.dumps(rows)},
    ).rowcount
    connection.execute(_ABANDON_SEEN, {"ids": list(posted)})
    return verified


def forget_posted(connection: Connection, sales_order_ids: Sequence[int], status: int) -> None:
    """Forget that these orders were told this status, since they never took it; it is told again."""
    connection.execute(
        text(
            "UPDATE sales_order SET posted_status = NULL, posted_at = NULL, status_id = 0"
            " WHERE id = ANY(:ids) AND verified_at IS NULL AND posted_status = :status"
        ),
        {"ids": list(sales_order_ids), "status": status},
    )


def note_read(connection: Connection, statuses: dict[int, int], read_at: datetime) -> None:
    """Remember the statuses that were just read, sales order id -> status."""
    if statuses:
        rows = json.dumps([{"id": row_id, "status_id": status} for row_id, status in statuses.items()])
        connection.execute(
            text(
                "UPDATE sales_order s SET status_id = r.status_id, read_at = greatest(s.read_at, :read_at)"
                " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, status_id int) WHERE s.id = r.id"
            ),
            {"rows": rows, "read_at": read_at},
        )


def note_restored(connection: Connection, sales_order_id: int, posted: int) -> None:
    """Remember that the store was told this much once more; it is to be read back."""
    connection.execute(
        text(
            "UPDATE sales_order SET posted_status = :posted, posted_at = clock_timestamp(), verified_at = NULL"
            " WHERE id = :id"
        ),
        {"id": sales_order_id, "posted": posted},
    )


# The newest post-backs of all lanes: enough to hold one of every lane at work, and no more as the ledger grows.
_LAST_WRITE_TAKEN = text(
    """
    SELECT max(newest.finished_at)
    FROM (SELECT sales_order_id, outcome, finished_at FROM post_back ORDER BY id DESC LIMIT 5000) newest
    JOIN sales_order s ON s.id = newest.sales_order_id
    WHERE newest.outcome = 'written' AND s.lane = :lane
    """
)


def last_write_taken(connection: Connection, lane: str) -> datetime | None:
    """When the store last took a write of this lane; None if none is among the newest."""
    found: datetime | None = connection.execute(_LAST_WRITE_TAKEN, {"lane": lane}).scalar_one()
    return found

"""Post-backs: every write to the store, with its intent recorded before it leaves and its outcome after."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from cartage.lifecycle.transitions import By

_INTEND = text(
    """
    INSERT INTO post_back (sales_order_id, fulfillment_order_id, kind, status_id, tracking, run_id)
    SELECT w.sales_order_id, w.fulfillment_order_id, w.kind, w.status_id, w.tracking, :run_id
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w(
        sales_order_id bigint, fulfillment_order_id bigint, kind text, status_id int, tracking text)
    RETURNING id, sales_order_id, fulfillment_order_id
    """
)

_FINISH = text(
    """
    UPDATE post_back p SET outcome = d.outcome, finished_at = clock_timestamp(), error = d.error
    FROM jsonb_to_recordset(CAST(:done AS jsonb)) AS d(id bigint, outcome text, error text)
    WHERE p.id = d.id AND p.outcome IS NULL
    """
)

_CLOSE_VERIFIED = text(
    """
    UPDATE post_back p SET outcome = 'unknown', finished_at = clock_timestamp(), error = 'the run ended'
    FROM sales_order s
    WHERE p.outcome IS NULL AND p.kind <> 'tracking' AND p.sales_order_id = ANY(:ids) AND s.id = p.sales_order_id
      AND s.verified_at >= s.posted_at AND (s.lease_until IS NULL OR s.lease_until < clock_timestamp())
    """
)

# The newest post-backs of all lanes: enough to include every lane at work, and no more as the ledger grows.
_LAST_WRITE = text(
    """
    SELECT max(newest.finished_at)
    FROM (SELECT sales_order_id, outcome, finished_at FROM post_back ORDER BY id DESC LIMIT 5000) newest
    JOIN sales_order s ON s.id = newest.sales_order_id
    WHERE newest.outcome = 'written' AND s.lane = :lane
    """
)


@dataclass(frozen=True, slots=True)
class PostBackIntent:
    """A write that is about to leave; `status_id` is the store's own."""

    sales_order_id: int
    kind: str
    status_id: int | None = None
    fulfillment_order_id: int | None = None
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class FinishedPostBack:
    """The outcome of a post-back, by its id."""

    id: int
    outcome: str
    error: str = ""


def intend_post_backs(
    connection: Connection, wanted: Sequence[PostBackIntent], by: By
) -> dict[tuple[int, int | None], int]:
    """Record what is about to be written; return post-back ids by (sales order, fulfillment order)."""
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
    """Record the outcomes of post-backs."""
    if done:
        rows = [
            {"id": post_back.id, "outcome": post_back.outcome, "error": post_back.error[:2000]}
            for post_back in done
        ]
        connection.execute(_FINISH, {"done": json.dumps(rows)})


def close_verified_post_backs(connection: Connection, sales_order_ids: Sequence[int]) -> None:
    """Close status writes that a dead run left open on verified orders; whether they moved the order is unknown."""
    connection.execute(_CLOSE_VERIFIED, {"ids": list(sales_order_ids)})


def last_write_taken(connection: Connection, lane: str) -> datetime | None:
    """Return when the store last accepted a write of this lane; None if none is among the newest."""
    found: datetime | None = connection.execute(_LAST_WRITE, {"lane": lane}).scalar_one()
    return found

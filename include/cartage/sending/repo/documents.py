"""Orders in documents: which document holds which transfer, which may be used again, and the check before it leaves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text

from cartage.errors import LeaseLost

# Claimed orders whose last document is certainly not published, holds them and no others, and as they are now. No other
# run can use it: all its orders are claimed. One from before a quarantine may have been published since.
_REUSABLE = text(
    """
    WITH last AS (
        SELECT DISTINCT ON (t.fulfillment_order_id)
               t.fulfillment_order_id, t.document_id, t.position, t.request = f.request AS unchanged
        FROM transfer t JOIN fulfillment_order f ON f.id = t.fulfillment_order_id
        WHERE t.fulfillment_order_id = ANY(:ids) AND t.outcome IS NOT NULL
        ORDER BY t.fulfillment_order_id, t.attempt DESC
    )
    SELECT d.id, array_agg(l.fulfillment_order_id ORDER BY l.position) AS orders
    FROM last l JOIN outbound_document d ON d.id = l.document_id
    WHERE d.account = :account AND d.made_with = :made_with AND d.content IS NOT NULL
      AND d.published_at IS NULL AND (d.dispatched_at IS NULL OR d.withdrawn_at IS NOT NULL)
      AND d.created_at > (SELECT s.quarantined_at FROM lane_state s WHERE s.lane = d.lane)
    GROUP BY d.id
    HAVING bool_and(l.unchanged)
       AND count(*) = (SELECT count(DISTINCT t.fulfillment_order_id) FROM transfer t WHERE t.document_id = d.id)
    ORDER BY d.id
    """
)

_NEXT_ATTEMPT = text(
    """
    UPDATE outbound_document SET attempt = attempt + 1, dispatched_at = NULL, withdrawn_at = NULL WHERE id = ANY(:ids)
    """
)

_ATTACH = text(
    """
    UPDATE transfer t SET document_id = a.document_id, position = a.position
    FROM jsonb_to_recordset(CAST(:attached AS jsonb)) AS a(id bigint, document_id bigint, position int)
    WHERE t.id = a.id
    """
)

_DISPATCH = text(
    """
    WITH held AS (
        SELECT t.id FROM transfer t JOIN fulfillment_order f ON f.id = t.fulfillment_order_id
        WHERE t.document_id = :id AND t.outcome IS NULL AND f.state = 'sending' AND f.lease_owner = :owner
          AND f.lease_until > clock_timestamp() + CAST(:longest AS interval)
    ), document AS (
        UPDATE outbound_document SET dispatched_at = clock_timestamp()
        WHERE id = :id AND attempt = :attempt AND dispatched_at IS NULL AND (SELECT count(*) FROM held) = :orders
        RETURNING id
    )
    UPDATE transfer t SET sent_at = clock_timestamp(), settle_after = clock_timestamp() + CAST(:longest AS interval)
    FROM held, document WHERE t.id = held.id
    """
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A transfer's place in a document, from 1."""

    transfer_id: int
    document_id: int
    position: int


def reusable_documents(
    connection: Connection, fulfillment_order_ids: Sequence[int], *, account: str, made_with: str
) -> dict[int, list[int]]:
    """Return documents that are to be sent again as they are: their ids, with their orders by position."""
    values = {"ids": list(fulfillment_order_ids), "account": account, "made_with": made_with}
    return {row.id: row.orders for row in connection.execute(_REUSABLE, values)}


def begin_next_attempt(connection: Connection, document_ids: Sequence[int]) -> None:
    """Count another attempt of documents, none of which was published."""
    if document_ids:
        connection.execute(_NEXT_ATTEMPT, {"ids": list(document_ids)})


def attach(connection: Connection, placed: Sequence[Placed]) -> None:
    """Note which document holds which transfer."""
    rows = [
        {"id": place.transfer_id, "document_id": place.document_id, "position": place.position}
        for place in placed
    ]
    if rows:
        connection.execute(_ATTACH, {"attached": json.dumps(rows)})


def mark_document_dispatched(
    connection: Connection,
    document_id: int,
    *,
    attempt: int,
    orders: int,
    owner: str,
    longest_request: timedelta,
) -> None:
    """Note that a document is published now, for all its orders at once: the last statement before it is.

    Raises:
        LeaseLost: if the claim on any of its orders is no longer ours, or would end before the publishing does; then
            it must not be published.
    """
    values = {
        "id": document_id,
        "attempt": attempt,
        "orders": orders,
        "owner": owner,
        "longest": longest_request,
    }
    if connection.execute(_DISPATCH, values).rowcount != orders:
        raise LeaseLost(f"document {document_id}: a claim ran out or was taken over; nothing was published.")

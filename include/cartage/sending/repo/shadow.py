"""What a lane in shadow would have sent: one event for each content of an order, whatever becomes of the order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.lifecycle.transitions import By

SHADOW_PAYLOAD = "shadow_payload"

# Each order's newest payload, if it has one.
_NEWEST = """
    LEFT JOIN LATERAL (
        SELECT e.at, e.detail FROM event e WHERE e.fulfillment_order_id = f.id AND e.kind = 'shadow_payload'
        ORDER BY e.id DESC LIMIT 1
    ) shown ON true
"""

# The content is the request and the account that it is for: a request is shown again when the settings change.
_UNSHOWN = text(
    f"""
    SELECT f.id, f.reference, f.request, md5(f.request::text || CAST(:account AS text)) AS content
    FROM fulfillment_order f {_NEWEST}
    WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.state = 'ready' AND f.cancel_wanted_at IS NULL
      AND coalesce(shown.detail ->> 'content', '') <> md5(f.request::text || CAST(:account AS text))
    ORDER BY f.id LIMIT :size
    FOR UPDATE OF f SKIP LOCKED
    """  # noqa: S608 - a constant of this module
)

_RECORD = text(
    """
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, actor, run_id, why, detail)
    SELECT f.lane, f.sales_order_id, f.id, 'shadow_payload', :actor, :run_id,
           'the lane is in shadow: this would have been sent', s.detail
    FROM jsonb_to_recordset(CAST(:shown AS jsonb)) AS s(id bigint, detail jsonb) JOIN fulfillment_order f USING (id)
    ORDER BY f.id
    """
)

_SHOWN = text(
    """
    SELECT DISTINCT ON (e.fulfillment_order_id)
           f.reference, f.order_id, s.invoice, f.state, f.reason, e.at, e.detail,
           count(*) OVER (PARTITION BY e.fulfillment_order_id) AS versions
    FROM event e
    JOIN fulfillment_order f ON f.id = e.fulfillment_order_id
    JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.lane = :lane AND e.kind = 'shadow_payload' AND e.detail ? 'payload'
    ORDER BY e.fulfillment_order_id, e.id DESC
    """
)

_CONTENT_OF = text(
    f"""
    SELECT f.state, f.reason, f.warehouse, f.request, sent.request AS sent, sent.sent_at, shown.detail AS shown,
           shown.at AS shown_at
    FROM fulfillment_order f
    LEFT JOIN LATERAL (
        SELECT t.request, t.sent_at FROM transfer t WHERE t.fulfillment_order_id = f.id AND t.sent_at IS NOT NULL
          AND t.request <> '{{}}'
        ORDER BY t.id DESC LIMIT 1
    ) sent ON true
    {_NEWEST}
    WHERE f.lane = :lane AND f.reference = :reference
    """  # noqa: S608 - a constant of this module
)


@dataclass(frozen=True, slots=True)
class ShadowPayload:
    """What would have been sent of one order: the domain's request and the warehouse's body."""

    fulfillment_order_id: int
    content: str
    request: dict[str, Any]
    payload: dict[str, Any]


def orders_to_show(
    connection: Connection, lane: str, account: str, *, size: int, warehouse: str = ""
) -> Sequence[Row[Any]]:
    """Lock and return ready orders whose present content was not shown yet.

    Rows of id, reference, request, content.
    """
    values = {"lane": lane, "warehouse": warehouse, "account": account, "size": size}
    return connection.execute(_UNSHOWN, values).all()


def record_payloads(connection: Connection, payloads: Sequence[ShadowPayload], by: By) -> None:
    """Record what would have been sent on each order's timeline."""
    if payloads:
        rows = [
            {
                "id": payload.fulfillment_order_id,
                "detail": {
                    "content": payload.content,
                    "request": payload.request,
                    "payload": payload.payload,
                },
            }
            for payload in payloads
        ]
        connection.execute(_RECORD, {"shown": json.dumps(rows), "actor": by.actor, "run_id": by.run_id})


def shown_orders(connection: Connection, lane: str) -> Sequence[Row[Any]]:
    """Return the newest content of every order that was ever shown, also of orders that left the import status.

    Rows of reference, order_id, invoice, state, reason, at, detail (content, request, payload), versions.
    """
    return connection.execute(_SHOWN, {"lane": lane}).all()


def content_of(connection: Connection, lane: str, reference: str) -> Row[Any] | None:
    """Return what was sent or shown of one order; None if the lane has no order of this reference.

    Row: state, reason, warehouse, request (fit to be sent), sent, sent_at, shown, shown_at; None where a column does
    not apply.
    """
    query = {"lane": lane, "reference": reference}
    return connection.execute(_CONTENT_OF, query).one_or_none()

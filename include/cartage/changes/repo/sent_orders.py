"""Orders that were sent, beside what the store shows of them now: read together, and the store's copy kept.

`content_hash` stays that of the copy that was sent; `document` and `seen_hash` are of the copy that the store has.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.changes.versions import Version
from cartage.lifecycle.transitions import By
from cartage.model.documents import address_from
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State

# Whatever is not as it was when it was sent, or was not when it was last seen. Reads only, since most are as they were.
_ODD = text(
    """
    SELECT s.id FROM sales_order s
    JOIN jsonb_to_recordset(CAST(:seen AS jsonb)) AS n(
        id bigint, content_hash text, status_id int, read_at timestamptz) ON n.id = s.id
    WHERE s.lane = :lane AND n.read_at >= s.read_at
      AND (n.content_hash <> coalesce(s.seen_hash, s.content_hash) OR s.seen_hash IS NOT NULL
           OR s.person_status IS NOT NULL OR n.status_id <> ALL(CAST(:path AS int[]))
           OR (n.status_id = :import_status AND s.posted_status IS NOT NULL)
           OR EXISTS (SELECT FROM exception x WHERE x.sales_order_id = s.id AND x.ended_at IS NULL)
           OR EXISTS (SELECT FROM fulfillment_order f WHERE f.sales_order_id = s.id AND f.superseded_at IS NULL
                      AND f.state = 'cancelled' AND f.cancel_wanted_at IS NOT NULL))
    ORDER BY s.id
    """
)

_ORDERS = text(
    """
    SELECT s.id, s.order_id, s.invoice, s.store_id, s.status_id, s.content_hash, s.seen_hash, s.posted_status,
           s.verified_at, s.person_status, s.document
    FROM sales_order s WHERE s.id = ANY(:ids) ORDER BY s.id FOR UPDATE OF s
    """
)

_GROUPS = text(
    """
    SELECT f.id, f.sales_order_id, f.shipment_id, f.reference, coalesce(f.adopted_as, f.reference) AS known_as,
           f.state, f.state_since, f.remote_id, f.ship_to, f.ship_method, f.posted_tracking <> '' AS tracked,
           f.cancel_wanted_at IS NOT NULL AS cancel_wanted,
           coalesce((SELECT jsonb_agg(jsonb_build_array(l.sku, l.quantity::text) ORDER BY l.position)
                     FROM fulfillment_line l WHERE l.fulfillment_order_id = f.id), '[]') AS lines
    FROM fulfillment_order f WHERE f.sales_order_id = ANY(:ids) AND f.superseded_at IS NULL
    ORDER BY f.sales_order_id, f.shipment_id
    """
)

_QUESTIONS = text(
    """
    SELECT id, sales_order_id, kind, closed_at IS NULL AS open, before, after FROM exception
    WHERE sales_order_id = ANY(:ids) AND ended_at IS NULL AND fulfillment_order_id IS NULL
    """
)

_KEEP_COPY = text(
    """
    UPDATE sales_order SET document = CAST(:document AS jsonb), read_at = greatest(read_at, :read_at),
        seen_hash = nullif(:content_hash, content_hash)
    WHERE id = :id
    """
)

_IN_EFFECT = text(
    "UPDATE sales_order SET content_hash = coalesce(seen_hash, content_hash), seen_hash = NULL WHERE id = :id"
)

_STATUS = text(
    """
    UPDATE sales_order SET status_id = :status_id, person_status = NULL, read_at = greatest(read_at, :read_at)
    WHERE id = :id
    """
)

_EVENT = text(
    """
    INSERT INTO event (lane, sales_order_id, kind, actor, run_id, why)
    SELECT lane, id, :kind, :actor, :run_id, :why FROM sales_order WHERE id = :id
    """
)


@dataclass(frozen=True, slots=True)
class SentGroup:
    """A live fulfillment order of a sales order that was sent, with the version that was.

    `known_as` is its name at the warehouse; `tracked`: the store has been told a tracking number; `cancel_wanted`
    of a cancelled one says that the wish was ours, not the warehouse's own doing.
    """

    id: int
    shipment_id: int
    reference: str
    known_as: str
    state: State
    state_since: datetime
    remote_id: str | None
    tracked: bool
    cancel_wanted: bool
    version: Version


@dataclass(frozen=True, slots=True)
class PresentQuestion:
    """A question of one kind about an order whose matter is not over; open, or answered for good."""

    id: int
    open: bool
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class SentOrder:
    """A sales order of which something was sent, as the ledger has it, locked."""

    id: int
    order_id: int
    invoice: str
    store_id: int
    status_id: int
    content_hash: str
    seen_hash: str | None
    posted_status: int | None
    verified_at: datetime | None
    person_status: int | None
    document: dict[str, Any]
    groups: tuple[SentGroup, ...]
    questions: dict[ExceptionKind, PresentQuestion]


@dataclass(frozen=True, slots=True)
class SeenCopy:
    """What a page says of one order."""

    id: int
    content_hash: str
    status_id: int
    read_at: datetime


def odd(
    connection: Connection, lane: str, seen: Sequence[SeenCopy], *, path: Collection[int], import_status: int
) -> list[int]:
    """Those of the orders that are not simply as they were; older copies than the ledger's are left out."""
    rows = [
        {
            "id": one.id,
            "content_hash": one.content_hash,
            "status_id": one.status_id,
            "read_at": one.read_at.isoformat(),
        }
        for one in seen
    ]
    values = {"seen": json.dumps(rows), "lane": lane, "path": sorted(path), "import_status": import_status}
    return [row.id for row in connection.execute(_ODD, values)]


def sent_orders(connection: Connection, ids: Sequence[int]) -> list[SentOrder]:
    """These sales orders with their live fulfillment orders and present questions, locked, by id."""
    values = {"ids": list(ids)}
    orders = connection.execute(_ORDERS, values).mappings().all()
    groups: dict[int, list[SentGroup]] = {}
    for row in connection.execute(_GROUPS, values):
        groups.setdefault(row.sales_order_id, []).append(_group(row))
    questions: dict[int, dict[ExceptionKind, PresentQuestion]] = {}
    for row in connection.execute(_QUESTIONS, values):
        present = PresentQuestion(row.id, row.open, row.before, row.after)
        questions.setdefault(row.sales_order_id, {})[ExceptionKind(row.kind)] = present
    return [
        SentOrder(**row, groups=tuple(groups.get(row["id"], ())), questions=questions.get(row["id"], {}))
        for row in orders
    ]


def _group(row: Row[Any]) -> SentGroup:
    lines = [(sku, Decimal(quantity)) for sku, quantity in row.lines]
    return SentGroup(
        id=row.id,
        shipment_id=row.shipment_id,
        reference=row.reference,
        known_as=row.known_as,
        state=State(row.state),
        state_since=row.state_since,
        remote_id=row.remote_id,
        tracked=row.tracked,
        cancel_wanted=row.cancel_wanted,
        version=Version.of(address_from(row.ship_to), row.ship_method, lines),
    )


def keep_copy(
    connection: Connection,
    sales_order_id: int,
    document: dict[str, Any],
    content_hash: str,
    read_at: datetime,
) -> None:
    """Keep the store's present copy of a sent order beside the hash of what was sent."""
    values = {
        "id": sales_order_id,
        "document": json.dumps(document),
        "content_hash": content_hash,
        "read_at": read_at,
    }
    connection.execute(_KEEP_COPY, values)


def in_effect(connection: Connection, sales_order_id: int) -> None:
    """Note that the store's present copy is what counts as sent from now on."""
    connection.execute(_IN_EFFECT, {"id": sales_order_id})


def on_path_again(connection: Connection, sales_order_id: int, status_id: int, read_at: datetime) -> None:
    """Note a status that no person holds against us any longer."""
    connection.execute(_STATUS, {"id": sales_order_id, "status_id": status_id, "read_at": read_at})


def note(connection: Connection, sales_order_id: int, kind: str, why: str, by: By) -> None:
    """Write an event on the sales order's timeline."""
    values = {"id": sales_order_id, "kind": kind, "why": why, "actor": by.actor, "run_id": by.run_id}
    connection.execute(_EVENT, values)

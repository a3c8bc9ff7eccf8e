"""Orders that were sent, together with the store's present copy of them.

`content_hash` stays that of the copy that was sent; `document` and `seen_hash` are of the copy that the store has.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select, text, true, update

from cartage.changes.versions import Version
from cartage.db.schema import exception, sales_order
from cartage.model.documents import address_from, options_from
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State

# Orders that differ from what was sent, or did so when they were last seen. It writes nothing: most are unchanged.
_CHANGED = text(
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
    -- Locked here, so that a copy which another reader reads later and writes first is seen by the first condition.
    FOR UPDATE OF s
    """
)

_ORDERS = text(
    """
    SELECT s.id, s.order_id, s.invoice, s.store_id, s.status_id, s.content_hash, s.seen_hash, s.posted_status,
           s.verified_at, s.person_status, s.document, s.purged_at IS NOT NULL AS purged,
           ARRAY(SELECT DISTINCT b.status_id FROM post_back b WHERE b.sales_order_id = s.id
                    AND b.status_id IS NOT NULL AND b.outcome IN ('written', 'unknown')) AS own_statuses
    FROM sales_order s WHERE s.id = ANY(:ids) ORDER BY s.id FOR UPDATE OF s
    """
)

_GROUPS = text(
    """
    SELECT f.id, f.sales_order_id, f.shipment_id, f.part, f.reference, coalesce(f.adopted_as, f.reference) AS known_as,
           f.state, f.state_since, f.remote_id, f.warehouse, f.ship_to, f.ship_method,
           f.posted_tracking <> '' AS tracked,
           f.cancel_wanted_at IS NOT NULL AS cancel_wanted,
           coalesce((SELECT jsonb_agg(
                         jsonb_build_array(l.line_id, l.sku, l.quantity::text, l.options) ORDER BY l.position)
                     FROM fulfillment_line l WHERE l.fulfillment_order_id = f.id), '[]') AS lines
    FROM fulfillment_order f WHERE f.sales_order_id = ANY(:ids) AND f.superseded_at IS NULL
    ORDER BY f.sales_order_id, f.shipment_id, f.part
    """
)

_KEEP_COPY = text(
    """
    UPDATE sales_order SET document = CAST(:document AS jsonb), purged_at = NULL, read_at = greatest(read_at, :read_at),
        seen_hash = nullif(:content_hash, content_hash)
    WHERE id = :id
    """
)


@dataclass(frozen=True, slots=True)
class SentGroup:
    """A live fulfillment order of a sent sales order, with the version that was sent.

    `known_as` is its reference at the warehouse, `tracked` whether a tracking number was posted. `cancel_wanted` of a
    cancelled one says that we requested the cancel; otherwise the warehouse cancelled it without a request. `lines` are
    line id, SKU and quantity, `options` the texts of each of them.
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
    warehouse: str = ""
    part: int = 0
    lines: tuple[tuple[int, str, Decimal], ...] = ()
    options: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class CurrentException:
    """An exception about an order whose situation lasts; open, or closed by a decision."""

    id: int
    open: bool
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class SentOrder:
    """A sales order of which something was sent, as the ledger has it; its row is locked.

    `own_statuses` are the store's ids of the statuses that we wrote.
    """

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
    own_statuses: list[int]
    purged: bool
    groups: tuple[SentGroup, ...]
    exceptions: dict[ExceptionKind, CurrentException]


@dataclass(frozen=True, slots=True)
class SeenCopy:
    """What a page of the store shows of one order."""

    id: int
    content_hash: str
    status_id: int
    read_at: datetime


def changed_orders(
    connection: Connection, lane: str, seen: Sequence[SeenCopy], *, path: Collection[int], import_status: int
) -> list[int]:
    """Lock and return the orders that are not as they were when sent, without copies older than the ledger's."""
    rows = [
        {
            "id": copy.id,
            "content_hash": copy.content_hash,
            "status_id": copy.status_id,
            "read_at": copy.read_at.isoformat(),
        }
        for copy in seen
    ]
    values = {"seen": json.dumps(rows), "lane": lane, "path": sorted(path), "import_status": import_status}
    return [row.id for row in connection.execute(_CHANGED, values)]


def sent_orders(connection: Connection, ids: Sequence[int]) -> list[SentOrder]:
    """Lock and return these sales orders with their live fulfillment orders and current exceptions, by id."""
    values = {"ids": list(ids)}
    orders = connection.execute(_ORDERS, values).mappings().all()
    groups: dict[int, list[SentGroup]] = {}
    for row in connection.execute(_GROUPS, values):
        groups.setdefault(row.sales_order_id, []).append(_group(row))
    current = _current_exceptions(connection, ids)
    return [
        SentOrder(**row, groups=tuple(groups.get(row["id"], ())), exceptions=current.get(row["id"], {}))
        for row in orders
    ]


def _current_exceptions(
    connection: Connection, ids: Sequence[int]
) -> dict[int, dict[ExceptionKind, CurrentException]]:
    row = exception.c
    query = select(
        row.id, row.sales_order_id, row.kind, row.closed_at.is_(None).label("open"), row.before, row.after
    ).where(row.sales_order_id.in_(list(ids)), row.ended_at.is_(None), row.fulfillment_order_id.is_(None))
    current: dict[int, dict[ExceptionKind, CurrentException]] = {}
    for found in connection.execute(query):
        of_kind = CurrentException(found.id, found.open, found.before, found.after)
        current.setdefault(found.sales_order_id, {})[ExceptionKind(found.kind)] = of_kind
    return current


def _group(row: Row[Any]) -> SentGroup:
    lines = tuple((line_id, sku, Decimal(quantity)) for line_id, sku, quantity, _ in row.lines)
    options = tuple(tuple(option.text for option in options_from(document)) for *_, document in row.lines)
    named = [(sku, text) for (_, sku, _), texts in zip(lines, options, strict=True) for text in texts]
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
        version=Version.of(
            address_from(row.ship_to), row.ship_method, [(sku, quantity) for _, sku, quantity in lines], named
        ),
        warehouse=row.warehouse,
        part=row.part,
        lines=lines,
        options=options,
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


def count_copy_as_sent(connection: Connection, sales_order_id: int) -> None:
    """Count the store's present copy as the one that was sent."""
    order = sales_order.c
    copy = update(sales_order).where(order.id == sales_order_id)
    connection.execute(
        copy.values(content_hash=func.coalesce(order.seen_hash, order.content_hash), seen_hash=None)
    )


def note_status(connection: Connection, sales_order_id: int, status_id: int, read_at: datetime) -> None:
    """Note a status that is on our path again: no status that a person set stands in the way."""
    order = sales_order.c
    on_path = update(sales_order).where(
        order.id == sales_order_id, func.coalesce(order.status_read_at <= read_at, true())
    )
    connection.execute(
        on_path.values(status_id=status_id, person_status=None, read_at=func.greatest(order.read_at, read_at))
    )

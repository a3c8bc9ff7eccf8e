"""Everything that the ledger knows of one fulfillment order, for a person who asks what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Select, or_, select, text

from cartage.db.schema import (
    cause,
    fulfillment_line,
    hold,
    outbound_document,
    post_back,
    transfer,
)
from cartage.lifecycle.exceptions import OrderException, exceptions_of_order
from cartage.model.documents import options_from
from cartage.model.orders import LineOption
from cartage.model.skip_reasons import MERGED
from cartage.model.states import UNSENT, State
from cartage.operations.order_actions import NOTE, ActionableOrder
from cartage.operations.views.files import SentDocument, sent_documents

# A timeline is read from its end; `before` continues with older events.
EVENTS = 200
_MOST = 100

# A part that ended was never at a warehouse, and its lines are in the others.
_SIBLINGS = text(
    f"""
    SELECT o.id, o.reference, o.state, o.warehouse, o.superseded_at IS NOT NULL AS superseded,
           o.shipment_id = f.shipment_id AND o.part <> f.part AS is_part,
           (SELECT string_agg(trim_scale(l.quantity) || ' ' || l.sku, ', ' ORDER BY l.position)
            FROM fulfillment_line l WHERE l.fulfillment_order_id = o.id) AS lines
    FROM fulfillment_order f JOIN fulfillment_order o ON o.sales_order_id = f.sales_order_id AND o.lane = f.lane
    WHERE f.id = :id AND o.id <> f.id AND NOT (o.state = 'skipped' AND o.reason = :merged)
    ORDER BY o.id LIMIT {_MOST}
    """  # noqa: S608 - a constant of this module
)

_ORDER = text(
    """
    SELECT f.id, f.lane, f.reference, f.order_id, f.shipment_id, f.generation, f.state, f.state_since, f.reason,
           f.cause_ids, f.held_until, f.cancel_wanted_at, f.ship_method, f.ship_to, f.adopted_as, f.remote_id,
           f.posted_tracking, f.superseded_at, f.created_at, f.sales_order_id, f.corrected_by, f.correction_due_at,
           f.confirmed_at, f.confirmed_as, f.warehouse, f.part, f.routing_choice,
           CASE WHEN f.corrected_by IS NOT NULL THEN (
               SELECT e.kind = 'correction_posted' FROM event e
               WHERE e.fulfillment_order_id = f.id AND e.kind IN ('corrected', 'correction_posted')
               ORDER BY e.id DESC LIMIT 1) END AS is_corrected_there,
           s.invoice, s.status_id, s.ordered_at, s.read_at, s.amount, s.document, s.posted_status, s.posted_at,
           s.person_status, st.label AS status_label, coalesce(ps.label, s.person_status::text) AS person_label,
           EXISTS (SELECT FROM transfer t WHERE t.fulfillment_order_id = f.id AND t.sent_at IS NOT NULL) AS was_sent,
           EXISTS (SELECT FROM fulfillment_order o WHERE o.sales_order_id = f.sales_order_id
                   AND o.state <> ALL(CAST(:unsent AS text[]))) AS partly_sent
    FROM fulfillment_order f
    JOIN sales_order s ON s.id = f.sales_order_id
    LEFT JOIN store_status st ON st.store_id = s.store_id AND st.status_id = s.status_id
    LEFT JOIN store_status ps ON ps.store_id = s.store_id AND ps.status_id = s.person_status
    WHERE f.id = :id AND f.lane = :lane
    """
)


_PACKAGES = text(
    """
    SELECT p.tracking, p.carrier, p.service, coalesce(nullif(p.contents, 'null'), '[]') AS contents, p.posted_at,
           p.unfit_at, h.shipped_at, h.voided OR p.voided_at IS NOT NULL AS voided, p.former, h.reference, h.remote_id
    FROM shipment h JOIN package p ON p.shipment_id = h.id
    WHERE h.fulfillment_order_id = :id ORDER BY h.id, p.position LIMIT :most
    """
)


_TIMELINE = text(
    """
    SELECT e.id, e.at, e.kind, e.from_state, e.to_state, e.actor, e.run_id, e.why, e.detail FROM (
        (SELECT * FROM event WHERE fulfillment_order_id = :id AND id < :before ORDER BY id DESC LIMIT :size)
        UNION ALL
        (SELECT * FROM event WHERE sales_order_id = :sales_order_id AND fulfillment_order_id IS NULL AND id < :before
         ORDER BY id DESC LIMIT :size)
    ) e
    ORDER BY e.id DESC LIMIT :size
    """
)


# Notes stand on top of the page: they would be lost among the other events of a long timeline.
_NOTES = text(
    """
    SELECT id, at, kind, from_state, to_state, actor, run_id, why FROM event
    WHERE fulfillment_order_id = :id AND kind = :kind ORDER BY id DESC LIMIT :most
    """
)


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a timeline: when, what, by whom (a stage or a person), in which run, and why."""

    id: int
    at: datetime
    kind: str
    from_state: str
    to_state: str
    actor: str
    run_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be shipped of one SKU."""

    sku: str
    quantity: Decimal
    description: str
    options: tuple[LineOption, ...]


@dataclass(frozen=True, slots=True)
class OrderFile:
    """A fulfillment order with what belongs to it; `order` and the rows are mappings by column name."""

    order: RowMapping
    lines: tuple[Line, ...]
    packages: Sequence[RowMapping]
    causes: Sequence[RowMapping]
    holds: Sequence[RowMapping]
    siblings: Sequence[RowMapping]
    events: tuple[Event, ...]
    documents: Sequence[SentDocument] = ()
    exceptions: Sequence[OrderException] = ()
    notes: tuple[Event, ...] = ()

    @property
    def state(self) -> State:
        """The order's state."""
        return State(self.order["state"])

    @property
    def standing(self) -> ActionableOrder:
        """What decides which operator actions it allows."""
        order = self.order
        return ActionableOrder(self.state, order["reason"], order["was_sent"], order["partly_sent"])


@dataclass(frozen=True, slots=True)
class Payloads:
    """What was written to warehouse and store and its outcome, newest first, and the store's order as it is kept.

    A transfer that left in a file has its name and, while it is kept, its content. None of it holds card data.
    """

    transfers: Sequence[RowMapping]
    post_backs: Sequence[RowMapping]
    document: dict[str, Any]


def order_file(
    connection: Connection, lane: str, order_id: int, *, before: int | None = None
) -> OrderFile | None:
    """Return the file of a fulfillment order by its id, with the newest events `before` an event; None if unknown."""
    query = {"id": order_id, "lane": lane, "unsent": sorted(UNSENT)}
    order = connection.execute(_ORDER, query).mappings().one_or_none()
    if order is None:
        return None
    of = {
        "id": order_id,
        "sales_order_id": order["sales_order_id"],
        "before": before or 2**63 - 1,
        "size": EVENTS,
        "most": _MOST,
    }
    return OrderFile(
        order=order,
        lines=tuple(_line(row) for row in connection.execute(_lines(order_id))),
        packages=connection.execute(_PACKAGES, of).mappings().all(),
        causes=connection.execute(_causes(order)).mappings().all(),
        holds=connection.execute(_holds(order_id)).mappings().all(),
        siblings=connection.execute(_SIBLINGS, {"id": order_id, "merged": MERGED}).mappings().all(),
        events=tuple(_event(row) for row in connection.execute(_TIMELINE, of).mappings()),
        documents=sent_documents(connection, order_id),
        exceptions=exceptions_of_order(connection, order["sales_order_id"]),
        notes=tuple(_event(row) for row in connection.execute(_NOTES, of | {"kind": NOTE}).mappings()),
    )


def payloads(connection: Connection, order: RowMapping) -> Payloads:
    """Return what was sent for an order of a file, and what came back."""
    return Payloads(
        connection.execute(_transfers(order["id"])).mappings().all(),
        connection.execute(_post_backs(order)).mappings().all(),
        order["document"],
    )


def _lines(order_id: int) -> Select[Any]:
    line = fulfillment_line.c
    shown = (line.sku, line.quantity, line.description, line.options)
    query = select(*shown).where(line.fulfillment_order_id == order_id)
    return query.order_by(line.position).limit(_MOST)


def _line(row: Row[Any]) -> Line:
    return Line(row.sku, row.quantity, row.description, options_from(row.options))


def _causes(order: RowMapping) -> Select[Any]:
    columns = cause.c
    ids = order["cause_ids"] if order["state"] == State.BLOCKED else []
    query = select(columns.id, columns.kind, columns.subject, columns.message, columns.fix)
    return query.where(columns.id.in_(ids)).order_by(columns.id)


def _holds(order_id: int) -> Select[Any]:
    columns = hold.c
    shown = (columns.id, columns.source, columns.rule, columns.reason, columns.owner, columns.until)
    query = select(*shown, columns.placed_by, columns.placed_at)
    return (
        query.where(columns.fulfillment_order_id == order_id, columns.released_at.is_(None))
        .order_by(columns.id)
        .limit(_MOST)
    )


def _transfers(order_id: int) -> Select[Any]:
    file = outbound_document.c
    query = (
        select(transfer, file.name.label("document_name"), file.content.label("document_content"))
        .outerjoin(outbound_document, file.id == transfer.c.document_id)
        .where(transfer.c.fulfillment_order_id == order_id)
    )
    return query.order_by(transfer.c.id.desc()).limit(_MOST)


def _post_backs(order: RowMapping) -> Select[Any]:
    write = post_back.c
    query = select(post_back).where(
        write.sales_order_id == order["sales_order_id"],
        or_(write.fulfillment_order_id.is_(None), write.fulfillment_order_id == order["id"]),
    )
    return query.order_by(write.id.desc()).limit(_MOST)


def _event(row: RowMapping) -> Event:
    return Event(
        row["id"],
        row["at"],
        row["kind"],
        row["from_state"] or "",
        row["to_state"] or "",
        row["actor"],
        row["run_id"],
        row["why"],
    )

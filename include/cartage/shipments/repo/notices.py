"""Orders that the warehouse names in its notices: accepted, rejected, or by a document of ours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.errors.problems import shortened
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State
from cartage.model.texts import strip_controls
from cartage.warehouses.references import base_reference, possible_parents

_LONGEST_ERROR = 2_000  # characters

# By our own reference in any letter case, else by the one of the system before Cartage.
_NAMED = text(
    """
    SELECT f.id, f.lane, f.sales_order_id, f.order_id, f.state, f.reference, f.adopted_as, f.remote_id,
           f.superseded_at IS NOT NULL AS superseded, x.kind AS asked,
           f.cancel_wanted_at IS NOT NULL AS cancel_wanted
    FROM fulfillment_order f
    LEFT JOIN exception x ON x.fulfillment_order_id = f.id AND x.closed_at IS NULL
        AND x.kind IN ('sent_or_not', 'rejected_by_warehouse')
    WHERE f.id IN (
        SELECT id FROM fulfillment_order WHERE reference = ANY(:own)
        UNION ALL
        SELECT id FROM fulfillment_order
        WHERE lane = :lane AND warehouse = :warehouse AND lower(adopted_as) = ANY(:adopted)
          AND adopted_as IS NOT NULL AND superseded_at IS NULL
        UNION ALL
        SELECT unnest(CAST(:ids AS bigint[])))
    ORDER BY f.id
    FOR UPDATE OF f
    """
)

# An attempt whose outcome nobody saw is over: the warehouse got it, and rejected it.
_FINISH = text(
    """
    UPDATE transfer SET outcome = 'conflict', finished_at = coalesce(finished_at, clock_timestamp()), error = :error
    WHERE fulfillment_order_id = :id AND coalesce(outcome, 'unknown') IN ('unknown', 'absent')
      AND attempt = (SELECT max(t.attempt) FROM transfer t WHERE t.fulfillment_order_id = :id)
    """
)

_KEPT = text(
    """
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, actor, run_id, why, detail)
    SELECT f.lane, f.sales_order_id, f.id, 'rejection_kept', :actor, :run_id, :why,
        jsonb_build_object('file', CAST(:file AS text))
    FROM fulfillment_order f
    WHERE f.id = :id AND NOT EXISTS (
        SELECT FROM event e WHERE e.fulfillment_order_id = f.id AND e.kind = 'rejection_kept' AND e.why = :why)
    """
)

_SILENT = text(
    """
    SELECT f.id, f.sales_order_id, f.order_id, f.reference, d.name AS document
    FROM fulfillment_order f
    JOIN LATERAL (
        SELECT t.document_id, t.document_response FROM transfer t WHERE t.fulfillment_order_id = f.id
        ORDER BY t.attempt DESC LIMIT 1) t ON true
    JOIN outbound_document d ON d.id = t.document_id
    WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.state = 'acknowledged'
      AND f.superseded_at IS NULL AND f.confirmed_at IS NULL
      AND t.document_response IS NULL AND d.published_at < :before
      AND NOT EXISTS (SELECT FROM shipment h WHERE h.fulfillment_order_id = f.id)
      AND NOT EXISTS (SELECT FROM exception x WHERE x.fulfillment_order_id = f.id AND x.kind = :kind
                      AND x.opened_at > d.published_at)
    ORDER BY f.id LIMIT 500
    FOR UPDATE OF f SKIP LOCKED
    """
)


@dataclass(frozen=True, slots=True)
class NamedOrder:
    """A fulfillment order that a notice names, locked. `asked` is the exception in which a person is asked about it.

    `cancel_wanted`: we have asked the warehouse to cancel it.
    """

    id: int
    lane: str
    sales_order_id: int
    order_id: int
    state: State
    reference: str
    known_as: str
    remote_id: str
    superseded: bool
    asked: ExceptionKind | None
    cancel_wanted: bool = False


def orders_named(
    connection: Connection,
    lane: str,
    references: Collection[str],
    ids: Collection[int] = (),
    warehouse: str = "",
) -> dict[str, NamedOrder]:
    """Return the fulfillment orders of these references, by reference as the warehouse wrote it; lock them.

    Those of `ids` are under their own references.
    """
    own = {reference: _own(reference) for reference in references}
    adopted = {reference: _adopted(reference) for reference in references}
    values = {
        "lane": lane,
        "warehouse": warehouse,
        "own": sorted(set(own.values())),
        "adopted": sorted({name for names in adopted.values() for name in names}),
        "ids": sorted(ids),
    }
    rows = connection.execute(_NAMED, values).all()
    found = {row.reference: _order(row) for row in rows}
    others = {row.adopted_as.lower(): _order(row) for row in rows if row.adopted_as}
    by_reference = {order.reference: order for order in found.values() if order.id in ids}
    for reference in references:
        names = (others[name] for name in adopted[reference] if name in others)
        order = found.get(own[reference]) or next(names, None)
        if order is not None:
            by_reference[reference] = order
    return by_reference


def finish_rejected(connection: Connection, fulfillment_order_id: int, reason: str) -> None:
    """Note that an attempt whose outcome nobody saw reached the warehouse, which rejected it."""
    error = shortened(strip_controls(reason), _LONGEST_ERROR)
    connection.execute(_FINISH, {"id": fulfillment_order_id, "error": error})


def keep_rejection(
    connection: Connection, fulfillment_order_id: int, why: str, *, file: str, actor: str, run_id: str
) -> bool:
    """Note on the order's timeline, once, a rejection that changes nothing; return whether it is new."""
    values = {
        "id": fulfillment_order_id,
        "why": shortened(strip_controls(why), _LONGEST_ERROR),
        "file": strip_controls(file),
        "actor": actor,
        "run_id": run_id,
    }
    return connection.execute(_KEPT, values).rowcount == 1


def _own(reference: str) -> str:
    return strip_controls(base_reference(reference.strip())).upper()


def _adopted(reference: str) -> tuple[str, ...]:
    return tuple(strip_controls(name).lower() for name in possible_parents(reference.strip()))


def _order(row: Row[tuple[object, ...]]) -> NamedOrder:
    return NamedOrder(
        id=row.id,
        lane=row.lane,
        sales_order_id=row.sales_order_id,
        order_id=row.order_id,
        state=State(row.state),
        reference=row.reference,
        known_as=row.adopted_as or row.reference,
        remote_id=row.remote_id or "",
        superseded=row.superseded,
        asked=ExceptionKind(row.asked) if row.asked else None,
        cancel_wanted=row.cancel_wanted,
    )


def silent_orders(
    connection: Connection, lane: str, before: datetime, warehouse: str = ""
) -> Sequence[Row[Any]]:
    """Return orders in documents published before this, of which the warehouse has said nothing at all.

    Rows of id, sales_order_id, order_id, reference, document. Nobody was asked about them since.
    """
    place = {"lane": lane, "warehouse": warehouse}
    values = {**place, "before": before, "kind": ExceptionKind.SENT_OR_NOT.value}
    return connection.execute(_SILENT, values).all()

"""Everything that the ledger knows of one fulfillment order: its file, for a person who asks what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from cartage.model.states import UNSENT, State
from cartage.operations.order_actions import ActionableOrder

# A timeline is read from its end; what is older is asked for with `before`.
EVENTS = 200
_MOST = 100

_ORDER = text(
    """
    SELECT f.id, f.lane, f.reference, f.order_id, f.shipment_id, f.generation, f.state, f.state_since, f.reason,
           f.cause_ids, f.held_until, f.cancel_wanted_at, f.ship_method, f.ship_to, f.adopted_as, f.remote_id,
           f.posted_tracking, f.superseded_at, f.created_at, f.sales_order_id,
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

_LINES = text(
    """
    SELECT sku, quantity, description FROM fulfillment_line
    WHERE fulfillment_order_id = :id ORDER BY position LIMIT :most
    """
)

_PACKAGES = text(
    """
    SELECT p.tracking, p.carrier, p.service, p.contents, p.posted_at, p.unfit_at, h.shipped_at, h.voided,
           h.reference, h.remote_id
    FROM shipment h JOIN package p ON p.shipment_id = h.id
    WHERE h.fulfillment_order_id = :id ORDER BY h.id, p.position LIMIT :most
    """
)

_CAUSES = text("SELECT id, kind, subject, message, fix FROM cause WHERE id = ANY(:ids) ORDER BY id")

_HOLDS = text(
    """
    SELECT id, source, rule, reason, owner, until, placed_by, placed_at FROM hold
    WHERE fulfillment_order_id = :id AND released_at IS NULL ORDER BY id LIMIT :most
    """
)

_SIBLINGS = text(
    """
    SELECT f.id, f.reference, f.state, f.superseded_at IS NOT NULL AS superseded FROM fulfillment_order f
    WHERE f.sales_order_id = :sales_order_id AND f.id <> :id AND f.lane = :lane ORDER BY f.id LIMIT :most
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

_TRANSFERS = text(
    """
    SELECT attempt, intent_at, sent_at, outcome, finished_at, remote_id, error, request, response_status, response,
           found,
           run_id
    FROM transfer
    WHERE fulfillment_order_id = :id ORDER BY id DESC LIMIT :most
    """
)

_POST_BACKS = text(
    """
    SELECT p.kind, p.status_id, p.tracking, p.intent_at, p.outcome, p.finished_at, p.error, p.run_id
    FROM post_back p
    WHERE p.sales_order_id = :sales_order_id
      AND (p.fulfillment_order_id IS NULL OR p.fulfillment_order_id = :id)
    ORDER BY p.id DESC LIMIT :most
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


@dataclass(frozen=True, slots=True)
class OrderFile:
    """A fulfillment order with what belongs to it; `order` and the rows are mappings with the columns' names."""

    order: RowMapping
    lines: tuple[Line, ...]
    packages: Sequence[RowMapping]
    causes: Sequence[RowMapping]
    holds: Sequence[RowMapping]
    siblings: Sequence[RowMapping]
    events: tuple[Event, ...]

    @property
    def state(self) -> State:
        """Where it stands."""
        return State(self.order["state"])

    @property
    def standing(self) -> ActionableOrder:
        """What decides what a person may do to it."""
        order = self.order
        return ActionableOrder(self.state, order["reason"], order["was_sent"], order["partly_sent"])


@dataclass(frozen=True, slots=True)
class Payloads:
    """What was written to warehouse and store and what came of it, newest first, and the store's order as it is kept.

    None of it holds card data.
    """

    transfers: Sequence[RowMapping]
    post_backs: Sequence[RowMapping]
    document: dict[str, Any]


def order_file(
    connection: Connection, lane: str, order_id: int, *, before: int | None = None
) -> OrderFile | None:
    """The file of a fulfillment order by the ledger's id, with the newest events `before` an event; None if unknown."""
    query = {"id": order_id, "lane": lane, "unsent": sorted(UNSENT)}
    order = connection.execute(_ORDER, query).mappings().one_or_none()
    if order is None:
        return None
    of = {
        "id": order_id,
        "lane": lane,
        "sales_order_id": order["sales_order_id"],
        "ids": order["cause_ids"] if order["state"] == State.BLOCKED else [],
        "before": before or 2**63 - 1,
        "size": EVENTS,
        "most": _MOST,
    }
    return OrderFile(
        order=order,
        lines=tuple(Line(*row) for row in connection.execute(_LINES, of)),
        packages=connection.execute(_PACKAGES, of).mappings().all(),
        causes=connection.execute(_CAUSES, of).mappings().all(),
        holds=connection.execute(_HOLDS, of).mappings().all(),
        siblings=connection.execute(_SIBLINGS, of).mappings().all(),
        events=tuple(_event(row) for row in connection.execute(_TIMELINE, of).mappings()),
    )


def payloads(connection: Connection, order: RowMapping) -> Payloads:
    """What was sent for an order of a file, and what came back."""
    of = {"id": order["id"], "sales_order_id": order["sales_order_id"], "most": _MOST}
    return Payloads(
        connection.execute(_TRANSFERS, of).mappings().all(),
        connection.execute(_POST_BACKS, of).mappings().all(),
        order["document"],
    )


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

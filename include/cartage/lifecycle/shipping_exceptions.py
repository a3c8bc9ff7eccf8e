"""Questions to a person about what the warehouse did with one fulfillment order: asked anew when it did more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from cartage.lifecycle import exceptions
from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.lifecycle.transitions import By
from cartage.model.exceptions import Choice, ExceptionKind

_PRESENT = text(
    """
    SELECT id, closed_at IS NULL AS open, decision, after FROM exception
    WHERE sales_order_id = :sales_order_id AND fulfillment_order_id = :fulfillment_order_id AND kind = :kind
      AND ended_at IS NULL
    FOR UPDATE
    """
)

_OF_MANY = text(
    """
    SELECT sales_order_id, fulfillment_order_id, kind, decision, after FROM exception
    WHERE fulfillment_order_id = ANY(:ids) AND ended_at IS NULL
    """
)

_LAST = text(
    """
    SELECT CASE WHEN ended_at IS NOT NULL THEN close_reason END FROM exception
    WHERE fulfillment_order_id = :id AND kind = :kind ORDER BY id DESC LIMIT 1
    """
)

_DUE = text(
    """
    SELECT x.id, x.fulfillment_order_id, x.decided_by FROM exception x
    WHERE x.lane = :lane AND x.closed_at IS NULL AND x.decision = :accept AND x.fulfillment_order_id IS NOT NULL
    ORDER BY x.id
    """
)


@dataclass(frozen=True, slots=True)
class Present:
    """A question whose matter is not over: what was answered, if anything, and what it was about."""

    decision: str | None
    after: dict[str, Any] | None


def open_shipping_exception(connection: Connection, lane: str, question: ExceptionDraft, by: By) -> bool:
    """Ask about a fulfillment order; what a person answered is asked again only where `after` is another.

    Returns whether a question is new.
    """
    values = {
        "sales_order_id": question.sales_order_id,
        "fulfillment_order_id": question.fulfillment_order_id,
        "kind": question.kind.value,
    }
    there = connection.execute(_PRESENT, values).one_or_none()
    if there is not None and there.after == question.after:
        return False
    if there is not None and not there.open:
        exceptions.end_exceptions(connection, [there.id])
    elif there is not None and there.decision is not None:
        # What was answered and not carried out yet was about something else.
        exceptions.close_exception(connection, there.id, "the warehouse did more since it was answered", by)
        there = None
    exceptions.open_exception(connection, lane, question, by)
    return there is None or not there.open


def over(
    connection: Connection,
    sales_order_id: int,
    fulfillment_order_id: int,
    kind: ExceptionKind,
    reason: str,
    by: By,
) -> bool:
    """Note that what such a question was about is over, whether or not it was answered; whether it was open."""
    values = {
        "sales_order_id": sales_order_id,
        "fulfillment_order_id": fulfillment_order_id,
        "kind": kind.value,
    }
    there = connection.execute(_PRESENT, values).one_or_none()
    if there is not None and there.open:
        return exceptions.close_exception(connection, there.id, reason, by)
    if there is not None:
        exceptions.end_exceptions(connection, [there.id])
    return False


def was_over(connection: Connection, fulfillment_order_id: int, kind: ExceptionKind, reason: str) -> bool:
    """Whether the last such question about a fulfillment order was over for this reason, and none came since."""
    values = {"id": fulfillment_order_id, "kind": kind.value}
    last = connection.execute(_LAST, values).scalar_one_or_none()
    return last == reason


def present(connection: Connection, ids: Collection[int]) -> dict[tuple[int, ExceptionKind], Present]:
    """The questions about these fulfillment orders whose matter is not over, by fulfillment order and kind."""
    rows = connection.execute(_OF_MANY, {"ids": list(ids)})
    return {
        (row.fulfillment_order_id, ExceptionKind(row.kind)): Present(row.decision, row.after) for row in rows
    }


def accepted_and_due(connection: Connection, lane: str) -> list[tuple[int, int, str]]:
    """Accepted and not carried out yet: the question's id, its fulfillment order's, and who answered."""
    rows = connection.execute(_DUE, {"lane": lane, "accept": Choice.ACCEPT.value})
    return [(row.id, row.fulfillment_order_id, row.decided_by) for row in rows]


def cancelled_by_warehouse(
    sales_order_id: int, order_id: int, fulfillment_order_id: int, known_as: str, remote_id: str | None
) -> ExceptionDraft:
    """The question about an order that the warehouse cancelled of its own accord after it had taken it."""
    return ExceptionDraft(
        sales_order_id=sales_order_id,
        kind=ExceptionKind.CANCELLED_BY_WAREHOUSE,
        message=f"order {order_id}: the warehouse cancelled {known_as}, which it had accepted; "
        "the store still shows it as under way",
        remote_id=remote_id or "",
        before={"state": "accepted"},
        after={"state": "cancelled by the warehouse"},
        fulfillment_order_id=fulfillment_order_id,
    )

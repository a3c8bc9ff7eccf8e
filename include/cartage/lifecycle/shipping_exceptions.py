"""Exceptions about what the warehouse did with one fulfillment order; opened again when the warehouse does more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from cartage.db.schema import exception
from cartage.lifecycle.exceptions import ExceptionDraft, close_exception, end_exceptions, open_exception
from cartage.lifecycle.transitions import By
from cartage.model.exceptions import Choice, ExceptionKind


@dataclass(frozen=True, slots=True)
class CurrentShippingException:
    """An exception whose situation lasts: the decision, if there is one, and what the exception is about."""

    decision: str | None
    after: dict[str, Any] | None


def open_shipping_exception(connection: Connection, lane: str, draft: ExceptionDraft, by: By) -> bool:
    """Open an exception about a fulfillment order; one that was decided opens again only if `after` has changed.

    Return whether a new exception waits for a decision.
    """
    current = _lock_current(connection, draft.sales_order_id, draft.fulfillment_order_id, draft.kind)
    if current is not None and current.after == draft.after:
        return False
    if current is not None and not current.open:
        end_exceptions(connection, [current.id])
    elif current is not None and current.decision is not None:
        # The decision that is not carried out yet was about something else.
        close_exception(connection, current.id, "the warehouse did more since the decision", by)
        current = None
    open_exception(connection, lane, draft, by)
    return current is None or not current.open


def end_shipping_exception(
    connection: Connection,
    sales_order_id: int,
    fulfillment_order_id: int,
    kind: ExceptionKind,
    reason: str,
    by: By,
) -> bool:
    """End such an exception, decided or not, because its situation is over; return whether it was open."""
    current = _lock_current(connection, sales_order_id, fulfillment_order_id, kind)
    if current is not None and current.open:
        return close_exception(connection, current.id, reason, by)
    if current is not None:
        end_exceptions(connection, [current.id])
    return False


def _lock_current(
    connection: Connection, sales_order_id: int, fulfillment_order_id: int | None, kind: ExceptionKind
) -> Row[Any] | None:
    row = exception.c
    query = (
        select(row.id, row.closed_at.is_(None).label("open"), row.decision, row.after)
        .where(row.sales_order_id == sales_order_id, row.fulfillment_order_id == fulfillment_order_id)
        .where(row.kind == kind.value, row.ended_at.is_(None))
        .with_for_update()
    )
    return connection.execute(query).one_or_none()


def last_ended_for(
    connection: Connection, fulfillment_order_id: int, kind: ExceptionKind, reason: str
) -> bool:
    """Return whether the last such exception about a fulfillment order ended for this reason."""
    row = exception.c
    query = (
        select(row.ended_at, row.close_reason)
        .where(row.fulfillment_order_id == fulfillment_order_id, row.kind == kind.value)
        .order_by(row.id.desc())
        .limit(1)
    )
    last = connection.execute(query).one_or_none()
    return last is not None and last.ended_at is not None and last.close_reason == reason


def current_shipping_exceptions(
    connection: Connection, ids: Collection[int]
) -> dict[tuple[int, ExceptionKind], CurrentShippingException]:
    """Return the current exceptions about these fulfillment orders, by fulfillment order and kind."""
    row = exception.c
    query = select(row.fulfillment_order_id, row.kind, row.decision, row.after).where(
        row.fulfillment_order_id.in_(list(ids)), row.ended_at.is_(None)
    )
    return {
        (found.fulfillment_order_id, ExceptionKind(found.kind)): CurrentShippingException(
            found.decision, found.after
        )
        for found in connection.execute(query)
    }


def accepted_exceptions(connection: Connection, lane: str) -> list[tuple[int, int, str]]:
    """Return accepted exceptions that are not carried out yet: exception id, fulfillment order id, who decided."""
    row = exception.c
    query = (
        select(row.id, row.fulfillment_order_id, row.decided_by)
        .where(row.lane == lane, row.closed_at.is_(None), row.decision == Choice.ACCEPT.value)
        .where(row.fulfillment_order_id.is_not(None))
        .order_by(row.id)
    )
    return [(found.id, found.fulfillment_order_id, found.decided_by) for found in connection.execute(query)]


def draft_cancelled_by_warehouse(
    sales_order_id: int, order_id: int, fulfillment_order_id: int, known_as: str, remote_id: str | None
) -> ExceptionDraft:
    """Draft the exception about an order that the warehouse accepted and then cancelled without our request."""
    return ExceptionDraft(
        sales_order_id=sales_order_id,
        kind=ExceptionKind.CANCELLED_BY_WAREHOUSE,
        message=f"order {order_id}: the warehouse cancelled {known_as}, which it had accepted; "
        "the store still shows the order as being processed",
        remote_id=remote_id or "",
        before={"state": "accepted"},
        after={"state": "cancelled by the warehouse"},
        fulfillment_order_id=fulfillment_order_id,
    )

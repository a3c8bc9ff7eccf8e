"""What one try of a task changed: moves and postings of orders, and stock that was written to the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from cartage.db.schema import event, fulfillment_order, sales_order, stock_change, stock_push
from cartage_airflow.desk.ledger import reading

# Events that change no state but are still something that the task did.
_OTHER_EVENTS = {
    "status_posted": "status posted to the store",
    "tracking_posted": "tracking posted to the store",
    "tracking_removed": "tracking removed from the store",
    "person_set_status": "status set by a person, left alone",
    "changed_after_transfer": "changed in the store",
}


@dataclass(frozen=True, slots=True)
class OrderChange:
    """One thing that a run did to an order; `id` is the event's and rises with time.

    For an event that changes no state, `from_state` is empty and `to_state` says what was done.
    """

    id: int
    reference: str
    order_number: str
    from_state: str
    to_state: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StockWritten:
    """A stock that a run wrote to the store; `before` is empty if unknown, `outcome` until the store responded."""

    id: int
    catalog_id: int
    sku: str
    before: str
    value: int
    outcome: str
    at: datetime


def order_changes_of_run(run_id: str, *, after: int, limit: int) -> list[OrderChange]:
    """Return what one try of a task did to orders, oldest first, from the event after `after`."""
    order_id = func.coalesce(event.c.sales_order_id, fulfillment_order.c.sales_order_id)
    query = (
        select(
            event.c.id,
            event.c.kind,
            fulfillment_order.c.reference,
            sales_order.c.invoice,
            event.c.from_state,
            event.c.to_state,
            event.c.why,
            event.c.at,
        )
        .outerjoin(fulfillment_order, fulfillment_order.c.id == event.c.fulfillment_order_id)
        .join(sales_order, sales_order.c.id == order_id)
        .where(event.c.run_id == run_id, event.c.id > after)
        .where(or_(event.c.to_state.is_not(None), event.c.kind.in_(_OTHER_EVENTS)))
        .order_by(event.c.id)
        .limit(limit)
    )
    with reading() as connection:
        rows = connection.execute(query).all()
    return [
        OrderChange(
            row.id,
            row.reference or "",
            row.invoice,
            row.from_state or "",
            row.to_state or _OTHER_EVENTS[row.kind],
            row.why,
            row.at,
        )
        for row in rows
    ]


def stock_changes_of_run(run_id: str, *, after: int, limit: int) -> list[StockWritten]:
    """Return what one try of `update_stock` wrote to the store, oldest first, from the change after `after`."""
    query = (
        select(
            stock_change.c.id,
            stock_change.c.catalog_id,
            stock_change.c.sku,
            stock_change.c.before,
            stock_change.c.value,
            stock_change.c.outcome,
            stock_change.c.message,
            stock_change.c.intent_at,
        )
        .join(stock_push, stock_push.c.id == stock_change.c.push_id)
        .where(stock_push.c.run_id == run_id, stock_change.c.id > after)
        .order_by(stock_change.c.id)
        .limit(limit)
    )
    with reading() as connection:
        rows = connection.execute(query).all()
    return [
        StockWritten(
            row.id,
            row.catalog_id,
            row.sku,
            "" if row.before is None else f"{row.before.normalize():f}",
            row.value,
            " ".join(filter(None, ((row.outcome or "").replace("_", " "), row.message))),
            row.intent_at,
        )
        for row in rows
    ]

"""What a run moved, and what a lane has imported: reads of the pages that belong to runs and windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from cartage.db.schema import event, fulfillment_order, sales_order, stock_change, stock_push
from cartage.intake.coverage.report import CoverageHistory, coverage_history
from cartage.lanes.settings.lane import Lane
from cartage_airflow.desk.ledger import reading

# Events that move no state, and still are what a task did.
_POSTED = {
    "status_posted": "store told the status",
    "tracking_posted": "tracking in the store",
    "person_set_status": "left to a person",
    "changed_after_transfer": "changed in the store",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """One thing that a run did to an order. `id` is the event's, and orders them in time.

    What moved no state (the store was told something) has its words in `to_state`, and no `from_state`.
    """

    id: int
    reference: str
    order_number: str
    from_state: str
    to_state: str
    why: str
    at: datetime


def moves_of_run(run_id: str, *, after: int, limit: int) -> list[Moved]:
    """What one try of a task did, oldest first, from the event after `after`."""
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
        .where(or_(event.c.to_state.is_not(None), event.c.kind.in_(_POSTED)))
        .order_by(event.c.id)
        .limit(limit)
    )
    with reading() as connection:
        rows = connection.execute(query).all()
    return [
        Moved(
            row.id,
            row.reference or "",
            row.invoice,
            row.from_state or "",
            row.to_state or _POSTED[row.kind],
            row.why,
            row.at,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class StockTold:
    """One stock that a run told the store; `before` is empty where it was not known, `outcome` until it is."""

    id: int
    catalog_id: int
    sku: str
    before: str
    value: int
    outcome: str
    at: datetime


def stocks_of_run(run_id: str, *, after: int, limit: int) -> list[StockTold]:
    """What one try of `update_stock` told the store, oldest first, from the change after `after`."""
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
        StockTold(
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


def history_of_lane(lane: Lane) -> CoverageHistory:
    """What the lane has imported since its go-live, by the ledger's clock."""
    with reading() as connection:
        now = connection.execute(select(func.clock_timestamp())).scalar_one()
        return coverage_history(connection, lane, now)

"""What the desk reads from the ledger, on a small pool of its own: read-only, and cut off after two seconds.

A page that is slow or asked for too often must not take a connection from a stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Engine, create_engine, select

from cartage.connections import ledger_url
from cartage.ledger.tables import event, fulfillment_order, sales_order

_OPTIONS = "-c statement_timeout=2000 -c default_transaction_read_only=on -c timezone=UTC"


@dataclass(frozen=True, slots=True)
class Moved:
    """One move of a fulfillment order. `id` is the event's, and orders the moves in time."""

    id: int
    reference: str
    order_number: str
    from_state: str
    to_state: str
    why: str
    at: datetime


def moves_of_run(run_id: str, *, after: int, limit: int) -> list[Moved]:
    """The moves that one try of a task made, oldest first, from the event after `after`."""
    query = (
        select(
            event.c.id,
            fulfillment_order.c.reference,
            sales_order.c.invoice,
            event.c.from_state,
            event.c.to_state,
            event.c.why,
            event.c.at,
        )
        .join(fulfillment_order, fulfillment_order.c.id == event.c.fulfillment_order_id)
        .join(sales_order, sales_order.c.id == fulfillment_order.c.sales_order_id)
        .where(event.c.run_id == run_id, event.c.to_state.is_not(None), event.c.id > after)
        .order_by(event.c.id)
        .limit(limit)
    )
    with _engine().connect() as connection:
        rows = connection.execute(query).all()
    return [Moved(r.id, r.reference, r.invoice, r.from_state or "", r.to_state, r.why, r.at) for r in rows]


@cache
def _engine() -> Engine:
    return create_engine(
        ledger_url(),
        pool_size=2,
        max_overflow=0,
        pool_timeout=2,
        pool_pre_ping=True,
        connect_args={"options": _OPTIONS, "connect_timeout": 2, "application_name": "cartage desk"},
    )

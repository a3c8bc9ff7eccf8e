"""Counts of open orders, causes, exceptions and alerts, for metrics."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select

from cartage.db.schema import alert, cause, exception, fulfillment_order


def orders_by_state(connection: Connection, lane: str, states: Collection[str]) -> dict[str, int]:
    """Return how many current fulfillment orders are in each of these states; a state without orders is left out."""
    query = (
        select(fulfillment_order.c.state, func.count().label("orders"))
        .where(
            fulfillment_order.c.lane == lane,
            fulfillment_order.c.state.in_(states),
            fulfillment_order.c.superseded_at.is_(None),
        )
        .group_by(fulfillment_order.c.state)
    )
    return {row.state: row.orders for row in connection.execute(query)}


def open_items(connection: Connection, lane: str) -> tuple[dict[str, int], datetime]:
    """Return how many causes, undecided exceptions and alerts are open, and the database's time."""
    count = select(func.count())
    causes = count.select_from(cause).where(cause.c.lane == lane, cause.c.closed_at.is_(None))
    undecided = count.select_from(exception).where(
        exception.c.lane == lane, exception.c.closed_at.is_(None), exception.c.decision.is_(None)
    )
    alerts = count.select_from(alert).where(
        alert.c.lane == lane, alert.c.closed_at.is_(None), alert.c.cleared_at.is_(None)
    )
    query = select(
        causes.scalar_subquery().label("causes"),
        undecided.scalar_subquery().label("exceptions"),
        alerts.scalar_subquery().label("alerts"),
        func.clock_timestamp().label("now"),
    )
    row = connection.execute(query).one()
    return {"causes": row.causes, "exceptions": row.exceptions, "alerts": row.alerts}, row.now

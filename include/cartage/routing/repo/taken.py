"""Which orders each routing rule has taken, by the decisions on the orders' timelines. Read only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.model.skip_reasons import shipped_by_others

# The last decision on each order in that time; an order that was decided again counts for the later rule alone.
_LAST = """
    SELECT DISTINCT ON (fulfillment_order_id) fulfillment_order_id, at, why, detail
    FROM event
    WHERE lane = :lane AND at >= :since AND kind = 'routed' AND jsonb_typeof(detail -> 'steps') = 'array'
    ORDER BY fulfillment_order_id, id DESC
"""

_COUNTS = text(
    f"""
    SELECT step.rule, count(*) FILTER (WHERE e.at >= :recent) AS recent, count(*) AS orders
    FROM ({_LAST}) e
    CROSS JOIN LATERAL (
        SELECT DISTINCT s ->> 'rule' AS rule FROM jsonb_array_elements(e.detail -> 'steps') s) step
    GROUP BY step.rule
    """  # noqa: S608 - a constant of this module
)

# No warehouse gets them, so that no decision is on their timeline: the reason has the rule.
_LEFT_OUT = text(
    """
    SELECT reason, count(*) FILTER (WHERE state_since >= :recent) AS recent, count(*) AS orders
    FROM fulfillment_order
    WHERE lane = :lane AND state = 'skipped' AND reason = ANY(CAST(:reasons AS text[])) AND state_since >= :since
    GROUP BY reason
    """
)

_ORDERS = text(
    f"""
    SELECT f.id, f.reference, f.state, f.warehouse, s.invoice, s.order_id, e.at, e.why
    FROM ({_LAST}) e
    JOIN fulfillment_order f ON f.id = e.fulfillment_order_id JOIN sales_order s ON s.id = f.sales_order_id
    WHERE EXISTS (SELECT FROM jsonb_array_elements(e.detail -> 'steps') st WHERE st ->> 'rule' = :rule)
    UNION ALL
    SELECT f.id, f.reference, f.state, f.warehouse, s.invoice, s.order_id, f.state_since, f.reason
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.lane = :lane AND f.state = 'skipped' AND f.reason = :left_out AND f.state_since >= :since
    ORDER BY 7 DESC, 1 DESC LIMIT :most
    """  # noqa: S608 - a constant of this module
)


def counts_by_rule(
    connection: Connection, lane: str, rules: Sequence[str], *, since: datetime, recent: datetime
) -> Mapping[str, tuple[int, int]]:
    """Return how many orders each rule took `recent`ly and in all `since` then. The default's name is empty.

    An order counts for every rule that took lines of it.
    """
    window = {"lane": lane, "since": since, "recent": recent}
    found = {row.rule: (row.recent, row.orders) for row in connection.execute(_COUNTS, window)}
    reasons = {shipped_by_others(rule): rule for rule in rules}
    for row in connection.execute(_LEFT_OUT, window | {"reasons": list(reasons)}):
        rule = reasons[row.reason]
        recently, orders = found.get(rule, (0, 0))
        found[rule] = recently + row.recent, orders + row.orders
    return found


def orders_of_rule(
    connection: Connection, lane: str, rule: str, *, since: datetime, most: int
) -> Sequence[Row[Any]]:
    """Return the orders that a rule took since then, the latest first.

    Rows of id, reference, state, warehouse, invoice, order_id, at, why.
    """
    values = {"lane": lane, "rule": rule, "since": since, "left_out": shipped_by_others(rule), "most": most}
    return connection.execute(_ORDERS, values).all()

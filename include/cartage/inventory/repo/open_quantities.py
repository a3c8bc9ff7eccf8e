"""Open quantities of a store's orders that the ledger knows and the warehouse's figures do not include yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Connection, Row, any_, literal, select, text

from cartage.db.schema import sales_order
from cartage.model.states import AT_WAREHOUSE, State

# Not at the warehouse, or not certainly; a rejected or conflicting order is still the customer's order.
NOT_THERE = sorted(
    state.value for state in frozenset(State) - AT_WAREHOUSE - {State.CANCELLED, State.SKIPPED}
)
_THERE = sorted(state.value for state in AT_WAREHOUSE)

Group = tuple[int, int]  # OrderID, ShipmentID

_OPEN = text(
    """
    SELECT f.order_id, f.shipment_id, f.warehouse, l.sku, sum(l.quantity) AS quantity
    FROM fulfillment_order f JOIN fulfillment_line l ON l.fulfillment_order_id = f.id
    WHERE f.superseded_at IS NULL AND f.id IN (
        SELECT id FROM fulfillment_order
        WHERE lane IN (SELECT lane FROM lane_state WHERE store_id = :store_id)
          AND state = ANY(:elsewhere) AND store_id = :store_id
        UNION ALL
        -- PostgreSQL uses the partial index only if the states are spelled as in the index.
        SELECT id FROM fulfillment_order
        WHERE store_id = :store_id AND state IN ('acknowledged', 'partially_shipped', 'shipped')
          AND state_since > CAST(:since AS timestamptz) - CAST(:delay AS interval))
    GROUP BY f.order_id, f.shipment_id, f.warehouse, l.sku
    """
)

_HELD = text(
    """
    SELECT f.order_id, f.shipment_id, l.sku, sum(l.quantity) AS quantity
    FROM fulfillment_order f JOIN fulfillment_line l ON l.fulfillment_order_id = f.id
    WHERE f.store_id = :store_id AND f.order_id = ANY(:order_ids) AND f.superseded_at IS NULL
      AND f.state = ANY(:there) AND f.state_since <= CAST(:since AS timestamptz) - CAST(:delay AS interval)
    GROUP BY f.order_id, f.shipment_id, l.sku
    """
)


@dataclass(frozen=True, slots=True)
class KnownQuantities:
    """What the ledger knows of open quantities, by ship group and store SKU.

    `open` is not in the warehouse's figures, `held` is; `left` are the orders that the system before Cartage ships.
    `routed` is what of `open` goes to one of several warehouses: by its name and SKU.
    """

    open: dict[Group, dict[str, Decimal]]
    held: dict[Group, dict[str, Decimal]]
    left: frozenset[int]
    routed: dict[str, dict[str, Decimal]]


def known_quantities(
    connection: Connection, store_id: int, order_ids: Collection[int], *, read_at: datetime, delay: timedelta
) -> KnownQuantities:
    """Return which quantities the figures of a reading that began at `read_at` include, and which they do not.

    They include what the warehouse had acknowledged `delay` before that; what has moved since counts as not included.
    `order_ids` are the orders for which `held` and `left` are returned.
    """
    values = {
        "store_id": store_id,
        "since": read_at,
        "delay": delay,
        "elsewhere": NOT_THERE,
        "there": _THERE,
        "order_ids": list(order_ids),
    }
    opened = connection.execute(_OPEN, values).all()
    routed: dict[str, dict[str, Decimal]] = {}
    for row in opened:
        if row.warehouse:
            at = routed.setdefault(row.warehouse, {})
            at[row.sku] = at.get(row.sku, Decimal(0)) + row.quantity
    return KnownQuantities(
        _by_group(opened),
        _by_group(connection.execute(_HELD, values).all()),
        _left(connection, store_id, order_ids),
        routed,
    )


def _left(connection: Connection, store_id: int, order_ids: Collection[int]) -> frozenset[int]:
    order = sales_order.c
    # One array and not a parameter for each id: a store may list more open orders than a statement takes parameters.
    ids = literal(list(order_ids), ARRAY(BigInteger))
    query = select(order.order_id).where(
        order.store_id == store_id, order.order_id == any_(ids), order.left_at.is_not(None)
    )
    return frozenset(connection.execute(query).scalars())


def _by_group(rows: Iterable[Row[Any]]) -> dict[Group, dict[str, Decimal]]:
    found: dict[Group, dict[str, Decimal]] = {}
    for row in rows:
        units = found.setdefault((row.order_id, row.shipment_id), {})
        units[row.sku] = units.get(row.sku, Decimal(0)) + row.quantity
    return found

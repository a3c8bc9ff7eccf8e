"""Open quantities of a store's orders that the ledger knows and the warehouse's figures do not include yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Connection, Row, any_, literal, select, text

from cartage.db.schema import sales_order
from cartage.lifecycle.figures import THERE, left_out
from cartage.model.states import AT_WAREHOUSE, State

# Not at the warehouse, or not certainly; a rejected or conflicting order is still the customer's order.
NOT_THERE = sorted(
    state.value for state in frozenset(State) - AT_WAREHOUSE - {State.CANCELLED, State.SKIPPED}
)

Group = tuple[int, int]  # OrderID, ShipmentID

# Orders of another lane of this store are at a warehouse of its own, unless the lane shares the stock.
_FIGURES = """
    LEFT JOIN unnest(CAST(:warehouses AS text[]), CAST(:untils AS timestamptz[]), CAST(:on_hand AS boolean[]))
        AS r(warehouse, until, on_hand) ON r.warehouse = f.warehouse AND f.lane = :lane
"""
_LEFT_OUT = left_out(
    "coalesce(r.until, CAST(:oldest AS timestamptz))",
    "coalesce(r.on_hand, :any_on_hand AND f.lane = ANY(:sharing))",
)

_OPEN = text(
    f"""
    SELECT f.order_id, f.shipment_id, f.warehouse, l.sku, sum(l.quantity) AS quantity
    FROM fulfillment_order f JOIN fulfillment_line l ON l.fulfillment_order_id = f.id
    WHERE f.superseded_at IS NULL AND f.id IN (
        SELECT id FROM fulfillment_order
        WHERE lane IN (SELECT lane FROM lane_state WHERE store_id = :store_id)
          AND state = ANY(:elsewhere) AND store_id = :store_id
        UNION ALL
        SELECT f.id FROM fulfillment_order f {_FIGURES}
        WHERE f.store_id = :store_id AND {THERE} AND f.state_since > CAST(:oldest AS timestamptz) AND NOT ({_LEFT_OUT})
        UNION ALL
        SELECT f.id FROM fulfillment_order f {_FIGURES}
        WHERE CAST(:any_on_hand AS boolean) AND f.lane = ANY(:sharing) AND f.store_id = :store_id
          AND f.state IN ('acknowledged', 'partially_shipped') AND NOT ({_LEFT_OUT}))
    GROUP BY f.order_id, f.shipment_id, f.warehouse, l.sku
    """  # noqa: S608 - constants of the engine
)

_HELD = text(
    f"""
    SELECT f.order_id, f.shipment_id, l.sku, sum(l.quantity) AS quantity
    FROM fulfillment_order f {_FIGURES} JOIN fulfillment_line l ON l.fulfillment_order_id = f.id
    WHERE f.store_id = :store_id AND f.order_id = ANY(:order_ids) AND f.superseded_at IS NULL
      AND {THERE} AND {_LEFT_OUT}
    GROUP BY f.order_id, f.shipment_id, l.sku
    """  # noqa: S608 - constants of the engine
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the figures of a reading leave out: orders that the warehouse had at `until`.

    If they are of what is `on_hand` alone, they leave out only what had shipped by then.
    """

    until: datetime
    on_hand: bool = False


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
    connection: Connection,
    store_id: int,
    order_ids: Collection[int],
    *,
    lane: str,
    figures: Mapping[str, Figures],
    sharing: Collection[str] = (),
) -> KnownQuantities:
    """Return which quantities the figures of the lane's warehouses leave out already, and which they do not.

    What has come to a warehouse, or moved there in a way that the figures may not know, counts as not left out.
    `figures` are those of each warehouse, by its name, `sharing` other lanes with the same stock. `order_ids` are the
    orders for which `held` and `left` are returned.
    """
    values = {
        **figures_values(figures),
        "store_id": store_id,
        "lane": lane,
        "sharing": [lane, *sharing],
        "elsewhere": NOT_THERE,
    }
    opened = connection.execute(_OPEN, values).all()
    routed: dict[str, dict[str, Decimal]] = {}
    for row in opened:
        if row.warehouse:
            at = routed.setdefault(row.warehouse, {})
            at[row.sku] = at.get(row.sku, Decimal(0)) + row.quantity
    held = connection.execute(_HELD, values | {"order_ids": list(order_ids)}).all()
    return KnownQuantities(_by_group(opened), _by_group(held), _left(connection, store_id, order_ids), routed)


def figures_values(figures: Mapping[str, Figures]) -> dict[str, Any]:
    """Return what statements know of the figures of warehouses; for any other one, the oldest of them count."""
    return {
        "warehouses": list(figures),
        "untils": [each.until for each in figures.values()],
        "on_hand": [each.on_hand for each in figures.values()],
        "oldest": min(each.until for each in figures.values()),
        "any_on_hand": any(each.on_hand for each in figures.values()),
    }


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

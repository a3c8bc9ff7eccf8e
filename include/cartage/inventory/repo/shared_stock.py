"""What the stores of lanes sharing stock have sold, as far as the ledger knows.

That is what those lanes have imported, and what their stores listed as open when they were last read.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import Connection, delete, text

from cartage.db.schema import stock_listed
from cartage.inventory.repo.open_quantities import NOT_THERE, Figures, Group, figures_values
from cartage.lifecycle.figures import THERE, left_out

# A lane whose store was not read for this long is paused: what it listed then no longer counts.
_LISTING_LASTS = timedelta(days=1)

_KEEP = text(
    """
    INSERT INTO stock_listed (lane, order_id, shipment_id, sku, quantity)
    SELECT :lane, w.* FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS w(order_id bigint, shipment_id bigint, sku text, quantity numeric)
    -- No item has a longer SKU, and the primary key could not hold it.
    WHERE length(w.sku) <= 500
    """
)


_LEFT_OUT = left_out("CAST(:oldest AS timestamptz)", "CAST(:any_on_hand AS boolean)")

_OPEN = text(
    f"""
    SELECT f.lane, f.order_id, f.shipment_id, l.sku, sum(l.quantity) AS quantity
    FROM fulfillment_order f JOIN fulfillment_line l ON l.fulfillment_order_id = f.id
    WHERE f.superseded_at IS NULL AND f.store_id <> :store_id AND f.id IN (
        SELECT id FROM fulfillment_order WHERE lane = ANY(:lanes) AND state = ANY(:elsewhere)
        UNION ALL
        SELECT f.id FROM fulfillment_order f
        WHERE f.store_id IN (SELECT store_id FROM lane_state WHERE lane = ANY(:lanes)) AND f.lane = ANY(:lanes)
          AND {THERE} AND f.state_since > CAST(:oldest AS timestamptz) AND NOT ({_LEFT_OUT})
        UNION ALL
        SELECT f.id FROM fulfillment_order f
        WHERE CAST(:any_on_hand AS boolean) AND f.lane = ANY(:lanes)
          AND f.state IN ('acknowledged', 'partially_shipped') AND NOT ({_LEFT_OUT}))
    GROUP BY f.lane, f.order_id, f.shipment_id, l.sku
    """  # noqa: S608 - constants of the engine
)

_LISTED = text(
    """
    SELECT s.lane, s.order_id, s.shipment_id, s.sku, s.quantity
    FROM stock_listed s JOIN lane_state n ON n.lane = s.lane
    WHERE s.lane = ANY(:lanes) AND n.store_id <> :store_id
      AND s.listed_at > clock_timestamp() - CAST(:lasts AS interval)
    """
)

_HELD = text(
    f"""
    SELECT n.lane, f.order_id, f.shipment_id, l.sku, sum(l.quantity) AS quantity
    FROM (SELECT DISTINCT lane, order_id FROM stock_listed WHERE lane = ANY(:lanes)) s
    JOIN lane_state n ON n.lane = s.lane
    JOIN fulfillment_order f ON f.store_id = n.store_id AND f.order_id = s.order_id AND f.superseded_at IS NULL
    JOIN fulfillment_line l ON l.fulfillment_order_id = f.id
    WHERE {THERE} AND {_LEFT_OUT}
    GROUP BY n.lane, f.order_id, f.shipment_id, l.sku
    """  # noqa: S608 - constants of the engine
)

ByGroup = dict[Group, dict[str, Decimal]]


@dataclass(frozen=True, slots=True)
class SoldElsewhere:
    """What one lane's store has sold, by ship group and store SKU.

    `listed` is what the store listed as open; `open` was imported and is not in the warehouse's figures; `held` is.
    """

    listed: ByGroup = field(default_factory=dict)
    open: ByGroup = field(default_factory=dict)
    held: ByGroup = field(default_factory=dict)


def keep_listed(connection: Connection, lane: str, listed: Mapping[Group, Mapping[str, Decimal]]) -> None:
    """Store what the lane's store lists as open, in place of what it listed before."""
    rows = [
        {"order_id": order_id, "shipment_id": shipment_id, "sku": sku, "quantity": str(quantity)}
        for (order_id, shipment_id), units in listed.items()
        for sku, quantity in units.items()
    ]
    connection.execute(delete(stock_listed).where(stock_listed.c.lane == lane))
    if rows:
        connection.execute(_KEEP, {"lane": lane, "rows": json.dumps(rows)})


def sold_elsewhere(
    connection: Connection, lanes: Collection[str], *, store_id: int, figures: Mapping[str, Figures]
) -> dict[str, SoldElsewhere]:
    """Return what these lanes' stores have sold, by lane; leave out the store `store_id` itself.

    `figures` say what the warehouses' figures leave out, as in `known_quantities`; the oldest of them count.
    """
    values = {
        "lanes": list(lanes),
        "store_id": store_id,
        "elsewhere": NOT_THERE,
        "lasts": _LISTING_LASTS,
        **figures_values(figures),
    }
    found: dict[str, SoldElsewhere] = defaultdict(SoldElsewhere)
    for row in connection.execute(_LISTED, values):
        found[row.lane].listed.setdefault((row.order_id, row.shipment_id), {})[row.sku] = row.quantity
    for row in connection.execute(_OPEN, values):
        found[row.lane].open.setdefault((row.order_id, row.shipment_id), {})[row.sku] = row.quantity
    for row in connection.execute(_HELD, values):
        found[row.lane].held.setdefault((row.order_id, row.shipment_id), {})[row.sku] = row.quantity
    return dict(found)

"""Orders of several lines for a lane with two warehouses, and what its parts are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from tests.contract.two_warehouses import WEST, TwoWarehouses

TO_MAINE = {
    "ShipmentState": "ME",
    "ShipmentZipCode": "04101",
    "ShipmentCity": "Portland",
    "ShipmentCountry": "US",
}


@dataclass(frozen=True)
class PartSeen:
    """A live part of an order, as the ledger has it."""

    part: int
    reference: str
    warehouse: str
    state: str
    reason: str
    units: dict[str, int]


def order_of(two: TwoWarehouses, **units: int) -> int:
    """Place an order of these SKUs."""
    [order_id] = two.place()
    two.amend(order_id, shipment=TO_MAINE)
    set_lines(two, order_id, **units)
    return order_id


def set_lines(two: TwoWarehouses, order_id: int, **units: int) -> None:
    """Let a person in the store replace the lines of an order; a line of a SKU that it had keeps its id."""
    items = two.shop.store.order(order_id)["OrderItemList"]
    known = {item["ItemID"]: item for item in items}
    last = max(item["ItemIndexID"] for item in items)
    lines = []
    for sku, quantity in units.items():
        last += sku not in known
        line = known.get(sku) or {**items[0], "ItemID": sku, "ItemIndexID": last}
        lines.append({**line, "ItemQuantity": quantity})
    two.shop.store.edit(order_id, OrderItemList=lines)


def parts_of(two: TwoWarehouses, order_id: int) -> list[PartSeen]:
    """Return the live parts of an order."""
    rows = two.rows(
        "SELECT f.part, f.reference, f.warehouse, f.state, f.reason, coalesce(("
        "SELECT jsonb_object_agg(l.sku, l.quantity) FROM (SELECT sku, sum(quantity) AS quantity FROM fulfillment_line "
        "WHERE fulfillment_order_id = f.id GROUP BY sku) l), '{}') AS units "
        "FROM fulfillment_order f WHERE f.order_id = :id AND f.superseded_at IS NULL ORDER BY f.part",
        id=order_id,
    )
    return [
        PartSeen(
            row.part,
            row.reference,
            row.warehouse,
            row.state,
            row.reason,
            {sku: int(n) for sku, n in row.units.items()},
        )
        for row in rows
    ]


def places_of(two: TwoWarehouses, order_id: int) -> dict[str, dict[str, int]]:
    """Return what goes to which warehouse, by its name; what goes to none is under an empty name."""
    found: dict[str, Counter[str]] = {}
    for part in parts_of(two, order_id):
        found.setdefault(part.warehouse, Counter()).update(part.units)
    return {name: dict(units) for name, units in found.items()}


def units_in_store(two: TwoWarehouses, order_id: int) -> dict[str, int]:
    """Return what the store's order says now."""
    found: Counter[str] = Counter()
    for item in two.shop.store.order(order_id)["OrderItemList"]:
        found[item["ItemID"]] += int(Decimal(str(item["ItemQuantity"])))
    return dict(+found)


def units_of_parts(two: TwoWarehouses, order_id: int) -> dict[str, int]:
    """Return the quantities of all live parts together."""
    found: Counter[str] = Counter()
    for part in parts_of(two, order_id):
        found.update(part.units)
    return dict(+found)


def ship_reference(two: TwoWarehouses, warehouse: str, reference: str, packages: int = 1) -> list[str]:
    """Let a warehouse ship what it has under a reference; return the tracking numbers."""
    if warehouse == WEST:
        orders = two.west.warehouse.state.with_reference(reference)
        two.west.warehouse.floor.ship(orders, packages=packages)
        return [each.tracking_number for order in orders for each in order.shipments if each.tracking_number]
    floor = two.shop.warehouse.floor
    shipped = floor.ship(floor.named([reference]), packages=packages)
    return [package.tracking_number for order in shipped for package in order.packages]


def due_again(two: TwoWarehouses) -> None:
    """Make both the sweep and the reading of the store's changes due at once."""
    two.execute(
        "UPDATE lane_state SET swept_at = NULL, sweep_claimed_at = NULL, watched_to = NULL, watch_claimed_at = NULL"
    )


def watch_again(two: TwoWarehouses) -> None:
    """Make the reading of the store's changes due at once."""
    two.execute("UPDATE lane_state SET watched_to = NULL, watch_claimed_at = NULL")


def times_sent(two: TwoWarehouses) -> list[int]:
    """Return how often each reference was accepted, by the journals of both warehouses."""
    return sorted(count for at in two.sent().values() for count in at.values())


def by_line(**changes: Any) -> list[dict[str, Any]]:
    """Return routing of mugs to the west and all else to the east."""
    return [{"name": "mugs", "when": {"skus": ["MUG"]}, "to": WEST, **changes}]


def forget_parts(two: TwoWarehouses, sales_order_id: int) -> None:
    """Let the ledger know an order as a backup does that was made when it had been imported, and not divided."""
    order = {"id": sales_order_id}
    ids = "(SELECT id FROM fulfillment_order WHERE sales_order_id = :id)"
    first = "(SELECT id FROM fulfillment_order WHERE sales_order_id = :id AND part = 0)"
    lines = "line_id, sku, description, options"
    statements = (
        f"DELETE FROM transfer WHERE fulfillment_order_id IN {ids}",
        (
            "CREATE TEMP TABLE whole ON COMMIT DROP AS SELECT min(position) AS position, "
            f"sum(quantity) AS quantity, {lines} FROM fulfillment_line "
            f"WHERE fulfillment_order_id IN {ids} GROUP BY {lines}"
        ),
        f"DELETE FROM fulfillment_line WHERE fulfillment_order_id IN {ids}",
        (
            f"INSERT INTO fulfillment_line (fulfillment_order_id, position, quantity, {lines}) "
            f"SELECT {first}, position, quantity, {lines} FROM whole"
        ),
        f"DELETE FROM event WHERE fulfillment_order_id IN {ids} AND fulfillment_order_id <> {first}",
        f"DELETE FROM hold WHERE fulfillment_order_id IN {ids} AND fulfillment_order_id <> {first}",
        f"DELETE FROM fulfillment_order WHERE sales_order_id = :id AND id <> {first}",
        (
            "UPDATE fulfillment_order SET state = 'imported', reason = '', remote_id = NULL, warehouse = '', "
            "request = NULL, superseded_at = NULL WHERE sales_order_id = :id"
        ),
        "UPDATE sales_order SET posted_status = NULL, posted_at = NULL, verified_at = NULL WHERE id = :id",
    )
    with two.ledger.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), order)


def restored_an_hour_ago(two: TwoWarehouses) -> None:
    """Quarantine the lane; by now, absence at a warehouse that shows orders late is proof."""
    two.execute("UPDATE fulfillment_order SET created_at = created_at - interval '2 hours'")
    two.execute(
        "UPDATE lane_state SET quarantined_at = now() - interval '1 hour', quarantined_since = now() - interval '1 d', "
        "surveyed_at = NULL, quarantine_ended_at = NULL, swept_at = NULL"
    )

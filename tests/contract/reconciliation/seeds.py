"""Differences put into a clean lane by hand, one on an order of its own: each kind, with each side wrong.

A seed changes the sandboxes' state or the ledger's rows directly, as a person or a lost write would. It returns the
key of the one difference that must be found.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cartage.model.differences.kinds import STORE, WAREHOUSE, DifferenceKind
from cartage_sandbox.extensiv.data.model import Order
from tests.contract.world import HOLD, NEW, PARTIAL, PROCESSING, SHIPPED, World

KIND = DifferenceKind


@dataclass(frozen=True, slots=True)
class Seed:
    """One difference. `needs` is the state of the order that it takes: none, sent or shipped."""

    name: str
    side: str
    kind: DifferenceKind
    needs: str
    sow: Callable[[World, int], str]


SEEDS: list[Seed] = []


def seed(
    side: str, kind: DifferenceKind, needs: str = "sent"
) -> Callable[[Callable[[World, int], str]], Any]:
    """Register a function as a seed."""

    def register(sow: Callable[[World, int], str]) -> Callable[[World, int], str]:
        SEEDS.append(Seed(sow.__name__, side, kind, needs, sow))
        return sow

    return register


def remote(world: World, order_id: int) -> Order:
    """The order at the warehouse."""
    [order] = world.shop.warehouse.floor.named([world.reference_of(order_id)])
    return order


def touched(world: World, order: Order) -> None:
    """Note that an order was changed at the warehouse."""
    state = world.shop.warehouse.state
    with state.lock:
        state.book.touch(order, state.now())


def set_in_ledger(world: World, order_id: int, columns: str, **values: Any) -> str:
    """Change an order's fulfillment order in the ledger; return its reference."""
    world.execute(
        f"UPDATE fulfillment_order SET {columns} WHERE order_id = :order_id", order_id=order_id, **values
    )
    return world.reference_of(order_id)


def set_copy(world: World, order_id: int, columns: str, **values: Any) -> str:
    """Let the ledger have another copy of the store's order."""
    reference = set_in_ledger(world, order_id, columns, **values)
    world.execute(
        "UPDATE sales_order SET content_hash = 'another' WHERE order_id = :order_id", order_id=order_id
    )
    return reference


def set_sent(world: World, order_id: int, path: str, value: object) -> str:
    """Let the ledger believe that it sent something else."""
    columns = "request = jsonb_set(request, CAST(:path AS text[]), CAST(:value AS jsonb))"
    return set_in_ledger(world, order_id, columns, path=path, value=json.dumps(value))


def set_package(world: World, order_id: int, columns: str, **values: Any) -> str:
    """Change the packages of an order in the ledger; return its reference."""
    world.execute(
        f"UPDATE package SET {columns} WHERE shipment_id IN (SELECT h.id FROM shipment h JOIN fulfillment_order f"
        " ON f.id = h.fulfillment_order_id WHERE f.order_id = :order_id)",
        order_id=order_id,
        **values,
    )
    return world.reference_of(order_id)


# Store and ledger


@seed(STORE, KIND.NOT_IMPORTED, "none")
def never_imported(world: World, _: int) -> str:
    [order_id] = world.place("single")
    return f"{order_id}/{world.shop.store.order(order_id)['ShipmentList'][0]['ShipmentID']}"


@seed(STORE, KIND.NOT_IMPORTED, "none")
def never_imported_and_old(world: World, _: int) -> str:
    old = datetime.now(UTC) - timedelta(days=20)
    order_id = world.place_at(old)
    return f"{order_id}/{world.shop.store.order(order_id)['ShipmentList'][0]['ShipmentID']}"


@seed(STORE, KIND.GONE_FROM_STORE)
def known_to_the_ledger_alone(world: World, order_id: int) -> str:
    for table in ("sales_order", "fulfillment_order"):
        world.execute(f"UPDATE {table} SET order_id = 9999001 WHERE order_id = :order_id", order_id=order_id)
    return "9999001"


@seed(STORE, KIND.STATUS)
def set_back_to_new_in_the_store(world: World, order_id: int) -> str:
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    return str(order_id)


@seed(STORE, KIND.STATUS)
def put_on_hold_in_the_store(world: World, order_id: int) -> str:
    world.shop.store.edit(order_id, OrderStatusID=HOLD)
    return str(order_id)


@seed(STORE, KIND.STATUS)
def held_by_a_person_in_the_ledger_alone(world: World, order_id: int) -> str:
    world.execute("UPDATE sales_order SET person_status = 6 WHERE order_id = :order_id", order_id=order_id)
    return str(order_id)


@seed(STORE, KIND.STATUS, "shipped")
def shipped_lost_in_the_store(world: World, order_id: int) -> str:
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    return str(order_id)


@seed(STORE, KIND.NOT_SHIPPED)
def set_to_shipped_in_the_store(world: World, order_id: int) -> str:
    world.shop.store.edit(order_id, OrderStatusID=SHIPPED)
    return str(order_id)


@seed(STORE, KIND.NOT_SHIPPED)
def set_to_partial_in_the_store(world: World, order_id: int) -> str:
    world.shop.store.edit(order_id, OrderStatusID=PARTIAL)
    return str(order_id)


@seed(STORE, KIND.NOT_POSTED)
def shipped_in_the_ledger_and_never_posted(world: World, order_id: int) -> str:
    world.ship(order_id)
    world.go("poll_tracking")
    return world.reference_of(order_id)


@seed(STORE, KIND.NOT_POSTED, "shipped")
def posted_as_partial_and_never_as_shipped(world: World, order_id: int) -> str:
    world.execute("UPDATE sales_order SET posted_status = 3 WHERE order_id = :order_id", order_id=order_id)
    world.shop.store.edit(order_id, OrderStatusID=PARTIAL)
    return str(order_id)


@seed(STORE, KIND.TRACKING, "shipped")
def tracking_removed_in_the_store(world: World, order_id: int) -> str:
    world.amend(order_id, shipment={"ShipmentTrackingCode": ""})
    return world.reference_of(order_id)


@seed(STORE, KIND.VOIDED, "shipped")
def voided_number_left_in_the_store(world: World, order_id: int) -> str:
    world.shop.warehouse.floor.void([remote(world, order_id)])
    return set_package(world, order_id, "voided_at = clock_timestamp(), posted_at = NULL")


@seed(STORE, KIND.LINES)
def another_sku_in_the_store(world: World, order_id: int) -> str:
    world.amend(order_id, line={"ItemID": "ANOTHER-1"})
    return world.reference_of(order_id)


@seed(STORE, KIND.LINES)
def another_sku_in_the_ledgers_copy(world: World, order_id: int) -> str:
    world.execute(
        "UPDATE fulfillment_line SET sku = 'ANOTHER-2' WHERE position = 0 AND fulfillment_order_id IN"
        " (SELECT id FROM fulfillment_order WHERE order_id = :order_id)",
        order_id=order_id,
    )
    return set_copy(world, order_id, "reason = reason")


@seed(STORE, KIND.QUANTITIES)
def another_quantity_in_the_store(world: World, order_id: int) -> str:
    world.amend(order_id, line={"ItemQuantity": 77.0})
    return world.reference_of(order_id)


@seed(STORE, KIND.QUANTITIES)
def another_quantity_in_the_ledgers_copy(world: World, order_id: int) -> str:
    world.execute(
        "UPDATE fulfillment_line SET quantity = 78 WHERE position = 0 AND fulfillment_order_id IN"
        " (SELECT id FROM fulfillment_order WHERE order_id = :order_id)",
        order_id=order_id,
    )
    return set_copy(world, order_id, "reason = reason")


@seed(STORE, KIND.ADDRESS)
def another_address_in_the_store(world: World, order_id: int) -> str:
    world.amend(order_id, shipment={"ShipmentAddress": "99 Another Road"})
    return world.reference_of(order_id)


@seed(STORE, KIND.ADDRESS)
def another_address_in_the_ledgers_copy(world: World, order_id: int) -> str:
    return set_copy(world, order_id, """ship_to = ship_to || '{"address1": "98 Another Road"}'""")


@seed(STORE, KIND.SHIP_METHOD)
def another_ship_method_in_the_store(world: World, order_id: int) -> str:
    world.amend(order_id, shipment={"ShipmentMethodName": "By Dragon"})
    return world.reference_of(order_id)


@seed(STORE, KIND.SHIP_METHOD)
def another_ship_method_in_the_ledgers_copy(world: World, order_id: int) -> str:
    return set_copy(world, order_id, "ship_method = 'By Unicorn'")


# Ledger and warehouse


@seed(WAREHOUSE, KIND.UNKNOWN_TO_WAREHOUSE)
def lost_by_the_warehouse(world: World, order_id: int) -> str:
    order, reference = remote(world, order_id), world.reference_of(order_id)
    with world.shop.warehouse.state.lock:
        world.shop.warehouse.state.book.rename(order, f"LOST {order_id}")
    touched(world, order)
    return reference


@seed(WAREHOUSE, KIND.UNKNOWN_TO_WAREHOUSE, "none")
def acknowledged_in_the_ledger_alone(world: World, _: int) -> str:
    [order_id] = world.place("single")
    world.go("import_orders")
    columns = "state = 'acknowledged', remote_id = '77', state_since = state_since - interval '1 s'"
    reference = set_in_ledger(world, order_id, columns)
    world.execute(
        "UPDATE sales_order SET posted_status = 2, posted_at = created_at WHERE order_id = :order_id",
        order_id=order_id,
    )
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    return reference


@seed(WAREHOUSE, KIND.NOT_IN_LEDGER)
def sent_by_nobody(world: World, order_id: int) -> str:
    order = remote(world, order_id)
    reference = f"{world.reference_of(order_id).partition('_')[0]}_8888001_0"
    posted = {
        **order.document,
        "referenceNum": reference,
        "customerIdentifier": {"id": order.customer.id},
        "facilityIdentifier": {"id": order.facility.id},
        "orderItems": [{"itemIdentifier": {"sku": line.item.sku}, "qty": 1} for line in order.lines],
    }
    world.shop.warehouse.desk.create(posted)
    return reference


@seed(WAREHOUSE, KIND.NOT_IN_LEDGER)
def forgotten_by_the_ledger(world: World, order_id: int) -> str:
    reference = world.reference_of(order_id)
    set_in_ledger(world, order_id, "reference = 'ZZZ_1_0', state = 'cancelled'")
    return reference


@seed(WAREHOUSE, KIND.STATUS)
def cancelled_at_the_warehouse(world: World, order_id: int) -> str:
    order = remote(world, order_id)
    world.shop.warehouse.desk.cancel(order, order.etag, {"reason": "by hand"})
    return world.reference_of(order_id)


@seed(WAREHOUSE, KIND.STATUS)
def cancelled_in_the_ledger_alone(world: World, order_id: int) -> str:
    return set_in_ledger(world, order_id, "state = 'cancelled'")


@seed(WAREHOUSE, KIND.STATUS)
def unsent_by_the_ledgers_account(world: World, order_id: int) -> str:
    return set_in_ledger(world, order_id, "state = 'held', reason = 'on hold', held_until = '2030-01-01'")


@seed(WAREHOUSE, KIND.NOT_POSTED)
def shipped_and_not_polled(world: World, order_id: int) -> str:
    world.ship(order_id)
    return world.reference_of(order_id)


@seed(WAREHOUSE, KIND.NOT_SHIPPED, "shipped")
def opened_again_after_it_was_posted(world: World, order_id: int) -> str:
    world.shop.warehouse.floor.void([remote(world, order_id)], reopen=True)
    return world.reference_of(order_id)


@seed(WAREHOUSE, KIND.TRACKING, "shipped")
def another_number_at_the_warehouse(world: World, order_id: int) -> str:
    order = remote(world, order_id)
    world.shop.warehouse.floor.correct([order], order.packages[0].tracking_number)
    return world.reference_of(order_id)


@seed(WAREHOUSE, KIND.TRACKING, "shipped")
def another_number_in_the_ledger(world: World, order_id: int) -> str:
    columns = "tracking = '1Z0000000000000000', posted_at = NULL, unfit_at = clock_timestamp()"
    return set_package(world, order_id, columns)


@seed(WAREHOUSE, KIND.VOIDED, "shipped")
def voided_at_the_warehouse(world: World, order_id: int) -> str:
    world.shop.warehouse.floor.void([remote(world, order_id)])
    return world.reference_of(order_id)


@seed(WAREHOUSE, KIND.VOIDED, "shipped")
def voided_in_the_ledger_alone(world: World, order_id: int) -> str:
    world.amend(order_id, shipment={"ShipmentTrackingCode": ""})
    return set_package(world, order_id, "voided_at = clock_timestamp(), posted_at = NULL, intended_at = NULL")


@seed(WAREHOUSE, KIND.LINES)
def another_sku_at_the_warehouse(world: World, order_id: int) -> str:
    order = remote(world, order_id)
    world.stock("OTHER-9")
    item = world.shop.warehouse.state.item(order.customer.id, "OTHER-9")
    assert item is not None
    order.lines[0].item = item
    touched(world, order)
    return world.reference_of(order_id)


@seed(WAREHOUSE, KIND.LINES)
def another_sku_was_sent(world: World, order_id: int) -> str:
    return set_sent(world, order_id, "{lines,0,sku}", "OTHER-8")


@seed(WAREHOUSE, KIND.QUANTITIES)
def another_quantity_at_the_warehouse(world: World, order_id: int) -> str:
    order = remote(world, order_id)
    order.lines[0].qty += Decimal(5)
    touched(world, order)
    return world.reference_of(order_id)


@seed(WAREHOUSE, KIND.QUANTITIES)
def another_quantity_was_sent(world: World, order_id: int) -> str:
    return set_sent(world, order_id, "{lines,0,quantity}", "66")


@seed(WAREHOUSE, KIND.ADDRESS)
def another_address_at_the_warehouse(world: World, order_id: int) -> str:
    order = remote(world, order_id)
    order.document["shipTo"] = {**order.document["shipTo"], "address1": "97 Another Road"}
    touched(world, order)
    return world.reference_of(order_id)


@seed(WAREHOUSE, KIND.ADDRESS)
def another_address_was_sent(world: World, order_id: int) -> str:
    return set_sent(world, order_id, "{ship_to,address1}", "96 Another Road")


@seed(WAREHOUSE, KIND.SHIP_METHOD)
def another_ship_method_at_the_warehouse(world: World, order_id: int) -> str:
    order = remote(world, order_id)
    order.document["routingInfo"] = {"carrier": "FedEx", "mode": "Overnight"}
    touched(world, order)
    return world.reference_of(order_id)


@seed(WAREHOUSE, KIND.SHIP_METHOD)
def another_ship_method_was_sent(world: World, order_id: int) -> str:
    return set_sent(world, order_id, "{ship_method,carrier}", "USPS")


@seed(WAREHOUSE, KIND.CARRIER, "shipped")
def another_carrier_at_the_warehouse(world: World, order_id: int) -> str:
    order = remote(world, order_id)
    order.document["routingInfo"] = {"carrier": "FedEx", "mode": "Ground"}
    touched(world, order)
    return world.reference_of(order_id)


@seed(WAREHOUSE, KIND.CARRIER, "shipped")
def another_carrier_in_the_ledger(world: World, order_id: int) -> str:
    return set_package(world, order_id, "carrier = 'Pigeon'")

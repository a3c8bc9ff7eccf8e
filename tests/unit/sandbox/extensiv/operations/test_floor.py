"""Stock and journal through ship, void, split and cancel: nothing is lost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from cartage_sandbox.extensiv.data.model import Status

if TYPE_CHECKING:
    from tests.unit.sandbox.extensiv.conftest import Warehouse

Stock = tuple[int, int, int, int]


def stock(warehouse: Warehouse, sku: str = "MUG") -> Stock:
    """Return on hand, allocated, ordered but not allocated, shipped."""
    item = warehouse.emulator.state.item(12, sku)
    assert item is not None
    counts = (item.on_hand, item.allocated, item.ordered_not_allocated, item.shipped)
    return (int(counts[0]), int(counts[1]), int(counts[2]), int(counts[3]))


def effects(warehouse: Warehouse) -> list[str]:
    return [entry["kind"] for entry in warehouse.emulator.journal.entries()]


def test_an_order_allocates_the_available_stock_and_waits_for_the_rest(warehouse: Warehouse) -> None:
    order = warehouse.accept("A1", MUG=12)
    assert stock(warehouse) == (10, 10, 2, 0)
    assert not order.fully_allocated


def test_shipping_removes_the_stock(warehouse: Warehouse) -> None:
    warehouse.emulator.floor.ship([warehouse.accept("A1", MUG=4)])
    assert stock(warehouse) == (6, 0, 0, 4)
    assert effects(warehouse) == ["order.created", "order.shipped"]


def test_a_void_that_reopens_the_order_returns_the_stock(warehouse: Warehouse) -> None:
    order = warehouse.accept("A1", MUG=4)
    warehouse.emulator.floor.ship([order])
    warehouse.emulator.floor.void([order], reopen=True)
    assert stock(warehouse) == (10, 4, 0, 0)
    warehouse.emulator.floor.ship([order])
    assert stock(warehouse) == (6, 0, 0, 4)


@pytest.mark.parametrize("original", ["renamed", "kept", "cancelled"])
def test_a_split_moves_allocations_and_loses_none(warehouse: Warehouse, original: str) -> None:
    warehouse.emulator.rules.update({"split_original": original})
    parts = warehouse.emulator.floor.split(warehouse.accept("A1", MUG=12), 2)
    assert stock(warehouse) == (10, 10, 2, 0)
    assert [part.lines[0].qty for part in parts] == [Decimal(6), Decimal(6)]
    warehouse.emulator.floor.ship(parts)
    assert stock(warehouse) == (0, 0, 0, 12)


@pytest.mark.parametrize("state", [Status.CLOSED, Status.CANCELED])
def test_an_order_that_is_not_open_is_neither_split_nor_shipped(warehouse: Warehouse, state: Status) -> None:
    order = warehouse.accept("A1")
    order.status = state
    assert warehouse.emulator.floor.split(order) == []
    assert warehouse.emulator.floor.ship([order]) == []
    assert effects(warehouse) == ["order.created"]


def test_only_the_post_counts_as_created_for_any_number_of_parts(warehouse: Warehouse) -> None:
    warehouse.emulator.floor.split(warehouse.accept("A1", MUG=9), 3)
    assert warehouse.emulator.journal.count_by_key("order.created") == {"A1": 1}
    assert warehouse.emulator.state.accepted == {"A1": 1}


def test_the_same_seed_gives_the_same_tracking_numbers(warehouse: Warehouse) -> None:
    again = type(warehouse)()
    numbers = [
        [package.tracking_number for package in order.packages]
        for each in (warehouse, again)
        for order in each.emulator.floor.ship([each.accept("A1")])
    ]
    assert numbers[0] == numbers[1]


def test_automatic_shipping_includes_orders_from_before_the_rule_was_set(warehouse: Warehouse) -> None:
    order = warehouse.accept("A1")
    warehouse.clock.advance(100)
    warehouse.emulator.floor.settle()
    assert order.packages == []
    warehouse.emulator.rules.update({"auto_ship_seconds": 60, "auto_ship_multi_share": 1.0})
    warehouse.emulator.floor.settle()
    assert order.is_closed
    assert len(order.packages) == 2

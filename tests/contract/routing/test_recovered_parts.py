"""A restored ledger that divided orders before it asked the warehouses, which have them otherwise."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cartage.lifecycle.parts import Piece, divide_group
from cartage.lifecycle.transitions import By
from cartage.validation.repo.holds import hold_order
from tests.contract.divided import (
    PartSeen,
    by_line,
    due_again,
    forget_parts,
    order_of,
    parts_of,
    restored_an_hour_ago,
    set_lines,
    units_of_parts,
)
from tests.contract.two_warehouses import EAST, TwoWarehouses
from tests.contract.world import NEW, ORDERS_STAGES, PROCESSING

SKUS = ("MUG", "PAN", "TEA")
DROPPED: list[dict[str, Any]] = [{"name": "drop", "when": {"skus": ["PAN"]}, "nobody": True}]


@pytest.fixture
def forgotten(two: TwoWarehouses) -> int:
    """Return an order that the east has whole; the ledger is older than that, and now has rules that divide it."""
    return whole_in_the_east(two, MUG=2, PAN=1)


def whole_in_the_east(two: TwoWarehouses, **units: int) -> int:
    """Send an order whole, and let the ledger forget that."""
    two.put_in_both(*SKUS)
    two.settings["routing"] = []
    order_id = order_of(two, **units)
    two.go(*ORDERS_STAGES)
    [row] = two.rows("SELECT sales_order_id FROM fulfillment_order")
    forget_parts(two, row.sales_order_id)
    two.settings["routing"] = by_line()
    restored_an_hour_ago(two)
    return order_id


def hold(two: TwoWarehouses, part: PartSeen) -> None:
    """Let a person hold a part."""
    kim, day = By("Kim", "test"), timedelta(days=1)
    with two.ledger.begin() as connection:
        hold_order(connection, "demo", part.reference, reason="look", owner="Kim", lasting=day, by=kim)


def part_with(two: TwoWarehouses, order_id: int, sku: str) -> PartSeen:
    """Return the part that has the order's line of a SKU."""
    [found] = [part for part in parts_of(two, order_id) if sku in part.units]
    return found


def only_there(two: TwoWarehouses, *skus: str) -> None:
    """Let the east have no other lines of its one order than these."""
    with two.shop.warehouse.state.lock:
        [there] = two.shop.warehouse.state.book
        there.lines[:] = [line for line in there.lines if line.item.sku in skus]


def test_what_a_warehouse_has_whole_is_whole_again(two: TwoWarehouses, forgotten: int) -> None:
    sent = two.sent()
    two.go("validate_mappings")
    assert [part.units for part in parts_of(two, forgotten)] == [{"MUG": 2}, {"PAN": 1}]
    for _ in range(3):
        two.go(*ORDERS_STAGES)
    [whole] = parts_of(two, forgotten)
    assert (whole.warehouse, whole.state, whole.units) == (EAST, "acknowledged", {"MUG": 2, "PAN": 1})
    assert two.sent() == sent
    assert two.store_status(forgotten) == PROCESSING


def test_a_part_is_not_sent_before_the_others_are_asked_for(two: TwoWarehouses, forgotten: int) -> None:
    """The survey leaves orders with the import status to this: the east has nothing under its own part's reference."""
    sent = two.sent()
    two.shop.store.edit(forgotten, OrderStatusID=NEW)
    two.execute("UPDATE lane_state SET surveyed_at = now()")
    two.go("import_orders", "validate_mappings")
    assert [part.units for part in parts_of(two, forgotten)] == [{"MUG": 2}, {"PAN": 1}]
    two.go("settle_outcomes", "transfer_to_warehouse")
    assert two.sent() == sent
    assert units_of_parts(two, forgotten) == {"MUG": 2, "PAN": 1}
    assert [part.state for part in parts_of(two, forgotten)] == ["acknowledged"]


@pytest.mark.parametrize("aside", ["held", "skipped"])
def test_a_part_that_was_set_aside_is_not_sent_later(two: TwoWarehouses, forgotten: int, aside: str) -> None:
    sent = two.sent()
    if aside == "skipped":
        two.settings["routing"] = [*DROPPED, *by_line()]
    two.go("validate_mappings")
    if aside == "held":
        hold(two, part_with(two, forgotten, "PAN"))
        two.go("validate_mappings")
    assert part_with(two, forgotten, "PAN").state == aside
    two.go("import_orders")
    [whole] = parts_of(two, forgotten)
    assert (whole.warehouse, whole.state, whole.units) == (EAST, "acknowledged", {"MUG": 2, "PAN": 1})
    two.settings["routing"] = by_line()
    two.execute("UPDATE hold SET released_at = now(), released_by = 'Kim'")
    for _ in range(3):
        two.go(*ORDERS_STAGES)
    assert two.sent() == sent


def test_a_part_that_no_warehouse_has_stays_as_it_was(two: TwoWarehouses, forgotten: int) -> None:
    """The east has the mugs alone: the pans were added since, and are held."""
    only_there(two, "MUG")
    two.go("validate_mappings")
    pans = part_with(two, forgotten, "PAN")
    hold(two, pans)
    for _ in range(3):
        due_again(two)
        two.go(*ORDERS_STAGES)
    assert {part.part: (part.state, part.units) for part in parts_of(two, forgotten)} == {
        0: ("acknowledged", {"MUG": 2}),
        pans.part: ("held", {"PAN": 1}),
    }


def test_what_a_person_skipped_stays_out_although_a_warehouse_has_lines_of_another_part(
    two: TwoWarehouses,
) -> None:
    order_id = whole_in_the_east(two, MUG=2, PAN=1, TEA=1)
    only_there(two, "MUG", "PAN")
    two.settings["routing"] = [{"name": "drop", "when": {"skus": ["TEA"]}, "nobody": True}, *by_line()]
    two.go("validate_mappings")
    two.execute("UPDATE fulfillment_order SET reason = 'sold over the counter' WHERE state = 'skipped'")
    hold(two, part_with(two, order_id, "PAN"))
    two.settings["routing"] = by_line()
    two.go("import_orders")
    teas = part_with(two, order_id, "TEA")
    assert (teas.state, teas.reason) == ("skipped", "sold over the counter")
    assert part_with(two, order_id, "PAN").state == part_with(two, order_id, "MUG").state == "acknowledged"


def test_an_edited_order_of_a_restored_ledger_is_sent_again(two: TwoWarehouses, forgotten: int) -> None:
    """The ledger does not know that it wrote the status Processing: no person has taken the order out."""
    two.settings |= {"routing": [], "changes": {"edited": "resend"}}
    set_lines(two, forgotten, MUG=3, PAN=1)
    for _ in range(3):
        due_again(two)
        two.go(*ORDERS_STAGES)
    [again] = parts_of(two, forgotten)
    assert (again.state, again.units) == ("acknowledged", {"MUG": 3, "PAN": 1})
    assert sorted(two.sent()[EAST].values()) == [1, 1], "the first was cancelled there"
    assert two.store_status(forgotten) == PROCESSING


def test_a_part_forgets_the_request_for_lines_that_it_no_longer_has(two: TwoWarehouses) -> None:
    """Otherwise what has shipped would be compared with what was never sent."""
    two.put_in_both(*SKUS)
    two.settings["routing"] = []
    order_of(two, MUG=2, PAN=1)
    two.go("import_orders", "validate_mappings")
    [row] = two.rows("SELECT id, sales_order_id FROM fulfillment_order WHERE request IS NOT NULL")
    pieces = [Piece({0: Decimal(2)}, row.id), Piece({1: Decimal(1)})]
    with two.ledger.begin() as connection:
        divide_group(connection, "A0K", [row.id], pieces, By("test", "test"))
    assert [each.request for each in two.rows("SELECT request FROM fulfillment_order")] == [None, None]

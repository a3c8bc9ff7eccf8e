"""What several warehouses can fill is added up, less what is sold."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cartage.inventory.availability import (
    Buffer,
    Entry,
    LeftOut,
    Shelf,
    StockOnHand,
    Units,
    UnitsOf,
    reservations,
    same_sku,
    target,
)
from cartage.inventory.several import WarehouseShelf, reserve_open, target_of_all


def entry(sku: str) -> Entry:
    return Entry(1, sku, Decimal(0))


def shelf(name: str, units_of: UnitsOf = same_sku, **levels: int) -> WarehouseShelf:
    return WarehouseShelf(
        name, Shelf([StockOnHand(sku, Decimal(many)) for sku, many in levels.items()]), units_of
    )


def test_the_sum_is_shown() -> None:
    shelves = [shelf("east", MUG=3), shelf("west", MUG=4)]
    reserve_open(shelves, {}, {}, {})
    assert target_of_all(entry("MUG"), shelves, 100) == 7
    assert target_of_all(entry("MUG"), shelves, 50) == 3


def test_a_warehouse_that_does_not_know_a_sku_adds_nothing_and_none_at_all_leaves_it_out() -> None:
    shelves = [shelf("east", MUG=3), shelf("west", PAN=4)]
    reserve_open(shelves, {}, {}, {})
    assert target_of_all(entry("MUG"), shelves, 100) == 3
    assert target_of_all(entry("POT"), shelves, 100) is LeftOut.NOT_AT_WAREHOUSE


def test_a_kit_counts_where_one_warehouse_has_all_of_it() -> None:
    def kit(_: str) -> Units:
        return {"CUP": Decimal(1), "LID": Decimal(1)}

    shelves = [shelf("east", kit, CUP=5, LID=0), shelf("west", kit, CUP=0, LID=5)]
    reserve_open(shelves, {}, {}, {})
    assert target_of_all(entry("KIT"), shelves, 100) == 0


def test_each_warehouse_keeps_its_buffer_back() -> None:
    east = WarehouseShelf(
        "east", Shelf([StockOnHand("MUG", Decimal(3))], [Buffer("*", Decimal(2))]), same_sku
    )
    shelves = [east, shelf("west", MUG=4)]
    reserve_open(shelves, {}, {}, {})
    assert target_of_all(entry("MUG"), shelves, 100) == 5


def test_what_has_a_warehouse_is_taken_from_it_although_it_owes_more_than_it_has() -> None:
    shelves = [shelf("east", MUG=3), shelf("west", MUG=4)]
    reserve_open(shelves, {"MUG": Decimal(5)}, {"east": {"MUG": Decimal(5)}}, {})
    assert target_of_all(entry("MUG"), shelves, 100) == 4


def test_what_has_no_warehouse_yet_is_taken_from_whichever_can_fill_it() -> None:
    shelves = [shelf("east", MUG=3), shelf("west", MUG=4)]
    reserve_open(shelves, {"MUG": Decimal(5)}, {}, {})
    assert target_of_all(entry("MUG"), shelves, 100) == 2


def test_what_another_store_sold_is_taken_once() -> None:
    shelves = [shelf("east", MUG=3), shelf("west", MUG=4)]
    reserve_open(shelves, {}, {}, {"MUG": Decimal(2)})
    assert target_of_all(entry("MUG"), shelves, 100) == 5


def test_a_warehouse_counts_for_what_the_rules_can_send_to_it() -> None:
    east, west = shelf("east", MUG=3, ICE=5), shelf("west", MUG=4, ICE=7)
    west.ships = lambda sku: sku != "ICE"
    reserve_open([east, west], {"ICE": Decimal(2)}, {}, {})
    assert target_of_all(entry("MUG"), [east, west], 100) == 7
    assert target_of_all(entry("ICE"), [east, west], 100) == 3
    assert target_of_all(entry("ICE"), [west], 100) is LeftOut.NOT_ROUTED
    assert target_of_all(entry("POT"), [west, east], 100) is LeftOut.NOT_AT_WAREHOUSE


QUANTITIES = st.dictionaries(st.sampled_from(["A", "B", "a", "C"]), st.integers(0, 20), max_size=4)


@given(QUANTITIES, QUANTITIES, QUANTITIES)
def test_one_warehouse_counts_as_it_did_alone(
    levels: dict[str, int], sold: dict[str, int], elsewhere: dict[str, int]
) -> None:
    units = {sku: Decimal(many) for sku, many in sold.items()}
    others = {sku: Decimal(many) for sku, many in elsewhere.items()}
    alone = WarehouseShelf(
        "", Shelf([StockOnHand(sku, Decimal(many)) for sku, many in levels.items()]), same_sku
    )
    reserve_open([alone], units, {}, others)
    reserved = reservations(units, same_sku, alone.shelf)
    for sku, many in reservations(others, same_sku, alone.shelf).items():
        reserved[sku] = reserved.get(sku, Decimal(0)) + many
    for sku in ("A", "B", "C"):
        assert target_of_all(entry(sku), [alone], 100) == target(
            entry(sku), same_sku(sku), alone.shelf, reserved
        )


@given(st.lists(st.integers(0, 9), min_size=1, max_size=4), st.integers(0, 40))
def test_no_more_is_shown_than_there_is_less_what_is_sold(levels: list[int], sold: int) -> None:
    shelves = [shelf(f"w{place}", MUG=many) for place, many in enumerate(levels)]
    reserve_open(shelves, {"MUG": Decimal(sold)}, {}, {})
    assert target_of_all(entry("MUG"), shelves, 100) == max(sum(levels) - sold, 0)

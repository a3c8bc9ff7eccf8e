"""The arithmetic of availability."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.inventory.availability import (
    Buffer,
    Entry,
    LeftOut,
    Shelf,
    StockOnHand,
    reservations,
    same_sku,
    target,
)

NO_BUFFER: tuple[Buffer, ...] = ()


def shelf(levels: dict[str, int], buffers: tuple[Buffer, ...] = NO_BUFFER, ordered: int = 0) -> Shelf:
    return Shelf(
        [StockOnHand(sku, Decimal(units), Decimal(ordered)) for sku, units in levels.items()], buffers
    )


def entry(sku: str = "MUG") -> Entry:
    return Entry(14, sku, Decimal(0))


def says(
    found: Shelf, sku: str = "MUG", units: dict[str, int] | None = None, **reserved: int
) -> int | LeftOut:
    taken = {part: Decimal(each) for part, each in units.items()} if units is not None else same_sku(sku)
    return target(entry(sku), taken, found, {name: Decimal(many) for name, many in reserved.items()})


def test_open_units_and_buffers_are_not_for_sale() -> None:
    found = shelf({"MUG": 20}, (Buffer("M*", Decimal(2)), Buffer("MUG", Decimal(9))), ordered=3)
    assert says(found, MUG=4) == 20 - 3 - 4 - 2


def test_it_is_never_below_zero_and_never_a_part_of_a_unit() -> None:
    assert says(shelf({"MUG": 3}), MUG=5) == 0
    assert target(entry(), {"MUG": Decimal("0.4")}, shelf({"MUG": 1}), {}) == 2


def test_skus_are_found_exactly_then_without_letter_case_and_ambiguous_ones_are_left_out() -> None:
    assert says(shelf({"mug ": 3})) == 3
    assert says(shelf({"MUG": 3, "mug": 9})) == 3
    assert says(shelf({"Mug": 3, "mug": 9})) is LeftOut.AMBIGUOUS
    assert says(shelf({"CUP": 3})) is LeftOut.NOT_AT_WAREHOUSE
    assert says(shelf({"": 3}), "") is LeftOut.NO_SKU


def test_a_kit_has_what_its_scarcest_component_allows_less_its_own_buffer() -> None:
    found = shelf({"MUG": 9, "SPOON": 7}, (Buffer("SET", Decimal(1)), Buffer("SPOON", Decimal(2))))
    assert says(found, "SET", {"MUG": 2, "SPOON": 1}) == 3
    assert says(found, "SET", {"MUG": 2, "FORK": 1}) is LeftOut.NOT_AT_WAREHOUSE
    assert says(found, "SET", {}) is LeftOut.UNCLEAR_KIT


def test_an_alias_and_a_pack_count_in_the_warehouses_units() -> None:
    assert says(shelf({"WH-1": 25}), "MUG-12", {"WH-1": 12}) == 2


def test_open_orders_reserve_in_the_warehouses_units_and_of_every_sku_that_may_match() -> None:
    units = {"SET": {"MUG": Decimal(2), "SPOON": Decimal(1)}}
    found = shelf({"mug": 9, "Mug": 9, "SPOON": 7})
    reserved = reservations(
        {"SET": Decimal(3), "SPOON": Decimal(1), "ELSEWHERE": Decimal(5)},
        lambda sku: units.get(sku, same_sku(sku)),
        found,
    )
    assert reserved == {"mug": 6, "Mug": 6, "SPOON": 4}


@pytest.mark.parametrize("code", ["", "61-64"])
def test_an_entry_is_the_same_whatever_its_code_is_today(code: str) -> None:
    entry, other = Entry(14, "Mug-L", Decimal(0), code), Entry(14, "mug-l ", Decimal(5), code and "99-98")
    assert entry.key == other.key


@given(
    st.dictionaries(st.sampled_from("ABC"), st.integers(0, 40), min_size=3),
    st.dictionaries(st.sampled_from(("A", "B", "C", "KIT")), st.integers(0, 20)),
)
def test_everything_that_is_shown_can_be_filled_in_addition_to_what_is_open(
    levels: dict[str, int], open_units: dict[str, int]
) -> None:
    kit = {"A": Decimal(2), "B": Decimal(1)}
    found = shelf(levels)

    def units_of(sku: str) -> dict[str, Decimal]:
        return kit if sku == "KIT" else {sku: Decimal(1)}

    reserved = reservations({sku: Decimal(many) for sku, many in open_units.items()}, units_of, found)
    for sku in ("A", "B", "C", "KIT"):
        shown = target(entry(sku), units_of(sku), found, reserved)
        assert isinstance(shown, int)
        for part, each in units_of(sku).items():
            assert shown == 0 or shown * each + reserved.get(part, 0) <= levels[part]


def test_a_share_is_taken_of_what_is_left_and_rounded_down() -> None:
    found = shelf({"MUG": 20}, (Buffer("MUG", Decimal(3)),))
    shown = [target(entry(), same_sku("MUG"), found, {"MUG": Decimal(4)}, share) for share in (100, 50, 7)]
    assert shown == [13, 6, 0]

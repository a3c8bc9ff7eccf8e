"""The 846: stock that is whole or not, and never zero because of what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from cartage.warehouses.files.formats import ReadFile
from tests.unit.warehouses.files.x12.helpers import SAMPLES, from_partner, read

FULL: dict[str, Any] = {"stock": {"snapshot": "full"}}


def stock(*details: str, purpose: str = "00", count: int | None = None, **changes: Any) -> ReadFile:
    items = sum(row.startswith("LIN*") for row in details)
    begin = f"BIA*{purpose}*SI*1*20261103"
    end = f"CTT*{items if count is None else count}"
    return read(from_partner([("846", [begin, *details, end])], "IB"), **changes)


def levels(found: ReadFile) -> dict[str, tuple[int, int]]:
    return {each.sku: (int(each.available), int(each.on_hand)) for each in found.stock}


@pytest.mark.parametrize(
    ("quantities", "level"),
    [
        (("QTY*33*7*EA", "QTY*17*9*EA"), (7, 9)),
        (("QTY*33*7",), (7, 7)),
        (("QTY*17*9",), (9, 9)),
        (("QTY*17*9", "QTY*QH*2"), (7, 9)),
        (("QTY*33*7", "QTY*QH*2"), (7, 9)),
        (("QTY*33*3", "QTY*33*4"), (7, 7)),
        (("QTY*33*-4",), (-4, -4)),
        (("QTY*33*7*EA>1", "QTY*63*100"), (7, 7)),
    ],
)
def test_quantities_are_what_their_qualifiers_say(
    quantities: tuple[str, ...], level: tuple[int, int]
) -> None:
    assert levels(stock("LIN**SK*MUG", *quantities)) == {"MUG": level}


@pytest.mark.parametrize(
    ("quantities", "allocated", "on_hand_only"),
    [
        (("QTY*33*7", "QTY*17*9"), [], False),
        (("QTY*17*9", "QTY*QH*2"), [], True),
        (("QTY*17*9", "QTY*QC*2"), ["QC"], False),
        (("QTY*17*9",), ["QC"], False),
    ],
)
def test_what_is_on_hand_alone_has_what_orders_will_take(
    quantities: tuple[str, ...], allocated: list[str], on_hand_only: bool
) -> None:
    [level] = stock("LIN**SK*MUG", *quantities, stock={"allocated": allocated}).stock
    assert level.on_hand_only is on_hand_only


def test_other_qualifiers_are_those_of_the_settings() -> None:
    found = stock("LIN**SK*MUG", "QTY*QA*7", "QTY*OH*9", stock={"available": ["QA"], "on_hand": ["OH"]})
    assert levels(found) == {"MUG": (7, 9)}


def test_lots_of_an_item_are_added_up() -> None:
    assert levels(stock("LIN*1*SK*MUG", "QTY*33*7", "LIN*2*SK*MUG", "QTY*33*5")) == {"MUG": (12, 12)}


@pytest.mark.parametrize(
    ("snapshot", "purpose", "full"),
    [
        ("full", "04", True),
        ("change", "00", False),
        ("purpose", "00", True),
        ("purpose", "05", True),
        ("purpose", "25", False),
        ("purpose", "", False),
    ],
)
def test_whether_a_file_is_whole_is_a_setting_or_its_purpose(snapshot: str, purpose: str, full: bool) -> None:
    found = stock("LIN**SK*MUG", "QTY*33*7", purpose=purpose, stock={"snapshot": snapshot})
    assert found.stock_full is full


@pytest.mark.parametrize(
    ("quantity", "what"),
    [
        ("QTY*33*many", "QTY-02: not a number"),
        ("QTY*33*", "QTY-02: no quantity"),
        ("QTY*33*1E5", "QTY-02: not a number"),
        ("QTY*33*7*CA", "QTY-03: cases, and packs does not say how many pieces a case has"),
        ("QTY*99*7", "QTY: no quantity with a qualifier of available or on_hand"),
        ("DTM*405*20261103", "QTY: no quantity with a qualifier of available or on_hand"),
    ],
)
def test_an_item_that_cannot_be_read_costs_no_other_and_the_file_is_not_whole(
    quantity: str, what: str
) -> None:
    found = stock("LIN**SK*MUG", quantity, "LIN**SK*TEA", "QTY*33*5", **FULL)
    assert levels(found) == {"TEA": (5, 5)}
    assert [(row.name, row.what) for row in found.unreadable] == [("MUG", what)]
    assert not found.stock_full


def test_a_file_with_fewer_items_than_it_says_is_held_unless_a_person_releases_it() -> None:
    found = stock("LIN**SK*MUG", "QTY*33*7", count=2, **FULL)
    (kept,) = found.quarantined
    assert kept.reason == "CTT01 says 2, but there are 1 items: a part of the stock may be missing"
    assert not found.stock and not found.stock_full
    assert read(kept.content, released=True, **FULL).stock
    assert stock("LIN**SK*MUG", "QTY*33*7", count=2, lenient=["ctt01"], **FULL).stock_full


def test_a_whole_file_without_any_item_never_empties_the_store() -> None:
    found = stock(**FULL)
    assert [kept.reason for kept in found.quarantined] == [
        "it names no item, and would leave nothing in stock"
    ]
    assert not stock(lenient=["ctt01"], **FULL).stock_full
    assert not stock().quarantined


def test_no_file_that_is_cut_off_is_whole() -> None:
    content = (SAMPLES / "846_full.edi").read_bytes()
    settings: dict[str, Any] = {"items": {"packs": {"POT-BLUE": 6}}, **FULL}
    everything = {each.sku for each in read(content, **settings).stock}
    assert len(everything) == 3
    cut = [read(content[:length], **settings) for length in range(len(content))]
    assert any(found.quarantined for found in cut)
    assert all({each.sku for each in found.stock} == everything for found in cut if found.stock_full)


def test_a_file_of_several_sets_is_whole_if_all_of_them_are() -> None:
    def two(purpose: str) -> ReadFile:
        first = ["BIA*00*SI*1*20261103*0700", "LIN**SK*MUG", "QTY*33*7"]
        second = [f"BIA*{purpose}*SI*2*20261103*0600", "LIN**SK*TEA", "QTY*33*5"]
        return read(from_partner([("846", first), ("846", second)], "IB"), stock={"snapshot": "purpose"})

    assert two("00").stock_full and not two("25").stock_full
    assert levels(two("00")) == {"MUG": (7, 7), "TEA": (5, 5)}
    as_of = two("00").stock_as_of
    assert as_of is not None and as_of.isoformat() == "2026-11-03T06:00:00+00:00"


def test_a_file_of_which_a_set_is_held_is_not_whole() -> None:
    first = ["BIA*00*SI*1*20261103", "LIN**SK*MUG", "QTY*33*7"]
    second = ["BIA*00*SI*2*20261103", "LIN**SK*TEA", "QTY*33*5"]
    sets = [("846", first), ("846", second)]
    assert read(from_partner(sets, "IB"), **FULL).stock_full
    held = read(from_partner(sets, "IB", SE01="9"), **FULL)
    assert levels(held) == {"MUG": (7, 7)}
    assert held.quarantined and not held.stock_full

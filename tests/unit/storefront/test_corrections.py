"""What a correction changes, what of it the store lacks, and how the store's copy was before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cartage.model.orders import Address, ShipGroup
from cartage.storefront.corrections import Correction, correction_body, undo_correction

COPY = ShipGroup(
    0,
    Address(name="Ann Example", address1="1 Elm St", city="Troy", zip_code="12180", country="US"),
    "Ground",
    (),
)


def changed(group: ShipGroup = COPY, method: str = "", **address: Any) -> ShipGroup:
    return replace(
        group,
        ship_to=replace(group.ship_to, **address),
        ship_method=method or group.ship_method,
        tracking="1Z",
    )


def correction(after: ShipGroup, *written: ShipGroup) -> Correction:
    return Correction.of(COPY, after.ship_to, after.ship_method, written)


def test_only_what_was_corrected_is_written() -> None:
    plan = correction(changed(city="Albany", address2="Apt 4")).plan(COPY)
    assert plan.write == {"city": "Albany", "address2": "Apt 4"}
    assert not plan.is_done
    assert (plan.overtaken, plan.unfit) == ((), ())


def test_what_the_store_shows_already_is_done() -> None:
    plan = correction(changed(city="Albany")).plan(changed(city="Albany", phone="1"))
    assert plan.is_done


def test_a_field_that_somebody_changed_in_the_store_is_overtaken() -> None:
    plan = correction(changed(city="Albany", zip_code="12207")).plan(changed(city="Boston"))
    assert plan.overtaken == ("city",)
    assert plan.write == {"city": "Albany", "zip_code": "12207"}


def test_a_second_correction_replaces_the_first_which_the_store_shows() -> None:
    first, second = changed(city="Albany"), changed(city="Boston")
    assert correction(second, first).plan(first).write == {"city": "Boston"}
    assert correction(second, first).plan(first).overtaken == ()
    back = correction(COPY, first).plan(first)
    assert (back.write, back.overtaken) == ({"city": "Troy"}, ())


@pytest.mark.parametrize(
    ("name", "text", "fits"),
    [
        ("city", "x" * 50, True),
        ("city", "x" * 51, False),
        ("address1", "x" * 255, True),
        ("zip_code", "x" * 21, False),
        ("name", f"{'x' * 100} {'y' * 50}", True),
        ("name", f"Ann {'y' * 51}", False),
    ],
)
def test_a_text_that_the_store_has_no_room_for_is_unfit(name: str, text: str, *, fits: bool) -> None:
    plan = correction(changed(COPY, **{name: text})).plan(COPY)
    assert plan.write == {name: text}
    assert plan.unfit == (() if fits else (name,))


def test_a_ship_method_is_compared_in_the_stores_characters() -> None:
    wanted = correction(changed(method="2nd Day Air®"))
    assert wanted.plan(COPY).write == {"ship_method": "2nd Day Air®"}
    assert correction_body({"ship_method": "2nd Day Air®"}) == {"ShipmentMethodName": "2nd Day Air"}
    assert wanted.plan(changed(method="2nd Day Air")).is_done
    assert correction(changed(method="®™")).plan(COPY).unfit == ("ship_method",)


def test_a_name_is_written_in_two_fields_and_an_empty_text_empties_its_field() -> None:
    assert correction_body({"name": "Ann Maria Example", "address2": ""}) == {
        "ShipmentFirstName": "Ann Maria",
        "ShipmentLastName": "Example",
        "ShipmentAddress2": "",
    }


def test_a_correction_is_undone_where_the_store_shows_all_of_it() -> None:
    first, second = changed(city="Albany"), changed(city="Boston", method="Air")
    assert undo_correction(changed(first, phone="1"), COPY, [first, second]) == changed(COPY, phone="1")
    assert undo_correction(second, COPY, [first, second]) == changed(COPY)
    half = changed(city="Boston")
    assert undo_correction(half, COPY, [first, second]) == half
    assert undo_correction(COPY, COPY, [first]) == COPY

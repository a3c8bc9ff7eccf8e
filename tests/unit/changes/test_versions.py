"""What counts as another version of a ship group, and how the difference is described."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cartage.changes.versions import Version, differences
from cartage.model.orders import Address

HOME = Address(
    name="Ann Lee", address1="1 Main Street", city="Erie", zip_code="16501", country="US", email="a@b.c"
)
SENT = Version.of(HOME, "Ground", [("MUG", Decimal(1)), ("CUP", Decimal(2))])


def test_the_same_content_in_another_order_and_in_several_lines_is_no_difference() -> None:
    lines = [("CUP", Decimal(1)), ("MUG", Decimal("1.00")), ("CUP", Decimal(1))]
    assert differences(SENT, Version.of(HOME, "Ground", lines)) == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([("MUG", Decimal(3)), ("CUP", Decimal(2))], "SKU MUG: 1 sent, 3 now"),
        ([("CUP", Decimal(2))], "SKU MUG: 1 sent, none now"),
        ([("MUG", Decimal(1)), ("CUP", Decimal(2)), ("POT", Decimal(10))], "SKU POT: none sent, 10 now"),
    ],
)
def test_lines_that_differ_are_named_by_sku_and_quantity(lines: list[tuple[str, Decimal]], said: str) -> None:
    assert differences(SENT, Version.of(HOME, "Ground", lines)) == [said]


def test_an_address_that_differs_is_named_by_its_fields_and_not_by_its_content() -> None:
    [said] = differences(SENT, replace(SENT, ship_to=replace(HOME, city="Lima", zip_code="45801")))
    assert said == "ship-to address (city, zip_code)"


@pytest.mark.parametrize(
    "spelling",
    [
        {"country": "USA"},
        {"zip_code": "16501-0001"},
        {"name": "ANN LEE", "address1": "1 main street."},
        {"city": "Érie"},
    ],
)
def test_another_spelling_of_an_address_is_no_difference(spelling: dict[str, str]) -> None:
    assert differences(SENT, replace(SENT, ship_to=replace(HOME, **spelling))) == []


def test_the_buyers_email_address_is_no_difference() -> None:
    assert differences(SENT, replace(SENT, ship_to=replace(HOME, email="new@b.c"))) == []


def test_a_ship_method_counts_only_while_it_is_the_buyers() -> None:
    now = replace(SENT, ship_method="Express")
    assert differences(SENT, now) == ["ship method"]
    assert differences(SENT, now, with_method=False) == []


def test_a_document_has_quantities_as_text() -> None:
    assert SENT.document()["lines"] == {"CUP": "2", "MUG": "1"}


def test_another_engraving_is_named_by_its_sku_and_not_by_its_text() -> None:
    engraved = replace(SENT, options=(("MUG", "Engraving: For Ann"),))
    assert differences(engraved, engraved) == []
    for other in (SENT, replace(SENT, options=(("MUG", "Engraving: For Bob"),))):
        assert differences(engraved, other) == differences(other, engraved) == ["options of SKU MUG"]
    twice = replace(SENT, options=engraved.options * 2)
    assert differences(engraved, twice) == ["options of SKU MUG"]
    assert engraved.document()["options"] == ["MUG: Engraving: For Ann"]

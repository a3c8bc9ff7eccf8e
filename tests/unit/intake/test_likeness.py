"""The likeness of an order: what makes two orders possible duplicates."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cartage.intake.likeness import likeness_of
from cartage.model.orders import Address, LineOption, OrderLine

HOME = Address(name="Zoe", address1="12 Harbor Rd.", city="Rochester", zip_code="14607", country="US")
MUG, CUP = OrderLine(1, "MUG", Decimal(2)), OrderLine(2, "CUP", Decimal(1))
LIKENESS = likeness_of("zoe@example.com", HOME, [MUG, CUP])


@pytest.mark.parametrize(
    ("email", "ship_to", "lines"),
    [
        ("ZOE@example.com", HOME, [MUG, CUP]),
        ("zoe@example.com", replace(HOME, address1="12 harbor rd", city="ROCHESTER", name="Z."), [MUG, CUP]),
        ("zoe@example.com", HOME, [CUP, MUG]),
        ("zoe@example.com", replace(HOME, zip_code="14607-1234", country="USA"), [MUG, CUP]),
        (
            "zoe@example.com",
            HOME,
            [replace(MUG, quantity=Decimal("1.0")), CUP, replace(MUG, quantity=Decimal(1))],
        ),
    ],
    ids=[
        "case of the e-mail",
        "spelling of the street",
        "spelling of the country",
        "order of the lines",
        "a SKU on two lines",
    ],
)
def test_orders_that_a_person_would_call_the_same_are_alike(
    email: str, ship_to: Address, lines: list[OrderLine]
) -> None:
    assert likeness_of(email, ship_to, lines) == LIKENESS


@pytest.mark.parametrize(
    ("email", "ship_to", "lines"),
    [
        ("ann@example.com", HOME, [MUG, CUP]),
        ("zoe@example.com", replace(HOME, zip_code="14608"), [MUG, CUP]),
        ("zoe@example.com", replace(HOME, country="CA"), [MUG, CUP]),
        ("zoe@example.com", replace(HOME, address1="13 Harbor Rd."), [MUG, CUP]),
        ("zoe@example.com", HOME, [MUG]),
        ("zoe@example.com", HOME, [MUG, replace(CUP, quantity=Decimal(3))]),
        ("zoe@example.com", HOME, [MUG, replace(CUP, sku="cup")]),
    ],
    ids=["customer", "postal code", "country", "street", "lines", "quantity", "SKU"],
)
def test_any_difference_that_matters_makes_orders_unlike(
    email: str, ship_to: Address, lines: list[OrderLine]
) -> None:
    assert likeness_of(email, ship_to, lines) not in ("", LIKENESS)


def test_an_order_without_an_e_mail_address_is_like_no_other() -> None:
    assert likeness_of("", HOME, [MUG]) == ""


def test_two_engravings_of_one_mug_are_not_one_order_placed_twice() -> None:
    engraved = [replace(MUG, options=(LineOption("Engraving", name),)) for name in ("Ann", "Bob")]
    found = {likeness_of("zoe@example.com", HOME, [mug, CUP]) for mug in (MUG, *engraved)}
    assert len(found) == 3

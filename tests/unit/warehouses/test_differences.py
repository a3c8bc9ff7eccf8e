"""The contract's own functions: base references, and when two orders have the same content."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cartage.model.orders import Address, FulfillmentRequest
from cartage.warehouses.contract import RemoteOrder, RemoteState
from cartage.warehouses.differences import content_differences
from cartage.warehouses.references import base_reference, is_family, possible_parents


def remote(request: FulfillmentRequest, **changes: object) -> RemoteOrder:
    lines = tuple((line.sku, line.quantity) for line in request.lines)
    order = RemoteOrder("1", request.reference, RemoteState.OPEN, lines, request.ship_to)
    return replace(order, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reference", "base"),
    [
        ("A3_31882_0", "A3_31882_0"),
        ("A3_31882_0-1", "A3_31882_0"),
        ("A3_31882_0-12", "A3_31882_0"),
        ("A3_31882_0-1-2", "A3_31882_0"),
        ("A3_31882_0-X", "A3_31882_0-X"),
        ("-1", "-1"),
    ],
)
def test_split_children_belong_to_the_reference_that_was_split(reference: str, base: str) -> None:
    assert base_reference(reference) == base


def test_another_systems_reference_may_itself_look_like_a_split() -> None:
    assert possible_parents("AB-1001-2") == ("AB-1001-2", "AB-1001", "AB")
    assert is_family("ab-1001", "AB-1001")
    assert is_family("AB-1001-2-1", "AB-1001")
    assert not is_family("AB-1001-RETURN", "AB-1001")
    assert not is_family("AB-10011", "AB-1001")


def test_same_content_has_no_differences(request_: FulfillmentRequest) -> None:
    assert content_differences(request_, [remote(request_)]) == []


def test_quantities_add_up_over_split_children(request_: FulfillmentRequest) -> None:
    first = remote(request_, lines=(("MUG-RED", Decimal(1)),))
    second = remote(request_, lines=(("MUG-RED", Decimal(1)), ("tea-100g", Decimal("1.5"))))
    assert content_differences(request_, [first, second]) == []


def test_an_order_cancelled_by_its_split_does_not_count_twice(request_: FulfillmentRequest) -> None:
    cancelled = remote(request_, state=RemoteState.CANCELLED)
    assert content_differences(request_, [cancelled, remote(request_)]) == []
    assert content_differences(request_, [cancelled]) == []


def test_a_different_quantity_and_an_unknown_line_are_named(request_: FulfillmentRequest) -> None:
    found = remote(
        request_, lines=(("MUG-RED", Decimal(3)), ("CUP", Decimal(1)), ("TEA-100G", Decimal("1.5")))
    )
    differences = content_differences(request_, [found])
    assert differences == [
        "SKU cup: 0 ordered, 1 at the warehouse",
        "SKU mug-red: 2 ordered, 3 at the warehouse",
    ]


@pytest.mark.parametrize(
    ("sent", "there", "same"),
    [
        (("14607", "US"), ("14607-2210", "us"), True),
        (("14607-2210", "US"), ("146072210", "US"), True),
        (("K1A 0B1", "CA"), ("k1a0b1", "CA"), True),
        (("14607", "US"), ("14607", "USA"), True),
        (("7001", "US"), ("07001-1234", "United States"), True),
        (("00901", "US"), ("00901", "Puerto Rico"), True),
        (("14607", "US"), ("14608", "US"), False),
        (("14607", "US"), ("14607", "DE"), False),
    ],
)
def test_addresses_are_compared_by_postal_code_and_country(
    request_: FulfillmentRequest, sent: tuple[str, str], there: tuple[str, str], same: bool
) -> None:
    asked = replace(request_, ship_to=Address(zip_code=sent[0], country=sent[1]))
    found = remote(request_, ship_to=Address(zip_code=there[0], country=there[1]))
    assert (content_differences(asked, [found]) == []) is same

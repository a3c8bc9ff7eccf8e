"""Addresses that a lane or a carrier does not accept."""

from __future__ import annotations

import pytest

from cartage.errors.problems import ProblemKind
from cartage.lanes.settings.checks import Checks
from cartage.model.orders import Address, ShipMethod
from cartage.validation.addresses import address_problems, is_po_box

BOX = Address(address1="PO Box 12", country="US")
UPS, USPS = ShipMethod("UPS", "Ground"), ShipMethod("USPS", "Priority Mail")


def kinds(address: Address, method: ShipMethod | None = UPS, **checks: object) -> list[ProblemKind]:
    return [
        address_problem.kind
        for address_problem in address_problems(address, method, Checks.model_validate(checks))
    ]


@pytest.mark.parametrize(
    "line",
    ["PO Box 12", "P.O. Box 7", "p o box 3", "P.O.Box 9", "POB 44", "Post Office Box 5", "Unit 2, PO BOX 8"],
)
def test_a_po_box_is_recognised_in_every_spelling(line: str) -> None:
    assert is_po_box(Address(address1=line))
    assert is_po_box(Address(address1="Harbor Road 1", address2=line))


@pytest.mark.parametrize("line", ["Box 12, RR 3", "Compo Boxwood Lane 4", "Mailbox 3", "Pob Lane 2"])
def test_other_boxes_are_not_po_boxes(line: str) -> None:
    assert not is_po_box(Address(address1=line))


def test_a_po_box_blocks_an_order_only_with_a_carrier_that_refuses_po_boxes() -> None:
    assert kinds(BOX) == [ProblemKind.PO_BOX]
    assert kinds(BOX, USPS) == []
    assert kinds(BOX, ShipMethod("UPS", "SurePost")) == []
    assert kinds(BOX, None) == []
    assert kinds(BOX, no_po_box=[]) == []


def test_a_country_that_the_lane_does_not_ship_to_blocks_an_order() -> None:
    assert kinds(Address(country="BR"), countries=["us", "CA"]) == [ProblemKind.UNSUPPORTED_COUNTRY]
    assert kinds(Address(country="ca"), countries=["us", "CA"]) == []
    assert kinds(Address(country="BR")) == []
    # A missing country is a problem that the warehouse's limits find.
    assert kinds(Address(), countries=["US"]) == []

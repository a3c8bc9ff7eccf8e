"""Addresses that a lane or a carrier does not accept."""

from __future__ import annotations

import pytest

from cartage.addresses import normalized
from cartage.errors.problems import ProblemKind
from cartage.lanes.settings.checks import Checks
from cartage.model.orders import Address, ShipMethod
from cartage.validation.addresses import address_problems

BOX = Address(address1="PO Box 12", country="US")
UPS, USPS = ShipMethod("UPS", "Ground"), ShipMethod("USPS", "Priority Mail")


def kinds(address: Address, method: ShipMethod | None = UPS, **checks: object) -> list[ProblemKind]:
    return [
        address_problem.kind
        for address_problem in address_problems(normalized(address), method, Checks.model_validate(checks))
    ]


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


@pytest.mark.parametrize("country", ["USA", "United States", "us"])
def test_the_name_of_a_country_is_as_good_as_its_code(country: str) -> None:
    assert kinds(Address(country=country), countries=["US"]) == []
    assert kinds(Address(country=country), countries=["CA"]) == [ProblemKind.UNSUPPORTED_COUNTRY]
    assert kinds(Address(country="England"), countries=["UK"]) == []


@pytest.mark.parametrize("written", [Address(country="PR"), Address(country="US", state="PR")])
def test_a_territory_is_covered_by_the_us_and_by_its_own_code_however_it_is_written(written: Address) -> None:
    assert kinds(written, countries=["US"]) == []
    assert kinds(written, countries=["PR"]) == []
    [problem] = address_problems(normalized(written), UPS, Checks.model_validate({"countries": ["CA", "GU"]}))
    assert (problem.kind, problem.subject) == (ProblemKind.UNSUPPORTED_COUNTRY, "PR")


APO = Address(address1="PSC 3 Box 12", city="APO", state="AE", zip_code="09012", country="US")


def test_a_military_address_blocks_an_order_only_with_a_carrier_that_does_not_deliver_there() -> None:
    assert kinds(APO) == [ProblemKind.MILITARY_ADDRESS]
    assert kinds(APO, USPS) == []
    assert kinds(APO, ShipMethod("FedEx", "SmartPost")) == []
    assert kinds(APO, None) == []
    assert kinds(APO, no_military=[]) == []
    assert kinds(APO, military_allowed=["UPS Ground"]) == []
    assert kinds(APO, ShipMethod("Courier", "Van"), no_military=["*"]) == [ProblemKind.MILITARY_ADDRESS]


@pytest.mark.parametrize("field", ["address2", "company", "name"])
def test_a_po_box_in_another_line_blocks_an_order_too(field: str) -> None:
    box = Address(**{"address1": "Harbor Road 1", "country": "US", field: "PO Box12"})
    assert kinds(box) == [ProblemKind.PO_BOX]

"""Amazon's errors: what they mean for the order, the account or the token."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.errors.problems import ProblemKind
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.warehouses.mcf import faults
from cartage.warehouses.mcf.faults import AmazonFault, parse_faults, refusal_problems

REQUEST = FulfillmentRequest(
    reference="A3_1_0",
    display_number="AB-1000",
    ordered_at=None,
    ship_to=Address(name="Ann Lee", address1="12 Harbor Road", city="Rochester", zip_code="14607"),
    ship_method=ShipMethod("Amazon", "Standard"),
    lines=(RequestLine(71, "MUG", Decimal(1)), RequestLine(71, "TEA", Decimal(1))),
)


def body(*messages: str) -> str:
    errors = [{"code": "InvalidInput", "message": message, "details": ""} for message in messages]
    return json.dumps({"errors": errors})


def test_the_unknown_sku_is_found_by_the_id_of_its_line() -> None:
    found = parse_faults(body("the SellerSKU for Item Id: 71-2 is invalid."))
    [problem] = refusal_problems(found, REQUEST)
    assert (problem.kind, problem.subject) == (ProblemKind.UNKNOWN_SKU, "TEA")


def test_an_item_that_is_not_ours_is_a_refusal_and_no_sku() -> None:
    found = parse_faults(body("the SellerSKU for Item Id: 99 is invalid."))
    [problem] = refusal_problems(found, REQUEST)
    assert problem.kind is ProblemKind.REFUSED_BY_WAREHOUSE


def test_orders_with_the_same_fault_share_a_cause() -> None:
    texts = (
        "Value Ann Lee for parameter destinationAddress.name is invalid.",
        "Value Bob Ray for parameter destinationAddress.name is invalid.",
    )
    subjects = {refusal_problems(parse_faults(body(text)), REQUEST)[0].subject for text in texts}
    assert subjects == {"InvalidInput destinationAddress.name"}


def test_a_message_without_a_parameter_loses_what_identifies_the_order() -> None:
    [problem] = refusal_problems(parse_faults(body("Ann Lee in 14607 is out of reach.")), REQUEST)
    assert problem.subject == "InvalidInput [...] in [...] is out of reach"


@pytest.mark.parametrize(
    ("message", "repeated", "absent"),
    [
        ("The SellerFulfillmentOrderId A3_1_0 already exists.", True, False),
        ("sellerFulfillmentOrderId must be unique", True, False),
        ("Duplicate order", True, False),
        ("The order A3_1_0 does not exist.", False, True),
        ("Requested order 'A3_1_0' not found", False, True),
        ("Request has missing or invalid parameters and cannot be parsed.", False, False),
    ],
)
def test_what_a_refusal_says_of_the_order(message: str, repeated: bool, absent: bool) -> None:
    found = parse_faults(body(message))
    assert (faults.is_repeated(found), faults.is_absent(found)) == (repeated, absent)


@pytest.mark.parametrize(
    ("details", "about"),
    [
        ("The access token you provided has expired.", True),
        ("Access token is missing in the request header.", True),
        ("", False),
    ],
)
def test_a_403_is_about_the_token_only_if_it_says_so(details: str, about: bool) -> None:
    found = [AmazonFault("Unauthorized", "Access to requested resource is denied.", details)]
    assert faults.is_about_token(found) is about


@pytest.mark.parametrize("parameter", ["SellerId", "marketplaceId"])
def test_a_parameter_of_the_account_is_no_fault_of_the_order(parameter: str) -> None:
    text = f"Value  for parameter {parameter} is invalid. Reason: InvalidValue."
    assert faults.account_parameter(parse_faults(body(text))) == parameter


@given(st.text(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_any_body_is_read_without_an_error(text: str) -> None:
    assert isinstance(parse_faults(text), list)


@pytest.mark.parametrize(
    "text",
    ["", "<html>", "[]", "{}", '{"errors": {}}', '{"errors": [1, null, {}]}', '{"errors": [{"code": null}]}'],
)
def test_a_body_without_errors_names_none(text: str) -> None:
    assert parse_faults(text) == []

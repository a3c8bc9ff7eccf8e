"""Bodies of refusals: any text is read, and what it says names no person and no order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.warehouses.shipbob.faults import ShipBobFault, is_duplicate, parse_refusal, refusal_problems

REQUEST = FulfillmentRequest(
    reference="A3_31882_0",
    display_number="AB-1000",
    ordered_at=None,
    ship_to=Address(name="Ann Lee", city="Rochester"),
    ship_method=ShipMethod("ShipBob", "Standard"),
    lines=(RequestLine(1, "MUG", Decimal(1)),),
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            '{"": ["Cannot insert order with existing ReferenceId"]}',
            [("", "Cannot insert order with existing ReferenceId")],
        ),
        (
            '{"Recipient.Name": ["Too long.", "Odd."]}',
            [("Recipient.Name", "Too long."), ("Recipient.Name", "Odd.")],
        ),
        ('{"title": "Bad", "status": 422, "errors": {"city": ["Required."]}}', [("city", "Required.")]),
        (
            '{"type": "x", "title": "Bad", "detail": "No such channel"}',
            [("", "No such channel"), ("", "Bad")],
        ),
        ('{"statusCode": 429, "message": "Wait"}', [("", "Wait")]),
        ('"Bad shipment"', [("", "Bad shipment")]),
        ("{}", []),
        ("<html>", []),
        ("", []),
        ('{"a": {"b": 1}, "c": [1, null]}', []),
    ],
)
def test_every_documented_form_is_read(body: str, found: list[tuple[str, str]]) -> None:
    assert [(fault.field, fault.text) for fault in parse_refusal(body)] == found


@given(st.text())
def test_any_text_gives_faults_and_problems(text: str) -> None:
    assert refusal_problems(parse_refusal(text), REQUEST, 422)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("Cannot insert order with existing ReferenceId", True),
        ("Duplicate reference ID", True),
        ("You have already created a product or order with the same reference_id", True),
        ("The reference is too long", False),
        ("No such shipping method", False),
    ],
)
def test_a_repeated_reference_is_recognised_by_what_shipbob_documents(text: str, means: bool) -> None:
    assert is_duplicate([ShipBobFault("", text)]) is means


def test_a_problem_names_neither_person_nor_order() -> None:
    fault = ShipBobFault("recipient", "Ann Lee in Rochester (A3_31882_0) is not known")
    (problem,) = refusal_problems([fault], REQUEST, 422)
    assert not {"Ann", "Rochester", "A3_31882_0"} & set(problem.message.replace("(", " ").split())
    assert problem.subject == "recipient"

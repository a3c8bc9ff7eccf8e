"""Documents: values are equal after a round trip through JSON, including decimals and times."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cartage.errors.problems import Problem, ProblemKind
from cartage.model.documents import (
    address_document,
    address_from,
    problems_from,
    request_document,
    request_from,
    sales_order_document,
)
from cartage.model.orders import (
    Address,
    FulfillmentRequest,
    OrderLine,
    RequestLine,
    SalesOrder,
    ShipGroup,
    ShipMethod,
)

# PostgreSQL's jsonb accepts neither NUL nor lone surrogates; the translation from the wire drops both.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
TIMES = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
QUANTITIES = st.decimals(0, 10**9, allow_nan=False, allow_infinity=False, places=4)
ADDRESSES = st.builds(Address, *[TEXTS] * 10)
LINES = st.lists(st.builds(RequestLine, st.integers(0, 2**62), TEXTS, QUANTITIES, TEXTS), max_size=4).map(
    tuple
)
REQUESTS = st.builds(
    FulfillmentRequest, TEXTS, TEXTS, TIMES, ADDRESSES, st.builds(ShipMethod, *[TEXTS] * 5), LINES, TEXTS
)


@given(REQUESTS)
def test_a_request_is_the_same_after_a_round_trip(request_: FulfillmentRequest) -> None:
    assert request_from(json.loads(json.dumps(request_document(request_)))) == request_


@given(ADDRESSES)
def test_an_address_is_the_same_after_a_round_trip(address: Address) -> None:
    assert address_from(json.loads(json.dumps(address_document(address)))) == address


def test_a_quantity_keeps_every_digit() -> None:
    line = RequestLine(1, "TEA", Decimal("0.1000000000000000000001"))
    request_ = FulfillmentRequest("A3_1_0", "", None, Address(), ShipMethod("UPS"), (line,))
    assert request_from(json.loads(json.dumps(request_document(request_)))).lines[0].quantity == line.quantity


def test_a_sales_orders_document_is_json_with_exact_amounts_and_times() -> None:
    line = OrderLine(71, "MUG", Decimal("2.50"), unit_price=Decimal("19.990"))
    order = SalesOrder(
        31882,
        1,
        ordered_at=datetime(2026, 7, 1, 12, tzinfo=UTC),
        amount=Decimal("39.98"),
        groups=(ShipGroup(0, Address(name="Zoë"), "UPS Ground", (line,)),),
    )
    document = json.loads(json.dumps(sales_order_document(order)))
    assert document["amount"] == "39.98"
    assert (
        document["groups"][0]["lines"][0] | {"unit_price": "19.990", "quantity": "2.50"}
        == (document["groups"][0]["lines"][0])
    )
    assert datetime.fromisoformat(document["ordered_at"]) == order.ordered_at


def test_problems_keep_their_fingerprints() -> None:
    problem = Problem(ProblemKind.UNKNOWN_SKU, "GONE-404", "unknown", "Create it.")
    document = sales_order_document(SalesOrder(1, 1, problems=(problem,)))["problems"]
    assert problems_from(document) == (problem,)
    assert problems_from(document)[0].fingerprint == problem.fingerprint

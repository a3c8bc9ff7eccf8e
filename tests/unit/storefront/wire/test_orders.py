from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from cartage.http.lenient import parse_body
from cartage.storefront.translation.content import content_hash
from cartage.storefront.translation.orders import translate_order
from cartage.storefront.wire.orders import NotAnOrder, allowed_fields, decimal, order_id_of, whole

if TYPE_CHECKING:
    from tests.unit.storefront.conftest import Make

ZONE = ZoneInfo("America/New_York")

# Fields that must never get past the wire (3dcart-api.md, section 4.2), with values that are easy to find.
SECRET = {
    "CardType": "CARDTYPE-secret",
    "CardNumber": "4111-secret",
    "CardName": "CARDNAME-secret",
    "CardExpirationMonth": "MONTH-secret",
    "CardExpirationYear": "YEAR-secret",
    "CardIssueNumber": "ISSUE-secret",
    "CardStartMonth": "START-secret",
    "CardStartYear": "STARTYEAR-secret",
    "CardAddress": "CARDADDRESS-secret",
    "CardVerification": "CVV-secret",
    "PaymentTokenID": "PAYMENTTOKEN-secret",
    "IP": "192.0.2.10-secret",
    "Referer": "REFERER-secret",
    "ContinueURL": "https://x.test/?orderkey=KEY-secret",
    "TransactionList": [{"TransactionCVV2": "CVV2-secret", "TransactionApproval": "APPROVAL-secret"}],
    "SomethingNew": {"CardNumber": "NEW-secret"},
}


def shown(value: object) -> str:
    """Return everything that a log, a dump or a debugger could show of a value."""
    plain = (
        dataclasses.asdict(value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type)
        else value
    )
    return repr(value) + str(value) + json.dumps(plain, default=str)


def test_card_data_and_addresses_of_shoppers_never_get_past_the_wire(make: Make) -> None:
    shipment = make.shipment(**SECRET)
    raw = make.order(**SECRET, ShipmentList=[shipment], OrderItemList=[make.item(**SECRET)])
    entry = allowed_fields(raw)
    order = translate_order(entry, ZONE)
    unfiltered = translate_order(raw, ZONE)
    for value in (entry, order, unfiltered):
        assert "secret" not in shown(value)
    assert "31882" in shown(order)


@pytest.mark.parametrize(
    "field", ["OrderID", "OrderDate", "BillingEmail", "OrderAmount", "CustomerComments", "ShipmentList"]
)
def test_card_data_nested_in_a_kept_field_is_dropped_too(make: Make, field: str) -> None:
    raw = make.order(**{field: [{"CardNumber": "4111-secret"}]})
    assert "secret" not in shown(allowed_fields(raw))
    assert "secret" not in shown(translate_order(raw, ZONE))
    raw = make.order(**{field: {"CardNumber": "4111-secret"}})
    assert "secret" not in shown(allowed_fields(raw))


@pytest.mark.parametrize("entry", [[{"CardNumber": "secret"}], "CardNumber secret", ["secret"]])
def test_only_the_kind_of_an_entry_that_is_not_an_object_is_kept(entry: Any) -> None:
    kept = allowed_fields(entry)
    assert isinstance(kept, NotAnOrder)
    assert "secret" not in shown(kept)
    assert "secret" not in shown(translate_order(kept, ZONE))


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("5", 5),
        (" 5 ", 5),
        (Decimal("5.0"), 5),
        ("5.00", 5),
        (0, 0),
        (-3, -3),
        (True, None),
        ("", None),
        ("5.5", None),
        ("five", None),
        (None, None),
        ([], None),
        (2**63, None),
        ("9" * 5000, None),
        (Decimal("1E+999999"), None),
    ],
)
def test_whole_numbers_are_read_from_numbers_and_texts(value: object, number: int | None) -> None:
    assert whole(value) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (Decimal("17.99"), Decimal("17.99")),
        ("17.99", Decimal("17.99")),
        (Decimal("0.30000000000000004"), Decimal("0.300000000000")),
        (Decimal("1E-99999"), Decimal(0)),
        (Decimal("-6.0"), Decimal("-6.0")),
        ("NaN", None),
        ("Infinity", None),
        ("1e400", None),
        ("1,5", None),
        (True, None),
        ({}, None),
    ],
)
def test_money_is_exact_or_absent(value: object, number: Decimal | None) -> None:
    assert decimal(value) == number


def test_money_on_the_wire_never_passes_through_a_float() -> None:
    parsed = parse_body(b'[{"OrderID": 1, "OrderAmount": 1234567890.123456789}]')
    assert decimal(parsed[0]["OrderAmount"]) == Decimal("1234567890.123456789")


@pytest.mark.parametrize("value", [None, "", "x", 0, -1, [], True])
def test_an_order_id_is_a_positive_number(value: object) -> None:
    assert order_id_of({"OrderID": value}) is None


def test_an_order_id_may_come_as_text() -> None:
    assert order_id_of({"OrderID": "31882"}) == 31882
    assert order_id_of("31882") is None


def test_the_content_is_the_same_for_numbers_and_texts(make: Make) -> None:
    as_numbers = translate_order(make.order(), ZONE)
    as_texts = translate_order(
        make.order(
            OrderID="31882",
            InvoiceNumber="20417",
            OrderStatusID="1",
            OrderItemList=[make.item(ItemIndexID="90211", ItemQuantity="2", ItemUnitPrice="40")],
        ),
        ZONE,
    )
    assert content_hash(as_numbers) == content_hash(as_texts)  # type: ignore[arg-type]

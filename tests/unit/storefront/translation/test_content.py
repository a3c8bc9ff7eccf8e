from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from cartage.model.orders import SalesOrder
from cartage.storefront.translation.content import content_hash
from cartage.storefront.translation.orders import translate_order

if TYPE_CHECKING:
    from tests.unit.storefront.conftest import Make


def hash_of(raw: dict[str, Any]) -> str:
    order = translate_order(raw, ZoneInfo("UTC"))
    assert isinstance(order, SalesOrder)
    return content_hash(order)


@pytest.mark.parametrize(
    "change",
    [
        {"LastUpdate": "2026-03-05T00:00:00"},
        {"UserID": "API"},
        {"OrderStatusID": 2},
        {"OrderAmount": 1},
        {"InternalComments": "called the customer"},
        {"SomethingNew": True},
    ],
)
def test_what_does_not_affect_shipping_leaves_the_hash_as_it_is(make: Make, change: dict[str, Any]) -> None:
    assert hash_of(make.order(**change)) == hash_of(make.order())


@pytest.mark.parametrize(
    "change",
    [
        {"ShipmentTrackingCode": "1Z"},
        {"ShipmentOrderStatus": 4},
        {"ShipmentShippedDate": "3/3/2026"},
    ],
)
def test_our_own_writes_to_the_store_leave_the_hash_as_it_is(make: Make, change: dict[str, Any]) -> None:
    assert hash_of(make.order(ShipmentList=[make.shipment(**change)])) == hash_of(make.order())


@pytest.mark.parametrize(
    "change",
    [
        {"ShipmentAddress": "13 Invented Way"},
        {"ShipmentZipCode": "33001"},
        {"ShipmentMethodName": "UPS Ground"},
        {"ShipmentID": 7},
        {"ShipmentFirstName": ""},
    ],
)
def test_a_different_address_or_method_changes_the_hash(make: Make, change: dict[str, Any]) -> None:
    assert hash_of(make.order(ShipmentList=[make.shipment(**change)])) != hash_of(make.order())


@pytest.mark.parametrize(
    "change", [{"ItemQuantity": 3}, {"ItemID": "OTHER"}, {"ItemIndexID": 1}, {"ItemQuantity": "many"}]
)
def test_a_different_line_changes_the_hash(make: Make, change: dict[str, Any]) -> None:
    assert hash_of(make.order(OrderItemList=[make.item(**change)])) != hash_of(make.order())


def test_the_sequence_of_lines_and_the_format_of_numbers_leave_the_hash_as_it_is(make: Make) -> None:
    first, second = make.item(ItemIndexID=1), make.item(ItemIndexID=2, ItemQuantity=Decimal(10))
    other = make.item(ItemIndexID=2, ItemQuantity="10.00")
    assert hash_of(make.order(OrderItemList=[first, second])) == hash_of(
        make.order(OrderItemList=[other, first])
    )


def test_a_comment_changes_the_hash(make: Make) -> None:
    assert hash_of(make.order(CustomerComments="ring twice")) != hash_of(make.order())


def test_the_hash_is_stable_between_releases(make: Make) -> None:
    """The hash is stored in ledgers: a change here would make every order look edited."""
    plain = make.order(OrderItemList=[make.item(ItemDescription="Trail Pack")])
    assert hash_of(plain) == "912c5892d9aee7d738f4878624fa67cfd98f2700f3a3203054f8c9c774f7e315"
    assert hash_of(make.order()) == "b53ecc57844587140b61e0f903f57fd6cdb7a7746d14f909775e0d2622db73b9"


def test_another_engraving_changes_the_hash_and_another_name_does_not(make: Make) -> None:
    def engraved(name: str, text: str) -> str:
        description = f"{name}<br><b>Engraving:</b>&nbsp;{text}"
        return hash_of(make.order(OrderItemList=[make.item(ItemDescription=description)]))

    assert engraved("Mug", "For Ann") == engraved("Red mug", "For&nbsp;Ann")
    assert engraved("Mug", "For Ann") != engraved("Mug", "For Bob")


@pytest.mark.parametrize(
    "change",
    [
        {"QuestionList": [{"QuestionTitle": "PO number?", "QuestionAnswer": "77"}]},
        {"ExternalComments": "On its way"},
    ],
)
def test_a_different_text_of_the_order_changes_the_hash(make: Make, change: dict[str, Any]) -> None:
    assert hash_of(make.order(**change)) != hash_of(make.order())

"""Translation both ways: what is sent, and what a response means."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cartage.addresses import TerritoryForm, normalized
from cartage.model.orders import FulfillmentRequest, ShipMethod
from cartage.warehouses.contract import RemoteState
from cartage.warehouses.extensiv import translate, wire
from cartage.warehouses.extensiv.settings import ExtensivSettings
from cartage.warehouses.listed import StockLevel

SETTINGS = ExtensivSettings(customer_id=12, facility_id=1)
NEW_YORK = ZoneInfo("America/New_York")
CHICAGO = ZoneInfo("America/Chicago")
ITEM_REL = "http://api.3plCentral.com/rels/orders/item"


def order(**changes: Any) -> wire.Order:
    read_only = {"orderId": 7, "status": 0, "isClosed": False, **changes.pop("readOnly", {})}
    return wire.Order.model_validate({"readOnly": read_only, "referenceNum": "A3_1_0", **changes})


def test_the_posted_order_is_the_documented_one(request_: FulfillmentRequest) -> None:
    assert translate.order_body(request_, SETTINGS) == {
        "customerIdentifier": {"id": 12},
        "facilityIdentifier": {"id": 1},
        "referenceNum": "A3_31882_0",
        "poNum": "AB-1000",
        "notes": "Leave at the door",
        "billingCode": "Prepaid",
        "routingInfo": {"carrier": "UPS", "mode": "Ground", "scacCode": "UPSN"},
        "shipTo": {
            "name": "Zoë Brontë",
            "address1": "12 Harbor Road",
            "city": "Rochester",
            "state": "NY",
            "zip": "14607",
            "country": "US",
            "phoneNumber": "585 555 0117",
            "emailAddress": "zoe@example.com",
        },
        "orderItems": [
            {"itemIdentifier": {"sku": "MUG-RED"}, "qty": 2.0, "externalId": "71"},
            {"itemIdentifier": {"sku": "TEA-100G"}, "qty": 1.5, "externalId": "72"},
        ],
    }


def test_neither_null_nor_server_owned_fields_are_sent(request_: FulfillmentRequest) -> None:
    sent = json.dumps(translate.order_body(request_, SETTINGS))
    assert "null" not in sent
    assert '""' not in sent
    assert "readOnly" not in sent


@pytest.mark.parametrize(("territories", "country"), [("state", "US"), ("country", "PR")])
def test_a_us_territory_is_sent_as_the_lane_says(
    request_: FulfillmentRequest, territories: str, country: str
) -> None:
    settings = ExtensivSettings(customer_id=1, facility_id=2, territories=TerritoryForm(territories))
    address = normalized(replace(request_.ship_to, country="Puerto Rico", state="", zip_code="901"))
    ship_to = translate.order_body(replace(request_, ship_to=address), settings)["shipTo"]
    assert (ship_to["country"], ship_to["state"], ship_to["zip"]) == (country, "PR", "00901")


def test_the_ship_methods_billing_wins_over_the_default(request_: FulfillmentRequest) -> None:
    method = ShipMethod("FedEx", "2Day", billing="ThirdParty", account="9 1")
    body = translate.order_body(replace(request_, ship_method=method), SETTINGS)
    assert body["billingCode"] == "ThirdParty"
    assert body["routingInfo"] == {"carrier": "FedEx", "mode": "2Day", "account": "9 1"}


@pytest.mark.parametrize(
    ("read_only", "state"),
    [
        ({"status": 0}, RemoteState.OPEN),
        ({"status": None, "isClosed": None}, RemoteState.OPEN),
        ({"status": 1}, RemoteState.SHIPPED),
        ({"status": 0, "isClosed": True}, RemoteState.SHIPPED),
        ({"status": 2}, RemoteState.CANCELLED),
        ({"status": 2, "isClosed": True}, RemoteState.CANCELLED),
    ],
)
def test_states_and_closed_orders_are_translated(read_only: dict[str, Any], state: RemoteState) -> None:
    assert translate.state_of(order(readOnly=read_only)) is state


def test_lines_are_read_where_hal_embeds_them_and_where_plain_json_has_them() -> None:
    row = {"itemIdentifier": {"sku": "MUG", "id": 5}, "qty": 2.5, "readOnly": {"orderItemId": 9}}
    for shape in ({"_embedded": {ITEM_REL: [row]}}, {"orderItems": [row]}):
        assert translate.remote_order(order(**shape), NEW_YORK).lines == (("MUG", Decimal("2.5")),)


def test_nulls_are_read_as_empty() -> None:
    found = translate.remote_order(
        order(shipTo=None, routingInfo=None, orderItems=None, readOnly={"packages": None}), NEW_YORK
    )
    assert (found.lines, found.packages, found.ship_to.city) == ((), (), "")


@pytest.mark.parametrize(
    ("naive", "utc"),
    [
        ("2026-01-15T12:00:00", datetime(2026, 1, 15, 17, tzinfo=UTC)),
        ("2026-07-15T12:00:00.123", datetime(2026, 7, 15, 16, 0, 0, 123000, tzinfo=UTC)),
        (
            "2026-11-01T01:30:00",
            datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        ),  # occurs twice: the earlier instant
        ("2026-07-15T12:00:00Z", datetime(2026, 7, 15, 12, tzinfo=UTC)),
    ],
)
def test_naive_stamps_are_read_in_the_zone_of_the_settings(naive: str, utc: datetime) -> None:
    found = translate.remote_order(order(readOnly={"lastModifiedDate": naive}), NEW_YORK)
    assert found.modified_at == utc


def test_a_shipped_split_child_keeps_its_own_reference() -> None:
    child = order(referenceNum="A3_1_0-2", readOnly={"status": 1, "processDate": "2026-01-15T12:00:00"})
    shipment = translate.shipment(child, NEW_YORK, final=False, facility_zone=CHICAGO)
    assert (shipment.key, shipment.reference, shipment.final) == ("7", "A3_1_0-2", False)
    assert shipment.shipped_at == datetime(2026, 1, 15, 17, tzinfo=UTC)


def test_stock_of_one_sku_is_the_sum_of_its_qualifiers() -> None:
    rows = [
        wire.StockSummary.model_validate(
            {"itemIdentifier": {"sku": "MUG"}, "onHand": on_hand, "available": 1, "onHold": None}
        )
        for on_hand in (5, 2.5)
    ]
    level = translate.stock_level(rows[1], translate.stock_level(rows[0]))
    assert level == StockLevel("MUG", on_hand=Decimal("7.5"), available=Decimal(2))


def test_what_is_on_hand_is_at_least_what_the_row_says_of_it() -> None:
    row = wire.StockSummary.model_validate(
        {"itemIdentifier": {"sku": "MUG"}, "available": 5, "allocated": 2, "onHold": 1}
    )
    assert translate.stock_level(row).on_hand == 8


def test_a_deactivated_item_is_not_active() -> None:
    item = wire.Item.model_validate({"itemId": 5, "sku": "MUG", "readOnly": {"deactivated": True}})
    assert not translate.catalogue_item(item).active


def test_what_happens_on_the_floor_has_the_facilitys_time() -> None:
    read_only = {"status": 1, "processDate": "2026-01-15T12:00:00", "loadOutDoneDate": "2026-01-15T12:00:00"}
    shown = order(readOnly={**read_only, "packages": [{"packageId": 1, "trackingNumber": "1Z1"}]})
    shipment = translate.shipment(shown, NEW_YORK, final=True, facility_zone=CHICAGO)
    assert shipment.shipped_at == datetime(2026, 1, 15, 17, tzinfo=UTC)
    assert [package.carrier_at for package in shipment.packages] == [datetime(2026, 1, 15, 18, tzinfo=UTC)]


def test_the_ship_date_counts_where_the_process_date_is_absent() -> None:
    empty = "0001-01-01T00:00:00"
    for process_date in (None, "", empty):
        shown = order(readOnly={"status": 1, "processDate": process_date, "shipDate": "2026-01-15T12:00:00"})
        shipment = translate.shipment(shown, NEW_YORK, final=True, facility_zone=NEW_YORK)
        assert shipment.shipped_at == datetime(2026, 1, 15, 17, tzinfo=UTC)


def test_nets_empty_date_is_neither_a_shipping_date_nor_one_of_the_carrier() -> None:
    read_only = {"status": 1, "processDate": "0001-01-01T00:00:00", "loadOutDoneDate": "0001-01-01T00:00:00Z"}
    shown = order(readOnly={**read_only, "packages": [{"packageId": 1, "trackingNumber": "1Z1"}]})
    shipment = translate.shipment(shown, NEW_YORK, final=True, facility_zone=NEW_YORK)
    assert (shipment.shipped_at, shipment.packages[0].carrier_at) == (None, None)


@pytest.mark.parametrize("renamed", ["A3_1_0-CANCELED-7", "A3_1_0-cancelled-100001"])
def test_a_cancelled_order_has_the_reference_that_it_had_before_it_was_renamed(renamed: str) -> None:
    cancelled = order(referenceNum=renamed, readOnly={"status": 2})
    assert translate.remote_order(cancelled, NEW_YORK).reference == "A3_1_0"
    assert translate.remote_order(order(referenceNum=renamed), NEW_YORK).reference == renamed


def carrier(**fields: Any) -> wire.CarrierEntry:
    return wire.CarrierEntry.model_validate({"name": "UPS", "scacCode": "UPSN", **fields})


def test_a_service_is_offered_by_its_code_and_shown_by_its_description() -> None:
    services = [{"code": "03", "description": "Ground"}, {"description": "Freight"}, {"code": "XX"}]
    assert list(translate.ship_methods(carrier(shipmentServices=services))) == [
        ShipMethod("UPS", "03", scac="UPSN", title="Ground"),
        ShipMethod("UPS", "Freight", scac="UPSN"),
        ShipMethod("UPS", "XX", scac="UPSN"),
    ]


@pytest.mark.parametrize("services", [None, []])
def test_a_carrier_without_services_has_the_default_ones(services: object) -> None:
    defaults = [wire.ShipmentService.model_validate({"code": "STD", "description": "Standard"})]
    assert list(translate.ship_methods(carrier(shipmentServices=services), defaults)) == [
        ShipMethod("UPS", "STD", scac="UPSN", title="Standard")
    ]
    assert list(translate.ship_methods(carrier(shipmentServices=services))) == [
        ShipMethod("UPS", scac="UPSN")
    ]


@pytest.mark.parametrize("flag", ["deactivated", "disallowOnOrder"])
def test_a_carrier_that_is_deactivated_or_not_allowed_on_orders_is_not_offered(flag: str) -> None:
    services = [{"code": "03", "description": "Ground"}]
    assert list(translate.ship_methods(carrier(shipmentServices=services, **{flag: True}))) == []
    assert len(list(translate.ship_methods(carrier(shipmentServices=services, **{flag: False})))) == 1


def test_a_deactivated_service_is_not_offered() -> None:
    services = [{"code": "03", "description": "Ground", "deactivated": True}, {"code": "02"}]
    assert list(translate.ship_methods(carrier(shipmentServices=services))) == [
        ShipMethod("UPS", "02", scac="UPSN")
    ]


@pytest.mark.parametrize("defer", [True, False])
def test_defer_notification_is_sent_as_the_setting_says_and_else_not_at_all(
    request_: FulfillmentRequest, defer: bool
) -> None:
    settings = ExtensivSettings(customer_id=12, facility_id=1, defer_notification=defer)
    assert translate.order_body(request_, settings)["deferNotification"] is defer
    assert "deferNotification" not in translate.order_body(request_, SETTINGS)

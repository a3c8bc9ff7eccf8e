from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cartage.model.orders import Address
from cartage.storefront.wire.bodies import OrderWrite, ShipmentWrite, method_name, ship_to_fields

ZONE = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("USPS - Priority Mail", "USPS - Priority Mail"),
        ("2nd Day Air®", "2nd Day Air"),
        ("FedEx_2Day/Saturday & Sunday's", "FedEx 2Day Saturday Sunday s"),
        ("Ground (5-7 days), v1.0", "Ground (5-7 days) v1.0"),
        ("北京 Express", "Express"),
        ("a\r\nb", "a b"),
    ],
)
def test_a_methods_name_has_only_characters_that_the_store_accepts(name: str, written: str) -> None:
    assert method_name(name) == written


def test_a_shipment_write_has_only_the_given_fields_and_never_null() -> None:
    assert ShipmentWrite(0).body(ZONE) == {}
    assert ShipmentWrite(0, "1Z").body(ZONE) == {"ShipmentTrackingCode": "1Z"}
    assert ShipmentWrite(0, "1Z", "UPS Ground", datetime(2026, 3, 3, 5, tzinfo=UTC), 4).body(ZONE) == {
        "ShipmentOrderStatus": 4,
        "ShipmentMethodName": "UPS Ground",
        "ShipmentTrackingCode": "1Z",
        "ShipmentShippedDate": "03/03/2026 00:00:00",
    }


def test_a_tracking_number_can_be_removed() -> None:
    assert ShipmentWrite(0, "").body(ZONE) == {"ShipmentTrackingCode": ""}


def test_a_bulk_write_names_each_shipment_and_a_status_only_if_given() -> None:
    body = OrderWrite((ShipmentWrite(0, "1Z"), ShipmentWrite(7, "")), 4).body(ZONE)
    assert body == {
        "OrderStatusID": 4,
        "ShipmentList": [
            {"ShipmentID": 0, "ShipmentTrackingCode": "1Z"},
            {"ShipmentID": 7, "ShipmentTrackingCode": ""},
        ],
    }
    assert "OrderStatusID" not in OrderWrite((ShipmentWrite(0, "1Z"),)).body(ZONE)


def test_a_methods_name_fits_its_field() -> None:
    assert len(method_name("Ground " * 60)) <= 150


def test_the_address_of_an_added_shipment_fits_its_fields() -> None:
    fields = ship_to_fields(Address(name="Ann Mary " + "L" * 60, city="Rochester"))
    assert (fields["ShipmentFirstName"], len(fields["ShipmentLastName"])) == ("Ann Mary", 50)
    assert "ShipmentAddress2" not in fields

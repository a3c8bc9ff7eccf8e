from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cartage.storefront.api import method_name, shipment_body

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
def test_a_methods_name_has_only_characters_that_the_store_takes(name: str, written: str) -> None:
    assert method_name(name) == written


def test_a_shipment_write_holds_only_what_is_given_and_never_null() -> None:
    assert shipment_body(None, None, None, None, ZONE) == {}
    assert shipment_body("1Z", None, None, None, ZONE) == {"ShipmentTrackingCode": "1Z"}
    assert shipment_body("1Z", "UPS Ground", datetime(2026, 3, 3, 5, tzinfo=UTC), 4, ZONE) == {
        "ShipmentOrderStatus": 4,
        "ShipmentMethodName": "UPS Ground",
        "ShipmentTrackingCode": "1Z",
        "ShipmentShippedDate": "03/03/2026 00:00:00",
    }


def test_a_tracking_number_can_be_taken_away() -> None:
    assert shipment_body("", None, None, None, ZONE) == {"ShipmentTrackingCode": ""}

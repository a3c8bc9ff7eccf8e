"""Orders as Amazon wants them: addresses, times, speeds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from cartage.addresses import TerritoryForm
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.warehouses.mcf.settings import McfSettings
from cartage.warehouses.mcf.translate import address_document, order_body, speed_of

SETTINGS = McfSettings(marketplace="US", speed="Standard")
ADDRESS = Address(
    name="Ann Lee",
    company="Lee & Sons",
    address1="12 Harbor Road",
    address2="Apt 4",
    city="Rochester",
    state="NY",
    zip_code="14607",
    country="US",
)
TODAY = date(2026, 3, 1)


def test_a_company_without_a_name_is_the_receiver_and_has_no_line() -> None:
    shown = address_document(replace(ADDRESS, name=""), SETTINGS)
    assert shown["name"] == "Lee & Sons"
    assert "addressLine3" not in shown


def test_a_japanese_address_has_no_city_of_its_own() -> None:
    address = Address(
        name="Ken", address1="1-2-3 Ginza", city="Chuo-ku", state="Tokyo", zip_code="104-0061", country="JP"
    )
    shown = address_document(address, SETTINGS)
    assert "city" not in shown
    assert shown["addressLine1"] == "Chuo-ku 1-2-3 Ginza"


@pytest.mark.parametrize(("form", "country"), [(TerritoryForm.STATE, "US"), (TerritoryForm.COUNTRY, "PR")])
def test_a_territory_is_written_as_the_lane_says(form: TerritoryForm, country: str) -> None:
    settings = McfSettings(marketplace="US", territories=form)
    address = replace(ADDRESS, city="San Juan", state="PR", zip_code="00901")
    shown = address_document(address, settings)
    assert shown["countryCode"] == country


@pytest.mark.parametrize(
    ("ordered_at", "shown"),
    [
        (None, "2026-03-01T00:00:00Z"),
        (datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC), "2026-02-03T04:05:06Z"),
        (datetime(2026, 2, 3, 4, tzinfo=timezone(timedelta(hours=-5))), "2026-02-03T09:00:00Z"),
    ],
)
def test_the_order_date_is_in_utc_and_never_missing(ordered_at: datetime | None, shown: str) -> None:
    lines = (RequestLine(71, "MUG", Decimal(1)),)
    request = FulfillmentRequest("A3_1_0", "1", ordered_at, ADDRESS, ShipMethod("Amazon"), lines)
    assert order_body(request, SETTINGS, TODAY)["displayableOrderDate"] == shown


@pytest.mark.parametrize(
    ("method", "speed"),
    [
        (ShipMethod("Amazon", "Priority"), "Priority"),
        (ShipMethod("Amazon", " expedited "), "Expedited"),
        (ShipMethod("Amazon", "2", title="Priority"), "Priority"),
        (ShipMethod("UPS", "Ground"), "Standard"),
        (ShipMethod("Amazon"), "Standard"),
    ],
)
def test_the_speed_is_the_ship_methods_service_or_the_lanes(method: ShipMethod, speed: str) -> None:
    assert speed_of(method, SETTINGS) == speed


def test_without_a_speed_nothing_is_guessed() -> None:
    assert speed_of(ShipMethod("UPS", "Ground"), McfSettings(marketplace="US")) is None

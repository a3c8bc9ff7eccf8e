"""Dates (sections 4.1 and 12): store-local naive times, three filter formats, day-granular lastupdate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.sandbox.threedcart.shop import Shop, orders

OpenShop = Callable[..., Shop]
_DAYS = [
    {"OrderDate": "2026-02-27T23:59:59"},
    {"OrderDate": "2026-02-28T00:00:00"},
    {"OrderDate": "2026-02-28T13:30:00"},
    {"OrderDate": "2026-02-28T23:59:59"},
    {"OrderDate": "2026-03-01T00:00:00"},
]


def test_stamps_are_naive_and_in_the_stores_zone(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place(orders(1))
    assert shop.get("Orders/30001").json()[0]["OrderDate"] == "2026-03-02T09:00:00"
    eastern = open_shop(store_time_zone="Europe/Berlin")
    eastern.emulator.place(orders(1))
    assert eastern.get("Orders/30001").json()[0]["OrderDate"] == "2026-03-02T15:00:00"


def test_a_date_only_end_covers_the_whole_day(shop: Shop) -> None:
    shop.emulator.place(_DAYS)
    assert shop.ids(datestart="02/28/2026", dateend="02/28/2026") == [30002, 30003, 30004]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("02/28/2026 00:00:00", "02/28/2026 13:30:00"),
        ("2/28/2026 12:00:00 AM", "2/28/2026 1:30:00 PM"),
    ],
)
def test_bounds_with_a_time_of_day_are_inclusive_in_both_formats(shop: Shop, start: str, end: str) -> None:
    shop.emulator.place(_DAYS)
    assert shop.ids(datestart=start, dateend=end) == [30002, 30003]


@pytest.mark.parametrize("text", ["2026-02-28", "28/02/2026", "yesterday", "02/30/2026"])
@pytest.mark.parametrize("name", ["datestart", "dateend", "lastupdatestart", "lastupdateend"])
def test_garbage_dates_are_400(shop: Shop, name: str, text: str) -> None:
    shop.emulator.place(orders(1))
    assert shop.get("Orders", **{name: text}).status_code == 400


def test_lastupdate_compares_days_unless_the_rule_includes_the_time(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place([{"LastUpdate": each["OrderDate"]} for each in _DAYS])
    query = {"lastupdatestart": "02/28/2026 13:00:00", "lastupdateend": "02/28/2026 14:00:00"}
    assert shop.ids(**query) == [30002, 30003, 30004]
    shop.set_rules(lastupdate_granularity="time")
    assert shop.ids(**query) == [30003]


def test_lastupdateend_may_exclude_its_day(open_shop: OpenShop) -> None:
    shop = open_shop(lastupdateend_day="exclusive")
    shop.emulator.place([{"LastUpdate": each["OrderDate"]} for each in _DAYS])
    assert shop.ids(lastupdatestart="02/27/2026", lastupdateend="02/28/2026") == [30001]
    assert shop.ids(lastupdatestart="02/27/2026", lastupdateend="03/01/2026") == [30001, 30002, 30003, 30004]


def test_a_repeated_hour_looks_the_same_both_times(open_shop: OpenShop) -> None:
    shop = open_shop(store_time_zone="America/New_York")
    # From 09:00 on 2 March to 01:30 on 1 November 2026, before and after the clock goes back.
    shop.control("POST", "clock", {"advance": 243 * 86400 + 15.5 * 3600})
    shop.emulator.place(orders(1))
    shop.control("POST", "clock", {"advance": 3600})
    shop.emulator.place(orders(1))
    dates = [each["OrderDate"] for each in shop.get("Orders").json()]
    assert dates == ["2026-11-01T01:30:00", "2026-11-01T01:30:00"]


def test_generated_orders_fill_the_repeated_hour_and_never_a_skipped_one(
    open_shop: OpenShop,
) -> None:
    shop = open_shop(store_time_zone="America/New_York")
    fold = datetime(2025, 11, 2, 4, tzinfo=UTC)
    shop.emulator.generate(200, start=fold, end=fold + timedelta(hours=4), mix={"single": 1.0})
    twice = [each for each in _shown(shop, "11/02/2025") if each.startswith("2025-11-02T01:")]
    gap = datetime(2026, 3, 8, 6, tzinfo=UTC)
    shop.emulator.generate(200, start=gap, end=gap + timedelta(hours=2), mix={"single": 1.0})
    spring = _shown(shop, "03/08/2026")
    assert len(twice) > 200 / 3
    assert {each[11:13] for each in spring} == {"01", "03"}


def test_a_skipped_hour_may_be_entered_by_hand(open_shop: OpenShop) -> None:
    shop = open_shop(store_time_zone="America/New_York")
    shop.emulator.place([{"OrderDate": "2026-03-08T02:30:00"}])
    assert shop.ids(datestart="03/08/2026 02:00:00", dateend="03/08/2026 02:59:59") == [30001]


def test_settings_show_the_zone_as_whole_hours_of_standard_time(open_shop: OpenShop) -> None:
    shop = open_shop(store_time_zone="America/New_York")
    assert shop.get("StoreSettings").json()[0]["StoreStandards"]["StoreTimeZone"] == "-5"
    assert shop.get("StoreSettings").json()[0]["StoreStandards"]["CurrencyCode"] == "USD"
    shop.set_rules(store_settings_shape="object", store_time_zone="1")
    assert shop.get("StoreSettings").json()["StoreStandards"]["StoreTimeZone"] == "1"


def _shown(shop: Shop, day: str) -> list[str]:
    return [each["OrderDate"] for each in shop.get("Orders", datestart=day, dateend=day, limit=300).json()]

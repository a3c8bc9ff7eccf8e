"""Times as the store shows and reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cartage_sandbox.threedcart.wire.times import (
    local,
    offset_hours,
    parse_filter,
    parse_stamp,
    stamp,
    store_zone,
)


def test_a_zone_is_whole_hours_or_a_name() -> None:
    instant = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert stamp(local(instant, store_zone("-5"))) == "2026-07-01T07:00:00"
    assert stamp(local(instant, store_zone("America/New_York"))) == "2026-07-01T08:00:00"
    assert stamp(local(instant, store_zone("+2"))) == "2026-07-01T14:00:00"


@pytest.mark.parametrize("text", ["", "Nowhere/Land", "../etc", "99"])
def test_an_invalid_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text differs by kind of mistake
        store_zone(text)


def test_settings_show_standard_time() -> None:
    assert [offset_hours(each) for each in ("-5", "America/Chicago", "Europe/Berlin")] == ["-5", "-6", "1"]


def test_a_date_without_time_includes_the_whole_day() -> None:
    day = parse_filter("9/15/2013")
    assert day.date_only
    assert stamp(day.moment) == "2013-09-15T00:00:00"
    assert day.last_moment.isoformat() == "2013-09-15T23:59:59.999999"
    assert parse_filter("9/15/2013 1:02:03 PM").last_moment.isoformat() == "2013-09-15T13:02:03"


@pytest.mark.parametrize("value", [None, 5, "", "9/16/2013", [], "2026-13-01T00:00:00"])
def test_a_text_that_is_not_a_stamp_is_none(value: object) -> None:
    assert parse_stamp(value) is None

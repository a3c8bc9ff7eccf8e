from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.storefront.query import OrderQuery
from cartage.storefront.wire.times import both_instants, day_span, local_span, parse_store_time, write_time

NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # Its clocks change by half an hour.


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-02T09:14:55", "2026-03-02T14:14:55"),
        ("2026-07-02T09:14:55", "2026-07-02T13:14:55"),
        ("2026-03-02T09:14:55.5", "2026-03-02T14:14:55.5"),
        ("1970-03-22T03:22:55.390Z", "1970-03-22T03:22:55.390"),
        ("03/21/2019 14:28", "2019-03-21T18:28:00"),
        ("9/16/2013 1:23:45 PM", "2013-09-16T17:23:45"),
        ("9/16/2013", "2013-09-16T04:00:00"),
    ],
)
def test_times_in_every_known_format_are_store_local(text: str, instant: str) -> None:
    assert parse_store_time(text, NEW_YORK) == utc(instant)


@pytest.mark.parametrize("text", ["", "  ", "0001-01-01T00:00:00"])
def test_an_empty_time_is_none(text: str) -> None:
    assert parse_store_time(text, NEW_YORK) is None


@pytest.mark.parametrize("text", ["soon", "2026-13-01T00:00:00", "9999-12-31T23:59:59", "12:00"])
def test_a_text_that_is_not_a_time_raises_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- its text comes from several places
        parse_store_time(text, NEW_YORK)


def test_an_ambiguous_time_is_its_first_instant_and_both_can_be_found() -> None:
    first, second = utc("2026-11-01T05:30:00"), utc("2026-11-01T06:30:00")
    assert parse_store_time("2026-11-01T01:30:00", NEW_YORK) == first
    assert both_instants(first, NEW_YORK) == (first, second)
    assert both_instants(second, NEW_YORK) == (first, second)


def test_an_unambiguous_time_is_one_instant() -> None:
    noon = utc("2026-11-01T17:00:00")
    assert both_instants(noon, NEW_YORK) == (noon, noon)


def test_a_skipped_time_is_read_as_if_the_clocks_had_not_changed() -> None:
    assert parse_store_time("2026-03-08T02:30:00", NEW_YORK) == utc("2026-03-08T07:30:00")


def test_a_span_is_written_in_the_stores_local_time() -> None:
    start, end = utc("2026-03-02T14:00:00"), utc("2026-03-02T14:05:00")
    assert local_span(start, end, NEW_YORK) == ("03/02/2026 09:00:00", "03/02/2026 09:05:00")
    assert local_span(None, end, NEW_YORK)[0] == ""


@given(
    # Around both clock changes of both zones, to the second.
    st.sampled_from([(NEW_YORK, "2026-03-08T07:00:00"), (NEW_YORK, "2026-11-01T06:00:00")])
    | st.sampled_from([(LORD_HOWE, "2026-04-04T15:00:00"), (LORD_HOWE, "2026-10-03T15:30:00")]),
    st.integers(-4 * 3600, 4 * 3600),
    st.integers(1, 4 * 3600),
    st.integers(-4 * 3600, 4 * 3600),
)
def test_no_order_of_a_span_is_missed_when_the_clocks_change(
    change: tuple[ZoneInfo, str], start: int, length: int, placed: int
) -> None:
    """An order is in the span if any instant with its local time in the store is."""
    zone, at = change
    begin = utc(at) + timedelta(seconds=start)
    end = begin + timedelta(seconds=length)
    shown = (utc(at) + timedelta(seconds=placed)).astimezone(zone).replace(tzinfo=None)
    instants = {shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    if any(begin <= instant < end for instant in instants):
        first, last = local_span(begin, end, zone)
        assert as_filtered(first) <= shown <= as_filtered(last)


def as_filtered(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%Y %H:%M:%S")  # noqa: DTZ007 -- the store compares naive times


def test_a_filter_by_days_includes_one_more_day_on_each_side() -> None:
    start, end = utc("2026-03-02T03:00:00"), utc("2026-03-02T23:00:00")
    assert day_span(start, end, NEW_YORK) == ("02/28/2026", "03/03/2026")
    assert day_span(None, None, NEW_YORK) == ("", "")


def test_a_time_is_written_in_the_stores_zone() -> None:
    assert write_time(utc("2026-03-03T05:04:03"), NEW_YORK) == "03/03/2026 00:04:03"


def test_a_query_names_only_what_it_filters_by() -> None:
    assert OrderQuery(NEW_YORK).parameters() == {}
    query = OrderQuery(NEW_YORK, status=1, updated_from=utc("2026-03-02T12:00:00"))
    assert query.parameters() == {"orderstatus": "1", "lastupdatestart": "03/01/2026"}


def test_a_query_refuses_a_time_without_a_zone() -> None:
    with pytest.raises(ValueError, match="ordered_from"):
        OrderQuery(NEW_YORK, ordered_from=datetime(2026, 3, 2))  # noqa: DTZ001

"""Numbers and dates of elements: read exactly, or not at all."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.warehouses.files.x12.syntax.values import NotReadable, moment, optional_quantity, quantity, whole

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", "12"), (" 12 ", "12"), ("1.5", "1.5"), ("-3", "-3"), ("+3", "3"), ("000", "0"), (".5", "0.5")],
)
def test_a_quantity_is_read_exactly(text: str, number: str) -> None:
    assert quantity(text, "QTY-02") == Decimal(number)


@pytest.mark.parametrize(
    "text", ["1,000", "1E5", "NaN", "Infinity", "1_000", "١٢", "-", ".", "1.2.3", "9" * 21]
)
def test_what_is_no_quantity_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(NotReadable, match="QTY-02: not a number"):
        quantity(text, "QTY-02")


def test_an_empty_quantity_is_none_where_it_may_be() -> None:
    assert optional_quantity(" ", "W12-02") is None
    with pytest.raises(NotReadable, match="no quantity"):
        quantity("", "W12-03")


def test_a_date_is_local_and_its_time_may_be_missing() -> None:
    assert moment("20261102", "1430", NEW_YORK) == datetime(2026, 11, 2, 19, 30, tzinfo=UTC)
    assert moment("261102", "14300599", NEW_YORK) == datetime(2026, 11, 2, 19, 30, 5, tzinfo=UTC)
    assert moment("20261102", "2560", NEW_YORK) == datetime(2026, 11, 2, 5, tzinfo=UTC)
    for text in ("", "20261301", "00010101", "99991231", "2026-11-02", "tomorrow", "²0261102"):
        assert moment(text, "", NEW_YORK) is None


@given(st.text(), st.text())
def test_any_text_is_a_value_or_refused(first: str, second: str) -> None:
    found = moment(first, second, NEW_YORK)
    assert found is None or found.tzinfo is UTC
    number = whole(first)
    assert number is None or number >= 0
    with suppress(NotReadable):
        assert quantity(first, "X").is_finite()

"""Times as people say them, in the store's time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.operations.activity.moments import NoMoment, moment_of

NEW_YORK = ZoneInfo("America/New_York")
# A Sunday, 07:30 in New York.
NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("since yesterday 18:00", "2026-11-28T18:00"),
        ("Yesterday  6 PM", "2026-11-28T18:00"),
        ("yesterday", "2026-11-28T00:00"),
        ("last night", "2026-11-28T18:00"),
        ("today", "2026-11-29T00:00"),
        ("today 06:15", "2026-11-29T06:15"),
        ("now", "2026-11-29T07:30"),
        ("2 h ago", "2026-11-29T05:30"),
        ("90 min", "2026-11-29T06:00"),
        ("3 days ago", "2026-11-26T07:30"),
        ("1w", "2026-11-22T07:30"),
        ("monday", "2026-11-23T00:00"),
        ("from Thurs 9:05", "2026-11-26T09:05"),
        ("sunday", "2026-11-29T00:00"),
        # The last one: it is 07:30 now.
        ("07:00", "2026-11-29T07:00"),
        ("18:00", "2026-11-28T18:00"),
        ("at 12am", "2026-11-29T00:00"),
        ("12 pm", "2026-11-28T12:00"),
        ("2026-11-02", "2026-11-02T00:00"),
        ("2026-11-02 at 9:00", "2026-11-02T09:00"),
        ("2026-11-02T09:00:30", "2026-11-02T09:00:30"),
    ],
)
def test_words_name_an_instant_in_the_stores_time(words: str, found: str) -> None:
    expected = datetime.fromisoformat(found).replace(tzinfo=NEW_YORK)
    assert moment_of(words, NOW, NEW_YORK) == expected


def test_an_offset_that_is_written_counts() -> None:
    assert moment_of("2026-11-02T09:00+01:00", NOW, NEW_YORK) == datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_a_day_begins_at_the_stores_midnight_on_the_day_of_a_clock_change() -> None:
    after = datetime(2026, 11, 1, 17, tzinfo=UTC)
    assert moment_of("today", after, NEW_YORK) == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert moment_of("today 12:00", after, NEW_YORK) == datetime(2026, 11, 1, 17, tzinfo=UTC)


@pytest.mark.parametrize("words", ["", "   ", "since "])
def test_no_words_are_no_limit(words: str) -> None:
    assert moment_of(words, NOW, NEW_YORK) is None


@pytest.mark.parametrize(
    "words", ["soon", "yesterday 25:00", "2026-02-30", "13pm", "18", "9999999 d", "monday noonish", "²h ago"]
)
def test_words_that_name_no_time_are_refused(words: str) -> None:
    with pytest.raises(NoMoment):
        moment_of(words, NOW, NEW_YORK)


@given(st.text(max_size=60))
def test_any_text_is_an_instant_or_none_or_refused(words: str) -> None:
    try:
        found = moment_of(words, NOW, NEW_YORK)
    except NoMoment:
        return
    assert found is None or found.tzinfo is UTC

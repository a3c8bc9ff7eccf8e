"""Small rules of the desk's queue: snoozes, and what a form sends back."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cartage_airflow.desk.pages.attention.query import query_of, wanted_queue
from cartage_airflow.desk.pages.attention.snooze import CHOICES, Snooze, snoozed_until

NEW_YORK = ZoneInfo("America/New_York")
# A Sunday, 07:30 in New York.
NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
KEPT = datetime(2026, 12, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("choice", "until"),
    [
        (Snooze.HOUR, "2026-11-29T08:30"),
        (Snooze.FOUR_HOURS, "2026-11-29T11:30"),
        (Snooze.TOMORROW, "2026-11-30T08:00"),
        (Snooze.MONDAY, "2026-11-30T08:00"),
        (Snooze.WEEK, "2026-12-06T08:00"),
    ],
)
def test_a_snooze_ends_in_the_stores_time(choice: Snooze, until: str) -> None:
    expected = datetime.fromisoformat(until).replace(tzinfo=NEW_YORK)
    assert snoozed_until(choice, NOW, NEW_YORK, None) == expected


def test_on_a_monday_the_next_one_is_meant() -> None:
    monday = datetime(2026, 11, 30, 12, tzinfo=UTC)
    found = snoozed_until(Snooze.MONDAY, monday, NEW_YORK, None)
    assert found == datetime(2026, 12, 7, 8, tzinfo=NEW_YORK)


def test_a_snooze_can_be_kept_or_ended_and_each_choice_of_the_form_is_one() -> None:
    assert snoozed_until(Snooze.KEEP, NOW, NEW_YORK, KEPT) == KEPT
    assert snoozed_until(Snooze.NOT, NOW, NEW_YORK, KEPT) is None
    assert set(CHOICES) == set(Snooze) - {Snooze.KEEP}


def test_a_form_sends_back_nothing_but_the_pages_own_query() -> None:
    wanted = wanted_queue(lane="east", kind="cause", owner="ann & bob", order="oldest", page=3)
    assert query_of(wanted.back) == {
        "lane": "east",
        "kind": "cause",
        "owner": "ann & bob",
        "order": "oldest",
        "page": "3",
    }
    assert query_of("https://evil.example/?x=1&lane=east&done=decided") == {"lane": "east"}


def test_another_filter_begins_with_its_first_page() -> None:
    wanted = wanted_queue(kind="cause", page=3)
    assert wanted.link(kind="hold") == "attention?kind=hold"
    assert wanted.link(kind="") == "attention"
    assert wanted_queue(kind="nonsense", order="nonsense").query == {}

"""Which orders belong to a window: placed or changed in it, by either instant of an ambiguous local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from cartage.db import Ledger
from cartage.intake.import_orders import in_window
from cartage.lanes.settings.lane import Lane
from cartage.model.orders import SalesOrder
from cartage.runtime.context import StageContext
from cartage.runtime.run import Run, Window

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LANE = Lane.model_validate(
    {
        "name": "demo",
        "store": {"connection": "store", "time_zone": "America/New_York", "go_live": date(2020, 1, 1)},
        "warehouse": {
            "connector": "extensiv",
            "connection": "wh",
            "settings": {"customer_id": 1, "facility_id": 1},
        },
    }
)


@dataclass(frozen=True)
class Unused:
    """Stands in for an argument that a pure function does not read."""


def is_in(order: SalesOrder, start: datetime, end: datetime) -> bool:
    run = Run("dag/run/task/1", "dag/run", "import_orders")
    return in_window(order, StageContext(LANE, cast(Ledger, Unused()), run, Window(start, end)))


def order(ordered_at: datetime | None = None, updated_at: datetime | None = None) -> SalesOrder:
    return SalesOrder(1, 1, ordered_at=ordered_at, updated_at=updated_at)


@pytest.mark.parametrize(
    ("offset", "inside"),
    [
        (timedelta(0), True),
        (HOUR - timedelta(seconds=1), True),
        (HOUR, False),
        (-timedelta(seconds=1), False),
    ],
)
def test_the_start_belongs_to_the_window_and_the_end_to_the_next(offset: timedelta, inside: bool) -> None:
    assert is_in(order(NOON + offset), NOON, NOON + HOUR) is inside
    assert is_in(order(NOON - 9 * HOUR, NOON + offset), NOON, NOON + HOUR) is inside


def test_an_order_placed_in_the_window_and_changed_later_belongs_to_it() -> None:
    assert is_in(order(NOON, NOON + 5 * HOUR), NOON, NOON + HOUR)


def test_an_order_whose_times_cannot_be_read_is_imported() -> None:
    assert is_in(order(), NOON, NOON + HOUR)


# On 1 November 2026 the clocks go back from 2:00 to 1:00 (06:00 UTC): 1:30 comes at 05:30 and at 06:30 UTC.
FIRST_HALF_PAST_ONE = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK).astimezone(UTC)


@pytest.mark.parametrize(
    "start", [datetime(2026, 11, 1, 5, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)]
)
@pytest.mark.parametrize("field", ["ordered_at", "updated_at"])
def test_both_instants_of_an_ambiguous_time_count(field: str, start: datetime) -> None:
    old = NOON - 99 * HOUR
    stamps = {"ordered_at": old, "updated_at": old} | {field: FIRST_HALF_PAST_ONE}
    assert is_in(order(**stamps), start, start + HOUR)


@pytest.mark.parametrize(
    "start", [datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC)]
)
def test_the_hours_around_an_ambiguous_time_do_not_count(start: datetime) -> None:
    assert not is_in(order(FIRST_HALF_PAST_ONE), start, start + HOUR)


def test_a_time_that_daylight_saving_skips_belongs_to_a_window() -> None:
    # On 8 March 2026 the clocks go from 2:00 to 3:00 (07:00 UTC): there is no 2:30.
    skipped = datetime(2026, 3, 8, 2, 30, tzinfo=NEW_YORK).astimezone(UTC)
    day = datetime(2026, 3, 8, tzinfo=UTC)
    assert any(is_in(order(skipped), day + hour * HOUR, day + (hour + 1) * HOUR) for hour in range(24))


@pytest.mark.parametrize(
    ("start", "end"),
    [(NOON, NOON), (NOON, NOON - HOUR), (NOON.replace(tzinfo=None), NOON), (NOON, NOON.replace(tzinfo=None))],
)
def test_a_window_without_a_valid_range_is_refused(start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="start before end"):
        Window(start, end)

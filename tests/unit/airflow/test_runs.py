"""The window of a run, and whether it is the newest run of its schedule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cartage.errors import SettingsError
from cartage_airflow import runs

EVERY_FIVE_MINUTES = "*/5 * * * *"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(minute: int, second: int = 0) -> datetime:
    return NOON + timedelta(minutes=minute, seconds=second)


def must_not_ask(logical_dates: Sequence[datetime]) -> int:
    raise AssertionError("Airflow was asked although the clock decides")


class TestWindow:
    def test_a_data_interval_as_airflow_renders_it_is_a_window(self) -> None:
        window = runs.window_of("2026-11-23 12:00:00+00:00", "2026-11-23 12:05:00+00:00")
        assert window == (at(0), at(5))

    def test_what_a_person_types_is_understood_in_any_zone(self) -> None:
        assert runs.window_of("2026-11-23T12:00:00Z", "2026-11-23T14:05:00+02:00") == (at(0), at(5))

    def test_without_dates_there_is_no_window(self) -> None:
        assert runs.window_of("", " ") is None

    def test_both_wrong_dates_are_named_at_once(self) -> None:
        with pytest.raises(SettingsError) as raised:
            runs.window_of("yesterday", "2026-11-23T12:00:00")
        assert "window_start: 'yesterday' is not an instant" in str(raised.value)
        assert "window_end: '2026-11-23T12:00:00' has no time zone" in str(raised.value)

    def test_one_date_without_the_other_is_refused(self) -> None:
        with pytest.raises(SettingsError, match="window_end: '' is not an instant"):
            runs.window_of("2026-11-23T12:00:00Z", "")

    def test_the_empty_interval_of_a_bare_cron_string_is_refused_with_the_fix(self) -> None:
        with pytest.raises(SettingsError, match="CronDataIntervalTimetable"):
            runs.window_of("2026-11-23 12:00:00+00:00", "2026-11-23 12:00:00+00:00")


class TestNewest:
    def test_the_run_of_the_last_complete_window_is_newest_without_asking(self) -> None:
        assert runs.is_newest(EVERY_FIVE_MINUTES, at(5), at(9, 59), must_not_ask)

    def test_a_run_is_not_newest_once_the_next_window_has_a_run(self) -> None:
        assert not runs.is_newest(EVERY_FIVE_MINUTES, at(5), at(10), lambda dates: dates.count(at(5)))

    def test_a_late_run_is_still_newest_while_no_later_window_has_a_run(self) -> None:
        assert runs.is_newest(EVERY_FIVE_MINUTES, at(5), at(22), lambda _: 0)

    def test_every_later_window_that_has_ended_is_asked_for(self) -> None:
        later = runs.later_windows(EVERY_FIVE_MINUTES, at(5), at(22, 30))
        assert later == [at(15), at(10), at(5)]

    def test_windows_follow_an_uneven_schedule(self) -> None:
        assert runs.later_windows("0 9,17 * * *", at(-180), at(360)) == [at(-180)]

    def test_a_run_of_last_year_asks_for_a_bounded_number_of_windows(self) -> None:
        assert len(runs.later_windows(EVERY_FIVE_MINUTES, NOON - timedelta(days=365), NOON)) == 100


class TestSweep:
    @staticmethod
    def context(run_type: str, *, count: int = 0) -> Any:
        now = datetime.now(UTC)
        return {
            "dag_run": SimpleNamespace(run_type=run_type, data_interval_end=now - timedelta(minutes=20)),
            "dag": SimpleNamespace(timetable=SimpleNamespace(expression=EVERY_FIVE_MINUTES)),
            "ti": SimpleNamespace(dag_id="orders__demo", get_dr_count=lambda **_: count),
        }

    def test_the_newest_scheduled_run_may_sweep(self) -> None:
        assert runs.may_sweep(self.context("scheduled"), has_window=True)

    def test_an_overtaken_scheduled_run_may_not(self) -> None:
        assert not runs.may_sweep(self.context("scheduled", count=1), has_window=True)

    @pytest.mark.parametrize("has_window", [True, False])
    def test_a_backfill_never_sweeps(self, has_window: bool) -> None:
        assert not runs.may_sweep(self.context("backfill"), has_window=has_window)

    def test_a_run_started_by_hand_sweeps_only_without_a_window(self) -> None:
        assert runs.may_sweep(self.context("manual"), has_window=False)
        assert not runs.may_sweep(self.context("manual"), has_window=True)


def test_the_key_of_a_task_run_begins_with_that_of_its_dag_run() -> None:
    dag_run = runs.dag_run_key("orders__demo", "scheduled__2026-11-23T12:05:00+00:00")
    task_run = runs.task_run_key("orders__demo", "scheduled__2026-11-23T12:05:00+00:00", "import_orders", 2)
    assert task_run == f"{dag_run}/import_orders/2"

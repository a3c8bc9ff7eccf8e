"""Samples of the fault schedules: a few small ones in every test run, one of each kind in `make nightly`.

`make faults` runs two hundred large ones.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults.harness.file_themes import FILE_THEMES
from tests.faults.harness.schedule import CONNECTORS, Schedule, draw, draw_files, draw_for
from tests.faults.harness.series import rows_of, stage_processes
from tests.faults.harness.themes import THEMES

# Killed, with a crashing database and lost responses; with CSV files killed, and cut before and after the rename.
KILLED, FILES_KILLED = 39, 1
# Restored from a dump; frozen.
SEEDS = (12, 17, KILLED)
# Lost after the commit, and with it what a repeated reference gets.
API_SEEDS = {"shipbob": 7, "mcf": 23}
# With X12: cut while staging.
FILE_SEEDS = (FILES_KILLED, 20)


def test_a_seed_always_gives_the_same_schedule() -> None:
    assert [draw(seed).lines() for seed in range(60)] == [draw(seed).lines() for seed in range(60)]
    assert [draw_files(seed).lines() for seed in range(60)] == [
        draw_files(seed).lines() for seed in range(60)
    ]


def test_every_theme_meets_every_connector() -> None:
    drawn = [draw_for(seed) for seed in range(4 * len(THEMES))]
    met = Counter((schedule.connector, schedule.themes[0]) for schedule in drawn)
    assert set(met.values()) == {1}
    assert {connector for connector, _ in met} == set(CONNECTORS) == {"extensiv", "shipbob", "mcf", "files"}


def test_every_theme_comes_first_equally_often() -> None:
    leading = [draw(seed).themes[0] for seed in range(10 * len(THEMES))]
    assert {theme: leading.count(theme) for theme in THEMES} == dict.fromkeys(THEMES, 10)
    leading = [draw_files(seed).themes[0] for seed in range(10 * len(FILE_THEMES))]
    assert {theme: leading.count(theme) for theme in FILE_THEMES} == dict.fromkeys(FILE_THEMES, 10)


def test_killed_processes_neither_double_nor_lose_an_order() -> None:
    kept([draw(KILLED, sizes=(40, 60)), draw_files(FILES_KILLED, sizes=(15, 20))])


@pytest.mark.nightly
def test_fault_schedules_neither_double_nor_lose_an_order() -> None:
    schedules = [draw(seed, sizes=(40, 60)) for seed in SEEDS]
    schedules += [draw(seed, connector=name, sizes=(25, 40)) for name, seed in API_SEEDS.items()]
    schedules += [draw_files(seed, sizes=(15, 20)) for seed in FILE_SEEDS]
    kept(schedules)


def kept(schedules: list[Schedule]) -> None:
    """Run the schedules, and assert that each kept its promises."""
    rows = list(rows_of(schedules, 2, stage_processes))
    assert [row.line() for row in rows if not row.passed] == []
    assert sorted(row.seed for row in rows) == sorted(schedule.seed for schedule in schedules)

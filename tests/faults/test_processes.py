"""A small sample of the fault schedules, in every test run; `make faults` runs two hundred large ones."""

from __future__ import annotations

from tests.faults.harness.schedule import draw
from tests.faults.harness.series import rows_of, stage_processes
from tests.faults.harness.themes import THEMES

# Chosen for their themes: restored from a dump; frozen; killed, with a crashing database and lost responses.
SEEDS = (12, 17, 39)


def test_a_seed_always_gives_the_same_schedule() -> None:
    assert [draw(seed).lines() for seed in range(60)] == [draw(seed).lines() for seed in range(60)]


def test_every_theme_comes_first_equally_often() -> None:
    leading = [draw(seed).themes[0] for seed in range(10 * len(THEMES))]
    assert {theme: leading.count(theme) for theme in THEMES} == dict.fromkeys(THEMES, 10)


def test_fault_schedules_neither_double_nor_lose_an_order() -> None:
    schedules = [draw(seed, smallest=40, largest=60) for seed in SEEDS]
    rows = list(rows_of(schedules, 2, stage_processes))
    assert [row.line() for row in rows if not row.passed] == []
    assert {row.seed for row in rows} == set(SEEDS)

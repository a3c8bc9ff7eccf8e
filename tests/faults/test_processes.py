"""A small sample of the fault schedules, in every test run; `make faults` runs two hundred large ones."""

from __future__ import annotations

from tests.faults.harness.file_themes import FILE_THEMES
from tests.faults.harness.schedule import draw, draw_files
from tests.faults.harness.series import rows_of, stage_processes
from tests.faults.harness.themes import THEMES

# Chosen for their themes: restored from a dump; frozen; killed, with a crashing database and lost responses.
SEEDS = (12, 17, 39)
# With files: killed, and cut before and after the rename (CSV); cut while staging, X12.
FILE_SEEDS = (1, 20)


def test_a_seed_always_gives_the_same_schedule() -> None:
    assert [draw(seed).lines() for seed in range(60)] == [draw(seed).lines() for seed in range(60)]
    assert [draw_files(seed).lines() for seed in range(60)] == [
        draw_files(seed).lines() for seed in range(60)
    ]


def test_every_theme_comes_first_equally_often() -> None:
    leading = [draw(seed).themes[0] for seed in range(10 * len(THEMES))]
    assert {theme: leading.count(theme) for theme in THEMES} == dict.fromkeys(THEMES, 10)
    leading = [draw_files(seed).themes[0] for seed in range(10 * len(FILE_THEMES))]
    assert {theme: leading.count(theme) for theme in FILE_THEMES} == dict.fromkeys(FILE_THEMES, 10)


def test_fault_schedules_neither_double_nor_lose_an_order() -> None:
    schedules = [draw(seed, smallest=40, largest=60) for seed in SEEDS]
    schedules += [draw_files(seed, smallest=15, largest=20) for seed in FILE_SEEDS]
    rows = list(rows_of(schedules, 2, stage_processes))
    assert [row.line() for row in rows if not row.passed] == []
    assert sorted(row.seed for row in rows) == sorted((*SEEDS, *FILE_SEEDS))

"""A setting's old name still works, with a warning that names its line and the new name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from cartage.lanes import LaneFile
from cartage.lanes.mistakes import model_at
from cartage.lanes.renamed import RENAMED_SETTINGS
from cartage.lanes.settings.lane import Lane

LaneText = Callable[..., str]
Load = Callable[[str], LaneFile]


def test_an_old_name_sets_the_new_setting(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text(more="limits: {guard: 30s, drain: express}"))
    assert found.mistakes == []
    assert found.lanes["demo"].limits.status_freshness == timedelta(seconds=30)
    assert found.lanes["demo"].limits.send_first == "express"


def test_the_warning_names_the_line_the_old_name_and_the_new_one(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text(more="limits:\n  guard: 30s"))
    (line,) = found.warning_lines()
    assert line == (
        f"{found.path}:13: demo: lanes.demo.limits.guard: `guard` is now called `status_freshness`. "
        "Rename it to `status_freshness` in this line."
    )


def test_current_names_cause_no_warning(load: Load, lane_text: LaneText) -> None:
    assert load("lanes:\n" + lane_text(more="limits: {status_freshness: 30s}")).warnings == []


def test_both_names_at_once_are_a_mistake_that_names_both_lines(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text(more="limits:\n  guard: 30s\n  status_freshness: 1m"))
    assert (found.lanes, found.warnings) == ({}, [])
    (mistake,) = found.mistakes
    assert (mistake.path, mistake.line) == ("lanes.demo.limits.guard", 13)
    assert "also set, in line 14" in mistake.message


def test_a_wrong_value_under_an_old_name_has_the_line_of_that_name(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text(more="limits:\n  threads: 3\n  guard: 10"))
    (mistake,) = found.mistakes
    assert (mistake.path, mistake.line) == ("lanes.demo.limits.status_freshness", 14)
    assert [warning.line for warning in found.warnings] == [14]


def test_each_item_of_a_list_may_have_the_old_name(load: Load, lane_text: LaneText) -> None:
    more = "holds:\n" + "".join(
        f"  - {{name: {name}, reason: look, value_over: 1, {setting}: 2h}}\n"
        for name, setting in (("a", "until"), ("b", "hold_for"), ("c", "until"))
    )
    found = load("lanes:\n" + lane_text(more=more))
    assert [rule.hold_for for rule in found.lanes["demo"].holds] == [timedelta(hours=2)] * 3
    assert [warning.path for warning in found.warnings] == [
        "lanes.demo.holds[1].until",
        "lanes.demo.holds[3].until",
    ]


def test_an_old_name_that_several_lanes_share_by_anchor_is_reported_for_each(
    load: Load, lane_text: LaneText
) -> None:
    text = "x-limits: &limits {guard: 30s}\nlanes:\n" + lane_text("a", more="limits: *limits")
    found = load(text + lane_text("b", connection="other", more="limits: {<<: *limits, threads: 3}"))
    assert [lane.limits.status_freshness for lane in found.lanes.values()] == [timedelta(seconds=30)] * 2
    assert [warning.lane for warning in found.warnings] == ["a", "b"]


@pytest.mark.parametrize("more", ["limits: guard", "limits: [guard]", "holds: {until: 1}", "holds: [until]"])
def test_a_section_of_the_wrong_type_is_only_a_mistake(load: Load, lane_text: LaneText, more: str) -> None:
    found = load("lanes:\n" + lane_text(more=more))
    assert found.mistakes
    assert found.warnings == []


@pytest.mark.parametrize(("pattern", "new"), RENAMED_SETTINGS.items())
def test_every_new_name_is_a_setting_and_no_old_name_is(pattern: tuple[str, ...], new: str) -> None:
    section = model_at(Lane, tuple(0 if name == "[]" else name for name in pattern[:-1]))
    assert section is not None
    assert new in section.model_fields
    assert pattern[-1] not in section.model_fields

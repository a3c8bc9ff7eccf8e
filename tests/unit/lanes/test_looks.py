"""The settings of looks between two windows: what is too often, too seldom or of no use is a mistake with its fix."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.lanes.conftest import LaneText, Load


def test_looks_are_off_unless_they_are_set(load: Load, lane_text: LaneText) -> None:
    more = "schedules: {look_for_orders_every: 10s, look_for_shipments_every: 1m}"
    schedules = load("lanes:\n" + lane_text(more=more)).lanes["demo"].schedules
    assert schedules.look_for_orders_every == timedelta(seconds=10)
    assert schedules.look_for_shipments_every == timedelta(minutes=1)
    assert load("lanes:\n" + lane_text()).lanes["demo"].schedules.look_for_orders_every == "never"


@pytest.mark.parametrize(
    ("more", "what", "fix"),
    [
        ("schedules: {look_for_orders_every: 4s}", "not between 5s and 10m", "10s"),
        ("schedules: {look_for_shipments_every: 11m}", "not between 5s and 10m", "10s"),
        ("schedules: {look_for_orders_every: often}", "not a duration", "90s"),
        (
            "schedules: {look_for_orders_every: 10s, sweep_every: never}",
            "sweep_every is never",
            "sweep_every",
        ),
        (
            "schedules: {look_for_orders_every: 10s}\nlimits: {calls_per_second: 0.5}",
            "more than a tenth of the store's calls",
            "at least 20s",
        ),
    ],
)
def test_a_look_that_is_of_no_use_is_a_mistake(
    load: Load, lane_text: LaneText, more: str, what: str, fix: str
) -> None:
    file = load("lanes:\n" + lane_text(more=more))
    assert file.lanes == {}
    [text] = file.mistake_lines()
    assert what in text
    assert fix in text

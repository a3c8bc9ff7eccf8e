"""Modes: every stage is done or says why not, and nothing that writes runs in off or shadow."""

from __future__ import annotations

import pytest

from cartage.dispatch import STAGE_NAMES, STAGES, WHY_NOT, function_for
from cartage.lanes.modes import Mode

WRITERS = {"transfer_to_warehouse", "mark_processing", "poll_tracking", "update_order_status", "update_stock"}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("name", STAGE_NAMES)
def test_every_stage_has_a_function_or_a_reason_in_every_mode(name: str, mode: Mode) -> None:
    assert function_for(name, mode) is not None or WHY_NOT[mode]


def test_nothing_runs_in_off_and_no_writer_in_shadow() -> None:
    assert {function_for(name, Mode.OFF) for name in STAGE_NAMES} == {None}
    in_shadow = {function_for(name, Mode.SHADOW) for name in STAGE_NAMES}
    assert not in_shadow & {STAGES[name] for name in WRITERS}


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.DRAIN])
def test_every_stage_runs_itself_in_live_and_drain(mode: Mode) -> None:
    assert [function_for(name, mode) for name in STAGE_NAMES] == list(STAGES.values())

"""Modes: which module does a stage's work, and that nothing that writes runs in off or shadow."""

from __future__ import annotations

from importlib import import_module

import pytest

from cartage.lanes.model import Mode
from cartage.stages import STAGE_NAMES
from cartage.stages.modes import module_for, why_not

WRITERS = {"transfer_to_warehouse", "mark_processing", "poll_tracking", "update_order_status"}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("stage", STAGE_NAMES)
def test_every_stage_has_a_module_or_a_reason_in_every_mode(stage: str, mode: Mode) -> None:
    module = module_for(stage, mode)
    if module is None:
        assert why_not(mode)
    else:
        assert callable(import_module(f"cartage.stages.{module}").run)


def test_nothing_runs_in_off_and_no_writer_in_shadow() -> None:
    assert {module_for(stage, Mode.OFF) for stage in STAGE_NAMES} == {None}
    assert not {module_for(stage, Mode.SHADOW) for stage in STAGE_NAMES} & WRITERS


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.DRAIN])
def test_every_stage_runs_itself_in_live_and_drain(mode: Mode) -> None:
    assert [module_for(stage, mode) for stage in STAGE_NAMES] == list(STAGE_NAMES)

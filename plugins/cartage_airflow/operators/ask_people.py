"""Ask people in Airflow's Required Actions about what waits for a decision, if the lane is set up for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.lanes.modes import Mode

if TYPE_CHECKING:
    from cartage.runtime.context import StageContext


def ask_people(stage_context: StageContext) -> None:
    """Open a required action for each cause and paused push, and close those that are over. Never fail the task."""
    lane = stage_context.lane
    if lane.required_actions.connection and lane.mode is not Mode.OFF:
        from cartage_airflow.required_actions.sync import sync_required_actions

        sync_required_actions(stage_context)

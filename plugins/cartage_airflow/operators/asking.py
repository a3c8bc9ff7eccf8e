"""What a task does after its stage, where the lane asks people in Required Actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.lanes.modes import Mode

if TYPE_CHECKING:
    from cartage.runtime.context import StageContext


def keep_asked(world: StageContext) -> None:
    """Have people asked about what waits for them, and what is over closed. Fails nothing."""
    if world.lane.required_actions.connection and world.lane.mode is not Mode.OFF:
        from cartage_airflow.required_actions.keeping import keep_action

        keep_action(world)

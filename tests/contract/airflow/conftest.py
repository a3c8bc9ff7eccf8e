"""Operators, hooks and the sensor against the sandbox over HTTP, for a lane in a lanes file.

Point Airflow at a temporary home before any test module imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.world import World
from tests.dags.airflow_home import use_temporary_home

use_temporary_home()

WriteLane = Callable[..., None]


@pytest.fixture
def write_lane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteLane:
    """Make a world's lane the only lane of the deployment."""

    def write(world: World, **changes: Any) -> None:
        settings = {name: value for name, value in world.settings.items() if name != "name"} | changes
        file = tmp_path / "lanes.yaml"
        file.write_text(yaml.safe_dump({"lanes": {world.settings["name"]: settings}}))
        monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))

    return write


@pytest.fixture
def lane(world: World, write_lane: WriteLane) -> str:
    """The name of a lane on a sandbox store and warehouse."""
    write_lane(world)
    return world.lane.name

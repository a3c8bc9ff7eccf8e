"""Stopping: a real process that gets SIGTERM starts no new order and finishes those under way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import yaml

from cartage.lanes.settings.lane import Lane
from tests.contract.world import World

_LONGEST_S = 60.0


def lanes_file(world: World, folder: Path) -> Path:
    """Write the world's lane to a file for another process."""
    lane = Lane.model_validate(world.settings).model_dump(mode="json", exclude_unset=True)
    path = folder / "lanes.yaml"
    path.write_text(yaml.safe_dump({"lanes": {lane.pop("name"): lane}}))
    return path


def start(world: World, folder: Path, stage: str) -> subprocess.Popen[str]:
    """Start `cartage run` of one stage in its own process."""
    environment = os.environ | {"CARTAGE_LANES_FILE": str(lanes_file(world, folder))}
    command = [sys.executable, "-m", "cartage.cli", "run", stage, "--lane", world.lane.name, "--json"]
    return subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def wait_for(world: World, process: subprocess.Popen[str], state: str) -> None:
    """Wait until an order is in this state."""
    deadline = time.monotonic() + _LONGEST_S
    while state not in world.states():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, world.states()
        time.sleep(0.02)


def test_on_sigterm_no_new_order_starts_and_requests_in_flight_end(world: World, tmp_path: Path) -> None:
    world.settings["limits"]["threads"] = 4
    world.place(count=40)
    world.go("import_orders", "validate_mappings")
    world.warehouse_fault("POST .*/orders$", "delay", nth=0, seconds=0.5)
    process = start(world, tmp_path, "transfer_to_warehouse")
    try:
        wait_for(world, process, "acknowledged")
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=_LONGEST_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, said
    assert "no new order starts" in said
    states = world.states()
    assert set(states) == {"acknowledged", "ready"}, said
    assert 0 < states["acknowledged"] <= 24
    assert set(world.references().values()) == {1}
    assert len(world.references()) == states["acknowledged"]
    world.shop.warehouse.faults.clear()
    world.go("settle_outcomes", "transfer_to_warehouse")
    assert world.states() == {"acknowledged": 40}
    assert set(world.references().values()) == {1}

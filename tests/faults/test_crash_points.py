"""Crash points: a real process is killed before and after each commit and each request of a stage.

Each point has its own order, in one world. After the kill the lane runs as usual, and the journals of store and
warehouse show what happened. `make crash-points` tries every point; the normal test run tries one in
`CARTAGE_CRASH_SHARE` (12; with files, three times that), drawn by `CARTAGE_CRASH_SEED` (1). With files, a request is
one of SFTP: those that write the temporary file, rename it, read the warehouse's files and archive them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
import yaml

from cartage.db import open_ledger
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.stack.file_shop import FileShop
from cartage_sandbox.stack.shop import Shop
from cartage_sandbox.stack.storefront import Storefront
from tests.contract.file_world import FileWorld
from tests.contract.world import World, lane_settings
from tests.faults.crash_site import STAGES, CrashSite, FileCrashSite
from tests.faults.harness.ledgers import Ledgers
from tests.faults.harness.programs import Programs

SHARE = int(os.environ.get("CARTAGE_CRASH_SHARE", "12"))
# The normal run tries fewer points of files: each stage makes a dozen SFTP requests for one order.
FILE_SHARE = SHARE if SHARE == 1 else 3 * SHARE
SEED = int(os.environ.get("CARTAGE_CRASH_SEED", "1"))
# If a shipment's status does not move the order's, there is one more request to die at.
_STORE_RULES: dict[str, RuleValue] = {"throttle": False, "shipment_status_moves_order": "never"}
# What files change: the others of a lane are the same with them.
_FILE_STAGES = ("settle_outcomes", "transfer_to_warehouse", "poll_tracking")


@pytest.fixture(scope="module")
def machinery() -> Iterator[tuple[Ledgers, Programs]]:
    with Ledgers() as ledgers, Programs() as programs:
        yield ledgers, programs


@contextmanager
def served(
    shop: Storefront, settings: dict[str, Any], ledger_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """Serve a shop, write its lane, and yield the environment of the processes, which this one has, too."""
    written = {name: value for name, value in settings.items() if name != "name"}
    (folder / "lanes.yaml").write_text(yaml.safe_dump({"lanes": {"demo": written}}))
    environment = {
        **shop.connections(),
        "CARTAGE_LEDGER_URL": ledger_url,
        "CARTAGE_LANES_FILE": str(folder / "lanes.yaml"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield environment


@pytest.fixture
def site(
    machinery: tuple[Ledgers, Programs], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CrashSite]:
    ledgers, programs = machinery
    settings = lane_settings(limits={"threads": 1})
    with (
        ledgers.fresh() as url,
        Shop(seed=5, store_rules=_STORE_RULES) as shop,
        served(shop, settings, url, tmp_path, monkeypatch) as environment,
    ):
        ledger = open_ledger(url)
        world = World(shop, ledger, settings)
        world.settle_in()
        yield CrashSite(world, ledgers, programs, tmp_path, environment)
        ledger.close()


@pytest.fixture
def file_site(
    machinery: tuple[Ledgers, Programs], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FileCrashSite]:
    ledgers, programs = machinery
    with (
        ledgers.fresh() as url,
        FileShop("demo", tmp_path / "files", seed=5, store_rules=_STORE_RULES) as shop,
    ):
        settings = lane_settings(limits={"threads": 1})
        settings["warehouse"] = shop.lane_warehouse(settle="0s", visibility_delay="0s")
        with served(shop, settings, url, tmp_path, monkeypatch) as environment:
            ledger = open_ledger(url)
            world = FileWorld(cast("Shop", shop), ledger, settings, files=shop)
            world.settle_in()
            yield FileCrashSite(world, ledgers, programs, tmp_path, environment)
            ledger.close()


def harmed_at(site: CrashSite, stage: str, share: int) -> dict[str, list[str]]:
    """Kill a stage at a sample of its points; return what was wrong with an order after that, by point."""
    harmed: dict[str, list[str]] = {}
    found = site.points(stage)
    assert {point.kind for point in found} == {"commit", "send"}
    for point in Random(f"{SEED} {stage}").sample(found, -(-len(found) // share)):
        order_id = site.new_order(stage)
        died = site.killed_at(stage, point)
        print(f"{stage}: {point}: {'killed' if died else 'not reached'}")
        site.run_next(order_id)
        faults = site.faults(order_id) + ([] if died else ["was not killed there"])
        if faults:
            harmed[str(point)] = faults
    return harmed


@pytest.mark.parametrize("stage", [name for name in STAGES if name != "validate_mappings"])
def test_killing_a_process_at_any_commit_or_request_neither_doubles_nor_loses_an_order(
    site: CrashSite, stage: str
) -> None:
    assert harmed_at(site, stage, SHARE) == {}


@pytest.mark.parametrize("stage", _FILE_STAGES)
def test_killing_a_process_around_a_file_puts_no_order_into_two_files_and_loses_none(
    file_site: FileCrashSite, stage: str
) -> None:
    assert harmed_at(file_site, stage, FILE_SHARE) == {}

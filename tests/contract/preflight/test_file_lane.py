"""`cartage preflight` for a lane whose warehouse exchanges files: login, folders, rights, latest files, SKUs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cartage.cli.main import app
from cartage_sandbox.files import FileForm
from cartage_sandbox.kernel.faults import Fault
from tests.contract.conftest import MakeFileWorld
from tests.contract.file_world import FileWorld


def preflight(
    world: FileWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: str
) -> list[dict[str, Any]]:
    """Return the findings of one section."""
    file = tmp_path / "lanes.yaml"
    settings = {name: value for name, value in world.settings.items() if name != "name"}
    file.write_text(yaml.safe_dump({"lanes": {"demo": settings}}))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    done = CliRunner().invoke(app, ["--quiet", "preflight", "--lane", "demo", "--section", section, "--json"])
    [found] = json.loads(done.stdout)
    findings: list[dict[str, Any]] = found["findings"]
    return findings


def results(findings: list[dict[str, Any]]) -> dict[str, str]:
    return {finding["subject"]: finding["result"] for finding in findings}


def test_login_folders_and_latest_files_are_looked_at(
    make_file_world: MakeFileWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_file_world(FileForm.DSFX)
    world.put("shp_1.csv", "no,such,columns\r\n1,2,3\r\n")
    with world.files.warehouse.premises.lock:
        world.files.warehouse.floor.send_inventory(world.files.account, full=True)
    findings = preflight(world, tmp_path, monkeypatch, "warehouse_access")
    found = results(findings)
    assert {f"folder {name}" for name in ("/in", "/out", "/archive", "/in/archive")} <= set(found)
    assert found["latest files about orders"] == "warning"
    [orders] = [finding for finding in findings if finding["subject"] == "latest files about orders"]
    assert "shp_1.csv" in orders["what"]
    assert "cartage files read" in orders["fix"]


def test_a_right_that_is_missing_is_a_mistake(
    make_file_world: MakeFileWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_file_world(FileForm.DSFX)
    world.files.warehouse.faults.add(Fault("^OPEN /in", "status", status=403, nth=0))
    world.files.warehouse.faults.add(Fault("^LIST /archive", "status", status=403, nth=0))
    found = results(preflight(world, tmp_path, monkeypatch, "warehouse_access"))
    assert (found["staging in /in"], found["folder /archive"]) == ("mistake", "mistake")
    assert world.names("in") == []


@pytest.mark.parametrize("known_skus", ["any", "inventory"])
def test_skus_are_compared_with_the_inventory_file(
    make_file_world: MakeFileWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known_skus: str
) -> None:
    world = make_file_world(FileForm.DSFX, settings={"known_skus": known_skus})
    world.place("single", 2)
    with world.shop.store.state.lock:
        world.shop.store.state.stock([{"SKUInfo": {"SKU": "GONE", "Name": "Gone"}}])
    with world.files.warehouse.premises.lock:
        world.files.warehouse.floor.send_inventory(world.files.account, full=True)
    findings = preflight(world, tmp_path, monkeypatch, "product_skus")
    if known_skus == "any":
        [finding] = findings
        assert (finding["result"], "known_skus: inventory" in finding["what"]) == ("unknown", True)
    else:
        assert [finding["subject"] for finding in findings if finding["result"] == "mistake"] == ["GONE"]

"""`cartage reconcile` and `cartage differences`: as tables, JSON, CSV and a workbook, and as the exit code."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from tests.contract.conftest import MakeWorld
from tests.contract.reconciliation.reconciled import AT_ONCE, busy
from tests.contract.world import World


def cartage(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["--quiet", *arguments])


def output(*arguments: str, code: int = 0) -> Any:
    result = cartage(*arguments)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.fixture
def world(make_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A lane that the command line can find, with two orders at the warehouse."""
    world = make_world(reconciliation=AT_ONCE)
    settings = {key: value for key, value in world.settings.items() if key != "name"}
    lanes = tmp_path / "lanes.yaml"
    lanes.write_text(yaml.safe_dump({"lanes": {"demo": settings}}))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(lanes))
    return world


def test_a_clean_lane_exits_with_0(world: World) -> None:
    busy(world, 2)
    result = cartage("reconcile", "--lane", "demo")
    assert result.exit_code == 0, result.output
    assert "compared 2 orders of the store, 2 of the ledger and 2 of the warehouse" in result.stdout
    assert "Not compared: Stock: the lane pushes no stock." in result.stdout
    assert "No differences." in result.stdout


def test_differences_are_shown_written_and_exit_with_1(world: World, tmp_path: Path) -> None:
    [order_id, _], _ = busy(world, 2)
    world.amend(order_id, line={"ItemID": "=HYPERLINK(1)"})
    files = tmp_path / "found.csv", tmp_path / "found.xlsx"
    arguments = (
        "reconcile",
        "--lane",
        "demo",
        "--days",
        "3",
        "--csv",
        str(files[0]),
        "--xlsx",
        str(files[1]),
    )
    report = output(*arguments, "--json", code=1)
    [row] = report["differences"]
    assert (row["side"], row["kind"], row["key"]) == ("store", "lines", world.reference_of(order_id))
    assert "=hyperlink(1)" in row["on_side"]
    assert report["counts"]["looked_at_again"] == 1
    with files[0].open(encoding="utf-8-sig", newline="") as file:
        [written] = csv.DictReader(file)
    assert written["kind"] == "lines"
    sheet = load_workbook(files[1]).active
    assert sheet is not None
    header, cells = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert dict(zip(header, cells, strict=True))["key"] == row["key"]
    assert all(cell.data_type == "s" for line in sheet.iter_rows() for cell in line if cell.value is not None)
    shown = cartage("reconcile", "--lane", "demo")
    assert shown.exit_code == 1
    assert "demo: 1 difference" in shown.stdout


def test_a_difference_is_listed_owned_ignored_and_heeded(world: World) -> None:
    [order_id, _], _ = busy(world, 2)
    world.shop.store.edit(order_id, OrderStatusID=6)
    [found] = output("reconcile", "--lane", "demo", "--json", code=1)["differences"]
    number = ("--lane", "demo", found["id"])
    assert cartage("differences", "own", *number, "--owner", "Bea").exit_code == 0
    [listed] = output("differences", "list", "--lane", "demo", "--kind", "status", "--json")
    assert (listed["id"], listed["owner"]) == (found["id"], "Bea")
    assert output("differences", "list", "--lane", "demo", "--kind", "lines", "--json") == []

    ignore = ("differences", "ignore", *number, "--by", "Ann")
    assert cartage(*ignore).exit_code == 2
    assert "needs a reason" in cartage(*ignore, "--reason", " ").output
    assert cartage(*ignore, "--reason", "a phone call").exit_code == 0
    assert cartage("reconcile", "--lane", "demo").exit_code == 0
    assert output("differences", "list", "--lane", "demo", "--json") == []
    [ignored] = output("differences", "list", "--lane", "demo", "--ignored", "--json")
    assert (ignored["ignored_by"], ignored["ignored_because"]) == ("Ann", "a phone call")
    assert cartage("differences", "heed", *number).exit_code == 0
    assert cartage("reconcile", "--lane", "demo").exit_code == 1


def test_a_difference_is_fixed_by_a_person_with_a_name(world: World) -> None:
    [order_id] = world.place("single")
    [found] = output("reconcile", "--lane", "demo", "--json", code=1)["differences"]
    assert cartage("differences", "fix", "--lane", "demo", found["id"]).exit_code == 2
    done = cartage("differences", "fix", "--lane", "demo", found["id"], "--by", "Ann")
    assert done.exit_code == 0, done.output
    assert world.state_of(order_id) == ["imported"]
    assert cartage("reconcile", "--lane", "demo").exit_code == 0
    gone = cartage("differences", "fix", "--lane", "demo", found["id"], "--by", "Ann")
    assert (gone.exit_code, "may have ended by itself" in gone.output) == (1, True)

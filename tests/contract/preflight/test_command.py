"""`cartage preflight`: the result in the terminal, as JSON, CSV and a workbook, and as the exit code."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.db.call_budget import SharedBudget
from cartage.lanes.sources.places import FILE_VARIABLE
from cartage.preflight import SECTION_NAMES
from cartage_sandbox.generate import SHIP_METHODS
from cartage_sandbox.threedcart import TOKEN
from tests.contract.conftest import MakeWorld
from tests.contract.world import World


@pytest.fixture
def world(make_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A clean store, and the lanes file that the command reads."""
    rules = "\n".join(f"      - {{store: {name!r}, carrier: UPS, service: Ground}}" for name in SHIP_METHODS)
    file = tmp_path / "lanes.yaml"
    file.write_text(
        "lanes:\n  demo:\n"
        "    store: {connection: threedcart_demo, time_zone: America/New_York, go_live: 2026-01-01}\n"
        "    warehouse: {connector: extensiv, connection: extensiv_demo,"
        " settings: {customer_id: 12, facility_id: 1, facility_time_zone: America/New_York}}\n"
        f"    ship_methods:\n{rules}\n"
    )
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    made = make_world()
    now = datetime.now(UTC)
    made.shop.fill(20, start=now - timedelta(days=2), end=now, mix={"single": 1.0})
    return made


def preflight(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["preflight", "--lane", "demo", *arguments])


def test_a_clean_store_is_ok_in_every_section_and_exits_with_0(world: World) -> None:
    result = preflight()
    assert result.exit_code == 0, result.output
    assert result.stdout.count(": ok.") == len(SECTION_NAMES) - 1
    assert "API access: 1 could not be checked." in result.stdout


def test_a_mistake_is_shown_with_its_fix_and_exits_with_1(world: World) -> None:
    with world.shop.store.state.lock:
        world.shop.store.state.stock([{"SKUInfo": {"SKU": "=GONE", "Name": "Gone"}}])
    result = preflight("--section", "product_skus")
    assert result.exit_code == 1
    assert "Product SKUs: 1 mistake." in result.stdout
    assert "=GONE" in result.stdout
    assert "Create the item at the warehouse" in " ".join(result.stdout.split())


def test_json_has_only_the_selected_sections(world: World) -> None:
    result = preflight("--json", "-s", "lanes", "-s", "order_statuses")
    shown = json.loads(result.stdout)
    assert [section["section"] for section in shown] == ["order_statuses", "lanes"]
    assert all(section["mistakes"] == 0 and section["findings"] for section in shown)


def test_findings_are_written_as_csv_and_workbook(world: World, tmp_path: Path) -> None:
    folder, file = tmp_path / "csv", tmp_path / "preflight.xlsx"
    assert preflight("--csv", str(folder), "--xlsx", str(file)).exit_code == 0
    assert {file.stem for file in folder.iterdir()} == set(SECTION_NAMES)
    assert len(load_workbook(file).sheetnames) == len(SECTION_NAMES)


def test_a_section_whose_check_fails_hides_no_other_and_exits_with_1(world: World) -> None:
    world.store_fault("GET .*/Products", "status", status=500, times=100)
    result = preflight("--json")
    checked = {section["section"]: section for section in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert "the check failed" in checked["product_skus"]["findings"][0]["what"]
    assert checked["warehouse_access"]["mistakes"] == checked["ship_methods"]["mistakes"] == 0


def test_no_secret_is_shown(world: World) -> None:
    world.shop.store.credentials.revoke(TOKEN)
    result = preflight()
    assert result.exit_code == 1
    assert TOKEN not in result.output


def test_an_unknown_section_is_refused_before_anything_is_opened(world: World) -> None:
    before = len(world.calls())
    result = preflight("--section", "skus")
    assert result.exit_code == 2
    assert "product_skus" in " ".join(result.stderr.replace("│", " ").split())
    assert len(world.calls()) == before


def test_preflight_uses_the_background_share_of_the_call_budget(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cartage.runtime import context

    taken: list[bool] = []

    class Budget(SharedBudget):
        def __init__(self, *given: Any, background: bool, **more: Any) -> None:
            taken.append(background)
            super().__init__(*given, background=background, **more)

    monkeypatch.setattr(context, "SharedBudget", Budget)
    assert preflight("-s", "order_statuses").exit_code == 0
    assert taken == [True]

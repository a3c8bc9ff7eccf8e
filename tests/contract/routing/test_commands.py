"""`cartage routing`, `connections check` and `lanes list` on a lane with two warehouses."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from tests.contract.routing.test_two_warehouses import TO_CALIFORNIA, TO_MAINE, placed
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses
from tests.contract.world import ORDERS_STAGES

Cartage = Callable[..., Result]


def lanes_text(settings: dict[str, Any]) -> str:
    """JSON is YAML."""
    lane = {name: value for name, value in settings.items() if name != "name"}
    return json.dumps({"lanes": {settings["name"]: lane}}, default=str)


def command_line(two: TwoWarehouses, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Cartage:
    """Return the command line on this lane, as its settings are now, and on its ledger."""
    file = folder / "lanes.yaml"
    file.write_text(lanes_text(two.settings))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    return lambda *words: CliRunner().invoke(app, list(map(str, words)))


@pytest.fixture
def cartage(two: TwoWarehouses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartage:
    return command_line(two, tmp_path, monkeypatch)


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_order_is_explained_rule_by_rule(two: TwoWarehouses, cartage: Cartage) -> None:
    west, east = placed(two, TO_CALIFORNIA), placed(two, TO_MAINE)
    two.go("import_orders", "validate_mappings")
    of_west = json.loads(done(cartage("routing", "explain", west, "--json")))
    assert [part["warehouse"] for part in of_west["parts"]] == [WEST]
    assert (of_west["now_at"], of_west["passed"]) == (WEST, [])
    of_east = json.loads(done(cartage("routing", "explain", two.reference_of(east), "--json")))
    assert [part["warehouse"] for part in of_east["parts"]] == [EAST]
    assert of_east["passed"] == [{"rule": "coast", "unmet": "states"}]
    shown = done(cartage("routing", "explain", east))
    assert "no rule took it" in shown
    assert "states not met" in shown


def test_a_change_of_rules_is_previewed_on_past_orders(
    two: TwoWarehouses, cartage: Cartage, tmp_path: Path
) -> None:
    west, east = placed(two, TO_CALIFORNIA), placed(two, TO_MAINE)
    two.go("import_orders", "validate_mappings")
    before = two.at()
    rules = [{"name": "maine", "when": {"states": ["ME"]}, "to": WEST}]
    file = tmp_path / "changed.yaml"
    file.write_text(lanes_text({**two.settings, "routing": rules}))
    found = json.loads(done(cartage("routing", "preview", file, "--lane", two.lane.name, "--json")))
    assert found["orders"] == 2
    assert {row["reference"]: (row["from"], row["to"]) for row in found["elsewhere"]} == {
        two.reference_of(west): (WEST, EAST),
        two.reference_of(east): (EAST, WEST),
    }
    assert "2 would go elsewhere" in done(cartage("routing", "preview", file, "--lane", two.lane.name))
    assert two.at() == before, "a preview changes nothing"


def test_a_second_warehouse_is_previewed_before_the_lane_has_it(
    two: TwoWarehouses, cartage: Cartage, tmp_path: Path
) -> None:
    """The only warehouse has the first one's name in the changed file: what stays there does not go elsewhere."""
    west, _ = placed(two, TO_CALIFORNIA), placed(two, TO_MAINE)
    several = two.settings | {"inventory": {}}
    several["routing"] = [{"name": "coast", "when": {"states": ["CA"]}, "prefer": [WEST, EAST]}]
    two.settings = several | {"warehouse": several["warehouses"][EAST], "routing": []}
    del two.settings["warehouses"]
    (tmp_path / "lanes.yaml").write_text(lanes_text(two.settings))
    two.go("poll_stock", "import_orders", "validate_mappings")
    file = tmp_path / "changed.yaml"
    file.write_text(lanes_text(several))
    preview = ("routing", "preview", file, "--lane", two.lane.name, "--json")
    found = json.loads(done(cartage(*preview)))
    assert found == {"orders": 2, "elsewhere": []}, "the west's stock was never read, and the east has it"
    several["routing"] = [{"name": "coast", "when": {"states": ["CA"]}, "to": WEST}]
    file.write_text(lanes_text(several))
    [moved] = json.loads(done(cartage(*preview)))["elsewhere"]
    assert (moved["reference"], moved["from"], moved["to"]) == (two.reference_of(west), EAST, WEST)


def test_a_file_with_mistakes_is_refused_with_their_places(
    two: TwoWarehouses, cartage: Cartage, tmp_path: Path
) -> None:
    file = tmp_path / "changed.yaml"
    file.write_text(lanes_text({**two.settings, "routing": [{"name": "a", "to": "moon"}]}))
    result = cartage("routing", "preview", file, "--lane", two.lane.name)
    assert result.exit_code == 2
    assert "there is no warehouse 'moon'" in " ".join(result.output.replace("│", " ").split())


def test_each_warehouse_has_a_line_of_its_own(two: TwoWarehouses, cartage: Cartage) -> None:
    rows = json.loads(done(cartage("connections", "check", "--lane", two.lane.name, "--json")))
    assert [row["connection"].partition(":")[0] for row in rows] == [
        "store",
        "warehouse east",
        "warehouse west",
    ]
    assert all(row["ok"] for row in rows), rows
    assert "west: shipbob" in " ".join(done(cartage("lanes", "list")).split())


def test_preflight_signs_in_at_each_warehouse(two: TwoWarehouses, cartage: Cartage) -> None:
    from cartage.preflight import run_section
    from cartage.preflight.world import PreflightWorld

    with closing(two.context("preflight")) as context:
        found = run_section("warehouse_access", PreflightWorld(context)).findings
    assert {finding.subject.partition(":")[0] for finding in found} == {EAST, WEST}


def test_a_stage_by_hand_notes_the_task_of_each_warehouse(two: TwoWarehouses, cartage: Cartage) -> None:
    placed(two, TO_CALIFORNIA)
    two.go("import_orders")
    done(cartage("run", "poll_tracking", "--lane", two.lane.name))
    done(cartage("run", "update_order_status", "--lane", two.lane.name))
    tasks = [row.task for row in two.rows("SELECT task FROM task_run ORDER BY task")]
    assert tasks == ["poll_tracking__east", "poll_tracking__west", "update_order_status"]


def test_a_stage_by_hand_at_a_warehouse_that_is_down_works_for_the_other(
    two: TwoWarehouses, cartage: Cartage
) -> None:
    two.west_is_down()
    result = cartage("run", "poll_tracking", "--lane", two.lane.name)
    assert result.exit_code != 0
    ended = {
        row.task: row.succeeded_at is not None for row in two.rows("SELECT task, succeeded_at FROM task_run")
    }
    assert ended == {"poll_tracking__east": True, "poll_tracking__west": False}


def test_a_sent_order_is_explained_as_one_that_stays(two: TwoWarehouses, cartage: Cartage) -> None:
    west = placed(two, TO_CALIFORNIA)
    two.go(*ORDERS_STAGES)
    found = json.loads(done(cartage("routing", "explain", west, "--json")))
    assert (found["now_at"], found["decided"]["rules"]) == (WEST, ["coast"])
    assert found["stays"].startswith("a request for it left for west on ")
    shown = done(cartage("routing", "explain", west))
    assert "so it stays there" in shown
    assert "The rules would say: west." in shown
    waiting = placed(two, TO_CALIFORNIA)
    two.go("import_orders", "validate_mappings")
    assert json.loads(done(cartage("routing", "explain", waiting, "--json")))["stays"] == ""

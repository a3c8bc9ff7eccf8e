"""One order with two causes is one order in every figure: of stages, commands, the desk, alerts, metrics, the demo."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from cartage.cli.main import app
from cartage.model.states import State
from cartage.monitoring.checks.orders import blocking_findings
from cartage.monitoring.measures import gauges
from cartage.operations.attention.repo import read_entries
from cartage.operations.views.overview import standings
from cartage.runtime.links import Links
from cartage.validation.views import cause_summaries
from cartage_sandbox.demo import show
from cartage_sandbox.demo.plan import Seeded
from cartage_sandbox.demo.results import DemoResult, LaneResult, check_orders
from cartage_sandbox.demo.stock import StockResult
from cartage_sandbox.generate import UNKNOWN_SKUS
from tests.contract.world import World

STAGES = ("import_orders", "validate_mappings", "blocked_orders")


@pytest.fixture
def order_id(world: World) -> int:
    """An order with an unmapped ship method and an unknown SKU."""
    [order_id] = world.place("unmapped_method")
    world.amend(order_id, line={"ItemID": UNKNOWN_SKUS[0]})
    world.go(*STAGES)
    assert world.causes() == {"unmapped_ship_method": 1, "unknown_sku": 1}
    return order_id


@pytest.fixture
def status(
    world: World, order_id: int, world_ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """What `cartage status --json` prints."""
    document = {"lanes": {"demo": {key: value for key, value in world.settings.items() if key != "name"}}}
    file = tmp_path / "lanes.yaml"
    file.write_text(yaml.safe_dump(json.loads(json.dumps(document, default=str))))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", world_ledger_url)
    printed: dict[str, Any] = json.loads(cartage("status", "--lane", "demo", "--json"))
    return printed


def cartage(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("order_id")
def test_blocked_orders_counts_the_order_once(world: World) -> None:
    assert (world.counts["blocked_orders"]["causes"], world.counts["blocked_orders"]["orders"]) == (2, 1)


def test_the_commands_count_the_order_once(status: dict[str, Any]) -> None:
    assert (status["blocked"], status["fulfillment_orders"]) == (1, {"blocked": 1})
    assert [cause["orders"] for cause in status["causes"]] == [1, 1]
    assert "what blocks 1 order" in cartage("status", "--lane", "demo")
    assert "demo: 1 order blocked" in cartage("orders", "blocked", "--lane", "demo")


@pytest.mark.usefixtures("order_id")
def test_the_desk_counts_the_order_once_and_its_causes_apart(world: World) -> None:
    with world.ledger.begin() as connection:
        [blocked] = standings(connection, "demo", [State.BLOCKED])
        entries = read_entries(connection, ["demo"])
        causes = cause_summaries(connection, "demo")
    assert (blocked.orders.counted, [entry.orders for entry in entries]) == (1, [1, 1])
    assert [cause.orders.counted for cause in causes] == [1, 1]


@pytest.mark.usefixtures("order_id")
def test_each_cause_has_an_alert_about_one_order_and_the_metric_is_of_orders(world: World) -> None:
    with world.ledger.begin() as connection:
        found = blocking_findings(connection, world.lane, Links())
    assert [finding.title.partition(":")[0] for finding in found] == ["1 order blocked"] * 2
    values = {gauge.name: gauge.value for gauge in gauges(world.ledger, world.lane)}
    assert values["cartage.demo.orders.blocked"] == 1


def test_the_demo_counts_the_order_once(
    world: World, order_id: int, status: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seeded = Seeded(frozenset(), frozenset(), {"unmapped_method": [order_id]})
    result = check_orders(world.shop, seeded, status)
    assert (result.faults, result.blocked, len(result.causes)) == ((), 1, 2)
    assert "│ blocked │ 1 │" in " ".join(shown(result, monkeypatch).split())


def shown(result: DemoResult, monkeypatch: pytest.MonkeyPatch) -> str:
    text = io.StringIO()
    monkeypatch.setattr(show, "console", Console(file=text, width=200, color_system=None))
    lanes = [LaneResult("demo", "Extensiv", result)]
    show.show(lanes, StockResult(posted=0, writes=0, faults=()), 1.0)
    return text.getvalue()

"""The example DAGs, and the asset events of Cartage's own, run by Airflow on the sandbox."""

from __future__ import annotations

import ast
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import cartage_airflow
from tests.contract.airflow import run_dags
from tests.contract.world import NEW, ORDERS_STAGES, PROCESSING, SHIPPED, World
from tests.dags.airflow_home import ROOT

EXAMPLES = sorted((ROOT / "dags" / "examples").glob("*.py"))

# Just after the end of a window of 15 minutes.
NOW = datetime.fromtimestamp(time.time() // 900 * 900, UTC) + timedelta(seconds=1)

RunDags = Callable[..., dict[str, Any]]


@pytest.fixture
def run(lane: str, tmp_path: Path) -> RunDags:
    """Run these DAGs in a process with a home and a database of its own; returns what `run_dags` prints."""

    def run_in_process(*dag_ids: str) -> dict[str, Any]:
        environment = os.environ | {
            "AIRFLOW_HOME": str(tmp_path / "airflow"),
            "AIRFLOW_VAR_CARTAGE_EXPORTS": str(tmp_path / "exports"),
            "CARTAGE_EXAMPLES": lane,
        }
        done = subprocess.run(
            [sys.executable, run_dags.__file__, str(ROOT / "dags"), NOW.isoformat(), *dag_ids],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found: dict[str, Any] = json.loads(done.stdout.rpartition("RESULT ")[2])
        return found

    return run_in_process


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_uses_only_public_names(path: Path) -> None:
    imported = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imported if (node.module or "").split(".")[0] in {"cartage", "cartage_airflow"}]
    assert {node.module for node in ours} == {"cartage_airflow"}
    assert {name.name for node in ours for name in node.names} <= set(cartage_airflow.__all__)


def test_orders_are_sent_after_the_check(world: World, run: RunDags) -> None:
    ids = [world.place_at(NOW - timedelta(minutes=10)) for _ in range(2)]
    found = run("example_pre_transfer_check")
    assert set(found["states"]["example_pre_transfer_check"].values()) == {"success"}
    assert {world.store_status(order_id) for order_id in ids} == {PROCESSING}
    assert len(world.references()) == 2
    [event] = found["events"]
    assert event["asset"] == "orders_transferred__demo"
    assert event["extra"]["acknowledged"] == 2


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_new_orders_wait_while_prices_change(world: World, run: RunDags, tmp_path: Path) -> None:
    ids = world.place(count=3)
    found = run("example_reprice_hold")
    assert set(found["states"]["example_reprice_hold"].values()) == {"success"}
    assert {world.store_status(order_id) for order_id in ids} == {NEW}
    [path] = (tmp_path / "exports").glob("held_*.csv")
    assert {int(row["OrderID"]) for row in rows_of(path)} == set(ids)
    held = [entry for entry in world.calls(method="PUT") if entry["detail"]]
    assert len(held) == 2, "one write to hold them and one to release them"


def test_a_run_that_moved_something_triggers_its_consumer_and_the_export_has_what_shipped(
    world: World, run: RunDags, tmp_path: Path
) -> None:
    [order_id] = world.place()
    world.go(*ORDERS_STAGES)
    world.ship(order_id)
    found = run("shipments__demo", "example_export_shipped")
    assert world.store_status(order_id) == SHIPPED
    [event] = found["events"]
    assert event["asset"] == "shipments_posted__demo"
    assert event["extra"]["posted"] == 1
    assert found["queued"] == ["example_export_shipped"]
    [path] = (tmp_path / "exports").glob("shipped_*.csv")
    assert [row["OrderID"] for row in rows_of(path)] == [str(order_id)]


def test_a_run_that_moved_nothing_triggers_no_consumer(world: World, run: RunDags) -> None:
    found = run("shipments__demo")
    assert found["states"]["shipments__demo"] == {
        "poll_tracking": "success",
        "update_order_status": "skipped",
    }
    assert (found["events"], found["queued"]) == ([], [])

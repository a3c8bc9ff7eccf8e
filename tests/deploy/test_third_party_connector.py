"""`pip install` of another package adds a warehouse: lanes can name it, and Airflow has its connection type."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from cartage.lanes.connectors import connector_names
from tests.deploy.installed import build_wheel, environment, python_with

ACME = Path(__file__).with_name("acme_wms")
LANES = """
lanes:
  demo:
    store: {connection: store, time_zone: America/New_York, go_live: 2026-11-01}
    warehouse: {connector: acme, connection: wms, settings: {depot: east}}
"""
CONNECTION = json.dumps({"conn_type": "acme", "login": "C-17"})
TYPES = """
from airflow.providers_manager import ProvidersManager
print("FOUND", *sorted({"acme", "extensiv", "threedcart"} & set(ProvidersManager().hooks)))
"""
OPENED = """
from cartage_airflow.hooks.warehouse import WarehouseHook
with WarehouseHook(lane="demo").client() as warehouse:
    print("FOUND", warehouse.title, warehouse.check().text)
"""
ASKED = """
from cartage.cli.setup.wizard.asking import Asking
from cartage.cli.setup.wizard.warehouse import ask_connector
from cartage.errors import SettingsError
taken = ask_connector(Asking(interactive=False), "acme")
try:
    ask_connector(Asking(interactive=False), None)
except SettingsError as missing:
    print("FOUND", taken, "|", missing.mistakes[0].strip().replace("Warehouse connector. ", ""))
"""
Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with Cartage and the other package, both from their wheels."""
    acme = build_wheel(ACME, ["pyproject.toml", "acme_wms"], tmp_path_factory.mktemp("acme"))
    return python_with(tmp_path_factory.mktemp("venv"), [wheel, acme])


@pytest.fixture
def run(python: Path, tmp_path: Path) -> Run:
    """Run a program of that environment."""
    (tmp_path / "lanes.yaml").write_text(LANES)
    variables = environment(tmp_path) | {"AIRFLOW_CONN_WMS": CONNECTION}

    def ran(program: str, *arguments: str) -> CompletedProcess[str]:
        return subprocess.run(
            [str(python.parent / program), *arguments],
            env=variables,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    return ran


def found(done: CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.rpartition("FOUND ")[2].strip()


def test_a_lane_can_name_it_and_its_settings_are_checked(run: Run, tmp_path: Path) -> None:
    done = run("cartage", "lanes", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "lanes.yaml").write_text(LANES.replace("depot", "depo"))
    done = run("cartage", "lanes", "check")
    assert done.returncode == 1
    assert "lanes.demo.warehouse.settings.depo" in done.stdout + done.stderr


def test_the_wizard_offers_it(run: Run) -> None:
    offered = ", ".join(sorted([*connector_names(), "acme"]))
    asked = found(run("python", "-c", ASKED))
    assert asked == f"acme | --connector is missing: Connectors: {offered}."


def test_airflow_has_its_connection_type(run: Run) -> None:
    assert found(run("python", "-c", TYPES)) == "acme extensiv threedcart"


def test_the_hook_of_warehouses_opens_it(run: Run) -> None:
    assert found(run("python", "-c", OPENED)) == "Acme customer C-17 at depot east"

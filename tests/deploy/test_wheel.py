"""`pip install` of the wheel into an Airflow brings the plugin, the connection types, the DAGs and the command."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.installed import ROOT, environment, python_with

LANES = """
lanes:
  demo:
    store: {connection: store, time_zone: America/New_York, go_live: 2026-11-01}
    warehouse: {connector: extensiv, connection: wms, settings: {customer_id: 12, facility_id: 1}}
"""
DAG_FILE = """\
from cartage_airflow.families import lane_dags
globals().update(lane_dags("orders"))
"""
LOOK = """
import json
from importlib.metadata import entry_points
from pathlib import Path

from unittest.mock import Mock

import cartage, cartage_airflow
from airflow import plugins_manager
from airflow.api_fastapi import app as airflow_app
from airflow.configuration import conf
from airflow.dag_processing.dagbag import DagBag
from airflow.providers_manager import ProvidersManager

from cartage.warehouses.files.profiles.library import builtin_names, open_profile
from cartage.lanes.connectors import connector_names
from cartage_airflow.desk.app import build_desk

airflow_app._AuthManagerState.instance = Mock()  # as the api-server sets it; without one there is no desk
plugins, mistakes = plugins_manager._get_plugins()
bag = DagBag(Path(conf.get("core", "dags_folder")))
engine = Path(cartage.__file__).parent
desk = Path(cartage_airflow.__file__).parent / "desk"
print("LOOK", json.dumps({
    "homes": [cartage.__file__, cartage_airflow.__file__],
    "connection_types": sorted({"threedcart", "extensiv", "shipbob"} & set(ProvidersManager().hooks)),
    "plugins": [str(plugin.name) for plugin in plugins],
    "plugin_mistakes": mistakes,
    "mounted": [app["url_prefix"] for plugin in plugins for app in plugin.fastapi_apps],
    "timetables": [kind.__name__ for plugin in plugins for kind in plugin.timetables],
    "dags": sorted(bag.dags), "dag_mistakes": bag.import_errors,
    "desk_routes": len(build_desk().routes),
    "data": {name: len(list(desk.rglob(name))) for name in ("*.html", "*.css", "*.js")},
    "migrations": len(list((engine / "db" / "migrations").rglob("*.py"))),
    "profiles": [name for name in builtin_names() if open_profile(name).description],
    "resolvers": [entry.name for entry in entry_points(group="cartage.resolvers")],
    "connectors": connector_names(),
}))
"""

Look = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that has Airflow and its dependencies, and of Cartage only the wheel."""
    return python_with(tmp_path_factory.mktemp("venv"), [wheel])


@pytest.fixture(scope="module")
def look(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Look:
    """Say what a process of that environment finds; `settings` are further variables of its environment."""

    def looked(settings: Mapping[str, str]) -> dict[str, Any]:
        home = tmp_path_factory.mktemp("airflow")
        (home / "dags").mkdir()
        (home / "dags" / "orders.py").write_text(DAG_FILE)
        (home / "lanes.yaml").write_text(LANES)
        done = subprocess.run(
            [str(python), "-c", LOOK],
            env={**environment(home), **settings},
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found: dict[str, Any] = json.loads(done.stdout.rpartition("LOOK ")[2])
        return found

    return looked


@pytest.fixture(scope="module")
def found(look: Look) -> dict[str, Any]:
    """What an Airflow finds whose plugins folder is empty."""
    return look({})


def test_the_packages_are_those_of_the_wheel(found: dict[str, Any], python: Path) -> None:
    assert all(Path(home).is_relative_to(python.parents[1]) for home in found["homes"])


def test_the_connection_types_are_there(found: dict[str, Any]) -> None:
    assert found["connection_types"] == ["extensiv", "shipbob", "threedcart"]
    assert found["resolvers"] == ["airflow"]


def test_cartages_own_connectors_are_there(found: dict[str, Any]) -> None:
    assert {"extensiv", "shipbob"} <= set(found["connectors"])


def test_the_plugin_brings_the_desk_and_the_timetable(found: dict[str, Any]) -> None:
    assert (found["plugins"], found["plugin_mistakes"]) == (["cartage"], {})
    assert found["mounted"] == ["/cartage"]
    assert found["timetables"] == ["HistoryTimetable"]


def test_the_desk_has_its_routes_templates_and_static_files(found: dict[str, Any]) -> None:
    desk = ROOT / "plugins" / "cartage_airflow" / "desk"
    assert found["desk_routes"] > 20
    assert found["data"] == {name: len(list(desk.rglob(name))) for name in ("*.html", "*.css", "*.js")}
    assert found["data"]["*.html"] > 10


def test_a_dag_file_of_two_lines_has_the_dag_of_the_lane(found: dict[str, Any]) -> None:
    assert (found["dags"], found["dag_mistakes"]) == (["orders__demo"], {})


def test_the_migrations_are_there(found: dict[str, Any]) -> None:
    migrations = ROOT / "include" / "cartage" / "db" / "migrations"
    assert found["migrations"] == len(list(migrations.rglob("*.py"))) > 0


def test_the_file_profiles_are_there(found: dict[str, Any]) -> None:
    profiles = ROOT / "include" / "cartage" / "warehouses" / "files" / "profiles" / "builtin"
    assert found["profiles"] == sorted(path.stem for path in profiles.glob("*.yaml"))
    assert "plain" in found["profiles"]


def test_the_command_runs(python: Path, tmp_path: Path) -> None:
    (tmp_path / "lanes.yaml").write_text(LANES)
    command = [str(python.parent / "cartage"), "lanes", "check"]
    done = subprocess.run(
        command, env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_plugins_folder_of_a_checkout_registers_no_second_plugin(look: Look) -> None:
    both = look({"AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins")})
    assert (both["plugins"], both["plugin_mistakes"]) == (["cartage"], {})

"""The plugin as Airflow loads it: once, in every task process, from its entry point or from its folder."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from airflow._shared.plugins_manager.plugins_manager import _load_plugins_from_plugin_directory
from airflow.api_fastapi import app as airflow_app
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cartage_airflow.plugin import CartagePlugin
from tests.dags.airflow_home import ROOT

PLUGINS = ROOT / "plugins"


def without_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the distribution have no entry point, as a checkout on PYTHONPATH has none."""
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: [])


def test_the_distribution_registers_the_plugin_by_its_entry_point() -> None:
    [entry] = [
        entry for entry in importlib.metadata.entry_points(group="airflow.plugins") if entry.name == "cartage"
    ]
    assert entry.load() is CartagePlugin


def test_the_folder_adds_no_second_plugin_to_that_of_the_entry_point() -> None:
    plugins, mistakes = _load_plugins_from_plugin_directory(str(PLUGINS))
    assert (plugins, mistakes) == ([], {})


def test_the_folder_registers_the_plugin_where_there_is_no_entry_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_entry_point(monkeypatch)
    plugins, mistakes = _load_plugins_from_plugin_directory(str(PLUGINS))
    assert mistakes == {}
    assert [plugin.name for plugin in plugins] == ["cartage"]


def test_the_loader_does_not_run_the_files_of_the_package() -> None:
    before = set(sys.modules)
    _load_plugins_from_plugin_directory(str(PLUGINS))
    stems = {path.stem for path in (PLUGINS / "cartage_airflow").rglob("*.py")} - {"__init__"}
    assert (set(sys.modules) - before) & stems == set()


def test_the_desk_is_built_on_its_first_request_and_requires_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", Mock())
    (mounted,) = CartagePlugin().fastapi_apps
    airflow = FastAPI()
    airflow.mount(mounted["url_prefix"], mounted["app"])
    response = TestClient(airflow).get("/cartage/moved", params={"dag_id": "orders__demo", "run": "a/b/1"})
    assert response.status_code == 401
    assert "content-security-policy" in response.headers


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    """Airflow itself imports SQLAlchemy and Jinja2 by then, so only what the plugin adds is counted."""
    program = """
import sys, airflow.plugins_manager
before = set(sys.modules)
import cartage_airflow.plugin
added = (name for name in set(sys.modules) - before if name.partition(".")[0] != "airflow")
print("added:", *sorted(added))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PLUGINS
    )
    added = done.stdout.rpartition("added:")[2].split()
    light = (
        "hooks",
        "hooks.portless",
        "links",
        "plugin",
        "processes",
        "processes.preloading",
        "provider_info",
    )
    assert set(added) <= {"cartage_airflow", *(f"cartage_airflow.{name}" for name in light)}


def test_the_ignore_file_names_the_package() -> None:
    assert "cartage_airflow/*" in Path(PLUGINS / ".airflowignore").read_text().splitlines()

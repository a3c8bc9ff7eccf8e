"""The plugin as Airflow loads it: from its folder, in every task process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from airflow._shared.plugins_manager.plugins_manager import _load_plugins_from_plugin_directory
from airflow.api_fastapi import app as airflow_app
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.dags.airflow_home import ROOT

PLUGINS = ROOT / "plugins"


def test_the_loader_takes_one_plugin_and_leaves_the_package_alone() -> None:
    before = set(sys.modules)
    plugins, mistakes = _load_plugins_from_plugin_directory(str(PLUGINS))
    assert mistakes == {}
    assert [plugin.name for plugin in plugins] == ["cartage"]
    stems = {path.stem for path in (PLUGINS / "cartage_airflow").rglob("*.py")} - {"__init__"}
    assert (set(sys.modules) - before) & stems == set()


def test_the_desk_is_built_on_its_first_request_and_asks_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", Mock())
    plugins, _ = _load_plugins_from_plugin_directory(str(PLUGINS))
    (mounted,) = plugins[0].fastapi_apps
    airflow = FastAPI()
    airflow.mount(mounted["url_prefix"], mounted["app"])
    decision = TestClient(airflow).get("/cartage/moved", params={"dag_id": "orders__demo", "run": "a/b/1"})
    assert decision.status_code == 401
    assert "content-security-policy" in decision.headers


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    """Airflow itself brings SQLAlchemy and Jinja2 by now; what Cartage's plugin adds to it is counted."""
    program = """
import sys, airflow.plugins_manager
before = set(sys.modules)
import cartage_plugin
added = (name for name in set(sys.modules) - before if name.partition(".")[0] != "airflow")
print("added:", *sorted(added))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PLUGINS
    )
    added = done.stdout.rpartition("added:")[2].split()
    assert set(added) <= {"cartage_airflow", "cartage_airflow.links", "cartage_plugin"}


def test_the_ignore_file_names_the_package() -> None:
    assert "cartage_airflow/*" in Path(PLUGINS / ".airflowignore").read_text().splitlines()

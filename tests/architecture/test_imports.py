"""What may import what, beyond what import-linter sees: lazy imports, and the cost of parsing a DAG file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.imports import ROOT, all_imports, loaded_with, python_files

HEAVY = {
    "alembic",
    "asyncpg",
    "fastapi",
    "jinja2",
    "numpy",
    "pandas",
    "psycopg",
    "psycopg2",
    "requests",
    "sqlalchemy",
}
PLUGIN = ROOT / "plugins" / "cartage_airflow" / "plugin.py"

LOADED_BY_PLUGIN = """
import importlib.util, json, sys
from airflow.sdk.plugins_manager import AirflowPlugin
before = set(sys.modules)
spec = importlib.util.spec_from_file_location("cartage_airflow.plugin", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def top(modules: set[str]) -> set[str]:
    return {module.split(".")[0] for module in modules}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", python_files("include/cartage"), ids=relative)
def test_the_engine_never_imports_airflow_or_the_sandbox_not_even_lazily(path: Path) -> None:
    assert top(all_imports(path)) & {"airflow", "cartage_airflow", "cartage_sandbox"} == set()


@pytest.mark.parametrize("path", python_files("include/cartage_sandbox"), ids=relative)
def test_the_sandbox_never_imports_what_it_tests_not_even_lazily(path: Path) -> None:
    assert top(all_imports(path)) & {"airflow", "cartage", "cartage_airflow"} == set()


@pytest.mark.parametrize("path", python_files("plugins"), ids=relative)
def test_the_airflow_package_never_imports_the_sandbox_not_even_lazily(path: Path) -> None:
    assert "cartage_sandbox" not in top(all_imports(path))


@pytest.mark.parametrize("path", python_files("dags"), ids=relative)
def test_a_dag_file_imports_only_airflow_cartage_and_the_standard_library(path: Path) -> None:
    allowed = {"airflow", "cartage", "cartage_airflow"} | set(sys.stdlib_module_names)
    assert top(all_imports(path)) <= allowed


@pytest.mark.parametrize("path", [*python_files("dags"), PLUGIN], ids=relative)
def test_reading_a_dag_file_or_the_plugin_imports_nothing_heavy(path: Path) -> None:
    loaded = loaded_with(path)
    heavy = {module: way for module, way in loaded.items() if module.split(".")[0] in HEAVY}
    assert {module: " -> ".join(map(relative, way)) for module, way in heavy.items()} == {}


def test_the_plugin_makes_a_task_process_load_nothing_heavy() -> None:
    command = [sys.executable, "-c", LOADED_BY_PLUGIN, str(PLUGIN)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert top(set(json.loads(done.stdout.splitlines()[-1]))) & HEAVY == set()


@pytest.mark.parametrize(
    "path", python_files("include", "plugins", "dags", "tests", "benchmarks"), ids=relative
)
def test_no_module_is_imported_under_its_folder_as_a_second_identity(path: Path) -> None:
    assert top(all_imports(path)) & {"include", "plugins"} == set()

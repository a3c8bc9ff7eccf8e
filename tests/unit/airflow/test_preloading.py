"""Modules are imported before the fork, in the processes that fork tasks, and in no other."""

from __future__ import annotations

import logging
from importlib import import_module

import pytest

from cartage_airflow.plugin import CartagePlugin
from cartage_airflow.processes import preloading


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that are imported before the fork."""
    names: list[str] = []
    monkeypatch.setattr(preloading, "import_module", names.append)
    monkeypatch.delenv("CARTAGE_PRELOAD", raising=False)
    return names


def start(monkeypatch: pytest.MonkeyPatch, *arguments: str, executor: str = "LocalExecutor") -> None:
    """Load the plugin as this command of Airflow's does."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    monkeypatch.setattr("sys.argv", ["airflow", *arguments])
    CartagePlugin.on_load()


def test_every_module_can_be_imported() -> None:
    assert preloading._OF_A_TASK
    for name in preloading._OF_A_TASK:
        import_module(name)


def test_the_scheduler_imports_what_its_tasks_need(
    imported: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start(monkeypatch, "scheduler")
    assert {"airflow.sdk.execution_time.task_runner", "cartage.intake.import_orders"} <= set(imported)


def test_the_dag_processor_imports_what_its_files_need(
    imported: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start(monkeypatch, "dag-processor", "-v")
    assert "cartage_airflow.families" in imported
    assert "cartage.intake.import_orders" not in imported


@pytest.mark.parametrize(
    "arguments", [(), ("api-server",), ("triggerer",), ("celery", "worker"), ("tasks", "run")]
)
def test_a_process_that_forks_no_tasks_imports_nothing(
    imported: list[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    start(monkeypatch, *arguments)
    assert imported == []


def test_a_scheduler_whose_tasks_run_elsewhere_imports_nothing(
    imported: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start(monkeypatch, "scheduler", executor="CeleryExecutor")
    assert imported == []
    start(monkeypatch, "scheduler", executor="LocalExecutor,CeleryExecutor")
    assert imported


def test_it_can_be_switched_off(imported: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTAGE_PRELOAD", "False")
    start(monkeypatch, "scheduler")
    assert imported == []


def test_a_module_that_cannot_be_imported_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(preloading, "import_module", fails)
    with caplog.at_level(logging.ERROR):
        start(monkeypatch, "scheduler")
    assert "cartage.intake.import_orders cannot be imported before the fork" in caplog.text

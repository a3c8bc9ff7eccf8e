"""Airflow's own database and its logs are cleaned from places that may: Compose, Helm, a timer; never from a task."""

from __future__ import annotations

import re
import shlex
from importlib.metadata import entry_points
from typing import Any

import pytest
import yaml
from typer.main import get_command

from cartage.operations.housekeeping import LOG_RETENTION, kept_for
from tests.deploy import compose

SERVICES = compose.services(dict.fromkeys(compose.required_variables(), "value"))
CLEAN = SERVICES["airflow-clean"]


def helm() -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((compose.ROOT / "deploy/helm-values.yaml").read_text())
    return values


def page() -> str:
    return (compose.ROOT / "docs/housekeeping.md").read_text()


def commands() -> set[str]:
    """Return the commands `cartage airflow ...` of the installed package."""
    [entry] = entry_points(group="cartage.commands", name="airflow")
    group: Any = get_command(entry.load())
    return {f"cartage airflow {name}" for name in group.commands}


def test_compose_cleans_in_a_service_of_its_own_that_a_timer_starts() -> None:
    assert (CLEAN["profiles"], CLEAN["restart"]) == (["clean"], "no")
    assert compose.command(CLEAN) == ["bash", "-c", "exec cartage airflow clean"]
    assert CLEAN["environment"] == SERVICES["airflow-scheduler"]["environment"]


def test_helm_cleans_with_the_charts_own_cron_job_every_night() -> None:
    job = helm()["databaseCleanup"]
    assert job["enabled"] is True
    assert job["args"] == compose.command(CLEAN)
    assert re.fullmatch(r"\d+ \d+ \* \* \*", job["schedule"])


@pytest.mark.parametrize("component", ["workers", "scheduler", "dagProcessor", "triggerer"])
def test_helm_deletes_logs_in_each_component_that_writes_them(component: str) -> None:
    groomer = helm()[component]["logGroomerSidecar"]
    assert groomer == {"enabled": True, "retentionDays": kept_for(LOG_RETENTION).days}


def test_every_command_that_files_and_docs_name_exists() -> None:
    files = ("docker-compose.yaml", "deploy/helm-values.yaml", "docs/housekeeping.md")
    text = "".join((compose.ROOT / name).read_text() for name in files)
    assert set(re.findall(r"cartage airflow [a-z]+(?:-[a-z]+)*", text)) == commands()


def test_the_timer_of_the_docs_starts_the_service_of_the_compose_file() -> None:
    [line] = re.findall(r"^ +30 3 \* \* \* (.*docker compose.*)$", page(), re.MULTILINE)
    words = shlex.split(line)
    assert words[words.index("compose") :] == ["compose", "run", "--rm", "--no-deps", "airflow-clean"]
    assert line in compose.text()


def test_no_task_and_no_connection_has_the_password_of_airflows_database() -> None:
    sources = [
        path
        for folder in ("include", "plugins", "dags", "docs", "deploy")
        for path in (compose.ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".yaml"} and "decisions" not in path.parts
    ]
    assert [path.name for path in sources if "cartage_airflow_db" in path.read_text()] == []

"""Demo, Compose and Helm recover equally fast, and wait for requests in flight."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from benchmarks.idle_lanes import PARALLELISM
from benchmarks.site import AS_SHIPPED
from cartage.lanes.settings.limits import Limits
from cartage_sandbox.stack.environment import FAST_RECOVERY
from tests.deploy import compose

SERVICES = compose.services(dict.fromkeys(compose.required_variables(), "value"))
AIRFLOW = [name for name in SERVICES if name.startswith("airflow-")]


def helm() -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((compose.ROOT / "deploy/helm-values.yaml").read_text())
    return values


@pytest.mark.parametrize("service", AIRFLOW)
@pytest.mark.parametrize("setting", sorted(FAST_RECOVERY))
def test_compose_recovers_as_the_demo_does(service: str, setting: str) -> None:
    assert str(SERVICES[service]["environment"][setting]) == FAST_RECOVERY[setting]


@pytest.mark.parametrize("setting", sorted(FAST_RECOVERY))
def test_helm_recovers_as_the_demo_does(setting: str) -> None:
    _, section, name = setting.lower().split("__")
    assert str(helm()["config"][section][name]) == FAST_RECOVERY[setting]


@pytest.mark.parametrize("setting", sorted(FAST_RECOVERY))
def test_the_docs_give_each_value_and_the_reason(setting: str) -> None:
    name = setting.lower().split("__")[2]
    page = (compose.ROOT / "docs/airflow.md").read_text()
    assert f"| `{name}` | {FAST_RECOVERY[setting]} |" in page


def test_the_dag_files_are_parsed_as_often_as_in_the_benchmark() -> None:
    setting = "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL"
    shipped = compose.services(dict.fromkeys(compose.required_variables(), "value"))["airflow-dag-processor"]
    interval = str(helm()["config"]["dag_processor"]["min_file_process_interval"])
    assert interval == AS_SHIPPED[setting]
    assert str(shipped["environment"][setting]) == interval


@pytest.mark.parametrize("service", AIRFLOW)
def test_as_many_tasks_run_at_once_as_in_the_benchmark(service: str) -> None:
    environment = compose.services(dict.fromkeys(compose.required_variables(), "value"))[service][
        "environment"
    ]
    assert str(environment["AIRFLOW__CORE__PARALLELISM"]) == str(PARALLELISM)
    assert str(environment["AIRFLOW__CELERY__WORKER_CONCURRENCY"]) == str(PARALLELISM)


def test_an_idle_scheduler_sleeps_as_in_the_benchmark() -> None:
    """Compose and Helm leave it at Airflow's default, a second; the demo's 0.2 would cost an idle machine."""
    name = "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME"
    assert [service for service in AIRFLOW if name in SERVICES[service]["environment"]] == []
    assert "scheduler_idle_sleep_time" not in helm()["config"]["scheduler"]
    assert AS_SHIPPED[name] == "1"


def test_a_stop_waits_for_the_longest_request() -> None:
    limits = Limits()
    # Signing in and the request itself, or the request and its repeat after a refused token.
    longest = 2 * (limits.connect_timeout + limits.read_timeout).total_seconds() + 10
    periods = [SERVICES[name].get("stop_grace_period") for name in ("airflow-scheduler", "airflow-worker")]
    assert [int(str(period).removesuffix("s")) >= longest for period in periods] == [True, True]
    assert all(helm()[name]["terminationGracePeriodSeconds"] >= longest for name in ("workers", "scheduler"))

"""The services of docker-compose.yaml start, become healthy and do work, with the profile celery."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from cartage_sandbox.stack.client import AirflowApiError, AirflowClient
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from tests.deploy import compose
from tests.deploy.services import Deployment

pytestmark = pytest.mark.e2e

ON_EACH_EXECUTOR = """
from airflow.sdk import dag, task

@dag(schedule=None)
def on_each_executor():
    @task(executor="LocalExecutor")
    def on_the_scheduler():
        return "done"

    @task(executor="CeleryExecutor")
    def on_a_worker():
        return "done"

    on_the_scheduler() >> on_a_worker()

on_each_executor()
"""
LASTING = [
    "redis",
    "airflow-apiserver",
    "airflow-execution",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-triggerer",
    "airflow-worker",
]


def made_up_values() -> dict[str, str]:
    values = {name: secrets.token_hex(24) for name in compose.required_variables()}
    return values | {
        "AIRFLOW_ADMIN_EMAIL": "admin@example.com",
        "AIRFLOW_EXECUTOR": "LocalExecutor,CeleryExecutor",
        "AIRFLOW_FERNET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "AIRFLOW_JWT_SECRET": secrets.token_hex(64),
        "AIRFLOW_PARALLELISM": "2",
    }


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    home: Path = tmp_path_factory.mktemp("deployment") / "airflow"
    with EmbeddedPostgres(throw_away=True, tcp=True) as postgres:
        deployment = Deployment(home, postgres, made_up_values())
        (home / "dags" / "on_each_executor.py").write_text(ON_EACH_EXECUTOR)
        deployment.create_databases()
        deployment.run("airflow-init")
        try:
            for name in LASTING:
                deployment.start(name)
            yield deployment
        finally:
            deployment.stop()


@pytest.fixture
def admin(deployment: Deployment) -> Iterator[AirflowClient]:
    deployment.wait_until_healthy("airflow-apiserver")
    password = deployment.variables["AIRFLOW_ADMIN_PASSWORD"]
    with AirflowClient(deployment.url, "admin", password) as client:
        yield client


@pytest.mark.parametrize("name", ["postgres", *LASTING])
def test_a_service_becomes_healthy_by_its_own_check(deployment: Deployment, name: str) -> None:
    deployment.wait_until_healthy(name)


def test_the_first_user_logs_in_with_the_given_password_only(
    deployment: Deployment, admin: AirflowClient
) -> None:
    assert "on_each_executor" in admin.dag_ids()
    with pytest.raises(AirflowApiError) as refused:
        AirflowClient(deployment.url, "admin", "another").dag_ids()
    assert refused.value.status == 401


def test_people_and_tasks_use_different_api_servers(deployment: Deployment) -> None:
    deployment.wait_until_healthy("airflow-execution")
    tasks = f"http://127.0.0.1:{deployment.execution}"
    # For an unknown route, the people's server responds with its interface.
    assert "healthy" in requests.get(f"{tasks}/execution/health", timeout=30).text
    assert "healthy" not in requests.get(f"{deployment.url}/execution/health", timeout=30).text
    assert requests.get(f"{tasks}/cartage/overview", timeout=30).status_code == 404
    assert requests.get(f"{deployment.url}/cartage/overview", timeout=60).status_code == 401


def test_the_first_user_administers_the_desk(deployment: Deployment) -> None:
    deployment.wait_until_healthy("airflow-apiserver")
    login = {"username": "admin", "password": deployment.variables["AIRFLOW_ADMIN_PASSWORD"]}
    token = requests.post(f"{deployment.url}/auth/token", json=login, timeout=60).json()["access_token"]
    page = requests.get(
        f"{deployment.url}/cartage/mappings",
        params={"lane": "demo"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    assert page.status_code == 200, page.text
    assert 'aria-label="Map a SKU"' in page.text, "the form that only those see who may change mappings"


def test_a_task_runs_on_the_scheduler_and_another_on_a_worker(
    deployment: Deployment, admin: AirflowClient
) -> None:
    admin.unpause("on_each_executor")
    run_id = admin.trigger("on_each_executor")
    assert admin.wait_for_run("on_each_executor", run_id).state == "success", deployment.tail(
        "airflow-worker"
    )
    assert admin.xcom("on_each_executor", run_id, "on_a_worker") == "done"


def test_the_owner_of_the_ledger_cannot_enter_the_database_of_airflow(deployment: Deployment) -> None:
    password = deployment.variables["CARTAGE_DB_PASSWORD"]
    address = f"host=127.0.0.1 port={deployment.postgres.port} user=cartage"
    with psycopg.connect(address, dbname="cartage", password=password) as ledger:
        tables = ledger.execute("select count(*) from pg_tables where tableowner = 'cartage'").fetchone()
    assert tables is not None and tables[0] > 0
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(address, dbname="airflow", password=password)

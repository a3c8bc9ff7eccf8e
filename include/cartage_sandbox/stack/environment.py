"""The settings of Airflow's processes on one machine, as environment variables.

For the demo, the tests and the benchmarks only: production starts from the shipped docker-compose.yaml.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cartage_sandbox.stack.ports import LOOPBACK

USERS = {"admin": "admin", "ops": "op", "user": "user", "viewer": "viewer"}
"""Airflow's users in the demo and the tests, and the role of each."""

FAST_RECOVERY = {
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "10",
}
"""What a killed process left is taken up within two minutes: the same as in docker-compose.yaml and
deploy/helm-values.yaml, which a test compares; docs/airflow.md says why each."""

_FOREIGN = ("AIRFLOW", "_AIRFLOW", "CARTAGE_")


@dataclass(frozen=True)
class Addresses:
    """The ports of a stack on 127.0.0.1: the API server's and those of the two log servers."""

    api: int
    task_logs: int
    trigger_logs: int

    @property
    def url(self) -> str:
        """Return the address of the UI and the REST API."""
        return f"http://{LOOPBACK}:{self.api}"


@dataclass(frozen=True)
class Folders:
    """Where Airflow finds the DAGs and the plugins, and where it may write."""

    home: Path
    dags: Path
    plugins: Path

    @property
    def passwords(self) -> Path:
        """Return the file in which SimpleAuthManager keeps the users' passwords."""
        return self.home / "passwords.json"


def own_environment() -> dict[str, str]:
    """Return this environment without Airflow's and Cartage's configuration, and without a proxy to this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    without_proxy = ",".join(filter(None, [kept.get("NO_PROXY"), LOOPBACK, "localhost"]))
    return kept | {"NO_PROXY": without_proxy, "no_proxy": without_proxy}


def airflow_settings(
    folders: Folders, addresses: Addresses, *, database: Mapping[str, str], parallelism: int, all_admins: bool
) -> dict[str, str]:
    """Return Airflow's settings for a stack. Its secrets are new with every call.

    `database` maps the drivers psycopg2 and asyncpg to the URL of Airflow's database. Sections and keys are those of
    airflow-3.3.md C.7 and H.
    """
    return {
        "AIRFLOW_HOME": str(folders.home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folders.dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(folders.plugins),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(parallelism),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{addresses.url}/execution/",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"{name}:{role}" for name, role in USERS.items()
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folders.passwords),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": str(all_admins),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database["psycopg2"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": database["asyncpg"],
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(addresses.api),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": addresses.url,
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        # HS512 needs a key of at least 64 bytes.
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(addresses.task_logs),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(addresses.trigger_logs),
        # The default costs a second between two tasks (airflow-3.3.md section G).
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        **FAST_RECOVERY,
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
    }


def celery_settings(*, broker: str, database: str, concurrency: int) -> dict[str, str]:
    """Return what lets a stack's tasks run on Celery's workers, as in docker-compose.yaml.

    `broker` is the URL of a Redis, `database` that of Airflow's database (driver psycopg2), `concurrency` the number of
    tasks that each worker runs at once.
    """
    return {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": broker,
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{database}",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": str(concurrency),
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "21600",
    }

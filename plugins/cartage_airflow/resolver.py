"""Airflow's connections and secrets backends, for the engine (entry point group `cartage.resolvers`).

Never reads Airflow's database from a task: there, Airflow 3 answers through the Task SDK only.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cartage.connections import Connection
from cartage_airflow.connections import engine_connection

if TYPE_CHECKING:
    from airflow.models.connection import Connection as CoreConnection
    from airflow.sdk import Connection as TaskConnection


class AirflowResolver:
    """Finds connections where Airflow finds them: secrets backends, environment, then Airflow itself."""

    def get(self, connection_id: str) -> Connection | None:
        """Return the connection, or None if Airflow does not know it."""
        from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError, ErrorType

        try:
            return engine_connection(_find(connection_id))
        except AirflowNotFoundException:
            return None
        except AirflowRuntimeError as error:
            if error.error.error is ErrorType.CONNECTION_NOT_FOUND:
                return None
            raise


def _find(connection_id: str) -> TaskConnection | CoreConnection:
    if _under_supervision():
        from airflow.sdk import Connection as TaskConnection

        found: TaskConnection = TaskConnection.get(connection_id)
        return found
    # A command line or the api-server: only the core's chain includes Airflow's own database here.
    from airflow.models.connection import Connection as CoreConnection

    return CoreConnection.get_connection_from_secrets(connection_id)


def _under_supervision() -> bool:
    """Whether a supervisor answers for this process: a task, a callback, or DAG parsing."""
    return hasattr(sys.modules.get("airflow.sdk.execution_time.task_runner"), "SUPERVISOR_COMMS")

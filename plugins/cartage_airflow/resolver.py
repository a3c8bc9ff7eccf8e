"""Give the engine Airflow's connections and secrets backends (entry point group `cartage.resolvers`).

In a task, connections are looked up through the Task SDK: Airflow 3 gives tasks no access to its database.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cartage.connections import Connection
from cartage.redaction import secrets_of

if TYPE_CHECKING:
    from airflow.models.connection import Connection as CoreConnection
    from airflow.sdk import Connection as TaskConnection


class AirflowResolver:
    """Look up connections as all of Airflow does: secrets backends, environment, Airflow's database."""

    def get(self, connection_id: str) -> Connection | None:
        """Return the connection, or None if Airflow does not have it."""
        from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError, ErrorType

        try:
            return engine_connection(_find(connection_id))
        except AirflowNotFoundException:
            return None
        except AirflowRuntimeError as error:
            if error.error.error is ErrorType.CONNECTION_NOT_FOUND:
                return None
            raise


def engine_connection(found: TaskConnection | CoreConnection) -> Connection:
    """Convert Airflow's connection to the engine's, in which empty text stands for None.

    Airflow masks extras by their names. Its logs must not show the secrets under other names either.
    """
    from airflow.sdk.log import mask_secret

    connection = Connection(
        id=found.conn_id or "",
        host=found.host or "",
        login=found.login or "",
        password=found.password or "",
        port=found.port,
        schema=found.schema or "",
        extra=found.extra_dejson,
    )
    for secret in secrets_of(connection):
        mask_secret(secret)
    return connection


def _find(connection_id: str) -> TaskConnection | CoreConnection:
    if _under_supervision():
        from airflow.sdk import Connection as TaskConnection

        found: TaskConnection = TaskConnection.get(connection_id)
        return found
    # In a command line or the api-server, only the core's own lookup includes Airflow's database.
    from airflow.models.connection import Connection as CoreConnection

    return CoreConnection.get_connection_from_secrets(connection_id)


def _under_supervision() -> bool:
    """Return whether this process has a supervisor: a task, a callback, a trigger, or DAG parsing."""
    return hasattr(sys.modules.get("airflow.sdk.execution_time.task_runner"), "SUPERVISOR_COMMS")

"""From Airflow's connection to the engine's. Reads nothing else and refuses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.connections import Connection

if TYPE_CHECKING:
    from airflow.models.connection import Connection as CoreConnection
    from airflow.sdk import Connection as TaskConnection


def engine_connection(found: TaskConnection | CoreConnection) -> Connection:
    """The same connection in the engine's terms: no value is None."""
    return Connection(
        id=found.conn_id or "",
        host=found.host or "",
        login=found.login or "",
        password=found.password or "",
        port=found.port,
        schema=found.schema or "",
        extra=found.extra_dejson,
    )

"""Clean Airflow's own database: old records table by table, and DAGs that left the DAG files.

It runs where Airflow's configuration is: tasks have no access to the database, and must not have its password.

`airflow db clean` (3.3.2) deletes the row of a DAG that left the DAG files although tasks of a kept run still refer to
its versions; the database refuses that, and the command ends there (apache/airflow#71864). So that table is left out
here, and such DAGs are deleted as `airflow dags delete` does it: with all that belongs to them.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cartage.errors import CartageError

if TYPE_CHECKING:
    from datetime import datetime

log = logging.getLogger(__name__)

_DAGS = "dag"
# Deleted in one transaction: a scheduler that needs the same rows waits for no more than that.
_BATCH = 10_000


class CleaningFailed(CartageError):
    """Some of it was not cleaned. The message names what, why, and what to do."""


@dataclass
class Cleaned:
    """What was cleaned, and what was not, by name with the reason."""

    tables: list[str] = field(default_factory=list)
    dags: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str, done: list[str]) -> Iterator[None]:
        """Record a part as done, or as failed: one that fails stops no other."""
        from airflow.sdk.exceptions import AirflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
            done.append(name)
        except (AirflowException, SQLAlchemyError, RuntimeError) as failure:
            log.exception("Airflow's database: %s was not cleaned", name)
            self.failed[name] = _reason(failure)


def clean_airflow_database(before: datetime) -> Cleaned:
    """Delete from Airflow's database what is older than `before`, without an archive.

    The last scheduled run of each DAG stays, so that its schedule continues.

    Raises:
        CleaningFailed: if the database cannot be reached from here.
    """
    cleaned = Cleaned()
    # Airflow reports its progress to stdout, where only a result belongs.
    with redirect_stdout(sys.stderr):
        _check_reachable()
        from airflow.api.common.delete_dag import delete_dag
        from airflow.sdk.timezone import coerce_datetime
        from airflow.utils.db_cleanup import config_dict, run_cleanup

        for table in config_dict:
            if table == _DAGS:
                continue
            with cleaned.part(f"table {table}", cleaned.tables):
                run_cleanup(
                    clean_before_timestamp=coerce_datetime(before),
                    table_names=[table],
                    confirm=False,
                    skip_archive=True,
                    batch_size=_BATCH,
                    error_on_cleanup_failure=True,
                )
        for dag_id in _removed_dags(before):
            with cleaned.part(f"DAG {dag_id}", cleaned.dags):
                delete_dag(dag_id)
    return cleaned


def _check_reachable() -> None:
    from airflow.utils.session import create_session
    from sqlalchemy import select
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_session() as session:
            session.scalar(select(1))
    except (SQLAlchemyError, RuntimeError, TypeError) as failure:
        raise CleaningFailed(
            f"Airflow's database cannot be reached from here: {_reason(failure)}\n"
            "  Run this where Airflow is configured, for example in the scheduler's container. Tasks have no access."
        ) from failure


def _removed_dags(before: datetime) -> list[str]:
    """Return the DAGs that no DAG file has had since `before`."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        removed = select(DagModel.dag_id).where(DagModel.is_stale, DagModel.last_parsed_time < before)
        return list(session.scalars(removed.order_by(DagModel.dag_id)))


def _reason(failure: Exception) -> str:
    """Return the first line of what went wrong, without the statement and its values."""
    return (str(getattr(failure, "orig", None) or failure).splitlines() or [type(failure).__name__])[0]

"""`cartage airflow`: clean Airflow's database, and delete old task logs. For cron, where Airflow is configured."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from cartage.plurals import counted

app = typer.Typer(help="Airflow's own database and task logs.", no_args_is_help=True, add_completion=False)


@app.command(name="clean")
def clean_database() -> None:
    """Delete old records from Airflow's database. Run it where Airflow is configured, not in a task.

    Older than CARTAGE_AIRFLOW_RETENTION (default 90d). Exit code 1 if something could not be cleaned.
    """
    from cartage.operations.housekeeping import AIRFLOW_RETENTION, kept_for
    from cartage_airflow.cleaning.database import CleaningFailed, clean_airflow_database

    before = datetime.now(UTC) - kept_for(AIRFLOW_RETENTION)
    cleaned = clean_airflow_database(before)
    removed = f", and {counted(len(cleaned.dags), 'removed DAG')}" if cleaned.dags else ""
    typer.echo(
        f"Airflow's database: {len(cleaned.tables)} tables cleaned before {before:%F %T} UTC{removed}."
    )
    if cleaned.failed:
        lines = [f"  {name}: {reason}" for name, reason in cleaned.failed.items()]
        raise CleaningFailed("\n".join(["not cleaned; the next run tries it again:", *lines]))


@app.command(name="delete-logs")
def delete_logs() -> None:
    """Delete old task logs from Airflow's log folder on this machine.

    Not written to for CARTAGE_LOG_RETENTION (default 30d).
    """
    from airflow.configuration import conf

    from cartage.operations.housekeeping import LOG_RETENTION, delete_old_logs, kept_for

    folder, age = Path(conf.get("logging", "base_log_folder")), kept_for(LOG_RETENTION)
    deleted = delete_old_logs(folder, age)
    typer.echo(f"{folder}: {counted(deleted, 'log')} older than {counted(age.days, 'day')} deleted.")

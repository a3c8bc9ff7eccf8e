"""The DAG `watchdog`: looks at all lanes every few minutes, and tells what is wrong."""

from __future__ import annotations

from cartage_airflow.families import watchdog_dag

dag = watchdog_dag()

"""The DAG `watchdog`: check all lanes every few minutes, and alert about what is wrong."""

from __future__ import annotations

from cartage_airflow.deployment.watchdog import watchdog_dag

dag = watchdog_dag()

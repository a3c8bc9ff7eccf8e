"""The DAG `reports`: send the weekly report of all lanes."""

from __future__ import annotations

from cartage_airflow.deployment.reports import reports_dag

dag = reports_dag()

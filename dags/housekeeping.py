"""The DAG `housekeeping`: delete old data every night."""

from __future__ import annotations

from cartage_airflow.deployment.housekeeping import housekeeping_dag

dag = housekeeping_dag()

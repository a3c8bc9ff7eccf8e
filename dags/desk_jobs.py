"""The DAG `desk_jobs`, one for all lanes: jobs that a person started at the desk."""

from __future__ import annotations

from cartage_airflow.deployment.desk_jobs import desk_jobs_dag

dag = desk_jobs_dag()

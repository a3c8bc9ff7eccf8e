"""The DAG `housekeeping`: every night, what is old goes."""

from __future__ import annotations

from cartage_airflow.families import housekeeping_dag

dag = housekeeping_dag()

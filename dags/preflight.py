"""One DAG `preflight__<lane>` for every valid lane: what the store's owner must have right, daily and on demand."""

from __future__ import annotations

from cartage.lanes import valid_lanes
from cartage_airflow.families import preflight_dag

for lane in valid_lanes():
    dag = preflight_dag(lane)
    globals()[dag.dag_id] = dag

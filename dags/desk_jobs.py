"""One DAG `desk_jobs__<lane>` for every valid lane: the jobs that people start at the desk; nothing else starts it."""

from __future__ import annotations

from cartage.lanes import valid_lanes
from cartage_airflow.families import desk_jobs_dag

for lane in valid_lanes():
    dag = desk_jobs_dag(lane)
    globals()[dag.dag_id] = dag

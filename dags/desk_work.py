"""One DAG `desk_work__<lane>` for every valid lane: what a person asked for at the desk; nothing else starts it."""

from __future__ import annotations

from cartage.lanes import valid_lanes
from cartage_airflow.families import desk_work_dag

for lane in valid_lanes():
    dag = desk_work_dag(lane)
    globals()[dag.dag_id] = dag

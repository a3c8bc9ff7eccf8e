"""One DAG `required_actions__<lane>` for every valid lane that asks people there: a run for each cause."""

from __future__ import annotations

from cartage.lanes import valid_lanes
from cartage_airflow.families import required_actions_dag

for lane in valid_lanes():
    if lane.required_actions.connection:
        dag = required_actions_dag(lane)
        globals()[dag.dag_id] = dag

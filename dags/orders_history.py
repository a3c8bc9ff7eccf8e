"""One DAG `orders_history__<lane>` for every valid lane: its orders over long windows, for backfills alone."""

from __future__ import annotations

from cartage.lanes import valid_lanes
from cartage_airflow.families import orders_history_dag

for lane in valid_lanes():
    dag = orders_history_dag(lane)
    globals()[dag.dag_id] = dag

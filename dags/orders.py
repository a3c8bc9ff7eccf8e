"""One DAG `orders__<lane>` for every valid lane: from New in the store to Processing."""

from __future__ import annotations

from cartage.lanes import valid_lanes
from cartage_airflow.families import orders_dag

for lane in valid_lanes():
    dag = orders_dag(lane)
    globals()[dag.dag_id] = dag

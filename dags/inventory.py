"""One DAG `inventory__<lane>` for every valid lane that has `inventory`: from the warehouse's stock to the store's."""

from __future__ import annotations

from cartage.lanes import valid_lanes
from cartage_airflow.families import inventory_dag

for lane in valid_lanes():
    if lane.inventory:
        dag = inventory_dag(lane)
        globals()[dag.dag_id] = dag

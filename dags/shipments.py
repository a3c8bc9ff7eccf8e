"""One DAG `shipments__<lane>` for every valid lane: from the warehouse's packages to Shipped in the store."""

from __future__ import annotations

from cartage.lanes import valid_lanes
from cartage_airflow.families import shipments_dag

for lane in valid_lanes():
    dag = shipments_dag(lane)
    globals()[dag.dag_id] = dag

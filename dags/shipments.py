"""One DAG `shipments__<lane>` for every valid lane: from the warehouse's packages to Shipped in the store."""

from __future__ import annotations

from cartage_airflow.families import lane_dags

globals().update(lane_dags("shipments"))

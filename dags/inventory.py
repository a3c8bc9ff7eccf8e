"""One DAG `inventory__<lane>` for every valid lane with `inventory`: from the warehouse's stock to the store's."""

from __future__ import annotations

from cartage_airflow.families import lane_dags

globals().update(lane_dags("inventory"))

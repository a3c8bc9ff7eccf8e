"""One DAG `orders__<lane>` for every valid lane: from New in the store to Processing."""

from __future__ import annotations

from cartage_airflow.families import lane_dags

globals().update(lane_dags("orders"))

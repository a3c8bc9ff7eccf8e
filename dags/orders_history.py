"""One DAG `orders_history__<lane>` for every valid lane: its orders over long windows, for backfills."""

from __future__ import annotations

from cartage_airflow.families import lane_dags

globals().update(lane_dags("orders_history"))

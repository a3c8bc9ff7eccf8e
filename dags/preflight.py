"""One DAG `preflight__<lane>` for every valid lane: checks of the setup of store and warehouse, daily and on demand."""

from __future__ import annotations

from cartage_airflow.families import lane_dags

globals().update(lane_dags("preflight"))

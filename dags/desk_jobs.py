"""One DAG `desk_jobs__<lane>` for every valid lane: jobs that a person started at the desk."""

from __future__ import annotations

from cartage_airflow.families import lane_dags

globals().update(lane_dags("desk_jobs"))

"""One DAG `required_actions__<lane>` for every valid lane that asks people there: one run per request."""

from __future__ import annotations

from cartage_airflow.families import lane_dags

globals().update(lane_dags("required_actions"))

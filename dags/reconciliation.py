"""One DAG `reconciliation__<lane>` for every valid lane: store, ledger and warehouse compared, daily and on demand."""

from __future__ import annotations

from cartage_airflow.families import lane_dags

globals().update(lane_dags("reconciliation"))

"""Airflow assets that Cartage's tasks bring up to date, so that DAGs of others can be scheduled on them.

A name for each lane, e.g. `stock_pushed__demo`.
"""

from __future__ import annotations

from airflow.sdk import Asset


def lane_asset(what: str, lane: str) -> Asset:
    """The asset `<what>__<lane>`."""
    return Asset(name=f"{what}__{lane}", uri=f"x-cartage://{lane}/{what}", group="cartage")

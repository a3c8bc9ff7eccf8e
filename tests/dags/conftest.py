"""Point Airflow at a temporary home before any test module imports it, and DAG bags of made-up lanes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.dags.airflow_home import ROOT, use_temporary_home

use_temporary_home()

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

LANE = """
  {name}:
    store: {{connection: threedcart_{name}, time_zone: America/New_York, go_live: {go_live}}}
    warehouse:
      connector: extensiv
      connection: extensiv_{name}
      settings: {{customer_id: 12, facility_id: 1}}
    schedules: {{orders: "*/5 * * * *", shipments: "*/10 * * * *"}}
    limits: {{task_timeout: 20m}}
"""

# The DAGs of the whole deployment, which do not depend on lanes.
DEPLOYMENT = {"desk_jobs", "housekeeping", "reports", "watchdog"}

Bag = Callable[[str], "DagBag"]


def lane(name: str, *, go_live: str = "2026-11-01") -> str:
    """Return a valid lane as YAML."""
    return LANE.format(name=name, go_live=go_live)


@pytest.fixture
def bag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bag:
    """Parse the project's DAG folder for these lanes, as the dag-processor does."""

    def parse(lanes: str) -> DagBag:
        from airflow.dag_processing.dagbag import DagBag

        file = tmp_path / "lanes.yaml"
        file.write_text(f"lanes:{lanes}")
        monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
        return DagBag(ROOT / "dags")

    return parse

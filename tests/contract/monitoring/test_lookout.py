"""The watchdog and the preflight notice that nobody looks for new orders and shipments, although the lane says so."""

from __future__ import annotations

import pytest

from cartage.connections import EnvironmentResolver
from cartage.db.task_runs import record_task_run
from cartage.lookout.lookout import Lookout
from cartage.lookout.rules import LookFor
from cartage.monitoring.checks.runs import DagState
from cartage.monitoring.survey import LaneSurvey, survey_lanes
from cartage.monitoring.watch import watch_lane
from cartage.preflight import run_section
from cartage.preflight.findings import FindingKind
from cartage.preflight.world import PreflightWorld
from tests.contract.conftest import MakeWorld
from tests.contract.world import World

LOOKS = {
    "schedules": {"sweep_every": "1h", "look_for_orders_every": "10s", "look_for_shipments_every": "10s"}
}


@pytest.fixture
def manned(make_world: MakeWorld, world_ledger_url: str) -> World:
    """A lane whose runs are on time, and for which somebody has just looked."""
    world = make_world(**LOOKS)
    for task in ("import_orders", "poll_tracking"):
        with record_task_run(world.ledger, world.lane.name, task):
            pass
    lookout = Lookout(world_ledger_url, EnvironmentResolver(), threads=1, lane_of={"demo": world.lane}.get)
    lookout.man({("demo", part) for part in LookFor})
    lookout.close()
    return world


def leave(world: World, part: str = "orders") -> None:
    world.execute(
        "UPDATE lookout SET manned_at = manned_at - interval '11 min' WHERE part = :part", part=part
    )


def survey(world: World) -> LaneSurvey:
    return survey_lanes(world.ledger, [world.lane])["demo"]


def open_alerts(world: World, **dags: DagState) -> list[str]:
    watch_lane(world.ledger, world.lane, EnvironmentResolver(), dags=dags)
    rows = world.rows(
        "SELECT key FROM alert WHERE kind = 'lookout_silent' AND cleared_at IS NULL ORDER BY key"
    )
    return [row.key for row in rows]


def test_a_manned_lookout_is_no_alert(manned: World) -> None:
    assert survey(manned) == LaneSurvey(needs_check=False, overdue=[])
    assert open_alerts(manned) == []


def test_nobody_who_looks_is_an_alert_until_somebody_does(manned: World) -> None:
    leave(manned)
    assert survey(manned) == LaneSurvey(needs_check=True, overdue=["orders__demo"])
    assert open_alerts(manned) == ["orders__demo"]
    manned.execute("UPDATE lookout SET manned_at = clock_timestamp()")
    assert open_alerts(manned) == []


def test_a_paused_dag_is_not_looked_for(manned: World) -> None:
    leave(manned)
    leave(manned, "shipments")
    assert open_alerts(manned, orders__demo=DagState.PAUSED) == ["shipments__demo"]


def test_the_preflight_warns_of_a_lookout_that_nobody_mans(manned: World) -> None:
    def warnings() -> list[str]:
        context = manned.context("preflight")
        try:
            found = run_section("lanes", PreflightWorld(context)).wrong
        finally:
            context.close()
        return [finding.subject for finding in found if finding.kind is FindingKind.NOBODY_LOOKS]

    assert warnings() == []
    leave(manned, "shipments")
    assert warnings() == ["shipments of demo"]

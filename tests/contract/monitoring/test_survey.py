"""One look at all lanes proves which of them are fine; the others get a check of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cartage.db.task_runs import record_task_run, task_runs
from cartage.lanes.settings.lane import Lane
from cartage.monitoring.survey import LaneSurvey, record_watched, survey_lanes
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World

FINE = LaneSurvey(needs_check=False, overdue=[])


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane whose runs are on time."""
    made = make_world()
    run_all(made)
    return made


def run_all(world: World) -> None:
    for task in ("import_orders", "poll_tracking"):
        with record_task_run(world.ledger, world.lane.name, task):
            pass


def look(world: World) -> LaneSurvey:
    return survey_lanes(world.ledger, [world.lane])[world.lane.name]


def test_a_lane_whose_orders_are_on_their_way_is_fine(world: World) -> None:
    world.place("single", 3)
    world.go(*ORDERS_STAGES)
    run_all(world)
    assert look(world) == FINE


def test_orders_that_wait_too_long_need_a_check(world: World) -> None:
    world.place("single", 1)
    world.go("import_orders")
    run_all(world)
    assert look(world) == FINE
    world.execute("UPDATE fulfillment_order SET created_at = created_at - interval '30 d'")
    assert look(world).needs_check


def test_a_blocked_order_needs_a_check(world: World) -> None:
    world.place("unmapped_method", 1)
    world.go("import_orders", "validate_mappings")
    assert look(world).needs_check


def test_a_dag_that_has_not_started_since_its_tick_is_asked_about(world: World) -> None:
    assert list(look(world).overdue) == []
    world.execute("UPDATE task_run SET started_at = started_at - interval '2 h' WHERE task = 'poll_tracking'")
    assert list(look(world).overdue) == ["shipments__demo"]
    assert look(world).needs_check


def test_a_lane_that_never_ran_is_asked_about(make_world: MakeWorld) -> None:
    found = look(make_world())
    assert list(found.overdue) == ["orders__demo", "shipments__demo"]


def test_the_look_at_all_lanes_is_recorded_as_their_check(world: World) -> None:
    record_watched(world.ledger, ["demo", "second"])
    record_watched(world.ledger, ["demo"])
    with world.ledger.begin() as connection:
        first, second = (task_runs(connection, name)["watch"] for name in ("demo", "second"))
    assert first.started_at and first.succeeded_at and second.started_at
    assert first.started_at > second.started_at
    assert first.started_at >= first.first_at


def test_the_number_of_queries_does_not_depend_on_the_number_of_lanes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import event

    statements: list[str] = []
    event.listen(
        world.ledger.engine, "before_cursor_execute", lambda *given: statements.append(str(given[2]))
    )
    counts = []
    for number in (1, 40):
        lanes = [
            Lane.model_validate({**world.lane.model_dump(), "name": f"lane_{index}"})
            for index in range(number)
        ]
        statements.clear()
        assert len(survey_lanes(world.ledger, lanes)) == number
        record_watched(world.ledger, [lane.name for lane in lanes])
        counts.append(len(statements))
    assert counts[0] == counts[1] > 0


def test_time_that_was_not_imported_needs_a_check(world: World) -> None:
    world.execute("UPDATE task_run SET first_at = first_at - interval '5 d'")
    world.execute("UPDATE lane_state SET swept_at = NULL")
    world.execute("DELETE FROM coverage")
    assert world.lane.store.live_since() < world.ledger.now() - timedelta(days=5)
    assert look(world).needs_check

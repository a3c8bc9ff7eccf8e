"""The lookout asks a store or warehouse with one call, and announces what is new once, until a run has read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cartage.connections import EnvironmentResolver
from cartage.db.task_runs import record_task_run
from cartage.dispatch import stage
from cartage.lookout.lookout import Lookout, News
from cartage.lookout.repo import DueLook, Watched
from cartage.lookout.rules import LookFor
from cartage.runtime.run import Run
from cartage.warehouses.extensiv.connector import ExtensivWarehouse
from tests.contract.conftest import MakeFileWorld, MakeWorld
from tests.contract.world import CANCEL, HOLD, NEW, ORDERS_STAGES, SHIPMENT_STAGES, World

LOOKS = {
    "schedules": {"sweep_every": "1h", "look_for_orders_every": "10s", "look_for_shipments_every": "10s"}
}
CIRCUIT_IS_OPEN = """
    INSERT INTO circuit (remote, failures, what, probe_at)
    SELECT 'store ' || secure_url, 2, 'down', clock_timestamp() + interval '1 min' FROM store
"""
CALLS_ARE_FORBIDDEN = """
    INSERT INTO call_bucket (name, full_at, blocked_until)
    SELECT secure_url, clock_timestamp(), clock_timestamp() + interval '1 min' FROM store
    ON CONFLICT (name) DO UPDATE SET blocked_until = excluded.blocked_until
"""
Open = Callable[..., Lookout]


@pytest.fixture
def open_lookout(world_ledger_url: str) -> Iterator[Open]:
    """Open lookouts for worlds, with every lane manned, and close them at the end."""
    opened: list[Lookout] = []

    def open_one(world: World, *others: World) -> Lookout:
        lanes = {each.lane.name: each.lane for each in (world, *others)}
        found = Lookout(world_ledger_url, EnvironmentResolver(), threads=4, lane_of=lanes.get)
        found.man({(name, part) for name in lanes for part in LookFor})
        opened.append(found)
        return found

    yield open_one
    for lookout in opened:
        lookout.close()


@pytest.fixture
def quick(make_world: MakeWorld) -> World:
    """A lane that looks for orders and shipments, whose import status was swept once."""
    world = make_world(**LOOKS)
    world.go("import_orders")
    return world


def look(lookout: Lookout, part: LookFor, lane: str = "demo") -> News | None:
    return lookout.look(DueLook(lane, part, was_down=False))


def run_announced(world: World) -> None:
    """Run the orders DAG as Airflow does after an event: without a window, and although no sweep is due."""
    for name in ORDERS_STAGES:
        context = world.context(name)
        context.run = Run(
            id=f"asset/{name}/1",
            dag_run="asset",
            stage=name,
            may_sweep=name == "import_orders",
            announced=True,
        )
        try:
            stage(name)(context)
        finally:
            context.close()


def watched(lookout: Lookout, *lanes: str) -> list[Watched]:
    return lookout.man({(lane, part) for lane in lanes for part in LookFor})


def let_all_be_due(world: World) -> None:
    world.execute("UPDATE lookout SET next_at = clock_timestamp()")


def age_announcements(world: World) -> None:
    world.execute("UPDATE lookout SET announced_at = announced_at - interval '3 min'")


# Orders


def test_a_new_order_is_announced_once_and_goes_out_without_a_window(
    quick: World, open_lookout: Open
) -> None:
    lookout = open_lookout(quick)
    assert look(lookout, LookFor.ORDERS) is None
    [order_id] = quick.place()
    news = look(lookout, LookFor.ORDERS)
    assert news == News("demo", LookFor.ORDERS, "1 more")
    assert look(lookout, LookFor.ORDERS) is None, "a run was asked for, and is still to come"
    run_announced(quick)
    assert quick.state_of(order_id) == ["acknowledged"]
    assert look(lookout, LookFor.ORDERS) is None
    [_] = quick.place()
    assert look(lookout, LookFor.ORDERS) == news, "the next order is as new as the first"


def test_a_look_costs_one_call(quick: World, open_lookout: Open) -> None:
    lookout = open_lookout(quick)
    before = len(quick.calls())
    look(lookout, LookFor.ORDERS)
    [call] = quick.calls()[before:]
    assert call["path"].endswith("/Orders?orderstatus=1&countonly=1")


def test_a_run_that_was_lost_is_asked_for_again(quick: World, open_lookout: Open) -> None:
    lookout = open_lookout(quick)
    quick.place()
    assert look(lookout, LookFor.ORDERS) is not None
    assert look(lookout, LookFor.ORDERS) is None
    age_announcements(quick)
    assert look(lookout, LookFor.ORDERS) is not None


def test_what_a_killed_triggerer_knew_is_in_the_ledger(quick: World, open_lookout: Open) -> None:
    quick.place()
    assert look(open_lookout(quick), LookFor.ORDERS) is not None
    successor = open_lookout(quick)
    assert look(successor, LookFor.ORDERS) is None, "the run that its predecessor asked for is still to come"
    run_announced(quick)
    quick.place()
    assert look(successor, LookFor.ORDERS) is not None


def test_an_event_that_comes_twice_does_no_harm(quick: World, open_lookout: Open) -> None:
    lookout = open_lookout(quick)
    [order_id] = quick.place()
    look(lookout, LookFor.ORDERS)
    run_announced(quick)
    run_announced(quick)
    assert list(quick.references().values()) == [1]
    assert quick.state_of(order_id) == ["acknowledged"]


def test_orders_that_stay_in_the_import_status_are_no_news(quick: World, open_lookout: Open) -> None:
    lookout = open_lookout(quick)
    blocked = quick.place("unmapped_method", 2)
    assert look(lookout, LookFor.ORDERS) is not None
    run_announced(quick)
    assert quick.state_of(blocked[0]) == ["blocked"]
    assert look(lookout, LookFor.ORDERS) is None
    quick.place()
    assert look(lookout, LookFor.ORDERS) == News("demo", LookFor.ORDERS, "1 more")


def test_an_order_that_cannot_be_read_is_no_news_after_the_sweep_that_listed_it(
    quick: World, open_lookout: Open
) -> None:
    lookout = open_lookout(quick)
    quick.place(OrderItemList="none of the kind")
    assert look(lookout, LookFor.ORDERS) is not None
    run_announced(quick)
    assert look(lookout, LookFor.ORDERS) is None


def test_an_order_that_a_person_moves_does_not_hide_a_new_one(quick: World, open_lookout: Open) -> None:
    lookout = open_lookout(quick)
    [blocked] = quick.place("unmapped_method")
    look(lookout, LookFor.ORDERS)
    run_announced(quick)
    quick.shop.store.edit(blocked, OrderStatusID=HOLD)
    assert look(lookout, LookFor.ORDERS) is None, "it may be a write of our own that is not recorded yet"
    assert look(lookout, LookFor.ORDERS) == News("demo", LookFor.ORDERS, "1 fewer")
    run_announced(quick)
    quick.place()
    assert look(lookout, LookFor.ORDERS) == News("demo", LookFor.ORDERS, "1 more")


def test_an_order_that_becomes_ready_is_news_however_old_it_is(quick: World, open_lookout: Open) -> None:
    [late] = quick.place(OrderStatusID=CANCEL)
    run_announced(quick)
    lookout = open_lookout(quick)
    assert look(lookout, LookFor.ORDERS) is None
    quick.shop.store.edit(late, OrderStatusID=NEW, LastUpdate="2025-01-01T00:00:00")
    assert look(lookout, LookFor.ORDERS) is not None


def test_two_lanes_on_one_store_hear_of_their_own_orders(quick: World, open_lookout: Open) -> None:
    other = quick.lane_on_store(name="second", store={"import_status": 8}, **LOOKS)
    other.settle_in()
    other.go("import_orders")
    quick.go("import_orders")
    lookout = open_lookout(quick, other)
    quick.place(OrderStatusID=8)
    assert look(lookout, LookFor.ORDERS, "demo") is None
    assert look(lookout, LookFor.ORDERS, "second") == News("second", LookFor.ORDERS, "1 more")


# Which looks are due


def test_a_look_that_is_due_is_claimed_by_one_process(quick: World, open_lookout: Open) -> None:
    lookout, second = open_lookout(quick), open_lookout(quick)
    wanted = watched(lookout, "demo")
    let_all_be_due(quick)
    with ThreadPoolExecutor(8) as pool:
        claims = pool.map(lambda each: each.due(wanted), [lookout, second] * 4)
    parts = sorted(due.part for claimed in claims for due in claimed)
    assert parts == ["orders", "shipments"]
    [orders] = quick.rows("SELECT next_at - clock_timestamp() AS wait FROM lookout WHERE part = 'orders'")
    assert 8 < orders.wait.total_seconds() < 11.1, "about ten seconds, with jitter"


@pytest.mark.parametrize("state", [CIRCUIT_IS_OPEN, CALLS_ARE_FORBIDDEN], ids=["circuit", "429"])
def test_nothing_is_asked_of_a_store_that_must_not_be_called(
    state: str, quick: World, open_lookout: Open
) -> None:
    lookout = open_lookout(quick)
    wanted = watched(lookout, "demo")
    quick.execute(state)
    let_all_be_due(quick)
    assert [due.part for due in lookout.due(wanted)] == ["shipments"]


def test_a_store_that_is_down_is_noted_and_stops_no_other_look(quick: World, open_lookout: Open) -> None:
    lookout = open_lookout(quick)
    quick.store_fault("GET .*/Orders", "status", status=503, times=100)
    assert look(lookout, LookFor.ORDERS) is None
    assert look(lookout, LookFor.ORDERS) is None
    [circuit] = quick.rows("SELECT failures FROM circuit")
    assert circuit.failures == 2
    assert look(lookout, LookFor.SHIPMENTS) is None
    [shipments] = quick.rows("SELECT looked_at FROM lookout WHERE part = 'shipments'")
    assert shipments.looked_at is not None


def test_a_lane_that_the_ledger_does_not_know_is_left_to_its_first_run(
    make_world: MakeWorld, open_lookout: Open
) -> None:
    world = make_world(fresh=True, **LOOKS)
    lookout = open_lookout(world)
    wanted = watched(lookout, "demo")
    let_all_be_due(world)
    assert lookout.due(wanted) == []


def test_a_lane_that_no_longer_looks_is_not_watched(quick: World, world_ledger_url: str) -> None:
    lanes = {"demo": quick.lane}
    lookout = Lookout(world_ledger_url, EnvironmentResolver(), threads=2, lane_of=lanes.get)
    assert len(watched(lookout, "demo")) == 2
    lanes["demo"] = quick.lane.model_copy(update={"mode": "off"})
    assert watched(lookout, "demo") == []
    assert look(lookout, LookFor.ORDERS) is None
    lookout.close()


# Shipments


def test_a_shipment_is_announced_once(quick: World, open_lookout: Open) -> None:
    lookout = open_lookout(quick)
    [order_id] = quick.place()
    quick.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert look(lookout, LookFor.SHIPMENTS) is None, "an order that was accepted has not shipped"
    quick.ship(order_id)
    assert look(lookout, LookFor.SHIPMENTS) is not None
    assert look(lookout, LookFor.SHIPMENTS) is None
    poll(quick)
    assert quick.tracking(order_id)
    assert look(lookout, LookFor.SHIPMENTS) is None


def test_a_poll_that_was_lost_is_asked_for_again(quick: World, open_lookout: Open) -> None:
    lookout = open_lookout(quick)
    [order_id] = quick.place()
    quick.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    quick.ship(order_id)
    assert look(lookout, LookFor.SHIPMENTS) is not None
    age_announcements(quick)
    assert look(lookout, LookFor.SHIPMENTS) is not None


def test_a_file_of_the_warehouse_is_announced(make_file_world: MakeFileWorld, open_lookout: Open) -> None:
    world = make_file_world(**LOOKS)
    lookout = open_lookout(world)
    [order_id] = world.place()
    world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert look(lookout, LookFor.SHIPMENTS) is None
    world.work()
    world.ship(order_id)
    world.work()
    assert look(lookout, LookFor.SHIPMENTS) is not None
    poll(world)
    assert look(lookout, LookFor.SHIPMENTS) is None


def test_a_warehouse_that_cannot_be_asked_cheaply_is_polled_while_it_has_orders(
    quick: World, open_lookout: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(*_: Any) -> None:
        return None

    monkeypatch.setattr(ExtensivWarehouse, "glance", unable)
    lookout = open_lookout(quick)
    assert look(lookout, LookFor.SHIPMENTS) is None
    quick.place()
    quick.go(*ORDERS_STAGES)
    assert look(lookout, LookFor.SHIPMENTS) is not None
    poll(quick)
    assert look(lookout, LookFor.SHIPMENTS) is None


def poll(world: World) -> None:
    """Run the shipments DAG, which records when its first task began."""
    with record_task_run(world.ledger, world.lane.name, "poll_tracking"):
        world.go(*SHIPMENT_STAGES)

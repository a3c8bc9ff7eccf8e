"""Whatever uses a store or a warehouse takes its calls from one bucket in the ledger: lanes, hooks and operators."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cartage_airflow import ExtensivHook, ThreeDCartHook, ThreeDCartListOrdersOperator, WarehouseHook
from tests.contract.airflow.conftest import WriteLane
from tests.contract.conftest import MakeWorld
from tests.contract.world import World

# The store's own: 50 calls at once, then 2 a second (3dcart-api.md, section 3.3).
DOCUMENTED = {"burst": 50, "calls_per_second": 2.0}


@pytest.fixture
def throttled(make_world: MakeWorld, write_lane: WriteLane) -> World:
    world = make_world(store_rules={"throttle": True}, limits=DOCUMENTED)
    write_lane(world)
    return world


def test_two_users_of_a_store_never_make_more_calls_than_it_accepts(throttled: World) -> None:
    """Each makes 30 calls. The bucket holds 50, so without a shared budget the store would refuse some."""

    def by_lane() -> None:
        with ThreeDCartHook(lane="demo").client() as store:
            for _ in range(30):
                store.get_order(1)

    def by_connection() -> None:
        with ThreeDCartHook("threedcart_demo").client() as store:
            for _ in range(30):
                store.get_order(1)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(by_lane), pool.submit(by_connection)]:
            done.result()
    assert len(throttled.calls(method="GET", path="/Orders/1")) == 60
    assert throttled.rows("SELECT FROM call_bucket WHERE slowed_at IS NOT NULL") == [], (
        "a 429 slows the bucket"
    )


def test_a_stage_a_hook_and_an_operator_together_never_make_more_calls_than_the_store_accepts(
    throttled: World,
) -> None:
    """Each makes 20 to 30 calls at the same time. With a bucket each, the store would refuse some."""

    def hook() -> None:
        with ThreeDCartHook("threedcart_demo").client() as store:
            for _ in range(30):
                store.order_statuses()

    def operator() -> None:
        for _ in range(10):
            ThreeDCartListOrdersOperator(task_id="count", lane="demo", count_only=True).execute({})

    def stage() -> None:
        for _ in range(20):
            throttled.go("import_orders")

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(work) for work in (hook, operator, stage)]:
            done.result()
    assert len(throttled.calls()) > DOCUMENTED["burst"], "more calls than the bucket holds"
    assert throttled.rows("SELECT FROM call_bucket WHERE slowed_at IS NOT NULL") == [], (
        "a 429 slows the bucket"
    )


def test_stages_hooks_and_operators_of_a_store_share_one_bucket(world: World, lane: str) -> None:
    world.go("import_orders")
    with ThreeDCartHook("threedcart_demo").client() as store:
        store.order_statuses()
    ThreeDCartListOrdersOperator(task_id="count", lane=lane, count_only=True).execute({})
    assert [row.name for row in world.rows("SELECT name FROM call_bucket")] == [
        "demo-outfitters.3dcartstores.com"
    ]


def test_stages_and_hooks_of_an_account_share_one_bucket(
    make_world: MakeWorld, write_lane: WriteLane
) -> None:
    """By a lane, and by the connection that the lane has: then the lane's limits hold too."""
    world = make_world(limits={"warehouse_burst": 1000, "warehouse_calls_per_second": 0.001})
    write_lane(world)
    stage = world.context("poll_tracking")
    stage.warehouse.find("A3_1_0")
    stage.close()
    settings = world.lane.warehouse.settings
    for hook in (
        WarehouseHook(lane="demo"),
        WarehouseHook(connector="extensiv", warehouse_conn_id="extensiv_demo", settings=settings),
    ):
        with hook.client() as warehouse:
            warehouse.find("A3_1_0")
    assert ExtensivHook("extensiv_demo").test_connection()[0]
    calls = len(world.shop.warehouse.journal.entries("request"))
    assert calls >= 4
    [bucket] = world.rows(
        "SELECT name, round(extract(epoch FROM full_at - clock_timestamp()) * 0.001) AS calls FROM call_bucket"
    )
    assert bucket.name.startswith("extensiv/")
    assert bucket.calls == calls, "every request was counted, with those for tokens"

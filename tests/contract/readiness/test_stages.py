"""Which stages have work, asked of the ledger. `World.go` asks before every stage of every contract test as well."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, event

from cartage.db import open_ledger
from cartage.db.task_runs import record_task_run, task_runs
from cartage.model.statuses import SHIPPED
from cartage.readiness.stages import idle_stages, note_idle
from cartage_sandbox.generate import UNMAPPED_METHOD
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World

if TYPE_CHECKING:
    from cartage_sandbox.stack.postgres import EmbeddedPostgres

LATER = frozenset({*ORDERS_STAGES[1:], "blocked_orders"})


def busy(world: World, *stages: str, dag_run: str = "") -> set[str]:
    """Return those of the stages that have work; by default of the later ones of the orders DAG."""
    asked = set(stages or LATER)
    context = world.context("import_orders", dag_run=dag_run)
    try:
        with world.ledger.begin() as connection:
            return asked - idle_stages(connection, context, asked)
    finally:
        context.close()


def list_blocked(world: World) -> None:
    """Run `blocked_orders` as its task does, which records when it ran."""
    with record_task_run(world.ledger, world.lane.name, "blocked_orders"):
        world.go("blocked_orders")


def test_a_lane_without_orders_has_no_work(world: World) -> None:
    world.go("import_orders")
    assert busy(world) == set()


def test_an_imported_order_is_work_for_validation(world: World) -> None:
    world.place("single", 1)
    world.go("import_orders")
    assert busy(world) == {"validate_mappings"}


def test_after_a_whole_run_nothing_is_left(world: World) -> None:
    ids = world.place("single", 3)
    world.go(*ORDERS_STAGES)
    assert [world.store_status(order_id) for order_id in ids] == [2, 2, 2]
    assert busy(world) == set()


@pytest.mark.parametrize(
    ("until", "wanted"),
    [
        (2, {"validate_mappings", "settle_outcomes", "transfer_to_warehouse"}),
        (4, {"mark_processing"}),
    ],
)
def test_what_a_run_left_that_ended_early_is_work(world: World, until: int, wanted: set[str]) -> None:
    world.place("single", 1)
    world.go(*ORDERS_STAGES[:until])
    assert busy(world) == wanted
    world.go(*ORDERS_STAGES)
    assert busy(world) == set()


def test_an_order_that_a_killed_run_was_sending_is_work(world: World) -> None:
    world.place("single", 1)
    world.go(*ORDERS_STAGES[:2])
    world.execute(
        "UPDATE fulfillment_order SET state = 'sending', lease_owner = 'dead',"
        " lease_until = clock_timestamp() + interval '1 min'"
    )
    assert busy(world) == {"settle_outcomes"}


def test_an_unknown_outcome_is_work_while_it_waits(world: World) -> None:
    world.place("single", 1)
    world.warehouse_fault("POST .*/orders$", "reset", "after")
    world.go(*ORDERS_STAGES[:4])
    assert world.states() == {"unknown": 1}
    assert busy(world) == {"settle_outcomes"}
    world.wait_out()
    world.go(*ORDERS_STAGES)
    assert busy(world) == set()


def test_a_status_that_the_store_has_not_shown_is_work(world: World) -> None:
    world.place("single", 1)
    world.go(*ORDERS_STAGES)
    world.execute("UPDATE sales_order SET verified_at = NULL")
    assert busy(world) == {"mark_processing"}


def test_a_hold_is_work_once_its_time_is_over(make_world: MakeWorld) -> None:
    world = make_world(holds=[{"name": "big", "reason": "a big order", "owner": "ann", "value_over": 0}])
    world.place("single", 1)
    world.go(*ORDERS_STAGES)
    assert world.states() == {"held": 1}
    assert busy(world) == set()
    world.execute("UPDATE hold SET until = clock_timestamp() - interval '1 s'")
    assert busy(world) == {"validate_mappings"}


def test_a_blocked_order_is_validated_in_every_run_and_listed_when_causes_change(world: World) -> None:
    world.place("unmapped_method", 1)
    world.go("import_orders", "validate_mappings", dag_run="orders__demo/first")
    assert busy(world) == {"validate_mappings", "blocked_orders"}
    list_blocked(world)
    assert busy(world) == {"validate_mappings"}

    # Another order that the known cause blocks is new in the run that blocks it.
    world.place("unmapped_method", 1)
    world.go("import_orders", "validate_mappings", dag_run="orders__demo/second")
    assert busy(world, dag_run="orders__demo/second") == {"validate_mappings", "blocked_orders"}
    assert busy(world, dag_run="orders__demo/third") == {"validate_mappings"}

    # The cause is fixed: its alert ends.
    world.settings["ship_methods"].append({"store": UNMAPPED_METHOD, "carrier": "UPS", "service": "Ground"})
    world.go("validate_mappings")
    assert world.causes() == {}
    assert "blocked_orders" in busy(world)
    list_blocked(world)
    assert "blocked_orders" not in busy(world)


def test_a_run_that_ended_while_it_listed_is_repeated(world: World) -> None:
    world.place("unmapped_method", 1)
    world.go("import_orders", "validate_mappings")
    with pytest.raises(KeyError), record_task_run(world.ledger, "demo", "blocked_orders"):
        raise KeyError("the task ends before it has listed anything")
    assert "blocked_orders" in busy(world)


def test_an_exception_is_listed_once_and_its_decision_is_work(world: World) -> None:
    ids = world.place("single", 1)
    world.go(*ORDERS_STAGES)
    world.shop.store.edit(ids[0], OrderStatusID=1)
    world.go("import_orders")
    [exception] = world.rows("SELECT id, kind, choices FROM exception WHERE closed_at IS NULL")
    assert exception.kind == "put_back"
    assert busy(world) == {"blocked_orders"}
    list_blocked(world)
    assert busy(world) == set()
    world.execute(
        "UPDATE exception SET decision = 'restore', decided_by = 'ann', decided_at = clock_timestamp()"
    )
    assert busy(world) == {"settle_outcomes", "mark_processing"}
    world.go(*ORDERS_STAGES)
    assert busy(world) == set()


def test_a_silent_watchdog_is_reported_by_a_run_without_work(world: World) -> None:
    with record_task_run(world.ledger, "demo", "watch"):
        pass
    assert busy(world) == set()
    world.execute("UPDATE task_run SET started_at = started_at - interval '2 d' WHERE task = 'watch'")
    assert busy(world) == {"blocked_orders"}


def test_a_lane_that_asks_people_keeps_its_required_actions_in_step(world: World) -> None:
    world.place("unmapped_method", 1)
    world.go("import_orders", "validate_mappings")
    list_blocked(world)
    world.settings["required_actions"] = {"connection": "airflow_api"}
    assert busy(world) == {"validate_mappings", "blocked_orders"}


def test_a_quarantined_lane_settles_until_its_quarantine_has_ended(make_world: MakeWorld) -> None:
    world = make_world(fresh=True)
    world.go("import_orders")
    assert busy(world) == {"settle_outcomes"}
    world.go("settle_outcomes")
    assert busy(world) == set()


@pytest.mark.parametrize(("mode", "wanted"), [("off", set()), ("shadow", LATER - {"mark_processing"})])
def test_a_stage_that_does_nothing_in_the_lanes_mode_has_no_work(
    world: World, mode: str, wanted: set[str]
) -> None:
    world.place("single", 1)
    world.go("import_orders", "validate_mappings")
    world.execute("UPDATE sales_order SET posted_status = NULL")
    world.execute("INSERT INTO cause (lane, fingerprint, kind, subject, message, fix)"
                  " VALUES ('demo', 'f', 'unknown_sku', 'x', 'm', 'f')")  # fmt: skip
    world.settings["mode"] = mode
    assert busy(world) == wanted


def test_a_package_is_work_for_the_shipments_dag(world: World) -> None:
    ids = world.place("single", 1)
    world.go(*ORDERS_STAGES)
    assert busy(world, "update_order_status") == set()
    world.ship(ids[0])
    world.go("poll_tracking")
    assert busy(world, "update_order_status") == {"update_order_status"}
    world.go("update_order_status")
    assert world.store_status(ids[0]) == 4
    assert busy(world, "update_order_status") == set()
    assert busy(world) == set()


def test_stock_that_was_read_is_compared_in_every_run(make_world: MakeWorld) -> None:
    world = make_world(inventory={})
    assert busy(world, "update_stock") == set()
    world.stock("SAMPLE-1")
    world.go("poll_stock")
    assert busy(world, "update_stock") == {"update_stock"}
    del world.settings["inventory"]
    assert busy(world, "update_stock") == set()


def test_the_first_tasks_and_tasks_of_others_are_never_idle(world: World) -> None:
    asked = {"import_orders", "poll_tracking", "poll_stock", "compare"}
    assert busy(world, *asked) == asked


def test_a_skipped_task_counts_as_succeeded_but_what_was_listed_does_not_change(world: World) -> None:
    context = world.context("import_orders")
    with world.ledger.begin() as connection:
        note_idle(connection, context, ["mark_processing", "blocked_orders"])
        found = task_runs(connection, "demo")
    context.close()
    assert list(found) == ["mark_processing"]
    assert found["mark_processing"].succeeded_at is not None
    assert found["mark_processing"].started_at is None


@pytest.fixture
def history(world: World, postgres: EmbeddedPostgres, ledger_template: str) -> Iterator[World]:
    """A lane with a long history and nothing left to do, on a ledger of its own: emptying it would take too long."""
    name = f"history_{uuid4().hex[:8]}"
    ledger = open_ledger(postgres.clone_database(ledger_template, name))
    made = replace(world, ledger=ledger)
    made.settle_in()
    for statement in _COPIES:
        made.execute(statement)
    for table in _LARGE:
        made.execute(f"ANALYZE {table}")
    yield made
    ledger.close()
    postgres.drop_database(name)


_LARGE = ("sales_order", "fulfillment_order", "shipment", "package", "event", "exception", "cause")
_MANY = 20_000
_COPIES = (
    f"""
    INSERT INTO sales_order (store_id, order_id, lane, invoice, status_id, ordered_at, read_at, content_hash, amount,
        document, posted_status, posted_at, verified_at)
    SELECT store_id, 1000000 + n, lane, 'INV-' || n, 4, now(), now(), '', 1, '{{}}', {SHIPPED}, now(), now()
    FROM lane_state, generate_series(1, {_MANY}) n
    """,
    """
    INSERT INTO fulfillment_order (sales_order_id, store_id, order_id, shipment_id, lane, reference, state, ship_method,
        ship_to, remote_id)
    SELECT id, store_id, order_id, 0, lane, 'A00_' || order_id || '_0', 'shipped', 'x', '{}', order_id::text
    FROM sales_order WHERE order_id > 1000000
    """,
    """
    INSERT INTO shipment (lane, key, fulfillment_order_id, remote_id, reference, voided, final)
    SELECT lane, reference, id, remote_id, reference, false, true FROM fulfillment_order WHERE order_id > 1000000
    """,
    """
    INSERT INTO package (shipment_id, key, position, tracking, carrier, service, contents, intended_at, posted_at,
        posted_in)
    SELECT id, '1', 1, reference, '', '', '[]', clock_timestamp(), clock_timestamp(), 'field' FROM shipment
    WHERE reference LIKE 'A00_1%'
    """,
    """
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, to_state, actor, run_id)
    SELECT lane, sales_order_id, id, 'moved', state, 'update_order_status', 'orders__demo/r/update_order_status/1'
    FROM fulfillment_order WHERE order_id > 1000000
    """,
    """
    INSERT INTO exception (lane, sales_order_id, kind, message, choices, run_id, closed_at, ended_at)
    SELECT lane, id, 'put_back', 'm', '{ignore}', 'r', clock_timestamp(), clock_timestamp() FROM sales_order
    """,
    """
    INSERT INTO cause (lane, fingerprint, kind, subject, message, fix, closed_at)
    SELECT 'demo', n::text, 'unknown_sku', n::text, 'm', 'f', clock_timestamp() - interval '1 d'
    FROM generate_series(1, 5000) n
    """,
    """
    INSERT INTO task_run (lane, task, started_at, succeeded_at)
    VALUES ('demo', 'blocked_orders', clock_timestamp(), clock_timestamp() + interval '1 ms')
    """,
)


def test_every_look_reads_indexes_whatever_the_history(history: World) -> None:
    statements: list[tuple[str, Any]] = []

    def keep(_connection: Connection, _cursor: Any, statement: str, values: Any, *_: object) -> None:
        statements.append((statement, values))

    event.listen(history.ledger.engine, "before_cursor_execute", keep)
    assert busy(history, *LATER, "update_order_status") == set()
    event.remove(history.ledger.engine, "before_cursor_execute", keep)
    looks = [(sql, values) for sql, values in statements if sql.lstrip().startswith(("SELECT", "WITH"))]
    assert len(looks) >= 3
    read = []
    with history.ledger.begin() as connection:
        for sql, values in looks:
            plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values).scalar_one()
            found = plan if isinstance(plan, list) else json.loads(plan)
            read += [node for node in _nodes(found[0]["Plan"]) if node.get("Relation Name") in _LARGE]
    assert read
    scanned = [node for node in read if node["Node Type"] == "Seq Scan" and node["Actual Loops"]]
    assert [(node["Relation Name"], node.get("Filter")) for node in scanned] == []
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in read) < 100


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def test_a_package_held_back_is_work_once_it_is_due(make_world: MakeWorld) -> None:
    world = make_world(post_back={"wait_for_carrier": "2d"})
    ids = world.place("single", 1)
    world.go(*ORDERS_STAGES)
    world.ship(ids[0])
    world.go("poll_tracking")
    assert busy(world, "update_order_status") == set()
    world.execute(
        "UPDATE shipment SET shipped_at = shipped_at - CAST(:age AS interval),"
        " first_seen_at = first_seen_at - CAST(:age AS interval)",
        age=timedelta(days=3),
    )
    assert busy(world, "update_order_status") == {"update_order_status"}

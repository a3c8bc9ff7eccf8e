"""Retention: old, finished orders keep no personal data; their identity, states and package keys stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from cartage.db.retention import purge_lane
from cartage.db.schema import metadata
from tests.contract.conftest import MakeWorld
from tests.contract.world import NEW, ORDERS_STAGES, SHIPMENT_STAGES, World

YEAR, DAYS = timedelta(days=365), timedelta(days=90)
# No other person and no text of Cartage has these words.
PERSON = {
    "ShipmentFirstName": "Maximiliane",
    "ShipmentLastName": "Unverwechselbar",
    "ShipmentCompany": "Zwiebelturm",
    "ShipmentAddress": "Kraehenwinkel 77",
    "ShipmentAddress2": "Hinterhaus",
    "ShipmentCity": "Oberammergau",
    "ShipmentPhone": "5550147199",
    "ShipmentEmail": "max@unverwechselbar.example",
}
TEXTS = {
    "CustomerComments": "Vergissmeinnicht",
    "InternalComments": "Pusteblume",
    "ExternalComments": "Gaensebluem",
}
TRACES = ("Maximiliane", "Unverwechselbar", "Zwiebelturm", "Kraehenwinkel", "Hinterhaus", "Oberammergau", "5550147199",
          "Vergissmeinnicht", "Pusteblume", "Gaensebluem")  # fmt: skip


def traces(world: World) -> set[str]:
    """Return where in the ledger the person's data is found, as table.column, over all columns that hold text."""
    found = set()
    for table in metadata.sorted_tables:
        columns = [column.name for column in table.columns if isinstance(column.type, Text | JSONB | ARRAY)]
        if columns:
            columns_match = ", ".join(f'bool_or(CAST("{name}" AS text) ~* :words)' for name in columns)
            [hits] = world.rows(f"SELECT {columns_match} FROM {table.name}", words="|".join(TRACES))
            found |= {f"{table.name}.{name}" for name, hit in zip(columns, hits, strict=True) if hit}
    return found


def grow_old(world: World, age: timedelta) -> None:
    for table, columns in {
        "sales_order": ("created_at", "posted_at", "verified_at"),
        "fulfillment_order": ("created_at", "state_since"),
        "transfer": ("intent_at", "sent_at", "settle_after", "finished_at"),
        "event": ("at",),
        "cause": ("opened_at", "closed_at"),
        "exception": ("opened_at", "decided_at", "closed_at", "ended_at"),
    }.items():
        sets = ", ".join(f"{column} = {column} - CAST(:age AS interval)" for column in columns)
        world.execute(f"UPDATE {table} SET {sets}", age=age)


def of_person(world: World, kind: str = "single") -> int:
    [order_id] = world.place(kind, 1, **TEXTS)
    world.amend(order_id, shipment=PERSON)
    return order_id


def shipped(world: World) -> int:
    order_id = of_person(world)
    world.go(*ORDERS_STAGES)
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert world.states() == {"shipped": 1}
    return order_id


def purged(world: World, batch: int = 500) -> dict[str, int]:
    return purge_lane(world.ledger, world.lane.name, personal_data=YEAR, payloads=DAYS, batch=batch)


def test_an_old_finished_order_keeps_no_personal_data(world: World) -> None:
    order_id = shipped(world)
    before = world.rows("SELECT order_id, invoice, content_hash, status_id FROM sales_order")
    kept = {"sales_order.document", "fulfillment_order.ship_to", "transfer.request", "transfer.response"}
    assert kept <= traces(world)
    grow_old(world, YEAR + timedelta(days=1))
    assert purged(world) == {"orders": 1, "payloads": 0, "causes": 0, "alerts": 0}
    assert traces(world) == set()
    assert world.rows("SELECT order_id, invoice, content_hash, status_id FROM sales_order") == before
    assert world.state_of(order_id) == ["shipped"]
    [package] = world.rows("SELECT tracking, posted_at FROM package")
    assert package.tracking == world.tracking(order_id)
    timeline = world.rows("SELECT to_state, actor FROM event WHERE kind IN ('imported', 'moved') ORDER BY id")
    assert [row.to_state for row in timeline] == ["imported", "ready", "sending", "acknowledged", "shipped"]
    assert sum(purged(world).values()) == 0


def test_orders_found_at_the_warehouse_are_deleted_with_the_payload(world: World) -> None:
    of_person(world)
    world.go(*ORDERS_STAGES[:2])
    world.warehouse_fault("POST .*/orders$", "reset", "after")
    world.go("settle_outcomes", "transfer_to_warehouse")
    world.wait_out()
    world.go("settle_outcomes", "transfer_to_warehouse")
    assert {"transfer.request", "transfer.found"} <= traces(world)
    grow_old(world, DAYS + timedelta(days=1))
    assert purged(world)["payloads"] == 1
    assert not {trace for trace in traces(world) if trace.startswith("transfer.")}


def test_payloads_are_deleted_earlier_and_open_orders_keep_what_they_need(world: World) -> None:
    shipped(world)
    waiting = of_person(world, "unmapped_method")
    world.go("import_orders", "validate_mappings")
    grow_old(world, DAYS + timedelta(days=1))
    assert purged(world) == {"orders": 0, "payloads": 1, "causes": 0, "alerts": 0}
    assert {"transfer.request", "transfer.response", "fulfillment_order.request"} & traces(world) == set()
    grow_old(world, YEAR)
    assert purged(world)["orders"] == 1
    assert traces(world) == {"sales_order.document", "fulfillment_order.ship_to"}
    assert world.state_of(waiting) == ["blocked"]


def test_an_open_exception_keeps_its_order_and_a_closed_one_is_emptied_with_it(
    make_world: MakeWorld,
) -> None:
    world = make_world(schedules={"sweep_every": "1s", "watch_every": "1s"})
    order_id = shipped(world)
    world.execute(
        "INSERT INTO exception (lane, sales_order_id, kind, message, choices, before, run_id)"
        " SELECT lane, id, 'put_back', 'Unverwechselbar', '{ignore}', '{\"city\": \"Oberammergau\"}', 'r'"
        " FROM sales_order"
    )
    grow_old(world, YEAR + timedelta(days=1))
    assert purged(world)["orders"] == 0
    world.execute("UPDATE exception SET closed_at = clock_timestamp()")
    assert purged(world)["orders"] == 1
    assert traces(world) == set()
    assert world.state_of(order_id) == ["shipped"]


def test_it_works_in_small_batches_and_on_its_own_lane_only(world: World) -> None:
    world.place("single", 7)
    world.go(*ORDERS_STAGES)
    for row in world.rows("SELECT order_id FROM sales_order"):
        world.ship(row.order_id)
    world.go(*SHIPMENT_STAGES)
    grow_old(world, YEAR + timedelta(days=1))
    assert purge_lane(world.ledger, "other", personal_data=YEAR, payloads=DAYS)["orders"] == 0
    assert purged(world, batch=2)["orders"] == 7


@pytest.mark.parametrize("status", [NEW, 2])
def test_an_order_that_the_store_changes_later_is_read_again(make_world: MakeWorld, status: int) -> None:
    """Put back to the import status, or edited: its copy is kept again, and a decision can be carried out."""
    from cartage.model.exceptions import Choice
    from tests.contract.changes.changed import cycle, decide_as, look, open_exceptions

    world = make_world(schedules={"sweep_every": "1s", "watch_every": "1s"})
    order_id = shipped(world)
    world.execute("UPDATE sales_order SET verified_at = posted_at")
    grow_old(world, YEAR + timedelta(days=1))
    assert purged(world)["orders"] == 1
    world.shop.store.edit(order_id, OrderStatusID=status, CustomerComments="Anders")
    look(world)
    assert world.rows("SELECT document ->> 'comments' AS comments FROM sales_order")[0].comments == "Anders"
    if status == NEW:
        assert [question.kind.value for question in open_exceptions(world)] == ["put_back"]
        decide_as(world, Choice.RESEND)
        cycle(world)
        cycle(world)
        assert world.states()["acknowledged"] == 1


def test_a_skipped_order_that_becomes_ready_later_ships_to_its_address(world: World) -> None:
    order_id = of_person(world)
    world.settings["store"]["zero_value"] = "skip"
    world.shop.store.edit(order_id, OrderAmount=0)
    world.go("import_orders")
    assert world.states() == {"skipped": 1}
    grow_old(world, YEAR + timedelta(days=1))
    assert purged(world)["orders"] == 1
    assert traces(world) == set()
    world.settings["store"]["zero_value"] = "ship"
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": 1}
    [sent] = world.rows("SELECT request -> 'ship_to' ->> 'city' AS city FROM transfer")
    assert sent.city == "Oberammergau"


def test_old_closed_causes_and_alerts_are_deleted(world: World) -> None:
    world.place("unmapped_method")
    world.go("import_orders", "validate_mappings", "blocked_orders")
    world.execute("UPDATE cause SET closed_at = clock_timestamp() - interval '366 days'")
    world.execute("UPDATE alert SET cleared_at = now(), closed_at = clock_timestamp() - interval '91 days'")
    found = purged(world)
    assert (found["causes"], found["alerts"]) == (1, 1)


def test_the_requested_quantities_stay_for_late_shipments(
    make_world: MakeWorld,
) -> None:
    world = make_world(skus=[{"store": "MUG-6PK", "sku": "MUG", "quantity": 6}])
    world.stock("MUG")
    [order_id] = world.place("single")
    world.amend(order_id, line={"ItemID": "MUG-6PK", "ItemQuantity": 2})
    world.go(*ORDERS_STAGES)
    grow_old(world, DAYS + timedelta(days=1))
    assert purged(world)["payloads"] == 1
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["shipped"]
    assert world.rows("SELECT message FROM exception") == []

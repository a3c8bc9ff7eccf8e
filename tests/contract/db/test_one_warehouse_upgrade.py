"""A ledger of one-warehouse lanes, with orders in every state, is migrated in place and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, NullPool, Table, create_engine, select, text

from cartage.db import open_ledger
from cartage.db.migrate import config, migrate_ledger
from cartage.model.states import State
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from tests.contract.rows import REQUIRED
from tests.contract.world import ORDERS_STAGES, PROCESSING, SHIPMENT_STAGES, SHIPPED, World

# Kept with the lane before, and with its warehouse since.
_MOVED = ("shipments_cursor", "shipments_polled_at", "stock_cursor", "counted_account", "files_read_again_at")
_BY_HAND = (
    State.IMPORTED,
    State.HELD,
    State.SENDING,
    State.UNKNOWN,
    State.PARTIALLY_SHIPPED,
    State.CANCELLED,
    State.SKIPPED,
    State.REJECTED,
    State.CONFLICT,
)


@pytest.fixture
def old_ledger(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A ledger as it was before lanes had several warehouses."""
    url = postgres.create_database("one_warehouse")
    with create_engine(url, poolclass=NullPool).begin() as connection:
        command.upgrade(config(connection), "0001")
    yield url
    postgres.drop_database("one_warehouse")


def copy(new: Connection, old: Connection) -> None:
    """Copy every row into a ledger with the tables of 0001."""
    tables = MetaData()
    tables.reflect(old)
    for table in tables.sorted_tables:
        if table.name == "ledger_version":
            continue
        columns = [
            column.name for column in table.columns if table.name != "lane_state" or column.name not in _MOVED
        ]
        source = Table(table.name, MetaData(), autoload_with=new)
        rows = [dict(row) for row in new.execute(select(*(source.c[name] for name in columns))).mappings()]
        if table.name == "lane_state":
            kept = new.execute(text(f"SELECT {', '.join(_MOVED)} FROM warehouse_state")).mappings().one()
            rows = [{**row, **kept} for row in rows]
        if rows:
            old.execute(table.insert(), rows)
        if "id" in table.columns and table.columns["id"].identity is not None:
            sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
            old.execute(
                text(f"SELECT setval({sequence}, (SELECT coalesce(max(id), 0) + 1 FROM {table.name}))")
            )


def orders(world: World) -> list[tuple[Any, ...]]:
    columns = "id, order_id, shipment_id, generation, reference, state, state_since, remote_id"
    return [tuple(row) for row in world.rows(f"SELECT {columns} FROM fulfillment_order ORDER BY id")]


def into_every_state(world: World) -> dict[str, int]:
    """Bring an order into each state; return the OrderID by state."""
    ids = world.place(count=11)
    by_state = {"acknowledged": ids[0], "shipped": ids[1]}
    world.go(*ORDERS_STAGES)
    world.ship(by_state["shipped"])
    world.go("poll_tracking")
    [by_state["ready"]] = world.place()
    [by_state["blocked"]] = world.place("unknown_sku")
    world.go("import_orders", "validate_mappings")
    for state, order_id in zip(_BY_HAND, ids[2:], strict=True):
        by_state[state.value] = order_id
        columns = {"lease_owner": None, "lease_until": None} | {
            name: value
            for name, value in REQUIRED.get(state, {}).items()
            if name not in ("request", "remote_id")
        }
        names = ", ".join(f"{name} = :{name}" for name in columns)
        world.execute(
            f"UPDATE fulfillment_order SET state = :state, {names} WHERE order_id = :id",
            state=state.value,
            id=order_id,
            **columns,
        )
    return by_state


def test_orders_in_every_state_keep_their_references_and_the_lane_goes_on(
    world: World, old_ledger: str
) -> None:
    by_state = into_every_state(world)
    before = orders(world)
    assert {row[5] for row in before} == {state.value for state in State}
    old = create_engine(old_ledger, poolclass=NullPool)
    with world.ledger.begin() as new, old.begin() as connection:
        copy(new, connection)
    assert migrate_ledger(old_ledger) != "0001"
    world.ledger.close()
    world.ledger = open_ledger(old_ledger)
    assert orders(world) == before
    assert world.rows("SELECT DISTINCT warehouse, part FROM fulfillment_order") == [("", 0)]
    [kept] = world.rows("SELECT * FROM warehouse_state")
    assert kept.warehouse == ""
    assert kept.shipments_cursor != ""

    world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    for state in ("ready", "imported"):
        assert world.state_of(by_state[state]) == ["acknowledged"], state
    world.ship(by_state["ready"])
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(by_state["ready"]) == ["shipped"]
    assert world.store_status(by_state["shipped"]) == SHIPPED
    assert world.store_status(by_state["acknowledged"]) in (PROCESSING, SHIPPED)
    assert max(world.references().values()) == 1, "nothing was sent a second time"
    waiting = [row for row in orders(world) if row[5] in ("cancelled", "rejected", "blocked")]
    assert len(waiting) == 3
    assert set(waiting) <= set(before)

"""Two runs read the same order at different times: the later copy stands, whichever of the two is written first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import Connection

from cartage.changes.watch_sent_orders import watch_sent_orders
from cartage.intake.lane_intake import LaneIntake
from cartage.intake.order_book import OrderBook
from cartage.intake.order_rows import NewOrder
from cartage.intake.other_statuses import OrderInOtherStatus, OtherStatusBook
from cartage.lifecycle.transitions import By
from cartage.model.skip_reasons import not_ours
from cartage.runtime.context import StageContext
from cartage.storefront import translate_order
from tests.contract.world import HOLD, NEW, ORDERS_STAGES, World, at_once

BY = By("import_orders", "run/1")
BOTH_ORDERS = pytest.mark.parametrize("newer_first", [True, False])


@dataclass(frozen=True)
class Reading:
    """What one run read of an order, and when its request left."""

    new: NewOrder
    read_at: datetime


class Readers:
    """Reads the store as several runs do, and writes what they read."""

    def __init__(self, world: World, context: StageContext) -> None:
        self.world, self.context = world, context
        self.intake = LaneIntake.of(context)

    def read(self, order_id: int) -> Reading:
        read_at = self.context.ledger.now()
        order = translate_order(self.context.store.get_order(order_id), self.world.lane.store.zone())
        new = self.intake.new_order(order)  # type: ignore[arg-type]
        assert isinstance(new, NewOrder)
        return Reading(new, read_at)

    def write(self, connection: Connection, reading: Reading) -> None:
        """Write a page with this order, as the reader of its status does."""
        where = (connection, self.context.store_row, self.world.lane.name, BY)
        if reading.new.order.status_id == NEW:
            seen_again = OrderBook(*where).record([reading.new], reading.read_at).seen_again
        else:
            reason = not_ours(str(reading.new.order.status_id), processed=False)
            book = OtherStatusBook(*where, self.context.statuses)
            order = OrderInOtherStatus(reading.new, reason)
            seen_again = book.record([order], reading.read_at).seen_again
        watch_sent_orders(self.context, connection, seen_again)

    def write_both(self, readings: Sequence[Reading]) -> None:
        for reading in readings:
            with self.world.ledger.begin() as connection:
                self.write(connection, reading)

    def write_overlapping(self, first: Reading, second: Reading) -> None:
        """Write the second while the transaction of the first is open and holds its locks."""
        with ThreadPoolExecutor(1) as pool:
            with self.world.ledger.begin() as connection:
                self.write(connection, first)
                waiting: Future[None] = pool.submit(self.write_both, [second])
                self._until_it_waits(waiting)
            waiting.result()

    def _until_it_waits(self, waiting: Future[None]) -> None:
        """Return once the other writer waits for a lock, or has nothing to wait for."""
        query = (
            "SELECT count(*) AS n FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        while not waiting.done() and self.world.rows(query)[0].n == 0:
            pass

    def both_orders(self, earlier: Reading, later: Reading, *, newer_first: bool) -> tuple[Reading, Reading]:
        return (later, earlier) if newer_first else (earlier, later)


@pytest.fixture
def readers(world: World) -> Iterator[Readers]:
    with _context(world) as context:
        yield Readers(world, context)


@contextmanager
def _context(world: World) -> Iterator[StageContext]:
    context = world.context("import_orders")
    try:
        yield context
    finally:
        context.close()


def city(world: World) -> tuple[str, datetime]:
    [row] = world.rows(
        "SELECT f.ship_to ->> 'city' AS city, s.read_at FROM fulfillment_order f"
        " JOIN sales_order s ON s.id = f.sales_order_id"
    )
    return row.city, row.read_at


def two_addresses(world: World, readers: Readers) -> tuple[Reading, Reading]:
    """An order whose address was edited between the two readings."""
    [order_id] = world.place()
    world.go("import_orders")
    world.amend(order_id, shipment={"ShipmentCity": "Formerly"})
    earlier = readers.read(order_id)
    world.amend(order_id, shipment={"ShipmentCity": "Nowadays"})
    return earlier, readers.read(order_id)


@BOTH_ORDERS
def test_an_older_page_never_replaces_an_edited_address(
    world: World, readers: Readers, *, newer_first: bool
) -> None:
    earlier, later = two_addresses(world, readers)
    readers.write_both(readers.both_orders(earlier, later, newer_first=newer_first))
    assert city(world) == ("Nowadays", later.read_at)


@BOTH_ORDERS
def test_of_two_readers_that_write_at_once_the_later_reading_stands(
    world: World, readers: Readers, *, newer_first: bool
) -> None:
    earlier, later = two_addresses(world, readers)
    readers.write_overlapping(*readers.both_orders(earlier, later, newer_first=newer_first))
    assert city(world) == ("Nowadays", later.read_at)


def test_a_copy_that_was_changed_back_replaces_what_another_reader_wrote_meanwhile(
    world: World, readers: Readers
) -> None:
    [order_id] = world.place()
    world.amend(order_id, shipment={"ShipmentCity": "Nowadays"})
    world.go("import_orders")
    world.amend(order_id, shipment={"ShipmentCity": "In between"})
    earlier = readers.read(order_id)
    world.amend(order_id, shipment={"ShipmentCity": "Nowadays"})
    later = readers.read(order_id)
    readers.write_overlapping(earlier, later)
    assert city(world) == ("Nowadays", later.read_at)


@BOTH_ORDERS
@pytest.mark.parametrize("overlapping", [True, False])
def test_an_older_page_in_another_status_does_not_withdraw_an_order_that_is_back(
    world: World, readers: Readers, *, newer_first: bool, overlapping: bool
) -> None:
    [order_id] = world.place()
    world.go(*ORDERS_STAGES[:2])
    world.shop.store.edit(order_id, OrderStatusID=HOLD)
    earlier = readers.read(order_id)
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    later = readers.read(order_id)
    order = readers.both_orders(earlier, later, newer_first=newer_first)
    if overlapping:
        readers.write_overlapping(*order)
    else:
        readers.write_both(order)
    assert world.state_of(order_id) == (["ready"] if newer_first else ["imported"])
    [row] = world.rows("SELECT status_id, read_at FROM sales_order")
    assert (row.status_id, row.read_at) == (NEW, later.read_at)


@BOTH_ORDERS
@pytest.mark.parametrize("overlapping", [True, False])
def test_an_older_page_does_not_replace_the_kept_copy_of_a_sent_order(
    world: World, readers: Readers, *, newer_first: bool, overlapping: bool
) -> None:
    [order_id] = world.place()
    world.go(*ORDERS_STAGES)
    world.amend(order_id, shipment={"ShipmentCity": "Formerly"})
    earlier = readers.read(order_id)
    world.amend(order_id, shipment={"ShipmentCity": "Nowadays"})
    later = readers.read(order_id)
    order = readers.both_orders(earlier, later, newer_first=newer_first)
    if overlapping:
        readers.write_overlapping(*order)
    else:
        readers.write_both(order)
    [row] = world.rows(
        "SELECT document -> 'groups' -> 0 -> 'ship_to' ->> 'city' AS city, read_at FROM sales_order"
    )
    assert (row.city, row.read_at) == ("Nowadays", later.read_at)


def test_two_whole_imports_at_once_end_with_the_copy_that_the_store_has(world: World) -> None:
    [order_id] = world.place()
    world.go("import_orders")
    world.amend(order_id, shipment={"ShipmentCity": "Nowadays"})
    at_once(lambda: world.go("import_orders"), lambda: world.go("import_orders"))
    assert city(world)[0] == "Nowadays"

"""Cutover: no order of the old system is sent twice, adopted orders are followed to Shipped, kept ones left alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cartage.cutover.execute import execute_cutover
from cartage.cutover.file import cutover_row, cutover_to_csv, read_cutover_file
from cartage.cutover.plan import plan_cutover
from cartage.cutover.survey import survey_cutover
from cartage.errors import SettingsError, TransitionRefused
from cartage.lifecycle.transitions import By
from tests.contract.conftest import MakeWorld
from tests.contract.cutover import old_system
from tests.contract.runtime.test_modes import set_mode, writes
from tests.contract.warehouses.damaged import damaged_order, no_list_of_lines
from tests.contract.world import (
    CANCEL,
    HOLD,
    NEW,
    ORDERS_STAGES,
    PARTIAL,
    PROCESSING,
    SHIPMENT_STAGES,
    SHIPPED,
    World,
)

Rows = dict[int, dict[str, str]]
Decide = Callable[[dict[str, str]], str]


def listing(world: World, *statuses: int) -> Rows:
    """Return the list as the owner gets it, by OrderID; of several ship groups the last."""
    context = world.context("cutover")
    try:
        found = survey_cutover(context, statuses)
        return {
            candidate.order.order_id: cutover_row(candidate, context.statuses.name(candidate.order.status_id))
            for candidate in found.listed
        }
    finally:
        context.close()


def apply(world: World, rows: Rows, **decisions: str) -> dict[str, int]:
    """Carry out the list."""
    context = world.context("cutover")
    try:
        choices = read_cutover_file(cutover_to_csv(rows.values()).encode(), "list.csv")
        planned = plan_cutover(context, choices, "list.csv")
        execute_cutover(context, planned, By("Ann", context.run.id))
        return planned.counts
    finally:
        context.close()


def decided(rows: Rows) -> dict[int, str]:
    return {order_id: row["decision"] for order_id, row in rows.items()}


def decide(rows: Rows, order_id: int, decision: str) -> Rows:
    return {**rows, order_id: {**rows[order_id], "decision": decision}}


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane in shadow that went live today; its orders are older."""
    return make_world(mode="shadow", store={"go_live": datetime.now(UTC).date() + timedelta(days=2)})


def test_a_store_with_orders_that_the_old_system_sent_is_cut_over_without_sending_any_twice(
    world: World,
) -> None:
    ids = world.place("single", 12)
    adopted, kept, shipped, new = ids[:4], ids[4:6], ids[6:8], ids[8:]
    old_references = old_system.sends(world, [*adopted, *kept, *shipped])
    numbers = old_system.ships(world, shipped)
    world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    rows = listing(world)
    assert decided(rows) == {**dict.fromkeys(ids[:8], "adopt"), **dict.fromkeys(new, "import")}
    for order_id in kept:
        rows = decide(rows, order_id, "keep")
    assert apply(world, rows) == {"kept": 2, "adopted": 6, "imported": 4, "done_already": 0}
    assert writes(world) == []

    set_mode(world, "live")
    for _ in range(2):
        world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    late = world.place("multi_line")
    world.go(*ORDERS_STAGES)
    numbers |= old_system.ships(world, adopted)
    numbers |= {order_id: world.ship(order_id) for order_id in [*new, *late]}
    for _ in range(2):
        world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)

    made = world.references()
    ours = {world.reference_of(order_id) for order_id in [*new, *late]}
    assert made == dict.fromkeys([*old_references, *ours], 1)
    assert {order_id: world.tracking(order_id).split(", ") for order_id in numbers} == numbers
    assert {world.store_status(order_id) for order_id in numbers} == {SHIPPED}
    for order_id in kept:
        assert world.state_of(order_id) == ["skipped"]
        assert world.store_status(order_id) == NEW
        assert world.statuses_written(order_id) == {}


def test_an_order_of_the_old_system_that_cannot_be_read_is_not_imported_and_stops_no_other(
    world: World,
) -> None:
    odd, sound = world.place("single", 2)
    reference, _ = old_system.sends(world, [odd, sound])
    [at_warehouse] = world.shop.warehouse.floor.named([reference])
    with damaged_order(at_warehouse, no_list_of_lines):
        rows = listing(world)
        assert decided(rows) == {odd: "keep", sound: "adopt"}
        with pytest.raises(SettingsError, match="importing it may ship it twice"):
            apply(world, decide(rows, odd, "import"))
    assert decided(listing(world)) == {odd: "adopt", sound: "adopt"}


def test_a_kept_order_stays_kept_whatever_status_it_gets(world: World) -> None:
    [order_id] = world.place("single")
    old_system.sends(world, [order_id])
    apply(world, decide(listing(world), order_id, "keep"))
    set_mode(world, "live")
    for status in (HOLD, NEW):
        world.shop.store.edit(order_id, OrderStatusID=status, CustomerComments=f"now {status}")
        world.go(*ORDERS_STAGES)
    [row] = world.rows("SELECT state, reason FROM fulfillment_order")
    assert (row.state, row.reason) == ("skipped", "left to the old system")
    assert len(world.references()) == 1


def test_after_the_cutover_the_go_live_date_does_not_count(world: World) -> None:
    listed, placed_later = world.place("single", 2)
    world.shop.store.edit(placed_later, OrderStatusID=HOLD)
    apply(world, listing(world))
    set_mode(world, "live")
    world.shop.store.edit(placed_later, OrderStatusID=NEW)
    world.go(*ORDERS_STAGES)
    assert [world.state_of(order) for order in (listed, placed_later)] == [["acknowledged"], ["acknowledged"]]


def test_applying_twice_changes_nothing_and_a_second_cutover_adds(world: World) -> None:
    first, second, third = world.place("single", 3)
    world.shop.store.edit(third, OrderStatusID=HOLD)
    old_system.sends(world, [first, second])
    rows = decide(listing(world), first, "keep")
    apply(world, rows)
    before = world.rows("SELECT count(*) AS n FROM event"), world.rows("SELECT cutover_at FROM lane_state")
    assert apply(world, rows) == {"kept": 0, "adopted": 0, "imported": 0, "done_already": 2}
    after = world.rows("SELECT count(*) AS n FROM event"), world.rows("SELECT cutover_at FROM lane_state")
    assert after == before
    world.shop.store.edit(third, OrderStatusID=NEW)
    old_system.sends(world, [third])
    rows = listing(world)
    assert decided(rows) == {third: "adopt"}
    assert apply(world, rows)["adopted"] == 1
    assert world.rows("SELECT cutover_at FROM lane_state") == before[1]


def test_orders_in_processing_are_adopted_with_their_tracking(world: World) -> None:
    at_warehouse, elsewhere, partly = world.place("single", 3)
    old_system.sends(world, [at_warehouse, partly])
    for order_id, status in ((at_warehouse, PROCESSING), (elsewhere, PROCESSING), (partly, PARTIAL)):
        world.shop.store.edit(order_id, OrderStatusID=status)
    assert listing(world) == {}
    rows = listing(world, PROCESSING, PARTIAL)
    assert decided(rows) == {at_warehouse: "adopt", partly: "adopt"}
    apply(world, rows)
    posted = world.rows(
        "SELECT order_id, posted_status FROM sales_order WHERE posted_status IS NOT NULL ORDER BY 1"
    )
    assert [tuple(row) for row in posted] == [(at_warehouse, PROCESSING), (partly, PARTIAL)]
    set_mode(world, "live")
    numbers = old_system.ships(world, [at_warehouse, partly])
    world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    for order_id in numbers:
        assert (world.store_status(order_id), world.tracking(order_id)) == (SHIPPED, numbers[order_id][0])
        assert world.statuses_written(order_id) == {str(SHIPPED): 1}


@pytest.mark.parametrize("mode", ["renamed", "cancelled", "kept"])
def test_an_adopted_order_that_is_split_has_shipped_only_with_its_last_part(world: World, mode: str) -> None:
    world.shop.warehouse.rules.update({"split_original": mode})
    order_id, other = world.place("multi_line", 2)
    old_system.sends(world, [order_id, other])
    apply(world, listing(world))
    set_mode(world, "live")
    floor = world.shop.warehouse.floor
    first, *others = floor.split(floor.named([old_system.invoice_of(world, order_id)])[0])
    assert others
    floor.ship([first])
    world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert (world.state_of(order_id), world.state_of(other)) == (["partially_shipped"], ["acknowledged"])
    floor.ship(others)
    world.go(*SHIPMENT_STAGES)
    assert (world.state_of(order_id), world.state_of(other)) == (["shipped"], ["acknowledged"])
    assert world.store_status(order_id) == SHIPPED


def test_an_adopted_order_that_was_split_and_partly_shipped_before_has_all_its_tracking(world: World) -> None:
    [order_id] = world.place("multi_line")
    old_system.sends(world, [order_id])
    floor = world.shop.warehouse.floor
    first, *others = floor.split(floor.named([old_system.invoice_of(world, order_id)])[0])
    floor.ship([first])
    apply(world, listing(world))
    set_mode(world, "live")
    floor.ship(others)
    world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    numbers = {package.tracking_number for part in (first, *others) for package in part.packages}
    assert set(world.tracking(order_id).split(", ")) == numbers


def test_an_adopted_order_is_found_by_its_number_when_the_warehouse_changes_its_reference(
    world: World,
) -> None:
    [order_id] = world.place("single")
    old_system.sends(world, [order_id])
    apply(world, listing(world))
    set_mode(world, "live")
    floor, book = world.shop.warehouse.floor, world.shop.warehouse.state.book
    [there] = floor.named([old_system.invoice_of(world, order_id)])
    floor.ship([there])
    book.rename(there, "RUSH 7")
    counts = world.go("poll_tracking")["poll_tracking"]
    assert counts["unmatched"] == 0
    assert world.state_of(order_id) == ["shipped"]


def test_an_adopted_order_that_the_warehouse_cancels_is_cancelled(world: World) -> None:
    order_id, other = world.place("single", 2)
    old_system.sends(world, [order_id, other])
    apply(world, listing(world))
    set_mode(world, "live")
    [there] = world.shop.warehouse.floor.named([old_system.invoice_of(world, order_id)])
    world.shop.warehouse.desk.cancel(there, there.etag, {"reason": "out of stock"})
    assert world.go("poll_tracking")["poll_tracking"]["cancelled"] == 1
    assert (world.state_of(order_id), world.state_of(other)) == (["cancelled"], ["acknowledged"])


def test_ambiguous_orders_are_suggested_to_be_kept(world: World) -> None:
    [cancelled] = world.place("single")
    [several] = world.place("multi_ship_to")
    old_system.sends(world, [cancelled, several])
    [there] = world.shop.warehouse.floor.named([old_system.invoice_of(world, cancelled)])
    world.shop.warehouse.desk.cancel(there, there.etag, {"reason": "out of stock"})
    rows = listing(world)
    assert decided(rows) == {cancelled: "keep", several: "keep"}
    assert "cancelled" in rows[cancelled]["why"]
    assert "one order for several of the store's" in rows[several]["why"]


def test_a_list_that_no_longer_matches_is_refused_as_a_whole_with_every_row(world: World) -> None:
    sent_since, gone, renumbered, fine = world.place("single", 4)
    old_system.sends(world, [gone, renumbered, fine])
    rows = listing(world)
    rows[renumbered]["warehouse_id"] = "999"
    old_system.sends(world, [sent_since])
    world.shop.store.edit(gone, OrderStatusID=CANCEL)
    [late] = world.place("multi_line")
    old_system.sends(world, [late])
    with pytest.raises(SettingsError) as caught:
        apply(world, rows)
    text = str(caught.value)
    assert "4 mistakes" in text
    for order_id, words in (
        (sent_since, "ship it twice"),
        (gone, "left the listed statuses"),
        (renumbered, "the list says 999"),
        (late, "not in the list"),
    ):
        assert any(f"order {order_id}" in line and words in line for line in text.splitlines())
    assert world.rows("SELECT FROM sales_order WHERE left_at IS NOT NULL") == []
    assert world.rows("SELECT FROM fulfillment_order WHERE adopted_as IS NOT NULL") == []
    assert world.rows("SELECT cutover_at FROM lane_state")[0].cutover_at is None


def test_a_kept_order_that_has_left_its_status_is_recorded_too(world: World) -> None:
    [order_id] = world.place("single")
    old_system.sends(world, [order_id])
    rows = decide(listing(world), order_id, "keep")
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    assert apply(world, rows)["kept"] == 1
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    set_mode(world, "live")
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["skipped"]


def test_an_order_that_is_sent_while_the_list_is_applied_refuses_the_whole_list(world: World) -> None:
    first, second = world.place("single", 2)
    world.settings["store"]["go_live"] = datetime.now(UTC).date() - timedelta(days=2)
    world.go(*ORDERS_STAGES)
    old_system.sends(world, [first, second])
    rows = listing(world)
    context = world.context("cutover")
    planned = plan_cutover(
        context, read_cutover_file(cutover_to_csv(rows.values()).encode(), "list.csv"), "list.csv"
    )
    world.execute(
        "UPDATE fulfillment_order SET state = 'sending', lease_owner = 'other',"
        " lease_until = clock_timestamp() + interval '1 min' WHERE order_id = :order_id",
        order_id=second,
    )
    with pytest.raises(TransitionRefused):
        execute_cutover(context, planned, By("Ann", "run"))
    context.close()
    assert (world.state_of(first), world.state_of(second)) == (["ready"], ["sending"])


def test_hundreds_of_orders_need_few_calls(world: World) -> None:
    ids = world.place("single", 120)
    old_system.sends(world, ids[:60])
    before = len(world.shop.warehouse.journal.entries("request"))
    assert list(decided(listing(world)).values()).count("adopt") == 60
    assert len(world.shop.warehouse.journal.entries("request")) - before <= 1 + 120 / 15


def test_the_timeline_names_the_person(world: World) -> None:
    first, second = world.place("single", 2)
    old_system.sends(world, [first, second])
    apply(world, decide(listing(world), first, "keep"))
    events = world.rows("SELECT actor, why FROM event ORDER BY id")
    assert {row.actor for row in events} == {"Ann"}
    assert {f"adopted as {old_system.invoice_of(world, second)}"} <= {row.why for row in events}


def test_no_text_of_the_store_becomes_a_formula(world: World) -> None:
    [order_id] = world.place("single")
    world.amend(order_id, shipment={"ShipmentCity": "=HYPERLINK(1)", "ShipmentZipCode": ""})
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(cutover_to_csv(listing(world).values()))))
    assert rows[0]["ship_to"] == "'=HYPERLINK(1)"

"""Import: exactly the orders of the window or of the import status, each once and none lost."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cartage.dispatch import stage
from cartage.errors import AuthFailed, CartageError
from cartage.intake import order_book
from cartage.intake.coverage.repo import coverage_summary
from cartage.intake.repo.orders import lock_older_copies
from cartage.model.skip_reasons import BEFORE_GO_LIVE
from cartage.runtime.run import Window
from cartage_sandbox.generate import CARD_MARKS
from cartage_sandbox.generate.money import dicts
from tests.contract.conftest import MakeWorld
from tests.contract.world import CANCEL, NEW, ORDERS_STAGES, World, at_once

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NOON_HOUR = Window(NOON, NOON + HOUR)
CUSTOM = 8


def known(world: World) -> set[int]:
    return {row.order_id for row in world.rows("SELECT order_id FROM sales_order")}


def covered(world: World) -> bool:
    with world.ledger.begin() as connection:
        summary = coverage_summary(connection, world.lane.name, NOON, NOON + HOUR)
    return summary.covered == ((NOON, NOON + HOUR),)


def events(world: World) -> int:
    count: int = world.rows("SELECT count(*) AS n FROM event")[0].n
    return count


def test_a_window_imports_exactly_the_orders_placed_or_changed_in_it_also_when_run_twice(
    world: World,
) -> None:
    inside = {
        world.place_at(NOON),
        world.place_at(NOON + HOUR - SECOND),
        world.place_at(NOON - 700 * HOUR, updated=NOON + HOUR / 2),
        world.place_at(NOON + HOUR / 2, updated=NOON + 700 * HOUR),
    }
    for outside in (NOON - SECOND, NOON + HOUR, NOON - 24 * HOUR, NOON + 24 * HOUR):
        world.place_at(outside)
    first = world.go("import_orders", window=NOON_HOUR, sweep=False)["import_orders"]
    assert known(world) == inside
    before = events(world)
    second = world.go("import_orders", window=NOON_HOUR, sweep=False)["import_orders"]
    assert known(world) == inside
    assert (first["imported"], second["imported"], events(world)) == (4, 0, before)


@pytest.mark.parametrize("granularity", ["day", "time"])
def test_a_window_in_the_hour_that_comes_twice_imports_both_readings(
    make_world: MakeWorld, granularity: str
) -> None:
    world = make_world(store_rules={"lastupdate_granularity": granularity})
    half_past_one = datetime(2025, 11, 2, 5, 30, tzinfo=UTC)  # and 06:30, in New York
    order_id = world.place_at(half_past_one)
    for hour in (5, 6):
        start = datetime(2025, 11, 2, hour, tzinfo=UTC)
        world.go("import_orders", window=Window(start, start + HOUR), sweep=False)
    assert known(world) == {order_id}
    assert world.states() == {"imported": 1}


def test_a_sweep_imports_an_old_low_id_that_became_eligible_late(world: World) -> None:
    late = world.place_at(NOON - 700 * HOUR, OrderID=17, OrderStatusID=11)
    early = world.place_at(NOON, OrderID=50_000)
    world.go("import_orders")
    assert known(world) == {early}
    world.shop.store.edit(late, OrderStatusID=NEW, LastUpdate="2025-01-01T00:00:00")
    world.go("import_orders")
    assert known(world) == {early, late}


def test_abandoned_carts_and_unpaid_orders_are_never_imported(world: World) -> None:
    [good] = world.place("single")
    world.place("cart", 3)
    unpaid = world.place("unpaid", 3)
    now = datetime.now(UTC)
    world.go("import_orders")
    world.go("import_orders", window=Window(now - 24 * HOUR, now + HOUR), sweep=False)
    assert known(world) == {good, *unpaid}
    assert world.states() == {"imported": 1, "skipped": 3}


def test_an_entry_that_is_not_an_order_is_recorded_with_its_cause_and_the_others_are_imported(
    world: World,
) -> None:
    good = world.place("single", 2)
    world.place("no_object", 3)
    [null_lines] = world.place("null_items")
    counts = world.go("import_orders")["import_orders"]
    assert known(world) == {*good, null_lines}
    assert counts["unreadable"] == 3
    world.go("validate_mappings")
    assert world.state_of(null_lines) == ["blocked"]
    assert [world.state_of(order) for order in good] == [["ready"], ["ready"]]
    assert "unreadable_order" in world.causes()


def test_an_unreadable_entry_that_is_read_again_is_recorded_once(world: World) -> None:
    world.place("no_object", 3)
    world.go("import_orders")
    entries = world.rows("SELECT content_hash, run_id FROM unreadable_order ORDER BY id")
    world.go("import_orders")
    assert world.rows("SELECT content_hash, run_id FROM unreadable_order ORDER BY id") == entries


def test_a_changed_unsent_order_replaces_its_copy_and_is_validated_again(world: World) -> None:
    [order_id] = world.place("single")
    world.go("import_orders", "validate_mappings")
    world.amend(order_id, shipment={"ShipmentCity": "Elsewhere"}, line={"ItemQuantity": 7.0})
    counts = world.go("import_orders")["import_orders"]
    assert counts["changed"] == 1
    assert world.state_of(order_id) == ["imported"]
    world.go("validate_mappings")
    [row] = world.rows("SELECT state, request FROM fulfillment_order")
    assert row.state == "ready"
    assert row.request["ship_to"]["city"] == "Elsewhere"
    assert Decimal(row.request["lines"][0]["quantity"]) == 7


def test_an_order_that_lost_a_line_ships_without_it(world: World) -> None:
    [order_id] = world.place("multi_line")
    world.go("import_orders")
    lines = world.shop.store.order(order_id)["OrderItemList"]
    world.shop.store.edit(order_id, OrderItemList=lines[:1])
    world.go(*ORDERS_STAGES)
    [order] = list(world.shop.warehouse.state.book)
    assert [line.item.sku for line in order.lines] == [lines[0]["ItemID"]]


def test_an_unchanged_order_costs_no_event(world: World) -> None:
    world.place("single", 3)
    world.go(*ORDERS_STAGES[:2])
    before = events(world)
    counts = world.go(*ORDERS_STAGES[:2])["import_orders"]
    assert (counts["unchanged"], events(world)) == (3, before)


def test_an_order_changed_after_it_was_sent_stays_unchanged_and_the_change_is_noted(world: World) -> None:
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES[:4])
    sent = world.rows("SELECT request, ship_to, state FROM fulfillment_order")
    world.amend(order_id, shipment={"ShipmentCity": "Elsewhere"})
    world.go("import_orders")
    world.go("import_orders")
    assert world.rows("SELECT request, ship_to, state FROM fulfillment_order") == sent
    assert len(world.rows("SELECT FROM event WHERE kind = 'changed_after_transfer'")) == 1


def test_a_window_is_covered_only_after_its_last_page(make_world: MakeWorld) -> None:
    world = make_world(store_rules={"orders_page_max": 10})
    inside = {world.place_at(NOON + number * SECOND) for number in range(25)}
    world.store_fault("GET .*/Orders", "status", nth=2, status=401)
    with pytest.raises(AuthFailed):
        world.go("import_orders", window=NOON_HOUR, sweep=False)
    assert 0 < len(known(world)) < 25
    assert not covered(world)
    world.go("import_orders", window=NOON_HOUR, sweep=False)
    assert known(world) == inside
    assert covered(world)


def test_a_sweep_that_fails_is_due_again_and_covers_nothing(make_world: MakeWorld) -> None:
    world = make_world(store_rules={"orders_page_max": 10})
    for number in range(15):
        world.place_at(NOON + number * SECOND)
    world.store_fault("GET .*/Orders", "status", nth=2, status=401)
    with pytest.raises(AuthFailed):
        world.go("import_orders", window=NOON_HOUR)
    assert not covered(world)
    assert world.rows("SELECT swept_at FROM lane_state")[0].swept_at is None
    world.go("import_orders", window=NOON_HOUR)
    assert covered(world)
    assert len(known(world)) == 15


def test_a_run_that_is_asked_to_stop_leaves_the_window_uncovered(world: World) -> None:
    world.place_at(NOON)
    context = world.context("import_orders", window=NOON_HOUR, sweep=False)
    context.stop.set()
    with pytest.raises(CartageError, match="stays uncovered"):
        stage("import_orders")(context)
    context.close()
    assert not covered(world)
    assert known(world) == set()


def test_a_run_with_neither_window_nor_sweep_fails_with_that_reason(world: World) -> None:
    with pytest.raises(CartageError, match="no window"):
        world.go("import_orders", sweep=False)


def test_two_runs_on_the_same_page_import_each_order_once(world: World) -> None:
    inside = {world.place_at(NOON + number * SECOND, OrderID=900 + number) for number in range(40)}
    contexts = [world.context("import_orders", window=NOON_HOUR, sweep=False) for _ in range(4)]
    _ = contexts[0].store_row
    counts = at_once(*[lambda context=context: stage("import_orders")(context) for context in contexts])
    assert known(world) == inside
    assert world.states() == {"imported": 40}
    assert sum(count["imported"] for count in counts) == 40
    assert events(world) == 40


def test_an_order_placed_before_go_live_is_skipped_with_its_reason(make_world: MakeWorld) -> None:
    world = make_world(store={"go_live": date(2025, 3, 3)})
    midnight = datetime(2025, 3, 3, 5, tzinfo=UTC)  # in the store's time zone
    old, first = world.place_at(midnight - SECOND), world.place_at(midnight)
    counts = world.go(*ORDERS_STAGES)["import_orders"]
    assert (counts["imported"], counts["skipped"]) == (1, 1)
    assert world.state_of(old) == ["skipped"]
    assert (
        world.rows("SELECT reason FROM fulfillment_order WHERE order_id = :id", id=old)[0].reason
        == BEFORE_GO_LIVE
    )
    assert world.state_of(first) == ["acknowledged"]
    assert len(world.references()) == 1


def test_an_order_known_in_another_lane_is_a_conflict_and_never_shipped_twice(world: World) -> None:
    other = world.lane_on_store(name="second", store={"import_status": CUSTOM})
    waiting, sent = world.place("single", 2)
    world.go(*ORDERS_STAGES[:2])
    world.execute(
        "UPDATE fulfillment_order SET state = 'acknowledged', remote_id = '1' WHERE order_id = :id", id=sent
    )
    for order_id in (waiting, sent):
        world.shop.store.edit(order_id, OrderStatusID=CUSTOM)
    assert other.go(*ORDERS_STAGES)["import_orders"]["conflicts"] == 2
    assert world.state_of(waiting) == ["conflict"]
    assert world.state_of(sent) == ["acknowledged"]
    assert world.references() == {}
    assert {row.lane for row in world.rows("SELECT lane FROM fulfillment_order")} == {"demo"}


def test_every_ship_to_becomes_a_fulfillment_order_of_its_own(world: World) -> None:
    [order_id] = world.place("multi_ship_to")
    order = world.shop.store.order(order_id)
    world.go("import_orders")
    rows = world.rows(
        "SELECT f.shipment_id, array_agg(l.sku ORDER BY l.position) AS skus FROM fulfillment_order f"
        " JOIN fulfillment_line l ON l.fulfillment_order_id = f.id GROUP BY f.id ORDER BY f.shipment_id"
    )
    assert {row.shipment_id: row.skus for row in rows} == {
        shipment["ShipmentID"]: [
            line["ItemID"]
            for line in order["OrderItemList"]
            if line["ItemShipmentID"] == shipment["ShipmentID"]
        ]
        for shipment in order["ShipmentList"]
    }


def test_two_runs_that_add_the_same_new_ship_to_add_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the order before either adds to it; the second waits, and then sees what the first added."""
    ids = world.place("multi_ship_to", 3)
    whole = {order_id: world.shop.store.order(order_id) for order_id in ids}
    for order_id, order in whole.items():
        first = order["ShipmentList"][0]["ShipmentID"]
        lines = [line for line in order["OrderItemList"] if line["ItemShipmentID"] == first]
        world.shop.store.edit(order_id, ShipmentList=order["ShipmentList"][:1], OrderItemList=lines)
    world.go("import_orders")
    assert world.states() == {"imported": 3}
    for order_id, order in whole.items():
        world.shop.store.edit(
            order_id, ShipmentList=order["ShipmentList"], OrderItemList=order["OrderItemList"]
        )
    both_have_read, waited = threading.Barrier(2, timeout=60), set[int]()

    def lock_when_both_have_read(*arguments: Any) -> Any:
        if threading.get_ident() not in waited:
            waited.add(threading.get_ident())
            both_have_read.wait()
        return lock_older_copies(*arguments)

    monkeypatch.setattr(order_book, "lock_older_copies", lock_when_both_have_read)
    world.forget_sweep()
    window = Window(datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(hours=1))
    contexts = [world.context("import_orders", window=window, sweep=False) for _ in range(2)]
    at_once(*[lambda context=context: stage("import_orders")(context) for context in contexts])
    assert len(waited) == 2
    groups = world.rows("SELECT order_id, shipment_id FROM fulfillment_order")
    assert sorted(map(tuple, groups)) == sorted(
        (order_id, shipment["ShipmentID"])
        for order_id, order in whole.items()
        for shipment in order["ShipmentList"]
    )
    imported = world.rows("SELECT fulfillment_order_id FROM event WHERE kind = 'imported'")
    assert len(imported) == len(set(imported)) == len(groups)


@pytest.mark.parametrize("setting", ["components", "parent"])
def test_a_bundle_ships_as_the_lane_says_and_never_as_both(make_world: MakeWorld, setting: str) -> None:
    world = make_world(store={"bundles": setting})
    [order_id] = world.place("bundle")
    lines = dicts(world.shop.store.order(order_id)["OrderItemList"])
    parents = {str(line["ItemIndexID"]) for line in lines} & {
        str(line["ItemAdditionalField3"]) for line in lines
    }
    children = [line["ItemID"] for line in lines if str(line["ItemAdditionalField3"]) in parents]
    whole = [line["ItemID"] for line in lines if str(line["ItemIndexID"]) in parents]
    world.go("import_orders")
    shipped = {row.sku for row in world.rows("SELECT sku FROM fulfillment_line")}
    assert parents
    assert children
    assert shipped >= set(whole if setting == "parent" else children)
    assert not shipped & set(children if setting == "parent" else whole)


def test_an_order_that_a_person_cancelled_is_not_imported(world: World) -> None:
    [order_id] = world.place("single")
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    now = datetime.now(UTC)
    world.go("import_orders", window=Window(now - 24 * HOUR, now + HOUR))
    assert world.state_of(order_id) == ["skipped"]


def test_a_reference_is_made_once_of_the_store_s_code_and_the_order(world: World) -> None:
    order_id = world.place_at(NOON)
    world.go("import_orders")
    [code] = [row.code for row in world.rows("SELECT code FROM store")]
    assert world.reference_of(order_id) == f"{code}_{order_id}_0"
    world.shop.store.edit(order_id, InvoiceNumber=77, InvoiceNumberPrefix="NEW-")
    world.go("import_orders")
    assert world.reference_of(order_id) == f"{code}_{order_id}_0"


def test_no_card_data_reaches_the_ledger(world: World) -> None:
    world.place("single", 3)
    world.place("null_items", 1)
    world.go(*ORDERS_STAGES)
    tables = (
        "sales_order",
        "fulfillment_order",
        "fulfillment_line",
        "transfer",
        "event",
        "cause",
        "post_back",
    )
    kept = " ".join(str(row) for table in tables for row in world.rows(f"SELECT t::text FROM {table} t"))
    assert "ups" in kept.casefold()
    assert [mark for mark in CARD_MARKS if mark in kept] == []


@pytest.mark.parametrize("kind", ["unmapped_method", "missing_address"])
def test_a_blocked_order_that_left_the_import_status_is_withdrawn_and_its_cause_closes(
    world: World, kind: str
) -> None:
    [order_id] = world.place(kind)
    world.go(*ORDERS_STAGES)
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    world.read_long_ago()
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["skipped"]
    assert world.causes() == {}

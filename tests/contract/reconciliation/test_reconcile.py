"""Reconciliation of a lane over real HTTP: empty on a clean lane, and exact about what differs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cartage.errors import SettingsError
from cartage.model.differences.kinds import STORE, DifferenceKind
from cartage.reconciliation.look_again import look_again
from cartage.reconciliation.repo import differences as repo
from cartage_sandbox.generate.kinds import MAKERS
from tests.contract.conftest import MakeFileWorld, MakeWorld
from tests.contract.inventory.stocked import NO_BREAKER, goods, push
from tests.contract.reconciliation.reconciled import AT_ONCE, BY, busy, compare, names, only
from tests.contract.reconciliation.seeds import SEEDS, remote
from tests.contract.world import ORDERS_STAGES, PROCESSING, SHIPMENT_STAGES, SHIPPED

# They run stages, which would see the other seeds.
FIRST = ("acknowledged_in_the_ledger_alone", "shipped_in_the_ledger_and_never_posted")


def test_it_finds_each_seeded_difference_and_nothing_else(make_world: MakeWorld) -> None:
    world = make_world(reconciliation=AT_ONCE, inventory={"breaker": NO_BREAKER})
    needs = [seed.needs for seed in SEEDS]
    assert len(SEEDS) >= 30
    sent, shipped = busy(world, needs.count("sent") + 10, needs.count("shipped") + 5)
    assert set(world.states()) == {"acknowledged", "shipped"}
    stock = goods(world, {"POT": 12, "PAN": 7, "LID": 5}, in_store=1)
    push(world)
    assert names(compare(world)) == set()

    wanted = set()
    pools = {"sent": iter(sent), "shipped": iter(shipped)}
    for seed in sorted(SEEDS, key=lambda seed: seed.name not in FIRST):
        order_id = next(pools[seed.needs]) if seed.needs in pools else 0
        wanted.add((seed.side, seed.kind.value, seed.sow(world, order_id)))
    # The orders that were placed since, and those of the seeds, count in the stock as well.
    push(world)
    with world.shop.store.state.lock:
        world.shop.store.state.goods.add_stock(stock["POT"], "", 87)
    world.execute("UPDATE stock_level SET available = 3 WHERE sku = 'PAN'")
    wanted |= {(STORE, "stock", f"{sku} ({stock[sku]})") for sku in ("POT", "PAN")}
    assert len(wanted) == len(SEEDS) + 2
    assert {kind for _, kind, _ in wanted} == {kind.value for kind in DifferenceKind}
    found = names(compare(world))
    assert (found - wanted, wanted - found) == (set(), set())


def test_orders_in_every_state_of_a_sound_lane_do_not_differ(make_world: MakeWorld) -> None:
    world = make_world(reconciliation=AT_ONCE)
    now = datetime.now(UTC)
    world.shop.fill(3 * len(MAKERS), start=now - timedelta(days=3), end=now, mix=dict.fromkeys(MAKERS, 1.0))
    split, partly = world.place("multi_line", 2)
    world.go(*ORDERS_STAGES)
    floor = world.shop.warehouse.floor
    for order_id in (split, partly):
        parts = floor.split(remote(world, order_id))
        assert len(parts) == 2
        floor.ship(parts if order_id == split else parts[:1])
    several = world.place("single", 2)
    world.go(*ORDERS_STAGES)
    floor.ship([order for order in world.shop.warehouse.state.book if order.order_id % 2])
    for order_id in several:
        world.ship(order_id, packages=3)
    world.go(*SHIPMENT_STAGES)
    world.place("single", 1)
    world.go("import_orders")
    assert {"blocked", "imported", "acknowledged", "partially_shipped", "shipped"} <= set(world.states())
    assert names(compare(world)) == set()


def test_a_comparison_writes_nothing_outside_and_moves_no_order(make_world: MakeWorld) -> None:
    world = make_world(reconciliation=AT_ONCE)
    [order_id], _ = busy(world, 1)
    world.ship(order_id)
    world.shop.store.edit(order_id, OrderStatusID=SHIPPED)
    before = world.states()
    world.shop.store.journal.clear()
    world.shop.warehouse.journal.clear()
    assert len(compare(world).differences) == 2
    assert world.states() == before
    for journal in (world.shop.store.journal, world.shop.warehouse.journal):
        methods = {entry["method"] for entry in journal.entries("request") if "Token" not in entry["path"]}
        assert methods == {"GET"}


def test_what_changed_lately_is_still_on_its_way(make_world: MakeWorld) -> None:
    world = make_world()
    [order_id], _ = busy(world, 1)
    world.ship(order_id)
    report = compare(world)
    assert (report.differences, report.counts["in_flight"]) == ((), 1)
    world.settings["reconciliation"] = AT_ONCE
    assert only(compare(world)).kind is DifferenceKind.NOT_POSTED


def test_an_order_that_changes_between_the_two_looks_is_no_difference(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(reconciliation=AT_ONCE)
    [order_id], _ = busy(world, 1)
    world.ship(order_id)

    def polled_meanwhile(*arguments: object) -> object:
        world.go(*SHIPMENT_STAGES)
        return look_again(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("cartage.reconciliation.reconcile.look_again", polled_meanwhile)
    report = compare(world)
    assert report.counts["looked_at_again"] == 1
    assert report.differences == ()


def test_a_difference_keeps_its_age_and_ends_by_itself(make_world: MakeWorld) -> None:
    world = make_world(reconciliation={**AT_ONCE, "owner": "Bea"})
    [order_id], _ = busy(world, 1)
    world.ship(order_id)
    first, again = only(compare(world)), only(compare(world))
    assert (again.id, again.first_seen_at, again.owner) == (first.id, first.first_seen_at, "Bea")
    assert again.last_seen_at > first.last_seen_at
    world.go(*SHIPMENT_STAGES)
    report = compare(world)
    assert (report.differences, report.counts["ended"]) == ((), 1)
    [row] = world.rows("SELECT ended_at FROM difference")
    assert row.ended_at is not None


def test_a_difference_of_an_order_that_is_older_than_the_days_stays(make_world: MakeWorld) -> None:
    world = make_world(reconciliation=AT_ONCE)
    [order_id], _ = busy(world, 1)
    world.ship(order_id)
    known = only(compare(world))
    world.execute("UPDATE sales_order SET ordered_at = ordered_at - interval '40 days'")
    world.shop.store.edit(order_id, OrderDate="2020-02-01T10:00:00")
    assert only(compare(world, days=1)).id == known.id


def test_an_ignored_difference_counts_again_once_a_side_changes(make_world: MakeWorld) -> None:
    world = make_world(reconciliation=AT_ONCE)
    [order_id], _ = busy(world, 1)
    world.shop.store.edit(order_id, OrderStatusID=6)
    found = only(compare(world))
    with world.ledger.begin() as connection:
        repo.ignore_difference(connection, "demo", found.id, "agreed with the customer", BY)
    report = compare(world)
    assert (only(report).ignored_by, report.heeded) == ("ann", ())
    world.shop.store.edit(order_id, OrderStatusID=8)
    [heeded] = compare(world).heeded
    assert (heeded.id, heeded.ignore_reason) == (found.id, None)


def test_what_a_person_decides_is_no_difference(make_world: MakeWorld) -> None:
    world = make_world(reconciliation=AT_ONCE, schedules={"sweep_every": "1s", "watch_every": "1s"})
    [order_id], _ = busy(world, 1)
    world.execute("UPDATE lane_state SET watched_to = watched_to - interval '1 h'")
    world.amend(order_id, line={"ItemQuantity": 9.0})
    assert only(compare(world)).kind is DifferenceKind.QUANTITIES
    world.go("import_orders")
    [row] = world.rows("SELECT kind FROM exception WHERE closed_at IS NULL")
    assert row.kind == "edited_after_transfer"
    assert compare(world).differences == ()


def test_a_lane_in_shadow_compares_what_it_imports_and_says_what_it_does_not(make_world: MakeWorld) -> None:
    world = make_world(mode="shadow", reconciliation=AT_ONCE)
    world.place("single")
    world.go("import_orders")
    [missing] = world.place("single")
    report = compare(world)
    assert (only(report).kind, only(report).order_id) == (DifferenceKind.NOT_IMPORTED, missing)
    assert any("shadow" in line for line in report.not_compared)


def test_a_lane_that_is_off_is_not_compared(make_world: MakeWorld) -> None:
    world = make_world(mode="off")
    with pytest.raises(SettingsError, match="It is off"):
        compare(world)


def test_a_warehouse_that_takes_files_is_compared_as_far_as_it_can_be(make_file_world: MakeFileWorld) -> None:
    world = make_file_world(reconciliation=AT_ONCE)
    kept, changed = world.place("single", 2)
    world.go(*ORDERS_STAGES)
    assert world.store_status(kept) == PROCESSING
    report = compare(world)
    assert (report.differences, report.counts["ledger_orders"]) == ((), 2)
    assert "Orders at the warehouse: File exchange has no list of orders." in report.not_compared
    world.shop.store.edit(changed, OrderStatusID=SHIPPED)
    assert only(compare(world)).kind is DifferenceKind.NOT_SHIPPED

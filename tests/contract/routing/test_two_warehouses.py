"""A store with two warehouses: each order goes whole to one of them, once, and its tracking comes back from there."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from cartage.cli.main import app
from cartage.dispatch import stage
from cartage.errors import RemoteError
from cartage.reconciliation.reconcile import reconcile
from cartage_sandbox.kernel.faults import Fault, Moment
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses
from tests.contract.world import ORDERS_STAGES, PROCESSING, SHIPMENT_STAGES, SHIPPED

TO_CALIFORNIA = {
    "ShipmentState": "CA",
    "ShipmentZipCode": "94105",
    "ShipmentCity": "San Francisco",
    "ShipmentCountry": "US",
}
TO_MAINE = {
    "ShipmentState": "ME",
    "ShipmentZipCode": "04101",
    "ShipmentCity": "Portland",
    "ShipmentCountry": "US",
}


def placed(two: TwoWarehouses, place: dict[str, str], sku: str = "MUG") -> int:
    two.put_in_both(sku)
    [order_id] = two.place()
    two.amend(order_id, shipment=place, line={"ItemID": sku})
    return order_id


def timeline(two: TwoWarehouses, order_id: int) -> list[Any]:
    return list(
        two.rows(
            "SELECT e.why, e.detail FROM event e JOIN fulfillment_order f ON f.id = e.fulfillment_order_id "
            "WHERE e.kind = 'routed' AND f.order_id = :id ORDER BY e.id",
            id=order_id,
        )
    )


def test_each_order_goes_to_the_warehouse_of_its_rule_and_its_tracking_comes_back(two: TwoWarehouses) -> None:
    west, east = placed(two, TO_CALIFORNIA), placed(two, TO_MAINE)
    two.go(*ORDERS_STAGES)
    assert two.at() == {west: WEST, east: EAST}
    assert two.sent() == {EAST: {two.reference_of(east): 1}, WEST: {two.reference_of(west): 1}}
    assert {two.store_status(order_id) for order_id in (west, east)} == {PROCESSING}
    [tracking] = two.west_ships(west)
    other = two.ship(east)
    two.go(*SHIPMENT_STAGES)
    assert {two.store_status(order_id) for order_id in (west, east)} == {SHIPPED}
    assert tracking in two.tracking(west)
    assert all(number in two.tracking(east) for number in other)
    two.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert max([*two.sent()[EAST].values(), *two.sent()[WEST].values()]) == 1


def test_the_timeline_says_which_rule_sent_it_there(two: TwoWarehouses) -> None:
    west, east = placed(two, TO_CALIFORNIA), placed(two, TO_MAINE)
    two.go("import_orders", "validate_mappings")
    [of_west], [of_east] = timeline(two, west), timeline(two, east)
    assert of_west.why == "1 line to west by rule coast"
    assert [part["warehouse"] for part in of_west.detail["parts"]] == [WEST]
    assert of_east.why == "1 line to east: no rule took it"
    two.go("validate_mappings")
    assert len(timeline(two, west)) == 1, "what does not change is no event"


def test_ship_methods_are_those_of_the_orders_warehouse(two: TwoWarehouses) -> None:
    west, east = placed(two, TO_CALIFORNIA), placed(two, TO_MAINE)
    two.go("import_orders", "validate_mappings")
    sql = "SELECT order_id, request -> 'ship_method' ->> 'carrier' AS carrier FROM fulfillment_order"
    assert {row.order_id: row.carrier for row in two.rows(sql)} == {west: "ShipBob", east: "UPS"}


def test_an_order_that_was_not_sent_follows_the_rules(two: TwoWarehouses) -> None:
    order_id = placed(two, TO_CALIFORNIA)
    two.go("import_orders", "validate_mappings")
    two.settings["routing"] = []
    two.go("validate_mappings")
    assert two.at() == {order_id: EAST}
    two.go(*ORDERS_STAGES)
    assert two.sent() == {EAST: {two.reference_of(order_id): 1}, WEST: {}}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_order_of_which_a_request_may_have_left_stays_where_it_is(
    two: TwoWarehouses, moment: Moment
) -> None:
    order_id = placed(two, TO_CALIFORNIA)
    two.west.warehouse.faults.add(Fault("POST .*/order$", "reset", moment))
    two.go("import_orders", "validate_mappings", "settle_outcomes", "transfer_to_warehouse")
    assert two.state_of(order_id) == ["unknown"]
    two.settings["routing"] = []
    for _ in range(2):
        two.wait_out()
        two.go("settle_outcomes", "import_orders", "validate_mappings", "transfer_to_warehouse")
    assert two.at() == {order_id: WEST}
    assert two.sent() == {EAST: {}, WEST: {two.reference_of(order_id): 1}}


def test_one_warehouse_that_is_down_keeps_no_order_of_the_other_waiting(two: TwoWarehouses) -> None:
    west, east = placed(two, TO_CALIFORNIA), placed(two, TO_MAINE)
    two.go("import_orders", "validate_mappings")
    two.west_is_down()
    for name in ("settle_outcomes", "transfer_to_warehouse"):
        context = two.context(name)
        if name == "transfer_to_warehouse":
            with pytest.raises(RemoteError):
                stage(name)(context)
        else:
            stage(name)(context)
        context.close()
    assert two.state_of(east) == ["acknowledged"]
    assert two.state_of(west) != ["acknowledged"]
    two.west.warehouse.faults.clear()
    two.execute("DELETE FROM circuit")
    two.wait_out()
    two.go(*ORDERS_STAGES)
    assert two.state_of(west) == ["acknowledged"]
    assert two.sent() == {EAST: {two.reference_of(east): 1}, WEST: {two.reference_of(west): 1}}


def test_stock_decides_by_preference_and_an_earlier_order_keeps_what_it_was_promised(
    two: TwoWarehouses,
) -> None:
    two.settings["routing"] = [{"name": "stock", "prefer": [WEST, EAST]}]
    two.settings["inventory"] = {}
    ids = [placed(two, TO_MAINE, "PAN") for _ in range(3)]
    two.put_in_both("PAN", east=1, west=1)
    for order_id in ids:
        order = two.shop.store.order(order_id)
        order["OrderItemList"][0]["ItemQuantity"] = 1
        two.shop.store.edit(order_id, OrderItemList=order["OrderItemList"])
    two.go("poll_stock", "import_orders", "validate_mappings")
    assert [two.at()[order_id] for order_id in ids] == [WEST, EAST, ""]
    assert two.state_of(ids[2]) == ["blocked"]
    assert two.causes() == {"not_routed": 1}
    assert "west had 1" in timeline(two, ids[0])[0].why
    two.put_in_both("PAN", east=1, west=5)
    two.go("poll_stock", "validate_mappings")
    assert [two.at()[order_id] for order_id in ids] == [WEST, WEST, WEST]
    assert two.causes() == {}


def test_a_rule_holds_an_order_until_a_person_releases_it(two: TwoWarehouses) -> None:
    two.settings["routing"] = [{"name": "look", "when": {"states": ["CA"]}, "hold": "look at the address"}]
    order_id = placed(two, TO_CALIFORNIA)
    two.go("import_orders", "validate_mappings")
    assert two.state_of(order_id) == ["held"]
    two.execute("UPDATE hold SET released_at = now(), released_by = 'Kim'")
    two.execute("UPDATE fulfillment_order SET state = 'imported', held_until = NULL, reason = ''")
    two.go("validate_mappings")
    assert two.state_of(order_id) == ["ready"]
    assert two.at() == {order_id: EAST}


def test_what_nobody_of_the_lane_ships_is_skipped_until_the_rules_change(two: TwoWarehouses) -> None:
    two.settings["routing"] = [{"name": "drop", "when": {"states": ["CA"]}, "nobody": True}]
    order_id = placed(two, TO_CALIFORNIA)
    two.go("import_orders", "validate_mappings")
    assert two.state_of(order_id) == ["skipped"]
    before = two.rows("SELECT count(*) AS events FROM event")
    two.go("import_orders", "validate_mappings")
    assert two.rows("SELECT count(*) AS events FROM event") == before, "the sweep does not bring it back"
    two.settings["routing"] = []
    two.go("import_orders", "validate_mappings")
    assert two.state_of(order_id) == ["ready"]


def test_a_restored_ledger_asks_every_warehouse_before_it_sends(two: TwoWarehouses) -> None:
    order_id = placed(two, TO_CALIFORNIA)
    two.go(*ORDERS_STAGES)
    reference = two.reference_of(order_id)
    # The backup knows the order as it was before it was sent, and the rules have changed since.
    two.execute("DELETE FROM transfer")
    two.execute(
        "UPDATE fulfillment_order SET state = 'imported', remote_id = NULL, warehouse = '', request = NULL"
    )
    two.execute("UPDATE sales_order SET posted_status = NULL, posted_at = NULL, verified_at = NULL")
    two.shop.store.edit(order_id, OrderStatusID=1)
    two.execute(
        "UPDATE lane_state SET quarantined_at = now(), surveyed_at = NULL, quarantine_ended_at = NULL"
    )
    two.settings["routing"] = []
    two.go(*ORDERS_STAGES)
    assert two.at() == {order_id: WEST}
    assert two.state_of(order_id) == ["acknowledged"]
    assert two.sent() == {EAST: {}, WEST: {reference: 1}}


def test_a_warehouse_that_is_down_for_a_day_is_not_preferred_and_its_backlog_drains_by_itself(
    two: TwoWarehouses,
) -> None:
    two.settings["routing"] = [{"name": "stock", "prefer": [WEST, EAST]}]
    two.settings["inventory"] = {}
    first = placed(two, TO_MAINE, "PAN")
    two.go("poll_stock", "import_orders", "validate_mappings")
    assert two.at() == {first: WEST}
    two.west_is_down()
    with pytest.raises(RemoteError):
        two.go("poll_stock")
    # A day later: nobody could read its stock, and the eastern one's is fresh.
    two.execute("UPDATE stock_reading SET began_at = began_at - interval '1 d' WHERE warehouse = 'west'")
    second = placed(two, TO_MAINE, "PAN")
    two.go(*ORDERS_STAGES)
    assert two.at() == {first: EAST, second: EAST}, "what had not left goes to the one that can ship it"
    two.west.warehouse.faults.clear()
    two.execute("DELETE FROM circuit")
    two.go("poll_stock")
    third = placed(two, TO_MAINE, "PAN")
    two.go(*ORDERS_STAGES)
    assert two.at()[third] == WEST
    assert sorted(two.sent()[EAST].values()) == [1, 1]
    assert list(two.sent()[WEST].values()) == [1]


@pytest.mark.parametrize("mode", ["live", "shadow", "drain"])
def test_every_stage_and_comparison_works_for_several_warehouses(two: TwoWarehouses, mode: str) -> None:
    placed(two, TO_CALIFORNIA), placed(two, TO_MAINE)
    two.place("unknown_sku")
    two.settings |= {"mode": mode, "inventory": {}}
    two.go(*ORDERS_STAGES, "blocked_orders", *SHIPMENT_STAGES, "poll_stock", "update_stock")
    if mode == "live":
        assert sorted(two.at().values()) == [EAST, EAST, WEST]
        assert two.states() == {"acknowledged": 2, "blocked": 1}
    context = two.context("compare")
    report = reconcile(context, days=7)
    context.close()
    assert [each for each in report.differences if each.side == "warehouse"] == []


def test_a_stage_is_run_for_one_warehouse_by_command(
    two: TwoWarehouses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cartage.lanes.get_lane", lambda _: two.lane)
    west, east = placed(two, TO_CALIFORNIA), placed(two, TO_MAINE)
    two.go("import_orders", "validate_mappings", "settle_outcomes")
    run = ["run", "transfer_to_warehouse", "--lane", "demo", "--warehouse"]
    result = CliRunner().invoke(app, [*run, "west", "--json"])
    assert result.exit_code == 0, result.output
    assert (two.state_of(west), two.state_of(east)) == (["acknowledged"], ["ready"])
    result = CliRunner().invoke(app, [*run, "north"])
    assert result.exit_code == 2
    assert "it has east, west" in " ".join(result.output.replace("│", " ").split())
    result = CliRunner().invoke(app, ["run", "import_orders", "--lane", "demo", "--warehouse", "west"])
    assert result.exit_code == 2, (
        "it would import the whole lane's orders, under the name of a task that nobody has"
    )
    assert "works for the whole lane" in " ".join(result.output.replace("│", " ").split())
    assert two.rows("SELECT 1 FROM task_run WHERE task = 'import_orders__west'") == []

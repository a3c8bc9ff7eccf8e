"""What the ledger keeps of a warehouse goes on under its new name; one that left the lane is an error or forgotten."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from cartage.errors import LedgerError, SettingsError
from cartage.operations.views.health import health
from tests.contract.routing.test_two_warehouses import TO_CALIFORNIA, TO_MAINE, placed
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses, named
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES


def test_a_lane_that_gets_a_second_warehouse_goes_on_with_what_it_had(two: TwoWarehouses) -> None:
    several = two.settings
    two.settings = {**named(two, two.west, []), "warehouse": several["warehouses"][EAST]}
    del two.settings["warehouses"], two.settings["routing"]
    order_id = placed(two, TO_MAINE)
    two.go(*ORDERS_STAGES)
    assert two.at() == {order_id: ""}
    two.settings = several
    numbers = two.ship(order_id)
    two.go(*SHIPMENT_STAGES)
    assert two.at() == {order_id: EAST}
    assert two.state_of(order_id) == ["shipped"]
    assert all(number in two.tracking(order_id) for number in numbers)


@pytest.mark.parametrize("former", ["", "ohio"])
def test_a_check_of_the_connections_before_the_first_run_does_not_hide_what_a_warehouse_was_called(
    two: TwoWarehouses, former: str
) -> None:
    several = two.settings
    own = several["warehouses"]
    if former:
        two.settings = {**several, "warehouses": {former: own[EAST], WEST: own[WEST]}}
    else:
        two.settings = {**named(two, two.west, []), "warehouse": own[EAST]}
        del two.settings["warehouses"], two.settings["routing"]
    order_id = placed(two, TO_MAINE)
    two.go(*ORDERS_STAGES)
    assert two.at() == {order_id: former}
    two.settings = several
    with closing(two.context("connections")) as context:
        assert [len(place.warehouse.inspect()) > 0 for place in context.every_warehouse()] == [True, True]
    numbers = two.ship(order_id)
    two.go(*SHIPMENT_STAGES)
    assert two.at() == {order_id: EAST}
    assert two.state_of(order_id) == ["shipped"]
    assert numbers
    assert all(number in two.tracking(order_id) for number in numbers)


def test_a_warehouse_that_left_the_lane_with_open_orders_is_an_error(two: TwoWarehouses) -> None:
    west = placed(two, TO_CALIFORNIA)
    two.go(*ORDERS_STAGES)
    assert two.state_of(west) == ["acknowledged"]
    two.settings = {**two.settings, "warehouse": two.settings["warehouses"][EAST], "routing": []}
    del two.settings["warehouses"]
    with pytest.raises(SettingsError, match="'west' has open orders"):
        two.go("poll_tracking")


def test_a_warehouse_that_left_the_lane_once_all_had_shipped_does_not_count_as_one_that_nobody_reads(
    two: TwoWarehouses,
) -> None:
    west, east = placed(two, TO_CALIFORNIA), placed(two, TO_MAINE)
    two.go(*ORDERS_STAGES)
    assert two.west_ships(west)
    assert two.ship(east)
    two.go(*SHIPMENT_STAGES)
    assert two.states() == {"shipped": 2}
    two.execute(
        "UPDATE warehouse_state SET shipments_polled_at = now() - interval '9 d' WHERE warehouse = 'west'"
    )
    two.settings = {**two.settings, "warehouse": two.settings["warehouses"][EAST], "routing": []}
    del two.settings["warehouses"]
    two.go("poll_tracking")
    assert [row.warehouse for row in two.rows("SELECT warehouse FROM warehouse_state")] == [""]
    with two.ledger.begin() as connection:
        found = health(connection, two.lane)
    assert found is not None
    polled = found.warehouses[""].polled_at
    assert polled is not None
    assert polled > found.at - timedelta(days=1)


def test_two_warehouses_that_exchange_their_names_keep_their_own_orders(two: TwoWarehouses) -> None:
    west, east = placed(two, TO_CALIFORNIA), placed(two, TO_MAINE)
    waiting = placed(two, TO_CALIFORNIA)
    two.go(*ORDERS_STAGES)
    assert two.at() == {west: WEST, east: EAST, waiting: WEST}
    own = two.settings["warehouses"]
    two.settings = {**two.settings, "warehouses": {EAST: own[WEST], WEST: own[EAST]}}
    with pytest.raises(LedgerError, match="exchanged their names"):
        two.go("poll_tracking")
    assert two.at() == {west: EAST, east: WEST, waiting: EAST}
    names = [
        row.why for row in two.rows("SELECT why FROM event WHERE kind = 'warehouse_renamed' ORDER BY why")
    ]
    assert names == [
        "the lane's warehouse east is named west now",
        "the lane's warehouse west is named east now",
    ]
    numbers = [*two.west_ships(west), *two.ship(east)]
    two.go(*SHIPMENT_STAGES)
    assert two.state_of(west) == two.state_of(east) == ["shipped"]
    assert len(numbers) >= 2
    assert all(number in two.tracking(west) + two.tracking(east) for number in numbers)
    two.go("poll_tracking")
    assert max([*two.sent()[EAST].values(), *two.sent()[WEST].values()]) == 1


def test_a_warehouse_whose_account_changes_alone_keeps_its_name(two: TwoWarehouses) -> None:
    west = placed(two, TO_CALIFORNIA)
    two.go(*ORDERS_STAGES)
    two.execute("UPDATE warehouse_state SET counted_account = 'shipbob/old' WHERE warehouse = 'west'")
    two.go("poll_tracking")
    assert two.at() == {west: WEST}
    assert two.rows("SELECT FROM event WHERE kind = 'warehouse_renamed'") == []

"""The store shows what all warehouses of its lane can fill, less what is open."""

from __future__ import annotations

import pytest

from cartage.errors import RemoteError
from cartage.routing.stock_seen import stock_for
from tests.contract.inventory.stocked import NO_BREAKER, buy, goods, push, shown
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES


def with_inventory(two: TwoWarehouses) -> None:
    two.settings["inventory"] = {"breaker": NO_BREAKER}
    two.settings["routing"] = [{"name": "stock", "prefer": [WEST, EAST]}]


def test_the_store_shows_the_sum_of_all_warehouses_less_what_is_open(two: TwoWarehouses) -> None:
    with_inventory(two)
    ids = goods(two, {"MUG": 3, "PAN": 5})
    two.put_in_both("MUG", east=3, west=4)
    push(two)
    assert shown(two, ids["MUG"]) == 7
    assert shown(two, ids["PAN"]) == 5, "the western warehouse does not know it"
    buy(two, ids["MUG"], 2)
    push(two)
    assert shown(two, ids["MUG"]) == 5
    two.go("import_orders", "validate_mappings")
    assert set(two.at().values()) == {WEST}
    push(two)
    assert shown(two, ids["MUG"]) == 5, "what has a warehouse counts once"


def test_a_warehouse_whose_figures_are_too_old_is_left_out(two: TwoWarehouses) -> None:
    with_inventory(two)
    ids = goods(two, {"MUG": 3})
    two.put_in_both("MUG", east=3, west=4)
    push(two)
    assert shown(two, ids["MUG"]) == 7
    two.execute(
        "UPDATE stock_reading SET began_at = began_at - interval '2 h', as_of = NULL WHERE warehouse = 'west'"
    )
    two.go("update_stock")
    assert shown(two, ids["MUG"]) == 3
    push(two)
    assert shown(two, ids["MUG"]) == 7


def test_a_warehouse_counts_only_for_what_the_rules_can_send_to_it(two: TwoWarehouses) -> None:
    with_inventory(two)
    cold = {"name": "cold", "when": {"skus": ["ICE"]}, "to": EAST}
    two.settings["routing"] = [cold, *two.settings["routing"]]
    ids = goods(two, {"MUG": 3, "ICE": 3})
    two.put_in_both("MUG", "ICE", east=3, west=4)
    push(two)
    assert shown(two, ids["MUG"]) == 7
    assert shown(two, ids["ICE"]) == 3, "the western warehouse's ice is never sent"


def test_the_store_is_kept_up_to_date_while_one_warehouse_is_down(two: TwoWarehouses) -> None:
    with_inventory(two)
    ids = goods(two, {"MUG": 3})
    two.put_in_both("MUG", east=3, west=4)
    push(two)
    two.west_is_down()
    for _ in range(3):  # From the second failure on nobody calls it for a while.
        with pytest.raises(RemoteError):
            two.go("poll_stock")
    two.go("update_stock")
    assert shown(two, ids["MUG"]) == 7
    buy(two, ids["MUG"], 2)
    two.go("update_stock")
    assert shown(two, ids["MUG"]) == 5


def test_the_figures_of_each_warehouse_count_from_their_own_reading(two: TwoWarehouses) -> None:
    with_inventory(two)
    ids = goods(two, {"MUG": 3})
    two.put_in_both("MUG", east=3, west=4)
    push(two)
    assert buy(two, ids["MUG"], 2) is not None
    two.go(*ORDERS_STAGES)
    assert set(two.at().values()) == {WEST}
    push(two)
    assert shown(two, ids["MUG"]) == 5
    two.execute("UPDATE stock_reading SET began_at = began_at - interval '10 min' WHERE warehouse = 'east'")
    two.go("update_stock")
    assert shown(two, ids["MUG"]) == 5, "the western figures left the order out"


def free(two: TwoWarehouses, warehouse: str) -> int:
    """Return how many mugs rules can still give."""
    with two.ledger.begin() as connection:
        return int(stock_for(connection, two.lane, {"MUG"}).units[warehouse, "mug"])


def test_rules_see_an_order_taken_off_once(two: TwoWarehouses) -> None:
    with_inventory(two)
    ids = goods(two, {"MUG": 3})
    two.put_in_both("MUG", east=3, west=4)
    push(two)
    order_id = buy(two, ids["MUG"], 1)
    assert order_id is not None
    two.go(*ORDERS_STAGES)
    assert free(two, WEST) == 3, "the figures are from before the order"
    two.go("poll_stock")
    assert free(two, WEST) == 3
    two.west_ships(order_id)
    two.go(*SHIPMENT_STAGES)
    assert two.state_of(order_id) == ["shipped"]
    assert free(two, WEST) == 3, "shipping changes nothing of what is available"
    two.execute("UPDATE stock_reading SET delay = '1 h'")
    assert free(two, WEST) == 2, "figures that may not know the order yet do not leave it out"
    two.execute("UPDATE stock_reading SET delay = '0', on_hand_only = true")
    assert free(two, WEST) == 2, "what is on hand leaves it out only once it has shipped before the reading"
    two.execute("UPDATE stock_reading SET began_at = clock_timestamp()")
    assert free(two, WEST) == 3

"""The store shows what all warehouses of its lane can fill, less what is open."""

from __future__ import annotations

import pytest

from cartage.errors import RemoteError
from tests.contract.inventory.stocked import NO_BREAKER, buy, goods, push, shown
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses


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

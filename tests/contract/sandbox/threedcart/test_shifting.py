"""Late and shifting data (section 12): carts that become orders, pages that shift, lists that lag."""

from __future__ import annotations

from collections.abc import Callable

from tests.contract.sandbox.threedcart.shop import Shop, orders

OpenShop = Callable[..., Shop]


def test_a_cart_with_a_low_id_becomes_new_days_later(shop: Shop) -> None:
    shop.emulator.place([{"OrderID": 500, "OrderStatusID": 7}, {"OrderID": 900}])
    assert shop.ids(orderstatus=1) == [900]
    shop.control("POST", "clock", {"advance": 3 * 86400})
    shop.control("POST", "orders/500", {"set": {"OrderStatusID": 1, "OrderDate": "2026-03-05T08:00:00"}})
    assert shop.ids(orderstatus=1) == [500, 900]
    assert shop.ids(datestart="03/05/2026") == [500]


def test_a_status_that_changes_between_two_pages_makes_the_reader_skip_a_row(shop: Shop) -> None:
    shop.emulator.place(orders(5))
    shop.control(
        "POST",
        "interventions",
        {
            "route": "GET .*/Orders$",
            "nth": 1,
            "moment": "after",
            "edits": [{"order_id": 30001, "changes": {"OrderStatusID": 6}}],
        },
    )
    assert shop.ids(orderstatus=1, limit=2, offset=1) == [30001, 30002]
    assert shop.ids(orderstatus=1, limit=2, offset=3) == [30004, 30005]


def test_a_row_that_appears_between_two_pages_makes_the_reader_see_one_twice(shop: Shop) -> None:
    shop.emulator.place([{"OrderID": each} for each in (10, 20, 30, 40)])
    shop.control("POST", "interventions", {"route": "GET", "nth": 2, "place": [{"OrderID": 15}]})
    assert shop.ids(orderstatus=1, limit=2, offset=1) == [10, 20]
    assert shop.ids(orderstatus=1, limit=2, offset=3) == [20, 30]


def test_a_person_may_change_the_status_between_read_and_write_and_the_last_writer_wins(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    shop.control(
        "POST",
        "interventions",
        {"route": "PUT", "edits": [{"order_id": 30001, "changes": {"OrderStatusID": 5}}]},
    )
    assert shop.put("Orders/30001", {"OrderStatusID": 2}).status_code == 200
    effects = shop.control("GET", "journal", kind="order.status")["entries"]
    assert [(each["detail"]["by"], each["detail"]["to"]) for each in effects] == [("dana", 5), ("API", 2)]


def test_lists_lag_behind_writes_while_reads_by_id_are_fresh(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place(orders(2))
    shop.set_rules(lists_lag_seconds=30.0)
    shop.put("Orders/30001", {"OrderStatusID": 2})
    assert shop.get("Orders/30001").json()[0]["OrderStatusID"] == 2
    assert shop.ids(orderstatus=1) == [30001, 30002]
    assert shop.get("Orders", orderstatus=1).json()[0]["OrderStatusID"] == 1
    shop.control("POST", "clock", {"advance": 30})
    assert shop.ids(orderstatus=1) == [30002]
    assert shop.ids(orderstatus=2) == [30001]


def test_a_new_order_is_late_in_lists_too(open_shop: OpenShop) -> None:
    shop = open_shop(lists_lag_seconds=5.0)
    shop.emulator.place(orders(1))
    assert shop.get("Orders").status_code == 404
    assert shop.get("Orders/30001").status_code == 200
    shop.control("POST", "clock", {"advance": 5})
    assert shop.ids() == [30001]


def test_an_older_state_never_replaces_a_newer_one_when_the_lag_ends(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place(orders(1))
    shop.set_rules(lists_lag_seconds=60.0)
    shop.put("Orders/30001", {"OrderStatusID": 2})
    shop.set_rules(lists_lag_seconds=0.0)
    shop.put("Orders/30001", {"OrderStatusID": 3})
    shop.control("POST", "clock", {"advance": 120})
    assert shop.ids(orderstatus=3) == [30001]
    assert shop.get("Orders", orderstatus=2).status_code == 404

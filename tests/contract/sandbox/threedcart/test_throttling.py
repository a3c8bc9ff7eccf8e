"""Throttling and network failures (sections 3.3 and 12)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from cartage_sandbox.threedcart import READ_ONLY_TOKEN
from tests.contract.sandbox.threedcart.shop import Shop, orders

OpenShop = Callable[..., Shop]


def _let_in(shop: Shop, calls: int) -> int:
    return sum(shop.get("OrderStatus/1").status_code == 200 for _ in range(calls))


def test_the_bucket_holds_fifty_calls_and_leaks_two_a_second(open_shop: OpenShop) -> None:
    shop = open_shop(throttle=True)
    assert _let_in(shop, 53) == 50
    shop.control("POST", "clock", {"advance": 3})
    assert _let_in(shop, 8) == 6
    shop.control("POST", "clock", {"advance": 3600})
    assert _let_in(shop, 51) == 50


def test_rate_and_size_are_rules(open_shop: OpenShop) -> None:
    shop = open_shop(throttle=True, throttle_size=3, throttle_rate=10.0)
    assert _let_in(shop, 5) == 3
    shop.control("POST", "clock", {"advance": 0.1})
    assert _let_in(shop, 2) == 1
    shop.set_rules(throttle=False)
    assert _let_in(shop, 20) == 20


def test_each_token_has_its_own_bucket_unless_the_store_shares_one(open_shop: OpenShop) -> None:
    shop = open_shop(throttle=True, throttle_size=2)
    assert _let_in(shop, 3) == 2
    shop.session.headers["Token"] = READ_ONLY_TOKEN
    assert _let_in(shop, 3) == 2
    shop = open_shop(throttle=True, throttle_size=2, throttle_scope="store")
    assert _let_in(shop, 2) == 2
    shop.session.headers["Token"] = READ_ONLY_TOKEN
    assert _let_in(shop, 1) == 0


def test_refused_calls_may_fill_the_bucket_too(open_shop: OpenShop) -> None:
    shop = open_shop(throttle=True, throttle_size=2, throttle_counts_refused=True)
    assert _let_in(shop, 4) == 2
    shop.control("POST", "clock", {"advance": 0.5})
    assert _let_in(shop, 1) == 1
    shop.control("POST", "clock", {"advance": 0.4})
    assert _let_in(shop, 2) == 0
    shop.control("POST", "clock", {"advance": 0.4})
    assert _let_in(shop, 1) == 0


def test_a_429_is_sent_with_or_without_retry_after(open_shop: OpenShop) -> None:
    shop = open_shop(throttle=True, throttle_size=1)
    _let_in(shop, 1)
    assert "retry-after" not in shop.get("OrderStatus").headers
    shop.set_rules(throttle_retry_after=True)
    response = shop.get("OrderStatus")
    assert (response.status_code, response.headers["retry-after"]) == (429, "1")


@pytest.mark.parametrize(
    ("rule", "media", "start"),
    [
        ("empty", None, b""),
        ("result", "application/json", b'[{"Key":"Error"'),
        ("html", "text/html", b"<html>"),
    ],
)
def test_the_body_of_a_429_has_three_shapes(
    open_shop: OpenShop, rule: str, media: str | None, start: bytes
) -> None:
    shop = open_shop(throttle=True, throttle_size=1, throttle_body=rule)
    _let_in(shop, 1)
    response = shop.get("OrderStatus")
    assert response.status_code == 429
    assert response.content[: len(start) or None] == start
    assert response.headers.get("content-type", "").partition(";")[0] == (media or "")


def test_a_throttled_write_has_no_effect(open_shop: OpenShop) -> None:
    shop = open_shop(throttle=True, throttle_size=1)
    shop.emulator.place(orders(1))
    _let_in(shop, 1)
    assert shop.put("Orders/30001", {"OrderStatusID": 2}).status_code == 429
    assert shop.emulator.order(30001)["OrderStatusID"] == 1


def test_the_control_api_is_not_throttled_recorded_or_protected(open_shop: OpenShop) -> None:
    shop = open_shop(throttle=True, throttle_size=1)
    for _ in range(5):
        shop.control("GET", "orders")
    assert shop.control("GET", "journal")["entries"] == []


def test_a_write_with_a_lost_response_has_happened(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    shop.control("POST", "faults", {"route": "PUT .*/Orders$", "kind": "reset", "moment": "after"})
    with pytest.raises(requests.ConnectionError):
        shop.put("Orders", [{"OrderID": 30001, "OrderStatusID": 2}])
    assert shop.emulator.order(30001)["OrderStatusID"] == 2


def test_a_write_that_never_arrived_has_not_happened(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    fault = {"route": "PUT", "kind": "status", "moment": "before", "status": 503, "body": "<html></html>"}
    shop.control("POST", "faults", fault)
    assert shop.put("Orders", [{"OrderID": 30001, "OrderStatusID": 2}]).status_code == 503
    assert shop.emulator.order(30001)["OrderStatusID"] == 1


@pytest.mark.parametrize(("status", "body"), [(500, ""), (502, "<html>"), (503, "<html>down</html>")])
def test_the_server_may_fail_with_an_empty_body_or_html(shop: Shop, status: int, body: str) -> None:
    fault = {"route": "GET", "kind": "status", "moment": "before", "status": status, "body": body}
    shop.control("POST", "faults", fault)
    response = shop.get("OrderStatus")
    assert (response.status_code, response.text) == (status, body)
    assert shop.get("OrderStatus").status_code == 200


def test_a_read_may_end_in_a_broken_connection(shop: Shop) -> None:
    shop.control("POST", "faults", {"route": "GET", "kind": "reset", "moment": "within"})
    with pytest.raises(requests.RequestException):
        shop.get("OrderStatus", limit=500)
    assert shop.get("OrderStatus").status_code == 200


def test_latency_is_a_rule(open_shop: OpenShop) -> None:
    shop = open_shop(latency_min_seconds=0.05, latency_max_seconds=0.06)
    shop.get("OrderStatus")
    assert shop.control("GET", "journal")["entries"][0]["duration_ms"] >= 50

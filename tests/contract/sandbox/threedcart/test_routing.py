"""Routing (section 12): versions, case, slashes, unknown paths, media types, headers, gzip, XML."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from tests.contract.sandbox.threedcart.shop import SECONDS, Shop, orders

OpenShop = Callable[..., Shop]


@pytest.mark.parametrize(
    "path",
    [
        "/3dCartWebAPI/v1/Orders",
        "/3dCartWebAPI/v2/Orders",
        "/3dcartwebapi/V2/orders",
        "/3DCARTWEBAPI/v2/ORDERS/",
    ],
)
def test_both_versions_any_case_and_a_trailing_slash_lead_to_the_same_data(shop: Shop, path: str) -> None:
    shop.emulator.place(orders(2))
    response = shop.session.get(shop.url + path, timeout=SECONDS)
    assert [each["OrderID"] for each in response.json()] == [30001, 30002]


@pytest.mark.parametrize("path", ["/3dCartWebAPI/v3/Orders", "/3dCartWebAPI/v2/Orderz", "/Orders", "/"])
def test_an_unknown_route_is_404(shop: Shop, path: str) -> None:
    assert shop.session.get(shop.url + path, timeout=SECONDS).status_code == 404


def test_orders_cannot_be_deleted(open_shop: OpenShop) -> None:
    assert open_shop().call("DELETE", "Orders/30001").status_code == 501
    assert open_shop(unsupported_verb_status=405).call("DELETE", "Orders/30001").status_code == 405


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None]
)
def test_a_write_in_another_media_type_is_415(shop: Shop, media: str | None) -> None:
    headers = {"Content-Type": media} if media else {}
    assert shop.call("PUT", "Orders", data=b"[]", headers=headers).status_code == 415


def test_broken_json_is_400(shop: Shop) -> None:
    response = shop.call(
        "PUT", "Orders", data=b"[{", headers={"Content-Type": "application/json; charset=utf-8"}
    )
    assert response.status_code == 400


def test_responses_have_the_recorded_headers_and_no_others_that_a_client_could_rely_on(shop: Shop) -> None:
    headers = shop.get("OrderStatus").headers
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["cache-control"] == "no-cache"
    assert headers["x-aspnet-version"] == "4.0.30319"
    assert headers["server"] == ""
    assert not {"etag", "link", "x-ratelimit-remaining", "retry-after"} & {name.lower() for name in headers}


def test_gzip_is_a_rule(open_shop: OpenShop) -> None:
    assert "content-encoding" not in open_shop().get("OrderStatus").headers
    zipped = open_shop(gzip=True).get("OrderStatus")
    assert zipped.headers["content-encoding"] == "gzip"
    assert len(zipped.json()) == 10


def test_lists_are_xml_if_only_xml_is_accepted(shop: Shop) -> None:
    shop.emulator.place([{"CustomerComments": "<b>bell\x07</b> & more", "AlternateOrderID": None}])
    response = shop.call("GET", "Orders", headers={"Accept": "application/xml"})
    assert response.headers["content-type"].startswith("application/xml")
    root = ET.fromstring(response.content)
    assert root.tag == "ArrayOfOrder"
    assert root.findtext("Order/CustomerComments") == "<b>bell</b> & more"
    assert root.findtext("Order/OrderItemList/OrderItem/ItemID") == "SAMPLE-1"


def test_accepting_any_type_returns_json(shop: Shop) -> None:
    response = shop.call("GET", "OrderStatus", headers={"Accept": "application/xml, application/json"})
    assert response.headers["content-type"].startswith("application/json")

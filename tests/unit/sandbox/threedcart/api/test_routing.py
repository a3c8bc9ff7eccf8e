"""Paths and verbs, without HTTP."""

from __future__ import annotations

import pytest

from cartage_sandbox.threedcart import create_store
from cartage_sandbox.threedcart.api.routing import Match, Missing, Routing


@pytest.fixture
def routing() -> Routing:
    return create_store()._front._routing


@pytest.mark.parametrize(
    ("method", "path", "handler"),
    [
        ("GET", "orders", "list_orders"),
        ("PUT", "Orders/5/Shipments/0", "update_shipment"),
        ("POST", "Orders/5/SHIPMENTS", "add_shipment"),
        ("GET", "Products/skuinfo", "list_skus"),
        ("GET", "Products/14", "get_product"),
        ("PUT", "Products/14/AdvancedOptions/61-64", "update_option"),
    ],
)
def test_a_route_leads_to_its_handler(routing: Routing, method: str, path: str, handler: str) -> None:
    found = routing.find(method, f"/3dCartWebAPI/v1/{path}")
    assert isinstance(found, Match)
    assert found.handler.__name__ == handler


def test_arguments_keep_their_case(routing: Routing) -> None:
    found = routing.find("PUT", "/3dcartwebapi/v2/products/14/advancedoptions/Ab-C")
    assert isinstance(found, Match)
    assert (found.service, found.arguments) == ("products", {"catalog_id": "14", "code": "Ab-C"})


def test_a_missing_path_and_a_missing_verb_differ(routing: Routing) -> None:
    assert routing.find("POST", "/3dCartWebAPI/v2/Orders") is Missing.VERB
    assert routing.find("GET", "/3dCartWebAPI/v2/Orders/1/2/3/4") is Missing.PATH
    assert routing.find("GET", "/3dCartWebAPI") is Missing.PATH

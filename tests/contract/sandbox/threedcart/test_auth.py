"""Auth (3dcart-api.md sections 2 and 12): three headers, scopes, revocation, and three shapes of a 401."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cartage_sandbox.threedcart import READ_ONLY_TOKEN, TOKEN
from tests.contract.sandbox.threedcart.shop import Shop, orders

OpenShop = Callable[..., Shop]


@pytest.mark.parametrize("missing", ["SecureURL", "PrivateKey", "Token"])
def test_each_of_the_three_headers_is_required(shop: Shop, missing: str) -> None:
    del shop.session.headers[missing]
    assert shop.get("OrderStatus").status_code == 401


@pytest.mark.parametrize("name", ["SecureURL", "PrivateKey", "Token"])
def test_any_wrong_header_is_refused(shop: Shop, name: str) -> None:
    shop.session.headers[name] = (
        "caf\u00e9".encode("latin-1").decode("latin-1") if name == "Token" else "wrong"
    )
    assert shop.get("OrderStatus").status_code == 401


@pytest.mark.parametrize(
    "written",
    [
        "https://demo-outfitters.3dcartstores.com",
        "http://demo-outfitters.3dcartstores.com/",
        "demo-outfitters.3dcartstores.com",
        "WWW.Demo-Outfitters.3dcartstores.com/",
    ],
)
def test_secure_url_is_compared_as_clients_write_it(shop: Shop, written: str) -> None:
    shop.session.headers["SecureURL"] = written
    assert shop.get("OrderStatus").status_code == 200


def test_header_names_ignore_case_and_an_additional_bearer_does_no_harm(shop: Shop) -> None:
    token = str(shop.session.headers.pop("Token"))
    shop.session.headers["tOkEn"] = token
    shop.session.headers["Authorization"] = f"Bearer {token}"
    assert shop.get("OrderStatus").status_code == 200


def test_a_read_only_scope_reads_and_does_not_write(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    shop.session.headers["Token"] = READ_ONLY_TOKEN
    assert shop.get("Orders").status_code == 200
    assert shop.put("Orders", [{"OrderID": 30001, "OrderStatusID": 2}]).status_code == 401
    assert shop.emulator.order(30001)["OrderStatusID"] == 1


def test_scopes_apply_per_service(shop: Shop) -> None:
    shop.control("POST", "tokens", {"token": "t", "scope": {"Orders": "write", "Products": "none"}})
    shop.session.headers["Token"] = "t"
    assert shop.get("Orders").status_code == 404
    assert shop.get("Products").status_code == 401
    assert shop.get("StoreSettings").status_code == 401


def test_a_token_revoked_during_a_run_is_refused_from_then_on(shop: Shop) -> None:
    assert shop.get("OrderStatus").status_code == 200
    shop.control("POST", "tokens", {"token": TOKEN, "scope": None})
    assert shop.get("OrderStatus").status_code == 401


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("empty", None),
        ("result", "401"),
        ("message", {"Message": "Authorization has been denied for this request."}),
    ],
)
def test_the_body_of_a_401_has_three_shapes(open_shop: OpenShop, rule: str, expected: Any) -> None:
    shop = open_shop(auth_failure_body=rule)
    shop.session.headers["Token"] = "wrong"
    response = shop.get("Orders")
    assert response.status_code == 401
    match rule:
        case "empty":
            assert response.content == b""
        case "result":
            assert response.json()[0]["Key"] == "Error"
            assert response.json()[0]["Status"] == expected
        case _:
            assert response.json() == expected

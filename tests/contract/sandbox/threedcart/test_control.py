"""The control API: seeding of anything, edits by a person, generation, the oracle."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import orjson
import pytest
import requests

from tests.contract.sandbox.threedcart.shop import SECONDS, Shop

_DAY = {"start": "2026-02-28T00:00:00+00:00", "end": "2026-03-01T00:00:00+00:00"}


def test_a_seed_is_completed_into_an_order_whose_money_adds_up(shop: Shop) -> None:
    assert shop.control("POST", "orders", [{"SalesTax": 1.5}, {"OrderID": 77}])["ids"] == [30001, 77]
    order = shop.get("Orders/30001").json()[0]
    assert len(order) == 56
    assert len(order["ShipmentList"][0]) == 27
    assert len(order["OrderItemList"][0]) == 30
    assert order["OrderAmount"] == 20.0 + 7.5 + 1.5


def test_a_taken_order_id_is_refused(shop: Shop) -> None:
    shop.control("POST", "orders", [{"OrderID": 5}])
    with pytest.raises(requests.HTTPError):
        shop.control("POST", "orders", [{"OrderID": 5}])


@pytest.mark.parametrize("given", ["no order", 42, None, [], True, {"OrderID": "x", "OrderItemList": None}])
def test_a_raw_entry_is_served_as_it_is_among_new_orders(shop: Shop, given: Any) -> None:
    ids = shop.control("POST", "orders", {"raw": True, "orders": [given]})["ids"]
    assert shop.get("Orders", orderstatus=1).json() == [given]
    assert shop.get(f"Orders/{ids[0]}").json() == [given]


def test_null_lists_and_missing_keys_survive(shop: Shop) -> None:
    shop.control("POST", "orders", [{"OrderItemList": None, "ShipmentList": None, "QuestionList": None}])
    order = shop.get("Orders").json()[0]
    assert (order["OrderItemList"], order["ShipmentList"], order["QuestionList"]) == (None, None, None)
    raw = {"OrderID": 40000, "OrderStatusID": 1, "Extra": {"a": [1]}}
    shop.control("POST", "orders", {"raw": True, "orders": [raw]})
    assert shop.get("Orders/40000").json() == [raw]


def test_an_order_of_nulls_can_still_be_written(shop: Shop) -> None:
    shop.control("POST", "orders", [{"OrderItemList": None, "ShipmentList": None}])
    assert shop.put("Orders", [{"OrderID": 30001, "OrderStatusID": 5}]).status_code == 200
    assert shop.put("Orders/30001/Shipments/0", {"ShipmentTrackingCode": "1"}).status_code == 404
    assert shop.get("Orders/30001/Items").status_code == 404


def test_an_entry_that_is_not_an_order_cannot_be_written(shop: Shop) -> None:
    ids = shop.control("POST", "orders", {"raw": True, "orders": ["text"]})["ids"]
    assert shop.put(f"Orders/{ids[0]}", {"OrderStatusID": 2}).status_code == 404


def test_literal_bytes_are_served_byte_for_byte(shop: Shop) -> None:
    doubled = '{"OrderID": 1, "OrderID": 2, "OrderAmount": 1e999}'
    latin = base64.b64encode(b'{"BillingCity": "K\xf6ln"}').decode()
    shop.control("POST", "literals", [doubled, {"base64": latin}])
    assert shop.get("Orders").content == f"[{doubled},".encode() + b'{"BillingCity": "K\xf6ln"}]'
    assert shop.put("Orders/30002", {"OrderStatusID": 2}).status_code == 404
    assert [each["OrderID"] for each in shop.control("GET", "orders")["orders"]] == [30001, 30002]


def test_text_survives_the_wire_unchanged(shop: Shop) -> None:
    text = (
        "é \u201c\u201d 漢字 🚲 \u200f\u200b\u00a0 e\u0301 Â® â€™ <script>&amp;\r\n\t\x0b\x00 " + "x" * 60_000
    )
    shop.control("POST", "orders", [{"CustomerComments": text, "BillingState": "US-CA"}])
    assert shop.get("Orders").json()[0]["CustomerComments"] == text


def test_a_person_edits_order_shipment_and_line_under_their_own_name(shop: Shop) -> None:
    shop.control("POST", "orders", [{"OrderItemList": [{"ItemIndexID": 5}]}])
    shop.control("POST", "clock", {"advance": 60})
    described = shop.control(
        "POST",
        "orders/30001",
        {
            "set": {"OrderStatusID": 6},
            "shipments": {"0": {"ShipmentCity": "Elsewhere"}},
            "items": {"5": {"ItemQuantity": 3.0}},
        },
    )
    order = described["order"]
    assert (order["OrderStatusID"], order["UserID"]) == (6, "dana")
    assert order["LastUpdate"] == "2026-03-02T09:01:00"
    assert order["ShipmentList"][0]["ShipmentCity"] == "Elsewhere"
    assert order["ShipmentList"][0]["ShipmentOrderStatus"] == 6
    assert order["OrderItemList"][0]["ItemQuantity"] == 3.0


def test_last_update_may_be_set_before_the_order_date(shop: Shop) -> None:
    shop.control("POST", "orders", [{}])
    shop.control("POST", "orders/30001", {"set": {"LastUpdate": "2026-02-20T00:00:00"}})
    assert shop.ids(lastupdateend="02/20/2026") == [30001]


def test_generation_returns_the_kind_of_each_order(shop: Shop) -> None:
    made = shop.control("POST", "generate", {"seed": 3, "orders": 60, **_DAY})
    kinds = {each["OrderID"]: each["Kind"] for each in shop.control("GET", "orders")["orders"]}
    assert len(kinds) == sum(len(ids) for ids in made["ids"].values()) == 60
    assert {kind: ids for kind, ids in made["ids"].items() if ids} == {
        kind: [each for each in kinds if kinds[each] == kind] for kind in made["ids"]
    }
    assert shop.get("Orders", countonly=1, orderstatus=7).json()["TotalCount"] == len(made["ids"]["cart"])
    assert shop.get("Products", countonly=1).json()["TotalCount"] == 60


def test_a_second_generation_adds_orders_from_the_same_catalogue(shop: Shop) -> None:
    first = shop.control("POST", "generate", {"orders": 5, "mix": {"single": 1}, **_DAY})
    again = shop.control("POST", "generate", {"orders": 5, "mix": {"single": 1}, "seed": 2, **_DAY})
    assert first["warehouse_items"] == again["warehouse_items"]
    assert not set(first["ids"]["single"]) & set(again["ids"]["single"])


def test_the_same_seed_gives_the_same_store_byte_for_byte(open_shop: Callable[..., Shop]) -> None:
    served = []
    for _ in range(2):
        shop = open_shop()
        shop.control("POST", "generate", {"orders": 80, "seed": 5, **_DAY})
        served.append((shop.get("Orders", limit=300).content, shop.get("Products", limit=200).content))
    assert served[0] == served[1]


def test_a_wrong_mix_is_refused_with_its_names(shop: Shop) -> None:
    response = requests.post(
        f"{shop.url}/_sandbox/generate", json={"orders": 5, "mix": {"nonsense": 1}, **_DAY}, timeout=SECONDS
    )
    assert response.status_code == 400
    assert "nonsense" in response.text


def test_the_oracle_returns_the_requested_fields(shop: Shop) -> None:
    shop.control("POST", "orders", [{"OrderStatusID": 11}])
    rows = shop.control("GET", "orders", fields="OrderID,OrderStatusID,BillingCity")
    assert rows == {
        "orders": [{"OrderID": 30001, "OrderStatusID": 11, "BillingCity": "Springfield"}],
        "count": 1,
    }


def test_every_rule_names_its_evidence(shop: Shop) -> None:
    for rule in shop.control("GET", "rules")["rules"]:
        assert rule["evidence"] in ("documented", "observed", "assumed")
        assert rule["source"].startswith("3dcart-api.md section ")
        assert rule["about"]
        if rule["evidence"] == "assumed":  # unverified, so it must be switchable
            assert len(rule["choices"]) > 1 or isinstance(rule["default"], bool | int | float)


def test_the_journal_has_writes_but_no_credentials(shop: Shop) -> None:
    shop.control("POST", "orders", [{}])
    shop.put("Orders", [{"OrderID": 30001, "OrderStatusID": 2}])
    journal = shop.control("GET", "journal")
    assert [each["kind"] for each in journal["entries"]] == ["order.status", "request"]
    assert journal["entries"][1]["detail"] == [{"OrderID": 30001, "OrderStatusID": 2}]
    text = orjson.dumps(journal).decode()
    assert str(shop.session.headers["Token"]) not in text
    assert str(shop.session.headers["PrivateKey"]) not in text

"""Creating, reading, listing and cancelling fulfillment orders, as documented and both ways where nothing is."""

from __future__ import annotations

from typing import Any

import pytest

from cartage_sandbox.mcf import ROOT
from tests.contract.sandbox.mcf.conftest import Seller

ADDRESS = {
    "name": "Ann",
    "addressLine1": "1 Road",
    "city": "Albany",
    "postalCode": "12207",
    "countryCode": "US",
}


def item(quantity: int = 1, **changes: Any) -> dict[str, Any]:
    return {"sellerSku": "MUG", "sellerFulfillmentOrderItemId": "1", "quantity": quantity, **changes}


def test_an_accepted_order_has_no_body_and_reserves_its_units(seller: Seller) -> None:
    seller.accepted("A1")
    shown = seller.read("A1")
    assert shown["fulfillmentOrder"]["fulfillmentOrderStatus"] == "Received"
    assert shown["fulfillmentOrder"]["receivedDate"] == "2026-11-24T15:00:00Z"
    assert shown["fulfillmentOrderItems"][0]["quantity"] == 2
    assert "fulfillmentShipments" not in shown
    [mug] = seller.stock(sellerSkus="MUG", details="true").json()["payload"]["inventorySummaries"]
    details = mug["inventoryDetails"]
    assert (details["fulfillableQuantity"], details["reservedQuantity"]["totalReservedQuantity"]) == (98, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sellerFulfillmentOrderId": "A" * 41}, "sellerFulfillmentOrderId is longer than 40"),
        ({"displayableOrderId": "A" * 41}, "displayableOrderId is longer than 40"),
        ({"displayableOrderId": "A  1"}, "displayableOrderId is invalid"),
        ({"displayableOrderId": "\u6ce8"}, "displayableOrderId is invalid"),
        ({"displayableOrderComment": ""}, "displayableOrderComment is required"),
        ({"displayableOrderComment": "x" * 751}, "displayableOrderComment is longer than 750"),
        ({"displayableOrderDate": "yesterday"}, "displayableOrderDate is invalid"),
        ({"shippingSpeedCategory": "Fast"}, "shippingSpeedCategory is invalid"),
        ({"marketplaceId": "A000000000"}, "marketplaceId is invalid"),
        ({"destinationAddress": {**ADDRESS, "city": ""}}, "destinationAddress.city is required"),
        ({"destinationAddress": {**ADDRESS, "postalCode": ""}}, "destinationAddress.postalCode is required"),
        ({"items": []}, "items is required"),
        ({"items": [item(0)]}, "The quantity for Item Id: 1 is invalid."),
        ({"items": [item(sellerSku="NONE")]}, "the SellerSKU for Item Id: 1 is invalid."),
        ({"items": [item(251)]}, "at most 250 units"),
        ({"items": [item(), item()]}, "The Item Id: 1 is not unique."),
        ({"items": [item(displayableComment="x" * 251)]}, "displayableComment is longer than 250"),
        (
            {"items": [item(sellerFulfillmentOrderItemId=str(number)) for number in range(101)]},
            "at most 100 items",
        ),
    ],
)
def test_a_documented_limit_is_refused(seller: Seller, changes: dict[str, Any], message: str) -> None:
    response = seller.post("A1", **changes)
    assert response.status_code == 400
    assert any(message in text for text in seller.messages(response)), response.text
    assert seller.control("GET", "/orders")["orders"] == []


def test_a_japanese_address_needs_no_city(seller: Seller) -> None:
    address = {**ADDRESS, "countryCode": "JP"}
    del address["city"]
    assert seller.post("A1", destinationAddress=address).status_code == 200


@pytest.mark.parametrize(("text", "says"), [("named", "already exists"), ("vague", "cannot be parsed")])
def test_a_repeated_id_is_refused_or_changes_nothing(seller: Seller, text: str, says: str) -> None:
    seller.accepted("A1")
    seller.rule(repeated_id_text=text)
    assert says in seller.messages(seller.post("A1"))[0]
    seller.rule(repeated_id="accepted")
    assert seller.post("A1", items=[item(9)]).status_code == 200
    assert seller.read("A1")["fulfillmentOrderItems"][0]["quantity"] == 2
    assert seller.control("GET", "/references") == {"A1": 1}


@pytest.mark.parametrize("status", [404, 400])
def test_an_unknown_id_gets_404_or_400(seller: Seller, status: int) -> None:
    seller.rule(unknown_id_status=str(status))
    response = seller.call("GET", f"{ROOT}/NONE")
    assert response.status_code == status
    assert seller.messages(response) == ["The order NONE does not exist."]


def test_an_id_with_a_space_is_forbidden_and_a_plus_becomes_one(seller: Seller) -> None:
    for seller_id in ("A 1", "A+2"):
        seller.accepted(seller_id)
    assert seller.ids() == ["A 1", "A+2"]
    assert seller.call("GET", f"{ROOT}/A%201").status_code == 403
    assert seller.call("GET", f"{ROOT}/A%2B2").status_code == 403
    seller.rule(space_in_id_forbidden=False, plus_in_id_is_a_space=False)
    assert seller.status("A%201") == seller.status("A%2B2") == "Received"


def test_a_new_order_may_not_be_readable_yet(seller: Seller) -> None:
    seller.rule(visible_after_seconds=30.0)
    seller.accepted("A1")
    assert seller.call("GET", f"{ROOT}/A1").status_code == 404
    assert seller.ids() == []
    seller.clock.advance(30)
    assert seller.status("A1") == "Received"


def test_an_order_for_more_than_the_stock_becomes_invalid_or_is_refused(seller: Seller) -> None:
    assert seller.post("A1", items=[item(101)]).status_code == 200
    assert seller.status("A1") == "Invalid"
    seller.rule(short_stock="refused")
    assert "enough sellable" in seller.messages(seller.post("A2", items=[item(101)]))[0]


def test_all_that_is_available_ships_if_the_policy_says_so(seller: Seller) -> None:
    items = [item(2), item(3, sellerSku="HAT", sellerFulfillmentOrderItemId="2")]
    seller.post("A1", items=items, fulfillmentPolicy="FillAllAvailable")
    seller.control("POST", "/ship", {"references": ["A1"]})
    shown = seller.read("A1")
    assert shown["fulfillmentOrder"]["fulfillmentOrderStatus"] == "CompletePartialled"
    assert [line["unfulfillableQuantity"] for line in shown["fulfillmentOrderItems"]] == [0, 2]


# The list


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_the_list_is_paged_by_tokens_and_a_change_hides_no_other(seller: Seller, order: str) -> None:
    seller.rule(list_page_size=2, list_order=order)
    ids = [f"A{number}" for number in range(5)]
    seller.accepted(*ids)
    page = seller.listed()
    seen = [each["sellerFulfillmentOrderId"] for each in page["fulfillmentOrders"]]
    seller.control("POST", "/plan", {"references": [seen[0]]})
    while token := page.get("nextToken"):
        page = seller.listed(nextToken=token)
        seen += [each["sellerFulfillmentOrderId"] for each in page["fulfillmentOrders"]]
    assert set(seen) == set(ids)


def test_the_list_has_what_changed_at_or_after_a_time(seller: Seller) -> None:
    seller.accepted("A1", "A2")
    seller.clock.advance(60)
    seller.control("POST", "/plan", {"references": ["A2"]})
    assert seller.ids(queryStartDate="2026-11-24T15:01:00Z") == ["A2"]
    assert seller.ids(queryStartDate="2026-11-24T15:01:01Z") == []
    assert seller.call("GET", ROOT, queryStartDate="2026-11-24").status_code == 400


def test_a_token_of_the_list_dies(seller: Seller) -> None:
    seller.rule(list_page_size=1)
    seller.accepted("A1", "A2")
    token = seller.listed()["nextToken"]
    seller.clock.advance(31)
    assert "expired" in seller.messages(seller.call("GET", ROOT, nextToken=token))[0]
    assert seller.call("GET", ROOT, nextToken="none").status_code == 400


# Shipping


def test_a_shipment_that_leaves_while_another_is_pending_changes_no_status(seller: Seller) -> None:
    seller.accepted("A1")
    seller.control("POST", "/pick", {"references": ["A1"], "quantities": {"MUG": 1}})
    seller.clock.advance(60)
    seller.control("POST", "/ship", {"references": ["A1"], "pick": False})
    shown = seller.read("A1")
    assert shown["fulfillmentOrder"]["fulfillmentOrderStatus"] == "Processing"
    assert [each["fulfillmentShipmentStatus"] for each in shown["fulfillmentShipments"]] == ["SHIPPED"]
    assert seller.ids(queryStartDate="2026-11-24T15:01:00Z") == []
    seller.control("POST", "/ship", {"references": ["A1"]})
    assert seller.status("A1") == "Complete"
    assert len(seller.read("A1")["fulfillmentShipments"]) == 2


def test_items_say_in_which_package_they_are(seller: Seller) -> None:
    seller.accepted("A1")
    seller.control("POST", "/ship", {"references": ["A1"], "packages_per_order": 2})
    [shipment] = seller.read("A1")["fulfillmentShipments"]
    assert [each["packageNumber"] for each in shipment["fulfillmentShipmentPackage"]] == [1, 2]
    assert [(each["packageNumber"], each["quantity"]) for each in shipment["fulfillmentShipmentItem"]] == [
        (1, 1),
        (2, 1),
    ]
    assert all(each["trackingNumber"] for each in shipment["fulfillmentShipmentPackage"])


def test_a_shipment_that_a_center_gives_up_is_replaced_at_once(seller: Seller) -> None:
    seller.accepted("A1")
    seller.control("POST", "/pick", {"references": ["A1"]})
    seller.control("POST", "/abandon", {"references": ["A1"]})
    first, second = seller.read("A1")["fulfillmentShipments"]
    assert first["fulfillmentShipmentStatus"] == "CANCELLED_BY_FULFILLER"
    assert "shippingDate" not in first
    assert second["fulfillmentShipmentStatus"] == "PENDING"
    assert first["amazonShipmentId"] != second["amazonShipmentId"]


def test_an_order_of_which_nothing_is_found_is_unfulfillable(seller: Seller) -> None:
    seller.accepted("A1")
    seller.control("POST", "/lose", {"references": ["A1"], "quantities": {"MUG": 2}})
    assert seller.status("A1") == "Unfulfillable"


# Cancelling


def test_a_cancel_has_its_effect_later_and_not_while_units_are_picked(seller: Seller) -> None:
    seller.rule(cancel_seconds=60.0)
    seller.accepted("A1", "A2")
    for seller_id in ("A1", "A2"):
        assert seller.call("PUT", f"{ROOT}/{seller_id}/cancel").json() == {}
    seller.control("POST", "/pick", {"references": ["A2"]})
    seller.clock.advance(60)
    assert (seller.status("A1"), seller.status("A2")) == ("Cancelled", "Processing")
    assert "Processing" in seller.messages(seller.call("PUT", f"{ROOT}/A2/cancel"))[0]


def test_a_cancelled_order_gives_its_units_back(seller: Seller) -> None:
    seller.accepted("A1")
    seller.call("PUT", f"{ROOT}/A1/cancel")
    [mug] = [each for each in seller.control("GET", "/items")["items"] if each["sku"] == "MUG"]
    assert (mug["fulfillable"], mug["reserved"]) == (100, 0)
    assert seller.read("A1")["fulfillmentOrderItems"][0]["cancelledQuantity"] == 2


# Previews


def test_a_preview_says_by_speed_what_could_ship_and_keeps_nothing(seller: Seller) -> None:
    seller.rule(speeds="standard")
    body = {"address": ADDRESS, "items": [item()]}
    shown = seller.call("POST", f"{ROOT}/preview", body).json()["payload"]["fulfillmentPreviews"]
    assert {each["shippingSpeedCategory"]: each["isFulfillable"] for each in shown} == {
        "Standard": True,
        "Expedited": False,
        "Priority": False,
    }
    body["items"] = [item(2, sellerSku="HAT"), item(1, sellerSku="NONE", sellerFulfillmentOrderItemId="2")]
    [standard, *_] = seller.call("POST", f"{ROOT}/preview", body).json()["payload"]["fulfillmentPreviews"]
    reasons = [each["itemUnfulfillableReasons"] for each in standard["unfulfillablePreviewItems"]]
    assert reasons == [["InsufficientInventory"], ["InvalidSKU"]]
    assert seller.control("GET", "/orders")["orders"] == []

"""Items, stock, carriers, customers, facilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cartage_sandbox.extensiv import create_warehouse

if TYPE_CHECKING:
    from tests.contract.sandbox.extensiv.conftest import Wms

CUSTOMER_ITEM_REL = "http://api.3plCentral.com/rels/customers/item"


def items(wms: Wms, **params: Any) -> list[dict[str, Any]]:
    response = wms.call("GET", "/customers/12/items", params=params)
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()["_embedded"][CUSTOMER_ITEM_REL]
    return rows


def stock(wms: Wms, sku: str) -> dict[str, Any]:
    path = f"/inventory/stocksummaries?orderednotallocated=true&rql=itemidentifier.sku=={sku}"
    (row,) = wms.call("GET", path).json()["summaries"]
    return {name: value for name, value in row.items() if value != 0.0}


def test_items_are_listed_in_pages_of_ten_to_a_hundred(wms: Wms) -> None:
    wms.control("POST", "/items", [{"sku": f"S{number:03}"} for number in range(120)])
    assert len(items(wms)) == 10
    assert len(items(wms, pgsiz=100)) == 100
    assert len(items(wms, pgsiz=100, pgnum=2)) == 22
    assert wms.call("GET", "/customers/12/items?pgsiz=101").status_code == 400


def test_items_are_looked_up_by_sku_and_by_state(wms: Wms) -> None:
    wms.control("POST", "/items", [{"sku": "OLD", "active": False}, {"sku": "A,B"}])
    assert [item["sku"] for item in items(wms, rql="sku=in=(mug,HAT,NOPE)")] == ["MUG", "HAT"]
    assert [item["sku"] for item in items(wms, rql="sku==A%2CB")] == ["A,B"]
    assert [item["sku"] for item in items(wms, rql="readonly.deactivated==true")] == ["OLD"]
    assert items(wms, rql="sku==OLD")[0]["readOnly"]["deactivated"] is True
    assert wms.call("GET", "/customers/12/items?rql=gorp==1").status_code == 400


def test_items_of_an_unknown_customer_are_404(wms: Wms) -> None:
    assert wms.call("GET", "/customers/99/items").status_code == 404


def test_stock_summaries_have_no_embedded_rows_and_no_customer(wms: Wms) -> None:
    body = wms.call("GET", "/inventory/stocksummaries?rql=customeridentifier.id==12&pgsiz=500").json()
    assert set(body) == {"totalResults", "summaries"}
    assert [row["itemIdentifier"]["sku"] for row in body["summaries"]] == ["MUG", "HAT"]
    assert not any("customer" in name.lower() for row in body["summaries"] for name in row)
    assert wms.call("GET", "/inventory/stocksummaries?pgsiz=501").status_code == 400


def test_stock_reflects_an_order_from_allocation_to_shipment(wms: Wms) -> None:
    lines = [{"itemIdentifier": {"sku": "HAT"}, "qty": 3}]
    wms.accepted("A1", orderItems=lines)
    row = stock(wms, "HAT")
    assert (row["onHand"], row["allocated"], row["orderedNotAllocated"]) == (1, 1, 2)
    assert "available" not in row
    wms.control("POST", "/ship", {"references": ["A1"]})
    assert "onHand" not in stock(wms, "HAT")
    assert "allocated" not in stock(wms, "HAT")


def test_a_cancelled_order_returns_its_stock(wms: Wms) -> None:
    before = stock(wms, "MUG")
    wms.accepted("A1")
    assert stock(wms, "MUG")["available"] == 98
    wms.control("POST", "/cancel", {"references": ["A1"]})
    assert stock(wms, "MUG") == before


def test_stock_is_set_by_hand(wms: Wms) -> None:
    wms.control("POST", "/stock", [{"sku": "MUG", "on_hand": 10, "on_hold": 4, "add": 1}])
    row = stock(wms, "MUG")
    assert (row["onHand"], row["onHold"], row["available"]) == (11, 4, 7)


@pytest.mark.parametrize("query", ["", "?customerid=12", "?facilityid=1"])
def test_stock_details_require_customer_and_facility(wms: Wms, query: str) -> None:
    assert wms.call("GET", f"/inventory/stockdetails{query}").status_code == 400


def test_stock_details_are_embedded_under_a_bare_key(wms: Wms) -> None:
    body = wms.call("GET", "/inventory/stockdetails?customerid=12&facilityid=1").json()
    assert [row["onHand"] for row in body["_embedded"]["item"]] == [100, 1]
    assert wms.call("GET", "/inventory/stockdetails?customerid=12&facilityid=2").json()["totalResults"] == 0


def test_what_is_ordered_and_not_allocated_is_null_unless_it_is_asked_for(wms: Wms) -> None:
    wms.accepted("A1", orderItems=[{"itemIdentifier": {"sku": "HAT"}, "qty": 3}])
    path = "/inventory/stocksummaries?rql=itemidentifier.sku==HAT"

    def shown(asked: str) -> object:
        (row,) = wms.call("GET", path + asked).json()["summaries"]
        return row["orderedNotAllocated"]

    assert (shown(""), shown("&orderednotallocated=true")) == (None, 2)
    wms.rule(ordered_not_allocated_on_request=False)
    assert shown("") == 2


def test_carriers_come_without_a_total_beside_the_defaults(wms: Wms) -> None:
    body = wms.call("GET", "/properties/carriers").json()
    assert set(body) == {"defaultBillingCodes", "defaultShipmentServices", "_embedded"}
    assert {"code": "STD", "description": "Standard", "deactivated": False} in body["defaultShipmentServices"]


def test_a_carrier_may_be_deactivated_or_not_allowed_on_orders(wms: Wms) -> None:
    flags = [{"name": "Old", "deactivated": True}, {"name": "Freight", "disallow_on_order": True}]
    wms.control("POST", "/carriers", flags)
    (carriers,) = wms.call("GET", "/properties/carriers").json()["_embedded"].values()
    assert [(row["name"], row["deactivated"], row["disallowOnOrder"]) for row in carriers] == [
        ("Old", True, False),
        ("Freight", False, True),
    ]


def test_a_facility_names_its_time_zone_as_windows_does(wms: Wms) -> None:
    (rows,) = wms.call("GET", "/properties/facilities").json()["_embedded"].values()
    assert [row["timeZoneName"] for row in rows] == ["Eastern Standard Time"]


def test_carriers_list_services_and_billing_codes(wms: Wms) -> None:
    body = wms.call("GET", "/properties/carriers").json()
    carriers = body["_embedded"]["http://api.3plCentral.com/rels/properties/carrier"]
    ups = next(carrier for carrier in carriers if carrier["name"] == "UPS")
    assert ups["scacCode"] == "UPSN"
    assert "Ground" in [service["description"] for service in ups["shipmentServices"]]
    assert "Prepaid" in [billing["code"] for billing in ups["billingCodes"]]


def test_carriers_are_replaced_by_the_control_api(wms: Wms) -> None:
    carrier = {"name": "Pigeon", "scac": "PIGN", "services": [{"code": "F", "description": "Fast"}]}
    wms.control("POST", "/carriers", [carrier])
    body = wms.call("GET", "/properties/carriers").json()
    assert [carrier["name"] for carrier in next(iter(body["_embedded"].values()))] == ["Pigeon"]


@pytest.mark.parametrize("path", ["/customers", "/properties/facilities"])
def test_customers_and_facilities_are_listed(wms: Wms, path: str) -> None:
    assert wms.call("GET", path).json()["totalResults"] == 1


def test_every_rule_says_what_it_does_and_names_its_source(wms: Wms) -> None:
    for rule in wms.control("GET", "/rules")["rules"]:
        assert rule["about"], rule
        assert rule["source"].startswith("warehouse-apis.md section"), rule
        assert rule["evidence"] in ("documented", "observed", "assumed"), rule


def test_emulators_share_no_state() -> None:
    first, second = create_warehouse(), create_warehouse()
    first.state.catalogue.put_item({"sku": "MUG"}, first.state.now())
    assert list(second.state.catalogue.items()) == []


@pytest.mark.parametrize(
    ("response", "rows"),
    [
        ("true", [("MUG", 100.0, 1), ("HAT", 1.0, 1)]),
        ("empty", []),
        ("zeros", [("MUG", 0.0, 1), ("HAT", 0.0, 1)]),
        ("halved", [("MUG", 100.0, 1)]),
        ("other_facility", [("MUG", 100.0, 2), ("HAT", 1.0, 2)]),
    ],
)
def test_a_rule_makes_the_reported_stock_wrong(
    wms: Wms, response: str, rows: list[tuple[str, float, int]]
) -> None:
    wms.rule(stock_response=response)
    body = wms.call("GET", "/inventory/stocksummaries").json()
    found = [(row["itemIdentifier"]["sku"], row["onHand"], row["facilityId"]) for row in body["summaries"]]
    assert (body["totalResults"], found) == (len(rows), rows)


def test_cached_stock_has_an_age_or_keeps_the_original_date(wms: Wms) -> None:
    wms.rule(stock_response="cached_age", stock_age_seconds=7200)
    assert wms.call("GET", "/inventory/stocksummaries").headers["Age"] == "7200"
    wms.rule(stock_response="cached_date")
    response = wms.call("GET", "/inventory/stocksummaries")
    assert response.headers["Date"] == "Tue, 24 Nov 2026 13:00:00 GMT"
    assert wms.call("GET", "/customers/12/items").headers["Date"] == "Tue, 24 Nov 2026 15:00:00 GMT"


def test_items_without_stock_may_be_left_out(wms: Wms) -> None:
    wms.control("POST", "/items", [{"sku": "HAT", "qty": 0}])
    assert wms.call("GET", "/inventory/stocksummaries").json()["totalResults"] == 2
    wms.rule(stock_empty_rows=False)
    assert wms.call("GET", "/inventory/stocksummaries").json()["totalResults"] == 1

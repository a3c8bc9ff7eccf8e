"""POST /orders: what is accepted, what is refused, and that a reference is used once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cartage_sandbox.kernel import Fault

if TYPE_CHECKING:
    from tests.contract.sandbox.extensiv.conftest import Wms

ITEM_REL = "http://api.3plCentral.com/rels/orders/item"


def fault_of(response: requests.Response) -> tuple[str, str, Any]:
    """Return code, name and value of the only validation fault in a 400."""
    body = response.json()
    assert response.status_code == 400
    assert body["$type"].startswith("WMS.V2.Generic.Models.Exceptions.ModelValidationException")
    (named,) = body["Properties"]
    return body["ErrorCode"], named["Name"], named["Value"]


def test_an_accepted_order_is_a_201_with_etag_and_the_servers_own_fields(wms: Wms) -> None:
    response = wms.post("A1")
    order = response.json()
    assert response.status_code == 201
    assert response.headers["ETag"]
    assert response.headers["Content-Type"].startswith("application/hal+json")
    assert order["readOnly"]["status"] == 0
    assert order["readOnly"]["customerIdentifier"] == {
        "externalId": "HARBOR",
        "name": "Harbor Goods",
        "id": 12,
    }
    (line,) = order["_embedded"][ITEM_REL]
    assert (line["itemIdentifier"]["sku"], line["qty"], line["externalId"]) == ("MUG", 2.0, "line-1")
    assert line["readOnly"]["orderItemId"]
    assert order["shipTo"]["name"] == "Zoë Núñez"


def test_an_accepted_order_is_in_the_journal_once_under_its_reference(wms: Wms) -> None:
    wms.accepted("A1")
    (effect,) = wms.control("GET", "/journal?kind=order.created")["entries"]
    assert effect["key"] == "A1"
    assert wms.control("GET", "/references") == {"A1": 1}


def test_lines_may_be_embedded_and_names_in_pascal_case(wms: Wms) -> None:
    lines = [{"itemIdentifier": {"sku": "MUG"}, "qty": 1}]
    order = wms.order("A1", _embedded={ITEM_REL: lines})
    del order["orderItems"]
    assert wms.call("POST", "/orders", order).status_code == 201
    pascal = {name[0].upper() + name[1:]: value for name, value in wms.order("A2").items()}
    assert wms.call("POST", "/orders", pascal).json()["referenceNum"] == "A2"


@pytest.mark.parametrize(
    "identifier", [{"id": 12}, {"id": "12"}, {"name": "Harbor Goods"}, {"externalId": "HARBOR"}]
)
def test_a_customer_may_be_named_in_any_documented_way(wms: Wms, identifier: dict[str, Any]) -> None:
    wms.accepted("A1", customerIdentifier=identifier)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("customerIdentifier", "CustomerIdentifier"),
        ("facilityIdentifier", "FacilityIdentifier"),
        ("referenceNum", "ReferenceNum"),
        ("shipTo", "ShipTo"),
        ("orderItems", "OrderItems"),
    ],
)
def test_a_missing_required_field_is_named(wms: Wms, field: str, name: str) -> None:
    assert fault_of(wms.post("A1", **{field: None}))[:2] == ("Required", name)


def test_an_unknown_sku_does_not_exist_and_is_named(wms: Wms) -> None:
    lines = [{"itemIdentifier": {"sku": "NOPE"}, "qty": 1}]
    assert fault_of(wms.post("A1", orderItems=lines)) == ("DoesNotExist", "ItemIdentifier.Sku", "NOPE")
    assert wms.control("GET", "/orders") == {"orders": []}


def test_a_deactivated_sku_does_not_exist(wms: Wms) -> None:
    wms.control("POST", "/items", [{"sku": "MUG", "active": False}])
    assert fault_of(wms.post("A1"))[0] == "DoesNotExist"


def test_an_sku_that_is_added_later_is_then_accepted(wms: Wms) -> None:
    lines = [{"itemIdentifier": {"sku": "NEW"}, "qty": 1}]
    assert wms.post("A1", orderItems=lines).status_code == 400
    wms.control("POST", "/items", [{"sku": "NEW", "qty": 5}])
    wms.accepted("A1", orderItems=lines)


@pytest.mark.parametrize("identifier", [{"id": 99}, {"name": "Nobody"}, {"id": "x"}, {"externalId": "?"}])
def test_an_unknown_customer_does_not_exist(wms: Wms, identifier: dict[str, Any]) -> None:
    assert fault_of(wms.post("A1", customerIdentifier=identifier))[:2] == (
        "DoesNotExist",
        "CustomerIdentifier",
    )


@pytest.mark.parametrize("qty", [0, -1, None, "many", True])
def test_quantity_must_be_greater_than_zero(wms: Wms, qty: Any) -> None:
    lines = [{"itemIdentifier": {"sku": "MUG"}, "qty": qty}]
    assert fault_of(wms.post("A1", orderItems=lines))[:2] == ("Required", "Qty")


def test_several_faults_are_in_one_list(wms: Wms) -> None:
    body = wms.post("", shipTo=None).json()
    assert body["$type"].startswith("WMS.V2.Generic.Models.Exceptions.ListException")
    assert [fault["Properties"][0]["Name"] for fault in body["Faults"]] == ["ReferenceNum", "ShipTo"]


def test_an_incomplete_address_is_refused_unless_the_rule_is_off(wms: Wms) -> None:
    address = {**wms.order("A1")["shipTo"], "address1": " "}
    assert fault_of(wms.post("A1", shipTo=address))[1] == "ShipTo.Address1"
    wms.rule(needs_complete_address=False)
    wms.accepted("A1", shipTo=address)


def test_a_text_longer_than_its_rule_is_refused(wms: Wms) -> None:
    wms.rule(max_length_address1=10, max_length_notes=3)
    assert fault_of(wms.post("A1", shipTo={**wms.order("A1")["shipTo"], "address1": "x" * 11}))[:2] == (
        "ValueNotSupported",
        "ShipTo.Address1",
    )
    assert fault_of(wms.post("A1", notes="long"))[1] == "Notes"


def test_an_unknown_carrier_passes_unless_the_rule_checks_it(wms: Wms) -> None:
    wms.accepted("A1", routingInfo={"carrier": "Pigeon"})
    wms.rule(needs_known_carrier=True)
    assert fault_of(wms.post("A2", routingInfo={"carrier": "Pigeon"}))[1] == "RoutingInfo.Carrier"


def test_a_description_instead_of_a_services_code_passes_unless_the_rule_checks_it(wms: Wms) -> None:
    wms.accepted("A1", routingInfo={"carrier": "UPS", "mode": "Ground"})
    wms.rule(needs_known_service=True)
    refused = wms.post("A2", routingInfo={"carrier": "UPS", "mode": "Ground"})
    assert fault_of(refused)[:2] == ("DoesNotExist", "RoutingInfo.Mode")
    wms.accepted("A3", routingInfo={"carrier": "UPS", "mode": "03"})


@pytest.mark.parametrize("body", [b"", b"{half", b"[]", b'"text"'])
def test_a_body_that_is_not_an_order_is_refused(wms: Wms, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = wms.http.post(f"{wms.url}/orders", data=body, headers=headers, timeout=5)
    assert response.status_code == 400


def test_a_different_media_type_is_refused(wms: Wms) -> None:
    headers = {"Content-Type": "text/plain"}
    assert wms.http.post(f"{wms.url}/orders", data="{}", headers=headers, timeout=5).status_code == 415


def test_a_repeated_reference_is_refused_as_duplicate_without_the_existing_id(wms: Wms) -> None:
    first = wms.accepted("A1")
    again = wms.post("A1", poNum="other")
    assert fault_of(again) == ("Duplicate", "ReferenceNum", "A1")
    assert str(first["readOnly"]["orderId"]) not in again.text
    assert wms.control("GET", "/references") == {"A1": 1}


def test_letter_case_counts_in_references_only_if_the_rule_says_so(wms: Wms) -> None:
    wms.accepted("a1")
    assert fault_of(wms.post("A1"))[0] == "Duplicate"
    wms.rule(text_case_sensitive=True)
    wms.accepted("A1")


@pytest.mark.parametrize(("scope", "status"), [("customer", 201), ("global", 400)])
def test_a_rule_decides_whether_another_customers_reference_is_taken(
    wms: Wms, scope: str, status: int
) -> None:
    wms.rule(duplicate_scope=scope)
    wms.control("POST", "/customers", [{"id": 13, "name": "Other"}])
    wms.control("POST", "/items", [{"sku": "MUG", "qty": 1, "customer_id": 13}])
    wms.accepted("A1")
    assert wms.post("A1", customerIdentifier={"id": 13}).status_code == status


@pytest.mark.parametrize(("counts", "status"), [(True, 400), (False, 201)])
def test_a_rule_decides_whether_a_cancelled_orders_reference_is_taken(
    wms: Wms, counts: bool, status: int
) -> None:
    wms.rule(duplicate_counts_cancelled=counts)
    wms.accepted("A1")
    wms.control("POST", "/cancel", {"references": ["A1"]})
    assert wms.post("A1").status_code == status


def test_check_for_duplicates_can_be_off(wms: Wms) -> None:
    wms.rule(duplicate_refused=False)
    wms.accepted("A1")
    wms.accepted("A1")
    assert wms.control("GET", "/references") == {"A1": 2}
    assert len(wms.found("referenceNum==A1")) == 2


def test_many_clients_with_the_same_reference_create_one_order(wms: Wms) -> None:
    body = wms.order("A1")
    headers = dict(wms.http.headers)

    def send(_: int) -> int:
        return requests.post(f"{wms.url}/orders", json=body, headers=headers, timeout=5).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(send, range(8)))
    assert statuses == [201] + [400] * 7
    assert wms.control("GET", "/references") == {"A1": 1}


def test_a_response_lost_after_the_effect_leaves_an_order_that_can_be_found(wms: Wms) -> None:
    wms.emulator.faults.add(Fault("POST /orders$", "reset", "after"))
    with pytest.raises(requests.ConnectionError):
        wms.post("A1")
    assert wms.references("referenceNum==A1") == ["A1"]
    assert fault_of(wms.post("A1"))[0] == "Duplicate"


def test_a_connection_lost_before_the_effect_leaves_nothing(wms: Wms) -> None:
    wms.emulator.faults.add(Fault("POST /orders$", "reset", "before"))
    with pytest.raises(requests.ConnectionError):
        wms.post("A1")
    assert wms.references("referenceNum==A1") == []
    wms.accepted("A1")


def test_a_retrying_proxy_shows_a_duplicate_for_an_accepted_order(wms: Wms) -> None:
    wms.emulator.faults.add(Fault("POST /orders$", "duplicate"))
    assert fault_of(wms.post("A1"))[0] == "Duplicate"
    assert wms.control("GET", "/references") == {"A1": 1}


def test_an_address_is_shown_as_sent_or_as_the_address_correction_writes_it(wms: Wms) -> None:
    sent = {
        "name": "José Núñez",
        "address1": "12 Luna Street, Apartment 4",
        "city": "San Juan",
        "state": "PR",
        "zip": "00901",
        "country": "US",
    }
    wms.accepted("A1", shipTo=sent)
    wms.accepted("A2", shipTo={**sent, "city": "Ottawa", "state": "ON", "zip": "K1A 0B1", "country": "CA"})
    assert {order["referenceNum"]: order["shipTo"] for order in wms.found("referenceNum==A1")}["A1"] == sent
    wms.rule(address_shown="corrected")
    [first] = wms.found("referenceNum==A1")
    assert first["shipTo"] == {
        "name": "JOSE NUNEZ",
        "address1": "12 LUNA ST APT 4",
        "city": "SAN JUAN",
        "state": "",
        "zip": "00901-0001",
        "country": "PUERTO RICO",
    }
    [second] = wms.found("referenceNum==A2")
    assert (second["shipTo"]["zip"], second["shipTo"]["country"]) == ("K1A0B1", "CANADA")

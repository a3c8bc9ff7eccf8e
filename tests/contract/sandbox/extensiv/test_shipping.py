"""The warehouse floor: packages and tracking, voids, corrections, splits, and automatic shipping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.contract.sandbox.extensiv.conftest import Wms

TWO_LINES = [{"itemIdentifier": {"sku": sku}, "qty": 1} for sku in ("MUG", "HAT")]


def ship(wms: Wms, *references: str, **how: Any) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = wms.control("POST", "/ship", {"references": references, **how})["orders"]
    return orders


def numbers(order: dict[str, Any]) -> list[str]:
    return [package["tracking_number"] for package in order["packages"]]


def shown(wms: Wms, reference: str) -> dict[str, Any]:
    (order,) = wms.found(f"referenceNum=={reference}", detail="All")
    return order


def test_a_shipped_order_is_closed_with_packages_that_hold_its_lines(wms: Wms) -> None:
    wms.accepted("A1", orderItems=TWO_LINES)
    wms.clock.advance(60)
    (shipped,) = ship(wms, "A1", packages_per_order=2)
    order = shown(wms, "A1")
    packages = order["readOnly"]["packages"]
    assert order["readOnly"]["isClosed"] is True
    assert order["readOnly"]["status"] == 1
    assert order["readOnly"]["processDate"] == order["readOnly"]["lastModifiedDate"] == "2026-11-24T15:01:00"
    assert [package["trackingNumber"] for package in packages] == numbers(shipped)
    assert [package["packageContents"][0]["itemIdentifier"]["sku"] for package in packages] == ["MUG", "HAT"]
    assert len({package["packageId"] for package in packages}) == 2


def test_the_quantity_of_a_line_is_divided_among_packages(wms: Wms) -> None:
    wms.accepted("A1", orderItems=[{"itemIdentifier": {"sku": "MUG"}, "qty": 3}])
    (shipped,) = ship(wms, "A1", packages_per_order=2)
    assert [package["contents"][0]["qty"] for package in shipped["packages"]] == [2, 1]


def test_packages_are_a_separate_resource(wms: Wms) -> None:
    order = wms.accepted("A1")
    (shipped,) = ship(wms, "A1")
    body = wms.call("GET", f"/orders/{order['readOnly']['orderId']}/packages").json()
    (package,) = body["_embedded"]["http://api.3plCentral.com/rels/orders/package"]
    (content,) = package["_embedded"]["http://api.3plCentral.com/rels/orders/packagecontent"]
    assert package["trackingNumber"] == numbers(shipped)[0]
    assert content["qty"] == 2.0


@pytest.mark.parametrize(
    ("rule", "places"),
    [
        ("all", {"packages", "routing", "parcel"}),
        ("packages", {"packages"}),
        ("routing", {"routing"}),
        ("parcel", {"parcel"}),
    ],
)
def test_tracking_appears_in_the_places_of_the_rule(wms: Wms, rule: str, places: set[str]) -> None:
    wms.rule(tracking_shown=rule)
    wms.accepted("A1")
    (shipped,) = ship(wms, "A1")
    order = shown(wms, "A1")
    seen = {
        "packages": [package["trackingNumber"] for package in order["readOnly"]["packages"]],
        "routing": [order["routingInfo"].get("trackingNumber")],
        "parcel": order.get("parcelResponse", {}).get("trackingNumbers"),
    }
    assert {place for place, found in seen.items() if found == numbers(shipped)} == places


def test_tracking_numbers_are_unique_and_the_same_for_the_same_seed(wms: Wms) -> None:
    for number in range(20):
        wms.accepted(f"A{number}")
    shipped = wms.control("POST", "/ship", {"all": True, "carrier": "USPS"})["orders"]
    assert len({numbers(order)[0] for order in shipped}) == 20
    assert all(numbers(order)[0].startswith("9400") for order in shipped)


def test_packages_may_appear_before_the_order_is_confirmed(wms: Wms) -> None:
    wms.accepted("A1")
    (packed,) = ship(wms, "A1", confirm=False)
    assert shown(wms, "A1")["readOnly"]["isClosed"] is False
    assert numbers(packed)
    assert wms.control("GET", "/journal?kind=order.packed")["entries"]


def test_a_shipped_order_is_not_shipped_again(wms: Wms) -> None:
    wms.accepted("A1")
    ship(wms, "A1")
    assert ship(wms, "A1") == []
    assert len(wms.control("GET", "/journal?kind=order.shipped")["entries"]) == 1


def test_an_unknown_reference_is_refused(wms: Wms) -> None:
    with pytest.raises(AssertionError, match="no order with reference A9"):
        ship(wms, "A9")


def test_a_shipment_without_packages_is_refused_and_changes_nothing(wms: Wms) -> None:
    wms.accepted("A1")
    with pytest.raises(AssertionError, match="at least one part"):
        ship(wms, "A1", packages_per_order=0)
    assert wms.control("GET", "/orders")["orders"][0]["state"] == "open"


def test_a_voided_package_disappears_and_the_order_counts_as_changed(wms: Wms) -> None:
    wms.accepted("A1")
    ship(wms, "A1")
    wms.clock.advance(60)
    wms.control("POST", "/void", {"references": ["A1"], "reopen": True})
    order = shown(wms, "A1")
    assert order["readOnly"]["packages"] == []
    assert order["readOnly"]["isClosed"] is False
    assert order["readOnly"]["lastModifiedDate"] == "2026-11-24T15:01:00"
    assert len(ship(wms, "A1")) == 1


def test_a_corrected_tracking_number_keeps_its_package_id(wms: Wms) -> None:
    wms.accepted("A1")
    (shipped,) = ship(wms, "A1")
    before = shown(wms, "A1")["readOnly"]["packages"][0]
    wms.control("POST", "/correct", {"all": True, "old": numbers(shipped)[0], "new": "1ZNEW"})
    after = shown(wms, "A1")["readOnly"]["packages"][0]
    assert (after["packageId"], after["trackingNumber"]) == (before["packageId"], "1ZNEW")


def test_orders_ship_automatically_after_the_seconds_of_the_rule(wms: Wms) -> None:
    wms.rule(auto_ship_seconds=120)
    wms.accepted("A1")
    wms.clock.advance(60)
    wms.accepted("A2")
    wms.clock.advance(60)
    assert wms.references("readonly.isclosed==true") == ["A1"]
    wms.clock.advance(600)
    assert wms.references("readonly.isclosed==true") == ["A1", "A2"]
    assert shown(wms, "A2")["readOnly"]["processDate"] == "2026-11-24T15:03:00"


def test_a_cancelled_order_does_not_ship_automatically(wms: Wms) -> None:
    wms.rule(auto_ship_seconds=60)
    wms.accepted("A1")
    wms.control("POST", "/cancel", {"references": ["A1"]})
    wms.clock.advance(61)
    assert wms.control("GET", "/orders")["orders"][0]["state"] == "canceled"


@pytest.mark.parametrize(
    ("original", "live", "states"),
    [
        ("renamed", ["A1-1", "A1-2"], {"A1-1": "open", "A1-2": "open"}),
        ("kept", ["A1", "A1-1"], {"A1": "open", "A1-1": "open"}),
        ("cancelled", ["A1-1", "A1-2"], {"A1": "canceled", "A1-1": "open", "A1-2": "open"}),
    ],
)
def test_a_split_makes_parts_named_after_the_reference(
    wms: Wms, original: str, live: list[str], states: dict[str, str]
) -> None:
    wms.rule(split_original=original)
    wms.accepted("A1", orderItems=TWO_LINES)
    parts = wms.control("POST", "/split", {"references": ["A1"]})["orders"]
    assert [part["reference"] for part in parts] == live
    assert [line["sku"] for part in parts for line in part["lines"]] == ["MUG", "HAT"]
    shipped = wms.control("GET", "/orders")["orders"]
    assert {order["reference"]: order["state"] for order in shipped} == states
    assert {order["accepted_as"] for order in shipped} == {"A1"}
    assert wms.control("GET", "/references") == {"A1": 1}
    assert wms.references("referenceNum==A1-*") == [part for part in live if part != "A1"]


def test_an_immediate_split_leaves_no_order_under_the_submitted_reference(wms: Wms) -> None:
    wms.rule(split_share=1.0)
    wms.accepted("A1")
    assert wms.references("referenceNum==A1") == []
    assert wms.references("referenceNum==A1,referenceNum==A1-*") == ["A1-1", "A1-2"]


@pytest.mark.parametrize(("counts", "status"), [(False, 201), (True, 400)])
def test_a_rule_decides_whether_a_split_orders_reference_is_taken(
    wms: Wms, counts: bool, status: int
) -> None:
    wms.rule(split_share=1.0, duplicate_counts_split=counts)
    wms.accepted("A1")
    assert wms.post("A1").status_code == status


def test_parts_ship_one_at_a_time_or_together_by_the_submitted_reference(wms: Wms) -> None:
    wms.rule(split_share=1.0)
    for reference in ("A1", "B1"):
        wms.accepted(reference)
    assert [order["reference"] for order in ship(wms, "A1-2")] == ["A1-2"]
    assert [order["reference"] for order in ship(wms, "B1")] == ["B1-1", "B1-2"]


def test_a_single_unit_cannot_be_split(wms: Wms) -> None:
    wms.rule(split_share=1.0)
    wms.accepted("A1", orderItems=TWO_LINES[:1])
    assert wms.references("referenceNum==A1*") == ["A1"]


def test_picking_fewer_or_different_items_changes_lines_packages_and_stock(wms: Wms) -> None:
    wms.accepted("A1", orderItems=[{"itemIdentifier": {"sku": "MUG"}, "qty": 3}, *TWO_LINES[1:]])
    wms.control("POST", "/pick", {"references": ["A1"], "quantities": {"MUG": 1}, "instead": {"HAT": "MUG"}})
    (shipped,) = ship(wms, "A1")
    assert [(line["sku"], line["qty"]) for line in shipped["lines"]] == [("MUG", 1), ("MUG", 1)]
    assert [(each["sku"], each["qty"]) for each in shipped["packages"][0]["contents"]] == [
        ("MUG", 1),
        ("MUG", 1),
    ]
    items = {item["sku"]: item for item in wms.control("GET", "/items")["items"]}
    assert items["HAT"]["allocated"] == items["MUG"]["allocated"] == 0


def test_a_line_without_picked_items_does_not_ship(wms: Wms) -> None:
    wms.accepted("A1", orderItems=TWO_LINES)
    wms.control("POST", "/pick", {"references": ["A1"], "quantities": {"HAT": 0}})
    (shipped,) = ship(wms, "A1")
    assert [line["sku"] for line in shipped["lines"]] == ["MUG"]


def test_a_loaded_out_order_says_when_and_counts_as_changed(wms: Wms) -> None:
    wms.accepted("A1")
    ship(wms, "A1")
    assert shown(wms, "A1")["readOnly"]["loadOutDoneDate"] is None
    wms.clock.advance(60)
    wms.control("POST", "/load_out", {"references": ["A1"]})
    read_only = shown(wms, "A1")["readOnly"]
    # The floor's clock is the facility's, five hours behind in winter.
    assert read_only["loadOutDoneDate"] == "2026-11-24T10:01:00"
    assert read_only["lastModifiedDate"] == "2026-11-24T15:01:00"
    wms.rule(floor_timestamps="as-others")
    assert shown(wms, "A1")["readOnly"]["loadOutDoneDate"] == "2026-11-24T15:01:00"


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("bare", "{0}"),
        ("grouped", "{grouped}"),
        ("joined", "{0} / {1}"),
        ("note", "N/A"),
        ("routed", "42010001{0}"),
    ],
)
def test_tracking_fields_are_written_as_the_rule_says(wms: Wms, written: str, field: str) -> None:
    wms.rule(tracking_written=written)
    wms.accepted("A1", orderItems=TWO_LINES)
    (shipped,) = ship(wms, "A1", packages_per_order=2, carrier="USPS")
    first, second = numbers(shipped)
    order = shown(wms, "A1")
    zip_code = order["shipTo"]["zip"][:5]
    grouped = " ".join(first[start : start + 4] for start in range(0, len(first), 4))
    wanted = field.replace("10001", zip_code).format(first, second, grouped=grouped)
    [in_first, in_second] = [package["trackingNumber"] for package in order["readOnly"]["packages"]]
    assert in_first == wanted
    assert (in_second is None) == (written == "joined")
    routing = {"grouped": grouped, "note": "N/A"}.get(written, first)
    assert order["routingInfo"]["trackingNumber"] == routing


def test_packages_without_ids_of_their_own_have_zero(wms: Wms) -> None:
    wms.rule(package_ids="zero")
    wms.accepted("A1", orderItems=TWO_LINES)
    ship(wms, "A1", packages_per_order=2)
    assert [package["packageId"] for package in shown(wms, "A1")["readOnly"]["packages"]] == [0, 0]


def test_a_master_number_is_the_order_s_and_no_package_s(wms: Wms) -> None:
    wms.rule(master_numbers=True)
    wms.accepted("A1", orderItems=TWO_LINES)
    wms.accepted("A2")
    (two,) = ship(wms, "A1", packages_per_order=2)
    (single,) = ship(wms, "A2")
    order = shown(wms, "A1")
    assert order["routingInfo"]["trackingNumber"] not in numbers(two)
    assert order["parcelResponse"]["trackingNumbers"] == numbers(two)
    assert shown(wms, "A2")["routingInfo"]["trackingNumber"] == numbers(single)[0]


def test_picking_has_the_facilitys_time(wms: Wms) -> None:
    wms.accepted("A1")
    ship(wms, "A1")
    read_only = shown(wms, "A1")["readOnly"]
    assert (read_only["pickDoneDate"], read_only["shipDate"]) == (
        "2026-11-24T10:00:00",
        "2026-11-24T15:00:00",
    )


def test_a_closed_order_may_have_a_ship_date_only(wms: Wms) -> None:
    wms.rule(process_date_shown=False)
    wms.accepted("A1")
    ship(wms, "A1")
    read_only = shown(wms, "A1")["readOnly"]
    assert (read_only["processDate"], read_only["shipDate"]) == (None, "2026-11-24T15:00:00")


def test_an_incomplete_order_does_not_ship_until_it_is_completed(wms: Wms) -> None:
    order = wms.accepted("A1", deferNotification=True)
    assert order["readOnly"]["deferNotification"] is True
    assert ship(wms, "A1") == []
    path = f"/orders/{order['readOnly']['orderId']}"
    assert wms.call("POST", f"{path}/completer", {}).status_code == 428
    etag = {"If-Match": wms.call("GET", path).headers["ETag"]}
    assert wms.call("POST", f"{path}/completer", {}, headers=etag).status_code == 204
    assert shown(wms, "A1")["readOnly"]["deferNotification"] is False
    again = {"If-Match": wms.call("GET", path).headers["ETag"]}
    assert wms.call("POST", f"{path}/completer", {}, headers=again).status_code == 403
    assert len(ship(wms, "A1")) == 1


def test_a_rule_leaves_every_order_incomplete(wms: Wms) -> None:
    assert wms.accepted("A1")["readOnly"]["deferNotification"] is False
    wms.rule(completes_automatically=False)
    assert wms.accepted("A2")["readOnly"]["deferNotification"] is True

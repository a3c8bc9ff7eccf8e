"""Packages of an order from packages, routingInfo and parcelResponse, whatever is written there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cartage.model.orders import PackageContent
from cartage.warehouses.extensiv import wire
from cartage.warehouses.extensiv.packages import packages

PACKAGE_REL = "http://api.3plCentral.com/rels/orders/package"
CONTENT_REL = "http://api.3plCentral.com/rels/orders/packagecontent"
A, B, C = "1Z5R89390357567127", "1Z879E930346834440", "1Z410E7W0392751591"
USPS, MASTER = "9400111201080805483016", "M000000123"


def shown(
    cartons: list[dict[str, Any]],
    *,
    routing: str = "",
    parcel: list[str] | None = None,
    embedded: list[dict[str, Any]] | None = None,
    lines: list[dict[str, Any]] | None = None,
) -> wire.Order:
    more = {"_embedded": {PACKAGE_REL: embedded}} if embedded else {}
    return wire.Order.model_validate(
        {
            "readOnly": {"orderId": 7, "status": 1, "isClosed": True, "packages": cartons},
            "referenceNum": "A3_1_0",
            "routingInfo": {"carrier": "UPS", "trackingNumber": routing or None},
            "parcelResponse": {"trackingNumbers": parcel or []},
            "orderItems": lines or [],
            **more,
        }
    )


def carton(package_id: Any, number: str | None, **more: Any) -> dict[str, Any]:
    return {"packageId": package_id, "trackingNumber": number, **more}


def named(order: wire.Order) -> list[tuple[str, str]]:
    return [(package.key, package.tracking) for package in packages(order)]


def test_a_barcode_in_one_place_and_the_bare_number_in_another_are_one_package() -> None:
    order = shown([carton(1, f"42094105{USPS}")], routing=USPS, parcel=[USPS])
    assert named(order) == [("1", USPS)]


@pytest.mark.parametrize("parcel", [[], [A, B]])
def test_a_master_number_is_no_further_package(parcel: list[str]) -> None:
    assert named(shown([carton(1, A), carton(2, B)], routing=MASTER, parcel=parcel)) == [("1", A), ("2", B)]


def test_a_master_number_of_labels_without_cartons_is_no_further_package() -> None:
    assert named(shown([], routing=MASTER, parcel=[A, B])) == [(A, A), (B, B)]


def test_a_number_in_routing_alone_is_a_package() -> None:
    assert named(shown([], routing=A)) == [(A, A)]


def test_a_label_that_no_carton_names_is_a_further_package() -> None:
    assert named(shown([carton(1, A)], routing=A, parcel=[A, B])) == [("1", A), (B, B)]


@pytest.mark.parametrize("no_id", [0, "0", "", None])
def test_two_cartons_without_an_id_are_two(no_id: Any) -> None:
    order = shown([carton(no_id, A), carton(no_id, B)], routing=A, parcel=[A, B])
    assert named(order) == [(A, A), (B, B)]


def test_two_cartons_without_an_id_and_without_a_number_are_two() -> None:
    assert named(shown([carton(0, None), carton(0, "N/A")])) == [("carton 1", ""), ("carton 2", "")]


def test_the_contents_of_two_cartons_under_one_label_both_count() -> None:
    line = {"itemIdentifier": {"sku": "MUG"}, "qty": 2, "readOnly": {"orderItemId": 9}}
    contents = {"packageContents": [{"orderItemId": 9, "qty": 1}]}
    order = shown([carton(0, A, **contents), carton(0, A, **contents)], lines=[line])
    found = packages(order)
    assert [package.key for package in found] == [A, f"{A}#2"]
    assert sum(content.quantity for package in found for content in package.contents or ()) == 2


def test_two_cartons_with_the_same_id_and_other_numbers_are_two() -> None:
    assert named(shown([carton(5, A), carton(5, B)])) == [(A, A), (B, B)]


def test_both_places_that_list_cartons_list_the_same_ones() -> None:
    order = shown([carton(1, None), carton(0, B)], embedded=[carton(1, A), carton(0, B)])
    assert named(order) == [("1", A), (B, B)]


@pytest.mark.parametrize("note", ["N/A", "none", "TBD", "Pickup", "will call 11/02", "-", "0"])
def test_a_note_in_any_place_is_no_number(note: str) -> None:
    assert named(shown([carton(1, note)], routing=note, parcel=[note])) == [("1", "")]
    assert named(shown([], routing=note, parcel=[note])) == []


@pytest.mark.parametrize("separator", [", ", ";", " / ", "|", "\r\n", " "])
def test_several_numbers_in_one_field_are_several_packages(separator: str) -> None:
    order = shown([carton(1, separator.join((A, B))), carton(2, None)], routing=A, parcel=[A, B])
    assert named(order) == [("1", A), ("2", B)]


def test_cartons_without_numbers_get_the_labels_and_not_the_master_number() -> None:
    order = shown([carton(1, None), carton(2, None)], routing=MASTER, parcel=[A, B])
    assert named(order) == [("1", A), ("2", B)]


def test_the_only_number_of_an_order_belongs_to_its_first_carton() -> None:
    assert named(shown([carton(1, None), carton(2, None)], routing=C)) == [("1", C), ("2", "")]


def closed(cartons: list[dict[str, Any]], **changes: Any) -> wire.Order:
    read_only = {"orderId": 7, "status": 1, "isClosed": True, "packages": cartons}
    return wire.Order.model_validate({"readOnly": read_only, "referenceNum": "A3_1_0", **changes})


def test_packages_carry_their_contents_by_line() -> None:
    line = {
        "itemIdentifier": {"sku": "MUG"},
        "qty": 3,
        "externalId": "71",
        "readOnly": {"orderItemId": 9},
    }
    cartons = [
        {"packageId": 1, "trackingNumber": "1Z1 ", "packageContents": [{"orderItemId": 9, "qty": 2}]},
        {
            "packageId": 2,
            "trackingNumber": "1Z2",
            "_embedded": {CONTENT_REL: [{"orderItemId": 9, "qty": 1}, {"orderItemId": 404, "qty": 1}]},
        },
    ]
    routing = {"carrier": "UPS", "mode": "Ground", "trackingNumber": "1Z1"}
    found = packages(closed(cartons, orderItems=[line], routingInfo=routing))
    assert [(package.key, package.tracking, package.carrier, package.service) for package in found] == [
        ("1", "1Z1", "UPS", "Ground"),
        ("2", "1Z2", "UPS", "Ground"),
    ]
    assert found[0].contents == (PackageContent("MUG", Decimal(2), 71),)
    assert found[1].contents == (PackageContent("MUG", Decimal(1), 71),)


def test_a_tracking_number_in_several_places_is_one_package() -> None:
    shown = closed(
        [{"packageId": 1, "trackingNumber": "1Z1"}],
        routingInfo={"trackingNumber": "1z1"},
        parcelResponse={"trackingNumbers": ["1Z1", "1Z 1"]},
        _embedded={PACKAGE_REL: [{"packageId": 1, "trackingNumber": "1Z1"}]},
    )
    assert [(package.key, package.tracking) for package in packages(shown)] == [("1", "1Z1")]


def test_numbers_that_no_package_has_are_packages_identified_by_their_number() -> None:
    shown = closed(
        [], routingInfo={"trackingNumber": "1Z1, 1Z2;"}, parcelResponse={"trackingNumbers": ["1Z3"]}
    )
    assert [(package.key, package.tracking) for package in packages(shown)] == [
        ("1Z1", "1Z1"),
        ("1Z2", "1Z2"),
        ("1Z3", "1Z3"),
    ]


def test_the_only_package_without_a_number_gets_the_orders_number() -> None:
    shown = closed([{"packageId": 1, "trackingNumber": None}], routingInfo={"trackingNumber": "1Z1"})
    assert [(package.key, package.tracking) for package in packages(shown)] == [("1", "1Z1")]


def test_a_corrected_number_keeps_its_package() -> None:
    before = packages(closed([{"packageId": 1, "trackingNumber": "OLD"}]))
    after = packages(closed([{"packageId": 1, "trackingNumber": "NEW"}]))
    assert before[0].key == after[0].key

"""Generated orders: complete, of the kind that they claim, with correct money."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import orjson
import pytest

from cartage_sandbox.generate import (
    CARD_MARKS,
    DEFAULT_MIX,
    EXPECTED,
    HEALTHY_MIX,
    HUGE,
    KINDS,
    SHIP_METHODS,
    UNKNOWN_SKUS,
    UNMAPPED_METHOD,
    Catalogue,
    Expected,
    Labelled,
    amount_of,
    generate_catalogue,
    generate_labelled,
    generate_orders,
)

_START = datetime(2026, 3, 1, tzinfo=UTC)
_END = _START + timedelta(days=3)
# Lists that are null or empty have no lines to add up.
_WITHOUT_LINES = ("no_object", "null_items", "no_items", "null_shipments", "no_shipment")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return generate_catalogue(Random(2))


@pytest.fixture(scope="module")
def everything(catalogue: Catalogue) -> list[Labelled]:
    mix = dict.fromkeys(KINDS, 1.0)
    return list(generate_labelled(Random(3), catalogue, 400, _START, _END, mix))


def _of(everything: list[Labelled], kind: str) -> list[Any]:
    found = [each.order for each in everything if each.kind == kind]
    assert found
    return found


def test_the_money_identity_holds_for_every_order(everything: list[Labelled]) -> None:
    for each in everything:
        if each.kind not in _WITHOUT_LINES:
            assert Decimal(str(each.order["OrderAmount"])) == amount_of(each.order), each.kind


def test_payments_add_up_to_the_amount(everything: list[Labelled]) -> None:
    for each in everything:
        if isinstance(each.order, dict) and each.order["TransactionList"]:
            paid = sum(Decimal(str(row["TransactionAmount"])) for row in each.order["TransactionList"])
            assert paid == Decimal(str(each.order["OrderAmount"])), each.kind


def test_ids_ascend_and_dates_are_within_the_period(everything: list[Labelled]) -> None:
    ids = [each.order["OrderID"] for each in everything if isinstance(each.order, dict)]
    assert ids == sorted(ids)
    assert all(_START <= each.ordered < _END for each in everything)


def test_some_carts_became_orders_late(everything: list[Labelled]) -> None:
    placed = [each.ordered for each in everything]
    assert placed != sorted(placed)


def test_some_last_updates_are_before_the_order_date(catalogue: Catalogue) -> None:
    orders = generate_orders(Random(1), catalogue, 300, _START, _END, {"single": 1})
    late = [each for each in orders if each["LastUpdate"] < each["OrderDate"]]
    assert 0 < len(late) < 30


def test_bundle_children_cost_nothing_and_name_their_parent(everything: list[Labelled]) -> None:
    for order in _of(everything, "bundle"):
        lines = {str(each["ItemIndexID"]): each for each in order["OrderItemList"]}
        children = [each for each in lines.values() if each["ItemDescription"].startswith("Bundle Item:")]
        assert len(children) >= 2
        for child in children:
            parent = lines[child["ItemAdditionalField3"]]
            assert child["ItemUnitPrice"] == child["ItemOptionPrice"] == 0
            assert child["ItemQuantity"] == parent["ItemQuantity"]
            assert parent["ItemCatalogIDOptions"] == parent["ItemOptions"] != ""


def test_an_order_with_several_shipments_has_ids_that_lines_refer_to(everything: list[Labelled]) -> None:
    for order in _of(everything, "multi_ship_to"):
        ids = {each["ShipmentID"] for each in order["ShipmentList"]}
        assert len(ids) == len(order["ShipmentList"]) >= 2
        assert 0 not in ids
        assert {each["ItemShipmentID"] for each in order["OrderItemList"]} == ids


def test_ordinary_orders_have_shipment_id_zero(everything: list[Labelled]) -> None:
    for order in _of(everything, "single"):
        assert [each["ShipmentID"] for each in order["ShipmentList"]] == [0]
        assert {each["ItemShipmentID"] for each in order["OrderItemList"]} == {0}


def test_healthy_orders_have_known_skus_known_methods_and_complete_addresses(catalogue: Catalogue) -> None:
    known = {sku for sku, _ in catalogue.warehouse_items(bundles=True)}
    for order in generate_orders(Random(5), catalogue, 500, _START, _END, HEALTHY_MIX):
        assert order["OrderStatusID"] == 1
        for line in order["OrderItemList"]:
            assert line["ItemID"].strip() in known or "Discount" in line["ItemDescription"]
        for shipment in order["ShipmentList"]:
            assert shipment["ShipmentMethodName"].startswith(SHIP_METHODS)
            for name in ("Address", "City", "ZipCode", "Country", "FirstName", "LastName"):
                assert shipment[f"Shipment{name}"].strip()


def test_damaged_ship_methods_and_engravings_are_in_every_mix(everything: list[Labelled]) -> None:
    methods = [order["ShipmentList"][0]["ShipmentMethodName"] for order in _of(everything, "damaged_method")]
    assert methods
    assert not set(methods) & set(SHIP_METHODS)
    lines = [order["OrderItemList"][0] for order in _of(everything, "engraving")]
    assert lines
    assert all("<br><b>Engraving:</b>&nbsp;" in line["ItemDescription"] for line in lines)
    assert {"damaged_method", "engraving"} <= HEALTHY_MIX.keys()


def test_each_faulty_kind_has_its_fault(everything: list[Labelled], catalogue: Catalogue) -> None:
    known = {sku for sku, _ in catalogue.warehouse_items(bundles=True)}
    assert not known & set(UNKNOWN_SKUS)
    for order in _of(everything, "unmapped_method"):
        assert order["ShipmentList"][0]["ShipmentMethodName"] == UNMAPPED_METHOD not in SHIP_METHODS
    for order in _of(everything, "unknown_sku"):
        assert order["OrderItemList"][-1]["ItemID"] in UNKNOWN_SKUS
    for order in _of(everything, "missing_address"):
        assert order["ShipmentList"][0]["ShipmentAddress"] == ""
    for order in _of(everything, "huge_comment"):
        assert 60_000 <= len(order["CustomerComments"]) <= 65_535
    assert all(each["OrderItemList"] is None for each in _of(everything, "null_items"))
    assert not any(isinstance(each, dict) for each in _of(everything, "no_object"))


def test_huge_fields_have_their_size_and_differ_from_order_to_order(catalogue: Catalogue) -> None:
    sizes = {
        "huge_sku": "ItemID",
        "huge_method": "ShipmentMethodName",
        "huge_invoice_prefix": "InvoiceNumberPrefix",
    }
    made = list(generate_labelled(Random(1), catalogue, 6, _START, _END, dict.fromkeys(sizes, 1.0)))
    found: dict[str, list[str]] = {}
    for each in made:
        order = each.order
        fields = {**order["ShipmentList"][0], **order["OrderItemList"][0], **order}
        found.setdefault(each.kind, []).append(fields[sizes[each.kind]])
    assert found.keys() == sizes.keys()
    assert {len(text) for texts in found.values() for text in texts} == {HUGE}
    assert all(len(set(texts)) == 2 for texts in found.values())


def test_carts_and_unpaid_orders_have_their_status(everything: list[Labelled]) -> None:
    assert {each["OrderStatusID"] for each in _of(everything, "cart")} == {7}
    assert {each["OrderStatusID"] for each in _of(everything, "unpaid")} == {11}
    assert [each.status for each in everything if each.kind == "no_object"][:1] == [1]


def test_card_fields_contain_what_leak_tests_look_for(everything: list[Labelled]) -> None:
    text = orjson.dumps(_of(everything, "single")[0]).decode()
    assert all(mark in text for mark in CARD_MARKS)


def test_every_kind_can_be_made_and_has_an_expectation(everything: list[Labelled]) -> None:
    assert {each.kind for each in everything} == set(KINDS) == set(EXPECTED)
    assert {EXPECTED[kind] for kind in HEALTHY_MIX} == {Expected.SHIPS}
    assert Expected.VARIES not in {EXPECTED[kind] for kind in DEFAULT_MIX}


def test_the_default_mix_of_300_is_mostly_healthy_and_has_every_fault(catalogue: Catalogue) -> None:
    made = list(generate_labelled(Random(1), catalogue, 300, _START, _END))
    ships = sum(each.expected is Expected.SHIPS for each in made)
    assert 260 <= ships <= 285
    assert {each.kind for each in made} == set(DEFAULT_MIX)


def test_the_same_seed_gives_the_same_orders(catalogue: Catalogue) -> None:
    first, second = (generate_orders(Random(8), catalogue, 60, _START, _END) for _ in range(2))
    assert orjson.dumps(first) == orjson.dumps(second)


@pytest.mark.parametrize("count", [0, 1, 7, 43, 44, 1000])
def test_the_requested_number_of_orders_is_made(catalogue: Catalogue, count: int) -> None:
    assert len(generate_orders(Random(1), catalogue, count, _START, _END)) == count


def test_a_wrong_mix_and_a_wrong_period_are_refused(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="nonsense"):
        generate_orders(Random(1), catalogue, 5, _START, _END, {"nonsense": 1})
    with pytest.raises(ValueError, match="positive"):
        generate_orders(Random(1), catalogue, 5, _START, _END, {"single": 0})
    with pytest.raises(ValueError, match="before end"):
        generate_orders(Random(1), catalogue, 5, _END, _START)

"""Every difference between the store's SKUs and the warehouse's is found, as validation would find it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from cartage.preflight.findings import CheckResult, FindingKind
from cartage.preflight.products import StoreSku, WarehouseSku
from cartage.preflight.sku_comparison import compare_skus

Compared = list[tuple[CheckResult, FindingKind | None, str]]


def sold(sku: str, *, written: str = "", hidden: bool = False, product: str = "Tent") -> StoreSku:
    return StoreSku(sku, written or sku, product, hidden, Decimal(1))


def shelf(*skus: str, active: bool = True) -> list[WarehouseSku]:
    return [WarehouseSku(sku.strip(), sku, active) for sku in skus]


def compared(store: Sequence[StoreSku], warehouse: Sequence[WarehouseSku]) -> Compared:
    return [(finding.result, finding.kind, finding.subject) for finding in compare_skus(store, warehouse)]


def test_equal_skus_have_no_finding() -> None:
    assert compared([sold("A"), sold("B")], shelf("A", "B")) == []
    assert compared([], []) == []


def test_skus_of_only_one_side_are_unknown_to_the_other() -> None:
    assert compared([sold("A")], []) == [(CheckResult.MISTAKE, FindingKind.UNKNOWN_TO_WAREHOUSE, "A")]
    assert compared([], shelf("A")) == [(CheckResult.WARNING, FindingKind.UNKNOWN_TO_STORE, "A")]


def test_a_hidden_product_stops_no_order() -> None:
    assert compared([sold("A", hidden=True)], []) == [
        (CheckResult.WARNING, FindingKind.UNKNOWN_TO_WAREHOUSE, "A")
    ]


def test_letter_case_is_a_warning() -> None:
    assert compared([sold("abc")], shelf("ABC")) == [(CheckResult.WARNING, FindingKind.LETTER_CASE, "abc")]


def test_items_that_differ_only_in_case_are_ambiguous_without_an_exact_match() -> None:
    assert compared([sold("Abc")], shelf("ABC", "abc")) == [
        (CheckResult.MISTAKE, FindingKind.AMBIGUOUS_SKU, "Abc")
    ]
    assert compared([sold("abc")], shelf("ABC", "abc")) == []


def test_a_deactivated_item_is_a_mistake_only_if_it_is_sold() -> None:
    inactive = shelf("A", active=False)
    assert compared([sold("A")], inactive) == [(CheckResult.MISTAKE, FindingKind.INACTIVE_ITEM, "A")]
    assert compared([], inactive) == []


def test_two_items_with_the_same_spelling_are_one_finding() -> None:
    assert compared([sold("A")], shelf("A", "A ")) == [
        (CheckResult.WARNING, FindingKind.BLANKS, "A"),
        (CheckResult.MISTAKE, FindingKind.DUPLICATE_AT_WAREHOUSE, "A"),
    ]
    assert compared([sold("A")], [*shelf("A"), *shelf("A", active=False)]) == []


def test_two_products_with_the_same_sku_are_one_finding() -> None:
    (finding,) = compare_skus([sold("A", product="Tent"), sold("A", product="Lamp")], shelf("A"))
    assert (finding.kind, finding.result) == (FindingKind.DUPLICATE_IN_STORE, CheckResult.WARNING)
    assert "Lamp, Tent" in finding.what


@pytest.mark.parametrize("written", [" A", "A ", "\tA"])
def test_blanks_in_the_store_are_a_warning(written: str) -> None:
    assert compared([sold("A", written=written)], shelf("A")) == [
        (CheckResult.WARNING, FindingKind.BLANKS, "A")
    ]


def test_a_product_without_a_sku_is_shown_by_its_name_and_matches_nothing() -> None:
    assert compared([sold("", product="Tent (CatalogID 7)")], shelf("A")) == [
        (CheckResult.MISTAKE, FindingKind.NO_SKU, "Tent (CatalogID 7)"),
        (CheckResult.WARNING, FindingKind.UNKNOWN_TO_STORE, "A"),
    ]


def test_skus_made_of_digits_stay_texts() -> None:
    assert compared([sold("007"), sold("1e3")], shelf("007", "1e3")) == []
    assert compared([sold("7")], shelf("007")) == [
        (CheckResult.WARNING, FindingKind.UNKNOWN_TO_STORE, "007"),
        (CheckResult.MISTAKE, FindingKind.UNKNOWN_TO_WAREHOUSE, "7"),
    ]

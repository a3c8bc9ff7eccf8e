"""Suggestions for unmapped ship methods: a checkout's text leads to similar methods of the warehouse, or to none."""

from __future__ import annotations

import pytest

from cartage.mappings.suggestions import favourite_of, suggest_methods, suggest_skus
from cartage.model.orders import ShipMethod

OFFERED = [
    ShipMethod(carrier, service)
    for carrier, services in {
        "UPS": ("Ground", "3 Day Select", "2nd Day Air", "Next Day Air"),
        "FedEx": ("Ground", "Home Delivery", "2Day", "Standard Overnight"),
        "USPS": ("First Class", "Priority Mail", "Priority Mail Express"),
        "DHL": ("Express Worldwide",),
        "Hudson Ferries": ("",),
    }.items()
    for service in services
]


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("USPS - Priority Mail", "USPS Priority Mail"),
        ("Free Shipping (USPS Priority 2-3 business days)", "USPS Priority Mail"),
        ("UPS® Ground", "UPS Ground"),
        ("UPS Second Day Air", "UPS 2nd Day Air"),
        ("UPS Three-Day Select", "UPS 3 Day Select"),
        ("FedEx 2nd Day", "FedEx 2Day"),
        ("fedex home delivery", "FedEx Home Delivery"),
        ("FedEx Overnight", "FedEx Standard Overnight"),
        ("By Hudson Ferries", "Hudson Ferries"),
    ],
)
def test_the_most_similar_method_comes_first(text: str, nearest: str) -> None:
    assert str(suggest_methods(text, OFFERED)[0]) == nearest


def test_the_same_service_at_another_carrier_is_not_suggested() -> None:
    assert [str(suggest_method) for suggest_method in suggest_methods("UPS Ground", OFFERED)] == [
        "UPS Ground"
    ]


def test_without_a_carrier_in_the_text_every_carrier_with_the_service_is_suggested() -> None:
    assert [str(suggest_method) for suggest_method in suggest_methods("Ground (5-7 days)", OFFERED)] == [
        "FedEx Ground",
        "UPS Ground",
    ]


@pytest.mark.parametrize("text", ["", "Local pickup", "Will call", "Freight", "---", "Free Shipping"])
def test_a_text_that_is_similar_to_nothing_has_no_suggestion(text: str) -> None:
    assert suggest_methods(text, OFFERED) == []


def test_suggestions_are_limited_and_distinct() -> None:
    assert len(suggest_methods("Priority", [*OFFERED, *OFFERED], limit=1)) == 1
    assert len(suggest_methods("Priority", [*OFFERED, *OFFERED])) == 2


def test_without_offered_methods_there_is_no_suggestion() -> None:
    assert suggest_methods("UPS Ground", []) == []


def test_scores_are_percentages_and_the_best_comes_first() -> None:
    scores = [suggest_method.score for suggest_method in suggest_methods("UPS 2nd Day Air", OFFERED)]
    assert scores[0] == 100.0
    assert scores == sorted(scores, reverse=True)


def test_a_sku_is_suggested_whatever_its_case_and_punctuation() -> None:
    known = ["MUG-RED-2", "MUG-BLUE-2", "TEAPOT", "LAMP"]
    assert suggest_skus("mug_red.2", known)[0] == ("MUG-RED-2", 100.0)
    assert [sku for sku, _ in suggest_skus("MUG-RED-3", known, limit=2)] == ["MUG-RED-2", "MUG-BLUE-2"]
    assert suggest_skus("0451-X", known) == []
    assert suggest_skus("", known) == []


def suggestions(*scores: float) -> list[dict[str, object]]:
    return [{"sku": f"SKU-{place}", "score": score} for place, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("scores", "favourite"),
    [((), None), ((71.0,), "SKU-0"), ((90.0, 71.0), "SKU-0"), ((87.4, 87.0), None), ((60.0, 88.0), "SKU-1")],
)
def test_the_best_suggestion_is_the_favourite_unless_another_looks_as_good(
    scores: tuple[float, ...], favourite: str | None
) -> None:
    found = favourite_of(suggestions(*scores))
    assert (found and found["sku"]) == favourite

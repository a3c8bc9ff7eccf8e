"""Validation without a call: what is missing or too long is named by field and limit, never by content."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cartage.errors.problems import Problem, ProblemKind
from cartage.model.orders import Address, FulfillmentRequest
from cartage.warehouses.extensiv.settings import ExtensivSettings
from cartage.warehouses.extensiv.validation import request_problems

SETTINGS = ExtensivSettings(customer_id=12, facility_id=1)


def with_address(request: FulfillmentRequest, **changes: str) -> FulfillmentRequest:
    return replace(request, ship_to=replace(request.ship_to, **changes))


def found(request: FulfillmentRequest) -> list[tuple[ProblemKind, str]]:
    return [(problem.kind, problem.subject) for problem in request_problems(request, SETTINGS)]


def test_an_ordinary_order_is_acceptable(request_: FulfillmentRequest) -> None:
    assert request_problems(request_, SETTINGS) == []


@pytest.mark.parametrize(
    ("field", "subject"),
    [
        ("address1", "first address line"),
        ("city", "city"),
        ("zip_code", "postal code"),
        ("country", "country"),
        ("state", "state"),
    ],
)
def test_each_missing_part_of_an_address_is_named(
    request_: FulfillmentRequest, field: str, subject: str
) -> None:
    assert (ProblemKind.ADDRESS_INCOMPLETE, subject) in found(with_address(request_, **{field: "  "}))


def test_all_faults_are_reported_together(request_: FulfillmentRequest) -> None:
    empty = replace(request_, ship_to=Address(country="US"), lines=())
    kinds = [kind for kind, _ in found(empty)]
    assert kinds == [ProblemKind.NO_LINES, *[ProblemKind.ADDRESS_INCOMPLETE] * 5]


def test_a_company_alone_is_a_receiver(request_: FulfillmentRequest) -> None:
    assert found(with_address(request_, name="", company="Harbor Goods")) == []


@pytest.mark.parametrize("country", ["HK", "AE", "JM"])
def test_countries_without_postal_codes_need_none(request_: FulfillmentRequest, country: str) -> None:
    assert found(with_address(request_, country=country, zip_code="", state="")) == []


@pytest.mark.parametrize("country", ["DE", "GB", "JP"])
def test_states_are_needed_in_the_united_states_and_canada_only(
    request_: FulfillmentRequest, country: str
) -> None:
    assert found(with_address(request_, country=country, state="")) == []


def test_a_text_at_its_limit_passes_and_a_longer_one_does_not(request_: FulfillmentRequest) -> None:
    assert found(with_address(request_, city="x" * 50)) == []
    (problem,) = request_problems(with_address(request_, city="x" * 51), SETTINGS)
    assert problem.kind is ProblemKind.FIELD_TOO_LONG
    assert problem.subject == "city (at most 50)"
    assert "xxx" not in problem.message
    assert "limits.city" in problem.fix


def test_notes_and_skus_have_limits_too(request_: FulfillmentRequest) -> None:
    long = replace(
        request_,
        notes="n" * 60_000,
        lines=(replace(request_.lines[0], sku="s" * 101), replace(request_.lines[1], sku="t" * 101)),
    )
    assert found(long) == [
        (ProblemKind.FIELD_TOO_LONG, "SKU (at most 100)"),
        (ProblemKind.FIELD_TOO_LONG, "notes (at most 2000)"),
    ]


@pytest.mark.parametrize("quantity", ["0", "-1"])
def test_quantities_are_positive(request_: FulfillmentRequest, quantity: str) -> None:
    wrong = replace(request_, lines=(replace(request_.lines[0], quantity=Decimal(quantity)),))
    assert found(wrong) == [(ProblemKind.MALFORMED_FIELD, "quantity not positive")]


def test_a_line_without_a_sku_is_named(request_: FulfillmentRequest) -> None:
    wrong = replace(request_, lines=(replace(request_.lines[0], sku=" "),))
    assert found(wrong) == [(ProblemKind.EMPTY_SKU, "line without SKU")]


def test_orders_with_the_same_fault_share_one_cause(request_: FulfillmentRequest) -> None:
    def only(request: FulfillmentRequest) -> Problem:
        (problem,) = request_problems(request, SETTINGS)
        return problem

    first = only(with_address(request_, city="x" * 51))
    second = only(with_address(replace(request_, reference="A3_2_0"), city="y" * 80))
    assert first.fingerprint == second.fingerprint
    assert first == second

"""What Amazon does not accept is a problem before anything is sent, and names neither person nor order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cartage.errors.problems import ProblemKind
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.warehouses.mcf.settings import McfSettings
from cartage.warehouses.mcf.validation import can_ask, request_problems

SETTINGS = McfSettings(marketplace="US")
ADDRESS = Address(
    name="Ann Lee", address1="12 Harbor Road", city="Rochester", state="NY", zip_code="14607", country="US"
)


def order(**changes: Any) -> FulfillmentRequest:
    request = FulfillmentRequest(
        reference="A3_1_0",
        display_number="AB-1000",
        ordered_at=None,
        ship_to=ADDRESS,
        ship_method=ShipMethod("Amazon", "Standard"),
        lines=(RequestLine(71, "MUG", Decimal(1)),),
    )
    return replace(request, **changes)


def found(**changes: Any) -> list[tuple[ProblemKind, str]]:
    return [(problem.kind, problem.subject) for problem in request_problems(order(**changes), SETTINGS)]


def test_an_acceptable_order_has_no_problem() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "kind", "subject"),
    [
        ({"reference": "A" * 41}, ProblemKind.FIELD_TOO_LONG, "reference (at most 40)"),
        ({"display_number": "A" * 41}, ProblemKind.FIELD_TOO_LONG, "order number (at most 40)"),
        ({"display_number": "AB  1"}, ProblemKind.MALFORMED_FIELD, "order number: two spaces in a row"),
        (
            {"display_number": "注文1"},
            ProblemKind.MALFORMED_FIELD,
            "order number: a character outside ISO 8859-1",
        ),
        ({"display_number": " "}, ProblemKind.MALFORMED_FIELD, "order number: nothing"),
        ({"notes": "x" * 751}, ProblemKind.FIELD_TOO_LONG, "notes (at most 750)"),
        (
            {"lines": (RequestLine(71, "MUG", Decimal("1.5")),)},
            ProblemKind.QUANTITY_NOT_WHOLE,
            "quantity",
        ),
        ({"lines": (RequestLine(71, "M" * 51, Decimal(1)),)}, ProblemKind.FIELD_TOO_LONG, "SKU (at most 50)"),
        (
            {"lines": tuple(RequestLine(number, "MUG", Decimal(1)) for number in range(101))},
            ProblemKind.FIELD_TOO_LONG,
            "lines (at most 100)",
        ),
        (
            {"lines": (RequestLine(71, "MUG", Decimal(251)),)},
            ProblemKind.FIELD_TOO_LONG,
            "units (at most 250)",
        ),
        (
            {"ship_to": replace(ADDRESS, country="HK", state="", zip_code="")},
            ProblemKind.ADDRESS_INCOMPLETE,
            "postal code",
        ),
        (
            {"ship_to": replace(ADDRESS, company="C" * 61)},
            ProblemKind.FIELD_TOO_LONG,
            "line of the address (at most 60)",
        ),
        (
            {"ship_method": ShipMethod("UPS", "Ground")},
            ProblemKind.UNMAPPED_SHIP_METHOD,
            "UPS Ground",
        ),
    ],
)
def test_each_limit_of_the_api_is_a_problem(changes: dict[str, Any], kind: ProblemKind, subject: str) -> None:
    assert found(**changes) == [(kind, subject)]


def test_a_missing_postal_code_is_one_problem() -> None:
    assert found(ship_to=replace(ADDRESS, zip_code="")) == [(ProblemKind.ADDRESS_INCOMPLETE, "postal code")]


def test_printed_options_are_never_cut() -> None:
    settings = McfSettings(marketplace="US", print_options=True)
    lines = (RequestLine(71, "MUG", Decimal(1), notes="x" * 251),)
    [problem] = request_problems(order(lines=lines), settings)
    assert problem.subject == "options of a line (at most 250)"


@pytest.mark.parametrize(
    ("reference", "askable"),
    [
        ("A3_1_0", True),
        ("AB-1000", True),
        ("B*,()%;=1", True),
        ("A 1", False),
        ("A+1", False),
        ("A/1", False),
    ],
)
def test_an_id_is_askable_unless_the_api_takes_it_for_another(reference: str, askable: bool) -> None:
    assert can_ask(reference) is askable

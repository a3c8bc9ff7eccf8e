"""Validation: a complete order becomes its request; any other order gets all of its problems at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from cartage.errors.problems import Problem, ProblemKind
from cartage.lanes.settings.checks import Checks
from cartage.mappings.rules import MethodRule, Part, SkuRule
from cartage.mappings.ship_methods import ShipMethodTable
from cartage.mappings.skus import SkuTable
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.model.skus import Match, MatchKind
from cartage.validation.validator import Candidate, CandidateLine, ValidationResult, Validator

KNOWN = {"MUG": Match(MatchKind.EXACT, "MUG")}
NO_STREET = Problem(ProblemKind.ADDRESS_INCOMPLETE, "address1", "no street", "Add it.")


def candidate(
    *lines: tuple[str, str], method: str = "UPS Ground", own: tuple[Problem, ...] = ()
) -> Candidate:
    return Candidate(
        id=5,
        reference="A3_31882_0",
        display_number="AB-1000",
        ordered_at=None,
        ship_to=Address(name="Zoë", city="Rochester"),
        ship_method=method,
        lines=tuple(
            CandidateLine(place, sku, Decimal(quantity), "")
            for place, (sku, quantity) in enumerate(lines, 71)
        ),
        notes="Leave at the door",
        own_problems=own,
    )


def judged(
    order: Candidate,
    catalogue: Mapping[str, Match] | None = None,
    limits: Sequence[Problem] = (),
    skus: Sequence[SkuRule] = (),
) -> ValidationResult:
    methods = ShipMethodTable([MethodRule("UPS Ground", ShipMethod("UPS", "Ground"))])
    matches = KNOWN if catalogue is None else catalogue
    return Validator(methods, SkuTable(skus), matches, lambda _: limits, Checks()).judge(order)


def kinds(result: ValidationResult) -> list[ProblemKind]:
    assert (result.request is None) is bool(result.problems)
    return [problem.kind for problem in result.problems]


def test_a_complete_order_becomes_its_request() -> None:
    result = judged(candidate(("MUG", "2")))
    assert result.problems == ()
    assert result.request == FulfillmentRequest(
        reference="A3_31882_0",
        display_number="AB-1000",
        ordered_at=None,
        ship_to=Address(name="Zoë", city="Rochester"),
        ship_method=ShipMethod("UPS", "Ground"),
        lines=(RequestLine(71, "MUG", Decimal(2)),),
        notes="Leave at the door",
    )


def test_the_request_has_the_normal_form_of_the_address() -> None:
    written = Address(name="Zoë", city="Avenel", state="New Jersey", zip_code="7001", country="USA")
    result = judged(replace(candidate(("MUG", "2")), ship_to=written))
    assert result.request is not None
    assert result.request.ship_to == replace(written, state="NJ", zip_code="07001", country="US")


def test_a_sku_is_sent_as_the_warehouse_spells_it() -> None:
    result = judged(candidate(("mug ", "1")), {"mug ": Match(MatchKind.FOLDED, "MUG")})
    assert result.request is not None
    assert result.request.lines[0].sku == "MUG"


@pytest.mark.parametrize(
    ("match", "kind"),
    [
        (None, ProblemKind.UNKNOWN_SKU),
        (Match(MatchKind.UNKNOWN), ProblemKind.UNKNOWN_SKU),
        (Match(MatchKind.AMBIGUOUS, candidates=("MUG", "Mug")), ProblemKind.AMBIGUOUS_SKU),
        (Match(MatchKind.INACTIVE, "MUG"), ProblemKind.INACTIVE_ITEM),
    ],
)
def test_a_sku_that_is_not_exactly_one_active_item_blocks(match: Match | None, kind: ProblemKind) -> None:
    result = judged(candidate(("mug", "1")), {"mug": match} if match else {})
    assert kinds(result) == [kind]
    assert result.problems[0].subject == "mug"


def test_an_ambiguous_sku_lists_its_candidates() -> None:
    result = judged(candidate(("mug", "1")), {"mug": Match(MatchKind.AMBIGUOUS, candidates=("Mug", "MUG"))})
    assert "MUG, Mug" in result.problems[0].message


def test_a_fraction_of_a_unit_blocks_and_a_whole_number_in_any_notation_does_not() -> None:
    assert kinds(judged(candidate(("MUG", "1.5")))) == [ProblemKind.QUANTITY_NOT_WHOLE]
    for whole in ("2.000", "2E+1"):
        assert kinds(judged(candidate(("MUG", whole)))) == []


def test_a_line_without_sku_is_one_cause_for_all_orders() -> None:
    first, second = judged(candidate(("", "1"))), judged(candidate(("", "3"), ("MUG", "1")))
    assert kinds(first) == kinds(second) == [ProblemKind.EMPTY_SKU]
    assert first.problems[0].fingerprint == second.problems[0].fingerprint


def test_a_fault_found_by_validator_and_warehouse_is_one_cause() -> None:
    theirs = [
        Problem(ProblemKind.EMPTY_SKU, "line without a SKU", "A line has no SKU.", "Give it one."),
        Problem(ProblemKind.NO_LINES, "no lines", "Nothing to ship.", "Check."),
    ]
    own = Problem(ProblemKind.NO_LINES, "OrderItemList", "no lines", "Add items.")
    assert kinds(judged(candidate(("", "1")), limits=theirs[:1])) == [ProblemKind.EMPTY_SKU]
    assert kinds(judged(candidate(own=(own,)), limits=theirs[1:])) == [ProblemKind.NO_LINES]


def test_an_unmapped_ship_method_blocks_and_shows_the_stores_text() -> None:
    result = judged(candidate(("MUG", "1"), method="Ground (5-7 days)"))
    assert kinds(result) == [ProblemKind.UNMAPPED_SHIP_METHOD]
    assert result.problems[0].message == "ship method 'Ground (5-7 days)' has no mapping"


def test_an_empty_ship_method_is_shown_as_empty() -> None:
    assert "(empty)" in judged(candidate(("MUG", "1"), method="")).problems[0].message


def test_all_problems_are_found_at_once() -> None:
    own = Problem(ProblemKind.MALFORMED_FIELD, "OrderAmount", "not a number", "Correct it.")
    order = candidate(("GONE", "1.5"), ("", "1"), ("MUG", "1"), method="Carrier pigeon", own=(own,))
    assert set(kinds(judged(order, limits=[NO_STREET]))) == {
        ProblemKind.MALFORMED_FIELD,
        ProblemKind.UNMAPPED_SHIP_METHOD,
        ProblemKind.QUANTITY_NOT_WHOLE,
        ProblemKind.UNKNOWN_SKU,
        ProblemKind.EMPTY_SKU,
        ProblemKind.ADDRESS_INCOMPLETE,
    }


def test_the_same_problem_of_several_lines_is_reported_once() -> None:
    assert kinds(judged(candidate(("GONE", "1"), ("GONE", "2")))) == [ProblemKind.UNKNOWN_SKU]


def test_problems_found_on_import_block_the_order() -> None:
    own = Problem(ProblemKind.NO_LINES, "OrderItemList", "no lines", "Add items.")
    assert kinds(judged(candidate(own=(own,)))) == [ProblemKind.NO_LINES]


def test_the_warehouses_limits_apply_to_the_request_that_would_be_sent() -> None:
    seen: list[FulfillmentRequest] = []

    def limits(request: FulfillmentRequest) -> list[Problem]:
        seen.append(request)
        return []

    order = replace(candidate(("mug", "2")), notes="x" * 60_000)
    methods = ShipMethodTable([MethodRule("UPS Ground", ShipMethod("UPS", "Ground"))])
    result = Validator(
        methods, SkuTable(()), {"mug": Match(MatchKind.FOLDED, "MUG")}, limits, Checks()
    ).judge(order)
    assert seen == [result.request]


MUG_SIX = SkuRule("MUG-6PK", (Part("MUG", 6),))


def test_a_pack_is_sent_as_units_of_the_warehouses_item() -> None:
    result = judged(candidate(("mug-6pk ", "2")), skus=[MUG_SIX])
    assert result.request is not None
    assert result.request.lines == (RequestLine(71, "MUG", Decimal(12), "", "mug-6pk "),)


def test_a_kit_is_sent_as_all_of_its_items() -> None:
    kit = SkuRule("TEA-SET", (Part("MUG", 4), Part("TEAPOT")))
    catalogue = {**KNOWN, "TEAPOT": Match(MatchKind.EXACT, "TEAPOT")}
    result = judged(candidate(("TEA-SET", "2"), ("MUG", "1")), catalogue, skus=[kit])
    assert result.request is not None
    assert [(line.line_id, line.sku, line.quantity) for line in result.request.lines] == [
        (71, "MUG", Decimal(8)),
        (71, "TEAPOT", Decimal(2)),
        (72, "MUG", Decimal(1)),
    ]


def test_the_item_of_a_rule_must_be_known_not_the_stores_sku() -> None:
    result = judged(candidate(("TEA-SET", "1")), skus=[SkuRule("TEA-SET", (Part("GONE"), Part("MUG")))])
    assert [problem.subject for problem in result.problems] == ["GONE"]


def test_a_fraction_of_a_pack_blocks_even_if_it_is_whole_at_the_warehouse() -> None:
    assert kinds(judged(candidate(("MUG-6PK", "0.5")), skus=[MUG_SIX])) == [ProblemKind.QUANTITY_NOT_WHOLE]

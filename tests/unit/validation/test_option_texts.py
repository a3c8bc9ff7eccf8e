"""Options are never dropped: the SKU shows them, the warehouse receives them, or the order waits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from pydantic import ValidationError

from cartage.errors.problems import Problem, ProblemKind
from cartage.lanes.settings.checks import Checks
from cartage.lanes.settings.warehouse import OptionText, WarehouseSettings
from cartage.mappings.rules import MethodRule, Part, SkuRule
from cartage.mappings.ship_methods import ShipMethodTable
from cartage.mappings.skus import SkuTable
from cartage.model.orders import Address, LineOption, ShipMethod
from cartage.model.skus import Match, MatchKind
from cartage.validation.option_texts import OptionRules
from cartage.validation.validator import Candidate, CandidateLine, ValidationResult, Validator
from cartage.warehouses.registry import request_validator

COLOR, SIZE = LineOption("Color", "Green"), LineOption("Size", "XL")
ENGRAVING = LineOption("Engraving", "For Ann\nand Bob")
ALL = (COLOR, ENGRAVING, SIZE)
MINE = {"customer_id": 1, "facility_id": 1}


def rules(**settings: object) -> OptionRules:
    warehouse = {"connector": "extensiv", "connection": "wms", **settings}
    return OptionRules.of(WarehouseSettings.model_validate(warehouse))


def judged(
    options: tuple[LineOption, ...],
    option_rules: OptionRules,
    *skus: SkuRule,
    limits: dict[str, int] | None = None,
) -> ValidationResult:
    order = Candidate(
        id=5,
        reference="A3_31882_0",
        display_number="AB-1000",
        ordered_at=None,
        ship_to=Address(
            name="Ann", address1="1 Way", city="Troy", state="NY", zip_code="12180", country="US"
        ),
        ship_method="UPS Ground",
        lines=(CandidateLine(71, "MUG", Decimal(2), "Mug", options),),
        notes="",
        own_problems=(),
    )
    known = {sku: Match(MatchKind.EXACT, sku) for sku in ("MUG", "CUP", "SPOON")}
    methods = ShipMethodTable([MethodRule("UPS Ground", ShipMethod("UPS", "Ground"))])
    connector = request_validator("extensiv", {**MINE, "limits": limits or {}})
    return Validator(methods, SkuTable(skus), known, connector, Checks(), option_rules).judge(order)


def notes(result: ValidationResult) -> list[str]:
    assert result.request is not None, result.problems
    return [line.notes for line in result.request.lines]


def problems(result: ValidationResult) -> list[Problem]:
    assert result.request is None
    return list(result.problems)


def test_every_option_is_a_note_unless_the_lane_says_otherwise() -> None:
    assert notes(judged(ALL, rules())) == ["Color: Green\nEngraving: For Ann\nand Bob\nSize: XL"]
    assert notes(judged((), rules())) == [""]


def test_options_that_the_sku_shows_need_no_note() -> None:
    assert notes(judged(ALL, rules(options_in_sku=["col*", "SIZE"]))) == ["Engraving: For Ann\nand Bob"]
    assert notes(judged(ALL, rules(options_in_sku=True))) == [""]
    assert notes(judged((COLOR,), rules(options_in_sku=False))) == ["Color: Green"]


def test_an_option_beside_the_sku_blocks_where_the_lane_says_so() -> None:
    blocking = rules(option_text="block", options_in_sku=["Color", "Size"])
    (problem,) = problems(judged(ALL, blocking))
    assert (problem.kind, problem.subject) == (ProblemKind.OPTION_TEXT, "Engraving")
    assert "Ann" not in problem.message
    assert "warehouse.option_text" in problem.fix
    assert "warehouse.options_in_sku" in problem.fix
    assert notes(judged((COLOR, SIZE), blocking)) == [""]


def test_engravings_of_many_orders_are_one_cause_and_other_options_are_others() -> None:
    blocking = rules(option_text="block")
    first = problems(judged((ENGRAVING,), blocking))
    second = problems(judged((replace(ENGRAVING, value="For Bob"), COLOR), blocking))
    assert [problem.fingerprint for problem in first] == [second[0].fingerprint]
    assert [problem.subject for problem in second] == ["Engraving", "Color"]


def test_spellings_of_an_option_are_one_cause() -> None:
    blocking = rules(option_text="block")
    titles = ("Engraving", "ENGRAVING", "Engraving\N{REGISTERED SIGN}", "<b>Engraving</b>")
    found = [problems(judged((replace(ENGRAVING, title=title),), blocking))[0] for title in titles]
    assert len({problem.fingerprint for problem in found}) == 1
    assert [problem.subject for problem in found[:2]] == ["Engraving", "ENGRAVING"]


@pytest.mark.parametrize("text", OptionText)
def test_an_option_without_a_title_is_no_exception(text: OptionText) -> None:
    result = judged((LineOption("", "Gift wrap"),), rules(option_text=text.value, options_in_sku=["Color"]))
    if text is OptionText.NOTES:
        assert notes(result) == ["Gift wrap"]
    else:
        assert [problem.kind for problem in problems(result)] == [ProblemKind.OPTION_TEXT]


def test_an_option_too_long_for_the_warehouse_blocks_and_is_never_cut() -> None:
    long = (replace(ENGRAVING, value="x" * 60),)
    (problem,) = problems(judged(long, rules(), limits={"line_notes": 50}))
    assert problem.kind is ProblemKind.FIELD_TOO_LONG
    assert "limits.line_notes" in problem.fix
    assert notes(judged(long, rules(), limits={"line_notes": 80})) == [f"Engraving: {'x' * 60}"]


def test_a_kit_carries_its_options_once_with_its_first_item() -> None:
    kit = SkuRule("MUG", (Part("CUP"), Part("SPOON", 2)))
    assert notes(judged((COLOR,), rules(), kit)) == ["Color: Green", ""]


def test_an_option_of_a_bundle_names_what_it_belongs_to() -> None:
    assert notes(judged((replace(COLOR, item="TENT-1"),), rules())) == ["TENT-1 Color: Green"]


@pytest.mark.parametrize(
    "wrong", [{"option_text": "drop"}, {"options_in_sku": "Color"}, {"options_in_sku": [1]}]
)
def test_a_setting_that_is_not_known_is_a_mistake(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        rules(**wrong)

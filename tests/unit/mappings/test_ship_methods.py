"""Ship methods: the store's text is matched exactly, then by letters and digits, then by patterns."""

from __future__ import annotations

import pytest

from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.rules import MethodRule
from cartage.mappings.ship_methods import ShipMethodTable, normalised
from cartage.model.orders import ShipMethod


def table(*rules: tuple[str, str]) -> ShipMethodTable:
    return ShipMethodTable([MethodRule(store, ShipMethod("UPS", service)) for store, service in rules])


def service(methods: ShipMethodTable, text: str) -> str | None:
    found = methods.find(text)
    return found.service if found else None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("UPS® Ground (5–7 days)", "upsground57days"),
        ("  2nd   Day Air ", "2nddayair"),
        ("Économique", "economique"),
        ("ＵＰＳ Ｇround", "upsground"),
        ("—", ""),
        ("", ""),
    ],
)
def test_case_accents_spacing_and_punctuation_do_not_count(text: str, plain: str) -> None:
    assert normalised(text) == plain


def test_the_exact_text_comes_first() -> None:
    methods = table(("ups ground", "Cheap"), ("UPS Ground", "Ground"))
    assert service(methods, "UPS Ground") == "Ground"
    assert service(methods, "ups ground") == "Cheap"


def test_a_text_that_differs_only_in_spelling_marks_is_found() -> None:
    assert service(table(("UPS Ground (5-7 days)", "Ground")), "UPS®  ground – 5-7 Days") == "Ground"


def test_of_equal_rules_the_first_wins() -> None:
    assert service(table(("UPS Ground", "First"), ("UPS-Ground", "Second")), "ups ground") == "First"


def test_another_method_is_not_found() -> None:
    assert table(("UPS Ground", "Ground")).find("UPS 2nd Day Air") is None
    assert table().find("UPS Ground") is None


@pytest.mark.parametrize("text", ["", "   ", "---", "®"])
def test_a_text_without_letters_or_digits_matches_only_itself(text: str) -> None:
    methods = table(("***", "Stars"), ("UPS Ground", "Ground"))
    assert methods.find(text) is None
    assert service(methods, "***") == "Stars"


def test_every_field_of_a_mapping_is_returned() -> None:
    method = ShipMethod("FedEx", "Economy", "ThirdParty", "123456789", "FXFE")
    assert ShipMethodTable([MethodRule("Freight", method)]).find("Freight") == method


def rule(text: str, service: str, match: TextMatch, order: int = 0) -> MethodRule:
    return MethodRule(text, ShipMethod("UPS", service), match, order)


def test_an_exact_rule_is_compared_only_letter_for_letter() -> None:
    methods = ShipMethodTable([rule("UPS Ground", "Ground", TextMatch.EXACT)])
    assert service(methods, "UPS Ground") == "Ground"
    assert methods.find("ups ground") is None


def test_of_matching_patterns_the_lowest_order_wins() -> None:
    methods = ShipMethodTable(
        [
            rule("*", "Anything", TextMatch.PATTERN, 30),
            rule("UPS*Air*", "2nd Day Air", TextMatch.PATTERN, 20),
            rule("ups (?-day) air", "Next Day Air", TextMatch.PATTERN, 10),
        ]
    )
    assert service(methods, "UPS (1-day) Air ") == "Next Day Air"
    assert service(methods, "UPS (10-day) Air") == "2nd Day Air"
    assert service(methods, "Freight\n(2 pallets)") == "Anything"


def test_patterns_are_tried_after_all_texts() -> None:
    methods = ShipMethodTable(
        [rule("UPS*", "Pattern", TextMatch.PATTERN, 1), rule("UPS-Ground", "Ground", TextMatch.NORMALISED)]
    )
    assert service(methods, "ups ground") == "Ground"
    assert service(methods, "UPS Freight") == "Pattern"


DAMAGED = "USPS Priority Mail&lt;sup&gt;&#8482;&lt;/sup&gt;"


@pytest.mark.parametrize("match", TextMatch)
@pytest.mark.parametrize("text", [DAMAGED, "USPS Priority Mail™", "USPS Priority Mailâ„¢"])
def test_a_rule_in_the_wires_damaged_form_fits_the_text_as_it_is_read(match: TextMatch, text: str) -> None:
    assert service(ShipMethodTable([rule(DAMAGED, "Priority", match)]), text) == "Priority"


@pytest.mark.parametrize("written", ["USPS Priority Mail", "USPS Priority Mail™", DAMAGED])
def test_a_trademark_sign_makes_no_other_method(written: str) -> None:
    for text in ("USPS Priority Mail", "USPS - Priority Mail®", DAMAGED):
        assert service(table((written, "Priority")), text) == "Priority"

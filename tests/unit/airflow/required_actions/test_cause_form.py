"""What a person reads about a cause: what it blocks, the fix, the choices; foreign text stays text."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from cartage.mappings.choices import MappingChoice
from cartage.model.bounded import Bounded
from cartage.operations.repo.required_actions import RequiredAction
from cartage.validation.views import CauseSummary
from cartage_airflow.required_actions.cause_form import cause_form
from cartage_airflow.required_actions.form import ActionChoices, ActionForm, code_span, plain_words
from tests.unit.airflow.required_actions.conftest import MakeAction

UPS = MappingChoice("UPS Ground", "UPS", "Ground")


def shown(action: RequiredAction, *, orders: int = 37) -> ActionForm:
    summary = CauseSummary(
        id=action.cause_id,
        fingerprint=action.fingerprint,
        kind=action.kind,
        subject=action.subject,
        message=action.message,
        fix=action.fix,
        opened_at=action.opened_at,
        openings=action.opening,
        orders=Bounded.of(orders, 1000),
        value=Decimal("1234.5"),
        examples=(),
        entries=0,
        suggestions=(),
    )
    return cause_form(action, summary, lane="demo", desk="/cartage/attention?lane=demo&kind=cause#cause-3")


def test_the_form_shows_the_cause_then_how_many_orders_and_their_value(
    make_action: MakeAction,
) -> None:
    found = shown(make_action(offers=(UPS,)))
    assert found.subject == "ship method 'Grnd' has no mapping: 37 orders of lane demo"
    assert found.body.startswith("**37 orders, worth 1,234.50**, since 2026-11-24 22:10 UTC.")
    assert "Map 'Grnd' to the warehouse's carrier" in found.body
    assert "(/cartage/attention?lane=demo&kind=cause#cause-3)" in found.body


@pytest.mark.parametrize(("orders", "words"), [(1, "1 order of"), (1001, "1,000+ orders of")])
def test_the_count_reads_well(make_action: MakeAction, orders: int, words: str) -> None:
    assert words in shown(make_action(), orders=orders).subject


def test_there_are_never_more_options_than_airflow_shows_as_buttons(make_action: MakeAction) -> None:
    many = tuple(MappingChoice(f"UPS {number}", "UPS", str(number)) for number in range(3))
    options = ("Save this mapping", "Skip these orders", "Hold these orders", "Leave it as it is")
    assert shown(make_action(offers=many)).choices == ActionChoices(options, ("UPS 0", "UPS 1", "UPS 2"))
    assert shown(make_action(offers=())).choices == ActionChoices(options[1:])


def test_where_no_mapping_can_be_chosen_the_likely_ones_are_named(make_action: MakeAction) -> None:
    assert "Likely: ` UPS Ground `" in shown(make_action(offers=())).body
    assert "Likely" not in shown(make_action(offers=(UPS,))).body


HOSTILE = "`](http://evil.example)<script>alert(1)</script>\n# **{{ macros }}** ``` www.evil.example"


def test_text_from_a_store_appears_only_in_code_spans(make_action: MakeAction) -> None:
    suggestions = [{"carrier": HOSTILE, "service": "", "score": 90.0}]
    found = shown(make_action(message=HOSTILE, fix=f"Map {HOSTILE}.", suggestions=suggestions, offers=()))
    assert "\n" not in found.subject
    # Spans by the rule of CommonMark: a run of backticks ends at the next run of the same length.
    rest = re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", found.body)
    assert "evil" not in rest and "script" not in rest and "macros" not in rest
    assert "evil" in found.body


@pytest.mark.parametrize("text", ["", "x", "`", "``a`b```", "a\nb\u202ec"])
def test_a_code_span_contains_its_text_in_one_line(text: str) -> None:
    span = code_span(text)
    assert "\n" not in span and "\u202e" not in span
    if plain_words(text):
        fence = span.split(" ", 1)[0]
        assert set(fence) == {"`"}
        assert span == f"{fence} {plain_words(text)} {fence}"
        assert fence not in re.findall("`+", plain_words(text))


def test_a_long_message_is_cut(make_action: MakeAction) -> None:
    assert len(shown(make_action(message="x" * 5000)).subject) == 200

"""Rules: only values of the right kind, changed together or not at all, each with its evidence."""

from __future__ import annotations

import pytest

from cartage_sandbox.kernel import Evidence, Rule, RuleError, Rules
from cartage_sandbox.kernel.rules import RuleValue

RULES = [
    Rule("strict", True, Evidence.DOCUMENTED, "a.md section 1"),
    Rule("delay", 0.0, Evidence.ASSUMED, "a.md section 2"),
    Rule("page", 100, Evidence.OBSERVED, "a.md section 3"),
    Rule("zone", "utc", Evidence.ASSUMED, "a.md section 4", ("utc", "local"), "of timestamps"),
]


def test_defaults_are_overridden_by_name() -> None:
    rules = Rules(RULES, {"zone": "local", "delay": 2})
    assert (rules.flag("strict"), rules.number("delay"), rules.integer("page"), rules.text("zone")) == (
        True,
        2.0,
        100,
        "local",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("strict", 1), ("strict", "yes"), ("delay", True), ("delay", "2"), ("zone", "mars"), ("zone", None)],
)
def test_a_value_of_the_wrong_kind_is_refused(name: str, value: RuleValue) -> None:
    rules = Rules(RULES)
    with pytest.raises(RuleError, match=name):
        rules.update({name: value})


def test_an_unknown_rule_is_refused_and_named() -> None:
    with pytest.raises(RuleError, match="nonsense"):
        Rules(RULES, {"nonsense": 1})


def test_a_failed_change_changes_nothing() -> None:
    rules = Rules(RULES)
    with pytest.raises(RuleError):
        rules.update({"page": 50, "zone": "mars"})
    assert rules["page"] == 100


def test_the_listing_has_evidence_source_default_and_current_value() -> None:
    listed = {rule["name"]: rule for rule in Rules(RULES, {"zone": "local"}).listing()}
    assert listed["zone"] == {
        "name": "zone",
        "value": "local",
        "default": "utc",
        "evidence": "assumed",
        "source": "a.md section 4",
        "choices": ("utc", "local"),
        "about": "of timestamps",
    }

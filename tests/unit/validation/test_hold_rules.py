"""Hold rules: an order must meet every condition of a rule, and every hold ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from cartage.lanes.settings.checks import HoldRule
from cartage.validation.hold_rules import HoldFacts, holds_by_rules

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FACTS = HoldFacts(
    ordered_at=NOW - timedelta(minutes=10),
    amount=Decimal("250.00"),
    countries=frozenset({"US"}),
    ship_method="UPS Next Day Air",
    texts=("Please CALL before delivery",),
    is_first=True,
)


def rule(**conditions: Any) -> HoldRule:
    return HoldRule.model_validate({"name": "look", "reason": "somebody looks", **conditions})


def holds(rule: HoldRule, facts: HoldFacts = FACTS) -> bool:
    return bool(list(holds_by_rules([rule], facts, NOW)))


@pytest.mark.parametrize(
    ("met", "other"),
    [
        ({"value_over": 249.99}, {"amount": Decimal("249.99")}),
        ({"countries": ["us"]}, {"countries": frozenset({"CA"})}),
        ({"ship_methods": ["*next day*", "Freight"]}, {"ship_method": "UPS Ground"}),
        ({"words": ["call before"]}, {"texts": ("call", "before")[:1]}),
        ({"first_order": True}, {"is_first": False}),
    ],
)
def test_each_condition_holds_only_orders_that_meet_it(met: dict[str, Any], other: dict[str, Any]) -> None:
    assert holds(rule(**met))
    assert not holds(rule(**met), replace(FACTS, **other))


def test_all_conditions_of_a_rule_must_be_met() -> None:
    assert holds(rule(value_over=100, countries=["US"]))
    assert not holds(rule(value_over=100, countries=["CA"]))


def test_a_grace_time_is_counted_from_when_the_order_was_placed() -> None:
    [hold] = holds_by_rules([rule(grace="30m")], FACTS, NOW)
    assert hold.until == NOW + timedelta(minutes=20)
    assert not holds(rule(grace="10m"))


def test_a_hold_ends_after_its_time_or_a_week() -> None:
    assert [hold.until for hold in holds_by_rules([rule(value_over=1)], FACTS, NOW)] == [
        NOW + timedelta(days=7)
    ]
    assert [hold.until for hold in holds_by_rules([rule(value_over=1, hold_for="2h")], FACTS, NOW)] == [
        NOW + timedelta(hours=2)
    ]


@pytest.mark.parametrize("conditions", [{}, {"hold_for": "1h"}, {"hold_for": "1h", "grace": "1h"}])
def test_a_rule_that_would_hold_everything_or_ends_twice_is_a_mistake(conditions: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**conditions)


def test_words_are_found_however_they_were_written() -> None:
    damaged = replace(
        FACTS, texts=("It&amp;#39;s for O\u00e2\u20ac\u2122Neil", "ACME\u2122 \uff36\uff29\uff30")
    )
    for word in ("it's for", "O’Neil", "acme vip", "ACME&reg; VIP"):
        assert holds(rule(words=[word]), damaged)
    assert not holds(rule(words=["™"]), damaged)

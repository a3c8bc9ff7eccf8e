"""Which of a lane's rules hold an order, and until when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from cartage.lanes.settings.checks import Duplicates, HoldRule
from cartage.model.wildcards import matches

_WHILE = timedelta(days=7)


class HoldSource(StrEnum):
    """What an order is held by."""

    PERSON = "person"
    RULE = "rule"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """What hold rules look at; `texts` are the order's comments."""

    ordered_at: datetime | None = None
    amount: Decimal = Decimal(0)
    country: str = ""
    ship_method: str = ""
    texts: tuple[str, ...] = ()
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class NewHold:
    """A hold that is to be placed."""

    source: HoldSource
    reason: str
    owner: str
    until: datetime
    rule: str = ""


def holds_by_rules(rules: Iterable[HoldRule], facts: HoldFacts, now: datetime) -> Iterator[NewHold]:
    """The holds that these rules want now; one whose time is over wants none."""
    for rule in rules:
        until = _until(rule, facts, now)
        if until > now and _fits(rule, facts):
            yield NewHold(HoldSource.RULE, rule.reason, rule.owner, until, rule.name)


def duplicate_hold(settings: Duplicates, possible_duplicate: str, now: datetime) -> NewHold:
    """The hold of an order that looks like the earlier one of this number."""
    return NewHold(
        HoldSource.DUPLICATE,
        possible_duplicate_text(possible_duplicate),
        settings.owner,
        now + settings.hold_for,
    )


def possible_duplicate_text(possible_duplicate: str) -> str:
    """What an order that looks like another one is told by."""
    return f"looks like order {possible_duplicate} of the same customer: same lines, same address"


def _until(rule: HoldRule, facts: HoldFacts, now: datetime) -> datetime:
    if rule.grace is None:
        return now + (rule.hold_for or _WHILE)
    return (facts.ordered_at or now) + rule.grace


def _fits(rule: HoldRule, facts: HoldFacts) -> bool:
    texts = " ".join(facts.texts).casefold()
    return (
        (rule.value_over is None or facts.amount > rule.value_over)
        and (not rule.countries or facts.country.upper() in rule.countries)
        and (
            not rule.ship_methods
            or any(matches(ship_method, facts.ship_method) for ship_method in rule.ship_methods)
        )
        and (not rule.words or any(word.casefold() in texts for word in rule.words))
        and (not rule.first_order or facts.is_first)
    )

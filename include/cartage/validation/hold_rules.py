"""Which of a lane's rules hold an order, and until when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from cartage.addresses import country_code
from cartage.lanes.settings.checks import Duplicates, HoldRule
from cartage.model.texts import comparable
from cartage.model.wildcards import matches

# How long a rule holds an order if it does not say so.
_DEFAULT_TIME = timedelta(days=7)


class HoldSource(StrEnum):
    """What holds an order."""

    PERSON = "person"
    RULE = "rule"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """What hold rules compare.

    `countries` are the codes that cover the ship-to address (`addresses.destinations`), `texts` the order's comments.
    """

    ordered_at: datetime | None = None
    amount: Decimal = Decimal(0)
    countries: frozenset[str] = frozenset()
    ship_method: str = ""
    texts: tuple[str, ...] = ()
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class NewHold:
    """A hold to place: why, for whom, and until when it lasts."""

    source: HoldSource
    reason: str
    owner: str
    until: datetime
    rule: str = ""


def holds_by_rules(rules: Iterable[HoldRule], facts: HoldFacts, now: datetime) -> Iterator[NewHold]:
    """Yield the holds that these rules place now; a rule whose time is over places none."""
    for rule in rules:
        until = _until(rule, facts, now)
        if until > now and _applies(rule, facts):
            yield NewHold(HoldSource.RULE, rule.reason, rule.owner, until, rule.name)


def duplicate_hold(settings: Duplicates, possible_duplicate: str, now: datetime) -> NewHold:
    """Return the hold of an order that looks like the earlier order with this number."""
    return NewHold(
        HoldSource.DUPLICATE,
        possible_duplicate_text(possible_duplicate),
        settings.owner,
        now + settings.hold_for,
    )


def possible_duplicate_text(possible_duplicate: str) -> str:
    """Return the reason for an order that looks like the earlier order with this number."""
    return f"looks like order {possible_duplicate} of the same customer: same lines, same address"


def _until(rule: HoldRule, facts: HoldFacts, now: datetime) -> datetime:
    if rule.grace is None:
        return now + (rule.hold_for or _DEFAULT_TIME)
    return (facts.ordered_at or now) + rule.grace


def _applies(rule: HoldRule, facts: HoldFacts) -> bool:
    texts = comparable(" ".join(facts.texts), name=True) if rule.words else ""
    return (
        (rule.value_over is None or facts.amount > rule.value_over)
        and (not rule.countries or not facts.countries.isdisjoint(map(country_code, rule.countries)))
        and (
            not rule.ship_methods
            or any(matches(ship_method, facts.ship_method) for ship_method in rule.ship_methods)
        )
        and (not rule.words or any(_occurs(word, texts) for word in rule.words))
        and (not rule.first_order or facts.is_first)
    )


def _occurs(word: str, texts: str) -> bool:
    compared = comparable(word, name=True)
    # A word of signs that do not count occurs nowhere, not everywhere.
    return bool(compared) and compared in texts

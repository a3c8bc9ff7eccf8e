"""What was decided for one ship-to group, by which rules, and what they saw: as data, and as a sentence. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class RoutedLine:
    """A quantity of a line that one warehouse ships."""

    position: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class RoutedPart:
    """What one warehouse ships of a ship-to group."""

    warehouse: str
    lines: tuple[RoutedLine, ...]


@dataclass(frozen=True, slots=True)
class RuleHold:
    """A hold that a routing rule places on the whole group."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A quantity of a line that no warehouse of its rule has."""

    position: int
    sku: str
    quantity: Decimal


class RuleOutcome(StrEnum):
    """What a rule did with the lines it took."""

    SENT = "sent"
    BACKORDERED = "backordered"
    WAITS = "waits"
    HELD = "held"
    NOBODY = "nobody"
    DEFAULT = "default"  # no rule took them


@dataclass(frozen=True, slots=True)
class StockSeen:
    """What a rule saw of one line at one warehouse; `available` is None if the figures cannot be relied on."""

    warehouse: str
    sku: str
    wanted: Decimal
    available: Decimal | None
    age: timedelta | None


@dataclass(frozen=True, slots=True)
class RuleStep:
    """One rule that took lines, at their positions, and where they went. `rule` is empty for the default."""

    rule: str
    outcome: RuleOutcome
    positions: tuple[int, ...]
    warehouses: tuple[str, ...] = ()
    seen: tuple[StockSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class RoutingDecision:
    """The decision for one ship-to group; `id` is that of its facts.

    Every unit of every line is in exactly one of `parts`, `nobody` (positions of lines that somebody else ships) and
    `waits`. While lines wait, the parts wait with them, unless the order `goes_ahead`. With a `hold`, the whole group
    is held and none of it is decided.
    """

    id: int
    parts: tuple[RoutedPart, ...] = ()
    nobody: tuple[int, ...] = ()
    waits: tuple[WaitingLine, ...] = ()
    hold: RuleHold | None = None
    steps: tuple[RuleStep, ...] = ()
    goes_ahead: bool = False

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that decided, in their order; without the default."""
        return tuple(step.rule for step in self.steps if step.rule)

    @property
    def warehouses(self) -> tuple[str, ...]:
        """The warehouses that ship a part."""
        return tuple(part.warehouse for part in self.parts)

    @property
    def sentence(self) -> str:
        """The decision in words, for the order's timeline."""
        return "; ".join(map(_step_text, self.steps)) or "no lines to route"

    def document(self) -> dict[str, Any]:
        """Return the decision as a JSON document for an event."""
        return {
            "parts": [
                {
                    "warehouse": part.warehouse,
                    "lines": [[line.position, str(line.quantity)] for line in part.lines],
                }
                for part in self.parts
            ],
            "nobody": list(self.nobody),
            "waits": [[line.position, line.sku, str(line.quantity)] for line in self.waits],
            "goes_ahead": self.goes_ahead,
            "hold": self.hold and {"rule": self.hold.rule, "reason": self.hold.reason},
            "steps": [_step_document(step) for step in self.steps],
        }


def _step_document(step: RuleStep) -> dict[str, Any]:
    return {
        "rule": step.rule,
        "outcome": step.outcome.value,
        "lines": list(step.positions),
        "warehouses": list(step.warehouses),
        "stock": [
            {
                "warehouse": seen.warehouse,
                "sku": seen.sku,
                "wanted": str(seen.wanted),
                "available": None if seen.available is None else str(seen.available),
                "age_seconds": None if seen.age is None else round(seen.age.total_seconds()),
            }
            for seen in step.seen
        ],
    }


def _step_text(step: RuleStep) -> str:
    count = len(step.positions)
    lines = "1 line" if count == 1 else f"{count} lines"
    where = " and ".join(step.warehouses)
    match step.outcome:
        case RuleOutcome.DEFAULT:
            return (
                f"{lines} to {where}: no rule took them"
                if count != 1
                else f"1 line to {where}: no rule took it"
            )
        case RuleOutcome.HELD:
            return f"held by rule {step.rule}"
        case RuleOutcome.NOBODY:
            return f"{lines} for nobody here, by rule {step.rule}"
        case RuleOutcome.WAITS:
            wait, them = ("waits", "it") if count == 1 else ("wait", "them")
            return f"{lines} {wait}: no warehouse of rule {step.rule} has {them}{_seen_text(step)}"
        case RuleOutcome.BACKORDERED:
            return f"{lines} to {where}, partly as a backorder, by rule {step.rule}{_seen_text(step)}"
    return f"{lines} to {where} by rule {step.rule}{_seen_text(step)}"


def _seen_text(step: RuleStep) -> str:
    """Return the stock that decided, for the first line that a warehouse was short of, or the first of all."""
    if not step.seen:
        return ""
    short = next((seen for seen in step.seen if (seen.available or 0) < seen.wanted), step.seen[0])
    row = [seen for seen in step.seen if seen.sku == short.sku]
    figures = ", ".join(dict.fromkeys(map(_figure, row)))
    return f" ({short.sku}, {_plain(short.wanted)} wanted: {figures})"


def _figure(seen: StockSeen) -> str:
    if seen.available is None:
        return (
            f"{seen.warehouse} not known"
            if seen.age is None
            else f"{seen.warehouse} too old, {_age(seen.age)}"
        )
    return f"{seen.warehouse} had {_plain(seen.available)}, {_age(seen.age or timedelta(0))} ago"


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _age(age: timedelta) -> str:
    minutes = round(age.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"

"""Suggestions for a cause as choices: what a person picks by its label, and the mapping rule that it stands for.

Pure: no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cartage.errors.problems import ProblemKind
from cartage.mappings.rules import MethodRule, Part, Rule, SkuRule
from cartage.model.orders import ShipMethod

# A label is one line of a list.
_LONGEST_LABEL = 100


@dataclass(frozen=True, slots=True)
class MappingChoice:
    """One mapping that may mend a cause; `carrier` and `service` of a ship method, or `sku`."""

    label: str
    carrier: str = ""
    service: str = ""
    sku: str = ""

    def rule(self, subject: str) -> Rule:
        """The rule that maps the cause's subject so."""
        if self.sku:
            return SkuRule(subject, (Part(self.sku),))
        return MethodRule(subject, ShipMethod(self.carrier, self.service))


def mapping_choices(
    kind: ProblemKind, subject: str, suggestions: Sequence[Mapping[str, Any]]
) -> tuple[MappingChoice, ...]:
    """What may be chosen for a cause, best first; nothing for a kind that no mapping mends.

    Of suggestions that read alike as labels only the first is offered: no choice may mean two things.
    """
    found: Iterable[MappingChoice] = ()
    if subject.strip() and kind is ProblemKind.UNMAPPED_SHIP_METHOD:
        found = (_method(suggestion["carrier"], suggestion["service"]) for suggestion in suggestions)
    elif subject.strip() and kind is ProblemKind.UNKNOWN_SKU:
        found = (
            MappingChoice(_label(suggestion["sku"]), sku=suggestion["sku"]) for suggestion in suggestions
        )
    distinct: dict[str, MappingChoice] = {}
    for one in found:
        distinct.setdefault(one.label, one)
    return tuple(distinct.values())


def _method(carrier: str, service: str) -> MappingChoice:
    return MappingChoice(_label(f"{carrier} {service}".strip()), carrier, service)


def _label(target: str) -> str:
    shown = " ".join("".join(sign if sign.isprintable() else " " for sign in target).split())
    return shown if len(shown) <= _LONGEST_LABEL else f"{shown[: _LONGEST_LABEL - 3]}..."

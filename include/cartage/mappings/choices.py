"""Suggestions for a cause as choices: a label that a person picks, and the mapping rule that it stands for. Pure."""

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
    """A mapping that may fix a cause: `carrier` and `service` for a ship method, or `sku` for a SKU."""

    label: str
    carrier: str = ""
    service: str = ""
    sku: str = ""

    def rule(self, subject: str) -> Rule:
        """Return the rule that maps the cause's subject to this choice."""
        if self.sku:
            return SkuRule(subject, (Part(self.sku),))
        return MethodRule(subject, ShipMethod(self.carrier, self.service))


def mapping_choices(
    kind: ProblemKind, subject: str, suggestions: Sequence[Mapping[str, Any]]
) -> tuple[MappingChoice, ...]:
    """Return the choices for a cause, the best first; none for a kind that no mapping fixes.

    Of suggestions with the same label only the first is a choice, so that no label means two things.
    """
    choices: Iterable[MappingChoice] = ()
    if subject.strip() and kind is ProblemKind.UNMAPPED_SHIP_METHOD:
        choices = (_method_choice(suggestion) for suggestion in suggestions)
    elif subject.strip() and kind is ProblemKind.UNKNOWN_SKU:
        choices = (
            MappingChoice(_label(suggestion["sku"]), sku=suggestion["sku"]) for suggestion in suggestions
        )
    distinct: dict[str, MappingChoice] = {}
    for choice in choices:
        distinct.setdefault(choice.label, choice)
    return tuple(distinct.values())


def _method_choice(suggestion: Mapping[str, Any]) -> MappingChoice:
    carrier, service = suggestion["carrier"], suggestion["service"]
    title = suggestion.get("title", "")
    # Two services may have one name: the code distinguishes them.
    code = f" ({service})" if title else ""
    return MappingChoice(_label(f"{ShipMethod(carrier, service, title=title).shown}{code}"), carrier, service)


def _label(target: str) -> str:
    label = " ".join("".join(sign if sign.isprintable() else " " for sign in target).split())
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 3]}..."

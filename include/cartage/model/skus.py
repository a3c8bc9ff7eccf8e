"""How a SKU of the store matches the warehouse's catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cartage.model.texts import comparable


class MatchKind(StrEnum):
    """How a SKU matches; `FOLDED` compares its `folded` form, and `UNREADABLE` means that its item cannot be read."""

    EXACT = "exact"
    FOLDED = "folded"
    INACTIVE = "inactive"
    AMBIGUOUS = "ambiguous"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Match:
    """The result of a SKU's look-up: `sku` in the warehouse's spelling; empty unless exactly one item matches."""

    kind: MatchKind
    sku: str = ""
    candidates: tuple[str, ...] = ()


def folded(sku: str) -> str:
    """Return the SKU in the form that the catalogue's second look-up and mapping rules compare: `comparable`."""
    return comparable(sku)

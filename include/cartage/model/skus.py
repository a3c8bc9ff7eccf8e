"""How a SKU of the store matches the warehouse's catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MatchKind(StrEnum):
    """How a SKU matches; `FOLDED` ignores letter case and surrounding blanks."""

    EXACT = "exact"
    FOLDED = "folded"
    INACTIVE = "inactive"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Match:
    """The result of a SKU's look-up: `sku` in the warehouse's spelling; empty unless exactly one item matches."""

    kind: MatchKind
    sku: str = ""
    candidates: tuple[str, ...] = ()


def folded(sku: str) -> str:
    """Return the SKU trimmed and case-folded, as the catalogue's second look-up compares it."""
    return sku.strip().casefold()

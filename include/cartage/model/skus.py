"""How a SKU of the store was found in the warehouse's catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MatchKind(StrEnum):
    """How a SKU was found; `FOLDED` ignores letter case and blanks at the ends."""

    EXACT = "exact"
    FOLDED = "folded"
    INACTIVE = "inactive"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Match:
    """One SKU's place in the catalogue: `sku` as the warehouse spells it, empty if there is not exactly one."""

    kind: MatchKind
    sku: str = ""
    candidates: tuple[str, ...] = ()


def folded(sku: str) -> str:
    """The SKU trimmed and without letter case, as the catalogue's second look-up compares it."""
    return sku.strip().casefold()

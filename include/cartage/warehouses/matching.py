"""Which item of a warehouse's catalogue an SKU means."""

from __future__ import annotations

from collections.abc import Sequence

from cartage.model.skus import Match, MatchKind


def match(sku: str, candidates: Sequence[tuple[str, bool]]) -> Match:
    """Return the item that `sku` means among `candidates`, (SKU, active) pairs with the same folded SKU.

    An exact match wins. Otherwise blanks at the ends are ignored, then letter case too. More than one active
    item is ambiguous, never a guess; inactive items alone are inactive.
    """
    exact = [candidate for candidate in candidates if candidate[0] == sku]
    trimmed = [candidate for candidate in candidates if candidate[0].strip() == sku.strip()]
    nearest = exact or trimmed or candidates
    if not nearest:
        return Match(MatchKind.UNKNOWN)
    active = [name for name, is_active in nearest if is_active]
    if len(active) > 1:
        return Match(MatchKind.AMBIGUOUS, candidates=tuple(sorted(active)))
    if active:
        return Match(MatchKind.EXACT if exact else MatchKind.FOLDED, active[0])
    names = sorted(name for name, _ in nearest)
    return Match(MatchKind.INACTIVE, names[0] if len(names) == 1 else "", tuple(names))

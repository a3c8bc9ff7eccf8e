"""Whether two patterns of file names can match one name. Pure.

Two lanes that read the same file would each take in half of what the other needs: such settings are a mistake.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cartage.model.wildcards import as_compared


def first_overlap(patterns: Iterable[str], others: Collection[str]) -> tuple[str, str] | None:
    """Return the first two patterns that some name matches both; None if there are none."""
    pairs = ((pattern, other) for pattern in patterns for other in others)
    return next((pair for pair in pairs if overlap(*pair)), None)


def overlap(pattern: str, other: str) -> bool:
    """Return whether some name matches both patterns: `shp_*` and `*.csv` both match `shp_1.csv`."""
    first, second = as_compared(pattern), as_compared(other)
    # The places in `second` that can be reached with what of `first` was read.
    reached = _past_stars({0}, second)
    for char in first:
        reached = _step(char, reached, second)
        if not reached:
            return False
    return len(second) in reached


def _step(char: str, reached: set[int], second: str) -> set[int]:
    if char == "*":
        # It may stand for whatever is left of the other pattern, character by character.
        return set(range(min(reached), len(second) + 1))
    after = set()
    for place in reached:
        if place < len(second):
            if second[place] == "*":
                after.add(place)
            elif char == "?" or second[place] in {"?", char}:
                after.add(place + 1)
    return _past_stars(after, second)


def _past_stars(places: set[int], second: str) -> set[int]:
    """Return these places, and those behind stars, which may stand for nothing."""
    found = set(places)
    for start in places:
        end = len(second) - len(second[start:].lstrip("*"))
        found.update(range(start, end + 1))
    return found

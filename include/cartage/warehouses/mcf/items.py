"""The ids of an order's items: the store's line ids, told apart where a kit gave several lines one. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cartage.model.orders import RequestLine


def item_ids(lines: Sequence[RequestLine]) -> list[str]:
    """Return the id of each line: `71`, and `71-2` for the second line with the same number."""
    seen: Counter[int] = Counter()
    ids = []
    for line in lines:
        seen[line.line_id] += 1
        place = seen[line.line_id]
        ids.append(f"{line.line_id}-{place}" if place > 1 else str(line.line_id))
    return ids


def line_id_of(item_id: str) -> int | None:
    """Return the store's line id that an item's id has; None for an id of another system."""
    number, dash, place = item_id.partition("-")
    is_ours = number.isascii() and number.isdecimal() and (not dash or place.isdecimal())
    return int(number) if is_ours else None

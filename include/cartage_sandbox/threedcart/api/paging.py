"""limit, offset and countonly of every list, and $select and $orderby on its page (3dcart-api.md section 3.2).

The offset is the 1-based position of the first row. An offset past the end is a 400, an empty list a 404.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import orjson

from cartage_sandbox.kernel.rules import Rules
from cartage_sandbox.threedcart.wire.messages import ApiError, Reply, array_of, encode, whole

PAST_THE_END = "Offset amount exceeds the total number of records"
_DEFAULT_LIMIT = 10
_ORDERING_WORDS = 2
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page:
    """The rows that a query requests."""

    limit: int
    offset: int
    count_only: bool

    def cut(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the page's rows. Raises ApiError: 404 if the list is empty, 400 past the end."""
        if not rows:
            raise ApiError(404, "No records found")
        first = max(self.offset, 1) - 1
        if first >= len(rows):
            raise ApiError(400, PAST_THE_END, firm=True)
        return rows[first : first + self.limit]


def page_of(query: Mapping[str, str], maximum: int, rules: Rules) -> Page:
    """Return the page that a query requests. Raises ApiError 400."""
    limit = whole(query.get("limit") or str(_DEFAULT_LIMIT), "limit")
    offset = whole(query.get("offset") or "1", "offset")
    if limit < 1 or offset < 0:
        raise ApiError(400, "limit and offset must not be negative")
    if limit > maximum and rules["limit_over_max"] == "reject":
        raise ApiError(400, f"limit must not exceed {maximum}")
    return Page(min(limit, maximum), offset, query.get("countonly", "0").lower() in ("1", "true"))


def listed(
    rows: Sequence[Row],
    page: Page,
    query: Mapping[str, str],
    bodies: Callable[[Sequence[Row]], list[bytes]],
    element: str,
) -> Reply:
    """Return the reply to a list request: its count, or one page of it."""
    if page.count_only:
        return Reply(200, encode({"TotalCount": len(rows)}), "Count")
    body = array_of(bodies(page.cut(rows)))
    if "$select" in query or "$orderby" in query:
        body = _odata(body, query)
    return Reply(200, body, element)


def _odata(body: bytes, query: Mapping[str, str]) -> bytes:
    """Sort and thin out the rows of a page. The API does this only after it fetched the page."""
    rows: list[Any] = orjson.loads(body)
    for part in reversed(_parts(query.get("$orderby", ""))):
        field, *direction = part.split()
        if len(direction) >= _ORDERING_WORDS or [each.lower() for each in direction] not in (
            [],
            ["asc"],
            ["desc"],
        ):
            raise ApiError(400, f"The query option $orderby is not valid: {part}")
        rows.sort(key=partial(_sortable, field), reverse="desc" in part.lower().split())
    wanted = _parts(query.get("$select", ""))
    if wanted:
        rows = [_selected(row, wanted) for row in rows]
    return encode(rows)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _sortable(field: str, row: Any) -> tuple[bool, str, float, str]:
    value = row.get(field) if isinstance(row, dict) else None
    if isinstance(value, int | float):
        return (True, "", float(value), "")
    return (value is not None, "text", 0.0, str(value))


def _selected(row: Any, wanted: Sequence[str]) -> Any:
    if not isinstance(row, dict):
        return row
    by_name = {name.lower(): name for name in row}
    return {by_name[each.lower()]: row[by_name[each.lower()]] for each in wanted if each.lower() in by_name}

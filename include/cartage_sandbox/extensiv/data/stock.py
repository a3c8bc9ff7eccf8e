"""Stock: set by hand, like a receipt or a count in the warehouse, and misreported, like a faulty system would.

Allocations are not touched: they belong to orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

from cartage_sandbox.extensiv.data.model import Item, JsonObject


def set_stock(item: Item, changes: Mapping[str, Any], now: datetime) -> None:
    """Set on_hand and on_hold if given, then add `add` to on_hand."""
    item.on_hand = Decimal(str(changes.get("on_hand", item.on_hand)))
    item.on_hold = Decimal(str(changes.get("on_hold", item.on_hold)))
    item.on_hand += Decimal(str(changes.get("add", 0)))
    item.modified_at = now


def listed_stock(items: Iterable[Item], response: str, *, empty_rows: bool) -> Iterator[Item]:
    """Return the items that stocksummaries lists under `stock_response`; without `empty_rows`, those with stock."""
    for position, item in enumerate(items):
        lost = response == "empty" or (response == "halved" and position % 2)
        if not lost and (empty_rows or item.on_hand or item.ordered_not_allocated):
            yield item


def distorted(row: JsonObject, response: str) -> JsonObject:
    """Return a row of stocksummaries as the rule `stock_response` changes it."""
    if response == "zeros":
        return row | dict.fromkeys(("available", "onHand", "allocated", "orderedNotAllocated"), 0.0)
    return row | {"facilityId": row["facilityId"] + 1} if response == "other_facility" else row


def cache_headers(response: str, made: datetime, now: datetime) -> dict[str, str]:
    """Return the headers of a cached response (RFC 9111): the Age that the cache adds, or the original Date."""
    if response == "cached_age":
        return {"age": str(int((now - made).total_seconds()))}
    return {"date": format_datetime(made, usegmt=True)} if response == "cached_date" else {}

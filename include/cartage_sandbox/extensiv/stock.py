"""Setting an item's stock by hand, as a receipt or a count in the warehouse would.

Allocations are left alone: they belong to orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from cartage_sandbox.extensiv.model import Item


def set_stock(item: Item, asked: Mapping[str, Any], now: datetime) -> None:
    """Set on_hand and on_hold where given, then add `add` to on_hand."""
    item.on_hand = Decimal(str(asked.get("on_hand", item.on_hand)))
    item.on_hold = Decimal(str(asked.get("on_hold", item.on_hold)))
    item.on_hand += Decimal(str(asked.get("add", 0)))
    item.modified_at = now

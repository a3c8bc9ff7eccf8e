"""The actual state for tests: what is, not what lists show, without padding and without lag. It changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cartage_sandbox.threedcart.data.entries import Entry, tracking_codes
from cartage_sandbox.threedcart.data.state import StoreState

DEFAULT_FIELDS = ("OrderID", "OrderStatusID", "TrackingCodes", "Kind")


def overview(state: StoreState, fields: Sequence[str]) -> dict[str, Any]:
    """Return some fields of every order. OrderID, Kind and TrackingCodes exist for entries that are not orders, too."""
    return {"orders": [_row(entry, fields) for entry in state.orders.entries()], "count": len(state.orders)}


def described(state: StoreState, order_id: int) -> dict[str, Any]:
    """Return an order with its kind and the API's writes to it. Raises KeyError."""
    entry = state.orders.entry(order_id)
    return {
        "id": order_id,
        "kind": entry.kind,
        "order": _data(entry),
        "writes": state.effects.of(order_id),
    }


def _row(entry: Entry, fields: Sequence[str]) -> dict[str, Any]:
    order = _data(entry)
    own = {"OrderID": entry.order_id, "Kind": entry.kind, "TrackingCodes": tracking_codes(order)}
    known = {**order, **own} if isinstance(order, dict) else own
    return {name: known.get(name) for name in fields}


def _data(entry: Entry) -> Any:
    try:
        return entry.data()
    except ValueError:
        return None

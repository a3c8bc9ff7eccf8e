"""The orders: the actual state by OrderID, and the lists that show it, at once or after the lag.

Of the fields it knows only the ids that it assigns.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from cartage_sandbox.generate.money import dicts
from cartage_sandbox.generate.shapes import Json
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.rules import Rules
from cartage_sandbox.threedcart.data.entries import Entry, Place, entry_of
from cartage_sandbox.threedcart.data.filters import Criteria
from cartage_sandbox.threedcart.data.index import ListIndex

FIRST_ORDER_ID = 30001


class OrderBook:
    """All orders of the store."""

    def __init__(self, clock: Clock, rules: Rules) -> None:
        self._clock, self._rules = clock, rules
        self._entries: dict[int, Entry] = {}
        self._lists = ListIndex()
        self._last_id = FIRST_ORDER_ID - 1
        self._last_shipment_id = 500

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._entries

    def entry(self, order_id: int) -> Entry:
        """Return an order as it is now. Raises KeyError."""
        return self._entries[order_id]

    def order(self, order_id: int) -> Json:
        """Return a copy of an order's data. Raises KeyError if there is no order that could be changed."""
        try:
            data = self._entries[order_id].data()
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise KeyError(order_id)
        return data

    def entries(self) -> list[Entry]:
        """Return all orders as they are now, ascending by OrderID."""
        return [self._entries[each] for each in sorted(self._entries)]

    def next_id(self) -> int:
        """Return the OrderID that the next cart gets."""
        return self._last_id + 1

    def next_shipment_id(self) -> int:
        """Assign a ShipmentID for another shipment of any order."""
        self._last_shipment_id += 1
        return self._last_shipment_id

    def put(self, entry: Entry, data: Any = None) -> None:
        """Set the order's current state; lists follow after the lag."""
        self._entries[entry.order_id] = entry
        self._last_id = max(self._last_id, entry.order_id)
        for shipment in dicts(data.get("ShipmentList")) if isinstance(data, dict) else ():
            number = shipment.get("ShipmentID")
            if isinstance(number, int):
                self._last_shipment_id = max(self._last_shipment_id, number)
        now = self._clock.now()
        self._lists.show(entry, now + timedelta(seconds=self._rules.number("lists_lag_seconds")), now)

    def save(self, order: Json, order_id: int) -> Entry:
        """Store a changed order, and return its entry."""
        before = self._entries[order_id]
        entry = entry_of(order_id, order, Place(before.status, before.ordered), before.kind)
        self.put(entry, order)
        return entry

    def select(self, criteria: Criteria) -> Sequence[int]:
        """Return the OrderIDs that lists show for these criteria, ascending."""
        self._lists.settle(self._clock.now())
        return self._lists.select(criteria)

    def listed(self, ids: Sequence[int]) -> list[Entry]:
        """Return entries as lists show them."""
        return self._lists.entries(ids)

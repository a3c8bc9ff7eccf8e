"""How often the API wrote each order's status and each shipment's tracking: the store's half of the oracle.

A person's edits are not counted; they are in the journal.
"""

from __future__ import annotations

from collections import Counter
from typing import Any


class EffectCounts:
    """Counts of writes that had an effect, including repeated values."""

    def __init__(self) -> None:
        self._statuses: dict[int, Counter[int]] = {}
        self._trackings: dict[int, dict[int, Counter[str]]] = {}

    def status_written(self, order_id: int, status: int) -> None:
        """Count a write of an order's status."""
        self._statuses.setdefault(order_id, Counter())[status] += 1

    def tracking_written(self, order_id: int, shipment_id: int, code: str) -> None:
        """Count a write of a shipment's tracking code."""
        self._trackings.setdefault(order_id, {}).setdefault(shipment_id, Counter())[code] += 1

    def clear(self) -> None:
        """Reset the counts."""
        self._statuses.clear()
        self._trackings.clear()

    def summary(self) -> dict[str, Any]:
        """Return, per OrderID, how often each status and each shipment's tracking code was written."""
        return {str(order_id): self.of(order_id) for order_id in sorted({*self._statuses, *self._trackings})}

    def of(self, order_id: int) -> dict[str, Any]:
        """Return the counts of an order, such as {"status": {"2": 1}, "tracking": {"0": {"1Z999": 1}}}."""
        shipments = self._trackings.get(order_id, {})
        return {
            "status": {str(key): times for key, times in self._statuses.get(order_id, Counter()).items()},
            "tracking": {str(key): dict(codes) for key, codes in shipments.items()},
        }

"""How far the orders have come while the demo waits, as seen in the store and the warehouse."""

from __future__ import annotations

from dataclasses import dataclass

from cartage_sandbox.demo.plan import PARTIAL, Seeded
from cartage_sandbox.stack.storefront import Storefront

_PROCESSING, _SHIPPED = 2, 4


@dataclass(frozen=True)
class Progress:
    """How many of the orders that can ship have reached which step."""

    wanted: int
    at_warehouse: int
    acknowledged: int
    shipped: int
    stocks: int

    @property
    def shipped_all(self) -> bool:
        """Return whether every order that should ship in full is Shipped in the store."""
        return self.shipped == self.wanted

    def line(self, lane: str) -> str:
        """Return a line for the terminal."""
        return (
            f"{lane:<6} at the warehouse {self.at_warehouse:4d}   Processing or later {self.acknowledged:4d}   "
            f"Shipped {self.shipped:4d} of {self.wanted:<4d}"
        )


def progress(shop: Storefront, seeded: Seeded) -> Progress:
    """Read statuses from the store and references from the warehouse."""
    partial = seeded.scenes.get(PARTIAL)
    statuses = [
        row["OrderStatusID"]
        for row in shop.store.overview(("OrderID", "OrderStatusID"))
        if row["OrderID"] in seeded.ships and row["OrderID"] != partial
    ]
    return Progress(
        wanted=len(statuses),
        at_warehouse=len(shop.references()),
        acknowledged=sum(status in (_PROCESSING, 3, _SHIPPED) for status in statuses),
        shipped=sum(status == _SHIPPED for status in statuses),
        stocks=len(shop.store.journal.count_by_key("stock.set")),
    )

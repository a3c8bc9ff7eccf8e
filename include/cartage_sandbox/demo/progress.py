"""How far the orders have come while the demo waits, as seen in the store and the warehouse."""

from __future__ import annotations

from dataclasses import dataclass

from cartage_sandbox.demo.plan import PARTIAL, Seeded
from cartage_sandbox.stack.shop import Shop

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
    def done(self) -> bool:
        """Return whether every order that should ship in full is Shipped in the store, and stock was posted."""
        return self.shipped == self.wanted and self.stocks > 0

    def line(self, seconds: float) -> str:
        """Return a line for the terminal."""
        return (
            f"  {seconds:5.0f} s   at the warehouse {self.at_warehouse:4d}   Processing or later "
            f"{self.acknowledged:4d}   Shipped {self.shipped:4d} of {self.wanted}   stocks posted {self.stocks:4d}"
        )


def progress(shop: Shop, seeded: Seeded) -> Progress:
    """Read statuses from the store and references from the warehouse."""
    partial = seeded.scenes.get(PARTIAL)
    statuses = [
        row["OrderStatusID"]
        for row in shop.store.overview(("OrderID", "OrderStatusID"))
        if row["OrderID"] in seeded.ships and row["OrderID"] != partial
    ]
    return Progress(
        wanted=len(statuses),
        at_warehouse=len(shop.warehouse.journal.count_by_key("order.created")),
        acknowledged=sum(status in (_PROCESSING, 3, _SHIPPED) for status in statuses),
        shipped=sum(status == _SHIPPED for status in statuses),
        stocks=len(shop.store.journal.count_by_key("stock.set")),
    )

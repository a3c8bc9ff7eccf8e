"""How far the orders have come while the demo waits, as seen in the store and the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cartage_sandbox.demo.plan import SHIPS_AFTER_SECONDS, Seeded
from cartage_sandbox.stack.storefront import Storefront

_PROCESSING, _SHIPPED = 2, 4


@dataclass(frozen=True)
class Progress:
    """How many of the orders that are `wanted` at the warehouse, and `to_ship` in full, have reached which step."""

    wanted: int
    to_ship: int
    at_warehouse: int
    acknowledged: int
    left: int
    shipped: int
    stocks: int

    @property
    def shipped_all(self) -> bool:
        """Return whether every order that should ship in full is Shipped in the store."""
        return self.shipped == self.to_ship


def progress(shop: Storefront, seeded: Seeded) -> Progress:
    """Read statuses from the store, references and packages from the warehouse."""
    statuses = {
        row["OrderID"]: row["OrderStatusID"] for row in shop.store.overview(("OrderID", "OrderStatusID"))
    }
    return Progress(
        wanted=len(seeded.sent),
        to_ship=len(seeded.shipped),
        at_warehouse=len({reference.split("_")[1] for reference in shop.references()}),
        acknowledged=sum(statuses[order_id] in (_PROCESSING, 3, _SHIPPED) for order_id in seeded.sent),
        left=len({reference.split("_")[1] for reference, numbers in shop.packages() if numbers}),
        shipped=sum(statuses[order_id] == _SHIPPED for order_id in seeded.shipped),
        stocks=len(shop.store.journal.count_by_key("stock.set")),
    )


@dataclass
class Steps:
    """The steps that a lane's orders have reached, each named once, and what they wait for now.

    `line_of` is when the last step was reached, in seconds since the demo began.
    """

    lane: str
    with_stock: bool
    _named: set[str] = field(default_factory=set)
    _since: float = 0.0

    def reached(self, now: Progress, seconds: float) -> Iterator[str]:
        """Yield a line for each step that was reached since the last call."""
        for name, is_reached, line in (
            (
                "sent",
                now.at_warehouse >= now.wanted,
                f"all {now.wanted} orders are at the warehouse, each once",
            ),
            ("told", now.acknowledged >= now.wanted, "the store shows them as Processing"),
            ("left", now.left >= now.to_ship, "the warehouse has shipped them"),
            (
                "shipped",
                now.shipped_all,
                f"the store shows {now.shipped} as Shipped, with their tracking numbers",
            ),
            ("stock", self.with_stock and now.stocks > 0, f"stock of {now.stocks} products is in the store"),
        ):
            if is_reached and name not in self._named:
                self._named.add(name)
                self._since = seconds
                yield f"{self.lane}: {line}"

    def waiting(self, now: Progress, seconds: float) -> str:
        """Return what the lane's orders wait for; empty if for nothing."""
        left = max(0.0, SHIPS_AFTER_SECONDS - (seconds - self._since))
        steps = {
            "sent": f"sending to the warehouse: {now.at_warehouse} of {now.wanted}"
            if now.at_warehouse
            else "waiting for the first run to import and check the orders",
            "told": f"setting Processing in the store: {now.acknowledged} of {now.wanted}",
            "left": f"waiting for the warehouse to ship: {left:.0f} s",
            "shipped": f"posting tracking to the store: {now.shipped} of {now.to_ship}"
            if now.shipped
            else "waiting for the next run to read tracking",
            **({"stock": "waiting for the next run to post stock"} if self.with_stock else {}),
        }
        return next((words for step, words in steps.items() if step not in self._named), "")

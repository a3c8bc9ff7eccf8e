"""The stock that routing sees: what each warehouse can ship of the store's SKUs, and when it said so. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from cartage.model.skus import folded

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class StockView:
    """What the warehouses of a lane can ship, in units of the store's SKUs, without what open orders take of it.

    `units` has (warehouse, SKU as `folded`); a SKU that a warehouse does not list is none. `read_at` has when each
    warehouse's figures were true: figures that are older than its `max_age`, or absent, count as no stock.
    """

    now: datetime
    units: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    read_at: Mapping[str, datetime] = field(default_factory=dict)
    max_age: Mapping[str, timedelta] = field(default_factory=dict)

    def age(self, warehouse: str) -> timedelta | None:
        """Return how old a warehouse's figures are; None if there are none."""
        read_at = self.read_at.get(warehouse)
        return None if read_at is None else self.now - read_at

    def is_known(self, warehouse: str) -> bool:
        """Return whether a warehouse's figures can be relied on."""
        age, most = self.age(warehouse), self.max_age.get(warehouse)
        return age is not None and (most is None or age <= most)

    def renamed(self, old: str, new: str) -> StockView:
        """Return the same stock with another name for one warehouse."""

        def name(each: str) -> str:
            return new if each == old else each

        return StockView(
            self.now,
            {(name(at), sku): units for (at, sku), units in self.units.items()},
            {name(at): read_at for at, read_at in self.read_at.items()},
            {name(at): age for at, age in self.max_age.items()},
        )


class Shelf:
    """What is left of a stock while orders are decided, one after the other. What an order takes, no later one gets."""

    def __init__(self, stock: StockView) -> None:
        self.stock = stock
        self._known: dict[str, bool] = {}
        self._taken: dict[tuple[str, str], Decimal] = {}
        self._folded: dict[str, str] = {}

    def is_known(self, warehouse: str) -> bool:
        """Return whether a warehouse's figures can be relied on."""
        known = self._known.get(warehouse)
        if known is None:
            known = self._known[warehouse] = self.stock.is_known(warehouse)
        return known

    def left(self, warehouse: str, sku: str) -> Decimal:
        """Return what a warehouse still has of a SKU; 0 if its figures cannot be relied on."""
        if not self.is_known(warehouse):
            return _NONE
        key = warehouse, self.key(sku)
        return max(_NONE, self.stock.units.get(key, _NONE) - self._taken.get(key, _NONE))

    def take(self, warehouse: str, sku: str, quantity: Decimal) -> None:
        """Take a quantity, which may be more than there is (a backorder), or less than 0 (given back)."""
        key = warehouse, self.key(sku)
        self._taken[key] = self._taken.get(key, _NONE) + quantity

    def key(self, sku: str) -> str:
        """Return a SKU as it is compared."""
        key = self._folded.get(sku)
        if key is None:
            key = self._folded[sku] = folded(sku)
        return key

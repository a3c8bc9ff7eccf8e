"""Everything that an emulated store holds, and the lock that makes each request atomic.

Handlers take the lock and never await inside, so no request sees half of another. Tests on other threads use the
emulator, which takes the lock too.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from cartage_sandbox.generate.shapes import Json
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.rules import Rules
from cartage_sandbox.threedcart.data.effects import EffectCounts
from cartage_sandbox.threedcart.data.entries import Place, entry_of, literal_entry
from cartage_sandbox.threedcart.data.order_book import OrderBook
from cartage_sandbox.threedcart.data.products import Goods
from cartage_sandbox.threedcart.data.seeds import filled_order, filled_product
from cartage_sandbox.threedcart.data.statuses import Status, Statuses
from cartage_sandbox.threedcart.wire.times import local, stamp, store_zone


class StoreState:
    """The orders, products and statuses of a store."""

    def __init__(self, clock: Clock, journal: Journal, rules: Rules, rng: Random) -> None:
        self.clock, self.journal, self.rules, self.rng = clock, journal, rules, rng
        self.lock = threading.RLock()
        self.orders = OrderBook(clock, rules)
        self.goods = Goods()
        self.statuses = Statuses()
        self.effects = EffectCounts()

    def now(self) -> datetime:
        """Return the current time as the store shows it: naive, in its zone."""
        return local(self.clock.now(), store_zone(self.rules.text("store_time_zone")))

    def place(self, given: Any, *, fill: bool = True, kind: str = "", place: Place | None = None) -> int:
        """Store an order and return its OrderID.

        `fill` completes it; `place` is the position of an entry that is not an order. Raises ValueError if the
        OrderID of a completed order is taken.
        """
        now = self.now()
        order_id = self._id_for(given, strict=fill)
        if fill and isinstance(given, dict):
            given = filled_order(given, order_id, stamp(now))
        self.orders.put(entry_of(order_id, given, place or Place(Status.NEW, now), kind), given)
        return order_id

    def place_literal(self, text: bytes, kind: str = "") -> int:
        """Store bytes that lists and reads return unchanged, and return their OrderID."""
        order_id = self.orders.next_id()
        self.orders.put(literal_entry(order_id, text, Place(Status.NEW, self.now()), kind))
        return order_id

    def stock(self, products: Sequence[Json]) -> list[int]:
        """Add or replace products, completed where they leave something out. Return their CatalogIDs."""
        ids = []
        for given in products:
            wanted = (given.get("SKUInfo") or {}).get("CatalogID")
            ids.append(
                self.goods.put(filled_product(given, wanted or self.goods.next_id(), stamp(self.now())))
            )
        return ids

    def _id_for(self, given: Any, *, strict: bool) -> int:
        order_id = given.get("OrderID") if isinstance(given, dict) else None
        if not isinstance(order_id, int) or isinstance(order_id, bool) or order_id <= 0:
            return self.orders.next_id()
        if order_id in self.orders:
            if strict:
                raise ValueError(f"order {order_id} exists already")
            return self.orders.next_id()
        return order_id

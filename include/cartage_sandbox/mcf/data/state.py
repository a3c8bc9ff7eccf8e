"""What an emulated seller account holds, with its clock, rules and journal. It applies no rule of the API."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.rules import Rules
from cartage_sandbox.mcf.data.model import Goods, Order, Status

MARKETPLACE_ID = "ATVPDKIKX0DER"
_FIRST_NUMBER = 4_000_001


class SellerState:
    """The account's goods and orders. Every reader and writer holds `lock`."""

    def __init__(self, clock: Clock, rng: random.Random, rules: Rules, journal: Journal) -> None:
        self.clock, self.rng, self.rules, self.journal = clock, rng, rules, journal
        self.lock = threading.RLock()
        self.goods: dict[str, Goods] = {}
        self.orders: dict[str, Order] = {}
        self.accepted: Counter[str] = Counter()
        self._numbers = itertools.count(_FIRST_NUMBER)
        self._places = itertools.count(1)

    def now(self) -> datetime:
        """Return the current time."""
        return self.clock.now()

    def next_number(self) -> int:
        """Return a new number, for whatever needs one."""
        return next(self._numbers)

    def put_goods(self, row: Mapping[str, Any]) -> Goods:
        """Add or change a SKU: {"sku", "description", "qty", "unfulfillable", "inbound"}."""
        sku = str(row["sku"])
        goods = self.goods.get(sku)
        if goods is None:
            name = str(row.get("description") or sku)
            goods = Goods(sku, f"X{self.next_number():09d}", name, self.now())
            self.goods[sku] = goods
        goods.fulfillable = int(row.get("qty", goods.fulfillable))
        goods.unfulfillable = int(row.get("unfulfillable", goods.unfulfillable))
        goods.inbound = int(row.get("inbound", goods.inbound))
        goods.updated_at = self.now()
        return goods

    def add_order(self, order: Order) -> None:
        """Keep a new order."""
        self.orders[order.seller_id] = order
        order.place = next(self._places)

    def set_status(self, order: Order, status: Status) -> None:
        """Change the status of an order; it moves to the end of the list."""
        order.status, order.status_at, order.place = status, self.now(), next(self._places)

    def visible(self, order: Order) -> bool:
        """Return whether the order can be read yet."""
        delay = self.rules.number("visible_after_seconds")
        return delay <= 0 or (self.now() - order.received_at).total_seconds() >= delay

    def named(self, ids: list[str]) -> list[Order]:
        """Return these orders. Raises KeyError with the first that does not exist."""
        return [self.orders[seller_id] for seller_id in ids]

    def changed_since(self, moment: datetime | None) -> Iterator[Order]:
        """Yield the visible orders whose status changed at or after a moment, in no order."""
        for order in self.orders.values():
            # The API's stamps are in whole seconds.
            if self.visible(order) and (moment is None or order.status_at.replace(microsecond=0) >= moment):
                yield order

"""The state of an emulated warehouse, and what its parts share: clock, randomness, rules, journal.

No globals. Every effect happens under `lock` and without awaiting, so concurrent requests are atomic.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter, deque
from datetime import datetime

from cartage_sandbox.extensiv.data.catalogue import Catalogue
from cartage_sandbox.extensiv.data.model import Item, Order
from cartage_sandbox.extensiv.data.order_book import OrderBook
from cartage_sandbox.extensiv.timestamps import Timestamps
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.rules import Rules

_FIRST_ORDER = 100_001
_FIRST_OTHER = 5_001


class WarehouseState:
    """Everything that the warehouse holds. `accepted` counts how often a POST of each reference was accepted."""

    def __init__(self, clock: Clock, rng: random.Random, rules: Rules, journal: Journal) -> None:
        self.clock, self.rng, self.rules, self.journal = clock, rng, rules, journal
        self.lock = threading.RLock()
        self.timestamps = Timestamps(rules)
        self._order_ids = itertools.count(_FIRST_ORDER)
        self._other_ids = itertools.count(_FIRST_OTHER)
        self.book = OrderBook()
        self.catalogue = Catalogue(self.next_id)
        self.accepted: Counter[str] = Counter()
        self.awaiting_shipment: deque[Order] = deque()
        self.split_references: dict[str, list[Order]] = {}

    def now(self) -> datetime:
        """Return the current time, to the millisecond that time stamps can show."""
        now = self.clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def next_order_id(self) -> int:
        """Return a new order id."""
        return next(self._order_ids)

    def next_id(self) -> int:
        """Return a new id for anything else."""
        return next(self._other_ids)

    def listed(self, order: Order, now: datetime) -> bool:
        """Return whether lists find the order yet."""
        delay = self.rules.number("list_visibility_seconds")
        return delay <= 0 or (now - order.created_at).total_seconds() >= delay

    def item(self, customer_id: int, sku: str) -> Item | None:
        """Return a customer's item by SKU."""
        exact = self.rules.flag("text_case_sensitive")
        return self.catalogue.item(customer_id, sku, case_sensitive=exact)

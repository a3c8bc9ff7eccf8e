"""The state of an emulated account, and what its parts share: clock, randomness, rules, journal.

No globals. Every effect happens under `lock` and without awaiting, so concurrent requests are atomic.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.rules import Rules
from cartage_sandbox.shipbob.data.model import DEFAULT_LOCATION_ID, Channel, Item, Order

_FIRST_ORDER = 240_000_001
_FIRST_OTHER = 90_001


class ShipBobState:
    """Everything that the account holds."""

    def __init__(
        self, clock: Clock, rng: random.Random, rules: Rules, journal: Journal, channels: Iterable[Channel]
    ) -> None:
        self.clock, self.rng, self.rules, self.journal = clock, rng, rules, journal
        self.lock = threading.RLock()
        self._order_ids = itertools.count(_FIRST_ORDER)
        self._other_ids = itertools.count(_FIRST_OTHER)
        self.channels = {channel.id: channel for channel in channels}
        self.items: list[Item] = []
        self.orders: dict[int, Order] = {}
        self._by_reference: dict[str, list[Order]] = {}
        self.methods = {1: "Standard", 2: "Expedited", 3: "2-Day"}
        self.locations = {DEFAULT_LOCATION_ID: "Cicero (IL)", 38: "Moreno Valley (CA)"}

    def now(self) -> datetime:
        """Return the current time, to the millisecond that time stamps can show."""
        now = self.clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def next_order_id(self) -> int:
        """Return a new id of an order or shipment."""
        return next(self._order_ids)

    def next_id(self) -> int:
        """Return a new id for anything else."""
        return next(self._other_ids)

    @property
    def accepted(self) -> Counter[str]:
        """Return how often an order of each reference was accepted."""
        return Counter(order.reference for order in self.orders.values())

    def add_order(self, order: Order) -> None:
        """Add a new order."""
        self.orders[order.id] = order
        self._by_reference.setdefault(order.reference.casefold(), []).append(order)

    def with_reference(self, reference: str) -> list[Order]:
        """Return the orders with this reference, in any channel."""
        exact = self.rules.flag("reference_case_sensitive")
        found = self._by_reference.get(reference.casefold(), [])
        return [order for order in found if not exact or order.reference == reference]

    def is_listed(self, order: Order, now: datetime) -> bool:
        """Return whether lists find the order yet."""
        delay = self.rules.number("list_visibility_seconds")
        return delay <= 0 or (now - order.created_at).total_seconds() >= delay

    def item(self, sku: str) -> Item | None:
        """Return an item by its SKU."""
        return next((item for item in self.items if item.sku == sku), None)

    def ordered_item(self, reference: str, channel: Channel) -> Item | None:
        """Return the item that a product reference names in a channel."""
        if self.rules.text("product_reference") == "sku":
            return self.item(reference)
        return next((item for item in self.items if item.seller_skus.get(channel.id) == reference), None)

    def put_item(self, given: Mapping[str, Any]) -> Item:
        """Add an item, or change it: sku, name, quantity, active, seller_sku, parts ({sku: quantity})."""
        now, sku = self.now(), str(given["sku"])
        item = self.item(sku)
        if item is None:
            ids = (self.next_id(), self.next_id(), self.next_id())
            item = Item(*ids, sku, str(given.get("name") or sku), now, now)
            self.items.append(item)
        if "seller_sku" in given:
            item.seller_skus = dict.fromkeys(self.channels, str(given["seller_sku"]))
        if "active" in given:
            item.status = "Active" if given["active"] else "Inactive"
        if "parts" in given:
            item.parts = [(self._known(part), int(number)) for part, number in given["parts"].items()]
        if "quantity" in given:
            item.on_hand = int(given["quantity"])
        item.updated_at = now
        return item

    def _known(self, sku: str) -> Item:
        item = self.item(sku)
        if item is None:
            raise KeyError(sku)
        return item

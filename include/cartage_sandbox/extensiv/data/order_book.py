"""All orders, indexed by id, reference and last change.

It stores and finds; it never decides whether a change is allowed.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from datetime import datetime

from cartage_sandbox.extensiv.data.model import Order

_LAST_CHARACTER = "\U0010ffff"


class OrderBook:
    """All orders of the warehouse. Letter case does not count in references."""

    def __init__(self) -> None:
        self._by_id: dict[int, Order] = {}
        self._by_reference: dict[str, list[Order]] = {}
        self._references: list[tuple[str, int]] = []
        self._changes: list[tuple[datetime, int]] = []

    def __iter__(self) -> Iterator[Order]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, order: Order) -> None:
        """Add a new order."""
        self._by_id[order.order_id] = order
        self._index_reference(order)
        insort(self._changes, (order.modified_at, order.order_id))

    def get(self, order_id: int) -> Order | None:
        """Return an order by its id."""
        return self._by_id.get(order_id)

    def touch(self, order: Order, at: datetime) -> None:
        """Record that an order changed: its last change, version and ETag advance."""
        old = (order.modified_at, order.order_id)
        del self._changes[bisect_left(self._changes, old)]
        order.modified_at, order.version = at, order.version + 1
        insort(self._changes, (at, order.order_id))

    def rename(self, order: Order, reference: str) -> None:
        """Give an order a different reference."""
        folded = order.reference.casefold()
        self._by_reference[folded].remove(order)
        del self._references[bisect_left(self._references, (folded, order.order_id))]
        order.reference = reference
        self._index_reference(order)

    def with_reference(self, reference: str) -> list[Order]:
        """Return the orders with this reference."""
        return list(self._by_reference.get(reference.casefold(), ()))

    def with_prefix(self, prefix: str) -> list[Order]:
        """Return the orders whose reference has this prefix."""
        folded = prefix.casefold()
        first = bisect_left(self._references, (folded, 0))
        last = bisect_left(self._references, (folded + _LAST_CHARACTER, 0))
        return self._orders(number for _, number in self._references[first:last])

    def changed_since(self, at: datetime) -> list[Order]:
        """Return the orders whose last change is at or after `at`."""
        return self._orders(number for _, number in self._changes[bisect_left(self._changes, (at, 0)) :])

    def _orders(self, numbers: Iterable[int]) -> list[Order]:
        return [self._by_id[number] for number in numbers]

    def _index_reference(self, order: Order) -> None:
        folded = order.reference.casefold()
        self._by_reference.setdefault(folded, []).append(order)
        insort(self._references, (folded, order.order_id))

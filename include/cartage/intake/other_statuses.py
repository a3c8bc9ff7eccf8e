"""Sales orders that are not in the lane's import status: kept as skipped, withdrawn, or told to whoever watches.

Nothing that is new here ships. What another lane has, or the old system keeps, is left alone. An order that we moved
on ourselves, by telling the store of it, has not left its way: it is followed as one in the import status is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from cartage.intake.order_book import Again, OrderBook, age_matters
from cartage.intake.order_rows import NewOrder
from cartage.intake.repo import orders as order_writes
from cartage.intake.repo.orders import KnownOrder
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.skip_reasons import LEFT_IMPORT_STATUS, is_status_reason
from cartage.model.states import State
from cartage.model.statuses import StatusMap
from cartage.storefront.repo.stores import Store

_WAITING = frozenset({State.IMPORTED, State.BLOCKED, State.HELD, State.READY})


@dataclass(frozen=True, slots=True)
class OrderInOtherStatus:
    """An order as it would be taken in, and why it is not: the status that it has instead."""

    new: NewOrder
    reason: str

    @property
    def order_id(self) -> int:
        """The store's OrderID."""
        return self.new.order_id

    def skipped(self) -> NewOrder:
        """The order with every group skipped for its status."""
        return replace(self.new, groups=tuple(replace(group, skip=self.reason) for group in self.new.groups))


@dataclass
class OtherStatusResult:
    """What became of a page's orders; `listed` are new ones, kept as skipped."""

    listed: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    again: list[Again] = field(default_factory=list)


class OtherStatusBook:
    """Writes pages of orders in other statuses than the import status, in the caller's transaction."""

    def __init__(
        self,
        connection: Connection,
        store: Store,
        lane: str,
        by: By,
        statuses: StatusMap,
        *,
        takes_new: bool = True,
    ) -> None:
        self._connection = connection
        self._store = store
        self._lane = lane
        self._by = by
        self._statuses = statuses
        self._takes_new = takes_new
        self._on_its_way = OrderBook(connection, store, lane, by, takes_new=takes_new)

    def record(self, orders: Sequence[OrderInOtherStatus], read_at: datetime) -> OtherStatusResult:
        """Write a page. The same page again changes nothing."""
        known = order_writes.known_orders_of(
            self._connection, self._store.id, [order.order_id for order in orders]
        )
        result = OtherStatusResult(
            listed=self._insert([order for order in orders if order.order_id not in known], read_at)
        )
        ours = [
            (known[order.order_id], order)
            for order in orders
            if order.order_id in known and self._may_follow(known[order.order_id], read_at)
        ]
        moved_on = [one.new for row, one in ours if self._moved_on_by_us(row, one)]
        followed = self._on_its_way.record(moved_on, read_at)
        result.changed, result.unchanged = followed.changed, followed.unchanged
        ours = [(row, one) for row, one in ours if not self._moved_on_by_us(row, one)]
        result.withdrawn = self._follow(ours)
        result.again = followed.again + [Again(row.id, one.new) for row, one in ours if row.was_sent]
        statuses = {
            row.id: one.new.order.status_id
            for row, one in ours
            if not row.was_sent and age_matters(row, one.new.order.status_id)
        }
        order_writes.note_seen(self._connection, statuses, read_at)
        return result

    def _insert(self, orders: Sequence[OrderInOtherStatus], read_at: datetime) -> int:
        if not self._takes_new:
            return 0
        new = [order.skipped() for order in orders]
        return len(
            order_writes.insert_orders(self._connection, self._store.id, self._lane, self._by, new, read_at)
        )

    def _may_follow(self, row: KnownOrder, read_at: datetime) -> bool:
        """Not what is another's, nor what was read again since."""
        return row.lane == self._lane and not row.left and row.read_at < read_at

    def _follow(self, orders: Sequence[tuple[KnownOrder, OrderInOtherStatus]]) -> int:
        """Withdraw what waits, and let reasons follow the status; returns how many were withdrawn."""
        reasons = {
            row.id: one.reason
            for row, one in orders
            if any(_new_reason(group.state, group.reason, one.reason) for group in row.groups)
        }
        groups = order_writes.lock_groups(self._connection, sorted(reasons))
        moves = [
            Move(group.id, why=reason)
            for row_id, wanted in reasons.items()
            for group in groups.get(row_id, [])
            if (reason := _new_reason(group.state, group.reason, wanted))
        ]
        moved = move(self._connection, moves, State.SKIPPED, self._by, strict=False)
        return sum(move.id in moved and move.why == LEFT_IMPORT_STATUS for move in moves)

    def _moved_on_by_us(self, row: KnownOrder, one: OrderInOtherStatus) -> bool:
        return row.posted_status is not None and not self._statuses.set_by_person(one.new.order.status_id)


def _new_reason(state: str, reason: str, wanted: str) -> str:
    """Why the group is skipped from now on; empty if nothing changes. A reason that is the lane's own stands."""
    if state in _WAITING:
        return LEFT_IMPORT_STATUS
    return wanted if state == State.SKIPPED and is_status_reason(reason) and reason != wanted else ""

"""Sales orders in other statuses than the lane's import status: keep new ones as skipped, withdraw unsent ones.

Nothing that is new here ships. Orders of another lane, or of the old system, are left alone. An order whose status
Cartage posted itself is followed like one in the import status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from cartage.intake.order_book import OrderBook, needs_reading_time
from cartage.intake.order_rows import NewOrder
from cartage.intake.repo.orders import (
    KnownOrder,
    insert_orders,
    known_orders_of,
    lock_groups,
    lock_older_copies,
    note_seen,
)
from cartage.intake.sent_orders import SeenAgain
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.skip_reasons import LEFT_IMPORT_STATUS, is_status_reason
from cartage.model.states import State
from cartage.model.statuses import StatusMap
from cartage.storefront.repo.stores import Store

_WAITING = frozenset({State.IMPORTED, State.BLOCKED, State.HELD, State.READY})


@dataclass(frozen=True, slots=True)
class OrderInOtherStatus:
    """An order as it would be imported, and the reason why it is not: the status that it has."""

    new: NewOrder
    reason: str

    @property
    def order_id(self) -> int:
        """The store's OrderID."""
        return self.new.order_id

    def skipped(self) -> NewOrder:
        """Return the order with every group skipped because of its status."""
        return replace(self.new, groups=tuple(replace(group, skip=self.reason) for group in self.new.groups))


@dataclass
class OtherStatusResult:
    """What became of a page's orders. `listed` are new ones, kept as skipped; `seen_again` were sent already."""

    listed: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    seen_again: list[SeenAgain] = field(default_factory=list)


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
        imports_new: bool = True,
    ) -> None:
        self._connection = connection
        self._store = store
        self._lane = lane
        self._by = by
        self._statuses = statuses
        self._imports_new = imports_new
        self._order_book = OrderBook(connection, store, lane, by, imports_new=imports_new)

    def record(self, orders: Sequence[OrderInOtherStatus], read_at: datetime) -> OtherStatusResult:
        """Write a page. Writing it again changes nothing."""
        known = known_orders_of(self._connection, self._store.id, [order.order_id for order in orders])
        result = OtherStatusResult(
            listed=self._insert([order for order in orders if order.order_id not in known], read_at)
        )
        ours = [
            (known[order.order_id], order)
            for order in orders
            if order.order_id in known and self._may_follow(known[order.order_id], read_at)
        ]
        moved_by_us = [order.new for row, order in ours if self._was_moved_by_us(row, order)]
        followed = self._order_book.record(moved_by_us, read_at)
        result.changed, result.unchanged = followed.changed, followed.unchanged
        moved_by_others = self._not_overtaken(
            [(row, order) for row, order in ours if not self._was_moved_by_us(row, order)], read_at
        )
        result.withdrawn = self._withdraw(moved_by_others)
        result.seen_again = followed.seen_again + [
            SeenAgain(row.id, order.new, read_at) for row, order in moved_by_others if row.was_sent
        ]
        statuses = {
            row.id: order.new.order.status_id
            for row, order in moved_by_others
            if not row.was_sent and needs_reading_time(row, order.new.order.status_id)
        }
        note_seen(self._connection, statuses, read_at)
        return result

    def _insert(self, orders: Sequence[OrderInOtherStatus], read_at: datetime) -> int:
        if not self._imports_new:
            return 0
        new = [order.skipped() for order in orders]
        return len(insert_orders(self._connection, self._store.id, self._lane, self._by, new, read_at))

    def _may_follow(self, row: KnownOrder, read_at: datetime) -> bool:
        """Return whether the order is this lane's, and was not read again since."""
        return row.lane == self._lane and not row.left_to_old_system and row.read_at < read_at

    def _not_overtaken(
        self, orders: Sequence[tuple[KnownOrder, OrderInOtherStatus]], read_at: datetime
    ) -> Sequence[tuple[KnownOrder, OrderInOtherStatus]]:
        """Return the orders without those that change and of which another reader wrote a later copy meanwhile."""
        changing = {
            row.id
            for row, order in orders
            if _is_withdrawn(row, order) or needs_reading_time(row, order.new.order.status_id)
        }
        overtaken = changing - lock_older_copies(self._connection, changing, read_at).keys()
        return [(row, order) for row, order in orders if row.id not in overtaken]

    def _withdraw(self, orders: Sequence[tuple[KnownOrder, OrderInOtherStatus]]) -> int:
        """Withdraw orders that wait to be sent, and update skip reasons; return how many were withdrawn."""
        reasons = {row.id: order.reason for row, order in orders if _is_withdrawn(row, order)}
        groups = lock_groups(self._connection, sorted(reasons))
        moves = [
            Move(group.id, why=reason)
            for row_id, wanted in reasons.items()
            for group in groups.get(row_id, [])
            if (reason := _new_reason(group.state, group.reason, wanted))
        ]
        moved = move(self._connection, moves, State.SKIPPED, self._by, strict=False)
        return sum(move.id in moved and move.why == LEFT_IMPORT_STATUS for move in moves)

    def _was_moved_by_us(self, row: KnownOrder, order: OrderInOtherStatus) -> bool:
        status_id = order.new.order.status_id
        return row.posted_status is not None and not self._statuses.set_by_person(status_id)


def _is_withdrawn(row: KnownOrder, order: OrderInOtherStatus) -> bool:
    """Return whether a group of the order is withdrawn, or gets another reason for being skipped."""
    return any(_new_reason(group.state, group.reason, order.reason) for group in row.groups)


def _new_reason(state: str, reason: str, wanted: str) -> str:
    """Return why the group is skipped from now on; empty if nothing changes. A reason from the lane's rules stays."""
    if state in _WAITING:
        return LEFT_IMPORT_STATUS
    return wanted if state == State.SKIPPED and is_status_reason(reason) and reason != wanted else ""

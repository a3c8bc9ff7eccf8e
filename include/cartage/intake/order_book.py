"""Sales orders in the lane's import status, a page at a time: new ones are inserted, changed ones replaced.

An order not yet sent follows the store. Of an order that was sent nothing is changed here: whoever watches is told
that it was seen again. An unchanged order costs a look, and a write only where its time of reading matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from cartage.intake.order_rows import NewGroup, NewOrder
from cartage.intake.repo import orders as order_writes
from cartage.intake.repo.orders import KnownOrder
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.skip_reasons import is_by_hand
from cartage.model.states import UNSENT, State
from cartage.storefront.repo.stores import Store

__all__ = ["Again", "NewGroup", "NewOrder", "OrderBook", "PageResult"]

# Whether these may be sent, or told to the store, depends on how old the copy is.
_AGE_MATTERS = frozenset({State.IMPORTED, State.BLOCKED, State.HELD, State.READY})
_STATUS_MATTERS = _AGE_MATTERS | {State.SENDING, State.UNKNOWN, State.ACKNOWLEDGED}


@dataclass(frozen=True, slots=True)
class Again:
    """An order of the lane of which a part was sent, as the store has it now."""

    sales_order_id: int
    order: NewOrder


@dataclass
class PageResult:
    """What became of a page's orders."""

    imported: int = 0
    skipped: int = 0
    changed: int = 0
    unchanged: int = 0
    conflicts: int = 0
    again: list[Again] = field(default_factory=list)


class OrderBook:
    """Writes pages of one lane's orders, in the caller's transaction.

    One that does not take new ones follows those that it has: nothing new is imported, and nothing skipped comes back.
    """

    def __init__(
        self, connection: Connection, store: Store, lane: str, by: By, *, takes_new: bool = True
    ) -> None:
        self._connection = connection
        self._store = store
        self._lane = lane
        self._by = by
        self._takes_new = takes_new

    def record(self, orders: Sequence[NewOrder], read_at: datetime) -> PageResult:
        """Write a page of orders in the import status. The same page again changes nothing but the time of reading."""
        result = PageResult()
        known = self._known(orders)
        new = self._insert([order for order in orders if order.order_id not in known], read_at, result)
        # Orders that another run inserted between our look and our insert are known by now.
        rest = [order for order in orders if order.order_id not in new]
        known = self._known(rest) if self._takes_new and len(rest) > len(known) else known
        self._record_known([one for one in rest if one.order_id in known], known, read_at, result)
        return result

    def _known(self, orders: Sequence[NewOrder]) -> dict[int, KnownOrder]:
        return order_writes.known_orders_of(
            self._connection, self._store.id, [order.order_id for order in orders]
        )

    def _insert(self, orders: Sequence[NewOrder], read_at: datetime, result: PageResult) -> dict[int, int]:
        if not self._takes_new:
            return {}
        new = order_writes.insert_orders(
            self._connection, self._store.id, self._lane, self._by, orders, read_at
        )
        skipped = sum(order.order_id in new and all(group.skip for group in order.groups) for order in orders)
        result.skipped += skipped
        result.imported += len(new) - skipped
        return new

    def _record_known(
        self,
        orders: Sequence[NewOrder],
        known: Mapping[int, KnownOrder],
        read_at: datetime,
        result: PageResult,
    ) -> None:
        # What was left to the old system stays left, whatever becomes of it.
        orders = [order for order in orders if not known[order.order_id].left]
        changed = {
            known[order.order_id].id for order in orders if self._is_changed(order, known[order.order_id])
        }
        foreign = {known[order.order_id].id for order in orders if known[order.order_id].lane != self._lane}
        groups = order_writes.lock_groups(self._connection, sorted(changed | foreign))
        taken = self._take_over(foreign, groups)
        result.conflicts += self._conflict(sorted(foreign - taken), groups)
        for order in orders:
            row = known[order.order_id]
            if row.id in foreign - taken:
                continue
            if row.id in changed | taken:
                self._follow(row, order, groups.get(row.id, []))
            if row.was_sent:
                result.again.append(Again(row.id, order))
            result.changed += row.id in changed | taken
            result.unchanged += row.id not in changed | taken
        statuses = {
            known[order.order_id].id: order.order.status_id
            for order in orders
            if known[order.order_id].id in changed | taken or self._age_matters(order, known[order.order_id])
        }
        back = [row.id for row in known.values() if row.person_status is not None and not row.was_sent]
        order_writes.note_seen(self._connection, statuses, read_at, back=back)

    def _age_matters(self, one: NewOrder, row: KnownOrder) -> bool:
        return row.lane == self._lane and age_matters(row, one.order.status_id)

    def _is_changed(self, one: NewOrder, row: KnownOrder) -> bool:
        if self._comes_back(one, row):
            return True
        if row.was_sent:
            return one.content_hash != (row.seen_hash or row.content_hash)
        return (one.content_hash, one.intake_hash) != (row.content_hash, row.intake_hash)

    def _comes_back(self, one: NewOrder, row: KnownOrder) -> bool:
        """Whether a skipped group is to be shipped after all, or is skipped for another reason by now."""
        skips = {group.shipment_id: group.skip for group in one.groups}
        return self._takes_new and any(
            group.state == State.SKIPPED
            and not is_by_hand(group.reason)
            and skips.get(group.shipment_id, group.reason) != group.reason
            for group in row.groups
        )

    def _take_over(self, foreign: set[int], groups: Mapping[int, Sequence[Row[Any]]]) -> set[int]:
        """Orders of which another lane ships nothing belong to the lane in whose import status they are found."""
        taken = {
            row_id
            for row_id in foreign
            if self._takes_new and all(row.state == State.SKIPPED for row in groups.get(row_id, []))
        }
        order_writes.change_lane(self._connection, sorted(taken), self._lane, self._by)
        return taken

    def _conflict(self, ids: Sequence[int], groups: Mapping[int, Sequence[Row[Any]]]) -> int:
        """An order known in another lane never becomes a second fulfillment order."""
        rows = [row for row_id in ids for row in groups.get(row_id, [])]
        unsent = [row for row in rows if row.state in UNSENT and row.state != State.REJECTED]
        why = f"also in the import status of lane {self._lane!r}: which lane ships it?"
        move(self._connection, [Move(row.id, why=why) for row in unsent], State.CONFLICT, self._by)
        return len(ids)

    def _follow(self, row: KnownOrder, one: NewOrder, groups: Sequence[Row[Any]]) -> None:
        """Let what was not sent be as the store has it now; what was sent stays what it was."""
        unsent = [group for group in groups if group.state in UNSENT]
        if len(unsent) == len(groups):
            order_writes.replace_order(self._connection, row.id, one)
        elif unsent:
            order_writes.replace_problems(self._connection, row.id, one)
        else:
            return
        there = {group.shipment_id: group for group in unsent}
        wanted = {group.shipment_id: group for group in one.groups}
        self._add_groups(row.id, one, wanted.keys() - {group.shipment_id for group in groups})
        for shipment_id in sorted(wanted.keys() & there.keys()):
            self._replace_group(there[shipment_id], wanted[shipment_id])
        why = "the ship-to was removed from the order"
        gone = [Move(there[key].id, why=why) for key in there.keys() - wanted.keys()]
        move(self._connection, gone, State.SKIPPED, self._by, strict=False)

    def _add_groups(self, row_id: int, one: NewOrder, shipment_ids: set[int]) -> None:
        groups = tuple(group for group in one.groups if group.shipment_id in shipment_ids)
        added = NewOrder(one.order, one.content_hash, groups, one.intake_hash)
        order_writes.insert_groups(self._connection, self._store.id, self._lane, self._by, [(row_id, added)])

    def _replace_group(self, row: Row[Any], group: NewGroup) -> None:
        order_writes.replace_group(self._connection, row.id, group)
        if row.state == State.SKIPPED and is_by_hand(row.reason):
            return
        if not group.skip and (self._takes_new or row.state != State.SKIPPED):
            move(self._connection, [Move(row.id, why="changed in the store")], State.IMPORTED, self._by)
        elif group.skip and (row.state, row.reason) != (State.SKIPPED, group.skip):
            move(self._connection, [Move(row.id, why=group.skip)], State.SKIPPED, self._by, strict=False)


def age_matters(row: KnownOrder, status_id: int) -> bool:
    """Whether a reading of this order is worth a write: its age decides something, or it has another status.

    The status of an order that was sent is the change watch's business.
    """
    matters = _STATUS_MATTERS if row.posted_status is None else _AGE_MATTERS
    return any(group.state in matters for group in row.groups) or (
        not row.was_sent and (row.status_id != status_id or row.person_status is not None)
    )

"""Sales orders in the lane's import status, a page at a time: insert new ones, replace changed ones.

An order that was not sent follows the store. An order that was sent is not changed here, but reported as seen again,
for the change watch. An unchanged order costs a read, and a write only where the time of reading is needed later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from cartage.intake.order_rows import NewGroup, NewOrder
from cartage.intake.parts_of_groups import follow_parts
from cartage.intake.repo.groups import hold_overtaken_correction, replace_group
from cartage.intake.repo.orders import (
    KnownOrder,
    change_lane,
    insert_groups,
    insert_orders,
    known_orders_of,
    lock_groups,
    lock_older_copies,
    note_seen,
    replace_order,
    replace_problems,
)
from cartage.intake.sent_orders import SeenAgain
from cartage.lifecycle.parts import end_parts
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.skip_reasons import NO_LONGER_ORDERED, is_by_hand, lasts_until_edited
from cartage.model.states import UNSENT, State
from cartage.storefront.repo.stores import Store

# Whether an order in one of these states may be sent depends on how old its copy is.
_NEEDS_FRESH_COPY = frozenset({State.IMPORTED, State.BLOCKED, State.HELD, State.READY})
# Whether a status may be posted for these depends on it too, as long as none was posted.
_NEEDS_FRESH_STATUS = _NEEDS_FRESH_COPY | {State.SENDING, State.UNKNOWN, State.ACKNOWLEDGED}


@dataclass
class PageResult:
    """What became of a page's orders. `seen_again` are those that were sent already."""

    imported: int = 0
    skipped: int = 0
    changed: int = 0
    unchanged: int = 0
    conflicts: int = 0
    seen_again: list[SeenAgain] = field(default_factory=list)


class OrderBook:
    """Writes pages of one lane's orders, in the caller's transaction.

    With `imports_new` off it only follows known orders: it imports nothing new, and nothing skipped comes back.
    """

    def __init__(
        self, connection: Connection, store: Store, lane: str, by: By, *, imports_new: bool = True
    ) -> None:
        self._connection = connection
        self._store = store
        self._lane = lane
        self._by = by
        self._imports_new = imports_new

    def record(self, orders: Sequence[NewOrder], read_at: datetime) -> PageResult:
        """Write a page of orders in the import status. Writing it again changes only the time of reading."""
        result = PageResult()
        known = self._known(orders)
        new = self._insert([order for order in orders if order.order_id not in known], read_at, result)
        # Orders that another run inserted between our read and our insert are known by now.
        rest = [order for order in orders if order.order_id not in new]
        known = self._known(rest) if self._imports_new and len(rest) > len(known) else known
        self._record_known([order for order in rest if order.order_id in known], known, read_at, result)
        return result

    def _known(self, orders: Sequence[NewOrder]) -> dict[int, KnownOrder]:
        return known_orders_of(self._connection, self._store.id, [order.order_id for order in orders])

    def _insert(self, orders: Sequence[NewOrder], read_at: datetime, result: PageResult) -> dict[int, int]:
        if not self._imports_new:
            return {}
        new = insert_orders(self._connection, self._store.id, self._lane, self._by, orders, read_at)
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
        # An order that the owner left to the old system stays there, whatever its status.
        orders = [order for order in orders if not known[order.order_id].left_to_old_system]
        orders, known = self._lock_not_overtaken(orders, known, read_at, result)
        rows = [(known[order.order_id], order) for order in orders]
        changed = {row.id for row, order in rows if self._is_changed(order, row)}
        foreign = {row.id for row, _ in rows if row.lane != self._lane}
        noted = {row.id for row, order in rows if self._needs_reading_time(order, row)}
        groups = lock_groups(self._connection, sorted(changed | foreign))
        taken_over = self._take_over(foreign, groups)
        result.conflicts += self._conflict(sorted(foreign - taken_over), groups)
        for order in orders:
            row = known[order.order_id]
            if row.id in foreign - taken_over:
                continue
            if row.id in changed | taken_over:
                self._follow(row, order, groups.get(row.id, []))
            if row.was_sent:
                result.seen_again.append(SeenAgain(row.id, order, read_at))
            result.changed += row.id in changed | taken_over
            result.unchanged += row.id not in changed | taken_over
        statuses = {
            known[order.order_id].id: order.order.status_id
            for order in orders
            if known[order.order_id].id in changed | taken_over | noted
        }
        back = [row.id for row in known.values() if row.person_status is not None and not row.was_sent]
        note_seen(self._connection, statuses, read_at, back=back)

    def _lock_not_overtaken(
        self,
        orders: Sequence[NewOrder],
        known: Mapping[int, KnownOrder],
        read_at: datetime,
        result: PageResult,
    ) -> tuple[Sequence[NewOrder], Mapping[int, KnownOrder]]:
        """Lock the orders that will be written. Return the orders, and what is known of them under the lock.

        What another reader read later stands, whichever of the two is written first: such orders are left out.
        """
        rows = {known[order.order_id].id: (known[order.order_id], order) for order in orders}
        wanted = [row_id for row_id, (row, order) in rows.items() if self._is_written(order, row)]
        older = lock_older_copies(self._connection, wanted, read_at)
        overtaken = set(wanted) - older.keys()
        result.unchanged += len(overtaken)
        # An earlier copy that another reader wrote since we looked is compared with ours once more.
        since = [rows[row_id][1] for row_id, its_time in older.items() if its_time != rows[row_id][0].read_at]
        kept = [order for order in orders if known[order.order_id].id not in overtaken]
        return kept, {**known, **self._known(since)} if since else known

    def _is_written(self, new: NewOrder, row: KnownOrder) -> bool:
        return row.lane != self._lane or self._is_changed(new, row) or self._needs_reading_time(new, row)

    def _needs_reading_time(self, new: NewOrder, row: KnownOrder) -> bool:
        return row.lane == self._lane and needs_reading_time(row, new.order.status_id)

    def _is_changed(self, new: NewOrder, row: KnownOrder) -> bool:
        if row.purged:
            # Its personal data come back only if the store changes it, or if something of it ships after all.
            return self._is_other_content(new, row) or self._ships_after_all(new, row)
        if self._skip_changes(new, row):
            return True
        if row.was_sent:
            return self._is_other_content(new, row)
        return (new.content_hash, new.intake_hash) != (row.content_hash, row.intake_hash)

    def _is_other_content(self, new: NewOrder, row: KnownOrder) -> bool:
        return new.content_hash != (row.seen_hash or row.content_hash)

    def _ships_after_all(self, new: NewOrder, row: KnownOrder) -> bool:
        """Return whether the lane's rules no longer skip a group that they skipped."""
        skips = {group.shipment_id: group.skip for group in new.groups}
        return self._imports_new and any(
            group.state == State.SKIPPED
            and not is_by_hand(group.reason)
            and not lasts_until_edited(group.reason)
            and skips.get(group.shipment_id, group.reason) == ""
            for group in row.groups
        )

    def _skip_changes(self, new: NewOrder, row: KnownOrder) -> bool:
        """Return whether a skipped group ships after all, or is now skipped for another reason."""
        skips = {group.shipment_id: group.skip for group in new.groups}
        return self._imports_new and any(
            group.state == State.SKIPPED
            and not is_by_hand(group.reason)
            and not (lasts_until_edited(group.reason) and not skips.get(group.shipment_id))
            and skips.get(group.shipment_id, group.reason) != group.reason
            for group in row.groups
        )

    def _take_over(self, foreign: set[int], groups: Mapping[int, Sequence[Row[Any]]]) -> set[int]:
        """Take over orders that are in this lane's import status and of which their own lane ships nothing."""
        taken_over = {
            row_id
            for row_id in foreign
            if self._imports_new and all(row.state == State.SKIPPED for row in groups.get(row_id, []))
        }
        change_lane(self._connection, sorted(taken_over), self._lane, self._by)
        return taken_over

    def _conflict(self, ids: Sequence[int], groups: Mapping[int, Sequence[Row[Any]]]) -> int:
        """Ask a person about orders that another lane ships: they never become second fulfillment orders."""
        rows = [row for row_id in ids for row in groups.get(row_id, [])]
        unsent = [row for row in rows if row.state in UNSENT and row.state != State.REJECTED]
        why = f"also in the import status of lane {self._lane!r}: which lane ships it?"
        move(self._connection, [Move(row.id, why=why) for row in unsent], State.CONFLICT, self._by)
        return len(ids)

    def _follow(self, row: KnownOrder, new: NewOrder, groups: Sequence[Row[Any]]) -> None:
        """Replace what was not sent with the store's present copy; what was sent stays unchanged."""
        unsent = [group for group in groups if group.state in UNSENT]
        if len(unsent) == len(groups):
            replace_order(self._connection, row.id, new)
        elif unsent:
            replace_problems(self._connection, row.id, new)
        else:
            return
        wanted = {group.shipment_id: group for group in new.groups}
        if wanted.keys() - {group.shipment_id for group in groups}:
            # The order is locked by now: a run that added the same ship-to meanwhile has committed.
            groups = lock_groups(self._connection, [row.id]).get(row.id, [])
            unsent = [group for group in groups if group.state in UNSENT]
        there: dict[int, list[Row[Any]]] = {}
        for group in groups:
            there.setdefault(group.shipment_id, []).append(group)
        self._add_groups(row.id, new, wanted.keys() - there.keys())
        for shipment_id in sorted(wanted.keys() & {group.shipment_id for group in unsent}):
            self._replace_parts(there[shipment_id], wanted[shipment_id], row, new)
        why = "the ship-to was removed from the order"
        gone = [Move(group.id, why=why) for group in unsent if group.shipment_id not in wanted]
        move(self._connection, gone, State.SKIPPED, self._by, strict=False)

    def _add_groups(self, row_id: int, new: NewOrder, shipment_ids: set[int]) -> None:
        groups = tuple(group for group in new.groups if group.shipment_id in shipment_ids)
        added = NewOrder(new.order, new.content_hash, groups, new.intake_hash)
        insert_groups(self._connection, self._store.id, self._lane, self._by, [(row_id, added)])

    def _replace_parts(
        self, rows: Sequence[Row[Any]], group: NewGroup, known: KnownOrder, new: NewOrder
    ) -> None:
        """Replace what was not sent of a group. Parts are put together: routing divides them again."""
        if len(rows) == 1:
            self._replace_group(rows[0], group, known, new)
            return
        ended = []
        for part in follow_parts(rows, group):
            if part.group is None:
                ended.append(part.row.id)
            elif part.group.lines or not group.lines:
                self._replace_group(part.row, part.group, known, new)
            else:
                self._replace_group(part.row, replace(part.group, skip=NO_LONGER_ORDERED), known, new)
        end_parts(self._connection, ended, self._by)

    def _replace_group(self, row: Row[Any], group: NewGroup, known: KnownOrder, new: NewOrder) -> None:
        """Replace a group. What a person corrected stays while the store's copy does; if it changed, a person looks."""
        kept = row.corrected_by is not None and known.content_hash == new.content_hash
        replace_group(self._connection, row.id, group, keep_correction=kept)
        if row.corrected_by is not None and not kept:
            hold_overtaken_correction(self._connection, row.id, row.corrected_by, self._by)
        if row.state == State.SKIPPED and is_by_hand(row.reason):
            return
        if not group.skip and (self._imports_new or row.state != State.SKIPPED):
            move(self._connection, [Move(row.id, why="changed in the store")], State.IMPORTED, self._by)
        elif group.skip and (row.state, row.reason) != (State.SKIPPED, group.skip):
            move(self._connection, [Move(row.id, why=group.skip)], State.SKIPPED, self._by, strict=False)


def needs_reading_time(row: KnownOrder, status_id: int) -> bool:
    """Return whether the time of this reading must be written: later steps depend on it, or the status changed.

    The status of an order that was sent is left to the change watch.
    """
    states = _NEEDS_FRESH_STATUS if row.posted_status is None else _NEEDS_FRESH_COPY
    return any(group.state in states for group in row.groups) or (
        not row.was_sent and (row.status_id != status_id or row.person_status is not None)
    )

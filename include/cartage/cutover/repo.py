"""The cutover in the ledger: orders left to the old system for good, and orders adopted from it.

Every move goes through `transitions.move`: what Cartage has sent meanwhile does not move, and the whole is refused.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from cartage.errors import TransitionRefused
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.skip_reasons import LEFT_TO_OLD_SYSTEM
from cartage.model.states import UNSENT, State
from cartage.model.statuses import StatusMap
from cartage.postback.repo.statuses import note_posted, note_verified

_KNOWN = text(
    """
    SELECT s.id, s.order_id, s.lane, s.left_at IS NOT NULL AS was_left, f.id AS fulfillment_order_id, f.shipment_id,
           f.state, f.adopted_as
    FROM sales_order s JOIN fulfillment_order f ON f.sales_order_id = s.id AND f.superseded_at IS NULL
    WHERE s.store_id = :store_id AND s.order_id = ANY(:order_ids)
    ORDER BY s.order_id, f.shipment_id
    """
)

_BEGIN = text(
    """
    UPDATE lane_state SET cutover_at = coalesce(cutover_at, clock_timestamp()) WHERE lane = :lane
    RETURNING cutover_at
    """
)

_LEAVE = text("UPDATE sales_order SET left_at = clock_timestamp() WHERE id = ANY(:ids) AND left_at IS NULL")

_OPEN_GROUPS = text(
    """
    SELECT id FROM fulfillment_order
    WHERE sales_order_id = ANY(:ids) AND superseded_at IS NULL AND (state <> 'skipped' OR reason <> :why)
    ORDER BY id FOR UPDATE
    """
)

_LOCK_UNSENT = text(
    """
    SELECT id FROM fulfillment_order
    WHERE id = ANY(:ids) AND state = ANY(:states) AND superseded_at IS NULL AND adopted_as IS NULL
    ORDER BY id FOR UPDATE
    """
)

_ADOPT = text(
    """
    UPDATE fulfillment_order f SET adopted_as = a.reference
    FROM jsonb_to_recordset(CAST(:adopted AS jsonb)) AS a(id bigint, reference text)
    WHERE f.id = a.id
    """
)


# Not at the warehouse by our doing, as far as we know: a person may decide about these.
_UNDECIDED = UNSENT | {State.CONFLICT}


@dataclass(frozen=True, slots=True)
class CutoverGroup:
    """A fulfillment order that the ledger has."""

    id: int
    state: State
    adopted_as: str | None

    @property
    def sent(self) -> bool:
        """Whether it is, or may be, at the warehouse by our doing or by adoption."""
        return self.state not in _UNDECIDED


@dataclass(frozen=True, slots=True)
class CutoverOrder:
    """A sales order that the ledger has, with its live fulfillment orders by ShipmentID."""

    id: int
    lane: str
    left: bool
    groups: Mapping[int, CutoverGroup]

    @property
    def sent(self) -> bool:
        """Whether any of it is, or may be, at the warehouse."""
        return any(group.sent for group in self.groups.values())


@dataclass(frozen=True, slots=True)
class Adoption:
    """A fulfillment order that the warehouse has under another system's reference."""

    fulfillment_order_id: int
    reference: str
    remote_id: str
    etag: str


def cutover_orders(
    connection: Connection, store_id: int, order_ids: Collection[int]
) -> dict[int, CutoverOrder]:
    """What the ledger has of these orders of a store, in any lane; by OrderID."""
    rows = connection.execute(_KNOWN, {"store_id": store_id, "order_ids": sorted(order_ids)}).all()
    groups: dict[int, dict[int, CutoverGroup]] = {}
    for row in rows:
        one = CutoverGroup(row.fulfillment_order_id, State(row.state), row.adopted_as)
        groups.setdefault(row.order_id, {})[row.shipment_id] = one
    return {row.order_id: CutoverOrder(row.id, row.lane, row.was_left, groups[row.order_id]) for row in rows}


def note_cutover(connection: Connection, lane: str) -> datetime:
    """Note that the lane's owner has decided, and make other cutovers of the lane wait; returns when the first was."""
    moment: datetime = connection.execute(_BEGIN, {"lane": lane}).scalar_one()
    return moment


def leave_to_old_system(connection: Connection, sales_order_ids: Sequence[int], by: By) -> None:
    """Leave orders to the old system, for good: no import ever takes them in again.

    Raises:
        TransitionRefused: if one of them was sent meanwhile.
    """
    ids = list(sales_order_ids)
    connection.execute(_LEAVE, {"ids": ids})
    groups = connection.execute(_OPEN_GROUPS, {"ids": ids, "why": LEFT_TO_OLD_SYSTEM})
    move(connection, [Move(row.id, why=LEFT_TO_OLD_SYSTEM) for row in groups], State.SKIPPED, by)


def adopt_orders(connection: Connection, adoptions: Sequence[Adoption], by: By) -> None:
    """Follow orders that another system sent, under the number that they have at the warehouse.

    They pass through `conflict`: ledger and warehouse disagreed, and a person decided.

    Raises:
        TransitionRefused: if one of them was sent meanwhile.
    """
    if not adoptions:
        return
    _lock_unsent(connection, [adoption.fulfillment_order_id for adoption in adoptions])
    rows = [{"id": adoption.fulfillment_order_id, "reference": adoption.reference} for adoption in adoptions]
    connection.execute(_ADOPT, {"adopted": json.dumps(rows)})
    found = [
        _adopting(adoption, f"at the warehouse as {adoption.reference} before Cartage")
        for adoption in adoptions
    ]
    move(
        connection, found, State.CONFLICT, by, strict=False
    )  # some may be there already; the next move is strict
    settled = [_adopting(adoption, f"adopted as {adoption.reference}") for adoption in adoptions]
    move(connection, settled, State.ACKNOWLEDGED, by)


def note_posted_before(connection: Connection, told: Mapping[int, int], statuses: StatusMap, by: By) -> None:
    """Note the status that the store has from the old system: sales order id -> PROCESSING or PARTIAL."""
    for status in set(told.values()):
        ids = [one for one, its in told.items() if its == status]
        note_posted(connection, ids, status, by, "the store had it before Cartage")
    note_verified(connection, told, statuses)


def _lock_unsent(connection: Connection, ids: Sequence[int]) -> None:
    locked = connection.execute(_LOCK_UNSENT, {"ids": list(ids), "states": sorted(_UNDECIDED)}).all()
    if len(locked) != len(ids):
        number = len(ids) - len(locked)
        raise TransitionRefused(
            f"{number} of {len(ids)} orders to adopt were sent or adopted meanwhile; nothing was changed. "
            "Write the list anew."
        )


def _adopting(one: Adoption, why: str) -> Move:
    return Move(one.fulfillment_order_id, why=why, remote_id=one.remote_id, remote_etag=one.etag)

"""The cutover in the ledger: orders left to the old system, and orders adopted from it.

Every order moves by `transitions.move`. If Cartage has sent one of them meanwhile, it does not move and the whole
cutover is refused.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, BindParameter, Connection, any_, func, literal, select, text, update

from cartage.db.schema import fulfillment_order, lane_state, sales_order
from cartage.db.schema.base import TIME
from cartage.errors import TransitionRefused
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.skip_reasons import LEFT_TO_OLD_SYSTEM
from cartage.model.states import UNSENT, State
from cartage.model.statuses import StatusMap
from cartage.postback.repo.statuses import note_posted, note_verified

_ORDER, _SALE = fulfillment_order.c, sales_order.c
_NOW = func.clock_timestamp(type_=TIME)

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

# As far as the ledger knows, Cartage has not sent these: a person may decide about them.
_UNDECIDED = UNSENT | {State.CONFLICT}


@dataclass(frozen=True, slots=True)
class CutoverGroup:
    """A fulfillment order in the ledger."""

    id: int
    state: State
    adopted_as: str | None

    @property
    def sent(self) -> bool:
        """Whether it is, or may be, at the warehouse: sent by Cartage, or adopted."""
        return self.state not in _UNDECIDED


@dataclass(frozen=True, slots=True)
class CutoverOrder:
    """A sales order in the ledger, with its live fulfillment orders by ShipmentID."""

    id: int
    lane: str
    left_to_old_system: bool
    groups: Mapping[int, CutoverGroup]

    @property
    def sent(self) -> bool:
        """Whether any part of it is, or may be, at the warehouse."""
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
    """Return what the ledger has of these orders of a store, in any lane, by OrderID."""
    found = (
        select(
            _SALE.id,
            _SALE.order_id,
            _SALE.lane,
            _SALE.left_at,
            _ORDER.id.label("fulfillment_order_id"),
            _ORDER.shipment_id,
            _ORDER.state,
            _ORDER.adopted_as,
        )
        .join(fulfillment_order, _ORDER.sales_order_id == _SALE.id)
        .where(_SALE.store_id == store_id, _SALE.order_id == any_(_ids(order_ids)))
        .where(_ORDER.superseded_at.is_(None))
        .order_by(_SALE.order_id, _ORDER.shipment_id)
    )
    rows = connection.execute(found).all()
    groups: dict[int, dict[int, CutoverGroup]] = {}
    for row in rows:
        group = CutoverGroup(row.fulfillment_order_id, State(row.state), row.adopted_as)
        groups.setdefault(row.order_id, {})[row.shipment_id] = group
    return {
        row.order_id: CutoverOrder(row.id, row.lane, row.left_at is not None, groups[row.order_id])
        for row in rows
    }


def note_cutover(connection: Connection, lane: str) -> datetime:
    """Note that the lane's owner has decided, and let other cutovers of the lane wait; return when the first was."""
    noted = (
        update(lane_state)
        .where(lane_state.c.lane == lane)
        .values(cutover_at=func.coalesce(lane_state.c.cutover_at, _NOW))
        .returning(lane_state.c.cutover_at)
    )
    at: datetime = connection.execute(noted).scalar_one()
    return at


def leave_to_old_system(connection: Connection, sales_order_ids: Sequence[int], by: By) -> None:
    """Leave orders to the old system permanently: no import ever imports them.

    Raises:
        TransitionRefused: if one of them was sent meanwhile.
    """
    ids = list(sales_order_ids)
    left = update(sales_order).where(_SALE.id == any_(_ids(ids)), _SALE.left_at.is_(None))
    connection.execute(left.values(left_at=_NOW))
    groups = connection.execute(_OPEN_GROUPS, {"ids": ids, "why": LEFT_TO_OLD_SYSTEM})
    move(connection, [Move(row.id, why=LEFT_TO_OLD_SYSTEM) for row in groups], State.SKIPPED, by)


def adopt_orders(connection: Connection, adoptions: Sequence[Adoption], by: By) -> None:
    """Follow orders that another system sent, under the numbers that they have at the warehouse.

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
        _adoption_move(adoption, f"at the warehouse as {adoption.reference} before Cartage")
        for adoption in adoptions
    ]
    # Not strict, since some may be in conflict already; the next move is strict.
    move(connection, found, State.CONFLICT, by, strict=False)
    settled = [_adoption_move(adoption, f"adopted as {adoption.reference}") for adoption in adoptions]
    move(connection, settled, State.ACKNOWLEDGED, by)


def note_posted_before(
    connection: Connection, posted: Mapping[int, int], statuses: StatusMap, by: By, *, read_at: datetime
) -> None:
    """Note what the old system had posted when the store was read: sales order id -> PROCESSING or PARTIAL."""
    for status in set(posted.values()):
        ids = [sales_order_id for sales_order_id, its_status in posted.items() if its_status == status]
        note_posted(connection, ids, status, by, "the store had it before Cartage", posted_at=read_at)
    note_verified(connection, posted, statuses, read_at=read_at)


def _ids(ids: Collection[int]) -> BindParameter[Sequence[int]]:
    """Return ids as one array parameter: a cutover may have more of them than a statement may have parameters."""
    return literal(list(ids), ARRAY(BigInteger))


def _lock_unsent(connection: Connection, ids: Sequence[int]) -> None:
    locked = connection.execute(_LOCK_UNSENT, {"ids": list(ids), "states": sorted(_UNDECIDED)}).all()
    if len(locked) != len(ids):
        number = len(ids) - len(locked)
        raise TransitionRefused(
            f"{number} of {len(ids)} orders to adopt were sent or adopted meanwhile; nothing was changed. "
            "Write the list again with --write."
        )


def _adoption_move(adoption: Adoption, why: str) -> Move:
    return Move(
        adoption.fulfillment_order_id, why=why, remote_id=adoption.remote_id, remote_etag=adoption.etag
    )

"""Required actions in Airflow: one for each opening of a cause and each revision of a paused push, settled once.

The row comes first, the run in Airflow after it: a run that could not be started is started by a later run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, func, null, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from cartage.db.schema import paused_push, required_action
from cartage.errors.problems import ProblemKind
from cartage.inventory.breaker import why_paused
from cartage.mappings.choices import MappingChoice
from cartage.model.stock import Reason

_NOW = func.clock_timestamp()
_OPEN = required_action.c.settled_at.is_(None)


class ActionOutcome(StrEnum):
    """The result of a required action."""

    MAPPED = "mapped"
    SKIPPED = "skipped"
    HELD = "held"
    APPROVED = "approved"
    REFUSED = "refused"
    LEFT = "left"  # a person saw it, and left it as it is
    FIXED_ELSEWHERE = "fixed_elsewhere"  # nothing was left to decide; a late decision changed nothing
    UNDECIDED = "undecided"  # its run is gone, or was ended by hand


# A cause of what store or warehouse list and nobody can read has no orders that could be skipped or held.
_OPEN_FOR_CAUSES = text(
    """
    INSERT INTO required_action (lane, cause_id, opening)
    SELECT c.lane, c.id, c.openings
    FROM cause c
    WHERE c.lane = :lane AND c.closed_at IS NULL AND c.kind NOT IN ('unreadable_order', 'unreadable_at_warehouse')
      AND NOT EXISTS (SELECT FROM required_action a WHERE a.cause_id = c.id AND a.opening = c.openings)
    ORDER BY (
        SELECT count(*) FROM (
            SELECT FROM fulfillment_order f WHERE f.state = 'blocked' AND f.cause_ids @> ARRAY[c.id] LIMIT 1000
        ) blocked
    ) DESC, c.id
    LIMIT greatest(0, :most - (SELECT count(*) FROM required_action WHERE lane = :lane AND settled_at IS NULL))
    ON CONFLICT (cause_id, opening) DO NOTHING
    """
)

_ABOUT_CAUSE = """
    SELECT a.id, a.cause_id, a.opening, a.started_at, a.seen_at, a.offers, a.decision, a.decided_by, a.outcome,
           a.orders, c.fingerprint, c.kind, c.subject, c.message, c.fix, c.suggestions, c.opened_at,
           (c.closed_at IS NOT NULL OR c.openings <> a.opening) AS is_over
    FROM required_action a JOIN cause c ON c.id = a.cause_id
"""
_PENDING = "WHERE a.lane = :lane AND a.settled_at IS NULL ORDER BY a.id"
_BY_ID = "WHERE a.lane = :lane AND a.id = :id"

_PENDING_CAUSES = text(f"{_ABOUT_CAUSE} {_PENDING}")
_CAUSE_BY_ID = text(f"{_ABOUT_CAUSE} {_BY_ID}")
_CAUSE_LOCKED = text(f"{_ABOUT_CAUSE} {_BY_ID} FOR UPDATE OF a")

_ABOUT_PUSH = """
    SELECT a.id, a.paused_push_id, a.opening, a.started_at, a.seen_at, a.decision, a.decided_by, a.outcome,
        p.reasons, p.compared, p.zeroed, p.swung, p.opened_at,
        (p.closed_at IS NOT NULL OR p.revision <> a.opening OR p.decision IS NOT NULL) AS is_over
    FROM required_action a JOIN paused_push p ON p.id = a.paused_push_id
    """

_PENDING_PUSHES = text(f"{_ABOUT_PUSH} {_PENDING}")
_PUSH_BY_ID = text(f"{_ABOUT_PUSH} {_BY_ID}")
_PUSH_LOCKED = text(f"{_ABOUT_PUSH} {_BY_ID} FOR UPDATE")


@dataclass(frozen=True, slots=True)
class RequiredAction:
    """A required action about one `opening` of a cause; `is_over` once that opening has ended.

    `seen_at` is when Airflow was last seen to have its run. `offers` are the mappings to choose from, None until the
    form is shown. `outcome` is None until it is settled.
    `orders` counts those that the decision skipped or held.
    """

    id: int
    cause_id: int
    opening: int
    started_at: datetime | None
    seen_at: datetime | None
    offers: tuple[MappingChoice, ...] | None
    decision: str | None
    decided_by: str | None
    outcome: ActionOutcome | None
    orders: int
    fingerprint: str
    kind: ProblemKind
    subject: str
    message: str
    fix: str
    suggestions: Sequence[dict[str, Any]]
    opened_at: datetime
    is_over: bool

    @property
    def run_id(self) -> str:
        """The id of its run in Airflow: the same for the same opening, so that each is started once."""
        return f"cause__{self.fingerprint}__{self.opening}"


@dataclass(frozen=True, slots=True)
class PushAction:
    """A required action about one revision (`opening`) of a paused push.

    `is_over` once that revision was decided, replaced by another, or ended. `outcome` is None until it is settled.
    """

    id: int
    paused_push_id: int
    opening: int
    started_at: datetime | None
    seen_at: datetime | None
    decision: str | None
    decided_by: str | None
    outcome: ActionOutcome | None
    reasons: tuple[Reason, ...]
    compared: int
    zeroed: int
    swung: int
    opened_at: datetime
    is_over: bool

    @property
    def run_id(self) -> str:
        """The id of its run in Airflow: the same for the same revision, so that each is started once."""
        return f"stock__{self.paused_push_id}__{self.opening}"

    @property
    def message(self) -> str:
        """What it is about, in words."""
        return f"a push of stock is paused: {why_paused(self)}"


def open_required_actions(connection: Connection, lane: str, *, most: int) -> int:
    """Add a required action for each open cause whose opening has none, the one that blocks most first.

    Stop once `most` are open. Return how many were added.
    """
    return int(connection.execute(_OPEN_FOR_CAUSES, {"lane": lane, "most": most}).rowcount)


def open_push_actions(connection: Connection, lane: str) -> int:
    """Add a required action for the lane's paused push if it waits for a decision; return how many were added."""
    push = paused_push.c
    waiting = select(push.lane, push.id, push.revision).where(
        push.lane == lane, push.closed_at.is_(None), push.decision.is_(None)
    )
    statement = upsert(required_action).from_select(["lane", "paused_push_id", "opening"], waiting)
    return connection.execute(
        statement.on_conflict_do_nothing(index_elements=["paused_push_id", "opening"])
    ).rowcount


def pending_required_actions(connection: Connection, lane: str) -> list[RequiredAction]:
    """Return the lane's unsettled required actions about causes, the oldest first."""
    return [_about_cause(row) for row in connection.execute(_PENDING_CAUSES, {"lane": lane}).mappings()]


def pending_push_actions(connection: Connection, lane: str) -> list[PushAction]:
    """Return the lane's unsettled required actions about paused pushes, the oldest first."""
    return [_about_push(row) for row in connection.execute(_PENDING_PUSHES, {"lane": lane}).mappings()]


def find_required_action(
    connection: Connection, lane: str, action_id: int, *, lock: bool = False
) -> RequiredAction | None:
    """Return a lane's required action about a cause, or None; `lock` keeps others from settling it meanwhile."""
    query = _CAUSE_LOCKED if lock else _CAUSE_BY_ID
    row = connection.execute(query, {"lane": lane, "id": action_id}).mappings().one_or_none()
    return _about_cause(row) if row else None


def find_push_action(
    connection: Connection, lane: str, action_id: int, *, lock: bool = False
) -> PushAction | None:
    """Return a lane's required action about a paused push, or None; `lock` keeps others from deciding meanwhile."""
    query = _PUSH_LOCKED if lock else _PUSH_BY_ID
    row = connection.execute(query, {"lane": lane, "id": action_id}).mappings().one_or_none()
    return _about_push(row) if row else None


def mark_started(connection: Connection, action_id: int) -> None:
    """Record that Airflow accepted the run of a required action."""
    action = required_action.c
    statement = update(required_action).where(action.id == action_id, action.started_at.is_(None))
    connection.execute(statement.values(started_at=_NOW, seen_at=_NOW))


def note_run_seen(connection: Connection, action_id: int) -> None:
    """Record that Airflow still has the run of a required action."""
    connection.execute(update(required_action).where(required_action.c.id == action_id).values(seen_at=_NOW))


def forget_run(connection: Connection, action_id: int) -> None:
    """Record that Airflow no longer has the run of an open required action: it is started again, with new offers."""
    statement = update(required_action).where(required_action.c.id == action_id, _OPEN)
    connection.execute(statement.values(started_at=None, seen_at=None, offers=null()))


def save_offers(connection: Connection, action_id: int, offered: Sequence[MappingChoice]) -> None:
    """Store the mappings that a person is offered, so that the decision means what that person saw."""
    rows = [asdict(mapping) for mapping in offered]
    statement = update(required_action).where(required_action.c.id == action_id, _OPEN)
    connection.execute(statement.values(offers=rows))


def settle_required_action(
    connection: Connection,
    action_id: int,
    outcome: ActionOutcome,
    *,
    decision: str | None = None,
    person: str | None = None,
    orders: int = 0,
) -> bool:
    """Settle a required action; return False if it was settled before, and keep that outcome."""
    statement = update(required_action).where(required_action.c.id == action_id, _OPEN)
    settled = {"outcome": outcome.value, "decision": decision, "decided_by": person, "orders": orders}
    return connection.execute(statement.values(settled_at=_NOW, **settled)).rowcount > 0


def _about_cause(row: RowMapping) -> RequiredAction:
    values = dict(row)
    if values["offers"] is not None:
        values["offers"] = tuple(MappingChoice(**mapping) for mapping in values["offers"])
    values["outcome"] = ActionOutcome(values["outcome"]) if values["outcome"] else None
    return RequiredAction(**{**values, "kind": ProblemKind(values["kind"])})


def _about_push(row: RowMapping) -> PushAction:
    values = dict(row)
    values["outcome"] = ActionOutcome(values["outcome"]) if values["outcome"] else None
    values["reasons"] = tuple(Reason(reason) for reason in values["reasons"])
    return PushAction(**values)

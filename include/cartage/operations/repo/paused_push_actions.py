"""Pushes of stock that were stopped, as questions in Airflow's Required Actions: one for each asking of a stop.

They are rows of the same table as those about causes, and are noted, started and settled like them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from cartage.inventory.breaker import why_stopped
from cartage.model.stock import Reason
from cartage.operations.repo.required_actions import ActionOutcome

_ASK = text(
    """
    INSERT INTO required_action (lane, stop_id, opening)
    SELECT lane, id, asking FROM paused_push WHERE lane = :lane AND closed_at IS NULL AND decision IS NULL
    ON CONFLICT (stop_id, opening) DO NOTHING
    """
)

_QUESTION = """
    SELECT a.id, a.stop_id, a.opening, a.started_at, a.decision, a.decided_by, a.outcome,
        s.reasons, s.compared, s.zeroed, s.swung, s.opened_at,
        (s.closed_at IS NOT NULL OR s.asking <> a.opening OR s.decision IS NOT NULL) AS is_over
    FROM required_action a JOIN paused_push s ON s.id = a.stop_id
    """

_OPEN = text(f"{_QUESTION} WHERE a.lane = :lane AND a.settled_at IS NULL ORDER BY a.id")
_GET = text(f"{_QUESTION} WHERE a.lane = :lane AND a.id = :id")
_LOCKED = text(f"{_QUESTION} WHERE a.lane = :lane AND a.id = :id FOR UPDATE")


@dataclass(frozen=True, slots=True)
class PushAction:
    """A question about one asking (`opening`) of a stop; `is_over` once it is answered, asked anew, or ended.

    `outcome` is None until it is settled.
    """

    id: int
    stop_id: int
    opening: int
    started_at: datetime | None
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
        """The run in Airflow that asks it: the same for the same asking, so that it is asked once."""
        return f"stock__{self.stop_id}__{self.opening}"

    @property
    def message(self) -> str:
        """What it is about, in words."""
        return f"a push of stock was stopped: {why_stopped(self)}"


def open_push_actions(connection: Connection, lane: str) -> int:
    """Note a question for the lane's stop, if it waits for a person and has none; returns how many were noted."""
    return int(connection.execute(_ASK, {"lane": lane}).rowcount)


def pending_push_actions(connection: Connection, lane: str) -> list[PushAction]:
    """The questions of a lane that are not settled, the oldest first."""
    return [_question(row) for row in connection.execute(_OPEN, {"lane": lane}).mappings()]


def find_push_action(
    connection: Connection, lane: str, question_id: int, *, lock: bool = False
) -> PushAction | None:
    """A question of a lane about a stop, or None; with `lock` nobody else answers it until the transaction ends."""
    query = _LOCKED if lock else _GET
    row = connection.execute(query, {"lane": lane, "id": question_id}).mappings().one_or_none()
    return _question(row) if row else None


def _question(row: RowMapping) -> PushAction:
    values = dict(row)
    values["outcome"] = ActionOutcome(values["outcome"]) if values["outcome"] else None
    values["reasons"] = tuple(Reason(one) for one in values["reasons"])
    return PushAction(**values)

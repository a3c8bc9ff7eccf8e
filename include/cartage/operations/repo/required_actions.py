"""Questions in Airflow's Required Actions, and those about causes: asked once for each opening, settled once.

The row comes first, the run in Airflow after it: a run that could not be started is started by a later look.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text

from cartage.errors.problems import ProblemKind
from cartage.mappings.choices import MappingChoice


class ActionOutcome(StrEnum):
    """What came of a question."""

    MAPPED = "mapped"
    SKIPPED = "skipped"
    HELD = "held"
    APPROVED = "approved"
    REFUSED = "refused"
    LEFT = "left"  # a person saw it, and left it as it is
    FIXED_ELSEWHERE = (
        "fixed_elsewhere"  # nothing was left to answer; an answer that came late changed nothing
    )
    LOST_RESPONSES = "unanswered"  # its run is gone, or was ended by hand


# A cause of unreadable entries has no orders that could be skipped or held.
_ASK = text(
    """
    INSERT INTO required_action (lane, cause_id, opening)
    SELECT c.lane, c.id, c.openings
    FROM cause c
    WHERE c.lane = :lane AND c.closed_at IS NULL AND c.kind <> 'unreadable_order'
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

_QUESTION = """
    SELECT a.id, a.cause_id, a.opening, a.started_at, a.offers, a.decision, a.decided_by, a.outcome, a.orders,
           c.fingerprint, c.kind, c.subject, c.message, c.fix, c.suggestions, c.opened_at,
           (c.closed_at IS NOT NULL OR c.openings <> a.opening) AS is_over
    FROM required_action a JOIN cause c ON c.id = a.cause_id
"""

_OPEN = text(f"{_QUESTION} WHERE a.lane = :lane AND a.settled_at IS NULL ORDER BY a.id")

_GET = text(f"{_QUESTION} WHERE a.lane = :lane AND a.id = :id")

_LOCKED = text(f"{_QUESTION} WHERE a.lane = :lane AND a.id = :id FOR UPDATE OF a")

_STARTED = text(
    "UPDATE required_action SET started_at = clock_timestamp() WHERE id = :id AND started_at IS NULL"
)

_OFFER = text(
    "UPDATE required_action SET offers = CAST(:offers AS jsonb) WHERE id = :id AND settled_at IS NULL"
)

_SETTLE = text(
    """
    UPDATE required_action SET settled_at = clock_timestamp(), outcome = :outcome, decision = :decision,
        decided_by = :person, orders = :orders
    WHERE id = :id AND settled_at IS NULL
    """
)


@dataclass(frozen=True, slots=True)
class RequiredAction:
    """A question about one opening of a cause; `is_over` once that opening is.

    `offers` are the mappings that may be chosen, None until it is asked; `outcome` is None until it is settled;
    `orders` are those that its answer skipped or held.
    """

    id: int
    cause_id: int
    opening: int
    started_at: datetime | None
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
        """The run in Airflow that asks it: the same for the same opening, so that it is asked once."""
        return f"cause__{self.fingerprint}__{self.opening}"


def open_required_actions(connection: Connection, lane: str, *, most: int) -> int:
    """Note a question for each open cause whose opening has none, the one that blocks most first.

    At most so many that `most` are open; returns how many were noted.
    """
    return int(connection.execute(_ASK, {"lane": lane, "most": most}).rowcount)


def pending_required_actions(connection: Connection, lane: str) -> list[RequiredAction]:
    """The questions of a lane that are not settled, the oldest first."""
    return [_question(row) for row in connection.execute(_OPEN, {"lane": lane}).mappings()]


def find_required_action(
    connection: Connection, lane: str, question_id: int, *, lock: bool = False
) -> RequiredAction | None:
    """A question of a lane, or None; with `lock` nobody else settles it until the transaction ends."""
    query = _LOCKED if lock else _GET
    row = connection.execute(query, {"lane": lane, "id": question_id}).mappings().one_or_none()
    return _question(row) if row else None


def mark_started(connection: Connection, question_id: int) -> None:
    """Airflow has the run that asks it."""
    connection.execute(_STARTED, {"id": question_id})


def offer(connection: Connection, question_id: int, offered: Sequence[MappingChoice]) -> None:
    """Keep what a person is offered, so that the answer means what its reader saw."""
    rows = json.dumps([asdict(one) for one in offered])
    connection.execute(_OFFER, {"id": question_id, "offers": rows})


def settle_required_action(
    connection: Connection,
    question_id: int,
    outcome: ActionOutcome,
    *,
    decision: str | None = None,
    person: str | None = None,
    orders: int = 0,
) -> bool:
    """Settle a question; False if it was settled before, whose outcome then stands."""
    query = {
        "id": question_id,
        "outcome": outcome.value,
        "decision": decision,
        "person": person,
        "orders": orders,
    }
    return connection.execute(_SETTLE, query).rowcount > 0


def _question(row: Any) -> RequiredAction:
    values = dict(row)
    if values["offers"] is not None:
        values["offers"] = tuple(MappingChoice(**one) for one in values["offers"])
    values["outcome"] = ActionOutcome(values["outcome"]) if values["outcome"] else None
    return RequiredAction(**{**values, "kind": ProblemKind(values["kind"])})

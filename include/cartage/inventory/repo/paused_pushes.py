"""Pushes of stock that the breaker stopped, and what a person answered: at most one open question for a lane.

A stop ends by itself when there is no doubt any more. An approval is used by the push that it lets through; a refusal
keeps that push stopped, and quiet, until the doubt is over or another one comes. What happened to stops is kept as
events of the lane, with the person's name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from cartage.errors import LedgerError
from cartage.inventory.breaker import BreakerVerdict, Key, why_stopped
from cartage.lifecycle.transitions import By
from cartage.model.stock import Reason

APPROVE, REFUSE = "approve", "refuse"

_COLUMNS = """
    SELECT id, lane, reasons, compared, zeroed, swung, suspects, run_id, opened_at, asked_at, asking, decision,
        decided_by, decided_at, closed_at, close_reason
    FROM paused_push
    """

_OPEN_ONE = text(_COLUMNS + "WHERE lane = :lane AND closed_at IS NULL")
_OPEN_ONE_LOCKED = text(_COLUMNS + "WHERE lane = :lane AND closed_at IS NULL FOR UPDATE")
_WAITS = text(
    "SELECT EXISTS (SELECT FROM paused_push WHERE lane = :lane AND closed_at IS NULL AND decision IS NULL)"
)
_OPEN_ALL = text(_COLUMNS + "WHERE closed_at IS NULL ORDER BY id")
_ONE = text(_COLUMNS + "WHERE lane = :lane AND id = :id")
_ONE_LOCKED = text(_COLUMNS + "WHERE lane = :lane AND id = :id FOR UPDATE")

_ASK = text(
    """
    INSERT INTO paused_push AS asked (lane, reasons, compared, zeroed, swung, suspects, run_id)
    VALUES (:lane, :reasons, :compared, :zeroed, :swung, CAST(:suspects AS jsonb), :run_id)
    ON CONFLICT (lane) WHERE closed_at IS NULL DO UPDATE SET
        reasons = excluded.reasons, compared = excluded.compared, zeroed = excluded.zeroed, swung = excluded.swung,
        suspects = excluded.suspects,
        -- What a person has decided meanwhile was about the same question, unless this is another one.
        decision = CASE WHEN :anew THEN NULL ELSE asked.decision END,
        decided_by = CASE WHEN :anew THEN NULL ELSE asked.decided_by END,
        decided_at = CASE WHEN :anew THEN NULL ELSE asked.decided_at END,
        run_id = CASE WHEN :anew THEN excluded.run_id ELSE asked.run_id END,
        asked_at = CASE WHEN :anew THEN clock_timestamp() ELSE asked.asked_at END,
        asking = asked.asking + CASE WHEN :anew THEN 1 ELSE 0 END
    RETURNING id
    """
)

_DECISION = text(
    """
    UPDATE paused_push SET decision = :decision, decided_by = :person, decided_at = clock_timestamp() WHERE id = :id
    """
)

_CLOSE = text(
    """
    UPDATE paused_push SET closed_at = clock_timestamp(), close_reason = :reason
    WHERE lane = :lane AND closed_at IS NULL
    RETURNING id
    """
)

_EVENT = text(
    """
    INSERT INTO event (lane, kind, actor, run_id, why, detail)
    SELECT lane, :event, :actor, :run_id, :why, jsonb_build_object('stop_id', id, 'asking', asking)
    FROM paused_push WHERE id = :id
    """
)

# The kinds are written out: the partial index is used only then.
_HISTORY = text(
    """
    SELECT at, kind, actor, why FROM event
    WHERE lane = :lane AND kind IN ('push_paused', 'push_decided', 'push_pause_over')
    ORDER BY id DESC LIMIT :size
    """
)


@dataclass(frozen=True, slots=True)
class Suspect:
    """An entry that the stopped push would zero or swing. `option` is empty for the product's own stock."""

    catalog_id: int
    option: str
    sku: str
    before: Decimal
    after: int

    @property
    def key(self) -> Key:
        """The entry's key."""
        return self.catalog_id, self.option

    @property
    def swing(self) -> Decimal:
        """By how many units it would change."""
        return abs(self.before - self.after)


@dataclass(frozen=True, slots=True)
class PausedPush:
    """One question to a person: may this be pushed?"""

    id: int
    lane: str
    reasons: tuple[Reason, ...]
    compared: int
    zeroed: int
    swung: int
    suspects: tuple[Suspect, ...]
    run_id: str
    opened_at: datetime
    asked_at: datetime
    asking: int
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    closed_at: datetime | None
    close_reason: str

    @property
    def waits(self) -> bool:
        """Whether it waits for a person."""
        return self.closed_at is None and self.decision is None

    @property
    def biggest_first(self) -> list[Suspect]:
        """The suspects, those that would change by most units first."""
        return sorted(self.suspects, key=lambda one: (-one.swing, one.sku, one.key))


@dataclass(frozen=True, slots=True)
class Seen:
    """The question as it was shown to whoever answers it: which stop, which asking of it, what was answered before."""

    stop_id: int
    asking: int
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class PausedPushEvent:
    """Something that became of a lane's stops: `kind` is push_paused, push_decided or push_pause_over."""

    at: datetime
    kind: str
    actor: str
    why: str


def pause_push(
    connection: Connection,
    lane: str,
    verdict: BreakerVerdict,
    suspects: Sequence[Suspect],
    by: By,
    *,
    anew: bool,
) -> None:
    """Keep the doubt, and ask. `anew`: it is another question than the open one, if there is one."""
    rows = [
        {
            "catalog_id": suspect.catalog_id,
            "option": suspect.option,
            "sku": suspect.sku,
            "before": str(suspect.before),
            "after": suspect.after,
        }
        for suspect in suspects
    ]
    values = {
        "lane": lane,
        "reasons": [reason.value for reason in verdict.reasons],
        "compared": verdict.compared,
        "zeroed": verdict.zeroed,
        "swung": verdict.swung,
        "suspects": json.dumps(rows),
        "run_id": by.run_id,
        "anew": anew,
    }
    stop_id: int = connection.execute(_ASK, values).scalar_one()
    if anew:
        _tell(connection, stop_id, "push_paused", why_stopped(verdict), by)


def paused_push_of(connection: Connection, lane: str) -> PausedPush | None:
    """The lane's stop that is not over, answered or not."""
    row = connection.execute(_OPEN_ONE, {"lane": lane}).mappings().one_or_none()
    return _stop(row) if row else None


def waits(connection: Connection, lane: str) -> bool:
    """Whether a push of the lane is stopped and waits for a person."""
    found: bool = connection.execute(_WAITS, {"lane": lane}).scalar_one()
    return found


def paused_pushes(connection: Connection) -> list[PausedPush]:
    """The stops of all lanes that are not over, the oldest first."""
    return [_stop(row) for row in connection.execute(_OPEN_ALL).mappings()]


def find_paused_push(
    connection: Connection, lane: str, stop_id: int, *, lock: bool = False
) -> PausedPush | None:
    """A stop of a lane, over or not; with `lock` nobody else answers it until the transaction ends."""
    query = _ONE_LOCKED if lock else _ONE
    row = connection.execute(query, {"lane": lane, "id": stop_id}).mappings().one_or_none()
    return _stop(row) if row else None


def paused_push_history(connection: Connection, lane: str, size: int) -> list[PausedPushEvent]:
    """What became of the lane's stops, the newest first."""
    rows = connection.execute(_HISTORY, {"lane": lane, "size": size}).mappings()
    return [PausedPushEvent(**row) for row in rows]


def decide_push(
    connection: Connection, lane: str, choice: str, by: By, *, seen: Seen | None = None
) -> PausedPush:
    """Keep a person's answer (`by.actor`), `approve` or `refuse`; the next run acts on it. A later answer replaces it.

    With `seen`, only to what that person was shown. Returns the stop as it was.

    Raises:
        LedgerError: if the lane has no stop, it is not what was seen any more, or there is no such answer.
    """
    if choice not in (APPROVE, REFUSE):
        raise LedgerError(f"{choice!r} is no answer: {APPROVE} or {REFUSE}.")
    row = connection.execute(_OPEN_ONE_LOCKED, {"lane": lane}).mappings().one_or_none()
    if row is None:
        raise LedgerError(f"no push of stock of lane {lane!r} is stopped.")
    found = _stop(row)
    if seen is not None and (found.id, found.asking) != (seen.stop_id, seen.asking):
        raise LedgerError("another push is stopped by now. Look at it first: nothing was answered.")
    if seen is not None and found.decision != seen.decision:
        raise LedgerError(f"{found.decided_by} answered {found.decision!r} meanwhile: nothing was changed.")
    connection.execute(_DECISION, {"id": found.id, "decision": choice, "person": by.actor})
    _tell(connection, found.id, "push_decided", choice, by)
    return found


def close_paused_push(connection: Connection, lane: str, reason: str, by: By) -> bool:
    """End the lane's stop, if it has one."""
    stop_id: int | None = connection.execute(_CLOSE, {"lane": lane, "reason": reason}).scalar_one_or_none()
    if stop_id is not None:
        _tell(connection, stop_id, "push_pause_over", reason, by)
    return stop_id is not None


def _tell(connection: Connection, stop_id: int, event: str, why: str, by: By) -> None:
    values = {"id": stop_id, "event": event, "why": why, "actor": by.actor, "run_id": by.run_id}
    connection.execute(_EVENT, values)


def _stop(row: RowMapping) -> PausedPush:
    fields: dict[str, Any] = dict(row)
    fields["reasons"] = tuple(Reason(one) for one in row["reasons"])
    fields["suspects"] = tuple(
        Suspect(one["catalog_id"], one["option"], one["sku"], Decimal(one["before"]), one["after"])
        for one in row["suspects"]
    )
    return PausedPush(**fields)

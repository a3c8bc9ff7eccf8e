"""Paused pushes: stock that the circuit breaker holds back until a person approves or refuses it.

A lane has at most one that is open. It closes by itself when the figures look right again. An approval is used up by
the push that it lets through. A refusal keeps that push paused, without alerts, until the figures look right again or
others look wrong. What happens to paused pushes is kept as events of the lane, with the person's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from cartage.db.schema import event, paused_push
from cartage.errors import LedgerError
from cartage.inventory.breaker import BreakerVerdict, Key, why_paused
from cartage.lifecycle.transitions import By
from cartage.model.stock import Reason

APPROVE, REFUSE = "approve", "refuse"

_NOW = func.clock_timestamp()
_OPEN = paused_push.c.closed_at.is_(None)

# The kinds are literals: PostgreSQL uses the partial index only then.
_HISTORY = text(
    """
    SELECT at, kind, actor, why FROM event
    WHERE lane = :lane AND kind IN ('push_paused', 'push_decided', 'push_pause_over')
    ORDER BY id DESC LIMIT :size
    """
)


@dataclass(frozen=True, slots=True)
class Suspect:
    """An entry that the paused push would set to 0 or swing. `option` is empty for the product's own stock."""

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
        """By how many units the entry would change."""
        return abs(self.before - self.after)


@dataclass(frozen=True, slots=True)
class PausedPush:
    """A push that needs an approval. `revision` counts how often its reasons or suspects changed."""

    id: int
    lane: str
    reasons: tuple[Reason, ...]
    compared: int
    zeroed: int
    swung: int
    suspects: tuple[Suspect, ...]
    run_id: str
    opened_at: datetime
    revised_at: datetime
    revision: int
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    closed_at: datetime | None
    close_reason: str

    @property
    def waits(self) -> bool:
        """Whether it waits for a person's decision."""
        return self.closed_at is None and self.decision is None

    @property
    def biggest_first(self) -> list[Suspect]:
        """The suspects, the largest change in units first."""
        return sorted(self.suspects, key=lambda suspect: (-suspect.swing, suspect.sku, suspect.key))


@dataclass(frozen=True, slots=True)
class SeenPush:
    """The paused push as the deciding person saw it: its id, its revision, and the decision that stood then."""

    id: int
    revision: int
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class PausedPushEvent:
    """An event of a lane's paused pushes: `kind` is push_paused, push_decided or push_pause_over."""

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
    revised: bool,
) -> None:
    """Record that the lane's push is paused, or update the figures of the one that is open.

    `revised` says that its reasons or suspects are not covered by the open one, if there is one: a decision that was
    made then no longer counts.
    """
    values: dict[str, Any] = {
        "reasons": [reason.value for reason in verdict.reasons],
        "compared": verdict.compared,
        "zeroed": verdict.zeroed,
        "swung": verdict.swung,
        "suspects": [_suspect_document(suspect) for suspect in suspects],
    }
    statement = upsert(paused_push).values(lane=lane, run_id=by.run_id, **values)
    # Without a revision, a decision that a person made meanwhile stands: it is about the same figures.
    changed = values
    if revised:
        changed = values | {
            "decision": None,
            "decided_by": None,
            "decided_at": None,
            "run_id": by.run_id,
            "revised_at": _NOW,
            "revision": paused_push.c.revision + 1,
        }
    statement = statement.on_conflict_do_update(index_elements=["lane"], index_where=_OPEN, set_=changed)
    push_id = connection.execute(statement.returning(paused_push.c.id)).scalar_one()
    if revised:
        _record_event(connection, push_id, "push_paused", why_paused(verdict), by)


def paused_push_of(connection: Connection, lane: str) -> PausedPush | None:
    """Return the lane's open paused push, decided or not."""
    query = select(paused_push).where(paused_push.c.lane == lane, _OPEN)
    row = connection.execute(query).mappings().one_or_none()
    return _paused_push(row) if row else None


def push_waits(connection: Connection, lane: str) -> bool:
    """Return whether a paused push of the lane waits for a decision."""
    query = select(paused_push.c.id).where(
        paused_push.c.lane == lane, _OPEN, paused_push.c.decision.is_(None)
    )
    return connection.execute(query).first() is not None


def open_paused_pushes(connection: Connection, ids: Sequence[int] | None = None) -> list[PausedPush]:
    """Return the open paused pushes of all lanes, the oldest first; with `ids` only these."""
    query = select(paused_push).where(_OPEN).order_by(paused_push.c.id)
    if ids is not None:
        query = query.where(paused_push.c.id.in_(list(ids)))
    return [_paused_push(row) for row in connection.execute(query).mappings()]


def find_paused_push(connection: Connection, lane: str, push_id: int) -> PausedPush | None:
    """Return a lane's paused push by its id, open or closed."""
    query = select(paused_push).where(paused_push.c.lane == lane, paused_push.c.id == push_id)
    row = connection.execute(query).mappings().one_or_none()
    return _paused_push(row) if row else None


def paused_push_history(connection: Connection, lane: str, size: int) -> list[PausedPushEvent]:
    """Return the events of the lane's paused pushes, the newest first."""
    rows = connection.execute(_HISTORY, {"lane": lane, "size": size}).mappings()
    return [PausedPushEvent(**row) for row in rows]


def decide_push(
    connection: Connection, lane: str, choice: str, by: By, *, seen: SeenPush | None = None
) -> PausedPush:
    """Record a person's decision (`by.actor`), `approve` or `refuse`. The next run acts on it; a later one replaces it.

    With `seen`, the decision counts only for what that person was shown. Return the paused push as it was.

    Raises:
        LedgerError: if no push of the lane is paused, it is no longer what was seen, or there is no such choice.
    """
    if choice not in (APPROVE, REFUSE):
        raise LedgerError(f"{choice!r} is no decision: {APPROVE} or {REFUSE}.")
    query = select(paused_push).where(paused_push.c.lane == lane, _OPEN).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise LedgerError(f"no push of stock of lane {lane!r} is paused.")
    found = _paused_push(row)
    if seen is not None and (found.id, found.revision) != (seen.id, seen.revision):
        raise LedgerError("another push is paused by now. Look at it first: nothing was decided.")
    if seen is not None and found.decision != seen.decision:
        raise LedgerError(f"{found.decided_by} decided {found.decision!r} meanwhile: nothing was changed.")
    decided = {"decision": choice, "decided_by": by.actor, "decided_at": _NOW}
    connection.execute(update(paused_push).where(paused_push.c.id == found.id).values(decided))
    _record_event(connection, found.id, "push_decided", choice, by)
    return found


def close_paused_push(connection: Connection, lane: str, reason: str, by: By) -> bool:
    """Close the lane's paused push; return whether there was one."""
    statement = (
        update(paused_push)
        .where(paused_push.c.lane == lane, _OPEN)
        .values(closed_at=_NOW, close_reason=reason)
        .returning(paused_push.c.id)
    )
    push_id = connection.execute(statement).scalar_one_or_none()
    if push_id is not None:
        _record_event(connection, push_id, "push_pause_over", reason, by)
    return push_id is not None


def _record_event(connection: Connection, push_id: int, kind: str, why: str, by: By) -> None:
    push = paused_push.c
    detail = func.jsonb_build_object("paused_push_id", push.id, "revision", push.revision)
    texts = [literal(value) for value in (kind, by.actor, by.run_id, why)]
    source = select(push.lane, *texts, detail).where(push.id == push_id)
    columns = ["lane", "kind", "actor", "run_id", "why", "detail"]
    connection.execute(insert(event).from_select(columns, source))


def _suspect_document(suspect: Suspect) -> dict[str, Any]:
    return {
        "catalog_id": suspect.catalog_id,
        "option": suspect.option,
        "sku": suspect.sku,
        "before": str(suspect.before),
        "after": suspect.after,
    }


def _paused_push(row: RowMapping) -> PausedPush:
    fields: dict[str, Any] = dict(row)
    fields["reasons"] = tuple(Reason(reason) for reason in row["reasons"])
    fields["suspects"] = tuple(
        Suspect(
            suspect["catalog_id"],
            suspect["option"],
            suspect["sku"],
            Decimal(suspect["before"]),
            suspect["after"],
        )
        for suspect in row["suspects"]
    )
    return PausedPush(**fields)

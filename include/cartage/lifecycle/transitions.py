"""The one function that moves fulfillment orders from state to state.

A move is a guarded UPDATE and its events in one statement: either both are committed or neither. What a state
requires (a lease, causes, an end of the hold) is set here and checked again by PostgreSQL's constraints.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from cartage.errors import TransitionRefused
from cartage.errors.problems import shortened
from cartage.model.states import State, sources

_LONGEST_WHY = 2_000  # characters


@dataclass(frozen=True, slots=True)
class By:
    """Who acts: a stage or a person, and in which run."""

    actor: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Move:
    """One fulfillment order's move to another state; what is None stays as it is."""

    id: int
    why: str = ""
    remote_id: str | None = None
    remote_etag: str | None = None
    cause_ids: tuple[int, ...] = ()
    held_until: datetime | None = None
    request: dict[str, Any] | None = None
    rules_hash: str | None = None
    detail: dict[str, Any] | None = None


_MOVE = text(
    """
    WITH wanted AS (
        SELECT * FROM jsonb_to_recordset(CAST(:moves AS jsonb)) AS w(
            id bigint, why text, remote_id text, remote_etag text, cause_ids bigint[],
            held_until timestamptz, request jsonb, rules_hash text, detail jsonb)
    ), before AS (
        SELECT f.id, f.state FROM fulfillment_order f JOIN wanted USING (id)
        WHERE f.state = ANY(:sources)
          AND (CAST(:held_lease AS text) IS NULL OR f.lease_owner = :held_lease)
          AND (:to <> 'sending' OR f.cancel_wanted_at IS NULL)
        ORDER BY f.id
        FOR UPDATE OF f
    ), moved AS (
        UPDATE fulfillment_order f SET
            state = :to,
            state_since = clock_timestamp(),
            reason = w.why,
            cause_ids = coalesce(w.cause_ids, '{}'),
            held_until = w.held_until,
            request = coalesce(w.request, f.request),
            rules_hash = coalesce(w.rules_hash, f.rules_hash),
            remote_id = coalesce(w.remote_id, f.remote_id),
            remote_etag = coalesce(w.remote_etag, f.remote_etag),
            lease_owner = CAST(:lease_owner AS text),
            lease_until = clock_timestamp() + CAST(:lease AS interval)
        FROM before b JOIN wanted w USING (id)
        WHERE f.id = b.id
        RETURNING f.id, f.sales_order_id, f.lane, b.state AS from_state, w.why, w.detail, f.cause_ids
    ), noted AS (
        INSERT INTO event
            (lane, sales_order_id, fulfillment_order_id, kind, from_state, to_state, actor, run_id, why, detail,
             cause_ids)
        SELECT lane, sales_order_id, id, 'moved', from_state, :to, :actor, :run_id, why, detail, nullif(cause_ids, '{}')
        FROM moved ORDER BY id
    )
    SELECT id FROM moved
    """
)


def move(
    connection: Connection,
    moves: Sequence[Move],
    to: State,
    by: By,
    *,
    lease_owner: str | None = None,
    lease: timedelta | None = None,
    held_lease: str | None = None,
    strict: bool = True,
) -> set[int]:
    """Move fulfillment orders to a state, each with its event; return the ids that moved.

    `lease_owner` and `lease` are the claim that a move to `sending` takes; every other move ends the claim. With
    `held_lease`, only rows that this owner still claims are moved.

    Raises:
        TransitionRefused: if `strict` and any row did not move. The caller's transaction must then be rolled back.
    """
    if not moves:
        return set()
    rows = connection.execute(
        _MOVE,
        {
            "moves": json.dumps([_parameters(wanted) for wanted in moves]),
            "to": to.value,
            "sources": sources(to),
            "held_lease": held_lease,
            "lease_owner": lease_owner,
            "lease": lease,
            "actor": by.actor,
            "run_id": by.run_id,
        },
    )
    moved = {row.id for row in rows}
    left = [wanted.id for wanted in moves if wanted.id not in moved]
    if left and strict:
        raise TransitionRefused(
            f"{len(left)} of {len(moves)} fulfillment orders could not move to {to.value} (ids {left[:10]}): "
            "another run moved them first, their claim was lost, or the move is not allowed."
        )
    return moved


def _parameters(wanted: Move) -> dict[str, Any]:
    return {
        "id": wanted.id,
        "why": shortened(wanted.why, _LONGEST_WHY),
        "remote_id": wanted.remote_id,
        "remote_etag": wanted.remote_etag,
        "cause_ids": list(wanted.cause_ids),
        "held_until": wanted.held_until.isoformat() if wanted.held_until else None,
        "request": wanted.request,
        "rules_hash": wanted.rules_hash,
        "detail": wanted.detail,
    }

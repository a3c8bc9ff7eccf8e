"""Replies to a warehouse's documents (X12 997) that are still to be published, and the claims of those who do so."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, text

_CLAIM = text(
    """
    WITH due AS (
        SELECT id, claimed_until FROM outbound_document
        WHERE account = :account AND kind = 'reply' AND published_at IS NULL AND content IS NOT NULL
          AND coalesce(claimed_until, '-infinity') < clock_timestamp()
        ORDER BY id LIMIT :size
        FOR UPDATE SKIP LOCKED
    )
    UPDATE outbound_document d SET claimed_until = clock_timestamp() + CAST(:lease AS interval)
    FROM due WHERE d.id = due.id
    RETURNING d.id, due.claimed_until IS NOT NULL AS claimed_before
    """
)

_DISPATCH = text(
    """
    UPDATE outbound_document SET dispatched_at = clock_timestamp()
    WHERE id = :id AND attempt = :attempt AND dispatched_at IS NULL
      AND claimed_until > clock_timestamp() + CAST(:longest AS interval)
    """
)


def claim_replies(connection: Connection, account: str, *, lease: timedelta, size: int) -> dict[int, bool]:
    """Claim replies of an account that are to be published, the oldest first: id -> whether one was claimed before."""
    rows = connection.execute(_CLAIM, {"account": account, "lease": lease, "size": size})
    return {row.id: row.claimed_before for row in rows}


def mark_reply_dispatched(
    connection: Connection, document_id: int, attempt: int, *, longest_request: timedelta
) -> bool:
    """Note that this attempt is published now: the last statement before it is. False if the claim does not last."""
    values = {"id": document_id, "attempt": attempt, "longest": longest_request}
    return connection.execute(_DISPATCH, values).rowcount == 1

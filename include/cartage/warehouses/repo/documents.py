"""Documents for a warehouse in the ledger: their numbers, their bytes, and how far each got.

A number is allotted in the transaction that saves its document, and never used again: in a ledger that may have
forgotten numbers, the counter goes past them (docs/decisions/0084).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from sqlalchemy import Connection, text

from cartage.warehouses.documents import DocumentResponse, OutboundDocument

DocumentKind = Literal["orders", "reply"]

# More documents than an account makes between two backups.
NUMBERS_SKIPPED = 10_000
# A ledger that has lost its counter goes on from the seconds since this instant. They are past every number that was
# used if the account had fewer documents than seconds; 9 digits, which X12 has for them, last for three decades.
_SECONDS = "CAST(extract(epoch FROM clock_timestamp() - timestamptz '2026-01-01 00:00Z') AS bigint)"

# Lanes are quarantined when their ledger is new, restored or foreign: it may have forgotten numbers.
_ALLOT = text(
    f"""
    INSERT INTO document_counter AS c (account, number) VALUES (:account, greatest(1, {_SECONDS}))
    ON CONFLICT (account) DO UPDATE SET (number, raised_at) = (
        SELECT CASE WHEN lost THEN greatest(c.number + :skipped, {_SECONDS}) ELSE c.number + 1 END,
               CASE WHEN lost THEN clock_timestamp() ELSE c.raised_at END
        FROM (SELECT coalesce(max(quarantined_at) > c.raised_at, false) AS lost FROM lane_state) ledger)
    RETURNING number, clock_timestamp() AS at
    """  # noqa: S608 - a constant of this module
)

_SKIP = text("UPDATE document_counter SET number = number + :skipped WHERE account = :account")

_SAVE = text(
    """
    INSERT INTO outbound_document (account, number, lane, kind, name, content, sha256, created_at, made_with)
    VALUES (:account, :number, :lane, :kind, :name, :content, :sha256, :at, :made_with)
    RETURNING id
    """
)

_READ = text(
    """
    SELECT d.id, d.account, d.number, d.created_at, d.name, d.content, d.attempt, d.dispatched_at, d.published_at,
           d.withdrawn_at,
           coalesce(d.created_at < (SELECT max(l.quarantined_at) FROM lane_state l), false) AS forgotten,
           (SELECT coalesce(array_agg(o.reference ORDER BY o.position), '{}') FROM (
               SELECT DISTINCT t.position, f.reference
               FROM transfer t JOIN fulfillment_order f ON f.id = t.fulfillment_order_id
               WHERE t.document_id = d.id) o) AS orders
    FROM outbound_document d WHERE d.id = ANY(:ids)
    ORDER BY d.id
    """
)

_PUBLISHED = text(
    """
    UPDATE outbound_document SET published_at = clock_timestamp()
    WHERE id = :id AND attempt = :attempt AND dispatched_at IS NOT NULL AND withdrawn_at IS NULL
      AND published_at IS NULL
    """
)

_WITHDRAWN = text(
    """
    UPDATE outbound_document SET withdrawn_at = clock_timestamp()
    WHERE id = :id AND attempt = :attempt AND dispatched_at IS NOT NULL AND published_at IS NULL
      AND withdrawn_at IS NULL
    """
)

_RESPONDED = text(
    """
    WITH document AS (
        UPDATE outbound_document d SET
            response = CASE WHEN CAST(:position AS int) IS NULL THEN :response ELSE d.response END,
            responded_at = CASE WHEN CAST(:position AS int) IS NULL
                THEN coalesce(d.responded_at, clock_timestamp()) ELSE d.responded_at END,
            response_reason = CASE WHEN CAST(:position AS int) IS NULL THEN :reason ELSE d.response_reason END
        WHERE d.account = :account AND d.number = :number AND d.dispatched_at IS NOT NULL
        RETURNING d.id
    )
    SELECT d.id, (SELECT array_agg(DISTINCT t.fulfillment_order_id) FROM transfer t
                  WHERE t.document_id = d.id AND t.position = coalesce(CAST(:position AS int), t.position)) AS orders
    FROM document d
    """
)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as the ledger has it. Its content is empty once retention deleted it.

    `dispatched` says that it may be published, `published` that it is, neither that it certainly is not. `forgotten`:
    it is from before the ledger was restored, which may not know what happened to it later.
    """

    id: int
    account: str
    document: OutboundDocument
    dispatched: bool
    published: bool
    forgotten: bool


def allot_number(connection: Connection, account: str) -> tuple[int, datetime]:
    """Return the account's next number and the present instant. Other runs wait until the transaction ends.

    In a new, restored or foreign ledger the first number is one that no earlier ledger has used.
    """
    row = connection.execute(_ALLOT, {"account": account, "skipped": NUMBERS_SKIPPED}).one()
    return row.number, row.at


def skip_numbers(connection: Connection, account: str) -> None:
    """Go past numbers that were used without this ledger's knowledge."""
    connection.execute(_SKIP, {"account": account, "skipped": NUMBERS_SKIPPED})


def save_document(
    connection: Connection,
    document: OutboundDocument,
    *,
    account: str,
    lane: str,
    kind: DocumentKind,
    made_with: str,
) -> int:
    """Save a document with the number that was allotted to it in this transaction; return its id.

    `made_with` is the lane's account with its settings: with other settings, orders are not sent with these bytes.
    """
    values = {
        "account": account,
        "number": document.number,
        "lane": lane,
        "kind": kind,
        "name": document.name,
        "content": document.content,
        "sha256": sha256(document.content).hexdigest(),
        "at": document.at,
        "made_with": made_with,
    }
    row_id: int = connection.execute(_SAVE, values).scalar_one()
    return row_id


def read_documents(connection: Connection, ids: Collection[int]) -> list[StoredDocument]:
    """Return documents by id, the oldest first."""
    return [
        StoredDocument(
            row.id,
            row.account,
            OutboundDocument(
                row.number, row.created_at, row.name, row.content or b"", tuple(row.orders), row.attempt
            ),
            dispatched=row.dispatched_at is not None and row.withdrawn_at is None,
            published=row.published_at is not None,
            forgotten=row.forgotten,
        )
        for row in connection.execute(_READ, {"ids": sorted(ids)})
    ]


def note_published(connection: Connection, document_id: int, attempt: int) -> None:
    """Note that this attempt is published, unless it was found not to be."""
    connection.execute(_PUBLISHED, {"id": document_id, "attempt": attempt})


def note_withdrawn(connection: Connection, document_id: int, attempt: int) -> None:
    """Note that this attempt is not published and never will be, unless it was found to be."""
    connection.execute(_WITHDRAWN, {"id": document_id, "attempt": attempt})


def note_response(connection: Connection, account: str, response: DocumentResponse) -> Sequence[int] | None:
    """Note what the warehouse said about a document by its number; return the fulfillment orders that it is about.

    None if no document with this number was ever sent to the account.
    """
    values = {
        "account": account,
        "number": response.number,
        "position": response.position,
        "response": "accepted" if response.accepted else "rejected",
        "reason": response.reason,
    }
    row = connection.execute(_RESPONDED, values).one_or_none()
    return None if row is None else sorted(row.orders or ())

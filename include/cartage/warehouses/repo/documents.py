"""Documents for a warehouse in the ledger: their numbers, their bytes, and how far each got.

A number is allotted in the transaction that saves its document, and never used again: in a ledger that may have
forgotten numbers, the counter goes past them (docs/decisions/0084).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from sqlalchemy import Connection, text

from cartage.errors.problems import shortened
from cartage.model.texts import strip_controls
from cartage.warehouses.documents import DocumentResponse, OutboundDocument

DocumentKind = Literal["orders", "reply", "cancel"]

# More documents than an account makes between two backups.
NUMBERS_SKIPPED = 10_000
_LONGEST_REASON = 2_000  # characters
# What the columns hold: a response may name anything.
_MOST_NUMBER, _MOST_POSITION = 2**63 - 1, 2**31 - 1
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
    INSERT INTO outbound_document
        (account, number, lane, kind, name, content, sha256, created_at, made_with, cancels)
    VALUES (:account, :number, :lane, :kind, :name, :content, :sha256, :at, :made_with, :cancels)
    RETURNING id
    """
)

_READ = text(
    """
    SELECT d.id, d.account, d.number, d.created_at, d.name, d.content, d.attempt, d.dispatched_at, d.published_at,
           d.withdrawn_at,
           coalesce(d.created_at < (SELECT l.quarantined_at FROM lane_state l WHERE l.lane = d.lane), false)
               AS forgotten,
           (SELECT coalesce(array_agg(o.reference ORDER BY o.position), '{}') FROM (
               SELECT DISTINCT t.position, f.reference
               FROM transfer t JOIN fulfillment_order f ON f.id = t.fulfillment_order_id
               WHERE t.document_id = d.id
               UNION SELECT 1, f.reference FROM fulfillment_order f WHERE f.id = d.cancels) o) AS orders
    FROM outbound_document d WHERE d.id = ANY(:ids)
    ORDER BY d.id
    """
)

_NEXT_ATTEMPT = text(
    """
    UPDATE outbound_document SET attempt = attempt + 1, dispatched_at = NULL, withdrawn_at = NULL
    WHERE id = :id AND attempt = :attempt AND published_at IS NULL
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

# What a response says of an order counts for the attempt that the document holds.
_RESPONDED = text(
    """
    WITH document AS (
        UPDATE outbound_document d SET
            response = CASE WHEN CAST(:position AS int) IS NULL THEN :response ELSE coalesce(d.response, 'partly') END,
            responded_at = coalesce(d.responded_at, clock_timestamp()),
            response_reason = CASE WHEN CAST(:position AS int) IS NULL THEN :reason ELSE d.response_reason END
        WHERE d.account = :account AND d.number = :number AND d.kind <> 'reply' AND d.dispatched_at IS NOT NULL
        RETURNING d.id, d.name, d.cancels
    ), before AS (
        SELECT t.id, t.fulfillment_order_id, t.document_response, d.id AS document_id, d.name,
               NOT EXISTS (SELECT FROM transfer later WHERE later.fulfillment_order_id = t.fulfillment_order_id
                           AND later.attempt > t.attempt) AS latest
        FROM document d JOIN transfer t ON t.document_id = d.id
        WHERE t.position = coalesce(CAST(:position AS int), t.position)
    ), responded AS (
        UPDATE transfer t SET document_response = :response FROM before b
        WHERE t.id = b.id AND b.document_response IS DISTINCT FROM :response
    )
    SELECT d.name, d.cancels, b.fulfillment_order_id, bool_or(b.document_response IS DISTINCT FROM :response) AS news,
           bool_or(b.latest) AS latest
    FROM document d LEFT JOIN before b ON b.document_id = d.id
    GROUP BY d.name, d.cancels, b.fulfillment_order_id ORDER BY b.fulfillment_order_id
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
    cancels: int | None = None,
) -> int:
    """Save a document with the number that was allotted to it in this transaction; return its id.

    `made_with` is the lane's account with its settings: with other settings, orders are not sent with these bytes.
    `cancels` is the fulfillment order that a document of the kind `cancel` is about.
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
        "cancels": cancels,
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


def begin_attempt(connection: Connection, document_id: int, attempt: int) -> bool:
    """Count another attempt after this one, which certainly is not published; False if another run has."""
    return connection.execute(_NEXT_ATTEMPT, {"id": document_id, "attempt": attempt}).rowcount == 1


def note_published(connection: Connection, document_id: int, attempt: int) -> None:
    """Note that this attempt is published, unless it was found not to be."""
    connection.execute(_PUBLISHED, {"id": document_id, "attempt": attempt})


def note_withdrawn(connection: Connection, document_id: int, attempt: int) -> None:
    """Note that this attempt is not published and never will be, unless it was found to be."""
    connection.execute(_WITHDRAWN, {"id": document_id, "attempt": attempt})


@dataclass(frozen=True, slots=True)
class RespondedOrder:
    """A fulfillment order that a response is about: whether it says anything new, and about its last attempt."""

    fulfillment_order_id: int
    news: bool
    latest: bool


@dataclass(frozen=True, slots=True)
class RespondedDocument:
    """A document of ours to which the warehouse responded, with the orders that the response is about.

    `cancels` is the fulfillment order that it asks to cancel, if it does.
    """

    name: str
    orders: tuple[RespondedOrder, ...]
    cancels: int | None = None


def note_response(
    connection: Connection, account: str, response: DocumentResponse
) -> RespondedDocument | None:
    """Note what the warehouse said about a document by its number; None if no such document was ever sent to it."""
    if not 0 <= response.number <= _MOST_NUMBER or not 0 <= (response.position or 0) <= _MOST_POSITION:
        return None
    values = {
        "account": account,
        "number": response.number,
        "position": response.position,
        "response": "accepted" if response.accepted else "rejected",
        "reason": shortened(strip_controls(response.reason), _LONGEST_REASON),
    }
    rows = connection.execute(_RESPONDED, values).all()
    if not rows:
        return None
    orders = [
        RespondedOrder(row.fulfillment_order_id, row.news, row.latest)
        for row in rows
        if row.fulfillment_order_id is not None
    ]
    return RespondedDocument(rows[0].name, tuple(orders), rows[0].cancels)

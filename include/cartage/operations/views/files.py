"""Files as people see them: what a file of the warehouse says, and the documents that hold an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from cartage.db.schema import fulfillment_order
from cartage.model.texts import strip_controls
from cartage.spreadsheets.encoding import decode_table

# More than a person reads of a file; the rest is cut.
MOST_BYTES = 64_000

_SENT = text(
    """
    SELECT d.name, d.number, t.attempt, t.position, d.created_at, d.dispatched_at, d.published_at, d.withdrawn_at,
           t.document_response AS response, d.responded_at, t.outcome
    FROM transfer t JOIN outbound_document d ON d.id = t.document_id
    WHERE t.fulfillment_order_id = :id ORDER BY t.attempt DESC LIMIT :most
    """
)
_MOST = 100


@dataclass(frozen=True, slots=True)
class ShownContent:
    """The beginning of a file as text; `cut` says that there is more. Bytes that are no text are U+FFFD."""

    text: str
    cut: bool


@dataclass(frozen=True, slots=True)
class SentDocument:
    """A document that holds an order: its name and number, the order's position in it, and how far it got.

    `response` is what the warehouse said about the order by the document's number: accepted, rejected, or nothing yet.
    """

    name: str
    number: int
    attempt: int
    position: int
    created_at: datetime
    dispatched_at: datetime | None
    published_at: datetime | None
    withdrawn_at: datetime | None
    response: str | None
    responded_at: datetime | None
    outcome: str | None

    @property
    def progress(self) -> str:
        """How far it got, in words."""
        if self.published_at is not None:
            return "published"
        if self.withdrawn_at is not None:
            return "withdrawn: it was not published"
        if self.dispatched_at is None:
            return "not published"
        return "published, as what came later shows" if self.response or self.outcome in _TAKEN else "unknown"


_TAKEN = frozenset({"accepted", "found", "already_exists"})


def shown_content(content: bytes, most: int = MOST_BYTES) -> ShownContent:
    """Return what a person sees of a file: at most this many bytes, without control characters."""
    shown, _ = decode_table(content[:most])
    return ShownContent(strip_controls(shown), len(content) > most)


def sent_documents(connection: Connection, fulfillment_order_id: int) -> Sequence[SentDocument]:
    """Return the documents that hold an order, the last first; empty where orders are not sent in files."""
    rows = connection.execute(_SENT, {"id": fulfillment_order_id, "most": _MOST}).mappings()
    return [SentDocument(**row) for row in rows]


def documents_of(connection: Connection, lane: str, reference: str) -> Sequence[SentDocument] | None:
    """Return the documents that hold the order with our reference, the last first; None if the lane has none such."""
    order = fulfillment_order.c
    query = select(order.id).where(order.lane == lane, order.reference == strip_controls(reference))
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else sent_documents(connection, found)

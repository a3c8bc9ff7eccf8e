"""Documents that ask a warehouse to cancel an order: one for each fulfillment order, and how far it got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from cartage.db.schema import outbound_document
from cartage.warehouses.repo.documents import StoredDocument, read_documents

# What was sent last, in a document to this account; null once retention deleted it.
_SENT = text(
    """
    SELECT t.request FROM transfer t JOIN outbound_document d ON d.id = t.document_id
    WHERE t.fulfillment_order_id = :id AND d.account = :account
    ORDER BY t.attempt DESC LIMIT 1
    """
)

_DISPATCH = text(
    """
    UPDATE outbound_document SET dispatched_at = clock_timestamp()
    WHERE id = :id AND attempt = :attempt AND dispatched_at IS NULL AND published_at IS NULL
    """
)


@dataclass(frozen=True, slots=True)
class CancelDocument:
    """The document that asks for the cancel of one fulfillment order; `rejected`: the warehouse does not take it."""

    stored: StoredDocument
    rejected: bool


def find_cancel_document(connection: Connection, fulfillment_order_id: int) -> CancelDocument | None:
    """Return the document that asks for the cancel of an order; None if there is none yet."""
    row = outbound_document.c
    query = select(row.id, row.response).where(row.cancels == fulfillment_order_id)
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    [stored] = read_documents(connection, [found.id])
    return CancelDocument(stored, found.response == "rejected")


def request_as_sent(connection: Connection, fulfillment_order_id: int, account: str) -> dict[str, Any] | None:
    """Return the request that an account last got of an order; None if it got none, or it is no longer kept."""
    values = {"id": fulfillment_order_id, "account": account}
    request: dict[str, Any] | None = connection.execute(_SENT, values).scalar_one_or_none()
    return request


def mark_cancel_document_dispatched(connection: Connection, document_id: int, attempt: int) -> bool:
    """Note that this attempt is published now; False if another run has published it or begun another attempt."""
    return connection.execute(_DISPATCH, {"id": document_id, "attempt": attempt}).rowcount == 1

"""Put claimed orders into documents: number and bytes are saved in the transaction that holds the intents.

An order that the connector cannot write is left out and hurts no other. A document that certainly was not published is
used again as it is if its orders and their requests are unchanged; else they get a new number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cartage.model.documents import stored_request
from cartage.model.orders import FulfillmentRequest
from cartage.sending.outcomes import SendOutcome
from cartage.sending.repo import documents as orders_in_documents
from cartage.sending.repo.documents import Placed
from cartage.sending.repo.transfers import TransferIntent
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.documents import OutboundDocument
from cartage.warehouses.repo import documents

_Writable = tuple[TransferIntent, FulfillmentRequest]


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document whose number and bytes are saved, with the intents of its orders by position."""

    id: int
    document: OutboundDocument
    intents: tuple[TransferIntent, ...]


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """What became of claimed orders: the documents to publish, and the outcomes of orders that are in none."""

    documents: tuple[PreparedDocument, ...]
    left_out: tuple[SendOutcome, ...]


class DocumentWriter:
    """Writes the documents of a lane and saves them. `account` is where numbers are unique."""

    def __init__(self, warehouse: DocumentWarehouse, *, account: str, lane: str, made_with: str) -> None:
        self._warehouse = warehouse
        self._account = account
        self._lane = lane
        self._made_with = made_with

    def prepare(self, connection: Connection, intents: Sequence[TransferIntent]) -> PreparedBatch:
        """Put claimed orders into documents and save them, in the transaction that recorded the intents.

        A number whose orders all cannot be written stays unused.
        """
        again = self._again(connection, intents)
        reused = {intent.transfer_id for prepared in again for intent in prepared.intents}
        writable: list[_Writable] = []
        left_out: list[SendOutcome] = []
        for intent in intents:
            if intent.transfer_id in reused:
                continue
            request = stored_request(intent.request)
            if request is None:
                left_out.append(SendOutcome.revalidated(intent))
            else:
                writable.append((intent, request))
        prepared = list(again)
        for group in _groups(writable, self._warehouse.orders_per_document):
            written, failed = self._write(connection, group)
            prepared += written
            left_out += failed
        return PreparedBatch(tuple(prepared), tuple(left_out))

    def _again(
        self, connection: Connection, intents: Sequence[TransferIntent]
    ) -> tuple[PreparedDocument, ...]:
        """Return the documents that are sent again as they are."""
        by_order = {intent.fulfillment_order_id: intent for intent in intents}
        found = orders_in_documents.reusable_documents(
            connection, list(by_order), account=self._account, made_with=self._made_with
        )
        orders_in_documents.begin_next_attempt(connection, list(found))
        again = tuple(
            PreparedDocument(
                stored.id, stored.document, tuple(by_order[order_id] for order_id in found[stored.id])
            )
            for stored in documents.read_documents(connection, found)
        )
        _attach(connection, again)
        return again

    def _write(
        self, connection: Connection, group: Sequence[_Writable]
    ) -> tuple[list[PreparedDocument], list[SendOutcome]]:
        """Write and save one document; leave out the orders of which the connector makes none."""
        number, at = documents.allot_number(connection, self._account)
        document, failures = self._written(group, number, at)
        failed = [
            SendOutcome.not_translated(intent, failures[intent.transfer_id])
            for intent, _ in group
            if intent.transfer_id in failures
        ]
        if document is None:
            return [], failed
        row_id = documents.save_document(
            connection,
            document,
            account=self._account,
            lane=self._lane,
            kind="orders",
            made_with=self._made_with,
        )
        by_reference = {request.reference: intent for intent, request in group}
        intents = tuple(by_reference[reference] for reference in document.references)
        prepared = PreparedDocument(row_id, document, intents)
        _attach(connection, [prepared])
        return [prepared], failed

    def _written(
        self, group: Sequence[_Writable], number: int, at: datetime
    ) -> tuple[OutboundDocument | None, dict[int, Exception]]:
        """Return the document with all orders that can be written, if any, and why others cannot, by transfer."""
        whole = self._try(group, number, at)
        if isinstance(whole, OutboundDocument):
            return whole, {}
        alone = {pair[0].transfer_id: self._try([pair], number, at) for pair in group}
        failures = {
            transfer: failure for transfer, failure in alone.items() if isinstance(failure, Exception)
        }
        rest = [pair for pair in group if pair[0].transfer_id not in failures]
        document = self._try(rest, number, at) if failures and rest else whole
        if isinstance(document, OutboundDocument):
            return document, failures
        return None, {transfer: failures.get(transfer, document) for transfer in alone}

    def _try(self, group: Sequence[_Writable], number: int, at: datetime) -> OutboundDocument | Exception:
        """Return the document with these orders, or why the connector makes none."""
        requests = [request for _, request in group]
        try:
            document = self._warehouse.write_document(requests, number, at)
            _check(document, requests, number, at)
        except Exception as failure:  # noqa: BLE001 - logged with the outcome of its orders
            return failure
        return document


def _groups(writable: Sequence[_Writable], size: int) -> Iterator[Sequence[_Writable]]:
    for start in range(0, len(writable), size):
        yield writable[start : start + size]


def _check(
    document: OutboundDocument, requests: Sequence[FulfillmentRequest], number: int, at: datetime
) -> None:
    """Check what a connector wrote: an order that it left out would count as sent."""
    wanted = sorted(request.reference for request in requests)
    if sorted(document.references) != wanted:
        raise ValueError(f"the document holds other orders than it was to: {len(document.references)}")
    if (document.number, document.at, document.attempt) != (number, at, 1) or not document.name:
        raise ValueError("the document has another number or time than was allotted to it, or no name")


def _attach(connection: Connection, prepared: Sequence[PreparedDocument]) -> None:
    placed = [
        Placed(intent.transfer_id, document.id, position)
        for document in prepared
        for position, intent in enumerate(document.intents, start=1)
    ]
    orders_in_documents.attach(connection, placed)

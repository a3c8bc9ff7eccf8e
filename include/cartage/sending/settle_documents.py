"""Settle orders whose document may or may not be published: `withdraw` tells, once for each document.

What was withdrawn was not sent, and the orders are ready again. What is published was sent. Where neither can be seen,
what the warehouse says about the orders counts, and in the end a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.runtime.unreadable_rows import note_searched
from cartage.sending.repo import unknown
from cartage.sending.settlement import Settlement
from cartage.sending.verdicts import (
    judge_absent_after_sending,
    judge_found,
    judge_published,
    judge_unpublished,
)
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.documents import Withdrawal
from cartage.warehouses.repo import documents
from cartage.warehouses.repo.documents import StoredDocument


def settle_documents(settlement: Settlement, rows: Sequence[Row[Any]]) -> None:
    """Settle claimed orders that were sent in documents.

    Raises:
        RemoteError: if the warehouse cannot be reached; the orders that are left stay unknown.
    """
    context = settlement.context
    ids = {row.document_id for row in rows}
    with context.ledger.begin() as connection:
        stored = {document.id: document for document in documents.read_documents(connection, ids)}
    in_order = sorted(rows, key=lambda row: (row.document_id, row.id))
    for document_id, group in groupby(in_order, key=lambda row: row.document_id):
        document = stored[document_id]
        fate = _fate(context, document)
        if fate is Withdrawal.UNKNOWN:
            _settle_by_search(settlement, list(group))
        else:
            _settle_document(settlement, document, list(group), fate)


def _fate(context: StageContext, stored: StoredDocument) -> Withdrawal:
    """Return what became of a document; take it away if it was not published."""
    if stored.published:
        return Withdrawal.PUBLISHED
    if not stored.dispatched:
        # A restored ledger does not know whether what it had not dispatched has left since.
        return Withdrawal.UNKNOWN if stored.forgotten else Withdrawal.WITHDRAWN
    warehouse = context.warehouse
    if not isinstance(warehouse, DocumentWarehouse) or stored.account != context.document_account:
        return Withdrawal.UNKNOWN  # The lane ships elsewhere by now; nobody can look there.
    fate = warehouse.withdraw(stored.document)
    # What is not there any more may have been withdrawn in the time that the ledger has forgotten.
    return Withdrawal.UNKNOWN if fate is Withdrawal.PUBLISHED and stored.forgotten else fate


def _settle_document(
    settlement: Settlement, stored: StoredDocument, rows: Sequence[Row[Any]], fate: Withdrawal
) -> None:
    published = fate is Withdrawal.PUBLISHED
    judge = judge_published if published else judge_unpublished
    note = documents.note_published if published else documents.note_withdrawn
    with settlement.context.ledger.begin() as connection:
        note(connection, stored.id, stored.document.attempt)
        for row in rows:
            outcome = "accepted" if published else "absent"
            settlement.write(connection, row, judge(row), outcome, absent=not published)


def _settle_by_search(settlement: Settlement, rows: Sequence[Row[Any]]) -> None:
    """Settle orders by what the warehouse shows of them. Its evidence may come late: until then they wait."""
    context = settlement.context
    by_reference = {row.reference: row for row in rows}
    found = dict(context.warehouse.find_many(by_reference))
    note_searched(context, by_reference, set(found), settlement.asked_at)
    can = context.warehouse.capabilities
    with context.ledger.begin() as connection:
        absent = [row.id for row in rows if found.get(row.reference) == []]
        waiting = unknown.postpone_unknown(connection, absent, can.longest_request + can.visibility_delay)
        for row in rows:
            if row.id in waiting or row.reference not in found:
                continue
            there = found[row.reference]
            verdict = (
                judge_found(row, there)
                if there
                else judge_absent_after_sending(row, can, context.lane.warehouse.when_absent)
            )
            outcome = ("conflict" if verdict.to is State.CONFLICT else "found") if there else "absent"
            settlement.write(connection, row, verdict, outcome, found=there, absent=not there)

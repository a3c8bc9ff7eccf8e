"""Publish the replies to a warehouse's documents, each of which was saved in the commit that took its document in.

A reply says only that a document arrived. Where nobody saw whether one was published, it is published again: a second
one says the same, and a missing one makes the warehouse send its document again.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from cartage.deadlines import DeadlineExceeded, deadline
from cartage.errors import OutcomeUnknown, RemoteError
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.documents import OutboundDocument, Withdrawal
from cartage.warehouses.repo.documents import (
    StoredDocument,
    begin_attempt,
    note_published,
    note_withdrawn,
    read_documents,
)
from cartage.warehouses.repo.replies import claim_replies, mark_reply_dispatched

if TYPE_CHECKING:
    from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)

_AT_ONCE = 20


def publish_replies(context: StageContext) -> int:
    """Publish the replies of the lane's account that wait; return how many. Later runs try what fails."""
    warehouse = context.warehouse
    if not isinstance(warehouse, DocumentWarehouse):
        return 0
    published, claimed = 0, _AT_ONCE
    while claimed == _AT_ONCE and not context.stop.is_set():
        waiting = _claim(context, warehouse)
        claimed = len(waiting)
        for stored, again in waiting:
            try:
                published += _publish(context, warehouse, stored, again=again)
            except RemoteError as failure:
                log.warning("the reply %s is not published yet: %s", stored.document.name, failure)
                return published
            except Exception:
                log.exception("the connector failed on the reply %s; others go on", stored.document.name)
    return published


def _claim(context: StageContext, warehouse: DocumentWarehouse) -> list[tuple[StoredDocument, bool]]:
    """Claim replies; return each with whether one was claimed before, so that its last attempt may be half done."""
    lease = context.lane.limits.lease + 2 * warehouse.capabilities.longest_request
    with context.ledger.begin() as connection:
        claimed = claim_replies(connection, context.document_account, lease=lease, size=_AT_ONCE)
        return [(stored, claimed[stored.id]) for stored in read_documents(connection, claimed)]


def _publish(
    context: StageContext, warehouse: DocumentWarehouse, stored: StoredDocument, *, again: bool
) -> bool:
    """Publish one reply; return whether it was published now.

    Raises:
        RemoteError: if it was not, or nobody saw it.
    """
    document = stored.document
    if stored.dispatched and warehouse.withdraw(document) is Withdrawal.PUBLISHED:
        _note(context, stored.id, document, published=True)
        return False
    if again:
        with context.ledger.begin() as connection:
            if not begin_attempt(connection, stored.id, document.attempt):
                return False
        document = replace(document, attempt=document.attempt + 1)
    warehouse.stage(document)
    longest = warehouse.capabilities.longest_request
    with deadline(longest.total_seconds()):
        with context.ledger.begin() as connection:
            if not mark_reply_dispatched(connection, stored.id, document.attempt, longest_request=longest):
                return False
        try:
            warehouse.publish(document)
        except OutcomeUnknown:
            raise
        except (RemoteError, DeadlineExceeded) as failure:
            _note(context, stored.id, document, published=False)
            if isinstance(failure, DeadlineExceeded):
                return False
            raise
    _note(context, stored.id, document, published=True)
    return True


def _note(context: StageContext, document_id: int, document: OutboundDocument, *, published: bool) -> None:
    note = note_published if published else note_withdrawn
    with context.ledger.begin() as connection:
        note(connection, document_id, document.attempt)

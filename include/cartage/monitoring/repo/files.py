"""Files that wait for something: a confirmation, a response, to be put away. Each query reads open work only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

# For rows f (fulfillment_order): sent in a file, and the warehouse has said nothing of it. `d` is its last document.
_SILENT = """
    fulfillment_order f
    JOIN LATERAL (
        SELECT t.document_id, t.document_response FROM transfer t WHERE t.fulfillment_order_id = f.id
        ORDER BY t.attempt DESC LIMIT 1) t ON true
    JOIN outbound_document d ON d.id = t.document_id
    WHERE f.lane = :lane AND f.state = 'acknowledged' AND f.superseded_at IS NULL AND f.confirmed_at IS NULL
      AND f.warehouse = :warehouse
"""

_NOT_CONFIRMED = text(
    f"""
    SELECT count(*) AS number, min(f.state_since) AS oldest,
           (array_agg(f.reference ORDER BY f.state_since, f.id))[1:3] AS examples
    FROM {_SILENT} AND f.state_since < :before
    """  # noqa: S608 - a constant of this module
)

_NO_RESPONSE = text(
    f"""
    SELECT count(DISTINCT d.id) AS number, min(d.published_at) AS oldest,
           (array_agg(DISTINCT d.name ORDER BY d.name))[1:3] AS examples
    FROM {_SILENT} AND d.published_at < :before AND t.document_response IS NULL
    """  # noqa: S608 - a constant of this module
)

_RESPONDS = text(
    """
    SELECT EXISTS (
        SELECT FROM outbound_document WHERE lane = :lane AND account = :account AND responded_at IS NOT NULL)
    """
)

_LEFT = text(
    """
    SELECT count(*) AS number, min(since) AS oldest, (array_agg(name ORDER BY since, name))[1:3] AS examples,
           array_agg(DISTINCT account) AS accounts
    FROM (
        SELECT account, path AS name, taken_at AS since FROM inbound_document
        WHERE lane = :lane AND acknowledged_at IS NULL AND taken_at < :before
        UNION ALL
        SELECT account, name, created_at FROM outbound_document
        WHERE lane = :lane AND kind = 'reply' AND published_at IS NULL AND created_at < :before
    ) waiting
    """
)


@dataclass(frozen=True, slots=True)
class WaitingFiles:
    """How many orders or files wait, since when the oldest does, and up to three of them.

    `accounts` are the warehouses' accounts of files that a lane exchanges with all of its warehouses.
    """

    number: int
    oldest: datetime | None
    examples: tuple[str, ...]
    accounts: tuple[str, ...] = ()


def unconfirmed_orders(connection: Connection, lane: str, warehouse: str, before: datetime) -> WaitingFiles:
    """Return orders sent in files before this that the warehouse has neither acknowledged nor shipped."""
    values = {"lane": lane, "warehouse": warehouse, "before": before}
    row = connection.execute(_NOT_CONFIRMED, values).one()
    return WaitingFiles(row.number, row.oldest, tuple(row.examples or ()))


def documents_without_response(
    connection: Connection, lane: str, warehouse: str, before: datetime
) -> WaitingFiles:
    """Return documents published before this to which the warehouse has not responded, nor confirmed their orders."""
    values = {"lane": lane, "warehouse": warehouse, "before": before}
    row = connection.execute(_NO_RESPONSE, values).one()
    return WaitingFiles(row.number, row.oldest, tuple(row.examples or ()))


def responds_to_documents(connection: Connection, lane: str, account: str) -> bool:
    """Return whether the warehouse with this account has ever responded to a document of the lane."""
    return bool(connection.execute(_RESPONDS, {"lane": lane, "account": account}).scalar_one())


def files_left(connection: Connection, lane: str, before: datetime) -> WaitingFiles:
    """Return files taken in before this that are not put away, and replies written before this and not published."""
    row = connection.execute(_LEFT, {"lane": lane, "before": before}).one()
    return WaitingFiles(row.number, row.oldest, tuple(row.examples or ()), tuple(row.accounts or ()))

"""The files that would be written for an order, for people. It reads the ledger, and writes nothing anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, text

from cartage.model.documents import stored_request
from cartage.model.texts import strip_controls

if TYPE_CHECKING:
    from cartage.errors.problems import Problem
    from cartage.warehouses.documents import OutboundDocument
    from cartage.warehouses.files.settings import FilesSettings

_ORDERS = text(
    """
    SELECT f.reference, f.state, f.reason, f.request,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('message', c.message, 'fix', c.fix) ORDER BY c.id), '[]')
            FROM cause c WHERE c.id = ANY(f.cause_ids)) AS causes
    FROM fulfillment_order f
    WHERE f.lane = :lane AND (
        f.reference = upper(:asked)
        OR f.sales_order_id = ANY(ARRAY(
            SELECT s.id FROM sales_order s WHERE s.lane = :lane AND lower(left(s.invoice, 100)) = lower(:asked)
            UNION ALL SELECT s.id FROM sales_order s WHERE s.lane = :lane AND s.order_id = :order_id)))
    ORDER BY f.order_id, f.shipment_id, f.generation
    """
)
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FilePreview:
    """The file that would be written for one fulfillment order; or why there is none: its problems, or `why`."""

    reference: str
    state: str
    document: OutboundDocument | None = None
    problems: tuple[Mapping[str, str], ...] = ()
    why: str = ""


def orders_named(connection: Connection, lane: str, asked: str) -> Sequence[Row[Any]]:
    """Return the fulfillment orders with this reference, OrderID or invoice number.

    Rows of reference, state, reason, request, and causes (message and fix of each).
    """
    name = strip_controls(asked).strip()
    number = int(name) if name.isascii() and name.isdigit() and int(name) <= _LARGEST_ID else None
    return connection.execute(_ORDERS, {"lane": lane, "asked": name, "order_id": number}).all()


def previewed(row: Row[Any], settings: FilesSettings, at: datetime) -> FilePreview:
    """Return the file with one order alone, as it would be written at this instant, with the number 0.

    The order is checked again: the profile may have changed since it was validated.
    """
    request = stored_request(row.request) if row.request else None
    if request is None:
        blocked = tuple(row.causes)
        waits = "" if blocked else row.reason or "it is not validated yet: `cartage run validate_mappings`"
        return FilePreview(row.reference, row.state, problems=blocked, why=waits)
    file_format = settings.open_format()
    if problems := file_format.problems(request):
        return FilePreview(row.reference, row.state, problems=tuple(map(_shown, problems)))
    return FilePreview(row.reference, row.state, file_format.write([request], 0, at))


def _shown(problem: Problem) -> Mapping[str, str]:
    return {"message": problem.message, "fix": problem.fix}

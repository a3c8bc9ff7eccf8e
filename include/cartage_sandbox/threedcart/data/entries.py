"""An order as the store keeps it: its JSON, ready to be served, and the few values that lists filter by.

An entry need not be an order: anything that was seeded is kept and served as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from cartage_sandbox.generate.money import dicts
from cartage_sandbox.generate.shapes import Json
from cartage_sandbox.threedcart.wire.messages import encode
from cartage_sandbox.threedcart.wire.times import parse_stamp

PADDED_TO = 50


@dataclass(frozen=True, slots=True)
class Place:
    """The position of an entry in lists if it does not have one itself."""

    status: int
    ordered: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """An order at one moment; a write makes a new entry. `padded`: with padded tracking codes (section 4.2)."""

    order_id: int
    body: bytes
    padded: bytes
    status: int
    ordered: datetime
    updated: datetime
    invoice: int
    prefix: str
    email: str
    kind: str = ""

    def data(self) -> Any:
        """Return the order, parsed again. Raises ValueError if it was seeded as broken JSON."""
        return orjson.loads(self.body)


def entry_of(order_id: int, order: Any, place: Place, kind: str = "") -> Entry:
    """Return the entry of an order, or of a value in place of an order."""
    body = _stored(order)
    if not isinstance(order, dict):
        return _unfit(order_id, body, place, kind)
    ordered = parse_stamp(order.get("OrderDate")) or place.ordered
    return Entry(
        order_id,
        body,
        _padded(order, body),
        _whole(order.get("OrderStatusID"), place.status),
        ordered,
        parse_stamp(order.get("LastUpdate")) or ordered,
        _whole(order.get("InvoiceNumber"), 0),
        str(order.get("InvoiceNumberPrefix") or ""),
        str(order.get("BillingEmail") or "").lower(),
        kind,
    )


def literal_entry(order_id: int, text: bytes, place: Place, kind: str = "") -> Entry:
    """Return an entry that is served byte for byte, valid JSON or not."""
    return _unfit(order_id, text, place, kind)


def tracking_codes(order: Any) -> list[str]:
    """Return the tracking code of each shipment, unpadded."""
    shipments = dicts(order.get("ShipmentList")) if isinstance(order, dict) else []
    return [str(each.get("ShipmentTrackingCode") or "").strip() for each in shipments]


def padded_shipment(shipment: Json) -> Json:
    """Return a shipment as reads show it: with a tracking code padded with spaces."""
    code = shipment.get("ShipmentTrackingCode")
    return (
        {**shipment, "ShipmentTrackingCode": code.ljust(PADDED_TO)}
        if isinstance(code, str) and code
        else shipment
    )


def _stored(data: Any) -> bytes:
    # A copy: orjson's buffer keeps its slack for life, which doubles a large store's memory (measured).
    return bytes(memoryview(encode(data)))


def _padded(order: Json, body: bytes) -> bytes:
    if not any(tracking_codes(order)):
        return body
    shipments = [padded_shipment(each) if isinstance(each, dict) else each for each in order["ShipmentList"]]
    return _stored({**order, "ShipmentList": shipments})


def _unfit(order_id: int, body: bytes, place: Place, kind: str) -> Entry:
    return Entry(order_id, body, body, place.status, place.ordered, place.ordered, 0, "", "", kind)


def _whole(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default

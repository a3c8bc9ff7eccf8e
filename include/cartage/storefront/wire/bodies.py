"""Request bodies for writes to orders and shipments: only the given fields, never a null (3dcart-api.md, section 6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cartage.model.orders import Address
from cartage.storefront.wire.times import write_time

# Section 6.2: the store rejects any other character in a method's name with a 400. Section 4.2: str(150).
_NOT_IN_METHOD_NAMES = re.compile(r"[^A-Za-z0-9 .()\-]+")
_LONGEST_METHOD_NAME = 150


@dataclass(frozen=True, slots=True)
class ShipmentWrite:
    """What to write to one shipment. A field that is None stays as it is. ShipmentID 0 is valid."""

    shipment_id: int
    tracking: str | None = None
    carrier_method: str | None = None
    shipped_at: datetime | None = None
    status_id: int | None = None

    def body(self, zone: ZoneInfo) -> dict[str, Any]:
        """Return the fields of a shipment write, without its id. The time is in the store's zone."""
        fields = {
            "ShipmentOrderStatus": self.status_id,
            "ShipmentMethodName": None if self.carrier_method is None else method_name(self.carrier_method),
            "ShipmentTrackingCode": self.tracking,
            "ShipmentShippedDate": write_time(self.shipped_at, zone) if self.shipped_at else None,
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class OrderWrite:
    """What to write to one order and its shipments in a bulk write."""

    shipments: tuple[ShipmentWrite, ...]
    status_id: int | None = None

    def body(self, zone: ZoneInfo) -> dict[str, Any]:
        """Return the fields of an order in a bulk write, without its id."""
        shipments = [
            {"ShipmentID": shipment.shipment_id, **shipment.body(zone)} for shipment in self.shipments
        ]
        status = {} if self.status_id is None else {"OrderStatusID": self.status_id}
        return {**status, "ShipmentList": shipments}


def bulk_body(bodies: Mapping[int, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the body of a bulk write: each order's fields with its OrderID."""
    return [{"OrderID": order_id, **body} for order_id, body in bodies.items()]


def ship_to_fields(address: Address) -> dict[str, str]:
    """Return the address fields of a new shipment, without empty texts."""
    first, _, last = address.name.rpartition(" ")
    fields = {
        "ShipmentFirstName": first[:100],
        "ShipmentLastName": last[:50],
        "ShipmentCompany": address.company[:200],
        "ShipmentAddress": address.address1[:255],
        "ShipmentAddress2": address.address2[:50],
        "ShipmentCity": address.city[:50],
        "ShipmentState": address.state[:50],
        "ShipmentZipCode": address.zip_code[:20],
        "ShipmentCountry": address.country[:50],
    }
    return {name: value for name, value in fields.items() if value}


def method_name(name: str) -> str:
    """Return a ship method's name in the characters that the store accepts: `A-Z a-z 0-9 . ( ) -` and blanks."""
    return " ".join(_NOT_IN_METHOD_NAMES.sub(" ", name).split())[:_LONGEST_METHOD_NAME].rstrip()

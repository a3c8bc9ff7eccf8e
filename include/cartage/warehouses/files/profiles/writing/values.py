"""The values of an order, its lines and its file, by the names of their fields. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cartage.model.orders import FulfillmentRequest, RequestLine
from cartage.warehouses.files.profiles.settings.sources import CONSTANTS

Value = str | int | Decimal | datetime | None
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a file before it is written: its number, the instant of its first attempt, its orders."""

    number: int
    at: datetime
    requests: Sequence[FulfillmentRequest]
    constants: Mapping[str, str]

    def values(self) -> dict[str, Value]:
        """Return the fields that are the same in every row."""
        return {
            "file.number": self.number,
            "file.at": self.at,
            "file.orders": len(self.requests),
            **{f"{CONSTANTS}{name}": text for name, text in self.constants.items()},
        }

    def totals(self, rows: int) -> dict[str, Value]:
        """Return the fields of a footer after so many rows."""
        return {
            **self.values(),
            "file.rows": rows,
            "file.lines": sum(len(request.lines) for request in self.requests),
            "file.quantity": sum((_quantity(request) for request in self.requests), Decimal(0)),
        }


def order_values(request: FulfillmentRequest, position: int) -> dict[str, Value]:
    """Return the fields of an order, which is the file's `position`-th."""
    address, method = request.ship_to, request.ship_method
    return {
        "reference": request.reference,
        "order_number": request.display_number,
        "ordered_at": request.ordered_at,
        "order.position": position,
        "order.lines": len(request.lines),
        "order.quantity": _quantity(request),
        "ship_to.name": address.name,
        "ship_to.company": address.company,
        "ship_to.company_or_name": address.company or address.name,
        "ship_to.attention": address.name if address.company else "",
        "ship_to.address1": address.address1,
        "ship_to.address2": address.address2,
        "ship_to.city": address.city,
        "ship_to.state": address.state,
        "ship_to.zip_code": address.zip_code,
        "ship_to.country": address.country,
        "ship_to.phone": address.phone,
        "ship_to.email": address.email,
        "ship_method.carrier": method.carrier,
        "ship_method.service": method.service,
        "ship_method.code": method.service or method.carrier,
        "ship_method.scac": method.scac,
        "ship_method.billing": method.billing,
        "ship_method.account": method.account,
        "notes": request.notes,
        "order.notes": _notes(request),
    }


def line_values(line: RequestLine, position: int) -> dict[str, Value]:
    """Return the fields of a line, which is its order's `position`-th."""
    return {
        "line.position": position,
        "line.id": line.line_id,
        "line.sku": line.sku,
        "line.store_sku": line.store_sku or line.sku,
        "line.quantity": line.quantity,
        "line.description": line.description,
        "line.notes": line.notes,
    }


def _notes(request: FulfillmentRequest) -> str:
    """Return the order's notes, then each line's with its SKU; their line ends stand between them as `;`."""
    options = [
        f"{line.sku}: {'; '.join(line.notes.splitlines())}" for line in request.lines if line.notes.strip()
    ]
    return " / ".join(filter(None, (request.notes.strip(), *options)))


def _quantity(request: FulfillmentRequest) -> Decimal:
    return sum((line.quantity for line in request.lines), Decimal(0))

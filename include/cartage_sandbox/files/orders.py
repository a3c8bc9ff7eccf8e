"""What the warehouse knows: orders that it took, what it shipped of them, and its stock. Pure data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class WantedLine:
    """A line of an order as it was read."""

    number: str
    sku: str
    quantity: int


@dataclass(frozen=True)
class WantedOrder:
    """An order as a file has it. `cancels` is True if the file takes back an order instead."""

    reference: str
    lines: tuple[WantedLine, ...]
    po_number: str = ""
    ship_to: Mapping[str, str] = field(default_factory=dict)
    ship_method: str = ""
    notes: str = ""
    cancels: bool = False
    position: str = ""
    """Where the file has it: the control number of an X12 set, the line of a CSV file."""


@dataclass(frozen=True)
class SentPackage:
    """A package with its contents by SKU."""

    tracking: str
    carrier: str
    service: str
    contents: Mapping[str, int]


@dataclass
class TakenOrder:
    """An order in the warehouse. A file that is taken twice makes two, where the warehouse does not look for copies."""

    number: str
    wanted: WantedOrder
    file: str
    taken_at: datetime
    state: str = "open"
    shipped: Counter[str] = field(default_factory=Counter)
    packages: list[SentPackage] = field(default_factory=list)

    @property
    def open_quantities(self) -> dict[str, int]:
        """The quantities that have not shipped, by SKU; none once the order is cancelled, rejected or closed."""
        if self.state not in {"open", "partial"}:
            return {}
        ordered: Counter[str] = Counter()
        for line in self.wanted.lines:
            ordered[line.sku] += line.quantity
        return {sku: count - self.shipped[sku] for sku, count in ordered.items() if count > self.shipped[sku]}

    def facts(self) -> dict[str, Any]:
        """Return the order as the oracle reports it."""
        return {
            "number": self.number,
            "reference": self.wanted.reference,
            "po_number": self.wanted.po_number,
            "state": self.state,
            "file": self.file,
            "taken_at": self.taken_at.isoformat(),
            "ship_to": dict(self.wanted.ship_to),
            "ship_method": self.wanted.ship_method,
            "notes": self.wanted.notes,
            "lines": [
                {"number": line.number, "sku": line.sku, "qty": line.quantity} for line in self.wanted.lines
            ],
            "packages": [
                {
                    "tracking": package.tracking,
                    "carrier": package.carrier,
                    "service": package.service,
                    "contents": dict(package.contents),
                }
                for package in self.packages
            ],
        }


@dataclass(frozen=True)
class SentShipment:
    """What left the warehouse at one time for one order. `complete` is True if nothing more of it will ship."""

    number: str
    order: TakenOrder
    packages: tuple[SentPackage, ...]
    at: datetime
    complete: bool

    def quantity(self, sku: str) -> int:
        """Return how many units of a SKU are in it."""
        return sum(package.contents.get(sku, 0) for package in self.packages)

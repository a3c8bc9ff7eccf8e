"""Two versions of one ship group: what was sent, and what the store has now. Pure.

Compared by what a warehouse would ship and where to: texts and prices of lines are none of it, nor are line ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cartage.model.documents import address_document
from cartage.model.orders import Address


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a ship group; `lines` are pairs of SKU and quantity, added up by SKU."""

    ship_to: Address
    ship_method: str
    lines: tuple[tuple[str, Decimal], ...]

    @classmethod
    def of(cls, ship_to: Address, ship_method: str, lines: Iterable[tuple[str, Decimal]]) -> Version:
        """The version of a group with these lines, of which several may have one SKU."""
        totals: dict[str, Decimal] = {}
        for sku, quantity in lines:
            totals[sku] = totals.get(sku, Decimal(0)) + quantity
        return cls(ship_to, ship_method, tuple(sorted(totals.items())))

    def document(self) -> dict[str, Any]:
        """The version as a JSON document."""
        return {
            "ship_to": address_document(self.ship_to),
            "ship_method": self.ship_method,
            "lines": {sku: format(quantity.normalize(), "f") for sku, quantity in self.lines},
        }


def differences(sent: Version, now: Version, *, with_method: bool = True) -> list[str]:
    """What a person changed, in words without personal data; empty if a warehouse would ship the same.

    `with_method` is to be false once tracking was written: that write has set the store's ship method
    (3dcart-api.md section 6.2), so that it says nothing about a person any more.
    """
    found = [*_address_differences(sent.ship_to, now.ship_to), *_line_differences(sent, now)]
    if with_method and sent.ship_method != now.ship_method:
        found.append("ship method")
    return found


def _address_differences(sent: Address, now: Address) -> list[str]:
    # The buyer's e-mail address ships nothing.
    names = [name for name in Address.__slots__ if name != "email"]
    changed = [name for name in names if getattr(sent, name) != getattr(now, name)]
    return [f"ship-to address ({', '.join(changed)})"] if changed else []


def _line_differences(sent: Version, now: Version) -> list[str]:
    before, after = dict(sent.lines), dict(now.lines)
    return [
        f"SKU {sku}: {_number(before.get(sku))} sent, {_number(after.get(sku))} now"
        for sku in sorted(before.keys() | after.keys())
        if before.get(sku) != after.get(sku)
    ]


def _number(quantity: Decimal | None) -> str:
    return "none" if quantity is None else format(quantity.normalize(), "f")

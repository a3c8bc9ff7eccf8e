"""Two versions of one ship group: what was sent, and what the store has now. Pure.

They are compared by what a warehouse would ship and where to, options such as an engraving included; names, prices and
ids of lines do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cartage.addresses import address_keys
from cartage.model.documents import address_document
from cartage.model.orders import Address


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a ship group; `lines` are pairs of SKU and quantity, one for each SKU.

    `options` are pairs of SKU and text.
    """

    ship_to: Address
    ship_method: str
    lines: tuple[tuple[str, Decimal], ...]
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls,
        ship_to: Address,
        ship_method: str,
        lines: Iterable[tuple[str, Decimal]],
        options: Iterable[tuple[str, str]] = (),
    ) -> Version:
        """Return the version of a group with these lines; several lines may have the same SKU."""
        totals: dict[str, Decimal] = {}
        for sku, quantity in lines:
            totals[sku] = totals.get(sku, Decimal(0)) + quantity
        return cls(ship_to, ship_method, tuple(sorted(totals.items())), tuple(sorted(options)))

    def document(self) -> dict[str, Any]:
        """Return the version as a JSON document."""
        return {
            "ship_to": address_document(self.ship_to),
            "ship_method": self.ship_method,
            "lines": {sku: format(quantity.normalize(), "f") for sku, quantity in self.lines},
            **({"options": [f"{sku}: {text}" for sku, text in self.options]} if self.options else {}),
        }


def differences(sent: Version, now: Version, *, with_method: bool = True, before: str = "sent") -> list[str]:
    """Return what a person changed, in words without personal data; empty if a warehouse would ship the same.

    `before` is the word for the first version.

    Pass `with_method=False` once tracking was posted: that write sets the store's ship method (3dcart-api.md, section
    6.2), which then no longer shows what a person wants.
    """
    found = [*address_differences(sent.ship_to, now.ship_to), *_line_differences(sent, now, before)]
    found += _option_differences(sent, now)
    if with_method and sent.ship_method != now.ship_method:
        found.append("ship method")
    return found


def address_differences(sent: Address, now: Address) -> list[str]:
    """Return what a person changed of an address, in words; empty if a warehouse would send it to the same place."""
    before, after = address_keys(sent), address_keys(now)
    # The buyer's e-mail address does not change what ships, and neither does another spelling of the address.
    changed = [name for name in Address.__slots__ if name != "email" and before[name] != after[name]]
    return [f"ship-to address ({', '.join(changed)})"] if changed else []


def _line_differences(sent: Version, now: Version, before: str) -> list[str]:
    old, new = dict(sent.lines), dict(now.lines)
    return [
        f"SKU {sku}: {_number(old.get(sku))} {before}, {_number(new.get(sku))} now"
        for sku in sorted(old.keys() | new.keys())
        if old.get(sku) != new.get(sku)
    ]


def _option_differences(sent: Version, now: Version) -> list[str]:
    changed = Counter(sent.options) - Counter(now.options) | Counter(now.options) - Counter(sent.options)
    return [f"options of SKU {sku}" for sku in sorted({sku for sku, _ in changed})]


def _number(quantity: Decimal | None) -> str:
    return "none" if quantity is None else format(quantity.normalize(), "f")

"""What the warehouse knows before any order: customers, facilities, items with stock, carriers.

The control API seeds it. Orders only read it, and change its stock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from cartage_sandbox.extensiv.data.model import Item, Party

DEFAULT_CUSTOMER_ID = 12
DEFAULT_FACILITY_ID = 1


BILLING_CODES = ("Prepaid", "ThirdParty", "Collect")


@dataclass(frozen=True)
class Carrier:
    """A carrier and the services that orders may ask for."""

    name: str
    scac: str
    services: tuple[tuple[str, str], ...]
    billing_codes: tuple[str, ...] = BILLING_CODES
    deactivated: bool = False
    disallow_on_order: bool = False


# The services of carriers that list none of their own.
DEFAULT_SERVICES = (("STD", "Standard"), ("EXP", "Expedited"))
# The carriers of an account as a 3PL would set them up. The codes are the sandbox's own.
DEFAULT_CARRIERS = (
    Carrier(
        "UPS",
        "UPSN",
        (("03", "Ground"), ("12", "3 Day Select"), ("02", "2nd Day Air"), ("01", "Next Day Air")),
    ),
    Carrier(
        "FedEx",
        "FDEG",
        (("92", "Ground"), ("90", "Home Delivery"), ("03", "2Day"), ("05", "Standard Overnight")),
    ),
    Carrier(
        "USPS", "USPS", (("FC", "First Class"), ("PM", "Priority Mail"), ("EX", "Priority Mail Express"))
    ),
    Carrier("DHL", "DHLC", (("WPX", "Express Worldwide"),)),
)


class Catalogue:
    """Customers, facilities, carriers, and each customer's items by SKU (letter case does not count)."""

    def __init__(self, next_id: Callable[[], int]) -> None:
        self._next_id = next_id
        self.customers = {DEFAULT_CUSTOMER_ID: Party(DEFAULT_CUSTOMER_ID, "Harbor Goods", "HARBOR")}
        self.facilities = {DEFAULT_FACILITY_ID: Party(DEFAULT_FACILITY_ID, "Main")}
        self.carriers = list(DEFAULT_CARRIERS)
        self.default_services = DEFAULT_SERVICES
        self._items: dict[tuple[int, str], Item] = {}

    def items(self, customer_id: int | None = None) -> Iterator[Item]:
        """Return the items of a customer, or of all customers."""
        return (item for item in self._items.values() if customer_id in (None, item.customer_id))

    def item(self, customer_id: int, sku: str, *, case_sensitive: bool = False) -> Item | None:
        """Return a customer's item by SKU."""
        item = self._items.get((customer_id, sku.casefold()))
        return None if item is None or (case_sensitive and item.sku != sku) else item

    def put_item(self, data: Mapping[str, Any], now: datetime) -> Item:
        """Add or change an item: sku, and any of description, upc, qty (on hand), active, customer_id."""
        customer_id = int(data.get("customer_id", DEFAULT_CUSTOMER_ID))
        sku = str(data["sku"])
        item = self._items.get((customer_id, sku.casefold()))
        if item is None:
            item = Item(self._next_id(), customer_id, DEFAULT_FACILITY_ID, sku, sku, None, now, now)
            self._items[customer_id, sku.casefold()] = item
        item.sku, item.modified_at = sku, now
        item.description = str(data.get("description", item.description))
        item.upc = data.get("upc", item.upc)
        item.deactivated = not data.get("active", not item.deactivated)
        item.on_hand = Decimal(str(data.get("qty", item.on_hand)))
        return item

    def put_customer(self, data: Mapping[str, Any]) -> Party:
        """Add a customer: id, name, and optionally external_id."""
        party = Party(int(data["id"]), str(data["name"]), data.get("external_id"))
        self.customers[party.id] = party
        return party

    def put_carriers(self, carriers: Iterable[Mapping[str, Any]]) -> None:
        """Replace all carriers: name, scac, services (code, description), billing_codes, and flags if they are set."""
        self.carriers = [
            Carrier(
                str(each["name"]),
                str(each.get("scac", "")),
                tuple(
                    (str(service["code"]), str(service["description"]))
                    for service in each.get("services", ())
                ),
                tuple(each.get("billing_codes", Carrier.billing_codes)),
                bool(each.get("deactivated", False)),
                bool(each.get("disallow_on_order", False)),
            )
            for each in carriers
        ]

    def party(self, parties: Mapping[int, Party], identifier: object) -> Party | None:
        """Return the party that an identifier object names by id, externalId or name. The id has priority."""
        if not isinstance(identifier, Mapping):
            return None
        if identifier.get("id") is not None:
            text = str(identifier["id"])
            return parties.get(int(text)) if text.isdecimal() else None
        for party in parties.values():
            if identifier.get("externalId") not in (None, party.external_id):
                continue
            if identifier.get("name") in (None, party.name) and len(identifier):
                return party
        return None

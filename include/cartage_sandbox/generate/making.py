"""Make a complete, healthy order from goods, people and ship methods, with money that adds up.

It follows 3dcart-api.md section 4.2 field by field, including bundles and several shipments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from random import Random

from cartage_sandbox.generate import people, shapes
from cartage_sandbox.generate.catalogue import Catalogue, Good
from cartage_sandbox.generate.methods import DOMESTIC
from cartage_sandbox.generate.money import amount_of
from cartage_sandbox.generate.people import Address, Person
from cartage_sandbox.generate.shapes import Json

# None of this may ever appear in a ledger, log or page: tests search for these texts.
CARD_MARKS = ("XXXX-XXXX-XXXX-4242", "77 Cardholder Row", "CVV-937")
_TAX = Decimal("0.07")
_CENT = Decimal("0.01")
_STORE = "https://demo-outfitters.3dcartstores.com"
_LAST_UPDATE_BEFORE_ORDER = 0.02  # seen on 7 of 306 orders (section 4.1)


@dataclass(frozen=True, slots=True)
class Slot:
    """Which kind of order to make, and when it was placed (aware)."""

    order_id: int
    ordered: datetime


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes to an address."""

    goods: Sequence[tuple[Good, int]]
    address: Address
    method: str
    cost: Decimal
    shipment_id: int = 0


class Maker:
    """Makes orders from a catalogue, in a store's time zone."""

    def __init__(self, rng: Random, catalogue: Catalogue, zone: tzinfo) -> None:
        self.rng, self.catalogue, self._zone = rng, catalogue, zone

    def goods(self, kind: str, number: int = 1) -> list[tuple[Good, int]]:
        """Return this many different goods of a kind, each with a quantity."""
        found = self.rng.sample(self.catalogue.goods[kind], min(number, len(self.catalogue.goods[kind])))
        return [(good, self.rng.choice((1, 1, 1, 2, 3))) for good in found]

    def order(self, slot: Slot, goods: Sequence[tuple[Good, int]], buyer: Person | None = None) -> Json:
        """Return an order of these goods to a single domestic address."""
        method = self.rng.choice(list(DOMESTIC))
        parcel = Parcel(goods, people.address(self.rng), method, DOMESTIC[method])
        return self.to_parcels(slot, [parcel], buyer or people.person(self.rng))

    def to_parcels(self, slot: Slot, parcels: Sequence[Parcel], buyer: Person) -> Json:
        """Return an order that goes to each parcel's address, billed to the first."""
        order = self._head(slot, buyer, parcels[0].address)
        for number, parcel in enumerate(parcels, 1):
            self._add_parcel(order, parcel, number, buyer)
        self._pay(order)
        return order

    def stamp(self, instant: datetime) -> str:
        """Return a time as the store shows it."""
        return instant.astimezone(self._zone).replace(tzinfo=None).isoformat(timespec="seconds")

    def _head(self, slot: Slot, buyer: Person, home: Address) -> Json:
        touched = slot.ordered + timedelta(seconds=self.rng.randint(2, 600))
        if self.rng.random() < _LAST_UPDATE_BEFORE_ORDER:
            touched = slot.ordered - timedelta(hours=self.rng.randint(1, 30))
        return (
            shapes.order()
            | _billing(buyer, home)
            | self._card(buyer)
            | {
                "InvoiceNumber": slot.order_id - 10_000,
                "OrderID": slot.order_id,
                "CustomerID": self.rng.randint(1, 9000),
                "OrderDate": self.stamp(slot.ordered),
                "LastUpdate": self.stamp(touched),
                "ContinueURL": f"{_STORE}/continue_order.asp?orderkey={self.rng.getrandbits(64):016X}",
                "Referer": self.rng.choice(("", "https://search.example.test/?q=tent")),
                "IP": f"192.0.2.{self.rng.randint(1, 254)}",
            }
        )

    def _card(self, buyer: Person) -> Json:
        return {
            "CardType": self.rng.choice(("Visa", "MasterCard", "Amex")),
            "CardNumber": CARD_MARKS[0],
            "CardName": f"{buyer.first} {buyer.last}",
            "CardExpirationMonth": f"{self.rng.randint(1, 12):02d}",
            "CardExpirationYear": "30",
            "CardAddress": CARD_MARKS[1],
            "CardVerification": CARD_MARKS[2],
        }

    def _add_parcel(self, order: Json, parcel: Parcel, number: int, buyer: Person) -> None:
        first_line = len(order["OrderItemList"])
        for good, quantity in parcel.goods:
            self._add_lines(order, good, quantity, parcel.shipment_id)
        lines = order["OrderItemList"][first_line:]
        value = sum((_value(line) for line in lines), Decimal(0))
        tax = (value * _TAX).quantize(_CENT) if parcel.address.state == "FL" else Decimal(0)
        weight = sum(line["ItemWeight"] * line["ItemQuantity"] for line in lines)
        order["ShipmentList"].append(
            shapes.shipment()
            | _shipping(buyer, parcel.address)
            | {
                "ShipmentID": parcel.shipment_id,
                "ShipmentLastUpdate": order["LastUpdate"],
                "ShipmentCost": float(parcel.cost),
                "ShipmentMethodName": parcel.method,
                "ShipmentTax": float(tax),
                "ShipmentWeight": round(weight, 2),
                "ShipmentNumber": number,
            }
        )
        order["SalesTax"] = float(Decimal(str(order["SalesTax"])) + tax)

    def _add_lines(self, order: Json, good: Good, quantity: int, shipment_id: int) -> None:
        parent = self._line(order, good, quantity, shipment_id)
        order["OrderItemList"].append(parent)
        if not good.components:
            return
        # Section 4.2: a bundle's parent repeats its options; children cost nothing and name their parent.
        parent["ItemCatalogIDOptions"] = good.options
        for component in good.components:
            child = self._line(order, component, quantity, shipment_id)
            order["OrderItemList"].append(
                child
                | {
                    "ItemUnitPrice": 0.0,
                    "ItemOptionPrice": 0.0,
                    "ItemDescription": f"Bundle Item: {component.description}",
                    "ItemAdditionalField3": str(parent["ItemIndexID"]),
                    "ItemPageAdded": "",
                }
            )

    def _line(self, order: Json, good: Good, quantity: int, shipment_id: int) -> Json:
        return shapes.item() | {
            "CatalogID": good.catalog_id,
            "ItemIndexID": order["OrderID"] * 100 + len(order["OrderItemList"]) + 1,
            "ItemID": good.sku,
            "ItemShipmentID": shipment_id,
            "ItemQuantity": float(quantity),
            "ItemDescription": good.description,
            "ItemUnitPrice": float(good.price),
            "ItemWeight": float(good.weight),
            "ItemOptionPrice": float(good.option_price),
            "ItemPageAdded": f"product_p_{good.catalog_id}.html",
            "ItemDateAdded": order["OrderDate"],
            "ItemUnitCost": float(good.price / 2),
            "ItemUnitStock": float(self.rng.randint(0, 200)),
            "ItemOptions": good.options,
        }

    def _pay(self, order: Json) -> None:
        order["OrderAmount"] = float(amount_of(order))
        order["TransactionList"] = [
            shapes.transaction()
            | {
                "TransactionIndexID": order["OrderID"] * 10 + 1,
                "OrderID": order["OrderID"],
                "TransactionID": f"ZZ{self.rng.randrange(10**8):08d}",
                "TransactionDateTime": order["OrderDate"],
                "TransactionAmount": order["OrderAmount"],
                "TransactionApproval": "000000",
                "TransactionAVS": "Y",
            }
        ]


def reckon(order: Json) -> None:
    """Make the order's amount, and its first payment, match its lines, costs and discounts."""
    order["OrderAmount"] = float(amount_of(order))
    if order["TransactionList"]:
        order["TransactionList"][0]["TransactionAmount"] = order["OrderAmount"]


def _value(line: Json) -> Decimal:
    unit = Decimal(str(line["ItemUnitPrice"])) + Decimal(str(line["ItemOptionPrice"]))
    return Decimal(str(line["ItemQuantity"])) * unit


def _billing(buyer: Person, home: Address) -> Json:
    return {f"Billing{name}": value for name, value in _fields(buyer, home).items()} | {
        "BillingPhoneNumber": buyer.phone,
        "BillingEmail": buyer.email,
    }


def _shipping(buyer: Person, to: Address) -> Json:
    return {f"Shipment{name}": value for name, value in _fields(buyer, to).items()} | {
        "ShipmentPhone": buyer.phone
    }


def _fields(buyer: Person, address: Address) -> Json:
    return {
        "FirstName": buyer.first,
        "LastName": buyer.last,
        "Company": buyer.company,
        "Address": address.line1,
        "Address2": address.line2,
        "City": address.city,
        "State": address.state,
        "ZipCode": address.zip_code,
        "Country": address.country,
    }

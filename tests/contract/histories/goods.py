"""The content of a history's orders: random lines and ship-tos of every kind in 3dcart-api.md, section 4.2."""

from __future__ import annotations

from random import Random
from typing import Any

from cartage_sandbox.generate import shapes

Json = dict[str, Any]

SKUS = ("MUG-1", "CAP-2", "TEE-3", "BAG-4", "gift-9", "PDF-7", "DROP-8")
# A lane may exclude these: digital goods weigh nothing, drop-shipped goods come from another warehouse.
WEIGHTLESS, DROP_SHIPPED, DROP_WAREHOUSE = "PDF-7", "DROP-8", 7
_METHODS = ("USPS - Priority Mail", "UPS Ground", "2nd Day Air\u00c2\u00ae", "")


class Goods:
    """Makes the content of orders; every line has its own number in the whole history."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._last_line = 90_000

    def order(self, order_id: int) -> Json:
        """Return the content of an order: ship-tos, lines, amount and payments."""
        shipments = [0] if self._rng.random() < 0.8 else [order_id * 10 + 1, order_id * 10 + 2]
        lines = [line for shipment in shipments for line in self._lines(shipment)]
        amount = 0.0 if self._rng.random() < 0.1 else 20.0 * len(lines)
        return {
            "ShipmentList": [self._shipment(shipment) for shipment in shipments],
            "OrderItemList": lines,
            "OrderAmount": amount,
            "TransactionList": self._payments(order_id, amount),
        }

    def changed(self, order: Json) -> Json:
        """Return a change that a person may make to an order's content, as fields with their new values."""
        order = {name: list(order[name]) for name in ("ShipmentList", "OrderItemList")}
        match self._rng.choice(("quantity", "more", "address", "fewer", "ship-to")):
            case "quantity":
                place = self._rng.randrange(len(order["OrderItemList"]))
                line = order["OrderItemList"][place]
                order["OrderItemList"][place] = line | {"ItemQuantity": float(self._rng.randint(0, 5))}
            case "more":
                order["OrderItemList"] += self._plain(order["ShipmentList"][0]["ShipmentID"])
            case "fewer" if len(order["OrderItemList"]) > 1 and not _is_bundle(order):
                order["OrderItemList"].pop()
            case "ship-to" if len(order["ShipmentList"]) > 1:
                gone = order["ShipmentList"].pop()["ShipmentID"]
                order["OrderItemList"] = [
                    line for line in order["OrderItemList"] if line["ItemShipmentID"] != gone
                ]
            case _:
                city = f"Moved {self._rng.randrange(1000)}"
                order["ShipmentList"][0] = order["ShipmentList"][0] | {"ShipmentCity": city}
        return order

    def _shipment(self, shipment_id: int) -> Json:
        return shapes.shipment() | {
            "ShipmentID": shipment_id, "ShipmentFirstName": "Robin", "ShipmentLastName": "Example",
            "ShipmentAddress": f"{self._rng.randint(1, 999)} Invented Way", "ShipmentCity": "Springfield",
            "ShipmentState": "FL", "ShipmentZipCode": "33000",
            "ShipmentMethodName": self._rng.choice(_METHODS),
        }  # fmt: skip

    def _lines(self, shipment_id: int) -> list[Json]:
        made = [self._plain, self._plain, self._plain, self._bundle, self._with_discount, self._with_nothing]
        return self._rng.choice(made)(shipment_id)

    def _plain(self, shipment_id: int) -> list[Json]:
        return [
            self._line(shipment_id, sku, ItemQuantity=float(self._rng.randint(1, 3)))
            for sku in self._rng.sample(SKUS, self._rng.choice((1, 1, 2)))
        ]

    def _bundle(self, shipment_id: int) -> list[Json]:
        """Return a bundle: a parent with price and options, and free children that name it (ItemAdditionalField3)."""
        parent = self._line(shipment_id, "SET-5", ItemOptions=",71,74", ItemCatalogIDOptions=",71,74")
        children = [
            self._line(
                shipment_id, sku, ItemUnitPrice=0.0, ItemDescription=f"Bundle Item: {sku}",
                ItemAdditionalField3=str(parent["ItemIndexID"]),
            )
            for sku in ("SET-5-A", "SET-5-B")
        ]  # fmt: skip
        return [parent, *children]

    def _with_discount(self, shipment_id: int) -> list[Json]:
        discount = self._line(
            shipment_id, "DISCOUNT", ItemUnitPrice=0.0, ItemOptionPrice=-0.6171, ItemWeight=0.0,
            ItemDescription="Volume Discount 3%",
        )  # fmt: skip
        return [*self._plain(shipment_id), discount]

    def _with_nothing(self, shipment_id: int) -> list[Json]:
        nothing = self._line(shipment_id, "MUG-1", ItemQuantity=0.0)
        return [nothing] if self._rng.random() < 0.5 else [*self._plain(shipment_id), nothing]

    def _line(self, shipment_id: int, sku: str, **fields: Any) -> Json:
        self._last_line += 1
        line = shapes.item() | {
            "ItemIndexID": self._last_line, "ItemID": sku, "ItemShipmentID": shipment_id,
            "ItemDescription": f"<b>{sku}</b>", "ItemUnitPrice": 20.0,
            "ItemWeight": 0.0 if sku == WEIGHTLESS else 1.0,
            "ItemWarehouseID": DROP_WAREHOUSE if sku == DROP_SHIPPED else 0,
        }  # fmt: skip
        return line | fields

    def _payments(self, order_id: int, amount: float) -> list[Json]:
        methods = self._rng.choice(
            (["Online Credit Card"], ["Gift Certificate"], ["Online Credit Card", "Gift Certificate"], [])
        )
        return [
            shapes.transaction()
            | {"OrderID": order_id, "TransactionMethod": method, "TransactionAmount": amount / len(methods)}
            for method in methods
        ]


def _is_bundle(order: Json) -> bool:
    return any(line["ItemAdditionalField3"] for line in order["OrderItemList"])

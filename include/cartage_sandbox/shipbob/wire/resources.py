"""Orders, shipments, items and stock as the API shows them (version 2026-01): snake_case, with nulls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cartage_sandbox.kernel.rules import Rules
from cartage_sandbox.shipbob.data.model import (
    DEFAULT_LOCATION_ID,
    Channel,
    Item,
    JsonObject,
    Line,
    Order,
    Shipment,
)

_ADDRESS = ("address1", "address2", "city", "company_name", "country", "state", "zip_code")
_NOT_MEASURED = {"depth_in": 0, "length_in": 0, "total_weight_oz": 0, "width_in": 0}


def stamp(at: datetime | None) -> str | None:
    """Return a time as the API writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


class Resources:
    """Shows what the account holds."""

    def __init__(self, rules: Rules, locations: Mapping[int, str]) -> None:
        self._rules = rules
        self._locations = locations

    def order(self, order: Order) -> JsonObject:
        """Return an order with its shipments."""
        document = order.document
        return {
            "id": order.id,
            "created_date": stamp(order.created_at),
            "purchase_date": document.get("purchase_date"),
            "reference_id": order.reference,
            "order_number": document.get("order_number"),
            "status": order.status,
            "type": document["type"],
            "channel": {"id": order.channel.id, "name": order.channel.name},
            "shipping_method": document["shipping_method"],
            "recipient": self._recipient(document),
            "products": [_ordered(line) for line in order.lines],
            "tags": document.get("tags") or [],
            "gift_message": document.get("gift_message"),
            "shipments": [self.shipment(shipment) for shipment in order.shipments],
        }

    def shipment(self, shipment: Shipment) -> JsonObject:
        """Return a shipment."""
        order = shipment.order
        return {
            "id": shipment.id,
            "order_id": order.id,
            "reference_id": order.reference,
            "status": shipment.status.value,
            "status_details": [
                {
                    "id": number,
                    "name": detail.name,
                    "description": detail.description or None,
                    "inventory_id": detail.inventory_id,
                }
                for number, detail in enumerate(shipment.details, start=1)
            ],
            "created_date": stamp(shipment.created_at),
            "last_update_at": stamp(shipment.updated_at),
            "last_tracking_update_at": stamp(shipment.tracking_updated_at),
            "actual_fulfillment_date": stamp(shipment.fulfilled_at),
            "is_tracking_uploaded": shipment.uploaded,
            "require_signature": False,
            "ship_option": order.document["shipping_method"],
            "location": {
                "id": DEFAULT_LOCATION_ID,
                "name": self._locations[DEFAULT_LOCATION_ID],
            },
            "measurements": _NOT_MEASURED,
            "recipient": {
                **_only(self._recipient(order.document), "address", "email", "phone_number"),
                "full_name": order.document["recipient"]["name"],
                "name": order.document["recipient"]["name"],
            },
            "products": self._shipped(shipment),
            "parent_cartons": [],
            "tracking": self._tracking(shipment),
        }

    def product(self, item: Item, used_in: Iterable[Item]) -> JsonObject:
        """Return a product with its only variant. `used_in` are the bundles that hold it."""
        return {
            "id": item.product_id,
            "name": item.name,
            "type": "Bundle" if item.parts else "Regular",
            "created_on": stamp(item.created_at),
            "updated_on": stamp(item.updated_at),
            "variants": [
                {
                    "id": item.variant_id,
                    "sku": item.sku,
                    "name": item.name,
                    "status": item.status,
                    "is_digital": False,
                    "created_on": stamp(item.created_at),
                    "updated_on": stamp(item.updated_at),
                    "inventory": {
                        "inventory_id": None if item.parts else item.inventory_id,
                        "on_hand_qty": item.on_hand,
                    },
                    "bundle_definition": [
                        {
                            "product_id": part.product_id,
                            "variant_id": part.variant_id,
                            "variant_name": part.name,
                            "variant_sku": part.sku,
                            "quantity": quantity,
                        }
                        for part, quantity in item.parts
                    ],
                    "associated_bundles": [
                        {
                            "product_id": bundle.product_id,
                            "product_name": bundle.name,
                            "variant_id": bundle.variant_id,
                            "variant_sku": bundle.sku,
                            "quantity": dict(bundle.parts)[item],
                        }
                        for bundle in used_in
                    ],
                    "channel_metadata": [
                        {"channel_id": channel, "seller_sku": sku, "id": item.variant_id}
                        for channel, sku in item.seller_skus.items()
                    ],
                }
            ],
        }

    def level(self, item: Item) -> JsonObject:
        """Return the stock of an item over all locations."""
        return {
            "inventory_id": item.inventory_id,
            "name": item.name,
            "sku": item.sku,
            "total_on_hand_quantity": item.on_hand,
            "total_committed_quantity": item.committed,
            "total_fulfillable_quantity": self._fulfillable(item),
            "total_sellable_quantity": item.free - item.lacking,
            "total_exception_quantity": item.lacking,
            "total_awaiting_quantity": 0,
            "total_backordered_quantity": 0,
            "total_internal_transfer_quantity": 0,
        }

    def level_at(self, item: Item, location_id: int | None) -> JsonObject:
        """Return the stock of an item by location; all of it lies at the first one."""
        places = [
            {
                "location_id": number,
                "name": name,
                "on_hand_quantity": item.on_hand if number == DEFAULT_LOCATION_ID else 0,
                "committed_quantity": item.committed if number == DEFAULT_LOCATION_ID else 0,
                "fulfillable_quantity": self._fulfillable(item) if number == DEFAULT_LOCATION_ID else 0,
                "awaiting_quantity": 0,
                "internal_transfer_quantity": 0,
            }
            for number, name in self._locations.items()
            if location_id in {None, number}
        ]
        return {"inventory_id": item.inventory_id, "name": item.name, "sku": item.sku, "locations": places}

    def locations(self) -> list[JsonObject]:
        """Return the locations."""
        return [
            {
                "id": number,
                "name": name,
                "is_active": True,
                "access_granted": True,
                "is_shipping_enabled": True,
                "is_receiving_enabled": True,
                "timezone": "America/Chicago",
            }
            for number, name in self._locations.items()
        ]

    def _tracking(self, shipment: Shipment) -> JsonObject | None:
        number = shipment.tracking_number
        if number is None and self._rules.text("tracking_before_label") == "null":
            return None
        return {
            "tracking_number": number,
            "carrier": shipment.carrier if number else None,
            "carrier_service": f"{shipment.carrier} Ground" if number else None,
            "tracking_url": f"https://track.example/{number}" if number else None,
            "shipping_date": stamp(shipment.shipped_at),
            "scac": None,
            "bol": None,
            "pro_number": None,
        }

    def _fulfillable(self, item: Item) -> int:
        return item.on_hand if self._rules.flag("fulfillable_includes_committed") else item.free

    @staticmethod
    def _recipient(document: JsonObject) -> JsonObject:
        recipient = document["recipient"]
        return {
            "name": recipient["name"],
            "email": recipient.get("email"),
            "phone_number": recipient.get("phone_number"),
            "address": {name: recipient["address"].get(name) for name in _ADDRESS},
        }

    def _shipped(self, shipment: Shipment) -> list[JsonObject]:
        """Return a shipment's products. Quantities stand at the inventory items, the components of a bundle."""
        if self._rules.text("shipment_products") == "components":
            return [
                _picked(item, {"reference_id": item.sku, "sku": item.sku}, [(item, units)])
                for item, units in shipment.needs().items()
            ]
        return [
            _picked(
                line.item,
                {"reference_id": line.document["reference_id"], "sku": line.item.sku},
                line.item.components(quantity),
            )
            for line, quantity in shipment.contents
        ]


def channel_shown(channel: Channel) -> JsonObject:
    """Return a channel."""
    return {
        "id": channel.id,
        "name": channel.name,
        "application_name": channel.application,
        "scopes": sorted(channel.scopes),
    }


def method_shown(number: int, name: str) -> JsonObject:
    """Return a shipping method."""
    return {
        "id": number,
        "name": name,
        "active": True,
        "default": number == 1,
        "service_level": {"id": min(number, 3), "name": name if number < 4 else "Standard"},
    }


def _ordered(line: Line) -> JsonObject:
    document = line.document
    return {
        "id": line.item.product_id,
        "reference_id": document["reference_id"],
        "sku": line.item.sku,
        "quantity": line.quantity,
        "external_line_id": document.get("external_line_id"),
        "unit_price": document.get("unit_price"),
        "gtin": None,
        "upc": None,
        "quantity_unit_of_measure_code": "EA",
    }


def _picked(item: Item, names: JsonObject, units: Iterable[tuple[Item, int]]) -> JsonObject:
    return {
        "id": item.product_id,
        "name": item.name,
        **names,
        "inventory_items": [
            {
                "id": part.inventory_id,
                "name": part.name,
                "quantity": quantity,
                "quantity_committed": quantity,
                "is_dangerous_goods": False,
                "lot": None,
                "expiration_date": None,
                "serial_numbers": None,
            }
            for part, quantity in units
        ],
    }


def _only(values: Mapping[str, Any], *names: str) -> JsonObject:
    return {name: values[name] for name in names}

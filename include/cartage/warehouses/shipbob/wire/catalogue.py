"""ShipBob's products, stock, channels, locations and shipping methods as they come over the wire (version 2026-01)."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from cartage.warehouses.api.values import Key, Number, Quantity, Record, Rows, Text, Written


class BundlePart(Record):
    """A component of a bundle, and how many of it one bundle has."""

    variant_id: Key = Field(min_length=1)
    variant_sku: Key = ""
    quantity: Quantity


class VariantInventory(Record):
    """The inventory item behind a variant; a bundle has none of its own."""

    inventory_id: Key = ""


class ChannelMetadata(Record):
    """What a variant is called in one channel."""

    channel_id: Key = ""
    seller_sku: Key = ""


class Variant(Record):
    """An item that orders can name."""

    id: Key = ""
    sku: Key = ""
    written: Written = Field(default="", validation_alias="sku")
    name: Text = ""
    status: Text = ""
    inventory: VariantInventory = VariantInventory()
    bundle_definition: Rows[BundlePart] = ()
    channel_metadata: Rows[ChannelMetadata] = ()


class Product(Record):
    """A product with its variants; even one without options has a variant."""

    id: Key = ""
    name: Text = ""
    variants: Rows[Variant] = ()


class InventoryLevel(Record):
    """The stock of one inventory item over all locations. A row without a sellable quantity says nothing."""

    sku: Key = ""
    inventory_id: Key = ""
    total_on_hand_quantity: Number = Decimal(0)
    total_committed_quantity: Number = Decimal(0)
    total_fulfillable_quantity: Number | None = None
    total_sellable_quantity: Number | None = None


class LevelAtLocation(Record):
    """The stock of one inventory item at one location."""

    location_id: Key = Field(min_length=1)
    on_hand_quantity: Number = Decimal(0)
    committed_quantity: Number = Decimal(0)
    fulfillable_quantity: Number


class InventoryPlaces(Record):
    """The stock of one inventory item, location by location."""

    sku: Key = ""
    inventory_id: Key = ""
    locations: Rows[LevelAtLocation] = ()


class Channel(Record):
    """A channel that the token may use, and what for."""

    id: Key = ""
    name: Text = ""
    application_name: Text = ""
    scopes: Rows[Text] = ()


class Location(Record):
    """A fulfillment centre or another place of ShipBob's network."""

    id: Key = ""
    name: Text = ""
    is_active: bool | None = None
    access_granted: bool | None = None
    is_shipping_enabled: bool | None = None


class ShippingMethod(Record):
    """A name that orders give to a way of shipping, as the merchant mapped it to a service level."""

    name: Key = ""
    active: bool | None = None

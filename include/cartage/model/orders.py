"""Sales orders, requests and shipments as plain values, independent of any store or warehouse.

Amounts and quantities are Decimal, times are aware UTC datetimes, texts are plain text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from cartage.errors.problems import Problem


class LineKind(StrEnum):
    """The kind of a sales order line; only some kinds are sent to a warehouse."""

    ITEM = "item"
    BUNDLE_PARENT = "bundle_parent"
    BUNDLE_COMPONENT = "bundle_component"
    DISCOUNT = "discount"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. Empty text means absent; `country` is ISO 3166-1 alpha-2."""

    name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    state: str = ""
    zip_code: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class LineOption:
    """What the buyer chose or wrote for a line: `Engraving: For Ann`. `title` may be empty, `value` is never.

    `item` is the SKU that it belongs to, if another line carries it: that of a bundle, or of a bundle's component.
    """

    title: str
    value: str
    item: str = ""

    @property
    def text(self) -> str:
        """The option as people read it."""
        return ": ".join(filter(None, (" ".join(filter(None, (self.item, self.title))), self.value)))


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of a sales order. `line_id` is the store's (3dcart: ItemIndexID); `weight` is None if unknown.

    `options` are all that the buyer chose; some may be part of the SKU, which only the lane's settings can say.

    `has_quantity` is False if the quantity could not be read; it is then 0, and the order has a problem.
    """

    line_id: int
    sku: str
    quantity: Decimal
    description: str = ""
    unit_price: Decimal = Decimal(0)
    kind: LineKind = LineKind.ITEM
    parent_line_id: int | None = None
    weight: Decimal | None = None
    store_warehouse_id: int = 0
    has_quantity: bool = True
    options: tuple[LineOption, ...] = ()


@dataclass(frozen=True, slots=True)
class ShipGroup:
    """The part of a sales order that goes to one address (3dcart: a Shipment). `shipment_id` 0 is valid."""

    shipment_id: int
    ship_to: Address
    ship_method: str
    lines: tuple[OrderLine, ...]
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class CheckoutQuestion:
    """A question of the checkout and the buyer's answer."""

    title: str
    answer: str


@dataclass(frozen=True, slots=True)
class SalesOrder:
    """An order as the store has it, translated. `problems` were found while it was read."""

    order_id: int
    status_id: int
    invoice: str = ""
    ordered_at: datetime | None = None
    updated_at: datetime | None = None
    email: str = ""
    comments: str = ""
    internal_comments: str = ""
    external_comments: str = ""
    questions: tuple[CheckoutQuestion, ...] = ()
    gift_certificate_only: bool = False
    amount: Decimal = Decimal(0)
    groups: tuple[ShipGroup, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ShipMethod:
    """A warehouse's own way to ship: carrier, service, and who pays.

    `service` is what the warehouse is sent, its code if it has codes. `title` is the service's name for people, if that
    is another one.
    """

    carrier: str
    service: str = ""
    billing: str = ""
    account: str = ""
    scac: str = ""
    title: str = ""

    @property
    def shown(self) -> str:
        """Carrier and service as people know them: `UPS Ground`."""
        return " ".join(filter(None, (self.carrier, self.title or self.service)))


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A line as the warehouse should ship it, in its SKU and units.

    `line_id` is the store's, and the warehouse keeps it as external id. `store_sku` is the store's SKU if a rule mapped
    it to another; several lines (a kit) can come from the same one. `notes` are the options that the SKU does not show,
    each on a line of its own: a connector sends them, or reports a problem.
    """

    line_id: int
    sku: str
    quantity: Decimal
    description: str = ""
    store_sku: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class FulfillmentRequest:
    """What is sent to a warehouse for one fulfillment order; complete, and independent of any lane."""

    reference: str
    display_number: str
    ordered_at: datetime | None
    ship_to: Address
    ship_method: ShipMethod
    lines: tuple[RequestLine, ...]
    notes: str = ""


@dataclass(frozen=True, slots=True)
class PackageContent:
    """The quantity of a line or SKU in a package."""

    sku: str
    quantity: Decimal
    line_id: int | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A package. `key` is stable at the warehouse, so that each package is posted to the store once.

    `contents` is empty if the warehouse does not report it, and None if it is counted with another package.
    `carrier_at` is when the carrier took it over; None before, and if the warehouse does not report it.
    """

    key: str
    tracking: str
    carrier: str = ""
    service: str = ""
    contents: tuple[PackageContent, ...] | None = ()
    carrier_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment of a warehouse. Its reference may be that of a split child (`REF-1`).

    `final` is False if more of its order may follow. `lines` is its contents by line, if the warehouse reports them,
    whatever it reports about single packages.
    """

    key: str
    remote_id: str
    reference: str
    shipped_at: datetime | None
    packages: tuple[Package, ...] = field(default=())
    voided: bool = False
    final: bool = True
    modified_at: datetime | None = None
    lines: tuple[PackageContent, ...] = ()


class RoutingChoice(StrEnum):
    """How an order goes on that would wait for stock. It counts for the lines that no rule could place."""

    WAIT = ""  # until a warehouse, or several by their rule, have all of it
    SPLIT = "split"  # what the warehouses have leaves now, the rest waits
    BACKORDER = "backorder"  # what none has goes to the rule's first warehouse, which sends it later

"""Sales orders and fulfillment orders as plain values, whichever store and warehouse they touch.

Money and quantities are Decimal, times are aware UTC datetimes, texts are plain text. Nothing here does I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from cartage.errors.problems import Problem


class LineKind(StrEnum):
    """What a line of a sales order stands for; only some kinds ever reach a warehouse."""

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
class OrderLine:
    """One line of a sales order. `line_id` is the store's own (3dcart: ItemIndexID); `weight` may be untold."""

    line_id: int
    sku: str
    quantity: Decimal
    description: str = ""
    unit_price: Decimal = Decimal(0)
    kind: LineKind = LineKind.ITEM
    parent_line_id: int | None = None
    weight: Decimal | None = None
    store_warehouse_id: int = 0


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
    """A question of the checkout and what the buyer answered."""

    title: str
    answer: str


@dataclass(frozen=True, slots=True)
class SalesOrder:
    """An order as the store has it, translated. `problems` are faults of its own found while reading it."""

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
    """A warehouse's own way to ship: carrier, service, and who pays."""

    carrier: str
    service: str = ""
    billing: str = ""
    account: str = ""
    scac: str = ""


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One line as the warehouse is to ship it, in its SKU and units.

    `line_id` is the store's, kept as the warehouse's external id; `store_sku` is the store's SKU where a rule made
    another of it, so that several lines (a kit) may stem from one.
    """

    line_id: int
    sku: str
    quantity: Decimal
    description: str = ""
    store_sku: str = ""


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
    """How many of one line or SKU a package holds."""

    sku: str
    quantity: Decimal
    line_id: int | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """One parcel. `key` is stable at the warehouse, so that each package is told to the store once.

    `carrier_at` is when the carrier took it over; None until then, and where the warehouse does not tell.
    """

    key: str
    tracking: str
    carrier: str = ""
    service: str = ""
    contents: tuple[PackageContent, ...] = ()
    carrier_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shipment:
    """What a warehouse shipped, under the reference that it has there, which may be a split child's (`REF-1`).

    `final` says whether more may follow of the order that it belongs to. `lines` is all that it held, by line, where
    the warehouse says so, whatever it says of the single packages.
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

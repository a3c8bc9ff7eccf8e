"""The contract between the engine and a warehouse: capabilities as data, and three outcomes of a submit.

A submit is done (a `SubmitResult`), not done (`Refused`, `NotSent`, `RateLimited`, `AuthFailed`, ...), or
unknown (`OutcomeUnknown`); nothing else. Whether an order is there is then settled by `find`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from cartage.errors import RawResponse
from cartage.errors.problems import Problem
from cartage.model.orders import Address, FulfillmentRequest, Package, Shipment, ShipMethod


class DuplicatePolicy(Enum):
    """What a warehouse does with a reference that it already has."""

    REJECTS = "rejects"
    UPSERTS = "upserts"
    UNKNOWN = "unknown"


class Reconcile(Enum):
    """How far the answer of `find` can be trusted."""

    STRONG = "strong"
    EVENTUAL = "eventual"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do, as data; the contract suite holds it to every claim.

    `visibility_delay`: how long after an accepted submit `find` may still say absent.
    `poll_overlap`: how far before the cursor a shipment poll starts again.
    `longest_request`: how long after `submit` was called its request can still reach the warehouse, signing
    in and a repeat after a refused token included.
    """

    duplicate_policy: DuplicatePolicy
    reconcile: Reconcile
    reference_max_length: int
    cancel: bool
    inventory: bool
    catalogue: bool
    carriers: bool
    splits: bool
    visibility_delay: timedelta
    poll_overlap: timedelta
    longest_request: timedelta


class SubmitOutcome(StrEnum):
    """How a fulfillment order came to be at the warehouse."""

    CREATED = "created"
    ALREADY_EXISTS = "already_exists"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class SubmitResult:
    """The warehouse has the order. `answer` is what it answered, as it came, for people who ask what was said."""

    outcome: SubmitOutcome
    remote_id: str
    etag: str = ""
    response: RawResponse | None = None


class RemoteState(StrEnum):
    """Where an order stands at the warehouse."""

    OPEN = "open"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RemoteOrder:
    """An order as the warehouse has it. `reference` may be that of a split child (`REF-1`)."""

    remote_id: str
    reference: str
    state: RemoteState
    lines: tuple[tuple[str, Decimal], ...]
    ship_to: Address
    etag: str = ""
    modified_at: datetime | None = None
    packages: tuple[Package, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """An item that the warehouse knows. `written` is the SKU with the blanks that it has there, if any."""

    sku: str
    remote_id: str
    description: str = ""
    active: bool = True
    written: str = ""


@dataclass(frozen=True, slots=True)
class StockLevel:
    """What the warehouse has of one SKU, in units; `as_of` is how old it says its answer is, if it says so."""

    sku: str
    on_hand: Decimal
    available: Decimal
    allocated: Decimal = Decimal(0)
    on_hold: Decimal = Decimal(0)
    ordered_not_allocated: Decimal = Decimal(0)
    as_of: datetime | None = None


class CancelOutcome(StrEnum):
    """What became of a wish to cancel."""

    CANCELLED = "cancelled"
    REQUESTED = "requested"
    TOO_LATE = "too_late"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class WarehouseCheck:
    """Whether these credentials can be used; `text` says as whom, or why not and the mend."""

    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """One thing that the lane's settings rely on, looked up at the warehouse; `ok` is None if it cannot be seen.

    `thing` names it ("facility 1"), `text` says what was found, `mend` what to do if it is not right.
    """

    thing: str
    ok: bool | None
    text: str
    fix: str = ""


T = TypeVar("T")

# Finds what is wrong with a request, without a call and without the account; empty means acceptable.
RequestValidator = Callable[[FulfillmentRequest], Sequence[Problem]]


@dataclass(frozen=True, slots=True)
class ItemPage(Generic[T]):
    """One page of a poll. `cursor` is what the next poll starts from once this page is committed."""

    items: tuple[T, ...]
    cursor: str = field(default="")


@dataclass(frozen=True, slots=True)
class ShipmentPage(ItemPage[Shipment]):
    """One page of a poll of shipments, with the orders that the warehouse was seen to have cancelled.

    `cancelled` are no shipments, but the end of waiting for one. Where a split child or the order that it was
    split from is among them, the rest may still ship: `find` tells. `unshipped` are the keys that shipments would have
    which are none (any longer): whoever knows one under such a key knows now that it was taken back.
    """

    cancelled: tuple[RemoteOrder, ...] = ()
    unshipped: tuple[str, ...] = ()


class Warehouse(ABC):
    """A connector to one warehouse account. One instance may be used by several threads.

    Unclaimed capabilities raise `NotSupported`; every other failure is a `RemoteError` from
    `cartage.errors`, and only `submit` and `cancel` may raise `OutcomeUnknown`.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What this connector claims, with the delays of this account's settings."""

    @abstractmethod
    def check(self) -> WarehouseCheck:
        """Try the credentials with reads only; never raises for a remote failure."""

    def inspect(self) -> Sequence[Inspected]:
        """Look up each thing that the settings name (account, customer, facility), with reads only.

        Credentials that are not accepted are one of the findings. This default knows what `check` says.

        Raises:
            RemoteError: if the warehouse could not be asked.
        """
        found = self.check()
        return (Inspected(self.title, found.ok, found.text),)

    @abstractmethod
    def validate(self, request: FulfillmentRequest) -> list[Problem]:
        """Find faults without any call: lengths, required fields. Empty means acceptable."""

    @abstractmethod
    def payload(self, request: FulfillmentRequest) -> dict[str, Any]:
        """Exactly what `submit` would send as the order's content; makes no call."""

    @abstractmethod
    def submit(self, request: FulfillmentRequest) -> SubmitResult:
        """Send one order, once. A repeated reference with the same content is `ALREADY_EXISTS`.

        What the warehouse answered, if it did, goes along as it came: in the result, or as the error's `answer`.

        Raises:
            Refused: with problems, if the order's own content is not acceptable.
            ReferenceConflict: if the warehouse has the reference with other content.
            OutcomeUnknown: if the request may have been carried out.
        """

    @abstractmethod
    def find(self, reference: str) -> list[RemoteOrder]:
        """Every order under this reference and its split children, in any state; empty only if absent now."""

    def find_many(self, references: Collection[str]) -> Iterator[tuple[str, list[RemoteOrder]]]:
        """What `find` says of each of many references, in any order, as the answers come.

        A connector that can ask for many at once does; this default makes one call for each.
        """
        for reference in dict.fromkeys(references):
            yield reference, self.find(reference)

    @abstractmethod
    def get(self, remote_id: str) -> RemoteOrder:
        """One order with its packages.

        Raises:
            NotFound: if there is none.
        """

    @abstractmethod
    def poll_shipments(self, cursor: str) -> Iterator[ShipmentPage]:
        """What shipped, changed or was taken back since the cursor ("" = from the beginning), with overlap.

        Each shipment comes once in a poll, and again in later polls; callers tell them apart by `key`. No
        page at all means that nothing changed: the cursor stays. `final` is what is known at the time of the
        poll: a later one may say otherwise, and a sibling that did not show yet may still follow a final one.
        """

    @abstractmethod
    def cursor_at(self, moment: datetime) -> str:
        """The cursor from which a first poll begins at `moment` (aware): it need not read all history."""

    @abstractmethod
    def cancel(self, remote_id: str, reason: str) -> CancelOutcome:
        """Cancel an order that has not shipped."""

    @abstractmethod
    def inventory(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[StockLevel]]:
        """Stock of all SKUs, or of those named."""

    @abstractmethod
    def items(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[CatalogueItem]]:
        """The catalogue, or the items among those named that the warehouse knows (any letter case)."""

    @abstractmethod
    def ship_methods(self) -> Sequence[ShipMethod]:
        """Carriers and services that the warehouse offers."""

    @abstractmethod
    def close(self) -> None:
        """Release connections."""


def base_reference(reference: str) -> str:
    """The reference that a split child, or a child's child, belongs to: `A3K_31882_0-2` -> `A3K_31882_0`."""
    return possible_parents(reference)[-1]


def possible_parents(reference: str) -> tuple[str, ...]:
    """The reference itself, then what it was split from if each trailing `-N` stands for a split.

    Our own references hold no dash, so the last is theirs (`base_reference`). Of another system's, `AB-1001` may
    be an order or a part of one: it belongs to the first of these that is known.
    """
    base, dash, suffix = reference.rpartition("-")
    return (reference, *possible_parents(base)) if base and dash and suffix.isdecimal() else (reference,)


def is_family(candidate: str, reference: str) -> bool:
    """Whether a reference is this one or that of a split child, in any letter case."""
    return reference.casefold() in possible_parents(candidate.casefold())


def content_differences(request: FulfillmentRequest, found: Sequence[RemoteOrder]) -> list[str]:
    """How the orders found under a reference differ from what was to be sent; empty means the same content.

    Quantities are added up over split children; a cancelled order counts only if all are cancelled, since a
    split may cancel the order that it was made from. Addresses are compared by postal code and country only,
    since warehouses reformat the rest.
    """
    live = [order for order in found if order.state is not RemoteState.CANCELLED] or found
    wanted = _totals((line.sku, line.quantity) for line in request.lines)
    there = _totals(line for order in live for line in order.lines)
    differences = [
        f"SKU {sku}: {wanted.get(sku, Decimal(0))} ordered, {there.get(sku, Decimal(0))} at the warehouse"
        for sku in sorted(wanted.keys() | there.keys())
        if wanted.get(sku, Decimal(0)) != there.get(sku, Decimal(0))
    ]
    return differences + place_differences(request.ship_to, live)


def place_differences(ship_to: Address, found: Sequence[RemoteOrder]) -> list[str]:
    """Whether the orders found under a reference go somewhere else; of their content, what no mapping changes."""
    live = [order for order in found if order.state is not RemoteState.CANCELLED] or found
    if any(_place(order.ship_to) != _place(ship_to) for order in live):
        return ["ship-to address: another postal code or country"]
    return []


def _totals(lines: Iterator[tuple[str, Decimal]]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for sku, quantity in lines:
        totals[sku.casefold()] = totals.get(sku.casefold(), Decimal(0)) + quantity
    return totals


def _place(address: Address) -> tuple[str, str]:
    """Postal code and country; of a US code the five digits, since warehouses complete it to ZIP+4."""
    code = "".join(character for character in address.zip_code if character.isalnum()).casefold()
    return code[:5] if address.country.upper() == "US" else code, address.country.casefold()

"""The contract between the engine and a warehouse: capabilities as data, and three outcomes of a submit.

A submit is done (a `SubmitResult`), not done (`Refused`, `NotSent`, `RateLimited`, `AuthFailed`, ...) or
unknown (`OutcomeUnknown`), nothing else. After an unknown outcome, `find` settles whether the order is there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from cartage.errors import NotSupported, RawResponse
from cartage.errors.problems import Problem
from cartage.model.orders import Address, FulfillmentRequest, Package, Shipment, ShipMethod
from cartage.model.stock import StockMovement
from cartage.warehouses.checks import Inspected, WarehouseCheck
from cartage.warehouses.documents import (
    AcceptedOrder,
    DocumentResponse,
    InboundDocument,
    QuarantinedText,
    RejectedOrder,
)
from cartage.warehouses.listed import CatalogueItem, ListedPart, StockLevel
from cartage.warehouses.lookups import find_each
from cartage.warehouses.unreadable import UnreadableRow


class DuplicatePolicy(Enum):
    """What a warehouse does with a reference that it already has."""

    REJECTS = "rejects"
    UPSERTS = "upserts"
    UNKNOWN = "unknown"


class Reconcile(Enum):
    """How far the result of `find` can be trusted."""

    STRONG = "strong"
    EVENTUAL = "eventual"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do, as data. The contract suite tests every claim.

    `visibility_delay`: how long after an accepted submit `find` may still return nothing.
    `poll_overlap`: how far before the cursor a shipment poll starts again.
    `longest_request`: how long after a call of `submit` its request can still reach the warehouse, including
    the wait for the call budget, sign-in and a repeat after a rejected token.
    `deactivation`: whether the catalogue says which items are no longer shipped; without it, all items are active.
    `listed`: what `list_orders` says of each order besides reference and state; None without such a list.
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
    deactivation: bool = True
    listed: frozenset[ListedPart] | None = None


class SubmitOutcome(StrEnum):
    """How the warehouse came to have a fulfillment order."""

    CREATED = "created"
    ALREADY_EXISTS = "already_exists"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class SubmitResult:
    """The warehouse has the order. `response` is its response as received, kept for people who look into it."""

    outcome: SubmitOutcome
    remote_id: str
    etag: str = ""
    response: RawResponse | None = None


class RemoteState(StrEnum):
    """The state of an order at the warehouse."""

    OPEN = "open"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RemoteOrder:
    """An order as the warehouse has it. `reference` may be that of a split child (`REF-1`).

    `ship_method` is what the order asks for, as far as the warehouse shows it.
    """

    remote_id: str
    reference: str
    state: RemoteState
    lines: tuple[tuple[str, Decimal], ...]
    ship_to: Address
    etag: str = ""
    modified_at: datetime | None = None
    packages: tuple[Package, ...] = ()
    ship_method: ShipMethod | None = None


class CancelOutcome(StrEnum):
    """What happened to a cancellation."""

    CANCELLED = "cancelled"
    REQUESTED = "requested"
    TOO_LATE = "too_late"
    NOT_FOUND = "not_found"


T = TypeVar("T")

# Finds what is wrong with a request, without a call and without the account; empty means acceptable.
RequestValidator = Callable[[FulfillmentRequest], Sequence[Problem]]


@dataclass(frozen=True, slots=True)
class ItemPage(Generic[T]):
    """A page of a list. `cursor` is where the next poll starts once this page is committed.

    One row that cannot be read never costs the others: it is among `unreadable`.
    """

    items: tuple[T, ...]
    cursor: str = field(default="")
    unreadable: tuple[UnreadableRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ShipmentPage(ItemPage[Shipment]):
    """A page of a poll of shipments, with the orders that the warehouse has cancelled.

    An order in `cancelled` will not ship. If it is a split child, or was split, the rest may still ship; `find`
    shows that. `unshipped` are the keys of orders that are not shipped, or no longer: a shipment recorded under
    such a key was voided. `rejected` are orders that the warehouse had accepted and now refuses, `accepted` those that
    it says it has.

    A page that was read from a file has its `document`, which is taken in once. `quarantined` are the parts of it that
    cannot be used, `responses` what it says about our own documents.
    """

    cancelled: tuple[RemoteOrder, ...] = ()
    unshipped: tuple[str, ...] = ()
    rejected: tuple[RejectedOrder, ...] = ()
    accepted: tuple[AcceptedOrder, ...] = ()
    responses: tuple[DocumentResponse, ...] = ()
    document: InboundDocument | None = None
    quarantined: tuple[QuarantinedText, ...] = ()

    @property
    def says_nothing(self) -> bool:
        """Whether only the cursor of the page means anything."""
        told = (self.items, self.unreadable, self.cancelled, self.unshipped, self.rejected, self.accepted)
        return self.document is None and not any((*told, self.responses, self.quarantined))


@dataclass(frozen=True, slots=True)
class StockPage(ItemPage[StockLevel]):
    """A page of stock levels. `full` is False if SKUs that it does not name keep their last level.

    A page that was read from a file has its `document`, with the parts that cannot be used in `quarantined`. Its
    `movements` are kept for people to see; a page with movements alone says nothing about levels.
    """

    full: bool = True
    movements: tuple[StockMovement, ...] = ()
    document: InboundDocument | None = None
    quarantined: tuple[QuarantinedText, ...] = ()


class Warehouse(ABC):
    """A connector to one warehouse account. Threads may share an instance.

    A capability that is not claimed raises `NotSupported`. Every other failure is a `RemoteError`; only `submit` and
    `cancel` may raise `OutcomeUnknown`.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """Return what this connector can do, with the delays from the lane's settings."""

    @abstractmethod
    def check(self) -> WarehouseCheck:
        """Try the credentials with reads only. Never raises for a remote failure."""

    def inspect(self) -> Sequence[Inspected]:
        """Look up everything that the settings name (account, customer, facility), with reads only.

        Rejected credentials are a finding, not an error. This default returns the result of `check`.

        Raises:
            RemoteError: if the warehouse could not be reached.
        """
        found = self.check()
        return (Inspected(self.title, found.ok, found.text),)

    @abstractmethod
    def validate(self, request: FulfillmentRequest) -> list[Problem]:
        """Return problems that need no call to find: lengths, required fields. Empty means acceptable."""

    @abstractmethod
    def payload(self, request: FulfillmentRequest) -> dict[str, Any]:
        """Return exactly what `submit` would send as the order's content, without a call."""

    @abstractmethod
    def submit(self, request: FulfillmentRequest) -> SubmitResult:
        """Send one order, once. A repeated reference with the same content is `ALREADY_EXISTS`.

        The warehouse's response, if there was one, is kept as received: in the result, or as `response` of the error.

        Raises:
            Refused: with problems, if the order's own content is not acceptable.
            ReferenceConflict: if the warehouse has the reference with other content.
            OutcomeUnknown: if the warehouse may have the order.
        """

    @abstractmethod
    def find(self, reference: str) -> list[RemoteOrder]:
        """Return every order with this reference and its split children, in any state; empty only if absent now.

        Raises:
            MalformedResponse: if a row that may be such an order cannot be read.
        """

    def find_many(self, references: Collection[str]) -> Iterator[tuple[str, list[RemoteOrder]]]:
        """Yield the result of `find` for each of many references, in any order, as responses arrive.

        A reference is not yielded if whether it is there stays unknown: a row that may be its order cannot be read, or
        the warehouse cannot be asked for it. No other reference waits for it. A connector that can search for many at
        once overrides this; the default makes a call for each.
        """
        yield from find_each(references, self.find)

    @abstractmethod
    def get(self, remote_id: str) -> RemoteOrder:
        """Return an order with its packages.

        Raises:
            NotFound: if there is none.
        """

    def list_orders(self, since: datetime) -> Iterator[ItemPage[RemoteOrder]]:
        """Yield every order that changed at or after `since`, in any state, with what `capabilities.listed` names.

        Each appears once; one that changes meanwhile may be shown as before. Pages have no cursor.
        """
        raise NotSupported(f"{self.title} has no list of orders")

    @abstractmethod
    def poll_shipments(self, cursor: str) -> Iterator[ShipmentPage]:
        """Yield what shipped, changed or was voided since the cursor ("" = from the beginning), with overlap.

        A shipment appears once in a poll, and may appear again in later polls; callers identify it by `key`. No
        page at all means that nothing changed, and the cursor stays. `final` is what is known at the time of the
        poll: a later poll may differ, and a further split child may still follow a final shipment.

        An order that cannot be read is among `unreadable`, and the cursor goes on: `read_shipments` reads it again.
        """

    def glance(self, cursor: str) -> str | None:
        """Return what a poll from the cursor would find, as a text that differs if that differs.

        It costs at most one call, or a look at the folders in which files come.

        Empty if nothing has shipped or was cancelled since, None if the warehouse cannot be asked so cheaply. It may
        overlook what a poll finds, and may name what a poll has found before. `""` as the cursor asks for everything.

        Raises:
            RemoteError: if the warehouse cannot be read.
        """
        return None

    def read_shipments(self, remote_ids: Collection[str]) -> Iterator[ShipmentPage]:
        """Yield these orders, which could not be read before, as a poll would; the pages have no cursor.

        An order that is gone is in no page. This default is for connectors whose polls repeat what could not be read.
        """
        yield from ()

    def acknowledge(self, page: ShipmentPage | StockPage) -> None:  # noqa: B027 - most warehouses need nothing
        """Note at the warehouse that a page was taken in, after the commit that did so: archive its file, set a flag.

        It may be called again for a page that was acknowledged before: a killed process cannot tell.

        Raises:
            RemoteError: if the warehouse cannot be reached; the page stays taken in, and is acknowledged later.
        """

    @abstractmethod
    def cursor_at(self, moment: datetime) -> str:
        """Return the cursor with which a first poll begins at `moment` (aware), instead of reading all history."""

    @abstractmethod
    def cancel(self, remote_id: str, reason: str) -> CancelOutcome:
        """Cancel an order that has not shipped."""

    @abstractmethod
    def inventory(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[StockLevel]]:
        """Yield the stock of all SKUs, or of the given SKUs."""

    @abstractmethod
    def items(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[CatalogueItem]]:
        """Yield the catalogue, or the items with the given SKUs that the warehouse knows (in any letter case).

        A SKU that the warehouse cannot be asked for (too long for a URL, control characters) is not asked for.

        Raises:
            Refused: if the warehouse refuses the query; the caller asks again for fewer SKUs.
        """

    @abstractmethod
    def ship_methods(self) -> ItemPage[ShipMethod]:
        """Return the carriers and services that the warehouse offers for orders. A carrier alone has no service.

        `service` is what an order must name: the service's code, if the warehouse has codes; `title` is its name.
        """

    @abstractmethod
    def close(self) -> None:
        """Release connections."""

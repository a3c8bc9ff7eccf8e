"""A warehouse that takes orders as files in a folder, and the connector to it: what every file target has, and no more.

A document is JSON: its number, its instant, and each order with its lines. The warehouse takes the files that it sees,
whenever a test lets it; `taken` is the oracle. `at` interrupts the connector at a point of its work, as a dying or
frozen process, a broken line or a defect would.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from cartage.deadlines import check_deadline_now
from cartage.errors import NotFound, NotSent, NotSupported, OutcomeUnknown, ReferenceConflict
from cartage.errors.problems import Problem, ProblemKind
from cartage.model.orders import Address, FulfillmentRequest, Package, Shipment, ShipMethod
from cartage.warehouses.checks import WarehouseCheck
from cartage.warehouses.contract import (
    CancelOutcome,
    Capabilities,
    CatalogueItem,
    DuplicatePolicy,
    ItemPage,
    Reconcile,
    RemoteOrder,
    RemoteState,
    ShipmentPage,
    StockLevel,
    StockPage,
    SubmitOutcome,
    SubmitResult,
)
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.documents import (
    AcceptedOrder,
    DocumentPart,
    DocumentResponse,
    InboundDocument,
    OutboundDocument,
    QuarantinedText,
    RejectedOrder,
    Withdrawal,
)

LONGEST_PUBLISH = timedelta(seconds=20)
AT = datetime(2026, 3, 1, tzinfo=UTC)


class Step(StrEnum):
    """The points of a connector's work at which it can be interrupted."""

    WRITE = "write"  # in `write_document`: nothing is saved yet
    STAGE = "stage"  # before the temporary file is written
    STAGED = "staged"  # after it was written, before its claims are checked
    PUBLISH = "publish"  # after the last check of the deadline, before the rename
    PUBLISHED = "published"  # after the rename, before its response
    WITHDRAW = "withdraw"  # before a staged file is taken away
    WITHDRAWN = "withdrawn"  # after it was


class Killed(BaseException):
    """The process died here: no engine catches this, and nothing after it happens."""


Interruption = Callable[[], None]


@dataclass
class FileTarget:
    """The warehouse: `in` is where orders are dropped, `out` where its own files lie, `archive` what was taken in.

    `temporary_names` is whether it leaves files with temporary names alone.
    """

    root: Path
    taken: Counter[str] = field(default_factory=Counter)
    orders: dict[str, RemoteOrder] = field(default_factory=dict)
    files: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("in", "out", "archive"):
            (self.root / name).mkdir(parents=True, exist_ok=True)

    def take(self) -> int:
        """Take every file that it sees; return how many."""
        found = [path for path in sorted((self.root / "in").iterdir()) if not path.name.startswith(".")]
        for path in found:
            content = path.read_bytes()
            self.files.append((path.name, content))
            for order in json.loads(content)["orders"]:
                self.taken[order["reference"]] += 1
                self.orders[order["reference"]] = _remote(order)
            path.unlink()
        return len(found)

    def waiting(self) -> list[str]:
        """Return the names of the files that it has not taken yet, without temporary ones."""
        return sorted(path.name for path in (self.root / "in").iterdir() if path.name[0] != ".")

    def staged(self) -> list[str]:
        """Return the names of temporary files."""
        return sorted(path.name for path in (self.root / "in").iterdir() if path.name[0] == ".")

    def copies(self) -> Counter[str]:
        """Return in how many files, taken or not, each order is: the oracle of "once"."""
        found = Counter(self.taken)
        for name in self.waiting():
            found.update(order["reference"] for order in _orders((self.root / "in" / name).read_bytes()))
        return found

    def put(self, name: str, **content: Any) -> Path:
        """Write a file for us: lists of `accepted`, `rejected`, `responses`, `shipped`, and `stock` by SKU.

        What is `shipped` has a reference and the numbers of its packages.
        """
        path = self.root / "out" / name
        path.write_text(json.dumps(content))
        return path


@dataclass
class FolderWarehouse(DocumentWarehouse):
    """The connector. `direct` writes under the final name, so that a lost response stays unknown."""

    name: ClassVar[str] = "folder"
    title: ClassVar[str] = "the folder"

    target: FileTarget
    direct: bool = False
    per_document: int = 1
    visibility_delay: timedelta = timedelta(0)
    at: dict[Step, Interruption] = field(default_factory=dict)
    unreadable_requests: set[str] = field(default_factory=set)
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            duplicate_policy=DuplicatePolicy.UNKNOWN,
            reconcile=Reconcile.EVIDENCE,
            reference_max_length=22,
            cancel=False,
            inventory=True,
            catalogue=False,
            carriers=False,
            splits=False,
            visibility_delay=self.visibility_delay,
            poll_overlap=timedelta(0),
            longest_request=LONGEST_PUBLISH,
        )

    # Orders

    @property
    def orders_per_document(self) -> int:
        return self.per_document

    def validate(self, request: FulfillmentRequest) -> list[Problem]:
        faults = {
            "there are no lines": not request.lines,
            "the recipient's name is missing, or has more than 100 characters": not (
                0 < len(request.ship_to.name) <= 100
            ),
        }
        return [
            Problem(ProblemKind.REFUSED_BY_WAREHOUSE, fault, fault, "Correct the order in 3dcart.")
            for fault, found in faults.items()
            if found
        ]

    def payload(self, request: FulfillmentRequest) -> dict[str, Any]:
        lines = [{"sku": line.sku, "quantity": str(line.quantity)} for line in request.lines]
        return {"reference": request.reference, "lines": lines, "ship_to": asdict(request.ship_to)}

    def write_document(
        self, requests: Sequence[FulfillmentRequest], number: int, at: datetime
    ) -> OutboundDocument:
        self._interrupt(Step.WRITE)
        references = tuple(request.reference for request in requests)
        if self.unreadable_requests & set(references):
            raise ZeroDivisionError("the connector has a defect")
        orders = [self.payload(request) for request in requests]
        content = json.dumps({"number": number, "at": at.isoformat(), "orders": orders}).encode()
        return OutboundDocument(number, at, f"ord_{number}.json", content, references)

    def submit(self, request: FulfillmentRequest) -> SubmitResult:
        raise NotSupported("the folder takes documents")

    def stage(self, document: OutboundDocument) -> None:
        self._interrupt(Step.STAGE)
        if not self.direct:
            for attempt in range(1, document.attempt):
                for left in (self._temporary(document, attempt), self._mark(document, attempt)):
                    left.unlink(missing_ok=True)
            self._write(self._temporary(document), document.content)
        self._interrupt(Step.STAGED)

    def publish(self, document: OutboundDocument) -> SubmitResult:
        check_deadline_now()
        self._interrupt(Step.PUBLISH)
        final = self._final(document)
        with self.lock:
            if final.exists() and final.read_bytes() == document.content:
                return SubmitResult(SubmitOutcome.ALREADY_EXISTS, document.name)
            if final.exists():
                what = "a file with this name and other content is there"
                raise ReferenceConflict(self.title, f"publish {document.name}", what)
            if self.direct:
                final.write_bytes(document.content)
            elif self._temporary(document).exists():
                self._temporary(document).rename(final)
            else:
                what = "what was staged is no longer there"
                raise NotSent(self.title, f"publish {document.name}", what)
        self._interrupt(Step.PUBLISHED)
        return SubmitResult(SubmitOutcome.ACCEPTED, document.name)

    def withdraw(self, document: OutboundDocument) -> Withdrawal:
        self._interrupt(Step.WITHDRAW)
        if self.direct:
            return Withdrawal.UNKNOWN
        with self.lock:
            if self._temporary(document).exists():
                # The mark stays: a process that dies now has not told its ledger.
                self._temporary(document).rename(self._mark(document))
        if not self._mark(document).exists():
            return Withdrawal.PUBLISHED
        self._interrupt(Step.WITHDRAWN)
        return Withdrawal.WITHDRAWN

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.write_bytes(content)
        except OSError as failure:
            raise NotSent(self.title, f"write {path.name}", str(failure)) from failure

    def _interrupt(self, step: Step) -> None:
        self.calls += step is not Step.WRITE
        self.at.get(step, lambda: None)()

    def _final(self, document: OutboundDocument) -> Path:
        return self.target.root / "in" / document.name

    def _temporary(self, document: OutboundDocument, attempt: int = 0) -> Path:
        return self._final(document).with_name(f".{document.name}.{attempt or document.attempt}.tmp")

    def _mark(self, document: OutboundDocument, attempt: int = 0) -> Path:
        return self._temporary(document, attempt).with_suffix(".withdrawn")

    # Evidence

    def find(self, reference: str) -> list[RemoteOrder]:
        waiting = [self.target.root / "in" / name for name in self.target.waiting()]
        return [
            _remote(order)
            for path in waiting
            for order in _orders(path.read_bytes())
            if order["reference"] == reference
        ]

    def get(self, remote_id: str) -> RemoteOrder:
        found = self.find(remote_id)
        if not found:
            raise NotFound(self.title, "get", "there is no such order")
        return found[0]

    # Files of the warehouse

    def poll_shipments(self, cursor: str) -> Iterator[ShipmentPage]:
        for document in self._inbound():
            for page in self.read_document(document, DocumentPart.ORDERS):
                assert isinstance(page, ShipmentPage)
                yield page

    def inventory(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[StockLevel]]:
        for document in self._inbound():
            for page in self.read_document(document, DocumentPart.STOCK):
                assert isinstance(page, StockPage)
                yield page

    def read_document(
        self, document: InboundDocument, part: DocumentPart, *, released: bool = False
    ) -> Iterator[ShipmentPage | StockPage]:
        try:
            content = json.loads(document.content)
        except (ValueError, RecursionError):
            quarantined = (QuarantinedText("it is no JSON", "Have it sent again.", content=document.content),)
            page = ShipmentPage if part is DocumentPart.ORDERS else StockPage
            yield page((), document=document, quarantined=() if released else quarantined)
            return
        if part is DocumentPart.ORDERS and content.keys() - {"stock"}:
            yield ShipmentPage(
                items=tuple(_shipment(shipped) for shipped in content.get("shipped", ())),
                accepted=tuple(AcceptedOrder(**accepted) for accepted in content.get("accepted", ())),
                rejected=tuple(RejectedOrder(**rejected) for rejected in content.get("rejected", ())),
                responses=tuple(DocumentResponse(**response) for response in content.get("responses", ())),
                document=document,
            )
        if part is DocumentPart.STOCK and "stock" in content:
            levels = {sku: Decimal(quantity) for sku, quantity in content["stock"].items()}
            yield StockPage(
                tuple(StockLevel(sku, level, level) for sku, level in levels.items()), document=document
            )

    def acknowledge(self, page: ShipmentPage | StockPage) -> None:
        if page.document is not None:
            path = Path(page.document.path)
            if path.exists() and path.read_bytes() == page.document.content:
                path.rename(self.target.root / "archive" / f"{page.document.digest[:12]}_{path.name}")

    def cursor_at(self, moment: datetime) -> str:
        return ""

    def _inbound(self) -> Iterator[InboundDocument]:
        for path in sorted((self.target.root / "out").iterdir()):
            yield InboundDocument(str(path), path.read_bytes())

    # What a folder cannot do

    def check(self) -> WarehouseCheck:
        there = (self.target.root / "in").is_dir()
        return WarehouseCheck(there, "the folder is there" if there else "there is no folder")

    def cancel(self, remote_id: str, reason: str) -> CancelOutcome:
        raise NotSupported("the folder takes no cancels")

    def items(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[CatalogueItem]]:
        raise NotSupported("the folder has no catalogue")

    def ship_methods(self) -> ItemPage[ShipMethod]:
        raise NotSupported("the folder has no list of carriers")

    def close(self) -> None:
        """There is no connection."""


def lost_response() -> None:
    """Interrupt a step so that nobody sees whether it happened."""
    raise OutcomeUnknown("the folder", "rename", "the connection was lost")


def die() -> None:
    """Let the process die at a step."""
    raise Killed


def _orders(content: bytes) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = json.loads(content)["orders"]
    return orders


def _shipment(shipped: dict[str, Any]) -> Shipment:
    reference = shipped["reference"]
    packages = tuple(Package(number, number, "UPS") for number in shipped["packages"])
    return Shipment(f"{reference}/{shipped['packages']}", reference, reference, AT, packages, modified_at=AT)


def _remote(order: dict[str, Any]) -> RemoteOrder:
    lines = tuple((line["sku"], Decimal(line["quantity"])) for line in order["lines"])
    address = Address(**order["ship_to"])
    return RemoteOrder(order["reference"], order["reference"], RemoteState.OPEN, lines, address)

"""A warehouse that takes orders as files in a folder, and the connector to it: what every file target has, and no more.

A document is JSON: its number, its instant, and each order with its lines. The warehouse takes the files that it sees,
whenever a test lets it; `taken` is the oracle. `at` interrupts the connector at a point of its work, as a dying or
frozen process, a broken line or a defect would.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from cartage.deadlines import check_deadline_now
from cartage.errors import NotFound, NotSent, NotSupported, OutcomeUnknown, ReferenceConflict
from cartage.errors.problems import Problem, ProblemKind
from cartage.model.orders import (
    Address,
    FulfillmentRequest,
    Package,
    PackageContent,
    Shipment,
    ShipMethod,
)
from cartage.model.stock import MovementKind, StockMovement
from cartage.warehouses.checks import WarehouseCheck
from cartage.warehouses.contract import (
    CancelOutcome,
    Capabilities,
    DuplicatePolicy,
    ItemPage,
    Reconcile,
    RemoteOrder,
    RemoteState,
    ShipmentPage,
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
from cartage.warehouses.listed import CatalogueItem, StockLevel

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
    READ = "read"  # before a file of the warehouse is read
    ACKNOWLEDGE = "acknowledge"  # before a file that was taken in is put away
    ACKNOWLEDGED = "acknowledged"  # after it was
    REPLY = "reply"  # while the reply to a file is written


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

    def put(self, name: str, *, at: datetime | None = None, **content: Any) -> Path:
        """Write a file for us, over one of the same name. `at` is its time; without one, the present.

        The content: lists of `accepted`, `rejected`, `responses`, `shipped`, `quarantined` (what cannot be used unless
        a person releases the file: the same lists, with a `reason`), `movements`, and `stock` by SKU, which is `full`
        unless it says otherwise, with its time `as_of`. `reply`: it wants a reply. What is `shipped` has a reference,
        the numbers of its packages, and its lines by SKU.
        """
        return self.put_bytes(name, json.dumps(content, default=str).encode(), at=at)

    def put_bytes(self, name: str, content: bytes, *, at: datetime | None = None) -> Path:
        """Write a file for us with this content."""
        path = self.root / "out" / name
        path.write_bytes(content)
        if at is not None:
            os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    def left(self) -> list[str]:
        """Return the names of the files that we have not put away."""
        return sorted(path.name for path in (self.root / "out").iterdir())

    def archived(self) -> list[str]:
        """Return the names of the files that we have put away."""
        return sorted(path.name for path in (self.root / "archive").iterdir())


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
                # The mark stays: a process that dies now has not written it to its ledger.
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
        self.calls += step not in {Step.WRITE, Step.READ, Step.REPLY}
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
        self._interrupt(Step.READ)
        try:
            content = json.loads(document.content)
            assert isinstance(content, dict)
        except (ValueError, RecursionError, AssertionError):
            text = QuarantinedText("it is no JSON", "Have it sent again.", content=document.content)
            page = ShipmentPage if part is DocumentPart.ORDERS else StockPage
            of_file = replace(document, parts=frozenset(DocumentPart))
            yield page((), document=of_file, quarantined=() if released else (text,))
            return
        is_stock = {"stock", "movements"} & content.keys()
        parts = {DocumentPart.STOCK} if is_stock else set()
        if not is_stock or {"accepted", "rejected", "responses", "shipped"} & content.keys():
            parts.add(DocumentPart.ORDERS)
        if part not in parts:
            return
        of_file = replace(document, parts=frozenset(parts), wants_reply=content.get("reply", False))
        held_back = content.get("quarantined", []) if part is DocumentPart.ORDERS or len(parts) == 1 else []
        usable = [content, *held_back] if released else [content]
        quarantined = tuple(
            QuarantinedText(each["reason"], "Ask the warehouse.", f"set {place}")
            for place, each in enumerate(() if released else held_back, start=1)
        )
        if part is DocumentPart.STOCK:
            yield self._stock_page(usable, of_file, quarantined)
        for place, each in enumerate(usable if part is DocumentPart.ORDERS else (), start=1):
            yield ShipmentPage(
                items=tuple(_shipment(shipped) for shipped in each.get("shipped", ())),
                accepted=tuple(AcceptedOrder(**accepted) for accepted in each.get("accepted", ())),
                rejected=tuple(RejectedOrder(**rejected) for rejected in each.get("rejected", ())),
                responses=tuple(DocumentResponse(**response) for response in each.get("responses", ())),
                document=of_file,
                quarantined=quarantined if place == 1 else (),
            )

    def _stock_page(
        self,
        usable: Sequence[dict[str, Any]],
        document: InboundDocument,
        quarantined: tuple[QuarantinedText, ...],
    ) -> StockPage:
        made = usable[0].get("as_of")
        as_of = datetime.fromisoformat(made) if made else None
        levels = {
            sku: Decimal(quantity) for each in usable for sku, quantity in each.get("stock", {}).items()
        }
        on_hand_only = usable[0].get("on_hand_only", False)
        return StockPage(
            tuple(
                StockLevel(sku, level, level, as_of=as_of, on_hand_only=on_hand_only)
                for sku, level in levels.items()
            ),
            full=usable[0].get("full", "stock" in usable[0]),
            movements=tuple(
                StockMovement(moved["sku"], moved["quantity"], MovementKind(moved["kind"]))
                for each in usable
                for moved in each.get("movements", ())
            ),
            document=document,
            quarantined=quarantined,
        )

    def reply(self, document: InboundDocument, number: int, at: datetime) -> OutboundDocument | None:
        self._interrupt(Step.REPLY)
        content = json.dumps({"number": number, "reply_to": document.name, "orders": []}).encode()
        return OutboundDocument(number, at, f"reply_{number}.json", content)

    def acknowledge(self, page: ShipmentPage | StockPage) -> None:
        if page.document is not None:
            self._interrupt(Step.ACKNOWLEDGE)
            path = Path(page.document.path)
            if path.exists() and path.read_bytes() == page.document.content:
                path.rename(self.target.root / "archive" / f"{page.document.digest[:12]}_{path.name}")
            self._interrupt(Step.ACKNOWLEDGED)

    def cursor_at(self, moment: datetime) -> str:
        return ""

    def _inbound(self) -> Iterator[InboundDocument]:
        found = sorted((self.target.root / "out").iterdir(), key=lambda path: (path.stat().st_mtime, path))
        for path in found:
            modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            yield InboundDocument(str(path), path.read_bytes(), modified_at)

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


def defect() -> None:
    """Let the connector fail at a step with an error that no contract names."""
    raise ZeroDivisionError("the connector has a defect")


def die() -> None:
    """Let the process die at a step."""
    raise Killed


def _orders(content: bytes) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = json.loads(content)["orders"]
    return orders


def _shipment(shipped: dict[str, Any]) -> Shipment:
    """Return a shipment of a `reference` with the numbers of its `packages`, and what it held by SKU in `lines`."""
    reference, numbers = shipped["reference"], shipped["packages"]
    contents = shipped.get("lines", {}).items()
    return Shipment(
        f"{reference}/{numbers}",
        reference,
        reference,
        AT,
        tuple(Package(number, number, "UPS") for number in numbers),
        final=shipped.get("final", True),
        modified_at=AT,
        lines=tuple(PackageContent(sku, Decimal(quantity)) for sku, quantity in contents),
    )


def _remote(order: dict[str, Any]) -> RemoteOrder:
    lines = tuple((line["sku"], Decimal(line["quantity"])) for line in order["lines"])
    address = Address(**order["ship_to"])
    return RemoteOrder(order["reference"], order["reference"], RemoteState.OPEN, lines, address)

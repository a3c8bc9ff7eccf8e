"""What a confirmation says: what shipped in which package, what will not ship, and what the warehouse has. Pure.

Each package is a shipment of its own, known by its tracking number, else by shipment and carton, else by its row. So a
row that comes again in another file is the same package, and a file that lacks a package never takes it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from cartage.model.orders import Address, Package, PackageContent, Shipment
from cartage.model.tracking_numbers import is_note, number_identity
from cartage.warehouses.contract import RemoteOrder, RemoteState
from cartage.warehouses.documents import AcceptedOrder, RejectedOrder
from cartage.warehouses.files.profiles.reading.entries import FileEntry, TableReader, UnreadableField
from cartage.warehouses.files.profiles.reading.values import UnreadableCell, read_key
from cartage.warehouses.files.profiles.settings.inbound import ConfirmationFiles, RowStatus, ZeroShipped
from cartage.warehouses.unreadable import RowKind, UnreadableRow

_NOTHING_SHIPPED = "the warehouse closed the order without shipping anything"


@dataclass(frozen=True, slots=True)
class ReadConfirmations:
    """What the rows of a file say about orders."""

    shipments: tuple[Shipment, ...] = ()
    cancelled: tuple[RemoteOrder, ...] = ()
    accepted: tuple[AcceptedOrder, ...] = ()
    rejected: tuple[RejectedOrder, ...] = ()
    unreadable: tuple[UnreadableRow, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that can be read."""

    reference: str
    remote_id: str
    status: RowStatus
    reason: str
    package: str
    numbers: tuple[str, ...]
    content: PackageContent | None
    nothing_shipped: bool
    carrier: str
    service: str
    shipped_at: datetime | None
    complete: bool


@dataclass(slots=True)
class _Order:
    """What all rows of a file say about one order."""

    rows: list[_Row] = field(default_factory=list)
    is_damaged: bool = False


class ConfirmationReader:
    """Reads one file. It is made for one call."""

    def __init__(self, reader: TableReader, settings: ConfirmationFiles) -> None:
        self._reader = reader
        self._settings = settings
        self._statuses = {name.casefold(): status for name, status in settings.statuses.items()}
        self._carriers = {code.casefold(): name for code, name in settings.carriers.items()}
        self._services = {code.casefold(): name for code, name in settings.services.items()}
        self._complete = {value.casefold() for value in settings.complete_values}
        self._separators = str.maketrans(dict.fromkeys(settings.tracking_separators, "\n"))
        self._unreadable: list[UnreadableRow] = []
        self._occurred: Counter[str] = Counter()

    def read(self) -> ReadConfirmations:
        """Return what the file says. A row that cannot be read concerns its order only."""
        orders: dict[str, _Order] = {}
        for entry in self._reader.entries():
            if entry.wrong_count:
                self._unreadable.append(entry.miscounted(RowKind.ORDER))
                orders.setdefault(entry.likely_key("reference"), _Order()).is_damaged = True
                continue
            reference = ""
            try:
                reference = entry.key("reference", needed=True)
                row = self._row(entry, reference)
            except UnreadableField as fault:
                self._unreadable.append(entry.unreadable(RowKind.ORDER, fault, reference))
                if reference:
                    orders.setdefault(reference, _Order()).is_damaged = True
                continue
            orders.setdefault(reference, _Order()).rows.append(row)
        return self._result(orders)

    def _row(self, entry: FileEntry, reference: str) -> _Row:
        status = self._status(entry)
        shipped = status is RowStatus.SHIPPED
        numbers = tuple(self._numbers(entry)) if shipped else ()
        quantity = self._quantity(entry) if shipped else None
        return _Row(
            reference=reference,
            remote_id=entry.key("remote_id"),
            status=status,
            reason=entry.text("reason"),
            package=self._package(entry, numbers) if shipped else "",
            numbers=numbers,
            content=self._content(entry, quantity) if shipped else None,
            nothing_shipped=quantity == 0,
            carrier=self._named(entry.text("carrier"), self._carriers),
            service=self._named(entry.text("service"), self._services),
            shipped_at=self._shipped_at(entry, reference),
            complete=self._is_complete(entry),
        )

    def _status(self, entry: FileEntry) -> RowStatus:
        if "status" not in self._reader.names:
            return RowStatus.SHIPPED
        found = self._statuses.get(entry.word("status"))
        if found is None:
            fix = "Add what it has to `statuses` in the profile, with what it means."
            raise entry.fault("status", UnreadableCell("a status that the profile does not know", fix))
        return found

    def _numbers(self, entry: FileEntry) -> Iterator[str]:
        """Yield the tracking numbers of a row; a note such as N/A is none."""
        for part in entry.cell("tracking").translate(self._separators).splitlines():
            try:
                number = read_key(part)
            except UnreadableCell as fault:
                raise entry.fault("tracking", fault) from None
            if number and not is_note(number):
                yield number

    def _quantity(self, entry: FileEntry) -> Decimal | None:
        quantity = entry.quantity("quantity")
        if quantity is not None and quantity < 0:
            fix = "Ask the warehouse what it means; a return is no shipment."
            raise entry.fault("quantity", UnreadableCell("less than 0", fix))
        if quantity == 0 and self._settings.zero_quantity is ZeroShipped.UNREADABLE:
            fix = "Ask the warehouse what it means; or set `zero_quantity: not_shipped` in the profile."
            raise entry.fault("quantity", UnreadableCell("zero", fix))
        if quantity is None and entry.cell("sku").strip() and "quantity" in self._reader.names:
            raise entry.fault("quantity", UnreadableCell("missing", "Ask the warehouse to fill it in."))
        return quantity

    def _content(self, entry: FileEntry, quantity: Decimal | None) -> PackageContent | None:
        """Return what of a line is in the package; None if the row does not say it."""
        if not quantity or not {"sku", "line_id"} & set(self._reader.names):
            return None
        line_id = entry.key("line_id")
        number = int(line_id) if line_id.isascii() and line_id.isdigit() and len(line_id) <= 18 else None
        sku = entry.key("sku", needed=number is None)
        return PackageContent(sku, quantity, number)

    def _package(self, entry: FileEntry, numbers: tuple[str, ...]) -> str:
        """Return what a package is known by: number, else shipment and carton, else the row itself."""
        if numbers:
            return number_identity(numbers[0])
        shipment_id, carton = entry.key("shipment_id"), entry.key("carton")
        if shipment_id or carton:
            return f"{shipment_id} carton {carton}" if carton else f"shipment {shipment_id}"
        digest = entry.content_hash[:16]
        self._occurred[digest] += 1
        count = self._occurred[digest]
        return f"row {digest}" if count == 1 else f"row {digest} #{count}"

    def _shipped_at(self, entry: FileEntry, reference: str) -> datetime | None:
        """Return when it shipped. A date that cannot be read is named, and costs the row nothing else."""
        try:
            return entry.time("shipped_at")
        except UnreadableField as fault:
            row = entry.unreadable(RowKind.ORDER, fault, reference)
            self._unreadable.append(row)
            return None

    def _is_complete(self, entry: FileEntry) -> bool:
        if "complete" in self._reader.names:
            return entry.word("complete") in self._complete
        return self._settings.short_is_final

    @staticmethod
    def _named(text: str, names: dict[str, str]) -> str:
        return names.get(text.casefold(), text)

    def _result(self, orders: dict[str, _Order]) -> ReadConfirmations:
        shipments: list[Shipment] = []
        cancelled: list[RemoteOrder] = []
        accepted: list[AcceptedOrder] = []
        rejected: list[RejectedOrder] = []
        for reference, order in orders.items():
            by_status = {row.status: row for row in order.rows}
            # What is unknown of a damaged row may still be to come: nothing of its order is final.
            final = any(row.complete for row in order.rows) and not order.is_damaged
            found = list(_shipments(reference, order.rows, final=final))
            shipments += found
            shipped = [row for row in order.rows if row.status is RowStatus.SHIPPED]
            if row := by_status.get(RowStatus.CANCELLED):
                cancelled.append(
                    RemoteOrder(row.remote_id or reference, reference, RemoteState.CANCELLED, (), Address())
                )
            if (row := by_status.get(RowStatus.REJECTED)) and not found:
                rejected.append(RejectedOrder(reference, row.reason, row.remote_id))
            elif shipped and not found and final:
                rejected.append(
                    RejectedOrder(reference, shipped[-1].reason or _NOTHING_SHIPPED, shipped[-1].remote_id)
                )
            elif row := by_status.get(RowStatus.ACCEPTED) or (shipped[-1] if shipped and not found else None):
                accepted.append(AcceptedOrder(reference, row.remote_id))
        return ReadConfirmations(
            tuple(shipments), tuple(cancelled), tuple(accepted), tuple(rejected), tuple(self._unreadable)
        )


def _shipments(reference: str, rows: Iterable[_Row], *, final: bool) -> Iterator[Shipment]:
    """Yield what shipped of an order: a shipment for each package, or for packages that rows name together."""
    for members in _together(
        row for row in rows if row.status is RowStatus.SHIPPED and not row.nothing_shipped
    ):
        carrier, service = _first(row.carrier for row in members), _first(row.service for row in members)
        contents: dict[str, list[PackageContent]] = {}
        for row in members:
            contents.setdefault(row.package, []).extend([] if row.content is None else [row.content])
        numbers = {
            number_identity(number): number for row in reversed(members) for number in reversed(row.numbers)
        }
        shipped = [row.shipped_at for row in members if row.shipped_at is not None]
        keys = dict.fromkeys([*(row.package for row in members), *reversed(numbers)])
        yield Shipment(
            key=f"{reference}/{members[0].package}",
            remote_id=_first(row.remote_id for row in members) or reference,
            reference=reference,
            shipped_at=min(shipped, default=None),
            packages=tuple(
                # Further numbers of a row are packages whose contents are counted with the first.
                Package(
                    key,
                    numbers.get(key, ""),
                    carrier,
                    service,
                    tuple(contents[key]) if key in contents else None,
                )
                for key in keys
            ),
            final=final,
            lines=tuple(row.content for row in members if row.content is not None),
        )


def _together(rows: Iterable[_Row]) -> Iterable[list[_Row]]:
    """Return the rows of each package; packages that one row names together have their rows together."""
    leaders: dict[str, str] = {}

    def leader(name: str) -> str:
        while (above := leaders.setdefault(name, name)) != name:
            leaders[name] = leaders[above]
            name = above
        return name

    found = list(rows)
    for row in found:
        for number in row.numbers:
            leaders[leader(number_identity(number))] = leader(row.package)
    groups: dict[str, list[_Row]] = {}
    for row in found:
        groups.setdefault(leader(row.package), []).append(row)
    return groups.values()


def _first(texts: Iterable[str]) -> str:
    return next(filter(None, texts), "")

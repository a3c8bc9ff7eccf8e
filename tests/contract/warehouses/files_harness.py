"""The sandbox's warehouse behind its SFTP server as the harness of the shared suite, with CSV files and with X12."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Self, cast

from cartage.connections import Connection
from cartage.http import Timeouts
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.registry import open_warehouse
from cartage_sandbox.files import DEFAULT_ACCOUNT, CustomerAccount, FileForm, create_file_warehouse
from cartage_sandbox.files.csvs.writing import acknowledgement_file, inventory_file
from cartage_sandbox.files.orders import TakenOrder, WantedLine, WantedOrder
from cartage_sandbox.files.shipping import Shipping
from cartage_sandbox.files.x12 import sets
from cartage_sandbox.kernel import Fault
from tests.contract.warehouses.document_suite import DocumentHarness
from tests.contract.warehouses.harness import Held, Mishap

# Short settle times and no archive of the warehouse's: tests see what they cause at once.
FOLDERS = {"orders_to": "/in", "read_from": "/out", "archive_to": "/archive", "settle": "0s"}
CSV = {**FOLDERS, "format": "csv", "profile": "dsfx"}
X12 = {
    **FOLDERS,
    "format": "x12",
    "x12": {
        "us": {"id": "CARTAGE"},
        "partner": {"id": "SANDBOXWMS"},
        "orders": {"line_qualifier": "LI", "line_note_rows": 4, "cancel_code": "F"},
        "shipments": {"cancel_codes": ["X"]},
        "stock": {"snapshot": "full"},
    },
}
_TIMEOUTS = Timeouts(connect=5.0, read=10.0)
_FAULTS: dict[Mishap, dict[str, Any]] = {
    Mishap.RESPONSE_CUT: {"kind": "reset", "moment": "after"},
    Mishap.REQUEST_CUT: {"kind": "reset", "moment": "before"},
}
# What makes a file visible: its rename, or the end of writing it under its final name.
_PUBLICATION = r"^(RENAME|CLOSE) /in/"


class FilesHarness(DocumentHarness):
    """A context manager: the warehouse runs inside it. It says nothing of itself; tests let it."""

    form = FileForm.DSFX
    settings: dict[str, Any] = CSV

    def __init__(self, root: Path, **rules: Any) -> None:
        account = replace(DEFAULT_ACCOUNT, form=self.form)
        quiet: dict[str, Any] = {"acknowledges": "none", "sends_997": "never", "unknown_sku": "accepted"}
        self.warehouse = create_file_warehouse(root, rules={**quiet, **rules}, accounts=[account])
        self._files = 0

    def __enter__(self) -> Self:
        self.warehouse.sftp.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.warehouse.sftp.stop()

    @property
    def account(self) -> CustomerAccount:
        """The account of the tests."""
        return self.warehouse.premises.account(DEFAULT_ACCOUNT.login)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, without temporary ones."""
        return sorted(
            path.name for path in self.folder(folder).iterdir() if path.is_file() and path.name[0] != "."
        )

    def put(self, name: str, content: bytes) -> str:
        """Let the warehouse write a file with any content."""
        with self.warehouse.premises.lock:
            return self.warehouse.tray.put(self.account, name, content)

    # The connector

    def connection(self, **changes: Any) -> Connection:
        """Return the connection of the account, with changed fields."""
        sftp = self.warehouse.sftp
        fields: dict[str, Any] = {
            "host": sftp.host,
            "port": sftp.port,
            "login": DEFAULT_ACCOUNT.login,
            "password": DEFAULT_ACCOUNT.password,
            "extra": {"host_key": sftp.host_key},
        }
        return Connection("wms", **{**fields, **changes})

    def open(self, **settings: Any) -> DocumentWarehouse:
        return self._opened(self.connection(), settings)

    def open_direct(self) -> DocumentWarehouse:
        return self.open(publish="direct")

    def open_impatient(self) -> DocumentWarehouse:
        return self._opened(self.connection(extra={**self.connection().extra, "cmd_timeout": 1}), {})

    def open_unreachable(self) -> DocumentWarehouse:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        return self._opened(self.connection(port=port), {})

    def open_with_wrong_credentials(self) -> DocumentWarehouse:
        return self._opened(self.connection(password="wrong-password"), {})

    def _opened(self, connection: Connection, settings: dict[str, Any]) -> DocumentWarehouse:
        opened = open_warehouse("files", connection, {**self.settings, **settings}, timeouts=_TIMEOUTS)
        return cast("DocumentWarehouse", opened)

    # What the warehouse does

    def seed(self, skus: Sequence[str], *, quantity: int = 100, active: bool = True) -> None:
        with self.warehouse.premises.lock:
            self.warehouse.floor.set_stock(self.account, dict.fromkeys(skus, quantity))

    def advance(self, time: timedelta) -> None:
        self.warehouse.clock.advance(time.total_seconds())

    def go_wrong(self, mishap: Mishap) -> None:
        self.warehouse.faults.add(Fault.parse({"route": _PUBLICATION, **_FAULTS[mishap]}))

    def hide_new_orders(self, time: timedelta) -> None:
        """It shows no orders at all."""

    def take(self) -> int:
        return self.warehouse.work()["taken"]

    def ship(self, references: Sequence[str], *, packages: int = 1) -> None:
        self.take()
        with self.warehouse.premises.lock:
            wanted = [order for order in self._orders() if order.wanted.reference in references]
            self.warehouse.floor.ship(self.account, wanted, Shipping(packages=packages))

    def ship_some(self, references: Sequence[str], quantities: dict[str, int]) -> None:
        """Ship a part of orders that were taken."""
        with self.warehouse.premises.lock:
            wanted = [order for order in self._orders() if order.wanted.reference in references]
            self.warehouse.floor.ship(self.account, wanted, Shipping(quantities=quantities))

    def accept(self, reference: str) -> None:
        row = {"reference": reference, "status": "ACCEPTED", "number": "W1", "message": ""}
        self.put(self._name("ack"), acknowledgement_file([row], self.account.layout))

    def reject(self, reference: str, reason: str) -> None:
        row = {"reference": reference, "status": "REJECTED", "message": reason}
        self.put(self._name("ack"), acknowledgement_file([row], self.account.layout))

    def write_stock(self, levels: dict[str, int]) -> None:
        rows = [{"sku": sku, "available": str(level), "on_hand": str(level)} for sku, level in levels.items()]
        self.put(self._name("inv"), inventory_file(rows, self.account.layout))

    def unread(self) -> int:
        return len(list(self.folder("out").iterdir()))

    def take_back(self, reference: str) -> None:
        raise NotImplementedError("no file says that a shipment was voided")

    def split(self, reference: str) -> list[str]:
        raise NotImplementedError("no file shows that an order was divided")

    def cancel(self, reference: str) -> None:
        self.reject(reference, "cancelled")

    def change(self, reference: str) -> None:
        raise NotImplementedError("no file shows an order")

    def receive(self, count: int) -> list[str]:
        references = [f"A3_{number}_0" for number in range(1, count + 1)]
        now = self.warehouse.clock.now()
        with self.warehouse.premises.lock:
            for reference in references:
                wanted = WantedOrder(reference, (WantedLine("1", "MUG-RED", 1),))
                number = f"W{self.warehouse.premises.next_number():07d}"
                self._orders().append(TakenOrder(number, wanted, "", now))
        return references

    def page_size(self) -> int:
        return 20

    # The oracle

    def held(self) -> list[Held]:
        with self.warehouse.premises.lock:
            return [_held(order) for order in self._orders()]

    def made(self, reference: str) -> int:
        return self.warehouse.journal.count_by_key("order.taken").get(reference, 0)

    def submitted(self) -> list[dict[str, Any]]:
        self.take()
        found = sorted(self.folder("in/archive").iterdir())
        return [{"file": path.name, "content": path.read_text()} for path in found]

    def requests(self) -> int:
        return len(self.warehouse.journal.entries("request"))

    def _orders(self) -> list[TakenOrder]:
        return self.warehouse.premises.orders[self.account.login]

    def folder(self, name: str) -> Path:
        """Return a folder of the account on the warehouse's disk."""
        return self.warehouse.premises.home(self.account.login) / name

    def _name(self, kind: str) -> str:
        self._files += 1
        return f"{kind}_{self._files:06d}_260301123000.csv"


class X12Harness(FilesHarness):
    """The same warehouse for a customer with X12."""

    form = FileForm.X12
    settings = X12

    def accept(self, reference: str) -> None:
        """Send a 945 that ships nothing of it yet: no other set names an order that was taken."""
        rows = [("W06", "N", reference, "20260301", "S1"), ("LX", "1")]
        self._put("SW", "945", [*rows, ("W12", "BO", "3", "0", "3", "EA", "", "SK", "MUG-RED"), ("W03", "0")])

    def reject(self, reference: str, reason: str) -> None:
        head = ("W06", "X", reference, "20260301", "S1")
        self._put("SW", "945", [head, ("NTE", "GEN", reason), ("W03", "0")])

    def write_stock(self, levels: dict[str, int]) -> None:
        rows = sets.inventory_advice(levels, self.warehouse.clock.now(), "INV1", full=True, qualifier="33")
        self._put("IB", "846", rows)

    def _put(self, group: str, kind: str, rows: Sequence[tuple[str, ...]]) -> None:
        self._files += 1
        text = self.account.envelope.written(
            group, 90_000 + self._files, self.warehouse.clock.now(), [(kind, list(rows))]
        )
        self.put(f"{kind}_{self._files:06d}.x12", text.encode())


def _held(order: TakenOrder) -> Held:
    lines: dict[str, Decimal] = {}
    for line in order.wanted.lines:
        lines[line.sku] = lines.get(line.sku, Decimal(0)) + line.quantity
    return Held(
        remote_id=order.wanted.reference,
        reference=order.wanted.reference,
        accepted_as=order.wanted.reference,
        state=order.state,
        lines=lines,
        name=str(order.wanted.ship_to.get("name", "")),
        tracking=tuple(package.tracking for package in order.packages),
    )

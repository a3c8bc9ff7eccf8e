"""The Extensiv emulator as the contract suite's harness: faults by its control API, evidence from its journal."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from cartage.connections import Connection
from cartage.http import Timeouts
from cartage.warehouses.contract import Warehouse
from cartage.warehouses.registry import open_warehouse
from cartage_sandbox.extensiv import (
    DEFAULT_CREDENTIAL,
    DEFAULT_CUSTOMER_ID,
    DEFAULT_FACILITY_ID,
    ROLES,
    create_warehouse,
)
from cartage_sandbox.extensiv.data.model import Order
from cartage_sandbox.kernel import Clock, Fault, SandboxServer
from tests.contract.warehouses.harness import Held, Mishap
from tests.contract.warehouses.http_warehouse_suite import HttpHarness

SUBMIT = r"^POST /orders$"
SEARCH = r"^GET /orders$"
SETTINGS = {"customer_id": DEFAULT_CUSTOMER_ID, "facility_id": DEFAULT_FACILITY_ID}
_TIMEOUTS = Timeouts(connect=2.0, read=5.0)
_IMPATIENT = Timeouts(connect=2.0, read=1.0)

_FAULTS: dict[Mishap, dict[str, Any]] = {
    Mishap.RESPONSE_CUT: {"kind": "reset", "moment": "after"},
    Mishap.RESPONSE_HALF: {"kind": "truncate", "moment": "within"},
    Mishap.RESPONSE_GARBAGE: {"kind": "garbage", "moment": "after"},
    Mishap.RESPONSE_ERROR: {"kind": "status", "moment": "after", "status": 504},
    Mishap.RESPONSE_LATE: {"kind": "delay", "moment": "after", "seconds": 3.0},
    Mishap.REQUEST_CUT: {"kind": "close", "moment": "before"},
    Mishap.REQUEST_ERROR: {"kind": "status", "moment": "before", "status": 500},
}
_STATES = {"open": "open", "closed": "shipped", "canceled": "cancelled"}


class ExtensivHarness(HttpHarness):
    """A context manager: the emulator runs inside it."""

    def __init__(self, *, start: datetime | None = None, **rules: Any) -> None:
        self.clock = Clock(start)
        self.emulator = create_warehouse(clock=self.clock, rules=rules)
        self._server = SandboxServer(self.emulator.app)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def open(self, *, timeouts: Timeouts = _TIMEOUTS, **settings: Any) -> Warehouse:
        return self._opened(self._server.url, DEFAULT_CREDENTIAL.client_secret, timeouts, settings)

    def open_impatient(self) -> Warehouse:
        return self.open(timeouts=_IMPATIENT)

    def open_unreachable(self) -> Warehouse:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        return self._opened(f"http://127.0.0.1:{port}", DEFAULT_CREDENTIAL.client_secret, _TIMEOUTS, {})

    def open_with_wrong_credentials(self) -> Warehouse:
        return self._opened(self._server.url, "wrong-secret", _TIMEOUTS, {})

    def seed(self, skus: Sequence[str], *, quantity: int = 100, active: bool = True) -> None:
        state = self.emulator.state
        with state.lock:
            for sku in skus:
                state.catalogue.put_item({"sku": sku, "qty": quantity, "active": active}, state.now())

    def advance(self, time: timedelta) -> None:
        self.clock.advance(time.total_seconds())

    def go_wrong(self, mishap: Mishap) -> None:
        self.emulator.faults.add(Fault.parse({"route": SUBMIT, **_FAULTS[mishap]}))

    def hide_new_orders(self, time: timedelta) -> None:
        self.emulator.rules.update({"list_visibility_seconds": time.total_seconds()})

    def ship(self, references: Sequence[str], *, packages: int = 1) -> None:
        self.emulator.floor.ship(self._named(references), packages=packages)

    def take_back(self, reference: str) -> None:
        self.emulator.floor.void(self._named([reference]), reopen=True)

    def split(self, reference: str) -> list[str]:
        return [part.reference for part in self.emulator.floor.split(self._named([reference])[0])]

    def cancel(self, reference: str) -> None:
        for order in self._named([reference]):
            self.emulator.desk.cancel(order, order.etag, {"reason": "out of stock"})

    def change(self, reference: str) -> None:
        for order in self._named([reference]):
            self.emulator.floor.correct([order], order.packages[0].tracking_number)

    def receive(self, count: int) -> list[str]:
        references = [f"A3_{number}_0" for number in range(1, count + 1)]
        for reference in references:
            self.emulator.desk.create(_posted(reference))
        return references

    def page_size(self) -> int:
        return self.emulator.rules.integer("max_page_orders")

    def held(self) -> list[Held]:
        return [_held(order) for order in self.emulator.state.book]

    def made(self, reference: str) -> int:
        return self.emulator.journal.count_by_key("order.created").get(reference, 0)

    def requests(self) -> int:
        return len(self.emulator.journal.entries("request"))

    def throttle_next_submit(self, retry_after: int) -> None:
        headers = {"Retry-After": str(retry_after)}
        self.emulator.faults.add(Fault(SUBMIT, "status", status=429, headers=headers))

    def throttle_next_search(self) -> None:
        self.emulator.faults.add(Fault(SEARCH, "status", status=429, headers={"Retry-After": "0"}))

    def token_life(self) -> timedelta:
        return timedelta(seconds=self.emulator.rules.number("token_seconds"))

    def accept_no_token(self) -> None:
        self.emulator.faults.add(Fault(r" /orders", "status", status=401, nth=0))

    def take_the_right_to_submit(self) -> None:
        roles = ROLES - {"OrderImport", "OrderWrite"}
        self.emulator.tokens.set_roles(DEFAULT_CREDENTIAL.client_id, roles)

    def garble_searches(self) -> None:
        self.emulator.faults.add(Fault(SEARCH, "garbage", nth=0))

    def fail_next_search(self) -> None:
        self.emulator.faults.add(Fault(SEARCH, "status", status=503))

    def submits(self) -> int:
        return len(self.submitted())

    def submitted(self) -> list[dict[str, Any]]:
        """Return the bodies of all submits that were received."""
        entries = self.emulator.journal.entries("request")
        return [
            entry["detail"] for entry in entries if (entry["method"], entry["path"]) == ("POST", "/orders")
        ]

    def calls(self, method: str, path: str) -> list[str]:
        """Return the paths, with query, of all requests with this prefix."""
        entries = self.emulator.journal.entries("request")
        return [e["path"] for e in entries if e["method"] == method and e["path"].startswith(path)]

    def _named(self, references: Sequence[str]) -> list[Order]:
        """Return the orders that now have these references, or else those that were accepted under them."""
        book = self.emulator.state.book
        now = [order for reference in references for order in book.with_reference(reference)]
        return now or self.emulator.floor.named(references)

    def _opened(self, url: str, secret: str, timeouts: Timeouts, settings: dict[str, Any]) -> Warehouse:
        credential = DEFAULT_CREDENTIAL
        connection = Connection(
            "wms", host=url, login=credential.client_id, password=secret, extra={"user_login": "cartage"}
        )
        return open_warehouse("extensiv", connection, {**SETTINGS, **settings}, timeouts=timeouts)


def _posted(reference: str) -> dict[str, Any]:
    return {
        "customerIdentifier": {"id": DEFAULT_CUSTOMER_ID},
        "facilityIdentifier": {"id": DEFAULT_FACILITY_ID},
        "referenceNum": reference,
        "shipTo": {"name": "Ann", "address1": "1 Road", "city": "Rochester", "zip": "14607", "country": "US"},
        "orderItems": [{"itemIdentifier": {"sku": "MUG-RED"}, "qty": 1, "externalId": "71"}],
    }


def _held(order: Order) -> Held:
    lines: dict[str, Decimal] = {}
    for line in order.lines:
        lines[line.item.sku] = lines.get(line.item.sku, Decimal(0)) + line.qty
    return Held(
        remote_id=str(order.order_id),
        reference=order.reference,
        accepted_as=order.accepted_as,
        state=_STATES[order.status.name.lower()],
        lines=lines,
        name=str((order.document.get("shipTo") or {}).get("name") or ""),
        tracking=tuple(package.tracking_number for package in order.packages),
    )

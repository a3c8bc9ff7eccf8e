"""The ShipBob emulator as the contract suite's harness: faults by its control API, evidence from its journal.

Everything that goes over the wire is held to the description of the operations used (openapi/shipbob.yaml).
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from cartage.connections import Connection
from cartage.http import Timeouts
from cartage.pace import AccountBudget, CallLimits, open_local
from cartage.warehouses.contract import Warehouse
from cartage.warehouses.registry import open_warehouse
from cartage.warehouses.shipbob import CALL_LIMITS
from cartage_sandbox.kernel import Clock, Fault, SandboxServer
from cartage_sandbox.shipbob import (
    DEFAULT_CHANNEL_ID,
    DEFAULT_CLIENT,
    DEFAULT_TOKEN,
    SCOPES,
    create_shipbob,
)
from cartage_sandbox.shipbob.data.model import SHIPPED, Detail, Order, Status
from tests.contract.warehouses.described import Described
from tests.contract.warehouses.harness import Held, Mishap
from tests.contract.warehouses.http_warehouse_suite import HttpHarness

SUBMIT = r"^POST /2026-01/order$"
SEARCH = r"^GET /2026-01/order$"
CATALOGUE = r"^GET /2026-01/product$"
SETTINGS = {"channel_id": DEFAULT_CHANNEL_ID}
# Long pages are held to the description before they are sent, which takes a loaded machine some seconds.
_TIMEOUTS = Timeouts(connect=2.0, read=30.0)
_IMPATIENT = Timeouts(connect=2.0, read=1.0)
# The emulator says how long to wait; how many calls a minute has is tested by itself.
_UNLIMITED = CallLimits(wait_headers=CALL_LIMITS.wait_headers, remaining_header=CALL_LIMITS.remaining_header)

_FAULTS: dict[Mishap, dict[str, Any]] = {
    Mishap.RESPONSE_CUT: {"kind": "reset", "moment": "after"},
    Mishap.RESPONSE_HALF: {"kind": "truncate", "moment": "within"},
    Mishap.RESPONSE_GARBAGE: {"kind": "garbage", "moment": "after"},
    Mishap.RESPONSE_ERROR: {"kind": "status", "moment": "after", "status": 504},
    Mishap.RESPONSE_LATE: {"kind": "delay", "moment": "after", "seconds": 3.0},
    Mishap.REQUEST_CUT: {"kind": "close", "moment": "before"},
    Mishap.REQUEST_ERROR: {"kind": "status", "moment": "before", "status": 500},
}


class ShipBobHarness(HttpHarness):
    """A context manager: the emulator runs inside it. `sign_in` is token, or oauth for an application."""

    def __init__(self, *, sign_in: str = "token", start: datetime | None = None, **rules: Any) -> None:
        self.clock = Clock(start)
        self.emulator = create_shipbob(clock=self.clock, rules={"throttle": False, **rules})
        self.described = Described("shipbob", self.emulator.app, self.emulator.faults)
        self._server = SandboxServer(self.described)
        self._sign_in = sign_in

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._server.stop()
        if kind is None:
            assert self.described.faults == []

    @property
    def url(self) -> str:
        return self._server.url

    def open(
        self, *, timeouts: Timeouts = _TIMEOUTS, limits: CallLimits = _UNLIMITED, **settings: Any
    ) -> Warehouse:
        return self._opened(self.connection(), timeouts, settings, limits)

    def connection(self, **changes: Any) -> Connection:
        given: dict[str, Any] = {"host": self._server.url, "password": DEFAULT_TOKEN}
        if self._sign_in == "oauth":
            client = DEFAULT_CLIENT
            extra = {
                "client_secret": client.client_secret,
                "refresh_token": client.refresh_token,
                "auth_address": self._server.url,
                **changes.pop("extra", {}),
            }
            given |= {"password": "", "login": client.client_id, "extra": extra}
        return Connection("wms", **{**given, **changes})

    def open_impatient(self) -> Warehouse:
        return self.open(timeouts=_IMPATIENT)

    def open_unreachable(self) -> Warehouse:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        return self._opened(self.connection(host=f"http://127.0.0.1:{port}"), _TIMEOUTS, {})

    def open_with_wrong_credentials(self) -> Warehouse:
        return self._opened(self.connection(password="a-wrong-personal-access-token"), _TIMEOUTS, {})

    def seed(self, skus: Sequence[str], *, quantity: int = 100, active: bool = True) -> None:
        with self.emulator.state.lock:
            for sku in skus:
                self.emulator.state.put_item({"sku": sku, "quantity": quantity, "active": active})

    def advance(self, time: timedelta) -> None:
        self.clock.advance(time.total_seconds())

    def go_wrong(self, mishap: Mishap) -> None:
        self.emulator.faults.add(Fault.parse({"route": SUBMIT, **_FAULTS[mishap]}))

    def hide_new_orders(self, time: timedelta) -> None:
        self.emulator.rules.update({"list_visibility_seconds": time.total_seconds()})

    def ship(self, references: Sequence[str], *, packages: int = 1) -> None:
        self.emulator.floor.ship(self.named(references), packages=packages)

    def take_back(self, reference: str) -> None:
        self.emulator.floor.void(self.named([reference]))

    def split(self, reference: str) -> list[str]:
        """Divide an order among two fulfillment centres: it stays one order."""
        for order in self.named([reference]):
            self.emulator.floor.split(order)
        return [reference]

    def cancel(self, reference: str) -> None:
        self.emulator.floor.cancel(self.named([reference]))

    def change(self, reference: str) -> None:
        self.emulator.floor.correct(self.named([reference]))

    def trouble(self, reference: str, status: str, *details: str) -> None:
        """Give an open order's shipments another status, for these reasons."""
        named = [Detail(name) for name in details]
        self.emulator.floor.trouble(self.named([reference]), Status(status), named)

    def receive(self, count: int) -> list[str]:
        references = [f"A3_{number}_0" for number in range(1, count + 1)]
        state = self.emulator.state
        with state.lock:
            state.put_item({"sku": "MUG-RED", "quantity": count})
            for reference in references:
                self.emulator.desk.create(_posted(reference), state.channels[DEFAULT_CHANNEL_ID])
        return references

    def page_size(self) -> int:
        return self.emulator.rules.integer("max_page_orders")

    def held(self) -> list[Held]:
        return [_held(order) for order in self.emulator.state.orders.values()]

    def made(self, reference: str) -> int:
        return self.emulator.journal.count_by_key("order.created").get(reference, 0)

    def requests(self) -> int:
        return len(self.emulator.journal.entries("request"))

    def throttle_next_submit(self, retry_after: int) -> None:
        headers = {"x-retry-after": str(retry_after)}
        self.emulator.faults.add(Fault(SUBMIT, "status", status=429, headers=headers))

    def throttle_next_search(self) -> None:
        self.emulator.faults.add(Fault(SEARCH, "status", status=429, headers={"x-retry-after": "0"}))

    def token_life(self) -> timedelta:
        return timedelta(seconds=self.emulator.rules.number("access_token_seconds"))

    def accept_no_token(self) -> None:
        self.emulator.faults.add(Fault(r" /2026-01/", "status", status=401, nth=0))

    def take_the_right_to_submit(self) -> None:
        self.emulator.faults.add(Fault(SUBMIT, "status", status=403, nth=0))

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
            entry["detail"]
            for entry in entries
            if (entry["method"], entry["path"]) == ("POST", "/2026-01/order")
        ]

    def calls(self, method: str, path: str) -> list[str]:
        """Return the paths, with query, of all requests with this prefix."""
        entries = self.emulator.journal.entries("request")
        return [e["path"] for e in entries if e["method"] == method and e["path"].startswith(path)]

    def effects(self, kind: str) -> list[str]:
        """Return the keys of the effects of this kind."""
        return [entry["key"] for entry in self.emulator.journal.entries(kind)]

    def named(self, references: Sequence[str]) -> list[Order]:
        """Return the orders with these references."""
        state = self.emulator.state
        return [order for reference in references for order in state.with_reference(reference)]

    def set_scopes(self, *missing: str) -> None:
        """Take rights from the token."""
        self.emulator.tokens.set_scopes(DEFAULT_TOKEN, SCOPES - set(missing))

    def _opened(
        self,
        connection: Connection,
        timeouts: Timeouts,
        settings: dict[str, Any],
        limits: CallLimits = _UNLIMITED,
    ) -> Warehouse:
        budget = AccountBudget(limits, open_local)
        chosen = {**SETTINGS, **settings}
        return open_warehouse("shipbob", connection, chosen, timeouts=timeouts, budget=budget)


def _posted(reference: str) -> dict[str, Any]:
    address = {"address1": "1 Road", "city": "Rochester", "state": "NY", "zip_code": "14607", "country": "US"}
    return {
        "reference_id": reference,
        "type": "DTC",
        "shipping_method": "Standard",
        "recipient": {"name": "Ann", "address": address},
        "products": [{"reference_id": "MUG-RED", "name": "Mug", "quantity": 1, "external_line_id": 71}],
    }


def _held(order: Order) -> Held:
    lines: dict[str, Decimal] = {}
    for line in order.lines:
        lines[line.item.sku] = lines.get(line.item.sku, Decimal(0)) + line.quantity
    live = [shipment for shipment in order.shipments if shipment.status is not Status.CANCELLED]
    shipped = bool(live) and all(shipment.status in SHIPPED for shipment in live)
    numbers = (shipment.tracking_number for shipment in order.shipments)
    return Held(
        remote_id=str(order.id),
        reference=order.reference,
        accepted_as=order.reference,
        state="cancelled" if not live else "shipped" if shipped else "open",
        lines=lines,
        name=order.document["recipient"]["name"],
        tracking=tuple(number for number in numbers if number),
    )

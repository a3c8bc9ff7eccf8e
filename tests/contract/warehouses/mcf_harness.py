"""The emulator of Multi-Channel Fulfillment as the contract suite's harness: faults by its control API, evidence from
its journal."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from cartage.connections import Connection
from cartage.http import Timeouts
from cartage.warehouses.contract import Warehouse
from cartage.warehouses.mcf.polling import PAGE
from cartage.warehouses.registry import open_warehouse
from cartage_sandbox.kernel import Clock, Fault, SandboxServer
from cartage_sandbox.mcf import (
    DEFAULT_APPLICATION,
    INVENTORY,
    MARKETPLACE_ID,
    OUTBOUND,
    ROOT,
    create_seller_account,
)
from cartage_sandbox.mcf.data.model import Order, Status
from tests.contract.warehouses.described import Described
from tests.contract.warehouses.harness import Held, Mishap
from tests.contract.warehouses.http_warehouse_suite import HttpHarness

SUBMIT = rf"^POST {ROOT}$"
READ = rf"^GET {ROOT}/"
LIST = rf"^GET {ROOT}$"
SETTINGS = {"marketplace": "US", "speed": "Standard"}
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
_STATES = {
    Status.COMPLETE: "shipped",
    Status.COMPLETE_PARTIALLED: "shipped",
    Status.CANCELLED: "cancelled",
    Status.INVALID: "cancelled",
    Status.UNFULFILLABLE: "cancelled",
}


class McfHarness(HttpHarness):
    """A context manager: the emulator runs inside it. The pace of calls is limited only where a test says so."""

    # A success of createFulfillmentOrder has an empty body.
    response_names_the_order = False

    def __init__(self, *, start: datetime | None = None, **rules: Any) -> None:
        self.clock = Clock(start)
        self.emulator = create_seller_account(clock=self.clock, rules={"throttle": False, **rules})
        self.described = Described("mcf", self.emulator.app, self.emulator.faults)
        self._server = SandboxServer(self.described)
        self.settings: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._server.stop()
        if kind is None:
            assert self.described.faults == []

    @property
    def url(self) -> str:
        """Return the emulator's address."""
        return self._server.url

    def open(self, *, timeouts: Timeouts = _TIMEOUTS, **settings: Any) -> Warehouse:
        return self._opened(self._server.url, DEFAULT_APPLICATION.refresh_token, timeouts, settings)

    def open_impatient(self) -> Warehouse:
        return self.open(timeouts=_IMPATIENT)

    def open_unreachable(self) -> Warehouse:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        return self._opened(f"http://127.0.0.1:{port}", DEFAULT_APPLICATION.refresh_token, _TIMEOUTS, {})

    def open_with_wrong_credentials(self) -> Warehouse:
        return self._opened(self._server.url, "Atzr|wrong-refresh-token", _TIMEOUTS, {})

    def seed(self, skus: Sequence[str], *, quantity: int = 100, active: bool = True) -> None:
        # Amazon's inventory does not say which items are no longer sold: `active` has no counterpart.
        with self.emulator.state.lock:
            for sku in skus:
                self.emulator.state.put_goods({"sku": sku, "qty": quantity})

    def advance(self, time: timedelta) -> None:
        self.clock.advance(time.total_seconds())

    def go_wrong(self, mishap: Mishap) -> None:
        self.emulator.faults.add(Fault.parse({"route": SUBMIT, **_FAULTS[mishap]}))

    def hide_new_orders(self, time: timedelta) -> None:
        self.emulator.rules.update({"visible_after_seconds": time.total_seconds()})

    def ship(self, references: Sequence[str], *, packages: int = 1) -> None:
        self.emulator.floor.ship(self.orders(*references), packages=packages)

    def take_back(self, reference: str) -> None:
        self.emulator.floor.reopen(self.orders(reference)[0])

    def split(self, reference: str) -> list[str]:
        raise NotImplementedError("Amazon splits shipments, never orders")

    def cancel(self, reference: str) -> None:
        self.emulator.floor.cancel(self.orders(reference))

    def change(self, reference: str) -> None:
        self.emulator.floor.correct(self.orders(reference))

    def receive(self, count: int) -> list[str]:
        self.seed(["MUG-RED"], quantity=count)
        references = [f"A3_{number}_0" for number in range(1, count + 1)]
        for reference in references:
            self.emulator.desk.create(_posted(reference))
        return references

    def page_size(self) -> int:
        return PAGE

    def held(self) -> list[Held]:
        return [_held(order) for order in self.emulator.state.orders.values()]

    def made(self, reference: str) -> int:
        return self.emulator.journal.count_by_key("order.created").get(reference, 0)

    def requests(self) -> int:
        return len(self.emulator.journal.entries("request"))

    def throttle_next_submit(self, retry_after: int) -> None:
        headers = {"Retry-After": str(retry_after)}
        self.emulator.faults.add(Fault(SUBMIT, "status", status=429, headers=headers))

    def throttle_next_search(self) -> None:
        self.emulator.faults.add(Fault(READ, "status", status=429, headers={"Retry-After": "0"}))

    def token_life(self) -> timedelta:
        return timedelta(seconds=self.emulator.rules.number("token_seconds"))

    def accept_no_token(self) -> None:
        self.emulator.faults.add(Fault(r" /fba/", "status", status=401, nth=0))

    def take_the_right_to_submit(self) -> None:
        self.emulator.login.set_roles(DEFAULT_APPLICATION.client_id, frozenset({INVENTORY}))

    def garble_searches(self) -> None:
        self.emulator.faults.add(Fault(READ, "garbage", nth=0))

    def fail_next_search(self) -> None:
        self.emulator.faults.add(Fault(READ, "status", status=503))

    def submits(self) -> int:
        return len(self.submitted())

    def submitted(self) -> list[dict[str, Any]]:
        """Return the bodies of all submits that were received."""
        entries = self.emulator.journal.entries("request")
        return [entry["detail"] for entry in entries if (entry["method"], entry["path"]) == ("POST", ROOT)]

    def calls(self, method: str, path: str) -> list[str]:
        """Return the paths, with query, of all requests with this prefix."""
        entries = self.emulator.journal.entries("request")
        return [e["path"] for e in entries if e["method"] == method and e["path"].startswith(path)]

    def orders(self, *references: str) -> list[Order]:
        """Return the orders that the emulator holds under these ids."""
        return self.emulator.state.named(list(references))

    def only_orders(self) -> None:
        """Take the right to see the inventory."""
        self.emulator.login.set_roles(DEFAULT_APPLICATION.client_id, frozenset({OUTBOUND}))

    def connection(self, url: str = "", refresh_token: str = DEFAULT_APPLICATION.refresh_token) -> Connection:
        """Return the connection to the emulator, or to another address."""
        address = url or self._server.url
        return Connection(
            "amazon",
            host=address,
            login=DEFAULT_APPLICATION.client_id,
            password=DEFAULT_APPLICATION.client_secret,
            extra={"refresh_token": refresh_token, "login_address": address},
        )

    def _opened(
        self, url: str, refresh_token: str, timeouts: Timeouts, settings: dict[str, Any]
    ) -> Warehouse:
        connection = self.connection(url, refresh_token)
        return open_warehouse("mcf", connection, {**SETTINGS, **self.settings, **settings}, timeouts=timeouts)


def _posted(reference: str) -> dict[str, Any]:
    return {
        "marketplaceId": MARKETPLACE_ID,
        "sellerFulfillmentOrderId": reference,
        "displayableOrderId": "AB-1000",
        "displayableOrderDate": "2026-03-01T00:00:00Z",
        "displayableOrderComment": "Thank you.",
        "shippingSpeedCategory": "Standard",
        "destinationAddress": {
            "name": "Ann",
            "addressLine1": "1 Road",
            "city": "Rochester",
            "stateOrRegion": "NY",
            "postalCode": "14607",
            "countryCode": "US",
        },
        "items": [{"sellerSku": "MUG-RED", "sellerFulfillmentOrderItemId": "71", "quantity": 1}],
    }


def _held(order: Order) -> Held:
    lines: dict[str, Decimal] = {}
    for line in order.lines:
        lines[line.sku] = lines.get(line.sku, Decimal(0)) + line.quantity
    return Held(
        remote_id=order.seller_id,
        reference=order.seller_id,
        accepted_as=order.seller_id,
        state=_STATES.get(order.status, "open"),
        lines=lines,
        name=str(order.document["destinationAddress"]["name"]),
        tracking=tuple(parcel.tracking for shipment in order.shipments for parcel in shipment.parcels),
    )

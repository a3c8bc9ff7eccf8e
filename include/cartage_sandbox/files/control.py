"""The file warehouse's part of the control API: customers, the floor, files that go wrong, and the oracle."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from cartage_sandbox.files.accounts import CustomerAccount
from cartage_sandbox.files.orders import TakenOrder
from cartage_sandbox.files.parts import FileWarehouseParts
from cartage_sandbox.files.shipping import Shipping
from cartage_sandbox.kernel.control import control_route
from cartage_sandbox.kernel.jsonwire import json_response, payload


class FilesControl:
    """Handlers under /_sandbox. A body names its customer as `account`; without it the first one is meant."""

    def __init__(self, parts: FileWarehouseParts) -> None:
        self._parts = parts
        self._premises = parts.premises

    def routes(self) -> list[BaseRoute]:
        """Return the routes, relative to /_sandbox."""
        return [
            control_route("/accounts", GET=self.list_accounts, POST=self.add_account),
            control_route("/items", GET=self.list_items, POST=self.seed_items),
            control_route("/orders", GET=self.list_orders),
            control_route("/references", GET=self.count_references),
            control_route("/files", GET=self.list_files, POST=self.put_file),
            control_route("/work", POST=self.work),
            control_route("/ship", POST=self.ship),
            control_route("/reject", POST=self.reject),
            control_route("/inventory", POST=self.send_inventory),
            control_route("/movements", POST=self.move),
            control_route("/resend", POST=self.resend),
            control_route("/begin", POST=self.begin),
            control_route("/finish", POST=self.finish),
            control_route("/host_key", GET=self.show_host_key, POST=self.change_host_key),
            control_route("/connections", DELETE=self.drop_connections),
        ]

    async def list_accounts(self, request: Request) -> Response:
        """Return every customer, without passwords."""
        rows = [
            {"login": account.login, "form": account.form, "home": str(self._premises.home(account.login))}
            for account in self._premises.accounts.values()
        ]
        return json_response({"accounts": rows})

    async def add_account(self, request: Request) -> Response:
        """Add or change a customer: {"login", "password", "form", "public_keys", "layout", "envelope"}."""
        account = CustomerAccount.parse(await payload(request))
        self._premises.add_account(account)
        return json_response({"login": account.login}, 201)

    async def list_items(self, request: Request) -> Response:
        """Return a customer's stock on hand: ?account=."""
        account = self._account(request.query_params)
        return json_response({"items": self._premises.stock[account.login]})

    async def seed_items(self, request: Request) -> Response:
        """Set units on hand: {"account", "items": {"MUG": 5}}."""
        body = await payload(request)
        with self._premises.lock:
            self._parts.floor.set_stock(self._account(body), _quantities(body["items"]))
        return json_response({"items": len(body["items"])}, 201)

    async def list_orders(self, request: Request) -> Response:
        """The oracle: return every order that was read from a file, taken or rejected."""
        with self._premises.lock:
            rows = [
                {**order.facts(), "account": account.login} for account, order in self._premises.all_orders()
            ]
        return json_response({"orders": rows})

    async def count_references(self, request: Request) -> Response:
        """The oracle of "exactly once": return how often an order with each reference was taken."""
        return json_response(self._premises.journal.count_by_key("order.taken"))

    async def list_files(self, request: Request) -> Response:
        """Return the files in each folder of a customer: ?account=."""
        home = self._premises.home(self._account(request.query_params).login)
        with self._premises.lock:
            found = sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())
        return json_response({"files": found})

    async def put_file(self, request: Request) -> Response:
        """Write any file into out: {"account", "name", "text" or "base64"}; over one that is there."""
        body = await payload(request)
        content = base64.b64decode(body["base64"]) if "base64" in body else str(body["text"]).encode()
        with self._premises.lock:
            name = self._parts.tray.put(self._account(body), str(body["name"]), content)
        return json_response({"name": name}, 201)

    async def work(self, request: Request) -> Response:
        """Do a round of work in the warehouse."""
        return json_response(self._parts.work())

    async def ship(self, request: Request) -> Response:
        """Ship: {"references": [...] or "all": true, "packages", "quantities", "carrier", "service", "closes",
        "file_for_each"}.
        """
        body = await payload(request)
        quantities = body.get("quantities")
        how = Shipping(
            packages=int(body.get("packages", 1)),
            quantities=None if quantities is None else _quantities(quantities),
            carrier=str(body.get("carrier", "UPS")),
            service=str(body.get("service", "GROUND")),
            closes=bool(body.get("closes", False)),
            file_for_each=bool(body.get("file_for_each", False)),
        )
        account = self._account(body)
        with self._premises.lock:
            names = self._parts.floor.ship(account, self._chosen(account, body), how)
        return json_response({"files": names})

    async def reject(self, request: Request) -> Response:
        """Give up orders that were taken, and say so: {"references" or "all", "reason"}."""
        body = await payload(request)
        account = self._account(body)
        with self._premises.lock:
            count = self._parts.intake.give_up(
                account, self._chosen(account, body), str(body.get("reason", "Rejected by the warehouse"))
            )
        return json_response({"rejected": count})

    async def send_inventory(self, request: Request) -> Response:
        """Write an inventory file: {"account", "full"}."""
        body = await payload(request)
        with self._premises.lock:
            name = self._parts.floor.send_inventory(self._account(body), full=body.get("full"))
        return json_response({"name": name})

    async def move(self, request: Request) -> Response:
        """Report stock movements: {"account", "received": {"MUG": 5}} or {"adjusted": {"MUG": -1}, "reason"}."""
        body = await payload(request)
        account, floor = self._account(body), self._parts.floor
        with self._premises.lock:
            if "received" in body:
                name = floor.receive(account, _quantities(body["received"]))
            else:
                name = floor.adjust(account, _quantities(body["adjusted"]), str(body.get("reason", "AV")))
        return json_response({"name": name})

    async def resend(self, request: Request) -> Response:
        """Write a file of earlier again: {"account", "name", "as": another name}."""
        body = await payload(request)
        with self._premises.lock:
            name = self._parts.tray.resend(self._account(body), str(body["name"]), str(body.get("as", "")))
        return json_response({"name": name})

    async def begin(self, request: Request) -> Response:
        """Write half of a file, as put_file; `finish` writes the rest."""
        body = await payload(request)
        with self._premises.lock:
            name = self._parts.tray.begin(self._account(body), str(body["name"]), str(body["text"]).encode())
        return json_response({"name": name}, 201)

    async def finish(self, request: Request) -> Response:
        """Write the rest of every file that was begun."""
        with self._premises.lock:
            return json_response({"finished": self._parts.tray.finish()})

    async def show_host_key(self, request: Request) -> Response:
        """Return the SFTP server's address and its public key."""
        sftp = self._parts.sftp
        return json_response({"host": sftp.host, "port": sftp.port, "host_key": sftp.host_key})

    async def change_host_key(self, request: Request) -> Response:
        """Show another host key from the next connection on."""
        self._parts.sftp.change_host_key()
        return await self.show_host_key(request)

    async def drop_connections(self, request: Request) -> Response:
        """Cut every open SFTP connection."""
        return json_response({"dropped": self._parts.sftp.drop_connections()})

    def _account(self, given: Mapping[str, Any]) -> CustomerAccount:
        login = given.get("account")
        return self._premises.account(str(login)) if login else next(iter(self._premises.accounts.values()))

    def _chosen(self, account: CustomerAccount, body: Mapping[str, Any]) -> list[TakenOrder]:
        orders = self._premises.orders[account.login]
        if body.get("all"):
            return list(orders)
        references = body["references"]
        missing = set(references) - {order.wanted.reference for order in orders}
        if missing:
            raise KeyError(f"no order with reference {', '.join(sorted(missing))}")
        return [order for order in orders if order.wanted.reference in references]


def _quantities(given: Mapping[str, Any]) -> dict[str, int]:
    return {str(sku): int(count) for sku, count in given.items()}

"""A sandbox store and a sandbox warehouse that takes files over SFTP, with what is needed to connect to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import Any

from cartage_sandbox.files import (
    DEFAULT_ACCOUNT,
    CustomerAccount,
    FileForm,
    FileWarehouse,
    create_file_warehouse,
)
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.kernel.server import SandboxServer
from cartage_sandbox.stack.storefront import STOCK_OF_EACH, Storefront

# The warehouse keeps the order files that it has taken where the customer can see them.
_FOLDERS = {"orders_to": "/in", "taken_orders": "/in/archive", "read_from": "/out", "archive_to": "/archive"}
_FORMATS: Mapping[FileForm, Mapping[str, Any]] = {
    FileForm.DSFX: {"format": "csv", "profile": "dsfx"},
    FileForm.PLAIN: {"format": "csv", "profile": "plain"},
    FileForm.X12: {
        "format": "x12",
        "x12": {
            "us": {"id": "CARTAGE"},
            "partner": {"id": "SANDBOXWMS"},
            "orders": {"line_qualifier": "LI", "line_note_rows": 4},
            "shipments": {"cancel_codes": ["X"]},
            "stock": {"snapshot": "full"},
        },
    },
}


class FileShop(Storefront):
    """An emulated store and a file warehouse, with its files below `root`. A context manager.

    `connection_extra` has extras of the SFTP connection besides the host key.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        *,
        form: FileForm = FileForm.DSFX,
        seed: int = 1,
        store_rules: Mapping[str, RuleValue] | None = None,
        warehouse_rules: Mapping[str, RuleValue] | None = None,
        clock: Clock | None = None,
        connection_extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, seed=seed, store_rules=store_rules, clock=clock)
        self.warehouse_connection = f"sftp_{name}"
        self.warehouse: FileWarehouse = create_file_warehouse(
            root,
            clock=self.clock,
            rng=Random(seed),
            rules=warehouse_rules,
            accounts=[_account(form)],
        )
        self._connection_extra = dict(connection_extra or {})
        self._control = SandboxServer(self.warehouse.app)

    @property
    def account(self) -> CustomerAccount:
        """Return the customer whose orders these are."""
        return self.warehouse.premises.account(DEFAULT_ACCOUNT.login)

    @property
    def control_url(self) -> str:
        """Return the address of the warehouse's control API."""
        return self._control.url

    def lane_warehouse(self, **settings: Any) -> dict[str, Any]:
        """Return the section `warehouse` of a lane, with these settings of the connector besides."""
        return {
            "connector": "files",
            "connection": self.warehouse_connection,
            "settings": {**_FOLDERS, **_FORMATS[self.account.form], **settings},
        }

    def stock_up(self, items: Sequence[tuple[str, str]]) -> None:
        """Let the warehouse have plenty of these items; those that it has already stay as they are."""
        with self.warehouse.premises.lock:
            there = self.warehouse.premises.stock[self.account.login]
            new = {sku: STOCK_OF_EACH for sku, _ in items if sku not in there}
            self.warehouse.floor.set_stock(self.account, new)

    def references(self) -> dict[str, int]:
        """Return how often the warehouse took an order with each reference from a file."""
        return self.warehouse.journal.count_by_key("order.taken")

    def packages(self) -> list[tuple[str, list[str]]]:
        """Return each order that the warehouse took, as often as it took it."""
        premises = self.warehouse.premises
        with premises.lock:
            return [
                (order.wanted.reference, [package.tracking for package in order.packages])
                for _, order in premises.all_orders()
                if order.state != "rejected"
            ]

    def _warehouse_servers(self) -> Sequence[AbstractContextManager[object]]:
        return [self._control, self.warehouse.sftp]

    def _connect_warehouse(self) -> dict[str, Any]:
        sftp = self.warehouse.sftp
        return {
            "conn_type": "sftp",
            "host": sftp.host,
            "port": sftp.port,
            "login": DEFAULT_ACCOUNT.login,
            "password": DEFAULT_ACCOUNT.password,
            "extra": {"host_key": sftp.host_key, **self._connection_extra},
        }


def _account(form: FileForm) -> CustomerAccount:
    """Return the customer of the sandbox, with files of this form in the layout that goes with it."""
    account = DEFAULT_ACCOUNT
    return CustomerAccount.parse({"login": account.login, "password": account.password, "form": form})

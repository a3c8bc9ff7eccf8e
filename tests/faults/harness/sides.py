"""The two kinds of warehouses in the trials: one with an API, and one that takes files. What differs between them.

The judge learns from here what really happened at the warehouse; nothing here asks the engine.
"""

from __future__ import annotations

import hashlib
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from cartage_sandbox.files import FileForm
from cartage_sandbox.generate import DEFAULT_MIX
from cartage_sandbox.kernel.faults import Faults
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.stack.file_shop import FileShop
from cartage_sandbox.stack.shops import API_SHOPS
from cartage_sandbox.stack.storefront import ApiShop, Storefront
from tests.faults.harness.schedule import Schedule

Sent = dict[tuple[int, int], Counter[str]]
Query = Callable[[str], list[tuple[Any, ...]]]

_SHIPS_AFTER = 1.0
# Files have room for comments of any length, and the partner reads ASCII: these kinds end otherwise than with an API.
_NOT_TOO_LONG = {"huge_comment"}
_NOT_IN_ASCII = {*_NOT_TOO_LONG, "unicode", "foreign", "engraving"}
# The trials move no stock.
_STOCK_FILES = ("inv_", "846_")
_APPLIED_TWICE = "SELECT tracking, count(*) FROM package GROUP BY 1 HAVING count(*) > 1"
_FILES_LEFT_OPEN = {
    "files are in quarantine": "SELECT count(*) FROM inbound_document WHERE state = 'quarantined'",
    "replies were not published": (
        "SELECT count(*) FROM outbound_document WHERE kind = 'reply' AND published_at IS NULL"
    ),
}
_POLL_SECONDS = 0.05
_LONGEST_SETTLE = 20.0


class Side(ABC):
    """The warehouse's side of a trial, with the shop whose store it fulfils."""

    created: str
    shows_orders: bool
    mix: Mapping[str, float] = DEFAULT_MIX
    shop: Storefront

    @property
    @abstractmethod
    def journal(self) -> Journal:
        """The warehouse's journal."""

    @property
    @abstractmethod
    def faults(self) -> Faults:
        """The faults of calls to the warehouse."""

    @abstractmethod
    def lane_warehouse(self) -> Mapping[str, Any]:
        """Return the section `warehouse` of the lane."""

    @abstractmethod
    def ship_method(self) -> Mapping[str, str]:
        """Return a carrier and service of the warehouse."""

    @abstractmethod
    def sent(self) -> Sent:
        """Return the tracking numbers of every order at the warehouse, by (OrderID, ShipmentID) of its reference."""

    @abstractmethod
    def strike(self, act: str, rng: Random) -> bool:
        """Do something that only this kind of warehouse can. Return False if there was nothing to do it to."""

    @abstractmethod
    def open_doors(self) -> None:
        """Do what the warehouse does once, when the first orders are in the store."""

    @abstractmethod
    def come_to_rest(self) -> None:
        """Do what is due in the warehouse, until its files, if it has any, can be read."""

    @abstractmethod
    def broken(self, rows: Query) -> Iterator[str]:
        """Yield broken promises that only this kind of warehouse has."""


class ApiSide(Side):
    """A warehouse with an API."""

    created = "order.created"
    shows_orders = True

    def __init__(self, shop: ApiShop[Any], settings: Mapping[str, Any]) -> None:
        self.shop: ApiShop[Any] = shop
        self._settings = settings
        self.mix = shop.mix

    @property
    def journal(self) -> Journal:
        journal: Journal = self.shop.warehouse.journal
        return journal

    @property
    def faults(self) -> Faults:
        faults: Faults = self.shop.warehouse.faults
        return faults

    def lane_warehouse(self) -> Mapping[str, Any]:
        section = self.shop.lane_warehouse(visibility_delay="1s", **self._settings)
        # Where a vendor does not say what a repeated reference gets, these sandboxes never make a second order of it.
        return {**section, "when_absent": "send"}

    def ship_method(self) -> Mapping[str, str]:
        return self.shop.ship_method

    def sent(self) -> Sent:
        return _by_group(iter(self.shop.packages()))

    def strike(self, act: str, rng: Random) -> bool:
        if act != "revoke tokens":
            raise ValueError(act)
        self.shop.revoke_tokens()
        return True

    def open_doors(self) -> None:
        """Nothing is needed: the catalogue has its own calls."""

    def come_to_rest(self) -> None:
        """Nothing waits here."""

    def broken(self, rows: Query) -> Iterator[str]:
        yield from ()


class FileSide(Side):
    """A warehouse that takes files and writes files, over SFTP. It takes an order as often as it finds one."""

    created = "order.taken"
    shows_orders = False

    def __init__(self, shop: FileShop) -> None:
        self.shop: FileShop = shop
        left_out = _NOT_IN_ASCII if shop.account.form is FileForm.X12 else _NOT_TOO_LONG
        self.mix = {kind: share for kind, share in DEFAULT_MIX.items() if kind not in left_out}
        # Half a file lies there until the next round of work, and times of files are whole seconds.
        self._settle = 2 if shop.warehouse.rules.text("writes") == "in_steps" else 0

    @property
    def journal(self) -> Journal:
        return self.shop.warehouse.journal

    @property
    def faults(self) -> Faults:
        return self.shop.warehouse.faults

    def lane_warehouse(self) -> Mapping[str, Any]:
        return self.shop.lane_warehouse(
            settle=f"{self._settle}s", known_skus="inventory", visibility_delay="1s"
        )

    def ship_method(self) -> Mapping[str, str]:
        return {"carrier": "UPS", "service": "Ground"}

    def sent(self) -> Sent:
        with self.shop.warehouse.premises.lock:
            return _by_group(
                (order.wanted.reference, [package.tracking for package in order.packages])
                for _, order in self.shop.warehouse.premises.all_orders()
            )

    def strike(self, act: str, rng: Random) -> bool:
        if act == "drop connections":
            self.shop.warehouse.sftp.drop_connections()
            return True
        if act != "send files again":
            raise ValueError(act)
        warehouse, account = self.shop.warehouse, self.shop.account
        with warehouse.premises.lock:
            names = [name for name in warehouse.tray.sent(account) if not name.startswith(_STOCK_FILES)]
            for name in rng.sample(names, min(5, len(names))):
                # Once under its own name, once under another: the first may be a file that was archived.
                warehouse.tray.resend(account, name)
                head, dot, suffix = name.rpartition(".")
                warehouse.tray.resend(account, name, f"{head}9{dot}{suffix}")
        return bool(names)

    def open_doors(self) -> None:
        """Write the inventory file by which the lane knows SKUs."""
        with self.shop.warehouse.premises.lock:
            self.shop.warehouse.floor.send_inventory(self.shop.account)
            self.shop.warehouse.tray.finish()

    def come_to_rest(self) -> None:
        """Let the warehouse take, ship and write what is due, and wait until its files stand still for long enough."""
        while any(self.shop.warehouse.work()[what] for what in ("finished", "taken", "shipped", "responses")):
            continue
        deadline = time.monotonic() + _LONGEST_SETTLE
        while time.monotonic() < deadline and any(
            time.time() - path.stat().st_mtime < self._settle + bool(self._settle)
            for path in self._folder("out").iterdir()
        ):
            time.sleep(_POLL_SECONDS)

    def broken(self, rows: Query) -> Iterator[str]:
        """Yield orders that two files have, files that were not taken in, and confirmations that were applied twice."""
        yield from self._orders_gone_wrong()
        yield from self._files_left(rows)
        for number, times in rows(_APPLIED_TWICE):
            yield f"tracking number {number} was applied {times} times"
        for what, query in _FILES_LEFT_OPEN.items():
            if count := rows(query)[0][0]:
                yield f"{count} {what}"

    def _orders_gone_wrong(self) -> Iterator[str]:
        files: dict[str, set[str]] = {}
        for entry in self.journal.entries("order.taken"):
            files.setdefault(entry["key"], set()).add(entry["detail"]["file"])
        for reference, names in files.items():
            if len(names) > 1:
                yield f"{reference} is in {len(names)} files: {', '.join(sorted(names))}"
        for kind in ("order.rejected", "set.rejected", "file.rejected"):
            for entry in self.journal.entries(kind):
                yield f"{kind}: {entry['key']} ({entry['detail'].get('reason', '')})"

    def _files_left(self, rows: Query) -> Iterator[str]:
        for path in self._folder("out").iterdir():
            if not path.name.startswith(_STOCK_FILES):
                yield f"{path.name} was not taken in"
        known = {row[0] for row in rows("SELECT sha256 FROM inbound_document")}
        for path in self._folder("archive").iterdir():
            if hashlib.sha256(path.read_bytes()).hexdigest() not in known:
                yield f"{path.name} was archived, and the ledger does not know it"

    def _folder(self, name: str) -> Path:
        return self.shop.warehouse.premises.home(self.shop.account.login) / name


def side_of(schedule: Schedule, folder: Path) -> Side:
    """Return the warehouse's side of a schedule; its files lie below `folder`."""
    store_rules: Mapping[str, RuleValue] = {"throttle": False, **schedule.store_rules}
    rules: Mapping[str, RuleValue] = {"auto_ship_seconds": _SHIPS_AFTER, **schedule.warehouse_rules}
    if not schedule.form:
        shop = API_SHOPS[schedule.connector](
            seed=schedule.seed, store_rules=store_rules, warehouse_rules=rules
        )
        return ApiSide(shop, schedule.warehouse_settings)
    return FileSide(
        FileShop(
            "demo",
            folder / "warehouse",
            form=FileForm(schedule.form),
            seed=schedule.seed,
            store_rules=store_rules,
            warehouse_rules={"auto_work_seconds": 0.3, "acknowledges": "all", **rules},
        )
    )


def _by_group(orders: Iterator[tuple[str, list[str]]]) -> Sent:
    sent: Sent = {}
    for reference, codes in orders:
        _, order_id, shipment_id = reference.split("_")
        sent.setdefault((int(order_id), int(shipment_id)), Counter()).update(codes)
    return sent

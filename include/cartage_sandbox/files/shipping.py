"""The floor of the warehouse: what ships of which order, what is in stock, and the files that say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cartage_sandbox.files.accounts import CustomerAccount, FileForm
from cartage_sandbox.files.csvs.writing import inventory_file, shipments_file
from cartage_sandbox.files.orders import SentPackage, SentShipment, TakenOrder
from cartage_sandbox.files.premises import Premises
from cartage_sandbox.files.tray import OutTray
from cartage_sandbox.files.x12 import sets
from cartage_sandbox.files.x12.interchange import Segment

_GROUP_CODES = {"945": "SW", "846": "IB", "944": "RE", "947": "AW"}


@dataclass(frozen=True)
class Shipping:
    """How orders are to be shipped: all that is open, or at most these quantities of each SKU in each order."""

    packages: int = 1
    quantities: Mapping[str, int] | None = None
    carrier: str = "UPS"
    service: str = "GROUND"
    closes: bool = False
    """The orders are complete with this, whatever is missing."""
    file_for_each: bool = False


class ShippingFloor:
    """Ships orders and counts stock. Threads may share it, under the premises' lock."""

    def __init__(self, premises: Premises, tray: OutTray) -> None:
        self._premises, self._tray = premises, tray
        self._counted: dict[str, datetime] = {}

    def ship(self, account: CustomerAccount, orders: Iterable[TakenOrder], how: Shipping) -> list[str]:
        """Ship orders and write the confirmations; return the names of the files."""
        sent = [shipment for order in orders if (shipment := self._shipment(account, order, how))]
        batches = [[shipment] for shipment in sent] if how.file_for_each else [sent] if sent else []
        return [self._confirm(account, batch) for batch in batches]

    def ship_due(self) -> int:
        """Ship what ships by itself, and return how many orders that were."""
        rules = self._premises.rules
        seconds, share = rules.number("auto_ship_seconds"), rules.number("auto_ship_partial_share")
        if not seconds:
            return 0
        now, count = self._premises.clock.now(), 0
        for account in list(self._premises.accounts.values()):
            due = [
                order
                for order in self._premises.orders[account.login]
                if order.open_quantities and (now - order.taken_at).total_seconds() >= seconds
            ]
            for order in due:
                open_now = order.open_quantities
                parts = (
                    not order.packages and self._premises.rng.random() < share and sum(open_now.values()) > 1
                )
                first = {sku: (units + 1) // 2 for sku, units in open_now.items()} if parts else None
                self.ship(account, [order], Shipping(quantities=first))
            count += len(due)
        return count

    def send_inventory(self, account: CustomerAccount, *, full: bool | None = None) -> str:
        """Write an inventory file, full or with what changed, as the rule `inventory` says; return its name."""
        if full is None:
            full = self._premises.rules.text("inventory") == "full"
        stock = self._premises.stock[account.login]
        changed = self._premises.changed_skus[account.login]
        skus = list(stock) if full else [sku for sku in changed if sku in stock]
        changed.clear()
        self._counted[account.login] = self._premises.clock.now()
        allocated = self._allocated(account)
        available = {sku: stock[sku] - allocated.get(sku, 0) for sku in skus}
        if account.form is FileForm.X12:
            qualifier = self._premises.rules.text("inventory_qualifier")
            shown = {sku: stock[sku] for sku in skus} if qualifier == "17" else available
            number, now = self._premises.next_number(), self._premises.clock.now()
            rows = sets.inventory_advice(shown, now, f"INV{number}", full=full, qualifier=qualifier)
            return self._interchange(account, "846", [rows])
        lines = ({"sku": sku, "available": str(available[sku]), "on_hand": str(stock[sku])} for sku in skus)
        return self._tray.put(
            account, self._name(account.layout.prefixes[1], "csv"), inventory_file(lines, account.layout)
        )

    def count_due(self) -> int:
        """Write the inventory files that are due, and return how many there were."""
        seconds = self._premises.rules.number("auto_inventory_seconds")
        if not seconds:
            return 0
        now, due = self._premises.clock.now(), []
        for account in list(self._premises.accounts.values()):
            last = self._counted.get(account.login)
            if last is None or (now - last).total_seconds() >= seconds:
                due.append(account)
        for account in due:
            self.send_inventory(account)
        return len(due)

    def set_stock(self, account: CustomerAccount, quantities: Mapping[str, int]) -> None:
        """Set the units on hand of each SKU; an unknown SKU becomes known."""
        self._premises.stock[account.login].update(quantities)
        self._premises.changed_skus[account.login].update(dict.fromkeys(quantities))

    def receive(self, account: CustomerAccount, quantities: Mapping[str, int]) -> str:
        """Take goods in and report them with a 944; return the file's name. Raises ValueError for a CSV account."""
        self._move(account, quantities)
        reference = f"RCV{self._premises.next_number()}"
        return self._movement(
            account, "944", sets.receipt_advice(quantities, self._premises.clock.now(), reference)
        )

    def adjust(self, account: CustomerAccount, quantities: Mapping[str, int], reason: str) -> str:
        """Correct the stock and report that with a 947; return the file's name. Raises ValueError for a CSV account."""
        self._move(account, quantities)
        reference = f"ADJ{self._premises.next_number()}"
        rows = sets.adjustment_advice(quantities, self._premises.clock.now(), reference, reason)
        return self._movement(account, "947", rows)

    def _shipment(self, account: CustomerAccount, order: TakenOrder, how: Shipping) -> SentShipment | None:
        open_now = order.open_quantities
        wanted = how.quantities
        ships = {
            sku: min(count, wanted.get(sku, 0)) if wanted is not None else count
            for sku, count in open_now.items()
        }
        ships = {sku: count for sku, count in ships.items() if count > 0}
        if not ships:
            return None
        packages = self._packed(ships, how)
        order.shipped.update(ships)
        order.packages += packages
        closes = how.closes or self._premises.rules.flag("short_ship_closes")
        complete = closes or not order.open_quantities
        order.state = "shipped" if complete else "partial"
        stock = self._premises.stock[account.login]
        for sku, count in ships.items():
            stock[sku] = stock.get(sku, 0) - count
            self._premises.changed_skus[account.login][sku] = None
        number = f"SH{self._premises.next_number():07d}"
        shipment = SentShipment(number, order, tuple(packages), self._premises.clock.now(), complete)
        detail = {
            "shipment": number,
            "quantities": ships,
            "complete": complete,
            "tracking": [package.tracking for package in packages],
        }
        self._premises.journal.record_effect("order.shipped", order.wanted.reference, detail)
        return shipment

    def _packed(self, ships: Mapping[str, int], how: Shipping) -> list[SentPackage]:
        units = [sku for sku, count in ships.items() for _ in range(count)]
        count = max(1, min(how.packages, len(units)))
        boxes: list[dict[str, int]] = [{} for _ in range(count)]
        for place, sku in enumerate(units):
            box = boxes[place % count]
            box[sku] = box.get(sku, 0) + 1
        return [
            SentPackage(f"1Z{self._premises.rng.randrange(10**16):016d}", how.carrier, how.service, box)
            for box in boxes
        ]

    def _confirm(self, account: CustomerAccount, shipments: Sequence[SentShipment]) -> str:
        if account.form is FileForm.X12:
            rules = self._premises.rules
            place, unit = rules.text("tracking_in"), rules.text("unit")
            return self._interchange(
                account, "945", [sets.shipping_advice(shipment, place, unit) for shipment in shipments]
            )
        content = shipments_file(shipments, account.layout)
        return self._tray.put(account, self._name(account.layout.prefixes[0], "csv"), content)

    def _movement(self, account: CustomerAccount, kind: str, rows: list[Segment]) -> str:
        if account.form is not FileForm.X12:
            raise ValueError(f"account {account.login} gets CSV files, which report no movements")
        return self._interchange(account, kind, [rows])

    def _interchange(self, account: CustomerAccount, kind: str, documents: Sequence[list[Segment]]) -> str:
        number, now = self._premises.next_number(), self._premises.clock.now()
        text = account.envelope.written(
            _GROUP_CODES[kind], number, now, [(kind, segments) for segments in documents]
        )
        return self._tray.put(account, self._name(kind, "x12"), text.encode())

    def _name(self, prefix: str, suffix: str) -> str:
        return (
            f"{prefix}_{self._premises.next_number():06d}_{self._premises.clock.now():%y%m%d%H%M%S}.{suffix}"
        )

    def _allocated(self, account: CustomerAccount) -> dict[str, int]:
        found: dict[str, int] = {}
        for order in self._premises.orders[account.login]:
            for sku, count in order.open_quantities.items():
                found[sku] = found.get(sku, 0) + count
        return found

    def _move(self, account: CustomerAccount, quantities: Mapping[str, int]) -> None:
        stock = self._premises.stock[account.login]
        self.set_stock(account, {sku: stock.get(sku, 0) + count for sku, count in quantities.items()})

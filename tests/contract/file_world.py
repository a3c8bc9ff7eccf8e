"""A world whose warehouse exchanges files over SFTP: the whole lane, with the real connector and the sandbox."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cartage_sandbox.files.orders import TakenOrder
from cartage_sandbox.files.shipping import Shipping
from cartage_sandbox.kernel.faults import Fault, Kind, Moment
from cartage_sandbox.stack.file_shop import FileShop
from tests.contract.world import World


@dataclass
class FileWorld(World):
    """A lane with its store and a warehouse behind SFTP. The warehouse works when a test lets it."""

    files: FileShop = field(kw_only=True)

    # The warehouse

    def work(self) -> dict[str, int]:
        """Let the warehouse do a round: take order files, and write what it says about them."""
        return self.files.warehouse.work()

    def references(self) -> dict[str, int]:
        """Return how often the warehouse took each reference, by its own journal."""
        return self.files.warehouse.journal.count_by_key("order.taken")

    def held(self, reference: str) -> list[TakenOrder]:
        """Return the orders that the warehouse holds under a reference."""
        with self.files.warehouse.premises.lock:
            orders = self.files.warehouse.premises.orders[self.files.account.login]
            return [order for order in orders if order.wanted.reference == reference]

    def stock(self, *skus: str, **fields: Any) -> None:
        """Let the warehouse have these items."""
        with self.files.warehouse.premises.lock:
            units = dict.fromkeys(skus, int(fields.get("qty", 1000)))
            self.files.warehouse.floor.set_stock(self.files.account, units)

    def ship(self, order_id: int, *, place: int = 0, packages: int = 1, **how: Any) -> list[str]:
        """Let the warehouse ship one fulfillment order and confirm it; return all its tracking numbers."""
        with self.files.warehouse.premises.lock:
            orders = self.held(self.reference_of(order_id, place))
            self.files.warehouse.floor.ship(self.files.account, orders, Shipping(packages=packages, **how))
            return [package.tracking for order in orders for package in order.packages]

    def give_up(self, order_id: int, reason: str) -> None:
        """Let the warehouse reject an order that it had taken, in a file."""
        with self.files.warehouse.premises.lock:
            orders = self.held(self.reference_of(order_id))
            self.files.warehouse.intake.give_up(self.files.account, orders, reason)
        self.work()

    def put(self, name: str, content: bytes | str) -> None:
        """Let the warehouse write a file with any content."""
        raw = content.encode() if isinstance(content, str) else content
        with self.files.warehouse.premises.lock:
            self.files.warehouse.tray.put(self.files.account, name, raw)

    def sent(self, prefix: str = "") -> list[str]:
        """Return the names of all files that the warehouse has written, the oldest first."""
        return [
            name for name in self.files.warehouse.tray.sent(self.files.account) if name.startswith(prefix)
        ]

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, without temporary ones."""
        home = self.files.warehouse.premises.home(self.files.account.login)
        return sorted(
            path.name for path in (home / folder).iterdir() if path.is_file() and path.name[0] != "."
        )

    def copies(self) -> Counter[str]:
        """Return in how many order files, taken or not, each reference is: the oracle of "once"."""
        home = self.files.warehouse.premises.home(self.files.account.login)
        found: Counter[str] = Counter(self.references())
        for name in self.names("in"):
            content = (home / "in" / name).read_text()
            rows = self.rows("SELECT reference FROM fulfillment_order")
            found.update(row.reference for row in rows if row.reference in content)
        return found

    def warehouse_fault(self, route: str, kind: Kind, moment: Moment = "before", **more: Any) -> None:
        """Let SFTP requests fail."""
        self.files.warehouse.faults.add(Fault(route, kind, moment, **more))

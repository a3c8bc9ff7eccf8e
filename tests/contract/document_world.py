"""A world whose orders leave as files in a folder (`tests.contract.document_warehouse`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from cartage.runtime.context import StageContext
from cartage.runtime.run import Window
from tests.contract.document_warehouse import FileTarget, FolderWarehouse, Killed, Step, die
from tests.contract.world import World

BEFORE = ("import_orders", "validate_mappings")


@dataclass
class DocumentWorld(World):
    """A lane with the store of its shop. SKUs are checked against the shop's warehouse, whose catalogue they are in."""

    folder: FolderWarehouse = field(kw_only=True)

    @property
    def target(self) -> FileTarget:
        """The warehouse behind the folder."""
        return self.folder.target

    def context(
        self, name: str, *, window: Window | None = None, sweep: bool = True, dag_run: str = ""
    ) -> StageContext:
        """Return a context whose warehouse is the folder."""
        context = super().context(name, window=window, sweep=sweep, dag_run=dag_run)
        if name not in BEFORE:
            context.__dict__.update(warehouse=self.folder, warehouse_secrets=frozenset())
        return context

    def ready(self, count: int = 1, kind: str = "single") -> list[str]:
        """Let this many orders be ready to be sent; return their references."""
        ids = self.place(kind, count)
        self.go(*BEFORE)
        assert [self.state_of(order_id) for order_id in ids] == [["ready"]] * count
        return [self.reference_of(order_id) for order_id in ids]

    def transfer(self) -> dict[str, int]:
        """Run the transfer alone."""
        return self.go("transfer_to_warehouse")["transfer_to_warehouse"]

    def documents(self) -> list[Any]:
        """Return the documents of the ledger, the oldest first."""
        return list(self.rows("SELECT * FROM outbound_document ORDER BY id"))

    def outcomes(self) -> list[str]:
        """Return the outcome of every attempt, the oldest first."""
        return [row.outcome for row in self.rows("SELECT outcome FROM transfer ORDER BY id")]

    def wait_out(self) -> None:
        """Let every lease run out, and every publication be longer ago than one lasts."""
        longest = self.folder.capabilities.longest_request
        self.execute("UPDATE transfer SET sent_at = sent_at - CAST(:longest AS interval)", longest=longest)
        super().wait_out()

    @contextmanager
    def interrupted(self, step: Step, interruption: Callable[[], None], *, times: int = 1) -> Iterator[None]:
        """Interrupt the connector at a step, this often."""
        left = [interruption] * times

        def interrupt() -> None:
            if left:
                left.pop()()

        self.folder.at[step] = interrupt
        yield
        assert not left, f"{step} was never reached"
        self.folder.at.pop(step, None)

    def die_at(self, step: Step, *stages: str) -> None:
        """Run stages in a process that dies when the connector comes to a step."""
        with self.interrupted(step, die), pytest.raises(Killed):
            self.go(*(stages or ("transfer_to_warehouse",)))

    # Files of the warehouse

    def sent(self, count: int = 1, kind: str = "single") -> list[str]:
        """Let this many orders be sent and taken by the warehouse; return their references."""
        references = self.ready(count, kind)
        self.transfer()
        assert self.states() == {"acknowledged": count}
        self.target.take()
        return references

    def poll(self) -> dict[str, int]:
        """Poll the warehouse's files about orders."""
        return self.go("poll_tracking")["poll_tracking"]

    def poll_stock(self) -> dict[str, int]:
        """Poll the warehouse's files about stock."""
        return self.go("poll_stock")["poll_stock"]

    def shipped(self, reference: str, tracking: str = "1Z999AA10123456784", **fields: Any) -> dict[str, Any]:
        """Return the line of a file that says that an order has shipped as it was ordered."""
        [row] = self.rows(
            "SELECT request -> 'lines' AS lines FROM fulfillment_order WHERE reference = :reference",
            reference=reference,
        )
        lines = {line["sku"]: line["quantity"] for line in row.lines}
        return {"reference": reference, "packages": [tracking], "lines": lines, **fields}

    def inbound(self) -> list[Any]:
        """Return the files of the warehouse that the ledger knows, the oldest first."""
        return list(self.rows("SELECT * FROM inbound_document ORDER BY id"))

    def findings(self) -> list[str]:
        """Return what had no effect in any file, the oldest first."""
        return [row.reason for row in self.rows("SELECT reason FROM inbound_finding ORDER BY id")]

    def open_exceptions(self) -> list[str]:
        """Return the kinds of the exceptions that wait for a person, the oldest first."""
        sql = "SELECT kind FROM exception WHERE closed_at IS NULL AND decision IS NULL ORDER BY id"
        return [row.kind for row in self.rows(sql)]

"""The folder of `tests.contract.document_warehouse` for the shared suite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from cartage.errors import NotSent, OutcomeUnknown
from tests.contract.document_warehouse import FileTarget, FolderWarehouse, Step
from tests.contract.warehouses.document_suite import DocumentHarness
from tests.contract.warehouses.harness import Held, Mishap


class FolderHarness(DocumentHarness):
    """A folder of this test's own."""

    def __init__(self, root: Path, per_document: int) -> None:
        self._target = FileTarget(root / "there")
        self._nowhere = FileTarget(root / "gone")
        for name in ("in", "out", "archive"):
            (self._nowhere.root / name).rmdir()
        self._per_document = per_document
        self._opened: list[FolderWarehouse] = []
        self._tracking: dict[str, tuple[str, ...]] = {}
        self._rejected: set[str] = set()
        self._files = Counter[str]()

    def open(self) -> FolderWarehouse:
        return self._open(self._target)

    def open_direct(self) -> FolderWarehouse:
        return self._open(self._target, direct=True)

    def open_impatient(self) -> FolderWarehouse:
        return self._open(self._target)

    def open_unreachable(self) -> FolderWarehouse:
        return self._open(self._nowhere)

    def open_with_wrong_credentials(self) -> FolderWarehouse:
        return self._open(self._nowhere)

    def _open(self, target: FileTarget, *, direct: bool = False) -> FolderWarehouse:
        self._opened.append(FolderWarehouse(target, direct=direct, per_document=self._per_document))
        return self._opened[-1]

    def seed(self, skus: Sequence[str], *, quantity: int = 100, active: bool = True) -> None:
        """It knows no items."""

    def advance(self, time: timedelta) -> None:
        """It has no clock."""

    def go_wrong(self, mishap: Mishap) -> None:
        step, error = {
            Mishap.RESPONSE_CUT: (Step.PUBLISHED, OutcomeUnknown),
            Mishap.REQUEST_CUT: (Step.PUBLISH, OutcomeUnknown),
        }.get(mishap, (Step.PUBLISH, NotSent))
        connector = self._opened[-1]

        def fail() -> None:
            del connector.at[step]
            raise error("the folder", "rename", "the connection was lost")

        connector.at[step] = fail

    def hide_new_orders(self, time: timedelta) -> None:
        """It never shows any."""

    def take(self) -> int:
        return self._target.take()

    def ship(self, references: Sequence[str], *, packages: int = 1) -> None:
        self.take()
        shipped = []
        for reference in references:
            numbers = tuple(f"1Z{reference}{place}" for place in range(packages))
            self._tracking[reference] = numbers
            shipped.append({"reference": reference, "packages": numbers})
        self._put("shp", shipped=shipped)

    def accept(self, reference: str) -> None:
        self._put("ack", accepted=[{"reference": reference}])

    def reject(self, reference: str, reason: str) -> None:
        self._rejected.add(reference)
        self._put("rej", rejected=[{"reference": reference, "reason": reason}])

    def write_stock(self, levels: dict[str, int]) -> None:
        self._put("inv", stock=levels)

    def unread(self) -> int:
        return len(list((self._target.root / "out").iterdir()))

    def _put(self, kind: str, **content: Any) -> None:
        self._files[kind] += 1
        self._target.put(f"{kind}_{self._files[kind]}.json", **content)

    def take_back(self, reference: str) -> None:
        raise NotImplementedError("a folder cannot void a shipment")

    def split(self, reference: str) -> list[str]:
        raise NotImplementedError("a folder splits no orders")

    def cancel(self, reference: str) -> None:
        self.reject(reference, "cancelled")

    def change(self, reference: str) -> None:
        raise NotImplementedError("a folder shows no orders")

    def receive(self, count: int) -> list[str]:
        return [f"A3_{number}_0" for number in range(count)]

    def page_size(self) -> int:
        return 20

    def held(self) -> list[Held]:
        return [
            Held(
                remote_id=reference,
                reference=reference,
                accepted_as=reference,
                state="cancelled" if reference in self._rejected else "open",
                lines=dict(remote.lines),
                name=remote.ship_to.name,
                tracking=self._tracking.get(reference, ()),
            )
            for reference, remote in self._target.orders.items()
        ]

    def made(self, reference: str) -> int:
        return self._target.taken[reference]

    def submitted(self) -> list[dict[str, Any]]:
        self.take()
        return [{"name": name, "content": content} for name, content in self._target.files]

    def requests(self) -> int:
        return sum(connector.calls for connector in self._opened)

"""Look at a file exchange for people: the login, each folder, what may be done there, and the latest files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from cartage.errors import AuthFailed, NotFound, PermissionDenied, RemoteError, SettingsError
from cartage.plurals import counted
from cartage.warehouses.checks import Inspected, WarehouseCheck
from cartage.warehouses.documents import DocumentPart
from cartage.warehouses.files.formats import ReadFile
from cartage.warehouses.files.settings import FilesSettings
from cartage.warehouses.files.shelf import InventoryShelf
from cartage.warehouses.files.transport.interface import RemoteFile, Transport
from cartage.warehouses.files.transport.probe import look_at_folders, try_staging

_LATEST = 3
_NAMES = {DocumentPart.ORDERS: "latest files about orders", DocumentPart.STOCK: "latest inventory files"}


class ExchangeInspection:
    """Looks at one account. Only files with temporary names are written, and removed again."""

    def __init__(self, transport: Transport, settings: FilesSettings, shelf: InventoryShelf) -> None:
        self._transport, self._settings, self._shelf = transport, settings, shelf

    def check(self) -> WarehouseCheck:
        """Return whether the login works and each folder can be listed. Never raises for a remote failure."""
        try:
            found = self._folders()
        except (RemoteError, SettingsError) as failure:
            return WarehouseCheck(False, str(failure))
        wrong = [f"{item.thing}: {item.text}. {item.fix}" for item in found if item.ok is False]
        if wrong:
            return WarehouseCheck(False, " ".join(wrong))
        folders = ", ".join(item.thing.removeprefix("folder ") for item in found)
        return WarehouseCheck(True, f"{self._transport.remote}: the folders {folders} can be read.")

    def inspect(self) -> Sequence[Inspected]:
        """Return what was found of everything that the settings name.

        Raises:
            RemoteError: if the account cannot be reached.
        """
        try:
            folders = self._folders()
        except AuthFailed as failure:
            return (Inspected(self._transport.remote, False, failure.what, failure.fix),)
        login = Inspected(self._transport.remote, True, "the login works")
        return (login, *folders, *try_staging(self._transport, self._settings), *self._latest_files())

    def _folders(self) -> list[Inspected]:
        further = (self._settings.replies_folder, self._settings.taken_orders)
        return list(look_at_folders(self._transport, self._settings, further))

    def _latest_files(self) -> Iterator[Inspected]:
        """Yield what the latest files would do; those that cannot be listed are named with their folders."""
        for part, thing in _NAMES.items():
            with suppress(NotFound, PermissionDenied):
                files = self._shelf.latest(part)[:_LATEST]
                yield from self._read(part, thing, files)

    def _read(self, part: DocumentPart, thing: str, files: Sequence[RemoteFile]) -> Iterator[Inspected]:
        of_part = [
            (file.name, read) for file in files if (read := self._shelf.read(file)) and part in read.parts
        ]
        if not of_part:
            fix = "Ask the warehouse for one, and look what it would do: `cartage files read`."
            yield Inspected(thing, True, "there is none yet", fix, warns=True)
        for name, read in of_part:
            faults = [text.reason for text in read.quarantined] + [row.what for row in read.unreadable]
            if not faults:
                yield Inspected(thing, True, f"{name}: {summary(read, part)}")
                continue
            what = f"{name}: {summary(read, part)}; {counted(len(faults), 'fault')}, first: {faults[0]}"
            yield Inspected(
                thing, True, what, f"See all of them: `cartage files read` with {name}.", warns=True
            )


def summary(read: ReadFile, part: DocumentPart) -> str:
    """Return in a few words what a file says of one part."""
    if part is DocumentPart.STOCK:
        kind = "all SKUs" if read.stock_full else "changes"
        movements = f", {counted(len(read.movements), 'movement')}" if read.movements else ""
        return f"{counted(len(read.stock), 'SKU')}, {kind}{movements}"
    said = (
        (len(read.shipments), "shipment", "shipments"),
        (len(read.accepted), "accepted", "accepted"),
        (len(read.rejected), "rejected", "rejected"),
        (len(read.cancelled), "cancelled", "cancelled"),
        (len(read.responses), "response to our files", "responses to our files"),
    )
    return ", ".join(counted(number, one, more) for number, one, more in said if number) or "nothing"

"""What the latest inventory files say: the levels of SKUs, and which SKUs the warehouse has at all.

Files that were taken in lie in the archive. The latest full file is the base; what came after it is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from cartage.errors import MalformedResponse, NotFound
from cartage.warehouses.documents import DocumentPart, InboundDocument
from cartage.warehouses.files.formats import FileFormat, ReadFile
from cartage.warehouses.files.settings import FilesSettings
from cartage.warehouses.files.transport.interface import RemoteFile, Transport
from cartage.warehouses.files.transport.looks import age_order, is_left_alone
from cartage.warehouses.listed import StockLevel

# Files that are read to find the latest full one; they lie behind more files with changes only in a wrong setting.
MOST_FILES = 100


class InventoryShelf:
    """Reads the latest inventory files, wherever they lie by now."""

    def __init__(self, transport: Transport, settings: FilesSettings, file_format: FileFormat) -> None:
        self._transport, self._settings, self._format = transport, settings, file_format

    def latest(self, part: DocumentPart) -> list[RemoteFile]:
        """Return the files of a part by their names, the latest first; those in the archive included.

        Raises:
            RemoteError: if a folder cannot be listed.
        """
        return self._listed((*self._settings.read_from, self._settings.archive_to), part)

    def archived(self, part: DocumentPart) -> list[RemoteFile]:
        """Return the files of a part in the archive, the latest first.

        Raises:
            RemoteError: if it cannot be listed.
        """
        return self._listed((self._settings.archive_to,), part)

    def _listed(self, folders: Sequence[str], part: DocumentPart) -> list[RemoteFile]:
        found: list[RemoteFile] = []
        for folder in dict.fromkeys(filter(None, folders)):
            found += self._transport.scan(
                folder, lambda files: [file for file in files if self._is_wanted(file, part)]
            )
        return sorted(found, key=age_order, reverse=True)

    def levels(self) -> tuple[dict[str, StockLevel], bool]:
        """Return the level of each SKU, and whether there is a full file among those that were read.

        Raises:
            RemoteError: if the folders cannot be read.
        """
        levels: dict[str, StockLevel] = {}
        for read in self._stock():
            # Read from the latest backwards: what came later stands.
            levels = {level.sku: level for level in read.stock} | levels
            if read.stock_full:
                return levels, True
        return levels, False

    def read(self, file: RemoteFile) -> ReadFile | None:
        """Return what a file holds; None if it is gone, or larger than is read."""
        document = self.document(file)
        return self._format.read(document) if document else None

    def document(self, file: RemoteFile) -> InboundDocument | None:
        """Return a file with its content; None if it is gone, or larger than is read."""
        with suppress(NotFound, MalformedResponse):
            content = self._transport.read(file.path, self._settings.largest_file)
            return InboundDocument(file.path, content, file.modified_at)
        return None

    def _stock(self) -> Iterator[ReadFile]:
        files = islice(self.latest(DocumentPart.STOCK), MOST_FILES)
        reads = (self.read(file) for file in files)
        return (read for read in reads if read and DocumentPart.STOCK in read.parts and not read.quarantined)

    def _is_wanted(self, file: RemoteFile, part: DocumentPart) -> bool:
        alone = is_left_alone(file.name, self._settings.temporary_suffixes)
        return not alone and part in self._format.parts(file.name)

"""What the folders show of orders: those in files that the warehouse has not taken yet, or keeps where we can see it.

An order that is found here was published. One that is not found may be anywhere: absence proves nothing.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from heapq import nlargest

from cartage.errors import MalformedResponse, NotFound, PermissionDenied
from cartage.warehouses.contract import RemoteOrder
from cartage.warehouses.files.formats import FileFormat
from cartage.warehouses.files.inbound import DocumentPages
from cartage.warehouses.files.settings import FilesSettings
from cartage.warehouses.files.transport.interface import RemoteFile, Transport
from cartage.warehouses.files.transport.looks import age_order, is_left_alone

log = logging.getLogger(__name__)

_Orders = Mapping[str, Sequence[RemoteOrder]]


class OrderEvidence:
    """Looks for orders in our own files. A file is read once, as long as it does not change."""

    def __init__(
        self, transport: Transport, settings: FilesSettings, file_format: FileFormat, pages: DocumentPages
    ) -> None:
        self._transport, self._settings = transport, settings
        self._format, self._pages = file_format, pages
        # The orders of each file; the bytes of one that cannot be read as ours, which tell what it may have.
        self._read: dict[RemoteFile, _Orders | bytes] = {}
        self._lock = threading.Lock()

    def find(self, references: Collection[str]) -> Iterator[tuple[str, list[RemoteOrder]]]:
        """Yield each reference with its orders; not one that may be in a file which cannot be read.

        Raises:
            RemoteError: if the folders cannot be read.
        """
        with self._lock:
            contents = [self._content(file) for file in self._files()]
        readable: dict[str, list[RemoteOrder]] = defaultdict(list)
        unreadable = [content for content in contents if isinstance(content, bytes)]
        for content in contents:
            if not isinstance(content, bytes):
                for reference, orders in content.items():
                    readable[reference] += orders
        for reference in dict.fromkeys(references):
            if found := readable.get(reference):
                # The same file may lie in both folders for a moment, or have been taken twice.
                yield reference, found[:1]
            elif not any(_may_name(reference, content) for content in unreadable):
                yield reference, []
            else:
                log.warning(
                    "%s: an order file that cannot be read may have %s", self._transport.remote, reference
                )

    def _files(self) -> list[RemoteFile]:
        """Return the latest order files of both folders."""
        settings = self._settings
        folders = [folder for folder in (settings.orders_to, settings.taken_orders) if folder]
        found: list[RemoteFile] = []
        for folder in folders:
            # Some accounts may write into a folder and not list it: then nothing can be seen there.
            with suppress(PermissionDenied):
                found += self._transport.scan(folder, self._latest)
        self._read = {file: self._read[file] for file in found if file in self._read}
        return found

    def _latest(self, files: Iterator[RemoteFile]) -> list[RemoteFile]:
        return nlargest(self._settings.evidence_files, filter(self._is_ours, files), key=age_order)

    def _is_ours(self, file: RemoteFile) -> bool:
        return (
            not is_left_alone(file.name, self._settings.temporary_suffixes)
            and not self._pages.is_rejected_name(file.name)
            and file.size <= self._settings.largest_file
        )

    def _content(self, file: RemoteFile) -> _Orders | bytes:
        if file not in self._read:
            content = b""
            # It is taken, or replaced, meanwhile: nothing is known of it.
            with suppress(NotFound, MalformedResponse):
                content = self._transport.read(file.path, self._settings.largest_file)
            orders = self._format.own_orders(content)
            self._read[file] = content if orders is None else _by_reference(orders)
        return self._read[file]


def _by_reference(orders: Sequence[RemoteOrder]) -> _Orders:
    found: dict[str, list[RemoteOrder]] = defaultdict(list)
    for order in orders:
        found[order.reference].append(order)
    return found


def _may_name(reference: str, content: bytes) -> bool:
    """Return whether a file holds the reference in any of the encodings in which files are written."""
    if not reference:
        return False
    with suppress(UnicodeEncodeError):
        return reference.encode() in content or reference.encode("utf-16-le") in content
    return False

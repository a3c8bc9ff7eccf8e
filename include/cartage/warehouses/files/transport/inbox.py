"""Files in: which ones are complete, read whole, and put away once what they say was committed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nsmallest

from cartage.errors import NotFound, OutcomeUnknown, RemoteError, RemoteUnavailable
from cartage.warehouses.documents import InboundDocument
from cartage.warehouses.files.transport.interface import RemoteFile, Transport, folder_of, joined
from cartage.warehouses.files.transport.looks import (
    Looks,
    age_order,
    done_name,
    is_done,
    is_left_alone,
    stands_still,
)
from cartage.warehouses.files.transport.settings import Archiving, TransferSettings

log = logging.getLogger(__name__)

# Characters of a digest that tell two contents of one name apart.
_DIGEST_LENGTH = 12


@dataclass(frozen=True, slots=True)
class FolderListing:
    """What a look at the folders found. `ready` is oldest first; `left` counts complete files for later runs.

    `waiting` are files that are not complete, `too_large` those that are not read: people should look at both if they
    stay. `looks` is for the next run's cursor.
    """

    ready: tuple[RemoteFile, ...]
    waiting: tuple[RemoteFile, ...]
    too_large: tuple[RemoteFile, ...]
    left: int
    looks: Looks


class Inbox:
    """The folders in which the warehouse leaves its files."""

    def __init__(
        self,
        transport: Transport,
        settings: TransferSettings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Create an inbox without a call."""
        self._transport = transport
        self._settings = settings
        self._now = now

    def listing(
        self, is_wanted: Callable[[str], bool], looks: Looks, *, most: int | None = None
    ) -> FolderListing:
        """Return the files whose names are wanted, without reading them; `looks` are those of the last run.

        Of each folder, at most so many are ready (default: `files_per_run`).

        Raises:
            NotFound: if a folder is not there.
        """
        now = self._now()
        most = most or self._settings.files_per_run
        found = [self._listed(folder, is_wanted, looks, now, most) for folder in self._settings.read_from]
        waiting = sorted((file for part in found for file in part.waiting), key=age_order)
        return FolderListing(
            ready=tuple(sorted((file for part in found for file in part.ready), key=age_order)),
            waiting=tuple(waiting),
            too_large=tuple(file for part in found for file in part.too_large),
            left=sum(part.left for part in found),
            looks=looks.noted(waiting, now),
        )

    def read(self, file: RemoteFile) -> InboundDocument | None:
        """Return a listed file with its content; None if it is gone, or has changed since: a later run reads it.

        Raises:
            MalformedResponse: if it is larger than the settings allow.
        """
        with suppress(NotFound):
            content = self._transport.read(file.path, self._settings.largest_file)
            if len(content) == file.size and file.same_as(self._transport.look(file.path)):
                return InboundDocument(file.path, content, file.modified_at)
        log.info("%s: %s changed while it was read, or is gone.", self._transport.remote, file.path)
        return None

    def put_away(self, document: InboundDocument) -> bool:
        """Archive or delete a file that was taken in. Return False if the name has other content now: a new version.

        It may be called again. A file that is gone was put away before, or by the warehouse.

        Raises:
            RemoteError: if it cannot be put away; it is still there.
        """
        expected = RemoteFile(document.path, len(document.content), document.modified_at)
        present = self._transport.look(document.path)
        if present is not None:
            if not expected.same_as(present) or not self._still_is(document):
                return False
            target = self._moved_away(document)
            found = self._transport.look(target) if target else None
            if target and found and not expected.same_as(found):
                # It was replaced between the look and the rename.
                self._put_back(target, document.path)
                return False
            if target and self._settings.after_reading is Archiving.DELETE:
                self._transport.remove(target)
        self._remove_done_file(document)
        return True

    def _moved_away(self, document: InboundDocument) -> str:
        """Rename the file out of its folder's sight; return its new path, empty if it is gone."""
        for target in self._targets(document):
            try:
                if self._renamed(document.path, target):
                    return target
            except NotFound:
                return ""
            if self._is_copy(document, target):
                # The same content was put away under this name before.
                self._transport.remove(document.path)
                return ""
        raise RemoteUnavailable(
            self._transport.remote,
            f"put away {document.path}",
            "every name for it is taken by other content",
            fix="Look into the archive folder: nothing else should write there.",
        )

    def _targets(self, document: InboundDocument) -> Iterator[str]:
        digest = document.digest[:_DIGEST_LENGTH]
        if self._settings.after_reading is Archiving.DELETE:
            yield joined(folder_of(document.path), f".{document.name}.{digest}.taken")
            return
        yield joined(self._settings.archive_to, document.name)
        yield joined(self._settings.archive_to, _marked(document.name, digest))

    def _renamed(self, source: str, target: str) -> bool:
        """Rename; after a lost response look whether it took place, and if not, rename once more."""
        try:
            return self._transport.rename(source, target)
        except OutcomeUnknown:
            return self._transport.look(source) is None or self._transport.rename(source, target)

    def _still_is(self, document: InboundDocument) -> bool:
        """Return whether a file has the content that was taken in, where only that tells: the server gives no times."""
        return document.modified_at is not None or self._is_copy(document, document.path)

    def _is_copy(self, document: InboundDocument, target: str) -> bool:
        with suppress(RemoteError):
            return self._transport.read(target, len(document.content)) == document.content
        return False

    def _put_back(self, target: str, path: str) -> None:
        """Give a new version that was put away unread a name under which a later run reads it."""
        log.warning("%s: a new version of %s was put away; it is put back.", self._transport.remote, path)
        folder, name = folder_of(path), path.rpartition("/")[2]
        names = (path, *(joined(folder, _marked(name, str(count))) for count in range(2, 10)))
        if not any(self._renamed(target, free) for free in names):
            raise RemoteUnavailable(
                self._transport.remote,
                f"put back {target}",
                f"it is a new version of {path} that was not read, and no name for it is free",
                fix=f"Move it back into {folder} by hand.",
            )

    def _remove_done_file(self, document: InboundDocument) -> None:
        """Remove the done file, unless there is a new version, whose done file it may be."""
        if self._settings.done_file and self._transport.look(document.path) is None:
            name = done_name(self._settings.done_file, document.name)
            self._transport.remove(joined(folder_of(document.path), name))

    def _listed(
        self, folder: str, is_wanted: Callable[[str], bool], looks: Looks, now: datetime, most: int
    ) -> FolderListing:
        files = self._transport.scan(folder, lambda found: {file.name: file for file in found})
        complete: list[RemoteFile] = []
        waiting: list[RemoteFile] = []
        too_large: list[RemoteFile] = []
        for file in self._wanted(files, is_wanted):
            if not self._is_complete(file, files, looks, now):
                waiting.append(file)
            elif file.size > self._settings.largest_file:
                too_large.append(file)
            else:
                complete.append(file)
        ready = nsmallest(most, complete, key=age_order)
        left = len(complete) - len(ready)
        return FolderListing(tuple(ready), tuple(waiting), tuple(too_large), left, looks)

    def _wanted(
        self, files: Mapping[str, RemoteFile], is_wanted: Callable[[str], bool]
    ) -> Iterator[RemoteFile]:
        template = self._settings.done_file
        done_files = {done_name(template, name) for name in files} if template else set()
        for name, file in files.items():
            if (
                name not in done_files
                and not is_left_alone(name, self._settings.temporary_suffixes)
                and is_wanted(name)
            ):
                yield file

    def _is_complete(
        self, file: RemoteFile, files: Mapping[str, RemoteFile], looks: Looks, now: datetime
    ) -> bool:
        if self._settings.done_file:
            return is_done(file, files.get(done_name(self._settings.done_file, file.name)))
        return stands_still(file, looks, now, self._settings.settle)


def _marked(name: str, mark: str) -> str:
    """Return a name with a mark before its last suffix, so that patterns still know it: `shp_1.3f2a.csv`."""
    stem, separator, suffix = name.rpartition(".")
    return f"{stem}.{mark}.{suffix}" if separator and stem else f"{name}.{mark}"

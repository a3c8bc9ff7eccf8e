"""Files over SFTP, protocol version 3: one connection, opened by the first call, and opened once more if it drops."""

from __future__ import annotations

import errno
import logging
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

from paramiko import SFTPAttributes

from cartage.deadlines import DeadlineExceeded, check_deadline_now
from cartage.errors import NotFound, NotSent, OutcomeUnknown, RemoteError
from cartage.warehouses.files.transport import failures
from cartage.warehouses.files.transport.interface import RemoteFile, Transport, joined, usable
from cartage.warehouses.files.transport.opening import SftpLink
from cartage.warehouses.files.transport.session import DROPPED, SftpSession, StatusRefusal

log = logging.getLogger(__name__)

T = TypeVar("T")
# Read requests under way at once; OpenSSH's own client has as many.
_READ_AHEAD = 64


class SftpTransport(Transport):
    """The folders of one SFTP account."""

    def __init__(
        self,
        remote: str,
        opener: Callable[[], SftpLink],
        *,
        response_timeout: float,
        longest_login: float = 0.0,
    ) -> None:
        """Create a transport without a call.

        `response_timeout` is how long a response may take, `longest_login` how long the opener takes; in seconds.
        """
        self.remote = remote
        self.longest_step, self.longest_login = response_timeout, longest_login
        self._open = opener
        self._response_timeout = response_timeout
        self._link: SftpLink | None = None
        # paramiko's sessions are not for several threads at once.
        self._lock = threading.RLock()

    def look(self, path: str) -> RemoteFile | None:
        """Return what has this path; None if there is nothing, or no such folder."""
        try:
            return _file(path, self._call("look for", path, lambda session: session.stat(path)))
        except NotFound:
            return None

    def has_folder(self, folder: str) -> bool:
        """Return whether this folder is there."""
        place = folder or "."
        try:
            found = self._call("look for", place, lambda session: session.stat(place))
        except NotFound:
            return False
        return found.st_mode is None or stat.S_ISDIR(found.st_mode)

    def scan(self, folder: str, into: Callable[[Iterator[RemoteFile]], T]) -> T:
        """Return what `into` makes of the regular files of a folder."""
        return self._call("list", folder or ".", lambda session: into(self._files(session, folder)))

    def _files(self, session: SftpSession, folder: str) -> Iterator[RemoteFile]:
        for raw, attributes in session.entries(folder or "."):
            if attributes.st_mode is not None and not stat.S_ISREG(attributes.st_mode):
                continue
            name = raw.decode("utf-8", "replace")
            if usable(name) and "\ufffd" not in name:
                yield _file(joined(folder, name), attributes)
            elif name not in {".", ".."}:
                log.warning(
                    "%s: %s: a file is left out, its name cannot be used: %r", self.remote, folder, raw
                )

    def read(self, path: str, most: int) -> bytes:
        """Return the whole content of a file of at most this many bytes."""

        def work(session: SftpSession) -> bytes:
            with session.open(path, "rb") as file:
                size = file.stat().st_size
                if size is not None and size <= most:
                    file.prefetch(size, _READ_AHEAD)
                content: bytes = file.read(most + 1) if size is None or size <= most else b""
            if len(content) > most or (size or 0) > most:
                raise failures.too_large(self.remote, path, most)
            return content

        return self._call("read", path, work)

    def write(self, path: str, content: bytes) -> None:
        """Write a file, over one of the same name, and check that it arrived whole."""

        def work(session: SftpSession) -> int | None:
            check_deadline_now()
            # Not pipelined: paramiko loses the refusals of pipelined writes.
            with session.open(path, "wb") as file:
                check_deadline_now()
                file.write(content)
            try:
                size: int | None = session.stat(path).st_size
            except StatusRefusal as refusal:
                if refusal.errno != errno.ENOENT:
                    raise
                return None
            return size

        try:
            found = self._call("write", path, work)
        except DeadlineExceeded as late:
            raise failures.too_late(self.remote, "write", path, late) from late
        if found != len(content):
            raise failures.arrived_in_part(self.remote, path, len(content), found)

    def create(self, path: str, content: bytes) -> bool:
        """Write a file that must not exist yet. Return False, without effect, if the name is taken."""
        with self._lock:
            try:
                file = self._step("create", path, lambda session: session.open(path, "wbx"))
            except (NotSent, OutcomeUnknown):
                raise
            except RemoteError:
                if self.look(path) is not None:
                    return False
                raise
            try:
                with file:
                    file.write(content)
                    # By the handle: a server that takes files at once has no such name any more.
                    size = file.stat().st_size
            except StatusRefusal as refusal:
                what = f"the file was created, and its content refused ({refusal})"
                raise failures.outcome_unknown(self.remote, "create", path, what) from refusal
            except DROPPED as failure:
                self._drop()
                raise failures.outcome_unknown(
                    self.remote, "create", path, failures.lost(failure)
                ) from failure
        if size not in {None, len(content)}:
            what = f"{len(content):,} bytes were written, and {size:,} arrived"
            raise failures.outcome_unknown(self.remote, "create", path, what)
        return True

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is no error."""
        with suppress(NotFound):
            self._call("remove", path, lambda session: session.remove(path))

    def empty(self, path: str) -> None:
        """Cut a file to nothing; one that is not there is not made, and no error."""
        with suppress(NotFound):
            self._call("empty", path, lambda session: session.truncate(path, 0))

    def rename_plainly(self, source: str, target: str) -> None:
        """Rename by SSH_FXP_RENAME, which must not overwrite. The extension posix-rename is never used."""
        self._step("rename", source, lambda session: session.rename(source, target))

    def close(self) -> None:
        """Close the connection. The next call opens another one."""
        with self._lock:
            self._drop()

    def _call(self, operation: str, path: str, work: Callable[[SftpSession], T]) -> T:
        """Return the result of work that is safe to repeat: it is done again, once, if the connection drops."""
        with self._lock:
            try:
                return self._once(operation, path, work)
            except _Dropped as dropped:
                log.warning("%s: %s %s: %s. Connecting again.", self.remote, operation, path, dropped.what)
            try:
                return self._once(operation, path, work)
            except _Dropped as dropped:
                raise failures.connection_lost(self.remote, operation, path, dropped.what) from dropped

    def _step(self, operation: str, path: str, work: Callable[[SftpSession], T]) -> T:
        """Return the result of work that is done at most once, and not after the caller's deadline."""

        def in_time(session: SftpSession) -> T:
            check_deadline_now(self._response_timeout)
            return work(session)

        with self._lock:
            try:
                return self._once(operation, path, in_time)
            except DeadlineExceeded as late:
                raise failures.too_late(self.remote, operation, path, late) from late
            except _Dropped as dropped:
                raise failures.outcome_unknown(self.remote, operation, path, dropped.what) from dropped

    def _once(self, operation: str, path: str, work: Callable[[SftpSession], T]) -> T:
        self._link = self._link or self._open()
        try:
            return work(self._link.session)
        except StatusRefusal as refusal:
            raise failures.refusal_of(self.remote, operation, path, refusal) from refusal
        except DROPPED as failure:
            self._drop()
            raise _Dropped(failures.lost(failure)) from failure

    def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            with suppress(*DROPPED):
                link.close()


class _Dropped(Exception):
    """The connection was lost during an operation."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def _file(path: str, attributes: SFTPAttributes) -> RemoteFile:
    modified = attributes.st_mtime
    return RemoteFile(
        path, attributes.st_size or 0, datetime.fromtimestamp(modified, UTC) if modified else None
    )

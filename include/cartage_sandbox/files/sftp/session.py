"""One SFTP session of a customer: asyncssh's server over real files, with the rules and faults of the sandbox."""

from __future__ import annotations

import asyncio
import posixpath
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from asyncssh import SSHServerChannel, SSHServerConnection
from asyncssh.constants import FXF_WRITE
from asyncssh.sftp import (
    SFTPAttrs,
    SFTPConnectionLost,
    SFTPError,
    SFTPName,
    SFTPNoSuchFile,
    SFTPOpUnsupported,
    SFTPPermissionDenied,
    SFTPServer,
)

from cartage_sandbox.files.faults import refusal
from cartage_sandbox.kernel.faults import Fault

if TYPE_CHECKING:
    from cartage_sandbox.files.premises import Premises

T = TypeVar("T")


class WarehouseSession(SFTPServer):
    """A session that sees the folders of its customer only."""

    def __init__(self, channel: SSHServerChannel[bytes], premises: Premises) -> None:
        login = str(channel.get_connection().get_extra_info("username"))
        self._premises = premises
        self._home = premises.home(login)
        self._open: dict[object, Path] = {}
        super().__init__(channel, chroot=str(self._home).encode())

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        """Open a file; remember who writes."""
        opened: list[Any] = []

        def work() -> Any:
            opened.append(SFTPServer.open(self, path, pflags, attrs))
            return opened[0]

        try:
            file = await self._request("OPEN", path, work)
        except BaseException:
            for unseen in opened:
                unseen.close()
            raise
        local = self._local(path)
        self._open[file] = local
        if pflags & FXF_WRITE:
            self._premises.begin_writing(local)
        return file

    async def close(self, file_obj: object) -> None:
        """Close a file; a server that takes files at once takes it now."""
        local = self._open.pop(file_obj, None)
        ended = False

        def end() -> None:
            nonlocal ended
            if not ended:
                ended = True
                SFTPServer.close(self, file_obj)
                if local is not None:
                    self._premises.end_writing(local)

        try:
            # The effect comes before its response: who sees a cut after it finds the file whole.
            await self._on_open_file("CLOSE", local, end)
        finally:
            # A close that fails by a fault closes all the same.
            end()

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Read from a file."""
        work: Callable[[], Any] = lambda: SFTPServer.read(self, file_obj, offset, size)  # noqa: E731
        found: bytes = await self._on_open_file("READ", self._open.get(file_obj), work)
        return found

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write to a file."""
        work: Callable[[], Any] = lambda: SFTPServer.write(self, file_obj, offset, data)  # noqa: E731
        count: int = await self._on_open_file("WRITE", self._open.get(file_obj), work)
        return count

    async def stat(self, path: bytes) -> SFTPAttrs:
        """Return the attributes of a file."""
        found: SFTPAttrs = await self._request(
            "STAT", path, lambda: self._attributes(SFTPServer.stat(self, path))
        )
        return found

    async def lstat(self, path: bytes) -> SFTPAttrs:
        """Return the attributes of a file, not of what a link points to."""
        found: SFTPAttrs = await self._request(
            "STAT", path, lambda: self._attributes(SFTPServer.lstat(self, path))
        )
        return found

    async def fstat(self, file_obj: object) -> SFTPAttrs:
        """Return the attributes of an open file."""
        return self._attributes(SFTPServer.fstat(self, file_obj))

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """Yield the names in a folder."""
        await self._request("LIST", path, lambda: None)
        async for name in super().scandir(path):
            name.attrs = self._attributes(name.attrs)
            yield name

    async def remove(self, path: bytes) -> None:
        """Remove a file."""

        def work() -> None:
            SFTPServer.remove(self, path)
            self._premises.note_change("file.removed", self._local(path))

        await self._request("REMOVE", path, work)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename without overwriting, unless this server overwrites."""

        def work() -> None:
            self._check_archive(newpath)
            if self._premises.rules.flag("rename_overwrites"):
                SFTPServer.posix_rename(self, oldpath, newpath)
            else:
                SFTPServer.rename(self, oldpath, newpath)
            self._premises.note_rename(self._local(oldpath), self._local(newpath))

        await self._request("RENAME", oldpath, work)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename with overwriting, if the server has the extension."""

        def work() -> None:
            if not self._premises.rules.flag("posix_rename"):
                raise SFTPOpUnsupported("posix-rename is not supported")
            self._check_archive(newpath)
            SFTPServer.posix_rename(self, oldpath, newpath)
            self._premises.note_rename(self._local(oldpath), self._local(newpath))

        await self._request("POSIX_RENAME", oldpath, work)

    def _check_archive(self, path: bytes) -> None:
        archives = not self._premises.rules.flag("moves_out_of_archive")
        if archives and self._local(path).parent == self._home / "archive":
            raise SFTPPermissionDenied("Permission denied")

    def _attributes(self, found: Any) -> SFTPAttrs:
        attributes = found if isinstance(found, SFTPAttrs) else SFTPAttrs.from_local(found)
        ahead = int(self._premises.rules.number("clock_ahead_seconds"))
        if not self._premises.rules.flag("file_times"):
            attributes.atime = attributes.mtime = None
        elif ahead and attributes.mtime is not None:
            attributes.mtime += ahead
        return attributes

    async def _request(self, operation: str, path: bytes, work: Callable[[], Any]) -> Any:
        return await self._handled(operation, self._shown(path), work)

    async def _on_open_file(self, operation: str, local: Path | None, work: Callable[[], Any]) -> Any:
        shown = f"/{local.relative_to(self._home)}" if local else "?"
        return await self._handled(operation, shown, work)

    async def _handled(self, operation: str, shown: str, work: Callable[[], Any]) -> Any:
        faults = self._premises.faults.strike(operation, shown)
        started = time.perf_counter()

        def note(status: int | None) -> None:
            milliseconds = round((time.perf_counter() - started) * 1000, 3)
            names = ",".join(fault.name for fault in faults) or None
            self._premises.journal.record_request(operation, shown, status, milliseconds, None, names)

        try:
            if latency := self._premises.rules.number("latency_seconds"):
                await asyncio.sleep(latency)
            await self._suffer([fault for fault in faults if fault.moment == "before"], note)
            result = work()
            await self._suffer([fault for fault in faults if fault.moment == "after"], note)
        except SFTPConnectionLost:
            raise
        except (SFTPError, OSError) as failure:
            note(_status(failure))
            raise
        note(200)
        return result

    async def _suffer(self, faults: Sequence[Fault], note: Callable[[int | None], None]) -> None:
        for fault in faults:
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds or 0)
            elif fault.kind == "status":
                raise refusal(fault)
            else:
                # Before the client can see the cut: a client that saw it finds it in the journal.
                note(None)
                cut(self.connection, abrupt=fault.kind == "reset")
                raise SFTPConnectionLost("the sandbox cuts the connection")

    def _shown(self, path: bytes) -> str:
        return posixpath.normpath("/" + path.decode("utf-8", "replace").lstrip("/"))

    def _local(self, path: bytes) -> Path:
        return Path(self.map_path(path).decode("utf-8", "surrogateescape"))


def cut(connection: SSHServerConnection, *, abrupt: bool) -> None:
    """End a connection at once: without a word, or with SSH's own goodbye."""
    with suppress(OSError):
        if abrupt:
            connection.abort()
        else:
            connection.close()


def _status(failure: Exception) -> int:
    if isinstance(failure, SFTPNoSuchFile | FileNotFoundError):
        return 404
    if isinstance(failure, SFTPPermissionDenied | PermissionError):
        return 403
    return 500

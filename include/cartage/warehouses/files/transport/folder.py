"""Files in a mounted folder (NFS, SMB, a volume): the operations of the system, with the promises of `Transport`."""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TypeVar

from cartage.deadlines import DeadlineExceeded, check_deadline_now
from cartage.errors import NotFound, RemoteUnavailable
from cartage.warehouses.files.transport import failures
from cartage.warehouses.files.transport.interface import RemoteFile, Transport, joined, usable

log = logging.getLogger(__name__)

T = TypeVar("T")
# linux/fs.h and fcntl.h.
_RENAME_NOREPLACE = 1
_AT_FDCWD = -100
# What file systems say that cannot refuse to overwrite (NFS: EINVAL), or a kernel that cannot.
_CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
# Seconds within which a rename on a network file system has its outcome.
_LONGEST_STEP = 30.0


class FolderTransport(Transport):
    """The folders below a mounted one. Paths of the settings are below it, whether they begin with `/` or not."""

    def __init__(self, root: str) -> None:
        """Create a transport without looking at the folder."""
        self.remote = f"folder {root}"
        self.longest_step = _LONGEST_STEP
        self._root = Path(root)

    def look(self, path: str) -> RemoteFile | None:
        """Return what has this path; None if there is nothing, or no such folder."""
        with self._failures("look for", path):
            try:
                return _file(path, self._place(path).stat())
            except (FileNotFoundError, NotADirectoryError):
                self._require_root("look for", path)
                return None

    def has_folder(self, folder: str) -> bool:
        """Return whether this folder is there."""
        with self._failures("look for", folder):
            self._require_root("look for", folder)
            return self._place(folder).is_dir()

    def scan(self, folder: str, into: Callable[[Iterator[RemoteFile]], T]) -> T:
        """Return what `into` makes of the regular files of a folder."""
        with self._failures("list", folder), os.scandir(self._place(folder)) as entries:
            return into(self._files(folder, entries))

    def _files(self, folder: str, entries: Iterator[os.DirEntry[str]]) -> Iterator[RemoteFile]:
        for entry in entries:
            if not usable(entry.name):
                log.warning(
                    "%s: %s: a file is left out, its name cannot be used: %r",
                    self.remote,
                    folder,
                    os.fsencode(entry.name),
                )
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if stat.S_ISREG(found.st_mode):
                yield _file(joined(folder, entry.name), found)

    def read(self, path: str, most: int) -> bytes:
        """Return the whole content of a file of at most this many bytes."""
        with self._failures("read", path), self._place(path).open("rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise failures.too_large(self.remote, path, most)
        return content

    def write(self, path: str, content: bytes) -> None:
        """Write a file, over one of the same name, and check that it arrived whole."""
        with self._in_time("write", path, 0), self._failures("write", path):
            place = self._place(path)
            with place.open("wb") as file:
                _write_through(file.fileno(), content)
            found = place.stat().st_size
        if found != len(content):
            raise failures.arrived_in_part(self.remote, path, len(content), found)

    def create(self, path: str, content: bytes) -> bool:
        """Write a file that must not exist yet. Return False, without effect, if the name is taken."""
        with self._in_time("create", path), self._failures("create", path):
            try:
                file = self._place(path).open("xb")
            except FileExistsError:
                return False
        try:
            with file:
                _write_through(file.fileno(), content)
        except OSError as failure:
            what = f"the file was created, and its content refused ({failure.strerror})"
            raise failures.outcome_unknown(self.remote, "create", path, what) from failure
        return True

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is no error."""
        with self._failures("remove", path):
            self._place(path).unlink(missing_ok=True)

    def empty(self, path: str) -> None:
        """Cut a file to nothing; one that is not there is not made, and no error."""
        with self._failures("empty", path), suppress(FileNotFoundError):
            os.truncate(self._place(path), 0)

    def rename_plainly(self, source: str, target: str) -> None:
        """Rename without overwriting where the file system can; NFS cannot."""
        with self._in_time("rename", source), self._failures("rename", source):
            _rename(self._place(source), self._place(target))

    def close(self) -> None:
        """Do nothing: a folder has no connection."""

    def _place(self, path: str) -> Path:
        place = self._root / os.path.normpath(path.lstrip("/") or ".")
        if ".." in place.relative_to(self._root).parts:
            raise NotFound(self.remote, f"look for {path}", "it is outside the mounted folder")
        return place

    def _require_root(self, operation: str, path: str) -> None:
        """Tell a file that is gone from a folder that is not mounted."""
        if not self._root.is_dir():
            raise RemoteUnavailable(
                self.remote,
                f"{operation} {path}",
                "the folder is not there",
                fix="Mount it on this worker, or correct the setting folder.",
            )

    @contextmanager
    def _failures(self, operation: str, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as failure:
            if isinstance(failure, FileNotFoundError):
                self._require_root(operation, path)
            raise failures.refusal_of(self.remote, operation, path, failure) from failure

    @contextmanager
    def _in_time(self, operation: str, path: str, longest: float = _LONGEST_STEP) -> Iterator[None]:
        try:
            check_deadline_now(longest)
            yield
        except DeadlineExceeded as late:
            raise failures.too_late(self.remote, operation, path, late) from late


def _write_through(descriptor: int, content: bytes) -> None:
    """Write everything, and wait until it is on the disk, or at the file server."""
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)


def _rename(source: Path, target: Path) -> None:
    function = _renameat2()
    if function is not None:
        if (
            function(
                _AT_FDCWD,
                os.fsencode(source),
                _AT_FDCWD,
                os.fsencode(target),
                _RENAME_NOREPLACE,
            )
            == 0
        ):
            return
        code = ctypes.get_errno()
        if code not in _CANNOT:
            raise OSError(code, os.strerror(code), str(source))
    source.rename(target)


@cache
def _renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    """Return Linux's own rename, which can refuse to overwrite; Python has no name for it."""
    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    function.restype = ctypes.c_int
    found: Callable[[int, bytes, int, bytes, int], int] = function
    return found


def _file(path: str, found: os.stat_result) -> RemoteFile:
    # Whole seconds, as SFTP has them: two looks compare equal, whichever way they came.
    return RemoteFile(path, found.st_size, datetime.fromtimestamp(int(found.st_mtime), UTC))

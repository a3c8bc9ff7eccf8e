"""What a transport does with files, whatever carries them. Paths are those of the warehouse's side, with `/`.

Every operation is safe to repeat, except `rename` and `create`: those raise `OutcomeUnknown` if their response was
lost. Whatever writes checks the caller's deadline (`cartage.deadlines`) just before, so that a process that was frozen
does not write into the work of the one that took over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from cartage.errors import NotFound, OutcomeUnknown, RemoteError, RemoteUnavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A regular file as a listing shows it. `modified_at` is by the clock of the warehouse's side, if it says so."""

    path: str
    size: int
    modified_at: datetime | None = None

    @property
    def name(self) -> str:
        """The name without its folder."""
        return self.path.rpartition("/")[2]

    def same_as(self, other: RemoteFile | None) -> bool:
        """Return whether two looks saw the same content, as far as size and time show."""
        return other is not None and (self.size, self.modified_at) == (other.size, other.modified_at)


def joined(folder: str, name: str) -> str:
    """Return the path of a name in a folder; an empty folder, or `.`, is the one in which the session starts."""
    if folder in {"", "."}:
        return name
    return f"{folder.rstrip('/')}/{name}"


def folder_of(path: str) -> str:
    """Return the folder of a path; `.` if it names none."""
    folder, separator, _ = path.rpartition("/")
    return folder or ("/" if separator else ".")


def usable(name: str) -> bool:
    """Return whether a name of a listing can be part of a path, and of a line of text."""
    return name not in {"", ".", ".."} and "/" not in name and name.isprintable()


class Transport(ABC):
    """A connection to the folders of one warehouse account. Threads may share it; their calls take turns.

    Every failure is a `RemoteError` that names the remote, the path and the fix.
    """

    remote: str
    """The remote's name in messages: `SFTP sftp.example.com`, `folder /mnt/3pl`."""
    longest_step: float
    """Seconds within which one operation on an open connection has its response, or fails."""
    longest_login: float = 0.0
    """Seconds within which a connection is open, or fails."""

    @abstractmethod
    def look(self, path: str) -> RemoteFile | None:
        """Return what has this path; None if there is nothing, or no such folder."""

    @abstractmethod
    def has_folder(self, folder: str) -> bool:
        """Return whether this folder is there."""

    @abstractmethod
    def scan(self, folder: str, into: Callable[[Iterator[RemoteFile]], T]) -> T:
        """Return what `into` makes of the regular files of a folder, in any order and whatever their number.

        `into` is called again, with all files, if the connection drops. Names that cannot be a path (not UTF-8, with
        `/` or a line end) are left out and logged.

        Raises:
            NotFound: if the folder is not there.
        """

    @abstractmethod
    def read(self, path: str, most: int) -> bytes:
        """Return the whole content of a file of at most this many bytes.

        Raises:
            NotFound: if it is not there.
            MalformedResponse: if it has more.
        """

    @abstractmethod
    def write(self, path: str, content: bytes) -> None:
        """Write a file, over one of the same name, and check that it arrived whole. For names that are ours alone.

        Raises:
            NotSent: if the caller's deadline has passed.
            RemoteError: if it is not there whole; a part of it may be.
        """

    @abstractmethod
    def create(self, path: str, content: bytes) -> bool:
        """Write a file that must not exist yet. Return False, without effect, if the name is taken.

        Raises:
            OutcomeUnknown: if the file was created, but it is not known whether whole.
            RemoteError: if it was not created.
        """

    @abstractmethod
    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is no error."""

    @abstractmethod
    def empty(self, path: str) -> None:
        """Cut a file to nothing; one that is not there is not made, and no error."""

    @abstractmethod
    def rename_plainly(self, source: str, target: str) -> None:
        """Rename in one step, as the remote does it when it is asked not to overwrite. Some remotes overwrite still.

        Raises:
            NotSent: if the caller's deadline has passed.
            OutcomeUnknown: if the response was lost.
            RemoteError: if it was refused.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the connection. The next call opens another one."""

    def rename(self, source: str, target: str) -> bool:
        """Rename in one step to a name that is free. Return False, without effect, if it is taken.

        The free name is looked for first, so that a remote that overwrites (UNVERIFIED: some do) gets no chance to. A
        refusal does not tell which of its reasons applies (OpenSSH: "Failure"), so both names are looked at after it.

        Raises:
            NotFound: if the source is not there.
            OutcomeUnknown: if the response was lost.
            RemoteError: if it was certainly not renamed.
        """
        if self.look(target) is not None:
            return False
        try:
            self.rename_plainly(source, target)
        except OutcomeUnknown:
            raise
        except RemoteError as refusal:
            if self.look(source) is None:
                raise NotFound(self.remote, f"rename {source}", f"{source} is not there") from refusal
            if self.look(target) is not None:
                return False
            if isinstance(refusal, NotFound):
                raise RemoteUnavailable(
                    self.remote,
                    f"rename {source}",
                    f"the folder of {target} is not there",
                    fix="Compare the folders with those in the lane's settings.",
                ) from refusal
            raise
        return True

    def __enter__(self) -> Self:
        """Return the transport, to be closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

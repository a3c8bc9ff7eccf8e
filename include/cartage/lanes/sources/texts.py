"""Read the files of the lanes as bytes. Never raises: a file that cannot be read carries the reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cartage.lanes.sources.places import FILE_VARIABLE, files_in, is_folder

_LARGEST_FILE = 2_000_000


@dataclass(frozen=True, slots=True)
class SourceText:
    """The content of a file, or why it has none (`fault`) and what to do about that (`fix`)."""

    path: Path
    content: bytes = b""
    fault: str = ""
    fix: str = ""

    def digest(self) -> str:
        """Return a digest that changes with the content and with the fault."""
        return hashlib.blake2b(self.fault.encode() or self.content, digest_size=16).hexdigest()


def read_sources(path: Path) -> list[SourceText]:
    """Return the content of the file, or of every file of the folder; of a folder that cannot be used, its fault."""
    if not is_folder(path):
        return [_read(path)]
    try:
        files = files_in(path)
    except FileNotFoundError:
        return [
            SourceText(
                path, b"", "does not exist", f"Create the folder, or set {FILE_VARIABLE} to another one."
            )
        ]
    except OSError as error:
        return [_unreadable(path, error, "Check that it is a folder that Cartage may read.")]
    if not files:
        return [
            SourceText(path, b"", "has no file of lanes", "Put a file NAME.yaml for each merchant into it.")
        ]
    return [_read(file) for file in files]


def _read(file: Path) -> SourceText:
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        return SourceText(file, b"", "does not exist", f"Create it, or set {FILE_VARIABLE} to another file.")
    except OSError as error:
        return _unreadable(file, error, "Check that it is a file that Cartage may read.")
    if len(content) > _LARGEST_FILE:
        return SourceText(
            file,
            b"",
            f"is larger than {_LARGEST_FILE} bytes",
            "Settings are small: check that it is the right file. Many merchants go into a folder, one file each.",
        )
    return SourceText(file, content)


def _unreadable(path: Path, error: OSError, fix: str) -> SourceText:
    return SourceText(path, b"", f"cannot be read: {error.strerror}", fix)

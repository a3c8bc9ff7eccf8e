"""Keep compiled lanes in a file: beside the lanes, or where that cannot be written, in a private temporary folder.

A file is replaced in one step, so that a reader finds the old or the new one whole, however many write. Where nothing
can be written, nothing is kept, and each process reads the lanes themselves.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

_SUFFIX = ".compiled"
# Compiled for another version, or by a process that died: nobody has written it for a week.
_OLD = 7 * 86_400.0


def kept_texts(path: Path, rules: str) -> Iterator[bytes]:
    """Yield what is kept for the lanes at this path under these rules, from each place that has something."""
    for file in (_beside(path, rules), _private(path, rules)):
        with suppress(OSError):
            if file is not None:
                yield file.read_bytes()


def keep(path: Path, rules: str, text: bytes) -> Path | None:
    """Write the text for the processes that come, and return its file; None if it cannot be written anywhere."""
    for file in (_beside(path, rules), _private(path, rules)):
        if file is None:
            continue
        try:
            _replace(file, text, _mode(path))
        except OSError as error:
            log.debug("compiled lanes cannot be kept as %s: %s", file, error)
        else:
            _delete_old(file)
            return file
    return None


def _beside(path: Path, rules: str) -> Path:
    # Installations that differ keep their own: hosts of two versions would otherwise replace each other's for ever.
    return path.with_name(f".{path.name}.{rules}{_SUFFIX}")


def _private(path: Path, rules: str) -> Path | None:
    """Return the file in a temporary folder that only this user can write; None if somebody else has made it."""
    folder = Path(tempfile.gettempdir()) / f"cartage-lanes-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        log.warning("%s is not a folder of this user alone: compiled lanes are not kept there", folder)
        return None
    name = hashlib.blake2b(str(path.absolute()).encode(), digest_size=8).hexdigest()
    return folder / f"{name}.{rules}{_SUFFIX}"


def _mode(path: Path) -> int:
    """Return the mode of the compiled file: users who may read the lanes may read it."""
    try:
        return path.stat().st_mode & 0o644
    except OSError:
        return 0o600


def _replace(file: Path, text: bytes, mode: int) -> None:
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
        Path(draft).chmod(mode)
        Path(draft).replace(file)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise


def _delete_old(file: Path) -> None:
    """Delete what nobody has written for long beside this file, of the same lanes."""
    stem = file.name.removesuffix(_SUFFIX).rpartition(".")[0]
    for other in file.parent.glob(f"{stem}.*{_SUFFIX}*"):
        with suppress(OSError):
            if other != file and time.time() - other.stat().st_mtime > _OLD:
                other.unlink()

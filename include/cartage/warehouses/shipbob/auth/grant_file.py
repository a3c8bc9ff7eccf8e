"""The file with an application's newest refresh token, for all processes that sign in with it.

ShipBob may replace a refresh token when it is used; the old one is then worth nothing. A process that signs in
therefore holds a lock from reading the file until the new token is in it. The file has secrets: only its owner may
read it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cartage.http.lenient import NotJson, parse_body


@dataclass(frozen=True, slots=True)
class KeptGrant:
    """A refresh token, and the access token that came with it until `use_until` (seconds since 1970)."""

    refresh_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    use_until: float = 0.0


class GrantFile:
    """Keeps the grant that descends from one refresh token of the connection. A new token there starts a new grant."""

    def __init__(self, path: Path, first_token: str) -> None:
        self._path = path
        self._first = hashlib.sha256(first_token.encode()).hexdigest()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep all other processes out, until the block ends.

        Raises:
            OSError: if the folder cannot be written to.
        """
        lock = os.open(self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def read(self) -> KeptGrant | None:
        """Return the kept grant; None if there is none, or it descends from another token.

        Raises:
            OSError: if the file is there and cannot be read.
        """
        try:
            kept = parse_body(self._path.read_bytes())
        except (FileNotFoundError, NotJson):
            return None
        if (
            not isinstance(kept, Mapping)
            or kept.get("descends_from") != self._first
            or not kept.get("refresh_token")
        ):
            return None
        until = str(kept.get("use_until") or "0")
        return KeptGrant(str(kept["refresh_token"]), str(kept.get("access_token") or ""), _seconds(until))

    def write(self, grant: KeptGrant) -> None:
        """Replace the kept grant: readers see the old file or the new one, never half of one.

        Raises:
            OSError: if the folder cannot be written to.
        """
        content = {
            "descends_from": self._first,
            "refresh_token": grant.refresh_token,
            "access_token": grant.access_token,
            "use_until": grant.use_until,
        }
        # mkstemp gives its owner alone the right to read.
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0

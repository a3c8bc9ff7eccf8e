"""Stores and their codes. A code is part of every reference: allotted once, it never changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from string import ascii_uppercase, digits

from sqlalchemy import Connection, text

from cartage.errors import LedgerError, SettingsError
from cartage.storefront.settings import normalise_secure_url

# 26 x 36 x 36 codes. Two of ten stores collide once in 700 times, and the second then takes its next code.
_PROBES = 100


@dataclass(frozen=True, slots=True)
class Store:
    """A store as the ledger knows it."""

    id: int
    code: str


_KNOWN = text("SELECT id, code FROM store WHERE secure_url = :secure_url")

_ALLOT = text(
    """
    INSERT INTO store (code, secure_url) VALUES (:code, :secure_url)
    ON CONFLICT DO NOTHING
    RETURNING id, code
    """
)


def ensure_store(connection: Connection, secure_url: str) -> Store:
    """The store with this Secure URL, in any spelling; its first mention allots its code.

    A rebuilt ledger gives a store the same code, unless another store took that code first.

    Raises:
        SettingsError: if the URL names no host.
        LedgerError: if no code is free.
    """
    identity = normalise_secure_url(secure_url)
    if not identity:
        raise SettingsError("the store's Secure URL", [f"  {secure_url!r} names no host."])
    found = _known(connection, identity)
    if found:
        return found
    for code in islice(codes(identity), _PROBES):
        row = connection.execute(_ALLOT, {"code": code, "secure_url": identity}).one_or_none()
        # Nothing inserted: the code is another store's, or another process was faster with this very store.
        found = Store(row.id, row.code) if row else _known(connection, identity)
        if found:
            return found
    raise LedgerError(f"store {identity}: {_PROBES} codes were tried, and all belong to other stores.")


def codes(identity: str) -> Iterator[str]:
    """The codes that a store may get, in the order in which it tries them."""
    for probe in count():
        number = int.from_bytes(hashlib.sha256(f"{identity}#{probe}".encode()).digest()[:8])
        number, last = divmod(number, 36)
        number, middle = divmod(number, 36)
        yield (
            ascii_uppercase[number % 26]
            + (ascii_uppercase + digits)[middle]
            + (ascii_uppercase + digits)[last]
        )


def _known(connection: Connection, identity: str) -> Store | None:
    row = connection.execute(_KNOWN, {"secure_url": identity}).one_or_none()
    return Store(row.id, row.code) if row else None

"""Stores and their codes. A code is part of every reference, so it never changes once it is assigned."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from cartage.db.schema import store
from cartage.errors import LedgerError, SettingsError
from cartage.storefront.settings import normalise_secure_url
from cartage.storefront.store_codes import codes

# There are 26 x 36 x 36 codes. Among ten stores, two collide once in 700 times; the second takes its next code.
_CODES_TRIED = 100


@dataclass(frozen=True, slots=True)
class Store:
    """A store as the ledger knows it."""

    id: int
    code: str


def ensure_store(connection: Connection, secure_url: str) -> Store:
    """Return the store with this Secure URL, in any spelling. The first call for a store assigns its code.

    A rebuilt ledger assigns the same code, unless another store took that code first.

    Raises:
        SettingsError: if the URL names no host.
        LedgerError: if no code is free.
    """
    identity = normalise_secure_url(secure_url)
    if not identity:
        raise SettingsError("the store's Secure URL", [f"  {secure_url!r} names no host."])
    found = _find(connection, identity)
    if found:
        return found
    for code in islice(codes(identity), _CODES_TRIED):
        # Nothing inserted: another store has the code, or another process has just inserted this store.
        found = _insert(connection, code, identity) or _find(connection, identity)
        if found:
            return found
    raise LedgerError(f"store {identity}: {_CODES_TRIED} codes were tried, and other stores have them all.")


def _find(connection: Connection, identity: str) -> Store | None:
    row = connection.execute(
        select(store.c.id, store.c.code).where(store.c.secure_url == identity)
    ).one_or_none()
    return Store(row.id, row.code) if row else None


def _insert(connection: Connection, code: str, identity: str) -> Store | None:
    statement = insert(store).values(code=code, secure_url=identity).on_conflict_do_nothing()
    row = connection.execute(statement.returning(store.c.id, store.c.code)).one_or_none()
    return Store(row.id, row.code) if row else None

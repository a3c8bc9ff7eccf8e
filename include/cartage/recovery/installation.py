"""Recognise a restored, moved or foreign ledger: it knows less than store and warehouse.

Its `place` shows a restored dump (new tables), a copied database (a new number) and a recovery to a point in time (a
new timeline). A storage snapshot shows in nothing; only a person knows of it (`cartage ledger recover`).
"""

from __future__ import annotations

import os
from uuid import uuid4

from sqlalchemy import Connection

from cartage.lifecycle.transitions import By
from cartage.recovery.repo import (
    known_installation,
    last_event,
    present_place,
    quarantine,
    settle_installation,
)

VARIABLE = "CARTAGE_INSTALLATION"
# The prefix of an id that a ledger gave itself. A name given later replaces it and makes the ledger no foreign one.
_SELF_GIVEN = "self-"


def recognise(connection: Connection, by: By, *, name: str | None = None) -> list[str]:
    """Quarantine all lanes if this ledger is not the deployment's own, or not where it was; return their names.

    `name` is the deployment's name for its ledger (default: `CARTAGE_INSTALLATION`). Without one the ledger keeps the
    id that it gave itself, and only its place counts.
    """
    wanted = os.environ.get(VARIABLE, "").strip() if name is None else name
    place = present_place(connection)
    known = known_installation(connection)
    present = wanted or (known.id if known else _SELF_GIVEN + uuid4().hex)
    if known is not None and (known.id, known.place) == (present, place):
        return []
    changed = settle_installation(connection, present, place)
    if known is None or not changed:  # new, or another process was faster
        return []
    if known.id != present and not known.id.startswith(_SELF_GIVEN):
        why = f"this ledger belongs to the installation {known.id}, not to {present}"
        return quarantine(connection, None, by, why)
    if known.place == place:
        return []
    why = "this ledger was restored or moved: its tables are not where they were written"
    return quarantine(connection, last_event(connection), by, why)


def identity(connection: Connection) -> str | None:
    """Return the ledger's own id; None before its first use."""
    known = known_installation(connection)
    return None if known is None else str(known.id)

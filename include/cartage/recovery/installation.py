"""Which ledger this is, and whether its tables are still where they were: a restored copy knows less than the outside.

A dump that is read back makes new tables, a copied database has a new number, a base backup that is recovered to a
point in time has a new timeline: each shows in `place`. A storage snapshot shows in nothing; only a person knows of it.
"""

from __future__ import annotations

import os
from uuid import uuid4

from sqlalchemy import Connection, text

from cartage.lifecycle import quarantine as doubt
from cartage.lifecycle.transitions import By

VARIABLE = "CARTAGE_INSTALLATION"
# Begins the id that a ledger gives itself; a name given later takes its place, and makes nobody foreign.
_SELF = "self-"

_PLACE = text(
    """
    SELECT concat_ws('/', d.oid, 'fulfillment_order'::regclass::oid, CAST(:system AS text))
    FROM pg_database d WHERE d.datname = current_database()
    """
)

# Open to everybody unless the database's owner took the right away.
_MAY_ASK_SYSTEM = text("SELECT has_function_privilege('pg_control_checkpoint()', 'execute')")
_SYSTEM = text(
    """
    SELECT concat_ws('/', s.system_identifier, c.timeline_id) FROM pg_control_system() s, pg_control_checkpoint() c
    """
)

_KNOWN = text("SELECT id, place FROM installation")

_SETTLE = text(
    """
    INSERT INTO installation (id, place) VALUES (:id, :place)
    ON CONFLICT (one) DO UPDATE SET id = excluded.id, place = excluded.place, settled_at = clock_timestamp()
        WHERE (installation.id, installation.place) IS DISTINCT FROM (excluded.id, excluded.place)
    """
)


def recognise(connection: Connection, by: By, *, name: str | None = None) -> list[str]:
    """Make sure that this ledger is the deployment's own and where it was; else doubt all of its lanes.

    `name` is the deployment's name for its ledger (default: `CARTAGE_INSTALLATION`); where there is none, the ledger
    keeps the id that it gave itself, and only its place is looked at. Returns the lanes that fell into doubt.
    """
    wanted = os.environ.get(VARIABLE, "").strip() if name is None else name
    place = _place(connection)
    known = connection.execute(_KNOWN).one_or_none()
    identity = wanted or (known.id if known else _SELF + uuid4().hex)
    if known is not None and (known.id, known.place) == (identity, place):
        return []
    settled = connection.execute(_SETTLE, {"id": identity, "place": place}).rowcount
    if known is None or not settled:  # new, or another process was faster
        return []
    if known.id != identity and not known.id.startswith(_SELF):
        why = f"this ledger is the installation {known.id}'s, not {identity}'s"
        return doubt.quarantine(connection, None, by, why)
    if known.place == place:
        return []
    why = "this ledger was restored or moved: its tables are not where they were written"
    return doubt.quarantine(connection, doubt.last_event(connection), by, why)


def identity(connection: Connection) -> str | None:
    """The ledger's own id; None before its first use."""
    found: str | None = connection.execute(text("SELECT id FROM installation")).scalar_one_or_none()
    return found


def _place(connection: Connection) -> str:
    allowed = connection.execute(_MAY_ASK_SYSTEM).scalar_one()
    system = connection.execute(_SYSTEM).scalar_one() if allowed else "-"
    place: str = connection.execute(_PLACE, {"system": system}).scalar_one()
    return place

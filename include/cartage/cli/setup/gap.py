"""Whether the ledger can be used yet: the first steps come before there is one."""

from __future__ import annotations

from cartage.errors import SettingsError


def ledger_gap() -> str:
    """Return why the ledger cannot be used yet, with the fix; empty if it can be used."""
    from sqlalchemy.exc import DBAPIError

    from cartage.connections import ledger_url
    from cartage.db import migrate as migration

    try:
        found = migration.ledger_status(ledger_url())
    except SettingsError as missing:
        return f"There is none yet: {' '.join(line.strip() for line in missing.mistakes)}"
    except DBAPIError as error:
        reason = (str(error.orig).splitlines() or [""])[0]
        return f"It is not available: {reason}."
    if found.up_to_date:
        return ""
    return f"It is at revision {found.current or 'none'}, and needs {found.head}."

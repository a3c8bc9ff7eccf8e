"""Find orphaned lanes: lanes that left the lanes file while they still have open orders. Reads only the ledger.

Without a ledger, or if it is not available, nothing is reported: the lanes file can be checked anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cartage.cli.setup.gap import ledger_gap
from cartage.errors import SettingsError
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.lanes import LaneFile


def orphaned_lines(file: LaneFile) -> list[str]:
    """Return a line with the fix for each lane that has open orders but is not in the file."""
    from cartage.connections import ledger_url

    try:
        url = ledger_url()
    except SettingsError:
        return []
    return [
        f"{file.path}: {lane}: the lane is not in the file, but has {counted(orders, 'open order')} "
        "that nothing will finish. "
        "Add it again with `mode: drain`, and remove it once they have shipped."
        for lane, orders in _orphaned(url, file.names).items()
    ]


def _orphaned(url: str, names: set[str]) -> dict[str, int]:
    from sqlalchemy.exc import DBAPIError

    from cartage.db import open_ledger
    from cartage.runtime.known_lanes import orphaned_lanes

    ledger = open_ledger(url)
    try:
        with ledger.begin() as connection:
            return orphaned_lanes(connection, names)
    except DBAPIError as error:
        reason = (str(error.orig).splitlines() or [""])[0]
        gap = ledger_gap() or f"It is not available: {reason}."
        typer.echo(f"Orphaned lanes were not checked in the ledger. {gap}", err=True)
        return {}
    finally:
        ledger.close()

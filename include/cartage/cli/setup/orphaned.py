"""Lanes that left the lanes file with orders under way: nobody would finish those. Reads the ledger alone.

A deployment without a ledger, or with one that does not answer, has nothing to say here; the lanes file can be checked
anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cartage.errors import SettingsError

if TYPE_CHECKING:
    from cartage.lanes import LaneFile


def orphaned_lines(file: LaneFile) -> list[str]:
    """One line for each lane that has open orders and is not in the file, with the mend."""
    from cartage.connections import ledger_url

    try:
        url = ledger_url()
    except SettingsError:
        return []
    return [
        f"{file.path}: {lane}: the lane is gone, but has {orders} open order(s), which nothing will finish. "
        "Put it back with `mode: drain`, and remove it once they have shipped."
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
        typer.echo(f"The ledger was not asked for lanes that are gone: {reason}", err=True)
        return {}
    finally:
        ledger.close()

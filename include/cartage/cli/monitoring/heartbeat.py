"""`cartage heartbeat`: whether every lane runs, for a monitor outside. Reads only."""

from __future__ import annotations

from typing import Annotated

import typer


def heartbeat(
    lane: Annotated[
        list[str] | None, typer.Option("--lane", "-l", help="Look at this lane only; may be repeated.")
    ] = None,
) -> None:
    """Say what does not run. Exit code 0: all live lanes run, 1: some do not, or the ledger is away.

    For cron, Nagios, a Kubernetes probe, or whatever else watches from outside: a dead scheduler cannot alert.
    """
    from cartage.db import open_ledger
    from cartage.lanes import get_lane, valid_lanes
    from cartage.monitoring.heartbeat import not_running

    lanes = [get_lane(name) for name in lane] if lane else valid_lanes()
    ledger = open_ledger()
    try:
        found = {lane.name: not_running(ledger, lane) for lane in lanes}
    finally:
        ledger.close()
    for name, words in found.items():
        typer.echo(f"{name}: {'; '.join(words) or 'runs'}")
    if any(found.values()):
        raise typer.Exit(1)

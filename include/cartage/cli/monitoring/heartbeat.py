"""`cartage heartbeat`: check for an outside monitor that every lane runs. Read-only."""

from __future__ import annotations

from typing import Annotated

import typer

from cartage.cli.options import AsJson
from cartage.cli.printing import show_result
from cartage.cli.transaction import opened_ledger


def check_heartbeat(
    lane: Annotated[
        list[str] | None, typer.Option("--lane", "-l", help="Check only this lane; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what does not run. Exit code 0: all live lanes run; 1: some do not, or the ledger is not available.

    Use it from cron, Nagios or a Kubernetes probe: a scheduler that is down cannot send alerts.
    """
    from cartage.lanes import get_lane, valid_lanes
    from cartage.monitoring.heartbeat import not_running

    lanes = [get_lane(name) for name in lane] if lane else valid_lanes()
    with opened_ledger() as ledger:
        found = {lane.name: not_running(ledger, lane) for lane in lanes}
    text = "\n".join(f"{name}: {'; '.join(words) or 'running'}" for name, words in found.items())
    show_result(found, text, as_json=as_json)
    if any(found.values()):
        raise typer.Exit(1)

"""Options that several commands share, and functions that read their values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.lifecycle.transitions import By
    from cartage.runtime.run import Run

LaneName = Annotated[str, typer.Option("--lane", "-l", help="Name of the lane.", show_default=False)]
AnyLane = Annotated[
    str, typer.Option("--lane", "-l", help="Name of the lane. Default: all lanes.", show_default=False)
]
Person = Annotated[str, typer.Option("--by", help="Your name; recorded in the ledger.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def read_time(value: str) -> datetime:
    """Read an ISO 8601 date or time. Without an offset it is UTC, like Airflow's data intervals."""
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        message = f"{value!r} is not a time; write for example 2026-03-01 or 2026-03-01T14:00+00:00"
        raise typer.BadParameter(message) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def chosen_lanes(name: str) -> list[Lane]:
    """Return the lane with this name, or all valid lanes if it is empty.

    Raises:
        SettingsError: if there is no such lane, or no lane at all.
    """
    from cartage.errors import SettingsError
    from cartage.lanes import get_lane, valid_lanes

    if name:
        return [get_lane(name)]
    if found := valid_lanes():
        return found
    raise SettingsError("lanes", ["  No lane is valid. `cartage lanes check` says why."])


def at_warehouse(lanes: Sequence[Lane], name: str) -> list[Lane]:
    """Return those of the lanes that have a warehouse of this name among several, as that warehouse sees each.

    Raises:
        BadParameter: if none has; it names those that there are.
    """
    if found := [lane.at(name) for lane in lanes if name in lane.warehouses]:
        return found
    names = sorted({each for lane in lanes for each in lane.warehouses})
    alone = f"lane {lanes[0].name} has" if len(lanes) == 1 else ""
    if not names:
        what = f"{alone or 'each lane has'} one warehouse, without a name; leave it out"
    else:
        what = f"{f'{alone} no' if alone else 'no lane has a'} warehouse {name!r}; there is {' and '.join(names)}"
    raise typer.BadParameter(what, param_hint="--warehouse")


def read_limited(path: Path, most: int, option: str) -> bytes:
    """Return what a person's file holds, or one byte more than `most` of it, which its reader then refuses.

    Raises:
        BadParameter: if the file cannot be opened; `option` is where it was named.
    """
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint=option) from None


def cli_run(
    stage: str, *, may_sweep: bool = False, background: bool = False, everything: bool = False
) -> Run:
    """Return a new run for this call of the command line, with an id in the format of the ledger's events."""
    from cartage.runtime.run import Run

    dag_run = f"cli/{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"
    return Run(f"{dag_run}/{stage}/1", dag_run, stage, may_sweep, background, everything)


def by_person(name: str, what: str) -> By:
    """Return the person who runs this command, as the ledger records actors.

    Raises:
        BadParameter: if the name is empty.
    """
    from cartage.lifecycle.transitions import By

    if not name.strip():
        raise typer.BadParameter("give your name", param_hint="--by")
    return By(name.strip(), cli_run(what).id)

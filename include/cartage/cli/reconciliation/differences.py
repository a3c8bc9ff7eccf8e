"""`cartage differences`: list what the last comparison found, and what a person does about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cartage.cli.options import AnyLane, AsJson, LaneName, Person, by_person, chosen_lanes, cli_run
from cartage.cli.printing import show_json, show_result
from cartage.cli.reconciliation.reconcile import show_differences, write_files
from cartage.cli.transaction import ledger_transaction
from cartage.model.differences.kinds import DifferenceKind
from cartage.plurals import counted

app = typer.Typer(help="Differences between store, ledger and warehouse.", no_args_is_help=True)

_MOST = 100_000
Number = Annotated[int, typer.Argument(min=1, help="Number of the difference.", show_default=False)]


@app.callback()
def _group() -> None:
    """Differences between store, ledger and warehouse."""


@app.command(name="list")
def list_differences(
    lane: AnyLane = "",
    kind: Annotated[DifferenceKind | None, typer.Option(help="Only this kind.")] = None,
    ignored: Annotated[bool, typer.Option("--ignored", help="Those that are ignored.")] = False,
    as_json: AsJson = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Also write this CSV file.", metavar="FILE")
    ] = None,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", help="Also write this workbook.", metavar="FILE")
    ] = None,
) -> None:
    """List the open differences, as the last comparison found them. Asks neither store nor warehouse."""
    from cartage.reconciliation.repo.differences import Difference, listed_differences
    from cartage.reconciliation.tables import difference_row

    found: list[Difference] = []
    with ledger_transaction() as connection:
        for chosen in chosen_lanes(lane):
            found += listed_differences(connection, chosen.name, kind=kind, ignored=ignored, size=_MOST)
    write_files(found, csv, xlsx)
    if as_json:
        show_json([difference_row(each) for each in found])
    else:
        show_differences(found, f"{lane or 'all lanes'}: {counted(len(found), 'difference')}")


@app.command(name="ignore")
def ignore(
    number: Number,
    lane: LaneName,
    by: Person,
    reason: Annotated[str, typer.Option(help="Why it is right as it is.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Ignore a difference as it is now. It counts again once one of the two sides changes."""
    from cartage.lanes import get_lane
    from cartage.reconciliation.repo.differences import ignore_difference

    person = by_person(by, "differences")
    with ledger_transaction() as connection:
        ignore_difference(connection, get_lane(lane).name, number, reason, person)
    document = {"id": number, "ignored_by": person.actor, "ignored_because": reason.strip()}
    show_result(document, f"Difference {number} is ignored.", as_json=as_json)


@app.command(name="heed")
def heed(number: Number, lane: LaneName, as_json: AsJson = False) -> None:
    """No longer ignore a difference."""
    from cartage.lanes import get_lane
    from cartage.reconciliation.repo.differences import heed_difference

    with ledger_transaction() as connection:
        heed_difference(connection, get_lane(lane).name, number)
    show_result({"id": number, "ignored_by": ""}, f"Difference {number} counts again.", as_json=as_json)


@app.command(name="own")
def own(
    number: Number,
    lane: LaneName,
    owner: Annotated[str, typer.Option(help="Who looks at it; empty for nobody.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Name who looks at a difference."""
    from cartage.lanes import get_lane
    from cartage.reconciliation.repo.differences import own_difference

    with ledger_transaction() as connection:
        own_difference(connection, get_lane(lane).name, number, owner)
    text = f"Difference {number}: owner {owner.strip() or 'nobody'}."
    show_result({"id": number, "owner": owner.strip()}, text, as_json=as_json)


@app.command(name="fix")
def fix(number: Number, lane: LaneName, by: Person, as_json: AsJson = False) -> None:
    """Do what Cartage can do about a difference without a risk. The list shows what that is.

    The next comparison ends the difference if it is gone.
    """
    from cartage.lanes import get_lane
    from cartage.reconciliation.fixes import fix_difference
    from cartage.runtime.context import open_lane

    person = by_person(by, "differences")
    with open_lane(get_lane(lane), cli_run("differences")) as context:
        done = fix_difference(context, number, person)
    show_result({"id": number, "done": done}, f"Difference {number}: {done}", as_json=as_json)

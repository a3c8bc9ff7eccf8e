"""`cartage holds`: orders that are not sent until a person releases them or the hold expires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AnyLane, AsJson, LaneName, Person, by_person, chosen_lanes
from cartage.cli.printing import show_json, show_result, show_table
from cartage.cli.renamed import add_renamed
from cartage.cli.transaction import ledger_transaction
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.validation.views import OpenHold

app = typer.Typer(help="Orders that are not sent until they are released.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Orders that are not sent until they are released."""


@app.command(name="list")
def list_holds(lane: AnyLane = "", as_json: AsJson = False) -> None:
    """List the open holds, the oldest first: which order, why, who reviews it, until when."""
    from cartage.validation.views import open_holds

    found: list[tuple[str, OpenHold]] = []
    with ledger_transaction() as connection:
        for chosen in chosen_lanes(lane):
            after = 0
            while page := open_holds(connection, chosen.name, after=after):
                found += [(chosen.name, hold) for hold in page]
                after = page[-1].id
    if as_json:
        show_json(
            [
                {"lane": name} | {field: getattr(hold, field) for field in type(hold).__slots__}
                for name, hold in found
            ]
        )
        return
    rows = [
        (
            hold.id,
            name,
            hold.reference,
            hold.invoice,
            hold.state,
            hold.reason,
            hold.owner,
            f"{hold.until:%F %H:%M}",
            hold.placed_by,
        )
        for name, hold in found
    ]
    columns = ("id", "lane", "order", "invoice", "state", "reason", "owner", "until (UTC)", "placed by")
    show_table(columns, rows, title=f"{lane or 'all lanes'}: {counted(len(found), 'hold')}")


@app.command(name="release")
def release_by_hand(
    lane: LaneName,
    by: Person,
    ids: Annotated[
        list[int] | None, typer.Argument(help="Numbers of holds, from `list`.", metavar="ID")
    ] = None,
    rule: Annotated[str, typer.Option(help="Release all holds of the rule with this name.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Release all holds of the lane.")] = False,
    as_json: AsJson = False,
) -> None:
    """Release holds by number, by rule, or all. The next run sends the orders that nothing else blocks."""
    if bool(ids) + bool(rule) + every != 1:
        raise typer.BadParameter("give the numbers of holds, or --rule NAME, or --all", param_hint="ID")
    from cartage.lanes import get_lane
    from cartage.validation.repo import holds

    name = get_lane(lane).name
    with ledger_transaction() as connection:
        released = holds.release_holds(
            connection, name, by_person(by, "holds"), ids=ids or None, rule=rule or None
        )
    text = f"{counted(released, 'hold')} released, by {by.strip()}."
    show_result({"lane": name, "released": released, "by": by.strip()}, text, as_json=as_json)
    if ids and released < len(set(ids)):
        typer.echo("The other numbers are not open holds.", err=True)
        raise typer.Exit(1)


add_renamed(app, "set", "cartage orders hold")

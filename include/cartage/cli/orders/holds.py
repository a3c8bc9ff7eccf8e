"""`cartage holds`: orders that are not sent until a person releases them or the hold expires."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AsJson, LaneName, Person, by_person
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction

if TYPE_CHECKING:
    from cartage.validation.views import OpenHold

app = typer.Typer(help="Orders that are not sent until they are released.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Orders that are not sent until they are released."""


@app.command(name="list")
def list_holds(lane: LaneName, as_json: AsJson = False) -> None:
    """List the open holds, the oldest first: which order, why, who reviews it, until when."""
    from cartage.lanes import get_lane
    from cartage.validation.views import open_holds

    name = get_lane(lane).name
    found: list[OpenHold] = []
    with ledger_transaction() as connection:
        while page := open_holds(connection, name, after=found[-1].id if found else 0):
            found += page
    if as_json:
        show_json([{field: getattr(hold, field) for field in type(hold).__slots__} for hold in found])
        return
    rows = [
        (
            hold.id,
            hold.reference,
            hold.invoice,
            hold.state,
            hold.reason,
            hold.owner,
            f"{hold.until:%F %H:%M}",
            hold.placed_by,
        )
        for hold in found
    ]
    columns = ("id", "order", "invoice", "state", "reason", "owner", "until (UTC)", "placed by")
    show_table(columns, rows, title=f"{lane}: {len(found)} hold(s)")


@app.command(name="release")
def release_by_hand(
    lane: LaneName,
    by: Person,
    ids: Annotated[
        list[int] | None, typer.Argument(help="Numbers of holds, from `list`.", metavar="ID")
    ] = None,
    rule: Annotated[str, typer.Option(help="Release all holds of the rule with this name.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Release all holds of the lane.")] = False,
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
    typer.echo(f"{released} hold(s) released, by {by.strip()}.")
    if ids and released < len(set(ids)):
        typer.echo("The other numbers are not open holds.", err=True)
        raise typer.Exit(1)


@app.command(name="set")
def hold_by_hand(
    lane: LaneName,
    reference: Annotated[str, typer.Argument(help="Our reference, e.g. A3K_31882_0.")],
    reason: Annotated[str, typer.Option(help="Why, for the person who reviews it.")],
    by: Person,
    owner: Annotated[str, typer.Option(help="Who reviews it. Default: the person in --by.")] = "",
    hours: Annotated[float, typer.Option(min=0.01, help="Hours until the hold expires.")] = 72,
) -> None:
    """Hold an order that has not been sent yet."""
    from cartage.lanes import get_lane
    from cartage.validation.repo import holds

    if not reason.strip():
        raise typer.BadParameter("give a reason", param_hint="--reason")
    name, who = get_lane(lane).name, by_person(by, "holds")
    with ledger_transaction() as connection:
        until = holds.hold_order(
            connection,
            name,
            reference,
            reason=reason.strip(),
            owner=owner.strip() or who.actor,
            lasting=timedelta(hours=hours),
            by=who,
        )
    typer.echo(f"order {reference} is held until {until:%F %H:%M} UTC.")

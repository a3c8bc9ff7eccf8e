"""`cartage holds`: orders that wait for somebody to look at them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AsJson, LaneName, Person, by_person
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction

if TYPE_CHECKING:
    from cartage.validation.repo.holds import OpenHold

app = typer.Typer(help="Orders that wait for somebody to look at them.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Orders that wait for somebody to look at them."""


@app.command(name="list")
def list_(lane: LaneName, as_json: AsJson = False) -> None:
    """List the holds that stand, the oldest first: which order, why, who is to look at it, until when."""
    from cartage.lanes import get_lane
    from cartage.validation.repo.holds import open_holds

    name = get_lane(lane).name
    found: list[OpenHold] = []
    with ledger_transaction() as connection:
        while page := open_holds(connection, name, after=found[-1].id if found else 0):
            found += page
    if as_json:
        show_json([{name: getattr(one, name) for name in type(one).__slots__} for one in found])
        return
    rows = [
        (
            one.id,
            one.reference,
            one.invoice,
            one.state,
            one.reason,
            one.owner,
            f"{one.until:%F %H:%M}",
            one.placed_by,
        )
        for one in found
    ]
    columns = ("id", "order", "invoice", "state", "reason", "owner", "until (UTC)", "placed by")
    show_table(columns, rows, title=f"{lane}: {len(found)} hold(s)")


@app.command()
def release(
    lane: LaneName,
    by: Person,
    ids: Annotated[
        list[int] | None, typer.Argument(help="Numbers of holds, from the list.", metavar="ID")
    ] = None,
    rule: Annotated[str, typer.Option(help="All holds of the rule of this name.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All holds of the lane.")] = False,
) -> None:
    """Release holds, one, several, or all of a rule; the next run sends what nothing else stops."""
    if bool(ids) + bool(rule) + every != 1:
        raise typer.BadParameter("name holds by their numbers, or --rule NAME, or --all", param_hint="ID")
    from cartage.lanes import get_lane
    from cartage.validation.repo import holds

    name = get_lane(lane).name
    with ledger_transaction() as connection:
        released = holds.release_holds(
            connection, name, by_person(by, "holds"), ids=ids or None, rule=rule or None
        )
    typer.echo(f"{released} hold(s) released, by {by.strip()}.")
    if ids and released < len(set(ids)):
        typer.echo("The others do not stand (any more).", err=True)
        raise typer.Exit(1)


@app.command(name="set")
def set_(
    lane: LaneName,
    reference: Annotated[str, typer.Argument(help="Our reference, e.g. A3K_31882_0.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever looks at it.")],
    by: Person,
    owner: Annotated[str, typer.Option(help="Who is to look at it; you, if nobody is named.")] = "",
    hours: Annotated[float, typer.Option(min=0.01, help="How long, unless somebody releases it.")] = 72,
) -> None:
    """Hold an order that was not sent yet."""
    from cartage.lanes import get_lane
    from cartage.validation.repo import holds

    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
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

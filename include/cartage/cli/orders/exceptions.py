"""`cartage exceptions`: the questions about single orders that wait for a person, and their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartage.cli.options import AsJson, LaneName, Person, by_person
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction

if TYPE_CHECKING:
    from cartage.lifecycle.exceptions import OrderException

app = typer.Typer(help="Questions about single orders that wait for a person.", no_args_is_help=True)

Id = Annotated[int, typer.Argument(help="The exception's number.", metavar="ID")]


@app.callback()
def _group() -> None:
    """Questions about single orders that wait for a person."""


@app.command(name="list")
def list_(lane: LaneName, as_json: AsJson = False) -> None:
    """List what waits for an answer, the oldest first, and what was answered and is not carried out yet."""
    from cartage.lanes import get_lane
    from cartage.lifecycle.exceptions import decided_exceptions, open_exceptions

    name = get_lane(lane).name
    with ledger_transaction() as connection:
        found = open_exceptions(connection, name) + decided_exceptions(connection, name)
    if as_json:
        show_json([_document(one) for one in found])
        return
    rows = [
        (one.id, one.order_id, one.message, one.remote_id, _state(one), f"{one.opened_at:%F %H:%M}")
        for one in found
    ]
    waiting = sum(one.decision is None for one in found)
    columns = ("id", "order", "what", "warehouse's number", "decision", "since (UTC)")
    show_table(columns, rows, title=f"{lane}: {waiting} exception(s) wait for an answer")


@app.command()
def show(exception_id: Id, as_json: AsJson = False) -> None:
    """Show one question with both versions, side by side, and what each choice does."""
    from cartage.changes.views import version_lines
    from cartage.errors import LedgerError
    from cartage.lifecycle.exceptions import get_exception
    from cartage.model.exceptions import MEANINGS

    with ledger_transaction() as connection:
        found = get_exception(connection, exception_id)
    if found is None:
        raise LedgerError(f"there is no exception {exception_id}; see `cartage exceptions list`.")
    if as_json:
        show_json(_document(found))
        return
    typer.echo(f"order {found.order_id} ({found.invoice}), lane {found.lane}: {found.message}")
    before, after = version_lines(found.before), version_lines(found.after)
    rows = [(name, before.get(name, ""), after.get(name, "")) for name in dict.fromkeys([*before, *after])]
    show_table(("", "before", "now"), rows, title=f"exception {found.id}: {found.kind.value}")
    show_table(("choice", "what it does"), [(choice.value, MEANINGS[choice]) for choice in found.choices])
    typer.echo(f"answer: {_state(found)}")


@app.command()
def decide(
    exception_id: Id,
    choice: Annotated[str, typer.Argument(help="One of the choices that `show` names.", metavar="CHOICE")],
    by: Person,
) -> None:
    """Answer a question. The next run of the lane carries it out."""
    from cartage.lifecycle import exceptions
    from cartage.model.exceptions import FINAL

    who = by_person(by, "decision")
    with ledger_transaction() as connection:
        found = exceptions.decide(connection, exception_id, choice, who)
    then = "it is closed" if choice in FINAL else "the next run carries it out"
    typer.echo(f"exception {found.id} (order {found.order_id}): {choice}, by {who.actor}; {then}.")


def _state(one: OrderException) -> str:
    if one.closed_at is not None:
        return f"closed {one.closed_at:%F %H:%M}: {one.close_reason}"
    return f"{one.decision.value}, by {one.decided_by}" if one.decision else "/".join(one.choices)


def _document(one: OrderException) -> dict[str, Any]:
    return {name: getattr(one, name) for name in type(one).__slots__}

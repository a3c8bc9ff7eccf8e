"""`cartage exceptions`: orders that need a person's decision, and the decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartage.cli.options import AnyLane, AsJson, Person, by_person, chosen_lanes
from cartage.cli.printing import show_json, show_result, show_table
from cartage.cli.transaction import ledger_transaction
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.lifecycle.exceptions import OrderException

app = typer.Typer(help="Orders that need a person's decision.", no_args_is_help=True)

Id = Annotated[int, typer.Argument(help="Number of the exception.", metavar="ID")]


@app.callback()
def _group() -> None:
    """Orders that need a person's decision."""


@app.command(name="list")
def list_exceptions(lane: AnyLane = "", as_json: AsJson = False) -> None:
    """List exceptions that need a decision, the oldest first, and decisions that are not carried out yet."""
    from cartage.lifecycle.exceptions import decided_exceptions, open_exceptions

    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        found = [
            exception
            for read in (open_exceptions, decided_exceptions)
            for name in names
            for exception in read(connection, name, versions=as_json)
        ]
    if as_json:
        show_json([_document(exception) for exception in found])
        return
    rows = [
        (
            exception.id,
            exception.lane,
            exception.order_id,
            exception.message,
            exception.remote_id,
            _decision(exception),
            f"{exception.opened_at:%F %H:%M}",
        )
        for exception in found
    ]
    waiting = sum(exception.decision is None for exception in found)
    columns = ("id", "lane", "order", "what", "warehouse's number", "decision", "since (UTC)")
    show_table(
        columns,
        rows,
        title=f"{lane or 'all lanes'}: {counted(waiting, 'exception needs', 'exceptions need')} a decision",
    )


@app.command(name="show")
def show_exception(exception_id: Id, as_json: AsJson = False) -> None:
    """Show both versions of an order side by side, and what each choice does."""
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
    typer.echo(f"decision: {_decision(found)}")


@app.command(name="decide")
def decide_by_hand(
    exception_id: Id,
    choice: Annotated[str, typer.Argument(help="A choice that `show` lists.", metavar="CHOICE")],
    by: Person,
    as_json: AsJson = False,
) -> None:
    """Record the decision about an exception. The lane's next run carries it out."""
    from cartage.lifecycle import exceptions
    from cartage.model.exceptions import Choice, is_final

    who = by_person(by, "decision")
    with ledger_transaction() as connection:
        found = exceptions.decide(connection, exception_id, choice, who)
    closed = is_final(found.kind, Choice(choice))
    then = "it is closed" if closed else "the next run carries it out"
    document = {
        "id": found.id,
        "order_id": found.order_id,
        "decision": choice,
        "by": who.actor,
        "closed": closed,
    }
    text = f"exception {found.id} (order {found.order_id}): {choice}, by {who.actor}; {then}."
    show_result(document, text, as_json=as_json)


def _decision(exception: OrderException) -> str:
    """Return the decision, or the choices while there is none."""
    if exception.closed_at is not None:
        return f"closed {exception.closed_at:%F %H:%M}: {exception.close_reason}"
    if exception.decision:
        return f"{exception.decision.value}, by {exception.decided_by}"
    return "/".join(exception.choices)


def _document(exception: OrderException) -> dict[str, Any]:
    return {name: getattr(exception, name) for name in type(exception).__slots__}

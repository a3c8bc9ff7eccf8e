"""`cartage orders`: find and show orders, act on them, and see what blocks them and what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cartage.cli.options import AnyLane, AsJson, chosen_lanes, cli_run
from cartage.cli.orders import actions, listing
from cartage.cli.orders.finding import OrderName, the_order
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction
from cartage.plurals import counted

if TYPE_CHECKING:
    from sqlalchemy import Row

    from cartage.runtime.context import StageContext

app = typer.Typer(help="Find and show orders, and act on them.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Find and show orders, and act on them."""


app.command(name="list")(listing.list_orders)
app.command(name="find")(listing.find)
app.command(name="show")(listing.show)
app.command(name="retry")(actions.retry)
app.command(name="restart")(actions.restart)
app.command(name="hold")(actions.hold)
app.command(name="release")(actions.release)
app.command(name="skip")(actions.skip)
app.command(name="correct")(actions.correct)


@app.command(name="blocked")
def list_blocked(lane: AnyLane = "", as_json: AsJson = False) -> None:
    """List the causes that block orders, with their fixes. The cause that blocks most orders comes first."""
    from cartage.lifecycle import causes

    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        blocking = [(name, cause) for name in names for cause in causes.blocking_causes(connection, name)]
        orders = sum(causes.count_blocked(connection, name) for name in names)
    blocking.sort(key=lambda found: found[1].orders, reverse=True)
    if as_json:
        show_json(
            [{"lane": name} | {field: getattr(cause, field) for field in _SHOWN} for name, cause in blocking]
        )
        return
    show_table(
        ("id", "lane", "orders", "cause", "fix", "examples", "since (UTC)"),
        [
            (
                cause.id,
                name,
                cause.orders,
                cause.message,
                cause.fix,
                ", ".join(cause.examples),
                f"{cause.opened_at:%F %H:%M}",
            )
            for name, cause in blocking
        ],
        title=f"{lane or 'all lanes'}: {counted(orders, 'order')} blocked",
    )


_SHOWN = ("id", "kind", "subject", "orders", "message", "fix", "examples", "opened_at")


@app.command(name="payload")
def print_payload(order: OrderName, lane: AnyLane = "", _json: AsJson = True) -> None:
    """Print as JSON what was sent to the warehouse for an order, or what would be sent. Calls no store or warehouse."""
    from cartage.lanes import get_lane
    from cartage.runtime.context import open_lane
    from cartage.sending.repo.shadow import content_of

    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        found = the_order(connection, names, order)
    reference = found.order.reference
    with open_lane(get_lane(found.lane), cli_run("payload")) as context:
        with context.ledger.begin() as connection:
            row = content_of(connection, context.lane.name, reference)
        if row is None:
            raise typer.BadParameter(f"lane {found.lane} no longer has {reference}", param_hint="ORDER")
        show_json(
            {"reference": reference, "state": row.state, "reason": row.reason, **_content(context, row)}
        )


@app.command(name="documents")
def list_documents(order: OrderName, lane: AnyLane = "", as_json: AsJson = False) -> None:
    """List the files in which an order was sent, the last first: how far each got, and the warehouse's response."""
    from cartage.operations.views.files import documents_of

    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        found = the_order(connection, names, order)
        documents = documents_of(connection, found.lane, found.order.reference) or []
    if as_json:
        show_json([{name: getattr(document, name) for name in _OF_DOCUMENT} for document in documents])
        return
    rows = [
        (
            document.name,
            document.number,
            document.position,
            f"{document.created_at:%F %H:%M}",
            f"{document.published_at:%F %H:%M}" if document.published_at else document.progress,
            f"{document.response}, {document.responded_at:%F %H:%M}" if document.response else "none",
        )
        for document in documents
    ]
    columns = ("document", "number", "order", "written (UTC)", "published (UTC)", "response (UTC)")
    show_table(columns, rows, title=f"{found.order.reference}: {counted(len(rows), 'document')}")


_OF_DOCUMENT = (
    "name",
    "number",
    "attempt",
    "position",
    "progress",
    "created_at",
    "published_at",
    "withdrawn_at",
    "response",
    "responded_at",
)


def _content(context: StageContext, row: Row[Any]) -> dict[str, Any]:
    from cartage.sending.payloads import shown_payload

    if row.sent is not None:
        body = shown_payload(context.at(row.warehouse).warehouse, row.sent)
        return {"what": "sent", "at": row.sent_at, "payload": body}
    if row.state == "ready":
        body = shown_payload(context.at(row.warehouse).warehouse, row.request)
        return {"what": "would be sent", "payload": body}
    if row.shown is not None and "payload" in row.shown:
        return {"what": "shown in shadow", "at": row.shown_at, "payload": row.shown["payload"]}
    return {"what": "nothing stored: not sent yet, not ready, or deleted by retention", "payload": None}

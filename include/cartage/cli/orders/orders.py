"""`cartage orders`: why orders are blocked, and what was sent for an order. Read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartage.cli.options import AsJson, LaneName, cli_run
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction

if TYPE_CHECKING:
    from sqlalchemy import Row

    from cartage.runtime.context import StageContext

app = typer.Typer(help="Blocked orders, and what is sent for an order.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Blocked orders, and what is sent for an order."""


@app.command(name="blocked")
def list_blocked(lane: LaneName, as_json: AsJson = False) -> None:
    """List the causes that block orders, with their fixes. The cause that blocks most orders comes first."""
    from cartage.lanes import get_lane
    from cartage.lifecycle import causes

    found = get_lane(lane)
    with ledger_transaction() as connection:
        blocking = causes.blocking_causes(connection, found.name)
        orders = causes.count_blocked(connection, found.name)
    if as_json:
        show_json([{name: getattr(cause, name) for name in _SHOWN} for cause in blocking])
        return
    show_table(
        ("orders", "cause", "fix", "examples", "since (UTC)"),
        [
            (
                cause.orders,
                cause.message,
                cause.fix,
                ", ".join(cause.examples),
                f"{cause.opened_at:%F %H:%M}",
            )
            for cause in blocking
        ],
        title=f"{lane}: {orders} order(s) blocked",
    )


_SHOWN = ("kind", "subject", "orders", "message", "fix", "examples", "opened_at")


@app.command(name="payload")
def print_payload(
    lane: LaneName, reference: Annotated[str, typer.Argument(help="Our reference, e.g. A3K_31882_0.")]
) -> None:
    """Print what was sent to the warehouse for an order, or what would be sent. Calls neither store nor warehouse."""
    from cartage.lanes import get_lane
    from cartage.runtime.context import open_lane
    from cartage.sending.repo.shadow import content_of

    with open_lane(get_lane(lane), cli_run("payload")) as context:
        with context.ledger.begin() as connection:
            row = content_of(connection, context.lane.name, reference)
        if row is None:
            raise typer.BadParameter(f"lane {lane} has no order {reference!r}", param_hint="REFERENCE")
        show_json(
            {"reference": reference, "state": row.state, "reason": row.reason, **_content(context, row)}
        )


@app.command(name="documents")
def list_documents(
    lane: LaneName,
    reference: Annotated[str, typer.Argument(help="Our reference, e.g. A3K_31882_0.")],
    as_json: AsJson = False,
) -> None:
    """List the files in which an order was sent, the last first: how far each got, and the warehouse's response."""
    from cartage.lanes import get_lane
    from cartage.operations.views.files import documents_of

    found = get_lane(lane)
    with ledger_transaction() as connection:
        documents = documents_of(connection, found.name, reference)
    if documents is None:
        raise typer.BadParameter(f"lane {lane} has no order {reference!r}", param_hint="REFERENCE")
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
    show_table(columns, rows, title=f"{reference}: {len(rows)} document(s)")


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
        body = shown_payload(context.warehouse, row.sent)
        return {"what": "sent", "at": row.sent_at, "payload": body}
    if row.state == "ready":
        body = shown_payload(context.warehouse, row.request)
        return {"what": "would be sent", "payload": body}
    if row.shown is not None and "payload" in row.shown:
        return {"what": "shown in shadow", "at": row.shown_at, "payload": row.shown["payload"]}
    return {"what": "nothing stored: not sent yet, not ready, or deleted by retention", "payload": None}

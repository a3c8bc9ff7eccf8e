"""`cartage orders list`, `find` and `show`: which orders there are, and everything about one. Read-only."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartage.cli.options import AnyLane, AsJson, at_warehouse, chosen_lanes
from cartage.cli.orders.finding import FoundOrder, OrderName, find_orders, the_order
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction
from cartage.model.states import State
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.operations.views.order_file import OrderFile

Limit = Annotated[int, typer.Option(min=1, max=10_000, help="List at most this many.")]
Day = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="Day of import (UTC), included.", metavar="DAY", show_default=False
    ),
]

_FIELDS = (
    "reference", "order_id", "shipment_id", "invoice", "state", "state_since", "reason", "ship_method", "warehouse",
    "remote_id", "tracking", "amount", "name", "email", "ordered_at", "created_at",
)  # fmt: skip


def list_orders(
    lane: AnyLane = "",
    state: Annotated[
        State | None,
        typer.Option(help="Only orders in this state.", show_default=False, case_sensitive=False),
    ] = None,
    since: Day = None,
    until: Day = None,
    warehouse: Annotated[
        str,
        typer.Option(
            "--warehouse",
            help="Only orders of this one of a lane's several warehouses.",
            metavar="NAME",
            show_default=False,
        ),
    ] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List orders, the newest first."""
    lanes = at_warehouse(chosen_lanes(lane), warehouse) if warehouse else chosen_lanes(lane)
    places = [f"{found.name}/{warehouse}" for found in lanes] if warehouse else []
    names = [each.name for each in lanes]
    with ledger_transaction() as connection:
        found = find_orders(
            connection,
            names,
            state=state,
            since=_day(since),
            until=_day(until),
            places=places,
            limit=limit,
        )
    _show(found, f"{lane or 'all lanes'}: {counted(len(found), 'order')}", as_json=as_json)


def find(
    text: Annotated[
        str,
        typer.Argument(help="A number of the order, a SKU, a name, or part of an e-mail.", metavar="TEXT"),
    ],
    lane: AnyLane = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Find orders by any number, by a SKU, a name, or part of an e-mail address. Exit code 1 if there is none."""
    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        found = find_orders(connection, names, text=text, limit=limit)
    _show(found, f"{lane or 'all lanes'}: {counted(len(found), 'order')} for {text!r}", as_json=as_json)
    if not found:
        raise typer.Exit(1)


def show(order: OrderName, lane: AnyLane = "", as_json: AsJson = False) -> None:
    """Show everything about one order: state, lines, packages, what blocks or holds it, and its timeline."""
    from cartage.operations.views.order_file import order_file

    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        found = the_order(connection, names, order)
        file = order_file(connection, found.lane, found.order.id)
    if file is None:
        raise typer.BadParameter(f"lane {found.lane} no longer has the order {order!r}", param_hint="ORDER")
    if as_json:
        show_json(_document(found) | _file_document(file))
        return
    listed = found.order
    typer.echo(
        f"order {listed.order_id} ({listed.invoice}), {listed.reference}, lane {found.lane}: "
        f"{listed.state.value} since {listed.state_since:%F %H:%M} UTC{f', {listed.reason}' if listed.reason else ''}"
    )
    lines = [(line.sku, f"{line.quantity:f}", line.description) for line in file.lines]
    show_table(("SKU", "quantity", "description"), lines, title="lines")
    if file.causes:
        rows = [(cause["message"], cause["fix"]) for cause in file.causes]
        show_table(("cause", "fix"), rows, title="what blocks it")
    if file.holds:
        rows = [(str(hold["id"]), hold["reason"]) for hold in file.holds]
        show_table(("hold", "reason"), rows, title="what holds it")
    if file.packages:
        parcels = [(parcel["tracking"], parcel["carrier"], parcel["service"]) for parcel in file.packages]
        show_table(("tracking", "carrier", "service"), parcels, title="packages")
    events = [
        (
            f"{event.at:%F %H:%M:%S}",
            event.kind,
            f"{event.from_state} > {event.to_state}",
            event.actor,
            event.why,
        )
        for event in file.events
    ]
    show_table(("at (UTC)", "event", "state", "by", "why"), events, title="timeline, the newest first")


def _show(found: list[FoundOrder], title: str, *, as_json: bool) -> None:
    if as_json:
        show_json([_document(listed) for listed in found])
        return
    rows = [
        (
            listed.lane,
            listed.order.order_id,
            listed.order.invoice,
            listed.order.reference,
            listed.order.state.value,
            f"{listed.order.state_since:%F %H:%M}",
            listed.order.reason,
            listed.order.remote_id,
            listed.order.tracking,
        )
        for listed in found
    ]
    columns = (
        "lane",
        "order",
        "invoice",
        "reference",
        "state",
        "since (UTC)",
        "reason",
        "warehouse's number",
        "tracking",
    )
    show_table(columns, rows, title=title)


def _document(found: FoundOrder) -> dict[str, Any]:
    return {"lane": found.lane} | {name: getattr(found.order, name) for name in _FIELDS}


def _file_document(file: OrderFile) -> dict[str, Any]:
    return {
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "description": line.description}
            for line in file.lines
        ],
        "packages": [dict(parcel) for parcel in file.packages],
        "causes": [dict(cause) for cause in file.causes],
        "holds": [dict(hold) for hold in file.holds],
        "other_parts": [dict(sibling) for sibling in file.siblings],
        "events": [{name: getattr(event, name) for name in type(event).__slots__} for event in file.events],
        "actions": [action.value for action in file.standing.allows()],
    }


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None

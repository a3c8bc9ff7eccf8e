"""`cartage stock`: preview a stock push, and approve or refuse a push that the breaker paused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartage.cli.options import AsJson, LaneName, Person, by_person, cli_run
from cartage.cli.printing import show_json, show_result, show_table
from cartage.cli.transaction import ledger_transaction
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.inventory.plan import PushPlan
    from cartage.inventory.repo.paused_pushes import PausedPush

app = typer.Typer(help="Preview stock pushes, and decide about a paused push.", no_args_is_help=True)

_COLUMNS = ("CatalogID", "SKU", "option", "store", "would be")


@app.callback()
def _group() -> None:
    """Preview stock pushes, and decide about a paused push."""


@app.command(name="diff")
def show_stock_diff(
    lane: LaneName,
    every: Annotated[bool, typer.Option("--all", help="Also list stocks that would not change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what the next push would change, and whether the breaker would pause it. Writes nothing.

    Uses the warehouse's figures from the last `cartage run poll_stock`.
    """
    from cartage.errors import SettingsError
    from cartage.inventory.plan import plan_push
    from cartage.lanes import get_lane
    from cartage.runtime.context import open_lane

    found = get_lane(lane)
    if found.inventory is None:
        raise SettingsError(
            f"lane {lane!r}", ["  inventory: not configured. Add `inventory: {}` to the lane."]
        )
    with open_lane(found, cli_run("stock_diff")) as context:
        planned = plan_push(context, found.inventory)
    if as_json:
        show_json(_plan_document(planned, every=every))
        return
    rows = [
        (
            difference.entry.catalog_id,
            difference.entry.sku,
            difference.entry.code or "-",
            f"{difference.entry.stock:f}",
            difference.value,
        )
        for difference in (planned.differences if every else planned.changes)
    ]
    title = f"{lane}: {len(planned.changes)} of {len(planned.differences)} stocks differ"
    show_table(_COLUMNS, rows, title=title)
    for reason, count in sorted(planned.left_out.items()):
        typer.echo(f"left out, {reason.value.replace('_', ' ')}: {count}")
    if planned.verdict.reasons:
        from cartage.inventory.breaker import why_paused

        typer.echo(f"The breaker would pause this push: {why_paused(planned.verdict)}.")


@app.command(name="movements")
def list_movements(
    lane: LaneName,
    limit: Annotated[int, typer.Option(min=1, help="List at most this many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List receipts and adjustments that the warehouse reported in files, the newest first. They change no figure."""
    from cartage.inventory.repo.levels import latest_movements
    from cartage.lanes import get_lane

    name = get_lane(lane).name
    with ledger_transaction() as connection:
        rows = latest_movements(connection, name, limit)
    if as_json:
        show_json([{column: getattr(row, column) for column in _MOVEMENTS} for row in rows])
        return
    cells = [
        (
            row.sku,
            f"{row.quantity:f}",
            row.kind,
            row.reason,
            row.reference,
            f"{row.at:%F %H:%M}" if row.at else "",
            row.path,
        )
        for row in rows
    ]
    columns = ("SKU", "quantity", "kind", "reason", "reference", "at (UTC)", "file")
    show_table(columns, cells, title=f"{lane}: {counted(len(cells), 'movement')}")


_MOVEMENTS = ("sku", "quantity", "kind", "reason", "reference", "at", "noted_at", "path")


@app.command(name="show")
def show_stock(lane: LaneName, as_json: AsJson = False) -> None:
    """Show the paused push, if there is one, and the last pushes."""
    from cartage.inventory.repo.paused_pushes import paused_push_of
    from cartage.inventory.repo.pushes import last_pushes
    from cartage.lanes import get_lane

    name = get_lane(lane).name
    with ledger_transaction() as connection:
        paused, pushes = paused_push_of(connection, name), last_pushes(connection, name)
    if as_json:
        show_json({"paused_push": _paused_document(paused), "pushes": [_fields(push) for push in pushes]})
        return
    if paused is None:
        typer.echo(f"{lane}: no push is paused.")
    else:
        suspects = [
            (suspect.catalog_id, suspect.sku, suspect.option or "-", f"{suspect.before:f}", suspect.after)
            for suspect in paused.suspects
        ]
        reasons = ", ".join(paused.reasons)
        since = f"{paused.revised_at:%F %H:%M} UTC"
        title = f"{lane}: push paused since {since} ({reasons}); decision: {_decision(paused)}"
        show_table(_COLUMNS, suspects, title=title)
    rows = [
        (f"{push.began_at:%F %H:%M:%S}", push.compared, push.written, push.refused, push.unknown, _end(push))
        for push in pushes
    ]
    columns = ("started (UTC)", "compared", "written", "refused", "unknown", "")
    show_table(columns, rows, title=f"{lane}: last pushes")


@app.command(name="approve")
def approve_paused_push(lane: LaneName, by: Person, as_json: AsJson = False) -> None:
    """Approve the paused push. The next run writes the stock figures that are current then."""
    from cartage.inventory.repo.paused_pushes import APPROVE

    _decide(lane, APPROVE, by, "the next run pushes", as_json=as_json)


@app.command(name="refuse")
def refuse_paused_push(lane: LaneName, by: Person, as_json: AsJson = False) -> None:
    """Refuse the paused push. It stays paused without further alerts until the figures change."""
    from cartage.inventory.repo.paused_pushes import REFUSE

    _decide(lane, REFUSE, by, "nothing is pushed while the figures are suspicious", as_json=as_json)


def _decide(lane: str, choice: str, by: str, then: str, *, as_json: bool) -> None:
    from cartage.inventory.repo.paused_pushes import decide_push
    from cartage.lanes import get_lane

    who, name = by_person(by, "decision"), get_lane(lane).name
    with ledger_transaction() as connection:
        paused = decide_push(connection, name, choice, who)
    document = {"lane": lane, "decision": choice, "by": who.actor, "suspects": len(paused.suspects)}
    text = f"{lane}: {choice}, by {who.actor} ({len(paused.suspects)} suspicious stocks); {then}."
    show_result(document, text, as_json=as_json)


def _decision(paused: PausedPush) -> str:
    return f"{paused.decision}, by {paused.decided_by}" if paused.decision else "pending"


def _end(push: Any) -> str:
    if push.abandoned:
        return "its run died"
    return "" if push.finished_at else "running"


def _plan_document(planned: PushPlan, *, every: bool) -> dict[str, Any]:
    return {
        "compared": len(planned.differences),
        "paused_by": [reason.value for reason in planned.verdict.reasons],
        "left_out": {reason.value: count for reason, count in sorted(planned.left_out.items())},
        "differences": [
            {
                "catalog_id": difference.entry.catalog_id,
                "sku": difference.entry.sku,
                "code": difference.entry.code,
                "store": difference.entry.stock,
                "value": difference.value,
            }
            for difference in (planned.differences if every else planned.changes)
        ],
    }


def _paused_document(paused: PausedPush | None) -> dict[str, Any] | None:
    if paused is None:
        return None
    return _fields(paused) | {"suspects": [_fields(suspect) for suspect in paused.suspects]}


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in type(value).__slots__}

"""`cartage stock`: what a push of stock would do, what the breaker stopped, and a person's answer to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartage.cli.options import AsJson, LaneName, cli_run
from cartage.cli.printing import show_json, show_table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.inventory.plan import PushPlan
    from cartage.inventory.repo.paused_pushes import PausedPush

app = typer.Typer(help="Stock from the warehouse to the store.", no_args_is_help=True)

Who = Annotated[str, typer.Option("--by", help="Who decides; kept with the answer.")]


@app.callback()
def _group() -> None:
    """Stock from the warehouse to the store."""


@app.command()
def diff(
    lane: LaneName,
    every: Annotated[bool, typer.Option("--all", help="List what is the same, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what the next push would change, and whether the breaker would stop it. Writes nothing.

    It rests on the warehouse's figures of the last `cartage run poll_stock`.
    """
    from cartage.errors import SettingsError
    from cartage.inventory.plan import plan_push
    from cartage.lanes import get_lane
    from cartage.runtime.context import open_lane

    found = get_lane(lane)
    if found.inventory is None:
        raise SettingsError(
            f"lane {lane!r}", ["  inventory: the lane has none. Write `inventory: {}` into it."]
        )
    with open_lane(found, cli_run("stock_diff")) as context:
        planned = plan_push(context, found.inventory)
    shown = planned.differences if every else planned.changes
    if as_json:
        show_json(_document(planned, every=every))
        return
    rows = [
        (one.entry.catalog_id, one.entry.sku, _option(one.entry.code), f"{one.entry.stock:f}", one.value)
        for one in shown
    ]
    title = f"{lane}: {len(planned.changes)} of {len(planned.differences)} stocks differ"
    show_table(("CatalogID", "SKU", "option", "store", "would be"), rows, title=title)
    for reason, count in sorted(planned.left_out.items()):
        typer.echo(f"left out, {reason.value.replace('_', ' ')}: {count}")
    if planned.verdict.reasons:
        from cartage.inventory.breaker import why_paused

        typer.echo(f"The breaker would stop it: {why_paused(planned.verdict)}.")


@app.command()
def show(lane: LaneName, as_json: AsJson = False) -> None:
    """Show the push that is stopped, if one is, and the last pushes."""
    from cartage.inventory.repo.paused_pushes import paused_push_of
    from cartage.inventory.repo.pushes import last_pushes
    from cartage.lanes import get_lane

    name = get_lane(lane).name
    with _ledger() as connection:
        stop, pushes = paused_push_of(connection, name), last_pushes(connection, name)
    if as_json:
        show_json({"stop": _stop_document(stop), "pushes": [_fields(push) for push in pushes]})
        return
    if stop is None:
        typer.echo(f"{lane}: no push is stopped.")
    else:
        doubtful = [
            (suspect.catalog_id, suspect.sku, _option(suspect.option), f"{suspect.before:f}", suspect.after)
            for suspect in stop.suspects
        ]
        reasons = ", ".join(stop.reasons)
        title = f"{lane}: stopped since {stop.revised_at:%F %H:%M} UTC ({reasons}); answer: {_decision(stop)}"
        show_table(("CatalogID", "SKU", "option", "store", "would be"), doubtful, title=title)
    rows = [
        (f"{push.began_at:%F %H:%M:%S}", push.compared, push.written, push.refused, push.unknown, _end(push))
        for push in pushes
    ]
    show_table(("began (UTC)", "compared", "written", "refused", "unknown", ""), rows, title="last pushes")


@app.command()
def approve(lane: LaneName, by: Who) -> None:
    """Let the stopped push through: the next run carries it out, as the figures are then."""
    _respond_with("approve", lane, by)


@app.command()
def refuse(lane: LaneName, by: Who) -> None:
    """Keep the push stopped, and quiet, until there is no doubt any more or another one."""
    _respond_with("refuse", lane, by)


def _respond_with(choice: str, lane: str, by: str) -> None:
    from cartage.inventory.repo import paused_pushes
    from cartage.lanes import get_lane
    from cartage.lifecycle.transitions import By

    if not by.strip():
        raise typer.BadParameter("write who decides", param_hint="--by")
    name = get_lane(lane).name
    with _ledger() as connection:
        stop = paused_pushes.decide_push(connection, name, choice, By(by.strip(), cli_run("decision").id))
    then = (
        "the next run pushes" if choice == paused_pushes.APPROVE else "nothing is pushed while it is in doubt"
    )
    typer.echo(f"{lane}: {choice}, by {by.strip()} ({len(stop.suspects)} stocks in doubt); {then}.")


@contextmanager
def _ledger() -> Iterator[Connection]:
    from cartage.db import open_ledger

    ledger = open_ledger()
    try:
        with ledger.begin() as connection:
            yield connection
    finally:
        ledger.close()


def _option(text: str) -> str:
    return text or "-"


def _decision(stop: PausedPush) -> str:
    return f"{stop.decision}, by {stop.decided_by}" if stop.decision else "awaited"


def _end(push: Any) -> str:
    if push.abandoned:
        return "its run died"
    return "" if push.finished_at else "under way"


def _document(planned: PushPlan, *, every: bool) -> dict[str, Any]:
    return {
        "compared": len(planned.differences),
        "stopped_by": [reason.value for reason in planned.verdict.reasons],
        "left_out": {reason.value: count for reason, count in sorted(planned.left_out.items())},
        "differences": [
            {
                "catalog_id": one.entry.catalog_id,
                "sku": one.entry.sku,
                "code": one.entry.code,
                "store": one.entry.stock,
                "value": one.value,
            }
            for one in (planned.differences if every else planned.changes)
        ],
    }


def _stop_document(stop: PausedPush | None) -> dict[str, Any] | None:
    return (
        None
        if stop is None
        else _fields(stop) | {"suspects": [_fields(suspect) for suspect in stop.suspects]}
    )


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in type(value).__slots__}

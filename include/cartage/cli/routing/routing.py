"""`cartage routing`: why an order goes to its warehouse, what a change of the rules would do, and people's choices."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartage.cli.options import AnyLane, AsJson, LaneName, chosen_lanes, cli_run
from cartage.cli.orders.finding import OrderName, the_order
from cartage.cli.printing import show_json, show_table
from cartage.cli.routing import choosing
from cartage.cli.transaction import ledger_transaction
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.routing.views.comparison import Preview
    from cartage.routing.views.explanation import OrderExplanation

app = typer.Typer(help="Which warehouse ships which orders, and why.", no_args_is_help=True)

# More than a person reads; --json has them all.
_MOST_SHOWN = 50


@app.callback()
def _group() -> None:
    """Which warehouse ships which orders, and why."""


@app.command(name="explain")
def explain_order(order: OrderName, lane: AnyLane = "", as_json: AsJson = False) -> None:
    """Show what the rules say of an order by the present stock, rule by rule. Nothing is changed."""
    from cartage.lanes import get_lane
    from cartage.routing.views import explanation

    with ledger_transaction() as connection:
        found = the_order(connection, [each.name for each in chosen_lanes(lane)], order)
        result = explanation.explain_order(connection, get_lane(found.lane), found.order.id)
    if as_json:
        show_json(_explanation_document(found.lane, result))
        return
    _show_explanation(result)


app.command(name="choose")(choosing.choose)


@app.command(name="preview")
def preview_rules(
    file: Annotated[Path, typer.Argument(help="A changed copy of the lanes file.", metavar="FILE")],
    lane: LaneName,
    days: Annotated[int, typer.Option(min=1, max=365, help="Look at orders imported in the last days.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Show which orders of the last days the rules of a changed lanes file would send elsewhere. Changes nothing.

    Past stock is not kept: rules that look at stock are compared by the present stock.
    """
    from cartage.lanes import get_lane
    from cartage.routing.views.preview import preview_change
    from cartage.runtime.context import open_lane

    changed = _lane_in(file, lane)
    with open_lane(get_lane(lane), cli_run("routing")) as context:
        since = context.ledger.now() - timedelta(days=days)
        preview, references = preview_change(context, changed, since)
    if as_json:
        show_json(preview.document(references))
        return
    _show_preview(preview, references, days)


def _lane_in(file: Path, name: str) -> Lane:
    """Return the lane of a file.

    Raises:
        BadParameter: if the file does not have it, or it has mistakes; it names them.
    """
    from cartage.lanes import load_lanes

    found = load_lanes(file)
    if name not in found.lanes:
        mistakes = found.mistake_lines() or [f"{file} has no lane {name!r}"]
        raise typer.BadParameter("\n".join(mistakes), param_hint="FILE")
    return found.lanes[name]


def _explanation_document(lane: str, result: OrderExplanation) -> dict[str, Any]:
    decided, now = result.decided, result.now
    document: dict[str, Any] = {
        "reference": result.reference,
        "lane": lane,
        "state": result.state.value,
        "now_at": result.warehouse,
        "stays": result.stays,
        "decided": decided
        and {"at": decided.at.isoformat(), "sentence": decided.sentence, "rules": list(decided.rules)},
    }
    if now is not None:
        passed = [{"rule": each.rule, "unmet": each.unmet} for each in now.passed]
        document |= {**now.decision.document(), "sentence": now.decision.sentence, "passed": passed}
    return document


def _show_explanation(result: OrderExplanation) -> None:
    from cartage.routing.views.comparison import place_text

    where = f", at {result.warehouse}" if result.warehouse else ""
    typer.echo(f"{result.reference} ({result.state.value}{where})")
    if result.decided is not None:
        typer.echo(f"Decided on {result.decided.at:%Y-%m-%d at %H:%M} UTC: {result.decided.sentence}.")
    if result.stays:
        typer.echo(f"Rules and stock change nothing now: {result.stays}.")
    if result.now is None:
        typer.echo("The ledger's copy of this order cannot be read, so the present rules are not shown.")
        return
    decision = result.now.decision
    would = "would say" if result.stays else "say now"
    typer.echo(f"The rules {would}: {place_text(decision)}. {decision.sentence}.")
    show_table(("rule", "result"), [(each.rule, each.result) for each in result.rules])


def _show_preview(preview: Preview, references: dict[int, str], days: int) -> None:
    from cartage.routing.views.comparison import place_text

    typer.echo(
        f"{counted(preview.orders, 'order')} of the last {counted(days, 'day')}: "
        f"{len(preview.rerouted)} would go elsewhere."
    )
    if not preview.rerouted:
        return
    show_table(
        ("from", "to", "orders"),
        [(*way, count) for way, count in sorted(preview.ways.items())],
        title="By way",
    )
    show_table(
        ("reference", "from", "to", "because"),
        [
            (references[each.id], place_text(each.before), place_text(each.after), each.after.sentence)
            for each in preview.rerouted[:_MOST_SHOWN]
        ],
        title=f"The first {_MOST_SHOWN}" if len(preview.rerouted) > _MOST_SHOWN else "Orders",
    )

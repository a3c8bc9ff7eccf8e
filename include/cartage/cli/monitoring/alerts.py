"""`cartage alerts`: the open alerts of a lane, its channels, and the watchdog's look without Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AsJson, LaneName
from cartage.cli.printing import show_json, show_table
from cartage.errors import LedgerError, SettingsError

if TYPE_CHECKING:
    from cartage.db import Ledger
    from cartage.monitoring.repo.alerts import ListedAlert

app = typer.Typer(help="The alerts of a lane.", no_args_is_help=True)


@app.command()
def test(lane: LaneName) -> None:
    """Send one alert through each channel of the lane. Exit code 1 if one fails."""
    from cartage.lanes import get_lane
    from cartage.monitoring import Alert, channels_of, send

    found = get_lane(lane)
    channels = channels_of(found)
    if not channels:
        raise SettingsError(
            f"lane {lane!r}",
            ["  alerts: no channel. Name one under alerts.email, alerts.webhook or alerts.http."],
        )
    alert = Alert(
        lane=lane,
        stage="alerts test",
        title="This is a test of Cartage's alerts",
        what_it_means="Nothing is wrong: somebody ran `cartage alerts test`.",
        fix="Nothing. If you are not who should get these, change the lane's alerts.",
        kind="test",
    )
    send(alert, channels)
    for channel in channels:
        typer.echo(f"sent: {channel.name}")


@app.command("list")
def list_(
    lane: LaneName,
    closed: Annotated[
        int, typer.Option("--closed", help="Show those that ended in the last so many hours, too.", min=0)
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """List what is wrong now, since when, and what each channel was told of it."""
    from cartage.lanes import get_lane
    from cartage.monitoring.repo.alerts import list_alerts

    found = get_lane(lane)
    with _ledger() as ledger, ledger.begin() as connection:
        listed = list_alerts(connection, found.name, closed=timedelta(hours=closed))
    if as_json:
        show_json([_document(one) for one in listed])
        return
    show_table(
        ("id", "kind", "what", "since (UTC)", "state", "told", "not told"),
        [
            (
                one.alert.id,
                one.alert.kind,
                one.alert.title,
                f"{one.alert.opened_at:%F %H:%M}",
                _state(one),
                _lines({channel: f"{times} x" for channel, times in one.sent.items()}),
                _lines(one.unsent),
            )
            for one in listed
        ],
        title=f"{lane}: {sum(_state(one) == 'open' for one in listed)} open alert(s)",
    )


@app.command()
def close(
    alert: Annotated[int, typer.Argument(help="Number of the alert, as `cartage alerts list` shows it.")],
) -> None:
    """Close an alert that nothing else would end, such as that of a task that no longer exists.

    What is still wrong is a new alert when it is next found.
    """
    from cartage.monitoring.repo.alerts import close_by_hand

    with _ledger() as ledger, ledger.begin() as connection:
        if not close_by_hand(connection, alert):
            raise LedgerError(f"there is no open alert {alert}; see `cartage alerts list`.")
    typer.echo(f"closed: alert {alert}")


@app.command()
def watch(lane: LaneName, as_json: AsJson = False) -> None:
    """Look for what is wrong and tell it, as the DAG watchdog does; for deployments without Airflow."""
    from cartage.connections import default_resolver
    from cartage.lanes import get_lane
    from cartage.monitoring.watch import watch_lane as look

    found = get_lane(lane)
    with _ledger() as ledger:
        counts = look(ledger, found, default_resolver())
    if as_json:
        show_json(counts)
    else:
        show_table(("count", "alerts"), list(counts.items()), title=f"{lane}: watch")


@contextmanager
def _ledger() -> Iterator[Ledger]:
    from cartage.db import open_ledger

    ledger = open_ledger()
    try:
        yield ledger
    finally:
        ledger.close()


def _state(one: ListedAlert) -> str:
    if one.alert.closed_at:
        return "closed"
    return "clearing" if one.alert.cleared_at else "open"


def _lines(named: dict[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in named.items())


def _document(one: ListedAlert) -> dict[str, object]:
    shown = (
        "id",
        "kind",
        "key",
        "stage",
        "title",
        "meaning",
        "fix",
        "links",
        "facts",
        "orders",
        "opened_at",
    )
    return {
        **{name: getattr(one.alert, name) for name in shown},
        "state": _state(one),
        "sent": one.sent,
        "unsent": one.unsent,
        "last_sent": one.last_sent,
    }

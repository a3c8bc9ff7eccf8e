"""`cartage alerts`: list and close a lane's alerts, test its channels, and run the watchdog's check."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AnyLane, AsJson, LaneName, chosen_lanes
from cartage.cli.printing import show_json, show_result, show_table
from cartage.cli.transaction import ledger_transaction, opened_ledger
from cartage.errors import LedgerError, SettingsError
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.monitoring.views import ListedAlert

app = typer.Typer(help="List and close alerts, and test their channels.", no_args_is_help=True)


@app.command(name="test")
def send_test_alert(lane: LaneName, as_json: AsJson = False) -> None:
    """Send a test alert through each channel of the lane. Exit code 1 if a channel fails."""
    from cartage.lanes import get_lane
    from cartage.monitoring import Alert, channels_of, send

    found = get_lane(lane)
    channels = channels_of(found)
    if not channels:
        raise SettingsError(
            f"lane {lane!r}",
            ["  alerts: no channel. Add alerts.email, alerts.webhook or alerts.http."],
        )
    alert = Alert(
        lane=lane,
        stage="alerts test",
        title="This is a test of Cartage's alerts",
        what_it_means="Nothing is wrong: someone ran `cartage alerts test`.",
        fix="Nothing. If you should not receive these alerts, change the lane's settings.",
        kind="test",
    )
    send(alert, channels)
    names = [channel.name for channel in channels]
    show_result({"lane": lane, "sent": names}, "\n".join(f"sent: {name}" for name in names), as_json=as_json)


@app.command("list")
def list_open_alerts(
    lane: AnyLane = "",
    closed: Annotated[
        int, typer.Option("--closed", help="Also list alerts that were closed in the last N hours.", min=0)
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """List the open alerts, since when they are open, and which channels have received them."""
    from cartage.monitoring.views import list_alerts

    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        since = timedelta(hours=closed)
        listed = [alert for name in names for alert in list_alerts(connection, name, closed=since)]
    if as_json:
        show_json([_document(alert) for alert in listed])
        return
    show_table(
        ("id", "lane", "kind", "what", "since (UTC)", "state", "sent", "failed"),
        [
            (
                alert.alert.id,
                alert.alert.lane,
                alert.alert.kind,
                alert.alert.title,
                f"{alert.alert.opened_at:%F %H:%M}",
                _state(alert),
                _lines({channel: f"{times} x" for channel, times in alert.sent.items()}),
                _lines(alert.unsent),
            )
            for alert in listed
        ],
        title=f"{lane or 'all lanes'}: {counted(sum(_state(alert) == 'open' for alert in listed), 'open alert')}",
    )


@app.command(name="close")
def close_alert(
    alert: Annotated[int, typer.Argument(help="Number of the alert, from `list`.", metavar="ID")],
    as_json: AsJson = False,
) -> None:
    """Close an alert that would not be resolved otherwise, e.g. of a task that no longer exists.

    If the problem still exists, the next check opens a new alert.
    """
    from cartage.monitoring.repo.alerts import close_by_hand

    with ledger_transaction() as connection:
        if not close_by_hand(connection, alert):
            raise LedgerError(f"there is no open alert {alert}; see `cartage alerts list`.")
    show_result({"closed": alert}, f"closed: alert {alert}", as_json=as_json)


@app.command(name="watch")
def check_alerts(lane: LaneName, as_json: AsJson = False) -> None:
    """Check the lane and send due alerts, as the DAG watchdog does. For deployments without Airflow."""
    from cartage.connections import default_resolver
    from cartage.lanes import get_lane
    from cartage.monitoring.watch import watch_lane

    found = get_lane(lane)
    with opened_ledger() as ledger:
        counts = watch_lane(ledger, found, default_resolver())
    if as_json:
        show_json(counts)
    else:
        show_table(("count", "alerts"), list(counts.items()), title=f"{lane}: watch")


def _state(listed: ListedAlert) -> str:
    if listed.alert.closed_at:
        return "closed"
    return "clearing" if listed.alert.cleared_at else "open"


def _lines(named: dict[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in named.items())


def _document(listed: ListedAlert) -> dict[str, object]:
    fields = (
        "id", "lane", "kind", "key", "stage", "title", "meaning", "fix", "links", "facts", "orders", "opened_at",
    )  # fmt: skip
    return {
        **{name: getattr(listed.alert, name) for name in fields},
        "state": _state(listed),
        "sent": listed.sent,
        "unsent": listed.unsent,
        "last_sent": listed.last_sent,
    }

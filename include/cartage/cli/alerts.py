"""`cartage alerts`: try the channels of a lane."""

from __future__ import annotations

import typer

from cartage.cli.options import LaneName
from cartage.errors import SettingsError

app = typer.Typer(help="The alerts of a lane.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The alerts of a lane."""


@app.command()
def test(lane: LaneName) -> None:
    """Send one alert through each channel of the lane. Exit code 1 if one fails."""
    from cartage.alerts import Alert, channels_of, send
    from cartage.lanes import get_lane

    found = get_lane(lane)
    channels = channels_of(found)
    if not channels:
        raise SettingsError(
            f"lane {lane!r}", ["  alerts: no channel. Name one under alerts.email or alerts.webhook."]
        )
    alert = Alert(
        lane=lane,
        stage="alerts test",
        title="This is a test of Cartage's alerts",
        what_it_means="Nothing is wrong: somebody ran `cartage alerts test`.",
        mend="Nothing. If you are not who should get these, change the lane's alerts.",
    )
    send(alert, channels)
    for channel in channels:
        typer.echo(f"sent: {channel.name}")

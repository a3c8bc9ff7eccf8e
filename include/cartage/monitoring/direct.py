"""Alerts that the ledger does not keep: a test of the channels, and what happens while the ledger is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.monitoring.channels.alert import Alert
from cartage.monitoring.channels.registry import channels_of, send
from cartage.monitoring.delivery import secrets_named
from cartage.monitoring.kinds import runbook
from cartage.redaction import redact

if TYPE_CHECKING:
    from cartage.connections import Resolver
    from cartage.lanes.settings.lane import Lane
    from cartage.monitoring.repo.alerts import AlertFinding


def send_directly(lane: Lane, resolver: Resolver, finding: AlertFinding) -> None:
    """Send a finding through every channel of the lane at once.

    Raises:
        AlertsFailed: at the end, naming each channel that did not take it.
    """
    channels = channels_of(lane, resolver)
    if not channels:
        return
    secrets = secrets_named(lane, resolver)
    links = dict(finding.links)
    alert = Alert(
        lane=lane.name,
        stage=finding.stage,
        title=redact(finding.title, secrets),
        what_it_means=redact(finding.meaning, secrets),
        fix=redact(finding.fix, secrets),
        link=links.pop("Log", ""),
        facts=finding.facts,
        links=links,
        runbook=runbook(finding.kind),
        kind=finding.kind,
    )
    send(alert, channels)

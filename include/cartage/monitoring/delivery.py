"""Deliver alerts through a lane's channels: first messages, repeats, and the message that an alert is resolved."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from cartage.errors import CartageError
from cartage.monitoring.channels.alert import Alert, AlertState
from cartage.monitoring.channels.registry import Channel, channels_of, deliver, send
from cartage.monitoring.kinds import runbook
from cartage.monitoring.repo import alerts
from cartage.monitoring.repo.alerts import AlertFinding, AlertRow, Message
from cartage.redaction import redact, secrets_of

if TYPE_CHECKING:
    from cartage.connections import Resolver
    from cartage.db import Ledger
    from cartage.lanes.settings.lane import Lane

log = logging.getLogger(__name__)

# Seconds after which a round starts no further message: the caller has other work, and the next round continues.
_LONGEST_ROUND = 120.0
_POSTPONED = "not sent yet: this round took too long"


def send_due(
    ledger: Ledger, lane: Lane, resolver: Resolver, *, kinds: Collection[str] | None = None
) -> tuple[int, int]:
    """Send every message that is due, of these kinds if given, through the lane's channels.

    Return how many messages were sent and how many were not. A message that failed stays due; a channel that failed
    is not tried again in this round. If the process dies between sending a message and recording that, the message is
    sent a second time rather than lost.
    """
    channels = {channel.name: channel for channel in channels_of(lane, resolver)}
    if not channels:
        return 0, 0
    repeat = lane.alerts.repeat_every
    with ledger.begin() as connection:
        due = alerts.claim_due(
            connection, lane.name, list(channels), repeat=None if repeat == "never" else repeat, kinds=kinds
        )
    if not due:
        return 0, 0
    failed = _send(ledger, due, channels, secrets_named(lane, resolver))
    with ledger.begin() as connection:
        alerts.mark_failed(connection, failed)
    return len(due) - len(failed), len(failed)


def send_directly(lane: Lane, resolver: Resolver, finding: AlertFinding) -> None:
    """Send a finding through every channel of the lane now, without the ledger.

    Raises:
        AlertsFailed: after all channels were tried, if any failed.
    """
    channels = channels_of(lane, resolver)
    if channels:
        send(_alert(lane.name, finding, finding.facts, secrets_named(lane, resolver)), channels)


def alert_of(message: Message, secrets: Collection[str] = ()) -> Alert:
    """Return the alert that a message carries, with these secrets redacted."""
    row = message.alert
    facts: dict[str, str | int] = {name: value for name, value in row.facts.items() if value != ""}
    if row.orders:
        facts = {"count": row.orders, **facts}
    facts["opened"] = f"{row.opened_at:%F %T} UTC"
    if row.cleared_at and message.resolved:
        facts["resolved"] = f"{row.cleared_at:%F %T} UTC"
    if row.times:
        facts["sent before"] = row.times
    state = (
        AlertState.RESOLVED if message.resolved else AlertState.ONGOING if row.times else AlertState.OPENED
    )
    return _alert(row.lane, row, facts, secrets, state=state, alert_id=row.id)


def secrets_named(lane: Lane, resolver: Resolver) -> set[str]:
    """Return the secrets of all connections that the lane names. A connection that cannot be read is left out."""
    channels = (lane.alerts.email, lane.alerts.webhook, lane.alerts.http)
    names = {
        lane.store.connection,
        *(view.warehouse.connection for view in lane.views()),
        *(channel.connection for channel in channels if channel),
    }
    found = set()
    for name in names:
        try:
            connection = resolver.get(name)
        except CartageError:  # If it cannot be read, its secrets are in no text.
            continue
        found |= set(secrets_of(connection)) if connection else set()
    return found


def _send(
    ledger: Ledger, due: Sequence[Message], channels: Mapping[str, Channel], secrets: Collection[str]
) -> list[tuple[Message, str]]:
    """Send messages one at a time and record each at once; return those that failed, with the reason."""
    ends = time.monotonic() + _LONGEST_ROUND
    reasons: dict[str, str] = {}
    failed: list[tuple[Message, str]] = []
    for message in due:
        reason = reasons.get(message.channel) or (_POSTPONED if time.monotonic() > ends else "")
        if not reason:
            reason = deliver(channels[message.channel], alert_of(message, secrets))
        if reason:
            reasons.setdefault(message.channel, reason)
            failed.append((message, reason))
            continue
        with ledger.begin() as connection:
            alerts.mark_sent(connection, message)
    return failed


def _alert(
    lane: str,
    source: AlertFinding | AlertRow,
    facts: Mapping[str, str | int],
    secrets: Collection[str],
    *,
    state: AlertState = AlertState.OPENED,
    alert_id: int = 0,
) -> Alert:
    links = dict(source.links)
    return Alert(
        lane=lane,
        stage=source.stage,
        title=redact(source.title, secrets),
        what_it_means=redact(source.meaning, secrets),
        fix=redact(source.fix, secrets),
        link=links.pop("Log", ""),
        facts={
            name: redact(value, secrets) if isinstance(value, str) else value for name, value in facts.items()
        },
        links=links,
        runbook=runbook(source.kind),
        state=state,
        kind=source.kind,
        id=alert_id,
    )

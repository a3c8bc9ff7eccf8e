"""Tells a lane's channels what is due: first messages, repeated ones, recoveries. One that fails is due again later."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from cartage.errors import CartageError
from cartage.monitoring.channels.alert import Alert, Moment
from cartage.monitoring.channels.registry import Channel, channels_of
from cartage.monitoring.kinds import runbook
from cartage.monitoring.repo import alerts
from cartage.monitoring.repo.alerts import Message
from cartage.redaction import redact, secrets_of

if TYPE_CHECKING:
    from cartage.connections import Resolver
    from cartage.db import Ledger
    from cartage.lanes.settings.lane import Lane

log = logging.getLogger(__name__)

# Seconds after which a round begins no further message: whoever tells has other work, and the next round goes on.
_LONGEST_ROUND = 120.0
_PUT_OFF = "not sent yet: this round took too long"


def send_due(
    ledger: Ledger, lane: Lane, resolver: Resolver, *, kinds: Collection[str] | None = None
) -> tuple[int, int]:
    """Send every message that is due (of these kinds, if given) through the lane's channels.

    Returns how many went out and how many did not. Never raises for a channel: a message that was not taken stays
    due. A channel that failed is not tried again in this round. A process that dies between sending and noting it
    leads to a second message, never to none.
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
    missed = _send(ledger, due, channels, secrets_named(lane, resolver))
    with ledger.begin() as connection:
        alerts.mark_missed(connection, missed)
    return len(due) - len(missed), len(missed)


def _send(
    ledger: Ledger, due: Sequence[Message], channels: dict[str, Channel], secrets: set[str]
) -> list[tuple[Message, str]]:
    """Send messages one by one, noting each that was taken at once; returns the others with the reason."""
    ends = time.monotonic() + _LONGEST_ROUND
    failed: dict[str, str] = {}
    missed: list[tuple[Message, str]] = []
    for message in due:
        reason = failed.get(message.channel) or (_PUT_OFF if time.monotonic() > ends else "")
        if not reason:
            reason = _deliver(channels[message.channel], alert_of(message, secrets))
        if reason:
            failed.setdefault(message.channel, reason)
            missed.append((message, reason))
            continue
        with ledger.begin() as connection:
            alerts.mark_sent(connection, message)
    return missed


def _deliver(channel: Channel, alert: Alert) -> str:
    """Deliver one alert; returns why it did not go out, empty if it did."""
    try:
        channel.deliver(alert)
    except CartageError as error:
        log.error("alert not sent: lane=%s kind=%s: %s", alert.lane, alert.kind, error)  # noqa: TRY400 - says all
        return str(error)
    except Exception as error:
        log.exception("alert not sent: lane=%s channel=%s", alert.lane, channel.name)
        return f"{type(error).__name__}; the log has the details"
    log.info("alert sent: lane=%s kind=%s %s channel=%s", alert.lane, alert.kind, alert.moment, channel.name)
    return ""


def alert_of(message: Message, secrets: Collection[str] = ()) -> Alert:
    """The alert that a message carries; nothing in it holds one of these secrets."""
    row = message.alert
    facts: dict[str, str | int] = {name: value for name, value in row.facts.items() if value != ""}
    if row.orders:
        facts = {"count": row.orders, **facts}
    moment = Moment.RECOVERED if message.over else Moment.LASTING if row.times else Moment.OPENED
    facts["opened"] = f"{row.opened_at:%F %T} UTC"
    if row.cleared_at and message.over:
        facts["over since"] = f"{row.cleared_at:%F %T} UTC"
    if row.times:
        facts["told before"] = row.times
    links = dict(row.links)
    return Alert(
        lane=row.lane,
        stage=row.stage,
        title=redact(row.title, secrets),
        what_it_means=redact(row.meaning, secrets),
        fix=redact(row.fix, secrets),
        link=links.pop("Log", ""),
        facts={
            name: redact(value, secrets) if isinstance(value, str) else value for name, value in facts.items()
        },
        links=links,
        runbook=runbook(row.kind),
        moment=moment,
        kind=row.kind,
        id=row.id,
    )


def secrets_named(lane: Lane, resolver: Resolver) -> set[str]:
    """The secrets of all connections that the lane names, as far as they can be read."""
    channels = (lane.alerts.email, lane.alerts.webhook, lane.alerts.http)
    names = {
        lane.store.connection,
        lane.warehouse.connection,
        *(channel.connection for channel in channels if channel),
    }
    found = set()
    for name in names:
        try:
            connection = resolver.get(name)
        except CartageError:  # A connection that cannot be read is in no text either.
            continue
        found |= set(secrets_of(connection)) if connection else set()
    return found

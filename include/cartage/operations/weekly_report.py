"""The weekly report: one message for each channel, about all lanes that have this channel.

Each message is recorded when it was sent, so a run that is repeated sends only what is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from cartage.errors import CartageError
from cartage.monitoring.channels.render import slack_text
from cartage.monitoring.channels.smtp import mail_name, send_mail
from cartage.monitoring.channels.webhook import post_blocks, webhook_name
from cartage.operations.repo.report_deliveries import record_delivery, was_delivered
from cartage.plurals import counted
from cartage.reports.figures import read_report
from cartage.reports.mail import headlines, report_message, report_subject
from cartage.reports.period import Period
from cartage.reports.rollup import refresh_reports

if TYPE_CHECKING:
    from cartage.connections import Resolver
    from cartage.db import Ledger
    from cartage.lanes.settings.alerts import EmailAlerts, WebhookAlerts
    from cartage.lanes.settings.lane import Lane
    from cartage.reports.figures import Report

log = logging.getLogger(__name__)

_DAYS = 7

LinkTo = Callable[[Sequence[str]], str]
"""Returns the address of the desk's report of these lanes; empty if it is not known."""


class ReportsNotSent(CartageError):
    """Some weekly reports could not be sent; the text says to whom and why."""


@dataclass(frozen=True, slots=True)
class _Recipient:
    """A channel, and the lanes that it gets a report of."""

    key: str
    name: str
    lanes: tuple[Lane, ...]
    channel: EmailAlerts | WebhookAlerts


def send_weekly_reports(
    ledger: Ledger, lanes: Sequence[Lane], resolver: Resolver, link: LinkTo, *, again: bool = False
) -> dict[str, int]:
    """Send the report of the last seven whole days through the channels of these lanes; return the counts.

    Lanes that are off, or have `reports.weekly` off, are in no report. `again` sends also what was sent before.

    Raises:
        ReportsNotSent: after all channels were tried, if any failed.
    """
    refresh_reports(ledger, lanes)
    now = ledger.now()
    sent = already = 0
    failures: list[str] = []
    for recipient in _recipients(lanes):
        until = _last_whole_day(recipient.lanes, now)
        with ledger.begin() as connection:
            if was_delivered(connection, recipient.key, until) and not again:
                already += 1
                continue
        try:
            _send(ledger, recipient, until, now, resolver, link)
        except CartageError as failure:
            log.error("weekly report not sent: %s", failure)  # noqa: TRY400 - no traceback needed
            failures.append(f"  {recipient.name}: {failure}")
            continue
        with ledger.begin() as connection:
            record_delivery(connection, recipient.key, until)
        lanes_of = counted(len(recipient.lanes), "lane")
        log.info("weekly report up to %s sent: %s, %s", until, recipient.name, lanes_of)
        sent += 1
    if failures:
        raise ReportsNotSent(
            "\n".join([f"{counted(len(failures), 'weekly report')} could not be sent", *failures])
        )
    return {"sent": sent, "sent before": already}


def _recipients(lanes: Sequence[Lane]) -> Iterator[_Recipient]:
    chosen = [lane for lane in lanes if lane.reports.weekly and lane.mode != "off"]
    mails: dict[EmailAlerts, list[Lane]] = {}
    hooks: dict[WebhookAlerts, list[Lane]] = {}
    for lane in chosen:
        if lane.alerts.email:
            mails.setdefault(lane.alerts.email, []).append(lane)
        if lane.alerts.webhook:
            hooks.setdefault(lane.alerts.webhook, []).append(lane)
    for mail, of_mail in mails.items():
        key = f"mail {mail.connection} {mail.sender} {' '.join(mail.to)}"
        yield _Recipient(key, mail_name(mail), tuple(of_mail), mail)
    for hook, of_hook in hooks.items():
        yield _Recipient(f"webhook {hook.connection}", webhook_name(hook), tuple(of_hook), hook)


def _send(
    ledger: Ledger, recipient: _Recipient, until: date, now: datetime, resolver: Resolver, link: LinkTo
) -> None:
    from cartage.lanes.settings.alerts import EmailAlerts

    period = Period.last(_DAYS, until)
    earlier = Period.last(_DAYS, period.since - timedelta(days=1))
    with ledger.begin() as connection:
        report = read_report(connection, recipient.lanes, period, now)
        before = read_report(connection, recipient.lanes, earlier, now)
    address = link(report.lanes)
    channel = recipient.channel
    if isinstance(channel, EmailAlerts):
        send_mail(channel, resolver, report_subject(report), report_message(report, before, address))
    else:
        post_blocks(channel, resolver, slack_text(report_subject(report), _lines(report, before), address))


def _lines(report: Report, before: Report) -> list[str]:
    return [
        f"{found.name}: {found.value} (the week before: {found.before})"
        for found in headlines(report, before)
    ]


def _last_whole_day(lanes: Sequence[Lane], now: datetime) -> date:
    """Return the last day that is over in all of the stores' time zones."""
    return min(now.astimezone(lane.store.zone()).date() for lane in lanes) - timedelta(days=1)

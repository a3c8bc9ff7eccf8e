"""Mail the report of a comparison: what differs as text, and the whole of it as CSV and XLSX."""

from __future__ import annotations

import logging
from collections import Counter
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

from cartage.errors import CartageError
from cartage.lanes.settings.reports import ReportMail
from cartage.model.differences.kinds import MEANINGS, DifferenceKind
from cartage.monitoring.channels.smtp import send_mail
from cartage.reconciliation.tables import differences_to_csv, differences_to_xlsx

if TYPE_CHECKING:
    from cartage.connections import Resolver
    from cartage.lanes.settings.lane import Lane
    from cartage.reconciliation.reconcile import ReconciliationReport

log = logging.getLogger(__name__)

_MOST_NAMED = 10
_XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def mail_report(lane: Lane, report: ReconciliationReport, resolver: Resolver, link: str = "") -> bool:
    """Mail a report, if the lane's settings ask for it; return whether it was sent. `link` is the desk's page.

    A server that does not accept it fails nothing: the desk has the report.
    """
    wanted = lane.reconciliation.mail
    if lane.alerts.email is None or wanted is ReportMail.NEVER:
        return False
    if wanted is ReportMail.DIFFERENCES and not report.heeded:
        return False
    try:
        send_mail(lane.alerts.email, resolver, report_subject(report), report_message(report, link))
    except CartageError as failure:
        log.error("lane %s: the report was not mailed: %s", lane.name, failure)  # noqa: TRY400 - no traceback needed
        return False
    log.info("lane %s: the report was mailed", lane.name)
    return True


def report_subject(report: ReconciliationReport) -> str:
    """Return the subject: the lane, and how many differences there are."""
    number = len(report.heeded)
    return f"[cartage {report.lane}] reconciliation: {number or 'no'} difference{'' if number == 1 else 's'}"


def report_message(report: ReconciliationReport, link: str) -> EmailMessage:
    """Return the message without its sender, recipients and subject."""
    message = EmailMessage(policy=SMTP)
    message.set_content("\n\n".join(_paragraphs(report, link)) + "\n")
    name = f"differences-{report.lane}"
    content = differences_to_csv(report.differences).encode("utf-8-sig")
    message.add_attachment(content, "text", "csv", filename=f"{name}.csv", params={"charset": "utf-8"})
    workbook = differences_to_xlsx(report.differences)
    message.add_attachment(workbook, "application", _XLSX, filename=f"{name}.xlsx")
    return message


def _paragraphs(report: ReconciliationReport, link: str) -> list[str]:
    counts = report.counts
    first = (
        f"Compared since {report.since:%Y-%m-%d %H:%M} UTC: {counts.get('store_orders', 0)} orders of the store, "
        f"{counts.get('ledger_orders', 0)} of the ledger, {counts.get('warehouse_orders', 0)} of the warehouse. "
        f"{counts.get('in_flight', 0)} were still on their way. {counts.get('new', 0)} differences are new, "
        f"{counts.get('ended', 0)} have ended."
    )
    found = [first]
    by_kind = Counter(each.kind for each in report.heeded)
    for kind in (kind for kind in DifferenceKind if by_kind[kind]):
        of_kind = [each for each in report.heeded if each.kind is kind]
        lines = [f"{by_kind[kind]} x {kind.value}: {MEANINGS[kind]}"]
        lines += [
            f"  {each.key} ({each.side}): the ledger has {_line(each.ours)}, the {each.side} has {_line(each.theirs)}"
            for each in of_kind[:_MOST_NAMED]
        ]
        lines += [f"  and {len(of_kind) - _MOST_NAMED} more"] if len(of_kind) > _MOST_NAMED else []
        found.append("\n".join(lines))
    if report.not_compared:
        found.append("\n".join(["Not compared:", *(f"  {line}" for line in report.not_compared)]))
    return [*found, f"The list: {link}"] if link else found


def _line(text: str) -> str:
    return " ".join(text.split())

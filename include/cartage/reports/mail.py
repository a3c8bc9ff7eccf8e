"""A report as an e-mail: HTML with pictures, the same in plain text, and the tables as CSV and XLSX."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import TYPE_CHECKING, Any

from cartage.reports.files import report_csv, tables_to_xlsx
from cartage.reports.histogram import Span
from cartage.reports.pictures import causes_chart, promise_chart, throughput_chart, times_chart
from cartage.reports.png import COLOURS, png_of
from cartage.reports.tables import SPAN_NAMES, shown, tables_of, time_text

if TYPE_CHECKING:
    from jinja2 import Template

    from cartage.reports.charts import Chart
    from cartage.reports.figures import Report

_WIDTH = 640
_MOST_ROWS = 10
_MOST_LANES_NAMED = 3
# Tables that pictures stand for, and columns that a mail has no room for.
_DRAWN = frozenset({"throughput", "times"})
_NOT_MAILED = ("subject", "cancelled_before", "posted", "partly", "split")


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure of the report's first lines, and the same figure of the period before."""

    name: str
    value: str
    before: str


@dataclass(frozen=True, slots=True)
class _Picture:
    """A chart within the mail, by its content id."""

    cid: str
    title: str
    chart: Chart
    legend: tuple[tuple[str, str], ...]


def report_subject(report: Report) -> str:
    """Return the subject: the lanes, the period, and how many orders shipped."""
    return f"[cartage {_lanes(report)}] {report.period.since} to {report.period.until}: {_shipped(report)}"


def headlines(report: Report, before: Report) -> list[Headline]:
    """Return the figures to begin with, each with that of the period before."""
    now, then = report.total, before.total
    figures = [
        Headline(name, shown(getattr(now, name)), shown(getattr(then, name)))
        for name in ("placed", "sent", "shipped", "cancelled")
    ]
    if report.promised:
        shares = [
            "none due" if total.share_kept is None else f"{total.share_kept:.1%}" for total in (now, then)
        ]
        figures.append(Headline("shipped in time", *shares))
    for span in Span:
        [times, earlier] = [
            next((time_text(group.times.median) for group in found.times_by(span, "all")), "none")
            for found in (report, before)
        ]
        figures.append(Headline(f"{SPAN_NAMES[span]}, median", times, earlier))
    return figures


def report_message(report: Report, before: Report, link: str) -> EmailMessage:
    """Return the message without its sender, recipients and subject. `link` is the desk's page; empty: none."""
    tables = tables_of(report)
    few = [table.first(_MOST_ROWS).without(*_NOT_MAILED) for table in tables if table.name not in _DRAWN]
    pictures = _pictures(report)
    values: dict[str, Any] = {
        "title": f"{_lanes(report)}: {report.period.since} to {report.period.until}",
        "headlines": headlines(report, before),
        "days": report.period.days,
        "pictures": pictures,
        "tables": [table for table in few if table.rows],
        "link": link,
        "as_of": report.as_of,
    }
    message = EmailMessage(policy=SMTP)
    message.set_content(_template("report.txt").render(values))
    message.add_alternative(_template("report.html").render(values), subtype="html")
    [_, html] = message.iter_parts()
    assert isinstance(html, EmailMessage)  # noqa: S101 - what add_alternative made
    for picture in pictures:
        html.add_related(
            png_of(picture.chart),
            "image",
            "png",
            cid=f"<{picture.cid}>",
            filename=f"{picture.cid}.png",
            disposition="inline",
        )
    name = f"report-{report.period.since}-{report.period.until}"
    for table in tables:
        if table.name in _DRAWN:
            # Excel takes a file for UTF-8 only if it begins with a byte order mark.
            content = report_csv(table).encode("utf-8-sig")
            file = f"{name}-{table.name}.csv"
            message.add_attachment(content, "text", "csv", filename=file, params={"charset": "utf-8"})
    kind = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    message.add_attachment(tables_to_xlsx(tables), "application", kind, filename=f"{name}.xlsx")
    return message


def _pictures(report: Report) -> list[_Picture]:
    legend = tuple((name, COLOURS[name]) for name in ("placed", "sent", "shipped"))
    found = [_Picture("throughput", "Throughput by day", throughput_chart(report, _WIDTH), legend)]
    if report.promised:
        found.append(_Picture("promise", "Shipped in time", promise_chart(report, _WIDTH), ()))
    for span in (Span.PLACED_TO_SENT, Span.SENT_TO_SHIPPED):
        if report.times_by(span, "weekday"):
            title = f"From {SPAN_NAMES[span]}, by the weekday on which it began"
            chart = times_chart(report, span, "weekday", _WIDTH)
            found.append(_Picture(f"times-{span.value}", title, chart, ()))
    if report.causes:
        found.append(_Picture("causes", "What blocked orders", causes_chart(report, _WIDTH), ()))
    return found


def _lanes(report: Report) -> str:
    count = len(report.lanes)
    return ", ".join(report.lanes) if count <= _MOST_LANES_NAMED else f"{count} lanes"


def _shipped(report: Report) -> str:
    shipped = report.total.shipped
    return f"{shipped:,} order{'' if shipped == 1 else 's'} shipped"


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cartage.reports", "templates"),
        autoescape=name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["line"] = lambda text: " ".join(str(text).split())
    return environment.get_template(name)

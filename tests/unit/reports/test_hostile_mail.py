"""The weekly mail with formulas and markup in carriers, causes and SKUs: they stay text in it and in its files."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from openpyxl import load_workbook

from cartage.reports.counts import Counts
from cartage.reports.figures import BlockingFigures, ExceptionFigures, GroupTimes, Report, SkuFigures
from cartage.reports.histogram import Span, Times
from cartage.reports.mail import report_message, report_subject
from cartage.reports.period import Period
from cartage.spreadsheets import FORMULA_SIGNS, unescape_cell
from tests.html_page import HtmlPage

WORDS = [
    '=HYPERLINK("http://evil.example","x")', "+1+1", "-1-1", "@SUM(1,2)", "\t=1+1", "\uff1d1+1",
    "<script>alert(1)</script>", "\"><img src=x onerror='alert(2)'>", "{{ 7007 * 10429 }}",
]  # fmt: skip


def report(word: str) -> Report:
    period = Period.last(7, date(2026, 11, 29))
    times = Times(3, timedelta(minutes=3), timedelta(hours=4))
    hour = timedelta(hours=1)
    return Report(
        lanes=("east",),
        period=period,
        as_of=None,
        promised=False,
        days={day: Counts(placed=1) for day in period.each()},
        by_lane={"east": Counts(placed=7)},
        times=(GroupTimes(Span.SENT_TO_SHIPPED, "carrier", word, times),),
        causes=(BlockingFigures("east", "unknown_sku", word, f"{word} is unknown", 2, hour),),
        skus=(SkuFigures(word, 2, hour),),
        exceptions=(ExceptionFigures("put_back", word, by_policy=False, exceptions=1),),
    )


@pytest.fixture(params=WORDS)
def mail(request: pytest.FixtureRequest) -> tuple[str, EmailMessage]:
    word = str(request.param)
    return word, report_message(report(word), report(word), "https://desk.example.com/reports")


def test_the_page_of_a_mail_has_no_element_of_a_text(mail: tuple[str, EmailMessage]) -> None:
    word, message = mail
    [html] = [part for part in message.walk() if part.get_content_type() == "text/html"]
    page = HtmlPage(html.get_content())
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "iframe", "object", "form", "link"})
    pictures = [attributes["src"] or "" for tag, attributes in page.elements if tag == "img"]
    assert pictures
    assert [source for source in pictures if not source.startswith("cid:")] == []
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert links == ["https://desk.example.com/reports"]
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
    assert word.strip() in page.text
    assert "73076003" not in page.text


def test_the_words_of_a_mail_have_the_text_in_one_line(mail: tuple[str, EmailMessage]) -> None:
    word, message = mail
    [plain] = [
        part for part in message.walk() if part.get_content_type() == "text/plain" and not part.get_filename()
    ]
    assert word.strip() in plain.get_content()
    assert "\n" not in report_subject(report(word))


def test_the_files_of_a_mail_calculate_nothing(mail: tuple[str, EmailMessage]) -> None:
    word, message = mail
    tables = {str(part.get_filename()): part.get_content() for part in message.iter_attachments()}
    written = [content for name, content in tables.items() if name.endswith(".csv")]
    assert len(written) == 2
    cells = [
        cell for content in written for row in csv.reader(io.StringIO(content, newline="")) for cell in row
    ]
    assert [cell for cell in cells if cell.startswith(FORMULA_SIGNS)] == []
    assert word in {unescape_cell(cell) for cell in cells}
    [content] = [content for name, content in tables.items() if name.endswith(".xlsx")]
    book: Any = load_workbook(io.BytesIO(content))
    found = [cell for sheet in book for row in sheet for cell in row if cell.value is not None]
    assert {cell.data_type for cell in found} <= {"s", "n", "d", "inlineStr"}
    assert sum(word.strip() in str(cell.value) for cell in found) >= 5

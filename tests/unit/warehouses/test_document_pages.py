"""Pages of one document are taken in as one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from cartage.warehouses.contract import ShipmentPage, StockPage
from cartage.warehouses.document_pages import merged
from cartage.warehouses.documents import AcceptedOrder, InboundDocument, QuarantinedText
from cartage.warehouses.listed import StockLevel

FIRST, SECOND = InboundDocument("/out/a.csv", b"a"), InboundDocument("/out/b.csv", b"b")


def test_pages_of_a_document_are_one_page_and_the_last_cursor_counts() -> None:
    pages = [
        ShipmentPage((), "1", accepted=(AcceptedOrder("A"),), document=FIRST),
        ShipmentPage((), "2", accepted=(AcceptedOrder("B"),), document=FIRST),
        ShipmentPage((), "3", quarantined=(QuarantinedText("odd", "ask"),), document=SECOND),
    ]
    first, second = merged(pages)
    assert [accepted.reference for accepted in first.accepted] == ["A", "B"]
    assert (first.cursor, first.document, second) == ("2", FIRST, pages[2])


def test_pages_without_a_document_stay_as_they_are() -> None:
    pages = [ShipmentPage((), "1"), ShipmentPage((), "2"), ShipmentPage((), "3", document=FIRST)]
    assert list(merged(pages)) == pages
    assert list(merged([])) == []


def test_a_document_is_full_if_all_its_pages_are() -> None:
    level = StockLevel("MUG", Decimal(1), Decimal(1), as_of=datetime(2026, 3, 1, tzinfo=UTC))
    pages = [StockPage((level,), document=FIRST), StockPage((level,), full=False, document=FIRST)]
    [page] = merged(pages)
    assert (page.items, page.full) == ((level, level), False)

"""The order list as CSV or XLSX, written while it is read. No cell can be read as a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from typing import IO

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from cartage.operations.views.order_export import ORDER_COLUMNS, export_rows
from cartage.operations.views.order_list import Filter, id_batch
from cartage.spreadsheets import Sheet, escape_cell, write_xlsx
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages.orders.wanted import Wanted
from cartage_airflow.desk.rendering import HIDDEN

router = APIRouter()
MOST_XLSX_ROWS = 20_000
"""A workbook is complete before its first byte can be sent, so it has so many orders at most; CSV has them all."""
# Each piece costs the api-server a change of threads.
_ROWS_PER_PIECE = 500
_BYTES_PER_PIECE = 256 * 1024
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/orders.csv")
def export_csv(wanted: Wanted) -> StreamingResponse:
    """Return the whole list as CSV."""
    return _download(_csv_pieces(_rows(wanted)), "text/csv; charset=utf-8", "csv")


@router.get("/orders.xlsx")
def export_xlsx(wanted: Wanted) -> StreamingResponse:
    """Return the beginning of the list as a workbook."""
    book = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed when the last piece was read
    rows = ([row[name] for name in ORDER_COLUMNS] for row in islice(_rows(wanted), MOST_XLSX_ROWS))
    write_xlsx(book, [Sheet("orders", ORDER_COLUMNS, rows)])
    book.seek(0)
    return _download(_pieces(book), _XLSX, "xlsx")


def _rows(wanted: Filter) -> Iterator[dict[str, str]]:
    """Yield every order of a filter. No connection is kept between batches, however slowly the client reads."""
    after = None
    while True:
        with reading() as connection:
            batch, after = id_batch(connection, wanted, after=after)
            rows = list(export_rows(connection, batch, wanted.personal, HIDDEN))
        yield from rows
        if after is None:
            return


def _csv_pieces(rows: Iterator[dict[str, str]]) -> Iterator[str]:
    heading = dict(zip(ORDER_COLUMNS, ORDER_COLUMNS, strict=True))
    lines = chain([heading], rows)
    while piece := list(islice(lines, _ROWS_PER_PIECE)):
        written = io.StringIO()
        csv.writer(written).writerows([escape_cell(row[name]) for name in ORDER_COLUMNS] for row in piece)
        yield written.getvalue()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_BYTES_PER_PIECE):
            yield piece


def _download(content: Iterator[str] | Iterator[bytes], media_type: str, ending: str) -> StreamingResponse:
    name = f"orders-{datetime.now(UTC):%Y%m%d-%H%M%S}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(content, media_type=media_type, headers=headers)

"""Read an order file that Cartage wrote by the same profile, where it lies at the warehouse: evidence of its orders.

Total: a file that the profile, as it is today, does not explain gives None, never a guess. Pure.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal

from cartage.model.orders import Address
from cartage.warehouses.contract import RemoteOrder, RemoteState
from cartage.warehouses.files.profiles.settings.kinds import Encoding
from cartage.warehouses.files.profiles.settings.orders import (
    Columns,
    Formulas,
    Layout,
    OrderFiles,
    Quoting,
    WrittenColumn,
)

_Cells = Mapping[str, str]
_NEEDED = ("reference", "line.sku", "line.quantity")


def read_own_orders(content: bytes, settings: OrderFiles) -> tuple[RemoteOrder, ...] | None:
    """Return the orders of a file; None if it cannot be read as one of ours."""
    columns = {column.field for column in (*settings.columns, *settings.item_columns)}
    if not columns.issuperset(_NEEDED):
        return None  # A template holds one of them.
    try:
        found = list(_orders(_rows(content, settings), settings))
    except (ValueError, csv.Error, InvalidOperation):
        return None
    return tuple(_remote(cells, lines) for cells, lines in found) or None


def _rows(content: bytes, settings: OrderFiles) -> list[list[str]]:
    """Return the rows between headings and footer. Raise ValueError where they are not as written."""
    codec = "utf-8-sig" if settings.encoding is Encoding.UTF_8 else settings.encoding.value
    lines = content.decode(codec).split(settings.line_end.text)
    if lines.pop():
        raise ValueError("the last line has no end")
    quoting: Literal[0, 3] = csv.QUOTE_NONE if settings.quoting is Quoting.NEVER else csv.QUOTE_MINIMAL
    rows = list(csv.reader(lines, delimiter=settings.delimiter, quoting=quoting, strict=True))
    start, end = int(settings.header), len(rows) - bool(settings.footer)
    return rows[start:end]


def _orders(
    rows: Sequence[Sequence[str]], settings: OrderFiles
) -> Iterator[tuple[_Cells, list[tuple[str, Decimal]]]]:
    """Yield each order's cells by field, with its lines."""
    orders: dict[str, tuple[_Cells, list[tuple[str, Decimal]]]] = {}
    current: _Cells = {}
    for row in rows:
        if settings.layout is Layout.RECORDS and _fits(row, settings.item_columns):
            items = [_named(row, settings.item_columns, settings)]
        elif settings.layout is Layout.WIDE:
            current, *items = _wide(row, settings)
        elif _fits(row, settings.columns):
            current = _named(row, settings.columns, settings)
            items = [] if settings.layout is Layout.RECORDS else [current]
        else:
            raise ValueError("a row has other columns")
        lines = orders.setdefault(current["reference"], (current, []))[1]
        lines += [(item["line.sku"], _quantity(item["line.quantity"], settings)) for item in items]
    yield from orders.values()


def _fits(row: Sequence[str], columns: Columns) -> bool:
    """Return whether a row has these columns, with their constants."""
    return len(row) == len(columns) and all(
        cell == (column.constant or column.default)
        for cell, column in zip(row, columns, strict=True)
        if column.constant is not None
    )


def _wide(row: Sequence[str], settings: OrderFiles) -> Iterator[_Cells]:
    own, width = len(settings.columns), len(settings.item_columns)
    if len(row) != own + width * settings.max_items:
        raise ValueError("a row has other columns")
    yield _named(row[:own], settings.columns, settings)
    for start in range(own, len(row), width):
        cells = row[start : start + width]
        if any(cells):
            yield _named(cells, settings.item_columns, settings)


def _named(row: Sequence[str], columns: Columns, settings: OrderFiles) -> _Cells:
    pairs = zip(row, columns, strict=True)
    return {column.field: _value(cell, column, settings) for cell, column in pairs if column.field}


def _value(cell: str, column: WrittenColumn, settings: OrderFiles) -> str:
    """Return what was written as this cell."""
    if settings.formulas is Formulas.APOSTROPHE and cell[:2] in {"'=", "'+", "'-", "'@"}:
        cell = cell[1:]
    originals = [old for old, new in column.values.items() if new == cell]
    return originals[0] if len(originals) == 1 else cell


def _quantity(text: str, settings: OrderFiles) -> Decimal:
    return Decimal(text.replace(settings.decimal_point, "."))


def _remote(cells: _Cells, lines: Sequence[tuple[str, Decimal]]) -> RemoteOrder:
    company_or_name = cells.get("ship_to.company_or_name", "")
    address = Address(
        name=cells.get("ship_to.name") or cells.get("ship_to.attention") or company_or_name,
        company=cells.get("ship_to.company", ""),
        address1=cells.get("ship_to.address1", ""),
        address2=cells.get("ship_to.address2", ""),
        city=cells.get("ship_to.city", ""),
        state=cells.get("ship_to.state", ""),
        zip_code=cells.get("ship_to.zip_code", ""),
        country=cells.get("ship_to.country", ""),
    )
    reference = cells["reference"]
    return RemoteOrder(reference, reference, RemoteState.OPEN, tuple(lines), address)

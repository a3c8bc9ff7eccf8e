"""Read order files: DSFX records, or rows under a header. Strict, as a warehouse's import is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from cartage_sandbox.files.csvs.layouts import DSFX_HEADS, CsvLayout
from cartage_sandbox.files.orders import WantedLine, WantedOrder

_ADDRESS = ("name", "company", "address1", "address2", "city", "state", "zip", "country", "phone", "email")


class UnreadableFile(ValueError):
    """A file that the warehouse cannot take as a whole."""


def read_orders(content: bytes, layout: CsvLayout) -> list[WantedOrder]:
    """Return the orders of a file. Raises UnreadableFile if any part of it does not fit: nothing is taken then."""
    try:
        text = content.decode(layout.encoding)
        rows = [
            row
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter, strict=True)
            if row
        ]
    except (UnicodeDecodeError, csv.Error) as failure:
        raise UnreadableFile(str(failure)) from failure
    if not rows or not text.endswith("\n"):
        raise UnreadableFile("the file is empty, or ends in the middle of a line")
    if isinstance(layout.orders, str):
        return list(_dsfx(rows))
    return _by_header(rows, layout.orders)


def _dsfx(rows: list[list[str]]) -> Iterator[WantedOrder]:
    head: Mapping[str, str] = {}
    lines: list[WantedLine] = []
    for number, row in enumerate(rows, 1):
        if row[0] == "PH":
            if head:
                yield _order(head, lines)
            head, lines = _head(row, number), []
        elif row[0] == "PD" and head and len(row) >= 5:
            if row[1] != head["reference"]:
                raise UnreadableFile(f"record {number}: PD of order {row[1]} below PH of {head['reference']}")
            lines.append(WantedLine(row[2], row[3], _quantity(row[4], number)))
        else:
            raise UnreadableFile(f"record {number}: {row[0]!r} is not expected here")
    if head:
        yield _order(head, lines)


def _head(row: list[str], number: int) -> dict[str, str]:
    names = DSFX_HEADS.get(len(row) - 1)
    if names is None:
        raise UnreadableFile(f"record {number}: PH has {len(row)} fields")
    return {**dict(zip(names, row[1:], strict=True)), "position": str(number)}


def _by_header(rows: list[list[str]], meanings: Mapping[str, str]) -> list[WantedOrder]:
    header = [name.strip().casefold() for name in rows[0]]
    names = [meanings.get(name, "") for name in header]
    missing = {"reference", "sku", "quantity"} - set(names)
    if missing:
        raise UnreadableFile(f"no column for {', '.join(sorted(missing))}")
    heads: dict[str, dict[str, str]] = {}
    lines: dict[str, list[WantedLine]] = {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise UnreadableFile(f"line {number}: {len(row)} columns instead of {len(header)}")
        cells = {name: cell for name, cell in zip(names, row, strict=True) if name}
        reference = cells["reference"]
        heads.setdefault(reference, {**cells, "position": str(number)})
        taken = lines.setdefault(reference, [])
        taken.append(
            WantedLine(
                cells.get("line") or str(len(taken) + 1), cells["sku"], _quantity(cells["quantity"], number)
            )
        )
    return [_order(head, lines[reference]) for reference, head in heads.items()]


def _order(head: Mapping[str, str], lines: list[WantedLine]) -> WantedOrder:
    if not head["reference"]:
        raise UnreadableFile(f"record {head['position']}: no order number")
    if not lines:
        raise UnreadableFile(f"order {head['reference']}: no lines")
    return WantedOrder(
        reference=head["reference"],
        lines=tuple(lines),
        po_number=head.get("po_number", ""),
        ship_to={name: head[name] for name in _ADDRESS if head.get(name)},
        ship_method=head.get("ship_method")
        or " ".join(filter(None, (head.get("carrier"), head.get("service")))),
        notes=head.get("notes", "") or head.get("instructions", ""),
        position=head["position"],
    )


def _quantity(text: str, number: int) -> int:
    if not text.strip().isdigit():
        raise UnreadableFile(f"line {number}: quantity {text!r} is no whole number")
    return int(text)

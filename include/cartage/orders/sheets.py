"""CSV for people's spreadsheets. No text of a store becomes a formula there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

# A spreadsheet takes a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """The rows under these columns; a text that looks like a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: harmless(text) for name, text in row.items()})
    return out.getvalue()


def harmless(text: str) -> str:
    """The text as a cell that is no formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def plain(cell: str) -> str:
    """The text of a cell that `harmless` may have marked."""
    return cell.removeprefix("'") if cell[1:].startswith(_FORMULA) else cell

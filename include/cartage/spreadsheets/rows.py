"""A row as a file holds it, before its cells have headings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cartage.spreadsheets.cells import Cell, OddCell


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row with its number in the spreadsheet, and its cells by column (0 is A).

    `width` is how many cells a CSV file writes for the row, blank ones included; a sheet has no such number (0).
    With a `fault`, the row cannot be read as a whole; `place` is the column in which that shows, if it is one.
    """

    number: int
    cells: Mapping[int, Cell]
    width: int = 0
    fault: OddCell | None = None
    place: int | None = None

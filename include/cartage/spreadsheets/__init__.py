"""People's spreadsheets: tables written so that no text becomes a formula, and read so that no damage becomes data.

`read_table` is the one reader of CSV and XLSX. It yields every row with its number; a cell is either text, or an
`OddCell` that says what was found in place of text, and the fix.
"""

from cartage.spreadsheets.cells import FORMULA_SIGNS, Cell, OddCell
from cartage.spreadsheets.mistakes import BadFile, BadRow
from cartage.spreadsheets.tables import MOST_BYTES, HeadedRow, HeadedTable, read_table
from cartage.spreadsheets.writing import (
    Sheet,
    csv_line,
    escape_cell,
    rows_to_csv,
    rows_to_xlsx,
    unescape_cell,
    write_xlsx,
)

__all__ = [
    "FORMULA_SIGNS",
    "MOST_BYTES",
    "BadFile",
    "BadRow",
    "Cell",
    "HeadedRow",
    "HeadedTable",
    "OddCell",
    "Sheet",
    "csv_line",
    "escape_cell",
    "read_table",
    "rows_to_csv",
    "rows_to_xlsx",
    "unescape_cell",
    "write_xlsx",
]

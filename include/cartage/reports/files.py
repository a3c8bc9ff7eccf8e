"""A report as files: a workbook with a sheet for each table, or one table as CSV."""

from __future__ import annotations

from cartage.reports.tables import ReportTable
from cartage.spreadsheets.writing import Sheet, sheets_to_xlsx, table_to_csv


def tables_to_xlsx(tables: list[ReportTable]) -> bytes:
    """Return a workbook with these tables. Times are seconds, shares are from 0 to 1."""
    return sheets_to_xlsx(Sheet(table.name, table.names, table.values()) for table in tables)


def report_csv(table: ReportTable) -> str:
    """Return one table as CSV. Times are seconds, shares are from 0 to 1."""
    return table_to_csv(table.names, table.values())

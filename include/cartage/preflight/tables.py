"""Findings as rows: for JSON, for CSV, and for a workbook with a sheet for each section.

Texts of the store or the warehouse stay texts: a cell that a spreadsheet would calculate gets a leading apostrophe.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartage.spreadsheets import FORMULA_SIGNS

if TYPE_CHECKING:
    from cartage.preflight.findings import PreflightFinding, Section

FINDING_COLUMNS = ("result", "kind", "subject", "what", "fix", "orders", "suggestion")
# XML 1.0 does not allow these, and openpyxl refuses them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONGEST_CELL = 32_767
_WIDTHS = {"result": 10, "kind": 24, "subject": 36, "what": 70, "fix": 70, "orders": 8, "suggestion": 30}


def section_document(section: Section) -> dict[str, Any]:
    """Return a section for JSON."""
    return {
        "section": section.name,
        "title": section.title,
        "line": section.line,
        **section.counts(),
        "findings": [
            dict(zip(FINDING_COLUMNS, finding_values(finding), strict=True)) for finding in section.findings
        ],
    }


def finding_values(finding: PreflightFinding) -> tuple[Any, ...]:
    """Return the values of a finding in the order of `FINDING_COLUMNS`."""
    kind = finding.kind.value if finding.kind else ""
    orders = "" if finding.orders is None else finding.orders
    return (
        finding.result.value, kind, finding.subject, finding.what, finding.fix, orders, finding.suggestion,
    )  # fmt: skip


def write_csv(sections: Sequence[Section], folder: Path) -> list[Path]:
    """Write `<section>.csv` for each section into a folder, which is created; return the files.

    They are UTF-8 with a byte order mark, without which Excel assumes another encoding.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for section in sections:
        file = folder / f"{section.name}.csv"
        with file.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(FINDING_COLUMNS)
            writer.writerows(map(finding_cell, finding_values(finding)) for finding in section.findings)
        files.append(file)
    return files


def write_xlsx(sections: Sequence[Section], file: Path) -> None:
    """Write a workbook with a sheet for each section, with its result on top; row by row, so that memory stays flat."""
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    for section in sections:
        sheet = workbook.create_sheet(section.title[:31])
        for place, column in enumerate(FINDING_COLUMNS):
            sheet.column_dimensions[chr(ord("A") + place)].width = _WIDTHS[column]
        sheet.freeze_panes = "A3"
        sheet.append([finding_cell(section.line)])
        sheet.append(list(FINDING_COLUMNS))
        for finding in section.findings:
            sheet.append([finding_cell(value) for value in finding_values(finding)])
    file.parent.mkdir(parents=True, exist_ok=True)
    workbook.save(file)


def finding_cell(value: Any) -> Any:
    """Return a value that no spreadsheet calculates; numbers stay numbers."""
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("", value)[:_LONGEST_CELL]
    return (
        f"'{text}"[:_LONGEST_CELL]
        if text.lstrip(" ").startswith(FORMULA_SIGNS) or value[:1] in FORMULA_SIGNS
        else text
    )

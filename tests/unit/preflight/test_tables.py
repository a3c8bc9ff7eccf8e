"""Findings as rows for files: complete, in their order, and without a formula in any cell."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from cartage.preflight.findings import (
    CheckResult,
    FindingKind,
    PreflightFinding,
    Section,
    mistake,
    ok,
    unknown,
    warning,
)
from cartage.preflight.tables import FINDING_COLUMNS, finding_cell, section_document, write_csv, write_xlsx

EVIL = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture
def section() -> Section:
    findings = (
        ok("orders", "12 orders."),
        mistake(FindingKind.UNKNOWN_TO_WAREHOUSE, EVIL, "unknown \x07", "Create it.", orders=3),
        warning(FindingKind.BLANKS, "-A", "blanks", "Take them out."),
    )
    return Section("product_skus", "Product SKUs", findings)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_a_text_that_a_spreadsheet_would_calculate_stays_text(text: str) -> None:
    assert finding_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["SKU-1", "a=b", "", "'=1", 3, None])
def test_all_other_values_stay_unchanged(value: Any) -> None:
    assert finding_cell(value) == value


def test_a_csv_file_for_each_section(section: Section, tmp_path: Path) -> None:
    (file,) = write_csv([section], tmp_path / "new")
    with file.open(encoding="utf-8-sig", newline="") as read:
        rows = list(csv.reader(read))
    assert file.name == "product_skus.csv"
    assert tuple(rows[0]) == FINDING_COLUMNS
    assert rows[2][:3] == ["mistake", "unknown_to_warehouse", f"'{EVIL}"]
    assert rows[3][2] == "'-A"


def test_a_sheet_for_each_section_without_a_formula(section: Section, tmp_path: Path) -> None:
    file = tmp_path / "preflight.xlsx"
    write_xlsx([section, Section("lanes", "Lanes", ())], file)
    workbook = load_workbook(file)
    assert workbook.sheetnames == ["Product SKUs", "Lanes"]
    rows = list(workbook["Product SKUs"].iter_rows(values_only=True))
    assert rows[0][0] == "Product SKUs: 1 mistake, 1 warning."
    assert rows[1] == FINDING_COLUMNS
    assert rows[3][2:6] == (f"'{EVIL}", "unknown ", "Create it.", 3)
    assert "f" not in {cell.data_type for row in workbook["Product SKUs"] for cell in row}


def test_json_has_the_counts_and_every_finding(section: Section) -> None:
    shown = section_document(section)
    assert (shown["mistakes"], shown["warnings"], shown["unknown"], shown["ok"]) == (1, 1, 0, 1)
    assert [finding["result"] for finding in shown["findings"]] == ["ok", "mistake", "warning"]
    assert shown["findings"][1]["orders"] == 3


def test_the_worst_findings_come_first_and_ok_ones_are_left_out() -> None:
    unseen = unknown(FindingKind.NOT_CHECKED, "b", "", "")
    section = Section("lanes", "Lanes", (unseen, ok("a", ""), mistake(FindingKind.NO_SKU, "c", "", "")))
    assert [finding.result for finding in section.wrong] == [CheckResult.MISTAKE, CheckResult.UNKNOWN]


@pytest.mark.parametrize(
    ("findings", "line"),
    [
        ((), "Lanes: ok."),
        ((ok("a", ""),), "Lanes: ok."),
        ((warning(FindingKind.BLANKS, "a", "", ""),) * 2, "Lanes: 2 warnings."),
        ((unknown(FindingKind.NOT_CHECKED, "a", "", ""),), "Lanes: 1 could not be checked."),
    ],
)
def test_the_result_of_a_section_is_one_line(findings: tuple[PreflightFinding, ...], line: str) -> None:
    assert Section("lanes", "Lanes", findings).line == line

"""The cutover's list: it can be read after a spreadsheet saved it, and every bad row is reported with its fix."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cartage.cutover.file import (
    CUTOVER_COLUMNS,
    CutoverChoice,
    cutover_row,
    cutover_to_csv,
    read_cutover_file,
)
from cartage.cutover.rules import AtWarehouse, CutoverCandidate, CutoverDecision
from cartage.errors import SettingsError
from cartage.model.orders import Address, OrderLine, SalesOrder, ShipGroup
from tests.unit.spreadsheets.workbooks import number, row, sheet, text, workbook_parts, zipped

HEADER = "order_id,shipment_id,status_id,warehouse_id,decision"


def read(*lines: str, header: str = HEADER) -> list[CutoverChoice]:
    return read_cutover_file("\n".join([header, *lines]).encode(), "list.csv")


def mistakes(*lines: str, header: str = HEADER) -> str:
    with pytest.raises(SettingsError) as caught:
        read(*lines, header=header)
    return str(caught.value)


def test_a_row_is_a_choice() -> None:
    assert read("31882,0,1,55,adopt") == [CutoverChoice(2, 31882, 0, 1, "55", CutoverDecision.ADOPT)]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_list_is_read_as_spreadsheets_save_it(mark: str) -> None:
    text = "\ufeff" + HEADER.replace(",", mark) + "\r\n" + f"31882{mark}0{mark}1{mark}55{mark} Adopt \r\n"
    assert [choice.decision for choice in read_cutover_file(text.encode(), "list.csv")] == [
        CutoverDecision.ADOPT
    ]


def test_a_written_list_is_read_back_unchanged() -> None:
    row = dict.fromkeys(CUTOVER_COLUMNS, "") | {
        "order_id": "5",
        "shipment_id": "0",
        "status_id": "1",
        "warehouse_id": "-7",
        "ship_to": '=CMD(1), "x"',
        "decision": "keep",
    }
    text = cutover_to_csv([row])
    assert "'=CMD(1)" in text
    assert read_cutover_file(text.encode(), "list.csv") == [
        CutoverChoice(2, 5, 0, 1, "-7", CutoverDecision.KEEP)
    ]


def test_a_row_with_skus_of_70_000_characters_fits_into_a_spreadsheet_and_is_read_back() -> None:
    lines = tuple(OrderLine(number, f"{number}-" + "X" * 70_000, Decimal(2)) for number in range(3))
    group = ShipGroup(0, Address(city="C" * 70_000, zip_code="14607"), "UPS", lines)
    order = SalesOrder(5, 1, "A" * 70_000, groups=(group,))
    there = AtWarehouse("55", "a", "open")
    row = cutover_row(CutoverCandidate(order, group, order.invoice, there), "New")
    cells = [row[name] for name in ("invoice", "ship_to", "lines", "old_reference")]
    assert all(" characters, digest " in cell for cell in cells)
    assert max(map(len, row.values())) <= 1_000
    text = cutover_to_csv([row])
    assert read_cutover_file(text.encode(), "list.csv") == [
        CutoverChoice(2, 5, 0, 1, "55", CutoverDecision.ADOPT)
    ]


def test_every_bad_row_is_reported_with_its_column_and_fix() -> None:
    text = mistakes("1,0,1,,adpot", "x,0,1,,keep", "3,0,1,,", "4,0,1,,import", "4,0,1,,import")
    assert "list.csv: 4 mistakes" in text
    assert (
        "row 2, column decision (E): 'adpot' is not one of keep, adopt, import. Did you mean adopt?" in text
    )
    assert "row 3, column order_id (A): 'x' is not a number" in text
    assert "row 4, column decision (E): '' is not one of keep, adopt, import. Write one of them." in text
    assert "row 6, column order_id (A): order 4, shipment 0 is already in row 5" in text


def test_a_list_that_was_saved_as_a_workbook_is_read() -> None:
    cells = [row([text(name) for name in HEADER.split(",")])]
    cells.append(row([number("31882"), number("0.0"), number("1"), text("0055"), text("adopt")]))
    assert read_cutover_file(zipped(workbook_parts(sheet(cells))), "list.xlsx") == [
        CutoverChoice(2, 31882, 0, 1, "0055", CutoverDecision.ADOPT)
    ]


def test_what_a_spreadsheet_made_of_a_number_is_reported() -> None:
    found = mistakes(
        "8.94E+12,0,1,,keep",
        f"{'9' * 5000},0,1,,keep",
        "3,0,2147483648,,keep",
        "4,0,1,#N/A,keep",
        '5,0,1,"x,keep',
    )
    for place in (
        "row 2, column order_id (A)",
        "row 3, column order_id (A)",
        "row 4, column status_id (C)",
        "row 5, column warehouse_id (D)",
        "row 6, column warehouse_id (D)",
    ):
        assert place in found


def test_a_missing_column_is_reported() -> None:
    assert "columns warehouse_id, decision are missing" in mistakes(
        "1,0,1", header="order_id,shipment_id,status_id"
    )


def test_an_order_is_kept_as_a_whole_or_not_at_all() -> None:
    assert "row 3, column decision (E): order 1 is kept in another row" in mistakes(
        "1,0,1,,keep", "1,1,1,,import"
    )
    assert len(read("1,0,1,,adopt", "1,1,1,,import")) == 2
